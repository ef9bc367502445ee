"""The rows of `maildesk clock`: what is given in them and what is answered, and its calendars.

All raise ValueError with a sentence for what cannot be read.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from maildesk.rules.calendars import calendar_of
from maildesk.rules.hours import HORIZON, Calendar
from maildesk.rules.process.effort import Event, Meter, Span, Word, measure
from maildesk.rules.promise import Pause, clock, promise_of
from maildesk.rules.promise import due as promised

DIGITS = 7  # of a number of minutes: 19 years
Row = dict[str, str]
Find = Callable[[str], Calendar]
_WORDS = {word.value: word for word in Word} | {"refuse": Word.DECLINE}


def calendars(file: Path) -> Find:
    """Return who finds the calendar of a name in a file; each is made when it is first asked for.

    Raises OSError where the file cannot be read.
    """
    try:
        read = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: not JSON: {error}") from None
    known = read if isinstance(read, dict) else None
    if known is None:
        raise ValueError(f"{file}: not a JSON object of calendars by name")
    made: dict[str, Calendar] = {}

    def find(name: str) -> Calendar:
        if name not in made:
            if name not in known:
                raise ValueError(f"there is no calendar {name!r} in {file}")
            try:
                made[name] = _calendar(known[name])
            except ValueError as error:
                raise ValueError(f"the calendar {name!r} in {file}: {error}") from None
        return made[name]

    return find


def _calendar(plain: object) -> Calendar:
    known = {"tz", "hours", "holidays", "special", "closures"}
    if not isinstance(plain, dict) or not {"tz", "hours"} <= plain.keys() <= known:
        raise ValueError(f"it has to be an object of {', '.join(sorted(known))}")
    hours, special = plain["hours"], plain.get("special") or {}
    closures = plain.get("closures") or []
    forms = (
        (isinstance(plain["tz"], str), "tz has to be text such as Europe/Berlin"),
        (isinstance(plain.get("holidays"), str | None), "holidays has to be text or null"),
        (_are_hours(hours), 'hours has to be an object such as {"1-5": ["09:00-17:00"]}'),
        (_are_hours(special), 'special has to be an object such as {"12-24": []}'),
        (_are_texts(closures), 'closures has to be a list such as ["2026-12-28/2026-12-30"]'),
    )
    for is_so, sentence in forms:
        if not is_so:
            raise ValueError(sentence)
    return calendar_of(plain["tz"], hours, plain.get("holidays"), special, closures)


def _are_hours(value: object) -> bool:
    return isinstance(value, dict) and all(_are_texts(spans) for spans in value.values())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def due(row: Row, find: Find) -> Row:
    """Return the answers of a row on a promise: when it is due, and how far it has run."""
    minutes = _number(row["minutes"] or "0", "minutes")
    promise = promise_of(row["mode"].strip(), minutes, row["cutoff"].strip())
    if promise is None:
        return {}
    calendar = find(row["calendar"])
    start = _aware(row["start"], "start")
    given = start, promise, calendar, _pauses(row["pauses"])
    moment = promised(*given)
    local = moment.astimezone(calendar.timezone) if moment else None
    answer = {"due": local.isoformat(timespec="seconds") if local else ""}
    if row["query"].strip():
        query = _aware(row["query"], "query")
        if query - start > HORIZON:
            raise ValueError(f"query: {row['query']!r} is more than ten years after the start")
        seen = clock(*given, query)
        answer |= {
            "elapsed_s": str(_seconds(seen.elapsed)),
            "remaining_s": str(_seconds(seen.remaining)),
            "paused": str(int(seen.paused)),
            "breached": str(int(seen.breached)),
        }
    return answer


def effort(row: Row) -> Row:
    """Return the answers of a row on a work meter."""
    hold = row["hold_on_request"].strip()
    if hold not in ("0", "1"):
        raise ValueError(f"hold_on_request is {hold!r}, not 0 or 1")
    limit = _total(row["limit"], "limit")
    settings = Meter(limit, _number(row["warn_before"], "warn_before"), hold == "1")
    found = measure(_work(row["work"]), _events(row["events"]), settings)
    return {
        "warned": _moments(found.warned),
        "held": _moments(found.held),
        "requested": _moments(found.requested),
        "worked_min": _minutes(found.worked),
        "free_min": _minutes(found.free),
        "limit_end": "open" if found.limit is None else str(found.limit),
        "billable_min": _minutes(found.billable),
        "unapproved_min": _minutes(found.unapproved),
    }


def _pauses(cell: str) -> list[Pause]:
    found = []
    for text in _parts(cell):
        first, slash, last = text.partition("/")
        if not slash:
            raise ValueError(f"pauses: {text!r} is not two times with / between them")
        start = _aware(first, "pauses")
        end = _aware(last, "pauses") if last.strip() else None
        if end is not None and end < start:
            raise ValueError(f"pauses: {text!r} ends before it begins")
        found.append(Pause(start, end))
    return found


def _work(cell: str) -> list[Span]:
    found = []
    for text in _parts(cell):
        times = text.removesuffix("!").split("/")
        if len(times) != 2:
            raise ValueError(f"work: {text!r} is not two times with / between them")
        start, end = (_moment(each, "work") for each in times)
        found.append(Span(start, end, free=text.endswith("!")))
    return found


def _events(cell: str) -> list[Event]:
    found = []
    for text in _parts(cell):
        at, word, amount = (*(each.strip() for each in text.split("|")), "", "")[:3]
        if word not in _WORDS or text.count("|") > 2:
            raise ValueError(
                f"events: {text!r} is not a time, a word ({', '.join(_WORDS)}) and minutes"
            )
        said = _WORDS[word]
        is_bare = said is Word.DECLINE and not amount
        total = None if is_bare else _total(amount, "events")
        found.append(Event(_moment(at, "events"), said, total))
    return found


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _number(text: str, name: str) -> int:
    if not re.fullmatch(f"[0-9]{{1,{DIGITS}}}", text.strip()):
        raise ValueError(f"{name}: {text!r} is not a number of minutes of at most {DIGITS} digits")
    return int(text)


def _total(text: str, name: str) -> int | None:
    return None if text.strip() == "open" else _number(text, name)


def _moment(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{name}: {text!r} is not a time such as 2026-11-24T09:00") from None


def _aware(text: str, name: str) -> datetime:
    moment = _moment(text, name)
    if moment.tzinfo is None:
        raise ValueError(f"{name}: {text!r} lacks the time zone, such as +01:00 or Z")
    return moment


def _moments(found: Iterable[datetime]) -> str:
    """Return moments in whole seconds: the first at which it was so, for nothing is rounded down."""
    shown = (each + timedelta(microseconds=-each.microsecond % 1_000_000) for each in found)
    return ";".join(each.isoformat(timespec="seconds") for each in shown)


def _minutes(amount: timedelta) -> str:
    """Return minutes: whole ones as such, else with up to two decimals (22.5, 0.33)."""
    text = f"{amount.total_seconds() / 60:.2f}"
    return text.rstrip("0").rstrip(".")


def _seconds(amount: timedelta) -> int:
    return math.floor(amount.total_seconds())
