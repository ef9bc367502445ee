"""What the time asks for on one ticket: alerts, forgotten work, reminders, the end of the window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.mail.message import Address
from maildesk.rules.calendars import calendar_of
from maildesk.rules.contract import Balance, Contract, ContractKind
from maildesk.rules.entries import Entry, Free
from maildesk.rules.facts import Candidate, Facts, Match
from maildesk.rules.people import ContactFacts
from maildesk.rules.plan import Change, Note, Remind, SetState, Tell, Timer
from maildesk.rules.process import alerts, history
from maildesk.rules.process.billable import is_to_bill, is_undecided
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.history import Line
from maildesk.rules.process.passing import Past, look, may_look, timed, woken
from maildesk.rules.process.reminding import due_next, remind
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.promise import due
from maildesk.rules.requests import About, Request, Verdict
from maildesk.rules.ticket import State
from tests.rules.scene import ANNA, BERT, FIRM, LENA, MURAT, POLICY, SUPPORT, ticket
from tests.rules.test_cycle import HIGH, MINE, PROMISE, WALKS, at, moved, promised

BERLIN = ZoneInfo("Europe/Berlin")
S = State
SECOND = timedelta(seconds=1)


def facts_of(a, customer=FIRM, **process):
    by_ticket = {
        name: {a.id: tuple(value)} if name in ("requests", "entries", "timers") else tuple(value)
        for name, value in process.items()
    }
    return Facts(
        ticket_id=0, message_id=0, customer=customer, agents=(LENA, MURAT),
        candidates=(Candidate(a, Match.SIGNED_ADDRESS),), process=ProcessFacts(**by_ticket),
    )  # fmt: skip


def ticked(a, now, past=None, policy=MINE, **process):
    """Return a ticket after the time looked at it as long as it asked to, and what was told."""
    told = []
    for _ in range(5):
        if a.alert_at is None or a.alert_at > now:
            break
        plan = look(a, facts_of(a, **process), policy, past or Past(), now)
        for step in plan:
            match step:
                case Change():
                    a = replace(a, **step.fields)
                case SetState():
                    a = replace(a, state=step.to)
                case Tell():
                    told.append(
                        (step.to.address.partition("@")[0], step.more.get("share", step.letter))
                    )
        if not plan:
            break
    return a, told


def test_a_promise_is_told_at_each_share_and_when_it_breaks():
    a, told = ticked(promised(S.NEW), at("10:00"))
    assert (told, a.alert_at) == ([], at("11:00"))
    for now, share, coming in (
        (at("11:00"), 50, at("11:30")),
        (at("11:30") + 5 * SECOND, 75, at("12:00")),
        (at("12:00"), 100, at("12:00") + SECOND),
        (at("12:00") + 20 * SECOND, None, None),
    ):
        assert ticked(a, a.alert_at - SECOND)[1] == [], "not before its time"
        a, told = ticked(a, now)
        assert (told, a.alert_at) == ([("lena", share)] if share else [], coming)
    assert a.breached_at == at("12:00") + SECOND


LATE = [
    (at("11:40"), [75], "only the highest share that was passed"),
    (at("12:00"), [100], "the due moment itself is within"),
    (at("16:00"), ["broken"], "the breach is all that matters then"),
    (at("17:10"), [], "an outage until after closing: nobody is told at night"),
    (at("23:00"), [], "nor later"),
    (at("09:00", 24), ["broken"], "but when the desk opens"),
]


@pytest.mark.parametrize(("now", "shares", "why"), LATE)
def test_a_late_look(now, shares, why):
    a, told = ticked(promised(S.IN_PROGRESS), now)
    assert [share for _, share in told] == shares, why
    assert a.breached_at == (at("12:00") + SECOND if shares == ["broken"] else None)
    later, told = ticked(a, max(now, at("10:00", 24)))
    assert later.breached_at == at("12:00") + SECOND, "the moment at which it became true"
    assert told == ([] if shares == ["broken"] else [("lena", "broken")])


def test_what_is_reached_at_closing_is_told_then():
    a = promised(S.NEW, due_at=at("10:00", 24), clock_started_at=at("16:00"), alert_at=at("16:00"))
    a, _ = ticked(a, at("16:00"))
    assert a.alert_at == at("17:00"), "half of two hours"
    assert may_look(at("17:00"), MINE)
    assert ticked(a, at("17:00") + 20 * SECOND)[1] == [("lena", 50)]
    assert not may_look(at("17:15"), MINE)


HOURS = [(at("08:59"), False), (at("09:00"), True), (at("16:59"), True), (at("17:14"), True),
         (at("17:16"), False), (at("12:00", 22), False), (at("12:00", 21), False)]  # fmt: skip


@pytest.mark.parametrize(("now", "looks"), HOURS)
def test_when_the_time_looks(now, looks):
    assert may_look(now, MINE) is looks


def test_nobody_assigned_means_everybody_and_the_desk_itself_is_never_told():
    a = promised(S.NEW, assignee_id=None, alert_at=at("11:00"))
    assert ticked(a, at("11:00"))[1] == [("lena", 50), ("murat", 50)]
    inside = replace(MINE, own=MINE.own | {LENA.address})
    assert ticked(a, at("11:00"), policy=inside)[1] == [("murat", 50)]


MET = [
    ({"met_at": at("10:30")}, S.IN_PROGRESS, "kept"),
    ({"breached_at": at("10:30")}, S.IN_PROGRESS, "broken and told"),
    ({"due_at": None}, S.NEW, "nothing promised"),
    ({"kind": "lost"}, S.NEW, "a kind that the configuration has lost"),
    ({}, S.ACCEPTANCE, "delivered"),
    ({}, S.WAITING_APPROVAL, "it waits"),
]


@pytest.mark.parametrize(("more", "state", "why"), MET)
def test_nothing_is_told_of_what_does_not_run(more, state, why):
    a, told = ticked(promised(state, **{"alert_at": at("11:00")} | more), at("16:00"))
    assert (told, a.alert_at) == ([], None), why


GAPS = st.integers(min_value=1, max_value=26 * 60).map(lambda n: timedelta(minutes=n))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.lists(GAPS, max_size=6), st.integers(min_value=1, max_value=90))
def test_alerts_agree_with_the_journal(data, gaps, every):
    """Whoever looks every few minutes is told what the whole history says, at its moments."""
    now, a = at("10:00"), promised(S.NEW)
    lines = [Line(now, None, S.NEW, "mail to the desk")]
    for gap in gaps:
        end = now + gap
        a = _until(a, now, end, every)
        now = end
        lines.append(Line(now, a.state, data.draw(st.sampled_from(WALKS[a.state])), "move"))
        a = moved(a, lines[-1].after, now)
    pauses = history.pauses(lines, lines[0].at)
    if a.paused_at is None:
        assert a.due_at == due(lines[0].at, PROMISE, MINE.calendar, pauses)
    a = _until(a, now, now + timedelta(days=7), every)
    broke = alerts.breached_at(lines[0].at, PROMISE, MINE.calendar, pauses)
    assert a.breached_at == broke


def _until(a, now, end, every):
    while now < end:
        if may_look(now, MINE):
            a, _ = ticked(a, now)
        coming = [m for m in (a.alert_at, now + timedelta(minutes=every)) if m and m > now]
        now = max(coming) if not may_look(now, MINE) else min(coming)
    return a


def test_work_that_nobody_logs_is_asked_for_once():
    normal = promised(S.PLANNED, "normal", due_at=None, alert_at=None)
    a = moved(normal, S.IN_PROGRESS, at("16:30"))
    past = Past(since=at("16:30"), by_agent=True)
    a, told = ticked(a, at("16:30"), past)
    assert (told, a.alert_at) == ([], at("09:30", 24)), "60 working minutes, over the night"
    quiet = [
        ({"entries": [Entry(1, 15, at("16:50"))]}, past, "time was booked"),
        ({"timers": [(1, at("16:31"))]}, past, "a timer runs"),
        ({}, replace(past, by_agent=False), "a customer's reply put it in progress"),
        ({}, Past(), "nothing is known of it"),
    ]
    for process, known, why in quiet:
        assert ticked(a, at("09:30", 24), known, **process)[1] == [], why
    mine = replace(past, assigned_at=at("16:45"))
    assert ticked(a, at("09:30", 24), mine)[0].alert_at == at("09:45", 24), "his since then"
    earlier = [Entry(1, 15, at("16:20"))]
    asked, told = ticked(a, at("09:30", 24), past, entries=earlier)
    assert (told, asked.alert_at) == ([("lena", "staff_timer")], None)
    again = replace(asked, alert_at=at("09:31", 24))
    assert ticked(again, at("12:00", 24), past)[1] == [], "asked"
    assert ticked(replace(a, assignee_id=None), at("12:00", 24), past)[1] == []


CHRISTMAS = replace(MINE, calendar=calendar_of(
    "Europe/Berlin", {"1-5": ["09:00-17:00"]}, "NW", {"12-24": ["09:00-13:00"]}))  # fmt: skip


def on(month: int, day: int, year: int = 2026, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BERLIN).astimezone(UTC)


def test_reminders_of_a_question_over_christmas():
    """5 and 10 working days after the 17th of December; the 25th, weekends and New Year are none."""
    start = on(12, 17, hour=15)
    a = after_move(promised(S.IN_PROGRESS), S.IN_PROGRESS, S.WAITING_CUSTOMER, start, CHRISTMAS)
    a = replace(promised(S.WAITING_CUSTOMER), **a)
    assert a.alert_at == on(12, 24), "18, 21, 22, 23, 24"
    sent, last, seen = 0, None, []
    now = start
    while now < on(2, 1, 2027):
        now += timedelta(hours=1)
        if a.alert_at is None or a.alert_at > now or not may_look(now, CHRISTMAS):
            continue
        past = Past(start, True, None, sent, last)
        plan = look(a, facts_of(a), CHRISTMAS, past, now)
        for step in plan:
            if isinstance(step, Change):
                a = replace(a, **step.fields)
            elif isinstance(step, Tell):
                seen.append(
                    (now.astimezone(BERLIN).strftime("%d.%m. %H"), step.letter, step.to.address)
                )
                sent, last = sent + (step.letter == "waiting_reminder"), now
    assert seen == [
        ("24.12. 09", "waiting_reminder", ANNA),
        ("04.01. 09", "waiting_reminder", ANNA),
        ("11.01. 09", "staff_give_up", LENA.address),
    ]
    assert a.alert_at is None
    assert sent == 2, "at most two"


WAITS = [
    ({"wake_at": at("09:00", 30)}, (), [], "it wakes by itself"),
    ({}, (ANNA,), ["staff_give_up"], "letters to her come back: staff are told"),
    ({"requester": Address("", SUPPORT), "participants": ((SUPPORT, 1),)}, (), ["staff_give_up"],
     "our own address"),
    ({"participants": ((BERT, 2),)}, (), ["waiting_reminder"], "she takes part no more, Bert does"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "gone", "told", "why"), WAITS)
def test_who_is_reminded(more, gone, told, why):
    now = at("09:00", 30)
    a = promised(S.WAITING_CUSTOMER, paused_at=at("10:30"), **{"alert_at": now} | more)
    plan = look(a, facts_of(a), MINE, Past(at("10:30"), unreachable=frozenset(gone)), now)
    letters = [step for step in plan if isinstance(step, Tell)]
    assert [tell.letter for tell in letters] == told, why
    if BERT in dict(a.participants):
        assert [(tell.to.address, tell.person) for tell in letters] == [(BERT, 2)]


def test_a_rhythm_without_reminders_and_a_late_one():
    plain = replace(MINE, reminder_days=(), give_up_days=3)
    assert due_next(at("10:00"), 0, None, plain) == at("09:00", 26)
    assert due_next(at("10:00"), 0, None, MINE) == at("09:00", 30)
    late = on(12, 7)
    assert due_next(at("10:00"), 1, late, MINE) == on(12, 14), "five working days after the first"
    assert due_next(at("10:00"), 2, late, replace(MINE, give_up_days=1)) == on(12, 8)


def request(about=About.OVERRUN, **more):
    values = {"asked_at": at("10:00"), "minutes": 120, "remind_at": at("09:00", 30)} | more
    return Request(1042, 1, about, **values)


APPROVER = ContactFacts(7, BERT, "Bert", "de", id=12, may_approve=True)
NOW = at("09:00", 30)
REQUESTS = [
    (request(), {}, [BERT], (1, on(12, 7)), "the first reminder, to who may approve"),
    (request(reminders=1), {}, [BERT], (2, on(12, 7)), "the second"),
    (request(reminders=2), {}, [LENA.address], (2, None), "then the agent is proposed to end it"),
    (request(bounced=True), {}, [LENA.address], (0, None), "it does not count as asked"),
    (request(), {"approvers": ()}, [LENA.address], (0, None), "nobody may decide"),
    (request(), {"gone": (BERT,)}, [LENA.address], (0, None), "his letters come back"),
    (request(About.ORDER, kind=HIGH), {"stranger": True}, [], (0, on(12, 14)),
     "a stranger is not written to again"),
    (request(About.ORDER, kind=HIGH, remind_at=on(12, 14)), {"stranger": True, "now": on(12, 14)},
     [LENA.address], (0, None), "an order that never came"),
    (request(verdict=Verdict.YES), {}, [], None, "it is decided"),
    (request(remind_at=at("09:01", 30)), {}, [], None, "not yet"),
    (request(), {"now": at("20:00", 30)}, [], None, "not at night"),
    (request(), {"state": S.CANCELLED}, [], (0, None), "the ticket is over"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "more", "told", "then", "why"), REQUESTS)
def test_reminders_of_requests(asked, more, told, then, why):
    a = ticket(more.get("state", S.WAITING_APPROVAL), waits_for=asked.about.value)
    if more.get("stranger"):
        a = replace(a, customer_id=None)
    facts = facts_of(a, requests=[asked], approvers=more.get("approvers", (APPROVER,)))
    plan = remind(asked, a, facts, MINE, more.get("now", NOW), more.get("gone", ()))
    letters = [step for step in plan if isinstance(step, Tell)]
    assert [tell.to.address for tell in letters] == told, why
    found = [(step.reminders, step.remind_at) for step in plan if isinstance(step, Remind)]
    assert found == ([then] if then else []), why
    for tell in letters:
        if tell.letter == "waiting_reminder":
            assert (tell.request, tell.link, tell.person) == ("1042v1", True, 12)


PROPOSED = [
    (S.WAITING_APPROVAL, About.ORDER, "order", ["#storno"], "T22"),
    (S.WAITING_APPROVAL, About.OVERRUN, "overrun", ["#storno"], "an agent may withdraw it"),
    (S.ACCEPTANCE, About.ACCEPTANCE, "acceptance", [], "nothing is accepted by silence"),
    (S.IN_PROGRESS, About.ORDER, "goes_on", [], "another kind was offered, the work goes on"),
]


@pytest.mark.parametrize(("state", "about", "why", "orders", "reason"), PROPOSED)
def test_what_is_proposed(state, about, why, orders, reason):
    asked, a = request(about, reminders=2), ticket(state)
    plan = remind(asked, a, facts_of(a, requests=[asked], approvers=[APPROVER]), MINE, NOW)
    (tell,) = [step for step in plan if isinstance(step, Tell)]
    shown = [subject.rpartition(" ")[2] for subject, _ in tell.more["subjects"]]
    assert (tell.more["why"], shown) == (why, orders), reason


OVER = on(12, 8)
CHARGED, COVERED = Entry(1, 30, at("11:00")), Entry(1, 30, at("11:00"), free=Free.CONTRACT)
QUICK = replace(COVERED, factor=Decimal(2), contract_id=5)
AGREED = Contract(5, 7, "Wartung", ContractKind.FLAT, at("10:00").date())
FULL = replace(AGREED, covers_surcharge=True)
PREPAID = replace(AGREED, kind=ContractKind.BLOCK, minutes=600, ends_on=on(12, 31).date())
NO = request(verdict=Verdict.NO)
WINDOW = [
    ([CHARGED], {}, {}, S.BILLING, "charged work"),
    ([], {}, {}, S.CLOSED, "no work at all"),
    ([COVERED], {}, {}, S.CLOSED, "all of it under contract"),
    ([QUICK], {}, {"contracts": [(AGREED, Balance(0, 0, None, 0))]}, S.BILLING, "the surcharge is not"),
    ([QUICK], {}, {"contracts": [(FULL, Balance(0, 0, None, 0))]}, S.CLOSED, "the surcharge is covered"),
    ([QUICK], {}, {"contracts": [(PREPAID, Balance(600, 60, 540, 10))]}, S.CLOSED,
     "a block: 60 of its minutes were taken for 30"),
    ([QUICK], {}, {}, S.BILLING, "a contract that ended: a person looks"),
    ([CHARGED, replace(CHARGED, minutes=-30)], {}, {}, S.CLOSED, "taken back"),
    ([CHARGED], {"free": "goodwill"}, {}, S.CLOSED, "a present"),
    ([replace(CHARGED, minutes=70)], {}, {}, S.RESOLVED, "ten minutes that nobody decided about"),
    ([replace(CHARGED, minutes=70)], {}, {"requests": [NO]}, S.BILLING, "refused: 60 are billed"),
    ([replace(CHARGED, minutes=70)], {"limit_minutes": 120}, {}, S.BILLING, "approved"),
    ([replace(CHARGED, minutes=70)], {"limit_open": True}, {}, S.BILLING, "approved at cost"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "more", "process", "state", "why"), WINDOW)
def test_the_end_of_the_window(entries, more, process, state, why):
    a = promised(S.RESOLVED, resolved_at=at("12:00"), alert_at=None, **more)
    facts = facts_of(a, entries=entries, **process)
    assert look(a, facts, MINE, Past(), on(12, 7, hour=12)) == (), "14 days, and not a second less"
    plan = look(a, facts, MINE, Past(), OVER)
    moves = [(step.to, step.row) for step in plan if isinstance(step, SetState)]
    rows = {S.BILLING: "T36", S.CLOSED: "T37"}
    assert moves == ([(state, rows[state])] if state in rows else []), why
    told = [step.more["why"] for step in plan if isinstance(step, Tell)]
    assert told == (["undecided"] if state is S.RESOLVED else []), why
    assert is_undecided(a, facts, MINE) is (state is S.RESOLVED)
    assert is_to_bill(a, facts) is (state in (S.BILLING, S.RESOLVED))
    if state is S.RESOLVED:
        (looked,) = [step.fields for step in plan if isinstance(step, Change)]
        assert looked == {"alert_at": on(12, 9)}, "it is looked at again"


def test_a_wait_that_is_over():
    a = promised(S.WAITING_CUSTOMER, wake_at=at("13:00"), paused_at=at("10:30"), alert_at=None)
    assert woken(a, facts_of(a), MINE, at("12:59")) == ()
    plan = woken(a, facts_of(a), MINE, at("13:00"))
    (move,) = [step for step in plan if isinstance(step, SetState)]
    (tell,) = [step for step in plan if isinstance(step, Tell)]
    assert (move.to, move.row) == (S.IN_PROGRESS, "T52")
    assert (tell.letter, tell.ticket.due_at) == ("staff_wake", at("14:30")), "the new due time"
    done = replace(a, state=S.RESOLVED)
    assert [type(step).__name__ for step in woken(done, facts_of(done), MINE, at("13:00"))] == [
        "Touch", "Change",
    ]  # fmt: skip


def test_timers_of_two_agents_reach_the_limit_together():
    a = ticket(S.IN_PROGRESS, customer_id=None)
    running = [(1, at("09:00")), (2, at("09:00"))]

    def seen(now):
        plan = timed(a, facts_of(a, customer=None, timers=running), POLICY, now)
        return [step.letter if isinstance(step, Tell) else type(step).__name__ for step in plan]

    assert seen(at("09:22")) == []
    assert seen(at("09:23")) == ["staff_warning", "staff_warning"], "45 work minutes"
    held = seen(at("09:30"))
    assert held[:2] == ["Touch", "SetState"]
    assert "approval_request_auto" in held
    plan = timed(a, facts_of(a, customer=None, timers=running), POLICY, at("09:30"))
    assert [step.agent_id for step in plan if isinstance(step, Timer)] == [1, 2]


FORGOTTEN = [
    (at("16:00"), at("16:59"), False, "it is working time"),
    (at("16:00"), at("17:10"), False, "he may be about to stop it"),
    (at("16:00"), at("17:16"), True, "the day is over"),
    (at("16:00"), at("03:00", 24), True, "so it is in the night"),
    (at("20:00"), at("22:00"), False, "who begins in the evening means it"),
    (at("16:00", 20), at("12:00", 22), True, "over a weekend"),
]


@pytest.mark.parametrize(("began", "now", "asked", "why"), FORGOTTEN)
def test_a_timer_that_runs_into_the_evening(began, now, asked, why):
    a = ticket(S.IN_PROGRESS, category="presales")
    told = timed(a, facts_of(a, timers=[(MURAT.id, began)]), POLICY, now)
    found = [(tell.letter, tell.to.address, tell.more["runs"]) for tell in told]
    assert found == ([("staff_timer", MURAT.address, True)] if asked else []), why


def test_a_lunch_break_is_no_end_of_the_day():
    spans = {"1-5": ["09:00-12:00", "13:00-17:00"]}
    lunch = replace(POLICY, calendar=calendar_of("Europe/Berlin", spans, "NW"))
    a = ticket(S.IN_PROGRESS, category="presales")
    facts = facts_of(a, timers=[(LENA.id, at("11:30"))])
    assert timed(a, facts, lunch, at("12:30")) == ()
    assert timed(a, facts, lunch, at("17:30")) != ()


def test_the_journal_says_what_was_told():
    a = promised(S.NEW, alert_at=at("11:00"))
    plan = look(a, facts_of(a), MINE, Past(), at("11:00"))
    assert [step.detail for step in plan if isinstance(step, Note)] == ["50 % of the time are used"]
    keys = [step.once for step in plan if isinstance(step, Tell)]
    assert keys == ["promise:1042:1:50:1"]
    assert all(one <= two for one, two in pairwise(sorted(keys)))
