"""Money: exact, of one currency, rounded only where asked, written as people write it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.money import Money, hourly_words

WORDS = [
    # sum                    locale   words            why
    (Money(9500), "de", "95,00 €", "the usual price"),
    (Money(9500), "en", "€95.00", "the same in English"),
    (Money(9500), "de_AT", "95,00 €", "a region of a language"),
    (Money(5), "de", "0,05 €", "less than one"),
    (Money(0), "en", "€0.00", "nothing"),
    (Money(123456789), "de", "1.234.567,89 €", "thousands"),
    (Money(123456789), "en", "€1,234,567.89", "thousands"),
    (Money(-123450), "de", "-1.234,50 €", "owed to them"),
    (Money(-123450), "en", "-€1,234.50", "owed to them"),
    (Money(9500, "CHF"), "de", "95,00 CHF", "a currency without a sign"),
    (Money(9500, "CHF"), "en", "CHF 95.00", "a currency without a sign"),
]  # fmt: skip


@pytest.mark.parametrize(("money", "locale", "words", "why"), WORDS)
def test_words(money, locale, words, why):
    assert money.words(locale) == words, why


HOURLY = [
    # rate    factor  locale  words         why
    ("89.95", "1.5", "de", "134,925 €", "a unit price is not rounded"),
    ("89.95", "1.5", "en", "€134.925", "a unit price is not rounded"),
    ("95.00", "1.5", "de", "142,50 €", "two decimals suffice"),
    ("95.00", "1", "de", "95,00 €", "plain"),
    ("95.00", "1.00", "de", "95,00 €", "the factor's own zeros do not show"),
    ("950.00", "2", "en", "€1,900.00", "thousands"),
    ("89.95", "1.25", "de", "112,4375 €", "exact, as long as it takes"),
]  # fmt: skip


@pytest.mark.parametrize(("rate", "factor", "locale", "words", "why"), HOURLY)
def test_hourly_words(rate, factor, locale, words, why):
    assert hourly_words(Money.of(rate), Decimal(factor), locale) == words, why


ROUNDED = [
    ("134.92", "0.5", "67.46", "exact: nothing to round"),
    ("89.95", "1.5", "134.93", "half a cent goes up"),
    ("0.01", "0.5", "0.01", "half a cent goes up, not to the even one"),
    ("0.01", "0.49", "0.00", "less than half goes down"),
    ("-89.95", "1.5", "-134.93", "away from zero on the other side too"),
]


@pytest.mark.parametrize(("amount", "factor", "product", "why"), ROUNDED)
def test_times_rounds_where_asked(amount, factor, product, why):
    assert Money.of(amount).times(Decimal(factor), rounded=True) == Money.of(product), why


def test_sums_differences_and_order():
    one, two = Money.of("1.00"), Money.of(Decimal(2))
    assert two + one - one == two
    assert -one == one.times(Decimal(-1))
    assert one < two
    assert two >= one
    assert max(one, two) == two
    assert Money(100, "CHF") != one
    assert str(one) == "1.00 EUR"
    assert one.amount == Decimal("1.00")


REFUSED = [
    (lambda: Money.of("1.005"), "fractions of a minor unit"),
    (lambda: Money.of("much"), "'much' is not a sum"),
    (lambda: Money.of(Decimal("NaN")), "not a sum"),
    (lambda: Money.of("Infinity"), "not a sum"),
    (lambda: Money(1, "DOGE"), "'DOGE' is not one of EUR"),
    (lambda: Money.of("89.95").times(Decimal("1.5")), "fractions of a minor unit"),
    (lambda: Money(1) + Money(1, "CHF"), "two currencies"),
    (lambda: Money(1) - Money(1, "CHF"), "two currencies"),
    (lambda: Money(1) < Money(1, "CHF"), "two currencies"),
    (lambda: Money(1) >= Money(1, "CHF"), "two currencies"),
]


@pytest.mark.parametrize(("call", "sentence"), REFUSED)
def test_what_is_not_exact_or_not_of_one_currency_is_refused(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@given(st.integers(-(10**15), 10**15))
def test_a_sum_is_read_back_from_its_amount(minor):
    assert Money.of(str(Money(minor).amount)) == Money(minor)
