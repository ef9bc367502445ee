"""What happens at the limit of work: the ticket is held, timers stop, the customer is asked.

PROCESS.md section 2.4 (4 to 7). Whether the limit is reached says `meter.check`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Book, Change, SetState, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import (
    NobodyToAskError,
    ask,
    first_reminder,
    next_number,
    open_request,
)
from maildesk.rules.process.booking import with_booked
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.limit_letters import at_work, to_staff
from maildesk.rules.process.meter import COSTS, Checked
from maildesk.rules.process.request_words import amount_of, charged_minutes, limit_of
from maildesk.rules.process.timers import stopped as stopped_timers
from maildesk.rules.requests import About, Request, Verdict
from maildesk.rules.ticket import State, allowed


def hold(
    ticket: TicketFacts,
    state: State,
    facts: Facts,
    policy: Policy,
    now: datetime,
    extra: Sequence[Book] = (),
    agent: AgentFacts | None = None,
    delay: int = 0,
) -> tuple[Step, ...]:
    """Return the steps that stop work on a ticket in `state` whose limit is reached (T17, T55).

    The ticket waits, timers that run on it stop and are booked, the customer is asked for
    `step_minutes` more (as many times as covers what is done), and the agents at work are told.
    The customer is not asked where a request is out already, nor again by the desk itself after
    he refused this very limit. If nobody can be asked, the ticket is held all the same and every
    agent is told. `delay` is how many seconds the letter to the customer waits for an undo.
    While he tests what was delivered he is not asked besides: the ticket stays where it is, and
    only the agents are told, once for a limit.
    """
    if _is_tested(ticket, state, facts):
        return _not_now(ticket, facts, policy, now, extra, agent)
    row = "T17" if allowed(state, State.WAITING_APPROVAL, "T17") else "T55"
    moved = after_move(ticket, state, State.WAITING_APPROVAL, now, policy)
    fields: dict[str, Any] = {"waits_for": About.OVERRUN.value, **moved}
    stopped = stopped_timers(ticket, facts, policy, now, extra)
    books = [*extra, *(step for step in stopped if isinstance(step, Book))]
    known = with_booked(facts, ticket.id, books, now)
    held = replace(ticket, **{"state": State.WAITING_APPROVAL, **fields})
    worked = charged_minutes(known.process.entries.get(ticket.id, ()))
    checked = Checked(worked, limit_of(ticket, facts.customer, policy), False, True)
    asked, outcome = _ask(held, state, known, policy, checked, now, delay)
    told = facts.agents if outcome == "nobody" else at_work(ticket, facts, agent)
    addresses = tuple(step.to.address for step in asked if isinstance(step, Tell))
    return (
        SetState(ticket.id, state, State.WAITING_APPROVAL, "the approved work is used up", row),
        Change(ticket.id, fields, "the approved work is used up", f"{worked} min"),
        *stopped,
        *asked,
        *(
            to_staff(
                "staff_limit", each, held, policy, checked.worked, checked.limit or 0,
                f"{ticket.id}:{next_number(facts, ticket.id)}:{now:%Y%m%d%H%M%S}",
                outcome=outcome, asked=addresses, stopped=bool(stopped), waits=True,
            )
            for each in told
        ),
    )  # fmt: skip


def ask_besides(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime
) -> tuple[Step, ...]:
    """Return the question about work above the limit, while the ticket stays where it is.

    The agents at work are told. Nothing where a request is out, or he refused this limit.
    """
    worked = charged_minutes(facts.process.entries.get(ticket.id, ()))
    checked = Checked(worked, limit_of(ticket, facts.customer, policy), False, True)
    asked, outcome = _ask(ticket, ticket.state, facts, policy, checked, now, 0)
    if outcome not in ("asked", "nobody"):
        return ()
    addresses = tuple(step.to.address for step in asked if isinstance(step, Tell))
    return (
        *(
            replace(step, more=step.more | {"waits": False}) if isinstance(step, Tell) else step
            for step in asked
        ),
        *(
            to_staff(
                "staff_limit", each, ticket, policy, checked.worked, checked.limit or 0,
                f"{ticket.id}:{next_number(facts, ticket.id)}:besides",
                outcome=outcome, asked=addresses, stopped=False, waits=False,
            )
            for each in at_work(ticket, facts, None)
        ),
    )  # fmt: skip


def _is_tested(ticket: TicketFacts, state: State, facts: Facts) -> bool:
    asked = open_request(facts, ticket.id)
    return state is State.ACCEPTANCE and asked is not None and asked.about is About.ACCEPTANCE


def _not_now(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    now: datetime,
    extra: Sequence[Book],
    agent: AgentFacts | None,
) -> tuple[Step, ...]:
    """Return the steps where the limit is reached and another question is with the customer."""
    stopped = stopped_timers(ticket, facts, policy, now, extra)
    books = [*extra, *(step for step in stopped if isinstance(step, Book))]
    known = with_booked(facts, ticket.id, books, now)
    worked = charged_minutes(known.process.entries.get(ticket.id, ()))
    checked = Checked(worked, limit_of(ticket, facts.customer, policy), False, True)
    return (
        *stopped,
        *(
            to_staff(
                "staff_limit", each, ticket, policy, checked.worked, checked.limit or 0,
                f"{ticket.id}:{checked.limit}:{About.ACCEPTANCE}",
                outcome=About.ACCEPTANCE.value, asked=(), stopped=bool(stopped), waits=False,
            )
            for each in at_work(ticket, facts, agent)
        ),
    )  # fmt: skip


def _ask(
    held: TicketFacts,
    before: State,
    facts: Facts,
    policy: Policy,
    checked: Checked,
    now: datetime,
    delay: int,
) -> tuple[tuple[Step, ...], str]:
    """Return the request, and what became of it: asked, already, refused or nobody."""
    past = facts.process.requests.get(held.id, ())
    if any(each.is_open and each.about in COSTS for each in past):
        return (), "already"
    last = next((each for each in reversed(past) if each.about in COSTS), None)
    limit, step = checked.limit or 0, max(1, policy.step_minutes)
    if last is not None and last.verdict is Verdict.NO:
        return (), "refused"
    total = limit + step * max(1, (checked.worked - limit) // step + 1)
    kind = next((each for each in policy.kinds if each.name == held.kind), policy.kinds[0])
    request = Request(
        ticket_id=held.id,
        number=next_number(facts, held.id),
        about=About.OVERRUN,
        asked_at=now,
        minutes=total,
        amount=amount_of(total, kind, facts.customer, policy),
        before=before.value,
        remind_at=first_reminder(now, policy),
    )
    thread = facts.staff.threads.get(held.id, ())
    letter = "approval_request_auto"
    try:
        return ask(held, facts, policy, request, letter=letter, thread=thread, delay=delay), "asked"
    except NobodyToAskError:
        return (), "nobody"
