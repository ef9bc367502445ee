"""The attacks are looked at on every page that shows mail, in a real browser, and nothing happens.

No script runs, no request leaves, nothing covers or widens a page; files arrive as files
(SECURITY.md P17 and P18, table 4.4: D2 to D5 and D7). All of them lie in one office.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.reader import Readers
from maildesk.rules.number import tag
from maildesk.rules.requests import About
from maildesk.store.tables import (
    CustomerRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    TicketRow,
)
from maildesk.store.work_tables import RequestRow
from maildesk.web.download import download
from maildesk.web.shown import said
from tests.desk.office import ANNA, EMILY, LENA, MURAT, SUPPORT, Office, mail
from tests.peers.chromium import PHONE, SCREEN, Chromium, Tab
from tests.web import attacks
from tests.web.browser import Answer, Browser, Served, linked, open_pages, planted

pytestmark = [pytest.mark.peer("chromium"), pytest.mark.timeout(300)]

# What is wrong with a page, in words; an empty list if nothing is.
_LOOK = """() => {
  const bad = [], inside = [...document.querySelectorAll('.said, .row, bdi, h1, .msg')];
  const say = (what, element) => bad.push(what + ': ' + (element.outerHTML || '').slice(0, 400));
  if (window.owned || document.title === 'owned') bad.push('a script ran');
  if (!document.title || !['de', 'en'].includes(document.documentElement.lang)) bad.push('title');
  for (const e of document.querySelectorAll('*')) {
    for (const a of e.attributes) {
      if (a.name.startsWith('on') || a.name === 'style') say('an attribute', e);
      if (/^\\s*(javascript|data|vbscript):/i.test(a.value) && ['href', 'src', 'action', 'formaction'].includes(a.name)) say('a link that runs', e);
    }
    if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'STYLE', 'IMG', 'SVG', 'VIDEO', 'AUDIO', 'META'].includes(e.tagName.toUpperCase())
        && !(e.tagName === 'META' && (e.name || e.hasAttribute('charset')))) say('an element', e);
    if (e.tagName === 'SCRIPT' && (!e.src || new URL(e.src).origin !== location.origin)) say('a script', e);
    if (e.tagName === 'FORM' && new URL(e.action).origin !== location.origin) say('a form', e);
    if (e.tagName === 'A' && e.hostname !== location.hostname && (!/^(https?|mailto):$/.test(e.protocol)
        || (e.protocol !== 'mailto:' && !e.rel.includes('noopener')))) say('a link', e);
  }
  for (const e of document.querySelectorAll('.said *')) if (!['A'].includes(e.tagName)) say('in a text', e);
  for (const e of document.querySelectorAll('.said, .row, h1, td, dd')) if (getComputedStyle(e).overflowY !== 'clip') say('its marks go beyond it', e);
  for (const e of inside) if (['fixed', 'sticky'].includes(getComputedStyle(e).position)) say('it is fixed', e);
  if (document.documentElement.scrollWidth > innerWidth) {
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      for (const box of range.getClientRects()) if (box.right > innerWidth + 1 || box.left < -1) {
        bad.push('too wide: ' + walker.currentNode.data.slice(0, 300) + ' in ' + walker.currentNode.parentNode.outerHTML.slice(0, 60));
        break;
      }
    }
    bad.push('too wide: ' + document.documentElement.scrollWidth);
  }
  const main = document.querySelector('main').getBoundingClientRect();
  for (const e of document.querySelectorAll('.said')) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.left < main.left - 1 || box.right > main.right + 1)) say('out of the page', e);
  }
  scrollTo(0, 0);
  for (const e of document.querySelectorAll('header.top nav a, header.top .out button')) {
    const box = e.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (x >= innerWidth || y >= innerHeight) continue;
    const top = document.elementFromPoint(x, y);
    if (top !== e && !e.contains(top)) say('covered', e);
  }
  return bad;
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, readers: Readers) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("desk")
    desk = Office(f"sqlite:///{folder}/desk.db", folder, readers)
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    open_pages(office, "http://127.0.0.1")
    with Served(office) as served:
        base = f"http://127.0.0.1:{served.port}"
        open_pages(office, base)
        yield base


@pytest.fixture(scope="module")
def ticket(office: Office, url: str) -> str:
    """The ticket into which they came, as Anna's; others are strangers' or lie among the held."""
    assert url
    ticket_id = office.receive(mail(ANNA, "Wägen", message_id="w@firm.example")).ticket_id or 0
    named = tag("DD", ticket_id)
    raws = []
    for number, (why, text) in enumerate(attacks.TEXTS.items()):
        for at, (sender, into) in enumerate(
            ((ANNA, named), (ANNA, ""), ("eve@evil.example", ""), (MURAT, named), (MURAT, ""))
        ):
            raws.append(attacks.made(sender, SUPPORT, into, why, text, number * 5 + at))
    raws += attacks.of_the_promises()
    if attacks.CORPUS.is_dir():
        for number, raw in enumerate(attacks.of_the_corpus()):
            raws += [raw, attacks.as_if(raw, ANNA, named)]
            if not number % 4:
                raws += [attacks.as_if(raw, MURAT, ""), attacks.as_if(raw, EMILY, "")]
    office.receive_all(raws)
    _answered(office, named)
    _names(office)
    return named


def _answered(office: Office, named: str) -> None:
    """Staff quote all of it back, so that it is in letters, too."""
    for number, text in enumerate(attacks.TEXTS.values()):
        raw = attacks.made(LENA, SUPPORT, named, "answer", text, 2 * number, "#reply")
        office.receive(raw, login="lena")


def _names(office: Office) -> None:
    """People, firms and requests are called something evil, too."""
    planted(office, About.OVERRUN, minutes=120, words=attacks.OVERLAY + attacks.LONG)
    planted(office, About.ACCEPTANCE, words=attacks.SCRIPT, url=attacks.BREAK_OUT)
    with office.desk.db.engine.begin() as connection:
        tea = update(CustomerRow).where(col(CustomerRow.id) == 2)
        connection.execute(tea.values(name=attacks.NAME + attacks.IMAGE))
        tickets = update(TicketRow).where(col(TicketRow.id) == office.tickets()[-1].id)
        connection.execute(tickets.values(title=attacks.BIDI + attacks.BREAK_OUT))


def _open(chromium: Chromium, office: Office, url: str, who: str, **more: Any) -> Any:
    port = int(url.rpartition(":")[2])
    secret = Browser(port).sign_in(office, who).cookies["__Host-maildesk-session"]
    return chromium.tab(**more), {"name": "maildesk-session", "value": secret, "url": url}


def _look(tab: Tab, url: str, path: str) -> None:
    """Open a page, open all that is folded in it, and look at it on a screen and on a phone."""
    page = tab.page
    response = page.goto(url + path)
    assert response
    assert response.status == 200, path
    page.evaluate("for (const e of document.querySelectorAll('details')) e.open = true")
    for width, height in (PHONE, SCREEN):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(_LOOK) == [], (path, width)
    assert (tab.dialogs, tab.errors) == ([], []), path
    assert all(each.startswith(url + "/") for each in tab.asked), (path, tab.asked)
    tab.asked.clear()


def _talk(tab: Tab, url: str, path: str) -> int:
    """Look at a conversation back to its beginning; return how many pages it has."""
    count, at = 0, path
    while at:
        _look(tab, url, at)
        count += 1
        older = tab.page.locator("main a[href*='before=']").first
        at = (older.get_attribute("href") or "") if older.count() else ""
        assert count < 60
    return count


def _other_tickets(office: Office, ticket: str, of: str) -> list[str]:
    found = [tag("DD", row.id) for row in office.tickets() if row.requester == of]
    return [each for each in found if each != ticket]


def test_a_customer_looks_at_all_of_it(
    office: Office, url: str, ticket: str, chromium: Chromium
) -> None:
    opened, cookie = _open(chromium, office, url, ANNA)
    with opened as tab:
        tab.page.context.add_cookies([cookie])
        assert _talk(tab, url, f"/tickets/{ticket}") >= (4 if attacks.CORPUS.is_dir() else 1)
        for path in ("/tickets", "/tickets?of=company", "/me", "/contract", "/invoices", "/new"):
            _look(tab, url, path)
        others = _other_tickets(office, ticket, ANNA)
        assert len(others) > 14
        for each in others:
            _look(tab, url, f"/tickets/{each}")
    with chromium.tab() as tab:
        for row in office.rows(RequestRow):
            _look(tab, url, linked(office, row.ticket_id, row.number, ANNA))


def test_staff_look_at_all_of_it(office: Office, url: str, ticket: str, chromium: Chromium) -> None:
    opened, cookie = _open(chromium, office, url, LENA)
    held = [row.id for row in office.rows(InboundRow) if row.state == "held"]
    letters = [row.id for row in office.rows(OutboundRow) if row.purpose == "answer"]
    assert len(held) > 14
    assert len(letters) > 5
    searches = ("script", "img", "evil.example", "owned", "W" * 40, "passwd", "exe", "%22%3E%3C")
    with opened as tab:
        tab.page.context.add_cookies([cookie])
        assert _talk(tab, url, f"/desk/tickets/{ticket}") > 1
        for tabs in ("held", "set_aside", "automatic", "spam"):
            _talk(tab, url, f"/desk/mail?tab={tabs}")
        for path in ("/desk", "/desk?page=2", "/desk?show=closed", "/desk/letters", "/desk/journal",
                     "/desk/letters?state=queued", f"/desk/journal?ticket={ticket}",
                     "/desk/customers", "/desk/customers/1", "/desk/customers/2",
                     *(f"/desk/search?q={each}" for each in searches)):  # fmt: skip
            _look(tab, url, path)
        for number in held[:60]:
            _look(tab, url, f"/desk/mail/{number}")
        for number in letters:
            _look(tab, url, f"/desk/letters/{number}")
        strangers = _other_tickets(office, ticket, "eve@evil.example")
        for each in strangers[:20]:
            _look(tab, url, f"/desk/tickets/{each}")


_NAME = re.compile(r"attachment; filename=\"([A-Za-z0-9._ -]+)\"; filename\*=utf-8''(\S+)")
_RUN = re.compile(r"html|svg|[/+]xml|xsl|script|multipart")


def _check_file(answer: Answer, path: str) -> str:
    """The answer is a file for the disk, whatever it holds; return its name."""
    assert answer.code == 200, path
    named = _NAME.fullmatch(answer.headers["content-disposition"])
    assert named, answer.headers["content-disposition"]
    for name in (named[1], unquote(named[2])):
        assert not re.search(
            r'[/\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069<>":|?*]', name
        )
        assert not name.startswith(".")
        assert len(name) <= 150
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", answer.headers["content-type"]), path
    kind = answer.headers["content-type"]
    assert not _RUN.search(kind), (path, kind)
    assert "x-evil" not in answer.headers
    return unquote(named[2])


def test_files_arrive_as_downloads(
    office: Office, url: str, ticket: str, chromium: Chromium
) -> None:
    port = int(url.rpartition(":")[2])
    anna, lena = (Browser(port).sign_in(office, who) for who in (ANNA, LENA))
    for each in (anna, lena):
        each.cookies["maildesk-session"] = each.cookies.pop("__Host-maildesk-session")
    held = [row.id for row in office.rows(InboundRow) if row.state == "held"]
    letters = [row.id for row in office.rows(OutboundRow) if row.purpose == "answer"]
    paths = {
        path: lena
        for at in (
            *(f"/desk/mail/{n}" for n in held[:30]),
            *(f"/desk/letters/{n}" for n in letters),
        )
        for path in re.findall(r'href="([^"]+/files/\d+)"', lena.get(at).body)
    }
    paths |= {f"/desk/mail/{number}/raw": lena for number in held[:5]}
    for row in office.rows(MessageRow):
        if row.standing == "participant":
            at = f"/desk/tickets/{tag('DD', row.ticket_id)}/files/{row.id}/1"
            paths |= {at: lena} if lena.get(at).code == 200 else {}
    older = f"/tickets/{ticket}"
    while older:
        body = anna.get(older).body
        paths |= dict.fromkeys(re.findall(r'href="([^"]+/files/\d+/\d+)"', body), anna)
        older = next(iter(re.findall(r'href="(/tickets/[^"]+before=[^"]+)"', body)), "")
    assert len(paths) > 100
    names = {_check_file(who.get(path), path) for path, who in paths.items()}
    assert len(names) > 15

    clicked: set[str] = set()
    opened, cookie = _open(chromium, office, url, ANNA)
    with opened as tab:
        page = tab.page
        page.context.add_cookies([cookie])
        older = f"/tickets/{ticket}"
        while older and len(clicked) < 20:
            page.goto(url + older)
            page.evaluate(
                "for (const e of document.querySelectorAll('a')) e.removeAttribute('download')"
            )
            link = page.locator("main a[href*='before=']").first
            older = (link.get_attribute("href") or "") if link.count() else ""
            here = page.url
            for file in page.locator(".files a").all():
                with page.expect_download() as saved:
                    file.click()
                clicked.add(saved.value.suggested_filename)
                assert page.url == here
        assert (tab.dialogs, tab.errors) == ([], [])
    assert len(clicked) > 10
    assert not any(re.search(r"[/\\\u202e\u200b]|\A\.", name) for name in clicked)


@pytest.mark.parametrize(
    ("text", "address", "why"),
    [
        (
            "See https://a.example/b?c=1&d=2.",
            "https://a.example/b?c=1&d=2",
            "without the full stop",
        ),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x", "a host by its number"),
        ("https://müller.example:443", "https://müller.example:443", "a host with an umlaut"),
        ("https://bank.example@evil.example/", "", "the true host hides behind the @"),
        ("https://bank.example:x@evil.example/", "", "and behind a password"),
        ("http://127.0.0.1:${PORT}/", "", "no browser reads it"),
        ("https://[::1", "", "it is broken"),
        ("https://a.example:99999/", "", "there is no such port"),
        ("https://{{host}}/", "", "it is a template"),
        ("javascript:alert(1)//https:a", "", "it runs"),
    ],
)
def test_what_becomes_a_link(text: str, address: str, why: str) -> None:
    html = said("de")(text)
    found = [unescape(each) for each in re.findall(r'href="([^"]*)"', html)]
    assert found == ([address] if address else []), why
    assert unescape(re.sub(r"<[^>]+>", "", html)) == text, "all of it is still there"


@pytest.mark.parametrize(
    ("kind", "is_kept"),
    [
        ("application/pdf", True), ("image/png", True), ("message/rfc822", True),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", True),
        ("text/html", False), ("application/xhtml+xml", False), ("image/svg+xml", False),
        ("application/rss+xml", False), ("application/xml-dtd", False), ("text/xsl", False),
        ("text/x-javascript", False), ("multipart/related", False), ("text/html; charset=utf-7", False),
        ("TEXT/HTML", False), ("image/png\r\nX-Evil: 1", False), ("", False),
    ],
)  # fmt: skip
def test_a_type_that_a_browser_runs_is_none(kind: str, is_kept: bool) -> None:
    given = download(b"x", "a", kind).headers["content-type"]
    assert given == (kind if is_kept else "application/octet-stream")
