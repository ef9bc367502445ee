"""What is known when a message is decided about: values, read from the store by `desk`."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from maildesk.mail.message import Address, Reading
from maildesk.mail.smtp import Envelope
from maildesk.rules.contract import Balance, Contract
from maildesk.rules.entries import Entry
from maildesk.rules.failures import Unreachable
from maildesk.rules.invoice_facts import NamedInvoice
from maildesk.rules.people import AgentFacts, ContactFacts, CustomerFacts
from maildesk.rules.process_facts import NO_PROCESS, ProcessFacts
from maildesk.rules.requests import Request
from maildesk.rules.signed import SignedAddress
from maildesk.rules.subject import Subject
from maildesk.rules.ticket import State


class Match(StrEnum):
    """How a message led to a ticket, the strongest first."""

    SIGNED_ADDRESS = "signed_address"
    SIGNED_ID = "signed_id"
    REFERENCE = "reference"
    TAG = "tag"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket that a message may belong to. `participants` maps addresses to their numbers.

    `cycle` counts its promises. `alert_at` is when its promise is looked at next, None for
    never; `met_at` and `breached_at` are of the present one. `waits_for` says why it waits for an
    approval (`requests.About`). `limit_minutes` is the approved total of work, None: what is
    agreed with the customer or for all; with `limit_open` there is none. `free` makes all its
    time free ("goodwill").
    """

    id: int
    version: int
    title: str
    state: State
    kind: str
    customer_id: int | None
    requester: Address
    participants: tuple[tuple[str, int], ...]
    language: str
    assignee_id: int | None
    due_at: datetime | None = None
    resolved_at: datetime | None = None
    clock_started_at: datetime | None = None
    paused_at: datetime | None = None
    wake_at: datetime | None = None
    planned_at: datetime | None = None
    category: str = ""
    merged_into: int | None = None
    urgent: bool = False
    opened_at: datetime | None = None
    cycle: int = 1
    alert_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    responded_at: datetime | None = None
    waits_for: str = ""
    limit_minutes: int | None = None
    limit_open: bool = False
    free: str = ""

    def number_of(self, address: str) -> int:
        """Return the participant's number in this ticket, or 0."""
        return dict(self.participants).get(address, 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a message names in some way, by the number `named` (0: its own).

    A merged one is replaced by its target, which has another number. `foreign` is the number of
    the author's own desk, where that is what names it.
    """

    ticket: TicketFacts
    match: Match
    named: int = 0
    foreign: str = ""

    @property
    def number(self) -> int:
        return self.named or self.ticket.id


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A letter of ours that a bounce is about. `once` names its effect, as in plan.Tell."""

    id: int
    rcpt_to: str
    ticket_id: int | None
    purpose: str
    once: str = ""


@dataclass(frozen=True, slots=True)
class RunningTimer:
    """The work timer that runs for an agent."""

    ticket_id: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class DoneDeed:
    """The last thing that an agent's mail did to a ticket and that was not taken back.

    `before` are the fields as they were, `after` as it left them. `minutes` were booked by it,
    in the entries `booked`; of its letters `waiting` have not left and `gone` (recipients) have.
    """

    id: int
    inbound_id: int
    words: str
    before: Mapping[str, Any]
    minutes: int
    after: Mapping[str, Any] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    booked: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in a list for staff. `minutes` is the work booked on it.

    `is_breached`: its promise is known to be broken.
    """

    id: int
    title: str
    kind: str
    state: State
    due_at: datetime | None
    customer: str
    minutes: int
    opened_at: datetime
    urgent: bool = False
    is_breached: bool = False


@dataclass(frozen=True, slots=True)
class PastCall:
    """A phone call that was logged on a ticket; `entry.words` say what it was about."""

    ticket_id: int
    title: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Person:
    """An address that an agent named in a command, as far as it is known.

    Of what he and the other people of his company have with us: `history` are the open tickets,
    the newest first, `closed` those that were closed last, `requests` what nobody has decided
    yet, `calls` the last ones, `contracts` those that run, `approvers` who may approve.
    """

    address: str
    contact: ContactFacts | None = None
    customer: CustomerFacts | None = None
    history: tuple[TicketLine, ...] = ()
    closed: tuple[TicketLine, ...] = ()
    requests: tuple[Request, ...] = ()
    calls: tuple[PastCall, ...] = ()
    contracts: tuple[tuple[Contract, Balance], ...] = ()
    approvers: tuple[ContactFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class AnsweredDigest:
    """The digest that an agent answers: its name, and its tickets by number, the first is 1.

    Of those that the answer names, by ticket: whose they are, and how far the process is.
    """

    name: str
    tickets: tuple[int, ...]
    customers: Mapping[int, CustomerFacts] = field(default_factory=dict)
    process: Mapping[int, ProcessFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a ticket, as an agent is reminded of it; `standing` as in the store."""

    author: str
    standing: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """What is known besides when an agent writes, or seems to.

    By ticket: `threads` (Message-IDs that an answer follows, the newest last), `minutes`,
    `deeds`, `merged` (the tickets that were merged into it, the newest last) and `latest` (its last messages,
    the newest last). `people` are those that the
    mail names. `digest` is the one whose reply address it came to. `asked` is the held mail that
    it answers with OK, if that still waits. `replayed`
    says that the same words of the same second came before, `came_before` that another mail of
    the same author and Message-ID did.
    """

    threads: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    minutes: Mapping[int, int] = field(default_factory=dict)
    deeds: Mapping[int, DoneDeed] = field(default_factory=dict)
    merged: Mapping[int, tuple[TicketFacts, ...]] = field(default_factory=dict)
    latest: Mapping[int, tuple[Said, ...]] = field(default_factory=dict)
    timer: RunningTimer | None = None
    queue: tuple[TicketLine, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    digest: AnsweredDigest | None = None
    asked: int | None = None
    replayed: bool = False
    came_before: bool = False


NO_LIMIT = sys.maxsize


@dataclass(frozen=True, slots=True)
class Budget:
    """How many automatic mails went out; as a limit, how many may."""

    address_hour: int = 0
    address_day: int = 0
    domain_hour: int = 0
    all_hour: int = 0

    def is_spent(self, limit: "Budget") -> bool:
        """Tell whether one more would go over any of the limits."""
        return (
            self.address_hour >= limit.address_hour
            or self.address_day >= limit.address_day
            or self.domain_hour >= limit.domain_hour
            or self.all_hour >= limit.all_hour
        )


@dataclass(frozen=True, slots=True)
class Proofs:
    """What keys, our own mail server and DNS made of the evidence (SECURITY.md section 5.2).

    `addresses` are signed by us and have not expired (D), `expired` are others of ours, which
    prove nothing. `domain_passed`: our server says that
    DMARC passed for the author's very domain, and `account` is the agent whose login it saw (A).
    `domain_signed`: we checked his domain's signature (B). `login` is who logged in at our own
    listener (C). `dmarc_failed`: our server says so, and `disowned`: that domain asks that such
    mail be refused or set apart. `said` are (proof, whether it holds, why), in words.
    """

    is_ours: bool = False
    addresses: tuple[SignedAddress, ...] = ()
    domain_passed: bool = False
    account: str = ""
    domain_signed: bool = False
    login: str = ""
    dmarc_failed: bool = False
    disowned: bool = False
    said: tuple[tuple[str, bool, str], ...] = ()
    expired: tuple[SignedAddress, ...] = ()

    def prove(self, agent: AgentFacts) -> bool:
        """Tell whether A, B or C proves that a mail in an agent's name is his, whatever it is about.

        What our own server calls forged only his login proves.
        """
        if self.login and self.login.lower() == agent.login.lower():
            return True
        passed = self.domain_passed or self.domain_signed or self.account == agent.login
        return passed and not self.dmarc_failed


@dataclass(frozen=True, slots=True)
class Received:
    """One message with everything that was read out of it.

    `mark` is what our own mail server wrote on it if that means spam, as "X-Spam-Flag: YES".
    `cleared`: an operator said that it is none.
    """

    inbound_id: int
    envelope: Envelope
    reading: Reading
    subject: Subject
    proofs: Proofs = Proofs()
    oversize: int = 0
    quiet: bool = False
    released_by: int | None = None
    mark: str = ""
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows about one message and its author.

    `ticket_id` and `message_id` are numbers reserved for what may be made of it.
    `known_in` is the ticket in which the same mail already is. `agents` are the enabled ones.
    `blocked` is the address or "@domain" under which the author is blocked. `unreachable` are
    the addresses, in lower case, that letters of ours came back from. `invoice` is the one that the
    message is about: an answer to its mail, or a report that this came back.
    """

    ticket_id: int
    message_id: int
    known: bool = False
    known_in: int | None = None
    agent: AgentFacts | None = None
    contact: ContactFacts | None = None
    customer: CustomerFacts | None = None
    candidates: tuple[Candidate, ...] = ()
    letter: SentLetter | None = None
    agents: tuple[AgentFacts, ...] = ()
    open_tickets: dict[int, int] = field(default_factory=dict)
    budget: Budget = Budget()
    staff: StaffFacts = field(default_factory=StaffFacts)
    blocked: str = ""
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict)
    process: ProcessFacts = NO_PROCESS
    invoice: NamedInvoice | None = None
