"""The public form: whoever owns the mailbox confirms it, and nobody is written to through us."""

import re
import threading
from dataclasses import replace

import pytest

from maildesk.desk.portal import request_form
from maildesk.desk.portal.request_form import Asked, Kept, Standing, Wish
from maildesk.desk.portal.sweep import sweep
from maildesk.store.tables import InboundRow
from maildesk.store.web_tables import FormRow
from tests.desk.office import ANNA, BERT, LENA, SUPPORT, Office, Sent
from tests.web.browser import Browser, dump, open_pages

KARL = "karl@elsewhere.example"
TYPED = {
    "name": "Visit www.evil.example", "address": KARL, "subject": "Win http://evil.example now",
    "text": "My shop is empty.\nPlease help. <b>1</b>",
}  # fmt: skip


def send(desk: Office, browser: Browser, **fields: str):
    """Open the form, take some seconds and send it."""
    page = browser.get("/request", Accept_Language="de")
    begun = re.search(r'name="begun" value="([^"]+)"', page.body)
    hidden = {"token": page.token, "begun": begun[1] if begun else ""}
    desk.later(seconds=5)
    more = {"Accept_Language": "de"}
    return browser.post("/request", more, **(hidden | TYPED | fields))


def link_in(letter: Sent) -> str:
    found = re.findall(r"https?://\S+", letter.text)
    assert len(found) == 1, "no link but ours"
    return found[0].removeprefix("https://support.agency.example")


def told(desk: Office) -> list[tuple[str, str]]:
    return [(letter.rcpt_to, letter.purpose) for letter in desk.new_letters()]


def test_from_the_form_to_a_ticket(desk, browser, served):
    after = send(desk, browser)
    assert (after.code, after.headers["location"]) == (303, "/request/sent")
    assert "48 Stunden" in browser.get("/request/sent", Accept_Language="de").words
    assert desk.tickets() == []
    (letter,) = desk.new_letters()
    assert (letter.rcpt_to, letter.purpose, letter.return_path) == (KARL, "confirm_form", "")
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["To"] == KARL, "no name of a stranger's"
    whole = letter.raw.decode() + letter.text
    for his in ("evil", "Visit", "Win", "shop", "help"):
        assert his not in whole

    path = link_in(letter)
    assert path.removeprefix("/request/") not in str(dump(desk)["web_form"]), "only its hash"
    before = dump(desk)
    for _ in range(20):
        assert browser.get(path).code == 200
        browser.ask("HEAD", path)
    assert dump(desk) == before, "to look changes nothing"
    page = browser.get(path, Accept_Language="de")
    assert "Win http://evil.example now" in page.words
    assert 'href="http://evil' not in page.body

    desk.later(hours=5)
    done = browser.post(path, token=page.token)
    assert (done.code, done.headers["location"]) == (303, path)
    (ticket,) = desk.tickets()
    assert (ticket.requester, ticket.requester_name, ticket.title) == (
        KARL, TYPED["name"], TYPED["subject"],
    )  # fmt: skip
    assert ticket.clock_started_at == desk.now, "the clock starts with the confirmation"
    assert told(desk) == [(KARL, "confirm_stranger"), (LENA, "staff_new")]
    after = browser.get(path, Accept_Language="de")
    assert "DD-10008" in after.words
    assert "<form" not in after.body
    assert browser.post(path, token=page.token).code == 303, "once more changes nothing"
    assert len(desk.rows(InboundRow)) == 1
    (kept,) = desk.rows(FormRow, FormRow.made_at)
    assert (kept.words, kept.inbound_id) == ("", 1)


def test_a_link_expires(desk, browser):
    send(desk, browser)
    path = link_in(desk.new_letters()[0])
    token = browser.get(path).token
    desk.later(hours=48)
    page = browser.get(path, Accept_Language="de")
    assert (page.code, "abgelaufen" in page.words) == (410, True)
    assert TYPED["subject"] not in page.body
    browser.post(path, token=token)
    assert desk.rows(InboundRow) == []
    assert browser.get("/request/" + "a" * 26).code == 404
    assert browser.post("/request/" + "a" * 26, token=token).code == 404
    desk.later(days=2)
    assert sweep(desk.desk, desk.now) == 1
    assert desk.rows(FormRow, FormRow.made_at) == []


@pytest.mark.parametrize(
    "address", [LENA, SUPPORT, "support+x@desk.example", "noreply@shop.example"]
)
def test_addresses_of_ours_get_the_same_answer_and_no_letter(desk, browser, address):
    page = send(desk, browser, address=address)
    assert (page.code, page.headers["location"]) == (303, "/request/sent")
    assert told(desk) == []
    (row,) = desk.rows(FormRow, FormRow.made_at)
    assert (row.words, row.subject, row.name) == ("", "", "")
    for _ in range(2):
        assert send(desk, browser, address=address).code == 303
    assert send(desk, browser, address=address).code == 429, "it counts like any other"


def test_what_a_program_fills_in_goes_nowhere_with_the_same_answer(desk, browser):
    before = dump(desk)
    page = send(desk, browser, homepage="http://spam.example")
    assert (page.code, page.headers["location"]) == (303, "/request/sent")
    assert dump(desk) == before
    shown = browser.get("/request").body
    assert '<div class="trap" aria-hidden="true">' in shown
    assert 'tabindex="-1" autocomplete="off"' in shown


AGAIN = [
    # fields                            code  said
    ({"name": ""},                      400, "wer Sie sind"),
    ({"address": " "},                  400, "um Ihnen zu antworten"),
    ({"address": "karl"},               400, "können wir nicht schreiben"),
    ({"address": "a@x.de, b@x.de"},     400, "können wir nicht schreiben"),
    ({"address": "a@x.de\r\nBcc: b@x"}, 400, "können wir nicht schreiben"),
    ({"subject": ""},                   400, "Betreff fehlt"),
    ({"text": "\n"},                    400, "worum es geht"),
    ({"begun": "1:a.b"},                429, "sehr schnell"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "said"), AGAIN)
def test_what_is_wrong_is_shown_with_all_that_was_typed(desk, browser, fields, code, said):
    page = send(desk, browser, **fields)
    assert (page.code, said in page.words) == (code, True)
    if "text" not in fields:
        assert "&lt;b&gt;1&lt;/b&gt;" in page.body
    assert desk.rows(FormRow, FormRow.made_at) == []
    assert told(desk) == []


def test_whoever_is_too_quick_sends_it_once_more(desk, browser):
    page = browser.get("/request")
    begun = re.search(r'name="begun" value="([^"]+)"', page.body)[1]
    fields = TYPED | {"token": page.token, "begun": begun}
    assert browser.post("/request", **fields).code == 429
    desk.later(seconds=3)
    assert browser.post("/request", **fields).code == 303


def test_budgets_of_an_address_a_network_and_all(desk, browser):
    codes = [send(desk, browser).code for _ in range(5)]
    assert codes == [303, 303, 303, 429, 429]
    assert len(told(desk)) == 3
    for number in range(17):
        assert send(desk, browser, address=f"a{number}@b{number}.example").code == 303
    refused = send(desk, browser, address="another@b.example")
    assert (refused.code, "in einer Stunde" in refused.words) == (429, True)
    assert "My shop is empty." in refused.body
    desk.later(hours=1)
    assert send(desk, browser).code == 303
    most = replace(desk.desk.policy.budget, all_hour=1)
    desk.use(replace(desk.desk, policy=replace(desk.desk.policy, budget=most)))
    assert send(desk, browser, address="other@c.example").code == 429


def test_where_there_is_no_form(desk, browser):
    send(desk, browser)
    open_pages(desk, form=False)
    for path in ("/request", "/request/sent"):
        assert browser.get(path).code == 404
    assert browser.get(link_in(desk.new_letters()[0])).code == 200, "what was sent holds"
    open_pages(desk)
    browser.sign_in(desk, ANNA)
    assert browser.get("/request").headers["location"] == "/new"
    other = Browser(browser.port).sign_in(desk, LENA)
    assert other.get("/request").headers["location"] == "/desk/new"


@pytest.mark.parametrize("activation", ["by_staff", "everyone"])
def test_a_known_contact_is_answered_as_one_and_orders_by_no_subject(desk, browser, activation):
    open_pages(desk, activation=activation)
    send(desk, browser, address=BERT.upper(), subject="[Quick] Shop", name="Bert")
    (letter,) = desk.new_letters()
    path = link_in(letter)
    browser.post(path, token=browser.get(path).token)
    (ticket,) = desk.tickets()
    assert (ticket.customer_id, ticket.kind, ticket.state) == (1, "normal", "waiting_approval")
    assert (BERT, "quick_offer") in told(desk), "a form has no button that orders"


def test_a_form_without_a_page_of_ours_before_it_sends_nothing(desk, browser):
    assert browser.post("/request", **TYPED).code == 403
    send(desk, browser)
    path = link_in(desk.new_letters()[0])
    assert Browser(browser.port).post(path, token="x").code == 403
    headers = {"Sec_Fetch_Site": "cross-site"}
    assert browser.post(path, headers, token=browser.get(path).token).code == 403
    assert desk.rows(InboundRow) == []


def test_two_who_confirm_at_once_make_one_mail(desk, served):
    browser = Browser(served.port)
    send(desk, browser)
    path = link_in(desk.new_letters()[0])
    token = browser.get(path).token
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(
            Browser(served.port, dict(browser.cookies)).post(path, token=token).code
        ))
        for _ in range(4)
    ]  # fmt: skip
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert codes == [303] * 4
    assert len(desk.rows(InboundRow)) == len(desk.tickets()) == 1


def test_on_both_databases(database_url, tmp_path, readers):
    office = Office(database_url, tmp_path, readers)
    try:
        open_pages(office)
        wish = Wish("Karl", KARL, "100 % leer_", "Der Shop ist leer.", "de")
        asked = [request_form.ask(office.desk, wish, office.now) for _ in range(4)]
        assert asked == [Asked.KEPT] * 3 + [Asked.TOO_OFTEN]
        token = link_in(office.new_letters()[0]).removeprefix("/request/")
        shown = request_form.look(office.desk, token, office.now)
        assert shown == Kept(Standing.OPEN, "100 % leer_")
        first = request_form.confirm(office.desk, token, office.now)
        office.handle_waiting()
        again = request_form.confirm(office.desk, token, office.now)
        assert (first.standing, first.tag, again.tag) == (Standing.USED, "", "DD-10008")
        assert len(office.rows(InboundRow)) == 1
    finally:
        office.close()
