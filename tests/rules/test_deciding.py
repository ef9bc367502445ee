"""What each decision does to a ticket, as a table; and which cannot be taken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maildesk.mail.message import Address
from maildesk.rules import why_plan
from maildesk.rules.entries import Entry
from maildesk.rules.facts import Candidate, Match
from maildesk.rules.money import Money
from maildesk.rules.people import ContactFacts
from maildesk.rules.plan import Bounced, Change, Judge, SetState, Tell
from maildesk.rules.process.answerable import Refusal, why_not
from maildesk.rules.process.course import Course
from maildesk.rules.process.deciding import decided, withdrawn
from maildesk.rules.process.undoing import may_undo, undone
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.rules.ticket import State, allowed
from tests.rules.scene import ANNA, BERT, FIRM, KARL, LENA, MURAT, NOW, POLICY, known, ticket

ANNA_MAY = ContactFacts(7, ANNA, "Anna", "de", id=11, may_approve=True)
BERT_MAY = ContactFacts(7, BERT, "Bert", "de", id=12, may_approve=True, approve_up_to=10_000)
Y, N, NORMAL, W, D = (
    Verdict.YES, Verdict.NO, Verdict.NORMAL, Verdict.WITHDRAWN, Verdict.DEFECTS,
)  # fmt: skip
LATER = NOW + timedelta(hours=3)


def asked(about=About.OVERRUN, **more):
    cost = about in (About.OVERRUN, About.QUOTE)
    values = {"minutes": 120, "amount": Money(19_000)} if cost else {}
    values |= {"kind": "quick-high"} if about is About.ORDER else {}
    return Request(1042, 1, about, NOW, **values | {"before": "in_progress"} | more)


def scene(state=State.WAITING_APPROVAL, request=None, waits_for=None, worked=0, **changed):
    """A ticket, and what is known of it."""
    request = request or asked()
    waits = waits_for if waits_for is not None else request.about.value
    waits = waits if state is State.WAITING_APPROVAL else ""
    found = ticket(state, waits_for=waits, paused_at=NOW if waits else None, **changed)
    entries = {found.id: (Entry(1, worked, NOW),)} if worked else {}
    process = ProcessFacts(
        requests={found.id: (request,)}, entries=entries, approvers=(ANNA_MAY, BERT_MAY)
    )
    facts = replace(
        known(ANNA, customer=FIRM), process=process,
        candidates=(Candidate(found, Match.SIGNED_ADDRESS),), contact=ANNA_MAY,
    )  # fmt: skip
    return request, facts, found


def steps(verdict, state=State.WAITING_APPROVAL, by=ANNA, how=How.MAIL, words="", **given):
    request, facts, found = scene(state, **given)
    return decided(request, verdict, facts, found, POLICY, LATER, by=by, how=how, words=words)


def moves(plan):
    return [(step.to, step.row) for step in plan if isinstance(step, SetState)]


def letters(plan):
    return [(step.to.address, step.letter) for step in plan if isinstance(step, Tell)]


def fields(plan):
    found = {}
    for step in plan:
        found |= step.fields if isinstance(step, Change) else {}
    return found


ORDER, QUOTE, ACCEPT = (asked(each) for each in (About.ORDER, About.QUOTE, About.ACCEPTANCE))
GONE = asked(About.ORDER, kind="platinum")
OPEN = asked(minutes=None, is_open_limit=True, amount=None)  # work at cost
NEW_ORDER = replace(ORDER, before="new")
ROWS = [
    # about, verdict, state before, more, the moves, the letter to the decider, why
    (None, Y, State.WAITING_APPROVAL, {}, [(State.IN_PROGRESS, "T18")], "approval_receipt", "T18"),
    (None, Y, State.IN_PROGRESS, {}, [], "approval_receipt", "it did not wait: only the limit"),
    (None, Y, State.WAITING_APPROVAL, {"worked": 120},
     [(State.IN_PROGRESS, "T18"), (State.WAITING_APPROVAL, "T17")], "approval_receipt", "O11"),
    (None, Y, State.WAITING_APPROVAL, {"worked": 90}, [(State.IN_PROGRESS, "T18")],
     "approval_receipt", "O05: minutes beyond the old limit are covered by it"),
    (None, N, State.WAITING_APPROVAL, {"worked": 40}, [(State.IN_PROGRESS, "T20")],
     "decline_receipt", "the rest fits into the limit"),
    (None, N, State.WAITING_APPROVAL, {"worked": 60}, [(State.RESOLVED, "T19")],
     "decline_receipt", "the limit is used up"),
    (None, W, State.WAITING_APPROVAL, {}, [(State.CANCELLED, "T48")], "closed_unfinished", "T48"),
    (QUOTE, Y, State.WAITING_APPROVAL, {}, [(State.IN_PROGRESS, "T18")], "approval_receipt", ""),
    (QUOTE, N, State.WAITING_APPROVAL, {}, [(State.CANCELLED, "T22")], "closed_unfinished", ""),
    (ORDER, Y, State.WAITING_APPROVAL, {}, [(State.IN_PROGRESS, "T18")], "confirm_quick_high",
     "somebody was at work"),
    (NEW_ORDER, Y, State.WAITING_APPROVAL, {}, [(State.PLANNED, "T51")], "confirm_quick_high",
     "assigned, and not begun"),
    (NEW_ORDER, Y, State.WAITING_APPROVAL, {"assignee_id": None}, [(State.IN_PROGRESS, "T18")],
     "confirm_quick_high", "nobody's yet"),
    (NEW_ORDER, NORMAL, State.WAITING_APPROVAL, {}, [(State.PLANNED, "T21")], "confirm_normal", ""),
    (NEW_ORDER, N, State.WAITING_APPROVAL, {}, [(State.CANCELLED, "T22")], "closed_unfinished", ""),
    (NEW_ORDER, W, State.WAITING_APPROVAL, {}, [(State.CANCELLED, "T22")], "closed_unfinished", ""),
    (ORDER, Y, State.IN_PROGRESS, {}, [], "confirm_quick_high", "T11: the kind is raised"),
    (ORDER, Y, State.WAITING_CUSTOMER, {}, [], "confirm_quick_high", "T11: it waits on"),
    (ORDER, N, State.IN_PROGRESS, {}, [], "decline_receipt", "all stays as it was"),
    (ORDER, W, State.PLANNED, {}, [], "decline_receipt", "the wish is withdrawn, not the ticket"),
    (ACCEPT, Y, State.ACCEPTANCE, {}, [(State.ACCEPTED, "T26")], "acceptance_receipt", ""),
    (ACCEPT, D, State.ACCEPTANCE, {}, [(State.REWORK, "T28")], "", "no letter: he is being heard"),
    (ACCEPT, W, State.ACCEPTANCE, {}, [(State.CANCELLED, "T48")], "closed_unfinished", ""),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "verdict", "state", "more", "way", "letter", "why"), ROWS)
def test_what_a_decision_does(request_, verdict, state, more, way, letter, why):
    plan = steps(verdict, state, request=request_, words="The price is missing.", **more)
    assert moves(plan) == way, why
    assert all(
        allowed(each.before, each.to, each.row) for each in plan if isinstance(each, SetState)
    )
    (judged,) = [each for each in plan if isinstance(each, Judge)]
    assert (judged.verdict, judged.by, judged.how) == (verdict, ANNA, How.MAIL)
    to_anna = [name for to, name in letters(plan) if to == ANNA]
    assert to_anna[:1] == ([letter] if letter else []), why
    assert (LENA.address, "staff_decided") in letters(plan)
    if way and way[-1][0] is not State.WAITING_APPROVAL:
        assert fields(plan).get("waits_for", "") == ""


def test_an_order_is_promised_from_the_order_on():
    for state, request in ((State.WAITING_APPROVAL, NEW_ORDER), (State.IN_PROGRESS, ORDER)):
        found = fields(steps(Y, state, request=request))
        assert found["kind"] == "quick-high"
        assert found["clock_started_at"] == LATER
        assert found["due_at"] == LATER + timedelta(hours=2)
        assert found["cycle"] == 2
    waiting = fields(steps(Y, State.WAITING_CUSTOMER, request=ORDER))
    assert waiting["paused_at"] == LATER, "a promise that is given in a wait waits too"


def test_an_approval_sets_the_new_total_or_none():
    assert fields(steps(Y))["limit_minutes"] == 120
    found = fields(
        steps(Y, request=asked(minutes=None, is_open_limit=True, amount=None), worked=500)
    )
    assert found["limit_open"] is True


def test_the_requester_and_the_decider_are_both_told():
    carl = Address("Carl", "carl@firm.example")
    his = {"requester": carl, "participants": ((carl.address, 1),)}
    plan = steps(Y, request=NEW_ORDER, by=BERT, **his)
    assert (BERT, "approval_receipt") in letters(plan)
    assert (carl.address, "confirm_quick_high") in letters(plan)
    receipt = next(step for step in plan if isinstance(step, Tell) and step.to.address == BERT)
    assert (receipt.request, receipt.person) == ("1042v1", 12)
    assert "request:" not in receipt.once
    plan = steps(N, request=NEW_ORDER, by=BERT, **his)
    told = {to for to, name in letters(plan) if name == "closed_unfinished"}
    assert told == {carl.address, BERT}


def test_a_call_is_receipted_at_once_and_asks_for_objection():
    plan = steps(Y, how=How.PHONE, words="Anna: up to two hours, by tomorrow.")
    (receipt,) = [step for step in plan if isinstance(step, Tell) and step.to.address == ANNA]
    assert receipt.letter == "approval_receipt"
    assert receipt.more["phone"] is True
    assert receipt.more["words"] == "Anna: up to two hours, by tomorrow."
    assert receipt.delay == 0
    nobody_named = steps(Y, how=How.PHONE, by="lena")
    assert {to for to, name in letters(nobody_named) if name == "approval_receipt"} == {ANNA}
    ordered = steps(Y, how=How.PHONE, request=NEW_ORDER)
    assert (ANNA, "approval_receipt") in letters(ordered), "the order too is repeated"


REFUSED = [
    (asked(verdict=Y), Y, ANNA, State.IN_PROGRESS, Refusal.DECIDED, "it was decided"),
    (asked(verdict=Verdict.REPLACED), Y, ANNA, State.WAITING_APPROVAL, Refusal.OLDER, "replaced"),
    (asked(), Y, KARL, State.WAITING_APPROVAL, Refusal.NOT_ALLOWED, "a stranger"),
    (asked(), W, KARL, State.WAITING_APPROVAL, Refusal.NOT_ALLOWED, "a stranger withdraws nothing"),
    (asked(), W, BERT, State.WAITING_APPROVAL, None, "anybody of the customer withdraws"),
    (asked(), Y, BERT, State.WAITING_APPROVAL, Refusal.NOT_ALLOWED, "more than he may approve"),
    (asked(amount=Money(200_000)), Y, ANNA, State.WAITING_APPROVAL, Refusal.AMOUNT, "by mail"),
    (asked(amount=Money(200_000)), N, ANNA, State.WAITING_APPROVAL, None, "no hurts nobody"),
    (asked(amount=Money(100_000)), Y, ANNA, State.WAITING_APPROVAL, None, "exactly the limit"),
    (OPEN, Y, ANNA, State.WAITING_APPROVAL, Refusal.AMOUNT, "at cost is more than any limit"),
    (OPEN, N, ANNA, State.WAITING_APPROVAL, None, "no hurts nobody"),
    (OPEN, Y, BERT, State.WAITING_APPROVAL, Refusal.NOT_ALLOWED, "at cost is above his sum"),
    (ACCEPT, Y, ANNA, State.IN_PROGRESS, Refusal.MOVED_ON, "work has begun again"),
    (ORDER, Y, ANNA, State.RESOLVED, Refusal.MOVED_ON, "it is done"),
    (asked(), Y, ANNA, State.CLOSED, Refusal.MOVED_ON, "it is closed"),
    (GONE, Y, ANNA, State.WAITING_APPROVAL, Refusal.MOVED_ON, "no such kind is sold any more"),
    (GONE, NORMAL, ANNA, State.WAITING_APPROVAL, None, "a normal ticket is still to be had"),
    (ACCEPT, D, BERT, State.ACCEPTANCE, None, "anybody of the customer names a defect"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "verdict", "by", "state", "refusal", "why"), REFUSED)
def test_who_may_decide_what(request_, verdict, by, state, refusal, why):
    request, facts, found = scene(state, request_)
    refused = why_not(request, verdict, by, facts, found, POLICY, How.MAIL)
    assert refused is refusal, why
    if refusal is Refusal.AMOUNT:
        for how in (How.LINK, How.PHONE):
            assert why_not(request, verdict, by, facts, found, POLICY, how) is None


HELD = {"before": "waiting_approval", "decided_by": ANNA, "how": "mail", "decided_at": NOW}
BACK = [
    (asked(verdict=Y, **HELD), State.IN_PROGRESS, [(State.WAITING_APPROVAL, "T53")], "approved"),
    (asked(verdict=Y, **HELD), State.WAITING_CUSTOMER,
     [(State.IN_PROGRESS, "T14"), (State.WAITING_APPROVAL, "T53")], "and a question is out"),
    (asked(verdict=N, **HELD), State.RESOLVED, [(State.WAITING_APPROVAL, "T53")], "declined"),
    (asked(verdict=Y, **HELD | {"before": "in_progress"}), State.IN_PROGRESS, [], "held nothing"),
    (asked(verdict=Y, **HELD | {"before": "in_progress"}), State.INVOICED, None, "nor waited"),
    (asked(About.ORDER, verdict=Y, **HELD | {"before": "planned"}), State.INVOICED, None, "raised"),
    (asked(About.ORDER, verdict=Y, **HELD | {"before": "planned"}), State.BILLING, None, "raised"),
    (asked(verdict=W, **HELD | {"before": "in_progress"}), State.CANCELLED, None, "all withdrawn"),
    (asked(verdict=Y, **HELD | {"decided_by": BERT, "how": "phone"}), State.IN_PROGRESS,
     [(State.WAITING_APPROVAL, "T53")], "said on the phone in another's name"),
    (asked(About.ACCEPTANCE, verdict=Y, **HELD | {"decided_by": KARL, "how": "phone"}),
     State.ACCEPTED, [(State.ACCEPTANCE, "T54")], "the same of what was delivered"),
    (asked(About.ORDER, verdict=N, **HELD), State.CANCELLED, [(State.WAITING_APPROVAL, "T53")], ""),
    (asked(About.ACCEPTANCE, verdict=Y, **HELD), State.ACCEPTED, [(State.ACCEPTANCE, "T54")], ""),
    (asked(About.ACCEPTANCE, verdict=D, **HELD), State.REWORK, [(State.ACCEPTANCE, "T54")], ""),
    (asked(verdict=Y, **HELD), State.INVOICED, None, "on an invoice"),
    (asked(verdict=Y, **HELD), State.BILLING, None, "on the way to one"),
    (asked(verdict=Y, **HELD), State.ACCEPTANCE, None, "delivered: a person has to see to it"),
    (asked(verdict=Y, **HELD | {"decided_by": BERT}), State.IN_PROGRESS, None, "another's"),
    (asked(), State.WAITING_APPROVAL, None, "nothing was decided"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "state", "way", "why"), BACK)
def test_what_stop_takes_back(request_, state, way, why):
    request, facts, found = scene(state, request_)
    assert may_undo(request, ANNA, facts, found) is (way is not None), why
    if way is None:
        return
    plan = undone(request, facts, found, POLICY, LATER, by=ANNA, person=11)
    assert moves(plan) == way, why
    assert all(
        allowed(each.before, each.to, each.row) for each in plan if isinstance(each, SetState)
    )
    assert letters(plan) == [(ANNA, "decision_taken_back"), (LENA.address, "staff_decided")]


def test_withdrawing_stops_the_timers_and_books_what_they_ran():
    _, facts, found = scene(State.IN_PROGRESS)
    timers = {found.id: ((LENA.id, NOW), (MURAT.id, NOW + timedelta(minutes=170)))}
    facts = replace(facts, process=replace(facts.process, timers=timers))
    plan = withdrawn(facts, found, POLICY, LATER, by=ANNA, how=How.MAIL)
    assert [step.minutes for step in plan if hasattr(step, "factor")] == [180, 10]
    assert moves(plan) == [(State.CANCELLED, "T48")]
    assert [each.verdict for each in plan if isinstance(each, Judge)] == [W]


def test_a_course_leads_along_the_table_only():
    course = Course(ticket(), known(ANNA), POLICY, NOW)
    course.go(State.ACCEPTANCE, "T25", "delivered")
    assert course.after.state is State.ACCEPTANCE
    assert course.after.title == "Shop"


def test_operators_read_in_sentences_what_becomes_of_a_request():
    request, facts, found = scene()
    plan = decided(request, Y, facts, found, POLICY, LATER, by=ANNA, how=How.MAIL)
    said = why_plan.steps((*plan, Bounced(1042, 1)), facts, POLICY)
    assert said[0] == f"note that request 1 of DD-10429 is answered with yes, by {ANNA} (mail)"
    assert said[-1] == "note that request 1 of DD-10429 came back, so it was not asked"
    taken_back = undone(asked(verdict=Y, **HELD), *scene(State.IN_PROGRESS)[1:], POLICY, LATER,
                        by=ANNA, person=11)  # fmt: skip
    said += why_plan.steps(taken_back, facts, POLICY)
    assert any(
        "ask for an approval of more work in DD-10429, as request 2" in each for each in said
    )
    assert not any("Judge(" in each or "Ask(" in each for each in said)
