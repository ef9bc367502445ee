"""The page of a ticket as staff see it: all that is there, and what can be done from it."""

import re
from typing import Any

import pytest
from sqlalchemy import update

from maildesk.rules.number import parse_number, tag
from maildesk.store.tables import AgentRow, MessageRow
from tests.desk.office import ANNA, EMILY, LENA, MURAT, Office, Sent, mail
from tests.web.browser import Answer, Browser

BOUNDARY = "----d2d2d2d2"


@pytest.fixture
def lena(desk: Office, browser: Browser) -> Browser:
    return browser.sign_in(desk, LENA)


def opened(desk: Office, who: str = ANNA, subject: str = "The cart is empty") -> str:
    """Let a customer write; return the tag of his ticket."""
    desk.later(minutes=1)
    text = f"Since this morning, {len(desk.tickets())}."
    ticket_id = desk.receive(mail(who, subject, text)).ticket_id
    assert ticket_id
    desk.new_letters()
    return tag("DD", ticket_id)


def number(ticket: str) -> int:
    found = parse_number(ticket.removeprefix("DD-"))
    assert found
    return found


def sends(browser: Browser, ticket: str, do: str, **fields: str) -> Answer:
    """Fill in a form of the page and send it; return the page that it leads to."""
    answer = browser.send(f"/desk/tickets/{ticket}", do=do, **fields)
    assert answer.code == 303, answer.words
    return browser.get(answer.headers["location"])


def said(letter: Sent) -> str:
    part = letter.message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").replace("\u00a0", " ")


def test_the_page_says_what_the_ticket_is(desk: Office, lena: Browser) -> None:
    desk.agree(1, "Care 120", 120)
    ticket = opened(desk, subject="[Quick] The cart is empty")
    sends(lena, ticket, "time", minutes="30")
    page = lena.get(f"/desk/tickets/{ticket}")
    assert page.code == 200
    for words in (
        ticket, "The cart is empty", "Neu", "Anna Berger", "Firm", "Quickticket", "Lena",
        "Since this morning", "Care 120", "1 Stunde",
    ):  # fmt: skip
        assert words in page.words, words
    assert lena.get("/desk/tickets/" + ticket.lower()).code == 200
    assert [
        lena.get(f"/desk/tickets/{other}").code for other in ("DD-10009", "x", tag("DD", 99))
    ] == [404] * 3


EXACT = (
    ("#close", "a command is text here"),
    ("# Heading\n#zu +25m", "so it is below a heading"),
    ("> You wrote this\n\nYes, it was us.", "what he quotes himself"),
    ("Look:\n| a | b |", "a table"),
    ("Sure.\n-- \nLena", "a signature of his own"),
    ("Am 23.11.2026 schrieb Anna:\n> Why?\n\nDarum.", "what looks like a quote with its introduction"),
    ("+25 percent off", "a time in the first line"),
    ("Out of office: I am back on Monday.", "what a machine might say"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "why"), EXACT)
def test_what_he_types_reaches_the_customer_as_it_is(
    desk: Office, lena: Browser, text: str, why: str
) -> None:
    ticket = opened(desk)
    page = sends(lena, ticket, "reply", text=text)
    (letter,) = [each for each in desk.new_letters() if each.rcpt_to == ANNA]
    assert letter.purpose == "answer", why
    assert said(letter).startswith(text), why
    row = desk.ticket(number(ticket))
    assert (row.state, desk.minutes(row.id)) == ("in_progress", 0), why
    assert 'class="notice done"' in page.body
    assert "Ihr Text geht an anna@firm.example" in page.words
    assert "Eine Antwort auf diese E-Mail" not in page.words, "it is no letter"
    assert desk.waits(letter) == 60


def test_an_answer_is_taken_back(desk: Office, lena: Browser) -> None:
    ticket = opened(desk)
    page = sends(lena, ticket, "reply", text="It is done.", minutes="20", after="close")
    assert "in 60 Sekunden" in page.words
    assert "Zurücknehmen" in page.words
    (letter,) = [each for each in desk.new_letters() if each.rcpt_to == ANNA]
    assert letter.purpose == "closing"
    page = sends(lena, ticket, "undo")
    assert "Nicht gesendet: E-Mail an anna@firm.example" in page.words
    assert desk.state_of(letter) == "withdrawn"
    row = desk.ticket(number(ticket))
    assert (row.state, desk.minutes(row.id)) == ("new", 0)


def test_a_refusal_gives_all_back_and_leaves_no_note(desk: Office, lena: Browser) -> None:
    """Somebody else closed the ticket while he wrote."""
    ticket = opened(desk)
    form = lena.get(f"/desk/tickets/{ticket}")
    desk.set_state(number(ticket), "closed")
    fields = {"token": form.token, "once": form.once, "do": "reply", "text": "I looked.\n#1 is <b>it</b>.",
              "minutes": "20", "after": "wait", "wait": "3d"}  # fmt: skip
    answer = lena.post(f"/desk/tickets/{ticket}", None, **fields)
    page = lena.get(answer.headers["location"])
    assert "Nichts wurde getan" in page.words
    assert "I looked.\n#1 is &lt;b&gt;it&lt;/b&gt;." in page.body
    assert desk.messages(number(ticket)) == [(ANNA, "participant")]
    assert [each.purpose for each in desk.new_letters()] == []
    murat = Browser(lena.port).sign_in(desk, MURAT)
    other = murat.get(answer.headers["location"])
    assert "I looked" not in other.body, "it is told to nobody else"
    wrong = lena.send(f"/desk/tickets/{ticket}", do="time", minutes="soon", text="what I did")
    assert wrong.code == 422
    assert "what I did" in wrong.body
    assert "soon" in wrong.words
    desk.set_state(number(ticket), "new")
    again = lena.send(f"/desk/tickets/{ticket}", do="time", minutes="soon", text="what I did")
    assert 'value="soon"' in again.body


def test_the_same_form_twice_is_once(desk: Office, lena: Browser) -> None:
    ticket = opened(desk)
    page = lena.get(f"/desk/tickets/{ticket}")
    fields = {"token": page.token, "once": page.once, "do": "time", "minutes": "25"}
    first, second = (lena.post(f"/desk/tickets/{ticket}", None, **fields) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert desk.minutes(number(ticket)) == 25
    sends(lena, ticket, "time", minutes="25")
    assert desk.minutes(number(ticket)) == 50, "another form, the same second, is another booking"


def test_files_go_to_the_customer_and_can_be_fetched(desk: Office, lena: Browser) -> None:
    ticket = opened(desk)
    page = lena.get(f"/desk/tickets/{ticket}")
    fields = {"token": page.token, "once": page.once, "do": "reply", "text": "Here it is."}
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="Pläne <1>.html"\r\n'
        "Content-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n"
        f"--{BOUNDARY}--\r\n"
    ).encode()
    head = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Sec-Fetch-Site": "same-origin",
    }
    answer = lena.ask("POST", f"/desk/tickets/{ticket}", body, **head)
    assert answer.code == 303, answer.words
    (letter,) = [each for each in desk.new_letters() if each.rcpt_to == ANNA]
    (file,) = letter.message.iter_attachments()
    assert file.get_content() in (b"<script>alert(1)</script>", "<script>alert(1)</script>")
    shown = lena.get(f"/desk/tickets/{ticket}").body
    (link,) = re.findall(r'href="(/desk/tickets/[^"]+/files/[^"]+)"', shown)
    fetched = lena.get(link)
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.body == "<script>alert(1)</script>"
    other = opened(desk)
    assert lena.get(link.replace(ticket, other)).code == 404, "it is of another ticket"
    assert [lena.get(link[:-1] + n).code for n in ("0", "2", "x", "99999999999999999999")] == [
        404
    ] * 4


def test_customers_and_disabled_agents_reach_nothing(desk: Office, browser: Browser) -> None:
    ticket = opened(desk)
    path = f"/desk/tickets/{ticket}"
    assert browser.get(path).headers["location"].startswith("/sign-in")
    anna = Browser(browser.port).sign_in(desk, ANNA)
    for each in (path, "/desk/new", f"{path}/files/1/1"):
        assert anna.get(each).headers["location"] == "/tickets"
    lena = Browser(browser.port).sign_in(desk, LENA)
    form = lena.get(path)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(AgentRow).values(enabled=False))
    answer = lena.post(path, token=form.token, once=form.once, do="close")
    assert (answer.code, desk.ticket(number(ticket)).state) == (403, "new")


def test_drastic_ones_are_confirmed_and_lead_away(desk: Office, lena: Browser) -> None:
    first, second = opened(desk), opened(desk)
    path = f"/desk/tickets/{first}"
    assert lena.send(path, do="merge", ticket=second).code == 422
    answer = lena.send(path, do="merge", ticket=second, sure="yes")
    assert answer.headers["location"].startswith(f"/desk/tickets/{second}?")
    assert first in lena.get(f"/desk/tickets/{second}").words
    merged = lena.get(path)
    assert "Dieses Ticket gehört jetzt zu einem anderen" in merged.words
    assert 'name="do"' not in merged.body, "nothing can be done to it here"
    assert 'value="split"' in lena.get(f"/desk/tickets/{second}").body
    answer = lena.send(f"/desk/tickets/{opened(desk)}", do="spam", sure="yes")
    assert answer.headers["location"].startswith("/desk?")


OFFERED: tuple[tuple[str, dict[str, Any], set[str], set[str]], ...] = (
    ("new", {}, {"reply", "close", "start", "spam", "merge", "ask"}, {"open", "bill", "live", "deemed", "split", "undo", "stop"}),
    ("resolved", {}, {"open", "bill", "time"}, {"close", "plan", "ask", "spam", "wait"}),
    ("closed", {}, {"reply", "note"}, {"open", "close", "time", "kind", "cancel", "start"}),
    ("spam", {}, {"open", "note"}, {"reply", "close", "call", "time"}),
    ("accepted", {}, {"live", "defect"}, {"deemed", "wait", "bill"}),
)  # fmt: skip


@pytest.mark.parametrize(("state", "more", "there", "away"), OFFERED, ids=[r[0] for r in OFFERED])
def test_what_the_state_allows_is_offered(
    desk: Office, lena: Browser, state: str, more: dict[str, Any], there: set[str], away: set[str]
) -> None:
    ticket = opened(desk)
    desk.set_state(number(ticket), state, **more)
    offered = set(re.findall(r'name="do" value="(\w+)"', lena.get(f"/desk/tickets/{ticket}").body))
    assert there <= offered, there - offered
    assert not away & offered


def test_timers(desk: Office, lena: Browser) -> None:
    first, second = opened(desk), opened(desk)
    sends(lena, first, "start")
    desk.later(minutes=12)
    murat = Browser(lena.port).sign_in(desk, MURAT)
    assert "12 Min." in murat.get(f"/desk/tickets/{first}").words
    page = lena.get(f"/desk/tickets/{second}")
    assert first in page.words, "her timer runs elsewhere"
    assert 'value="start"' not in page.body
    sends(lena, first, "stop")
    assert desk.minutes(number(first)) == 12


def test_a_long_ticket_is_shown_in_parts(desk: Office, lena: Browser) -> None:
    ticket = opened(desk)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            MessageRow.__table__.insert(),  # type: ignore[attr-defined]  # SQLModel says so nowhere
            [
                {"id": 5000 + n, "ticket_id": number(ticket), "standing": "participant", "author": ANNA,
                 "author_name": "", "subject": "", "text": f"Message {n:03}.", "reply": "", "html": False,
                 "message_id": "", "filed_at": desk.now}
                for n in range(75)
            ],
        )  # fmt: skip
    page = lena.get(f"/desk/tickets/{ticket}")
    assert page.words.count("Message 0") == 30
    assert "Message 074." in page.words
    older = re.findall(r'href="([^"]+\?before=\d+)"', page.body)
    before = lena.get(older[0])
    assert "Message 044." in before.words
    assert "Message 045." not in before.words


def test_a_new_ticket_for_somebody_who_called(desk: Office, lena: Browser) -> None:
    answer = lena.send(
        "/desk/new", address=EMILY, title="Blue lamps", text="She wants blue ones.", how="call",
        minutes="12", kind="quick",
    )  # fmt: skip
    assert answer.code == 303, answer.words
    page = lena.get(answer.headers["location"])
    row = desk.tickets()[-1]
    assert (row.title, row.requester, row.kind, desk.minutes(row.id)) == (
        "Blue lamps",
        EMILY,
        "normal",
        12,
    )
    assert "She wants blue ones." in page.words
    purposes = {each.purpose for each in desk.new_letters() if each.rcpt_to == EMILY}
    assert purposes == {"confirm_normal", "quick_offer"}
    wrong = lena.send("/desk/new", address="nobody", title="Blue lamps", text="Hm.")
    assert wrong.code == 422
    assert "Blue lamps" in wrong.body
    assert lena.send("/desk/new", address=EMILY, title="Please #close it").code == 422


def test_a_foreign_title_does_not_hide_a_command(desk: Office, lena: Browser) -> None:
    """What a customer wrote is subtracted from mails; a page writes commands alone."""
    ticket = opened(desk, subject="Please #close-button #close +30m " + "x" * 150)
    sends(lena, ticket, "close")
    row = desk.ticket(number(ticket))
    assert row.state == "resolved"
    assert row.title.startswith("Please #close-button"), "it is not renamed"


def test_what_strangers_wrote_is_text(desk: Office, lena: Browser) -> None:
    ticket = opened(desk, subject="<script>alert(1)</script> مرحبا")
    body = lena.get(f"/desk/tickets/{ticket}").body
    assert "<script>alert" not in body
    assert 'dir="auto"' in body
