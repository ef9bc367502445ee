"""Pages of docs/ and their pictures belong together."""

import re
from pathlib import Path

import pytest

from tests.pictures.__main__ import FOLDER, STORIES
from tests.web.furnished import named_by, shown

DOCS = FOLDER.parent
SMALL = 4_000_000  # octets of all pictures together


@pytest.mark.parametrize("story", [story for story in STORIES if story != "pages"])
def test_a_page_shows_all_pictures_of_its_story_in_order(story):
    shown = re.findall(r'<img src="([^"]+)"', (DOCS / f"{story}.md").read_text("utf-8"))
    there = sorted((FOLDER / story).iterdir())
    assert shown == [str(Path(file).relative_to(DOCS)) for file in there]


def test_every_page_of_the_desk_is_pictured_on_a_screen_and_on_a_phone():
    there = {file.stem for file in (FOLDER / "pages").iterdir()}
    wanted = {f"{named_by(path)}{kind}" for path in shown() for kind in ("", "-phone")}
    assert there >= wanted, "make pictures"
    assert not {each for each in there - wanted if not each.endswith("-dark")}, "of no page"
    tour = (DOCS / "service-area.md").read_text("utf-8")
    named = re.findall(r'(?:src="|\]\()(pictures/[^")]+)', tour)
    assert named
    assert [each for each in named if not (DOCS / each).exists()] == []


def test_the_pictures_are_small():
    assert sum(file.stat().st_size for file in FOLDER.rglob("*.png")) < SMALL
