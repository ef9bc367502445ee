"""The rows of a desk of years for `bench.web`: tickets, with all that hangs on them.

Everything is invented, from a seed: the same figures make the same desk.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.web_words import Words

Row = dict[str, Any]
CUSTOMERS = 1_000
CONTACTS = 3  # of each customer
LARGE = 10  # one ticket in so many is the first customer's
MESSAGES = 3  # of each ticket
LONG = 400  # messages of the longest ticket, which is the newest
BILLED = 65  # days that work waits for its invoice, at most
OPEN = 5_000  # tickets; at most one in twenty
AGENTS = ("lena", "murat", "jonas")
NOW = datetime.now(UTC).replace(microsecond=0)
MINUTES = 1_500_000  # since the first ticket: three years
_OPEN_STATES = ("new", "in_progress", "in_progress", "waiting_customer", "planned")


class Made:
    """The rows of all tables, each table asked for once, in the order of `tables`."""

    def __init__(self, tickets: int) -> None:
        self.tickets = tickets
        self.words = Words()

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Give (table, rows)."""
        yield "agent", self._agents()
        yield "agent_address", ({"id": n, "agent_id": n, "address": f"{name}@agentur.example"}
                                for n, name in enumerate(AGENTS, 1))  # fmt: skip
        yield "customer", self._customers()
        yield "contact", self._contacts()
        yield "contract", ({"id": n, "customer_id": n, "name": "Wartung", "kind": "included",
                            "minutes": 300, "starts_on": NOW.date() - timedelta(days=900),
                            "created_at": NOW - timedelta(days=900)}
                           for n in range(1, CUSTOMERS + 1, 3))  # fmt: skip
        yield "ticket", self._tickets()
        yield "participant", self._participants()
        yield "raw", self._raws()
        yield "inbound", self._inbounds()
        yield "message", self._messages()
        yield "attachment", self._attachments()
        yield "event", self._events()
        yield "time_entry", self._times()
        yield "request", self._requests()
        yield "outbound", self._letters()

    def messages(self) -> int:
        return self.tickets * MESSAGES + (LONG - MESSAGES if self.tickets else 0)

    def mails(self) -> int:
        """How many mails came in; the last of them belong to no ticket, and lie apart."""
        return self.tickets + self.tickets // 200

    def letters(self) -> int:
        return self.tickets * 3

    def is_open(self, ticket: int) -> bool:
        """Tell whether a ticket is open: the newest and some others, never more than OPEN."""
        number = min(OPEN, self.tickets // 20 + 1)
        return (
            ticket > self.tickets - number * 4 // 5
            or ticket % (self.tickets * 5 // number + 1) == 0
        )

    def state(self, ticket: int) -> str:
        """Where a ticket stands: what was closed lately is to be billed."""
        if self.is_open(ticket):
            return _OPEN_STATES[ticket % 5]
        if ticket % 5 == 0:
            return "closed"
        return "billing" if self.at(ticket) > NOW - timedelta(days=BILLED) else "invoiced"

    def at(self, ticket: int) -> datetime:
        """When a ticket was opened: over three years, the newest a moment ago."""
        return NOW - timedelta(minutes=(self.tickets - ticket) * MINUTES // max(self.tickets, 1))

    @staticmethod
    def whose(ticket: int) -> tuple[int, int]:
        """Return the customer and the number of the contact who asked."""
        customer = 1 if ticket % LARGE == 0 else ticket % CUSTOMERS + 1
        return customer, ticket // LARGE % CONTACTS + 1

    @staticmethod
    def address(customer: int, contact: int) -> str:
        return f"person{contact}@kunde{customer:04}.example"

    def _agents(self) -> Iterator[Row]:
        for number, name in enumerate(AGENTS, 1):
            yield {"id": number, "login": name, "name": name.title(), "language": "de",
                   "enabled": True, "told_of_new": True}  # fmt: skip

    def _customers(self) -> Iterator[Row]:
        for number in range(1, CUSTOMERS + 1):
            yield {"id": number, "name": f"Kunde {number:04} GmbH", "language": "de",
                   "currency": "EUR", "created_at": NOW - timedelta(days=1200),
                   "terms_accepted_at": NOW - timedelta(days=1200)}  # fmt: skip

    def _contacts(self) -> Iterator[Row]:
        for customer in range(1, CUSTOMERS + 1):
            for contact in range(1, CONTACTS + 1):
                yield {"id": (customer - 1) * CONTACTS + contact, "customer_id": customer,
                       "name": f"Person {contact} Müller{customer}", "language": "de",
                       "address": self.address(customer, contact), "may_approve": True,
                       "sees_company": contact == 1, "portal_at": NOW}  # fmt: skip

    def _tickets(self) -> Iterator[Row]:
        for number in range(1, self.tickets + 1):
            customer, contact = self.whose(number)
            opened, is_open = self.at(number), self.is_open(number)
            yield {"id": number, "version": 5, "title": self.words.said(40)[:70],
                   "state": self.state(number),
                   "closed": not is_open, "kind": "quick" if number % 10 == 0 else "normal",
                   "urgent": number % 50 == 0, "presales": False, "wish": "",
                   "customer_id": customer, "requester": self.address(customer, contact),
                   "requester_name": f"Person {contact} Müller{customer}", "language": "de",
                   "assignee_id": number % len(AGENTS) + 1 if number % 7 else None,
                   "opened_at": opened, "clock_started_at": opened,
                   "due_at": opened + timedelta(days=2), "cycle": 1,
                   "resolved_at": None if is_open else opened + timedelta(days=1),
                   "limit_open": False}  # fmt: skip

    def _participants(self) -> Iterator[Row]:
        for number in range(1, self.tickets + 1):
            customer, contact = self.whose(number)
            yield {"id": number, "ticket_id": number, "number": 1,
                   "address": self.address(customer, contact),
                   "name": f"Person {contact} Müller{customer}"}  # fmt: skip

    def _raws(self) -> Iterator[Row]:
        octets = (
            b"From: person1@kunde0001.example\r\nTo: support@desk.example\r\nSubject: Drucker\r\n"
            b"Message-ID: <raw@kunde0001.example>\r\nDate: Mon, 23 Nov 2026 09:59:00 +0100\r\n\r\n"
            b"Der Drucker steht.\r\n"
        )
        for number in (0, *range(self.tickets + 1, self.mails() + 1)):
            yield {"sha256": f"{number:064}", "size": len(octets), "content": octets,
                   "stored_at": NOW}  # fmt: skip

    def _inbounds(self) -> Iterator[Row]:
        """One for each first message, and some that wait for a look: held, set aside, automatic."""
        states = ("held", "set_aside", "automatic")
        for number in range(1, self.mails() + 1):
            extra = number > self.tickets
            customer, contact = self.whose(number)
            yield {"id": number, "raw_sha256": f"{number * extra:064}", "rcpt_key": f"k{number}",
                   "return_path": self.address(customer, contact),
                   "rcpt_to": '["support@desk.example"]', "via": "smtp", "login": "", "peer": "",
                   "account": "", "received_at": self.at(min(number, self.tickets)), "oversize": 0,
                   "quiet": False, "state": states[number % 3] if extra else "filed",
                   "attempts": 1, "handled_at": NOW, "sender": self.address(customer, contact),
                   "subject": "Drucker", "cleared": False,
                   "ticket_id": None if extra else number}  # fmt: skip

    def _messages(self) -> Iterator[Row]:
        number = 0
        for ticket in range(1, self.tickets + 1):
            customer, contact = self.whose(ticket)
            for nth in range(LONG if ticket == self.tickets else MESSAGES):
                number += 1
                ours = nth % 2 == 1
                login = AGENTS[ticket % len(AGENTS)]
                words = self.words.said(self.words.chance.randint(200, 1_000))
                if ticket % (self.tickets // 7 + 1) == 3 and nth == 0:
                    words += " Zeppelin"
                yield {"id": number, "ticket_id": ticket, "inbound_id": None if nth else ticket,
                       "standing": "answer" if ours else "participant",
                       "author": f"{login}@agentur.example" if ours
                       else self.address(customer, contact),
                       "author_name": login.title() if ours
                       else f"Person {contact} Müller{customer}", "subject": "", "text": words,
                       "html": False, "message_id": f"{number}@kunde.example",
                       "content_key": None, "sent_at": None,
                       "filed_at": self.at(ticket) + timedelta(hours=nth)}  # fmt: skip

    def _attachments(self) -> Iterator[Row]:
        for number in range(1, self.messages() // 20 + 1):
            yield {"id": number, "message_id": number * 20, "path": "2", "size": 12_345,
                   "name": f"Bildschirmfoto {number}.png", "type": "image/png", "inline": False,
                   "content_id": ""}  # fmt: skip

    def _events(self) -> Iterator[Row]:
        path = (("T01", "", "new"), ("message", "", ""), ("T05", "new", "in_progress"),
                ("message", "", ""), ("assigned", "", ""), ("T20", "in_progress", "closed"))  # fmt: skip
        number = 0
        for ticket in range(1, self.tickets + 1):
            for nth, (trigger, before, after) in enumerate(
                path[: 4 if self.is_open(ticket) else 6]
            ):
                number += 1
                yield {"id": number, "ticket_id": ticket, "trigger": trigger,
                       "at": self.at(ticket) + timedelta(minutes=nth * 7), "actor": "maildesk",
                       "from_state": before, "to_state": after, "inbound_id": None}  # fmt: skip

    def _times(self) -> Iterator[Row]:
        for number in range(1, self.tickets * 2 + 1):
            ticket = (number + 1) // 2
            yield {"id": number, "ticket_id": ticket, "agent_id": ticket % len(AGENTS) + 1,
                   "minutes": 15 * (number % 5 + 1), "booked_at": self.at(ticket), "words": "",
                   "type": "work", "kind": "normal", "factor": "1", "rate_minor": 9_500,
                   "free": "", "inbound_id": None}  # fmt: skip

    def _requests(self) -> Iterator[Row]:
        for number in range(1, self.tickets // 5 + 1):
            ticket = number * 5
            yield {"id": number, "ticket_id": ticket, "number": 1, "about": "overrun",
                   "asked_at": self.at(ticket), "asked_by": 1, "kind": "", "minutes": 180,
                   "limit_open": False, "currency": "EUR", "words": "Es dauert länger.", "url": "",
                   "before": "in_progress", "verdict": "yes", "decided_at": self.at(ticket),
                   "decided_by": self.address(*self.whose(ticket)), "how": "mail",
                   "deemed": False, "reminders": 0, "bounced": False}  # fmt: skip

    def _letters(self) -> Iterator[Row]:
        octets = b"Subject: Antwort\r\nFrom: support@desk.example\r\n\r\nGuten Tag\r\n"
        for number in range(1, self.letters() + 1):
            ticket = (number + 2) // 3
            state = "failed" if number % 1_500 == 0 else "sent"
            yield {"id": number, "handle": f"h{number}", "once_key": None, "purpose": "answer",
                   "ticket_id": ticket, "inbound_id": None, "return_path": "support@desk.example",
                   "rcpt_to": self.address(*self.whose(ticket)), "raw": octets, "counted": False,
                   "message_id": f"{number}.letter@desk.example", "state": state, "attempts": 1,
                   "queued_at": self.at(ticket), "next_attempt_at": self.at(ticket),
                   "settled_at": self.at(ticket), "last_reply": "250 2.0.0 ok"}  # fmt: skip
