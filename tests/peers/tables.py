"""Databases that have their tables already: copied, because making them anew takes ten times as long."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg
import sqlalchemy

from maildesk.store import migrate
from maildesk.store.db import Database


def with_tables(url: str) -> str:
    """Give an empty database the tables that the migrations make, and return its URL."""
    where = sqlalchemy.make_url(url)
    if where.get_backend_name() == "sqlite":
        if where.database and not Path(where.database).exists():
            shutil.copyfile(_file(), where.database)
        return url
    server = where.set(database="postgres").render_as_string(hide_password=False)
    model = _model(server)
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        held = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [where.database]
        ).fetchone()
        if held == (0,) and not _has_tables(url):
            # The empty one is for whoever wants one next: renaming is quick, making one is not.
            connection.execute(f"ALTER DATABASE {where.database} RENAME TO empty_{where.database}")
            connection.execute(
                f"CREATE DATABASE {where.database} TEMPLATE {model} STRATEGY file_copy"
            )
    return url


@cache
def _file() -> Path:
    folder = tempfile.mkdtemp(prefix="maildesk-tables-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "desk.db"
    _make(f"sqlite:///{path}")
    return path


@cache
def _model(server: str) -> str:
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE tables")
    _make(sqlalchemy.make_url(server).set(database="tables").render_as_string(hide_password=False))
    return "tables"


def _make(url: str) -> None:
    db = Database(url)
    migrate.upgrade(db)
    db.close()


def _has_tables(url: str) -> bool:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    return found != (0,)
