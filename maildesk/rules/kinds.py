"""Kinds of ticket. They are data: a site may name its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maildesk.rules.promise import Mode, Promise, promise_of


class Measure(StrEnum):
    """What has to happen in time for a promise to be kept."""

    START = "start"
    FIRST_RESPONSE = "first_response"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of ticket: what customers write to ask for it, what it costs and promises.

    `tags` are the words between square brackets at the head of a subject; their case and
    spacing are free. `factor` multiplies the price of an hour. Without `promise` no due time
    is named. At most `quota_day` of a working day and `quota_week` of a week are taken as ordered
    at once, 0: any number. Raises ValueError for a factor that is not a number above zero.
    """

    name: str
    tags: tuple[str, ...] = ()
    factor: Decimal = Decimal(1)
    promise: Promise | None = None
    measures: Measure = Measure.DONE
    quota_day: int = 0
    quota_week: int = 0

    def __post_init__(self) -> None:
        if not self.factor.is_finite() or self.factor <= 0:
            raise ValueError(f"kind {self.name!r}: {self.factor} is not a factor above zero")


NORMAL = "normal"  # what untagged mail becomes; every configuration has this kind
DEFAULT_KINDS = (
    Kind("normal"),
    Kind(
        "quick",
        ("Quickticket", "Quick", "Quickticket normal", "QT"),
        Decimal("1.5"),
        Promise(Mode.BUSINESS, 480),
    ),
    Kind(
        "quick-high",
        ("Quickticket hoch", "Quick hoch", "Quickticket high", "QT hoch"),
        Decimal(2),
        Promise(Mode.BUSINESS, 120),
    ),
)


def kind_of(
    name: str,
    tags: Sequence[str] = (),
    factor: Decimal = Decimal(1),
    promise: str = "",
    minutes: int = 0,
    cutoff: str = "",
    measures: str = "done",
    quota_day: int = 0,
    quota_week: int = 0,
) -> Kind:
    """Return the kind of plain values, as they stand in the configuration.

    Raises ValueError, naming the kind, for a promise or a measure that cannot be read.
    """
    try:
        given = promise_of(promise, minutes, cutoff)
        return Kind(name, tuple(tags), factor, given, Measure(measures), quota_day, quota_week)
    except ValueError as error:
        raise ValueError(f"kind {name!r}: {error}") from None


def kind_named(kinds: Sequence[Kind], name: str) -> Kind:
    """Return the kind of that name. Raises ValueError if there is none."""
    for kind in kinds:
        if kind.name == name:
            return kind
    raise ValueError(f"there is no kind {name!r}; there are {', '.join(k.name for k in kinds)}")


def is_dearer(kind: Kind, than: Kind) -> bool:
    """Return whether an hour of `kind` costs more than one of `than`."""
    return kind.factor > than.factor
