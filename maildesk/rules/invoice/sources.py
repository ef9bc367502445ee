"""What an invoice is drafted from: values, read from the store by `desk`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from maildesk.rules.billing.values import GERMAN_RATES, Scope, Vat
from maildesk.rules.contract import Balance, Contract, ContractKind
from maildesk.rules.entries import Entry, Free
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice.content import Bank, Format, Party
from maildesk.rules.kinds import Kind


@dataclass(frozen=True, slots=True)
class Booked:
    """A time entry by its id, on the day of the desk's zone that it counts for.

    `agent` is the name that the time sheet shows, "" for none.
    """

    id: int
    day: date
    entry: Entry
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Flat:
    """A flat item by its id. `price` is net of one; with `is_paid_before` it is a down payment.

    `ticket` is the tag of its ticket, "" without one; `ticket_id` None likewise.
    """

    id: int
    words: str
    price: Decimal
    day: date
    quantity: Decimal = Decimal(1)
    discount: Decimal = Decimal(0)
    ticket_id: int | None = None
    ticket: str = ""
    is_paid_before: bool = False


@dataclass(frozen=True, slots=True)
class Billable:
    """A ticket to be billed with all that was booked on it, and its flat items.

    `limit` is the approved total of charged work in minutes, None for no limit.
    """

    ticket: TicketFacts
    tag: str
    entries: tuple[Booked, ...] = ()
    items: tuple[Flat, ...] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a customer is billed. `rate` is of an hour, net, where an entry has none of its own.

    `increment` and `minimum` are minutes; discounts are percent of each line and of the whole.
    `rates` are VAT percents by the day from which they hold.
    """

    rate: Decimal
    increment: int = 1
    scope: Scope = Scope.TICKET
    minimum: int = 0
    discount: Decimal = Decimal(0)
    total_discount: Decimal = Decimal(0)
    payment_days: int = 14
    rates: tuple[tuple[date, Decimal], ...] = GERMAN_RATES


@dataclass(frozen=True, slots=True)
class Source:
    """All that an invoice to a customer is drafted from.

    `language` and `currency` are those of the invoice. `contracts` are all that the customer ever
    had, by id; `credits` those with minutes, as they stand on the last day. `intro`, `outro` and
    `girocode` are the agency's choice.
    """

    seller: Party
    bank: Bank
    buyer: Party
    vat: Vat
    terms: Terms
    kinds: tuple[Kind, ...]
    format: Format = Format.ZUGFERD
    language: str = "de"
    currency: str = "EUR"
    tickets: tuple[Billable, ...] = ()
    items: tuple[Flat, ...] = ()
    contracts: Mapping[int, Contract] = field(default_factory=dict)
    credits: tuple[tuple[Contract, Balance], ...] = ()
    intro: str = ""
    outro: str = ""
    girocode: bool = True


def is_free(booked: Booked, ticket: TicketFacts) -> bool:
    """Tell whether time costs nothing at all, whatever its factor."""
    return bool(ticket.free) or booked.entry.free not in (Free.CHARGED, Free.CONTRACT)


def is_covered(booked: Booked) -> bool:
    """Tell whether time falls under a contract, so that at most its surcharge is charged."""
    return booked.entry.free is Free.CONTRACT


def covers_surcharge(booked: Booked, contracts: Mapping[int, Contract]) -> bool:
    """Tell whether a contract covers the surcharge of a dearer kind too.

    A block does by itself: its minutes are taken weighted by the factor. A contract that nobody
    knows is taken to cover none.
    """
    agreed = contracts.get(booked.entry.contract_id or 0)
    return agreed is not None and (agreed.covers_surcharge or agreed.kind is ContractKind.BLOCK)


def costs(booked: Booked, ticket: TicketFacts, contracts: Mapping[int, Contract]) -> bool:
    """Tell whether any of it is charged: the time, or its surcharge."""
    if is_free(booked, ticket):
        return False
    surcharge = booked.entry.factor > 1 and not covers_surcharge(booked, contracts)
    return not is_covered(booked) or surcharge
