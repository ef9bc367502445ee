"""The list of customers: found by name, address or domain. Read only."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.store.tables import ContactRow, CustomerRow, DomainRow, TicketRow

PAGE = 50
WORDS_MAX = 100  # characters of what is looked for


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer on the list, with the number of his open tickets and one of his domains or ""."""

    id: int
    name: str
    contract: str
    domain: str
    contacts: int
    open_tickets: int


@dataclass(frozen=True, slots=True)
class CustomerList:
    """A page of customers by name, of `total`; `after` is the id to go on after, None at the end."""

    lines: tuple[CustomerLine, ...]
    total: int
    after: int | None


def listed(desk: Desk, wanted: str = "", after: int | None = None) -> CustomerList:
    """Return a page of customers, those whose name, contact or domain holds `wanted`.

    `after` is the id of the last customer of the page before.
    """
    name = func.lower(col(CustomerRow.name))
    with desk.db.read() as session:
        where = [_holds(wanted.strip()[:WORDS_MAX])] if wanted.strip() else []
        query = select(CustomerRow).where(*where).order_by(name, col(CustomerRow.id))
        total = session.execute(select(func.count()).select_from(CustomerRow).where(*where))
        last = session.get(CustomerRow, after) if after else None
        if last is not None:
            his = select(name).where(col(CustomerRow.id) == last.id).scalar_subquery()
            query = query.where(or_(name > his, (name == his) & (col(CustomerRow.id) > last.id)))
        rows = list(session.scalars(query.limit(PAGE + 1)))
        lines = _lines(session, rows[:PAGE])
        return CustomerList(lines, total.scalar_one(), rows[PAGE - 1].id if rows[PAGE:] else None)


def _holds(wanted: str) -> ColumnElement[bool]:
    """Return the condition that a customer, one of his people or domains holds some words.

    SQLite compares only ASCII without regard to case, so umlauts are looked for in the forms in
    which people write them.
    """
    forms = {wanted, wanted.lower(), wanted.upper(), wanted.title()}

    def held(column: Mapped[str]) -> ColumnElement[bool]:
        return or_(*(column.icontains(form, autoescape=True) for form in sorted(forms)))

    people = select(col(ContactRow.customer_id)).where(
        or_(held(col(ContactRow.name)), held(col(ContactRow.address)))
    )
    places = select(col(DomainRow.customer_id)).where(held(col(DomainRow.domain)))
    return or_(
        held(col(CustomerRow.name)),
        col(CustomerRow.id).in_(people),
        col(CustomerRow.id).in_(places),
    )


def _lines(session: Session, rows: list[CustomerRow]) -> tuple[CustomerLine, ...]:
    ids = [row.id for row in rows]

    def by_customer(
        customer: Mapped[Any], value: ColumnElement[Any], *where: Any
    ) -> dict[Any, Any]:
        query = select(customer, value).where(customer.in_(ids), *where).group_by(customer)
        return dict(session.execute(query).all())

    opened = by_customer(col(TicketRow.customer_id), func.count(), ~col(TicketRow.closed))
    contacts = by_customer(col(ContactRow.customer_id), func.count())
    domains = by_customer(col(DomainRow.customer_id), func.min(col(DomainRow.domain)))
    return tuple(
        CustomerLine(
            row.id or 0, row.name, row.contract, domains.get(row.id, ""),
            contacts.get(row.id, 0), opened.get(row.id, 0),
        )
        for row in rows
    )  # fmt: skip
