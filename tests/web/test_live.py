"""Pages that are open are told what changes, until their session or the server ends."""

import asyncio
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.board import live
from maildesk.desk.portal import sessions
from maildesk.desk.reader import Readers
from maildesk.store.tables import AgentRow
from maildesk.store.web_tables import SessionRow
from maildesk.web.live import MOST, Listener, Live
from tests.desk.office import ANNA, LENA, Office, mail
from tests.web.browser import Browser, Served, dump, open_pages


class Stream:
    """A browser that listens: the names of events, as they come."""

    def __init__(self, browser, path="/desk/live", **headers):
        self.connection = HTTPConnection("127.0.0.1", browser.port, timeout=20)
        cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", path, headers={"Cookie": cookies, **named})
        self.response = self.connection.getresponse()
        self.newest = ""

    def event(self):
        """Return the name of the next event, "" where the stream ends."""
        while line := self.response.readline():
            if line.startswith(b"id: "):
                self.newest = line.decode().partition(": ")[2].strip()
            if line.startswith(b"event: "):
                return line.decode().partition(": ")[2].strip()
        return ""

    def begun(self):
        """Return when the server has begun to listen for changes."""
        assert self.response.readline().startswith(b"retry")
        time.sleep(0.2)
        return self

    def close(self):
        self.connection.close()


@contextmanager
def listening(browser, path="/desk/live", **headers):
    with closing(Stream(browser, path, **headers)) as stream:
        yield stream


@pytest.fixture
def lena(desk, browser):
    return browser.sign_in(desk, LENA)


def test_a_mail_that_comes_in_is_told_at_once(desk, lena):
    before = desk.receive(mail(ANNA, "Shop empty")).ticket_id
    with listening(lena) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in stream.response.headers["content-security-policy"]
        stream.begun()
        began = time.monotonic()
        ticket = desk.receive(mail(ANNA, "Cart empty", "Another one.")).ticket_id
        assert [stream.event(), stream.event(), stream.event()] == [
            "board", "letters", f"ticket-{ticket}",
        ]  # fmt: skip
        assert time.monotonic() - began < 4
        assert ticket != before
        newest = stream.newest
    desk.receive(mail(ANNA, "Third", "And one more."))
    with listening(lena, Last_Event_ID=newest) as stream:
        assert stream.event() == "board", "what came while it was away"
    with listening(lena, f"/desk/live?after={newest}") as stream:
        assert stream.event() == "board", "or before it was connected"


def test_it_ends_when_the_person_signs_out(desk, lena):
    with listening(lena) as stream:
        stream.begun()
        desk.desk.db.change(lambda s: sessions.end_all(s, LENA))
        assert stream.event() == "ended"
        assert stream.event() == ""


@pytest.mark.parametrize("why", ["disabled", "expired"])
def test_it_ends_when_somebody_may_look_no_more(desk, lena, why):
    gone = {
        "disabled": update(AgentRow).where(col(AgentRow.login) == "lena").values(enabled=False),
        "expired": update(SessionRow).values(expires_at=desk.now),
    }[why]
    with listening(lena) as stream:
        stream.begun()
        desk.desk.db.change(lambda s: s.execute(gone))
        assert stream.event() == "ended"


def test_nobody_else_may_listen_and_listening_changes_nothing(desk, browser):
    assert browser.get("/desk/live").headers["location"].startswith("/sign-in")
    browser.sign_in(desk, ANNA)
    assert browser.get("/desk/live").headers["location"] == "/tickets"
    browser.sign_in(desk, LENA)
    before = dump(desk)
    assert browser.ask("HEAD", "/desk/live").code == 200
    with listening(browser) as stream:
        stream.begun()
    assert dump(desk) == before


def test_the_server_stops_at_once_with_open_streams(desk: Office):
    served = Served(desk)
    with served:
        browser = Browser(served.port).sign_in(desk, LENA)
        streams = [Stream(browser).begun() for _ in range(5)]
        began = time.monotonic()
    assert time.monotonic() - began < 3
    for each in streams:
        assert each.event() == "", "it ends as a whole answer does, and the browser comes again"
        each.close()


def test_a_browser_that_hangs_up_is_forgotten_and_few_ask_for_many(desk, lena, served):
    hub = served._pages._live
    with listening(lena) as one, listening(lena) as other:
        one.begun(), other.begun()
        assert len(hub._listeners) == 2
        assert sum(task.get_name() == "live" for task in asyncio.all_tasks(served._loop)) == 1
    deadline = time.monotonic() + 10
    while hub._listeners and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not hub._listeners
    while hub._task is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert hub._task is None, "nobody listens, nobody asks"


def test_no_more_than_so_many_listen(desk, lena, served):
    hub = served._pages._live
    many = [Listener("x", 1e12) for _ in range(MOST)]
    hub._listeners.update(many)
    try:
        answer = lena.get("/desk/live")
        assert (answer.code, answer.headers["retry-after"]) == (503, "60")
    finally:
        hub._listeners.difference_update(many)


def test_what_waits_for_one_listener_is_bounded_and_told_together():
    async def story():
        one = Listener("x", asyncio.get_running_loop().time() + 60)
        assert await one.heard(0.01) == ([], False)
        one.tell(frozenset({"board", "ticket-1"}))
        one.tell(frozenset({"board", "ticket-2"}))
        assert await one.heard(5) == (["board", "ticket-1", "ticket-2"], False)
        for number in range(1000):
            one.tell(frozenset({"board", f"ticket-{number}"}))
        names, _ = await one.heard(5)
        assert "board" in names
        assert len(names) <= 202
        one.until = 0
        assert await one.heard(5) == ([], True), "an hour is over"
        one.end("ended")
        assert await one.heard(5) == (["ended"], True)

    asyncio.run(story())


def test_a_database_that_is_away_ends_no_stream(desk, lena):
    async def story():
        asked = []

        def gone():
            asked.append(1)
            raise OSError("away")

        hub = Live(gone, lambda: desk.now, every=0.01, beat=0.05)
        with hub.listener("x") as one:
            await hub.begun()
            assert await one.heard(0.1) == ([], False)
            assert len(asked) > 2
            await hub.close()
            assert await one.heard(1) == ([], True)

    asyncio.run(story())


def test_either_database_says_what_changed(database_url, tmp_path, readers: Readers):
    office = Office(database_url, tmp_path, readers)
    try:
        open_pages(office)
        first, names = live.look(office.desk, None)
        assert names == frozenset()
        ticket = office.receive(mail(ANNA, "Shop empty")).ticket_id
        second, names = live.look(office.desk, first)
        assert names == {"board", "letters", f"ticket-{ticket}"}
        assert live.look(office.desk, second)[1] == frozenset()
        office.send_all()
        third, names = live.look(office.desk, second)
        assert names == {"letters"}
        office.receive(mail(LENA, "#close [DD-1] x", via_nobody="1"))
        assert "mail" in live.look(office.desk, third)[1]
        assert live.since(office.desk, first.newest) >= {"board", f"ticket-{ticket}"}
        Browser(0).sign_in(office, LENA)
        (row,) = office.rows(SessionRow, SessionRow.made_at)
        asked = {row.id_sha256, "other"}
        assert live.signed_in(office.desk, asked, office.now) == {row.id_sha256}
        later = office.now.replace(year=2027)
        assert live.signed_in(office.desk, asked, later) == frozenset()
    finally:
        office.close()


def test_a_burst_is_told_as_the_board_at_least(desk):
    first, _ = live.look(desk.desk, None)
    threads = [
        threading.Thread(target=desk.receive, args=(mail(ANNA, f"S{n}", f"Text {n}"),))
        for n in range(3)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    names = live.look(desk.desk, first)[1]
    assert {f"ticket-{row.id}" for row in desk.tickets()} < names
