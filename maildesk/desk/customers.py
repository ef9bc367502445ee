"""Customers: who pays, his people, and what he agreed to. One transaction for each function."""

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from maildesk.desk.people import (
    Refused,
    belongs,
    language_of,
    one_line,
    plain_address,
    refuse_taken,
)
from maildesk.mail.address import a_label
from maildesk.rules.money import Money
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import ContactRow, CustomerRow, DomainRow

_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer. With `language` "" the customer's is taken."""

    address: str
    name: str = ""
    language: str = ""
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation that pays. Empty and None mean: what the desk has for everybody.

    `rate` is net, for an hour. Work beyond `limit_minutes` needs an approval.
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
    contacts: tuple[Contact, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is said about a customer, as it was typed. None leaves it, "" makes it the desk's.

    `rate` is a sum such as "95.00", `limit` a number of minutes.
    """

    name: str | None = None
    language: str | None = None
    rate: str | None = None
    contract: str | None = None
    limit: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is said about a contact, as it was typed. None leaves it as it is."""

    address: str
    name: str | None = None
    language: str | None = None
    may_approve: bool | None = None


def add(db: Database, said: Particulars, currency: str, now: datetime) -> Customer:
    """Add a customer. Raises Refused for a name that is taken, or what cannot be read."""

    def work(session: Session) -> Customer:
        row = CustomerRow(name="", currency=currency, created_at=now)
        _write(session, row, said, currency)
        session.add(row)
        session.flush()
        return _values(session, [row])[0]

    return db.change(work)


def change(db: Database, named: str, said: Particulars, currency: str) -> Customer:
    """Change what is said of a customer, named by name or id. Raises Refused as `add` does."""

    def work(session: Session) -> Customer:
        row = _find(session, named)
        _write(session, row, said, currency)
        session.add(row)
        session.flush()
        return _values(session, [row])[0]

    return db.change(work)


def contact(db: Database, named: str, person: Person, own: Collection[str]) -> Customer:
    """Add a person to a customer, or change him who has that address there already.

    `own` are the desk's addresses. Raises Refused for an address that cannot write mail or
    belongs to somebody else.
    """
    address = plain_address(person.address)

    def work(session: Session) -> Customer:
        customer = _find(session, named)
        refuse_taken(session, address, own, customer_id=customer.id)
        found = session.scalars(select(ContactRow).where(col(ContactRow.address) == address))
        row = found.first() or ContactRow(customer_id=customer.id or 0, address=address)
        if person.name is not None:
            row.name = one_line("name", person.name)
        if person.language is not None:
            row.language = language_of(person.language)
        if person.may_approve is not None:
            row.may_approve = person.may_approve
        session.add(row)
        session.flush()
        return _values(session, [customer])[0]

    return db.change(work)


def domain(db: Database, named: str, given: str, own: Collection[str]) -> Customer:
    """Say that whoever writes from a domain belongs to a customer; `own` is as in `contact`."""
    name = a_label(given.strip().removeprefix("@"))
    if name is None:
        raise Refused(f"{given!r} is not a mail domain; say one such as kunde.example")
    if name in {address.rpartition("@")[2] for address in own}:
        raise Refused(f"{name} is the desk's own domain; add single addresses of it as contacts")

    def work(session: Session) -> Customer:
        customer = _find(session, named)
        row = session.get(DomainRow, name)
        if row is None:
            session.add(DomainRow(domain=name, customer_id=customer.id or 0))
        elif row.customer_id != customer.id:
            raise belongs(session, name, row.customer_id)
        session.flush()
        return _values(session, [customer])[0]

    return db.change(work)


def remove(db: Database, named: str, given: str) -> Customer:
    """Take an address or a domain away from a customer; tickets stay as they are."""
    wanted = given.strip().removeprefix("@")
    wanted = plain_address(wanted) if "@" in wanted else a_label(wanted) or wanted

    def work(session: Session) -> Customer:
        customer = _find(session, named)
        person = delete(ContactRow).where(col(ContactRow.address) == wanted)
        place = delete(DomainRow).where(col(DomainRow.domain) == wanted)
        met = rows_met(session, person.where(col(ContactRow.customer_id) == customer.id))
        met += rows_met(session, place.where(col(DomainRow.customer_id) == customer.id))
        if not met:
            raise Refused(
                f"{customer.name} has neither an address nor a domain {wanted}; see"
                f" `maildesk customer show {customer.id}`"
            )
        return _values(session, [customer])[0]

    return db.change(work)


def accept_terms(
    db: Database, named: str, version: str, by: str, at: datetime, now: datetime
) -> Customer:
    """Note that a customer accepted a version of the terms, who did it and when."""
    version, by = one_line("version", version), one_line("name of who accepted", by)
    if not version:
        raise Refused("say which version of the terms was accepted, such as --version 2026-01")
    if at > now:
        raise Refused(f"{at:%Y-%m-%d} has not come yet; say the day on which they were accepted")

    def work(session: Session) -> Customer:
        row = _find(session, named)
        row.terms_version, row.terms_accepted_at, row.terms_accepted_by = version, at, by
        session.add(row)
        session.flush()
        return _values(session, [row])[0]

    return db.change(work)


def listed(db: Database) -> list[Customer]:
    """Return all customers, by name."""
    with db.read() as session:
        rows = session.scalars(select(CustomerRow)).all()
        return sorted(_values(session, rows), key=lambda customer: customer.name.casefold())


def one(db: Database, named: str) -> Customer:
    """Return a customer, named by name or id. Raises Refused if there is none."""
    with db.read() as session:
        return _values(session, [_find(session, named)])[0]


def _write(session: Session, row: CustomerRow, said: Particulars, currency: str) -> None:
    if said.name is not None:
        row.name = _free_name(session, one_line("name", said.name), row.id)
    if said.language is not None:
        row.language = language_of(said.language)
    if said.contract is not None:
        row.contract = one_line("contract", said.contract)
    if said.limit is not None:
        if said.limit and not re.fullmatch(r"[0-9]{1,6}", said.limit):
            raise Refused(f"{said.limit!r} is not a number of minutes such as 60")
        row.limit_minutes = int(said.limit) if said.limit else None
    if said.rate is not None:
        row.rate_minor, row.currency = _rate(said.rate, currency), currency


def _rate(given: str, currency: str) -> int | None:
    if not given:
        return None
    try:
        minor = Money.of(given.replace(",", "."), currency).minor
    except ValueError as error:
        raise Refused(f"the rate: {error}") from None
    if not 0 <= minor < 2**31:
        raise Refused(f"the rate: {given!r} is no price of an hour; say one such as 95.00")
    return minor


def _free_name(session: Session, name: str, mine: int | None) -> str:
    if not name or _ID.fullmatch(name):
        raise Refused(f"{name!r} is no name of a customer: it needs more than digits")
    for id_, taken in session.execute(select(col(CustomerRow.id), col(CustomerRow.name))):
        if id_ != mine and taken.casefold() == name.casefold():
            raise Refused(f"there is a customer {taken} (id {id_}); see `maildesk customer list`")
    return name


def _find(session: Session, named: str) -> CustomerRow:
    wanted = named.strip()
    row = session.get(CustomerRow, int(wanted)) if _ID.fullmatch(wanted) else None
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


def _values(session: Session, rows: Sequence[CustomerRow]) -> list[Customer]:
    contacts: dict[int, list[Contact]] = defaultdict(list)
    domains: dict[int, list[str]] = defaultdict(list)
    people = select(ContactRow).order_by(col(ContactRow.address))
    places = select(DomainRow).order_by(col(DomainRow.domain))
    if len(rows) == 1:
        people = people.where(col(ContactRow.customer_id) == rows[0].id)
        places = places.where(col(DomainRow.customer_id) == rows[0].id)
    for person in session.scalars(people):
        contacts[person.customer_id].append(
            Contact(person.address, person.name, person.language, person.may_approve)
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
            contacts=tuple(contacts[row.id or 0]),
            domains=tuple(domains[row.id or 0]),
        )
        for row in rows
    ]
