"""The XML of an e-invoice says what its content says, nothing else, and always in the same octets."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from maildesk.paper.einvoice import to_xml
from maildesk.paper.same import differs, parsed
from maildesk.paper.schema import misshapen
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import Format, InvoiceContent, Unit
from maildesk.rules.invoice.exact import wrong
from tests.paper.checks import schematron
from tests.paper.made import (
    EVERY,
    cancelled,
    cart,
    down_payment,
    draft,
    hostile,
    invoice,
    line,
    ordinary,
    outside_eu,
    reverse_charge,
    small_business,
    two_rates,
    xrechnung,
)

NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
LINE = "//ram:IncludedSupplyChainTradeLineItem[1]"
PRICE = f"{LINE}//ram:NetPriceProductTradePrice"
SELLER, BUYER = "//ram:SellerTradeParty", "//ram:BuyerTradeParty"
SETTLED = "//ram:ApplicableHeaderTradeSettlement"
TAX = f"{SETTLED}/ram:ApplicableTradeTax"
TOTAL = f"{SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
PAID = f"{SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"
VAT_ID, TAX_NUMBER = "//ram:ID[@schemeID='VA']", "//ram:ID[@schemeID='FC']"
PROFILE = "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"


def cancelled_ordinary() -> InvoiceContent:
    return cancelled(ordinary())


def cancelled_xrechnung() -> InvoiceContent:
    return cancelled(xrechnung())


def cancelled_reverse() -> InvoiceContent:
    return cancelled(reverse_charge())


def cancelled_paid() -> InvoiceContent:
    return cancelled(down_payment())


def discounted(made: Callable[[], InvoiceContent]) -> Callable[[], InvoiceContent]:
    """Return the same case with discounts on a line and on the whole."""

    def build() -> InvoiceContent:
        content = made()
        rate = content.lines[0].vat_rate
        lines = [cart(rate=rate, percent="10"), line("Lizenz", "3", "0.335", piece=True, rate=rate)]
        same = {name: getattr(content, name) for name in (
            "format", "language", "seller", "buyer", "vat_case", "bank"
        )}  # fmt: skip
        return invoice(lines, percent="2.5", number="RE-2026-00060", **same)

    return build


def no_register() -> InvoiceContent:
    content = small_business()
    return replace(content, seller=replace(content.seller, register=""))


def bare_lines() -> InvoiceContent:
    """Return one with a line without days, of a fraction of a piece, without a tag."""
    lines = [line("Speicherplatz, anteilig", "0.25", "12.345", piece=True), cart()]
    return invoice(lines, number="RE-2026-00061")


def small_letters() -> InvoiceContent:
    return replace(hostile(), seller=replace(hostile().seller, line2=" ", contact="\x00"))


MORE: dict[str, Callable[[], InvoiceContent]] = EVERY | {
    "cancelled_xrechnung": cancelled_xrechnung,
    "cancelled_reverse": cancelled_reverse,
    "cancelled_paid": cancelled_paid,
    "discounted_reverse": discounted(reverse_charge),
    "discounted_outside": discounted(outside_eu),
    "discounted_small": discounted(small_business),
    "discounted_xrechnung": discounted(xrechnung),
    "no_register": no_register,
    "bare_lines": bare_lines,
    "hostile": hostile,
    "small_letters": small_letters,
}


def found(content: InvoiceContent, where: str) -> list[str]:
    """Return the texts that stand at a place in a content's XML."""
    return [each.text for each in parsed(to_xml(content)).xpath(where, namespaces=NAMES)]


def test_every_e_invoice_passes_schema_schematron_and_the_comparison() -> None:
    contents = {name: made() for name, made in MORE.items()}
    xmls = {name: to_xml(content) for name, content in contents.items()}
    for name, xml in xmls.items():
        assert misshapen(xml) == "", name
        assert wrong(contents[name]) == "", name
        assert differs(contents[name], xml) == "", name
        assert to_xml(MORE[name]()) == xml, name
    assert dict(zip(xmls, schematron(xmls.values()), strict=True)) == {name: [] for name in xmls}


TABLE = [
    # content        where                                        what                 why
    (ordinary, f"{LINE}//ram:BilledQuantity[@unitCode='MIN']", ["35"], "BT-129: minutes"),
    (ordinary, f"{PRICE}/ram:ChargeAmount", ["190"], "BT-146: the hour's price with its factor"),
    (ordinary, f"{PRICE}/ram:BasisQuantity[@unitCode='MIN']", ["60"], "BT-149: per hour"),
    (ordinary, "//ram:ChargeAmount[.='134.925']", ["134.925"], "a unit price is never rounded"),
    (ordinary, "//ram:BilledQuantity[@unitCode='C62']", ["2", "1"], "pieces"),
    (ordinary, "//ram:BasisQuantity[@unitCode='C62']", [], "the price of one"),
    (ordinary, f"{LINE}//ram:Description", ["Quickticket hoch, Faktor 2"], "BT-154"),
    (
        ordinary,
        f"{LINE}//ram:Name",
        ["DD-104295: Fehler im Warenkorb behoben: Gutscheine wurden doppelt abgezogen"],
        "BT-153: the work itself, with its ticket",
    ),
    (ordinary, f"{LINE}//ram:StartDateTime/*", ["20261109"], "BT-134"),
    (ordinary, f"{LINE}//ram:EndDateTime/*", ["20261110"], "BT-135"),
    (ordinary, "//ram:DueDateDateTime/*", ["20261207"], "BT-9"),
    (ordinary, "//ram:OccurrenceDateTime/*", ["20261120"], "BT-72"),
    (ordinary, f"{SETTLED}/ram:BillingSpecifiedPeriod/*/*", ["20261102", "20261120"], "BG-14"),
    (ordinary, f"{PAID}/ram:TypeCode", ["58"], "BT-81: SEPA"),
    (ordinary, f"{PAID}//ram:IBANID", ["DE02120300000000202051"], "BT-84"),
    (ordinary, f"{SELLER}//ram:URIID[@schemeID='EM']", ["rechnung@lindenhof.example"], "BT-34"),
    (ordinary, f"{BUYER}//ram:URIID[@schemeID='EM']", ["buchhaltung@teehaus.example"], "BT-49"),
    (ordinary, f"{SELLER}{VAT_ID}", ["DE123456788"], "BT-31"),
    (ordinary, f"{SELLER}{TAX_NUMBER}", ["215/5800/1234"], "BT-32 as well"),
    (ordinary, f"{SELLER}//ram:PersonName", ["Lena Hartmann"], "BT-41"),
    (ordinary, f"{SELLER}//ram:CompleteNumber", ["+49 221 5550123"], "BT-42"),
    (ordinary, "//ram:BuyerOrderReferencedDocument/*", ["B-2026-118"], "BT-13"),
    (ordinary, "//ram:Reason", ["Rabatt 10 %", "Rabatt 5 %"], "BT-139, BT-97"),
    (ordinary, "//ram:ExemptionReason", [], "nothing is exempt"),
    (ordinary, PROFILE, ["urn:cen.eu:en16931:2017"], "BT-24"),
    (reverse_charge, "//ram:Reason", [], "no discount, no reason"),
    (discounted(reverse_charge), "//ram:Reason", ["Discount 10 %", "Discount 2.5 %"], "English"),
    (discounted(xrechnung), "//ram:Reason", ["Rabatt 10 %", "Rabatt 2,5 %"], "a comma in German"),
    (two_rates, f"{TAX}/ram:RateApplicablePercent", ["19", "16"], "a row for each rate"),
    (two_rates, f"{SETTLED}/ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount",
     ["2.38", "2.38"], "a discount for each rate: BT-92"),
    (two_rates, f"{TOTAL}/ram:AllowanceTotalAmount", ["4.76"], "BT-107"),
    (down_payment, f"{TOTAL}/ram:TotalPrepaidAmount", ["50.00"], "BT-113"),
    (down_payment, f"{TOTAL}/ram:DuePayableAmount", ["81.89"], "BT-115"),
    (reverse_charge, "//ram:CategoryCode", ["AE"] * 4, "who buys owes the tax"),
    (reverse_charge, "//ram:ExemptionReasonCode", ["VATEX-EU-AE"], "BT-121"),
    (reverse_charge, f"{BUYER}{VAT_ID}", ["NL004495445B01"], "BT-48"),
    (outside_eu, "//ram:CategoryCode", ["O"] * 4, "not subject to VAT"),
    (outside_eu, VAT_ID, [], "BR-O-02: neither his nor ours"),
    (outside_eu, f"{LINE}//ram:RateApplicablePercent", [], "BR-O-05"),
    (outside_eu, f"{TAX}/ram:RateApplicablePercent", ["0"], "BR-DE-14"),
    (outside_eu, "//ram:ExemptionReasonCode", ["VATEX-EU-O"], "BT-121"),
    (small_business, "//ram:CategoryCode", ["E"] * 2, "exempt"),
    (small_business, f"{SELLER}//ram:SpecifiedLegalOrganization/ram:ID",
     ["HRB 86421, Amtsgericht Köln"], "BR-CO-26"),
    (no_register, f"{SELLER}/ram:ID", ["215/5800/1234"], "BR-CO-26: BT-29 where no other id is"),
    (small_business, f"{SELLER}/ram:ID", [], "not twice"),
    (cancelled_ordinary, "//rsm:ExchangedDocument/ram:TypeCode", ["384"], "Rechnungskorrektur"),
    (cancelled_ordinary, f"{LINE}//ram:BilledQuantity", ["-35"], "negative quantity"),
    (cancelled_ordinary, f"{PRICE}/ram:ChargeAmount", ["190"], "BR-27: no negative price"),
    (cancelled_ordinary, "//ram:InvoiceReferencedDocument/ram:IssuerAssignedID",
     ["RE-2026-00042"], "BG-3 always"),
    (cancelled_ordinary, "//ram:InvoiceReferencedDocument//qdt:DateTimeString",
     ["20261123"], "BT-26"),
    (cancelled_ordinary, "//ram:IncludedNote/ram:Content",
     ["Die Anschrift war falsch."], "and why"),
    (cancelled_paid, f"{TOTAL}/ram:TotalPrepaidAmount", ["-50.00"], "exact negatives"),
    (xrechnung, PROFILE,
     ["urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"], "BR-DE-21"),
    (xrechnung, "//ram:BuyerReference", ["04011000-1234512345-06"], "BR-DE-15"),
    (xrechnung, "//ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID",
     ["urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"], "R001"),
    (bare_lines, f"{LINE}//ram:BillingSpecifiedPeriod", [], "no days of its own"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "where", "what", "why"), TABLE)
def test_what_stands_where(
    made: Callable[[], InvoiceContent], where: str, what: list[str], why: str
) -> None:
    assert found(made(), where) == what, why


def test_a_cancellation_is_the_exact_negative_of_its_invoice() -> None:
    sums = f"{TOTAL}/*[not(self::ram:TotalPrepaidAmount)]"
    invoice_sums = [Decimal(each) for each in found(ordinary(), sums)]
    assert [Decimal(each) for each in found(cancelled_ordinary(), sums)] == [
        -each for each in invoice_sums
    ]


def test_signs_that_xml_cannot_hold_are_left_out_and_markup_stays_text() -> None:
    xml = to_xml(hostile())
    assert parsed(xml).xpath("//script | //img") == []
    name = found(hostile(), f"{BUYER}/ram:Name")[0]
    assert "<script>alert(1)</script>" in name
    assert not set(name) & set("\x00\x07\x1b\u202e")


def test_a_profile_in_a_free_text_is_not_taken_for_the_documents_own() -> None:
    content = xrechnung()
    evil = replace(content.buyer, number="urn:cen.eu:en16931:2017")
    assert differs(replace(content, buyer=evil), to_xml(replace(content, buyer=evil))) == ""


# Places whose texts are not compared: they carry no sum, day, number or id.
FREE = {
    "Content", "Description", "LineOne", "LineTwo", "CityName", "PostcodeCode", "CountryID",
    "PersonName", "CompleteNumber", "URIID", "Reason", "ReasonCode", "ExemptionReason",
    "PaymentReference", "BICID",
}  # fmt: skip
FREE_PARENTS = {
    "SpecifiedLegalOrganization", "BuyerTradeParty", "BuyerOrderReferencedDocument",
    "BusinessProcessSpecifiedDocumentContextParameter", "SpecifiedTradeSettlementPaymentMeans",
}  # fmt: skip


@pytest.mark.parametrize("name", ["ordinary", "cancellation", "outside_eu", "xrechnung"])
def test_whatever_changes_in_the_xml_is_found(name: str) -> None:
    content = EVERY[name]()
    xml = to_xml(content)
    changed = 0
    root = parsed(xml)
    for leaf in [each for each in root.iter() if len(each) == 0 and each.text]:
        tag, parent = etree.QName(leaf).localname, etree.QName(leaf.getparent()).localname
        text = leaf.text
        kept = tag in FREE or (
            parent in FREE_PARENTS and tag in ("ID", "IssuerAssignedID", "TypeCode")
        )
        if kept or text in ("VAT", "false"):
            continue
        last = text[-1]
        leaf.text = text[:-1] + (str((int(last) + 1) % 10) if last.isdigit() else last + "x")
        assert differs(content, etree.tostring(root)), f"{parent}/{tag}: {leaf.text}"
        leaf.text = text
        changed += 1
    assert changed > 30


def test_a_unit_an_attribute_or_a_row_too_many_is_found_as_well() -> None:
    content, xml = ordinary(), to_xml(ordinary())
    for old, new in (
        (b'unitCode="MIN"', b'unitCode="HUR"'),
        (b'format="102"', b'format="203"'),
        (b'schemeID="VA"', b'schemeID="FC"'),
        (b'currencyID="EUR"', b'currencyID="CHF"'),
    ):
        changed = xml.replace(old, new)
        assert changed != xml, old
        assert differs(content, changed), old
    free = invoice([cart(), line("Anfahrt", "1", "0", piece=True)])
    short = replace(free, lines=free.lines[:1])
    assert differs(short, to_xml(free)) == "line: 1 are wanted, 2 stand there"


def test_the_public_rules_let_a_wrong_vat_amount_pass_and_ours_do_not() -> None:
    content = ordinary()
    row = content.vat_lines[0]
    off = 90
    broken = replace(
        content,
        vat_lines=(replace(row, vat=row.vat + off),),
        vat=content.vat + off,
        gross=content.gross + off,
        payable=content.payable + off,
    )
    more = replace(content, gross=content.gross + 110, payable=content.payable + 110)
    passed, failed = schematron([to_xml(broken), to_xml(more)])
    assert passed == []
    assert any("BR-CO-15" in each for each in failed)
    assert "VAT of 19 percent" in wrong(broken)


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>
<x>&a;&b;</x>"""


@pytest.mark.parametrize("xml", [BOMB, b"", b"<x>", b"no xml", b"<!DOCTYPE x><x/>"])
def test_what_is_no_invoice_is_refused_when_read_again(xml: bytes) -> None:
    with pytest.raises(ValueError, match="the e-invoice"):
        differs(ordinary(), xml)


def test_a_draft_has_no_e_invoice() -> None:
    with pytest.raises(ValueError, match="BT-1"):
        to_xml(draft())


def test_all_that_a_format_of_ours_can_be_is_written() -> None:
    for case in Vat:
        for format_ in Format:
            rate = Decimal(19 if case is Vat.DOMESTIC else 0)
            content = invoice([cart(rate=rate)], format=format_, vat_case=case)
            assert differs(content, to_xml(content)) == ""
    assert {unit.value for unit in Unit} == {"MIN", "C62"}
