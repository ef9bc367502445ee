"""Customers: who pays, his people, and what he agreed to. One transaction for each function."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from maildesk.desk.customer_rows import Customer, find, is_id, values
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

ACCEPTED_HOW = ("mail", "paper", "phone", "page")
_HOW = ", ".join(ACCEPTED_HOW)


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
    """What is said about a contact, as it was typed. None leaves it as it is.

    `up_to` is the highest sum, net, that he may approve, such as "500.00"; "" for any.
    """

    address: str
    name: str | None = None
    language: str | None = None
    may_approve: bool | None = None
    up_to: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That a customer accepted a version of the terms: when, who for him, and how.

    `how` is one of ACCEPTED_HOW, or "" where that is not known. `price_list` is the version of
    the prices that he was given with them; None leaves the one that he has.
    """

    version: str
    at: datetime
    by: str = ""
    how: str = ""
    price_list: str | None = None


def add(db: Database, said: Particulars, currency: str, now: datetime) -> Customer:
    """Add a customer. Raises Refused for a name that is taken, or what cannot be read."""

    def work(session: Session) -> Customer:
        row = CustomerRow(name="", currency=currency, created_at=now)
        _write(session, row, said, currency)
        session.add(row)
        session.flush()
        return values(session, [row])[0]

    return db.change(work)


def change(db: Database, named: str, said: Particulars, currency: str) -> Customer:
    """Change what is said of a customer, named by name or id. Raises Refused as `add` does."""

    def work(session: Session) -> Customer:
        row = find(session, named)
        _write(session, row, said, currency)
        session.add(row)
        session.flush()
        return values(session, [row])[0]

    return db.change(work)


def contact(db: Database, named: str, person: Person, own: Collection[str]) -> Customer:
    """Add a person to a customer, or change him who has that address there already.

    The first person of a customer may approve costs unless it is said that he may not: where
    nobody may, nothing can be asked (PROCESS.md section 1.3). `own` are the desk's addresses.
    Raises Refused for an address that cannot write mail or belongs to somebody else.
    """
    address = plain_address(person.address)

    def work(session: Session) -> Customer:
        customer = find(session, named)
        refuse_taken(session, address, own, customer_id=customer.id)
        his = select(ContactRow).where(col(ContactRow.customer_id) == customer.id)
        row = session.scalars(his.where(col(ContactRow.address) == address)).first()
        if row is None:
            is_first = session.scalars(his.limit(1)).first() is None
            row = ContactRow(customer_id=customer.id or 0, address=address, may_approve=is_first)
        if person.name is not None:
            row.name = one_line("name", person.name)
        if person.language is not None:
            row.language = language_of(person.language)
        _write_approval(row, person, customer.currency)
        session.add(row)
        session.flush()
        return values(session, [customer])[0]

    return db.change(work)


def domain(db: Database, named: str, given: str, own: Collection[str]) -> Customer:
    """Say that whoever writes from a domain belongs to a customer; `own` is as in `contact`."""
    name = a_label(given.strip().removeprefix("@"))
    if name is None:
        raise Refused(f"{given!r} is not a mail domain; say one such as kunde.example")
    if name in {address.rpartition("@")[2] for address in own}:
        raise Refused(f"{name} is the desk's own domain; add single addresses of it as contacts")

    def work(session: Session) -> Customer:
        customer = find(session, named)
        row = session.get(DomainRow, name)
        if row is None:
            session.add(DomainRow(domain=name, customer_id=customer.id or 0))
        elif row.customer_id != customer.id:
            raise belongs(session, name, row.customer_id)
        session.flush()
        return values(session, [customer])[0]

    return db.change(work)


def remove(db: Database, named: str, given: str) -> Customer:
    """Take an address or a domain away from a customer; tickets stay as they are."""
    wanted = given.strip().removeprefix("@")
    wanted = plain_address(wanted) if "@" in wanted else a_label(wanted) or wanted

    def work(session: Session) -> Customer:
        customer = find(session, named)
        person = delete(ContactRow).where(col(ContactRow.address) == wanted)
        place = delete(DomainRow).where(col(DomainRow.domain) == wanted)
        met = rows_met(session, person.where(col(ContactRow.customer_id) == customer.id))
        met += rows_met(session, place.where(col(DomainRow.customer_id) == customer.id))
        if not met:
            raise Refused(
                f"{customer.name} has neither an address nor a domain {wanted}; see"
                f" `maildesk customer show {customer.id}`"
            )
        return values(session, [customer])[0]

    return db.change(work)


def accept_terms(db: Database, named: str, accepted: Acceptance, now: datetime) -> Customer:
    """Note that a customer accepted the terms (PROCESS.md section 4.2, 1).

    Raises Refused without a version, for a day to come, and for a way that is none.
    """
    version, by = (
        one_line("version", accepted.version), one_line("name of who accepted", accepted.by)
    )  # fmt: skip
    if not version:
        raise Refused("say which version of the terms was accepted, such as --version 2026-01")
    if accepted.at > now:
        raise Refused(
            f"{accepted.at:%Y-%m-%d} has not come yet; say the day on which they were accepted"
        )
    how = accepted.how.strip().lower()
    if how and how not in ACCEPTED_HOW:
        raise Refused(f"{accepted.how!r} is no way to accept; say one of {_HOW}")

    def work(session: Session) -> Customer:
        row = find(session, named)
        row.terms_version, row.terms_accepted_at = version, accepted.at
        row.terms_accepted_by, row.terms_accepted_how = by, how
        if accepted.price_list is not None:
            row.price_list = one_line("price list", accepted.price_list)
        session.add(row)
        session.flush()
        return values(session, [row])[0]

    return db.change(work)


def listed(db: Database) -> list[Customer]:
    """Return all customers, by name."""
    with db.read() as session:
        rows = session.scalars(select(CustomerRow)).all()
        return sorted(values(session, rows), key=lambda customer: customer.name.casefold())


def one(db: Database, named: str) -> Customer:
    """Return a customer, named by name or id. Raises Refused if there is none."""
    with db.read() as session:
        return values(session, [find(session, named)])[0]


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
        row.rate_minor, row.currency = _sum("the rate", said.rate, currency, "95.00"), currency


def _write_approval(row: ContactRow, person: Person, currency: str) -> None:
    if person.may_approve is not None:
        row.may_approve = person.may_approve
    if person.up_to and not row.may_approve:
        raise Refused(
            f"{row.address} may not approve costs, so there is no sum to bound;"
            " say --may-approve too"
        )
    if person.up_to is not None:
        row.approve_up_to = _sum("the sum he may approve", person.up_to, currency, "500.00")
    if not row.may_approve:
        row.approve_up_to = None


def _sum(what: str, given: str, currency: str, such_as: str) -> int | None:
    if not given:
        return None
    try:
        minor = Money.of(given.replace(",", "."), currency).minor
    except ValueError as error:
        raise Refused(f"{what}: {error}") from None
    if not 0 <= minor < 2**31:
        raise Refused(f"{what}: {given!r} is out of bounds; say one such as {such_as}")
    return minor


def _free_name(session: Session, name: str, mine: int | None) -> str:
    if not name or is_id(name):
        raise Refused(f"{name!r} is no name of a customer: it needs more than digits")
    for id_, taken in session.execute(select(col(CustomerRow.id), col(CustomerRow.name))):
        if id_ != mine and taken.casefold() == name.casefold():
            raise Refused(f"there is a customer {taken} (id {id_}); see `maildesk customer list`")
    return name
