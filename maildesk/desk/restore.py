"""A backup becomes a desk again: in an empty database, silent, and past the numbers it gave out.

Between the backup and the restore the lost desk went on giving out ticket numbers, and letters
that wait in the backup were sent. So the numbers jump, and nothing leaves until somebody says so
(SECURITY.md, row F8).
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psycopg
import sqlalchemy
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import delete, func, select, text, update
from sqlmodel import Session, col

from maildesk.desk import archive
from maildesk.desk.archive import BackupError, Manifest
from maildesk.desk.backup import VERSIONS, check_sqlite, copy_statement, tables_in_order
from maildesk.desk.invoices import continuing
from maildesk.desk.keys import load_keyring
from maildesk.desk.lock import hold_alone
from maildesk.desk.outbox import MAY_SEND
from maildesk.store import migrate
from maildesk.store.db import BUSY_SECONDS, Database
from maildesk.store.tables import CounterRow, OutboundRow, SettingRow
from maildesk.store.web_tables import SessionRow, SignInRow

GAP = 1_000  # numbers left out, for those that were given out after the backup
APPLIER_LOCK = 0x6D61_696C  # as in desk.applier: whoever holds it serves the database
_FILLED = ("raw", "inbound", "ticket", "customer", "agent", "outbound")
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `keys` is written, kept (the same were there) or replaced.

    `invoice_numbers` are the last ones that the backup knows, one for each range.
    """

    manifest: Manifest
    keys: str
    revision: str
    queued: int
    next_ticket: int
    invoice_numbers: tuple[str, ...] = ()


def restore(
    db: Database, keys: Path, source: Path, force: bool = False, now: datetime | None = None
) -> Restored:
    """Load a backup into an empty database, or in place of what is there with `force`.

    Afterwards the schema is the newest, nothing may be sent until it is released, and the numbers
    of tickets and messages go on GAP later. No invoice gets a number until somebody has said
    which was the last one (`invoices.continuing`). `now` is this moment if none is named. Raises BackupError or ConfigError with the remedy;
    the whole backup is verified before anything is changed.
    """
    manifest = archive.verify(source)
    _check_kind(db, manifest)
    quieten = _quietener(manifest, now or datetime.now(UTC))
    if db.is_sqlite:
        is_new = not Path(db.url.database or "").exists()
    with _alone(db):
        if not force and (table := _first_filled(db)):
            raise BackupError(
                f"the database {db.url.render_as_string()} is not empty (there are rows in"
                f" {table}); name another one, or say --force to lose what is in it"
            )
        how = _restore_keys(keys, source, force)
        if db.is_sqlite:
            _load_sqlite(db, source, quieten)
            if is_new:
                _belong_to_folder(Path(db.url.database or ""))
        else:
            _load_postgresql(db, source, manifest, quieten)
            migrate.upgrade(db)
    with db.read() as session:
        return Restored(
            manifest=manifest,
            keys=how,
            revision=migrate.current(db),
            queued=session.execute(
                select(func.count()).select_from(OutboundRow).where(
                    col(OutboundRow.state) == "queued"
                )
            ).scalar_one(),
            next_ticket=session.execute(
                select(col(CounterRow.value)).where(col(CounterRow.name) == "ticket")
            ).scalar_one() + 1,
            invoice_numbers=continuing.last_numbers(session),
        )  # fmt: skip


def _check_kind(db: Database, manifest: Manifest) -> None:
    kind = db.url.get_backend_name()
    if manifest.kind != kind:
        raise BackupError(
            f"the backup is one of {manifest.kind} and the database is {kind}: a backup goes back"
            " into the kind that it came from; set [database] url to one of those"
        )
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    try:
        scripts.get_revision(manifest.revision)
    except CommandError:
        raise BackupError(
            f"the backup was made by maildesk {manifest.program}, whose tables (revision"
            f" {manifest.revision}) this one does not know; install that version or a newer one"
        ) from None


@contextmanager
def _alone(db: Database) -> Iterator[None]:
    """Keep desks away from the database, or raise if one serves it now."""
    if db.is_sqlite:
        file = hold_alone(db.url.render_as_string(hide_password=False))
        try:
            if file is not None:
                _belong_to_folder(Path(file.name))
            yield
        finally:
            if file is not None:
                file.close()
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = text("SELECT pg_try_advisory_lock(:key)")
        if not connection.execute(lock, {"key": APPLIER_LOCK}).scalar():
            raise BackupError("a maildesk serves this database; stop it first")
        try:
            yield
        finally:
            connection.invalidate()  # the lock goes with the connection


def _first_filled(db: Database) -> str:
    """Return a table that holds what a desk has done or was told; "" for a database as new."""
    if db.is_sqlite and not Path(db.url.database or "").exists():
        return ""
    with db.reading.connect() as connection:
        there = sqlalchemy.inspect(connection).get_table_names()
        for table in there:
            if table not in _FILLED and VERSIONS in there:
                continue  # the counters of a new desk; but tables of another program count
            if connection.execute(
                sqlalchemy.select(1).select_from(sqlalchemy.table(table)).limit(1)
            ).first():
                return table
    return ""


def _restore_keys(keys: Path, source: Path, force: bool) -> str:
    content = next((opened.read() for name, opened in archive.members(source)
                    if name == archive.KEYS), None)  # fmt: skip
    if content is None:
        raise BackupError(f"{source} holds no keys")
    temporary = keys.with_name(f".{keys.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        theirs = load_keyring(temporary).keys
        how = "written"
        if keys.exists():
            if theirs.items() <= load_keyring(keys).keys.items():
                return "kept"  # it may hold more: keys were rotated since
            if not force:
                raise BackupError(
                    f"{keys} holds other keys than the backup, and answers to letters signed with"
                    " them would be lost; move it away, or say --force to put it aside"
                )
            keys.rename(keys.with_name(f"{keys.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
            how = "replaced"
        _belong_to_folder(temporary)
        temporary.replace(keys)
        return how
    finally:
        temporary.unlink(missing_ok=True)


def _belong_to_folder(path: Path) -> None:
    """Give what root made to whom its folder belongs, or the service could not use it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _load_sqlite(db: Database, source: Path, quieten: Callable[[Session], None]) -> None:
    """Make the copy beside the database all that it has to be, then put it in at one stroke."""
    target = Path(db.url.database or "")
    copy = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        for name, opened in archive.members(source):
            if name == archive.SQLITE:
                with copy.open("xb") as made:
                    copy.chmod(0o600)
                    shutil.copyfileobj(opened, made, _CHUNK)
        with closing(sqlite3.connect(copy)) as made_db:
            check_sqlite(made_db)
        quiet = Database(f"sqlite:///{copy}")
        try:
            quiet.change(quieten)
            migrate.upgrade(quiet)
        finally:
            quiet.close()
        with (
            closing(sqlite3.connect(copy)) as made_db,
            closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as old,
        ):
            # One transaction of SQLite's own: whatever is there is replaced whole, or not at all.
            made_db.backup(old)
    except sqlite3.Error as error:
        raise BackupError(f"the backup cannot be put into {target}: {error}") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _load_postgresql(
    db: Database, source: Path, manifest: Manifest, quieten: Callable[[Session], None]
) -> None:
    """Load all tables and quieten the desk in one transaction."""
    try:
        if migrate.current(db) not in ("", manifest.revision):
            migrate.downgrade(db, "base")
        migrate.upgrade(db, manifest.revision)
    except CommandError as error:
        raise BackupError(f"the tables that are there cannot be cleared away: {error}") from error

    def work(session: Session) -> None:
        connection = session.connection()
        there = [name for name in tables_in_order(connection) if name != VERSIONS]
        if set(there) != set(manifest.columns):
            raise BackupError("the tables of the backup are not those of its revision")
        driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # what the engine was made with
        with driver.cursor() as cursor:
            _triggers(cursor, there, "DISABLE")  # they let nothing in that was issued before
            names = sql.SQL(", ").join(map(sql.Identifier, there))
            cursor.execute(sql.SQL("TRUNCATE {}").format(names))
            tables = {archive.table_member(name): name for name in there}
            for member, opened in archive.members(source):
                if (table := tables.get(member)) is not None:
                    with cursor.copy(copy_statement(table, manifest.columns[table], "in")) as copy:
                        while chunk := opened.read(_CHUNK):
                            copy.write(chunk)
            for table in there:
                if "id" in manifest.columns[table]:
                    cursor.execute(_sequence_after(table))
            _triggers(cursor, there, "ENABLE")
        quieten(session)

    try:
        db.change(work)
    except psycopg.Error as error:
        raise BackupError(f"the backup cannot be loaded: {error}") from error


def _triggers(
    cursor: "psycopg.Cursor[Any]", tables: Sequence[str], change: Literal["DISABLE", "ENABLE"]
) -> None:
    """Take our own triggers away for this transaction, or put them back; the keys stay."""
    for table in tables:
        cursor.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table), sql.SQL(change))
        )


def _sequence_after(table: str) -> sql.Composed:
    """Return what makes the numbers of new rows go on after the rows that are there."""
    return sql.SQL(
        "SELECT setval(pg_get_serial_sequence({}, 'id'), coalesce(max(id), 1), max(id) IS NOT NULL)"
        " FROM {}"
    ).format(sql.Literal(table), sql.Identifier(table))


def _quietener(manifest: Manifest, now: datetime) -> Callable[[Session], None]:
    """Return what keeps a restored desk from doing again what the lost one did since."""

    def quieten(session: Session) -> None:
        """Keep letters and invoice numbers back, and step over the other numbers given out.

        Nobody is signed in: who signed out since, or lost his right, would be in again.
        """
        session.merge(SettingRow(name=MAY_SEND, value="no"))
        there = sqlalchemy.inspect(session.connection()).get_table_names()
        for table in (SessionRow, SignInRow):
            if table.__tablename__ in there:  # a backup of older tables has none yet
                session.execute(delete(table))
        numbers = update(CounterRow).where(col(CounterRow.name).in_(("ticket", "message")))
        session.execute(numbers.values(value=CounterRow.value + GAP))
        continuing.hold(session, manifest.made_at, now)

    return quieten
