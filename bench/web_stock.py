"""A desk of years for `bench.web`: tickets by the hundred thousand, with all that hangs on them.

Everything is invented, from a seed: the same figures make the same desk. It is written into the
tables at once, by executemany (SQLite) or COPY (PostgreSQL); no mail is taken in.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy
from sqlmodel import SQLModel

from maildesk.store import migrate
from maildesk.store.db import Database

CUSTOMERS = 1_000
CONTACTS = 3  # of each customer
MESSAGES = 4  # of each ticket
LONG = 400  # messages of the longest ticket, which is the newest
OPEN = 5_000  # tickets; at most one in twenty
AGENTS = ("lena", "murat", "jonas")
NOW = datetime.now(UTC).replace(microsecond=0)
_PARTS = [
    "drucker",
    "netzwerk",
    "rechnung",
    "server",
    "kunden",
    "papier",
    "lager",
    "versand",
    "kasse",
    "shop",
    "katalog",
    "preis",
    "liefer",
    "adresse",
    "passwort",
    "bestell",
    "seiten",
    "bilder",
    "daten",
    "sicherung",
    "telefon",
    "konto",
    "steuer",
    "mandat",
    "filial",
    "vertrag",
    "termin",
    "fehler",
    "meldung",
    "karten",
    "zahlungs",
    "sprach",
    "such",
    "filter",
    "bericht",
]
_ENDS = [
    "drucker",
    "verbindung",
    "nummer",
    "anzeige",
    "übersicht",
    "änderung",
    "prüfung",
    "größe",
    "straße",
    "fehler",
    "liste",
    "seite",
    "einstellung",
    "ausfall",
    "störung",
    "anlage",
    "server",
    "stau",
    "büro",
    "gerät",
]
_SENTENCES = (
    "Guten Tag, seit heute Morgen geht {a} nicht mehr.", "Können Sie bitte {a} prüfen?",
    "Bei uns steht in {a} eine falsche Angabe, {b} stimmt auch nicht.",
    "Die Rechnung zu {a} ist noch offen.", "Es gibt keine Verbindung zum {a}.",
    "Wir brauchen {a} bis Freitag, sonst steht die Filiale in {c}.",
    "The shop shows an empty cart after {b}, order {n}.", "Please have a look at {a}.",
    "Since the update the page loads slowly; {b} is affected, too.",
    "Vielen Dank, das hat geholfen. {w} bleibt aber offen.", "Anbei ein Bildschirmfoto von {a}.",
    "Herr Müller aus der Hauptstraße fragt nach {w}.", "Kind regards from {c}, reference {n}.",
    "Mit freundlichen Grüßen, {c}", "Ich melde mich, sobald {w} fertig ist.",
    "Der Papierstau im {a} tritt nur bei großen Aufträgen auf.", "Does {w} need a new licence?",
)  # fmt: skip
_SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "da",
    "de",
    "di",
    "do",
    "fa",
    "fe",
    "ga",
    "ge",
    "ha",
    "he",
    "ka",
    "ke",
    "ki",
    "ko",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "ni",
    "no",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "si",
    "so",
    "ta",
    "te",
    "ti",
    "to",
    "wa",
    "we",
    "wi",
    "zu",
    "ver",
    "lich",
    "ung",
    "ent",
    "schn",
    "tal",
    "berg",
    "hof",
    "stein",
]
_OPEN_STATES = ("new", "in_progress", "waiting_customer", "planned", "waiting_third")


def fill(url: str, tickets: int) -> None:
    """Make the tables of a desk at a URL and write so many tickets into them."""
    with closing(Database(url)) as db:
        migrate.upgrade(db)
        made = _Made(tickets)
        if db.is_sqlite:
            _by_sqlite(db, made)
        else:
            _by_copy(db, made)


class _Made:
    """The rows of all tables, each table asked for once, in the order of `tables`."""

    def __init__(self, tickets: int) -> None:
        self.tickets = tickets
        self.chance = random.Random(42)
        self._rare = ["".join(self.chance.choices(_SYLLABLES, k=4)) for _ in range(150_000)]
        self._words = [p + e for p in _PARTS for e in _ENDS if p != e]
        self._pool = [self._sentence() for _ in range(60_000)]

    def tables(self) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
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

    def is_open(self, ticket: int) -> bool:
        """Tell whether a ticket is open: the newest and some others, never more than OPEN."""
        number = min(OPEN, self.tickets // 20 + 1)
        return (
            ticket > self.tickets - number * 4 // 5
            or ticket % (self.tickets * 5 // number + 1) == 0
        )

    def at(self, ticket: int) -> datetime:
        """When a ticket was opened: over three years, the newest a moment ago."""
        return NOW - timedelta(minutes=(self.tickets - ticket) * 1_500_000 // max(self.tickets, 1))

    @staticmethod
    def whose(ticket: int) -> tuple[int, int]:
        """Return the customer and the number of the contact who asked."""
        return ticket % CUSTOMERS + 1, ticket // CUSTOMERS % CONTACTS + 1

    @staticmethod
    def address(customer: int, contact: int) -> str:
        return f"person{contact}@kunde{customer:04}.example"

    def said(self, octets: int) -> str:
        """Return an invented text of about so many characters."""
        found: list[str] = []
        size = 0
        while size < octets:
            found.append(self.chance.choice(self._pool))
            size += len(found[-1]) + 1
        return " ".join(found)

    def _sentence(self) -> str:
        chance = self.chance
        return chance.choice(_SENTENCES).format(
            a=chance.choice(self._words).capitalize(), b=chance.choice(self._words),
            c=f"Ort{chance.randrange(500)}", n=chance.randrange(10**6, 10**7),
            w=chance.choice(self._rare).capitalize(),
        )  # fmt: skip

    def _agents(self) -> Iterator[dict[str, Any]]:
        for number, name in enumerate(AGENTS, 1):
            yield {"id": number, "login": name, "name": name.title(), "language": "de",
                   "enabled": True, "told_of_new": True}  # fmt: skip

    def _customers(self) -> Iterator[dict[str, Any]]:
        for number in range(1, CUSTOMERS + 1):
            yield {"id": number, "name": f"Kunde {number:04} GmbH", "language": "de",
                   "currency": "EUR", "created_at": NOW - timedelta(days=1200),
                   "terms_accepted_at": NOW - timedelta(days=1200)}  # fmt: skip

    def _contacts(self) -> Iterator[dict[str, Any]]:
        for customer in range(1, CUSTOMERS + 1):
            for contact in range(1, CONTACTS + 1):
                yield {"id": (customer - 1) * CONTACTS + contact, "customer_id": customer,
                       "name": f"Person {contact} Müller{customer}", "language": "de",
                       "address": self.address(customer, contact), "may_approve": True,
                       "sees_company": contact == 1, "portal_at": NOW}  # fmt: skip

    def _tickets(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.tickets + 1):
            customer, contact = self.whose(number)
            opened, is_open = self.at(number), self.is_open(number)
            yield {"id": number, "version": 5, "title": self.said(40)[:70],
                   "state": _OPEN_STATES[number % 5] if is_open else "closed",
                   "closed": not is_open, "kind": "quick" if number % 10 == 0 else "normal",
                   "urgent": number % 50 == 0, "presales": False, "wish": "",
                   "customer_id": customer, "requester": self.address(customer, contact),
                   "requester_name": f"Person {contact} Müller{customer}", "language": "de",
                   "assignee_id": number % len(AGENTS) + 1 if number % 7 else None,
                   "opened_at": opened, "clock_started_at": opened,
                   "due_at": opened + timedelta(days=2), "cycle": 1,
                   "resolved_at": None if is_open else opened + timedelta(days=1),
                   "limit_open": False}  # fmt: skip

    def _participants(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.tickets + 1):
            customer, contact = self.whose(number)
            yield {"id": number, "ticket_id": number, "number": 1,
                   "address": self.address(customer, contact),
                   "name": f"Person {contact} Müller{customer}"}  # fmt: skip

    def _raws(self) -> Iterator[dict[str, Any]]:
        octets = (
            b"From: person1@kunde0001.example\r\nTo: support@desk.example\r\nSubject: Drucker\r\n"
            b"Message-ID: <raw@kunde0001.example>\r\nDate: Mon, 23 Nov 2026 09:59:00 +0100\r\n\r\n"
            b"Der Drucker steht.\r\n"
        )
        yield {"sha256": "0" * 64, "size": len(octets), "content": octets, "stored_at": NOW}

    def _inbounds(self) -> Iterator[dict[str, Any]]:
        """One for each first message, and some that wait for a look: held, set aside, automatic."""
        states = ("held", "set_aside", "automatic")
        for number in range(1, self.tickets + self.tickets // 200 + 1):
            extra = number > self.tickets
            customer, contact = self.whose(number)
            yield {"id": number, "raw_sha256": "0" * 64, "rcpt_key": f"k{number}",
                   "return_path": self.address(customer, contact),
                   "rcpt_to": '["support@desk.example"]', "via": "smtp", "login": "", "peer": "",
                   "account": "", "received_at": self.at(min(number, self.tickets)), "oversize": 0,
                   "quiet": False, "state": states[number % 3] if extra else "filed",
                   "attempts": 1, "handled_at": NOW, "sender": self.address(customer, contact),
                   "subject": "Drucker", "cleared": False,
                   "ticket_id": None if extra else number}  # fmt: skip

    def _messages(self) -> Iterator[dict[str, Any]]:
        number = 0
        for ticket in range(1, self.tickets + 1):
            customer, contact = self.whose(ticket)
            for nth in range(LONG if ticket == self.tickets else MESSAGES):
                number += 1
                ours = nth % 2 == 1
                login = AGENTS[ticket % len(AGENTS)]
                words = self.said(self.chance.randint(300, 1_500))
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

    def _attachments(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.messages() // 20 + 1):
            yield {"id": number, "message_id": number * 20, "path": "2", "size": 12_345,
                   "name": f"Bildschirmfoto {number}.png", "type": "image/png", "inline": False,
                   "content_id": ""}  # fmt: skip

    def _events(self) -> Iterator[dict[str, Any]]:
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

    def _times(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.tickets * 2 + 1):
            ticket = (number + 1) // 2
            yield {"id": number, "ticket_id": ticket, "agent_id": ticket % len(AGENTS) + 1,
                   "minutes": 15 * (number % 5 + 1), "booked_at": self.at(ticket), "words": "",
                   "type": "work", "kind": "normal", "factor": "1", "rate_minor": 9_500,
                   "free": "", "inbound_id": None}  # fmt: skip

    def _requests(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.tickets // 5 + 1):
            ticket = number * 5
            yield {"id": number, "ticket_id": ticket, "number": 1, "about": "overrun",
                   "asked_at": self.at(ticket), "asked_by": 1, "kind": "", "minutes": 180,
                   "limit_open": False, "currency": "EUR", "words": "Es dauert länger.", "url": "",
                   "before": "in_progress", "verdict": "yes", "decided_at": self.at(ticket),
                   "decided_by": self.address(*self.whose(ticket)), "how": "mail",
                   "deemed": False, "reminders": 0, "bounced": False}  # fmt: skip

    def _letters(self) -> Iterator[dict[str, Any]]:
        octets = b"Subject: Antwort\r\nFrom: support@desk.example\r\n\r\nGuten Tag\r\n"
        for number in range(1, self.tickets * 3 + 1):
            ticket = (number + 2) // 3
            state = "failed" if number % 1_500 == 0 else "sent"
            yield {"id": number, "handle": f"h{number}", "once_key": None, "purpose": "answer",
                   "ticket_id": ticket, "inbound_id": None, "return_path": "support@desk.example",
                   "rcpt_to": self.address(*self.whose(ticket)), "raw": octets, "counted": False,
                   "message_id": f"{number}.letter@desk.example", "state": state, "attempts": 1,
                   "queued_at": self.at(ticket), "next_attempt_at": self.at(ticket),
                   "settled_at": self.at(ticket), "last_reply": "250 2.0.0 ok"}  # fmt: skip


_EMPTY: dict[type[Any], Any] = {
    sqlalchemy.Boolean: False,
    sqlalchemy.Integer: 0,
    sqlalchemy.BigInteger: 0,
}


def _completed(
    name: str, rows: Iterable[dict[str, Any]]
) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Return the columns of a table and its rows in that order; what is not said is empty."""
    table = SQLModel.metadata.tables[name]
    usual = {
        column.name: None if column.nullable else _EMPTY.get(type(column.type), "")
        for column in table.columns
    }
    iterator = iter(rows)
    first = next(iterator, None)
    names = list(dict.fromkeys([*usual, *(first or {})]))

    def values() -> Iterator[Sequence[Any]]:
        if first is not None:
            yield [first.get(each, usual.get(each)) for each in names]
        for row in iterator:
            yield [row.get(each, usual.get(each)) for each in names]

    return names, values()


def _by_sqlite(db: Database, made: _Made) -> None:
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for name, rows in made.tables():
            columns, values = _completed(name, rows)
            marks = ", ".join("?" * len(columns))
            driver.execute("BEGIN IMMEDIATE")
            driver.executemany(
                f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})",
                ([_as_sqlite(each) for each in row] for row in values),
            )
            driver.execute("COMMIT")
        _count(made, lambda statement: driver.execute(statement))
        driver.execute("ANALYZE")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _as_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ") + ".000000"
    return value if not hasattr(value, "isoformat") else value.isoformat()


def _by_copy(db: Database, made: _Made) -> None:
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for name, rows in made.tables():
            columns, values = _completed(name, rows)
            with driver.cursor() as cursor:
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
                if name not in ("ticket", "message", "raw"):
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
                        f" (SELECT coalesce(max(id), 1) FROM {name}))"
                    )
            driver.commit()
        _count(made, lambda statement: driver.execute(statement))
        driver.commit()
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.autocommit = False


def _count(made: _Made, execute: Any) -> None:
    for name, value in (("ticket", made.tickets), ("message", made.messages())):
        execute(f"UPDATE counter SET value = {value} + 1000 WHERE name = '{name}'")
