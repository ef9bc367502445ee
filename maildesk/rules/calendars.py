"""Calendars made of plain values, as they stand in the configuration.

    week      "1-5" = ["09:00-12:00", "13:00-17:00"]    Monday is 1; "24:00" is midnight
    holidays  "NW", "DE-NW", "BY-KATH", "BY-AUGSBURG", "AT", "CH-ZH", "" for none
    special   "12-24" = ["09:00-13:00"], [] for closed
    closures  "2026-12-28/2026-12-30" or "2026-12-28"

What is wrong is a ValueError whose sentence names the value and says how it is written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from maildesk.rules.hours import Calendar, Span


@dataclass(frozen=True, slots=True)
class Region:
    """Public holidays of a country or a part of it, as the `holidays` package knows them.

    `catholic` adds those of municipalities with a Catholic majority (Assumption Day in parts
    of Bavaria; Corpus Christi in parts of Saxony and Thuringia).
    """

    country: str
    subdivision: str | None = None
    catholic: bool = False

    def in_year(self, year: int) -> frozenset[date]:
        """Return the public holidays of a year; the first look-up of a region takes longest."""
        learnt = _LEARNT.get((self, year))
        if learnt is not None:
            return learnt
        return _in_year(self.country, self.subdivision, self.catholic, year)


_LEARNT: dict[tuple[Region, int], frozenset[date]] = {}


def learn(region: Region, days: Iterable[date], years: Iterable[int]) -> None:
    """Keep the public holidays of whole years that somebody else has looked up.

    The package that knows them takes 20 MiB: a process that runs for long is spared it.
    """
    known = frozenset(days)
    for year in years:
        _LEARNT[region, year] = frozenset(day for day in known if day.year == year)


def calendar_of(
    timezone: str,
    week: Mapping[str, Sequence[str]],
    holidays: str | None = None,
    special: Mapping[str, Sequence[str]] | None = None,
    closures: Sequence[str] = (),
) -> Calendar:
    """Return the calendar that plain values describe, see the head of this module.

    Raises ValueError, naming the bad value, for anything that cannot be read, for a day named
    twice, for spans that overlap and for a week that is never open.
    """
    return Calendar(
        timezone=_zone(timezone),
        week=_week(week),
        holidays=region_of(holidays),
        special={_month_day(day): _spans(spans, day) for day, spans in (special or {}).items()},
        closures=tuple(_closure(days) for days in closures),
    )


def region_of(name: str | None) -> Region | None:
    """Return the region whose holidays are kept, or None for none.

    A German state needs no country: BE is Berlin, and Belgium is BEL (ISO 3166-1 alpha-3).
    Raises ValueError for a country or part of it that is not known.
    """
    parts = (name or "").strip().upper().split("-")
    if parts == [""]:
        return None
    catholic = parts[-1] == "KATH"
    if catholic:
        parts.pop()
    if parts and parts[0] in _GERMAN_STATES:
        parts.insert(0, "DE")
    if parts[-1:] == ["AUGSBURG"]:
        parts = ["DE", "Augsburg"] if parts[1:-1] in ([], ["BY"]) else parts
    country, subdivision = (parts or [""])[0], "-".join(parts[1:])
    known = _GERMANY if country == "DE" else _countries()
    if country not in known:
        raise ValueError(f"no holidays are known for {name!r}: write a German state or a country")
    if subdivision and subdivision not in known[country]:
        listed = ", ".join(known[country]) or "none"
        raise ValueError(f"no holidays are known for {name!r}; the parts of {country}: {listed}")
    if catholic and (country, subdivision) not in _PARTLY_CATHOLIC:
        raise ValueError(f"no holidays of Catholic municipalities are known for {name!r}")
    return Region(country, subdivision or None, catholic)


_GERMAN_STATES = (
    "BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH",
)  # fmt: skip
# A German desk need not load the whole world to know that its state exists.
_GERMANY: Mapping[str, Sequence[str]] = {"DE": (*_GERMAN_STATES, "Augsburg")}


def _countries() -> Mapping[str, Sequence[str]]:
    from holidays import list_supported_countries  # see `learn`

    return list_supported_countries()


_PARTLY_CATHOLIC = {("DE", "BY"), ("DE", "SN"), ("DE", "TH")}


@lru_cache(maxsize=512)
def _in_year(country: str, subdivision: str | None, catholic: bool, year: int) -> frozenset[date]:
    from holidays import country_holidays  # see `learn`

    categories = ("public", "catholic") if catholic else ("public",)
    known = country_holidays(country, subdiv=subdivision, years=year, categories=categories)
    return frozenset(known)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin") from None


def _week(week: Mapping[str, Sequence[str]]) -> tuple[tuple[Span, ...], ...]:
    days: dict[int, tuple[Span, ...]] = {}
    for key, texts in week.items():
        found = re.fullmatch(r"([1-7])(?:-([1-7]))?", key.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last:
            raise ValueError(f'{key!r} is not a day or range of days such as "5" or "1-5"')
        spans = _spans(texts, key)
        for day in range(first, last + 1):
            if day in days:
                raise ValueError(f"day {day} of the week is named twice, again in {key!r}")
            days[day] = spans
    if not any(days.values()):
        raise ValueError("the week has no opening hours at all")
    return tuple(days.get(day, ()) for day in range(1, 8))


def _spans(texts: Sequence[str], where: str) -> tuple[Span, ...]:
    spans = sorted(_span(text, where) for text in texts)
    for earlier, later in pairwise(spans):
        if later.opens < earlier.closes:
            raise ValueError(f"{where!r}: spans overlap: {', '.join(texts)}")
    return tuple(spans)


def _span(text: str, where: str) -> Span:
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})", text.strip())
    if not found:
        raise ValueError(f"{where!r}: {text!r} is not a span such as 09:00-17:00")
    hour, minute, to_hour, to_minute = (int(digits) for digits in found.groups())
    opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
    if minute > 59 or to_minute > 59 or not opens < closes <= 24 * 60:
        raise ValueError(
            f"{where!r}: {text!r} has to open before it closes, from 00:00 to 24:00 of one day"
        )
    return Span(opens, closes)


def _month_day(text: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2000-{text.strip()}")  # a leap year: 02-29 is a day
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the year such as 12-24") from None
    return day.month, day.day


def _closure(text: str) -> tuple[date, date]:
    first, _, last = text.partition("/")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a day or range such as 2026-12-28/2026-12-30") from None
    if days[0] > days[1]:
        raise ValueError(f"{text!r} ends before it begins")
    return days
