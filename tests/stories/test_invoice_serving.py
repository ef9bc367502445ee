"""The desk serves while invoices are made beside it, and both are killed.

Two runs go at once and one is killed and started again; then the daemon is killed while it sends.
Each invoice is made once and told once, and mail is taken meanwhile as on any other day.
"""

import os
import re
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import insert, text

from maildesk.desk.invoices.verify import verify
from maildesk.store.invoice_tables import BillingRow, DocumentRow, InvoiceRow
from maildesk.store.tables import MessageRow, TicketRow
from maildesk.store.work_tables import TimeRow
from tests.peers.relay import Act, RelayPeer
from tests.stories import loaded
from tests.stories.agency import BERLIN, SELLER
from tests.stories.daemon import SUPPORT, Books, RunningDesk, opened, until
from tests.stories.knock import PATIENCE
from tests.stories.mta import mail
from tests.stories.test_killed import message_id

CUSTOMERS = 6
CARL = "carl@customer1.example"
GAP = 0.25  # seconds between the mails that come in
SLOW = Act("250 2.0.0 queued", after=0.1)  # a relay that takes its time: the daemon is killed in it


def work(books: Books) -> None:
    """Let each customer have a ticket in billing, with half an hour of work or more on it."""
    now = datetime.now(UTC)
    earlier = now - timedelta(minutes=1)
    profiles = [
        {"customer_id": n, "name": f"Customer {n} GmbH", "street": f"Gartenweg {n}",
         "postcode": "50667", "city": "Köln", "email": accounts(n)}
        for n in range(1, CUSTOMERS + 1)
    ]  # fmt: skip
    tickets = [
        {"id": n, "title": f"Order {n}", "state": "billing", "closed": True, "kind": "normal",
         "customer_id": n, "requester": f"anna@customer{n}.example", "opened_at": earlier,
         "clock_started_at": earlier, "resolved_at": now, "language": "de", "category": ""}
        for n in range(1, CUSTOMERS + 1)
    ]  # fmt: skip
    entries = [
        {"ticket_id": n, "agent_id": 1, "minutes": 30 + n, "booked_at": now, "words": "Done."}
        for n in range(1, CUSTOMERS + 1)
    ]
    with books.db.engine.begin() as connection:
        for table, rows in ((BillingRow, profiles), (TicketRow, tickets), (TimeRow, entries)):
            connection.execute(insert(table), rows)
        if not books.db.is_sqlite:  # tickets that mails open come after these
            connection.execute(text("SELECT setval(pg_get_serial_sequence('ticket', 'id'), 100)"))


def accounts(customer: int) -> str:
    return f"buchhaltung@customer{customer}.example"


class Run:
    """A `maildesk invoice run` of its own."""

    def __init__(self, config: Path, month: str) -> None:
        self._trouble = config.with_name(f"trouble-{time.monotonic_ns()}")
        with Path(os.devnull).open("r+b") as nothing, self._trouble.open("wb") as trouble:
            self.process = loaded.start(
                ["--config", str(config), "invoice", "run", "--month", month],
                nothing.fileno(), nothing.fileno(), trouble.fileno(),
                env={name: value for name, value in os.environ.items() if name[:9] != "MAILDESK_"},
            )  # fmt: skip

    @property
    def trouble(self) -> str:
        """Return what it said on stderr."""
        return self._trouble.read_text()

    def wait(self) -> int:
        return self.process.wait(200)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def posting(port: int) -> Iterator[list[float]]:
    """Send mails all the time; yield the seconds from the end of each to its 250.

    Whoever sent one that was not answered sends it again, as mail servers do.
    """
    waits: list[float] = []
    done = threading.Event()

    def post() -> None:
        number = 0
        while not done.wait(GAP):
            raw = mail(CARL, f"Wish {number}", f"<w{number}@customer1.example>")
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=30) as peer:
                    peer.ehlo()
                    peer.mail(CARL)
                    peer.rcpt(SUPPORT)
                    if peer.docmd("data")[0] != 354:
                        continue
                    began = time.monotonic()
                    peer.send(raw + b".\r\n")  # at once: no two packets that wait for each other
                    code, _ = peer.getreply()
                    took = time.monotonic() - began
            except (smtplib.SMTPException, OSError):
                continue  # nobody is there just now
            if code == 250:
                waits.append(took)
                number += 1

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


@pytest.mark.peer("pango")
@pytest.mark.timeout(400)  # documents are made by processes that start three times
def test_runs_and_the_daemon_are_killed_while_it_serves(
    database_url, tmp_path, record_property, capsys
):
    with (
        opened(database_url, CUSTOMERS) as books,
        RelayPeer(always={"DOT": SLOW}) as relay,
        RunningDesk(tmp_path / "one", database_url, relay.port, SELLER) as desk,
    ):
        work(books)
        with posting(desk.smtp) as waits:
            run_and_kill(books, relay, desk, tmp_path / "one" / "maildesk.toml")
        until(lambda: not waiting(books), f"all mail is handled\n{desk.log}", 60)
        nothing_happened_twice(books, relay)
        subjects = Counter(row[0] for row in books.rows(MessageRow.subject))
        assert subjects == {f"Wish {number}": 1 for number in range(len(waits))}, "none is lost"
    ordered = sorted(1000 * each for each in waits)
    figure = (
        f"{len(ordered)} mails, from their end to 250: p50 {median(ordered):.1f} ms,"
        f" p95 {ordered[int(0.95 * len(ordered))]:.1f} ms, most {ordered[-1]:.1f} ms"
    )
    record_property("intake", figure)
    with capsys.disabled():
        print(f"\n{figure}")
    assert ordered[-1] < 1000 * PATIENCE


def run_and_kill(books: Books, relay: RelayPeer, desk: RunningDesk, config: Path) -> None:
    """Kill one of two runs, then the daemon with letters of invoices under way; go on with both."""
    month = f"{datetime.now(BERLIN):%Y-%m}"
    dying, other = Run(config, month), Run(config, month)
    until(lambda: len(books.rows(InvoiceRow.number)) >= 2, "some have their numbers", 100)
    dying.kill()
    again = Run(config, month)
    until(lambda: told(relay), f"the relay has the first invoice\n{desk.log}", 100)
    desk.kill()
    books.let_time_pass()
    desk.start(60)
    for each in (other, again):
        # 1 says that something was left out: what the other was at just then.
        assert each.wait() in (0, 1), each.trouble
    final = Run(config, month)
    assert final.wait() == 0, final.trouble
    until(lambda: len(told(relay)) == CUSTOMERS, f"all are told\n{desk.log}", 60)


def waiting(books: Books) -> bool:
    return any(row.state == "waiting" for row in books.inbound())


def told(relay: RelayPeer) -> dict[str, list[str]]:
    """Return the Message-IDs of invoice mails that the relay has, by the number of the invoice."""
    found: dict[str, list[str]] = {}
    for each in relay.taken:
        if "buchhaltung@" in each.rcpt:
            number = re.search(rb"^Subject: .*?(RE-\d{4}-\d{5})", each.raw, re.MULTILINE)
            assert number
            found.setdefault(number[1].decode(), []).append(message_id(each.raw))
    return found


def nothing_happened_twice(books: Books, relay: RelayPeer) -> None:
    """Each customer has one invoice and one letter, and all of it stands as it was written."""
    year = datetime.now(BERLIN).year
    numbers = [f"RE-{year}-{n:05}" for n in range(1, CUSTOMERS + 1)]
    rows = books.rows(InvoiceRow.number, InvoiceRow.state, InvoiceRow.customer_id)
    assert sorted(row.number for row in rows) == numbers
    assert {row.state for row in rows} == {"issued"}
    assert {row.customer_id for row in rows} == set(range(1, CUSTOMERS + 1))
    assert len(books.rows(DocumentRow.invoice_id)) == CUSTOMERS
    states = {row.id: row.state for row in books.rows(TicketRow.id, TicketRow.state)}
    assert {states[n] for n in range(1, CUSTOMERS + 1)} == {"invoiced"}
    letters = {row.message_id for row in books.letters() if row.purpose == "invoice"}
    assert len([row for row in books.letters() if row.purpose == "invoice"]) == CUSTOMERS
    assert len(letters) == CUSTOMERS
    arrived = told(relay)
    assert sorted(arrived) == numbers
    # What arrives twice is the same letter: RFC 1047, no second Message-ID.
    assert {mid for ids in arrived.values() for mid in ids} == letters
    assert all(len(set(ids)) == 1 and len(ids) <= 2 for ids in arrived.values()), arrived
    assert verify(books.db, "") == []
