"""`make bench-web`: how long each page takes on a desk of years, and on an empty one.

`--keep FOLDER` keeps the filled databases, so that they are filled once. Any answer but 200 is a
failure. Exit code 1 where a page failed or took longer than it may.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import sqlalchemy
from sqlalchemy import text

from bench.report import machine
from bench.web_ask import WARM, Asker, Figures
from bench.web_stock import fill
from maildesk.desk import search
from maildesk.desk.keys import load_keyring
from maildesk.store import migrate
from tests.peers.postgresql import Postgres

GOAL, SEARCH_GOAL = 50.0, 100.0  # milliseconds at the median
_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_HEAD = ("page", "database", "median ms", "p95", "max", "CPU ms", "empty", "ratio", "goal")
_MEGA = 2**20


def databases(
    wanted: argparse.Namespace, folder: Path, stack: ExitStack
) -> Iterator[tuple[str, str]]:
    """Give (name, URL) of each database to measure: for each kind an empty one, then a full one."""
    kept: Path = wanted.keep or folder
    if "sqlite" in wanted.database:
        for tickets in (0, wanted.tickets):
            file = kept / f"web-{migrate.newest()}-{tickets}.db"
            if not file.exists():
                _fill(f"sqlite:///{file}", tickets)
            yield _named("SQLite", tickets), f"sqlite:///{file}"
    if "postgresql" in wanted.database:
        server = wanted.postgresql or stack.enter_context(Postgres()).database()
        for tickets in (0, wanted.tickets):
            name = f"maildesk_bench_web_{migrate.newest()}_{tickets}"
            url = sqlalchemy.make_url(server).set(database=name)
            shown = url.render_as_string(hide_password=False)
            if _made_new(server, name):
                _fill(shown, tickets)
            yield _named("PostgreSQL", tickets), shown
            if wanted.postgresql and not wanted.keep:
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _made_new(server: str, name: str) -> bool:
    with psycopg.connect(server, autocommit=True) as connection:
        named = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if named.fetchone():
            return False
        connection.execute(f"CREATE DATABASE {name}".encode())
        return True


def _fill(url: str, tickets: int) -> None:
    begun = time.monotonic()
    fill(url, tickets)
    tell(f"  {tickets} tickets written in {time.monotonic() - begun:.0f} s")


def _named(kind: str, tickets: int) -> str:
    return f"{kind}, full" if tickets else f"{kind}, empty"


def indexed(asker: Asker, name: str, url: str) -> str:
    """Let the index of the search catch up, and return how long that took, "" for nothing."""
    desk = asker.desk(url)
    with closing(desk.db):
        begun, done = time.perf_counter(), 0
        while step := search.pass_time(desk, 20.0):
            done += step
            tell(f"  {name}: {done} messages indexed")
        taken = time.perf_counter() - begun
        if done < 1_000:
            return ""
        size = (
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search_%'" if desk.db.is_sqlite
            else "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
                 " WHERE relname IN ('search_text', 'search_word')"
        )  # fmt: skip
        try:
            with desk.db.read() as session:
                octets = int(session.execute(text(size)).scalar() or 0)
        except sqlalchemy.exc.OperationalError:  # an SQLite without dbstat
            octets = 0
        return (
            f"{name}: {done:,} messages were indexed in {taken:.0f} s, {done / taken:,.0f} a"
            f" second; the index takes {octets / _MEGA:,.0f} MiB."
        )


def table(figures: dict[str, Figures], kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a line for each page and kind of database."""
    lines: list[tuple[str, ...]] = []
    for name, figure in sorted(figures.items()):
        for kind in kinds:
            full = f"{kind}, full"
            if full not in figure.times:
                continue
            times, base, median = (
                sorted(figure.times[full]), figure.median(f"{kind}, empty"), figure.median(full)
            )  # fmt: skip
            lines.append(
                (
                    name, kind, f"{median:.1f}", f"{times[int(len(times) * 0.95)]:.1f}",
                    f"{times[-1]:.1f}", f"{figure.cpu[full]:.1f}",
                    f"{base:.1f}" if base else "", f"{median / base:.1f}" if base else "",
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
    """Measure, print the table; 1 where a page failed, or took longer than it may."""
    wanted, described, notes = _wanted(), machine(), []
    with tempfile.TemporaryDirectory(prefix="maildesk-bench-web-") as name, ExitStack() as stack:
        keys = (wanted.keep or Path(name)) / "keys.json"  # a database is begun with its keys
        keys.parent.mkdir(parents=True, exist_ok=True)
        load_keyring(keys)
        asker = Asker(Path(name), keys, wanted.requests, wanted.only)
        for label, url in databases(wanted, Path(name), stack):
            tell(label)
            notes.append(indexed(asker, label, url))
            asker.measure(label, url)
    kinds = [kind for word, kind in _KINDS.items() if word in wanted.database]
    lines = table(asker.figures, kinds)
    said = [
        f"{described} {wanted.tickets:,} tickets; {wanted.requests} requests of each page after"
        f" {WARM} that are not counted, one after the other. CPU is that of the process that"
        " serves the pages, not of PostgreSQL.",
        *filter(None, notes),
        *(f"Left out: {path}: {why}." for path, why in asker.skipped.items()),
        *(f"FAILED: {each}" for each in asker.failed),
    ]
    _print(lines, said, wanted.markdown)
    return 1 if asker.failed or any(row[-1].endswith("MISSED") for row in lines) else 0


def _print(lines: Sequence[tuple[str, ...]], said: Sequence[str], markdown: Path | None) -> None:
    widths = [max(len(row[n]) for row in (_HEAD, *lines)) for n in range(len(_HEAD))]
    for row in (_HEAD, *lines):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    print("\n" + "\n".join(said))
    if markdown:
        rows = [_HEAD, ("---", "---", *["---:"] * 6, "---"), *lines]
        shown = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        markdown.write_text(f"{shown}\n\n" + "".join(f"- {n}\n" for n in said))


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__)
    parser.add_argument("--database", default="sqlite,postgresql", help="one of them, or both")
    parser.add_argument("--postgresql", default="", metavar="URL",
                        help="a server where databases may be made; else one is started")  # fmt: skip
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30, help="of each page")
    parser.add_argument("--only", default="", metavar="PART", help="pages with this in their name")
    parser.add_argument("--keep", type=Path, metavar="FOLDER",
                        help="keep the filled databases there (and on the server that was named)")  # fmt: skip
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
