"""What the page behind the link in a letter shows, and what its buttons do."""

import contextlib
import re
import socket
import threading
import time

import pytest
from sqlalchemy import delete, update

from maildesk.store.tables import ContactRow
from maildesk.store.work_tables import LinkRow, RequestRow
from maildesk.web import server
from tests.desk.office import ANNA, BERT, EMILY, mail
from tests.web.browser import (
    About,
    Browser,
    Served,
    dump,
    linked,
    links,
    offered,
    open_pages,
    planted,
    verdicts,
)


def test_an_offer_is_read_and_ordered(desk, browser, served):
    path = offered(desk)
    page = browser.get(path)
    assert page.code == 200
    assert page.buttons == ["yes", "normal", "withdrawn"]
    for words in ("Would you like to order this?", "Cart empty", "Quick ticket high",
                  "within 2 working hours", "plus VAT", "Your e-mail address"):  # fmt: skip
        assert words in page.words
    assert '<html lang="en">' in page.body

    done = browser.click(path, "yes", EMILY.upper())
    assert (done.code, done.headers["location"]) == (303, path.rpartition("/")[2])
    assert verdicts(desk) == [("yes", EMILY, "link")]
    assert links(desk)[0].used_at == desk.now
    assert served.acted == 1
    ticket = desk.tickets()[0]
    assert (ticket.kind, ticket.state) == ("quick-high", "planned")
    assert any(letter.rcpt_to == EMILY for letter in desk.new_letters()), "a receipt"

    after = browser.get(path)
    assert after.code == 200
    assert after.buttons == []
    assert "Ordered" in after.words
    assert f"Decided here by {EMILY} on Monday, 23 November 2026" in after.words


CHOICES = [
    # about             more                       verdict      state             headline
    (About.OVERRUN,     {"minutes": 180},          "yes",       "in_progress",    "Freigegeben"),
    (About.OVERRUN,     {"minutes": 180},          "no",        "in_progress",    "Nicht freigegeben"),
    (About.QUOTE,       {"limit_open": True},      "yes",       "in_progress",    "Freigegeben"),
    (About.ACCEPTANCE,  {},                        "yes",       "accepted",       "Abgenommen"),
    (About.ACCEPTANCE,  {},                        "defects",   "rework",         "Mängel gemeldet"),
    (About.ORDER,       {"kind": "quick"},         "yes",       "in_progress",    "Bestellt"),
    (About.ORDER,       {"kind": "quick"},         "normal",    "planned",        "Als normales Ticket"),
    (About.ORDER,       {"kind": "quick"},         "withdrawn", "cancelled",      "Zurückgezogen"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "more", "verdict", "state", "headline"), CHOICES)
def test_each_button(desk, browser, about, more, verdict, state, headline):
    path = planted(desk, about, **more)
    assert verdict in browser.get(path).buttons
    assert browser.click(path, verdict, ANNA, defects="The total is wrong.").code == 303
    assert desk.tickets()[0].state == state
    assert verdicts(desk) == [(verdict, ANNA, "link")]
    assert headline in browser.get(path).words


@pytest.mark.parametrize("about", [About.OVERRUN, About.ACCEPTANCE])
def test_the_ticket_asks_with_the_same_words(desk, browser, about):
    path = planted(desk, about, minutes=180, url="https://test.shop.example/")
    page = browser.get(path)
    tag = re.search(r"DD-\d+", page.words)[0]
    ticket = browser.sign_in(desk, ANNA).get(f"/tickets/{tag}")
    for piece in (
        r'(<section class="asked".*?</section>)',
        r'(<div class="choice">.*</div>)\s*</form>',
    ):
        assert re.search(piece, page.body, re.DOTALL)[1] in ticket.body
    browser.click(path, "yes", ANNA)
    assert f"Hier entschieden von {ANNA} am" in browser.get(path).words
    assert "Hier entschieden von Anna Berger am" in browser.get(f"/tickets/{tag}").words


def test_defects_need_words_and_keep_what_is_fine(desk, browser):
    path = planted(desk, About.ACCEPTANCE, url="https://test.shop.example/?a=1&b=2")
    page = browser.get(path)
    assert '<a href="https://test.shop.example/?a=1&amp;b=2" rel="noopener noreferrer"' in page.body
    empty = browser.click(path, "defects", ANNA, fine="The <cart>")
    assert empty.code == 400
    assert "Bitte schreiben Sie dazu, was nicht stimmt" in empty.words
    assert ">The &lt;cart&gt;</textarea>" in empty.body, "what was typed is still there"
    assert verdicts(desk)[0][0] == "open"
    assert browser.click(path, "defects", ANNA, defects="The total", fine="The cart").code == 303
    said = [
        detail for trigger, detail in desk.journal(desk.tickets()[0].id) if trigger == "defects"
    ]
    assert said == ["The total\n\nDas ist in Ordnung:\nThe cart"]


STANDINGS = [
    # what happened                    code   words
    ({"verdict": "replaced"},          200,   "Es gibt eine neuere Anfrage von uns"),
    ({"verdict": "undone"},            200,   "wurde am Montag, 23.11.2026, 10:00 Uhr zurückgenommen"),
    ({"verdict": "no", "how": "phone", "decided_by": "lena"}, 200, "Telefonisch entschieden, notiert von Lena"),
]  # fmt: skip


@pytest.mark.parametrize(("happened", "code", "words"), STANDINGS)
def test_what_is_over_says_so_and_has_no_buttons(desk, browser, happened, code, words):
    path = planted(desk, About.OVERRUN, minutes=120)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(RequestRow).values(decided_at=desk.now, **happened))
    page = browser.get(path)
    assert (page.code, page.buttons) == (code, [])
    assert words in page.words
    before = dump(desk)
    assert browser.post(path, token="x", verdict="yes", address=ANNA).code == 409
    assert dump(desk) == before


def test_a_ticket_that_has_moved_on_waits_for_nothing(desk, browser):
    path = planted(desk, About.ACCEPTANCE)
    token = browser.get(path).token
    desk.set_state(desk.tickets()[0].id, "in_progress")
    assert "gilt nicht mehr" in browser.get(path).words
    assert browser.post(path, token=token, verdict="yes", address=ANNA).code == 409
    assert verdicts(desk)[0][0] == "open"


def test_the_page_of_a_merged_ticket_shows_nothing_of_the_other(desk, browser):
    path = planted(desk, About.OVERRUN, minutes=120)
    other = desk.receive(mail(ANNA, "A secret of others", message_id="2@firm.example")).ticket_id
    desk.set_state(desk.tickets()[0].id, "merged", merged_into=other)
    page = browser.get(path)
    assert "gilt nicht mehr" in page.words
    assert "secret" not in page.words
    assert page.buttons == []


def test_who_may_not_accept_may_name_defects(desk, browser):
    path = planted(desk, About.ACCEPTANCE, to=ANNA)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            update(ContactRow).where(ContactRow.address == ANNA).values(may_approve=False)
        )
    page = browser.get(path)
    assert page.buttons == ["defects"]
    assert "Abnehmen kann bei Ihnen Bert Berger" in page.words
    assert browser.click(path, "yes", ANNA).code == 400
    assert verdicts(desk)[0][0] == "open"


def test_two_deciders_have_a_page_each_and_one_decision(desk, served):
    path = planted(desk, About.ACCEPTANCE)
    other = linked(desk, desk.tickets()[0].id, 1, BERT)
    anna, bert = Browser(served.port), Browser(served.port)
    assert bert.click(other, "defects", ANNA, defects="All").code == 403, "it is Bert's page"
    assert anna.click(path, "yes", ANNA).code == 303
    page = bert.get(other)
    assert page.buttons == []
    assert f"Hier entschieden von {ANNA}" in page.words


def test_of_two_clicks_at_once_one_decides(desk, served):
    path = planted(desk, About.OVERRUN, minutes=120)
    people = [Browser(served.port) for _ in range(6)]
    tokens = [each.get(path).token for each in people]
    codes, barrier = [], threading.Barrier(len(people))

    def click(number: int) -> None:
        barrier.wait()
        verdict = ("yes", "no")[number % 2]
        fields = {"token": tokens[number], "verdict": verdict, "address": ANNA}
        codes.append(people[number].post(path, **fields).code)

    threads = [threading.Thread(target=click, args=(n,)) for n in range(len(people))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(codes) <= {303, 409}
    judged = [t for t, _ in desk.journal(desk.tickets()[0].id) if t.startswith("request: ")]
    assert len(judged) == 1
    assert served.acted == 1
    assert "Hier entschieden" in people[0].get(path).words


def test_an_older_link_of_the_same_person_is_used_up_too(desk, browser):
    path = planted(desk, About.OVERRUN, minutes=120)
    linked(desk, desk.tickets()[0].id, 1, ANNA)
    browser.click(path, "yes", ANNA)
    assert all(row.used_at for row in links(desk))
    with desk.desk.db.engine.begin() as connection:  # an agent takes it back: it is open again
        connection.execute(update(RequestRow).values(verdict="open", decided_at=None))
    assert "Ihre Entscheidung von hier wurde wieder aufgehoben" in browser.get(path).words


def test_a_link_of_thirty_days_ago_shows_nothing(desk, browser):
    path = planted(desk, About.OVERRUN, minutes=120)
    token = browser.get(path).token
    desk.later(days=30)
    page = browser.get(path)
    assert page.code == 410
    assert "abgelaufen" in page.words
    assert "empty" not in page.words
    assert browser.post(path, token=token, verdict="yes", address=ANNA).code == 410
    with desk.desk.db.engine.begin() as connection:
        assert connection.execute(LinkRow.__table__.select()).one().used_at is None
    assert verdicts(desk)[0][0] == "open"


def test_connections_that_ask_for_nothing_shut_nobody_out(desk, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    open_pages(desk)
    path = planted(desk, About.OVERRUN, minutes=120)
    with Served(desk) as served, contextlib.ExitStack() as held:
        for number in range(server.AT_ONCE):
            idle = socket.create_connection(("127.0.0.1", served.port))
            held.enter_context(idle)
            if number % 2:
                idle.sendall(b"GET /r/x HTTP/1.1\r\nHost: x\r\n")
        browser, codes = Browser(served.port), []
        deadline = time.monotonic() + 10
        while not codes or (codes[-1] != 200 and time.monotonic() < deadline):
            codes.append(browser.get(path).code)
            time.sleep(0.05)
        assert codes[0] == 503, "all places are taken"
        assert codes[-1] == 200


@pytest.mark.parametrize("verdict", ["open", "yes"])
@pytest.mark.parametrize("removed", [True, False])
def test_who_lost_his_right_sees_nothing_any_more(desk, browser, verdict, removed):
    path = planted(desk, About.OVERRUN, minutes=120, amount_minor=19000, verdict=verdict,
                   decided_at=None if verdict == "open" else desk.now)  # fmt: skip
    assert browser.get(path).code == 200
    his = ContactRow.__table__.c.address == ANNA
    with desk.desk.db.engine.begin() as connection:
        if removed:
            connection.execute(delete(ContactRow).where(his))
        else:
            connection.execute(update(ContactRow).where(his).values(may_approve=False))
    page = browser.get(path)
    assert (page.code, page.buttons) == (403, [])
    assert "nicht mehr für Sie" in page.words
    for shown in ("empty", "190", "interface", "Bert"):
        assert shown not in page.words
    before = dump(desk)
    assert browser.post(path, token="x", verdict="yes", address=ANNA).code == 403
    assert dump(desk) == before
