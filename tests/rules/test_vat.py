"""VAT: which case a customer is, what it says on the invoice, the rate of a day."""

from datetime import date

import pytest

from maildesk.rules.billing.values import Vat
from maildesk.rules.billing.vat import (
    case_of,
    category,
    compact_vat_id,
    exemption_code,
    is_vat_id,
    note,
    rate_on,
)

CASES = [
    # country, VAT id,        business, case,        why
    ("DE", "", False, Vat.DOMESTIC, "at home"),
    ("DE", "DE136695976", True, Vat.DOMESTIC, "a business at home"),
    ("DE", "ATU13585627", True, Vat.DOMESTIC, "at home with an id from abroad"),
    ("", "", True, Vat.DOMESTIC, "no country is at home"),
    ("AT", "ATU13585627", True, Vat.REVERSE, "a business in the EU"),
    ("at", "atu 13585627", True, Vat.REVERSE, "written otherwise"),
    ("GR", "EL094259216", True, Vat.REVERSE, "Greece has two codes"),
    ("AT", "ATU13585628", True, Vat.DOMESTIC, "a wrong check digit"),
    ("AT", "DE136695976", True, Vat.DOMESTIC, "a German id abroad"),
    ("AT", "", True, Vat.DOMESTIC, "without an id like a private person"),
    ("AT", "ATU13585627", False, Vat.DOMESTIC, "bought for himself"),
    ("CH", "", True, Vat.OUTSIDE, "a business outside"),
    ("GB", "", True, Vat.OUTSIDE, "since 2021"),
    ("CH", "", False, Vat.DOMESTIC, "a private person outside: cautious"),
]


@pytest.mark.parametrize(("country", "vat_id", "is_business", "case", "why"), CASES)
def test_vat_cases(country, vat_id, is_business, case, why):
    assert case_of(country, vat_id, is_business) is case, why
    assert case_of(country, vat_id, is_business, small_business=True) is Vat.SMALL


def test_what_the_vat_cases_say():
    words = {vat: (category(vat), exemption_code(vat)) for vat in Vat}
    assert words == {
        Vat.DOMESTIC: ("S", ""), Vat.REVERSE: ("AE", "VATEX-EU-AE"),
        Vat.OUTSIDE: ("O", "VATEX-EU-O"), Vat.SMALL: ("E", ""),
    }  # fmt: skip
    assert "Steuerschuldnerschaft des Leistungsempfängers" in note(Vat.REVERSE, "de_AT")
    assert "Reverse charge" in note(Vat.REVERSE, "en")
    assert "§ 19 UStG" in note(Vat.SMALL, "de")
    assert "§ 3a" in note(Vat.OUTSIDE, "en")
    assert note(Vat.DOMESTIC, "de") == ""
    assert is_vat_id("DE 136 695 976")
    assert compact_vat_id("de 136-695 976") == "DE136695976"
    assert compact_vat_id(" what ever ") == "WHATEVER"


RATES = [("2020-06-30", 19), ("2020-07-01", 16), ("2020-12-31", 16), ("2021-01-01", 19)]


@pytest.mark.parametrize(("day", "rate"), RATES)
def test_the_rate_of_a_day(day, rate):
    assert rate_on(date.fromisoformat(day)) == rate
