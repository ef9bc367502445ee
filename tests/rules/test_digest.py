"""What a digest lists and in which order, and what the lines of an answer to it are."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.staff.digest import (
    LINES_MAX,
    Kind,
    Listed,
    Section,
    evening,
    morning,
    name_of,
    named,
    short_moment,
    used_words,
)
from maildesk.rules.staff.digest_answer import NUMBER_MAX, Line, lines_of
from maildesk.rules.ticket import State
from tests.rules.scene import GONE, LENA, MURAT, NOW, POLICY

BERLIN = POLICY.calendar.timezone
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def listed(id: int, state: State = State.IN_PROGRESS, **more: object) -> Listed:
    """A ticket of Lena's, received an hour ago."""
    values = {"title": f"T{id}", "urgent": False, "customer": "Firm", "assignee_id": LENA.id,
              "opened_at": NOW - HOUR, "limit": 60} | more  # fmt: skip
    return Listed(id=id, state=state, **values)


def shown(tickets, reader=LENA):
    digest = morning(tickets, reader, (LENA, MURAT), POLICY, NOW)
    return [
        (line.section.value, id_) for line, id_ in zip(digest.lines, digest.tickets, strict=True)
    ]


@pytest.mark.parametrize(("ticket", "section", "why"), [
    (listed(1), "mine", "nothing promised"),
    (listed(1, due_at=NOW + HOUR), "mine", "due, not broken"),
    (listed(1, due_at=NOW - HOUR, is_met=True), "mine", "work began in time, and nothing else was promised"),
    (listed(1, due_at=NOW), "mine", "within includes the due moment"),
    (listed(1, due_at=NOW - HOUR), "broken", "his own"),
    (listed(1, due_at=NOW - HOUR, assignee_id=2), "broken", "a colleague's: the desk broke it"),
    (listed(1, due_at=NOW - HOUR, assignee_id=None), "broken", "nobody's"),
    (listed(1, State.WAITING_CUSTOMER, due_at=NOW - HOUR), "waits", "the clock stands still"),
    (listed(1, State.WAITING_APPROVAL), "waits", ""),
    (listed(1, State.WAITING_THIRD), "waits", ""),
    (listed(1, State.WAITING_THIRD, due_at=NOW - HOUR), "broken", "there the clock runs on"),
    (listed(1, State.ACCEPTANCE, due_at=NOW - HOUR), "waits", "delivered in time or not: it waits"),
    (listed(1, State.ACCEPTED), "mine", "go-live is his"),
    (listed(1, State.NEW, assignee_id=None), "unassigned", ""),
    (listed(1, State.NEW, assignee_id=GONE.id), "unassigned", "of somebody who is no more"),
    (listed(1, State.WAITING_APPROVAL, assignee_id=None), "waits", "an offer that nobody has taken"),
    (listed(1, assignee_id=2), None, "a colleague's own business"),
    (listed(1, State.WAITING_CUSTOMER, assignee_id=2), None, "that too"),
])  # fmt: skip
def test_where_a_ticket_stands(ticket, section, why):
    assert shown([ticket]) == ([(section, 1)] if section else []), why


def test_the_order_is_that_of_the_queue():
    tickets = [
        listed(1, opened_at=NOW - 3 * HOUR),
        listed(2, opened_at=NOW - HOUR, urgent=True),
        listed(3, due_at=NOW + 2 * HOUR),
        listed(4, due_at=NOW + HOUR),
        listed(5, due_at=NOW - HOUR, assignee_id=2),
        listed(6, due_at=NOW - HOUR),
        listed(7, due_at=NOW - 2 * HOUR),
        listed(8, State.WAITING_CUSTOMER, since=NOW - DAY),
        listed(9, State.WAITING_THIRD, since=NOW - 2 * DAY),
        listed(10, State.NEW, assignee_id=None, opened_at=NOW),
        listed(11, opened_at=NOW - 4 * HOUR),
    ]
    assert [id_ for _, id_ in shown(tickets)] == [7, 6, 5, 4, 3, 2, 11, 1, 10, 9, 8]


def test_a_setting_lets_the_clock_rest_while_others_work():
    ticket = listed(1, State.WAITING_THIRD, due_at=NOW - HOUR)
    rests = replace(POLICY, third_party_pauses=True)
    assert morning([ticket], LENA, (LENA,), rests, NOW).lines[0].section is Section.WAITS


def test_a_line_says_what_is_known_in_the_readers_language():
    ticket = listed(
        1000, State.WAITING_CUSTOMER, title="Shop", since=NOW - 5 * DAY, wake_at=NOW + 3 * DAY,
        charged=25, due_at=NOW + HOUR,
    )  # fmt: skip
    (line,) = morning([ticket], LENA, (LENA, MURAT), POLICY, NOW).lines
    assert (line.tag, line.state, line.due) == (
        "DD-10008", "Wartet auf Kunde", "seit Mi 18.11. 10:00, bis Do 26.11. 10:00"
    )  # fmt: skip
    assert line.time.replace("\u00a0", " ") == "25 von 60 Min."
    late = listed(1, due_at=NOW - DAY * 3)
    (line,) = morning([late], MURAT, (LENA, MURAT), POLICY, NOW).lines
    assert (line.state, line.due, line.assignee) == (
        "In progress", "overdue since Fri 20 Nov 10:00", "in charge Lena"
    )  # fmt: skip


def test_more_than_can_be_numbered_is_counted():
    digest = morning([listed(id_) for id_ in range(1, 151)], LENA, (LENA,), POLICY, NOW)
    assert (len(digest.lines), len(digest.tickets), digest.more) == (LINES_MAX, LINES_MAX, 51)


def test_the_evening_lists_by_number_and_names_a_timer():
    late = listed(3, timer_at=NOW - HOUR)
    digest = evening([late, listed(2, State.RESOLVED)], LENA, (LENA,), POLICY, NOW)
    assert digest.tickets == (2, 3)
    assert digest.lines[1].state == "In Bearbeitung, Zeiterfassung läuft seit heute 09:00"


@pytest.mark.parametrize(("moment", "german", "english"), [
    (NOW, "heute 10:00", "today 10:00"),
    (NOW + DAY, "morgen 10:00", "tomorrow 10:00"),
    (NOW - DAY, "gestern 10:00", "yesterday 10:00"),
    (NOW + 14 * HOUR, "morgen 00:00", "tomorrow 00:00"),
    (NOW + 4 * DAY, "Fr 27.11. 10:00", "Fri 27 Nov 10:00"),
    (NOW + 60 * DAY, "Fr 22.01.2027 10:00", "Fri 22 Jan 2027 10:00"),
    (NOW - 60 * DAY, "Do 24.09. 11:00", "Thu 24 Sep 11:00"),
])  # fmt: skip
def test_a_moment_is_as_short_as_it_is_clear(moment, german, english):
    assert short_moment(moment, NOW, BERLIN, "de") == german
    assert short_moment(moment, NOW, BERLIN, "en") == english


def test_work_without_a_limit_is_just_work():
    assert used_words(0, None, "de") == ""
    assert used_words(25, None, "en").replace("\u00a0", " ") == "25 min"
    assert used_words(0, 60, "en").replace("\u00a0", " ") == "0 of 60 min"


def test_the_name_of_a_digest_is_read_back():
    for kind in Kind:
        assert named(name_of(kind, date(2026, 11, 23))) == (kind, date(2026, 11, 23))
    for other in ("1042", "1042v2", "20261340m", "20261123x", "", "20261123mm"):
        assert named(other) is None


@pytest.mark.parametrize(("text", "lines", "why"), [
    ("1 #zu +10m\n2 #warte 3t", [(1, "#zu +10m"), (2, "#warte 3t")], "as the first line says"),
    ("1. #zu\n2) +5m\n3: #mir", [(1, "#zu"), (2, "+5m"), (3, "#mir")], "as people number"),
    ("\n  12   #zu  \n\n", [(12, "#zu")], "blanks and empty lines"),
    ("#3 #zu", [(3, "#zu")], "a number sign before the number"),
    ("1 erledigt", [(1, "erledigt")], "not a command: that is found out later"),
    ("Danke", [(0, "Danke")], "no number"),
    ("1", [(0, "1")], "a number alone"),
    ("1#zu", [(0, "1#zu")], "they may be anything"),
    ("1000 #zu", [(0, "1000 #zu")], "no digest has so many"),
    ("10 #zu\n--\nLena Vogt\n1 #spam", [(10, "#zu")], "what follows is a signature"),
    ("", [], ""),
])  # fmt: skip
def test_the_lines_of_an_answer(text, lines, why):
    assert lines_of(text) == tuple(Line(*line) for line in lines), why


@given(st.text())
def test_whatever_is_written_is_read_as_lines(text):
    lines = lines_of(text)
    assert len(lines) <= NUMBER_MAX + 1
    assert all(line.words and 0 <= line.number <= NUMBER_MAX for line in lines)


@given(st.integers(min_value=1, max_value=99), st.sampled_from(["#zu", "+10m", "#warte 3t"]))
def test_a_line_that_was_shown_is_read_back(number, words):
    line = Line(number, words)
    assert lines_of(line.shown) == (line,)


def test_the_clock_change_moves_no_day():
    before = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # Sunday 00:30 in Berlin, still summer
    after = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)  # Sunday 23:30, winter
    assert short_moment(after, before, BERLIN, "de") == "heute 23:30"
