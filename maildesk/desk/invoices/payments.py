"""Payments are booked by hand: what came for an invoice, and what went back.

When all of it has come the invoice is paid, and its tickets are closed (T42), in the same
transaction; the journal has a line for each payment.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from maildesk.desk.act import TRIES
from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.invoices import journal
from maildesk.desk.invoices.settled import closing, is_settled, waiting
from maildesk.desk.invoices.written import payment_detail
from maildesk.desk.people import Refused, one_line
from maildesk.desk.rows import Acted, Changed, Written
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice.journal import What
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.store import invoices
from maildesk.store.invoice_tables import InvoiceRow, PaymentRow
from maildesk.store.invoices import InvoiceFacts

_BEFORE = timedelta(days=366)  # money may come before its invoice, but not for years


@dataclass(frozen=True, slots=True)
class Paid:
    """What became of a payment: all that was paid, what is `left` to pay, the invoice's state.

    `left` is below zero where too much was paid. `closed` are the tags of the tickets that were
    closed by it. `is_new` is False where the very payment was booked before: nothing was done
    then. `reopened`: the invoice had been paid and is open again; its tickets stay closed.
    """

    number: str
    total: Money
    left: Money
    state: str
    closed: tuple[str, ...] = ()
    is_new: bool = True
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """An invoice as it was looked at: what was paid so far, its tickets that wait for it."""

    invoice: InvoiceFacts
    paid: int
    tickets: tuple[TicketFacts, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class _Payment:
    amount: int
    on: date
    words: str
    actor: str
    once: str | None


def pay(
    desk: Desk,
    number: str,
    amount: Money,
    on: date,
    words: str,
    actor: str,
    now: datetime,
    once: str | None = None,
    allow_over: bool = False,
) -> Paid:
    """Book a payment that came on a day, below zero what went back, and return what it made.

    `once` is its key: under one key only one payment is booked. Raises Refused, in words, for an
    unknown invoice, one that cannot be paid, a sum of nothing or of another currency, a day that
    is still to come or more than a year before the invoice, more than is open (unless
    `allow_over`), and more back than came.
    """
    if on > now.astimezone(desk.policy.calendar.timezone).date():
        raise Refused(f"{on} is still to come; say the day on which the money came")
    payment = _Payment(amount.minor, on, one_line("note", words), actor, once)
    for attempt in range(1, TRIES + 1):
        with desk.db.read() as session:
            found = _look(session, number, once)
        if found.known:
            return _result(desk, found, found.paid, found.invoice.state, is_new=False)
        _check(found, amount, allow_over)
        _check_day(found.invoice, on)
        try:
            return _book(desk, found, payment, now)
        except (Changed, IntegrityError):
            if attempt == TRIES:
                raise
    raise Changed


def _look(session: Session, number: str, once: str | None) -> _Found:
    found = invoices.numbered(session, number)
    if found is None:
        raise Refused(f"there is no invoice {number}; nothing was booked")
    known = False
    if once is not None:
        same = select(col(PaymentRow.invoice_id)).where(col(PaymentRow.once_key) == once)
        other = session.scalar(same)
        if other is not None and other != found.id:
            raise Refused(f"the key {once!r} was used for another invoice; nothing was booked")
        known = other is not None
    paid = invoices.paid(session, found.id)
    return _Found(found, paid, waiting(session, found.id), known)


def _check(found: _Found, amount: Money, allow_over: bool) -> None:
    """Raise Refused unless the sum can be booked on the invoice."""
    invoice, number = found.invoice, found.invoice.number
    if invoice.kind != "invoice":
        raise Refused(f"{number} is a cancellation; book what goes back on the invoice it cancels")
    if invoice.state not in ("issued", "paid", "cancelled"):
        raise Refused(f"{number} has no documents yet; finish it with `maildesk invoice run` first")
    if amount.currency != invoice.currency:
        raise Refused(f"{number} is in {invoice.currency}, not in {amount.currency}")
    if amount.minor == 0:
        raise Refused("a payment of nothing cannot be booked")
    if invoice.state == "cancelled" and amount.minor > 0:
        raise Refused(f"{number} is cancelled; only what goes back can be booked on it")
    came = Money(found.paid, invoice.currency).words("en")
    if found.paid + amount.minor < 0:
        raise Refused(f"only {came} came for {number}; more cannot go back")
    open_ = Money(invoice.payable_minor - found.paid, invoice.currency)
    if amount.minor > max(open_.minor, 0) and not allow_over:
        left = f"only {open_.words('en')} is open" if open_.minor > 0 else "nothing is open"
        raise Refused(
            f"{left} on {number}, and {amount.words('en')} is more; nothing was booked. If all of"
            " it came for this invoice, allow the overpayment (`--over`)"
        )


def _check_day(invoice: InvoiceFacts, on: date) -> None:
    """Raise Refused for a day so long before the invoice that its year is mistyped."""
    if invoice.issued_on and on < invoice.issued_on - _BEFORE:
        raise Refused(
            f"{on} is more than a year before {invoice.number} of {invoice.issued_on}; nothing was"
            " booked. Say the day on which the money came"
        )


def _state_after(invoice: InvoiceFacts, paid: int) -> str:
    if invoice.state == "cancelled":
        return "cancelled"
    is_paid = is_settled(invoice.kind, invoice.payable_minor, paid)
    return "paid" if is_paid else "issued"


def _book(desk: Desk, found: _Found, payment: _Payment, now: datetime) -> Paid:
    paid = found.paid + payment.amount
    state = _state_after(found.invoice, paid)
    closes = found.tickets if state == "paid" else ()
    facts, plan = closing(closes)

    def write(session: Session) -> None:
        _write(session, found, payment, state, now)

    apply(desk.db, [Acted(payment.actor, facts, plan, Written(), also=(write,))], now)
    return _result(desk, found, paid, state, closes)


def _write(session: Session, found: _Found, payment: _Payment, state: str, now: datetime) -> None:
    """Write the payment, if the invoice is still as it was looked at; else raise Changed."""
    was = found.invoice
    lock = select(col(InvoiceRow.state)).where(col(InvoiceRow.id) == was.id).with_for_update()
    if session.scalar(lock) != was.state or invoices.paid(session, was.id) != found.paid:
        raise Changed
    session.execute(
        insert(PaymentRow).values(
            invoice_id=was.id,
            amount_minor=payment.amount,
            paid_on=payment.on,
            words=payment.words,
            booked_at=now,
            booked_by=payment.actor,
            once_key=payment.once,
        )
    )
    if state != was.state:
        session.execute(update(InvoiceRow).where(col(InvoiceRow.id) == was.id).values(state=state))
    detail = payment_detail(payment.amount, payment.on, payment.words, payment.once)
    journal.append(session, now, payment.actor, What.PAYMENT, was.id, detail)


def _result(
    desk: Desk,
    found: _Found,
    paid: int,
    state: str,
    closed: tuple[TicketFacts, ...] = (),
    is_new: bool = True,
) -> Paid:
    invoice = found.invoice
    wanted = 0 if state == "cancelled" else invoice.payable_minor
    return Paid(
        number=invoice.number or "",
        total=Money(paid, invoice.currency),
        left=Money(wanted - paid, invoice.currency),
        state=state,
        closed=tuple(tag(desk.policy.code, ticket.id) for ticket in closed),
        is_new=is_new,
        reopened=invoice.state == "paid" and state == "issued",
    )
