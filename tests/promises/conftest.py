"""A whole desk for each promise, on either database, with a clock that stands still."""

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


@pytest.fixture
def desk(database_url: str, tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """A desk with two agents and two customers; every letter it wrote is looked at in the end."""
    office = Office(database_url, tmp_path, readers)
    try:
        yield office
        office.check_letters()
    finally:
        office.close()
