"""Who did what: lines of all tickets, filters, and pages that go on where the last one ended."""

from datetime import date

import pytest

from maildesk.desk.board import journal as rooms
from maildesk.desk.board.journal import Asked, journal
from maildesk.desk.reader import Readers
from maildesk.rules.number import tag
from maildesk.store.tables import EventRow
from tests.desk.office import ANNA, EMILY, LENA, SUPPORT, Office, mail
from tests.web.browser import dump, open_pages


@pytest.fixture
def office(database_url, tmp_path, readers: Readers):
    """A desk on either database, with two days of work."""
    made = Office(database_url, tmp_path, readers)
    try:
        open_pages(made)
        yield made
    finally:
        made.close()


def _work(office):
    first = office.receive(mail(ANNA, "Shop empty")).ticket_id
    office.later(days=1)
    second = office.receive(mail(EMILY, "Cart empty", "The cart.")).ticket_id
    return first, second


def test_filters_find_their_lines(office):
    first, second = _work(office)
    events = {row.id: row for row in office.rows(EventRow)}

    def ids(**asked):
        return [line.id for line in journal(office.desk, Asked(**asked)).lines]

    assert ids() == sorted(events, reverse=True)
    assert ids(actor=ANNA) == [i for i in ids() if events[i].actor == ANNA] != []
    assert ids(actor=ANNA.upper()) == ids(actor=ANNA)
    assert ids(actor="nobody") == []
    of_first = [i for i in ids() if events[i].ticket_id == first]
    assert ids(ticket=tag("DD", first)) == of_first
    assert ids(ticket=tag("DD", first).lower().removeprefix("dd-")) == of_first
    assert ids(day=date(2026, 11, 23)) == of_first
    assert ids(day=date(2026, 11, 24), ticket=tag("DD", first)) == []
    assert ids(day=date(2020, 1, 1)) == []
    assert journal(office.desk, Asked(ticket="DD-1")).unknown
    assert ids(before=max(events)) == [i for i in ids() if i < max(events)]
    assert second


def test_pages_go_on_where_the_last_one_ended(office, monkeypatch):
    _work(office)
    monkeypatch.setattr(rooms, "PAGE", 2)
    for actor in ("", ANNA):
        ids, before = [], None
        while True:
            found = journal(office.desk, Asked(actor=actor, before=before))
            ids += [line.id for line in found.lines]
            before = found.older
            if before is None:
                break
        wanted = [row.id for row in office.rows(EventRow) if actor in ("", row.actor)]
        assert ids == sorted(wanted, reverse=True)


def test_an_agent_is_found_under_all_of_his_addresses(desk, browser):
    ticket = desk.receive(mail(ANNA, "<i>Shop</i> empty")).ticket_id
    browser.sign_in(desk, LENA)
    page = browser.get("/desk")
    assert page.code == 200
    desk.receive(mail(LENA, f"[{tag('DD', ticket)}] #close", to=SUPPORT), login="lena", via="smtp")
    desk.later(hours=1)
    found = journal(desk.desk, Asked(actor="lena"))
    assert found.lines
    assert {line.actor for line in found.lines} == {LENA}
    assert {line.agent for line in found.lines} == {"Lena"}
    shown = browser.get("/desk/journal")
    for words in ("per E-Mail eröffnet", "Lena", "#close", "Neu → Erledigt", "DD-", ANNA):
        assert words in shown.words, words
    assert "&lt;i&gt;Shop" in shown.body
    assert "DD-" in browser.get("/desk/journal?actor=lena&day=2026-11-23").words
    assert "Dazu ist nichts geschehen" in browser.get("/desk/journal?actor=murat").words
    assert "keine Ticketnummer" in browser.get("/desk/journal?ticket=DD-7").words
    assert "Das ist kein Tag" in browser.get("/desk/journal?day=2026-13-77").words


def test_to_look_changes_nothing_and_only_agents_look(desk, browser):
    desk.receive(mail(ANNA, "Shop empty"))
    browser.sign_in(desk, LENA)
    browser.get("/desk/journal")
    before = dump(desk)
    for path in ("/desk/journal", "/desk/journal?before=x&actor=%00&ticket='&day=1"):
        for method in ("GET", "HEAD"):
            assert browser.ask(method, path).code == 200, path
    assert dump(desk) == before
    browser.sign_in(desk, ANNA)
    assert browser.get("/desk/journal").headers["location"] == "/tickets"
