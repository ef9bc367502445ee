"""What an operator says about a contract, read into one."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from maildesk.desk.people import Refused, one_line
from maildesk.rules.contract import Contract, ContractKind, categories_of

_MINUTES = re.compile(r"(?:(?P<hours>[0-9]{1,5})h)?(?:(?P<minutes>[0-9]{1,6})m?)?", re.IGNORECASE)
_KINDS = ", ".join(ContractKind)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is said about a contract, as it was typed. None leaves it.

    `minutes` are such as "600", "10h" or "1h30", `carry` a number of months; `starts` and `ends`
    are days such as "2026-12-01", and "" for `ends` means without end.
    """

    name: str | None = None
    kind: str | None = None
    minutes: str | None = None
    carry: int | None = None
    categories: tuple[str, ...] | None = None
    starts: str | None = None
    ends: str | None = None
    covers_surcharge: bool | None = None


def agreed(before: Contract | None, said: Agreed, customer_id: int, today: date) -> Contract:
    """Return `before`, or a new contract of a customer that begins today, with what was said.

    Raises Refused for what cannot be read, and for what is no contract of its kind.
    """
    if before is None and said.kind is None:
        raise Refused(f"say which kind of contract it is: {_KINDS}")
    given: dict[str, Any] = {
        "name": None if said.name is None else one_line("name", said.name),
        "kind": None if said.kind is None else _kind(said.kind),
        "minutes": None if said.minutes is None else _minutes(said.minutes),
        "carry": said.carry,
        "starts_on": None if said.starts is None else _day(said.starts),
        "covers_surcharge": said.covers_surcharge,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if said.ends is not None:
        values["ends_on"] = _day(said.ends) if said.ends else None
    new: dict[str, Any] = {"id": 0, "customer_id": customer_id, "name": "", "starts_on": today}
    try:
        if said.categories is not None:
            values["categories"] = categories_of(said.categories)
        contract = Contract(**(new | values)) if before is None else replace(before, **values)
    except ValueError as error:
        raise Refused(str(error)) from None
    if not contract.name:
        raise Refused("a contract needs a name, which letters show, such as Wartungsvertrag")
    return contract


def _kind(given: str) -> ContractKind:
    try:
        return ContractKind(given.strip().lower())
    except ValueError:
        raise Refused(f"{given!r} is no kind of contract; say one of {_KINDS}") from None


def _minutes(given: str) -> int:
    found = _MINUTES.fullmatch(given.strip())
    if not found or not found.group():
        raise Refused(f"{given!r} is no time such as 10h, 1h30 or 600 (minutes)")
    return 60 * int(found["hours"] or 0) + int(found["minutes"] or 0)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        raise Refused(f"{given!r} is not a day such as 2026-12-01") from None
