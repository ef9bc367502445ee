"""A real browser opens the page, and a person fills it in and clicks."""

import shutil
from collections.abc import Iterator

import pytest

from maildesk.rules.requests import About
from tests.desk.office import ANNA
from tests.web.browser import Served, open_pages, planted, verdicts
from tests.web.chromium import Chromium

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here")


@pytest.fixture
def chromium(tmp_path) -> Iterator[Chromium]:
    with Chromium(tmp_path / "profile") as running:
        yield running


@pytest.fixture
def url(desk, served) -> str:
    """Where the pages are; by http, as no browser trusts a certificate of ours."""
    base = f"http://127.0.0.1:{served.port}"
    open_pages(desk, base)
    return base


@pytest.fixture
def served(desk) -> Iterator[Served]:
    open_pages(desk, "http://127.0.0.1")  # decides how cookies are named
    with Served(desk) as running:
        yield running


def test_a_person_opens_fills_in_and_clicks(desk, chromium, url):
    path = planted(desk, About.ACCEPTANCE, url="https://test.shop.example/")
    desk.new_letters()
    chromium.open(url + path)
    assert chromium.run("getComputedStyle(document.body).maxWidth") == "608px", "our style is used"
    assert chromium.run("document.documentElement.lang") == "de"

    chromium.click("#address")
    chromium.type(ANNA)
    chromium.key("Enter", 13, "\r")
    assert chromium.run("document.querySelector('#address').value") == ANNA, "Enter sends nothing"
    assert verdicts(desk)[0][0] == "open"

    chromium.click("button[value=defects]")
    chromium.until("document.body.innerText.includes('schreiben Sie dazu, was nicht stimmt')")
    chromium.until("document.activeElement.id === 'defects'")  # a moment after the text is there
    chromium.type("Die Summe stimmt nicht.")
    chromium.click("button[value=defects]")
    chromium.until("document.querySelector('h1').innerText === 'Mängel gemeldet'")
    assert verdicts(desk) == [("defects", ANNA, "link")]
    assert desk.new_letters(), "somebody is told"
    assert {each.partition("?")[0] for each in chromium.asked} <= {url + path, url + "/favicon.ico"}

    again = planted(desk, About.OVERRUN, minutes=120)
    chromium.open(url + again)
    assert chromium.run("document.querySelector('#address')") is None, "it is known here"
    chromium.run("document.querySelector('button[value=no]').focus()")
    chromium.key("Enter", 13, "\r")
    chromium.until("document.querySelector('h1').innerText === 'Nicht freigegeben'")
    assert verdicts(desk)[-1] == ("no", ANNA, "link")


def test_another_site_cannot_send_the_form(desk, chromium, url, tmp_path):
    path = planted(desk, About.OVERRUN, minutes=120)
    chromium.open(url + path)
    token = chromium.run("document.querySelector('[name=token]').value")
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form id="f" method="post" action="{url}{path}"><input name="token" value="{token}">'
        f'<input name="address" value="{ANNA}"><input name="verdict" value="yes"></form>'
        f'<iframe src="{url}{path}"></iframe>'
    )
    chromium.open(evil.as_uri())
    assert chromium.run("document.querySelector('iframe').contentDocument") is None
    chromium.run("document.querySelector('#f').submit()")
    chromium.until("document.body.innerText.includes('kam nicht von dieser Seite')")
    assert verdicts(desk)[0][0] == "open"


@pytest.mark.parametrize("about", list(About))
def test_no_width_makes_the_page_scroll_sideways(desk, chromium, url, about):
    words = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung" * 3
    path = planted(desk, about, minutes=120, kind="quick", words=words, url="https://" + "a" * 300)
    chromium.open(url + path)
    for width in (320, 390, 1440):
        chromium.do("Emulation.setDeviceMetricsOverride", width=width, height=800,
                    deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
        assert chromium.run("document.documentElement.scrollWidth <= innerWidth") is True, width
        small = "[...document.querySelectorAll('button:not([hidden]), #address')]"
        assert chromium.run(f"{small}.every(e => e.getBoundingClientRect().height >= 44)") is True
