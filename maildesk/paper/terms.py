"""An invoice in the terms of EN 16931 (BT-1 and so on), as texts: what an e-invoice says.

Only the words change here, nothing is computed but the two sums that the content does not have
(BT-106, BT-107). PROCESS.md section 3.6 lists the terms.
"""

from typing import Any

from maildesk.paper.words import clean
from maildesk.rules.billing import vat
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.canonical import plain
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent, InvoiceLine, VatLine
from maildesk.rules.invoice.exact import HUNDRED, full_price
from maildesk.rules.invoice.xrechnung import seller_ids
from maildesk.rules.letters import is_german

# UNTDID 1001. A cancellation is a corrected invoice (384, "Rechnungskorrektur") and no credit note
# (381, "Gutschrift"): so it keeps the signs of what is stored and printed, every amount the exact
# negative of the original's, and is not called by a word that means something else in German law.
TYPE_CODES = {DocumentKind.INVOICE: "380", DocumentKind.CANCELLATION: "384"}
SEPA_TRANSFER = "58"  # UNTDID 4461
MAIL = "EM"  # the scheme of an electronic address that is a mail address
DISCOUNT = "95"  # UNTDID 5189


def terms(content: InvoiceContent) -> dict[str, Any]:
    """Return an invoice as terms: texts, days, lists and dicts; what is empty is left out."""
    discount = sum(row.discount for row in content.vat_lines)
    made = {
        "BT-1": content.number,
        "BT-2": content.issued_on,
        "BT-3": TYPE_CODES[content.kind],
        "BT-5": content.currency,
        "BT-9": content.due_on,
        "BT-10": content.buyer.buyer_reference,
        "BT-13": content.buyer.order_number,
        "BT-72": content.last_day,
        "BT-73": content.first_day,
        "BT-74": content.last_day,
        "BT-81": SEPA_TRANSFER,
        "BT-83": content.number,
        "BT-84": content.bank.iban,
        "BT-85": content.bank.holder,
        "BT-86": content.bank.bic,
        "BT-106": money(sum(line.net for line in content.lines)),
        "BT-107": money(discount) if discount else "",
        "BT-109": money(content.net),
        "BT-110": money(content.vat),
        "BT-112": money(content.gross),
        "BT-113": money(content.down_payment) if content.down_payment else "",
        "BT-115": money(content.payable),
        "BG-1": [{"BT-22": note} for note in _notes(content)],
        "BG-3": _cancelled(content),
        "BG-4": _seller(content),
        "BG-7": _buyer(content),
        "BG-20": [_discount(content, row) for row in content.vat_lines if row.discount],
        "BG-23": [_vat(content, row) for row in content.vat_lines],
        "BG-25": [_line(content, line) for line in content.lines],
    }
    cleaned: dict[str, Any] = _clean(made)
    return cleaned


def money(minor: int) -> str:
    """Return minor units as an amount with two decimals: "-71.25"."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // HUNDRED}.{abs(minor) % HUNDRED:02}"


def written(text: str) -> str:
    """Return a text as both papers show it: nothing unseen, nothing that XML cannot hold."""
    return clean(text).strip()


def item_name(line: InvoiceLine) -> str:
    """Return the name of a line's item (BT-153): the work itself, after its ticket's tag."""
    if not line.ticket or line.ticket in line.words:
        return line.words
    return f"{line.ticket}: {line.words}"


def _notes(content: InvoiceContent) -> list[str]:
    reason = content.cancels.reason if content.cancels else ""
    return [
        note
        for note in (content.intro, reason, *content.notes, *content.credits, content.outro)
        if written(note)
    ]


def _cancelled(content: InvoiceContent) -> list[dict[str, Any]]:
    if content.cancels is None:
        return []
    return [{"BT-25": content.cancels.number, "BT-26": content.cancels.issued_on}]


def _seller(content: InvoiceContent) -> dict[str, Any]:
    seller, ids = content.seller, seller_ids(content)
    contact = {"name": seller.contact, "phone": seller.phone, "email": seller.email}
    return _address(content, "seller") | {
        "identifiers": {None: ids.get("BT-29", "")},
        "legal_identifier": ids.get("BT-30", ""),
        "vat_identifier": ids.get("BT-31", ""),
        "tax_identifier": ids.get("BT-32", ""),
        "contacts": [contact] if seller.contact or seller.phone else [],
    }


def _buyer(content: InvoiceContent) -> dict[str, Any]:
    buyer = content.buyer
    return _address(content, "buyer") | {
        "identifiers": {None: buyer.number},
        "legal_identifier": buyer.register,
        # BR-O-02: not with category O
        "vat_identifier": "" if content.vat_case is Vat.OUTSIDE else buyer.vat_id,
    }


def _address(content: InvoiceContent, side: str) -> dict[str, Any]:
    party = getattr(content, side)
    return {
        "name": party.name,
        "addr_l1": party.street,
        "addr_l2": party.line2,
        "postcode": party.postcode,
        "city": party.city,
        "country_code": party.country,
        "einvoicing_addr": party.email,
        "einvoicing_addr_schemeid": MAIL if party.email else "",
    }


def _discount(content: InvoiceContent, row: VatLine) -> dict[str, Any]:
    return _allowance(
        content.language, row.discount, row.net + row.discount, plain(content.discount_percent)
    ) | {
        "vat_category_code": vat.category(content.vat_case),
        "vat_rate": _rate(content, plain(row.rate)),
    }


def _allowance(language: str, amount: int, base: int, percent: str) -> dict[str, Any]:
    german = is_german(language)
    reason = f"Rabatt {percent.replace('.', ',')} %" if german else f"Discount {percent} %"
    return {
        "amount": money(amount),
        "base_amount": money(base),
        "rate": percent,
        "reason": reason,
        "reason_code": DISCOUNT,
    }


def _vat(content: InvoiceContent, row: VatLine) -> dict[str, Any]:
    case = content.vat_case
    taxed = case is Vat.DOMESTIC
    return {
        "BT-116": money(row.net),
        "BT-117": money(row.vat),
        "BT-118": vat.category(case),
        "BT-119": plain(row.rate),  # with category O too: BR-DE-14 wants it, EN 16931 allows it
        "BT-120": "" if taxed else vat.note(case, content.language),
        "BT-121": "" if taxed else vat.exemption_code(case),
    }


def _line(content: InvoiceContent, line: InvoiceLine) -> dict[str, Any]:
    discount = _allowance(
        content.language, line.discount, full_price(line), plain(line.discount_percent)
    )
    return {
        "BT-126": str(line.position),
        "BT-129": plain(line.quantity),
        "BT-130": line.unit.value,
        "BT-131": money(line.net),
        "BT-134": line.first_day or line.last_day or "",
        "BT-135": line.last_day or line.first_day or "",
        "BT-146": plain(line.price),
        "BT-149": "" if line.price_base == 1 else str(line.price_base),
        "BT-151": vat.category(content.vat_case),
        "BT-152": _rate(content, plain(line.vat_rate)),
        "BT-153": item_name(line),
        "BT-154": line.detail,
        "BG-27": [discount] if line.discount else [],
    }


def _rate(content: InvoiceContent, rate: str) -> str:
    """Return the rate of a line or a discount; with category O it has none (BR-O-05, BR-O-06)."""
    return "" if content.vat_case is Vat.OUTSIDE else rate


def _clean(value: Any) -> Any:
    """Return terms with writable texts, without those that are empty (PEPPOL-EN16931-R008)."""
    if isinstance(value, str):
        return written(value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        cleaned = {key: _clean(each) for key, each in value.items()}
        return {key: each for key, each in cleaned.items() if each not in ("", [], {})}
    return value
