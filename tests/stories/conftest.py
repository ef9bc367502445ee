"""What stories share: a browser. It is gone after each module: its loop is nobody else's."""

from collections.abc import Iterator

import pytest

from tests.peers.chromium import Chromium, running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One Chromium for the stories of a module."""
    with running() as browser:
        yield browser
