"""The charged time of a ticket: what stays of its entries, and what the limit leaves of that.

Steps 2 to 4 of PROCESS.md section 3.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from maildesk.rules.billing.values import ONE, Bill, Job, Vat, Work
from maildesk.rules.billing.vat import rate_on
from maildesk.rules.money import product


@dataclass(frozen=True, slots=True)
class Charge:
    """At what time is charged; the charges of a ticket that are equal are one line.

    `price` is that of an hour: rate x factor, of a surcharge rate x (factor - 1).
    """

    is_surcharge: bool
    factor: Decimal
    rate: Decimal
    vat_rate: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """Minutes of a day at a charge: what is left of one entry."""

    charge: Charge
    day: date
    minutes: int


def parts_of(job: Job, bill: Bill) -> tuple[Part, ...]:
    """Return the time of a ticket that is charged, in the order given: that worked."""
    entries = _corrected(job.work, bill.on)
    found = ((entry, charge_of(entry, bill)) for entry in entries if entry.minutes)
    return tuple(
        Part(charge, entry.day or bill.on, entry.minutes) for entry, charge in found if charge
    )


def charge_of(entry: Work, bill: Bill) -> Charge | None:
    """Return at what an entry is charged, None if it is free."""
    is_surcharge = entry.is_covered
    # A contract that leaves out surcharges still covers whatever is not dearer than normal work.
    if entry.is_free or (is_surcharge and (entry.covers_surcharge or entry.factor <= 1)):
        return None
    price = product(entry.rate, entry.factor - ONE if is_surcharge else entry.factor)
    return Charge(is_surcharge, entry.factor, entry.rate, vat_on(entry.day, bill), price)


def vat_on(day: date | None, bill: Bill) -> Decimal:
    """Return the VAT rate of a day of service on a bill, in percent; 0 where none is charged."""
    return rate_on(day or bill.on, bill.rates) if bill.vat is Vat.DOMESTIC else Decimal(0)


def cut(parts: Iterable[Part], limit: int | None) -> tuple[tuple[Part, ...], int]:
    """Return what the approved limit leaves, and the minutes beyond it.

    Surcharges on covered time are not work that needed approval: they pass (section 2.4).
    """
    kept: list[Part] = []
    beyond = 0
    room = limit
    for part in parts:
        if room is None or part.charge.is_surcharge:
            kept.append(part)
            continue
        minutes = min(part.minutes, room)
        room -= minutes
        beyond += part.minutes - minutes
        if minutes:
            kept.append(replace(part, minutes=minutes))
    return tuple(kept), beyond


def worked(parts: Iterable[Part]) -> int:
    """Return the minutes of work, without surcharges."""
    return sum(part.minutes for part in parts if not part.charge.is_surcharge)


def _corrected(work: Sequence[Work], on: date) -> list[Work]:
    """Return the entries with corrections taken out of what they correct; nothing below zero.

    A correction does not say which entry it means: we take one of its own day before others, the
    same minutes before others, the latest before earlier ones, the longest before shorter ones.
    More than was booked cannot be taken back: such a rest is no credit.
    """
    booked = [entry for entry in work if entry.minutes > 0]
    wrong = [entry for entry in work if entry.minutes < 0]
    # In an order of their own, so that the order in which they were logged does not count.
    for correction in sorted(wrong, key=lambda entry: (entry.day or on, entry.minutes)):
        day, left = correction.day or on, -correction.minutes
        found = [n for n, entry in enumerate(booked) if _is_like(entry, correction)]
        for n in sorted(found, key=lambda n: _nearness(booked[n], day, -correction.minutes, on)):
            taken = min(left, booked[n].minutes)
            booked[n] = replace(booked[n], minutes=booked[n].minutes - taken)
            left -= taken
    return booked


def _is_like(one: Work, other: Work) -> bool:
    return replace(one, minutes=0, day=None) == replace(other, minutes=0, day=None)


def _nearness(entry: Work, day: date, minutes: int, on: date) -> tuple[bool, bool, int, int]:
    own = entry.day or on
    return own != day, entry.minutes != minutes, -own.toordinal(), -entry.minutes
