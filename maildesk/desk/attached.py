"""A file that hangs on a message or a letter, as pages list it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attached:
    """A file; `number` counts within its message or letter, the first is 1. `size` in octets."""

    number: int
    name: str
    type: str
    size: int
