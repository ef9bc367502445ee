"""Values as they are written in JSON: plain decimals as text or numbers, days as ISO 8601.

Each raises ValueError, in a sentence that names the value, for what is not written so.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from maildesk.rules.money import MINOR, MINOR_DIGITS

_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Written = Mapping[str, Any]


def as_object(text: str, name: str, known: Collection[str]) -> Written:
    """Return the object that a text of JSON holds; numbers with fractions are exact decimals."""
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}") from None
    return members(found, name, known)


def members(value: object, name: str, known: Collection[str]) -> Written:
    """Return an object whose keys are all known: one that is misspelt must not be overlooked."""
    found = value if isinstance(value, dict) else None
    if found is None:
        raise ValueError(f"{name} is not an object")
    if strange := [key for key in found if key not in known]:
        raise ValueError(f"{name} has {strange[0]!r}, which is none of {', '.join(known)}")
    return found


def listed(value: object, name: str) -> list[Any]:
    """Return a list; null is an empty one."""
    found = value if isinstance(value, list) else None
    if found is None and value is not None:
        raise ValueError(f"{name} is not a list")
    return found or []


def decimal(value: object, name: str) -> Decimal:
    """Return an exact number, written such as "95.00"."""
    text = str(value).strip()
    if isinstance(value, bool | None) or not _PLAIN.fullmatch(text):
        raise ValueError(f"{name}: {_shown(value)} is not a number such as 95.00")
    return Decimal(text)


def whole(value: object, name: str) -> int:
    """Return a whole number."""
    found = decimal(value, name)
    if found != int(found):
        raise ValueError(f"{name}: {_shown(value)} is not a whole number")
    return int(found)


def minor(value: object, name: str) -> int:
    """Return a sum of money in minor units; one with fractions of them is none."""
    found = decimal(value, name) * MINOR
    if found != int(found):
        raise ValueError(f"{name}: {_shown(value)} has fractions of a minor unit")
    return int(found)


def flag(value: object, name: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"{name}: {_shown(value)} is not true or false")


def day(value: object, name: str) -> date:
    """Return a day written such as 2026-11-10."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value.strip()):
            return date.fromisoformat(value.strip())
    except ValueError:
        pass  # 2026-02-30: said below like all that is no day
    raise ValueError(f"{name}: {_shown(value)} is not a day such as 2026-11-10")


def word(value: object, name: str) -> str:
    """Return a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: {_shown(value)} is not a text")
    return value


def sum_words(amount: int) -> str:
    """Return minor units as a plain decimal: -7125 is "-71.25"."""
    whole_part, rest = divmod(abs(amount), MINOR)
    return f"{'-' if amount < 0 else ''}{whole_part}.{rest:0{MINOR_DIGITS}}"


def number_words(value: Decimal) -> str:
    """Return an exact number without zeros at its end: "0.5", "75"."""
    return f"{value.normalize():f}"


def _shown(value: object) -> str:
    text = repr(str(value) if isinstance(value, Decimal) else value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
