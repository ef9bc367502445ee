"""What a desk holds before it is measured: nothing, or many tickets, in a database of either kind.

A filled database is made once and copied for each run. A few hundred requests are really taken
in by a desk; then all their rows are multiplied in SQL, with numbers moved on and unique words
made unique. Of the bytes of copied mails and letters only a beginning is kept.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import update
from sqlmodel import Session, SQLModel

from bench.corpus import Sample
from maildesk.desk.keys import load_keyring
from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    AttachmentRow,
    ContactRow,
    CustomerRow,
    EventRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    RawRow,
    ThreadRow,
    TicketRow,
)

AGENT = "lena@agentur.example"
LOGIN = "lena"
REALLY = 400  # requests that are taken in before their rows are multiplied
OPEN_SHARE = 20  # one ticket in so many of a filled desk is still open
KEPT_OCTETS = 1000  # of each copied mail and letter

# Takes in mails with a desk at a URL, its keys in a folder; `desk.fill`.
Fill = Callable[[str, Path, Sequence[Sample]], None]


class Stock:
    """Databases to measure with: each `fresh` one is a copy that nobody has used.

    `postgresql` is the URL of a server where we may make databases; without it they are SQLite
    files in `folder`. The folder holds the signing keys of all of them.
    """

    def __init__(
        self, folder: Path, samples: Sequence[Sample], fill: Fill, postgresql: str = ""
    ) -> None:
        self.folder, self._samples, self._fill, self._server = folder, samples, fill, postgresql
        self._templates: set[int] = set()
        self._current = ""
        load_keyring(folder / "keys.json")

    @property
    def name(self) -> str:
        """The kind of database, in words."""
        return "PostgreSQL" if self._server else "SQLite"

    def fresh(self, tickets: int) -> str:
        """Return the URL of a new database with so many tickets; the one before is removed."""
        if tickets not in self._templates:
            self._make(tickets)
            self._templates.add(tickets)
        self._remove(self._current)
        self._current = self._new("run", f"template{tickets}")
        return self._current

    def close(self) -> None:
        """Remove all databases of a server; files go with their folder."""
        for name in (self._current, *(self._url(f"template{n}") for n in self._templates)):
            self._remove(name)

    def _make(self, tickets: int) -> None:
        url = self._new(f"template{tickets}")
        with closing(Database(url)) as db:
            migrate.upgrade(db)
            db.change(lambda session: _settle(session, sorted({s.sender for s in self._samples})))
        if not tickets:
            return
        plain = [_older(s) for s in self._samples if not s.parent and not s.attached]
        base = plain[: min(tickets, REALLY)]
        self._fill(url, self.folder, base)
        with closing(Database(url)) as db:
            copies = -(-tickets // len(base)) - 1
            db.change(lambda session: _multiply(session, copies, db.is_sqlite))
            # They are of last week: today's budgets of answers are not spent.
            past = update(OutboundRow).values(queued_at=datetime.now(UTC) - timedelta(days=7))
            db.change(lambda session: session.execute(past))
        if not self._server:
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self._server:
            with psycopg.connect(url, autocommit=True) as connected:
                connected.execute("VACUUM ANALYZE")

    def _new(self, name: str, like: str = "") -> str:
        url = self._url(name)
        if self._server:
            with psycopg.connect(self._server, autocommit=True) as server:
                copied = f" TEMPLATE {self._database(like)}" if like else ""
                server.execute(f"CREATE DATABASE {self._database(name)}{copied}".encode())
        elif like:
            shutil.copyfile(self.folder / f"{like}.db", self.folder / f"{name}.db")
        return url

    def _url(self, name: str) -> str:
        if not self._server:
            return f"sqlite:///{self.folder / name}.db"
        named = sqlalchemy.make_url(self._server).set(database=self._database(name))
        return named.render_as_string(hide_password=False)

    def _database(self, name: str) -> str:
        return f"maildesk_bench_{os.getpid()}_{name}"

    def _remove(self, url: str) -> None:
        if not url:
            return
        if self._server:
            with psycopg.connect(self._server, autocommit=True) as server:
                name = sqlalchemy.make_url(url).database
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            return
        for ending in ("", "-wal", "-shm", ".lock"):
            Path(url.removeprefix("sqlite:///") + ending).unlink(missing_ok=True)


def _settle(session: Session, senders: Sequence[str]) -> None:
    """Write one agent, and a customer for each domain with everybody who sends from there."""
    agent = AgentRow(login=LOGIN, name="Lena Vogt", language="de")
    session.add(agent)
    session.flush()
    session.add(AgentAddressRow(agent_id=agent.id or 0, address=AGENT))
    now = datetime.now(UTC)
    customers: dict[str, CustomerRow] = {}
    for sender in senders:
        domain = sender.rpartition("@")[2]
        if domain not in customers:
            customers[domain] = CustomerRow(name=domain, created_at=now)
            session.add(customers[domain])
            session.flush()
        session.add(
            ContactRow(customer_id=customers[domain].id or 0, address=sender, may_approve=True)
        )


def _older(sample: Sample) -> Sample:
    """Return another mail of the same kind: with another Message-ID it is no duplicate."""
    local = sample.message_id.encode()
    raw = sample.raw.replace(local, b"<old." + local[1:])
    return Sample(sample.sender, f"<old.{sample.message_id[1:]}", "", raw, sample.attached)


# What in a row names another row, and what has to differ in every row.
_LINKS: dict[type[SQLModel], dict[str, type[SQLModel]]] = {
    RawRow: {},
    InboundRow: {"id": InboundRow, "ticket_id": TicketRow},
    TicketRow: {"id": TicketRow, "merged_into": TicketRow, "follows": TicketRow},
    ParticipantRow: {"id": ParticipantRow, "ticket_id": TicketRow},
    MessageRow: {"id": MessageRow, "ticket_id": TicketRow, "inbound_id": InboundRow},
    AttachmentRow: {"id": AttachmentRow, "message_id": MessageRow},
    ThreadRow: {"id": ThreadRow, "ticket_id": TicketRow},
    EventRow: {"id": EventRow, "ticket_id": TicketRow, "inbound_id": InboundRow},
    OutboundRow: {"id": OutboundRow, "ticket_id": TicketRow, "inbound_id": InboundRow},
}
_UNIQUE: dict[type[SQLModel], tuple[str, ...]] = {
    RawRow: ("sha256",),
    InboundRow: ("raw_sha256",),
    MessageRow: ("message_id", "content_key"),
    ThreadRow: ("message_id",),
    OutboundRow: ("handle", "once_key", "message_id"),
}
_BYTES: dict[type[SQLModel], str] = {RawRow: "content", OutboundRow: "raw"}


def _multiply(session: Session, copies: int, is_sqlite: bool) -> None:
    """Add `copies` of every row that a message has led to."""
    spans = {table: _span(session, table) for table in _LINKS if table is not RawRow}
    if copies:
        for table in _LINKS:
            session.execute(sqlalchemy.text(_copy(table, spans)), {"copies": copies})
    closed = "closed = 1" if is_sqlite else "closed = true"
    session.execute(
        sqlalchemy.text(
            f"UPDATE ticket SET state = 'closed', {closed} WHERE id % {OPEN_SHARE} <> 0"
        )
    )
    for name in ("ticket", "message"):
        session.execute(
            sqlalchemy.text(
                f"UPDATE counter SET value = (SELECT max(id) FROM {name}) WHERE name = '{name}'"
            )
        )
    if not is_sqlite:
        for table in spans:
            if table not in (TicketRow, MessageRow):
                _go_on(session, _name(table))


def _copy(table: type[SQLModel], spans: dict[type[SQLModel], int]) -> str:
    links, unique = _LINKS[table], _UNIQUE.get(table, ())
    names, values = [], []
    for column in _columns(table):
        if column in links:
            value = f"t.{column} + c.k * {spans[links[column]]}"
        elif column in unique:
            value = f"t.{column} || '.' || c.k"
        elif column == _BYTES.get(table):
            value = f"substr(t.{column}, 1, {KEPT_OCTETS})"
        else:
            value = f"t.{column}"
        names.append(column)
        values.append(value)
    return (
        f"INSERT INTO {_name(table)} ({', '.join(names)})"
        " WITH RECURSIVE c(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < :copies)"
        f" SELECT {', '.join(values)} FROM c CROSS JOIN {_name(table)} t"
    )


def _span(session: Session, table: type[SQLModel]) -> int:
    name = _name(table)
    query = sqlalchemy.text(f"SELECT coalesce(max(id) - min(id) + 1, 0) FROM {name}")
    return int(session.execute(query).scalar_one())


def _go_on(session: Session, name: str) -> None:
    session.execute(
        sqlalchemy.text(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
            f" (SELECT coalesce(max(id), 1) FROM {name}))"
        )
    )


def _name(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


def _columns(table: type[SQLModel]) -> list[str]:
    described: Any = table
    return [str(column.name) for column in described.__table__.columns]
