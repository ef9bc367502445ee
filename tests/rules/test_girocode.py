"""Girocodes (EPC069-12): the lines, what is refused, and the limits of each field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.girocode import GirocodeError, Wrong, payload

IBAN = "DE02120300000000202051"


def _payload(**fields):
    return payload(**{"name": "X", "iban": IBAN, "amount": 100, "text": "RE-1"} | fields)


def test_eleven_lines():
    assert _payload(
        name=" Müller OHG ", iban="de02 1203 0000 0000 2020 51", amount=8479, bic="byladem1 001",
        purpose="gdds",
    ) == (
        "BCD\n002\n1\nSCT\nBYLADEM1001\nMüller OHG\nDE02120300000000202051\nEUR84.79\nGDDS\n\nRE-1"
    )  # fmt: skip
    assert _payload(text="", reference="RF18 5390 0754 7034").split("\n")[8:] == [
        "", "RF18539007547034", "",
    ]  # fmt: skip


AMOUNTS = [
    (1, "EUR0.01"),
    (100, "EUR1.00"),
    (123450, "EUR1234.50"),
    (99999999999, "EUR999999999.99"),
]


@pytest.mark.parametrize(("amount", "written"), AMOUNTS)
def test_amounts(amount, written):
    assert _payload(amount=amount).split("\n")[7] == written


REFUSED = [
    # fields,                                       what is wrong,   why
    ({"amount": 0}, Wrong.AMOUNT, "nothing"),
    ({"amount": -8479}, Wrong.AMOUNT, "a cancellation"),
    ({"amount": 100000000000}, Wrong.AMOUNT, "a billion"),
    ({"iban": "DE03120300000000202051"}, Wrong.IBAN, "a wrong check digit"),
    ({"iban": "DE0212030000000020205"}, Wrong.IBAN, "a digit short"),
    ({"iban": ""}, Wrong.IBAN, "none"),
    ({"iban": "BE68539007547034"}, None, "of a bank that no list has: they change"),
    ({"iban": "NL91ABNA0417164300"}, None, "shorter, of another country"),
    ({"iban": "US64SVBKUS6S3300958879"}, Wrong.IBAN, "of a country that has none"),
    ({"iban": f"{IBAN}\n"}, None, "a line end at the end of a copied number"),
    ({"name": "  "}, Wrong.NAME, "blank"),
    ({"name": "A\nB"}, Wrong.NAME, "a line of its own"),
    ({"name": "A\u2028B"}, Wrong.NAME, "another line end"),
    ({"name": "A\ud800B"}, Wrong.NAME, "half a character"),
    ({"name": "x" * 71}, None, "cut"),
    ({"bic": "BYLADEM"}, Wrong.BIC, "too short"),
    ({"bic": "BYLADEM10"}, Wrong.BIC, "neither 8 nor 11"),
    ({"purpose": "GDDSX"}, Wrong.PURPOSE, "too long"),
    ({"text": "", "reference": "RF19539007547034"}, Wrong.REFERENCE, "a wrong check digit"),
    ({"reference": "RF18539007547034"}, Wrong.REFERENCE, "a text and a reference"),
    ({"text": "x" * 140}, None, "as long as may be"),
    ({"text": "x" * 141}, Wrong.TEXT, "longer"),
    ({"text": "A\rB"}, Wrong.TEXT, "a line of its own"),
    ({"name": "ü" * 60, "text": "ü" * 70}, None, "in characters and bytes"),
    ({"name": "ü" * 70, "text": "ü" * 140}, Wrong.BYTES, "331 bytes are the limit"),
]


@pytest.mark.parametrize(("fields", "wrong", "why"), REFUSED)
def test_what_cannot_be_in_a_code_is_refused(fields, wrong, why):
    if wrong is None:
        assert _payload(**fields).count("\n") == 10, why
        return
    with pytest.raises(GirocodeError) as refused:
        _payload(**fields)
    assert refused.value.wrong is wrong, why


@given(st.text(max_size=90), st.text(max_size=150), st.integers(-1, 10**12))
def test_whatever_comes_out_fits(name, text, amount):
    try:
        found = _payload(name=name, text=text, amount=amount)
    except GirocodeError:
        return
    assert found.count("\n") == 10
    assert len(found.encode()) <= 331
    assert 0 < len(found.split("\n")[5]) <= 70
