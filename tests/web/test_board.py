"""The board: tickets by due time, whose they are, filters, and taking one."""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.desk.board.tickets import PAGE, Group, Show, Wanted, Whose, board
from maildesk.rules.number import tag
from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import TimeRow, TimerRow
from maildesk.web.staff.board import path_of, wanted_of
from tests.desk.office import ANNA, EMILY, LENA, mail
from tests.web.browser import dump


def _ticket(office, number, **more):
    row = {
        "id": number, "version": 1, "title": f"Ticket {number}", "state": "new", "kind": "normal",
        "requester": ANNA, "opened_at": office.now, "clock_started_at": office.now,
        "customer_id": 1, "closed": False,
    }  # fmt: skip
    office.by_hand.add(number)
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(TicketRow), row | more)


def _hours(office, count):
    return office.now + timedelta(hours=count)


def _shown(office, wanted=None, agent_id=1):
    found = board(office.desk, wanted or Wanted(), agent_id, office.now)
    return [(group, [line.id for line in lines]) for group, lines in found.groups]


@pytest.fixture
def filled(desk):
    """Tickets of every group; it is Monday, 10:00 in Berlin."""
    _ticket(desk, 101, due_at=_hours(desk, 3), assignee_id=1)
    _ticket(desk, 102, due_at=_hours(desk, -3), state="in_progress", assignee_id=2)
    _ticket(desk, 103, due_at=_hours(desk, 30), kind="quick", customer_id=2)
    _ticket(desk, 104)
    _ticket(desk, 105, urgent=True, opened_at=_hours(desk, 0))
    _ticket(desk, 106, state="waiting_customer", due_at=_hours(desk, -9), assignee_id=1)
    _ticket(desk, 107, due_at=_hours(desk, -1), met_at=_hours(desk, -2), state="in_progress")
    _ticket(desk, 108, state="billing", closed=True, assignee_id=1)
    _ticket(desk, 109, state="closed", closed=True)
    return desk


def test_broken_promises_come_first_and_what_waits_last(filled):
    assert _shown(filled) == [
        (Group.OVERDUE, [102]), (Group.TODAY, [101]), (Group.LATER, [103]),
        (Group.NO_PROMISE, [105, 104, 107]), (Group.WAITING, [106]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "ids", "why"),
    [
        (Wanted(whose=Whose.MINE), [101, 106], "Lena's"),
        (Wanted(whose=Whose.NOBODYS), [103, 105, 104, 107], "nobody's, by due time"),
        (Wanted(show=Show.TODO), [102, 101, 103, 105, 104, 107], "all but what waits"),
        (Wanted(show=Show.WAITING), [106], "what waits"),
        (Wanted(show=Show.BILL), [108], "handed to billing"),
        (Wanted(show=Show.CLOSED), [109], "done, without what is to be billed"),
        (Wanted(assignee="murat"), [102], "by login"),
        (Wanted(assignee="nobody"), [], "there is no such login"),
        (Wanted(kind="quick"), [103], "by kind"),
        (Wanted(customer="tea"), [103], "a part of a name, in any case"),
        (Wanted(customer="%"), [], "no wildcard"),
        (Wanted(customer="tea", whose=Whose.MINE), [], "filters add up"),
        (Wanted(page=2), [], "there is one page"),
    ],
)
def test_filters(filled, wanted, ids, why):
    assert [each for _, found in _shown(filled, wanted) for each in found] == ids, why


def test_each_tab_says_how_many(filled):
    counts = {
        show: tuple(board(filled.desk, Wanted(show=show), 1, filled.now).counts[w] for w in Whose)
        for show in Show
    }
    assert counts == {
        Show.OPEN: (2, 4, 7), Show.TODO: (1, 4, 6), Show.WAITING: (1, 0, 1),
        Show.BILL: (1, 0, 1), Show.CLOSED: (0, 1, 1),
    }  # fmt: skip


def test_a_page_is_bounded_and_the_next_goes_on(desk):
    for number in range(1001, 1001 + PAGE + 20):
        _ticket(desk, number)
    first = board(desk.desk, Wanted(), 1, desk.now)
    second = board(desk.desk, Wanted(page=2), 1, desk.now)
    ids = [line.id for each in (first, second) for _, lines in each.groups for line in lines]
    assert ids == list(range(1001, 1001 + PAGE + 20))
    assert (first.has_more, second.has_more) == (True, False)


def test_the_page_says_all_of_a_ticket(filled, browser):
    office = filled
    work = {"ticket_id": 102, "agent_id": 2, "minutes": 25, "booked_at": office.now, "words": "",
            "type": "work", "kind": "normal", "factor": "1", "free": ""}  # fmt: skip
    timer = {"agent_id": 1, "ticket_id": 101, "started_at": _hours(office, -1)}
    with office.desk.db.engine.begin() as connection:
        connection.execute(insert(TimeRow), work)
        connection.execute(insert(TimerRow), timer)
        connection.execute(
            update(TicketRow).where(col(TicketRow.id) == 106)
            .values(state="waiting_approval", waits_for="overrun", title="<b>Ü</b> " + "x" * 120)
        )  # fmt: skip
    page = browser.sign_in(office, LENA).get("/desk")
    assert page.code == 200
    assert "Ihre Zeiterfassung läuft (1 Std.): Ticket 101" in page.words
    row = re.search(r'id="t102".*?</a>', page.body, re.S)
    assert row
    for words in ("Ticket 102", tag("DD", 102), "In Bearbeitung", "25 von 60 Min.", "Murat",
                  "3 Std. zu spät", "Normal"):  # fmt: skip
        assert words in row[0], words
    assert "&lt;b&gt;Ü&lt;/b&gt;" in page.body
    assert "mehr Zeit angefragt" in page.words
    assert "<script>" not in page.body
    assert "style=" not in page.body
    part = browser.get("/desk/rows?whose=mine")
    assert "<html" not in part.body
    assert ("Ticket 101" in part.body, "Ticket 102" in part.body) == (True, False)


def test_a_ticket_is_taken_once(desk, browser):
    taken = desk.receive(mail(EMILY, "Cart #close empty")).ticket_id
    desk.desk.db.change(lambda s: s.execute(update(TicketRow).values(assignee_id=None)))
    desk.new_letters()
    browser.sign_in(desk, LENA)
    page = browser.get("/desk?whose=unassigned&customer=tea")
    answer = browser.post(
        "/desk/take", token=page.token, once=page.once, ticket=tag("DD", taken),
        back="whose=unassigned&customer=tea",
    )  # fmt: skip
    assert answer.code == 303
    assert answer.headers["location"] == "/desk?whose=unassigned&customer=tea&done=taken"
    found = desk.ticket(taken)
    assert (found.assignee_id, found.closed) == (1, False), "its title commands nothing"
    assert all(letter.rcpt_to != EMILY for letter in desk.new_letters()), "nobody else is told"
    assert "Das Ticket gehört jetzt Ihnen" in browser.get(answer.headers["location"]).words
    assert browser.post("/desk/take", token=page.token, ticket="DD-1").code == 404


def test_to_look_changes_nothing_and_only_agents_look(filled, browser):
    browser.sign_in(filled, ANNA)
    before = dump(filled)
    for path in ("/desk", "/desk/rows", "/desk/letters", "/desk/journal", "/desk/live"):
        assert browser.get(path).headers["location"] == "/tickets", path
        assert browser.post(path.replace("rows", "take")).code in (403, 405), path
    browser.sign_in(filled, LENA)
    before = dump(filled)
    for path in (
        "/desk",
        "/desk/rows",
        "/desk?show=closed&page=3",
        "/desk?whose=x&page=-1&kind=%00",
    ):
        for method in ("GET", "HEAD"):
            assert browser.ask(method, path).code == 200, path
    assert browser.ask("HEAD", "/desk/live").code == 200
    assert browser.get("/desk/take").code == 405
    assert dump(filled) == before


def test_a_query_is_read_as_it_is_written():
    wanted = Wanted(Whose.MINE, Show.WAITING, "lena", "Grün & Söhne", "quick-high", 3)
    assert wanted_of(dict(parse_qsl(urlsplit(path_of(wanted)).query))) == wanted
    assert path_of(Wanted()) == "/desk"
