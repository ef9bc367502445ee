"""Invoices as lists and pages show them: how far each has come, and what is still to be paid."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlmodel import Session, col

from maildesk.desk.invoices.letters import once_key
from maildesk.desk.people import Refused
from maildesk.rules.calendars import Region
from maildesk.rules.invoice.journal import What
from maildesk.rules.money import Money
from maildesk.rules.payment import last_day_to_pay
from maildesk.store.invoice_tables import InvoiceEventRow, InvoiceRow, PaymentRow
from maildesk.store.tables import CustomerRow, OutboundRow

CHUNK = 500  # of ids in one question
NUMBERED = frozenset({"issuing", "issued", "paid", "cancelled"})
# As the partial index `invoice_open` has it: with a parameter no index would be found.
NOT_PAID: ColumnElement[bool] = literal_column("invoice.state <> 'paid'")


class Standing(StrEnum):
    """How far an invoice has come. Two of them are read from its letter: sent, undeliverable."""

    DRAFT = "draft"
    ISSUING = "issuing"  # it has its number; `maildesk invoice run` finishes it
    ISSUED = "issued"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"  # the letter failed, or came back
    REMINDED = "reminded"
    PARTLY_PAID = "partly paid"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice, or a cancellation (then its sums are below zero and nothing is open).

    A draft has the number "" and no days. `open` is what is still to be paid; below zero what is
    to go back, as too much came or it was paid and then cancelled. `month` is the one that it is
    for, such as "2026-10".
    """

    id: int
    number: str
    kind: str
    issued_on: date | None
    customer_id: int
    customer: str
    month: str
    gross: Money
    state: Standing
    due_on: date | None
    open: Money
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices are asked for; empty and False ask for all.

    `states` are as stored, `kind` is "invoice" or "cancellation". `after` is the date and id of an
    invoice in the list: only those behind it are asked for.
    """

    open: bool = False
    overdue: bool = False
    customer_id: int | None = None
    month: str = ""
    states: tuple[str, ...] = ()
    kind: str = ""
    after: tuple[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many invoices there are of a currency, their gross sum and what is to be paid of it."""

    count: int
    gross: Money
    open: Money


def listed(
    session: Session, wanted: Wanted, region: Region | None, today: date, limit: int
) -> tuple[list[Listed], int]:
    """Return the invoices that are wanted, the newest first, and how many there are without limit.

    Drafts come before all others.
    """
    if wanted.overdue:
        late = overdue(session, wanted, region, today)
        return late[:limit], len(late)
    where = _where(wanted, today)
    total = session.execute(select(func.count()).select_from(InvoiceRow).where(*where))
    return page(session, wanted, region, today, limit), total.scalar_one()


def page(
    session: Session, wanted: Wanted, region: Region | None, today: date, limit: int
) -> list[Listed]:
    """Return what `listed` does, without counting all of them; nothing that is `overdue`."""
    return _values(session, _newest(wanted, today).limit(limit), region, today)


def overdue(session: Session, wanted: Wanted, region: Region | None, today: date) -> list[Listed]:
    """Return all that are overdue of what is wanted, the newest first.

    The day that counts is moved over days off (§ 193 BGB): no SQL knows it.
    """
    late = _values(session, _newest(wanted, today), region, today)
    return [each for each in late if each.is_overdue]


def _newest(wanted: Wanted, today: date) -> Any:
    day, id_ = col(InvoiceRow.issued_on), col(InvoiceRow.id)
    query = select(*_COLUMNS).join(CustomerRow).where(*_where(wanted, today))
    if not wanted.states and not wanted.open and not wanted.overdue:  # drafts, too
        query = query.order_by(case((day.is_(None), 0), else_=1))
    return query.order_by(day.desc(), id_.desc())


def is_more_than(session: Session, wanted: Wanted, today: date, most: int) -> bool:
    """Tell whether more than so many are wanted."""
    some = select(col(InvoiceRow.id)).where(*_where(wanted, today)).limit(most + 1).subquery()
    found: int = session.execute(select(func.count()).select_from(some)).scalar_one()
    return found > most


def sums_of(found: Sequence[Listed]) -> tuple[Total, ...]:
    """Return the sums of some invoices, by currency."""
    currencies = sorted({each.gross.currency for each in found})
    return tuple(
        _total([each for each in found if each.gross.currency == one_]) for one_ in currencies
    )


def totals(session: Session, wanted: Wanted, today: date) -> tuple[Total, ...]:
    """Return the sums of all that are wanted, by currency; nothing that is `overdue`."""
    where = _where(wanted, today)
    bills = (col(InvoiceRow.kind) == "invoice") & col(InvoiceRow.state).in_(("issued", "paid"))
    paid = (
        select(func.coalesce(func.sum(col(PaymentRow.amount_minor)), 0))
        .where(col(PaymentRow.invoice_id) == col(InvoiceRow.id))
        .scalar_subquery()
    )
    query = select(
        col(InvoiceRow.currency), func.count(), func.sum(col(InvoiceRow.gross_minor)),
        func.sum(case((bills, col(InvoiceRow.payable_minor)), else_=0) - paid),
    )  # fmt: skip
    rows = session.execute(query.where(*where).group_by(col(InvoiceRow.currency)))
    return tuple(
        Total(count, Money(int(gross), currency), Money(int(open_), currency))
        for currency, count, gross, open_ in sorted(tuple(row) for row in rows)
    )


def _total(found: Sequence[Listed]) -> Total:
    nothing = Money(0, found[0].gross.currency)
    return Total(
        len(found), sum((each.gross for each in found), nothing),
        sum((each.open for each in found), nothing),
    )  # fmt: skip


def one(session: Session, invoice_id: int, region: Region | None, today: date) -> Listed:
    """Return one invoice. Raises LookupError for an unknown one."""
    query = select(*_COLUMNS).join(CustomerRow).where(col(InvoiceRow.id) == invoice_id)
    found = _values(session, query, region, today)
    if not found:
        raise LookupError(f"there is no invoice {invoice_id}")
    return found[0]


def count(session: Session) -> int:
    """Return how many invoices and cancellations have a number."""
    numbered = select(func.count()).select_from(InvoiceRow)
    found = session.execute(numbered.where(col(InvoiceRow.number).is_not(None)))
    return int(found.scalar_one())


def find(session: Session, number: str) -> tuple[int, str]:
    """Return id and number of the invoice with a number, whatever case its letters are typed in.

    Raises Refused where there is none, and names one that is near.
    """
    wanted = number.strip().casefold()
    query = select(col(InvoiceRow.number), col(InvoiceRow.id)).where(
        col(InvoiceRow.number).is_not(None)
    )
    exact = session.execute(query.where(func.lower(col(InvoiceRow.number)) == wanted)).first()
    if exact:
        return exact[1], exact[0]
    newest = query.order_by(col(InvoiceRow.id).desc()).limit(2 * CHUNK)
    known = {name.casefold(): name for name, _ in session.execute(newest)}
    near = difflib.get_close_matches(wanted, known, 1)
    hint = f"; did you mean {known[near[0]]}?" if near else "; see `maildesk invoice list`"
    raise Refused(f"there is no invoice {number!r}{hint}")


def place_in(text: str) -> tuple[date, int] | None:
    """Return the place in a list (`Wanted.after`) that a text names, None for what names none."""
    day, _, number = text.partition(".")
    try:
        return date.fromisoformat(day), int(number[:18])
    except ValueError:
        return None


def place_of(last: Listed) -> str:
    """Return the place behind an invoice as a text, "" for a draft."""
    return f"{last.issued_on}.{last.id}" if last.issued_on else ""


_COLUMNS = (
    col(InvoiceRow.id), col(InvoiceRow.number), col(InvoiceRow.kind), col(InvoiceRow.state),
    col(InvoiceRow.issued_on), col(InvoiceRow.due_on), col(InvoiceRow.customer_id),
    col(CustomerRow.name), col(InvoiceRow.month), col(InvoiceRow.currency),
    col(InvoiceRow.gross_minor), col(InvoiceRow.payable_minor),
)  # fmt: skip  # the content is large, and no list needs it


def _where(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.open or wanted.overdue:
        where += [col(InvoiceRow.state) == "issued", col(InvoiceRow.kind) == "invoice", NOT_PAID]
    if wanted.overdue:
        where.append(col(InvoiceRow.due_on) < today)
    if wanted.customer_id is not None:
        where.append(col(InvoiceRow.customer_id) == wanted.customer_id)
    if wanted.month:
        where.append(col(InvoiceRow.month) == wanted.month)
    if set(wanted.states) == NUMBERED:  # an index has them in their order
        where += [col(InvoiceRow.state) != "draft", col(InvoiceRow.issued_on).is_not(None)]
    elif len(wanted.states) == 1:
        where.append(col(InvoiceRow.state) == wanted.states[0])
    elif wanted.states:
        where.append(col(InvoiceRow.state).in_(wanted.states))
    if wanted.kind:
        where.append(col(InvoiceRow.kind) == wanted.kind)
    if wanted.after:
        day, id_ = wanted.after
        on = col(InvoiceRow.issued_on)
        where.append(or_(on < day, and_(on == day, col(InvoiceRow.id) < id_)))
    return where


def _values(
    session: Session, query: Executable, region: Region | None, today: date
) -> list[Listed]:
    rows = session.execute(query).all()
    seen = _Seen(session, [row.id for row in rows])
    return [_value(row, seen, region, today) for row in rows]


def _value(row: Any, seen: "_Seen", region: Region | None, today: date) -> Listed:
    bills = row.kind == "invoice" and row.state in ("issued", "paid")
    open_ = row.payable_minor * bills - seen.paid.get(row.id, 0)
    is_late = row.state == "issued" and open_ > 0 and row.due_on < today
    return Listed(
        id=row.id,
        number=row.number or "",
        kind=row.kind,
        issued_on=row.issued_on if row.number else None,
        customer_id=row.customer_id,
        customer=row.name,
        month=row.month,
        gross=Money(row.gross_minor, row.currency),
        state=_standing(row, seen),
        due_on=row.due_on if row.number else None,
        open=Money(open_, row.currency),
        is_overdue=is_late and last_day_to_pay(row.due_on, region) < today,
    )


def _standing(row: Any, seen: "_Seen") -> Standing:
    if row.state != "issued":
        return Standing(row.state)
    letter = seen.letters.get(row.id)
    if letter is Standing.UNDELIVERABLE:  # somebody has to see to it, whatever else is so
        return letter
    if row.id in seen.reminded:
        return Standing.REMINDED
    if seen.paid.get(row.id):
        return Standing.PARTLY_PAID
    return letter or Standing.ISSUED


class _Seen:
    """What other tables say of some invoices: what was paid, reminded, and their letters."""

    def __init__(self, session: Session, ids: Sequence[int]) -> None:
        self.paid: dict[int, int] = {}
        self.reminded: set[int] = set()
        self.letters: dict[int, Standing] = {}
        for start in range(0, len(ids), CHUNK):
            self._look(session, ids[start : start + CHUNK])

    def _look(self, session: Session, ids: Collection[int]) -> None:
        sums = select(col(PaymentRow.invoice_id), func.sum(col(PaymentRow.amount_minor)))
        sums = sums.where(col(PaymentRow.invoice_id).in_(ids)).group_by(col(PaymentRow.invoice_id))
        self.paid |= {id_: int(minor) for id_, minor in session.execute(sums)}
        lines = select(col(InvoiceEventRow.invoice_id)).where(
            col(InvoiceEventRow.invoice_id).in_(ids), col(InvoiceEventRow.what) == What.REMINDED
        )
        self.reminded |= set(session.scalars(lines))
        keys = {once_key(id_): id_ for id_ in ids}
        letters = select(
            col(OutboundRow.once_key), col(OutboundRow.state), col(OutboundRow.undeliverable)
        ).where(col(OutboundRow.once_key).in_(keys))
        for once, state, undeliverable in session.execute(letters):
            if undeliverable or state == "failed":
                self.letters[keys[once]] = Standing.UNDELIVERABLE
            elif state == "sent":
                self.letters[keys[once]] = Standing.SENT
