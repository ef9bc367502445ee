"""What a batch of decisions writes, gathered by table before anything is written."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from maildesk.desk.intake import Claimed
from maildesk.rules.facts import Facts, Received
from maildesk.rules.plan import Change, MarkUndeliverable, MarkUnreachable, Plan
from maildesk.rules.ticket import State
from maildesk.store.tables import EventRow


class Changed(Exception):
    """What the decision was made on is no longer so; look again."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One message with its plan and the letters written for it (rows of OutboundRow)."""

    claimed: Claimed
    received: Received
    facts: Facts
    plan: Plan
    letters: tuple[dict[str, Any], ...]


class Rows:
    """The rows of a batch, by table, in the order in which they have to be written."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        self.handled: list[dict[str, Any]] = []
        self.touched: dict[int, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.others: list[Callable[[Session], None]] = []  # rare, each in its own words
        self.threads: list[dict[str, Any]] = []
        self.letters: list[dict[str, Any]] = []
        self.marks: list[MarkUndeliverable] = []
        self.addresses: list[MarkUnreachable] = []

    def journal(
        self,
        decided: Decided,
        ticket_id: int,
        trigger: str,
        before: State | None = None,
        to: State | None = None,
        detail: str = "",
    ) -> None:
        """Add a line to the journal of a ticket."""
        self.new[EventRow].append(
            {
                "ticket_id": ticket_id,
                "at": self.now,
                "actor": "maildesk"
                if decided.received.cleared
                else decided.received.reading.mail.author or "unknown",
                "trigger": trigger,
                "from_state": before.value if before else "",
                "to_state": to.value if to else "",
                "detail": detail,
                "inbound_id": decided.claimed.inbound_id,
            }
        )
