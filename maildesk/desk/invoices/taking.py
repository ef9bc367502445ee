"""What a document takes along in the transaction that gives it its number.

An invoice takes its tickets from billing to invoiced (T39) and claims them, their entries and the
flat items. A cancellation lets go of all of it and leads the tickets back to billing (T41).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from maildesk.desk.invoices import journal
from maildesk.desk.rows import Changed
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice.basis import basis_of
from maildesk.rules.invoice.journal import What
from maildesk.rules.ticket import State
from maildesk.store import invoices, queries
from maildesk.store.db import rows_met
from maildesk.store.invoice_tables import ClaimRow, InvoiceRow, ItemRow
from maildesk.store.invoices import Claims, InvoiceFacts
from maildesk.store.rows import chunks

# A cancelled invoice's tickets may be paid and closed, or still wait for the money.
BILLED = frozenset({State.INVOICED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Taking:
    """Tickets, and where they go by which transition; what else is written, given the number.

    `elsewhere` are tickets that stay where they are, because they went another way meanwhile.
    """

    tickets: tuple[TicketFacts, ...]
    to: State
    row: str
    trigger: str
    write: Callable[[Session, str], None]
    elsewhere: tuple[TicketFacts, ...] = ()


def for_invoice(session: Session, draft: InvoiceFacts) -> Taking:
    """Return what an invoice takes along. Raises Changed if its tickets are not as drafted."""
    basis = basis_of(draft.basis)
    found = queries.tickets(session, [ticket_id for ticket_id, _ in basis.tickets])
    for ticket_id, version in basis.tickets:
        ticket = found.get(ticket_id)
        if ticket is None or (ticket.version, ticket.state) != (version, State.BILLING):
            raise Changed
    tickets = tuple(found[ticket_id] for ticket_id, _ in sorted(basis.tickets))
    claims = Claims(tuple(ticket.id for ticket in tickets), basis.entries, basis.items)

    def write(session: Session, number: str) -> None:
        _hold_items(session, basis.items)
        _claim(session, draft.id, claims)

    return Taking(tickets, State.INVOICED, "T39", "invoice issued", write)


def for_cancellation(session: Session, draft: InvoiceFacts, actor: str, now: datetime) -> Taking:
    """Return what a cancellation takes back. Raises Changed where it has nothing to cancel."""
    if draft.cancels_id is None:
        raise Changed
    cancelled_id = draft.cancels_id
    held = invoices.claims(session, cancelled_id, live=True).ticket
    found = queries.tickets(session, held)
    back = tuple(found[each] for each in held if found[each].state in BILLED)
    elsewhere = tuple(found[each] for each in held if found[each].state not in BILLED)

    def write(session: Session, number: str) -> None:
        was = update(InvoiceRow).where(
            col(InvoiceRow.id) == cancelled_id, col(InvoiceRow.state).in_(("issued", "paid"))
        )
        if rows_met(session, was.values(state="cancelled")) != 1:
            raise Changed
        held = update(ClaimRow).where(
            col(ClaimRow.invoice_id) == cancelled_id, col(ClaimRow.released_at).is_(None)
        )
        session.execute(held.values(released_at=now))
        detail = {"by": number, "paid": invoices.paid(session, cancelled_id)}
        journal.append(session, now, actor, What.CANCELLED, cancelled_id, detail)

    return Taking(back, State.BILLING, "T41", "invoice cancelled", write, elsewhere)


def _hold_items(session: Session, items: tuple[int, ...]) -> None:
    """Keep others from removing the items until the commit. Raises Changed if one is gone."""
    for chunk in chunks(items):
        there = select(col(ItemRow.id)).where(
            col(ItemRow.id).in_(chunk), col(ItemRow.removed_at).is_(None)
        )
        if len(session.scalars(there.with_for_update()).all()) != len(chunk):
            raise Changed


def _claim(session: Session, invoice_id: int, claims: Claims) -> None:
    rows: list[dict[str, Any]] = [
        {"invoice_id": invoice_id, "what": what, "ref": ref, "released_at": None}
        for what, refs in asdict(claims).items()
        for ref in refs
    ]
    if rows:
        session.connection().execute(insert(ClaimRow), rows)
