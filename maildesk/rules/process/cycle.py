"""What a change of state does to a ticket's promise: it pauses, resumes, is kept, or begins anew.

`alert_at` is when the time looks at the ticket next (`rules.process.passing`). While the promise runs,
it is never later than the next moment that counts, and since that moment or since now,
whichever is earlier, the clock ran on without a wait.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from maildesk.rules.facts import TicketFacts
from maildesk.rules.hours import add_working_time, working_time
from maildesk.rules.kinds import Kind, Measure
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import first_reminder
from maildesk.rules.process.request_words import working_day_after
from maildesk.rules.promise import due
from maildesk.rules.requests import About
from maildesk.rules.ticket import FACTS, PromiseClock, State

_RUNNING = (PromiseClock.RUNS, PromiseClock.NEW_CYCLE)
_DELIVERED = (State.ACCEPTANCE, State.RESOLVED)
_TOO_LATE = timedelta(seconds=1)  # "within" includes the due moment; resolution is whole seconds


def runs(state: State, policy: Policy) -> bool:
    """Tell whether the promise clock runs in a state."""
    return _clock(state, policy) in _RUNNING


def waits(state: State, policy: Policy) -> bool:
    """Tell whether the promise clock is paused in a state."""
    return _clock(state, policy) is PromiseClock.PAUSED


def after_move(
    ticket: TicketFacts, before: State, after: State, now: datetime, policy: Policy
) -> dict[str, Any]:
    """Return the fields of a ticket that change with its state (PROCESS.md sections 1.1 and 2).

    A wait moves the due time by the working time that it took. Work that begins again after the
    end is a new cycle, promised from now; of a ticket that was spam by mistake, from its receipt
    (T47). What was ordered is promised from the order: `ticket` then has the kind that it gets.
    In a chain of moves `ticket` is as the one before left it.
    """
    fields: dict[str, Any] = {}
    if after is State.RESOLVED:
        fields["resolved_at"] = now
    if before is State.WAITING_CUSTOMER:
        fields["wake_at"] = None
    if before is State.WAITING_APPROVAL and ticket.waits_for:
        fields["waits_for"] = ""
    fields |= _clock_fields(ticket, before, after, now, policy)
    fields |= _kept(ticket, before, after, now, policy)
    if after is State.WAITING_CUSTOMER and before is not after:
        fields["alert_at"] = first_reminder(now, policy) or working_day_after(
            now, policy.give_up_days, policy.calendar
        )
    if after is State.IN_PROGRESS and before is not after:
        # Work that nobody logs is looked for, whatever is promised.
        looked = fields.get("alert_at", ticket.alert_at)
        fields["alert_at"] = min(looked, now) if looked else now
    return fields


def new_cycle(
    kind: str, start: datetime, policy: Policy, ticket: TicketFacts | None = None
) -> dict[str, Any]:
    """Return the fields of a promise of a kind that is given at `start`.

    `ticket` is the one that has another promise already, as it stands when it is given the new
    one; None for a ticket that is being opened.
    """
    found = _kind(kind, policy)
    promise = found.promise if found else None
    fields: dict[str, Any] = {
        "clock_started_at": start,
        "due_at": due(start, promise, policy.calendar) if promise else None,
    }
    if ticket is None:
        return fields
    fields |= {"cycle": ticket.cycle + 1, "met_at": None, "breached_at": None}
    at_work = ticket.state is State.IN_PROGRESS
    fields["alert_at"] = start if promise or at_work else None
    if found and promise and found.measures is Measure.START and at_work:
        fields["met_at"] = start
    if waits(ticket.state, policy):
        fields |= {"paused_at": start, "alert_at": None}
        if ticket.state is State.WAITING_CUSTOMER:
            fields["alert_at"] = ticket.alert_at
    return fields


def after_response(ticket: TicketFacts, now: datetime, policy: Policy) -> dict[str, Any]:
    """Return the fields that change when a person of the desk answers the customer.

    `responded_at` stays the first answer of all; the promise of a first response is kept by the
    first one of its cycle.
    """
    fields: dict[str, Any] = {} if ticket.responded_at else {"responded_at": now}
    if _measures(ticket, policy) is Measure.FIRST_RESPONSE and _is_promised(ticket):
        fields |= {"met_at": now} | _broken(ticket, ticket.state, now, policy)
    return fields


def breaks_at(ticket: TicketFacts, policy: Policy) -> datetime | None:
    """Return the moment at which a running promise becomes broken: its first second too many.

    None where nothing is promised, or it was kept or is known to be broken. A wait that began at
    the due moment or in the closed hours after it moves no due time, but nothing breaks in it.
    """
    if ticket.due_at is None or not _is_promised(ticket) or ticket.breached_at:
        return None
    moment = add_working_time(ticket.due_at, _TOO_LATE, policy.calendar)
    looked = ticket.alert_at
    if looked is None or looked <= moment:
        return moment
    return add_working_time(looked, _TOO_LATE, policy.calendar)


def _clock_fields(
    ticket: TicketFacts, before: State, after: State, now: datetime, policy: Policy
) -> dict[str, Any]:
    was, will = _clock(before, policy), _clock(after, policy)
    if will is PromiseClock.PAUSED:
        pauses = {"paused_at": now, "alert_at": None}
        return {} if was is PromiseClock.PAUSED else pauses | _broken(ticket, before, now, policy)
    if was is PromiseClock.PAUSED:
        if ticket.waits_for == About.ORDER and will in _RUNNING:
            begun = new_cycle(ticket.kind, now, policy, replace(ticket, state=after))
            return {"paused_at": None} | begun
        return _resumed(ticket, now, policy) | ({} if will in _RUNNING else {"alert_at": None})
    if will in _RUNNING and was not in _RUNNING:
        if before is State.SPAM:
            return _restored(ticket, now, policy)
        begun = new_cycle(ticket.kind, now, policy, replace(ticket, state=after))
        return begun | {"resolved_at": None}
    if was in _RUNNING and will not in _RUNNING:
        return {"alert_at": None} | _broken(ticket, before, now, policy)
    return {}


def _kept(
    ticket: TicketFacts, before: State, after: State, now: datetime, policy: Policy
) -> dict[str, Any]:
    """Return that the promise is kept, where this move is what it is about (PROCESS.md 0, row 3).

    Who leaves a wait for good has not delivered, so that keeps no promise.
    """
    goes_on = runs(before, policy) or waits(before, policy)
    ordered = before is State.WAITING_APPROVAL and ticket.waits_for == About.ORDER
    if not goes_on or ordered or not _is_promised(ticket):
        return {}  # what begins anew with this move says itself whether it is kept by it
    if after is State.IN_PROGRESS and _measures(ticket, policy) is Measure.START:
        return {"met_at": now} | _broken(ticket, before, now, policy)
    return {"met_at": now} if after in _DELIVERED and runs(before, policy) else {}


def _restored(ticket: TicketFacts, now: datetime, policy: Policy) -> dict[str, Any]:
    """A ticket that was no spam goes on with the promise that it had, or gets its first one."""
    start = ticket.clock_started_at or now
    fields = new_cycle(ticket.kind, start, policy) | {"resolved_at": None}
    if ticket.due_at is not None:
        fields["due_at"] = ticket.due_at
    return fields | {"alert_at": start if fields["due_at"] and not ticket.met_at else None}


def _resumed(ticket: TicketFacts, now: datetime, policy: Policy) -> dict[str, Any]:
    fields: dict[str, Any] = {"paused_at": None, "alert_at": now if _is_promised(ticket) else None}
    paused, until = ticket.paused_at, ticket.due_at
    if until is not None and paused is not None and paused < until:
        waited = working_time(paused, now, policy.calendar)
        if waited:
            fields["due_at"] = add_working_time(until, waited, policy.calendar)
    return fields


def _broken(
    ticket: TicketFacts, state: State, now: datetime, policy: Policy
) -> dict[str, datetime]:
    """Return when the promise broke, if it did since the time looked at it last."""
    moment = breaks_at(ticket, policy) if runs(state, policy) else None
    return {"breached_at": moment} if moment and moment <= now else {}


def _is_promised(ticket: TicketFacts) -> bool:
    return ticket.due_at is not None and ticket.met_at is None


def _measures(ticket: TicketFacts, policy: Policy) -> Measure:
    found = _kind(ticket.kind, policy)
    return found.measures if found else Measure.DONE


def _kind(name: str, policy: Policy) -> Kind | None:
    return next((each for each in policy.kinds if each.name == name), None)


def _clock(state: State, policy: Policy) -> PromiseClock:
    clock = FACTS[state].clock
    if clock is not PromiseClock.BY_SETTING:
        return clock
    return PromiseClock.PAUSED if policy.third_party_pauses else PromiseClock.RUNS
