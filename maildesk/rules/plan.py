"""What is to be done for one message: a tuple of steps, to be printed, compared and applied."""

from dataclasses import dataclass, field
from datetime import datetime

from maildesk.mail.message import Address
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State


@dataclass(frozen=True, slots=True)
class Leave:
    """File the message on a list that staff see: duplicate, automatic or held."""

    state: str
    reason: str
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Make a ticket. `wish` is a dearer kind that was asked for and not yet granted."""

    ticket_id: int
    title: str
    kind: str
    requester: Address
    language: str
    clock_started_at: datetime
    due_at: datetime | None = None
    customer_id: int | None = None
    assignee_id: int | None = None
    urgent: bool = False
    presales: bool = False
    wish: str = ""
    contradiction: bool = False
    follows: int | None = None
    mentions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AddMessage:
    """File the message in a ticket; `standing` is explained at store.tables.MessageRow."""

    ticket_id: int
    standing: str = "participant"


@dataclass(frozen=True, slots=True)
class SetState:
    """Change a ticket's state; `trigger` goes into the journal."""

    ticket_id: int
    before: State
    to: State
    trigger: str


@dataclass(frozen=True, slots=True)
class MarkUndeliverable:
    """Note at a letter of ours that it did not arrive."""

    letter_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Send one mail. `letter` names its template; `once` the effect that happens only once.

    `person` is the recipient's number in the ticket, or the agent's id. `counted` spends the
    budgets of answering strangers. `more` are values for the template.
    """

    letter: str
    to: Address
    language: str
    purpose: Purpose
    ticket_id: int | None
    person: int
    once: str
    auto: str = "auto-generated"
    counted: bool = False
    threaded: bool = False
    more: dict[str, str] = field(default_factory=dict)


Step = Leave | OpenTicket | AddMessage | SetState | MarkUndeliverable | Tell
Plan = tuple[Step, ...]
