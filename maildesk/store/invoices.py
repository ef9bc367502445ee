"""Questions about invoices."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from maildesk.store.invoice_tables import ClaimRow, InvoiceRow, PaymentRow
from maildesk.store.rows import chunks

CLAIMABLE = ("ticket", "entry", "item")


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice as it stands: the columns of InvoiceRow, by their names there."""

    id: int
    kind: str
    state: str
    run_key: str
    customer_id: int
    month: str
    number: str | None
    series: str | None
    serial: int | None
    issued_on: date | None
    due_on: date | None
    cancels_id: int | None
    currency: str
    gross_minor: int
    payable_minor: int
    content: bytes
    basis: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Claims:
    """The ids of what is on an invoice, sorted: tickets, time entries, flat items."""

    ticket: tuple[int, ...] = ()
    entry: tuple[int, ...] = ()
    item: tuple[int, ...] = ()


_TABLE = SQLModel.metadata.tables[str(InvoiceRow.__tablename__)]
INVOICE = select(*(_TABLE.c[each.name] for each in fields(InvoiceFacts)))


def invoice(session: Session, invoice_id: int) -> InvoiceFacts:
    """Return an invoice by its id. Raises LookupError where there is none."""
    found = _one(session, _TABLE.c.id == invoice_id)
    if found is None:
        raise LookupError(f"there is no invoice with the id {invoice_id}")
    return found


def numbered(session: Session, number: str) -> InvoiceFacts | None:
    """Return the invoice or cancellation with a number, None if there is none."""
    return _one(session, _TABLE.c.number == number)


def of_run(session: Session, run_key: str) -> InvoiceFacts | None:
    """Return what a run key has made so far, None for nothing."""
    return _one(session, _TABLE.c.run_key == run_key)


def id_of_run(session: Session, run_key: str) -> int:
    """Return the id of what a run key has made. Raises NoResultFound where it made nothing."""
    query = select(col(InvoiceRow.id)).where(col(InvoiceRow.run_key) == run_key)
    return int(session.execute(query).scalar_one())


def cancellation_of(session: Session, invoice_id: int) -> InvoiceFacts | None:
    """Return the cancellation of an invoice, at whatever stage it is, or None."""
    return _one(session, _TABLE.c.cancels_id == invoice_id)


def unfinished(session: Session) -> tuple[int, ...]:
    """Return the ids of those that have a number and no documents yet, oldest number first."""
    query = select(col(InvoiceRow.id)).where(col(InvoiceRow.state) == "issuing")
    order = query.order_by(
        col(InvoiceRow.issued_on), col(InvoiceRow.series), col(InvoiceRow.serial)
    )
    return tuple(session.scalars(order))


def last_issued_on(session: Session, kind: str) -> date | None:
    """Return the latest issue date of a kind, None while there is none with a number."""
    query = select(func.max(col(InvoiceRow.issued_on))).where(col(InvoiceRow.kind) == kind)
    return session.scalar(query)


def run_of(session: Session, month: str, customer_id: int) -> tuple[str, str]:
    """Return the run key under which a customer is billed for a month ("2026-10").

    And the state of what was made under it, "" for nothing.

    It is always the same, so that a run that is started again makes no second invoice; only
    after a cancellation it is the next one, for what is billed anew.
    """
    base = f"{month}:{customer_id}"
    query = select(col(InvoiceRow.run_key), col(InvoiceRow.state)).where(
        col(InvoiceRow.customer_id) == customer_id,
        col(InvoiceRow.month) == month,
        col(InvoiceRow.kind) == "invoice",
    )
    states = {row.run_key: row.state for row in session.execute(query)}
    key, number = base, 1
    while states.get(key) == "cancelled":
        number += 1
        key = f"{base}:{number}"
    return key, states.get(key, "")


def paid(session: Session, invoice_id: int) -> int:
    """Return what was paid for an invoice so far, in minor units."""
    query = select(func.coalesce(func.sum(col(PaymentRow.amount_minor)), 0))
    return int(session.scalar(query.where(col(PaymentRow.invoice_id) == invoice_id)) or 0)


def claims(session: Session, invoice_id: int, live: bool = False) -> Claims:
    """Return what an invoice bills; with `live` only what it still holds."""
    query = select(col(ClaimRow.what), col(ClaimRow.ref)).where(
        col(ClaimRow.invoice_id) == invoice_id
    )
    if live:
        query = query.where(col(ClaimRow.released_at).is_(None))
    return claims_of((row.what, row.ref) for row in session.execute(query))


def claims_of(rows: Iterable[tuple[str, int]]) -> Claims:
    """Return (what, id) pairs as claims."""
    found: dict[str, list[int]] = {what: [] for what in CLAIMABLE}
    for what, ref in rows:
        found[what].append(ref)
    return Claims(**{what: tuple(sorted(refs)) for what, refs in found.items()})


def holders(session: Session, what: str, refs: Collection[int]) -> dict[int, str]:
    """Return the number of the invoice that each of some tickets, entries or items is on."""
    found: dict[int, str] = {}
    for chunk in chunks(refs):
        query = (
            select(col(ClaimRow.ref), col(InvoiceRow.number))
            .join(InvoiceRow, col(InvoiceRow.id) == col(ClaimRow.invoice_id))
            .where(
                col(ClaimRow.what) == what,
                col(ClaimRow.ref).in_(chunk),
                col(ClaimRow.released_at).is_(None),
            )
        )
        found.update((ref, number or "") for ref, number in session.execute(query))
    return found


def facts_of(row: Sequence[Any]) -> InvoiceFacts:
    """Return a row of INVOICE as a value."""
    return InvoiceFacts(*row)


def _one(session: Session, condition: Any) -> InvoiceFacts | None:
    row = session.execute(INVOICE.where(condition)).one_or_none()
    return facts_of(row) if row is not None else None
