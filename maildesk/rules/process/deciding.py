"""What a decision about a request does: the ticket moves, and those who have to know are told.

The same for a word by mail, a page and a phone call noted by an agent (PROCESS.md sections 1.2
and 2.4). Whether somebody may decide at all is asked before, in `rules.process.answerable`; how a
decision is taken back is in `rules.process.undoing`, what is written to people in `rules.process.receipts`.
"""

from dataclasses import replace
from datetime import datetime

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.kinds import NORMAL
from maildesk.rules.plan import Judge, Step
from maildesk.rules.policy import Policy
from maildesk.rules.process import holding, receipts
from maildesk.rules.process.answerable import waits_for
from maildesk.rules.process.billable import is_undecided
from maildesk.rules.process.course import Course, Decision
from maildesk.rules.process.cycle import new_cycle
from maildesk.rules.process.request_words import charged_minutes, limit_of
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.rules.ticket import State

# What a ticket was in when it was asked for, if somebody was at work on it.
_BEGUN = frozenset({State.IN_PROGRESS, State.WAITING_CUSTOMER, State.WAITING_THIRD, State.REWORK})


def decided(
    request: Request,
    verdict: Verdict,
    facts: Facts,
    ticket: TicketFacts,
    policy: Policy,
    now: datetime,
    *,
    by: str,
    how: How,
    words: str = "",
) -> tuple[Step, ...]:
    """Return the steps of a decision about an open request, without Touch.

    `verdict` is one of YES, NO, NORMAL, WITHDRAWN, DEFECTS (with the named defects in `words`).
    `by` is the decider's address; for a phone call that of the person who spoke, or, where that
    is not known, the login of the agent who notes it: then all who may decide get the receipt.
    `words` is otherwise what was agreed on the phone, and is repeated in the receipt.

    The caller has asked `answerable.why_not` before. Raises ValueError for a verdict that is no
    answer to such a request.
    """
    decision = Decision(request, verdict, facts, ticket, policy, now, by, how, words)
    course = Course(ticket, facts, policy, now)
    # So that STOP finds the way back: what is cancelled waits for the answer then.
    held = waits_for(request, ticket) or _is_cancelled(decision)
    course.add(Judge(ticket.id, request.number, verdict, by, how, held=held))
    if verdict is Verdict.WITHDRAWN:
        _withdraw(course, decision)
    else:
        _EFFECTS[request.about](course, decision)
    return course.done()


def _order(course: Course, decision: Decision) -> None:
    """Order, as it is offered or as a normal ticket, or decline (T11, T18, T21, T22, T51).

    The promise is given now, not when the mail came that only asked for it.
    """
    request, ticket, verdict = decision.request, decision.ticket, decision.verdict
    waits = waits_for(request, ticket)
    if waits and verdict is Verdict.NO:
        _cancel(course, decision)
        return
    if not waits and verdict is not Verdict.YES:
        course.set(wish="")
        course.add(*receipts.declined(decision, course.after))  # all stays as it was
        course.add(*receipts.staff(decision, course.after))
        return
    kind = request.kind if verdict is Verdict.YES else NORMAL
    course.set(kind=kind, wish="")
    if not waits:
        course.note("T11", f"{kind} ordered by {decision.by}")
        course.set(**new_cycle(kind, course.now, course.policy, course.after))
    elif verdict is Verdict.NORMAL:
        course.go(State.PLANNED, "T21", "a normal ticket instead")
    elif request.before in _BEGUN or ticket.assignee_id is None:
        course.go(State.IN_PROGRESS, "T18", "ordered")
    else:
        course.go(State.PLANNED, "T51", "ordered")
    course.add(*receipts.ordered(decision, course.after))
    course.add(*receipts.staff(decision, course.after))


def _cost(course: Course, decision: Decision) -> None:
    """More work, or work for a quote: approved up to a total or openly, or declined."""
    request, ticket = decision.request, decision.ticket
    waits = waits_for(request, ticket)
    if decision.verdict is Verdict.YES:
        open_ = request.is_open_limit
        minutes = ticket.limit_minutes if open_ else request.minutes
        course.set(limit_open=open_, limit_minutes=minutes)
        goes_on = Course(course.after, course.facts, course.policy, course.now)
        goes_on.go(State.IN_PROGRESS, "T18", "approved")
        again = _held_again(goes_on, decision) if waits else ()
        if waits:
            course.go(State.IN_PROGRESS, "T18", "approved")
        after = replace(course.after, state=State.WAITING_APPROVAL) if again else course.after
        course.add(*receipts.approved(decision, after))
        course.add(*receipts.staff(decision, after))
        course.at_last(again)
        return
    if decision.verdict is not Verdict.NO:
        raise ValueError(f"{decision.verdict} is no answer to a request for {request.about}")
    if waits and request.about is About.QUOTE:
        _cancel(course, decision)
        return
    if waits:
        limit = limit_of(ticket, decision.facts.customer, decision.policy)
        worked = charged_minutes(decision.facts.process.entries.get(ticket.id, ()))
        if limit is None or worked < limit:
            course.go(State.IN_PROGRESS, "T20", "declined; the rest is done within the limit")
        else:
            course.stop_timers()  # somebody may have begun while it waited
            course.go(State.RESOLVED, "T19", "declined; the limit is used up")
    course.add(*receipts.declined(decision, course.after))
    course.add(*receipts.staff(decision, course.after))


def _held_again(goes_on: Course, decision: Decision) -> tuple[Step, ...]:
    """Return what holds and asks at once where the new total is used up already (2.4, O11).

    `goes_on` leads the ticket to where the decision leads it.
    """
    facts, policy = _judged(decision), decision.policy
    limit = limit_of(goes_on.after, facts.customer, policy)
    worked = charged_minutes(facts.process.entries.get(decision.ticket.id, ()))
    if limit is None or worked < limit:
        return ()
    return holding.hold(goes_on.after, goes_on.state, facts, policy, goes_on.now)


def _asked_now(course: Course, decision: Decision) -> tuple[Step, ...]:
    """Return the question about work that came above the limit while the customer tested.

    What he accepted stays accepted: nothing is held.
    """
    ticket, facts, policy = course.after, _judged(decision), decision.policy
    if not is_undecided(ticket, facts, policy):
        return ()
    return holding.ask_besides(ticket, facts, policy, course.now)


def _judged(decision: Decision) -> Facts:
    """Return the facts with the request decided."""
    request, facts = decision.request, decision.facts
    judged = replace(request, verdict=decision.verdict, decided_at=decision.now)
    known = tuple(
        judged if each.number == request.number else each
        for each in facts.process.requests.get(request.ticket_id, ())
    )
    requests = {**facts.process.requests, request.ticket_id: known}
    return replace(facts, process=replace(facts.process, requests=requests))


def _acceptance(course: Course, decision: Decision) -> None:
    """What was delivered: accepted, or not as it should be (T26, T28)."""
    if decision.verdict is Verdict.YES:
        course.go(State.ACCEPTED, "T26", "accepted")
        course.add(*receipts.accepted(decision, course.after))
        course.at_last(_asked_now(course, decision))
    elif decision.verdict is Verdict.DEFECTS:
        course.go(State.REWORK, "T28", "defects named")
        course.note("defects", decision.words)
    else:
        raise ValueError(f"{decision.verdict} is no answer to a request for acceptance")
    course.add(*receipts.staff(decision, course.after))


_EFFECTS = {
    About.ORDER: _order,
    About.OVERRUN: _cost,
    About.QUOTE: _cost,
    About.ACCEPTANCE: _acceptance,
}


def _withdraw(course: Course, decision: Decision) -> None:
    """He needs nothing any more (T22, T48). An offer to raise the kind is merely declined."""
    if _is_cancelled(decision):
        _cancel(course, decision)
    else:
        course.add(*receipts.declined(decision, course.after))
        course.add(*receipts.staff(decision, course.after))


def _is_cancelled(decision: Decision) -> bool:
    request, offered = decision.request, decision.request.about is About.ORDER
    withdrawn = decision.verdict is Verdict.WITHDRAWN
    return withdrawn and (not offered or waits_for(request, decision.ticket))


def _cancel(course: Course, decision: Decision) -> None:
    about = decision.request.about
    refused = about in (About.ORDER, About.QUOTE) and waits_for(decision.request, decision.ticket)
    course.stop_timers()
    course.go(State.CANCELLED, "T22" if refused else "T48", decision.verdict.value)
    course.add(*receipts.cancelled(decision, course.after))
    course.add(*receipts.staff(decision, course.after))


def withdrawn(
    facts: Facts, ticket: TicketFacts, policy: Policy, now: datetime, *, by: str, how: How
) -> tuple[Step, ...]:
    """Return the steps by which somebody who takes part withdraws an unfinished ticket (T48).

    A request that is open is withdrawn with it.
    """
    course = Course(ticket, facts, policy, now)
    for request in facts.process.requests.get(ticket.id, ()):
        if request.is_open:
            course.add(Judge(ticket.id, request.number, Verdict.WITHDRAWN, by, how))
    course.stop_timers()
    course.go(State.CANCELLED, "T48", "withdrawn")
    course.add(*receipts.withdrawn(course, by, how))
    return course.done()
