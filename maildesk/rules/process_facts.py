"""What is known of the process where a message, an agent or the time may move it: values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maildesk.rules.contract import Balance, Contract
from maildesk.rules.entries import Entry
from maildesk.rules.people import BillingTerms, ContactFacts
from maildesk.rules.requests import Request


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """What is known of requests, work and contracts, where a message or the time may move them.

    By ticket: `requests` (the newest last), `entries` (in the order booked) and `timers` (agent
    id and start of those that run). `approvers` are the contacts of the ticket's customer who may
    approve. `asked` is the request whose reply address the message came to. `contracts` are those
    of the customer that run today. `used` is how many tickets of a kind were opened or ordered
    today and this week. `offered` is how many offers an address (lower case) got in an hour and
    a day, where a mail may cause one. `terms` are how that customer is billed.
    """

    requests: Mapping[int, tuple[Request, ...]] = field(default_factory=dict)
    entries: Mapping[int, tuple[Entry, ...]] = field(default_factory=dict)
    timers: Mapping[int, tuple[tuple[int, datetime], ...]] = field(default_factory=dict)
    approvers: tuple[ContactFacts, ...] = ()
    asked: Request | None = None
    contracts: tuple[tuple[Contract, Balance], ...] = ()
    used: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    offered: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    terms: BillingTerms = field(default_factory=BillingTerms)


NO_PROCESS = ProcessFacts()
