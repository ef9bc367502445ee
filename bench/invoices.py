"""One monthly run for many customers, and what the desk's intake is like meanwhile.

    python -m bench.invoices [--customers 1000] [--postgresql URL]

The desk runs (`maildesk serve`), `maildesk invoice run` is a process beside it, and mails come in
all the time. Documents are real: PDF/A-3 with the XML in it.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path

import psutil
from sqlalchemy import insert
from sqlmodel import Session

from bench.corpus import Sample, corpus
from bench.desk import Served
from bench.load import send
from bench.relay import Relay
from bench.stock import LOGIN, Stock
from maildesk.rules.invoice import months
from maildesk.store.db import Database
from maildesk.store.invoice_tables import BillingRow
from maildesk.store.tables import ContactRow, CustomerRow, TicketRow
from maildesk.store.work_tables import TimeRow

FIRST_CUSTOMER, FIRST_TICKET = 100_000, 5_000_000  # apart from those of the mails that come in
MAILS = 800  # different ones; each is sent once: enough for four minutes
GAP = 0.25  # seconds between them
PATIENCE = 1800.0
_MAILDESK = Path(sys.executable).with_name("maildesk")
_AGENCY = f"""
[agency]
name = "Agentur Beispiel GmbH"
street = "Hauptstraße 1"
postcode = "33602"
city = "Bielefeld"
vat_id = "DE136695976"
tax_number = "305/5012/3456"
register_number = "Amtsgericht Bielefeld HRB 12345"
managers = "Lena Vogt"
contact = "Lena Vogt"
phone = "+49 521 123456"
email = "rechnung@agentur.example"
account_holder = "Agentur Beispiel GmbH"
iban = "DE02120300000000202051"
bic = "BYLADEM1001"
[billing]
agent = "{LOGIN}"
makers = 2
"""


def main() -> None:
    """Measure, and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m bench.invoices", description=__doc__)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--postgresql", default="", metavar="URL")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maildesk-bench-") as name:
        mails = corpus(Path(name), MAILS, 0)
        stock = Stock(Path(name), mails.all, lambda url, folder, samples: None, wanted.postgresql)
        try:
            _measure(stock, mails.new, wanted.customers)
        finally:
            stock.close()


def _measure(stock: Stock, mails: tuple[Sample, ...], customers: int) -> None:
    url = stock.fresh(0)
    month = months.before(datetime.now(UTC).date())
    with closing(Database(url)) as db:
        db.change(lambda session: _fill(session, customers, month))
    with Relay() as relay:
        desk = Served(stock.folder, url, relay.port)
        site = stock.folder / "site.toml"
        site.write_text(site.read_text("utf-8") + _AGENCY, "utf-8")
        with desk:
            alone = send(mails[:40], desk.port, 1, GAP).waited
            before, largest = _cpu(), Counter[str]()
            with _run(site, month) as running:
                begun, left = time.monotonic(), list(mails[40:])
                waited: list[float] = []
                while running.poll() is None and left:
                    waited += send([left.pop(0) for _ in range(min(8, len(left)))],
                                   desk.port, 1, GAP).waited  # fmt: skip
                    largest |= _memory(running.pid)
                said, trouble = running.communicate(timeout=PATIENCE)
                seconds = time.monotonic() - begun
            cpu = _cpu() - before
    if running.returncode:
        raise RuntimeError(f"the run failed ({running.returncode}): {said[-500:]}{trouble[-500:]}")
    ran = json.loads(said)
    made = len(ran["summary"]["billed"])
    if made != customers:
        raise RuntimeError(f"{customers} customers got {made} invoices")
    with closing(Database(url)) as db:
        _again_and_check(site, month, db)
    print(f"{stock.name}: {made:,} invoices in one run, {os.cpu_count()} cores: {seconds:.1f} s")
    print(f"  {1000 * seconds / made:.0f} ms an invoice, run and intake together")
    print(f"  {1000 * cpu / made:.0f} ms of CPU an invoice, run and makers")
    print(f"  memory at most: {', '.join(f'{n} {o >> 20} MiB' for n, o in largest.items())}")
    print(f"  intake alone:     {_words(alone)}")
    print(f"  intake meanwhile: {_words(waited)}")


def _words(waited: "list[float] | tuple[float, ...]") -> str:
    ordered = sorted(1000 * each for each in waited)
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    said = [
        f"{name} {ordered[min(int(len(ordered) * at), len(ordered) - 1)]:.1f}"
        for name, at in shares
    ]
    return (
        f"end of mail to 250, ms: {', '.join(said)}, most {ordered[-1]:.1f} ({len(ordered)} mails)"
    )


def _cpu() -> float:
    """Return the seconds of CPU of all that we started and that is over, its own children too."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> Counter[str]:
    """Return the octets in memory of a run, and of the largest of its makers."""
    found = Counter[str]()
    with contextlib.suppress(psutil.NoSuchProcess):
        run = psutil.Process(pid)
        found["run"] = run.memory_info().rss
        found["maker"] = max((each.memory_info().rss for each in run.children()), default=0)
    return found


@contextmanager
def _run(site: Path, month: str) -> "Iterator[subprocess.Popen[str]]":
    """Start a run, and see to it that it is over in the end."""
    command = [str(_MAILDESK), "--config", str(site), "invoice", "run", "--month", month, "--json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def _again_and_check(site: Path, month: str, db: Database) -> None:
    """Run once more, which makes nothing, and let all of it be verified."""
    from maildesk.desk.invoices.verify import verify

    with _run(site, month) as running:
        said, trouble = running.communicate(timeout=PATIENCE)
    if running.returncode or json.loads(said)["summary"]["billed"]:
        raise RuntimeError(f"the second run made something: {said[-500:]}{trouble[-500:]}")
    if faults := verify(db):
        raise RuntimeError(f"not as issued: {faults[0]}")


def _fill(session: Session, customers: int, month: str) -> None:
    """Add customers with what the law wants, one to three tickets each, and work on them."""
    first = datetime.combine(months.first_day(month), clock_time(9), UTC)
    days = [first.replace(day=day) for day in range(1, 28)]
    firms, people, profiles, tickets, work = [], [], [], [], []
    for number in range(customers):
        customer_id = FIRST_CUSTOMER + number
        address = f"buchhaltung@kunde{number}.example"
        firms.append({"id": customer_id, "name": f"Kunde {number:04} GmbH", "created_at": first,
                      "terms_accepted_at": first, "language": "de"})  # fmt: skip
        people.append({"customer_id": customer_id, "address": address, "name": "Anna Berger",
                       "may_approve": True})  # fmt: skip
        profiles.append({"customer_id": customer_id, "name": f"Kunde {number:04} GmbH",
                         "street": f"Gartenweg {number + 1}", "postcode": "50667",
                         "city": "Köln", "email": address})  # fmt: skip
        for each in range(number % 3 + 1):
            ticket_id = FIRST_TICKET + 3 * number + each
            tickets.append({
                "id": ticket_id, "title": f"Fehler {each + 1} im Warenkorb beheben",
                "state": "billing", "closed": True, "kind": "normal", "customer_id": customer_id,
                "requester": address, "opened_at": days[0], "clock_started_at": days[0],
                "resolved_at": days[20], "language": "de", "category": "",
            })  # fmt: skip
            work += [
                {"ticket_id": ticket_id, "agent_id": 1, "minutes": 10 + 5 * part,
                 "booked_at": days[(number + 3 * part) % 20], "words": "Fehler gesucht und behoben"}
                for part in range(3)
            ]  # fmt: skip
    connection = session.connection()
    for table, rows in ((CustomerRow, firms), (ContactRow, people), (BillingRow, profiles),
                        (TicketRow, tickets), (TimeRow, work)):  # fmt: skip
        connection.execute(insert(table), rows)


if __name__ == "__main__":
    main()
