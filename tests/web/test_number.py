"""Numbers in addresses: anybody may write anything there."""

import pytest

from maildesk.web.number import row_number

TABLE = [
    # text             number     why
    ("7",              7,         "a row"),
    ("9" * 18,         10**18 - 1, "the largest that any database takes"),
    ("9" * 19,         None,      "too large for a column"),
    ("0",              None,      "no row has it"),
    ("07",             None,      "each row has one address"),
    ("-1",             None,      "below zero"),
    ("٣",              None,      "a digit elsewhere"),
    ("7\n",            None,      "more than a number"),
    ("",               None,      "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number", "why"), TABLE)
def test_the_number_of_a_row(text, number, why):
    assert row_number(text) == number, why
