"""The time passes on a whole desk: letters, states and journal, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col

from maildesk.desk import act as acting
from maildesk.desk import clock
from maildesk.desk.act import act
from maildesk.rules.letters import DeskFigures, TicketFigures
from maildesk.rules.plan import Book, Change, SetState, Timer, Touch
from maildesk.rules.process import history
from maildesk.rules.process.asking import ask, first_reminder
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.request_words import RequestFigures
from maildesk.rules.promise import due
from maildesk.rules.requests import About, Request
from maildesk.rules.ticket import State
from maildesk.store.tables import EventRow, OutboundRow, TicketRow
from maildesk.store.work_tables import RequestRow, TimeRow, TimerRow
from tests.desk.office import ANNA, LENA, MURAT, mail

BERLIN = ZoneInfo("Europe/Berlin")
S = State
HIGH = "[Quickticket hoch] Shop offline"


def at(words: str) -> datetime:
    """A moment in Berlin: "24.12. 09:30", of 2026, or "04.01.2027 09:00"."""
    day, hour = words.split(" ")
    day += "2026" if day.endswith(".") else ""
    return (
        datetime.strptime(f"{day} {hour}", "%d.%m.%Y %H:%M").replace(tzinfo=BERLIN).astimezone(UTC)
    )


def moved(desk, ticket_id, *way, trigger="#move", row=""):
    """Lead a ticket through states as an agent's mail would."""
    for after in way:

        def go(facts, ticket, after=after):
            fields = after_move(ticket, ticket.state, after, desk.now, desk.desk.policy)
            return (
                Touch(ticket.id),
                SetState(ticket.id, ticket.state, after, trigger, row),
                Change(ticket.id, fields, trigger),
            )

        act(desk.desk, ticket_id, go, desk.now, LENA)


def done(desk, ticket_id, *steps):
    act(desk.desk, ticket_id, lambda facts, ticket: (Touch(ticket.id), *steps), desk.now, LENA)


def opened(desk, when="23.11. 10:00", subject=HIGH) -> int:
    """Have Anna's ticket made at a moment, and everything that this led to forgotten."""
    desk.now = at(when)
    desk.receive(mail(ANNA, subject, Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"))
    desk.new_letters()
    return desk.tickets()[-1].id


def until(desk, end, every=20):
    """Let the time pass with a tick every so many seconds; return what was told, and when."""
    told, end = [], at(end)
    while desk.now < end:
        desk.now = min(end, desk.now + timedelta(seconds=every))
        if clock.tick(desk.desk, desk.now):
            when = f"{desk.now.astimezone(BERLIN):%d.%m. %H:%M}"
            told += [(when, each.rcpt_to, each.purpose) for each in desk.new_letters()]
    return told


def only(told):
    return [(when, purpose) for when, _, purpose in told]


def test_a_quick_ticket_over_the_night(desk):
    """Friday 16:00, two hours: half at closing, then nothing until Monday."""
    id_ = opened(desk, "20.11. 16:00")
    told = until(desk, "20.11. 17:01", 20)
    assert told == [("20.11. 17:00", LENA, "staff_promise")]
    assert until(desk, "23.11. 08:59", 600) == [], "no night, no Saturday, no Sunday"
    told = until(desk, "23.11. 10:02", 20)
    assert only(told) == [
        ("23.11. 09:30", "staff_promise"), ("23.11. 10:00", "staff_promise"),
    ], "that it breaks a second after it is due is no second mail"  # fmt: skip
    half, most, due_now = [each for each in desk.letters() if each.purpose == "staff_promise"]
    assert "50 Prozent" in half.text
    assert "Verbleibende Arbeitszeit: 1 Stunde" in half.text
    assert "30 Minuten" in most.text
    assert "ist jetzt erreicht; von nun an ist die Zusage gebrochen" in due_now.text
    ticket = desk.ticket(id_)
    assert ticket.breached_at == at("23.11. 10:00") + timedelta(seconds=1)
    found = [detail for trigger, detail in desk.journal(id_) if trigger == "promise broken"]
    assert found == ["breached_at=2026-11-23T09:00:01+00:00"]
    assert until(desk, "23.11. 16:00", 300) == [], "told once"


def test_a_holiday_lies_between(desk):
    opened(desk, "24.12. 16:30")
    assert only(until(desk, "28.12. 10:00", 600)) == [
        ("28.12. 09:30", "staff_promise"), ("28.12. 10:00", "staff_promise"),
    ]  # fmt: skip


def test_a_wait_moves_the_alerts_and_the_journal_agrees(desk):
    id_ = opened(desk)
    moved(desk, id_, S.IN_PROGRESS)
    done(desk, id_, Book(id_, 1, 5))
    assert until(desk, "23.11. 10:30") == []
    moved(desk, id_, S.WAITING_CUSTOMER)
    assert until(desk, "23.11. 14:00", 60) == [], "nothing runs"
    desk.receive(mail(ANNA, "Re: Shop", "Ja.", Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"),
                 _reply_to(desk))  # fmt: skip
    assert desk.ticket(id_).due_at == at("23.11. 15:30")
    desk.new_letters()
    assert only(until(desk, "23.11. 15:31")) == [
        ("23.11. 14:30", "staff_promise"), ("23.11. 15:00", "staff_promise"),
        ("23.11. 15:30", "staff_promise"),
    ]  # fmt: skip
    lines = [
        history.Line(row.at, S(row.from_state) if row.from_state else None,
                     S(row.to_state) if row.to_state else None, row.trigger)
        for row in desk.rows(EventRow)
        if row.ticket_id == id_
    ]  # fmt: skip
    promise = desk.desk.policy.kinds[2].promise
    calendar, start = desk.desk.policy.calendar, at("23.11. 10:00")
    assert due(start, promise, calendar, history.pauses(lines, start)) == desk.ticket(id_).due_at
    assert desk.ticket(id_).breached_at == at("23.11. 15:30") + timedelta(seconds=1)


def _reply_to(desk):
    return next(each for each in desk.letters() if each.rcpt_to == ANNA).reply_to


def test_an_outage_tells_only_the_last_and_records_the_truth(desk):
    id_ = opened(desk)
    desk.now = at("23.11. 19:00")
    assert clock.tick(desk.desk, desk.now) == 0, "nobody is told at night"
    desk.now = at("24.11. 09:00")
    assert clock.tick(desk.desk, desk.now) == 1
    (letter,) = desk.new_letters()
    assert "23.11.2026, 12:00 Uhr ist die Frist überschritten" in letter.text
    assert desk.ticket(id_).breached_at == at("23.11. 12:00") + timedelta(seconds=1)
    assert clock.tick(desk.desk, desk.now) == 0


def test_two_timers_hold_at_the_minute(desk):
    id_ = opened(desk, subject="Umbau")
    moved(desk, id_, S.IN_PROGRESS)
    done(desk, id_, Timer(1, id_), Timer(2, id_))
    told = until(desk, "23.11. 10:35")
    assert told[:2] == [
        ("23.11. 10:22", LENA, "staff_warning"), ("23.11. 10:22", MURAT, "staff_warning"),
    ], "45 work minutes after 22 and a half"  # fmt: skip
    rest = {(when, to, purpose) for when, to, purpose in told[2:]}
    assert {("23.11. 10:30", LENA, "staff_limit"), ("23.11. 10:30", MURAT, "staff_limit"),
            ("23.11. 10:30", ANNA, "approval_request_auto")} == rest  # fmt: skip
    assert desk.rows(TimerRow, col(TimerRow.agent_id)) == []
    assert sorted((row.agent_id, row.minutes) for row in desk.rows(TimeRow)) == [(1, 30), (2, 30)]
    ticket = desk.ticket(id_)
    assert (ticket.state, ticket.waits_for) == ("waiting_approval", "overrun")
    assert until(desk, "23.11. 12:00", 60) == [], "once"


def asked(desk, id_, about=About.OVERRUN, **more) -> None:
    """Ask the customer, as an agent's command does, and let the ticket wait."""

    def decide(facts, ticket):
        policy = desk.desk.policy
        request = Request(id_, 1, about, desk.now, 1, minutes=120, before=ticket.state.value,
                          remind_at=first_reminder(desk.now, policy), **more)  # fmt: skip
        fields = after_move(ticket, ticket.state, S.WAITING_APPROVAL, desk.now, policy)
        will = replace(ticket, state=S.WAITING_APPROVAL)
        return (
            Touch(id_),
            SetState(id_, ticket.state, S.WAITING_APPROVAL, "#ask"),
            Change(id_, fields | {"waits_for": about.value}, "#ask"),
            *ask(will, facts, policy, request),
        )

    act(desk.desk, id_, decide, desk.now, LENA)
    desk.new_letters()


def test_reminders_of_a_request_over_christmas_and_the_proposal(desk):
    id_ = opened(desk, "17.12. 15:00", "Umbau")
    moved(desk, id_, S.IN_PROGRESS)
    asked(desk, id_)
    assert until(desk, "12.01.2027 12:00", 1800) == [
        ("24.12. 09:00", ANNA, "waiting_reminder"),
        ("04.01. 09:00", ANNA, "waiting_reminder"),
        ("11.01. 09:00", LENA, "staff_give_up"),
    ]
    first, second = [each for each in desk.letters() if each.purpose == "waiting_reminder"]
    assert "wartet seit Donnerstag, 17.12.2026 auf Ihre Freigabe" in first.text
    assert "FREIGABE" in second.text
    for letter in (first, second):
        answer = desk.signed(letter.reply_to)
        assert (answer.subject, answer.person) == (f"{id_}v1", 1), "as the request's own letter"
    (proposal,) = [each for each in desk.letters() if each.purpose == "staff_give_up"]
    assert "Auch auf 2 Erinnerungen kam nichts" in proposal.text
    assert "#storno" in proposal.text
    assert desk.ticket(id_).state == "waiting_approval", "the desk ends nothing itself"
    assert [row.reminders for row in desk.rows(RequestRow)] == [2]


def test_a_question_is_reminded_of_and_an_answer_ends_that(desk):
    id_ = opened(desk, "23.11. 10:00", "Umbau")
    moved(desk, id_, S.IN_PROGRESS, S.WAITING_CUSTOMER)
    assert until(desk, "30.11. 12:00", 1800) == [("30.11. 09:00", ANNA, "waiting_reminder")]
    reminder = desk.letters()[-1]
    assert "auf Ihre Antwort" in reminder.text
    desk.receive(mail(ANNA, "Re: Umbau", "Ja, bitte.", Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"),
                 reminder.reply_to)  # fmt: skip
    assert desk.ticket(id_).state == "in_progress", "its reply address is the ticket's"
    desk.new_letters()
    assert until(desk, "15.12. 12:00", 3600) == []
    moved(desk, id_, S.WAITING_CUSTOMER)
    told = until(desk, "29.01.2027 12:00", 3600)
    assert [purpose for _, _, purpose in told] == ["waiting_reminder"] * 2 + ["staff_give_up"]
    assert "#zu" in desk.letters()[-1].text
    assert desk.ticket(id_).state == "waiting_customer"
    desk.now = at("15.12. 12:00")  # when the addresses in its first letters still hold


def test_a_ticket_with_a_date_wakes_and_nobody_is_reminded(desk):
    id_ = opened(desk, subject="Umbau")
    moved(desk, id_, S.IN_PROGRESS, S.WAITING_CUSTOMER)
    done(desk, id_, Change(id_, {"wake_at": at("10.12. 09:00")}, "#wait"))
    assert until(desk, "10.12. 09:01", 1800) == [("10.12. 09:00", LENA, "staff_wake")]
    assert desk.ticket(id_).state == "in_progress"
    assert "The shop is empty." in desk.letters()[-1].text, "she wrote last"
    rows = [row.row for row in desk.rows(EventRow) if row.ticket_id == id_ and row.to_state]
    assert rows[-1] == "T52"


WORK = [
    ([], "closed", "T37"),
    ([Book(0, 1, 30)], "billing", "T36"),
    ([Book(0, 1, 30, free="contract")], "closed", "T37"),
    ([Book(0, 1, 70)], "resolved", ""),
]


@pytest.mark.parametrize(("books", "state", "row"), WORK)
def test_the_end_of_the_window(desk, books, state, row):
    id_ = opened(desk, subject="Umbau")
    moved(desk, id_, S.IN_PROGRESS)
    done(desk, id_, *(replace(book, ticket_id=id_) for book in books))
    moved(desk, id_, S.RESOLVED)
    assert until(desk, "07.12. 09:30", 3600) == []
    assert desk.ticket(id_).state == "resolved", "14 days are not over"
    told = until(desk, "11.12. 12:00", 3600)
    assert [purpose for _, _, purpose in told] == ([] if row else ["staff_give_up"]), "told once"
    ticket = desk.ticket(id_)
    rows = [each.row for each in desk.rows(EventRow) if each.ticket_id == id_ and each.to_state]
    assert (ticket.state, rows[-1]) == (state, row or "T33")
    assert ticket.closed


def test_forgotten_work_and_a_forgotten_timer(desk):
    id_ = opened(desk, "23.11. 15:30", "Umbau")
    moved(desk, id_, S.IN_PROGRESS, trigger="#start")
    assert until(desk, "23.11. 16:40", 60) == [("23.11. 16:30", LENA, "staff_timer")]
    assert "keine Zeit erfasst" in desk.letters()[-1].text
    done(desk, id_, Change(id_, {"free": "goodwill"}, "#free"), Timer(2, id_))
    assert until(desk, "24.11. 12:00", 300) == [("23.11. 17:15", MURAT, "staff_timer")]
    assert "Feierabend" in desk.letters()[-1].text


def test_a_customers_reply_is_no_work_that_anybody_forgot(desk):
    id_ = opened(desk, subject="Umbau")
    moved(desk, id_, S.IN_PROGRESS, trigger="reply of the customer")
    assert until(desk, "23.11. 16:00", 120) == []


def test_a_tick_that_is_killed_does_nothing_twice(desk, monkeypatch):
    """Killed before its transaction: done by the next tick. Killed after it: done."""
    id_ = opened(desk)
    desk.now = at("23.11. 11:00")

    class Killed(BaseException):
        pass

    real = acting.apply

    def before(*args):
        raise Killed

    def after(*args):
        real(*args)
        raise Killed

    for hook, letters in ((before, 0), (after, 1)):
        monkeypatch.setattr(acting, "apply", hook)
        with pytest.raises(Killed):
            clock.tick(desk.desk, desk.now)
        assert len(desk.new_letters()) == letters
    monkeypatch.undo()
    assert clock.tick(desk.desk, desk.now) == 0
    assert desk.new_letters() == []
    assert desk.ticket(id_).alert_at == at("23.11. 11:30")


def test_a_repeated_tick_of_a_restored_ticket_tells_nothing_twice(desk):
    """Even with the ticket as it was before, what was told is not told again."""
    id_ = opened(desk)
    desk.now = at("23.11. 11:00")
    clock.tick(desk.desk, desk.now)
    assert len(desk.new_letters()) == 1
    with desk.desk.db.engine.begin() as connection:
        row = update(TicketRow).where(col(TicketRow.id) == id_)
        connection.execute(row.values(alert_at=at("23.11. 10:00")))
    clock.tick(desk.desk, desk.now)
    assert desk.new_letters() == []


def test_one_bad_ticket_holds_up_no_other(desk, monkeypatch):
    bad, good = opened(desk), opened(desk, "23.11. 10:01")
    desk.now = at("23.11. 11:01")
    real = clock.passing.look

    def look(ticket, *more):
        if ticket.id == bad:
            raise ValueError("a calendar that never opens")
        return real(ticket, *more)

    monkeypatch.setattr(clock.passing, "look", look)
    troubles = clock.Troubles()
    assert clock.tick(desk.desk, desk.now, troubles) == 1
    told = [(each.ticket_id, each.purpose) for each in desk.new_letters()]
    assert (good, "staff_promise") in told
    assert [purpose for _, purpose in told].count("staff_alarm") == 2, "both agents are told"
    assert clock.tick(desk.desk, desk.now + timedelta(seconds=20), troubles) == 0
    assert troubles.tries[bad][0] == 1, "left alone for a minute"
    assert clock.tick(desk.desk, desk.now + timedelta(seconds=61), troubles) == 0
    assert troubles.tries[bad][0] == 2
    monkeypatch.undo()
    desk.now += timedelta(minutes=10)
    assert clock.tick(desk.desk, desk.now, troubles) == 1
    assert troubles.tries == {}
    assert [each.purpose for each in desk.new_letters()] == ["staff_promise"]


def test_bounded_and_cheap(desk):
    """With 500 tickets due a tick takes its share, the oldest first; with none it asks five times."""
    id_ = opened(desk)
    with desk.desk.db.engine.begin() as connection:
        row = connection.execute(select(TicketRow.__table__)).mappings().one()
        many = [dict(row) | {"id": 5000 + n} for n in range(120)]
        connection.execute(insert(TicketRow), many)
    desk.now = at("23.11. 10:00")
    assert clock.tick(desk.desk, desk.now) == clock.MANY
    clock.tick(desk.desk, desk.now)
    clock.tick(desk.desk, desk.now)
    assert {row.alert_at for row in desk.tickets()} == {at("23.11. 11:00")}
    assert clock.tick(desk.desk, desk.now) == 0
    assert not any(row.purpose == "staff_promise" for row in desk.rows(OutboundRow))
    assert id_


FIGURES = RequestFigures("overrun", "Der Import bricht ab.", worked="1 Stunde", limit="1 Stunde",
                         total="2 Stunden", amount="190,00 €")  # fmt: skip
REMINDERS = [
    (None, True, ["Ihre Antwort", "Bis dahin ruht die Arbeit", "genügt eine kurze Antwort"], ["Wort"]),
    (FIGURES, True, ["Ihre Freigabe", "2 Stunden", "190,00 €", "FREIGABE"], ["Klick"]),
    (replace(FIGURES, link="https://desk.example/r/x"), True, ["Klick", "Oder antworten"], ["rufen"]),
    (replace(FIGURES, by_mail=False), True, ["rufen Sie uns"], ["FREIGABE"]),
    (replace(FIGURES, total="", amount=""), False, ["nach Aufwand"], ["ruht"]),
    (replace(FIGURES, about="order", kind="Quickticket hoch", hour="190,00 €"), True,
     ["Ihre Bestellung", "Quickticket hoch", "BESTELLEN", "NORMAL"], ["FREIGABE"]),
    (replace(FIGURES, about="quote"), True, ["Ihre Freigabe"], ["BESTELLEN"]),
    (replace(FIGURES, about="acceptance", url="https://test.example"), False,
     ["Ihre Abnahme", "https://test.example", "ABNAHME"], ["ruht", "FREIGABE"]),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "waits", "shown", "not_shown"), REMINDERS)
def test_the_words_of_a_reminder(desk, request_, waits, shown, not_shown):
    ticket = TicketFigures("DD-10429", "Warenkorb leer", "normal")
    values = {"desk": DeskFigures("Support", "Agentur"), "ticket": ticket, "request": request_,
              "since": "Montag, 23.11.2026", "waits": waits}  # fmt: skip
    words = desk.desk.renderer.words("waiting_reminder", "de", **values)
    flat = " ".join(words.text.split())
    assert [each for each in shown if each not in flat] == []
    assert [each for each in not_shown if each in flat] == []
    english = " ".join(desk.desk.renderer.words("waiting_reminder", "en", **values).text.split())
    assert ("Work is on hold" in english) is waits
    assert words.subject == "[DD-10429] Warenkorb leer"
