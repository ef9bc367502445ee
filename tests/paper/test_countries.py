"""Which codes are countries, and what they are called on an envelope."""

from itertools import product
from string import ascii_uppercase

import pytest

from maildesk.paper.countries import country_words, is_country


@pytest.mark.parametrize(("code", "german", "english", "why"), [
    ("AT", "Österreich", "Austria", "a neighbour"),
    ("GB", "Vereinigtes Königreich", "United Kingdom", "two words"),
    ("PE", "Peru", "Peru", "one that is far away"),
    ("EU", "EU", "EU", "a union is no country"),
    ("ZZ", "ZZ", "ZZ", "a code for none"),
    ("de", "de", "de", "codes are capitals"),
    ("150", "150", "150", "a region of the UN"),
])  # fmt: skip
def test_a_country_is_called(code: str, german: str, english: str, why: str) -> None:
    assert country_words(code, german=True) == german, why
    assert country_words(code, german=False) == english, why
    assert is_country(code) is (german != code), why


def test_as_many_as_the_standard_has() -> None:
    codes = {"".join(pair) for pair in product(ascii_uppercase, repeat=2)}
    assert len([code for code in codes if is_country(code)]) == 249
