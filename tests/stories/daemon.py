"""The real daemon in a process of its own, as an operator runs it, and the desk it serves."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
from sqlalchemy import insert, select, text
from sqlmodel import col

from maildesk.store import ledger, migrate
from maildesk.store.db import Database
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    ContactRow,
    CustomerRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    TicketRow,
)
from tests.peers import free_port
from tests.peers.tables import with_tables
from tests.stories import loaded

SUPPORT = "support@desk.example"
AGENT = "lena@agency.example"
_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    # Compiled once, as in real life: the worker and the readers are started some fifty times.
    if not name.startswith("MAILDESK_") and name != "PYTHONDONTWRITEBYTECODE"
}


def until(reached: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Return what `reached` returns once that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := reached()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds:g} s still not: {what}", pytrace=False)
        time.sleep(0.02)
    return found


class Books:
    """A desk's database as a test looks at it: tables made, one agent and a few customers in it.

    Customer `n` of `customers` is "customer<n>.example" with the contacts anna, bert and carl.
    """

    def __init__(self, url: str, customers: int = 3) -> None:
        self.url = url
        self.db = Database(with_tables(url))
        migrate.upgrade(self.db)
        people = [
            {"customer_id": n, "address": f"{name}@customer{n}.example", "name": name.title(),
             "language": "en"}
            for n in range(1, customers + 1) for name in ("anna", "bert", "carl")
        ]  # fmt: skip
        now = datetime.now(UTC)
        firms = [
            {"id": n, "name": f"Customer {n}", "created_at": now} for n in range(1, customers + 1)
        ]
        with self.db.engine.begin() as connection:
            connection.execute(insert(AgentRow), {"id": 1, "login": "lena", "name": "Lena"})
            connection.execute(insert(AgentAddressRow), {"agent_id": 1, "address": AGENT})
            connection.execute(insert(CustomerRow), firms)
            connection.execute(insert(ContactRow), people)

    def rows(self, *columns: Any, order: Any = None) -> list[Any]:
        """Return the named columns of a table, in the order of its ids unless told otherwise."""
        query = select(*(col(each) for each in columns))
        if order is not None:
            query = query.order_by(col(order))
        with self.db.read() as session:
            return list(session.execute(query).all())

    def messages(self) -> list[tuple[int, str, str]]:
        """Return (ticket, subject, text) of every message, in the order in which they were filed."""
        found = self.rows(
            MessageRow.ticket_id, MessageRow.subject, MessageRow.text, order=MessageRow.id
        )
        return [tuple(row) for row in found]

    def tickets(self) -> list[int]:
        return [row[0] for row in self.rows(TicketRow.id, order=TicketRow.id)]

    def letters(self, state: str = "") -> list[Any]:
        """Return (purpose, ticket_id, rcpt_to, message_id, state, raw) of the letters."""
        found = self.rows(
            OutboundRow.purpose, OutboundRow.ticket_id, OutboundRow.rcpt_to,
            OutboundRow.message_id, OutboundRow.state, OutboundRow.raw, order=OutboundRow.id,
        )  # fmt: skip
        return [row for row in found if not state or row.state == state]

    def inbound(self) -> list[Any]:
        """Return (id, state, attempts, reason, subject, via) of everything that came in."""
        return self.rows(
            InboundRow.id, InboundRow.state, InboundRow.attempts, InboundRow.reason,
            InboundRow.subject, InboundRow.via, order=InboundRow.id,
        )  # fmt: skip

    def ledger(self) -> ledger.Ledger:
        with self.db.read() as session:
            return ledger.count(session)

    def let_time_pass(self) -> None:
        """Make letters due that a killed process had claimed: LONGEST_SEND is over."""
        with self.db.engine.begin() as connection:
            connection.execute(
                text("UPDATE outbound SET next_attempt_at = queued_at WHERE state = 'queued'")
            )

    def all_is_done(self) -> bool:
        """Tell whether nothing waits to be handled or to be sent."""
        with self.db.read() as session:
            waiting = session.execute(
                text(
                    "SELECT (SELECT count(*) FROM inbound WHERE state = 'waiting')"
                    " + (SELECT count(*) FROM outbound WHERE state = 'queued')"
                )
            )
            return waiting.scalar_one() == 0

    def close(self) -> None:
        self.db.close()


class RunningDesk:
    """A `maildesk serve` process; taking mail inside its `with` block.

    `lmtp` and `smtp` are ports of 127.0.0.1. `more` is added to the configuration. `killed_at`
    names a step of tests/stories/killed.py at which the process ends by SIGKILL. `undo` is for how
    many seconds an answer can be taken back; `only` is one of the services, where there are two.
    """

    def __init__(
        self, folder: Path, url: str, relay: int, more: str = "", killed_at: str = "",
        undo: int = 2, only: str = "",
    ) -> None:  # fmt: skip
        self.folder, self.smtp, self.lmtp = folder, free_port(), free_port()
        self._log = folder / "log"
        self._told = f"maildesk-{os.getpid()}-{self.smtp}"
        self._killed_at, self._only = killed_at, ["--only", only] if only else []
        self._config = folder / "maildesk.toml"
        self._process: loaded.Started | None = None
        folder.mkdir(exist_ok=True)
        self._config.write_text(
            f"""
[desk]
address = "{SUPPORT}"
name = "Support"
undo_seconds = {undo}
[database]
url = "{url}"
[keys]
file = "{folder.parent}/keys.json"
[relay]
host = "127.0.0.1"
port = {relay}
tls = "none"
[[listen]]
address = "127.0.0.1:{self.smtp}"
[[listen]]
address = "127.0.0.1:{self.lmtp}"
protocol = "lmtp"
[digest]  # these tests run at any time of day
morning = ""
evening = ""
reconciliation = ""
{more}"""
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, seconds: float = 20) -> None:
        """Start the process; returns when it says that it is ready (sd_notify)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind("\0" + self._told)
            told.settimeout(0.2)
            process = self._process = self._launch()
            deadline = time.monotonic() + seconds
            while True:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the desk did not start:\n{self.log}", pytrace=False)
                with suppress(TimeoutError):
                    if told.recv(100) == b"READY=1":
                        return

    def _launch(self) -> loaded.Started:
        with self._log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            return loaded.start(
                ["--config", str(self._config), "serve", *self._only],
                nothing.fileno(), log.fileno(), log.fileno(),
                env=_ENVIRONMENT | {"NOTIFY_SOCKET": f"@{self._told}"},
                killed_at=self._killed_at,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def wait_for_death(self, seconds: float = 20) -> int:
        """Return the exit code of the process once it has ended by itself; fails after `seconds`."""
        assert self._process
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the process did not end:\n{self.log}", pytrace=False)

    def stop(self) -> None:
        """Ask it to stop, and see that it does so by itself and cleanly."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        assert self.wait_for_death() == 0, self.log

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory is short; also where it is dead already."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def readers(self) -> list[psutil.Process]:
        """Return its reader processes."""
        below = psutil.Process(self.pid).children(recursive=True)
        return [each for each in below if "maildesk.desk.reader" in _command(each)]

    def worker(self) -> psutil.Process:
        """Return its process that handles mail."""
        below = psutil.Process(self.pid).children()
        return next(each for each in below if "maildesk.desk.worker" in _command(each))


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def opened(url: str, customers: int = 3) -> Iterator[Books]:
    """A desk's books, closed at the end."""
    books = Books(url, customers)
    try:
        yield books
    finally:
        books.close()
