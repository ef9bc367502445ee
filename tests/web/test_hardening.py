"""What an experienced stranger would try on the pages: odd addresses, forms, moments and memory."""

import asyncio
import re
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlmodel import col

from maildesk import log
from maildesk.config.process import Web
from maildesk.daemon.pages import PagesAlone
from maildesk.desk import restore, staff
from maildesk.desk.backup import back_up
from maildesk.desk.post import Posting, post
from maildesk.desk.reader import Readers
from maildesk.mail.letter import File
from maildesk.mail.message import Address
from maildesk.rules.number import tag
from maildesk.rules.signed import Purpose
from maildesk.store.db import Database
from maildesk.store.grants import grant
from maildesk.store.tables import ContactRow, InboundRow, MessageRow, ParticipantRow, RawRow
from maildesk.store.web_tables import FormRow, PostRow, SessionRow, SignInRow
from maildesk.store.work_tables import TimeRow
from maildesk.web.form import FORM_MAX
from maildesk.web.visit import LARGE_AT_ONCE
from tests.desk.office import ANNA, LENA, Office, mail
from tests.peers.postgresql import Postgres
from tests.web.browser import BASE, Answer, Browser, Served, open_pages

ONCE = "A" * 22
NINES = "9" * 5000  # more digits than Python reads as a number


@pytest.fixture
def both(database_url: str, tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """A desk on either database."""
    office = Office(database_url, tmp_path, readers)
    try:
        open_pages(office)
        yield office
    finally:
        office.close()


class Unix(HTTPConnection):
    """A connection to a unix socket, as a reverse proxy has."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """All that is logged."""
    stream = StringIO()
    log.setup(stream=stream)
    yield stream
    log.setup("console", "warning")


# ---- addresses -------------------------------------------------------------------------------

CUSTOMERS = (
    "/tickets?before=%00", f"/tickets?before={NINES}", "/tickets/%00", "/tickets/%ED%A0%80",
    f"/tickets/{NINES}", "/tickets/DD-9?before=1-2-3", "/tickets/DD-9?before=-1-0-1",
    "/tickets/DD-9?before=99999999999999999-0-1",
    f"/tickets/DD-9/files/{NINES}/1", "/tickets/DD-9/files/99999999999999999999999/1",
    f"/tickets/DD-9/requests/{NINES}", "/tickets/DD-9/requests/999999999999999999",
    "/invoices?after=%00", "/invoices?after=9999999999999999999999", "/invoices/%00/pdf",
    "/invoices/a%2F..%2Fb/xml", "/new?kind=%00&as=x", "/me?done=%00", "/contract?x",
    "/sign-in/%00", "/request/%00", "/r/%00", "/sign-in?to=%00",
)  # fmt: skip
STAFF = (
    f"/desk?page={NINES}", "/desk?page=%C2%B2", "/desk?customer=%00&assignee=%00&kind=%00",
    "/desk?whose=%00&show=x", f"/desk/rows?page={NINES}", "/desk/tickets/%00",
    f"/desk/tickets/{NINES}", f"/desk/tickets/DD-9?before={NINES}",
    "/desk/tickets/DD-9?posted=999999999999999&form=%00",
    "/desk/tickets/DD-9/files/999999999999999/999999999999999",
    "/desk/new?for=%00%0d%0aX:y", "/desk/new?posted=%00",
    "/desk/customers?q=%00", "/desk/customers?q=a%00b&after=999999999999999999",
    "/desk/customers?q=%25%5C_", "/desk/customers/999999999999999999",
    "/desk/customers/1?contact=%00", "/desk/search?q=%00", "/desk/search?q=a%00b",
    "/desk/search?q=x&customer=%00", "/desk/search?q=%ED%A0%80",
    "/desk/search?q=%22%27*()AND%20OR%20NEAR", "/desk/search?q=" + "a%20" * 3000,
    "/desk/search?q=x&before=999999999999999999", "/desk/mail?tab=%00",
    "/desk/mail?before=999999999999999999", "/desk/mail/999999999999999999",
    "/desk/mail/999999999999999999/raw", "/desk/letters?state=%00&before=999999999999999999",
    "/desk/letters/999999999999999999", "/desk/letters/1/files/999999999999999999",
    "/desk/journal?day=9999-12-31", "/desk/journal?day=0001-01-01",
    "/desk/journal?actor=%00&ticket=%00", f"/desk/journal?ticket={NINES}",
    "/desk/journal?before=999999999999999999", "/desk/journal?ticket=DD-999999999999999999",
    "/desk/invoices?month=9999-12", "/desk/invoices?month=0000-01", "/desk/invoices?month=0001-01",
    "/desk/invoices?customer=%00", "/desk/invoices?month=%EF%BC%92026-11",
    "/desk/invoices?after=999999999999999999", "/desk/invoices?after=%D9%A1",
    "/desk/invoices/draft?customer=%D9%A1&month=9999-12",
    "/desk/invoices/draft?customer=999999999999999999&month=2026-10", "/desk/invoices/RE-%00",
    "/desk/invoices/list?state=%00&q=%00&year=9999",
)  # fmt: skip


def test_no_address_brings_a_page_down(both: Office) -> None:
    ticket = tag("DD", both.receive(mail(ANNA, "The shop")).ticket_id or 0)
    with Served(both) as served:
        for who, paths in ((ANNA, CUSTOMERS), (LENA, STAFF)):
            browser = Browser(served.port).sign_in(both, who)
            for path in paths:
                answer = browser.get(path.replace("DD-9", ticket))
                assert answer.code < 500, (path[:80], answer.words[:200])


@pytest.mark.parametrize("host", ["[", "evil.example/x?", "a b", "a:99999", "", "evil\\x", "@evil"])
def test_the_host_field_is_never_believed(browser: Browser, host: str) -> None:
    led = browser.get("/desk/letters", Host=host)
    assert (led.code, led.headers["location"]) == (303, "/sign-in?to=/desk/letters")
    kept = browser.post("/desk/new", {"Host": host}, text="So it is")
    assert (kept.code, "So it is" in kept.body) == (403, True)
    assert 'action="/desk/new"' in kept.body


# ---- forms -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "idna", "hex"]
)
def test_a_form_in_an_odd_charset_is_text_or_refused(
    desk: Office, browser: Browser, charset: str
) -> None:
    stranger = Browser(browser.port)
    for person in (stranger, browser.sign_in(desk, ANNA)):
        fields = {"token": person.get("/new").token, "subject": "\\ud800", "text": "\\udfff hello"}
        parts = [f'name="{n}"\r\n\r\n{v}' for n, v in fields.items()]
        parts.append('name="f"; filename="\\ud800.txt"\r\n\r\nx')
        body = (
            "".join(f"--b\r\nContent-Disposition: form-data; {p}\r\n" for p in parts) + "--b--\r\n"
        )
        kind = f"multipart/form-data; boundary=b; charset={charset}"
        answer = person.ask("POST", "/new", body.encode(), Content_Type=kind)
        assert answer.code in (303, 403), answer.words


def test_other_words_in_the_same_form_are_not_lost(desk: Office, browser: Browser) -> None:
    """Back, other words, sent again: browsers show the form again as it was, with its name."""
    browser.sign_in(desk, ANNA)
    page = browser.get("/new")
    form = {"token": page.token, "once": page.once, "kind": "normal", "subject": "Cart"}
    first = browser.upload("/new", [], **form, text="It is empty.")
    same = browser.upload("/new", [], **form, text="It is empty.")
    other = browser.upload("/new", [], **form, text="It is empty, and the till too.")
    assert first.headers["location"] == same.headers["location"]
    assert other.code == 303
    (ticket,) = desk.tickets()  # by its Message-ID the second joins the ticket of the first
    texts = [row.text for row in desk.rows(MessageRow)]
    assert texts == ["It is empty.", "It is empty, and the till too."]

    lena, path = Browser(browser.port).sign_in(desk, LENA), f"/desk/tickets/{tag('DD', ticket.id)}"
    page = lena.get(path)
    form = {"token": page.token, "once": page.once, "do": "time", "type": "time"}
    for minutes in ("30", "30", "45"):
        assert lena.upload(path, [], **form, minutes=minutes).code == 303
    assert [row.minutes for row in desk.rows(TimeRow)] == [30, 45]
    assert len(desk.rows(PostRow, PostRow.once)) == 4


NAMES = (
    "Lena <lena@agency.example>", '"lena@agency.example" <', "a, b@c.example", "=?utf-8?q?a=0D=0ABcc:x?=",
    "Zoë\u202e\u2028Bcc: x@y.example", "\U0001f980" * 100, "x" * 100, "()<>@,;:\\\".[]", "undisclosed:;",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_public_form_is_nobody_elses_address(
    desk: Office, browser: Browser, name: str
) -> None:
    page = browser.get("/request")
    begun = re.search(r'name="begun" value="([^"]+)"', page.body)
    assert begun
    desk.later(seconds=10)
    hostile = f"[DD-10013] #close\r\nBcc: x@y.example {name}"
    asked = browser.post("/request", token=page.token, begun=begun[1], name=name,
                         address="carla@new.example", subject=hostile, text="Hallo")  # fmt: skip
    assert asked.headers["location"] == "/request/sent", asked.words
    (letter,) = desk.new_letters()
    assert (letter.rcpt_to, name in letter.text) == ("carla@new.example", False)
    link = re.search(r"/request/[a-z2-7]{26}", letter.text)
    assert link
    browser.send(link[0])
    (ticket,) = desk.tickets()
    assert ticket.requester == "carla@new.example"
    (row,) = desk.rows(RawRow, RawRow.sha256)
    head = row.content.partition(b"\r\n\r\n")[0].lower()
    assert b"\nbcc:" not in head
    assert head.count(b"\nfrom:") + head.startswith(b"from:") == 1
    assert {each.rcpt_to for each in desk.new_letters()} <= {"carla@new.example", LENA}


def test_a_contact_whose_name_is_an_address_is_known_by_what_he_sends(
    desk: Office, browser: Browser
) -> None:
    with desk.desk.db.engine.begin() as connection:
        his = update(ContactRow).where(col(ContactRow.address) == ANNA)
        connection.execute(his.values(name="Anna <anna@old.example>"))
    browser.sign_in(desk, ANNA)
    sent = browser.send("/new", kind="normal", subject="Cart", text="It is empty.")
    assert sent.headers["location"].endswith("?done=opened")
    assert [(t.requester, t.customer_id) for t in desk.tickets()] == [(ANNA, 1)]


# ---- what fails ------------------------------------------------------------------------------


def test_where_the_database_is_gone_a_page_says_so_and_keeps_what_was_typed(
    both: Office, logged: StringIO
) -> None:
    with Served(both) as served:
        browser = Browser(served.port).sign_in(both, ANNA)
        page = browser.get("/new")
        with both.desk.db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE web_session RENAME TO gone"))
        shown = browser.get("/tickets")
        kept = browser.upload("/new", token=page.token, subject="Cart", text="All of my words")
        with both.desk.db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO web_session"))
    assert (shown.code, kept.code) == (500, 500)
    assert "All of my words" in kept.body
    lines = logged.getvalue()
    for answer in (shown, kept):
        (reference,) = {word for word in answer.words.replace(".", " ").split() if len(word) == 10
                        and set(word) <= set("0123456789abcdef")}  # fmt: skip
        assert reference in lines
    (session,) = both.rows(SessionRow, SessionRow.made_at)
    for secret in (session.id_sha256, *browser.cookies.values(), "All of my words"):
        assert secret not in lines


# ---- memory ----------------------------------------------------------------------------------


def large(fields: dict[str, str], octets: bytes) -> bytes:
    head = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    file = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    return head.encode() + file.encode() + octets + b"\r\n--b--\r\n"


def sent(browser: Browser, body: bytes) -> Answer:
    return browser.ask("POST", "/new", body, Content_Type="multipart/form-data; boundary=b")


def peak_of(browser: Browser, body: bytes, times: int) -> tuple[int, list[Answer]]:
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(sent(browser, body))) for _ in range(times)
    ]
    tracemalloc.start()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, answers


def test_the_files_of_strangers_fill_nobodys_memory(desk: Office, browser: Browser) -> None:
    body = large({"text": "What I wrote"}, b"x" * 12_000_000)
    peak, answers = peak_of(browser, body, 6)
    assert peak < 12_000_000, peak
    assert {answer.code for answer in answers} == {403}
    assert all("What I wrote" in a.body and "a.bin" in a.body for a in answers)
    # Whoever is signed in may send them, but not all at once.
    mine = {"token": browser.sign_in(desk, ANNA).get("/new").token, "subject": "Cart", "text": "x"}
    body = large(mine, b"x" * 2_000_000)
    assert [sent(browser, body).code for _ in range(LARGE_AT_ONCE + 1)] == [303] * 4
    many = large({f"t{n}": "x" * (FORM_MAX // 3) for n in range(4)}, b"x")
    assert sent(browser, many).code == 413


def test_the_public_form_keeps_no_more_than_somebody_would_write(
    desk: Office, browser: Browser
) -> None:
    text = "A long story. " * 2000
    shown = browser.send("/request", name="Carla", address="carla@new.example", subject="Hallo",
                         text=text)  # fmt: skip
    assert (shown.code, text.strip() in shown.body) == (400, True)
    assert "So viel Text passt hier nicht hinein" in shown.words
    assert desk.rows(FormRow, FormRow.made_at) == []


# ---- what waits while somebody loses his right -----------------------------------------------


def posting(office: Office, ticket: int, by: str) -> Posting:
    """What Lena or Anna sent from the page of a ticket."""
    asked = Posting(ONCE, Address("", by), f"[{tag('DD', ticket)}] The shop", "It is as you say.",
                    (File("a.txt", "text/plain", b"x"),), ticket_id=ticket, person=1)  # fmt: skip
    if by == LENA:
        asked = replace(asked, purpose=Purpose.AGENT_REPLY, login="lena",
                        subject=f"[{tag('DD', ticket)}] #close +30m")  # fmt: skip
    return asked


def test_an_agent_who_is_disabled_while_his_words_wait_has_no_say(desk: Office) -> None:
    ticket = desk.receive(mail(ANNA, "The shop")).ticket_id or 0
    desk.new_letters()
    number = post(desk.desk, posting(desk, ticket, LENA), desk.now)
    staff.enable(desk.desk.db, "lena", False)
    before = desk.ticket(ticket).state
    desk.handle_waiting()
    assert desk.messages(ticket)[-1][1] == "unverified"
    assert desk.ticket(ticket).state == before
    assert desk.rows(TimeRow) == []
    assert {each.rcpt_to for each in desk.new_letters()} <= {LENA, "murat@agency.example"}
    desk.handle([number])


def test_an_address_that_is_taken_from_an_agent_speaks_for_nobody(desk: Office) -> None:
    ticket = desk.receive(mail(ANNA, "The shop")).ticket_id or 0
    desk.new_letters()
    staff.add_address(desk.desk.db, "lena", "lena@home.example", ())
    post(
        desk.desk,
        replace(posting(desk, ticket, LENA), author=Address("", "lena@home.example")),
        desk.now,
    )
    staff.remove_address(desk.desk.db, "lena", "lena@home.example")
    desk.handle_waiting()
    assert desk.messages(ticket)[-1][1] == "third_party"
    assert desk.rows(TimeRow) == []
    assert ANNA not in {each.rcpt_to for each in desk.new_letters()}


def test_who_is_removed_while_his_words_wait_is_a_third_party(desk: Office) -> None:
    ticket = desk.receive(mail(ANNA, "The shop")).ticket_id or 0
    stranger = "carl@elsewhere.example"
    post(desk.desk, posting(desk, ticket, stranger), desk.now)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(delete(ParticipantRow).where(col(ParticipantRow.address) == stranger))
    desk.new_letters()
    desk.handle_waiting()
    assert desk.messages(ticket)[-1][1] == "third_party"
    assert stranger not in {each.rcpt_to for each in desk.new_letters()}


# ---- the pages as a program of their own (P24) ------------------------------------------------


@pytest.mark.peer("postgresql")
def test_the_pages_alone_need_neither_mailbox_nor_relay_nor_the_tables_owner(
    postgres: Postgres, tmp_path: Path, readers: Readers
) -> None:
    office = Office(postgres.database(), tmp_path, readers)
    open_pages(office)
    office.receive(mail(ANNA, "The shop"))
    customer, agent = (Browser(0).sign_in(office, who) for who in (ANNA, LENA))
    if not postgres.execute("SELECT 1 FROM pg_roles WHERE rolname = 'clerk'"):
        postgres.execute("CREATE ROLE clerk LOGIN")
    grant(office.desk.db, "clerk")
    url = office.desk.db.url.set(drivername="postgresql", username="clerk")
    database = {"url": url.render_as_string(hide_password=False), "migrate_at_start": False}
    listen = f"unix:{tmp_path}/web.sock"
    site = office.desk.site.model_copy(update={
        "database": office.desk.site.database.model_copy(update=database),
        "web": Web(base_url=BASE, listen=listen),
    })  # fmt: skip
    alone = PagesAlone(site, lambda: office.now)

    class OfSocket(Browser):
        def connection(self) -> HTTPConnection:
            return Unix(f"{tmp_path}/web.sock")

    async def day() -> list[tuple[int, str]]:
        await alone.start()
        try:
            return await asyncio.to_thread(work)
        finally:
            await alone.stop()

    def work() -> list[tuple[int, str]]:
        door = OfSocket(0)
        his, hers = OfSocket(0, customer.cookies), OfSocket(0, agent.cookies)
        begun = re.search(r'name="begun" value="([^"]+)"', door.get("/request").body)
        assert begun
        office.later(seconds=10)
        wish = {"name": "Carla", "address": "carla@new.example", "subject": "Hallo", "text": "x"}
        asked = [
            door.send("/sign-in", address=LENA), door.send("/request", begun=begun[1], **wish),
            his.send("/new", kind="normal", subject="Cart", text="Empty"),
            his.post("/sign-out", token=his.get("/tickets").token), hers.get("/desk"), hers.get("/desk/search?q=shop"),
            hers.get("/desk/invoices"), hers.get("/me"),
        ]  # fmt: skip
        return [(each.code, each.headers.get("location", "")) for each in asked]

    assert asyncio.run(day()) == [
        (303, "/sign-in/sent"), (303, "/request/sent"), (303, "/tickets?done=later"),
        (303, "/sign-in"), (200, ""), (200, ""), (200, ""), (303, "/desk"),
    ]  # fmt: skip
    waiting = [row.via for row in office.rows(InboundRow) if row.state == "waiting"]
    assert waiting == ["page"]
    office.handle_waiting()
    assert "Cart" in {ticket.title for ticket in office.tickets()}
    office.close()


# ---- backup and restore ----------------------------------------------------------------------


def test_after_a_restore_nobody_is_signed_in_and_no_link_signs_in(
    both: Office, tmp_path: Path
) -> None:
    with Served(both) as served:
        browser = Browser(served.port).sign_in(both, ANNA)
        browser.send("/request", name="x")
        assert browser.send("/new", kind="normal", subject="Cart", text="Empty").code in (303, 403)
        Browser(served.port).send("/sign-in", address=LENA)
        for _ in range(50):
            if both.rows(SignInRow, SignInRow.made_at):
                break
            threading.Event().wait(0.1)
    assert both.rows(SignInRow, SignInRow.made_at)
    assert both.rows(SessionRow, SessionRow.made_at)
    keys, archive = tmp_path / "keys.json", tmp_path / "desk.tar"
    back_up(both.desk.db, keys, archive, datetime.now(UTC))
    url = both.desk.db.url.render_as_string(hide_password=False)
    both.desk.db.close()
    db = Database(url)
    restore.restore(db, keys, archive, force=True)
    with db.read() as session:
        for table in (SessionRow, SignInRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        for kept in (InboundRow, RawRow):
            assert session.scalar(select(func.count()).select_from(kept)) != 0
    db.close()
