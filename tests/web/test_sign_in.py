"""Signing in by a mailed link: SECURITY.md P19 and table 4.5, E1 to E6."""

import io
import re
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from maildesk import log
from maildesk.desk import staff
from maildesk.desk.outbox import Outbox
from maildesk.desk.portal import activation, sessions
from maildesk.desk.portal.sweep import sweep
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import Verdict
from maildesk.store.web_tables import SessionRow, SignInRow
from tests.desk.office import ANNA, BERT, LENA, Office, mail
from tests.web.browser import BASE, Browser, Served, dump, open_pages

SESSION = "__Host-maildesk-session"
SENT = Reply(250, "2.0.0", "queued")
NOBODY = "nobody@elsewhere.example"


@pytest.fixture
def desk(desk: Office) -> Office:
    """Anna is let in, Bert is not."""
    let_in(desk, ANNA)
    return desk


def let_in(desk: Office, address: str, is_open: bool = True) -> None:
    said = activation.Access(is_open)
    activation.change(desk.desk.db, "Firm", address, said, "operator x", desk.now)


def ask(browser: Browser, address: str, **fields: str):
    return browser.send("/sign-in", address=address, **fields)


def letters(desk: Office, number: int = 1, within: float = 5.0):
    """Return the letters that were written since, when there are so many; 0: those after a while."""
    found, until = [], time.monotonic() + (within if number else 0.8)
    while time.monotonic() < until and (not number or len(found) < number):
        time.sleep(0.02)
        found += desk.new_letters()
    return found


def path_in(letter) -> str:
    found = re.search(rf"{BASE}(/sign-in/[a-z2-7]{{26}})(?![a-z2-7])", letter.text)
    assert found, letter.text
    return found[1]


def linked(desk: Office, browser: Browser, address: str = ANNA, **fields: str) -> str:
    """Ask for a link and return its path."""
    assert ask(browser, address, **fields).code == 303
    (letter,) = letters(desk)
    assert letter.rcpt_to == address
    return path_in(letter)


def is_in(browser: Browser) -> bool:
    return browser.get("/").headers["location"] in ("/tickets", "/desk")


def test_a_customer_signs_in(desk, browser):
    door = browser.get("/sign-in?to=/tickets/DD-10008")
    assert 'name="to" value="/tickets/DD-10008"' in door.body
    assert 'href="/request"' in door.body
    path = linked(desk, browser, to="/tickets/DD-10008")
    page = browser.get(path)
    assert page.code == 200
    assert 'name="address"' not in page.body, "this browser asked for it"
    done = browser.send(path)
    assert (done.code, done.headers["location"]) == (303, "/tickets/DD-10008")
    (set_,) = [each for each in done.cookies if each.startswith(SESSION)]
    assert all(each in set_ for each in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    assert is_in(browser)
    assert browser.get("/sign-in").headers["location"] == "/"
    assert browser.get(path).headers["location"] == "/", "pressed twice, and in"
    first = browser.cookies.pop(SESSION)
    again = linked(desk, browser)
    browser.send(again)
    assert browser.cookies[SESSION] != first, "a new session each time"


def test_an_agent_signs_in_by_the_same_door(desk, browser):
    assert ask(browser, f" {LENA.upper()} ").code == 303
    (letter,) = letters(desk)
    assert letter.rcpt_to == LENA, "the stored address, whatever was typed"
    assert browser.send(path_in(letter)).code == 303
    assert browser.get("/").headers["location"] == "/desk"


def test_the_letter_is_one_that_nobody_answers_and_says_nothing_else(desk, browser):
    desk.receive(mail(f"Anna <{ANNA}>", "Secret subject", "Secret words"))
    desk.new_letters()
    ask(browser, ANNA)
    (letter,) = letters(desk)
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["Subject"] == "Ihr Link zum Anmelden"
    assert "Secret" not in letter.raw.decode()
    assert "15 Minuten" in letter.text
    desk.check_letters()


# E1


def test_e1_what_opens_links_signs_nobody_in(desk, browser, served):
    path = linked(desk, browser)
    scanner, before = Browser(served.port), dump(desk)
    for number in range(20):
        got = scanner.ask("HEAD" if number % 2 else "GET", path)
        assert got.code == 200
        Browser(served.port).get(path)
    assert dump(desk) == before, "nothing is changed"
    assert scanner.post(path).code == 403, "without cookie and address"
    assert scanner.post(path, token="a.b").code == 403
    scripted = scanner.send(path)  # it runs scripts and keeps cookies: but it did not ask
    assert scripted.code == 403
    assert SESSION not in scanner.cookies
    assert dump(desk) == before
    assert browser.send(path).code == 303, "a person, in the browser that asked"
    assert is_in(browser)


def test_e1_in_another_browser_the_address_is_typed_again(desk, browser, served):
    path = linked(desk, browser)
    phone = Browser(served.port)
    page = phone.get(path)
    assert 'name="address"' in page.body
    assert ANNA not in page.body
    for wrong in (BERT, "anna@firm.examp1e", "", "a b"):
        assert phone.send(path, address=wrong).code == 403, wrong
    assert phone.send(path, address=ANNA.title()).code == 303
    assert is_in(phone)


def test_e1_addresses_are_not_guessed(desk, browser, served):
    path = linked(desk, browser)
    codes = [Browser(served.port).send(path, address=f"a{n}@firm.example").code for n in range(7)]
    assert codes == [403] * 5 + [429] * 2
    assert Browser(served.port).send(path, address=ANNA).code == 429
    assert browser.send(path).code == 303, "who asked is not shut out"


# E2


def test_e2_of_two_at_once_one_is_signed_in(desk, browser):
    path = linked(desk, browser)
    token = browser.get(path).token
    twins = [Browser(browser.port, dict(browser.cookies)) for _ in range(6)]
    start = threading.Barrier(6)

    def press(each: Browser) -> int:
        start.wait()
        return each.post(path, token=token).code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(press, twins))
    assert codes == [303] + [410] * 5
    assert len(desk.rows(SessionRow, SessionRow.made_at)) == 1
    gone = browser.get(path)
    assert (gone.code, "Dieser Link gilt nicht mehr" in gone.words) == (410, True)


@pytest.mark.parametrize(("minutes", "code"), [(14, 303), (15, 410), (16, 410), (9999, 410)])
def test_e2_a_link_lasts_fifteen_minutes(desk, browser, minutes, code):
    path = linked(desk, browser)
    page = browser.get(path)
    desk.later(minutes=minutes)
    assert browser.post(path, token=page.token).code == code
    assert (SESSION in browser.cookies) is (code == 303)


def test_e2_a_dump_holds_nothing_that_signs_in(desk, browser):
    path = linked(desk, browser)
    token = path.rpartition("/")[2]
    outbox = Outbox(desk.desk.db)
    for parcel in outbox.claim(desk.now, 100):
        outbox.settle([(parcel, SENT, Verdict.SENT)], desk.now)
    browser_word = browser.cookies["__Host-maildesk-browser"]
    kept = repr(dump(desk)).replace("=\\r\\n", "")
    assert token not in kept
    assert browser_word not in kept
    browser.send(path)
    assert browser.cookies[SESSION] not in repr(dump(desk))


# E3


def test_e3_no_token_leaks(desk, browser, capfd):
    out = io.StringIO()
    log.setup(level="debug", stream=out)
    path = linked(desk, browser, to="/tickets")
    token = path.rpartition("/")[2]
    answers = [browser.get(path), browser.ask("HEAD", path), browser.post(path), browser.send(path)]
    answers.append(browser.send(path, address=ANNA))
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not re.search(r'(?:src|href)="https?://', answer.body)
    assert answers[3].headers["location"] == "/tickets", "to a clean address"
    logged = out.getvalue() + "".join(capfd.readouterr())
    assert "signed-in" in logged
    assert token not in logged


@pytest.mark.parametrize("to", [
    "//evil.example/", "/\\evil.example", "https://evil.example/", "evil", "/\tx", "/a b",
    "/%0d%0aSet-Cookie: a=b\r\n", "/" + "x" * 600,
])  # fmt: skip
def test_e3_nobody_is_led_away(desk, browser, to):
    path = linked(desk, browser, to=to)
    assert browser.send(path).headers["location"] == "/"


# E4


@pytest.mark.parametrize("budget", [30, 10_000])
def test_e4_known_and_unknown_are_answered_alike(desk, monkeypatch, budget):
    monkeypatch.setattr("maildesk.web.visit.PEER_LINKS", budget)
    with Served(desk) as served:
        _answered_alike(Browser(served.port))


def _answered_alike(browser: Browser) -> None:
    token, said = browser.get("/sign-in").token, set()
    spans: dict[str, list[float]] = {ANNA: [], NOBODY: [], BERT: []}
    for _ in range(200):
        for address, took in spans.items():
            begun = time.perf_counter()
            got = browser.post("/sign-in", token=token, address=address)
            took.append(time.perf_counter() - begun)
            said.add((got.code, got.body, got.headers["location"]))
    medians = [statistics.median(took) for took in spans.values()]
    assert max(medians) - min(medians) < 0.005, medians
    assert len(said) == 1, "the same answer to all"
    (page,) = {browser.get("/sign-in/sent").body for _ in range(3)}
    assert not any(each in page for each in spans)


# E5


def test_e5_nobody_is_bombed(desk, browser):
    for _ in range(20):
        assert ask(browser, ANNA).code == 303
    assert len(letters(desk, 4, within=2.0)) == 3
    desk.later(minutes=61)
    ask(browser, ANNA)
    assert len(letters(desk)) == 1


def test_e5_a_peer_has_a_budget_of_his_own(desk, browser):
    open_pages(desk, activation="everyone")
    for number in range(30):
        ask(browser, f"x{number}@elsewhere.example")
    ask(browser, ANNA)
    assert letters(desk, 0) == [], "thirty links an hour, whoever they were for"
    desk.later(minutes=61)
    ask(browser, ANNA)
    assert len(letters(desk)) == 1


# E6


def test_e6_the_link_has_the_configured_host(desk, browser):
    token = browser.get("/sign-in").token
    browser.post("/sign-in", {"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
                 token=token, address=ANNA)  # fmt: skip
    (letter,) = letters(desk)
    assert f"{BASE}/sign-in/" in letter.text
    assert "evil" not in letter.raw.decode()


# Who may


@pytest.mark.parametrize(("address", "activation_", "purpose"), [
    (ANNA, "by_staff", "sign_in"),
    (BERT, "by_staff", "portal_not_yet"),
    (NOBODY, "by_staff", ""),
    ("karl@elsewhere.example", "by_staff", ""),
    (BERT, "everyone", "sign_in"),
    ("karl@elsewhere.example", "everyone", "sign_in"),
    (NOBODY, "everyone", ""),
    ("support@desk.example", "everyone", ""),
    (LENA, "by_staff", "sign_in"),
    ("murat@agency.example", "by_staff", ""),
])  # fmt: skip
def test_who_is_mailed(desk, browser, address, activation_, purpose):
    open_pages(desk, activation=activation_)
    desk.receive(mail("Karl <Karl@elsewhere.example>", "Hello"))
    staff.enable(desk.desk.db, "murat", False)
    desk.new_letters()
    assert ask(browser, address).headers["location"] == "/sign-in/sent"
    found = letters(desk, 1 if purpose else 0)
    assert [each.purpose for each in found] == [purpose] * bool(purpose)
    assert {each.rcpt_to for each in found} <= {address}
    if purpose == "portal_not_yet":
        assert "Antworten Sie einfach auf diese E-Mail" in found[0].text
        assert "/sign-in/" not in found[0].text
        ask(browser, address)
        assert letters(desk, 0) == [], "once a day"


@pytest.mark.parametrize("address", ["", "anna", "anna@", "a b@c.example", "Anna <a@b.example>"])
def test_what_is_no_address_is_said_at_once(desk, browser, address):
    page = ask(browser, address)
    assert page.code == 400
    assert "eine vollständige E-Mail-Adresse" in page.words
    assert letters(desk, 0) == []


def test_a_right_that_is_taken_away_is_gone_at_once(desk, browser, served):
    waits = linked(desk, browser)
    other = Browser(served.port).sign_in(desk, ANNA)
    assert is_in(other)
    let_in(desk, ANNA, is_open=False)
    assert not is_in(other)
    assert desk.rows(SessionRow, SessionRow.made_at) == []
    assert browser.send(waits).code == 410, "nor does a link that is on its way"
    agent = Browser(served.port).sign_in(desk, LENA)
    assert is_in(agent)
    staff.enable(desk.desk.db, "lena", False)
    assert not is_in(agent)
    assert desk.rows(SessionRow, SessionRow.made_at) == []


def test_whoever_was_signed_in_here_before_is_not_any_more(desk, served):
    browser = Browser(served.port)
    let_in(desk, BERT)
    browser.send(linked(desk, browser, BERT))
    old = browser.cookies[SESSION]
    path = "/sign-in/" + "a" * 26
    assert browser.get(path).headers["location"] == "/"
    other = Browser(served.port)
    browser.send(linked(desk, other), address=ANNA)
    assert browser.cookies[SESSION] != old
    assert sessions.who(desk.desk, old, desk.now) is None


def test_what_ended_is_swept_out(desk, browser):
    linked(desk, browser)
    browser.sign_in(desk, ANNA)
    assert sweep(desk.desk, desk.now + timedelta(hours=24)) == 0
    assert sweep(desk.desk, desk.now + timedelta(hours=25)) == 1
    assert desk.rows(SignInRow, SignInRow.made_at) == []
    assert sweep(desk.desk, desk.now + timedelta(days=8)) == 1
    assert desk.rows(SessionRow, SessionRow.made_at) == []


def test_the_pages_read_well_in_english(desk, browser):
    page = browser.get("/sign-in", Accept_Language="en-GB,de;q=0.5")
    assert "Send me a link" in page.words
    open_pages(desk, form=False)
    assert "/request" not in browser.get("/sign-in").body
