"""What is to be done for one message: a tuple of steps, to be printed, compared and applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules.entries import EntryType
from maildesk.rules.facts import TicketFacts
from maildesk.rules.failures import Unreachable
from maildesk.rules.requests import How, Request, Verdict
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
    """Make a ticket. `wish` is a dearer kind that was asked for and not yet granted.

    Its `state` is NEW or SPAM; `why` says what made it the latter. `free` makes all its time free,
    as in TicketFacts.
    """

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
    waits_for: str = ""
    follows: int | None = None
    mentions: tuple[int, ...] = ()
    state: State = State.NEW
    why: str = ""
    by_phone: bool = False
    paused_at: datetime | None = None
    category: str = ""
    free: str = ""


@dataclass(frozen=True, slots=True)
class AddMessage:
    """File the message in a ticket; `standing` is explained at store.tables.MessageRow.

    `why` is kept beside it for staff.
    """

    ticket_id: int
    standing: str = "participant"
    why: str = ""


@dataclass(frozen=True, slots=True)
class SetState:
    """Change a ticket's state; `trigger` goes into the journal.

    `row` is the id of the transition in `rules.ticket`, "" for the only one between the two.
    """

    ticket_id: int
    before: State
    to: State
    trigger: str
    row: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Set fields of a ticket: those of TicketFacts, by their names there.

    `trigger` and `detail` go into the journal; without a trigger nothing does.
    """

    ticket_id: int
    fields: Mapping[str, Any]
    trigger: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Book work on a ticket, in minutes; below zero it corrects what was booked before.

    `kind` is the ticket's kind at that time with its `factor`, `rate_minor` the price of an hour
    (None: the desk's). `free` says why it is not charged, "" if it is. `began_at` is known of a
    timer only; other work is taken to end when it was booked.
    """

    ticket_id: int
    agent_id: int
    minutes: int
    words: str = ""
    type: EntryType = EntryType.WORK
    kind: str = ""
    factor: Decimal = Decimal(1)
    rate_minor: int | None = None
    free: str = ""
    contract_id: int | None = None
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """Look at a ticket for a change that no mail causes: it must be as it was when looked at."""

    ticket_id: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Make a request, in place of the open one of its ticket. Its letters are Tell steps."""

    request: Request


@dataclass(frozen=True, slots=True)
class Judge:
    """Note what became of a request. It must still have the verdict `was`.

    `held`: the ticket waited for it, and does again if the decision is taken back.
    """

    ticket_id: int
    number: int
    verdict: Verdict
    by: str
    how: How
    was: Verdict = Verdict.OPEN
    deemed: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class Bounced:
    """Note that the letter with a request came back, so it does not count as asked."""

    ticket_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Remind:
    """Note that a reminder of a request went out (`reminders` in all) and when the next is due."""

    ticket_id: int
    number: int
    reminders: int
    remind_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """Write a line into a ticket's journal that changes nothing else."""

    ticket_id: int
    trigger: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """Start an agent's work timer on a ticket, or (`ticket_id` None) stop the one that runs."""

    agent_id: int
    ticket_id: int | None


@dataclass(frozen=True, slots=True)
class Participate:
    """Let an address take part in a ticket under a number, or not any more (number 0)."""

    ticket_id: int
    address: str
    number: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class LetIn:
    """Open the service area to a contact by the word of an agent (his login), or close it (`by` "").

    The address is a contact's, in lower case.
    """

    ticket_id: int
    address: str
    by: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Remember what a mail of an agent did to a ticket: its fields `before` and `after` it."""

    agent_id: int
    ticket_id: int
    words: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Withdraw the letters of a deed that have not left (so many), and mark it as undone."""

    deed_id: int
    inbound_id: int
    letters: int


@dataclass(frozen=True, slots=True)
class Release:
    """Handle a held mail once more, as proven by an agent who said so."""

    inbound_id: int
    agent_id: int


@dataclass(frozen=True, slots=True)
class MarkUndeliverable:
    """Note at a letter of ours that it did not arrive."""

    letter_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class MarkUnreachable:
    """Note that letters to an address (lower case) come back, or forget it (`found` None)."""

    address: str
    found: Unreachable | None


@dataclass(frozen=True, slots=True)
class Tell:
    """Send one mail. `letter` names its template; `once` the effect that happens only once.

    `person` is the recipient's number in the ticket, or the agent's id. `counted` spends the
    budgets of answering strangers. `more` are values for the template.

    An answer to a customer names its author (`sender`), follows the Message-IDs in `thread`,
    carries the `files` of the mail that caused it, and waits `delay` seconds for an undo.
    `asks` is the held mail that an OK in answer to it releases, `request` the name of the request
    that it asks about or tells the decision of, or of the digest that it is; with `link` it holds the address of its page for
    the recipient. `own` is what of the mail's
    text is shown, without command lines; "" means all of it. `ticket` is the ticket as it
    will be, where that differs from what was looked at.
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
    thread: tuple[str, ...] = ()
    sender: str = ""
    delay: int = 0
    files: bool = False
    asks: int | None = None
    request: str = ""
    link: bool = False
    own: str = ""
    ticket: OpenTicket | TicketFacts | None = None
    more: dict[str, Any] = field(default_factory=dict)


Step = (
    Leave | OpenTicket | AddMessage | SetState | Change | Book | Timer | Participate | LetIn | Deed
    | TakeBack | Release | MarkUndeliverable | MarkUnreachable | Touch | Ask | Judge | Bounced | Remind
    | Note | Tell
)  # fmt: skip
Plan = tuple[Step, ...]
