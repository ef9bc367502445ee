"""The work meter: the proven examples, a table of rules, a second opinion, and properties.

The second opinion goes through time second by second and knows nothing of thresholds crossed
inside a stretch; both have to agree on whatever hypothesis thinks of.
"""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.process.effort import (
    Event,
    Measured,
    Meter,
    Span,
    Word,
    measure,
    used_minutes,
    when_reached,
)

with (Path(__file__).parent / "overrun_vectors.csv").open(encoding="utf-8", newline="") as lines:
    VECTORS = list(csv.DictReader(lines))

DAY = "2026-11-24T"
NINE = datetime(2026, 11, 24, 9)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text if "-" in text else DAY + text)


def _work(text: str) -> list[Span]:
    found = []
    for part in text.replace(";", " ").split():
        start, _, end = part.removesuffix("!").partition("/")
        found.append(Span(_at(start), _at(end), part.endswith("!")))
    return found


def _events(text: str) -> list[Event]:
    found = []
    for part in text.replace(";", " ").split():
        at, word, *minutes = part.split("|")
        total = int(minutes[0]) if minutes and minutes[0] != "open" else None
        found.append(Event(_at(at), Word(word), total))
    return found


def _moments(text: str) -> tuple[datetime, ...]:
    return tuple(_at(part) for part in text.replace(";", " ").split())


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["id"])
def test_every_proven_example(row):
    agreed = Meter(int(row["limit"]), int(row["warn_before"]), row["hold_on_request"] == "1")
    found = measure(_work(row["work"]), _events(row["events"]), agreed)
    assert found.warned == _moments(row["warned"]), row["note"]
    assert found.held == _moments(row["held"]), row["note"]
    assert found.requested == _moments(row["requested"]), row["note"]
    assert found.worked == int(row["worked_min"]) * MINUTE, row["note"]
    assert found.free == int(row["free_min"]) * MINUTE, row["note"]
    assert found.limit == (None if row["limit_end"] == "open" else int(row["limit_end"]))
    assert found.billable == int(row["billable_min"]) * MINUTE, row["note"]
    assert found.unapproved == int(row["unapproved_min"]) * MINUTE, row["note"]


def test_no_example_is_missing():
    assert [row["id"] for row in VECTORS] == [f"O{number:02}" for number in range(1, 12)]


H, W = Meter(60, 15, True), Meter(60, 15, False)
RULES = [
    # meter  work                        events                            warned           held             asked            billable/not  why
    (H, "09:00/11:00", "10:00|approve|120", "09:45 10:45", "11:00", "11:00", 120, 0, "approved in the instant of the limit: approvals come first"),
    (H, "09:00/09:50", "09:45|approve|90", "", "", "", 50, 0, "approved in the instant of the warning"),
    (H, "09:00/09:50", "09:45|estimate|90", "", "09:45", "09:45", 50, 0, "estimated in the instant of the warning: a request is out"),
    (H, "09:00/10:00", "10:00|estimate|90", "09:45", "10:00", "10:00", 60, 0, "estimated in the instant of the limit: asked once"),
    (W, "09:00/10:10", "10:00|estimate|90", "09:45", "10:00", "10:00", 60, 10, "the same without the hold: it waits at the limit"),
    (W, "09:00/10:10", "09:30|estimate|90", "", "10:00", "09:30", 60, 10, "a request is out, work went on: held at the limit, not asked again"),
    (H, "09:00/10:10", "09:30|estimate|60", "09:45", "10:00", "10:00", 60, 10, "an estimate of just the limit asks for nothing"),
    (H, "09:00/09:30", "09:10|estimate|45", "", "", "", 30, 0, "an estimate below the limit"),
    (H, "09:00/09:30", "08:50|estimate|90", "", "08:50", "08:50", 30, 0, "an estimate before any work"),
    (H, "09:00/10:20", "10:10|estimate|150", "09:45", "10:00", "10:00 10:10", 60, 20, "held by the limit, then estimated: the customer is told the total"),
    (H, "09:00/09:20", "09:10|estimate|90 09:20|estimate|150", "", "09:10", "09:10 09:20", 20, 0, "a raised estimate asks again, and waits on"),
    (H, "09:00/09:20", "09:10|estimate|90 09:20|estimate|90", "", "09:10", "09:10", 20, 0, "the same estimate twice asks once"),
    (H, "09:00/09:30", "09:10|estimate|150 09:20|approve|90 09:25|estimate|150", "", "09:10 09:25", "09:10 09:25", 30, 0, "less was approved: the same estimate asks anew"),
    (H, "09:00/11:30", "09:40|approve|90 10:20|approve|120", "10:15 10:45", "11:00", "11:00", 120, 30, "several approvals, each a new total"),
    (H, "09:00/11:00", "10:30|approve|80", "09:45", "10:00 10:30", "10:00 10:30", 80, 40, "less than was worked: held and asked at once"),
    (H, "09:00/10:30", "10:30|approve|100", "09:45 10:30", "10:00", "10:00", 90, 0, "nearly used up already: warned at once"),
    (H, "09:00/10:30", "09:10|approve|30", "09:15", "09:30", "09:30", 30, 60, "an approval may lower the total"),
    (H, "09:00/10:30", "09:10|approve|90 09:10|approve|open", "", "", "", 90, 0, "of one instant the last approval holds"),
    (H, "09:00/10:30", "09:10|estimate|90 09:10|approve|90", "10:15", "10:30", "10:30", 90, 0, "estimated and approved in one instant: the approval comes first"),
    (H, "09:00/12:00", "09:50|approve|open 10:30|estimate|300", "09:45", "", "", 180, 0, "open: no estimate is above it"),
    (H, "09:00/12:00", "09:30|approve|open 10:30|approve|100", "10:30", "10:40", "10:40", 100, 80, "open once, then a total"),
    (H, "09:00/10:20", "10:05|decline", "09:45", "10:00", "10:00", 60, 20, "refused at the limit: it rests there, unpaid above it"),
    (H, "09:00/09:20 10:00/10:40", "09:20|estimate|90 09:40|decline", "10:25", "09:20 10:40", "09:20", 60, 0, "refused below it: the rest is done, held at the limit, not asked again"),
    (H, "09:00/10:00", "10:10|decline 10:20|estimate|90 10:30|approve|90", "09:45", "10:00", "10:00 10:20", 60, 0, "refused, estimated, approved"),
    (H, "09:00/10:00! 09:00/09:50", "", "09:45", "", "", 50, 0, "one of two works for free"),
    (H, "09:00/10:30! 10:30/11:30", "", "11:15", "11:30", "11:30", 60, 0, "free work first"),
    (H, "09:00/09:30 09:10/09:40 09:20/09:50", "", "09:25", "09:30", "09:30", 60, 30, "three people, overlapping"),
    (H, "09:00/09:30 09:30/10:00", "", "09:45", "10:00", "10:00", 60, 0, "entries that only touch"),
    (H, "10:00/10:30 09:00/09:45", "", "09:45", "10:15", "10:15", 60, 15, "in whatever order they come; warned as the first one ends"),
    (H, "", "", "", "", "", 0, 0, "no work at all"),
    (H, "", "09:00|approve|0", "", "", "", 0, 0, "nothing is approved, nothing worked"),
    (H, "09:00/09:00", "", "", "", "", 0, 0, "empty work"),
    (Meter(0), "09:00/09:10", "", "", "09:00", "09:00", 0, 10, "a limit of 0 is reached as work begins"),
    (Meter(0), "09:00/09:10!", "", "", "", "", 0, 0, "but not by free work"),
    (Meter(60, 0), "09:00/10:00", "", "", "10:00", "10:00", 60, 0, "no warning before: only the hold"),
    (Meter(10, 15), "09:00/09:10", "", "09:00", "09:10", "09:10", 10, 0, "the warning is due before any work: as it begins"),
    (Meter(15, 15), "09:00/09:05", "", "09:00", "", "", 5, 0, "at the very start"),
    (Meter(None), "09:00/12:00", "", "", "", "", 180, 0, "open from the start"),
    (H, "09:00:30/09:45:40", "", "09:45:30", "", "", None, None, "seconds count"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("meter", "work", "events", "warned", "held", "asked", "billable", "unapproved", "why"),
    RULES,
    ids=[row[-1] for row in RULES],
)
def test_rules(meter, work, events, warned, held, asked, billable, unapproved, why):
    found = measure(_work(work), _events(events), meter)
    assert found.warned == _moments(warned), why
    assert found.held == _moments(held), why
    assert found.requested == _moments(asked), why
    if billable is not None:
        assert (found.billable, found.unapproved) == (billable * MINUTE, unapproved * MINUTE), why


def test_a_timer_that_runs_is_work_until_now():
    until = _at("09:50")
    found = measure(_work("09:00/23:00"), _events("09:55|approve|open"), H, until)
    assert (found.warned, found.held, found.limit) == (_moments("09:45"), (), 60)
    assert found.worked == 50 * MINUTE


def test_whether_it_waits_and_whether_a_request_is_out_at_the_end():
    assert (measure([], [], H).waits, measure([], [], H).is_asked) == (False, False)
    asked = measure(_work("09:00/09:20"), _events("09:20|estimate|90"), W)
    assert (asked.waits, asked.is_asked) == (False, True)
    held = measure(_work("09:00/10:00"), [], H)
    assert (held.waits, held.is_asked) == (True, True)
    refused = measure(_work("09:00/10:00"), _events("10:30|decline"), H)
    assert (refused.waits, refused.is_asked) == (True, False)


REACHED = [
    # finished         running           minutes  moment      why
    ("", "09:00", 60, "10:00", "one timer"),
    ("", "09:00 09:00", 45, "09:22:30", "two timers"),
    ("08:00/08:40", "09:00", 60, "09:20", "the rest of it"),
    ("08:00/08:40", "", 60, None, "nobody works"),
    ("08:00/08:40", "", 40, "08:40", "it was just enough"),
    ("08:00/09:40", "", 60, "09:00", "it was reached before"),
    ("08:00/08:40!", "09:00", 60, "10:00", "free work does not count"),
    ("09:00/09:20", "09:10", 60, "09:50", "finished while another ran"),
    ("", "09:00", 0, "09:00", "nothing at all is reached as work begins"),
    ("", "", 0, None, "and never without work"),
]


@pytest.mark.parametrize(("work", "running", "minutes", "moment", "why"), REACHED)
def test_when_it_will_be_reached(work, running, minutes, moment, why):
    found = when_reached(_work(work), _moments(running), minutes)
    assert found == (_at(moment) if moment else None), why


def test_minutes_for_letters_are_whole_and_never_more_than_was_worked():
    assert used_minutes(_work("09:00/09:20:59 09:00/09:30!")) == 20
    assert used_minutes(_work("09:00/10:00 09:00/10:00"), _at("09:10")) == 20


REFUSED = [
    (lambda: Span(NINE, NINE - SECOND), "ends before it begins"),
    (lambda: Span(NINE, NINE.replace(tzinfo=UTC)), "without a time zone"),
    (lambda: Event(NINE, Word.ESTIMATE), "estimate"),
    (lambda: Event(NINE, Word.APPROVE, -1), "-1"),
    (lambda: Event(NINE, Word.DECLINE, 5), "decline"),
    (lambda: Meter(-1), "below 0"),
    (lambda: Meter(60, -1), "below 0"),
    (lambda: measure([Span(NINE, NINE)], [], H, NINE.replace(tzinfo=UTC)), "without a time zone"),
    (lambda: when_reached([Span(NINE, NINE)], [NINE.replace(tzinfo=UTC)], 5), "time zone"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_what_cannot_be_measured_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def by_the_second(work: list[Span], events: list[Event], agreed: Meter) -> Measured:
    """Step through time, a second at a time, with the rules of PROCESS.md 2.4 written down anew."""
    limit, used, free = agreed.limit, 0, 0
    warned, held, asked = [], [], []
    is_warned = waits = refused = False
    out: int | None = None  # what the customer was asked for; 0: only whether work may go on
    last = max([*(span.end for span in work), *(event.at for event in events), NINE])
    now = min([*(span.start for span in work), *(event.at for event in events), NINE])
    while now <= last:
        here = [event for event in events if event.at == now]
        for event in sorted(here, key=lambda each: each.word is not Word.APPROVE):
            if event.word is Word.APPROVE:
                limit, is_warned, waits, refused, out = event.minutes, False, False, False, None
            elif event.word is Word.DECLINE:
                refused, out = limit is not None, None
                waits = waits and used >= (limit or 0) * 60
            elif limit is not None and event.minutes > limit and event.minutes != out:
                asked.append(now)
                refused, out = False, event.minutes
                if agreed.hold_on_request and not waits:
                    held.append(now)
                    waits = True
        at_work = [span for span in work if span.start <= now < span.end]
        charged = sum(not span.free for span in at_work)
        if limit is not None and (used or charged):
            if used >= limit * 60:
                if out is None and not refused:
                    asked.append(now)
                    out = 0
                if not waits:
                    held.append(now)
                    waits = True
            elif used >= (limit - agreed.warn_before) * 60 and not is_warned and out is None:
                warned.append(now)
                is_warned = True
        used, free = used + charged, free + len(at_work) - charged
        now += SECOND
    most = used if limit is None else min(used, limit * 60)
    return Measured(
        tuple(warned), tuple(held), tuple(asked), used * SECOND, free * SECOND, limit,
        most * SECOND, (used - most) * SECOND, waits, out is not None,
    )  # fmt: skip


# An hour of fifteen-second steps and limits of some minutes: small, so that things collide.
steps = st.integers(0, 160).map(lambda step: NINE + step * 15 * SECOND)
spans = st.builds(lambda a, b, free: Span(min(a, b), max(a, b), free), steps, steps, st.booleans())
# Four at once reach a threshold at quarters of such a step, never in its last second, so that
# the words at its end come later for who counts whole seconds too.
works = st.lists(spans, max_size=4)
totals = st.one_of(st.none(), st.integers(0, 70))
words = st.one_of(
    st.builds(Event, steps, st.just(Word.APPROVE), totals),
    st.builds(Event, steps, st.just(Word.ESTIMATE), st.integers(0, 90)),
    st.builds(Event, steps, st.just(Word.DECLINE)),
)
talks = st.lists(words, max_size=5)
meters = st.builds(Meter, st.one_of(totals, st.just(60)), st.integers(0, 20), st.booleans())


@settings(deadline=None, max_examples=250)
@given(works, talks, meters)
def test_a_second_opinion_agrees(work, events, agreed):
    found = measure(work, events, agreed)
    other = by_the_second(work, events, agreed)
    rounded = {
        name: tuple(map(_up, getattr(found, name))) for name in ("warned", "held", "requested")
    }
    assert {name: getattr(other, name) for name in rounded} == rounded
    for name in ("worked", "free", "limit", "billable", "unapproved", "waits", "is_asked"):
        assert getattr(found, name) == getattr(other, name), name


def _up(moment: datetime) -> datetime:
    return moment + timedelta(microseconds=-moment.microsecond % 1_000_000)


@given(works, works)
def test_minutes_of_two_agents_add_up(one, two):
    open_ = Meter(None)
    both = measure(one + two, [], open_)
    apart = measure(one, [], open_), measure(two, [], open_)
    assert both.worked == apart[0].worked + apart[1].worked
    assert both.free == apart[0].free + apart[1].free


@given(works, talks, meters, st.data())
def test_splitting_an_entry_in_two_changes_nothing(work, events, agreed, data):
    halves = []
    for span in work:
        cut = data.draw(st.integers(0, (span.end - span.start) // SECOND)) * SECOND + span.start
        halves += [Span(cut, span.end, span.free), Span(span.start, cut, span.free)]
    assert measure(halves, events, agreed) == measure(work, events, agreed)


@given(works, talks, meters)
def test_no_free_work_raises_what_is_billed(work, events, agreed):
    before = measure(work, events, agreed)
    for index, span in enumerate(work):
        freed = [*work[:index], Span(span.start, span.end, True), *work[index + 1 :]]
        after = measure(freed, events, agreed)
        assert after.billable <= before.billable
        assert after.worked + after.free == before.worked + before.free


@given(works, talks, meters)
def test_nothing_worked_is_lost_and_nothing_above_the_limit_is_billed(work, events, agreed):
    found = measure(work, events, agreed)
    assert found.billable + found.unapproved == found.worked
    assert min(found.billable, found.unapproved) >= timedelta(0)
    assert found.limit is None or found.billable <= found.limit * MINUTE


@given(works, st.integers(1, 90))
def test_the_hold_comes_at_the_moment_that_was_foreseen(work, minutes):
    found = measure(work, [], Meter(minutes, 0))
    assert found.held == tuple(filter(None, [when_reached(work, [], minutes)]))


@given(works, talks, meters, steps)
def test_what_is_seen_at_a_moment_is_never_unsaid_later(work, events, agreed, until):
    seen, all_of_it = measure(work, events, agreed, until), measure(work, events, agreed)
    for name in ("warned", "held", "requested"):
        early = tuple(moment for moment in getattr(all_of_it, name) if moment < until)
        assert tuple(moment for moment in getattr(seen, name) if moment < until) == early
