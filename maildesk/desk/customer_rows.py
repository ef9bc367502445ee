"""Customers as they stand in the tables: found by name or id, and read as values."""

import difflib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.people import Refused
from maildesk.rules.money import Money
from maildesk.store.tables import ContactRow, CustomerRow, DomainRow

_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer. With `language` "" the customer's is taken.

    Who `may_approve` costs may do so up to a sum, net; None: any. The service area is open to
    him since `portal_at`, by the word of `portal_by`; `sees_company`: he sees all tickets there.
    """

    address: str
    name: str = ""
    language: str = ""
    may_approve: bool = False
    approve_up_to: Money | None = None
    portal_at: datetime | None = None
    portal_by: str = ""
    sees_company: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation that pays. Empty and None mean: what the desk has for everybody.

    `rate` is net, for an hour. Work beyond `limit_minutes` needs an approval. `contract` is the
    name that letters show. Of the terms it is kept which version was accepted, when, by whom, and
    how (a word of customers.ACCEPTED_HOW); `price_list` is the version of the prices he was given.
    """

    id: int
    name: str
    language: str = ""
    rate: Money | None = None
    contract: str = ""
    limit_minutes: int | None = None
    terms_version: str = ""
    terms_accepted_at: datetime | None = None
    terms_accepted_by: str = ""
    terms_accepted_how: str = ""
    price_list: str = ""
    contacts: tuple[Contact, ...] = ()
    domains: tuple[str, ...] = ()

    @property
    def approvers(self) -> tuple[Contact, ...]:
        """Who may approve costs; where there is nobody, no cost can be asked for."""
        return tuple(contact for contact in self.contacts if contact.may_approve)


def is_id(named: str) -> bool:
    """Return whether a text is read as an id of a customer, and not as a name."""
    return _ID.fullmatch(named) is not None


def find(session: Session, named: str) -> CustomerRow:
    """Return the row of a customer, named by name or id. Raises Refused if there is none."""
    wanted = named.strip()
    row = session.get(CustomerRow, int(wanted)) if is_id(wanted) else None
    if row is not None:
        return row
    names = {
        name.casefold(): (id_, name)
        for id_, name in session.execute(select(col(CustomerRow.id), col(CustomerRow.name)))
    }
    if found := names.get(wanted.casefold()):
        return session.get_one(CustomerRow, found[0])
    near = difflib.get_close_matches(wanted.casefold(), names, 1)
    meant = f"did you mean {names[near[0]][1]}?" if near else "see `maildesk customer list`"
    raise Refused(f"there is no customer {named!r}; {meant}")


def values(session: Session, rows: Sequence[CustomerRow]) -> list[Customer]:
    """Return customers with their contacts and domains, in the order of the rows."""
    contacts: dict[int, list[Contact]] = defaultdict(list)
    domains: dict[int, list[str]] = defaultdict(list)
    people = select(ContactRow).order_by(col(ContactRow.address))
    places = select(DomainRow).order_by(col(DomainRow.domain))
    if len(rows) == 1:
        people = people.where(col(ContactRow.customer_id) == rows[0].id)
        places = places.where(col(DomainRow.customer_id) == rows[0].id)
    currencies = {row.id: row.currency for row in rows}
    for person in session.scalars(people):
        up_to = person.approve_up_to
        bound = None if up_to is None else Money(up_to, currencies.get(person.customer_id, "EUR"))
        contacts[person.customer_id].append(
            Contact(
                person.address,
                person.name,
                person.language,
                person.may_approve,
                bound,
                person.portal_at,
                person.portal_by,
                person.sees_company,
            )
        )
    for place in session.scalars(places):
        domains[place.customer_id].append(place.domain)
    return [
        Customer(
            id=row.id or 0,
            name=row.name,
            language=row.language,
            rate=None if row.rate_minor is None else Money(row.rate_minor, row.currency),
            contract=row.contract,
            limit_minutes=row.limit_minutes,
            terms_version=row.terms_version,
            terms_accepted_at=row.terms_accepted_at,
            terms_accepted_by=row.terms_accepted_by,
            terms_accepted_how=row.terms_accepted_how,
            price_list=row.price_list,
            contacts=tuple(contacts[row.id or 0]),
            domains=tuple(domains[row.id or 0]),
        )
        for row in rows
    ]
