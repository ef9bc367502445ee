"""`make bench-web`: how long each page takes on a desk of years, and on an empty one.

The pages are served by `maildesk serve --only web` as they are, one request after the other; what
is measured is from the request to the last octet of the answer. A page that the desk does not
have yet is named and left out.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import psycopg
import sqlalchemy
from sqlalchemy import text

from bench.report import machine
from bench.web_stock import LONG, fill
from maildesk.config import Site
from maildesk.config.models import DatabaseSection, Keys
from maildesk.config.models import Desk as DeskSection
from maildesk.config.process import Web
from maildesk.desk import search
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.portal.sessions import begin
from maildesk.render import Renderer
from maildesk.rules.number import tag
from maildesk.store import migrate
from maildesk.web.pages import PAGES
from maildesk.web.visit import Who
from tests.peers import free_port
from tests.peers.postgresql import Postgres

GOAL, SEARCH_GOAL = 50.0, 100.0  # milliseconds at the median
WARM = 3  # requests that are not counted
PATIENCE = 60.0  # seconds until the pages have to be there
_AGENT = "lena@agentur.example"
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

# What is asked of a page besides its path alone.
QUERIES = {
    "/desk": ("", "?state=waiting", "?closed=1"),
    "/desk/journal": ("",),
    "/desk/search": tuple(
        f"?q={quote(typed)}{more}"
        for typed, more in (
            ("Zeppelin", ""), ("rechnung", ""), ("drucker", ""), ("erbindungsnumm", ""),
            ("werkverbind", ""), ("drucker papierstau", ""), ("rechnung cart", ""),
            ('"keine Verbindung"', ""), ("Müller", ""), ("rechnung -drucker", ""),
            ("xylophonquark", ""), ("person1@kunde0017.example", ""), ("it", ""), ("ung", ""),
            ("drucker", "&state=open"), ("drucker", "&customer=kunde+0017"),
        )
    ),
}  # fmt: skip
# What is no page to look at: events that never end, links that hold a secret, files.
LEFT_OUT = {
    "/desk/live": "it never ends",
    "/sign-in/{token}": "it needs a link that was mailed",
    "/request/{token}": "it needs a link that was mailed",
}
_IDS = {
    "/desk/customers/{id}": "SELECT max(id) FROM customer WHERE id < 18",
    "/desk/mail/{id}": "SELECT max(id) FROM inbound WHERE state = 'held'",
    "/desk/letters/{id}": "SELECT max(id) FROM outbound",
    "/desk/invoices/{number:path}": "SELECT max(number) FROM invoice",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and who asks for it; `name` is the same on every database."""

    name: str
    path: str
    who: Who


@dataclass(slots=True)
class Figures:
    """What one address took, in milliseconds, by the name of the database."""

    times: dict[str, list[float]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])


class Bench:
    """The measurement: databases that are filled, pages that are asked for, a table."""

    def __init__(self, wanted: argparse.Namespace, folder: Path) -> None:
        self.wanted, self.folder = wanted, folder
        self.figures: dict[str, Figures] = {}
        self.notes: list[str] = []
        self.skipped: dict[str, str] = {}
        self.keys = (wanted.keep or folder) / "keys.json"  # a database is begun with its keys
        self.keys.parent.mkdir(parents=True, exist_ok=True)
        load_keyring(self.keys)

    def measure(self, name: str, url: str) -> None:
        """Ask for every page of a database, and keep what it took under a name."""
        desk = self._desk(url)
        with closing(desk.db):
            self._index(name, desk)
            cookies = {Who.AGENT: _cookie(desk, _AGENT, 1), Who.ANYONE: ""}
            customer = _scalar(desk, "SELECT requester FROM ticket ORDER BY id DESC LIMIT 1")
            cookies[Who.CUSTOMER] = _cookie(desk, str(customer or "nobody@kunde.example"), None)
            asked = list(self._addresses(desk))
        with self._served(url) as port, closing(HTTPConnection("127.0.0.1", port)) as connection:
            for each in asked:
                self._ask(name, connection, each, cookies[each.who])

    def _ask(self, name: str, connection: HTTPConnection, asked: Asked, cookie: str) -> None:
        taken: list[float] = []
        for number in range(WARM + self.wanted.requests):
            begun = time.perf_counter()
            connection.request("GET", asked.path, headers={"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            response.read()
            taken.append((time.perf_counter() - begun) * 1000)
            if response.status not in (200, 303, 307):
                self.skipped[asked.name] = f"it answers {response.status}{self._said()}"
                return
            if number == 0 and response.status == 303:
                self.skipped[asked.name] = "it leads elsewhere"
                return
        self.figures.setdefault(asked.name, Figures()).times.setdefault(name, []).extend(
            taken[WARM:]
        )

    def _said(self) -> str:
        """Return why a page failed, out of the log."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        failed = [line for line in lines if "page-failed" in line]
        return f" ({failed[-1][-160:]})" if failed else ""

    def _addresses(self, desk: Desk) -> Iterator[Asked]:
        newest = int(_scalar(desk, "SELECT coalesce(max(id), 0) FROM ticket") or 0)
        for page in PAGES:
            if page.show is None or page.path in LEFT_OUT or page.path in ("/", "/sign-out"):
                continue
            if "/files/" in page.path or page.path.endswith(("/pdf", "/xml", "/raw")):
                self.skipped[page.path] = "a file, no page"
                continue
            if page.path in _IDS:
                found = _scalar(desk, _IDS[page.path])
                if found is not None:
                    path = re.sub(r"\{[^}]*\}", str(found), page.path)
                    yield Asked(page.path, path, page.who)
                continue
            if "{" in page.path.replace("{tag}", ""):
                self.skipped[page.path] = "no example is known for it"
                continue
            if "{tag}" in page.path:
                for ticket, words in ((newest - 1000, "4 messages"), (newest, f"{LONG} messages")):
                    if ticket > 0:
                        path = page.path.replace("{tag}", tag("DD", ticket))
                        yield Asked(f"{page.path}, {words}", path, page.who)
                continue
            for query in QUERIES.get(page.path, ("",)):
                yield Asked(page.path + query, page.path + query, page.who)

    def _index(self, name: str, desk: Desk) -> None:
        """Let the index of the search catch up, and say how long that took."""
        begun, done = time.perf_counter(), 0
        while step := search.pass_time(desk, 20.0):
            done += step
            tell(f"  {name}: {done} messages indexed")
        taken = time.perf_counter() - begun
        if done < 1_000:
            return
        size = (
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search_%'" if desk.db.is_sqlite
            else "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
                 " WHERE relname IN ('search_text', 'search_word')"
        )  # fmt: skip
        try:
            octets = int(_scalar(desk, size) or 0)
        except sqlalchemy.exc.OperationalError:  # an SQLite without dbstat
            octets = 0
        self.notes.append(
            f"{name}: {done:,} messages were indexed in {taken:.0f} s, {done / taken:,.0f} a"
            f" second; the index takes {octets / 2**20:,.0f} MiB."
        )

    def _desk(self, url: str) -> Desk:
        site = Site(
            desk=DeskSection(address="support@desk.example", code="DD"),
            database=DatabaseSection(url=url),
            keys=Keys(file=self.keys),
            web=Web(base_url="http://127.0.0.1"),
        )
        keyring = load_keyring(site.keys.file)
        return open_desk(site, keyring, Renderer(None, lambda *_: None))

    @contextmanager
    def _served(self, url: str) -> Iterator[int]:
        port, config = free_port(), self.folder / "site.toml"
        config.write_text(_SITE.format(url=url, keys=self.keys, port=port))
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [str(_MAILDESK), "--config", str(config), "serve", "--only", "web"],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait(process, port, self.folder / "log")
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    begun = time.monotonic()
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/sign-in")
            connection.getresponse().read()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() - begun > PATIENCE:
                said = log.read_text(errors="replace")[-500:]
                raise RuntimeError(f"the pages are not served: {said}") from None
            time.sleep(0.1)
        finally:
            connection.close()


def _cookie(desk: Desk, address: str, agent: int | None) -> str:
    secret = desk.db.change(lambda session: begin(session, address, agent, datetime.now(UTC)))
    return f"maildesk-session={secret}"


def _scalar(desk: Desk, statement: str) -> object:
    with desk.db.read() as session:
        return session.execute(text(statement)).scalar()


def databases(
    wanted: argparse.Namespace, folder: Path, stack: ExitStack
) -> Iterator[tuple[str, str]]:
    """Give (name, URL) of each database to measure: for each kind an empty one, then a full one."""
    kept: Path = wanted.keep or folder
    kept.mkdir(parents=True, exist_ok=True)
    if "sqlite" in wanted.database:
        for tickets in (0, wanted.tickets):
            file = kept / f"web-{migrate.newest()}-{tickets}.db"
            if not file.exists():
                _fill(f"sqlite:///{file}", tickets)
            yield _named("SQLite", tickets), f"sqlite:///{file}"
    if "postgresql" in wanted.database:
        server = wanted.postgresql
        if not server:
            server = stack.enter_context(Postgres()).database()
        for tickets in (0, wanted.tickets):
            name = f"maildesk_bench_web_{migrate.newest()}_{tickets}"
            url = sqlalchemy.make_url(server).set(database=name)
            shown = url.render_as_string(hide_password=False)
            with psycopg.connect(server, autocommit=True) as connection:
                there = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [name]
                ).fetchone()
                if not there:
                    connection.execute(f"CREATE DATABASE {name}".encode())
            if not there:
                _fill(shown, tickets)
            yield _named("PostgreSQL", tickets), shown
            if wanted.postgresql and not wanted.keep:
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _fill(url: str, tickets: int) -> None:
    begun = time.monotonic()
    fill(url, tickets)
    tell(f"  {tickets} tickets written in {time.monotonic() - begun:.0f} s")


def _named(kind: str, tickets: int) -> str:
    return f"{kind}, full" if tickets else f"{kind}, empty"


_HEAD = ("page", "database", "median ms", "p95", "max", "empty", "ratio", "goal")


def table(figures: dict[str, Figures], kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a line for each page and kind of database."""
    lines = []
    for name, figure in sorted(figures.items()):
        for kind in kinds:
            times = sorted(figure.times.get(f"{kind}, full", ()))
            if not times:
                continue
            empty = figure.times.get(f"{kind}, empty")
            median = statistics.median(times)
            base = statistics.median(empty) if empty else 0.0
            lines.append(
                (
                    name, kind, f"{median:.1f}", f"{times[int(len(times) * 0.95)]:.1f}",
                    f"{times[-1]:.1f}", f"{base:.1f}" if base else "",
                    f"{median / base:.1f}" if base else "",
                    f"<= {goal(name):.0f}" + ("" if median <= goal(name) else " MISSED"),
                )
            )  # fmt: skip
    return lines


def goal(name: str) -> float:
    """Return how many milliseconds a page may take at the median."""
    return SEARCH_GOAL if name.startswith("/desk/search?") else GOAL


def tell(words: str) -> None:
    """Say how far it is."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def main() -> int:
    """Measure, print the table; 1 where a page took longer than it may."""
    wanted, described = _wanted(), machine()
    with tempfile.TemporaryDirectory(prefix="maildesk-bench-web-") as name, ExitStack() as stack:
        bench = Bench(wanted, Path(name))
        for label, url in databases(wanted, Path(name), stack):
            tell(label)
            bench.measure(label, url)
    kinds = [kind for kind, word in (("SQLite", "sqlite"), ("PostgreSQL", "postgresql"))
             if word in wanted.database]  # fmt: skip
    lines = table(bench.figures, kinds)
    notes = [
        f"{described} {wanted.tickets:,} tickets; {wanted.requests} requests of each page after"
        f" {WARM} that are not counted, one after the other.",
        *bench.notes,
        *(f"Left out: {path}: {why}." for path, why in (LEFT_OUT | bench.skipped).items()),
    ]
    widths = [max(len(row[n]) for row in (_HEAD, *lines)) for n in range(len(_HEAD))]
    for row in (_HEAD, *lines):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    print("\n" + "\n".join(notes))
    if wanted.markdown:
        rows = [_HEAD, ("---", "---", *["---:"] * 5, "---"), *lines]
        said = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        wanted.markdown.write_text(f"{said}\n\n" + "".join(f"- {n}\n" for n in notes))
    return 1 if any(row[-1].endswith("MISSED") for row in lines) else 0


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--database", default="sqlite,postgresql", help="one of them, or both")
    parser.add_argument("--postgresql", default="", metavar="URL",
                        help="a server where databases may be made; else one is started")  # fmt: skip
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30, help="of each page")
    parser.add_argument("--keep", type=Path, metavar="FOLDER",
                        help="keep the filled databases there (and on the server that was named)")  # fmt: skip
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
