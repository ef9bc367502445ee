"""How many tickets of a kind are taken as ordered at once, in a working day and in a week.

PROCESS.md section 0, row 7: a Quickticket is accepted, not just wished for.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from maildesk.rules.hours import HORIZON, Calendar, next_opening
from maildesk.rules.kinds import Kind


def is_used_up(kind: Kind, used: Mapping[str, tuple[int, int]]) -> bool:
    """Tell whether no more of a kind are taken at once; `used` is by kind: (today, this week)."""
    day, week = used.get(kind.name, (0, 0))
    return 0 < kind.quota_day <= day or 0 < kind.quota_week <= week


def is_limited(kind: Kind) -> bool:
    """Tell whether a kind has a quota at all."""
    return kind.quota_day > 0 or kind.quota_week > 0


def began(now: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
    """Return since when (UTC) what comes in belongs to the working day of `now`, and to its week.

    What comes in after hours belongs to the next working day, as for promises; the week is that
    of ISO 8601 in which this day lies. Raises ValueError for a time without a zone, or if the
    desk does not open within ten years.
    """
    day = next_opening(now, calendar).astimezone(calendar.timezone).date()
    monday = day - timedelta(days=day.weekday())
    return _closed_before(day, calendar), _closed_before(monday, calendar)


def _closed_before(day: date, calendar: Calendar) -> datetime:
    """Return when the desk closed last before a day."""
    for back in range(1, HORIZON.days):
        windows = calendar.windows_on(day - timedelta(days=back))
        if windows:
            return windows[-1][1]
    raise ValueError("the calendar was not open within ten years")
