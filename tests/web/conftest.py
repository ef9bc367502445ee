"""A whole desk with pages, which are served on a free port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from maildesk.desk.reader import ReaderLimits, Readers
from tests.desk.office import Office
from tests.peers.chromium import Chromium, Tab, running
from tests.web.browser import Browser, Served, open_pages


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """One reader process for all tests."""
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


@pytest.fixture
def desk(tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """A desk with two agents and two customers whose contacts all may approve."""
    office = Office(f"sqlite:///{tmp_path}/desk.db", tmp_path, readers)
    try:
        open_pages(office)
        yield office
    finally:
        office.close()


@pytest.fixture
def served(desk: Office) -> Iterator[Served]:
    with Served(desk) as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Browser:
    """A browser that was never here before."""
    return Browser(served.port)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium for the tests of a module: while Playwright runs, nobody else may asyncio.run."""
    with running() as browser:
        yield browser


@pytest.fixture
def url(desk: Office) -> Iterator[str]:
    """Where the pages are; by http, as no browser trusts a certificate of ours."""
    open_pages(desk, "http://127.0.0.1")  # decides how cookies are named
    with Served(desk) as served:
        base = f"http://127.0.0.1:{served.port}"
        open_pages(desk, base)
        yield base


@pytest.fixture
def tab(chromium: Chromium) -> Iterator[Tab]:
    """A window in a browser that was never here before."""
    with chromium.tab() as opened:
        yield opened
