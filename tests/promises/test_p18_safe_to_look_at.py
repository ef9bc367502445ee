"""P18: to look at a page runs nothing, loads nothing, and nobody's text becomes a part of it."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from maildesk.rules.requests import About
from maildesk.store.tables import TicketRow
from tests.desk.office import ANNA
from tests.web.browser import Browser, Served, dump, open_pages, planted

_OURS = re.compile(r"/static/[0-9a-f]{16}-(page\.css|icon\.svg)")
HOSTILE = (
    '<script src="https://evil.example/x.js"></script>"><img src=x onerror=alert(1)>'
    "<style>body{display:none}</style>{{ 1234567*8 }}{% for x in y %}</main></p>\u202e\x00"
)
LINKS = [
    # what an agent gave as the place to test     may be clicked
    ("https://test.shop.example/a?b=1&c=2",       True),
    ("http://test.shop.example:8080/",            True),
    ("javascript:alert(1)",                       False),
    ("JaVaScRiPt:alert(1)//https://a.example",    False),
    ("data:text/html,<script>alert(1)</script>",  False),
    ("https://",                                  False),
    ("//evil.example/",                           False),
    ('https://a.example/" onclick="alert(1)',     False),
    ("https://[::1",                              False),
    ("https://a.example/\u202egpj.exe",           False),
]  # fmt: skip


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


def _check(html: str, plain: str) -> None:
    """What others wrote has added nothing, and nothing comes from elsewhere."""
    assert [tag for tag, _ in _tags(html)] == [tag for tag, _ in _tags(plain)]
    for tag, attributes in _tags(html):
        assert tag not in ("script", "style", "img", "iframe", "object", "svg", "base"), tag
        assert not {n for n in attributes if n.startswith("on") or n in ("style", "src", "action")}
        if tag == "link":
            assert _OURS.fullmatch(attributes["href"] or ""), attributes
    assert "9876536" not in html


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("about", list(About))
def test_p18_what_people_wrote_is_shown_and_does_nothing(desk, about, language):
    open_pages(desk)
    path = planted(desk, about, minutes=120, kind="quick", words=HOSTILE, url=HOSTILE)
    harmless = planted(desk, about, minutes=120, kind="quick", words="a", url="b")
    with desk.desk.db.engine.begin() as connection:
        hostile = update(TicketRow).where(TicketRow.id == desk.tickets()[0].id)
        connection.execute(hostile.values(title=HOSTILE))
    with Served(desk) as served:
        browser = Browser(served.port)
        before = dump(desk)
        page, plain = browser.get(path), browser.get(harmless)
        assert dump(desk) == before
        _check(page.body, plain.body)
        assert "&lt;script src=" in page.body
        wrong = browser.click(
            path, plain.buttons[0], HOSTILE, defects=HOSTILE, fine=HOSTILE, token=HOSTILE
        )
        other = browser.click(harmless, plain.buttons[0], "b@c.example", token="x")
        _check(wrong.body, other.body)
        assert dump(desk) == before


@pytest.mark.parametrize(("url", "may_be_clicked"), LINKS)
def test_p18_only_an_address_of_the_web_becomes_a_link(desk, url, may_be_clicked):
    open_pages(desk)
    path = planted(desk, About.ACCEPTANCE, url=url, words="See https://evil.example/ first.")
    with Served(desk) as served:
        found = _tags(Browser(served.port).get(path).body)
        anchors = [a for tag, a in found if tag == "a" and a["href"] != "#main"]
    if may_be_clicked:
        assert [a["href"] for a in anchors] == [url]
        assert anchors[0]["rel"] == "noopener noreferrer"
    else:
        assert anchors == []


def test_p18_a_page_brings_all_that_it_needs_and_asks_nobody(desk):
    open_pages(desk)
    path = planted(desk, About.OVERRUN, minutes=120)
    with Served(desk) as served:
        page = Browser(served.port).get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'; script-src 'self';" in policy
    assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
    for word in ("unsafe", "http:", "https:", "*"):
        assert word not in policy
    assert "<script" not in page.body, "customers' pages need none"
    with Served(desk) as served:
        style = re.search(r'href="(/static/[^"]+css)"', page.body)
        assert style
        kept = Browser(served.port).get(style[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    for body in (page.body, kept.body):
        assert "url(" not in body
        assert "@import" not in body


def test_p18_a_stranger_shows_his_words_to_nobody(desk):
    open_pages(desk)
    path = planted(desk, About.ORDER, kind="quick", words="Buy at evil.example")
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(TicketRow).values(customer_id=None, title="evil.example"))
    with Served(desk) as served:
        page = Browser(served.port).get(path)
    assert page.code == 200
    assert "evil.example" not in page.body
    assert page.buttons
    assert ANNA not in page.words
