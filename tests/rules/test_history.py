"""A ticket's journal: what it leads to, what it waits, its cycles, and that both clocks agree."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.calendars import calendar_of
from maildesk.rules.hours import add_working_time, working_time
from maildesk.rules.process.history import Line, cycles, pauses, state_of
from maildesk.rules.promise import Mode, Pause, Promise, due
from maildesk.rules.ticket import FACTS, PromiseClock, State, allowed

OFFICE = calendar_of("Europe/Berlin", {"1-5": ["09:00-12:00", "13:00-17:00"]}, "NW")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)  # 09:00 in Berlin
S = State


def _hour(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def _journal(text: str) -> list[Line]:
    """Return the lines of "0 new, 1 in_progress, 2.5 =kind, 3 #new" (a state, none, taken back;
    =back: a kind taken back)."""
    found: list[Line] = []
    before: State | None = None
    for part in text.split(", "):
        hour, word = part.split()
        after = None if word[0] == "=" else State(word.lstrip("#"))
        trigger = "#undo" if word[0] == "#" else "T59" if word == "=back" else "a trigger"
        found.append(Line(_hour(float(hour)), before, after, trigger, renews=word == "=kind"))
        before = after or before
    return found


LEADS = [
    ("0 new", S.NEW, "it exists"),
    ("0 new, 1 =note, 2 in_progress", S.IN_PROGRESS, "a line that changes no state"),
    ("0 spam, 5 new", S.NEW, "restored"),
    ("0 new, 1 in_progress, 2 resolved, 3 billing, 4 invoiced, 5 closed, 6 billing", S.BILLING, "to the end and back"),
    ("0 new, 1 in_progress, 2 waiting_customer, 3 #in_progress", S.IN_PROGRESS, "taken back"),
    ("0 new, 1 in_progress, 2 resolved, 3 #new", S.NEW, "two steps of one mail taken back"),
    ("0 new, 1 in_progress, 2 resolved, 3 #in_progress, 4 =kind, 5 planned", S.PLANNED, "and on from there"),
]  # fmt: skip


@pytest.mark.parametrize(("journal", "state", "why"), LEADS)
def test_a_journal_leads_to_a_state(journal, state, why):
    assert state_of(_journal(journal)) is state, why


BROKEN = [
    # lines                                                         sentence
    ([], "no change of state"),
    ([Line(MONDAY, None, None, "note")], "no change of state"),
    ([Line(MONDAY, None, S.RESOLVED, "x")], "line 1 .* nothing to resolved: no transition"),
    ([Line(MONDAY, S.NEW, S.PLANNED, "x")], "line 1 .*: the ticket was not there"),
    ([Line(MONDAY, None, S.NEW, "x"), Line(MONDAY, None, S.NEW, "x")], "line 2 .* was new"),
    ([Line(MONDAY, None, S.NEW, "x"), Line(MONDAY, S.PLANNED, None, "x")], "line 2 .* was new"),
    ([Line(MONDAY, None, S.NEW, "T01"), Line(_hour(1), S.NEW, S.INVOICED, "x")],
     "line 2 of the journal, 2026-11-23 09:00:00 'x', new to invoiced: no transition"),
    ([Line(MONDAY, None, S.NEW, "x"), Line(_hour(-1), S.NEW, S.PLANNED, "x")], "before the line"),
    (_journal("0 new, 1 in_progress, 2 #waiting_third"), "never was waiting_third"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "sentence"), BROKEN)
def test_a_journal_that_cannot_be_is_refused_by_its_line(lines, sentence):
    with pytest.raises(ValueError, match=sentence):
        state_of(lines)
    with pytest.raises(ValueError, match=sentence):
        pauses(lines, MONDAY)
    with pytest.raises(ValueError, match=sentence):
        cycles(lines)


AT_WORK = "0 new, 1 in_progress, "
WAITS = [
    # journal                                              since  third  waits            why
    (AT_WORK + "2 resolved", 0, False, [], "it never waited"),
    (AT_WORK + "2 waiting_customer, 4 in_progress", 0, False, [(2, 4)], "a question"),
    (AT_WORK + "2 waiting_customer", 0, False, [(2, None)], "a question that is open"),
    (AT_WORK + "2 waiting_customer, 3 =note, 4 in_progress", 0, False, [(2, 4)], "a reminder"),
    (AT_WORK + "2 waiting_third, 4 in_progress", 0, False, [], "a supplier is our own risk"),
    (AT_WORK + "2 waiting_third, 4 in_progress", 0, True, [(2, 4)], "unless the site says so"),
    (AT_WORK + "2 waiting_customer, 4 in_progress, 5 waiting_approval", 0, False, [(2, 4), (5, None)], "two waits"),
    (AT_WORK + "2 waiting_customer, 4 in_progress", 3, False, [(3, 4)], "a promise given while it waits"),
    (AT_WORK + "2 waiting_customer, 4 in_progress", 4, False, [], "a wait of the promise before"),
    (AT_WORK + "2 waiting_customer", 3, False, [(3, None)], "an open wait counts from the promise"),
    (AT_WORK + "2 waiting_customer, 2 in_progress", 0, False, [], "a wait of no time is none"),
    (AT_WORK + "2 waiting_customer, 4 #in_progress", 0, False, [], "a wait that was taken back"),
    (AT_WORK + "2 waiting_customer, 3 in_progress, 4 #waiting_customer", 0, False, [(2, None)], "its end was taken back"),
]  # fmt: skip


@pytest.mark.parametrize(("journal", "since", "third", "waits", "why"), WAITS)
def test_waits(journal, since, third, waits, why):
    expected = tuple(Pause(_hour(a), None if b is None else _hour(b)) for a, b in waits)
    assert pauses(_journal(journal), _hour(since), third) == expected, why


CYCLES = [
    # journal                                             start  end   as             why
    ("0 new", [(0, None, None)], "it runs"),
    ("0 new, 1 resolved", [(0, 1, S.RESOLVED)], "done"),
    ("0 new, 1 resolved, 2 billing, 3 closed", [(0, 1, S.RESOLVED)], "what follows is no cycle"),
    (AT_WORK + "2 resolved, 5 in_progress", [(0, 2, S.RESOLVED), (5, None, None)], "reopened"),
    (AT_WORK + "2 acceptance, 5 rework, 6 acceptance, 7 accepted", [(0, 2, S.ACCEPTANCE), (5, 6, S.ACCEPTANCE)], "rework"),
    (AT_WORK + "2 =kind, 3 resolved", [(0, 2, None), (2, 3, S.RESOLVED)], "another kind"),
    (AT_WORK + "2 =kind, 3 =back, 4 resolved", [(0, 4, S.RESOLVED)], "another kind that was taken back"),
    (AT_WORK + "2 =kind, 3 =kind, 4 =back", [(0, 2, None), (2, None, None)], "the last of two"),
    (AT_WORK + "2 =kind, 2 =kind, 3 =back", [(0, None, None)], "two of one mail"),
    ("0 new, 1 =kind, 1 in_progress, 2 =back, 2 #new", [(0, None, None)], "with the state that came along"),
    ("0 new, 1 =kind, 2 waiting_approval, 2 in_progress, 2 =kind, 3 =back, 3 #waiting_approval",
     [(0, 1, None), (1, None, None)], "and not the one before it"),
    (AT_WORK + "2 =back", [(0, None, None)], "nothing to take back"),
    ("0 new, 1 resolved, 2 =kind", [(0, 1, S.RESOLVED)], "a kind that came too late"),
    (AT_WORK + "2 waiting_customer, 3 =kind", [(0, 3, None), (3, None, None)], "another kind while it waits"),
    (AT_WORK + "2 resolved, 3 #in_progress", [(0, None, None)], "an end that was taken back"),
    (AT_WORK + "2 waiting_approval, 3 resolved, 4 waiting_approval", [(0, None, None)], "a refusal that was taken back"),
    ("0 new, 1 spam, 9 new", [(0, None, None)], "no spam: the old promise holds"),
    ("0 spam, 9 new, 10 resolved", [(0, 10, S.RESOLVED)], "from the receipt on"),
    ("0 spam", [], "nothing was promised"),
    ("0 new, 1 merged, 2 new", [(0, 1, S.MERGED), (2, None, None)], "split off again"),
]  # fmt: skip


@pytest.mark.parametrize(("journal", "expected", "why"), CYCLES)
def test_every_cycle_is_kept(journal, expected, why):
    found = cycles(_journal(journal))
    assert [(each.start, each.ended_at, each.ended_as) for each in found] == [
        (_hour(start), None if end is None else _hour(end), state) for start, end, state in expected
    ], why
    assert [each.number for each in found] == list(range(1, len(expected) + 1))


def test_each_cycle_has_its_own_waits():
    journal = (
        "0 new, 1 in_progress, 2 waiting_customer, 4 in_progress, 5 acceptance, 6 rework,"
        " 7 waiting_approval, 8 =kind, 9 in_progress, 10 waiting_customer, 11 resolved"
    )
    assert [each.pauses for each in cycles(_journal(journal))] == [
        (Pause(_hour(2), _hour(4)),),
        (Pause(_hour(7), _hour(8)),),
        (Pause(_hour(8), _hour(9)), Pause(_hour(10), _hour(11))),
    ]


@st.composite
def walks(draw, states=tuple(State), least=1):
    """A journal of allowed changes, with lines among them that change nothing."""
    lines: list[Line] = []
    state: State | None = None
    at = MONDAY
    for _ in range(draw(st.integers(least, 14))):
        at += timedelta(minutes=draw(st.integers(0, 2000)))
        ways = [after for after in states if allowed(state, after)]
        after = draw(st.sampled_from([*ways, None] if lines and ways else ways or [None]))
        lines.append(Line(at, state, after, "a step"))
        state = after or state
    return lines


@given(walks())
def test_replaying_a_journal_gives_the_state_it_came_to(lines):
    assert state_of(lines) is next(each.after for each in reversed(lines) if each.after)


@given(walks())
def test_the_cycles_cover_just_what_runs_or_waits(lines):
    covered = cycles(lines)
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        state = line.after or line.before
        goes = FACTS[state].clock not in (
            PromiseClock.MET, PromiseClock.STOPPED, PromiseClock.NONE,
        )  # fmt: skip
        if goes and (following is None or following.at > line.at):
            assert any(
                each.start <= line.at and (each.ended_at is None or each.ended_at > line.at)
                for each in covered
            )
    latest = lines[-1].after or lines[-1].before
    ends = FACTS[latest].clock in (PromiseClock.MET, PromiseClock.STOPPED, PromiseClock.NONE)
    assert bool(covered and covered[-1].ended_at is None) is not ends


# Only what a promise lives through without an end: it runs and waits.
ALIVE = (
    S.NEW, S.PLANNED, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_APPROVAL, S.WAITING_THIRD,
)  # fmt: skip
promises = st.sampled_from(
    [Promise(Mode.BUSINESS, 120), Promise(Mode.BUSINESS, 480), Promise(Mode.EOD)]
)


@settings(deadline=None)
@given(walks(ALIVE, least=3), promises, st.booleans())
def test_pausing_never_brings_the_due_moment_nearer(lines, promise, third):
    never = datetime.max.replace(tzinfo=UTC)
    plain = due(MONDAY, promise, OFFICE)
    for end in range(1, len(lines) + 1):
        with_waits = due(MONDAY, promise, OFFICE, pauses(lines[:end], MONDAY, third))
        assert plain is not None
        assert (with_waits or never) >= plain
        more = due(MONDAY, promise, OFFICE, pauses(lines[:end], MONDAY, True))
        assert (more or never) >= (with_waits or never)


@settings(deadline=None)
@given(walks(ALIVE, least=4), promises)
def test_the_due_moment_is_shifted_by_the_working_time_of_each_wait(lines, promise):
    start = lines[0].at
    moment = due(start, promise, OFFICE)
    paused: datetime | None = None
    for line in lines:
        state = line.after or line.before
        waits = FACTS[state].clock is PromiseClock.PAUSED
        if waits and paused is None:
            paused = line.at
        elif paused is not None and not waits:
            waited = working_time(paused, line.at, OFFICE)
            if paused < moment and waited:
                moment = add_working_time(moment, waited, OFFICE)
            paused = None
    too_late = paused is not None and paused >= moment
    expected = moment if paused is None or too_late else None
    assert due(start, promise, OFFICE, pauses(lines, start)) == expected
