"""What the store knows of the invoices that mails are about, or ought to be written about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnClause, Text, cast, exists, func, literal, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from maildesk.rules.invoice_facts import NamedInvoice
from maildesk.rules.money import Money
from maildesk.store.invoice_tables import InvoiceRow, PaymentRow
from maildesk.store.rows import chunks
from maildesk.store.tables import CustomerRow, OutboundRow

_COLUMNS = (
    col(InvoiceRow.id), col(InvoiceRow.number), col(InvoiceRow.state),
    col(InvoiceRow.payable_minor), col(InvoiceRow.currency), col(InvoiceRow.kind),
    col(InvoiceRow.due_on), col(InvoiceRow.customer_id), col(CustomerRow.name),
    col(OutboundRow.rcpt_to),
)  # fmt: skip


def invoices_named(session: Session, ids: Collection[int]) -> dict[int, NamedInvoice]:
    """Return invoices with a number by id. Nothing is asked where none is named."""
    found: dict[int, NamedInvoice] = {}
    for chunk in chunks(ids):
        query = select(*_COLUMNS).join(
            CustomerRow, col(CustomerRow.id) == col(InvoiceRow.customer_id)
        )
        mail = literal("invoice:") + cast(col(InvoiceRow.id), Text)
        query = query.outerjoin(OutboundRow, col(OutboundRow.once_key) == mail)
        query = query.where(col(InvoiceRow.id).in_(chunk), col(InvoiceRow.number).is_not(None))
        for row in session.execute(query):
            found[row.id] = NamedInvoice(
                id=row.id,
                number=row.number,
                state=row.state,
                payable=Money(row.payable_minor, row.currency),
                customer=row.name,
                due_on=row.due_on if row.kind == "invoice" else None,
                customer_id=row.customer_id,
                sent_to=row.rcpt_to or "",
            )
    return found


@dataclass(frozen=True, slots=True)
class Unpaid:
    """An issued invoice that nobody was reminded of; its cover mail went `sent_to` that address."""

    id: int
    due_on: date
    sent_to: str


# Written out: an index over some rows is only used where the condition names them.
_OPEN: ColumnClause[bool] = literal_column("invoice.state = 'issued' AND invoice.state <> 'paid'")


def unpaid(session: Session, due_by: date, many: int) -> list[Unpaid]:
    """Return invoices that were due by a day, oldest first, whose mail arrived as far as we know.

    None of which a reminder was written, and none of which all is paid.
    """
    reminder, mail = aliased(OutboundRow), aliased(OutboundRow)
    id_ = cast(col(InvoiceRow.id), Text)
    came = (
        select(func.coalesce(func.sum(col(PaymentRow.amount_minor)), 0))
        .where(col(PaymentRow.invoice_id) == col(InvoiceRow.id))
        .scalar_subquery()
    )
    query = (
        select(col(InvoiceRow.id), col(InvoiceRow.due_on), col(mail.rcpt_to))
        .join(mail, col(mail.once_key) == literal("invoice:") + id_)
        .where(
            _OPEN,
            col(InvoiceRow.due_on) <= due_by,
            col(InvoiceRow.kind) == "invoice",
            col(InvoiceRow.payable_minor) > came,
            col(mail.state) == "sent",
            col(mail.undeliverable) == "",
            ~exists().where(
                col(reminder.once_key) == literal("payment_reminder:") + id_ + literal(":1")
            ),
        )
        .order_by(col(InvoiceRow.due_on), col(InvoiceRow.id))
        .limit(many)
    )
    return [Unpaid(*row) for row in session.execute(query)]
