"""Who is connected to a listener now, and the commits that run for them."""

import asyncio
from collections import Counter
from typing import Protocol

from maildesk.config import Limits


class Visitor(Protocol):
    """One connection. `peer` is the address of the other end, "" for a unix socket."""

    peer: str

    def stop(self) -> None:
        """Close now, or after the transaction in hand."""

    def cut(self) -> None:
        """Close at once."""


class Visitors:
    """The open connections of one listener, counted, and the commits under way.

    A commit outlives the connection it came by. `nobody` is set while there is neither.
    """

    def __init__(self, limits: Limits) -> None:
        self.here: set[Visitor] = set()
        self.commits: set[asyncio.Future[int]] = set()
        self.nobody = asyncio.Event()
        self.nobody.set()
        self._limits = limits
        self._per_peer: Counter[str] = Counter()

    def enter(self, one: Visitor) -> bool:
        """Count a connection; False, and not counted, when there are too many already."""
        # All peers of a unix socket are one MTA of this machine: only the total counts.
        crowd = self._per_peer[one.peer] if one.peer else 0
        if len(self.here) >= self._limits.connections or crowd >= self._limits.connections_per_peer:
            return False
        self.here.add(one)
        self._per_peer[one.peer] += 1
        self.nobody.clear()
        return True

    def leave(self, one: Visitor) -> None:
        """Forget a connection; one that was not counted is no error."""
        if one in self.here:
            self.here.remove(one)
            self._per_peer[one.peer] -= 1
            if not self._per_peer[one.peer]:
                del self._per_peer[one.peer]
            self._look()

    def committing(self, commit: asyncio.Future[int]) -> None:
        """Hold a commit until it is done, whoever hangs up meanwhile."""
        self.commits.add(commit)
        self.nobody.clear()
        commit.add_done_callback(self._committed)

    def _committed(self, commit: asyncio.Future[int]) -> None:
        self.commits.discard(commit)
        self._look()

    def _look(self) -> None:
        if not self.here and not self.commits:
            self.nobody.set()
