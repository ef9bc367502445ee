"""Working time: when the desk is open, and how long that is.

Opening hours are wall-clock times of one time zone; everything counted is elapsed seconds in
UTC, so a night of the clock change is as long as it really was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
HORIZON = timedelta(days=3653)  # ten years: nothing is looked for beyond
_LAST_DAY = date.max.toordinal() - 1  # the day after it still has a midnight

Window = tuple[datetime, datetime]


class PublicHolidays(Protocol):
    """Who knows the public holidays of one region."""

    def in_year(self, year: int) -> frozenset[date]:
        """Return the holidays of a year. Called for every day: a look-up has to be cheap."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Opening hours within one day, half-open, in minutes since local midnight (0 to 1440).

    Raises ValueError unless it opens before it closes, on the same day.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise ValueError(f"a span has to open before it closes, within one day: {self}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the desk is open. `rules.calendars.calendar_of` makes one of plain values.

    `week` holds the spans of seven days, Monday first; those of a day are in order and do not
    overlap. `special` maps (month, day) to the spans that replace the hours of a day that
    would be open; it never opens a weekend, a holiday or a closure. `closures` are ranges of
    days, both ends included.
    """

    timezone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: PublicHolidays | None = None
    special: Mapping[tuple[int, int], tuple[Span, ...]] = field(default_factory=dict, hash=False)
    closures: tuple[tuple[date, date], ...] = ()

    def is_holiday(self, day: date) -> bool:
        """Return whether a day is a public holiday here."""
        return self.holidays is not None and day in self.holidays.in_year(day.year)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Return the opening hours of a day, () where it is closed."""
        spans = self.week[day.weekday()]
        if not spans or self.is_holiday(day):
            return ()
        if any(first <= day <= last for first, last in self.closures):
            return ()
        return self.special.get((day.month, day.day), spans)

    def windows_on(self, day: date) -> list[Window]:
        """Return the opening hours of a day as moments in UTC.

        A time that the clock shows twice is its first; one that it skips is the moment of
        the change, so hours that do not exist are not counted.
        """
        windows = []
        for span in self.spans_on(day):
            opens = _moment(day, span.opens, self.timezone)
            closes = _moment(day, span.closes, self.timezone)
            if opens < closes:
                windows.append((opens, closes))
        return windows

    def windows(self, start: datetime, end: datetime | None = None) -> Iterator[Window]:
        """Yield the opening hours from `start` on, in order, as moments in UTC, day by day.

        The first is cut to begin at `start`, the last to stop at `end`. Without an end they
        stop after ten years. Raises ValueError if a time has no time zone.
        """
        start = aware_utc(start)
        end = None if end is None else aware_utc(end)
        first = start.astimezone(self.timezone).toordinal()
        last = first + HORIZON.days if end is None else end.astimezone(self.timezone).toordinal()
        if not any(self.week):
            return
        for ordinal in range(first, min(last, _LAST_DAY) + 1):
            for opens, closes in self.windows_on(date.fromordinal(ordinal)):
                begin = max(opens, start)
                stop = closes if end is None else min(closes, end)
                if begin < stop:
                    yield begin, stop


def aware_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC. Raises ValueError if it has no time zone.

    Python adds to and subtracts local times on the wall clock, so we count in UTC only.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a time zone: {moment!r}")
    return moment.astimezone(UTC)


def add_working_time(start: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    """Return the moment (UTC) when `amount` of working time has passed since `start`.

    Counts elapsed seconds inside opening windows, so a window that a clock change makes an
    hour longer counts an hour more. A start outside working time counts from the next
    opening. The result is the earliest such moment: eight hours from Monday 09:00 in a
    09:00-17:00 calendar is Monday 17:00, not Tuesday 09:00.

    Raises ValueError if `start` has no time zone, `amount` is not positive, or the calendar
    is not open for that long within ten years.
    """
    if amount <= timedelta(0):
        raise ValueError(f"amount is not positive: {amount!r}")
    left = amount
    for opens, closes in calendar.windows(start):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise ValueError(f"the calendar is not open for {amount} within ten years")


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Return how much working time lies between two moments; none if `end` is not after `start`.

    Raises ValueError if one of them has no time zone.
    """
    total = timedelta(0)
    for opens, closes in calendar.windows(start, end):
        total += closes - opens
    return total


def next_opening(moment: datetime, calendar: Calendar) -> datetime:
    """Return `moment` itself (in UTC) if the desk is open then, else when it opens next.

    The closing time itself is closed: a mail at exactly 17:00 belongs to the next day.
    Raises ValueError if `moment` has no time zone or the desk does not open within ten years.
    """
    for opens, _ in calendar.windows(moment):
        return opens
    raise ValueError("the calendar is not open within ten years")


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    local = midnight + timedelta(minutes=minutes)  # the wall clock is meant here
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    moment = local.astimezone(UTC)
    if before is None or after is None or before >= after:
        return moment
    # The clock skips this time: look for the change, to the second.
    early, late = moment - (after - before), moment
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
