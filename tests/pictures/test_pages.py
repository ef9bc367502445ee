"""Pages of docs/ and their pictures belong together."""

import re
from pathlib import Path

import pytest

from tests.pictures.__main__ import FOLDER, STORIES

DOCS = FOLDER.parent
SMALL = 1_500_000  # octets of all pictures together


@pytest.mark.parametrize("story", STORIES)
def test_a_page_shows_all_pictures_of_its_story_in_order(story):
    shown = re.findall(r'<img src="([^"]+)"', (DOCS / f"{story}.md").read_text("utf-8"))
    there = sorted((FOLDER / story).iterdir())
    assert shown == [str(Path(file).relative_to(DOCS)) for file in there]


def test_the_pictures_are_small():
    assert sum(file.stat().st_size for file in FOLDER.rglob("*.png")) < SMALL
