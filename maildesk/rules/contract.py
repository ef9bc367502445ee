"""Contracts of customers: what they cover, and how much of their minutes is left.

Three kinds (PROCESS.md section 3.3):

    flat       its categories are free without limit
    included   so many minutes a calendar month; what is left of a month may be carried over
    block      prepaid minutes with an end date, taken weighted by the factor (section 3.1 step 7)

A balance is computed from the time that was booked, never counted up. Days are those of the
desk's time zone.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

ALERTS = (50, 80, 95, 100)  # percent
CARRY_MAX = 36  # months
MINUTES_MAX = 1_000_000
_CATEGORY = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


class ContractKind(StrEnum):
    """How a contract covers work."""

    FLAT = "flat"
    INCLUDED = "included"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Contract:
    """What a customer agreed to. `name` is shown in letters.

    `categories` are words in lower case, none: all. `minutes` are of a month (included) or of all
    (block), 0 for flat. What is left of a month may be used in the `carry` months after it.
    `starts_on` and `ends_on` are its first and last day; None: without end. `covers_surcharge`:
    the factor of a dearer kind is free too. `ended`: somebody ended it before its time.

    Raises ValueError, in a sentence, for what is no contract of its kind.
    """

    id: int
    customer_id: int
    name: str
    kind: ContractKind
    starts_on: date
    ends_on: date | None = None
    categories: tuple[str, ...] = ()
    minutes: int = 0
    carry: int = 0
    covers_surcharge: bool = False
    ended: bool = False

    def __post_init__(self) -> None:
        if wrong := _wrong(self):
            raise ValueError(wrong)

    def runs(self, on: date) -> bool:
        """Return whether a day is one of the contract's."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


@dataclass(frozen=True, slots=True)
class Use:
    """Minutes of a time entry that a contract covers; below zero they are taken back."""

    day: date
    minutes: int
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Balance:
    """How a contract stands on a day, in whole minutes.

    Of `minutes_granted` (with what was carried over) `minutes_used` are used, or taken by work
    that is booked on later days; `minutes_left` is the rest. For flat nothing is granted and left
    is None: no limit. `share` is used of granted in percent, rounded down. `minutes_over` were
    booked on the contract in this period and found nothing left.
    """

    minutes_granted: int
    minutes_used: int
    minutes_left: int | None
    share: int
    minutes_over: int = 0


def balance(contract: Contract, uses: Iterable[Use], on: date) -> Balance:
    """Return how a contract stands on a day; outside its days nothing is granted.

    Of several months' minutes the oldest are used first, and what is older than `carry` months
    is gone. `minutes_left` is what can be taken on that day without taking cover away from any
    other use, earlier or later: work may be booked for a day that is past.
    """
    taken = _taken(contract, uses)
    if contract.kind is ContractKind.FLAT:
        return Balance(0, _up(_sum(amount for _, amount in taken)), None, 0)
    pools = _pools(contract, on)
    if not pools:
        return Balance(0, 0, 0, 0)
    period = pools[-1]
    left = _Left(contract.minutes)
    over: dict[int, Decimal] = defaultdict(Decimal)
    early = [use for use in taken if _period(contract, use[0]) < period]
    _use(contract, left, over, early)
    granted = _down(left.of(pools))
    _use(contract, left, over, [use for use in taken[len(early) :] if use[0] <= on])
    later = [use for use in taken if use[0] > on]
    free = _free(contract, left, pools, later)
    _use(contract, left, over, later)
    used = granted - free
    return Balance(granted, used, free, 100 * used // granted, _up(over[period]))


def uncovered(contract: Contract, uses: Iterable[Use]) -> int:
    """Return how many minutes were booked on a contract, on any day, and found nothing left."""
    taken = _taken(contract, uses)
    if contract.kind is ContractKind.FLAT:
        return _up(_sum(amount for day, amount in taken if not contract.runs(day)))
    return _up(_use(contract, _Left(contract.minutes), defaultdict(Decimal), taken))


def covers(contract: Contract, category: str, on: date) -> bool:
    """Return whether work of a category on a day is of what a contract covers.

    It is a proposal: for each entry a person decides (PROCESS.md section 3.3).
    """
    return contract.runs(on) and (
        not contract.categories or category.strip().casefold() in contract.categories
    )


def proposed(
    contracts: Iterable[tuple[Contract, Balance]], category: str, on: date
) -> tuple[Contract, Balance] | None:
    """Return the contract to propose for work of a category, or None if none covers it.

    One with minutes left comes first; then flat, then the minutes that are gone soonest.
    """
    found = [each for each in contracts if covers(each[0], category, on)]
    return min(found, key=lambda each: (each[1].minutes_left == 0, *order(each[0])), default=None)


def order(contract: Contract) -> tuple[int, date, int]:
    """Return what contracts are sorted by: flat, included, block; what ends soonest first."""
    return list(ContractKind).index(contract.kind), contract.ends_on or date.max, contract.id


def weight(contract: Contract, factor: Decimal) -> Decimal:
    """Return how many minutes of the credit a minute of work takes: the factor, for a block."""
    return factor if contract.kind is ContractKind.BLOCK else Decimal(1)


def split(minutes: int, left: int | None, weight: Decimal = Decimal(1)) -> tuple[int, int]:
    """Return how many of the minutes are covered and how many are charged, together all of them.

    `left` is `Balance.minutes_left`. Each minute takes `weight` of it, and only whole minutes of
    work are covered: of 30 minutes with the factor 2 a credit of 45 covers 22. Raises ValueError
    for minutes or a credit below zero, and for a weight that is not above it.
    """
    if minutes < 0 or (left is not None and left < 0) or weight <= 0:
        raise ValueError(f"{minutes} minutes at {weight} of {left} cannot be divided")
    covered = minutes if left is None else min(minutes, _down(left / weight))
    return covered, minutes - covered


def alerts(before_share: int, after_share: int) -> tuple[int, ...]:
    """Return which of ALERTS were passed when the share used went from one percentage to another.

    Each is to be told once in a period: see `period_key`.
    """
    return tuple(level for level in ALERTS if before_share < level <= after_share)


def period_key(contract: Contract, on: date) -> str:
    """Return the name of the period that a day's alerts belong to, to make their once_key of.

    A period is a calendar month (included) or the contract's whole life; with other minutes it is
    another one, so that credit that was added is alerted about anew.
    """
    month = f".{on:%Y-%m}" if contract.kind is ContractKind.INCLUDED else ""
    return f"{contract.id}{month}.{contract.minutes}"


def categories_of(given: Iterable[str]) -> tuple[str, ...]:
    """Return categories as a contract has them: in lower case, each once, in order.

    Raises ValueError for what is not one word.
    """
    found = sorted({word.strip().casefold() for word in given} - {""})
    for word in found:
        if not _CATEGORY.fullmatch(word) or len(word) > 40:
            raise ValueError(f"{word!r} is no category; say one word such as hosting")
    return tuple(found)


class _Left:
    """What is left of the minutes of each pool: a month of an included contract, or the block."""

    def __init__(self, minutes: int, gone: dict[int, Decimal] | None = None) -> None:
        self._minutes = Decimal(minutes)
        self._gone: dict[int, Decimal] = defaultdict(Decimal, gone or {})

    def copy(self) -> "_Left":
        return _Left(int(self._minutes), self._gone)

    def of(self, pools: Sequence[int]) -> Decimal:
        return _sum(self._minutes - self._gone[pool] for pool in pools)

    def take(self, pools: Sequence[int], amount: Decimal) -> Decimal:
        """Take an amount out of the pools, the first one first; return what was not there."""
        for pool in pools:
            part = min(amount, self._minutes - self._gone[pool])
            self._gone[pool] += part
            amount -= part
        return amount


def _use(
    contract: Contract, left: _Left, over: dict[int, Decimal], taken: list[tuple[date, Decimal]]
) -> Decimal:
    """Take what was used; add what was not there to `over` by period, and return its sum."""
    missing = Decimal(0)
    for day, amount in taken:
        lacks = left.take(_pools(contract, day), amount)
        over[_period(contract, day)] += lacks
        missing += lacks
    return missing


def _free(
    contract: Contract, left: _Left, pools: Sequence[int], later: list[tuple[date, Decimal]]
) -> int:
    """Return how many minutes can be taken now so that later uses lose nothing."""
    most = _down(left.of(pools))
    if not later or not most:
        return most

    def lacks(minutes: int) -> Decimal:
        then = left.copy()
        then.take(pools, Decimal(minutes))
        return _use(contract, then, defaultdict(Decimal), later)

    before = lacks(0)
    return bisect_left(range(1, most + 1), True, key=lambda minutes: lacks(minutes) > before)


def _taken(contract: Contract, uses: Iterable[Use]) -> list[tuple[date, Decimal]]:
    """Return what uses take out of a contract, by day; what is below zero undoes the latest."""
    taken: list[tuple[date, Decimal]] = []
    for use in sorted(uses, key=lambda use: (use.day, use.minutes < 0)):
        day, amount = use.day, use.minutes * weight(contract, use.factor)
        while amount < 0 and taken:
            day, last = taken.pop()
            amount += last
        if amount > 0:
            taken.append((day, amount))
    return taken


def _pools(contract: Contract, day: date) -> Sequence[int]:
    """Return the pools that may be used on a day, the oldest first."""
    if not contract.runs(day):
        return ()
    month = _period(contract, day)
    if contract.kind is ContractKind.BLOCK:
        return (month,)
    return range(max(_month(contract.starts_on), month - contract.carry), month + 1)


def _period(contract: Contract, day: date) -> int:
    return 0 if contract.kind is ContractKind.BLOCK else _month(day)


def _month(day: date) -> int:
    return 12 * day.year + day.month


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _down(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_FLOOR))


def _up(amount: Decimal) -> int:
    return -_down(-amount)


def _wrong(contract: Contract) -> str:
    flat, block = (contract.kind is kind for kind in (ContractKind.FLAT, ContractKind.BLOCK))
    if flat and (contract.minutes or contract.carry):
        return "a flat contract has no limit, so it has neither minutes nor a carry-over"
    if not flat and not 1 <= contract.minutes <= MINUTES_MAX:
        return f"a contract of this kind needs its minutes, from 1 to {MINUTES_MAX}"
    if block and contract.ends_on is None:
        return "prepaid minutes need the last day on which they can be used"
    if block and contract.carry:
        return "prepaid minutes are of no month, so there is nothing to carry over"
    if not 0 <= contract.carry <= CARRY_MAX:
        return f"the carry-over is a number of months from 0 to {CARRY_MAX}"
    if not contract.ended and contract.ends_on and contract.ends_on < contract.starts_on:
        return f"the last day {contract.ends_on} is before the first one, {contract.starts_on}"
    return ""
