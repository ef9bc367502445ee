"""Payments by hand: what they make of an invoice and of its tickets, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.desk.invoices.payments import _check, _Found, _state_after, pay
from maildesk.desk.invoices.waive import waive
from maildesk.desk.people import Refused
from maildesk.rules.money import Money
from maildesk.store.invoice_tables import PaymentRow
from maildesk.store.invoices import InvoiceFacts
from maildesk.store.tables import EventRow
from tests.desk.billed import BY, TODAY
from tests.desk.invoicing import Post
from tests.desk.office import START


@pytest.fixture
def books(desk):
    return Post(desk)


def _pay(books, number, minor, words="", once=None, on=TODAY, currency="EUR", over=False):
    amount = Money(minor, currency)
    return pay(books.desk, number, amount, on, words, BY, books.office.now, once, over)


def test_paid_in_two_parts_the_tickets_are_closed(books):
    one, two = books.worked(20), books.worked(45)
    number = books.issued(one, two)  # 102.92 net, 122.47 gross
    first = _pay(books, number, 5000, "Überweisung 1")
    assert (first.total.minor, first.left.minor, first.state, first.closed) == (
        5000, 7247, "issued", (),
    )  # fmt: skip
    assert books.office.ticket(one).state == "invoiced"
    last = _pay(books, number, 7247, "Überweisung 2")
    assert (last.left.minor, last.state, len(last.closed)) == (0, "paid", 2)
    assert {books.office.ticket(each).state for each in (one, two)} == {"closed"}
    rows = [each.row for each in books.office.rows(EventRow) if each.to_state == "closed"]
    assert rows == ["T42", "T42"]
    assert books.journal() == ["reserved", "issued", "payment", "payment"]
    assert books.faults() == []
    assert books.invoice(number).state == "paid"


def test_what_goes_back_opens_the_invoice_and_leaves_the_tickets_closed(books):
    ticket = books.worked()
    number = books.issued(ticket)
    _pay(books, number, 5653)
    back = _pay(books, number, -5653, "Rücklastschrift")
    assert (back.state, back.reopened, back.left.minor, back.closed) == ("issued", True, 5653, ())
    assert books.office.ticket(ticket).state == "closed"
    again = _pay(books, number, 5653)
    assert (again.state, again.closed) == ("paid", ()), "it is closed already"
    assert books.faults() == []


def test_a_payment_with_a_key_is_booked_once(books):
    number = books.billed()
    first = _pay(books, number, 1000, once="camt:7")
    again = _pay(books, number, 1000, once="camt:7")
    assert (first.is_new, again.is_new, again.total.minor) == (True, False, 1000)
    with pytest.raises(Refused, match="used for another invoice"):
        _pay(books, books.billed(), 1000, once="camt:7")
    assert len(books.office.rows(PaymentRow)) == 1


def test_two_at_once_never_pay_twice(books):
    number = books.billed()

    def whole(once):
        try:
            return _pay(books, number, 5653, once=once).state
        except Refused:
            return "refused"

    with ThreadPoolExecutor(4) as at_once:
        done = list(at_once.map(whole, ["a", "b", "a", None]))
    assert sum(each.amount_minor for each in books.office.rows(PaymentRow)) == 5653
    assert "paid" in done
    assert books.faults() == []


@pytest.mark.parametrize(("what", "match", "why"), [
    ({"minor": 5654}, "only €56.53 is open", "more than is open"),
    ({"minor": 0}, "payment of nothing", "nothing"),
    ({"minor": -1}, "only €0.00 came", "more back than came"),
    ({"minor": 100, "currency": "CHF"}, "is in EUR, not in CHF", "another currency"),
    ({"minor": 100, "on": TODAY.replace(day=24)}, "still to come", "tomorrow"),
    ({"minor": 100, "on": TODAY.replace(year=2024)}, "more than a year before", "a mistyped year"),
    ({"minor": 100, "words": "a\nb"}, "one line", "a note of two lines"),
])  # fmt: skip
def test_what_is_not_booked(books, what, match, why):
    number = books.billed()
    with pytest.raises(Refused, match=match):
        _pay(books, number, **what)
    assert books.office.rows(PaymentRow) == [], why


def test_an_overpayment_that_is_allowed_is_booked(books):
    number = books.billed()
    over = _pay(books, number, 6000, over=True)
    assert (over.state, over.left.minor) == ("paid", -347)
    with pytest.raises(Refused, match="nothing is open"):
        _pay(books, number, 1)


def test_a_cancelled_invoice_takes_only_what_goes_back(books):
    number = books.billed()
    _pay(books, number, 5653)
    cancellation = books.cancel(number).number
    with pytest.raises(Refused, match="is cancelled; only what goes back"):
        _pay(books, number, 1)
    with pytest.raises(Refused, match="is a cancellation"):
        _pay(books, cancellation, -5653)
    back = _pay(books, number, -5653)
    assert (back.state, back.total.minor, back.left.minor, back.reopened) == (
        "cancelled", 0, 0, False,
    )  # fmt: skip
    assert books.faults() == []


def test_unknown_numbers_are_refused_in_words(books):
    with pytest.raises(Refused, match="there is no invoice RE-1999-1; nothing was booked"):
        _pay(books, "RE-1999-1", 1)


def test_work_that_nobody_is_billed_for_is_closed_with_its_reason(books):
    ticket = books.worked()
    with pytest.raises(Refused, match="say why DD-"):
        waive(books.desk, ticket, " ", BY, books.office.now)
    waive(books.desk, ticket, "Unser Fehler", BY, books.office.now)
    assert books.office.ticket(ticket).state == "closed"
    assert ("waived", "Unser Fehler") in books.office.journal(ticket)
    assert [each.row for each in books.office.rows(EventRow) if each.row] == ["T40"]
    assert books.journal() == ["waived"]
    assert books.faults() == []
    with pytest.raises(Refused, match='is "Closed"; only what is "To be billed"'):
        waive(books.desk, ticket, "Noch einmal", BY, books.office.now)
    with pytest.raises(Refused, match="there is no ticket"):
        waive(books.desk, 4711, "Nie da gewesen", BY, books.office.now)


def test_a_waived_ticket_is_on_no_invoice(books):
    ticket = books.worked()
    draft = books.drafted(ticket)
    waive(books.desk, ticket, "Kulanz", BY, books.office.now)
    assert books.issue(draft).outcome == "changed"


def _facts(payable, state="issued"):
    return InvoiceFacts(
        1, "invoice", state, "2026-11:1", 1, "2026-11", "RE-1", "RE", 1, TODAY, TODAY, None, "EUR",
        payable, payable, b"", "", START, BY,
    )  # fmt: skip


@given(st.integers(1, 10**7), st.lists(st.integers(-(10**7), 10**7), max_size=12))
def test_whatever_is_booked_the_sum_stays_between_nothing_and_all(payable, amounts):
    paid, state = 0, "issued"
    for amount in amounts:
        found = _Found(_facts(payable, state), paid, (), False)
        try:
            _check(found, Money(amount), allow_over=False)
        except Refused:
            assert amount == 0 or not 0 <= paid + amount <= payable
            continue
        paid += amount
        state = _state_after(found.invoice, paid)
        assert 0 <= paid <= payable
        assert (state == "paid") == (paid == payable)
