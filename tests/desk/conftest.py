"""A whole desk for each test of this room, on either database, with real reader processes."""

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
    """A desk with two agents and two customers; in the end every letter is looked at, and the journal."""
    office = Office(database_url, tmp_path, readers)
    try:
        yield office
        office.check_letters()
        office.check_journals()
    finally:
        office.close()
