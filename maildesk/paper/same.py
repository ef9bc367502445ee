"""The e-invoice read again: does it say exactly what the content says?

The XML is the original that the tax office reads; whatever a writer or a library does wrong, or
does otherwise after an update, is found here before the document leaves its maker.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from maildesk.paper.einvoice import PROFILES
from maildesk.paper.terms import TYPE_CODES, item_name, money, written
from maildesk.rules.billing import vat
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.canonical import plain
from maildesk.rules.invoice.content import InvoiceContent, InvoiceLine, VatLine
from maildesk.rules.invoice.exact import full_price
from maildesk.rules.invoice.xrechnung import seller_ids

_UN = "urn:un:unece:uncefact:data:standard"
_NAMES = {
    "rsm": f"{_UN}:CrossIndustryInvoice:100",
    "ram": f"{_UN}:ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UN}:UnqualifiedDataType:100",
    "qdt": f"{_UN}:QualifiedDataType:100",
}
_AGREED = "//ram:ApplicableHeaderTradeAgreement"
_SETTLED = "//ram:ApplicableHeaderTradeSettlement"
_TOTAL = f"{_SETTLED}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
_ACCOUNT = f"{_SETTLED}/ram:SpecifiedTradeSettlementPaymentMeans"
_DAY = "udt:DateTimeString[@format='102']"
Wanted = tuple[str, str, str]  # what it is, where it stands, what should stand there


def parsed(xml: bytes) -> "etree._Element":
    """Return the root of a document: no entities, no network. Raises ValueError for bad XML."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the e-invoice is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise ValueError("the e-invoice has a document type: none of ours has")
    return root


def differs(content: InvoiceContent, xml: bytes) -> str:
    """Return the first place where an e-invoice says another thing than its content; "" is: none.

    Numbers, days, parties' ids, the account and every amount, quantity, price, rate and discount
    are compared; amounts as numbers, so 95 and 95.00 are the same. Raises ValueError for what is
    no XML.
    """
    root = parsed(xml)
    return next(_differences(content, root), "")


def _differences(content: InvoiceContent, root: "etree._Element") -> Iterator[str]:
    yield from _compare("", root, _head(content))
    yield from _compare("", root, _totals(content))
    yield from _rows(root, "line", "//ram:IncludedSupplyChainTradeLineItem", [
        _line(content, line) for line in content.lines
    ])  # fmt: skip
    yield from _rows(root, "VAT", f"{_SETTLED}/ram:ApplicableTradeTax", [
        _vat(content, row) for row in content.vat_lines
    ])  # fmt: skip
    yield from _rows(root, "discount", f"{_SETTLED}/ram:SpecifiedTradeAllowanceCharge", [
        _discount(content, row) for row in content.vat_lines if row.discount
    ])  # fmt: skip


def _rows(
    root: "etree._Element", name: str, where: str, wanted: list[list[Wanted]]
) -> Iterator[str]:
    found = root.xpath(where, namespaces=_NAMES)
    if len(found) != len(wanted):
        yield f"{name}: {len(wanted)} are wanted, {len(found)} stand there"
    for at, (row, wants) in enumerate(zip(found, wanted, strict=False), 1):
        yield from _compare(f"{name} {at}, ", row, wants)


def _compare(prefix: str, node: "etree._Element", wanted: list[Wanted]) -> Iterator[str]:
    for name, where, value in wanted:
        found = [each.text or "" for each in node.xpath(where, namespaces=_NAMES)]
        want = written(value)
        if not _same(found, [want] if want else []):
            yield f"{prefix}{name}: {want!r} is wanted, {', '.join(found) or 'nothing'!r} stands there"


def _same(found: list[str], wanted: list[str]) -> bool:
    try:
        return [Decimal(each) for each in found] == [Decimal(each) for each in wanted]
    except ArithmeticError:
        return found == wanted


def _head(content: InvoiceContent) -> list[Wanted]:
    ids = seller_ids(content)
    buyer_vat = "" if content.vat_case is Vat.OUTSIDE else content.buyer.vat_id
    seller, buyer = f"{_AGREED}/ram:SellerTradeParty", f"{_AGREED}/ram:BuyerTradeParty"
    before = content.cancels
    past = f"{_SETTLED}/ram:InvoiceReferencedDocument"
    tax = "ram:SpecifiedTaxRegistration/ram:ID"
    return [
        (
            "profile",
            "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
            PROFILES[content.format],
        ),
        ("number", "/*/rsm:ExchangedDocument/ram:ID", content.number),
        ("type", "/*/rsm:ExchangedDocument/ram:TypeCode", TYPE_CODES[content.kind]),
        (
            "issue date",
            f"/*/rsm:ExchangedDocument/ram:IssueDateTime/{_DAY}",
            _day(content.issued_on),
        ),
        ("due date", f"{_SETTLED}//ram:DueDateDateTime/{_DAY}", _day(content.due_on)),
        *_period(f"{_SETTLED}/", content.first_day, content.last_day),
        (
            "day of service",
            f"//ram:ActualDeliverySupplyChainEvent//{_DAY}",
            _day(content.last_day),
        ),
        ("currency", f"{_SETTLED}/ram:InvoiceCurrencyCode", content.currency),
        ("seller", f"{seller}/ram:Name", content.seller.name),
        ("seller's VAT id", f"{seller}/{tax}[@schemeID='VA']", ids.get("BT-31", "")),
        ("seller's tax number", f"{seller}/{tax}[@schemeID='FC']", ids.get("BT-32", "")),
        ("buyer", f"{buyer}/ram:Name", content.buyer.name),
        ("buyer's VAT id", f"{buyer}/{tax}[@schemeID='VA']", buyer_vat),
        ("buyer's reference", f"{_AGREED}/ram:BuyerReference", content.buyer.buyer_reference),
        ("IBAN", f"{_ACCOUNT}//ram:IBANID", content.bank.iban),
        ("holder", f"{_ACCOUNT}//ram:AccountName", content.bank.holder),
        ("cancelled invoice", f"{past}/ram:IssuerAssignedID", before.number if before else ""),
        (
            "its date",
            f"{past}//qdt:DateTimeString[@format='102']",
            _day(before.issued_on if before else None),
        ),
    ]


def _totals(content: InvoiceContent) -> list[Wanted]:
    discount = sum(row.discount for row in content.vat_lines)
    lines = sum(line.net for line in content.lines)
    vat_total = f"ram:TaxTotalAmount[@currencyID='{content.currency}']"
    return [
        ("lines in all", f"{_TOTAL}/ram:LineTotalAmount", money(lines)),
        ("discounts in all", f"{_TOTAL}/ram:AllowanceTotalAmount", _any(discount)),
        ("charges in all", f"{_TOTAL}/ram:ChargeTotalAmount", ""),
        ("net in all", f"{_TOTAL}/ram:TaxBasisTotalAmount", money(content.net)),
        ("VAT in all", f"{_TOTAL}/{vat_total}", money(content.vat)),
        ("rounding", f"{_TOTAL}/ram:RoundingAmount", ""),
        ("gross in all", f"{_TOTAL}/ram:GrandTotalAmount", money(content.gross)),
        ("paid before", f"{_TOTAL}/ram:TotalPrepaidAmount", _any(content.down_payment)),
        ("payable", f"{_TOTAL}/ram:DuePayableAmount", money(content.payable)),
    ]


def _line(content: InvoiceContent, line: InvoiceLine) -> list[Wanted]:
    unit, quantity = line.unit.value, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"
    price = "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice"
    settled = "ram:SpecifiedLineTradeSettlement"
    base = "" if line.price_base == 1 else str(line.price_base)
    first, last = line.first_day or line.last_day, line.last_day or line.first_day
    wanted = [
        ("number", "ram:AssociatedDocumentLineDocument/ram:LineID", str(line.position)),
        ("words", "ram:SpecifiedTradeProduct/ram:Name", item_name(line)),
        ("quantity", f"{quantity}[@unitCode='{unit}']", plain(line.quantity)),
        ("price", f"{price}/ram:ChargeAmount", plain(line.price)),
        ("price base", f"{price}/ram:BasisQuantity[@unitCode='{unit}']", base),
        ("net", f"{settled}//ram:LineTotalAmount", money(line.net)),
        *_tax(content, f"{settled}/ram:ApplicableTradeTax", line.vat_rate),
        *_period(f"{settled}/", first, last),
    ]
    allowance = f"{settled}/ram:SpecifiedTradeAllowanceCharge"
    base_amount = full_price(line) if line.discount else 0
    percent = line.discount_percent if line.discount else None
    return wanted + _allowance(f"{allowance}/", line.discount, base_amount, percent)


def _vat(content: InvoiceContent, row: VatLine) -> list[Wanted]:
    taxed = content.vat_case is Vat.DOMESTIC
    code = "" if taxed else vat.exemption_code(content.vat_case)
    return [
        ("net", "ram:BasisAmount", money(row.net)),
        ("amount", "ram:CalculatedAmount", money(row.vat)),
        ("category", "ram:CategoryCode", vat.category(content.vat_case)),
        ("rate", "ram:RateApplicablePercent", plain(row.rate)),
        ("exemption", "ram:ExemptionReasonCode", code),
    ]


def _discount(content: InvoiceContent, row: VatLine) -> list[Wanted]:
    base = row.net + row.discount
    return [
        *_allowance("", row.discount, base, content.discount_percent),
        *_tax(content, "ram:CategoryTradeTax", row.rate),
    ]


def _allowance(where: str, amount: int, base: int, percent: Decimal | None) -> list[Wanted]:
    return [
        ("discount", f"{where}ram:ActualAmount", _any(amount)),
        ("discount of", f"{where}ram:BasisAmount", _any(base)),
        ("percent", f"{where}ram:CalculationPercent", "" if percent is None else plain(percent)),
    ]


def _tax(content: InvoiceContent, where: str, rate: Decimal) -> list[Wanted]:
    known = "" if content.vat_case is Vat.OUTSIDE else plain(rate)
    return [
        ("VAT category", f"{where}/ram:CategoryCode", vat.category(content.vat_case)),
        ("VAT rate", f"{where}/ram:RateApplicablePercent", known),
    ]


def _period(where: str, first: date | None, last: date | None) -> list[Wanted]:
    period = f"{where}ram:BillingSpecifiedPeriod"
    return [
        ("first day", f"{period}/ram:StartDateTime/{_DAY}", _day(first)),
        ("last day", f"{period}/ram:EndDateTime/{_DAY}", _day(last)),
    ]


def _any(minor: int) -> str:
    return money(minor) if minor else ""


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
