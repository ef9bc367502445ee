"""Fills a database for `bench.web`: rows by executemany (SQLite) or COPY (PostgreSQL), at once.

No mail is taken in. What guards invoices against changes is asleep meanwhile.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Any

import sqlalchemy
from sqlmodel import SQLModel

from bench.web_invoices import Invoices
from bench.web_rows import Made, Row
from maildesk.store import migrate
from maildesk.store.columns import Moment
from maildesk.store.db import Database

_EMPTY: dict[type[Any], Any] = {
    sqlalchemy.Boolean: False,
    sqlalchemy.Integer: 0,
    sqlalchemy.BigInteger: 0,
    sqlalchemy.LargeBinary: b"",
}
_OWN_KEYS = ("ticket", "message", "raw", "customer_billing", "invoice_document", "invoice_event")


def fill(url: str, tickets: int) -> None:
    """Make the tables of a desk at a URL and write so many tickets into them."""
    with closing(Database(url)) as db:
        migrate.upgrade(db)
        made = Made(tickets)
        if db.is_sqlite:
            _by_sqlite(db, made)
        else:
            _by_copy(db, made)


def _tables(made: Made) -> Iterator[tuple[str, Iterator[Row]]]:
    yield from made.tables()
    yield from Invoices(made).tables()


def _completed(name: str, rows: Iterable[Row]) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Return the columns of a table and its rows in that order; what is not said is empty."""
    table = SQLModel.metadata.tables[name]
    usual = {
        column.name: None if column.nullable else _EMPTY.get(type(column.type), "")
        for column in table.columns
    }
    if "id" in usual:
        usual["id"] = None
    names = list(usual)

    def values() -> Iterator[Sequence[Any]]:
        for row in rows:
            if strange := row.keys() - usual.keys():
                raise LookupError(f"{name} has no {strange}")
            yield [row.get(each, empty) for each, empty in usual.items()]

    return names, values()


def _by_sqlite(db: Database, made: Made) -> None:
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with _asleep(driver):
            for name, rows in _tables(made):
                columns, values = _completed(name, rows)
                turned = [_as_sqlite(SQLModel.metadata.tables[name].c[each]) for each in columns]
                driver.execute("BEGIN IMMEDIATE")
                driver.executemany(
                    f"INSERT INTO {name} ({', '.join(columns)})"
                    f" VALUES ({', '.join('?' * len(columns))})",
                    (
                        [turn(each) for turn, each in zip(turned, row, strict=True)]
                        for row in values
                    ),
                )
                driver.execute("COMMIT")
        _count(made, driver.execute)
        driver.execute("ANALYZE")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _asleep(driver: Any) -> Iterator[None]:
    """Take the triggers of an SQLite database away, and put them back."""
    made = driver.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in made:
        driver.execute(f"DROP TRIGGER {name}")
    yield
    for _, statement in made:
        driver.execute(statement)


def _as_sqlite(column: "sqlalchemy.Column[Any]") -> Any:
    """Return what makes a value of a column one as SQLite keeps it."""

    def moment(value: datetime | None) -> str | None:
        return value.replace(tzinfo=None).isoformat(" ") + ".000000" if value else None

    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    if isinstance(column.type, Moment):
        return moment
    return day if isinstance(column.type, sqlalchemy.Date) else lambda value: value


def _by_copy(db: Database, made: Made) -> None:
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("SET session_replication_role = replica")  # triggers sleep
        for name, rows in _tables(made):
            columns, values = _completed(name, rows)
            with driver.cursor() as cursor:
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
                if name not in _OWN_KEYS:
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"
                        f" (SELECT coalesce(max(id), 1) FROM {name}))"
                    )
            driver.commit()
        _count(made, driver.execute)
        driver.execute("RESET session_replication_role")
        driver.commit()
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.autocommit = False


def _count(made: Made, execute: Any) -> None:
    for name, value in (("ticket", made.tickets), ("message", made.messages())):
        execute(f"UPDATE counter SET value = {value} + 1000 WHERE name = '{name}'")
