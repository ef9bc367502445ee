"""What a kind of ticket promises, when it is due, and how far the clock has run.

The clock is computed from the ticket's history, never counted up by a timer. Waits stop it:
due is the earliest moment at which the promised working time outside waits has passed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from maildesk.rules.hours import Calendar, aware_utc, next_opening, working_time


class Mode(StrEnum):
    """How a promise is counted."""

    BUSINESS = "business"  # so many working minutes
    EOD = "eod"  # the end of the next working day
    CUTOFF = "cutoff"  # up to a time of day: the end of that day, later: of the next


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised. `minutes` of working time for BUSINESS; local `cutoff` for CUTOFF.

    Raises ValueError where the mode lacks what it counts with, or is given what it does not.
    """

    mode: Mode
    minutes: int = 0
    cutoff: time | None = None

    def __post_init__(self) -> None:
        if (self.minutes > 0) is not (self.mode is Mode.BUSINESS) or self.minutes < 0:
            raise ValueError(f"minutes above 0 belong to {Mode.BUSINESS}, and only there: {self}")
        if (self.cutoff is not None) is not (self.mode is Mode.CUTOFF):
            raise ValueError(f"a time of day belongs to {Mode.CUTOFF}, and only there: {self}")


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait for the customer, half-open; `end` is None while it lasts. Times are aware."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError(f"a time without a time zone: {self}")


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise at one moment, in working time.

    `remaining` is below zero by how much the promise is broken. `due` (UTC) is None while a
    wait is open. Breached is only what used more than was promised, so not the due moment
    itself, nor the closed hours that follow it.
    """

    elapsed: timedelta
    remaining: timedelta
    paused: bool
    breached: bool
    due: datetime | None


def promise_of(mode: str, minutes: int = 0, cutoff: str = "") -> Promise | None:
    """Return the promise of plain values; None for the mode "". `cutoff` is "12:00".

    Raises ValueError for an unknown mode, a bad time of day, or an amount that the mode lacks or
    does not count with.
    """
    if not mode:
        if minutes or cutoff:
            raise ValueError(f"minutes or cutoff without a promise; they are {', '.join(Mode)}")
        return None
    if mode not in list(Mode):
        raise ValueError(f"{mode!r} is not a promise; they are {', '.join(Mode)}")
    try:
        until = time.fromisoformat(cutoff) if cutoff else None
        if until is not None and until.tzinfo is not None:
            raise ValueError  # it is local: the calendar's zone holds
    except ValueError:
        raise ValueError(f"{cutoff!r} is not a time of day such as 12:00") from None
    return Promise(Mode(mode), minutes, until)


def due(
    start: datetime, promise: Promise, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return when a promise given at `start` is due (UTC), or None while an open wait holds it.

    A wait that begins at the due moment is too late to move it. Raises ValueError if `start`
    has no time zone or the calendar is not open for long enough within ten years.
    """
    return reached(start, budget(start, promise, calendar), calendar, pauses)


def reached(
    start: datetime, amount: timedelta, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return when so much working time outside waits has passed (UTC), at the earliest.

    None while an open wait holds it. Raises as `due`.
    """
    left = amount
    for begin, end in _running(start, pauses):
        for opens, closes in calendar.windows(begin, end):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
    if any(pause.end is None for pause in pauses):
        return None
    raise ValueError(f"the calendar is not open for another {left} within ten years")


def clock(
    start: datetime, promise: Promise, calendar: Calendar, pauses: Sequence[Pause], at: datetime
) -> Clock:
    """Return how far a promise given at `start` has run at the moment `at`. Raises as `due`."""
    at = aware_utc(at)
    elapsed = timedelta(0)
    for begin, end in _running(start, pauses):
        elapsed += working_time(begin, at if end is None else min(end, at), calendar)
    remaining = budget(start, promise, calendar) - elapsed
    return Clock(
        elapsed=elapsed,
        remaining=remaining,
        paused=any(p.start <= at and (p.end is None or at < p.end) for p in pauses),
        breached=remaining < timedelta(0),
        due=due(start, promise, calendar, pauses),
    )


def budget(start: datetime, promise: Promise, calendar: Calendar) -> timedelta:
    """Return how much working time a promise given at `start` allows.

    The modes that name the end of a day allow the working time until then, so waits move
    their due time by as much as they take.
    """
    if promise.mode is Mode.BUSINESS:
        return timedelta(minutes=promise.minutes)
    return working_time(start, _end_of_day(start, promise, calendar), calendar)


def _end_of_day(start: datetime, promise: Promise, calendar: Calendar) -> datetime:
    # Received outside hours counts as the next opening. Resolution is whole seconds.
    opening = next_opening(start, calendar).astimezone(calendar.timezone)
    day = opening.date()
    if promise.cutoff is None or opening.time().replace(microsecond=0) > promise.cutoff:
        midnight = datetime.combine(day + timedelta(days=1), time(), calendar.timezone)
        day = next_opening(midnight, calendar).astimezone(calendar.timezone).date()
    return calendar.windows_on(day)[-1][1]


def _running(
    start: datetime, pauses: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the stretches outside all waits, in order; the last one has no end, unless one waits."""
    begin = aware_utc(start)
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if pause.start > begin:
            yield begin, pause.start
        if pause.end is None:
            return
        begin = max(begin, pause.end)
    yield begin, None
