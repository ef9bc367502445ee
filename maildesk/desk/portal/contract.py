"""What is agreed with a customer, as his own people see it: contracts, credit, prices, terms."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.contract import Balance, Contract, ContractKind, order, weight
from maildesk.rules.invoice import months
from maildesk.rules.letters import (
    factor_words,
    increment_words,
    is_german,
    kind_words,
    starts,
    within_words,
)
from maildesk.rules.money import Money, hourly_words
from maildesk.rules.number import tag
from maildesk.rules.policy import Policy
from maildesk.store.billing import billing_row
from maildesk.store.contracts import contracts_of, day_of
from maildesk.store.tables import ContactRow, CustomerRow, ParticipantRow
from maildesk.store.work_tables import TimeRow

USES_SHOWN = 30  # the newest of each contract


@dataclass(frozen=True, slots=True)
class Used:
    """Work that a contract covered. `ticket` is a tag, "" for one that the person may not see.

    `taken` is what it took of the credit, in minutes: the work times its factor. Both in words.
    """

    day: date
    ticket: str
    minutes: int
    factor: str
    taken: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract that runs, how it stands today, and the newest work on it, of `total` entries.

    `month` is the one that its minutes are for, in words, "" for all others.
    """

    contract: Contract
    balance: Balance
    month: str
    uses: tuple[Used, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Price:
    """A kind of ticket in words: what an hour of it costs, net, and what is promised."""

    kind: str
    hour: str
    factor: str
    within: str
    is_start: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that were accepted: their version, when and by whom; `price_list` goes with them."""

    version: str
    at: datetime | None
    by: str
    price_list: str


@dataclass(frozen=True, slots=True)
class ContractView:
    """All of it. `rounding` says in words how time is counted."""

    customer: str
    agreed: tuple[Agreed, ...]
    prices: tuple[Price, ...]
    rounding: str
    terms: Terms


def view(desk: Desk, person: SignedIn, locale: str, now: datetime) -> ContractView | None:
    """Return what is agreed with the customer of a contact; None for somebody of no customer."""
    if person.contact is None:
        return None
    policy, zone = desk.policy, desk.policy.calendar.timezone
    today = now.astimezone(zone).date()
    with desk.db.read() as session:
        row = session.get_one(CustomerRow, person.contact.customer_id)
        found = contracts_of(session, row.id or 0, today, zone)
        agreed = tuple(
            _agreed(session, desk, person, contract, stands, today, locale)
            for contract, stands in sorted(found, key=lambda each: order(each[0]))
        )
        increment = getattr(billing_row(session, row.id or 0), "increment", None)
        by = _name_of(session, row)
    rate = policy.rate if row.rate_minor is None else Money(row.rate_minor, row.currency)
    return ContractView(
        customer=row.name,
        agreed=agreed,
        prices=prices(policy, rate, locale),
        rounding=increment_words(increment or policy.increment, locale),
        terms=Terms(row.terms_version, row.terms_accepted_at, by, row.price_list),
    )


def prices(policy: Policy, rate: Money, locale: str) -> tuple[Price, ...]:
    """Return what each kind of ticket costs at a rate, in the order of the configuration."""
    return tuple(
        Price(
            kind_words(kind, locale),
            hourly_words(rate, kind.factor, locale),
            factor_words(kind.factor, locale),
            within_words(kind, locale),
            starts(kind),
        )
        for kind in policy.kinds
    )


def _agreed(
    session: Session,
    desk: Desk,
    person: SignedIn,
    contract: Contract,
    stands: Balance,
    today: date,
    locale: str,
) -> Agreed:
    here = col(TimeRow.contract_id) == contract.id
    newest = select(TimeRow).where(here).order_by(col(TimeRow.id).desc()).limit(USES_SHOWN)
    rows = session.scalars(newest).all()
    total = session.scalar(select(func.count()).select_from(TimeRow).where(here)) or 0
    seen = _seen(session, person, {row.ticket_id for row in rows})
    zone = desk.policy.calendar.timezone
    uses = tuple(
        Used(
            day_of(row.began_at, row.booked_at, zone),
            tag(desk.policy.code, row.ticket_id) if row.ticket_id in seen else "",
            row.minutes,
            _decimal(Decimal(row.factor), locale),
            _decimal(row.minutes * weight(contract, Decimal(row.factor)), locale),
        )
        for row in rows
    )
    is_monthly = contract.kind is ContractKind.INCLUDED
    month = months.words(f"{today:%Y-%m}", locale) if is_monthly else ""
    return Agreed(contract, stands, month, uses, total)


def _decimal(number: Decimal, locale: str) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if is_german(locale) else text


def _seen(session: Session, person: SignedIn, ticket_ids: Collection[int]) -> set[int]:
    """Return which of some tickets of his customer a person may open."""
    if person.sees_company or not ticket_ids:
        return set(ticket_ids)
    mine = select(col(ParticipantRow.ticket_id)).where(
        func.lower(col(ParticipantRow.address)) == person.address.lower(),
        col(ParticipantRow.ticket_id).in_(sorted(ticket_ids)),
    )
    return set(session.scalars(mine))


def _name_of(session: Session, row: CustomerRow) -> str:
    """Return who accepted the terms: by name where the address is that of a contact."""
    said = row.terms_accepted_by
    named = select(col(ContactRow.name)).where(
        col(ContactRow.customer_id) == row.id, col(ContactRow.address) == said.lower()
    )
    return (session.scalar(named) or said) if said else ""
