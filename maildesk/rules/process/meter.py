"""The work meter on a ticket: warn the agent, hold the ticket and ask the customer in time.

PROCESS.md section 2.4. Charged work counts, booked or on a running timer, of all agents
together; free work does not, and with an open limit nothing is ever held. `rules.process.effort` says
when a running timer reaches a limit; here is what is done then, and when time is booked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import letters as words
from maildesk.rules.entries import EntryType
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Book, Change, SetState, Step, Tell, Timer
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import (
    NobodyToAskError,
    ask,
    first_reminder,
    next_number,
    open_request,
)
from maildesk.rules.process.booking import charged, entry, why_free, with_booked
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.request_words import amount_of, charged_minutes, limit_of
from maildesk.rules.requests import About, Request, Verdict
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State, allowed

_MINUTE = timedelta(minutes=1)
_COSTS = (About.OVERRUN, About.QUOTE)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the meter shows: charged work and the approved total (None: open), in minutes.

    `warn` and `hold` say what is to be done now; never both. Who was warned of this limit before
    is not told again: the letter's once key sees to it.
    """

    worked: int
    limit: int | None
    warn: bool
    hold: bool


def check(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book] = ()
) -> Checked:
    """Return what the meter of a ticket shows at `now`.

    `extra` is booked in the same plan; a timer that it ends (same agent, same start) runs no
    more. Running work counts in whole minutes of all timers together.
    """
    limit = limit_of(ticket, facts.customer, policy)
    running, is_charged = _running(ticket, facts, policy, now, extra)
    worked = charged_minutes(facts.process.entries.get(ticket.id, ())) + charged(extra) + running
    begun = is_charged or (worked > 0 and _counts(ticket, facts, extra))
    if limit is None or not begun or not _can_wait(ticket.state):
        return Checked(worked, limit, False, False)
    if worked >= limit:
        return Checked(worked, limit, False, True)
    asked = open_request(facts, ticket.id)
    is_asked = asked is not None and asked.about in _COSTS
    warn = worked >= limit - policy.warn_minutes and not is_asked
    return Checked(worked, limit, warn, False)


def warning(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    checked: Checked,
    agent: AgentFacts | None = None,
) -> tuple[Tell, ...]:
    """Return the warning that the limit is near, with a request ready to be sent.

    It goes to `agent`, else to those whose timers run, else to whom the ticket belongs, else to
    all; to each once for a ticket and limit.
    """
    if not checked.warn or checked.limit is None:
        return ()
    once = f"{ticket.id}:{checked.limit}"
    return tuple(
        _to_staff("staff_warning", told, ticket, policy, checked, once)
        for told in _at_work(ticket, facts, agent)
    )


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
    stopped = _stopped(ticket, facts, policy, now, extra)
    books = [*extra, *(step for step in stopped if isinstance(step, Book))]
    known = with_booked(facts, ticket.id, books, now)
    held = replace(ticket, **{"state": State.WAITING_APPROVAL, **fields})
    worked = charged_minutes(known.process.entries.get(ticket.id, ()))
    checked = Checked(worked, limit_of(ticket, facts.customer, policy), False, True)
    asked, outcome = _ask(held, state, known, policy, checked, now, delay)
    told = facts.agents if outcome == "nobody" else _at_work(ticket, facts, agent)
    addresses = tuple(step.to.address for step in asked if isinstance(step, Tell))
    return (
        SetState(ticket.id, state, State.WAITING_APPROVAL, "the approved work is used up", row),
        Change(ticket.id, fields, "the approved work is used up", f"{worked} min"),
        *stopped,
        *asked,
        *(
            _to_staff(
                "staff_limit", each, held, policy, checked,
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
            _to_staff(
                "staff_limit", each, ticket, policy, checked,
                f"{ticket.id}:{next_number(facts, ticket.id)}:besides",
                outcome=outcome, asked=addresses, stopped=False, waits=False,
            )
            for each in _at_work(ticket, facts, None)
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
    stopped = _stopped(ticket, facts, policy, now, extra)
    books = [*extra, *(step for step in stopped if isinstance(step, Book))]
    known = with_booked(facts, ticket.id, books, now)
    worked = charged_minutes(known.process.entries.get(ticket.id, ()))
    checked = Checked(worked, limit_of(ticket, facts.customer, policy), False, True)
    return (
        *stopped,
        *(
            _to_staff(
                "staff_limit", each, ticket, policy, checked,
                f"{ticket.id}:{checked.limit}:{About.ACCEPTANCE}",
                outcome=About.ACCEPTANCE.value, asked=(), stopped=bool(stopped), waits=False,
            )
            for each in _at_work(ticket, facts, agent)
        ),
    )  # fmt: skip


def _counts(ticket: TicketFacts, facts: Facts, extra: Sequence[Book]) -> bool:
    """Tell whether work is looked at at all: free work does not hold what was charged before."""
    if extra or facts.process.timers.get(ticket.id):
        return charged(extra) > 0
    return not why_free(ticket)


def _can_wait(state: State) -> bool:
    return any(allowed(state, State.WAITING_APPROVAL, row) for row in ("T17", "T55"))


def _timers(
    ticket: TicketFacts, facts: Facts, extra: Sequence[Book]
) -> tuple[tuple[int, datetime], ...]:
    ended = {(book.agent_id, book.began_at) for book in extra}
    timers = facts.process.timers.get(ticket.id, ())
    return tuple(timer for timer in timers if timer not in ended)


def _running(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book]
) -> tuple[int, bool]:
    """Return the charged minutes of running timers, and whether their work is charged."""
    timers = _timers(ticket, facts, extra)
    minutes = max(0, sum((now - began for _, began in timers), timedelta()) // _MINUTE)
    if not timers:
        return 0, False
    books = entry(ticket, facts, policy, 0, max(1, minutes), EntryType.WORK, "", now, earlier=extra)
    found = charged(books)
    return (found if minutes else 0), found > 0


def _stopped(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book]
) -> tuple[Step, ...]:
    steps: list[Step] = []
    books = list(extra)
    for agent_id, began in _timers(ticket, facts, extra):
        minutes = timer_minutes(began, now)
        booked = entry(
            ticket, facts, policy, agent_id, minutes, EntryType.WORK, "timer", now, began, books
        )
        books += booked
        steps += (Timer(agent_id, None), *booked)
    return tuple(steps)


def timer_minutes(began: datetime, ended: datetime) -> int:
    """Return what a timer books: the nearest whole minute, at least one (section 3.1)."""
    return max(1, round((ended - began) / _MINUTE))


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
    if any(each.is_open and each.about in _COSTS for each in past):
        return (), "already"
    last = next((each for each in reversed(past) if each.about in _COSTS), None)
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


def _at_work(ticket: TicketFacts, facts: Facts, agent: AgentFacts | None) -> tuple[AgentFacts, ...]:
    """Return who is at work on a ticket: who books, whose timer runs, whose it is, or anybody."""
    running = {agent_id for agent_id, _ in facts.process.timers.get(ticket.id, ())}
    found = tuple(each for each in facts.agents if each.id in running or each == agent)
    mine = tuple(each for each in facts.agents if each.id == ticket.assignee_id)
    return found or mine or facts.agents


def _to_staff(
    letter: str,
    agent: AgentFacts,
    ticket: TicketFacts,
    policy: Policy,
    checked: Checked,
    once: str,
    **more: Any,
) -> Tell:
    language = agent.language or policy.language
    limit = checked.limit or 0
    left = max(0, limit - checked.worked)
    total = limit + max(1, policy.step_minutes)
    return Tell(
        letter=letter,
        to=Address(agent.name, agent.address),
        language=language,
        purpose=Purpose.AGENT_NOTE,
        ticket_id=ticket.id,
        person=agent.id,
        once=f"{letter}:{once}:{agent.id}",
        ticket=ticket,
        more={
            "worked": words.span_words(checked.worked, language),
            "limit": words.span_words(limit, language),
            "left": words.span_words(left, language) if left else "",
            "subjects": _ready(tag(policy.code, ticket.id), ticket.title, total, language),
            **more,
        },
    )


def _ready(tag: str, title: str, total: int, language: str) -> tuple[tuple[str, str], ...]:
    """Return the subject that asks the customer for a total, and what it does.

    None for a title so long that mail programs would cut the command off.
    """
    if len(title) > words.TITLE_MAX:
        return ()
    hours, rest = divmod(total, 60)
    span = f"{total}m" if not hours else f"{hours}h{rest:02}" if rest else f"{hours}h"
    german = words.is_german(language)
    order, long = ("#freigabe", "Um Freigabe bitten, insgesamt") if german else (
        "#ask", "Ask for approval of a total of"
    )  # fmt: skip
    return ((f"[{tag}] {title}".rstrip() + f" {order} {span}",
             f"{long} {words.span_words(total, language)}"),)  # fmt: skip
