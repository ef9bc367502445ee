"""The outbox: what has not left and why, one letter as it left, and sending it again."""

import re

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.board import letters
from maildesk.desk.board.letters import subject_of
from maildesk.desk.outbox import MAY_SEND
from maildesk.store.tables import OutboundRow, SettingRow
from tests.desk.office import ANNA, LENA, mail
from tests.web.browser import dump, offered


def _settle(office, **values):
    with office.desk.db.engine.begin() as connection:
        connection.execute(update(OutboundRow).values(**values))


@pytest.fixture
def lena(desk, browser):
    return browser.sign_in(desk, LENA)


def test_what_has_not_left_is_listed_and_tried_again(desk, lena):
    desk.receive(mail(ANNA, "Wägen leer"))
    count = len(desk.letters())
    reply = "550 5.1.1 no such user"
    _settle(desk, state="failed", attempts=3, last_reply=reply, settled_at=desk.now)
    page = lena.get("/desk/letters")
    assert page.code == 200
    for words in ("Wägen leer", ANNA, reply, "3 Versuche", "Fehlgeschlagen"):
        assert words in page.words, words
    answer = lena.send("/desk/letters", do="retry")
    assert answer.headers["location"] == "/desk/letters?done=retried"
    assert [each.state for each in desk.rows(OutboundRow)] == ["queued"] * count
    assert "wieder unterwegs" in lena.get("/desk/letters?done=retried").words
    assert lena.send("/desk/letters", do="other").code == 404

    desk.send_all()
    assert "Alle E-Mails sind hinausgegangen" in lena.get("/desk/letters").words
    assert "Wägen leer" in lena.get("/desk/letters?state=sent").words
    assert "Alle E-Mails sind hinausgegangen" in lena.get("/desk/letters?state=x'").words


def test_one_letter_is_shown_as_it_left(desk, lena):
    ticket = desk.receive(mail(ANNA, "<b>Shop</b> empty")).ticket_id
    letter = next(each for each in desk.letters() if each.rcpt_to == ANNA)
    _settle(desk, state="held", attempts=1, last_reply="451 4.3.0 later")
    page = lena.get(f"/desk/letters/{letter.id}")
    assert page.code == 200
    for words in (ANNA, "451 4.3.0 later", "Message-ID", letter.mid, "Zurückgehalten"):
        assert words in page.words, words
    assert " ".join(letter.text.split()[:8]) in page.words
    assert f'href="/desk/tickets/{re.search(r"DD-[0-9]+", letter.text)[0]}"' in page.body
    assert "<b>Shop</b>" not in page.body
    answer = lena.send(f"/desk/letters/{letter.id}", do="retry")
    assert answer.headers["location"] == f"/desk/letters/{letter.id}?done=again"
    states = {row.id: row.state for row in desk.rows(OutboundRow)}
    assert states.pop(letter.id) == "queued"
    assert set(states.values()) == {"held"}
    desk.send_all()
    again = lena.post(f"/desk/letters/{letter.id}", token=page.token, do="retry")
    assert again.headers["location"].endswith("?done=none")
    assert "geschickt" not in lena.get(f"/desk/letters/{letter.id}").words
    assert "Jetzt senden" not in lena.get(f"/desk/letters/{letter.id}").words
    assert ticket


def test_a_link_for_the_recipient_is_covered(desk, lena):
    path = offered(desk)
    letter = next(each for each in desk.letters() if each.purpose == "quick_offer")
    page = lena.get(f"/desk/letters/{letter.id}")
    assert path.removeprefix("/r/") not in page.body
    assert "/r/" + "x" * 26 in page.body
    assert path in next(each for each in desk.letters() if each.id == letter.id).text, "not there"


def test_files_of_a_letter_are_downloads(desk, lena):
    desk.receive(mail(ANNA, "Shop empty"))
    raw = (
        b"From: Support <support@desk.example>\r\nTo: anna@firm.example\r\nSubject: =?utf-8?q?B=C3=A4r?=\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHallo\r\n"
        b'--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="../a<i>.html"\r\n\r\n'
        b"<script>alert(1)</script>\r\n--b--\r\n"
    )
    first = desk.letters()[0].id
    _settle(desk, raw=raw)
    page = lena.get(f"/desk/letters/{first}")
    assert "Bär" in page.words
    path = re.search(r'href="(/desk/letters/\d+/files/\d+)"', page.body)[1]
    got = lena.get(path)
    assert got.body.strip() == "<script>alert(1)</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert "<i>" not in page.body
    for missing in (f"/desk/letters/{first}/files/2", f"/desk/letters/{first}/files/x",
                    "/desk/letters/999999", "/desk/letters/x", "/desk/letters/" + "9" * 30):  # fmt: skip
        assert lena.get(missing).code == 404, missing


def test_after_a_restore_letters_leave_when_somebody_says_so(desk, lena):
    desk.desk.db.change(lambda s: s.merge(SettingRow(name=MAY_SEND, value="no")))
    page = lena.get("/desk/letters")
    assert "aus einer Sicherung" in page.words
    answer = lena.send("/desk/letters", do="release")
    assert answer.headers["location"] == "/desk/letters?done=released"
    assert "aus einer Sicherung" not in lena.get("/desk/letters").words
    assert desk.rows(SettingRow, col(SettingRow.name))


def test_pages_of_letters_go_on_where_the_last_one_ended(desk, monkeypatch):
    for number in range(4):
        desk.receive(mail(ANNA, f"Shop {number}", f"Text {number}"))
    monkeypatch.setattr(letters, "PAGE", 3)
    ids, before = [], None
    while True:
        found = letters.letters(desk.desk, "", before)
        ids += [each.line.id for each in found.letters]
        before = found.older
        if before is None:
            break
    assert ids == sorted((row.id for row in desk.rows(OutboundRow)), reverse=True)


def test_to_look_changes_nothing(desk, lena):
    desk.receive(mail(ANNA, "Shop empty"))
    lena.get("/desk/letters")
    before = dump(desk)
    for path in ("/desk/letters", "/desk/letters?state=sent&before=x", "/desk/letters/1"):
        for method in ("GET", "HEAD"):
            assert lena.ask(method, path).code == 200
    assert dump(desk) == before
    lena.sign_in(desk, ANNA)
    for path in ("/desk/letters", "/desk/letters/1", "/desk/letters/1/files/1"):
        assert lena.get(path).headers["location"] == "/tickets", path


@pytest.mark.parametrize(
    ("raw", "subject", "why"),
    [
        (b"To: a\r\nSubject: one\r\n two\r\n\r\nx", "one two", "folded"),
        (b"Subject: =?utf-8?q?=C3=9C?=\r\n =?utf-8?q?ber?=\r\n\r\n", "Über", "encoded words"),
        (b"To: a\r\n\r\nSubject: body", "", "not of the text"),
        (b"Subject: " + b"x" * 5000, "x" * 200, "cut"),
    ],
)
def test_subjects(raw, subject, why):
    assert subject_of(raw) == subject, why
