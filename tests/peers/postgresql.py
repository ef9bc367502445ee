"""A private PostgreSQL cluster on a free port of loopback, in a folder of its own."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import psycopg
import pytest

from tests.peers import free_port, require, wait_for_port

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # tests kill our processes, not the machine
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
}


class Postgres:
    """A cluster with one superuser, `maildesk`, and no password; `database` makes databases.

    May be stopped and started again: what was committed is still there, on the same port.
    """

    def __init__(self) -> None:
        self._bin = _programs()
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="maildesk-postgresql-"))
        self._as_owner: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            "initdb", "-N", "-A", "trust", "-U", "maildesk", "-E", "UTF8", "--locale=C.UTF-8",
            "-D", str(self.folder / "cluster"),
        )  # fmt: skip

    def start(self) -> None:
        """Start and return when connections are taken."""
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_owner, str(self._bin / "postgres"), "-D", str(self.folder / "cluster"),
                 "-p", str(self.port), "-k", str(self.folder), *options],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        wait_for_port(self.port, seconds=30)
        for _ in range(100):
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:  # "the database system is starting up"
                if self._process.poll() is not None:
                    pytest.fail((self.folder / "log").read_text(), pytrace=False)
                time.sleep(0.1)
                continue
            return
        pytest.fail("PostgreSQL did not come up", pytrace=False)

    def stop(self, mode: str = "fast") -> None:
        """Stop; "immediate" is what a crash is."""
        if self._process is None:
            return
        self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.folder / "cluster"))
        self._process.wait(30)
        self._process = None

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"desk{next(self._numbers)}"
        spare = self.execute("SELECT datname FROM pg_database WHERE datname LIKE 'empty%' LIMIT 1")
        if spare:  # somebody took one with tables instead; see tables.py
            self.execute(f"ALTER DATABASE {spare[0][0]} RENAME TO {name}")
        else:
            self.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
        return f"postgresql://maildesk@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database and whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as superuser, outside any transaction; return the rows, if any."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="maildesk", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_owner, str(self._bin / program), *arguments],
            capture_output=True, text=True, cwd="/", timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.fail(f"{program}: {done.stderr}", pytrace=False)


def _programs() -> Path:
    """Return the folder of the newest PostgreSQL's programs (Debian keeps them off the PATH)."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    return require("initdb", "postgresql").resolve().parent
