"""Requests to a customer: to order, to approve more work, to accept what was delivered.

A request is asked once, bound to its ticket, its number there and what it says; a newer one of
the same ticket takes its place (PROCESS.md sections 1.3 and 2.4, SECURITY.md P13).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maildesk.rules.money import Money


class About(StrEnum):
    """What is asked for. For the first three the ticket waits for approval, and this is why."""

    ORDER = "order"
    OVERRUN = "overrun"
    QUOTE = "quote"
    ACCEPTANCE = "acceptance"


class Verdict(StrEnum):
    """What has become of a request. Only an open one can be decided."""

    OPEN = "open"
    YES = "yes"  # ordered, approved, accepted
    NO = "no"  # declined
    NORMAL = "normal"  # an order: as a normal ticket instead
    WITHDRAWN = "withdrawn"  # the customer needs nothing any more
    DEFECTS = "defects"  # an acceptance: something is not right
    REPLACED = "replaced"  # a newer request took its place, or the agent took it back
    UNDONE = "undone"  # decided, and taken back with STOP


class How(StrEnum):
    """The way a decision came."""

    MAIL = "mail"
    LINK = "link"
    PHONE = "phone"
    AGENT = "agent"  # deemed acceptance, and what an agent takes back


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `number` counts within the ticket; together they name it (`name`).

    `kind` is the kind ordered. `minutes` is the new total of work for an overrun or a quote,
    None with `is_open_limit` for work at cost. `amount` is what the total costs, net, at most.
    `words` is the reason, or what was delivered; `url` where to test it. `before` is the
    ticket's state when it was asked, as a word of `rules.ticket.State`; once it is decided
    "waiting_approval" if the ticket waited for it. `decided_by` is the address of who decided or
    spoke on the phone, or an agent's login. Named defects stand in the ticket's journal.
    `bounced`: the letter came back, so it does not count as asked.
    """

    ticket_id: int
    number: int
    about: About
    asked_at: datetime
    asked_by: int | None = None
    kind: str = ""
    minutes: int | None = None
    is_open_limit: bool = False
    amount: Money | None = None
    words: str = ""
    url: str = ""
    before: str = ""
    verdict: Verdict = Verdict.OPEN
    decided_at: datetime | None = None
    decided_by: str = ""
    how: str = ""
    deemed: bool = False
    reminders: int = 0
    remind_at: datetime | None = None
    bounced: bool = False

    @property
    def name(self) -> str:
        """What stands in its reply address and its page's: "1042v2"."""
        return name_of(self.ticket_id, self.number)

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for a decision."""
        return self.verdict is Verdict.OPEN

    def is_above(self, most: int) -> bool:
        """Tell whether a yes may cost more than a sum in minor units; at cost, it may."""
        return self.is_open_limit or (self.amount is not None and self.amount.minor > most)


_NAME = re.compile(r"([1-9][0-9]{0,17})v([1-9][0-9]{0,3})")


def name_of(ticket_id: int, number: int) -> str:
    """Return the name of a request: its ticket's id and its number there."""
    return f"{ticket_id}v{number}"


def named(name: str) -> tuple[int, int] | None:
    """Return (ticket id, number) of a request's name, or None for anything else."""
    found = _NAME.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else None
