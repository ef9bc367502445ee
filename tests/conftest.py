"""What tests of several rooms share: a PostgreSQL, and an empty database of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.postgresql import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One private PostgreSQL for all tests; each takes databases of its own."""
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, one of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    running: Postgres = request.getfixturevalue("postgres")
    return running.database()
