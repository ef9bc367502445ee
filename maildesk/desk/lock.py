"""One process serves one SQLite file: a lock on a file beside it, gone when the process is."""

import fcntl
import time
from pathlib import Path
from typing import IO

import sqlalchemy

from maildesk.config import ConfigError

PATIENCE = 10.0  # seconds: a worker that was just started ends only when it is loaded


def hold_alone(url: str) -> IO[str] | None:
    """Return an open file that keeps others away until it is closed; None for a database in memory.

    A worker of a daemon that was killed may have something in hand still: it is waited for a
    little. Raises ConfigError if another process serves this database, or its folder is not
    writable.
    """
    database = sqlalchemy.make_url(url).database
    if not database or database == ":memory:":
        return None
    path = Path(f"{database}.lock")
    try:
        file = path.open("a")
    except OSError as error:
        raise ConfigError(
            f"[database] url: cannot write to {path.parent}: {error.strerror};"
            " make the folder and let this user write to it"
        ) from error
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            file.close()
            raise ConfigError(
                f"another maildesk serves {database}; stop it first, or use PostgreSQL for several"
            ) from None
        return file


def is_held(database: str) -> bool:
    """Tell whether a process serves the SQLite file of this path."""
    try:
        with Path(f"{database}.lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
