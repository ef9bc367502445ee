"""When an invoice is due, what late payment costs, and in which form the law wants it.

PROCESS.md sections 3.5 and 3.6. The base interest rate changes each half year: it is an argument.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from maildesk.rules.calendars import Region
from maildesk.rules.money import half_up, product

POINTS = Decimal(9)  # above the base rate, between businesses: § 288 (2) BGB
CONSUMER_POINTS = Decimal(5)  # where a consumer owes: § 288 (1) BGB
YEAR = 365  # days; of a leap year too (PROCESS.md section 3.5)

SMALL_INVOICE = 25000  # minor units gross, § 33 UStDV: exempt up to it
TURNOVER = 80000000  # minor units of the year before, § 27 (38) UStG: above it a year earlier
FROM_LARGE, FROM_ALL = date(2027, 1, 1), date(2028, 1, 1)


class Required(StrEnum):
    """What form the law wants an invoice to have."""

    NONE = "none"
    EINVOICE = "einvoice"  # any that meets EN 16931: ZUGFeRD or XRechnung
    XRECHNUNG = "xrechnung"


class Recommended(StrEnum):
    """What form to send."""

    PDF = "pdf"
    ZUGFERD = "zugferd"
    XRECHNUNG = "xrechnung"


def due_on(issued_on: date, days: int) -> date:
    """Return the day an invoice is due, as it is printed on it (BT-9).

    Raises ValueError for days below zero and a day beyond the year 9999.
    """
    if days < 0:
        raise ValueError(f"{days} days to pay are below 0")
    try:
        return issued_on + timedelta(days=days)
    except OverflowError:
        raise ValueError(f"{days} days after {issued_on} are beyond the calendar") from None


def last_day_to_pay(due: date, region: Region | None) -> date:
    """Return the day up to which payment is in time: § 193 BGB.

    A Saturday, a Sunday and a public holiday of the region move to the next day that is none.
    Raises ValueError beyond the year 9999.
    """
    day = due
    while day.weekday() >= 5 or (region is not None and day in region.in_year(day.year)):
        if day == date.max:
            raise ValueError(f"no working day follows {due}")
        day += timedelta(days=1)
    return day


def interest(principal: int, base_rate: Decimal, days: int, points: Decimal = POINTS) -> int:
    """Return default interest in minor units, rounded half up: § 288 BGB.

    `principal` is in minor units, `base_rate` in percent (it may be below zero) and `points` come
    on top; `days` are those of default, each 1/365 of a year. It is never below zero: nobody is
    paid for being late.

    Raises ValueError for a principal or days below zero, and for a rate that is no number.
    """
    if principal < 0:
        raise ValueError("a principal below 0 bears no interest")
    if days < 0:
        raise ValueError(f"{days} days of default are below 0")
    for rate in (base_rate, points):
        exponent = rate.as_tuple().exponent
        if not isinstance(exponent, int) or abs(rate) > 1000 or exponent < -9:
            raise ValueError(f"{rate} is not a rate in percent")
    rate = max(Decimal(0), base_rate + points)
    return half_up(product(Decimal(principal * days), rate), 100 * YEAR)


def form(
    country: str,
    is_business: bool,
    gross: int,
    issued_on: date,
    turnover: int | None,
    *,
    is_small_seller: bool = False,
    leitweg: str = "",
) -> tuple[Required, Recommended]:
    """Return the form that the law wants an invoice to have, and the one to send.

    `country` is the customer's; `gross` in minor units, its sign does not count (a cancellation
    follows its invoice); `turnover` is the seller's of the year before in minor units, None:
    not known, which counts as above the threshold. `is_small_seller` is § 19 UStG.
    """
    if leitweg:  # a public customer: the E-Rechnungsverordnung knows no exemption of § 33 UStDV
        return Required.XRECHNUNG, Recommended.XRECHNUNG
    # An e-invoice may be sent to any business, wherever it is: the PDF is there to read.
    recommended = Recommended.ZUGFERD if is_business else Recommended.PDF
    is_exempt = (
        country.upper() != "DE" or not is_business or is_small_seller or abs(gross) <= SMALL_INVOICE
    )
    is_large = turnover is None or turnover > TURNOVER
    is_due = issued_on >= FROM_ALL or (is_large and issued_on >= FROM_LARGE)
    return Required.EINVOICE if is_due and not is_exempt else Required.NONE, recommended
