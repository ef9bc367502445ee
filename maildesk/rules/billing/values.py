"""What is billed and what comes out: the values of the billing rules (PROCESS.md section 3).

Prices, rates, factors and percents are exact decimals in major units; sums are whole minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO, ONE = Decimal(0), Decimal(1)
# The general rate of § 12 (1) UStG by the day from which it holds; 16 % by § 28 UStG of 2020.
GERMAN_RATES = (
    (date(2007, 1, 1), Decimal(19)),
    (date(2020, 7, 1), Decimal(16)),
    (date(2021, 1, 1), Decimal(19)),
)


class Scope(StrEnum):
    """Over what the minutes are summed before they are rounded up (PROCESS.md section 3.2)."""

    TICKET = "ticket"
    TICKET_DAY = "ticket_day"
    ENTRY = "entry"


class Vat(StrEnum):
    """The cases of value added tax (PROCESS.md section 3.4)."""

    DOMESTIC = "S"
    REVERSE = "AE"
    OUTSIDE = "O"
    SMALL = "E19"


@dataclass(frozen=True, slots=True)
class Work:
    """A time entry. `rate` is the net price of an hour, exact; `day` None is the bill's day.

    `is_covered` by a contract costs nothing, or its surcharge alone where the contract does not
    cover that; `is_free` costs nothing at all (not billable, rework, own mistakes). Minutes below
    zero correct what was booked before with the same rate, factor and flags.
    """

    minutes: int
    rate: Decimal
    factor: Decimal = ONE
    day: date | None = None
    is_covered: bool = False
    is_free: bool = False
    covers_surcharge: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """The work on one ticket, in the order worked, and how it is billed.

    That order decides what a limit cuts and how lines follow each other; whoever has entries in
    another one, such as that in which they were logged, sorts them first (`invoice.netting`).
    `increment`, `minimum` and `limit` are minutes; `limit` are those approved, None for any.
    `discount` is in percent of each line.
    """

    id: str
    work: tuple[Work, ...]
    increment: int = 1
    scope: Scope = Scope.TICKET
    minimum: int = 0
    limit: int | None = None
    discount: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Item:
    """A flat item: goods, a licence, a travel flat rate. `price` net of one; discount in percent.

    No factor ever applies to it. `day` None is the bill's day.
    """

    quantity: Decimal
    price: Decimal
    discount: Decimal = ZERO
    day: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """What goes on one invoice: tickets in order of completion, then flat items.

    `on` is the day that counts where work has none. `discount` is in percent of the whole.
    `credit` are prepaid minutes, None for none bought; `is_weighted` takes minutes x factor of
    them, else plain minutes. `down_payment` is in minor units. `rates` are VAT percents by the
    day from which they hold, in order.
    """

    jobs: tuple[Job, ...]
    items: tuple[Item, ...]
    on: date
    vat: Vat = Vat.DOMESTIC
    discount: Decimal = ZERO
    credit: Decimal | None = None
    down_payment: int = 0
    rates: tuple[tuple[date, Decimal], ...] = GERMAN_RATES
    is_weighted: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the work on a ticket at one price and one VAT rate, or a flat item.

    Of work `quantity` is `minutes` and `price` the exact price of an hour: rate x factor, of a
    surcharge rate x (factor - 1). `job` is "" for an item, and `item` its index, else None.
    `before_discount` - `discount` = `net`, in minor units; `vat_rate` is in percent.
    """

    job: str
    item: int | None
    minutes: int
    rate: Decimal
    factor: Decimal
    is_surcharge: bool
    quantity: Decimal
    price: Decimal
    before_discount: int
    discount: int
    net: int
    vat_rate: Decimal
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Share:
    """What is taxed at one rate, in minor units: `net` is after the invoice's discount.

    `discount` is what the invoice's discount took of this rate; net + discount is the sum of its
    lines.
    """

    rate: Decimal
    net: int
    vat: int
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What a bill comes to. Sums in minor units, `shares` by VAT rate upwards.

    `minutes` are by ticket those charged or taken from the credit, rounded, without surcharges;
    `unapproved` those cut at the limit. `credit_left` are the prepaid minutes that remain.
    """

    lines: tuple[Line, ...]
    shares: tuple[Share, ...]
    net: int
    vat: int
    gross: int
    payable: int
    minutes: Mapping[str, int] = field(default_factory=dict)
    unapproved: Mapping[str, int] = field(default_factory=dict)
    credit_left: Decimal | None = None
