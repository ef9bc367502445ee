"""What a batch of decisions writes, gathered by table before anything is written."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from maildesk.desk.intake import Claimed
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.plan import Change, MarkUndeliverable, MarkUnreachable, Plan
from maildesk.rules.ticket import State, is_closed
from maildesk.store.tables import EventRow


class Changed(Exception):
    """What the decision was made on is no longer so; look again."""


@dataclass(frozen=True, slots=True)
class Written:
    """Finished letters: rows of OutboundRow, and of LinkRow for the pages that they lead to."""

    rows: tuple[dict[str, Any], ...] = ()
    links: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """One message with its plan and the letters written for it.

    `also` is written in the same transaction, after the plan's rows.
    """

    claimed: Claimed
    received: Received
    facts: Facts
    plan: Plan
    letters: Written
    also: tuple[Callable[[Session], None], ...] = ()

    @property
    def actor(self) -> str:
        """Who did it, for the journal."""
        if self.received.cleared:
            return DESK
        return self.received.reading.mail.author or "unknown"

    @property
    def inbound_id(self) -> int | None:
        """The mail that caused it."""
        return self.claimed.inbound_id


@dataclass(frozen=True, slots=True)
class Acted:
    """A plan that no mail caused: the time, or somebody on a page (`actor`).

    `also` is written in the same transaction, after the plan's rows.
    """

    actor: str
    facts: Facts
    plan: Plan
    letters: Written
    inbound_id: int | None = None
    also: tuple[Callable[[Session], None], ...] = ()


Cause = Decided | Acted
DESK = "maildesk"  # the actor where nobody did it but the desk itself


class Rows:
    """The rows of a batch, by table, in the order in which they have to be written."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        self.handled: list[dict[str, Any]] = []
        self.touched: dict[int, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.firsts: list[Callable[[Session], None]] = []  # before the new rows
        self.others: list[Callable[[Session], None]] = []  # after them; rare, in their own words
        self.threads: list[dict[str, Any]] = []
        self.letters: list[dict[str, Any]] = []
        self.marks: list[MarkUndeliverable] = []
        self.addresses: list[MarkUnreachable] = []

    def journal(
        self,
        cause: Cause,
        ticket_id: int,
        trigger: str,
        before: State | None = None,
        to: State | None = None,
        detail: str = "",
        row: str = "",
    ) -> None:
        """Add a line to the journal of a ticket."""
        self.new[EventRow].append(
            {
                "ticket_id": ticket_id,
                "at": self.now,
                "actor": cause.actor,
                "trigger": trigger,
                "from_state": before.value if before else "",
                "to_state": to.value if to else "",
                "detail": detail,
                "row": row,
                "inbound_id": cause.inbound_id,
            }
        )

    def touch(self, ticket_id: int, cause: Cause) -> bool:
        """Compare and count up the version of a ticket that was there when it was looked at.

        Returns whether it was: one that is just being opened has no version yet.
        """
        ticket = looked_at(cause.facts, ticket_id)
        if ticket is not None:
            self.touched.setdefault(
                ticket_id,
                {"id": ticket_id, "version": ticket.version, "state": ticket.state.value,
                 "closed": is_closed(ticket.state), "reopened": False},
            )  # fmt: skip
        return ticket is not None


def looked_at(facts: Facts, ticket_id: int) -> TicketFacts | None:
    """Return a ticket as it was when it was looked at, or None if it was not."""
    merged = (each for some in facts.staff.merged.values() for each in some)
    known = (*(candidate.ticket for candidate in facts.candidates), *merged)
    return next((ticket for ticket in known if ticket.id == ticket_id), None)
