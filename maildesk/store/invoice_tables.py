"""The tables of invoices. What is issued is never changed: the database refuses it (triggers).

An invoice is a draft until its number is reserved; from then on only its `state` changes, along
draft -> issuing -> issued -> paid or cancelled. Its lines, documents, payments and the journal
are only ever added to.
"""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from maildesk.store.columns import key, link, long_text, moment


class BillingRow(SQLModel, table=True):
    """How a customer is billed: his address, tax and terms. "" and None: what the desk has.

    `discount` is percent off each line, `total_discount` off the whole, as decimals. `xml_apart`
    sends the XML as a file of its own too. `on_hold`: no run bills him.
    """

    __tablename__ = "customer_billing"
    __table_args__ = (CheckConstraint("round_scope IN ('', 'ticket', 'ticket_day', 'entry')"),)
    customer_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("customer.id"), primary_key=True, autoincrement=False
        )
    )
    name: str = ""
    line2: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    email: str = ""
    number: str = ""
    is_business: bool = True
    vat_id: str = ""
    vat_id_checked_at: datetime | None = moment(nullable=True)
    vat_id_answer: str = long_text()
    leitweg_id: str = ""
    buyer_reference: str = ""
    order_number: str = ""
    xml_apart: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    payment_days: int | None = None
    increment: int | None = None
    round_scope: str = ""
    minimum: int | None = None
    discount: str = "0"
    total_discount: str = "0"
    on_hold: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class ItemRow(SQLModel, table=True):
    """Something at a flat price: goods, a licence, a prepaid block, or (below zero) a deduction.

    With a ticket it is billed with that, else with the customer's next invoice. `is_paid_before`
    makes it a down payment: it is taken off what is to be paid, not off the net.
    """

    __tablename__ = "flat_item"
    id: int | None = key()
    customer_id: int = link("customer.id", index=True)
    ticket_id: int | None = link("ticket.id", nullable=True)
    words: str = long_text()
    quantity: str = "1"
    price: str
    discount: str = "0"
    day: date = Field(sa_column=Column(Date, nullable=False))
    is_paid_before: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    added_at: datetime = moment()
    added_by: str = ""
    removed_at: datetime | None = moment(nullable=True)


class InvoiceRow(SQLModel, table=True):
    """An invoice or a cancellation. `run_key` says which of a customer's it is, once.

    `content` is the canonical JSON of rules.invoice.content; of a draft it is what it would be.
    `basis` says what it was drafted from: versions of tickets, entries, items (canonical JSON).
    `series` and `serial` are its place in its number range. `cancels_id` names the invoice that
    a cancellation cancels.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'cancellation')"),
        CheckConstraint("state IN ('draft', 'issuing', 'issued', 'paid', 'cancelled')"),
        CheckConstraint("(state = 'draft') = (number IS NULL)"),
        UniqueConstraint("series", "serial"),
        Index("invoice_cancels", "cancels_id", unique=True,
              sqlite_where=text("cancels_id IS NOT NULL"),
              postgresql_where=text("cancels_id IS NOT NULL")),
        # Lists of either kind, the newest first.
        Index("invoice_by_day", "issued_on", "id"),
        Index("invoice_of_customer", "customer_id", "issued_on", "id"),
        Index("invoice_of_month", "month", "issued_on", "id"),
        Index("invoice_listed", "state", "kind", "issued_on", "id"),
        Index("invoice_open", "state", "due_on", sqlite_where=text("state <> 'paid'"),
              postgresql_where=text("state <> 'paid'")),
    )  # fmt: skip
    id: int | None = key()
    kind: str = "invoice"
    state: str = "draft"
    run_key: str = Field(unique=True)
    customer_id: int = link("customer.id")
    month: str = ""
    number: str | None = Field(default=None, unique=True)
    series: str | None = None
    serial: int | None = None
    issued_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    due_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    cancels_id: int | None = link("invoice.id", nullable=True)
    currency: str = "EUR"
    gross_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    payable_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    basis: str = long_text()
    made_at: datetime = moment()
    made_by: str = ""


class InvoiceLineRow(SQLModel, table=True):
    """A line of an invoice with a number, as in its content; for questions and for checking."""

    __tablename__ = "invoice_line"
    invoice_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("invoice.id"), primary_key=True, autoincrement=False
        )
    )
    position: int = Field(primary_key=True)
    words: str = long_text()
    detail: str = long_text()
    ticket: str = ""
    quantity: str
    unit: str
    price: str
    price_base: int
    discount_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    net_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    vat_rate: str


class ClaimRow(SQLModel, table=True):
    """A ticket, a time entry or a flat item that is on an invoice; on one at a time.

    A cancellation sets `released_at`, and it can be billed anew.
    """

    __tablename__ = "invoice_claim"
    __table_args__ = (
        CheckConstraint("what IN ('ticket', 'entry', 'item')"),
        Index("invoice_claim_live", "what", "ref", unique=True,
              sqlite_where=text("released_at IS NULL"),
              postgresql_where=text("released_at IS NULL")),
    )  # fmt: skip
    id: int | None = key()
    invoice_id: int = link("invoice.id", index=True)
    what: str
    ref: int = Field(sa_column=Column(BigInteger, nullable=False))
    released_at: datetime | None = moment(nullable=True)


class DocumentRow(SQLModel, table=True):
    """The finished documents of an issued invoice, as they were sent."""

    __tablename__ = "invoice_document"
    invoice_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("invoice.id"), primary_key=True, autoincrement=False
        )
    )
    pdf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    xml: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    frozen_at: datetime = moment()


class PaymentRow(SQLModel, table=True):
    """Money that came for an invoice; below zero where it went back. `once_key` counts it once."""

    __tablename__ = "payment"
    id: int | None = key()
    invoice_id: int = link("invoice.id", index=True)
    amount_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_on: date = Field(sa_column=Column(Date, nullable=False))
    words: str = long_text()
    booked_at: datetime = moment()
    booked_by: str = ""
    once_key: str | None = Field(default=None, unique=True)


class InvoiceEventRow(SQLModel, table=True):
    """The journal of invoices: each line holds the hash of the one before (rules.invoice.journal).

    `position` counts from 1 without a gap; the counter "invoice_event" holds the last one.
    `detail` is canonical JSON.
    """

    __tablename__ = "invoice_event"
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = moment()
    actor: str
    what: str
    invoice_id: int | None = link("invoice.id", nullable=True, index=True)
    detail: str = Field(sa_column=Column(Text, nullable=False))
    before_sha256: str
    sha256: str = Field(unique=True)


class RunRow(SQLModel, table=True):
    """A monthly run; one without `ended_at` was killed, and is gone on with.

    Its summary tells of what the journal has after line `began_after`.
    """

    __tablename__ = "invoice_run"
    key: str = Field(sa_column=Column(Text, primary_key=True))
    month: str
    began_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    began_after: int = Field(sa_column=Column(BigInteger, nullable=False))
    left_out: str = long_text()
