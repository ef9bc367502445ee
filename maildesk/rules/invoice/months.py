"""Months of billing, written as "2026-10"."""

import re
from datetime import date, timedelta

from maildesk.rules.letters import NO_BREAK, is_german

_MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])")
_NAMES = (
    ("Januar", "January"), ("Februar", "February"), ("März", "March"), ("April", "April"),
    ("Mai", "May"), ("Juni", "June"), ("Juli", "July"), ("August", "August"),
    ("September", "September"), ("Oktober", "October"), ("November", "November"),
    ("Dezember", "December"),
)  # fmt: skip


def before(day: date) -> str:
    """Return the month before the one of a day: that which is billed by default."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def first_day(month: str) -> date:
    """Return the first day of a month. Raises ValueError for what is no month such as 2026-10."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise ValueError(f"{month!r} is not a month such as 2026-10")
    return date(int(found[1]), int(found[2]), 1)


def last_day(month: str) -> date:
    """Return the last day of a month. Raises ValueError as `first_day` does."""
    following = first_day(month).replace(day=28) + timedelta(days=4)
    return following - timedelta(days=following.day)


def words(month: str, locale: str) -> str:
    """Return a month in words: "Oktober 2026", "October 2026"."""
    day = first_day(month)
    return f"{_NAMES[day.month - 1][0 if is_german(locale) else 1]}{NO_BREAK}{day.year}"
