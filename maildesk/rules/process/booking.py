"""What time that is booked on a ticket is: its kind, its price, and whether it is free.

PROCESS.md section 3.1: an entry keeps the kind and the factor that the ticket has when it is
booked, so that a later change reprices nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from maildesk.rules import contract as contracts
from maildesk.rules.contract import Balance, Contract
from maildesk.rules.entries import Entry, EntryType, Free
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Book, OpenTicket
from maildesk.rules.policy import Policy
from maildesk.rules.process.request_words import rate_of
from maildesk.rules.ticket import State


def entry(
    ticket: TicketFacts | OpenTicket,
    facts: Facts,
    policy: Policy,
    agent: int,
    minutes: int,
    type: EntryType,
    words: str,
    now: datetime,
    began_at: datetime | None = None,
    earlier: Sequence[Book] = (),
) -> tuple[Book, ...]:
    """Return the time of an agent as it is booked: one entry, or two where a contract runs out.

    The ticket counts as it is handed in: the caller moves it before or after. `minutes` are above
    zero; `earlier` was booked in the same plan and has used up what it took of a contract. What a
    contract has not left is charged, in an entry of its own. Time beyond the approved limit is
    booked as any other: that it is not approved follows from limit and entries.
    """
    kind = next((each for each in policy.kinds if each.name == ticket.kind), policy.kinds[0])
    id_ = ticket.ticket_id if isinstance(ticket, OpenTicket) else ticket.id
    free = why_free(ticket, type)
    presales = free is Free.PRESALES and type is EntryType.WORK
    book = Book(
        ticket_id=id_,
        agent_id=agent,
        minutes=minutes,
        words=words,
        type=EntryType.PRESALES if presales else type,
        kind=ticket.kind,
        factor=kind.factor,
        rate_minor=rate_of(facts.customer, policy).minor,
        free=free,
        began_at=began_at,
    )
    if free:
        return (book,)
    found = _contract(ticket, facts, policy, now)
    if found is None:
        return (replace(book, free=Free.CONTRACT),) if _category(ticket) == "contract" else (book,)
    agreed, balance = found
    weight = contracts.weight(agreed, kind.factor)
    left = _left(agreed, balance, weight, earlier)
    covered, charged = contracts.split(minutes, left, weight)
    parts = (
        replace(book, minutes=covered, free=Free.CONTRACT, contract_id=agreed.id),
        replace(book, minutes=charged),
    )
    return tuple(part for part in parts if part.minutes)


def why_free(ticket: TicketFacts | OpenTicket, type: EntryType = EntryType.WORK) -> Free:
    """Return why time on a ticket is free, whatever its customer's contract covers; or CHARGED."""
    category = _category(ticket)
    if category == "presales":
        return Free.PRESALES
    if category == "rework" or ticket.state is State.REWORK:
        return Free.REWORK
    if type is EntryType.ESTIMATE:
        return Free.ESTIMATE
    if isinstance(ticket, TicketFacts) and ticket.free:
        return Free.GOODWILL
    return Free.CHARGED


def charged(books: Sequence[Book]) -> int:
    """Return the minutes of entries that count towards the approved limit."""
    return sum(book.minutes for book in books if not book.free)


def with_booked(facts: Facts, ticket_id: int, books: Sequence[Book], now: datetime) -> Facts:
    """Return the facts as they will be when these entries of a ticket are booked."""
    entries = tuple(
        Entry(
            agent_id=book.agent_id,
            minutes=book.minutes,
            ended_at=now,
            type=book.type,
            free=Free(book.free),
            kind=book.kind,
            factor=book.factor,
            began_at=book.began_at,
            contract_id=book.contract_id,
            words=book.words,
            rate_minor=book.rate_minor,
        )
        for book in books
        if book.ticket_id == ticket_id
    )
    known = facts.process.entries
    all_of_it = {**known, ticket_id: (*known.get(ticket_id, ()), *entries)}
    return replace(facts, process=replace(facts.process, entries=all_of_it))


def _category(ticket: TicketFacts | OpenTicket) -> str:
    if isinstance(ticket, OpenTicket):
        return "presales" if ticket.presales else ""
    return ticket.category


def _contract(
    ticket: TicketFacts | OpenTicket, facts: Facts, policy: Policy, now: datetime
) -> tuple[Contract, Balance] | None:
    """Return the contract that work now falls under; #contract says so whatever it covers."""
    on, agreed = now.astimezone(policy.calendar.timezone).date(), facts.process.contracts
    category = _category(ticket)
    if found := contracts.proposed(agreed, category, on):
        return found
    if category != "contract":
        return None
    running = [each for each in agreed if each[0].runs(on)]
    return min(running, key=lambda each: contracts.order(each[0]), default=None)


def _left(
    agreed: Contract, balance: Balance, weight: Decimal, earlier: Sequence[Book]
) -> int | None:
    if balance.minutes_left is None:
        return None
    mine = sum(book.minutes for book in earlier if book.contract_id == agreed.id)
    return max(0, int(balance.minutes_left - mine * weight))
