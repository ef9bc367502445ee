"""What an e-invoice must say before it may be issued: the rules by their names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.invoice.xrechnung import missing, seller_ids
from tests.paper.made import (
    EVERY,
    cancelled,
    ordinary,
    outside_eu,
    reverse_charge,
    small_business,
    xrechnung,
)


def seller(made: Callable[[], InvoiceContent], **changes: Any) -> InvoiceContent:
    content = made()
    return replace(content, seller=replace(content.seller, **changes))


def buyer(made: Callable[[], InvoiceContent], **changes: Any) -> InvoiceContent:
    content = made()
    return replace(content, buyer=replace(content.buyer, **changes))


def account(iban: str) -> InvoiceContent:
    content = xrechnung()
    return replace(content, bank=replace(content.bank, iban=iban))


NO_IDS: dict[str, Any] = {"vat_id": "", "tax_number": "", "register": ""}
TABLE: list[tuple[InvoiceContent, tuple[str, ...], str]] = [
    (ordinary(), (), "all there"),
    (xrechnung(), (), "all there"),
    (cancelled(xrechnung()), (), "all there"),
    (seller(ordinary, contact="", phone="", postcode=""), (), "asked by XRechnung only"),
    (buyer(ordinary, email="", city=""), (), "asked by XRechnung only"),
    (seller(ordinary, name=" "), ("BR-6, BR-7",), "nobody"),
    (seller(ordinary, country=""), ("BR-9",), "from nowhere"),
    (buyer(ordinary, country=""), ("BR-11",), "to nowhere"),
    (seller(ordinary, vat_id=""), (), "the register says who it is"),
    (seller(small_business, register=""), (), "its tax number becomes its id (BT-29)"),
    (seller(ordinary, **NO_IDS), ("BR-CO-26", "BR-S-2, BR-AE-2, BR-E-2"), "no id at all"),
    (seller(outside_eu, tax_number="", register=""), ("BR-CO-26",), "no VAT id with category O"),
    (buyer(reverse_charge, vat_id=""), ("BR-AE-2",), "who owes the tax must be known"),
    (seller(xrechnung, city=""), ("BR-DE-3",), ""),
    (seller(xrechnung, postcode=" "), ("BR-DE-4",), "a blank is nothing"),
    (seller(xrechnung, contact=""), ("BR-DE-5",), ""),
    (seller(xrechnung, phone="+4"), ("BR-DE-6, BR-DE-27",), "three digits at least"),
    (seller(xrechnung, email="rechnung@lindenhof"), ("BR-DE-7, BR-DE-28, R020",), "no domain"),
    (seller(xrechnung, email="a@b@lindenhof.de"), ("BR-DE-7, BR-DE-28, R020",), "two of them"),
    (seller(xrechnung, email="a.@lindenhof.de"), ("BR-DE-7, BR-DE-28, R020",), "a dot beside it"),
    (buyer(xrechnung, city=""), ("BR-DE-8",), ""),
    (buyer(xrechnung, postcode=""), ("BR-DE-9",), ""),
    (buyer(xrechnung, email=""), ("R010",), "where it is sent to"),
    (buyer(xrechnung, buyer_reference=" "), ("BR-DE-15",), ""),
    (buyer(xrechnung, buyer_reference="04011000-1234512345-07"), ("Leitweg-ID",), "mistyped"),
    (buyer(xrechnung, buyer_reference="991-01484-64"), (), "a known one"),
    (buyer(xrechnung, buyer_reference="Bestellung 4711"), (), "no Leitweg-ID, and none meant"),
    (account(""), ("BR-50, BR-61", "BR-DE-1, BR-DE-19"), "nowhere to pay to"),
    (account("DE02120300000000202052"), ("BR-DE-1, BR-DE-19",), "mistyped"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "rules", "why"), TABLE)
def test_what_is_missing(content: InvoiceContent, rules: tuple[str, ...], why: str) -> None:
    assert tuple(words.partition(":")[0] for words in missing(content)) == rules, why


@pytest.mark.parametrize("name", EVERY)
def test_what_could_be_issued_lacks_nothing(name: str) -> None:
    assert missing(EVERY[name]()) == ()


def test_the_seller_has_no_vat_id_where_nothing_is_taxable() -> None:
    assert "BT-31" in seller_ids(ordinary())
    assert "BT-31" not in seller_ids(replace(ordinary(), vat_case=Vat.OUTSIDE))


def test_a_tax_number_is_an_id_only_where_there_is_no_other() -> None:
    assert "BT-29" not in seller_ids(ordinary())
    assert seller_ids(seller(small_business, register=""))["BT-29"] == "215/5800/1234"
