"""A whole desk for each promise, with a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from maildesk.desk.reader import ReaderLimits, Readers
from tests.desk.office import Office


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """One reader process for all tests."""
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


def _office(url: str, folder: Path, readers: Readers) -> Iterator[Office]:
    office = Office(url, folder, readers)
    try:
        yield office
        office.check_letters()
    finally:
        office.close()


@pytest.fixture
def desk(tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """A desk with two agents and two customers; every letter it wrote is looked at in the end."""
    yield from _office(f"sqlite:///{tmp_path}/desk.db", tmp_path, readers)


@pytest.fixture
def either_desk(database_url: str, tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """The same on either database, for a promise that a query has to keep."""
    yield from _office(database_url, tmp_path, readers)
