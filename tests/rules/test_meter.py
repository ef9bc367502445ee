"""The work meter: when an agent is warned, a ticket held, a customer asked (PROCESS.md 2.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.entries import Entry, Free
from maildesk.rules.plan import Ask, Book, Change, SetState, Tell, Timer
from maildesk.rules.process import holding, meter
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import About, Request, Verdict
from maildesk.rules.ticket import State
from tests.rules.scene import ANNA, CONTACTS, FIRM, LENA, MURAT, NOW, POLICY, known, ticket

APPROVER = replace(CONTACTS[ANNA], id=5, may_approve=True)


def facts(minutes=0, timers=(), requests=(), free=Free.CHARGED, approvers=(APPROVER,), **more):
    entries = (Entry(1, minutes, NOW, free=free),) if minutes else ()
    running = tuple((agent, NOW - timedelta(seconds=s)) for agent, s in timers)
    process = ProcessFacts(
        {1042: requests}, {1042: entries}, {1042: running} if running else {}, approvers
    )
    return known(process=process, **more)


def asked(verdict=Verdict.OPEN, about=About.OVERRUN):
    return Request(1042, 1, about, NOW, minutes=120, verdict=verdict)


OPEN_LIMIT = {"limit_open": True}
REWORK = {"state": State.REWORK}
WAITS = {"state": State.WAITING_APPROVAL}
TABLE = [
    # ticket, minutes booked, timers (agent, seconds), requests -> worked, warn, hold, why
    ({}, 44, (), (), 44, False, False, "nothing yet"),
    ({}, 45, (), (), 45, True, False, "15 before the limit"),
    ({}, 59, (), (), 59, True, False, "one to go"),
    ({}, 60, (), (), 60, False, True, "the limit"),
    ({}, 70, (), (), 70, False, True, "beyond it"),
    ({}, 45, (), (asked(),), 45, False, False, "a request is out"),
    ({}, 45, (), (asked(Verdict.NO),), 45, True, False, "it was declined"),
    ({}, 45, (), (asked(about=About.ACCEPTANCE),), 45, True, False, "asked something else"),
    ({}, 60, (), (asked(),), 60, False, True, "asked, and held at the limit all the same"),
    ({}, 30, ((1, 899),), (), 44, False, False, "14:59 on a timer"),
    ({}, 30, ((1, 900),), (), 45, True, False, "15 minutes on a timer"),
    ({}, 0, ((1, 1350), (2, 1350)), (), 45, True, False, "O07: two people, 22.5 minutes each"),
    ({}, 0, ((1, 1800), (2, 1800)), (), 60, False, True, "O07: held after half an hour"),
    (OPEN_LIMIT, 900, (), (), 900, False, False, "no limit"),
    ({"limit_minutes": 150}, 134, (), (), 134, False, False, "a new total"),
    ({"limit_minutes": 150}, 135, (), (), 135, True, False, "and its warning"),
    ({"limit_minutes": 30}, 30, (), (), 30, False, True, "a small one"),
    ({"limit_minutes": 0}, 0, (), (), 0, False, False, "no work yet"),
    ({"limit_minutes": 0}, 0, ((1, 0),), (), 0, False, True, "none is agreed, and work begins"),
    ({"limit_minutes": 0} | REWORK, 0, ((1, 0),), (), 0, False, False, "free work may begin"),
    (REWORK, 60, ((1, 600),), (), 60, False, False, "free work holds nothing"),
    ({"free": "goodwill"}, 60, ((1, 600),), (), 60, False, False, "nor does goodwill"),
    (WAITS, 70, ((1, 60),), (), 71, False, False, "held already"),
    (WAITS, 50, (), (), 50, False, False, "waits already"),
    ({"state": State.RESOLVED}, 70, (), (), 70, False, False, "done"),
    ({"state": State.RESOLVED}, 45, (), (), 45, False, False, "done: nobody has to be warned"),
    ({"state": State.ACCEPTANCE}, 60, (), (), 60, False, True, "T55: time may be logged here too"),
]  # fmt: skip


@pytest.mark.parametrize(("is_", "minutes", "timers", "requests", "worked", "warn", "hold", "why"), TABLE)  # fmt: skip
def test_what_the_meter_says(is_, minutes, timers, requests, worked, warn, hold, why):
    shown = meter.check(ticket(**is_), facts(minutes, timers, requests), POLICY, NOW)
    assert (shown.worked, shown.warn, shown.hold) == (worked, warn, hold), why


def test_what_is_booked_in_the_same_step_counts_once():
    """A timer that is being stopped is booked, and runs no more."""
    running = facts(30, ((1, 900),))
    began = NOW - timedelta(seconds=900)
    stopped = Book(1042, 1, 15, "timer", began_at=began)
    assert meter.check(ticket(), running, POLICY, NOW, (stopped,)).worked == 45
    free = replace(stopped, free="contract")
    assert meter.check(ticket(), facts(60), POLICY, NOW, (free,)).hold is False


def test_the_customers_own_limit_holds():
    customer = replace(FIRM, limit_minutes=30)
    assert meter.check(ticket(), facts(30, customer=customer), POLICY, NOW).hold


HOLDS = [
    # requests, approvers, minutes -> outcome, total asked for, why
    ((), (APPROVER,), 60, "asked", 120, "one step more"),
    ((), (APPROVER,), 130, "asked", 180, "as many steps as cover what is done"),
    ((), (APPROVER,), 120, "asked", 180, "to be above it"),
    ((asked(),), (APPROVER,), 60, "already", None, "a request is out"),
    ((asked(Verdict.NO),), (APPROVER,), 60, "refused", None, "he said no; nobody insists by machine"),
    ((asked(Verdict.REPLACED),), (APPROVER,), 60, "asked", 120, "it was taken back"),
    ((asked(about=About.ACCEPTANCE),), (APPROVER,), 60, "asked", 120, "another question"),
    ((), (), 60, "nobody", None, "nobody may approve: held all the same"),
]  # fmt: skip


@pytest.mark.parametrize(("requests", "approvers", "minutes", "outcome", "total", "why"), HOLDS)
def test_a_ticket_is_held(requests, approvers, minutes, outcome, total, why):
    found = facts(minutes, (), requests, approvers=approvers)
    steps = holding.hold(ticket(), State.IN_PROGRESS, found, POLICY, NOW)
    moved = next(step for step in steps if isinstance(step, SetState))
    assert (moved.to, moved.row) == (State.WAITING_APPROVAL, "T17")
    changed = next(step for step in steps if isinstance(step, Change)).fields
    assert (changed["waits_for"], changed["paused_at"]) == ("overrun", NOW)
    assert [step.request.minutes for step in steps if isinstance(step, Ask)] == ([total] if total else []), why  # fmt: skip
    notes = [s for s in steps if isinstance(s, Tell) and s.letter == "staff_limit"]
    assert {note.more["outcome"] for note in notes} == {outcome}, why
    to = {LENA.address, MURAT.address} if outcome == "nobody" else {LENA.address}
    assert {note.to.address for note in notes} == to, why


def test_timers_stop_and_are_booked():
    found = facts(0, ((1, 1800), (2, 1800)))
    steps = holding.hold(ticket(State.NEW), State.NEW, found, POLICY, NOW)
    assert next(step for step in steps if isinstance(step, SetState)).row == "T55"
    assert [s.agent_id for s in steps if isinstance(s, Timer) and s.ticket_id is None] == [1, 2]
    booked = [(s.agent_id, s.minutes, s.began_at) for s in steps if isinstance(s, Book)]
    began = NOW - timedelta(minutes=30)
    assert booked == [(1, 30, began), (2, 30, began)]
    assert {s.to.address for s in steps if isinstance(s, Tell) and s.letter == "staff_limit"} == {
        LENA.address, MURAT.address,
    }  # fmt: skip


def test_a_warning_is_ready_to_be_sent():
    found, it = facts(45), ticket()
    shown = meter.check(it, found, POLICY, NOW)
    (tell,) = meter.warning(it, found, POLICY, shown)
    assert (tell.to.address, tell.once) == (LENA.address, "staff_warning:1042:60:1")
    assert tell.more["subjects"][0][0].endswith("Shop #freigabe 2h")
    assert meter.warning(it, found, POLICY, replace(shown, warn=False)) == ()


@given(st.lists(st.integers(1, 5400), max_size=4), st.integers(0, 200))
def test_minutes_of_people_add_up(seconds, minutes):
    """A limit is reached by all work together, never later than any of it alone reaches it."""
    timers = tuple(enumerate(seconds, 1))
    together = meter.check(ticket(), facts(minutes, timers), POLICY, NOW)
    assert together.worked == minutes + sum(seconds) // 60
    for timer in timers:
        alone = meter.check(ticket(), facts(minutes, (timer,)), POLICY, NOW)
        assert together.worked >= alone.worked
        assert together.hold or not alone.hold
