"""`maildesk deliver`: a mail from an MTA's pipe, or mail that lies in files.

maildesk deliver --from=RETURN_PATH --to=RCPT    one mail on standard input
maildesk deliver FILE|FOLDER ...                 .eml files, mbox files, Maildir folders

Exit codes are those of sysexits.h: 0 stored, 64 a wrong call, 65 refused, 66 no such file, 75
try again later. Whatever goes wrong on our side is 75: an MTA then keeps the mail and comes
again, and the same mail is never stored twice. In Postfix' master.cf:

    argv=/usr/bin/maildesk deliver --from=${sender} --to=${recipient}
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from maildesk.cli import options, show
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from concurrent.futures import Future

    from maildesk.config import Site
    from maildesk.doors.pipe import Piece, Tally
    from maildesk.store.db import Database

# sysexits.h
EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_TEMPFAIL = 64, 65, 66, 75
REFUSALS_SHOWN = 50


class _Command(TyperCommand):
    """A wrong option is EX_USAGE here, because an MTA reads our exit code."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        try:
            return super().make_context(*arguments, **more)
        except Exception as error:
            sentence = getattr(error, "format_message", None)
            if sentence is None:
                raise
            raise _exit(EX_USAGE, sentence()) from None


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("deliver", cls=_Command)(deliver)


def deliver(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER",
            help=".eml and mbox files, Maildir folders; none: one mail on standard input.",
        ),
    ] = None,
    return_path: Annotated[
        str | None,
        typer.Option("--from", help='The return path of the mail; "" or <> for the null one.'),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="A recipient; may be given again. Else the desk's address."),
    ] = None,
    importing: Annotated[
        bool, typer.Option("--import", help="Old mail: answer nothing and notify nobody.")
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for the database with one mail.")
    ] = 60,
    config: Config = None,
    json: Json = False,
) -> None:
    """Store mail from a pipe or from files; exit 75 if that must be tried again later."""
    sender = _path(return_path)
    recipients = tuple(_address(each) for each in to or ())
    with _our_fault_is_75():
        if not paths and sys.stdin.isatty():
            raise _exit(EX_USAGE, "name files, or give one mail on standard input")
        tally = _deliver(
            paths or [], sender, recipients, importing, wait, options.site(config), not json
        )
    if json:
        refused = [{"name": name, "why": why} for name, why in tally.refused]
        show.as_json({"stored": tally.stored, "known": tally.known, "refused": refused})
    elif paths:
        _say(tally)
    if tally.refused and not paths:
        raise _exit(EX_DATAERR, f"the mail is refused: {tally.refused[0][1]}")
    raise typer.Exit(EX_DATAERR if tally.refused else 0)


def _deliver(
    paths: list[Path],
    sender: str | None,
    recipients: tuple[str, ...],
    importing: bool,
    wait: float,
    site: "Site",
    show_progress: bool,
) -> "Tally":
    from maildesk.doors import pipe

    limit = site.limits.message
    to = recipients or (site.desk.address,)
    files = _files(paths)
    tally = pipe.Tally()
    db = _opened(site)
    accept = _accept(db, sender, to, "file" if paths else "pipe", importing)
    newest = _newest(db)
    if not paths:
        one = pipe.read_one(sys.stdin.buffer, limit)
        pipe.store([one], accept, limit, newest, tally, wait)
        db.close()
        return tally
    try:
        with _progress(files, show_progress) as read:
            pipe.store(read(files, limit), accept, limit, newest, tally, wait)
    except BaseException:
        if tally.stored:
            show.words(f"{tally.stored} stored until then; the same command goes on from there")
        raise
    db.close()
    return tally


def _accept(
    db: "Database", sender: str | None, to: tuple[str, ...], via: str, importing: bool
) -> "Callable[[bytes], Future[int]]":
    from datetime import UTC, datetime

    from maildesk.desk.intake import accept_soon
    from maildesk.doors import pipe
    from maildesk.mail.smtp import Envelope

    def accept(raw: bytes) -> "Future[int]":
        now = datetime.now(UTC)
        if sender is not None:
            raw = pipe.with_return_path(raw, sender)
        at = pipe.received_at(raw, now) if importing else now
        envelope = Envelope(return_path=sender or "", rcpt_to=to, via=via, received_at=at)
        return accept_soon(db, envelope, raw, quiet=importing)

    return accept


def _opened(site: "Site") -> "Database":
    """Return the database, if it is there: a pipe often runs as somebody else and makes none."""
    import shutil

    from maildesk.config import ConfigError
    from maildesk.store.db import Database

    db = Database(site.database.url)
    if db.is_sqlite and db.url.database:
        file = Path(db.url.database)
        if not file.exists():
            raise ConfigError(f"there is no database {file}; `maildesk migrate` makes it")
        if shutil.disk_usage(file.parent).free <= site.limits.free_space:
            raise ConfigError(f"no room is left on the disk of {file} (limits.free_space)")
    return db


def _newest(db: "Database") -> int:
    from sqlalchemy import func, select
    from sqlmodel import col

    from maildesk.store.tables import InboundRow

    with db.read() as session:
        return session.execute(select(func.max(col(InboundRow.id)))).scalar() or 0


def _files(paths: list[Path]) -> list[Path]:
    from maildesk.doors import pipe

    try:
        return [file for path in paths for file in pipe.files_of(path)]
    except pipe.NotMail as error:
        raise _exit(EX_DATAERR, str(error)) from None
    except OSError as error:
        raise _exit(EX_NOINPUT, f"{error.filename}: {error.strerror}") from None


@contextmanager
def _progress(
    files: list[Path], wanted: bool
) -> "Iterator[Callable[[list[Path], int], Iterator[Piece]]]":
    """Yield what reads files; on a terminal a bar shows how far it is, in octets."""
    from maildesk.doors import pipe

    def read(files: list[Path], limit: int) -> "Iterator[Piece]":
        for file in files:
            yield from pipe.pieces(file, limit)

    if not (wanted and sys.stderr.isatty()):
        yield read
        return
    from rich.console import Console
    from rich.progress import Progress

    total = sum(file.stat().st_size for file in files)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total or None)

        def shown(files: list[Path], limit: int) -> "Iterator[Piece]":
            for piece in read(files, limit):
                bar.advance(task, piece.octets)
                yield piece

        yield shown


def _say(tally: "Tally") -> None:
    show.words(f"{tally.stored} stored, {tally.known} known before, {len(tally.refused)} refused")
    for name, why in tally.refused[:REFUSALS_SHOWN]:
        show.words(f"refused: {name}: {why}")
    if len(tally.refused) > REFUSALS_SHOWN:
        show.words(f"and {len(tally.refused) - REFUSALS_SHOWN} more (--json lists all)")


def _path(given: str | None) -> str | None:
    """Return a return path: None where none was said, "" for the null one."""
    if given is None:
        return None
    # Postfix says MAILER-DAEMON for the null path (pipe(8), null_sender).
    if given.strip("<> ") == "" or given.upper() == "MAILER-DAEMON":
        return ""
    return _address(given)


def _address(given: str) -> str:
    address = given.strip("<> ")
    if "@" not in address or not address.isprintable() or not {" ", "<", ">"}.isdisjoint(address):
        raise _exit(EX_USAGE, f"{given!r} is not an address")
    return address


@contextmanager
def _our_fault_is_75() -> Iterator[None]:
    """Turn whatever fails on our side into EX_TEMPFAIL and one line.

    Mistakes of ours too: at any other exit code an MTA would send the mail back.
    """
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - see above; the line names it
        raise _exit(EX_TEMPFAIL, f"not stored, try again later: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "the database is busy and did not take it in time"
    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        return f"{named}{error.strerror or error}"
    words = str(getattr(error, "orig", None) or error).strip()
    line = words.splitlines()[0] if words else ""
    if "no such table" in line or "does not exist" in line:
        return f"{line}; `maildesk migrate` makes the tables"
    if type(error).__module__.startswith(("maildesk", "sqlalchemy")):
        return line
    return f"{type(error).__name__}: {line}"


def _exit(code: int, words: str) -> typer.Exit:
    sys.stderr.write(f"maildesk: {show.safe(words)}\n")
    return typer.Exit(code)
