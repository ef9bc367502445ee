"""What the law wants before an invoice may be issued, each by the sentence that says how to mend it."""

from dataclasses import replace
from typing import Any

import pytest

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import Bank, Format, Party
from maildesk.rules.invoice.required import missing, missing_of_buyer

SELLER = Party(
    "Agentur GmbH", street="Weg 1", postcode="50674", city="Köln", tax_number="215/5800/1234",
    email="rechnung@agentur.example",
)  # fmt: skip
BANK = Bank("Agentur GmbH", "DE02120300000000202051")
BUYER = Party(
    "Teehaus OHG", street="Markt 3", postcode="48143", city="Münster", email="anna@tee.example",
    vat_id="ATU13585627",
)  # fmt: skip
TABLE: list[tuple[dict[str, Any], str, bool, list[str], str]] = [
    # seller, iban, § 19, keys, why
    ({}, BANK.iban, False, [], "all is there"),
    ({"name": " "}, BANK.iban, False, ["agency.name"], "blanks are no name"),
    ({"street": "", "city": ""}, BANK.iban, False, ["agency.street", "agency.city"], "two gaps"),
    ({"tax_number": ""}, BANK.iban, False, ["agency.tax_number or agency.vat_id"], "neither"),
    ({"tax_number": "", "vat_id": "DE136695976"}, BANK.iban, False, [], "a VAT id is enough"),
    ({"tax_number": "", "vat_id": "DE136695976"}, BANK.iban, True, ["agency.tax_number"],
     "not for a small business"),
    ({"vat_id": "DE123"}, BANK.iban, False, ["mend agency.vat_id"], "a VAT id that is none"),
    ({}, "", False, ["set agency.iban"], "nowhere to pay"),
    ({}, "DE02120300000000202052", False, ["mend agency.iban"], "a digit is wrong"),
    ({"tax_number": "12"}, BANK.iban, False, ["mend agency.tax_number"], "no tax number of ours"),
    ({"tax_number": "DE136695976"}, BANK.iban, False, ["mend agency.tax_number"], "a VAT id there"),
    ({"tax_number": "13 815 08153"}, BANK.iban, False, [], "as Hesse wrote it"),
    ({"tax_number": "2893081508152"}, BANK.iban, False, [], "the federal form"),
    ({"tax_number": "12", "country": "AT"}, BANK.iban, False, [], "other countries have others"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seller", "iban", "small", "keys", "why"), TABLE, ids=[r[4] for r in TABLE]
)
def test_what_is_wanted_of_the_agency(
    seller: dict[str, Any], iban: str, small: bool, keys: list[str], why: str
) -> None:
    found = missing(replace(SELLER, **seller), replace(BANK, iban=iban), small)
    assert len(found) == len(keys), why
    assert [
        (key, said) for key, said in zip(keys, found, strict=True) if key not in str(said)
    ] == []


def test_a_bic_that_is_mistyped_is_said() -> None:
    assert missing(SELLER, replace(BANK, bic="BYLADEM1001")) == ()
    (said,) = missing(SELLER, replace(BANK, bic="NONSENSE1"))
    assert "mend agency.bic" in str(said)


BUYERS: list[tuple[dict[str, Any], dict[str, Any], Vat, Format, bool, list[str], str]] = [
    # buyer, seller, case, format, VAT id checked, what is said, why
    ({}, {}, Vat.DOMESTIC, Format.ZUGFERD, False, [], "all is there"),
    ({"street": "", "city": " "}, {}, Vat.DOMESTIC, Format.ZUGFERD, False,
     ["billing 7 --street … --city …`"], "only the gaps are asked for"),
    ({"email": ""}, {}, Vat.DOMESTIC, Format.ZUGFERD, False, ["billing 7 --email"], "no address"),
    ({"country": ""}, {}, Vat.DOMESTIC, Format.ZUGFERD, False, ["--country"], "no country"),
    ({}, {"vat_id": "DE136695976"}, Vat.REVERSE, Format.ZUGFERD, True, [], "both ids, checked"),
    ({}, {"vat_id": "DE136695976"}, Vat.REVERSE, Format.ZUGFERD, False,
     ["a check of the VAT id ATU13585627"], "nobody asked VIES"),
    ({}, {}, Vat.REVERSE, Format.ZUGFERD, True, ["set agency.vat_id"], "only the buyer's"),
    ({}, {}, Vat.DOMESTIC, Format.XRECHNUNG, False, ["agency.contact", "agency.phone"], "XRechnung"),
    ({}, {"contact": "Lena", "phone": "0221 55", "email": "x"}, Vat.DOMESTIC, Format.XRECHNUNG,
     False, ["agency.email"], "an address that BR-DE-28 refuses"),
    ({"email": "a@localhost"}, {"contact": "Lena", "phone": "0221 55"}, Vat.DOMESTIC,
     Format.XRECHNUNG, False, ["--email rechnung@amt.example"], "and the customer's"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("buyer", "seller", "vat", "form", "checked", "said", "why"), BUYERS, ids=[r[6] for r in BUYERS]
)
def test_what_is_wanted_of_a_customer(
    buyer: dict[str, Any], seller: dict[str, Any], vat: Vat, form: Format, checked: bool,
    said: list[str], why: str,
) -> None:  # fmt: skip
    found = missing_of_buyer(
        replace(BUYER, **buyer), replace(SELLER, **seller), vat, form, "7", checked
    )
    assert len(found) == len(said), (why, found)
    assert [each for each, whole in zip(said, found, strict=True) if each not in str(whole)] == []
