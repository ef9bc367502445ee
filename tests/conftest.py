"""What tests of several rooms share: a PostgreSQL, and an empty database of either kind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import chromium as browsers
from tests.peers import pages
from tests.peers.postgresql import Postgres

_MARKED = {**pages.MARKED, **browsers.MARKED}
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30  # octets


def _work_in_memory() -> None:
    """Keep files that live as long as a test in memory: databases by the thousand, and clusters.

    Tests kill programs, never the machine, so nothing is lost that a disk would have kept. A
    machine without the room, or whose /dev/shm runs no programs (containers), uses the disk.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # it may have been looked up before


_work_in_memory()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs Pango, a browser or a program for PDF files that is not here, before its fixtures."""
    for mark in item.iter_markers("peer"):
        if needed := _MARKED.get(mark.args[0]):
            needed()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One private PostgreSQL for all tests; each takes databases of its own."""
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, one of each kind; gone after the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/desk.db"
        return
    running: Postgres = request.getfixturevalue("postgres")
    url = running.database()
    yield url
    running.drop(url)
