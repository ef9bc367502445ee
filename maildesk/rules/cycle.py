"""What a change of state does to a ticket's promise: it pauses, resumes, or begins anew."""

from datetime import datetime
from typing import Any

from maildesk.rules.facts import TicketFacts
from maildesk.rules.hours import add_working_time, working_time
from maildesk.rules.policy import Policy
from maildesk.rules.promise import due
from maildesk.rules.ticket import FACTS, PromiseClock, State

_RUNNING = (PromiseClock.RUNS, PromiseClock.NEW_CYCLE, PromiseClock.BY_SETTING)


def after_move(
    ticket: TicketFacts, before: State, after: State, now: datetime, policy: Policy
) -> dict[str, Any]:
    """Return the fields of a ticket that change with its state (PROCESS.md sections 1.1 and 2).

    A wait moves the due time by the working time that it took. Work that begins again after the
    end is a new cycle, promised from now; of a ticket that was spam by mistake, from its receipt
    (T47).
    """
    was, will = FACTS[before].clock, FACTS[after].clock
    fields: dict[str, Any] = {}
    if after is State.RESOLVED:
        fields["resolved_at"] = now
    if before is State.WAITING_CUSTOMER:
        fields["wake_at"] = None
    if will is PromiseClock.PAUSED and was is not PromiseClock.PAUSED:
        fields["paused_at"] = now
    elif was is PromiseClock.PAUSED and will is not PromiseClock.PAUSED:
        fields |= _resumed(ticket, now, policy)
    elif will in _RUNNING and was not in _RUNNING:
        start = ticket.clock_started_at if before is State.SPAM else None
        fields |= new_cycle(ticket.kind, start or now, policy) | {"resolved_at": None}
    return fields


def new_cycle(kind: str, start: datetime, policy: Policy) -> dict[str, Any]:
    """Return the fields of a promise of a kind that is given at `start`."""
    promise = next((each.promise for each in policy.kinds if each.name == kind), None)
    return {
        "clock_started_at": start,
        "due_at": due(start, promise, policy.calendar) if promise else None,
    }


def _resumed(ticket: TicketFacts, now: datetime, policy: Policy) -> dict[str, Any]:
    fields: dict[str, Any] = {"paused_at": None}
    paused, until = ticket.paused_at, ticket.due_at
    if until is not None and paused is not None and paused < until:
        waited = working_time(paused, now, policy.calendar)
        if waited:
            fields["due_at"] = add_working_time(until, waited, policy.calendar)
    return fields
