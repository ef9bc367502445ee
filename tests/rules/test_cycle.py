"""What a move does to a promise, and that it agrees with what the journal says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.rules.kinds import Kind, Measure
from maildesk.rules.process import alerts, history
from maildesk.rules.process.cycle import after_move, after_response, breaks_at, new_cycle
from maildesk.rules.process.history import Line
from maildesk.rules.promise import Mode, Promise, due
from maildesk.rules.ticket import State
from tests.rules.scene import POLICY, ticket

BERLIN = ZoneInfo("Europe/Berlin")
S = State
PROMISE = Promise(Mode.BUSINESS, 120)
HIGH = "quick-high"
KINDS = (
    Kind("normal"),
    Kind(HIGH, promise=PROMISE),
    Kind("start", promise=PROMISE, measures=Measure.START),
    Kind("answer", promise=PROMISE, measures=Measure.FIRST_RESPONSE),
)
MINE = replace(POLICY, kinds=KINDS)
THIRD = replace(MINE, third_party_pauses=True)


def at(words: str, day: int = 23) -> datetime:
    """A moment of November 2026 in Berlin; the 23rd is a Monday."""
    hour, minute = map(int, words.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


TEN = at("10:00")


def promised(state: State, kind: str = HIGH, **more):
    """A ticket whose promise began on Monday at ten."""
    values = {"clock_started_at": TEN, "due_at": at("12:00"), "alert_at": TEN} | more
    return ticket(state, kind=kind, **values)


def moved(a, after, now, policy=MINE):
    """Return a ticket after a move."""
    return replace(a, state=after, **after_move(a, a.state, after, now, policy))


WAITING = {"paused_at": at("10:30"), "alert_at": None}
MOVES = [
    (S.NEW, S.PLANNED, {}, {}, "work is put in order: nothing of the promise changes"),
    (S.NEW, S.IN_PROGRESS, {}, {"alert_at": TEN}, "a look that is due stays due"),
    (S.PLANNED, S.IN_PROGRESS, {"alert_at": at("12:30")}, {"alert_at": at("11:00")},
     "work began: the time looks whether anybody logs it"),
    (S.NEW, S.IN_PROGRESS, {"kind": "normal", "due_at": None, "alert_at": None},
     {"alert_at": at("11:00"), "met_at": None}, "so it does without a promise"),
    (S.IN_PROGRESS, S.WAITING_CUSTOMER, {}, {"paused_at": at("11:00"), "alert_at": at("09:00", 30)},
     "it waits, and is looked at for the first reminder"),
    (S.IN_PROGRESS, S.WAITING_APPROVAL, {}, {"paused_at": at("11:00"), "alert_at": None},
     "its request has reminders of its own"),
    (S.WAITING_CUSTOMER, S.IN_PROGRESS, WAITING | {"wake_at": at("09:00", 30)},
     {"paused_at": None, "due_at": at("12:30"), "alert_at": at("11:00"), "wake_at": None, "cycle": 1},
     "the wait moves the due time, and the look"),
    (S.IN_PROGRESS, S.ACCEPTANCE, {}, {"met_at": at("11:00"), "alert_at": None, "breached_at": None},
     "delivered in time"),
    (S.IN_PROGRESS, S.RESOLVED, {}, {"met_at": at("11:00"), "resolved_at": at("11:00")}, "answered"),
    (S.IN_PROGRESS, S.RESOLVED, {"met_at": TEN}, {"met_at": TEN}, "kept once"),
    (S.IN_PROGRESS, S.CANCELLED, {}, {"met_at": None, "alert_at": None}, "withdrawn: stopped, not kept"),
    (S.WAITING_APPROVAL, S.RESOLVED, WAITING, {"met_at": None, "alert_at": None, "paused_at": None},
     "refused: who leaves a wait has not delivered"),
    (S.ACCEPTANCE, S.REWORK, {"met_at": TEN, "alert_at": None},
     {"cycle": 2, "met_at": None, "clock_started_at": at("11:00"), "due_at": at("13:00"),
      "alert_at": at("11:00")}, "rework is promised anew"),
    (S.RESOLVED, S.IN_PROGRESS, {"met_at": TEN, "breached_at": TEN, "resolved_at": TEN},
     {"cycle": 2, "met_at": None, "breached_at": None, "resolved_at": None, "due_at": at("13:00")},
     "reopened: another cycle, with nothing of the old one"),
    (S.SPAM, S.NEW, {"due_at": None, "alert_at": None},
     {"cycle": 1, "clock_started_at": TEN, "due_at": at("12:00"), "alert_at": TEN},
     "it was no spam: its first promise counts from its receipt"),
    (S.WAITING_APPROVAL, S.PLANNED,
     {"due_at": None, "waits_for": "order", "paused_at": TEN, "alert_at": None},
     {"cycle": 2, "clock_started_at": at("11:00"), "due_at": at("13:00"), "paused_at": None,
      "waits_for": "", "alert_at": at("11:00")}, "ordered: promised from the order"),
    (S.WAITING_APPROVAL, S.IN_PROGRESS, WAITING | {"waits_for": "overrun"},
     {"cycle": 1, "due_at": at("12:30"), "waits_for": ""}, "approved: the rest of the time"),
    (S.IN_PROGRESS, S.WAITING_THIRD, {}, {"paused_at": None}, "a supplier is the desk's risk"),
    (S.NEW, S.IN_PROGRESS, {"kind": "start"}, {"met_at": at("11:00")}, "somebody began"),
    (S.NEW, S.PLANNED, {"kind": "start"}, {"met_at": None}, "to plan is not to begin"),
    (S.RESOLVED, S.IN_PROGRESS, {"kind": "start", "met_at": TEN}, {"met_at": at("11:00"), "cycle": 2},
     "in progress again: begun"),
    (S.NEW, S.IN_PROGRESS, {"kind": "answer"}, {"met_at": None}, "to begin is no answer"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "more", "expected", "why"), MOVES)
def test_moves(before, after, more, expected, why):
    was = promised(before, **more)
    will = moved(was, after, at("11:00"))
    assert {name: getattr(will, name) for name in expected} == expected, why


def test_a_supplier_pauses_where_the_site_says_so():
    waiting = moved(promised(S.IN_PROGRESS), S.WAITING_THIRD, at("11:00"), THIRD)
    assert (waiting.paused_at, waiting.alert_at) == (at("11:00"), None)
    back = moved(waiting, S.IN_PROGRESS, at("13:00"), THIRD)
    assert (back.paused_at, back.due_at) == (None, at("14:00"))


def test_the_first_answer_keeps_its_promise_and_each_cycle_has_its_own():
    asked = promised(S.NEW, "answer")
    told = replace(asked, **after_response(asked, at("11:00"), MINE))
    assert (told.responded_at, told.met_at) == (at("11:00"), at("11:00"))
    assert after_response(told, at("11:30"), MINE) == {}
    again = moved(moved(told, S.RESOLVED, at("11:40")), S.IN_PROGRESS, at("14:00"))
    assert (again.met_at, again.responded_at) == (None, at("11:00"))
    later = replace(again, **after_response(again, at("14:10"), MINE))
    assert (later.responded_at, later.met_at) == (at("11:00"), at("14:10"))
    late = after_response(asked, at("12:01"), MINE)
    assert late["breached_at"] == at("12:00") + timedelta(seconds=1), "late is late"
    assert after_response(promised(S.NEW), at("11:00"), MINE) == {"responded_at": at("11:00")}


def test_a_move_after_the_end_records_when_it_broke():
    broke = at("12:00") + timedelta(seconds=1)
    for after in (S.ACCEPTANCE, S.WAITING_CUSTOMER, S.CANCELLED):
        assert moved(promised(S.IN_PROGRESS), after, at("12:30")).breached_at == broke
    assert moved(promised(S.IN_PROGRESS), S.RESOLVED, at("12:00")).breached_at is None, "within"
    assert (
        moved(promised(S.IN_PROGRESS, breached_at=TEN), S.RESOLVED, at("12:30")).breached_at == TEN
    )


def test_another_kind_given_in_a_wait_waits_too():
    waiting = moved(promised(S.IN_PROGRESS), S.WAITING_CUSTOMER, at("10:30"))
    now = at("11:00")
    fields = new_cycle(HIGH, now, MINE, waiting)
    assert (fields["paused_at"], fields["due_at"], fields["cycle"]) == (now, at("13:00"), 2)
    assert fields["alert_at"] == waiting.alert_at, "its reminders go on"
    back = moved(replace(waiting, **fields), S.IN_PROGRESS, at("14:00"))
    assert back.due_at == at("16:00")


def test_nothing_is_due_to_break_that_is_kept_or_broken():
    assert breaks_at(promised(S.NEW), MINE) == at("12:00") + timedelta(seconds=1)
    assert breaks_at(promised(S.NEW, met_at=TEN), MINE) is None
    assert breaks_at(promised(S.NEW, breached_at=TEN), MINE) is None
    assert breaks_at(promised(S.NEW, due_at=None), MINE) is None
    closing = promised(S.NEW, due_at=at("17:00"))
    assert breaks_at(closing, MINE) == at("09:00", 24) + timedelta(seconds=1)
    resumed = replace(closing, alert_at=at("10:00", 24))
    assert breaks_at(resumed, MINE) == at("10:00", 24) + timedelta(seconds=1), (
        "what waited in the closed hours after it goes on being due until it runs again"
    )


WALKS = {
    S.NEW: (S.PLANNED, S.IN_PROGRESS),
    S.PLANNED: (S.IN_PROGRESS,),
    S.IN_PROGRESS: (S.WAITING_CUSTOMER, S.WAITING_APPROVAL, S.WAITING_THIRD, S.PLANNED),
    S.WAITING_CUSTOMER: (S.IN_PROGRESS,),
    S.WAITING_APPROVAL: (S.IN_PROGRESS,),
    S.WAITING_THIRD: (S.IN_PROGRESS,),
}
GAPS = st.integers(min_value=1, max_value=3 * 24 * 60).map(lambda n: timedelta(minutes=n))


@settings(deadline=None)
@given(st.data(), st.lists(GAPS, max_size=12), st.booleans())
def test_fields_and_journal_agree(data, gaps, third):
    """The due time that is kept moves as the one computed from the whole history does."""
    policy = THIRD if third else MINE
    now = TEN
    a = promised(S.NEW, due_at=due(TEN, PROMISE, POLICY.calendar))
    lines = [Line(TEN, None, S.NEW, "mail to the desk")]
    for gap in gaps:
        now += gap
        after = data.draw(st.sampled_from(WALKS[a.state]))
        lines.append(Line(now, a.state, after, "move"))
        a = moved(a, after, now, policy)
    pauses = history.pauses(lines, TEN, third)
    broke = alerts.breached_at(TEN, PROMISE, POLICY.calendar, pauses)
    if a.paused_at is None:
        assert a.due_at == due(TEN, PROMISE, POLICY.calendar, pauses)
        assert (a.breached_at or breaks_at(a, policy)) == broke
    else:
        assert a.breached_at == broke, "nothing breaks in a wait"
    assert all(one.end and one.end <= two.start for one, two in pairwise(pauses))
