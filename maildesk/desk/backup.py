"""A backup: the whole database at one moment, and the keys, in one file (see `archive`).

Made while the desk runs; it waits for nobody. No program of PostgreSQL's is needed.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import text

from maildesk import __version__
from maildesk.desk import archive
from maildesk.desk.archive import BackupError, Manifest, Writer
from maildesk.desk.keys import load_keyring
from maildesk.store.db import BUSY_SECONDS, Database

VERSIONS = "alembic_version"  # where the schema's revision stands
_NO_TABLES = "there is nothing to back up: the database has no tables yet (`maildesk migrate`)"


def back_up(db: Database, keys: Path, target: Path, now: datetime) -> Manifest:
    """Write a backup of a database and its keys file, and return what is in it.

    Raises BackupError or ConfigError with the reason and the remedy; then `target` is as it was.
    """
    if not keys.exists():
        raise BackupError(
            f"there is no keys file {keys}, and without it a restored desk does not know the"
            " answers to its letters; set keys.file, or start the desk once"
        )
    load_keyring(keys)  # raises for a file that could not be used after a restore
    octets = keys.read_bytes()

    def fill(writer: Writer) -> Manifest:
        writer.add(archive.KEYS, octets)
        made = _dump_sqlite if db.is_sqlite else _dump_postgresql
        revision, counts, columns = made(db, writer)
        kind = db.url.get_backend_name()
        return Manifest(__version__, kind, revision, now, counts, columns, dict(writer.sha256))

    return archive.write(target, fill)


_Dumped = tuple[str, dict[str, int], dict[str, list[str]]]  # revision, counts, columns


def _dump_sqlite(db: Database, writer: Writer) -> _Dumped:
    file = Path(db.url.database or "")
    if not file.is_file():
        raise BackupError(f"there is no database {file}; see [database] url")
    try:
        with writer.spool() as copy:
            with closing(sqlite3.connect(file, timeout=BUSY_SECONDS)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            with closing(sqlite3.connect(copy)) as made:
                check_sqlite(made)
                revision, counts = _counted(made)
            writer.add_file(archive.SQLITE, copy)
    except sqlite3.Error as error:
        raise BackupError(f"the database {file} cannot be copied: {error}") from error
    return revision, counts, {}


def check_sqlite(connection: sqlite3.Connection) -> None:
    """Raise BackupError unless SQLite finds its file in order, row for row."""
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise BackupError(
            f"the database is damaged ({found}); take the newest backup that is whole"
        )


def _counted(copy: sqlite3.Connection) -> tuple[str, dict[str, int]]:
    rows = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [name for (name,) in rows if not name.startswith("sqlite_")]
    if VERSIONS not in names:
        raise BackupError(_NO_TABLES)
    (revision,) = copy.execute(f"SELECT version_num FROM {VERSIONS}").fetchone()  # noqa: S608 - ours
    counts = {}
    for name in names:
        if name != VERSIONS:
            # The name is the database's own.
            counts[name] = copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
    return revision, counts


def _dump_postgresql(db: Database, writer: Writer) -> _Dumped:
    counts: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    with db.read() as session:
        # One snapshot for all tables, taken with the first statement.
        connection = session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tables = tables_in_order(connection)
        if VERSIONS not in tables:
            raise BackupError(_NO_TABLES)
        revision: str = session.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar_one()  # noqa: S608
        driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # what the engine was made with
        inspector = sqlalchemy.inspect(connection)
        for table in tables:
            if table == VERSIONS:
                continue
            columns[table] = [column["name"] for column in inspector.get_columns(table)]
            with writer.spool() as spooled:
                counts[table] = _copy_out(driver, table, columns[table], spooled)
                writer.add_file(archive.table_member(table), spooled)
    return revision, counts, columns


def tables_in_order(connection: sqlalchemy.Connection) -> list[str]:
    """Return the names of all tables, each after those that it refers to."""
    found = sqlalchemy.inspect(connection).get_sorted_table_and_fkc_names()
    return [name for name, _ in found if name is not None]


def copy_statement(table: str, columns: list[str], direction: str) -> sql.Composed:
    """Return COPY for a table; in the binary format nothing is escaped and nothing is lost."""
    return sql.SQL("COPY {} ({}) {} (FORMAT binary)").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("FROM STDIN" if direction == "in" else "TO STDOUT"),
    )


def _copy_out(driver: psycopg.Connection, table: str, columns: list[str], target: Path) -> int:
    try:
        with target.open("xb") as opened, driver.cursor() as cursor:
            with cursor.copy(copy_statement(table, columns, "out")) as copy:
                for chunk in copy:
                    opened.write(chunk)
            return cursor.rowcount
    except psycopg.Error as error:
        raise BackupError(f"the table {table} cannot be copied: {error}") from error
