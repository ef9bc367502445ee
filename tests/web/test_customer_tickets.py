"""The list of a customer's tickets: whose they are, in which order, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from maildesk.desk.portal.conversation import look
from maildesk.desk.portal.sessions import SignedIn
from maildesk.desk.portal.ticket_view import SHOWN as SAID
from maildesk.desk.portal.ticket_view import Conversation
from maildesk.desk.portal.tickets import SHOWN, Tickets, tickets
from maildesk.desk.reader import Readers
from maildesk.rules.number import tag
from maildesk.rules.people import ContactFacts
from maildesk.store.tables import ContactRow, MessageRow, ParticipantRow, TicketRow
from tests.desk.asking import ask_for
from tests.desk.office import ANNA, BERT, EMILY, LENA, Office, mail
from tests.web.browser import Browser, open_pages

PLENTY = 3 * SHOWN + 7


@pytest.fixture
def both(database_url: str, tmp_path: Path, readers: Readers) -> Iterator[Office]:
    """The desk on either database."""
    office = Office(database_url, tmp_path, readers)
    try:
        open_pages(office)
        yield office
    finally:
        office.close()


def signed_in(address: str, customer_id: int | None = 1, company: bool = False) -> SignedIn:
    contact = ContactFacts(customer_id, address) if customer_id else None
    return SignedIn("", address, address, "de", contact=contact, sees_company=company)


def listed(office: Office, person: SignedIn, **more) -> Tickets:
    asked = {"company": False, "closed": False, "before": None, "language": "de"} | more
    return tickets(office.desk, person, **asked)


def walk(office: Office, person: SignedIn, **more) -> list[int]:
    """Return all tickets of a list, page by page."""
    found, before = [], None
    while True:
        page = listed(office, person, before=before, **more)
        found += [line.id for line in (*page.waiting, *page.lines)]
        if page.older is None:
            return found
        before = page.older


def fill(office: Office, number: int, first: int = 10_000) -> None:
    """Put tickets of Anna's into the database: every third is closed."""
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(TicketRow), [
            {"id": first + n, "title": f"Ticket {n}", "state": "closed" if n % 3 == 0 else "new",
             "closed": n % 3 == 0, "kind": "normal", "customer_id": 1, "requester": ANNA,
             "opened_at": office.now, "clock_started_at": office.now, "version": 1}
            for n in range(number)
        ])  # fmt: skip
        connection.execute(insert(ParticipantRow), [
            {"ticket_id": first + n, "number": 1, "address": ANNA.title(), "name": ""}
            for n in range(number)
        ])  # fmt: skip
        connection.execute(insert(MessageRow), [
            {"id": 10 * first + 2 * n + each, "ticket_id": first + n, "standing": standing,
             "filed_at": office.now + timedelta(minutes=each)}
            for n in range(number) for each, standing in enumerate(("participant", "note"))
        ])  # fmt: skip


def test_pages_have_each_ticket_once_the_newest_first(both):
    fill(both, PLENTY)
    ids = range(10_000 + PLENTY - 1, 9_999, -1)
    over = [each for each in ids if (each - 10_000) % 3 == 0]
    still = [each for each in ids if (each - 10_000) % 3]
    for more in ({}, {"company": True}):
        person = signed_in(ANNA, company=True)
        assert walk(both, person, **more) == still
        assert walk(both, person, closed=True, **more) == over
    (line, *_) = listed(both, signed_in(ANNA)).lines
    assert line.last_at == both.now, "a note inside is no activity that he is told of"


def test_whose_tickets_they_are(both):
    fill(both, 4)
    hidden = update(TicketRow).where(TicketRow.__table__.c.id == 10_001)
    with both.desk.db.engine.begin() as connection:
        connection.execute(hidden.values(state="spam"))
    assert walk(both, signed_in(ANNA)) == [10_002]
    assert walk(both, signed_in(ANNA.upper())) == [10_002]
    assert walk(both, signed_in(BERT)) == []
    assert walk(both, signed_in(BERT), company=True) == [], "he may not see his company's"
    assert walk(both, signed_in(BERT, company=True), company=True) == [10_002]
    assert walk(both, signed_in(EMILY, 2, company=True), company=True) == []
    assert walk(both, signed_in("x@nowhere.example", None), company=True) == []


def test_what_waits_for_him_stands_on_top(both):
    fill(both, PLENTY)
    first = both.receive(mail(ANNA, "Which blue?", message_id="1@firm.example")).ticket_id
    second = both.receive(mail(BERT, "More work", message_id="2@firm.example")).ticket_id
    both.set_state(first, "waiting_customer")
    both.set_state(second, "in_progress")
    with both.desk.db.engine.begin() as connection:
        bert = ContactRow.__table__.c.address == BERT
        connection.execute(update(ContactRow).where(bert).values(may_approve=False))
    ask_for(both, second)
    mine = listed(both, signed_in(ANNA))
    assert [(line.id, line.waits) for line in mine.waiting] == [(first, "answer")]
    assert first not in {line.id for line in mine.lines}
    assert walk(both, signed_in(ANNA)).count(first) == 1
    company = listed(both, signed_in(ANNA, company=True), company=True)
    assert {(line.id, line.waits) for line in company.waiting} == {
        (first, "answer"), (second, "overrun"),
    }  # fmt: skip
    theirs = listed(both, signed_in(BERT, company=True), company=True)
    assert theirs.waiting == (), "Anna answers the question, and she alone may approve"
    last = listed(both, signed_in(ANNA), before=10_010)
    assert last.waiting == ()


def test_a_conversation_is_read_page_by_page(both):
    ticket = both.receive(mail(ANNA, "Shop is empty", "Number 0", message_id="0@f")).ticket_id
    named = f"[{tag('DD', ticket)}]"
    for number in range(1, 2 * SAID + 5):
        if number % 2:
            both.receive(mail(LENA, f"{named} #reply", f"Number {number}"), login="lena")
        else:
            both.receive(mail(ANNA, named, f"Number {number}", message_id=f"{number}@f"))
    both.later(minutes=5)
    seen, before = [], ""
    while True:
        page = look(both.desk, signed_in(ANNA), tag("DD", ticket), before, "de", both.now)
        assert isinstance(page, Conversation)
        seen = [*(item.text.split("\n")[0] for item in page.items), *seen]
        if not page.older:
            break
        before = page.older
    numbers = [int(each.removeprefix("Number ")) for each in seen]
    assert sorted(numbers) == list(range(2 * SAID + 5)), "each once, though all are of one moment"


def test_the_page_in_words(desk, browser):
    browser.sign_in(desk, ANNA)
    page = browser.get("/tickets")
    assert "Nichts ist offen." in page.words
    assert 'href="/new"' in page.body
    assert "meiner Firma" not in page.words, "she sees her own tickets alone"
    assert "Noch ist kein Ticket geschlossen." in browser.get("/tickets?tab=closed").words
    ticket = desk.receive(mail(ANNA, "Shop is empty")).ticket_id
    other = desk.receive(mail(BERT, "Colours", message_id="2@firm.example")).ticket_id
    desk.set_state(ticket, "waiting_customer")
    words = browser.get("/tickets").words
    for each in ("Shop is empty", "Wir warten auf Ihre Antwort.", "Wartet auf Sie",
                 tag("DD", ticket), "Normales Ticket"):  # fmt: skip
        assert each in words
    assert "Colours" not in browser.get("/tickets?of=company").words
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(ContactRow).values(sees_company=True))
    assert tag("DD", other) in browser.get("/tickets?of=company").words
    assert tag("DD", other) not in browser.get("/tickets").words
    for query in ("?before=x", "?before=99999999999999999999", "?tab=%00", "?of=company&before=1"):
        assert browser.get(f"/tickets{query}").code == 200
    assert "Sie erscheint gleich hier" in browser.get("/tickets?done=later").words


def test_only_customers_reach_it(desk, browser):
    assert browser.get("/tickets").headers["location"].startswith("/sign-in")
    agent = Browser(browser.port).sign_in(desk, LENA)
    assert agent.get("/tickets").headers["location"] == "/desk"
