"""Due dates, default interest, and the form that the law wants, as tables."""

from datetime import date
from decimal import Decimal

import pytest

from maildesk.rules.calendars import region_of
from maildesk.rules.payment import CONSUMER_POINTS, due_on, form, interest, last_day_to_pay

DUE = [
    # issued       days  due           why
    ("2026-11-23", 14, "2026-12-07", "a fortnight"),
    ("2026-11-23", 0, "2026-11-23", "at once"),
    ("2026-01-31", 30, "2026-03-02", "days, not months"),
    ("2028-02-15", 14, "2028-02-29", "a leap day"),
    ("2026-12-20", 14, "2027-01-03", "into the next year"),
]


@pytest.mark.parametrize(("issued", "days", "due", "why"), DUE)
def test_due(issued, days, due, why):
    assert due_on(date.fromisoformat(issued), days) == date.fromisoformat(due), why


LAST_DAY = [
    # due          region   last day      why
    ("2026-12-04", "NW", "2026-12-04", "a Friday"),
    ("2026-12-05", "NW", "2026-12-07", "a Saturday"),
    ("2026-12-06", "", "2026-12-07", "a Sunday, whatever the region"),
    ("2026-12-25", "NW", "2026-12-28", "Christmas and the weekend after it"),
    ("2026-12-24", "NW", "2026-12-24", "Christmas Eve is no public holiday"),
    ("2027-01-01", "NW", "2027-01-04", "New Year on a Friday"),
    ("2026-04-03", "NW", "2026-04-07", "Good Friday to the Tuesday after Easter"),
    ("2026-06-04", "NW", "2026-06-05", "Corpus Christi in North Rhine-Westphalia"),
    ("2026-06-04", "BE", "2026-06-04", "and not in Berlin"),
    ("2026-03-08", "BE", "2026-03-09", "Women's Day is a Sunday anyway"),
    ("2027-03-08", "BE", "2027-03-09", "and a Monday a year later"),
    ("2026-12-26", "DE", "2026-12-28", "all of Germany"),
]


@pytest.mark.parametrize(("due", "region", "last", "why"), LAST_DAY)
def test_last_day_to_pay(due, region, last, why):
    found = last_day_to_pay(date.fromisoformat(due), region_of(region))
    assert found == date.fromisoformat(last), why


INTEREST = [
    # principal  base rate  days  interest  why
    (100000, "1.27", 30, 844, "8.441"),
    (100000, "1.27", 0, 0, "not late at all"),
    (100000, "1.27", 366, 10298, "a leap year is longer, its days are not shorter: 102.98"),
    (100000, "1.27", 365, 10270, "a year"),
    (100000, "-0.88", 365, 8120, "the base rate was below zero"),
    (100000, "-9.5", 365, 0, "nobody is paid for being late"),
    (3650, "0.00", 5, 5, "0.045: half a cent goes up"),
    (3650, "-0.20", 5, 4, "0.044 goes down"),
    (0, "1.27", 30, 0, "nothing owed"),
]


@pytest.mark.parametrize(("principal", "base", "days", "amount", "why"), INTEREST)
def test_interest(principal, base, days, amount, why):
    assert interest(principal, Decimal(base), days) == amount, why


def test_a_consumer_owes_four_points_less():
    assert interest(100000, Decimal("1.27"), 365, CONSUMER_POINTS) == 6270


FORM = [
    # country business gross   issued       turnover   small  leitweg  wanted        sent       why
    ("DE", True, 50000, "2026-12-31", 90000000, False, "", "none", "zugferd", "not yet"),
    ("DE", True, 50000, "2027-01-01", 90000000, False, "", "einvoice", "zugferd", "from then on"),
    ("DE", True, 50000, "2027-01-01", 80000000, False, "", "none", "zugferd", "exactly 800,000"),
    ("DE", True, 50000, "2027-01-01", 80000001, False, "", "einvoice", "zugferd", "a cent more"),
    ("DE", True, 50000, "2027-12-31", 20000000, False, "", "none", "zugferd", "a year later"),
    ("DE", True, 50000, "2028-01-01", 20000000, False, "", "einvoice", "zugferd", "all others"),
    ("DE", True, 50000, "2027-01-01", None, False, "", "einvoice", "zugferd", "not known"),
    ("DE", True, 25000, "2028-01-01", 90000000, False, "", "none", "zugferd", "exactly 250.00"),
    ("DE", True, 25001, "2028-01-01", 90000000, False, "", "einvoice", "zugferd", "250.01"),
    ("DE", True, -50000, "2028-01-01", 90000000, False, "", "einvoice", "zugferd", "cancelled"),
    ("DE", False, 50000, "2028-01-01", 90000000, False, "", "none", "pdf", "a private person"),
    ("AT", True, 50000, "2028-01-01", 90000000, False, "", "none", "zugferd", "abroad"),
    ("AT", False, 50000, "2028-01-01", 90000000, False, "", "none", "pdf", "private, abroad"),
    ("DE", True, 50000, "2028-01-01", 2000000, True, "", "none", "zugferd", "Kleinunternehmer"),
    ("DE", True, 100, "2026-01-01", 0, True, "991-01484-64", "xrechnung", "xrechnung", "public"),
]


@pytest.mark.parametrize(
    ("country", "business", "gross", "on", "turnover", "small", "leitweg", "wanted", "sent", "why"),
    FORM,
)
def test_form(country, business, gross, on, turnover, small, leitweg, wanted, sent, why):
    day = date.fromisoformat(on)
    found = form(country, business, gross, day, turnover, is_small_seller=small, leitweg=leitweg)
    assert found == (wanted, sent), why


WRONG = [
    (lambda: due_on(date(2026, 1, 1), -1), "below 0"),
    (lambda: due_on(date(2026, 1, 1), 10**9), "beyond the calendar"),
    (lambda: last_day_to_pay(date.max.replace(day=26), _Always()), "no working day"),
    (lambda: interest(-1, Decimal(1), 1), "principal"),
    (lambda: interest(1, Decimal(1), -1), "days of default"),
    (lambda: interest(1, Decimal("NaN"), 1), "not a rate"),
    (lambda: interest(1, Decimal(1), 1, Decimal(9999)), "not a rate"),
]


class _Always:
    """A region that never works."""

    def in_year(self, year):
        return frozenset(date(year, 12, day) for day in range(1, 32))


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_what_cannot_be_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        wrong()
