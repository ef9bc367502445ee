"""The desk that is measured: `maildesk serve` as it is, in processes of its own.

Its CPU time and memory are those of all its processes, readers included. The load and the relay
are processes of their own, and so is a database server; none of them counts.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from bench.corpus import DESK, Corpus, Sample
from bench.load import Sent, send
from bench.relay import HOST, Relay
from bench.stock import LOGIN, Stock
from maildesk.desk import staff
from maildesk.store import ledger
from maildesk.store.db import Database

WARM = 60  # mails that go before those measured
PATIENCE = 300.0  # seconds until a desk that does nothing any more is given up
_MAILDESK = Path(sys.executable).with_name("maildesk")
_SITE = """\
[desk]
address = "{desk}"
[database]
url = "{url}"
[keys]
file = "{keys}"
[[listen]]
address = "{host}:{port}"
[limits]
connections_per_peer = 200
[digest]
morning = ""
evening = ""
reconciliation = ""
[relay]
host = "{host}"
port = {relay}
tls = "none"
"""


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """One run: mails in by SMTP, all their letters at the relay.

    `rate` and `accepted` are mails in a second, until the last letter and until the last 250;
    `cpu_ms` is for one mail, `rss_mb` and `pss_mb` (shared pages counted once) at the end,
    `waited_ms` the median from the end of a mail to its 250.
    """

    rate: float
    accepted: float
    cpu_ms: float
    rss_mb: float
    pss_mb: float
    waited_ms: float
    letters: int


class Served:
    """A running `maildesk serve` while the `with` block lasts; `ready` is its start in seconds."""

    def __init__(self, folder: Path, url: str, relay: int, command: Sequence[str] = ()) -> None:
        self.port = _free_port()
        self._folder = folder
        self._command = command or (str(_MAILDESK), "--config", str(folder / "site.toml"), "serve")
        text = _SITE.format(desk=DESK, url=url, keys=folder / "keys.json", host=HOST,
                            port=self.port, relay=relay)  # fmt: skip
        (folder / "site.toml").write_text(text, encoding="utf-8")

    def __enter__(self) -> Self:
        begun = time.monotonic()
        outside = {k: v for k, v in os.environ.items() if not k.startswith("MAILDESK_")}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            name = f"\0maildesk-bench-{os.getpid()}-{self.port}"
            told.bind(name)
            told.settimeout(0.1)
            with (self._folder / "log").open("wb") as log:
                self._process = psutil.Popen(
                    list(self._command),
                    env=outside | {"NOTIFY_SOCKET": "@" + name[1:]},
                    stdout=log,
                    stderr=log,
                )
            while not self._is_ready(told):
                if self._process.poll() is not None or time.monotonic() - begun > PATIENCE:
                    self._process.kill()
                    said = (self._folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"the desk did not start: {said[-500:]}")
        self.ready = time.monotonic() - begun
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except psutil.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu(self) -> float:
        """Return the CPU seconds of all its processes so far."""
        total = 0.0
        for process in self._processes():
            used = process.cpu_times()
            total += used.user + used.system
        return total

    def memory(self) -> tuple[float, float]:
        """Return the memory of all its processes: resident and proportional set size, in MiB."""
        sizes = [process.memory_full_info() for process in self._processes()]
        return sum(s.rss for s in sizes) / 2**20, sum(s.pss for s in sizes) / 2**20

    def _processes(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def _is_ready(self, told: socket.socket) -> bool:
        try:
            return told.recv(4096).startswith(b"READY=1")
        except TimeoutError:
            return False


def end_to_end(
    stock: Stock, tickets: int, corpus: Corpus, connections: int, told_of_new: bool
) -> EndToEnd:
    """Measure one run on a fresh database with so many tickets.

    A new mail leads to a confirmation and, if the agent is `told_of_new`, a notice; a reply to
    a notice. A few
    mails go before, uncounted: a desk runs for weeks, and the first minute of its readers,
    templates and holidays is not its speed. Raises RuntimeError if a mail did not become what
    it should.
    """
    url, samples = stock.fresh(tickets), corpus.all
    with closing(Database(url)) as db:
        staff.tell_of_new(db, LOGIN, told_of_new)
    for_new = 2 if told_of_new else 1
    before = _count(url)
    with Relay() as relay, Served(stock.folder, url, relay.port) as desk:
        early = _warm_up(corpus)
        send(early, desk.port, connections)
        _wait_for(relay, for_new * len(early), url)
        warm = desk.cpu()
        sent = send(samples, desk.port, connections)
        expected = for_new * len(corpus.new) + len(corpus.replies)
        ended = _wait_for(relay, for_new * len(early) + expected, url)
        cpu = desk.cpu() - warm
        rss, pss = desk.memory()
    after = _count(url)
    made = (after.tickets - before.tickets, after.filed - before.filed)
    wanted = (len(early) + len(corpus.new), len(early) + len(samples))
    if made != wanted or after.unaccounted:
        raise RuntimeError(f"{len(samples)} mails became {made} (tickets, filed): {after}")
    seconds = ended - sent.begun
    return EndToEnd(
        rate=len(samples) / seconds,
        accepted=sent.rate,
        cpu_ms=1000 * cpu / len(samples),
        rss_mb=rss,
        pss_mb=pss,
        waited_ms=1000 * sent.waited[len(sent.waited) // 2],
        letters=expected,
    )


def _warm_up(corpus: Corpus) -> list[Sample]:
    """Return new mails that are none of those measured: other ids, other subjects."""
    return [
        replace(
            sample,
            message_id=f"warm.{sample.message_id}",
            raw=sample.raw.replace(b"Message-ID: <", b"Message-ID: <warm.", 1).replace(
                b"Subject: ", b"Subject: Warm ", 1
            ),
        )
        for sample in corpus.new[:WARM]
    ]


def receive(stock: Stock, corpus: Corpus, connections: int) -> Sent:
    """Measure receiving and committing alone: the listener and the database, nothing else."""
    url = stock.fresh(0)
    site = str(stock.folder / "site.toml")
    with Served(stock.folder, url, _free_port(), _receiver(site)) as desk:
        sent = send(corpus.all, desk.port, connections)
    stored = _count(url).waiting
    if stored != len(corpus.all):
        raise RuntimeError(f"{len(corpus.all)} mails were accepted, {stored} are stored")
    return sent


def idle(stock: Stock, samples: Sequence[Sample], gap: float = 0.2) -> tuple[list[float], float]:
    """Measure a desk with nothing else to do, one mail after the other.

    Returns the seconds from the end of each mail to its confirmation at the relay, sorted, and
    the seconds from the start of the desk until it was ready.
    """
    url = stock.fresh(0)
    with Relay() as relay, Served(stock.folder, url, relay.port) as desk:
        sent = send(samples, desk.port, 1, gap)
        _wait_for(relay, 2 * len(samples), url)
        letters = relay.letters()
    waits = []
    for end, sender in sent.ends:
        came = [at for at, to in letters if to == sender and at > end]
        waits.append(min(came) - end)
    return sorted(waits[1:] or waits), desk.ready  # the first one starts the readers


def fill(url: str, folder: Path, samples: Sequence[Sample]) -> None:
    """Have a desk take in new mails, and stop it when all letters have left."""
    with Relay() as relay, Served(folder, url, relay.port) as desk:
        send(samples, desk.port, 4)
        _wait_for(relay, 2 * len(samples), url)


def help_seconds() -> float:
    """Return how long `maildesk --help` takes."""
    begun = time.monotonic()
    subprocess.run([str(_MAILDESK), "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def _receiver(site: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "bench.receive", site)


def _wait_for(relay: Relay, expected: int, url: str) -> float:
    """Return the moment of the last letter expected. Raises RuntimeError if it does not come."""
    deadline = time.monotonic() + PATIENCE
    seen = -1
    while True:
        number, last = relay.count()
        if number >= expected:
            return last
        if number > seen:
            seen, deadline = number, time.monotonic() + PATIENCE / 5
        if time.monotonic() > deadline:
            raise RuntimeError(f"{number} letters of {expected} came: {_count(url)}")
        time.sleep(0.02)


def _count(url: str) -> ledger.Ledger:
    with closing(Database(url)) as db, db.read() as session:
        return ledger.count(session)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
