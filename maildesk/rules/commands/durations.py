"""Lengths and moments as people write them: "25m", "1h30", "3t", "fr 14:00", "24.11.".

    duration = minutes [ "m" / "min" ] / hours ( "h" / "std" ) [ minutes [ "m" / "min" ] ]
             / hours ( "," / "." ) decimals ( "h" / "std" ) / hours ":" minutes
    moment   = ( days ( "d" / "t" ) / weeks "w" / weekday / date ) [ hour ":" minute ]
    date     = day "." month "." [ year ] / year "-" month "-" day

What cannot be read is a ValueError whose sentence says so. Case is free.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from maildesk.rules.hours import Calendar, next_opening

LONGEST_MINUTES = 24 * 60
LONGEST_TOTAL = 99 * 60  # of what a customer is asked for
FARTHEST = timedelta(days=366)  # nothing is put off longer

_DURATION = re.compile(
    r"""(?:
        (?P<minutes>[0-9]{1,4})(?:m|min)?
      | (?P<hours>[0-9]{1,2})(?:h|std)(?:(?P<rest>[0-9]{1,2})(?:m|min)?)?
      | (?P<whole>[0-9]{1,2})[.,](?P<part>[0-9]{1,2})(?:h|std)
      | (?P<clock>[0-9]{1,2}):(?P<past>[0-9]{2})
    )\Z""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)


def minutes_of(text: str, longest: int = LONGEST_MINUTES) -> int:
    """Return the minutes of a duration without its "+", from 1 to `longest`.

    Raises ValueError for anything else, and for hours that are no whole number of minutes.
    """
    found = _DURATION.match(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 25m, 1h30 or 0:45")
    hours = int(found["hours"] or found["clock"] or found["whole"] or 0)
    minutes = int(found["minutes"] or found["rest"] or found["past"] or 0)
    if not found["minutes"] and minutes > 59:
        raise ValueError(f"{text!r} has more than 59 minutes beside its hours")
    if found["part"]:
        hundredths = int(found["part"].ljust(2, "0"))
        minutes, uneven = divmod(hundredths * 60, 100)
        if uneven:
            raise ValueError(f"{text!r} is not a whole number of minutes")
    total = 60 * hours + minutes
    if not 1 <= total <= longest:
        raise ValueError(f"{text!r} is not between one minute and {longest // 60} hours")
    return total


class PastError(ValueError):
    """A moment that can be read, but is over."""


_WEEKDAYS = {
    word: number
    for number, words in enumerate((
        "mo mon montag monday",
        "di tu tue tues dienstag tuesday",
        "mi we wed mittwoch wednesday",
        "do th thu thur thurs donnerstag thursday",
        "fr fri freitag friday",
        "sa sat samstag sonnabend saturday",
        "so su sun sonntag sunday",
    ))
    for word in words.split()
}  # fmt: skip

_AHEAD = re.compile(r"([1-9][0-9]{0,2})([dtw])\Z", re.ASCII)
_GERMAN = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.(?:([0-9]{2})?([0-9]{2}))?\Z", re.ASCII)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z", re.ASCII)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\Z", re.ASCII)


def is_clock(text: str) -> bool:
    """Return whether a word is a time of day such as 9:00 or 14:30."""
    return _CLOCK.match(text) is not None


def moment_of(text: str, now: datetime, calendar: Calendar) -> datetime:
    """Return the moment that a text names, in UTC; a time of day is the calendar's.

    Days are working days of the calendar, not counting today; a week is seven days. A weekday
    is the next one, today only with a time still to come. A date without a year is the nearest
    one. Without a time it is the beginning of working time of that day; on a day without, the
    next opening. Raises PastError for a moment that is not after `now`, ValueError for one
    that cannot be read, lies beyond FARTHEST, or if `now` has no time zone.
    """
    day_word, _, clock = text.strip().lower().partition(" ")
    found = _CLOCK.match(clock)
    if clock and not found:
        raise ValueError(f"{clock!r} is not a time of day such as 14:00")
    at = time(int(found[1]), int(found[2])) if found else None
    today = now.astimezone(calendar.timezone).date()
    if day_word in _WEEKDAYS:
        day = today + timedelta(days=(_WEEKDAYS[day_word] - today.weekday()) % 7)
        if day == today and (at is None or _at(day, at, calendar) <= now):
            day += timedelta(days=7)
    else:
        day = _day(day_word, today, calendar)
    if day - today > FARTHEST:
        raise ValueError(f"{text!r} is more than a year ahead")
    if day < today or (moment := _at(day, at, calendar)) <= now:
        raise PastError(f"{text!r} is over")
    return moment


def _at(day: date, at: time | None, calendar: Calendar) -> datetime:
    if at is not None:
        return datetime.combine(day, at, calendar.timezone).astimezone(UTC)
    return next_opening(datetime.combine(day, time(), calendar.timezone), calendar)


def _day(word: str, today: date, calendar: Calendar) -> date:
    if found := _AHEAD.match(word):
        count = int(found[1])
        return (
            today + timedelta(weeks=count)
            if found[2] == "w"
            else _working_day(today, count, calendar)
        )
    if found := _ISO.match(word):
        return _date(word, int(found[1]), int(found[2]), int(found[3]))
    if found := _GERMAN.match(word):
        day, month = int(found[1]), int(found[2])
        if found[4]:
            return _date(word, int((found[3] or "20") + found[4]), month, day)
        return _nearest(word, today, month, day)
    raise ValueError(f"{word!r} is not a day such as 3d, 2w, fr, 24.11. or 2026-11-24")


def _working_day(today: date, count: int, calendar: Calendar) -> date:
    day = today
    for _ in range(FARTHEST.days + 1):
        day += timedelta(days=1)
        count -= bool(calendar.spans_on(day))
        if not count:
            break
    return day


def _nearest(word: str, today: date, month: int, day: int) -> date:
    """Return the day of the year that is nearest: 7.1. in December is of January to come."""
    days = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            days.append(date(year, month, day))
        except ValueError:  # no day at all, or 29.2. in another year
            continue
    if not days:
        raise ValueError(f"{word!r} is not a day of the calendar")
    return min(days, key=lambda one: abs(one - today))


def _date(word: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{word!r} is not a day of the calendar") from None
