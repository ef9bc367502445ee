"""Everything about one invoice: for its page on the command line, and for whoever checks it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from maildesk.desk.invoices.letters import once_key, reminder_key
from maildesk.desk.invoices.listing import Listed, find, one
from maildesk.desk.lists import LetterLine, letter_line
from maildesk.desk.people import Refused
from maildesk.rules.calendars import Region
from maildesk.rules.invoice.canonical import content_of
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.money import Money
from maildesk.store.db import Database
from maildesk.store.invoice_tables import DocumentRow, InvoiceEventRow, InvoiceRow, PaymentRow
from maildesk.store.tables import OutboundRow


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came, or below zero went back."""

    amount: Money
    paid_on: date
    words: str
    booked_at: datetime
    booked_by: str


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of the journal; `detail` is canonical JSON."""

    position: int
    at: datetime
    actor: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """An invoice with all that is kept of it.

    `cancels` and `cancelled_by` are numbers, or "". `pdf` and `xml` are sizes in octets; 0 until
    the documents are frozen.
    """

    invoice: Listed
    content: InvoiceContent
    run_key: str
    made_at: datetime
    made_by: str
    cancels: str
    cancelled_by: str
    frozen_at: datetime | None
    pdf: int
    xml: int
    payments: tuple[Paid, ...]
    journal: tuple[JournalLine, ...]
    letters: tuple[LetterLine, ...]


def page(
    session: Session, code: str, number: str, region: Region | None, today: date
) -> InvoicePage:
    """Return the page of the invoice with a number. Raises Refused where there is none."""
    row = session.get_one(InvoiceRow, find(session, number)[0])
    id_ = row.id or 0
    sizes = select(
        col(DocumentRow.frozen_at), func.length(col(DocumentRow.pdf)),
        func.length(col(DocumentRow.xml)),
    )  # fmt: skip
    frozen = session.execute(sizes.where(col(DocumentRow.invoice_id) == id_)).one_or_none()
    frozen_at, pdf, xml = frozen or (None, 0, 0)
    return InvoicePage(
        invoice=one(session, id_, region, today),
        content=content_of(row.content),
        run_key=row.run_key,
        made_at=row.made_at,
        made_by=row.made_by,
        cancels=_number(session, row.cancels_id),
        cancelled_by=_cancellation(session, id_),
        frozen_at=frozen_at,
        pdf=pdf,
        xml=xml,
        payments=_payments(session, id_, row.currency),
        journal=_journal(session, id_),
        letters=_letters(session, id_, code),
    )


def documents(db: Database, number: str) -> tuple[str, bytes, bytes]:
    """Return an invoice's number as it is written, its PDF and its XML, as they were frozen.

    Raises Refused for an unknown number, and for one whose documents are not made yet.
    """
    with db.read() as session:
        id_, written = find(session, number)
        row = session.get(DocumentRow, id_)
        if row is None:
            raise Refused(
                f"{written} has no documents yet, it is being issued; `maildesk invoice run`"
                " finishes it"
            )
        return written, row.pdf, row.xml


def _number(session: Session, invoice_id: int | None) -> str:
    row = session.get(InvoiceRow, invoice_id) if invoice_id else None
    return (row.number or "") if row else ""


def _cancellation(session: Session, invoice_id: int) -> str:
    query = select(col(InvoiceRow.number)).where(col(InvoiceRow.cancels_id) == invoice_id)
    return session.scalar(query) or ""


def _payments(session: Session, invoice_id: int, currency: str) -> tuple[Paid, ...]:
    query = select(PaymentRow).where(col(PaymentRow.invoice_id) == invoice_id)
    rows: Sequence[PaymentRow] = session.scalars(query.order_by(col(PaymentRow.id))).all()
    return tuple(
        Paid(Money(row.amount_minor, currency), row.paid_on, row.words, row.booked_at,
             row.booked_by)
        for row in rows
    )  # fmt: skip


def _journal(session: Session, invoice_id: int) -> tuple[JournalLine, ...]:
    query = select(InvoiceEventRow).where(col(InvoiceEventRow.invoice_id) == invoice_id)
    return tuple(
        JournalLine(row.position, row.at, row.actor, row.what, row.detail)
        for row in session.scalars(query.order_by(col(InvoiceEventRow.position)))
    )


def _letters(session: Session, invoice_id: int, code: str) -> tuple[LetterLine, ...]:
    """Return the invoice's letters: the one it went out with, then a reminder."""
    keys = (once_key(invoice_id), reminder_key(invoice_id))
    query = (
        select(OutboundRow)
        .options(defer(OutboundRow.raw))  # type: ignore[arg-type] # SQLModel hides the column
        .where(col(OutboundRow.once_key).in_(keys))
        .order_by(col(OutboundRow.id))
    )
    return tuple(letter_line(row, code) for row in session.scalars(query))
