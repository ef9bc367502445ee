"""Which tickets were merged into others: their work counts there too (PROCESS.md section 1.5).

Nothing is moved, so that `#split` gives it back: what was booked stays with the ticket on which it
was booked, and is only read together.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlmodel import Session

from maildesk.store.rows import rows_where
from maildesk.store.tables import TicketRow

STEPS_MAX = 20  # of one into another, and that into a third; no circle is followed for ever


def counting(session: Session, tickets: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the tickets, and all that were merged into them, each with those where it counts.

    A merged ticket that is asked for itself counts as its own, and in its target if that is
    asked for too.
    """
    found: dict[int, frozenset[int]] = {each: frozenset({each}) for each in tickets}
    latest = dict(found)
    for _ in range(STEPS_MAX):
        into: dict[int, frozenset[int]] = defaultdict(frozenset)
        for row in rows_where(session, TicketRow, "merged_into", latest):
            into[row.id] |= latest[row.merged_into]
        if not into:
            break
        for id_, where in into.items():
            found[id_] = found.get(id_, frozenset()) | where
        latest = into
    return found
