"""The variants of a letter: full, bare, each optional value absent once, and those with a name."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any

from maildesk.desk.samples.common import bare, full
from maildesk.desk.samples.letters import own_of

COMMON = frozenset({"desk", "ticket", "price", "customer"})
FOR_STAFF = frozenset({"reply_to", "customer_address", "subjects", "can_release"})
STAFF = "staff_"
CONFIRMS = "confirm_"  # and the name of a kind of ticket; always in answer to a mail


@dataclass(frozen=True, slots=True)
class Sample:
    """A variant of a letter's values: "full", "bare", "without ticket.due", "by phone"."""

    name: str
    values: Mapping[str, Any]


def always_given(letter: str) -> frozenset[str]:
    """Return the names of the values that the desk gives to a letter whatever it says."""
    given = COMMON | FOR_STAFF if letter.startswith(STAFF) else COMMON
    return given | {"mail"} if letter.startswith(CONFIRMS) else given


def samples(
    letter: str, locale: str, names: frozenset[str], shown: frozenset[str] | None = None
) -> Iterator[Sample]:
    """Give the variants of a letter that has the values `names`, the full one first.

    `shown` are the names of the values and fields that its template looks at, None for all: what
    it does not show is not varied. A value without a bare one is left out where it is absent.
    """
    own = own_of(letter, locale)
    none = {name: each for name, each in ({**bare(locale), **own.bare}).items() if name in names}
    rest = ({**full(locale), **own.bare, **own.full}).items()
    most = none | {name: each for name, each in rest if name in names}
    yield Sample("full", most)
    yield Sample("bare", none)
    for name in sorted(most):
        if shown is not None and name not in shown:
            continue
        for without, values in _absent(name, most, none, shown):
            if without not in own.always:
                yield Sample(f"without {without}", values)
    for name, more in own.named.items():
        base = none if name.startswith("bare, ") else most
        if differs := {each: more[each] for each in more if each in names}:
            yield Sample(name, base | differs)


def _absent(
    name: str, all_: dict[str, Any], none: dict[str, Any], shown: frozenset[str] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    value = all_[name]
    if name not in none:
        yield name, {each: all_[each] for each in all_ if each != name}
    elif none[name] != value:
        yield name, all_ | {name: none[name]}
    for path, less in _less(value, shown):
        yield name + path, all_ | {name: less}


def _less(value: Any, shown: frozenset[str] | None) -> Iterator[tuple[str, Any]]:
    """Give a value of figures with each field at its default once; in a row only the first."""
    if isinstance(value, tuple) and value and _is_figures(value[0]):
        for path, first in _less(value[0], shown):
            yield f"[0]{path}", (first, *value[1:])
        return
    if not _is_figures(value):
        return
    for field in fields(value):
        if shown is not None and field.name not in shown:
            continue
        now, default = getattr(value, field.name), _default(field)
        if default is not MISSING and now != default:
            yield f".{field.name}", replace(value, **{field.name: default})
        for path, less in _less(now, shown):
            yield f".{field.name}{path}", replace(value, **{field.name: less})


def _default(field: "Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _is_figures(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, type)
