"""A decision is taken back by the one who made it: STOP in answer to its receipt (T53, T54)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.kinds import NORMAL
from maildesk.rules.plan import Ask, Judge, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process import receipts
from maildesk.rules.process.answerable import still_asked
from maildesk.rules.process.asking import first_reminder, may_decide
from maildesk.rules.process.course import Course, Decision
from maildesk.rules.process.cycle import new_cycle
from maildesk.rules.process.request_words import figures_of
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State

_COSTS = (About.OVERRUN, About.QUOTE)
_DECISIONS = (Verdict.YES, Verdict.NO, Verdict.NORMAL, Verdict.WITHDRAWN, Verdict.DEFECTS)

# How a ticket gets back to where the question is open: states and the rows that lead there.
_BACK: Mapping[State, tuple[tuple[State, str], ...]] = MappingProxyType({
    State.PLANNED:          ((State.WAITING_APPROVAL, "T53"),),
    State.IN_PROGRESS:      ((State.WAITING_APPROVAL, "T53"),),
    State.RESOLVED:         ((State.WAITING_APPROVAL, "T53"),),
    State.CANCELLED:        ((State.WAITING_APPROVAL, "T53"),),
    State.WAITING_CUSTOMER: ((State.IN_PROGRESS, "T14"), (State.WAITING_APPROVAL, "T53")),
    State.WAITING_THIRD:    ((State.IN_PROGRESS, "T24"), (State.WAITING_APPROVAL, "T53")),
})  # fmt: skip
_BACK_TO_TEST = frozenset({State.ACCEPTED, State.REWORK, State.RESOLVED})  # T54


def may_undo(request: Request, address: str, facts: Facts, ticket: TicketFacts) -> bool:
    """Tell whether an address may take back what was decided, and whether that still has effect.

    Only the last decision of a ticket, and only by who made it; what an agent noted as said on
    the phone also by everybody who may decide it, which the caller has checked to have been
    asked. Not once it is on the way to an invoice, or where work has gone on to another stage.
    """
    newest = max((each.number for each in facts.process.requests.get(ticket.id, ())), default=0)
    if request.verdict not in _DECISIONS or request.number != newest:
        return False
    if request.decided_by.lower() != address.lower() and not (
        request.how == How.PHONE and may_decide(address, ticket, facts, request)
    ):
        return False
    if request.about is About.ACCEPTANCE:
        return request.verdict is not Verdict.WITHDRAWN and ticket.state in _BACK_TO_TEST
    return ticket.state in _BACK if _moves(request) else still_asked(request, ticket)


def undone(
    request: Request,
    facts: Facts,
    ticket: TicketFacts,
    policy: Policy,
    now: datetime,
    *,
    by: str,
    person: int,
    how: How = How.MAIL,
) -> tuple[Step, ...]:
    """Return the steps by which `by` takes his decision back.

    The ticket stands where it stood when he was asked, and he is asked anew in the letter that
    says so: so he may still decide, and nothing lies open without a question. `person` is his
    number in the reply address.
    """
    decision = Decision(request, Verdict.UNDONE, facts, ticket, policy, now, by, how)
    course = Course(ticket, facts, policy, now)
    course.add(Judge(ticket.id, request.number, Verdict.UNDONE, by, how, was=request.verdict))
    if request.about is About.ACCEPTANCE:
        course.go(State.ACCEPTANCE, "T54", "taken back")
    elif _moves(request):
        course.stop_timers()
        for state, row in _BACK[ticket.state]:
            course.go(state, row, "taken back")
        course.set(waits_for=request.about.value)
    course.set(**_as_before(request, course))
    again = replace(
        request, number=request.number + 1, asked_at=now, verdict=Verdict.OPEN, decided_at=None,
        decided_by="", how="", deemed=False, reminders=0, bounced=False,
        remind_at=first_reminder(now, policy),
    )  # fmt: skip
    course.add(Ask(again), _told(again, decision, course.after, person))
    course.add(*receipts.staff(decision, course.after))
    return course.done()


def _moves(request: Request) -> bool:
    """Tell whether the ticket waited for the request, so that it has to wait again."""
    return request.before == State.WAITING_APPROVAL


def _as_before(request: Request, course: Course) -> dict[str, Any]:
    """Return what a decision had changed besides the state: the limit, or the kind."""
    earlier = [
        each
        for each in course.facts.process.requests.get(request.ticket_id, ())
        if each.number < request.number and each.verdict is Verdict.YES
    ]
    if request.about in _COSTS and request.verdict is Verdict.YES:
        last = next((each for each in reversed(earlier) if each.about in _COSTS), None)
        minutes = last.minutes if last and not last.is_open_limit else None
        return {"limit_minutes": minutes, "limit_open": bool(last and last.is_open_limit)}
    if request.about is About.ORDER and request.verdict in (Verdict.YES, Verdict.NORMAL):
        before = next((each.kind for each in reversed(earlier) if each.kind), NORMAL)
        if _moves(request):  # nothing is promised until he orders
            return {"kind": before, "wish": request.kind, "due_at": None}
        return {"kind": before, **new_cycle(before, course.now, course.policy, course.after)}
    return {}


def _told(again: Request, decision: Decision, after: TicketFacts, person: int) -> Tell:
    """Return the letter that says so; a word in answer to it decides anew."""
    facts, policy = decision.facts, decision.policy
    to, language, _ = receipts.decider_of(decision)
    entries = facts.process.entries.get(after.id, ())
    figures = figures_of(again, after, entries, facts.customer, policy, language)
    return Tell(
        letter="decision_taken_back",
        to=to,
        language=language,
        purpose=Purpose.REQUEST,
        ticket_id=after.id,
        person=person,
        once=f"request:{again.name}:{to.address.lower()}",
        auto="auto-replied",
        threaded=decision.how is How.MAIL,
        thread=facts.staff.threads.get(after.id, ()),
        request=again.name,
        link=True,
        ticket=after,
        more={"request": figures, "verdict": decision.request.verdict.value,
              "waits": after.state in (State.WAITING_APPROVAL, State.ACCEPTANCE)},
    )  # fmt: skip
