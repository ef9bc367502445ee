"""Questions about the process: requests, work and timers of tickets, and who may approve."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from maildesk.rules.entries import Entry, EntryType, Free
from maildesk.rules.facts import TicketFacts
from maildesk.rules.money import Money
from maildesk.rules.people import ContactFacts
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import About, Request, Verdict
from maildesk.store.contracts import contracts_of
from maildesk.store.merged import counting
from maildesk.store.queries import contact
from maildesk.store.rows import rows_where
from maildesk.store.tables import ContactRow
from maildesk.store.work_tables import RequestRow, TimeRow, TimerRow


def process_facts(
    session: Session, tickets: Iterable[TicketFacts], on: date | None = None, zone: tzinfo = UTC
) -> ProcessFacts:
    """Return requests, work and timers of tickets, and who may approve for their customers.

    For a day `on` of the desk's `zone` also the contracts of the first ticket's customer that run
    then: what is booked now may fall under them.
    """
    wanted = list(tickets)
    ids = {ticket.id for ticket in wanted}
    timers = defaultdict(list)
    for row in rows_where(session, TimerRow, "ticket_id", ids):
        timers[row.ticket_id].append((row.agent_id, row.started_at))
    customers = {ticket.customer_id for ticket in wanted if ticket.customer_id is not None}
    return ProcessFacts(
        requests=requests(session, ids),
        entries=entries(session, ids),
        timers={id_: tuple(found) for id_, found in timers.items()},
        approvers=tuple(p for customer in sorted(customers) for p in approvers(session, customer)),
        contracts=contracts_of(session, wanted[0].customer_id, on, zone)
        if on and wanted and wanted[0].customer_id
        else (),
    )


def requests(session: Session, tickets: Collection[int]) -> dict[int, tuple[Request, ...]]:
    """Return the requests of tickets, of each in the order asked."""
    found: dict[int, list[Request]] = defaultdict(list)
    for row in rows_where(session, RequestRow, "ticket_id", tickets):
        found[row.ticket_id].append(
            Request(
                ticket_id=row.ticket_id,
                number=row.number,
                about=About(row.about),
                asked_at=row.asked_at,
                asked_by=row.asked_by,
                kind=row.kind,
                minutes=row.minutes,
                is_open_limit=row.limit_open,
                amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
                words=row.words,
                url=row.url,
                before=row.before,
                verdict=Verdict(row.verdict),
                decided_at=row.decided_at,
                decided_by=row.decided_by,
                how=row.how,
                deemed=row.deemed,
                reminders=row.reminders,
                remind_at=row.remind_at,
                bounced=row.bounced,
            )
        )
    return {id_: tuple(sorted(each, key=lambda r: r.number)) for id_, each in found.items()}


def entries(session: Session, tickets: Collection[int]) -> dict[int, tuple[Entry, ...]]:
    """Return the time booked on tickets and those merged into them, of each in the order booked."""
    found: dict[int, list[tuple[int, Entry]]] = defaultdict(list)
    counts = counting(session, tickets)
    for row in rows_where(session, TimeRow, "ticket_id", counts):
        for ticket_id in counts[row.ticket_id]:
            found[ticket_id].append((row.id, entry_of(row)))
    return {
        id_: tuple(entry for _, entry in sorted(each, key=lambda pair: pair[0]))
        for id_, each in found.items()
    }


def entry_of(row: Any) -> Entry:
    """Return a row of `time_entry` as a value."""
    return Entry(
        agent_id=row.agent_id,
        minutes=row.minutes,
        ended_at=row.booked_at,
        type=EntryType(row.type),
        free=Free(row.free),
        kind=row.kind,
        factor=Decimal(row.factor),
        began_at=row.began_at,
        contract_id=row.contract_id,
        words=row.words,
        rate_minor=row.rate_minor,
    )


def approvers(session: Session, customer_id: int) -> tuple[ContactFacts, ...]:
    """Return the contacts of a customer who may approve, by id."""
    query = select(ContactRow).where(
        col(ContactRow.customer_id) == customer_id, col(ContactRow.may_approve)
    )
    return tuple(contact(row) for row in session.scalars(query.order_by(col(ContactRow.id))))
