"""Opening the service area to a contact, and closing it: what an operator does by hand.

An agent does the same by `#portal` in a mail (rules.staff.portal).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.customer_rows import Contact, find, values
from maildesk.desk.people import Refused, plain_address
from maildesk.desk.portal import letters, sessions
from maildesk.mail.message import Address
from maildesk.store.db import Database
from maildesk.store.tables import ContactRow, CustomerRow


@dataclass(frozen=True, slots=True)
class Access:
    """What is said about a contact's access; None leaves it as it is.

    `sees_company`: he sees all tickets of his customer, not only those that he takes part in.
    """

    is_open: bool | None = None
    sees_company: bool | None = None


@dataclass(frozen=True, slots=True)
class Accessed:
    """A contact with the access that he has now, and whether it was opened just now."""

    customer: str
    contact: Contact
    is_new: bool
    is_told: bool


def change(
    db: Database,
    named: str,
    address: str,
    said: Access,
    by: str,
    now: datetime,
    inviter: Desk | None = None,
) -> Accessed:
    """Open the service area to a contact of a customer (named by name or id), or close it.

    Closing ends his sessions at once. To whom it is opened just now `inviter` writes where it
    is; None writes nothing. Raises Refused for whoever is no contact of the customer, and for
    one who shall see all tickets but is not let in.
    """
    wanted = plain_address(address)
    invitation = None
    with db.read() as session:
        customer, person = _theirs(session, named, wanted)
        if inviter is not None and said.is_open and person.portal_at is None:
            locale = person.language or customer.language or inviter.policy.language
            to = Address(person.name, person.address)
            invitation = letters.invitation(inviter, to, locale, now)

    def work(session: Session) -> Accessed:
        customer, person = _theirs(session, named, wanted)
        is_new = bool(said.is_open) and person.portal_at is None
        if is_new:
            person.portal_at, person.portal_by = now, by
        elif said.is_open is False:
            person.portal_at, person.portal_by, person.sees_company = None, "", False
            sessions.end_all(session, person.address)
        _see_company(person, said)
        session.add(person)
        if is_new and invitation is not None:
            session.execute(POST, [invitation])
        session.flush()
        contacts = values(session, [customer])[0].contacts
        contact = next(each for each in contacts if each.address == person.address)
        return Accessed(customer.name, contact, is_new, is_new and invitation is not None)

    return db.change(work)


def number_let_in(db: Database) -> int:
    """Return to how many contacts the service area is open."""
    query = select(func.count()).where(col(ContactRow.portal_at).is_not(None))
    with db.read() as session:
        return int(session.execute(query).scalar_one())


def _theirs(session: Session, named: str, address: str) -> tuple[CustomerRow, ContactRow]:
    customer = find(session, named)
    query = select(ContactRow).where(
        col(ContactRow.customer_id) == customer.id, col(ContactRow.address) == address
    )
    person = session.scalars(query).first()
    if person is None:
        raise Refused(
            f"{address} is no contact of {customer.name}; say"
            f" `maildesk customer contact {customer.id} {address}` first"
        )
    return customer, person


def _see_company(person: ContactRow, said: Access) -> None:
    if said.sees_company is None:
        return
    if said.sees_company and person.portal_at is None:
        raise Refused(
            f"{person.address} is not let in, so there is nothing to see for him; leave out --off"
        )
    person.sees_company = said.sees_company
