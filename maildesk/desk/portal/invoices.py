"""The invoices of a customer, as his own people see them, and who of them may.

A contact sees them who may approve costs or sees the whole company, and whoever gets them by mail:
who is named for that, or else the one to whom they go for want of a name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.invoices.listing import Listed, Wanted, listed, place_in, place_of
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.calendars import region_of
from maildesk.store.invoice_tables import BillingRow, DocumentRow, InvoiceRow
from maildesk.store.tables import ContactRow

SHOWN = 25  # invoices on a page
NAMED = 5  # of those who may see them
_STATES = ("issued", "paid", "cancelled")


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice or a cancellation. `cancelled_by` and `cancels` are numbers, or ""."""

    invoice: Listed
    cancelled_by: str
    cancels: str


@dataclass(frozen=True, slots=True)
class InvoicesView:
    """A page of the list, the newest first. `older` leads to the next one, "" on the last.

    Where `may_see` is False there are none, and `ask` are the names of those who may see them.
    """

    may_see: bool
    invoices: tuple[Billed, ...] = ()
    older: str = ""
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of an invoice as they were frozen, and its number as it is written."""

    number: str
    pdf: bytes
    xml: bytes


def view(desk: Desk, person: SignedIn, after: str, now: datetime) -> InvoicesView:
    """Return the invoices of a person's customer behind the place `after` ("": from the first).

    One that has no documents yet is not among them. Somebody of no customer may see none.
    """
    if person.contact is None:
        return InvoicesView(False)
    site, today = desk.site, now.astimezone(desk.policy.calendar.timezone).date()
    with desk.db.read() as session:
        contacts = _contacts(session, person.contact.customer_id)
        seeing = _seeing(session, person.contact.customer_id, contacts)
        if person.contact.id not in {each.id for each in seeing}:
            named = (each.name or each.address for each in seeing)
            return InvoicesView(False, ask=tuple(named)[:NAMED])
        wanted = Wanted(
            customer_id=person.contact.customer_id, states=_STATES, after=place_in(after)
        )
        region = region_of(site.hours.holidays)
        found, total = listed(session, wanted, region, today, SHOWN)
        billed = _billed(session, found)
    older = place_of(found[-1]) if total > len(found) else ""
    return InvoicesView(True, billed, older)


def documents(desk: Desk, person: SignedIn, number: str) -> Documents | None:
    """Return the documents of an invoice that a person may see, else None."""
    if person.contact is None or not number.isprintable():
        return None
    customer_id = person.contact.customer_id
    query = (
        select(col(InvoiceRow.number), col(DocumentRow.pdf), col(DocumentRow.xml))
        .join(DocumentRow, col(DocumentRow.invoice_id) == col(InvoiceRow.id))
        .where(
            col(InvoiceRow.number) == number,
            col(InvoiceRow.customer_id) == customer_id,
            col(InvoiceRow.state).in_(_STATES),
        )
    )
    with desk.db.read() as session:
        seeing = _seeing(session, customer_id, _contacts(session, customer_id))
        if person.contact.id not in {each.id for each in seeing}:
            return None
        row = session.execute(query).one_or_none()
    return Documents(row[0], row[1], row[2]) if row else None


def _contacts(session: Session, customer_id: int) -> Sequence[ContactRow]:
    mine = select(ContactRow).where(col(ContactRow.customer_id) == customer_id)
    return session.scalars(mine.order_by(col(ContactRow.id))).all()


def _seeing(session: Session, customer_id: int, contacts: Sequence[ContactRow]) -> list[ContactRow]:
    """Return the contacts who may see the invoices of their customer."""
    named = select(col(BillingRow.email)).where(col(BillingRow.customer_id) == customer_id)
    to = (session.scalar(named) or "").strip().lower()
    if not to and contacts:  # as desk.invoices.drafts addresses them
        to = sorted(contacts, key=lambda each: not each.may_approve)[0].address
    return [
        each for each in contacts
        if each.may_approve or each.sees_company or each.address.lower() == to
    ]  # fmt: skip


def _billed(session: Session, found: Sequence[Listed]) -> tuple[Billed, ...]:
    ids = [each.id for each in found]
    cancelled = aliased(InvoiceRow)
    query = (
        select(
            col(InvoiceRow.id), col(InvoiceRow.number), col(InvoiceRow.state),
            col(InvoiceRow.cancels_id), col(cancelled.number),
        )
        .join(cancelled, col(cancelled.id) == col(InvoiceRow.cancels_id))
        .where(col(InvoiceRow.cancels_id).in_(ids) | col(InvoiceRow.id).in_(ids))
    )  # fmt: skip
    by: dict[int, str] = {}
    of: dict[int, str] = {}
    for id_, number, state, cancels_id, cancels in session.execute(query):
        of[id_] = cancels or ""
        if state in _STATES:
            by[cancels_id] = number or ""
    return tuple(Billed(each, by.get(each.id, ""), of.get(each.id, "")) for each in found)
