"""What a bill may hold at all: bounds that no honest bill meets, so that sums stay exact."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from maildesk.rules.billing.values import Bill, Item, Job, Work

MOST = Decimal(10) ** 9  # of a price or quantity
MINUTES = 10_000_000  # 19 years
DECIMALS = 9  # of any number given: products of three stay exact


def check(bill: Bill) -> None:
    """Raise ValueError, in a sentence that names the value, for what cannot be billed."""
    names = Counter(job.id for job in bill.jobs)
    if twice := next((name for name, times in names.items() if times > 1), None):
        raise ValueError(f"the ticket {twice!r} is there twice")
    if "" in names:
        raise ValueError("a ticket has no name")
    _days(day for day, _ in bill.rates)
    for _, rate in bill.rates:
        _percent(rate, "a VAT rate")
    _percent(bill.discount, "the discount of the invoice")
    if bill.credit is not None:
        _within(bill.credit, Decimal(0), MOST, "the prepaid minutes")
    if not 0 <= bill.down_payment <= MOST * 100:
        raise ValueError(f"the down payment of {bill.down_payment} is not from 0 upwards")
    for job in bill.jobs:
        _check_job(job)
    for item in bill.items:
        _check_item(item)


def _check_job(job: Job) -> None:
    if job.increment < 1:
        raise ValueError(f"{job.id}: an increment of {job.increment} minutes is below 1")
    if job.minimum < 0:
        raise ValueError(f"{job.id}: a minimum of {job.minimum} minutes is below 0")
    if job.limit is not None and job.limit < 0:
        raise ValueError(f"{job.id}: a limit of {job.limit} minutes is below 0")
    if max(job.increment, job.minimum, job.limit or 0) > MINUTES:
        raise ValueError(f"{job.id}: more than {MINUTES} minutes")
    _percent(job.discount, f"{job.id}: the discount")
    for entry in job.work:
        _check_work(entry, job.id)


def _check_work(entry: Work, name: str) -> None:
    if abs(entry.minutes) > MINUTES:
        raise ValueError(f"{name}: {entry.minutes} minutes are too many")
    _within(entry.rate, Decimal(0), MOST, f"{name}: the rate")
    _within(entry.factor, Decimal(0), Decimal(1000), f"{name}: the factor")


def _check_item(item: Item) -> None:
    _within(item.quantity, -MOST, MOST, "a quantity")
    # What is given back has a quantity below zero: a price must not be (BR-27 of EN 16931).
    _within(item.price, Decimal(0), MOST, "a price")
    _percent(item.discount, "the discount of a flat item")


def _days(days: Iterable[date]) -> None:
    found = list(days)
    if not found or found != sorted(set(found)):
        raise ValueError("the VAT rates are not in the order of their days, each once")


def _percent(value: Decimal, name: str) -> None:
    _within(value, Decimal(0), Decimal(100), name)


def _within(value: Decimal, low: Decimal, high: Decimal, name: str) -> None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not low <= value <= high:
        raise ValueError(f"{name} of {value} is not a number from {low} to {high}")
    if exponent < -DECIMALS:
        raise ValueError(f"{name} of {value} has more than {DECIMALS} decimals")
