"""Flat items: goods, licences, deductions and down payments. One transaction for each function."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.billing_profiles import percent
from maildesk.desk.customer_rows import find
from maildesk.desk.people import Refused, one_line
from maildesk.rules.invoice.canonical import plain
from maildesk.rules.number import parse_number, tag
from maildesk.rules.ticket import State
from maildesk.store import invoices
from maildesk.store.db import Database
from maildesk.store.invoice_tables import ItemRow
from maildesk.store.rows import rows_where
from maildesk.store.tables import CustomerRow, TicketRow

_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_QUANTITY = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class ItemSaid:
    """What is said of a flat item, as typed. `price` is net of one; of a down payment gross.

    `ticket` is a tag or "", `day` None is today. With `paid_before` it was paid already and is
    taken off what is to be paid.
    """

    words: str
    price: str
    quantity: str = "1"
    ticket: str = ""
    discount: str = ""
    day: date | None = None
    paid_before: bool = False


@dataclass(frozen=True, slots=True)
class FlatItem:
    """A flat item as it stands. Numbers are decimals as texts; `ticket` is a tag or "".

    `invoice` is the number of the one that it is on, "" while it waits for one.
    """

    id: int
    customer_id: int
    customer: str
    words: str
    quantity: str
    price: str
    discount: str
    day: date
    ticket: str
    is_paid_before: bool
    added_at: datetime
    added_by: str
    invoice: str = ""


def add(
    db: Database, named: str, said: ItemSaid, code: str, actor: str, now: datetime, today: date
) -> FlatItem:
    """Add a flat item to a customer; `code` is the desk's, `today` the day it has.

    Raises Refused, in a sentence, for what cannot be billed, or another customer's ticket.
    """
    price, quantity = _read(said)
    words = one_line("text", said.words)
    if not words:
        raise Refused("an item needs words: they stand on the invoice and say what was delivered")
    discount = percent(said.discount)
    if said.paid_before and discount != "0":
        raise Refused("what was paid before has no discount; say the sum that was paid")

    def work(session: Session) -> FlatItem:
        customer = find(session, named)
        ticket_id = _ticket(session, said.ticket, code, customer) if said.ticket else None
        row = ItemRow(
            customer_id=customer.id or 0, ticket_id=ticket_id, words=words, quantity=plain(quantity),
            price=plain(price), discount=discount, day=said.day or today,
            is_paid_before=said.paid_before, added_at=now, added_by=actor,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return _values(session, [row], code)[0]

    return db.change(work)


def listed(db: Database, named: str | None, code: str, all_: bool = False) -> list[FlatItem]:
    """Return the flat items of a customer, or of all, that wait for an invoice, by customer and day.

    With `all_` also those that are on one.
    """
    with db.read() as session:
        query = select(ItemRow).where(col(ItemRow.removed_at).is_(None))
        if named is not None:
            query = query.where(col(ItemRow.customer_id) == find(session, named).id)
        found = _values(session, list(session.scalars(query)), code)
    kept = [each for each in found if all_ or not each.invoice]
    return sorted(kept, key=lambda each: (each.customer.casefold(), each.day, each.id))


def remove(db: Database, item_id: int, code: str, now: datetime) -> FlatItem:
    """Remove a flat item that is on no invoice. Raises Refused for any other."""

    def work(session: Session) -> FlatItem:
        # An invoice that takes it holds this row until its number is written.
        here = select(ItemRow).where(col(ItemRow.id) == item_id, col(ItemRow.removed_at).is_(None))
        row = session.scalars(here.with_for_update()).first()
        if row is None:
            raise Refused(f"there is no item {item_id}; see `maildesk item list`")
        found = _values(session, [row], code)[0]
        if found.invoice:
            raise Refused(
                f"item {item_id} is on {found.invoice}, and stays there; to bill it otherwise,"
                f" cancel that: `maildesk invoice cancel {found.invoice}`"
            )
        row.removed_at = now
        session.flush()
        return found

    return db.change(work)


def _read(said: ItemSaid) -> tuple[Decimal, Decimal]:
    price, quantity = (each.strip().replace(",", ".") for each in (said.price, said.quantity))
    if not _PRICE.fullmatch(price):
        raise Refused(
            f"{said.price!r} is no price such as 49.00; a deduction has a quantity below zero:"
            " --quantity -1 (EN 16931 wants no price below zero)"
        )
    if not _QUANTITY.fullmatch(quantity) or not Decimal(quantity):
        raise Refused(f"{said.quantity!r} is no quantity such as 2 or 0.5")
    if said.paid_before and Decimal(quantity) < 0:
        raise Refused("what was paid before is above zero: it is taken off by itself")
    return Decimal(price), Decimal(quantity)


def _ticket(session: Session, given: str, code: str, customer: CustomerRow) -> int:
    number = parse_number(given.strip().strip("[]").upper().removeprefix(f"{code}-"))
    if number is None:
        raise Refused(
            f"{given!r} is no ticket: say its tag with the check digit, such as {tag(code, 1000)}"
        )
    row = session.get(TicketRow, number)
    if row is None:
        raise Refused(f"there is no ticket {tag(code, number)}; see `maildesk ticket list`")
    if row.customer_id != customer.id:
        raise Refused(f"{tag(code, number)} is not a ticket of {customer.name}; nothing was added")
    if row.state == State.SPAM:
        raise Refused(f"{tag(code, number)} is spam; restore it first, or add it without a ticket")
    return number


def _values(session: Session, rows: list[ItemRow], code: str) -> list[FlatItem]:
    customers = rows_where(session, CustomerRow, "id", {row.customer_id for row in rows})
    names = {row.id: row.name for row in customers}
    on = invoices.holders(session, "item", [row.id or 0 for row in rows])
    return [
        FlatItem(
            id=row.id or 0,
            customer_id=row.customer_id,
            customer=names[row.customer_id],
            words=row.words,
            quantity=row.quantity,
            price=row.price,
            discount=row.discount,
            day=row.day,
            ticket=tag(code, row.ticket_id) if row.ticket_id else "",
            is_paid_before=row.is_paid_before,
            added_at=row.added_at,
            added_by=row.added_by,
            invoice=on.get(row.id or 0, ""),
        )
        for row in rows
    ]
