"""A real browser opens the page of a request, and a person fills it in and clicks."""

import pytest

from maildesk.rules.requests import About
from tests.desk.office import ANNA
from tests.peers.chromium import PHONE, SCREEN
from tests.web.browser import planted, verdicts

pytestmark = pytest.mark.peer("chromium")


def test_a_person_opens_fills_in_and_clicks(desk, tab, url):
    path = planted(desk, About.ACCEPTANCE, url="https://test.shop.example/")
    desk.new_letters()
    page = tab.page
    page.goto(url + path)
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "648px"
    assert page.evaluate("document.documentElement.lang") == "de"

    page.fill("#address", ANNA)
    page.press("#address", "Enter")
    assert page.input_value("#address") == ANNA, "Enter sends nothing"
    assert verdicts(desk)[0][0] == "open"

    page.click("button[value=defects]")
    page.get_by_text("schreiben Sie dazu, was nicht stimmt").wait_for()
    assert page.evaluate("document.activeElement.id") == "defects"
    page.keyboard.type("Die Summe stimmt nicht.")
    page.click("button[value=defects]")
    page.locator("h1", has_text="Mängel gemeldet").wait_for()
    assert verdicts(desk) == [("defects", ANNA, "link")]
    assert desk.new_letters(), "somebody is told"
    beside = {each for each in tab.asked if not each.startswith((url + path, url + "/static/"))}
    assert beside <= {url + "/favicon.ico"}

    again = planted(desk, About.OVERRUN, minutes=120)
    page.goto(url + again)
    assert page.locator("#address").count() == 0, "it is known here"
    page.focus("button[value=no]")
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Nicht freigegeben").wait_for()
    assert verdicts(desk)[-1] == ("no", ANNA, "link")


def test_another_site_cannot_send_the_form(desk, tab, url, tmp_path):
    path = planted(desk, About.OVERRUN, minutes=120)
    page = tab.page
    page.goto(url + path)
    token = page.input_value("[name=token]")
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form id="f" method="post" action="{url}{path}"><input name="token" value="{token}">'
        f'<input name="address" value="{ANNA}"><input name="verdict" value="yes"></form>'
        f'<iframe src="{url}{path}"></iframe>'
    )
    page.goto(evil.as_uri())
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    page.evaluate("document.querySelector('#f').submit()")
    page.get_by_text("kam nicht von dieser Seite").wait_for()
    assert verdicts(desk)[0][0] == "open"


@pytest.mark.parametrize("about", list(About))
def test_no_width_makes_the_page_scroll_sideways(desk, tab, url, about):
    words = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung" * 3
    path = planted(desk, about, minutes=120, kind="quick", words=words, url="https://" + "a" * 300)
    tab.page.goto(url + path)
    for width, height in ((320, 600), PHONE, SCREEN):
        tab.page.set_viewport_size({"width": width, "height": height})
        assert tab.fits(), width
        small = "[...document.querySelectorAll('button:not([hidden]), #address')]"
        high = f"{small}.every(e => e.getBoundingClientRect().height >= 44)"
        assert tab.page.evaluate(high) is True
