"""What one letter says beyond the common values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]

# About the queue, or the day: there is no ticket, and nothing that belongs to one.
NO_TICKET: Values = {"ticket": None, "mail": None, "reply_to": "nothing", "subjects": ()}


@dataclass(frozen=True, slots=True)
class Own:
    """The values of a letter that differ from the common ones, full and bare.

    `named` are variants that read differently: what differs in them from the full values, or from
    the bare ones where the name begins with "bare, ". `always` are the paths ("request.kind") that
    are never absent in this letter, whatever their type allows.
    """

    full: Mapping[str, Any] = field(default_factory=dict)
    bare: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Values] = field(default_factory=dict)
    always: frozenset[str] = frozenset()


Made = Callable[[str], Own]  # for a locale
