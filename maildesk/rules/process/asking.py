"""Asking a customer: the request and the letters that carry it, to those who may decide.

The caller leads the ticket to the state in which it waits; here nothing moves it.
"""

from collections.abc import Sequence
from datetime import datetime

from maildesk.mail.message import Address
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Ask, OpenTicket, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.request_words import figures_of, working_day_after
from maildesk.rules.requests import About, Request
from maildesk.rules.signed import Purpose

LETTERS = {
    About.ORDER: "quick_offer",
    About.OVERRUN: "approval_request",
    About.QUOTE: "approval_request",
    About.ACCEPTANCE: "acceptance_request",
}
REQUESTER = 0  # the number of the ticket's requester in the reply address of a request


class NobodyToAskError(Exception):
    """No contact of the customer may decide this."""


def next_number(facts: Facts, ticket_id: int) -> int:
    """Return the number of the next request of a ticket."""
    return max((each.number for each in facts.process.requests.get(ticket_id, ())), default=0) + 1


def open_request(facts: Facts, ticket_id: int) -> Request | None:
    """Return the request of a ticket that waits for a decision, if there is one."""
    return next((r for r in facts.process.requests.get(ticket_id, ()) if r.is_open), None)


def deciders(
    ticket: TicketFacts | OpenTicket, facts: Facts, request: Request
) -> tuple[tuple[Address, str, int], ...]:
    """Return who may decide a request: (address, language, number in its reply address).

    Where the customer is known, his contacts who may approve such a sum (PROCESS.md 1.3): the
    requester alone if he is one of them. Where nobody is known, the requester for himself. Of
    what was delivered the requester is told too, who knows best whether it works.
    """
    requester = (ticket.requester, ticket.language, REQUESTER)
    if ticket.customer_id is None:
        return (requester,)
    able = [
        contact
        for contact in facts.process.approvers
        if contact.customer_id == ticket.customer_id
        and (contact.approve_up_to is None or not request.is_above(contact.approve_up_to))
    ]
    his = ticket.requester.address.lower()
    mine = [contact for contact in able if contact.address.lower() == his]
    found = [
        (Address(each.name, each.address), each.language or ticket.language, each.id)
        for each in mine or able
    ]
    if request.about is About.ACCEPTANCE and not mine:
        found.append(requester)
    return tuple(found)


def may_decide(address: str, ticket: TicketFacts, facts: Facts, request: Request) -> bool:
    """Tell whether the person at an address may decide a request."""
    return any(
        to.address.lower() == address.lower() and not _only_told(number, ticket, request)
        for to, _, number in deciders(ticket, facts, request)
    )


def _only_told(number: int, ticket: TicketFacts, request: Request) -> bool:
    asked_too = request.about is About.ACCEPTANCE and ticket.customer_id is not None
    return number == REQUESTER and asked_too


def ask(
    ticket: TicketFacts | OpenTicket,
    facts: Facts,
    policy: Policy,
    request: Request,
    *,
    letter: str = "",
    thread: Sequence[str] = (),
    sender: str = "",
    delay: int = 0,
    auto: str = "auto-generated",
    threaded: bool = False,
    counted: bool = False,
) -> tuple[Step, ...]:
    """Return the request and its letters. Raises NobodyToAskError."""
    ticket_id = ticket.ticket_id if isinstance(ticket, OpenTicket) else ticket.id
    entries = facts.process.entries.get(ticket_id, ())
    tells = tuple(
        Tell(
            letter=letter or LETTERS[request.about],
            to=to,
            language=language,
            purpose=Purpose.REQUEST,
            ticket_id=ticket_id,
            person=number,
            once=f"request:{request.name}:{to.address.lower()}",
            auto=auto,
            counted=counted,
            threaded=threaded,
            thread=tuple(thread),
            sender=sender,
            delay=delay,
            request=request.name,
            link=True,
            more={
                "request": figures_of(request, ticket, entries, facts.customer, policy, language),
                "agent": sender,
            },
        )
        for to, language, number in deciders(ticket, facts, request)
    )
    if not tells:
        raise NobodyToAskError
    return (Ask(request), *tells)


def first_reminder(asked_at: datetime, policy: Policy) -> datetime | None:
    """Return when a request is reminded of first, None where it never is."""
    if not policy.reminder_days:
        return None
    return working_day_after(asked_at, policy.reminder_days[0], policy.calendar)
