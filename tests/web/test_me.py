"""What is stored about a customer, for himself: all that is his, and nothing of a colleague's."""

import json
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.desk.portal import copy_for_me
from maildesk.store.tables import AddressMarkRow, ContactRow, CustomerRow, ParticipantRow
from maildesk.store.web_tables import SessionRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, SUPPORT, Office, mail
from tests.web.browser import Browser, dump

SECRET = "Bert's own words"


def filled(desk: Office) -> None:
    """Two of a firm write, and one of them writes into the other's ticket too."""
    desk.receive(mail(ANNA, "Wägen", "The shop is empty. <b>Really</b>"))
    desk.receive(mail(BERT, "Bert's printer", SECRET))
    desk.receive(mail(EMILY, "Tea", "It is cold."))
    note = mail(LENA, "[#10] Anna's ticket", "An inner note about Anna.")
    desk.receive(note, login="lena")


def test_he_sees_what_is_his_and_nothing_else(desk: Office, browser: Browser):
    filled(desk)
    with desk.desk.db.engine.begin() as connection:
        terms = {"terms_version": "2026-01", "terms_accepted_by": "Anna Berger"}
        connection.execute(update(CustomerRow).where(col(CustomerRow.id) == 1).values(**terms))
        mine = update(ContactRow).where(col(ContactRow.address) == ANNA)
        connection.execute(mine.values(approve_up_to=50000))
        mark = {"address": ANNA, "kind": "unreachable", "since": desk.now, "last": desk.now,
                "reason": "550 <no such user>", "hard": True, "times": 1, "said_by": "",
                "until": desk.now + timedelta(days=3)}  # fmt: skip
        other = mark | {"address": BERT, "reason": "550 not Bert"}
        connection.execute(insert(AddressMarkRow), [mark, other])
    page = browser.sign_in(desk, ANNA).get("/me")
    assert page.code == 200
    for words in (
        ANNA, "Anna Berger", "Firm", "bis 500,00 € netto", "2026-01", "Tickets mit Ihnen 1",
        "Nachrichten von Ihnen 1", "E‑Mails an Sie 1", "Wägen", "550 &lt;no such user&gt;",
        "In diesem Browser", SUPPORT,
    ):  # fmt: skip
        assert words.replace("\u2011", "-") in page.words, words
    for words in (BERT, "Bert", "Tea", "inner note"):
        assert words not in page.body, words


def test_the_copy_holds_his_own_words_only(desk: Office, browser: Browser):
    filled(desk)
    with desk.desk.db.engine.begin() as connection:  # Anna takes part in Bert's, written otherwise
        bert = next(each.id for each in desk.tickets() if each.requester == BERT)
        guest = {"ticket_id": bert, "number": 2, "address": "Anna@firm.example", "name": ""}
        connection.execute(insert(ParticipantRow), guest)
    answer = browser.sign_in(desk, ANNA).get("/me/copy")
    assert answer.headers["content-disposition"].startswith("attachment;")
    found = json.loads(answer.body)
    assert [each["text"].strip() for each in found["message_list"]] == [
        "The shop is empty. <b>Really</b>"
    ]
    assert {each["title"] for each in found["ticket_list"]} == {"Wägen", "Bert's printer"}
    assert (found["tickets"], found["messages"]) == (2, 1)
    assert found["left_out"] == {"tickets": 0, "messages": 0, "letters": 0}
    for words in (SECRET, "inner note", "Tea", "/r/", "id_sha256"):
        assert words not in answer.body, words


def test_a_large_copy_is_bounded_and_says_so(desk: Office, browser: Browser, monkeypatch):
    desk.receive_all([mail(ANNA, f"Wish {n}", "x" * 100 + str(n)) for n in range(5)])
    monkeypatch.setattr(copy_for_me, "OCTETS_MAX", 320)
    monkeypatch.setattr(copy_for_me, "TICKETS_MAX", 4)
    monkeypatch.setattr(copy_for_me, "_CHUNK", 2)
    found = json.loads(browser.sign_in(desk, ANNA).get("/me/copy").body)
    assert found["left_out"] == {"tickets": 1, "messages": 2, "letters": 0}
    assert [each["text"].strip()[-1] for each in found["message_list"]] == ["4", "3", "2"]


def test_he_changes_his_language_and_nobody_elses(desk: Office, browser: Browser):
    browser.sign_in(desk, ANNA)
    assert (
        browser.send("/me", do="language", language="en").headers["location"] == "/me?done=language"
    )
    assert "Your letters and pages are in this language" in browser.get("/me?done=language").words
    languages = {row.address: row.language for row in desk.rows(ContactRow)}
    assert languages == {ANNA: "en", BERT: "de", EMILY: "en"}
    assert browser.send("/me", do="language", language="fr").code == 404
    assert browser.send("/me", do="delete").code == 404
    desk.new_letters()
    desk.receive(mail(ANNA, "Again", "The shop is empty again."))
    assert "Hello" in next(each.text for each in desk.new_letters() if each.rcpt_to == ANNA)


def test_he_signs_out_everywhere_else(desk: Office, browser: Browser):
    lost = Browser(browser.port).sign_in(desk, ANNA)
    bert = Browser(browser.port).sign_in(desk, BERT)
    browser.sign_in(desk, ANNA)
    assert "In einem anderen Browser" in browser.get("/me").words
    done = browser.send("/me", do="sign_out").headers["location"]
    page = browser.get(done)
    assert "Sie sind überall sonst abgemeldet" in page.words
    assert "In einem anderen Browser" not in page.words
    assert lost.get("/me").headers["location"].startswith("/sign-in")
    assert bert.get("/me").code == 200
    assert len(desk.rows(SessionRow, SessionRow.id_sha256)) == 2


def test_looking_changes_nothing_and_staff_have_no_such_page(desk: Office, browser: Browser):
    filled(desk)
    assert browser.get("/me").headers["location"] == "/sign-in?to=/me"
    assert browser.get("/me/copy").headers["location"] == "/sign-in?to=/me/copy"
    browser.sign_in(desk, ANNA)
    before = dump(desk)
    assert {browser.get(path).code for path in ("/me", "/me/copy", "/me?done=x")} == {200}
    assert dump(desk) == before
    assert browser.sign_in(desk, LENA).get("/me").headers["location"] == "/desk"
    unknown = browser.post("/me", do="sign_out", token="wrong")
    assert unknown.code == 403


def test_somebody_of_no_customer_sees_what_there_is(desk: Office, browser: Browser):
    stranger = "eve@nowhere.example"
    web = desk.desk.site.web.model_copy(update={"activation": "everyone"})
    desk.use(replace(desk.desk, site=desk.desk.site.model_copy(update={"web": web})))
    desk.receive(mail(stranger, "Hello", "Do you repair tills?"))
    page = browser.sign_in(desk, stranger).get("/me")
    assert (page.code, "Tickets mit Ihnen 1" in page.words) == (200, True)
    assert 'name="language"' not in page.body
