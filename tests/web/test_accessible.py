"""Everybody can use the pages: what axe-core finds, and the whole way by keyboard alone."""

import json
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.peers.chromium import PHONE, SCREEN, Chromium, Tab
from tests.stories.agency import Agency
from tests.web.furnished import House, Places, furnish, opened, whose

pytestmark = pytest.mark.peer("chromium")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
_COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that may differ in the dark
_RUN = """what => axe.run(document, {resultTypes: ['violations'], runOnly: what})
  .then(found => found.violations.map(each => [each.impact, each.id,
    each.nodes.slice(0, 3).map(node => node.html.slice(0, 120) + ' ' + node.failureSummary)]))"""
_HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(e => Number(e.tagName[1]))"
# What has the keyboard: how it is named, whether a ring shows it, whether it is on the screen.
_FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  return {name: e.id || e.name || e.textContent.trim(), tag: e.tagName,
    ring: style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2,
    there: box.width > 0 && box.bottom > 0 && box.top < innerHeight};
}"""


@pytest.fixture(scope="module")
def week(
    tmp_path_factory: pytest.TempPathFactory, readers: object, chromium: Chromium
) -> Iterator[tuple[Places, House]]:
    """The week of a small agency; whoever looks changes nothing in it."""
    folder = tmp_path_factory.mktemp("week")
    agency = Agency(f"sqlite:///{folder}/desk.db", folder, readers)
    try:
        places = furnish(agency)
        with opened(agency, chromium) as house:
            yield places, house
    finally:
        agency.close()


@pytest.mark.timeout(300)  # axe takes half a second a page
def test_axe_finds_nothing_and_titles_and_headings_are_in_order(week):
    if not AXE.exists():
        reason = "axe-core is not there (`make peers` installs it)"
        (pytest.fail if os.environ.get("MAILDESK_REQUIRE_PEERS") == "1" else pytest.skip)(reason)
    places, house = week
    script, titles, wrong = AXE.read_text("utf-8"), {}, []
    for size, dark in ((SCREEN, False), (PHONE, True)):
        with house.windows(size, dark) as show:
            for name, path in places.addresses():
                page = show(path).page
                page.evaluate(script)  # by the debugger: the page itself allows no foreign script
                found = page.evaluate(_RUN, _COLOURS if dark else _ALL)
                wrong += [
                    f"{name} {'dark' if dark else 'light'}: {json.dumps(each)}" for each in found
                ]
                levels = page.evaluate(_HEADINGS)
                steps = pairwise(levels)
                if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in steps):
                    wrong.append(f"{name}: headings {levels}")
                titles.setdefault((whose(path), page.title()), set()).add(path.partition("?")[0])
    assert not wrong, "\n".join(wrong)
    alike = [each for each in titles.items() if len(each[1]) > 1]
    assert not alike, f"titles tell pages apart: {alike}"


def _walk(tab: Tab, most: int = 200) -> list[str]:
    """Press Tab until the page begins anew; return what had the keyboard, each once seen."""
    names: list[str] = []
    for _ in range(most):
        tab.page.keyboard.press("Tab")
        found = tab.page.evaluate(_FOCUSED)
        if found["tag"] == "BODY":
            return names
        assert found["ring"], f"no ring around {found}"
        assert found["there"], f"out of sight: {found}"
        names.append(found["name"])
    raise AssertionError(f"no end: {names}")


_REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter(e => !e.disabled && e.type != 'hidden' && e.checkVisibility()).length"""


def test_the_keyboard_reaches_and_does_everything(week):
    places, house = week
    with house.windows(SCREEN) as show:
        for path in ("/desk", f"/desk/tickets/{places.ticket}", f"/tickets/{places.asks}"):
            tab = show(path)
            names = _walk(tab)
            assert names[0] in ("Zum Inhalt", "To the content")
            assert len(names) >= tab.page.evaluate(_REACHABLE), names
        tab = show(f"/desk/tickets/{places.ticket}")
        tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("Enter")  # past the head, to the content
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate("document.activeElement.closest('main') != null")
        fold = tab.page.locator("details", has_text="Interne Notiz").locator("summary").first
        fold.focus()
        tab.page.keyboard.press("Enter")
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate("document.activeElement.id") == "note-text"


def test_news_is_said_politely_and_leaves_the_keyboard_alone(week):
    places, house = week
    with house.windows(SCREEN) as show:
        page = show(f"/desk/tickets/{places.ticket}").page
        page.fill("#reply-text", "Halb geschrieben")
        place = page.locator("[aria-live=polite]")
        page.evaluate("htmx.trigger(document.querySelector('[aria-live]'), 'sse:ticket-0')")
        page.evaluate(
            "url => htmx.ajax('GET', url, {target: '[aria-live=polite]'})",
            f"/desk/tickets/{places.ticket}/news",
        )
        place.locator(".notice").wait_for()
        assert page.evaluate("document.activeElement.id") == "reply-text"
        assert page.input_value("#reply-text") == "Halb geschrieben"
