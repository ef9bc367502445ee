"""Asks for every page of a desk as often as wanted: how long it took, how much CPU it was.

The pages are served by `maildesk serve --only web` as they are; one request after the other, on
one connection. What is measured is from the request to the last octet of the answer.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import quote

from sqlalchemy import text

from bench.web_rows import LARGE, LONG, MESSAGES, NOW
from maildesk.config import Site
from maildesk.config.models import DatabaseSection, Keys
from maildesk.config.models import Desk as DeskSection
from maildesk.config.process import Web
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.portal.sessions import begin
from maildesk.render import Renderer
from maildesk.rules.invoice import months
from maildesk.rules.number import tag
from maildesk.web.pages import PAGES
from maildesk.web.visit import Who
from tests.peers import free_port

WARM = 3  # requests that are not counted
TRIES = 5  # to serve the pages
PATIENCE = 60.0  # seconds until the pages have to be there, and until one answers
_AGENT = "lena@agentur.example"
_CUSTOMER = "person1@kunde0001.example"  # who sees all tickets of the largest customer
_MAILDESK = Path(sys.executable).with_name("maildesk")
_SITE = """\
[desk]
address = "support@desk.example"
code = "DD"
[database]
url = "{url}"
[keys]
file = "{keys}"
[web]
base_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
"""
_TYPED = (
    ("Zeppelin", ""), ("rechnung", ""), ("drucker", ""), ("erbindungsnumm", ""),
    ("werkverbind", ""), ("drucker papierstau", ""), ("rechnung cart", ""),
    ('"keine Verbindung"', ""), ("Müller", ""), ("rechnung -drucker", ""),
    ("xylophonquark", ""), ("person1@kunde0017.example", ""), ("it", ""), ("ung", ""),
    ("drucker", "&state=open"), ("drucker", "&customer=kunde+0017"),
)  # fmt: skip
_BILLED = months.before(NOW.date())
# What is asked of a page besides its path alone.
QUERIES = {
    "/desk": ("", "?show=waiting", "?show=bill", "?show=closed", "?whose=mine", "?page=20",
              "?customer=kunde+00", "?show=closed&customer=kunde+00"),
    "/desk/journal": ("", "?actor=lena", "?actor=nobody@kunde.example", f"?day={NOW:%Y-%m-%d}"),
    "/desk/mail": ("", "?tab=set_aside"),
    "/desk/letters": ("", "?state=failed", "?state=sent"),
    "/desk/customers": ("", "?q=kunde+00"),
    "/desk/invoices": ("", "?tab=open", "?tab=overdue", "?tab=paid", "?tab=all", f"?tab=all&month={_BILLED}",
                       "?tab=all&customer=Kunde+0001+GmbH"),
    "/desk/invoices/draft": (f"?customer=2&month={_BILLED}",),
    "/tickets": ("", "?tab=closed", "?of=company", "?of=company&tab=closed"),
    "/desk/search": tuple(f"?q={quote(typed)}{more}" for typed, more in _TYPED),
}  # fmt: skip
# What is no page to look at.
LEFT_OUT = {
    "/": "it leads elsewhere",
    "/sign-out": "it leads elsewhere",
    "/sign-in": "nobody who is signed in sees it",
    "/request": "it is off unless a site has it",
    "/desk/live": "it never ends",
    "/sign-in/{token}": "it needs a link that was mailed",
    "/request/{token}": "it needs a link that was mailed",
    "/a/{token}": "it needs a link that was mailed",
    "/desk/invoices/preview": "a program apart makes it",
    "/me/copy": "a file, no page",
}
_EXAMPLES = {
    "/desk/customers/{id}": ("SELECT 1 FROM customer WHERE id = 1",
                             "SELECT max(id) FROM customer WHERE id < 18"),
    "/desk/mail/{id}": ("SELECT max(id) FROM inbound WHERE state = 'held'",),
    "/desk/letters/{id}": ("SELECT max(id) FROM outbound",),
    "/desk/invoices/{number:path}": ("SELECT max(number) FROM invoice",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and who asks for it; `name` is the same on every database."""

    name: str
    path: str
    who: Who


@dataclass(slots=True)
class Figures:
    """What one address took: milliseconds from end to end, and of CPU, by database."""

    times: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Return the median of a database, 0 where it was not asked."""
        return median(self.times[name]) if name in self.times else 0.0


class Asker:
    """Asks the pages of one database after the other. `failed` says which did not answer 200."""

    def __init__(self, folder: Path, keys: Path, requests: int, only: str = "") -> None:
        self.folder, self.keys, self.requests, self.only = folder, keys, requests, only
        self.figures: dict[str, Figures] = {}
        self.skipped: dict[str, str] = dict(LEFT_OUT)
        self.failed: list[str] = []

    def measure(self, name: str, url: str) -> None:
        """Ask for every page of a database, and keep what it took under a name."""
        desk = self.desk(url)
        with closing(desk.db):
            cookies = {Who.AGENT: _cookie(desk, _AGENT, 1), Who.ANYONE: "",
                       Who.CUSTOMER: _cookie(desk, _CUSTOMER, None)}  # fmt: skip
            asked = [each for each in self._addresses(desk) if self.only in each.name]
        with self._served(url) as (port, pid):
            for each in asked:
                with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
                    self._ask(name, connection, pid, each, cookies[each.who])

    def desk(self, url: str) -> Desk:
        """Return the desk of a database, to look into it."""
        site = Site(
            desk=DeskSection(address="support@desk.example", code="DD"),
            database=DatabaseSection(url=url),
            keys=Keys(file=self.keys),
            web=Web(base_url="http://127.0.0.1"),
        )
        return open_desk(site, load_keyring(self.keys), Renderer(None, lambda *_: None))

    def _ask(
        self, name: str, connection: HTTPConnection, pid: int, asked: Asked, cookie: str
    ) -> None:
        taken: list[float] = []
        spent = 0.0
        for number in range(WARM + self.requests):
            if number == WARM:
                spent = _cpu(pid)
            begun = time.perf_counter()
            connection.request("GET", asked.path, headers={"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            response.read()
            taken.append((time.perf_counter() - begun) * 1000)
            if response.status != 200:
                where = response.headers.get("location", "")
                said = f"{response.status} {where}{self._said()}"
                self.failed.append(f"{name}: {asked.path}: {said}")
                return
        figures = self.figures.setdefault(asked.name, Figures())
        figures.times[name] = taken[WARM:]
        figures.cpu[name] = (_cpu(pid) - spent) / self.requests

    def _said(self) -> str:
        """Return why a page failed, out of the log."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        failed = [line for line in lines if "page-failed" in line]
        return f" ({failed[-1][-300:]})" if failed else ""

    def _addresses(self, desk: Desk) -> Iterator[Asked]:
        newest = int(str(_scalar(desk, "SELECT coalesce(max(id), 0) FROM ticket")))
        # A page that needs something is asked for where there is something.
        for page in PAGES:
            if page.show is None or page.path in LEFT_OUT:
                continue
            if "/files/" in page.path or page.path.endswith(("/pdf", "/xml", "/raw")):
                self.skipped[page.path] = "a file, no page"
            elif page.path in _EXAMPLES:
                for nth, statement in enumerate(_EXAMPLES[page.path]):
                    if (found := _scalar(desk, statement)) is not None:
                        path = re.sub(r"\{[^}]*\}", str(found), page.path)
                        yield Asked(f"{page.path}{', the largest' * (nth == 0)}"
                                    if len(_EXAMPLES[page.path]) > 1 else page.path,
                                    path, page.who)  # fmt: skip
            elif "{" in page.path.replace("{tag}", ""):
                self.skipped[page.path] = "it is shown where something is asked"
            elif "{tag}" in page.path:
                yield from _tickets(page.path, page.who, newest)
            else:
                for query in QUERIES.get(page.path, ("",)):
                    if newest or "=" not in query or "customer=" not in query:
                        yield Asked(page.path + query, page.path + query, page.who)

    @contextmanager
    def _served(self, url: str) -> Iterator[tuple[int, int]]:
        process, port = self._started(url)
        try:
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(20)

    def _started(self, url: str) -> "tuple[subprocess.Popen[bytes], int]":
        said = ""
        for _ in range(TRIES):
            port, config, log = free_port(), self.folder / "site.toml", self.folder / "log"
            config.write_text(_SITE.format(url=url, keys=self.keys, port=port))
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [str(_MAILDESK), "--config", str(config), "serve", "--only", "web"],
                    stdout=file, stderr=file,
                )  # fmt: skip
            if _is_listening(process, log):
                return process, port
            said = log.read_text(errors="replace")[-500:]
            process.kill()  # somebody else may have taken the port
            process.wait()
        raise RuntimeError(f"the pages are not served: {said}")


def _tickets(path: str, who: Who, newest: int) -> Iterator[Asked]:
    short = (newest - newest // 100) // LARGE * LARGE  # one of the customer who asks
    for ticket, words in ((short, f"{MESSAGES} messages"), (newest, f"{LONG} messages")):
        if ticket > 0:
            more = "?after=0" if path.endswith("/news") else ""
            yield Asked(f"{path}, {words}", path.replace("{tag}", tag("DD", ticket)) + more, who)


def _cpu(pid: int) -> float:
    """Return the milliseconds of CPU that a process has spent, all its threads."""
    spent = 0
    for each in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        spent += int(each.read_text().split()[0])
    return spent / 1e6


def _is_listening(process: "subprocess.Popen[bytes]", log: Path) -> bool:
    """Wait until it says so itself: on its port somebody else might answer."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        if "listening" in log.read_text(errors="replace"):
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return False


def _cookie(desk: Desk, address: str, agent: int | None) -> str:
    secret = desk.db.change(lambda session: begin(session, address, agent, datetime.now(UTC)))
    return f"maildesk-session={secret}"


def _scalar(desk: Desk, statement: str) -> object:
    with desk.db.read() as session:
        return session.execute(text(statement)).scalar()
