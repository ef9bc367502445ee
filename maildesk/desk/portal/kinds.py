"""The kinds of ticket as a customer sees them before he orders: price, promise, and whether he may.

What keeps somebody from ordering is asked of the same rule that decides about his mail
(`rules.process.may_order`), so a page never promises what the desk would not do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from maildesk.desk.context import Desk
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules import letters as say
from maildesk.rules.contract import Contract, ContractKind
from maildesk.rules.kinds import NORMAL, Kind, is_dearer, kind_named
from maildesk.rules.money import hourly_words
from maildesk.rules.people import ContactFacts, CustomerFacts
from maildesk.rules.policy import Policy
from maildesk.rules.process.may_order import missing_to, page_order
from maildesk.rules.process.quota import began, is_limited
from maildesk.rules.process.request_words import rate_of
from maildesk.rules.promise import due
from maildesk.store import queries
from maildesk.store.contracts import contracts_of
from maildesk.store.ordering import used
from maildesk.store.process import approvers
from maildesk.store.tables import CustomerRow, TicketRow


class Covered(StrEnum):
    """What a customer's contracts do to the price of a kind (PROCESS.md section 3.3)."""

    NO = ""  # there is no contract
    WORK = "work"  # what they cover is free; the kind costs no surcharge
    ALL = "all"  # the surcharge as well
    WEIGHTED = "weighted"  # prepaid time is taken with the factor
    BUT_SURCHARGE = "but_surcharge"
    DEPENDS = "depends"  # one includes the surcharge, another does not


@dataclass(frozen=True, slots=True)
class KindCard:
    """A kind as it would be ordered now. `hour` is the net price of an hour, in words.

    `shown` is that price as a form brings it back, to be compared; `order` is how its order is kept. `due` is when it would be due,
    None without a promise; `starts`: work begins by then. `lacks` is a word of offers.Missing:
    why it cannot be ordered at once, "" if it can.
    """

    name: str
    label: str
    hour: str
    shown: str
    order: str
    factor: str = ""
    within: str = ""
    due: datetime | None = None
    starts: bool = False
    is_dearer: bool = False
    lacks: str = ""
    covered: Covered = Covered.NO
    tag: str = ""  # what a subject says in front to ask for it

    @property
    def is_ordered(self) -> bool:
        """Whether it takes the button that says what it costs."""
        return self.is_dearer and not self.lacks


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a customer may choose from. `contract` is its name, `approvers` are the names of those
    who may order for him; the rest is in words, as in confirmations."""

    cards: tuple[KindCard, ...]
    approvers: tuple[str, ...] = ()
    contract: str = ""
    increment: str = ""
    limit: str = ""
    hours: str = ""
    remote_support: str = ""

    def card(self, name: str) -> KindCard | None:
        """Return the card of a kind, None if there is none."""
        return next((each for each in self.cards if each.name == name), None)


@dataclass(frozen=True, slots=True)
class _Known:
    contact: ContactFacts | None = None
    customer: CustomerFacts | None = None
    contracts: tuple[Contract, ...] = ()
    used: dict[str, tuple[int, int]] | None = None
    approvers: tuple[str, ...] = ()


def kinds_for(desk: Desk, person: SignedIn, locale: str, now: datetime) -> Kinds:
    """Return the kinds that somebody may ask for, the normal one first, as they stand now.

    Those that no subject can ask for are the agency's own to give.
    """
    policy = desk.policy
    normal = kind_named(policy.kinds, NORMAL)
    named = (normal, *(kind for kind in policy.kinds if kind.tags and kind is not normal))
    with desk.db.read() as session:
        known = _known(session, desk, person, named, now)
    customer, site = known.customer, desk.site
    limit = policy.limit_minutes
    if customer is not None and customer.limit_minutes is not None:
        limit = customer.limit_minutes
    return Kinds(
        cards=tuple(_card(kind, normal, known, policy, locale, now) for kind in named),
        approvers=known.approvers,
        contract=customer.contract if customer else "",
        increment=say.increment_words(policy.increment, locale),
        limit=say.span_words(limit, locale),
        hours=say.hours_words(site.hours.week, locale),
        remote_support=site.process.remote_support,
    )


def came_to(desk: Desk, ticket_id: int, kind: str) -> str:
    """Return what became of a wish for a kind: "ordered", "asked" or "opened" (a normal ticket)."""
    with desk.db.read() as session:
        row = session.get(TicketRow, ticket_id)
        if row is None or kind == NORMAL:
            return "opened"
        return "ordered" if row.kind == kind else "asked" if row.waits_for else "opened"


def _known(
    session: Session, desk: Desk, person: SignedIn, kinds: Sequence[Kind], now: datetime
) -> _Known:
    policy, contact = desk.policy, person.contact
    limited = [kind for kind in kinds if is_limited(kind)]
    spent = used(session, limited, began(now, policy.calendar)) if limited else {}
    row = session.get(CustomerRow, contact.customer_id) if contact else None
    if contact is None or row is None:
        return _Known(used=spent)
    zone = policy.calendar.timezone
    found = contracts_of(session, contact.customer_id, now.astimezone(zone).date(), zone)
    able = approvers(session, contact.customer_id)
    return _Known(
        contact,
        queries.customer(row),
        tuple(agreed for agreed, _ in found),
        spent,
        tuple(each.name or each.address for each in able),
    )


def _card(
    kind: Kind, normal: Kind, known: _Known, policy: Policy, locale: str, now: datetime
) -> KindCard:
    rate, dearer = rate_of(known.customer, policy), is_dearer(kind, normal)
    lacks = None
    if kind is not normal or policy.terms == "always":
        lacks = missing_to(kind, normal, known.contact, known.customer, known.used or {}, policy)
    if kind is normal and known.contact and known.customer and known.customer.contract:
        lacks = None  # agreed by contract
    return KindCard(
        name=kind.name,
        label=say.kind_words(kind, locale),
        hour=hourly_words(rate, kind.factor, locale),
        shown=hourly_words(rate, kind.factor, "en"),
        order=page_order(kind, known.customer, policy),
        factor=say.factor_words(kind.factor, locale),
        within=say.within_words(kind, locale),
        due=due(now, kind.promise, policy.calendar) if kind.promise else None,
        starts=say.starts(kind),
        is_dearer=dearer,
        lacks=lacks or "",
        covered=_covered(known, dearer),
        tag=kind.tags[0] if kind.tags and kind is not normal else "",
    )


def _covered(known: _Known, dearer: bool) -> Covered:
    agreed, customer = known.contracts, known.customer
    if not agreed and not (customer and customer.contract):
        return Covered.NO
    if not dearer:
        return Covered.WORK
    if not agreed:  # known by its name only
        return Covered.DEPENDS
    if all(each.covers_surcharge for each in agreed):
        return Covered.ALL
    if all(each.kind is ContractKind.BLOCK for each in agreed):
        return Covered.WEIGHTED
    free = any(each.covers_surcharge or each.kind is ContractKind.BLOCK for each in agreed)
    return Covered.DEPENDS if free else Covered.BUT_SURCHARGE
