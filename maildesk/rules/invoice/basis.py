"""What an invoice was drafted from, so that nothing else is billed when it gets its number."""

import json
from dataclasses import dataclass

from maildesk.rules.invoice.canonical import encoded


@dataclass(frozen=True, slots=True)
class Basis:
    """(id, version) of each ticket; ids of time entries and of flat items. All sorted."""

    tickets: tuple[tuple[int, int], ...] = ()
    entries: tuple[int, ...] = ()
    items: tuple[int, ...] = ()

    def text(self) -> str:
        """Return it as canonical JSON."""
        plain = {
            "tickets": [list(pair) for pair in sorted(self.tickets)],
            "entries": sorted(self.entries),
            "items": sorted(self.items),
        }
        return encoded(plain).decode("utf-8")


def basis_of(text: str) -> Basis:
    """Return what canonical JSON of a basis says; of "" nothing. Raises ValueError."""
    if not text:
        return Basis()
    try:
        said = json.loads(text)
        return Basis(
            tuple((int(each), int(version)) for each, version in said["tickets"]),
            tuple(int(each) for each in said["entries"]),
            tuple(int(each) for each in said["items"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"this says not what an invoice was drafted from: {error}") from error
