"""To look changes nothing: 20 GET and HEAD on every link of every page, as a scanner does.

One thing may be noted: that a session is still used (`web_session.seen_at`), every ten minutes.
Without it a session that nobody uses would last as long as one that somebody does (P19).
"""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from maildesk.web.pages import PAGES
from maildesk.web.visit import Who
from tests.desk.office import ANNA, LENA, Office
from tests.web.browser import Browser, Served, dump
from tests.web.everything import Everything, furnished, named

TIMES = 20
_OF_A_KIND = 2  # links that differ in a number or a word only
_ROUTES = [
    (named(page.path), re.compile(re.sub(r"{\w+:path}", ".+", re.sub(r"{\w+(:id|:int)?}", "[^/]+", page.path))))
    for page in PAGES
]  # fmt: skip
_STREAM = "/desk/live"
_WHO = {ANNA: Who.CUSTOMER, LENA: Who.AGENT, "": Who.ANYONE}


@pytest.fixture
def things(desk: Office) -> Everything:
    return furnished(desk)


def _links(path: str, body: str) -> Iterator[str]:
    """Yield the paths of ours that a page leads to, or that it loads."""
    for found in re.findall(r'(?:href|src|hx-get|sse-connect)="([^"]*)"', body):
        link = unescape(found)
        if urlsplit(link).scheme or link.startswith("#"):
            continue
        yield urljoin(path, link).partition("#")[0]


def _route(path: str) -> str:
    """Return the path of the page that an address leads to, and the names in its query."""
    parts = urlsplit(path)
    if parts.path.startswith("/static/"):
        return parts.path
    found = next((name for name, shape in _ROUTES if shape.fullmatch(parts.path)), "")
    assert found, path
    return found + "?" + "&".join(sorted(re.findall(r"(?:\A|&)(\w+)=", parts.query)))


def _collect(browser: Browser, begin: list[str]) -> list[str]:
    """Return the links of all pages that can be reached, a few of each kind."""
    found: list[str] = []
    kinds: Counter[str] = Counter()
    waiting = begin
    while waiting:
        path = waiting.pop(0)
        kind = _route(path)
        if path in found or kinds[kind] >= _OF_A_KIND:
            continue
        kinds[kind] += 1
        found.append(path)
        if path.startswith(_STREAM):
            continue
        answer = browser.get(path)
        assert answer.code in (200, 303), (path, answer.code, answer.words[:200])
        if answer.headers.get("content-type", "").startswith("text/html"):
            waiting += _links(path, answer.body)
    return found


def _listen(browser: Browser, path: str) -> str:
    """Begin to hear what changes, and hang up."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with socket.create_connection(("127.0.0.1", browser.port), 10) as stream:
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nCookie: {cookies}\r\n\r\n".encode())
        return stream.recv(4096).decode().partition("\r\n")[0]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("who", [ANNA, LENA, ""])
def test_to_look_at_every_link_twenty_times_changes_nothing(
    desk: Office, served: Served, things: Everything, who: str
) -> None:
    browser = Browser(served.port)
    if who:
        browser.sign_in(desk, who)
    given = [
        path
        for page in PAGES
        for path in things.paths[named(page.path)]
        if page.show and page.who is _WHO[who]
    ]
    links = _collect(browser, [*given, "/"])
    assert {_route(each).partition("?")[0] for each in given} <= {
        _route(each).partition("?")[0] for each in links
    }
    assert len(links) > {ANNA: 18, LENA: 40, "": 8}[who], "it has looked around"
    before = dump(desk)
    for path in links:
        if path.startswith(_STREAM):
            assert {_listen(browser, path) for _ in range(TIMES)} == {"HTTP/1.1 200 OK"}
            continue
        times = TIMES if "/preview?" not in path else 2  # a process makes each for half a second
        for _ in range(times):
            shown, head = browser.get(path), browser.ask("HEAD", path)
            assert shown.code in (200, 303), path
            assert (head.code, head.body) == (shown.code, ""), path
    assert dump(desk) == before
    assert desk.new_letters() == []

    if not who:
        return
    desk.later(minutes=11)
    browser.get(links[0])
    after = dump(desk)
    (old,), (new,) = (
        [row for row in each["web_session"] if who in row] for each in (before, after)
    )
    changed = [(was, now) for was, now in zip(old, new, strict=True) if was != now]
    assert changed == [(changed[0][0], changed[0][0] + timedelta(minutes=11))]
    assert {name for name in before if before[name] != after[name]} == {"web_session"}
