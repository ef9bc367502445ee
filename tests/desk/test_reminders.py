"""The friendly reminder: once, on a working day, and only where it is in place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from maildesk.desk import passing
from maildesk.desk.clock import Troubles
from maildesk.desk.invoices import reminders
from maildesk.desk.invoices.payments import pay
from maildesk.rules.money import Money
from maildesk.rules.signed import Purpose
from tests.desk.billed import BY
from tests.desk.invoicing import Post, files_of
from tests.desk.office import ANNA, START, mail

# Issued on Monday, 23 November 2026, due on Monday, 7 December; five days later is a Saturday.
MONDAY = datetime(2026, 12, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
def books(desk):
    made = Post(desk)
    made.set(reminder_days=5)
    return made


def _at(books, moment):
    books.office.now = moment
    return reminders.send_due(books.desk, moment)


def _reminders(books):
    return [each for each in books.office.letters() if each.purpose == "payment_reminder"]


def _sent(books, **more):
    number = books.billed(**more)
    books.office.send_all()
    return number


def test_it_goes_out_once_with_the_invoice_and_a_new_day(books):
    number = _sent(books)
    assert _at(books, MONDAY) == 1
    (letter,) = _reminders(books)
    assert (letter.rcpt_to, str(letter.message["Subject"])) == (
        ANNA, f"Zahlungserinnerung zur Rechnung {number}",
    )  # fmt: skip
    for said in ("war am 07.12.2026 fällig", "Noch offen: 56,53 €",
                 "Bitte zahlen bis: 21.12.2026", "Stand: 14.12.2026"):  # fmt: skip
        assert said in letter.text, said
    assert list(files_of(letter)) == [f"Rechnung-{number}.pdf"]
    assert books.office.signed(letter.reply_to).purpose is Purpose.INVOICE
    assert books.journal()[-1] == "reminded"
    assert books.faults() == []
    assert _at(books, MONDAY + timedelta(days=30)) == 0, "never again"
    books.office.now = MONDAY


def test_of_an_invoice_paid_in_part_the_rest_is_asked_for(books):
    number = _sent(books)
    pay(books.desk, number, Money(5000), MONDAY.date().replace(day=1), "", BY, MONDAY)
    assert _at(books, MONDAY) == 1
    text = _reminders(books)[0].text
    assert "Bezahlt: 50,00 € Noch offen: 6,53 €" in text
    assert "nur zum Teil" in text


def _paid(books, number):
    pay(books.desk, number, Money(5653), books.office.now.date(), "", BY, books.office.now)


def _cancelled(books, number):
    books.cancel(number)


def _bounced(books, number):
    letter = books.letter(number)
    books.office.receive(books.office.bounce_of(letter, "b1"), letter.return_path, "")


def _switched_off(books, _number):
    books.set(reminder_days=0)


@pytest.mark.parametrize(("happens", "why"), [
    (_paid, "it is paid"),
    (_cancelled, "it is cancelled"),
    (_bounced, "the customer never got it"),
    (_switched_off, "the site wants none"),
])  # fmt: skip
def test_where_none_goes_out(books, happens, why):
    number = _sent(books)
    happens(books, number)
    assert _at(books, MONDAY) == 0, why


def test_none_goes_out_for_a_letter_that_has_not_left(books):
    books.billed()
    assert _at(books, MONDAY) == 0


@pytest.mark.parametrize(("moment", "number", "why"), [
    (datetime(2026, 12, 11, 12, 0, tzinfo=UTC), 0, "the fourth day"),
    (datetime(2026, 12, 12, 12, 0, tzinfo=UTC), 0, "the fifth day is a Saturday"),
    (datetime(2026, 12, 14, 7, 59, tzinfo=UTC), 0, "Monday, a minute to nine in Berlin"),
    (datetime(2026, 12, 14, 8, 0, tzinfo=UTC), 1, "at nine"),
    (datetime(2026, 12, 25, 12, 0, tzinfo=UTC), 0, "Christmas"),
])  # fmt: skip
def test_the_hour_and_the_day(books, moment, number, why):
    _sent(books)
    books.office.now = moment
    passing.look_around(books.desk, moment)
    assert len(_reminders(books)) == number, why
    books.office.now = START  # each letter is looked at in the end, as on its day


@pytest.mark.parametrize(("due", "counts", "why"), [
    (date(2026, 12, 7), date(2026, 12, 7), "a Monday"),
    (date(2026, 12, 13), date(2026, 12, 14), "a Sunday"),
    (date(2026, 12, 25), date(2026, 12, 28), "Christmas on a Friday"),
])  # fmt: skip
def test_the_day_of_payment_that_counts(books, due, counts, why):
    assert reminders._moved(books.desk, due) == counts, why


def test_it_is_looked_for_every_few_minutes_only(books):
    troubles = Troubles()
    books.office.now = MONDAY
    passing.look_around(books.desk, MONDAY, troubles)
    assert troubles.reminded_at == MONDAY
    assert not reminders.is_time(books.desk, MONDAY + timedelta(minutes=4), MONDAY)
    assert reminders.is_time(books.desk, MONDAY + timedelta(minutes=5), MONDAY)
    books.set(reminder_days=0)
    assert not reminders.is_time(books.desk, MONDAY, None)


def test_two_at_once_remind_once(books):
    for _ in range(3):
        _sent(books)
    books.office.now = MONDAY
    with ThreadPoolExecutor(3) as at_once:
        done = list(at_once.map(lambda _: reminders.send_due(books.desk, MONDAY), range(3)))
    assert sum(done) == 3
    assert books.journal().count("reminded") == len(_reminders(books)) == 3
    assert books.faults() == []


def test_an_answer_to_a_reminder_is_an_enquiry_too(books):
    number = _sent(books)
    _at(books, MONDAY)
    (letter,) = _reminders(books)
    raw = mail(ANNA, f"Re: {letter.message['Subject']}", to=letter.reply_to, reply_to=(letter.mid,))
    ticket = books.office.ticket(books.office.receive(raw, letter.reply_to).ticket_id)
    assert (ticket.category, ticket.free) == ("billing", "goodwill")
    assert number in books.office.letters()[-1].text


def test_one_that_cannot_be_written_holds_up_no_other(books):
    _sent(books)
    _sent(books)
    first, second = (books.invoice(number) for number in books.numbers())
    books.tamper(f"DELETE FROM invoice_document WHERE invoice_id = {first.id}")
    assert _at(books, MONDAY) == 1
    assert _reminders(books)[0].text.count(second.number or "")
