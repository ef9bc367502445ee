"""P19: a link in a letter is no login by itself, is used once, and is nowhere but in the letter."""

import io
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from maildesk import log
from maildesk.desk.outbox import Outbox
from maildesk.desk.tokens import without_tokens
from maildesk.mail.compose import to_bytes
from maildesk.mail.letter import Letter, Words
from maildesk.mail.message import Address
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import Verdict
from maildesk.rules.requests import About
from maildesk.store.tables import MessageRow
from tests.desk.office import ANNA, BERT, START, Office, mail
from tests.web.browser import (
    BASE,
    Browser,
    Served,
    dump,
    linked,
    open_pages,
    path_in,
    planted,
    sent_letter,
    verdicts,
)

SENT = Reply(250, "2.0.0", "queued")


@pytest.fixture
def served(desk: Office) -> Iterator[Served]:
    open_pages(desk)
    with Served(desk) as running:
        yield running


@pytest.fixture
def path(desk: Office, served: Served) -> str:
    """The page of a request for more work, made for Anna."""
    return planted(desk, About.OVERRUN, minutes=120)


def test_p19_scanners_may_open_a_link_as_often_as_they_like(desk, served, path):
    before = dump(desk)
    for number in range(20):
        scanner = Browser(served.port)
        assert scanner.ask("HEAD", path).code == 200
        assert scanner.get(path, User_Agent=f"scanner {number}").code == 200
        assert scanner.get(path + "?verdict=yes&address=" + ANNA).code == 200
    assert dump(desk) == before
    assert Browser(served.port).click(path, "yes", ANNA).code == 303
    assert verdicts(desk) == [("yes", ANNA, "link")]


ACTS = [
    # what the form lacks                  fields                              headers  code
    ("no form of ours at all",             {"token": "", "address": ANNA},     {},      403),
    ("the form of another browser",        {"token": "other", "address": ANNA}, {},     403),
    ("the form of another page",           {"token": "page", "address": ANNA}, {},      403),
    ("the cookie of this browser",  {"address": ANNA}, {"Cookie": "x=y"},        403),
    ("the address",                        {"address": ""},                    {},      403),
    ("the right address",                  {"address": BERT},                  {},      403),
    ("sent by another site",               {"address": ANNA}, {"Sec_Fetch_Site": "cross-site"}, 403),
    ("sent by a neighbour",                {"address": ANNA}, {"Sec_Fetch_Site": "same-site"}, 403),
    ("no form",                            {"address": ANNA}, {"Content_Type": "application/json"}, 403),
    ("a choice",                           {"address": ANNA, "verdict": ""},   {},      400),
    ("a choice that is offered",           {"address": ANNA, "verdict": "normal"}, {},  400),
    ("a bound",                            {"address": ANNA, "defects": "x" * 70_000}, {}, 413),
]  # fmt: skip


@pytest.mark.parametrize(("why", "fields", "headers", "code"), ACTS, ids=[row[0] for row in ACTS])
def test_p19_what_is_not_a_person_on_our_page_decides_nothing(
    desk, served, path, why, fields, headers, code
):
    browser = Browser(served.port)
    tokens = {
        "": "",
        "other": Browser(served.port).get(path).token,
        "page": browser.get(planted(desk, About.OVERRUN, minutes=90)).token,
        "own": browser.get(path).token,
    }
    before = dump(desk)
    form = {"verdict": "yes"} | fields | {"token": tokens[fields.get("token", "own")]}
    page = browser.post(path, headers, **form)
    assert page.code == code, why
    assert "nichts entschieden" in page.words
    assert dump(desk) == before


def test_p19_a_browser_that_answered_once_is_known_for_its_address_only(desk, served, path):
    browser = Browser(served.port)
    assert browser.click(path, "yes", ANNA).code == 303
    again = planted(desk, About.ACCEPTANCE)
    page = browser.get(again)
    assert 'name="address"' not in page.body
    assert f"Sie entscheiden als {ANNA}" in page.words
    for_bert = linked(desk, desk.tickets()[-1].id, 1, BERT)
    assert 'name="address"' in browser.get(for_bert).body
    assert browser.click(for_bert, "defects", defects="All.").code == 403

    thief = Browser(served.port)
    thief.get(again)
    thief.cookies["__Host-maildesk-known"] = browser.cookies["__Host-maildesk-known"]
    assert 'name="address"' in thief.get(again).body, "it belongs to one browser"
    desk.later(days=91)
    late = planted(desk, About.OVERRUN, minutes=120)
    assert browser.click(late, "yes").code == 403, "and not for ever"
    desk.later(days=-90)
    assert browser.click(again, "yes").code == 303
    assert all("HttpOnly" in each and "Secure" in each and "SameSite=lax" in each
               and "Path=/" in each and "Domain" not in each for each in page.cookies)  # fmt: skip


def test_p19_addresses_cannot_be_guessed(desk, served, path):
    browser = Browser(served.port)
    for number in range(5):
        assert browser.click(path, "yes", f"a{number}@firm.example").code == 403
    page = browser.click(path, "yes", ANNA)
    assert page.code == 429
    assert "zu viele falsche Adressen" in page.words
    others = [planted(desk, About.OVERRUN, minutes=120) for _ in range(4)]
    for number in range(15):
        browser.click(others[number % 3], "yes", "x@firm.example")
    assert browser.click(others[3], "yes", ANNA).code == 429, "nor on many pages"
    desk.later(hours=1)
    assert browser.click(path, "yes", ANNA).code == 303


def test_p19_a_proxy_of_ours_tells_who_asks_and_nobody_else(desk, tmp_path, readers):
    open_pages(desk, proxies=("127.0.0.1",))
    with Served(desk) as served:
        path = planted(desk, About.OVERRUN, minutes=120)
        browser = Browser(served.port)
        out = io.StringIO()
        log.setup(stream=out)
        for spoofed in ("9.9.9.9, 203.0.113.7", "203.0.113.7"):
            token = browser.get(path).token
            browser.post(path, {"X_Forwarded_For": spoofed}, token=token, verdict="yes")
        assert out.getvalue().count("peer=203.0.113.7") == 2
        assert "9.9.9.9" not in out.getvalue()


def test_p19_the_headers_of_every_page(desk, served, path):
    browser = Browser(served.port)
    answers = [
        browser.get(path), browser.ask("HEAD", path), browser.get("/r/" + "a" * 26),
        browser.get("/"), browser.ask("PUT", path), browser.click(path, "yes", BERT),
        browser.click(path, "yes", ANNA), browser.get(path),
    ]  # fmt: skip
    assert [each.code for each in answers] == [200, 200, 404, 303, 405, 403, 303, 200]
    for each in answers:
        assert each.headers["referrer-policy"] == "no-referrer"
        assert each.headers["cache-control"] == "no-store"
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["content-security-policy"].startswith("default-src 'none'; style-src")
        assert "frame-ancestors 'none'" in each.headers["content-security-policy"]
        assert "server" not in each.headers
    assert answers[1].body == ""
    assert set(answers[4].headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_p19_unknown_and_malformed_links_are_one_page(desk, served):
    browser = Browser(served.port)
    paths = ["/r/" + "a" * 26, "/r/" + "A" * 26, "/r/x", "/r/" + "a" * 5000, "/r/%00%ff", "/r/..",
             "/r/" + "1" * 26, "/nothing", "/r/", "/r", "/r/a/b"]  # fmt: skip
    answers = [browser.get(each) for each in paths]
    assert {each.code for each in answers} == {404}
    assert len({each.body for each in answers}) == 1
    assert not any(each.cookies for each in answers)
    assert browser.post(paths[0], token="x", verdict="yes", address=ANNA).body == answers[0].body


def test_p19_the_host_field_means_nothing(desk, served, path):
    browser = Browser(served.port)
    evil = {"Host": "evil.example", "X_Forwarded_Host": "evil.example"}
    page = browser.get(path, **evil)
    assert page.code == 200
    assert "evil" not in page.body + str(page.headers)
    done = browser.post(path, evil, token=page.token, verdict="yes", address=ANNA)
    assert (done.code, done.headers["location"]) == (303, path.rpartition("/")[2])
    letter = sent_letter(desk)
    assert f"{BASE}/r/" in letter.text


def test_p19_no_log_holds_a_token(desk, served, path, capfd):
    out = io.StringIO()
    log.setup(level="debug", stream=out)
    browser = Browser(served.port)
    browser.get(path)
    browser.ask("DELETE", path)
    browser.click(path, "yes", BERT)
    browser.click(path, "yes", ANNA)
    desk.desk.db.engine.dispose()
    written = out.getvalue() + "".join(capfd.readouterr())
    assert "page-decided" in written
    assert "request=" in written
    assert path.rpartition("/")[2] not in written


def test_p19_a_dump_holds_no_token_of_a_letter_that_was_sent(desk, served, tmp_path):
    letter = sent_letter(desk)
    token = path_in(letter.text).rpartition("/")[2].encode()
    assert token in re.sub(rb"=\r\n", b"", letter.raw)
    outbox = Outbox(desk.desk.db)
    desk.later(minutes=5)
    for parcel in outbox.claim(desk.now, 100):
        outbox.settle([(parcel, SENT, Verdict.SENT)], desk.now)
    stored = next(row for row in desk.letters() if row.id == letter.id)
    assert len(stored.raw) == len(letter.raw)
    assert f"{BASE}/r/{'x' * 26}" in stored.text
    assert token not in re.sub(rb"=\r\n", b"", repr(dump(desk)).encode().replace(rb"=\r\n", b""))
    assert Browser(served.port).get("/r/" + token.decode()).code == 200, "it still works"
    connection = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()
    for file in tmp_path.glob("desk.db*"):
        assert token not in file.read_bytes().replace(b"=\r\n", b""), file.name


def test_p19_what_people_quote_back_shows_nobody_a_token(desk, served):
    letter = sent_letter(desk)
    path = path_in(letter.text)
    text = f"Was meinen Sie dazu? Es geht um {BASE}{path}, und zwar\n> {BASE}{path}"
    desk.receive(mail(letter.rcpt_to, f"Re: {letter.message['Subject']}", text,
                      to=letter.reply_to), letter.reply_to)  # fmt: skip
    told = desk.new_letters()
    assert told
    kept = [each.text + each.reply for each in desk.rows(MessageRow)]
    assert any("Was meinen Sie dazu" in each for each in kept)
    token = path.rpartition("/")[2]
    shown = [each.text for each in told] + kept
    assert not [each for each in shown if token in each]
    assert [each for each in shown if f"{BASE}/r/{'x' * 26}" in each]
    assert Browser(served.port).get(path).code == 200, "it still works"


@pytest.mark.parametrize("text", ["Guten Tag,", "Grüße"], ids=["7bit", "quoted-printable"])
def test_p19_a_token_is_found_wherever_a_line_breaks(text):
    token = "abcdefghijklmnopqrstuvwxyz"
    other = "zyxwvutsrqponmlkjihgfedcba"
    for length in range(1, 80):
        base = "https://" + "a" * length + ".example"
        words = Words("Subject", f"{text}\n\n{base}/r/{token}\n{base}/r/{other}\n")
        raw = to_bytes(
            Letter(Address("", "a@b.example"), Address("", ANNA), words, "mid.a.b@c", START, "de")
        )
        left = without_tokens(raw, frozenset({token}))
        plain = left.replace(b"=\r\n", b"")
        assert token.encode() not in plain
        assert other.encode() in plain, "what is not ours stays"
        assert (len(left), left.count(b"\r\n")) == (len(raw), raw.count(b"\r\n"))


def test_p19_a_click_decides_once_on_either_database(either_desk):
    open_pages(either_desk)
    letter = sent_letter(either_desk)
    either_desk.later(minutes=5)
    outbox = Outbox(either_desk.desk.db)
    for parcel in outbox.claim(either_desk.now, 100):
        outbox.settle([(parcel, SENT, Verdict.SENT)], either_desk.now)
    with Served(either_desk) as served:
        browser = Browser(served.port)
        assert browser.click(path_in(letter.text), "yes", ANNA).code == 303
        assert "Hier entschieden" in browser.get(path_in(letter.text)).words
    assert verdicts(either_desk) == [("yes", ANNA, "link")]
    assert path_in(letter.text) not in repr(dump(either_desk)).replace(r"=\r\n", "")


def test_p19_a_used_link_is_no_link(desk, served, path):
    browser = Browser(served.port)
    token = browser.get(path).token
    assert browser.click(path, "yes", ANNA).code == 303
    before = dump(desk)
    desk.now += timedelta(minutes=1)
    again = browser.post(path, token=token, verdict="no", address=ANNA)
    assert again.code == 409
    assert "Hier entschieden" in again.words
    assert dump(desk) == before
