"""Mail that needs a look, on the pages of the staff: shown whatever it is, and let go by whom it may be."""

import pytest
from sqlalchemy import update

from maildesk.desk import blocked, intake
from maildesk.desk.board import mail as board_mail
from maildesk.mail.smtp import Envelope
from maildesk.store.tables import AgentRow, InboundRow
from tests.desk.office import ANNA, LENA, MURAT, SUPPORT, Office, mail
from tests.web.browser import Browser, dump


def held(desk: Office, subject: str = "[#10] Printer #close") -> int:
    """Have a mail come in that says it is Murat's and proves nothing; return its number."""
    row = desk.receive(mail(MURAT, subject, "Please call\n<script>alert(1)</script>"))
    assert row.id is not None
    return row.id


def test_a_held_mail_is_released_by_the_agent_whose_it_is(desk: Office, browser: Browser):
    number = held(desk, "[new] Printer @anna")
    browser.sign_in(desk, MURAT)
    page = browser.get("/desk/mail")
    assert f"/desk/mail/{number}" in page.body
    assert "im Namen von murat" in page.words
    shown = browser.get(f"/desk/mail/{number}")
    assert shown.code == 200
    assert "Ich habe sie geschrieben" in shown.words
    assert "<script>alert" not in shown.body
    assert "&lt;script&gt;alert(1)" in shown.body
    assert "signed address of an agent (D)" in shown.words, "the explanation is there"
    answer = browser.send(f"/desk/mail/{number}", do="release")
    assert (answer.code, answer.headers["location"]) == (303, f"/desk/mail/{number}?done=released")
    row = next(each for each in desk.rows(InboundRow) if each.id == number)
    assert (row.released_by, row.state) == (2, "filed")
    after = browser.get(f"/desk/mail/{number}?done=released")
    assert "Sie haben sich für diese Mail verbürgt" in after.words
    assert row.ticket_id is None or "/desk/tickets/DD-" in after.body
    again = browser.send(f"/desk/mail/{number}", do="release")
    assert (again.code, "released before" in again.words) == (422, True)


@pytest.mark.parametrize(("who", "why"), [(LENA, "another agent"), (MURAT, "he is disabled")])
def test_nobody_else_can_release_it(desk: Office, browser: Browser, who: str, why: str):
    number = held(desk)
    browser.sign_in(desk, who)
    if who == MURAT:
        browser.sign_in(desk, LENA)
        with desk.desk.db.engine.begin() as connection:
            connection.execute(update(AgentRow).where(AgentRow.id == 2).values(enabled=False))
    shown = browser.get(f"/desk/mail/{number}")
    assert "Nur Murat kann sie freigeben" in shown.words, why
    assert 'value="release"' not in shown.body, why
    refused = browser.send(f"/desk/mail/{number}", do="release")
    assert refused.code == 422, why
    assert "no address of lena" in refused.words, why
    row = next(each for each in desk.rows(InboundRow) if each.id == number)
    assert row.released_by is None, why


def test_looking_changes_nothing_and_is_for_agents(desk: Office, browser: Browser):
    number = held(desk)
    paths = [f"/desk/mail/{number}", f"/desk/mail/{number}/raw", "/desk/mail?tab=spam",
             f"/desk/mail/{number}?done=released"]  # fmt: skip
    for path in paths:
        assert browser.get(path).headers["location"].startswith("/sign-in?to=/desk/mail")
    browser.sign_in(desk, ANNA)
    assert [browser.get(path).headers["location"] for path in paths] == ["/tickets"] * 4
    browser.sign_in(desk, LENA)
    before = dump(desk)
    for path in paths:
        assert browser.get(path).code == 200
    assert dump(desk) == before
    for path in ("/desk/mail/99", "/desk/mail/x", "/desk/mail/0", "/desk/mail?tab=x",
                 f"/desk/mail/{number}/files/1", "/desk/mail/99/raw"):  # fmt: skip
        assert browser.get(path).code == 404, path


def test_a_mail_that_cannot_be_read_is_shown_all_the_same(
    desk: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    raw = mail(ANNA, "A poison", "A long line of words.\n" * 100_000)
    envelope = Envelope(ANNA, (SUPPORT,), "smtp", desk.now)
    number = intake.accept(desk.desk.db, envelope, raw)
    with desk.desk.db.engine.begin() as connection:
        aside = {
            "state": "set_aside",
            "reason": "the reader ended with SIGXCPU",
            "handled_at": desk.now,
        }
        connection.execute(update(InboundRow).where(InboundRow.id == number).values(**aside))
    monkeypatch.setattr(board_mail, "PATIENCE", 0)  # whatever it is, it takes too long
    browser.sign_in(desk, LENA)
    listed = browser.get("/desk/mail?tab=set_aside")
    assert "the reader ended with SIGXCPU" in listed.words
    shown = browser.get(f"/desk/mail/{number}")
    assert shown.code == 200
    assert "lässt sich in den Grenzen" in shown.words
    assert "what became of it: set aside" in shown.words
    original = browser.get(f"/desk/mail/{number}/raw")
    assert original.headers["content-disposition"].startswith(
        f'attachment; filename="mail-{number}.eml"'
    )
    assert len(original.body) == len(raw)


def test_what_cannot_be_explained_is_shown_without(
    desk: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    number = held(desk)

    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(board_mail, "explained", broken)
    browser.sign_in(desk, LENA)
    shown = browser.get(f"/desk/mail/{number}")
    assert shown.code == 200
    assert "what the desk would do is not known: RecursionError: too deep" in shown.words
    assert "what became of it: filed" in shown.words or "what became of it: held" in shown.words
    assert "Please call" in shown.words


def test_hidden_mail_comes_back(desk: Office, browser: Browser):
    blocked.add(desk.desk.db, (), "eve@spam.example", "a pest", 0, desk.now)
    row = desk.receive(mail("eve@spam.example", "Buy now", "Cheap."))
    browser.sign_in(desk, LENA)
    assert "Buy now" in browser.get("/desk/mail?tab=spam").words
    blocked.remove(desk.desk.db, "eve@spam.example")
    answer = browser.send(f"/desk/mail/{row.id}", do="restore")
    after = browser.get(answer.headers["location"])
    assert "wurde behandelt, als wäre sie gerade gekommen" in after.words
    assert "/desk/tickets/DD-" in after.body
    assert desk.tickets()[-1].state == "new"
    assert "Buy now" not in browser.get("/desk/mail?tab=spam").words


def test_automatic_mail_is_replayed_or_dismissed(desk: Office, browser: Browser):
    raw = mail("robot@machine.example", "Nightly", "ok", Auto_Submitted="auto-generated")
    row = desk.receive(raw)
    assert row.state == "automatic"
    browser.sign_in(desk, LENA)
    assert "Nightly" in browser.get("/desk/mail?tab=automatic").words
    gone = browser.send(f"/desk/mail/{row.id}", do="dismiss")
    assert "Sie bleibt gespeichert" in browser.get(gone.headers["location"]).words
    assert "Nightly" not in browser.get("/desk/mail?tab=automatic").words
    twice = browser.send(f"/desk/mail/{row.id}", do="dismiss")
    assert (twice.code, "on none of the lists" in twice.words) == (422, True)
    back = browser.send(f"/desk/mail/{row.id}", do="replay")
    assert back.headers["location"].endswith("?done=replayed")
    assert "von einer Maschine" in browser.get(back.headers["location"]).words
    assert browser.send(f"/desk/mail/{row.id}", do="format").code == 404


def test_attachments_and_long_lists(desk: Office, browser: Browser):
    raw = (
        f"From: {MURAT}\r\nTo: {SUPPORT}\r\nSubject: =?utf-8?q?=D8=B4=D8=A8?=\r\n"
        "Message-ID: <1@agency.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n"
        "Content-Type: text/html\r\nContent-Disposition: attachment; filename=\"a<b>.html\"\r\n\r\n"
        "<script>alert(1)</script>\r\n--b--\r\n"
    ).encode()  # fmt: skip
    number = desk.receive(raw).id
    browser.sign_in(desk, LENA)
    assert f"/desk/mail/{number}/files/1" in browser.get(f"/desk/mail/{number}").body
    file = browser.get(f"/desk/mail/{number}/files/1")
    assert file.body == "<script>alert(1)</script>"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment;")
    robots = [
        mail("robot@machine.example", f"Run {n:03}", str(n), Auto_Submitted="auto-generated")
        for n in range(60)
    ]
    desk.receive_all(robots)
    first = browser.get("/desk/mail?tab=automatic")
    assert first.words.count("Run 0") == 50
    assert "Ältere" in first.words
    older = first.body.split('rel="next"')[0].rpartition('href="')[2].split('"')[0]
    second = browser.get(older.replace("&amp;", "&"))
    assert second.words.count("Run 0") == 10
