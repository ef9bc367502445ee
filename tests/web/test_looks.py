"""Every page fits on a phone and on a screen, with nothing, something and very much on it."""

from collections.abc import Iterator

import pytest

from maildesk.web.pages import PAGES
from tests.peers.chromium import PHONE, SCREEN, Tab
from tests.stories.agency import Agency
from tests.web.crowded import crowd
from tests.web.furnished import SHOWN, UNSEEN, furnish, opened, plain, shown

# What a finger or a mouse has to hit: 24 pixels each way, a main button on a phone 44. A link in a
# sentence is as high as its line, and a box for a tick is as large as its label.
_SMALL = """least => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(e => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (!box.width || style.visibility == 'hidden' || e.closest('.skip, .trap')) return false;
    if (e.tagName == 'A' && style.display == 'inline') return false;
    if (e.matches('[type=radio], [type=checkbox]')) return !e.closest('label');
    const main = e.matches('main .first') ? least : 24;
    return box.height < main || box.width < 24;
  }).map(e => e.outerHTML.slice(0, 90))"""


def test_every_page_is_looked_at():
    there = {plain(page) for page in PAGES if page.show}
    assert set(SHOWN) | UNSEEN == there
    assert not set(SHOWN) & UNSEEN


def _wrong(tab: Tab, path: str, phone: bool) -> Iterator[str]:
    if not tab.fits():
        yield f"{path} scrolls sideways"
    for each in tab.page.evaluate(_SMALL, 44 if phone else 24):
        yield f"{path} small: {each}"
    yield from (f"{path} said: {each}" for each in tab.errors)
    tab.errors.clear()


@pytest.mark.peer("chromium")
def test_a_desk_that_has_nothing_yet(desk, chromium):
    paths = [path for path in shown() if "{" not in path]
    with opened(desk, chromium) as house:
        for size in (PHONE, SCREEN):
            with house.windows(size) as show:
                wrong = [each for path in paths for each in _wrong(show(path), path, size == PHONE)]
            assert wrong == []


@pytest.mark.peer("chromium")
def test_a_week_and_a_thousand_tickets_with_names_of_all_kinds(tmp_path, readers, chromium):
    agency = Agency(f"sqlite:///{tmp_path}/desk.db", tmp_path, readers)
    try:
        paths = furnish(agency).addresses()
        for much in (False, True):
            if much:
                crowd(agency)
            with opened(agency, chromium) as house:
                for size in (PHONE, SCREEN):
                    with house.windows(size) as show:
                        wrong = [
                            each for name, path in paths
                            for each in _wrong(show(path), name, size == PHONE)
                        ]  # fmt: skip
                    assert wrong == [], (much, size)
    finally:
        agency.close()
