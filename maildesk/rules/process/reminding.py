"""Reminders of what a customer has not answered, and what is proposed when he never does.

PROCESS.md section 1.2 (T50, T15, T22): at most two reminders, in working days; then the desk
proposes to an agent how the ticket ends, and the agent confirms. The desk ends none itself.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import letters as words
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.hours import next_opening
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Change, Note, Plan, Remind, Tell, Touch
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import deciders
from maildesk.rules.process.request_words import day_words, figures_of, working_day_after
from maildesk.rules.requests import About, Request
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State, is_closed

More = Callable[[str], dict[str, Any]]  # the values of a letter in a language
_RESTING = (State.WAITING_CUSTOMER, State.WAITING_APPROVAL)
QUESTION = "question"  # what a ticket waits for that waits for no decision
GOES_ON = "goes_on"  # a request is open, but the ticket goes on without it


def due_next(start: datetime, sent: int, last: datetime | None, policy: Policy) -> datetime:
    """Return when the next reminder of a wait is due, or after the last one the proposal.

    `sent` went out since the wait began at `start`, the last one at `last`. Each keeps its
    distance to the one before, also where that one came late.
    """
    marks, sent = _marks(policy), min(sent, len(policy.reminder_days))
    since = start if sent == 0 or last is None else last
    return working_day_after(since, marks[sent + 1] - marks[sent], policy.calendar)


def remind_of_wait(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    now: datetime,
    start: datetime | None,
    sent: int,
    last: datetime | None,
    unreachable: Collection[str] = (),
) -> Plan:
    """Return what is due for a ticket that waits for an answer without a date to wake."""
    if start is None or ticket.wake_at is not None:
        return () if ticket.alert_at is None else _look(ticket, None)
    moment = due_next(start, sent, last, policy)
    if moment > now:
        return () if ticket.alert_at == moment else _look(ticket, moment)
    if not _is_open(now, policy):
        return ()
    once = f"wait:{ticket.id}:{start:%Y%m%d%H%M%S}"
    to = _answering(ticket)
    inside = policy.own | {agent.address.lower() for agent in facts.agents}
    if not to.address or to.address.lower() in {*unreachable, *inside}:
        told = give_up(ticket, facts, policy, once, "unreachable", start)
        return (*_look(ticket, None), *told)
    if sent >= len(policy.reminder_days):
        told = give_up(ticket, facts, policy, once, QUESTION, start, sent)
        return (*_look(ticket, None), Note(ticket.id, "no answer", f"{sent} reminders"), *told)
    letter = _reminder(ticket, facts, policy, to, ticket.language, start, f"{once}:{sent + 1}")
    number = ticket.number_of(to.address) or 1
    return (
        *_look(ticket, due_next(start, sent + 1, now, policy)),
        Note(ticket.id, "reminder", f"{sent + 1}: {to.address}"),
        replace(letter, purpose=Purpose.CUSTOMER, person=number),
    )


def remind(
    request: Request,
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    now: datetime,
    unreachable: Collection[str] = (),
) -> Plan:
    """Return what is due for an open request: a reminder to those who may decide, or the proposal.

    A request that came back or that nobody can be asked is told to staff instead. Somebody whom
    nobody knows is not written to again because of a mail that may not have been his.
    """
    if not request.is_open or request.remind_at is None or request.remind_at > now:
        return ()
    if is_closed(ticket.state):
        return (Touch(ticket.id), _next(request, request.reminders, None))
    if not _is_open(now, policy):
        return ()
    sent, asked, once = request.reminders, request.asked_at, f"request:{request.name}"
    people = [each for each in deciders(ticket, facts, request)
              if each[0].address.lower() not in unreachable]  # fmt: skip
    if request.bounced or not people:
        told = give_up(ticket, facts, policy, once, "unreachable", asked, request=request)
        return (Touch(ticket.id), _next(request, sent, None), *told)
    end = working_day_after(asked, _marks(policy)[-1], policy.calendar)
    if _is_strangers(request, ticket) and now < end:
        return (Touch(ticket.id), _next(request, sent, end))
    if sent < len(policy.reminder_days) and not _is_strangers(request, ticket):
        return (
            Touch(ticket.id),
            _next(request, sent + 1, due_next(asked, sent + 1, now, policy)),
            Note(ticket.id, "reminder", f"{sent + 1} of {request.name}"),
            *_of_request(request, ticket, facts, policy, people),
        )
    ends = ticket.state in _RESTING or request.about is About.ACCEPTANCE
    why = request.about.value if ends else GOES_ON
    told = give_up(ticket, facts, policy, once, why, asked, sent, request)
    noted = Note(ticket.id, "no answer", f"{request.name}, {sent} reminders")
    return (Touch(ticket.id), _next(request, sent, None), noted, *told)


def give_up(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    once: str,
    why: str,
    since: datetime,
    reminders: int = 0,
    request: Request | None = None,
) -> tuple[Tell, ...]:
    """Return what staff are told where the desk can do no more, with the subject that ends it.

    `why` is QUESTION, GOES_ON, a word of requests.About, "unreachable" (nobody got the question) or
    "undecided" (unapproved minutes of a resolved ticket).
    """

    def more(language: str) -> dict[str, Any]:
        return {
            "why": why,
            "since": day_words(since, policy.calendar, language),
            "reminders": reminders,
            "request": request.name if request else "",
            "subjects": ready(ticket, policy, _proposals(why, language)),
        }

    return tell_staff("staff_give_up", ticket, facts, policy, f"give_up:{why}:{once}", more)


def tell_staff(
    letter: str,
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    once: str,
    more: More = lambda _: {},
    purpose: Purpose = Purpose.AGENT_NOTE,
    agents: tuple[AgentFacts, ...] = (),
) -> tuple[Tell, ...]:
    """Return a letter to the assignee or, where there is none, to every agent; each once."""
    his = tuple(agent for agent in facts.agents if agent.id == ticket.assignee_id)
    return tuple(
        Tell(
            letter=letter,
            to=Address(agent.name, agent.address),
            language=agent.language or policy.language,
            purpose=purpose,
            ticket_id=ticket.id,
            person=agent.id,
            once=f"{once}:{agent.id}",
            ticket=ticket,
            more=more(agent.language or policy.language),
        )
        for agent in agents or his or facts.agents
        if agent.address.lower() not in policy.own
    )


def ready(
    ticket: TicketFacts, policy: Policy, orders: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return subjects to send with what each does; none for a title that would be cut."""
    if len(ticket.title) > words.TITLE_MAX:
        return ()
    subject = f"[{tag(policy.code, ticket.id)}] {ticket.title}".rstrip()
    return tuple((f"{subject} {order}", does) for order, does in orders)


def _proposals(why: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return the commands that end what nobody answers. What was delivered, a person accepts."""
    german = words.is_german(language)
    close = ("#zu", "Ticket abschließen") if german else ("#close", "Close the ticket")
    cancel = ("#storno", "Ticket stornieren") if german else ("#cancel", "Cancel the ticket")
    return {
        QUESTION: (close,),
        About.ORDER.value: (cancel,),
        About.QUOTE.value: (cancel,),
        About.OVERRUN.value: (cancel,),
    }.get(why, ())


def _reminder(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    to: Address,
    language: str,
    since: datetime,
    once: str,
    figures: object = None,
) -> Tell:
    language = language or policy.language
    return Tell(
        letter="waiting_reminder",
        to=to,
        language=language,
        purpose=Purpose.CUSTOMER,
        ticket_id=ticket.id,
        person=0,
        once=once,
        thread=facts.staff.threads.get(ticket.id, ()),
        more={
            "request": figures,
            "since": day_words(since, policy.calendar, language),
            "waits": ticket.state in _RESTING,
        },
    )


def _marks(policy: Policy) -> tuple[int, ...]:
    """Return the working days of the start, of each reminder, and of the proposal after them."""
    days = policy.reminder_days
    return (0, *days, max(policy.give_up_days, (days[-1] if days else 0) + 1))


def _of_request(
    request: Request,
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    people: Sequence[tuple[Address, str, int]],
) -> tuple[Tell, ...]:
    """Return a request's reminders: the same reply address, and a page, as its letters have."""
    entries = facts.process.entries.get(ticket.id, ())
    made = []
    for to, language, number in people:
        figures = figures_of(request, ticket, entries, facts.customer, policy, language)
        once = f"reminder:{request.name}:{request.reminders + 1}:{to.address.lower()}"
        tell = _reminder(ticket, facts, policy, to, language, request.asked_at, once, figures)
        made.append(
            replace(tell, purpose=Purpose.REQUEST, person=number, request=request.name, link=True)
        )
    return tuple(made)


def _answering(ticket: TicketFacts) -> Address:
    """Return who is reminded of an open question: the requester, while he takes part."""
    if ticket.number_of(ticket.requester.address) or not ticket.participants:
        return ticket.requester
    return Address("", ticket.participants[0][0])


def _is_strangers(request: Request, ticket: TicketFacts) -> bool:
    offered = request.about is About.ORDER and request.asked_by is None
    return offered and ticket.customer_id is None


def _next(request: Request, sent: int, at: datetime | None) -> Remind:
    return Remind(request.ticket_id, request.number, sent, at)


def _look(ticket: TicketFacts, at: datetime | None) -> Plan:
    return (Touch(ticket.id), Change(ticket.id, {"alert_at": at}, ""))


def _is_open(now: datetime, policy: Policy) -> bool:
    return next_opening(now, policy.calendar) == now
