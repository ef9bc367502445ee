"""What the standards of e-invoices still want of a content: EN 16931 and XRechnung.

These are the rules that a content of ours can break, written anew from PROCESS.md section 3.6;
the rest (BR-DE-10, 11, 20, 22 and the like) speaks of things that we never send. KoSIT's own
schematron is in no package registry, so it is not run anywhere here.
"""

import re
from collections.abc import Callable

from stdnum.de import leitweg

from maildesk.rules.billing.values import Vat
from maildesk.rules.girocode import is_iban
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent

# BR-DE-28: one @, no dot or blank beside it, none at an end.
_MAIL = re.compile(r"[^@\s.]+(\.[^@\s.]+)*@[^@\s.]+(\.[^@\s.]+)+")
_LIKE_LEITWEG = re.compile(r"[0-9]{1,12}(-[A-Z0-9]{1,30})?-[0-9]{2}")
_Rule = tuple[str, Callable[[InvoiceContent], bool], str]


def missing(content: InvoiceContent) -> tuple[str, ...]:
    """Return what the content's format still wants, a few words each, after the rule's name.

    EN 16931 is asked of every format, the rules of XRechnung 3.0 of Format.XRECHNUNG only. A
    number is not asked for: ask before one is reserved, for afterwards there is no way back.
    """
    rules = _EVERY + (_XRECHNUNG if content.format is Format.XRECHNUNG else ())
    return tuple(f"{rule}: {words}" for rule, holds, words in rules if not holds(content))


def seller_ids(content: InvoiceContent) -> dict[str, str]:
    """Return the ids of the seller that a document may carry, by their term; none is empty.

    BT-31 is the VAT id: not with category O (BR-O-02). BT-32 is the tax number and BT-30 the
    register. BT-29 is an id of any kind, needed where neither BT-30 nor BT-31 stands (BR-CO-26):
    the seller's number or else the tax number, by which every office here knows a seller.
    """
    seller = content.seller
    vat_id = "" if content.vat_case is Vat.OUTSIDE else seller.vat_id
    other = seller.number or ("" if vat_id or seller.register else seller.tax_number)
    ids = {"BT-29": other, "BT-30": seller.register, "BT-31": vat_id, "BT-32": seller.tax_number}
    return {term: value.strip() for term, value in ids.items() if value.strip()}


def _known_seller(content: InvoiceContent) -> bool:
    return bool(seller_ids(content).keys() & {"BT-29", "BT-30", "BT-31"})


def _taxed_seller(content: InvoiceContent) -> bool:
    taxed = seller_ids(content).keys() & {"BT-31", "BT-32"}
    return content.vat_case is Vat.OUTSIDE or bool(taxed)


def _good_leitweg(content: InvoiceContent) -> bool:
    reference = content.buyer.buyer_reference.strip().upper()
    return not _LIKE_LEITWEG.fullmatch(reference) or leitweg.is_valid(reference)


def _named_parties(content: InvoiceContent) -> bool:
    return bool(content.seller.name.strip() and content.buyer.name.strip())


def _reference(content: InvoiceContent) -> bool:
    return content.kind is not DocumentKind.CANCELLATION or content.cancels is not None


def _reverse(content: InvoiceContent) -> bool:
    return content.vat_case is not Vat.REVERSE or bool(content.buyer.vat_id)


_EVERY: tuple[_Rule, ...] = (
    ("BR-6, BR-7", _named_parties, "the names of seller and buyer"),
    ("BR-9", lambda c: bool(c.seller.country), "the seller's country"),
    ("BR-11", lambda c: bool(c.buyer.country), "the buyer's country"),
    ("BR-CO-26", _known_seller, "the seller's VAT id, tax number or register"),
    ("BR-S-2, BR-AE-2, BR-E-2", _taxed_seller, "the seller's VAT id or tax number"),
    ("BR-AE-2", _reverse, "the buyer's VAT id, as he owes the tax"),
    ("BR-50, BR-61", lambda c: bool(c.bank.iban), "the IBAN to pay to"),
    ("BR-55", _reference, "the invoice that is cancelled"),
)
_XRECHNUNG: tuple[_Rule, ...] = (
    ("BR-DE-3", lambda c: bool(c.seller.city.strip()), "the seller's city"),
    ("BR-DE-4", lambda c: bool(c.seller.postcode.strip()), "the seller's postcode"),
    ("BR-DE-5", lambda c: bool(c.seller.contact.strip()), "the name of a contact at the seller"),
    (
        "BR-DE-6, BR-DE-27",
        lambda c: sum(sign.isdecimal() for sign in c.seller.phone) >= 3,
        "the seller's telephone number",
    ),
    (
        "BR-DE-7, BR-DE-28, R020",
        lambda c: bool(_MAIL.fullmatch(c.seller.email)),
        "the seller's mail address",
    ),
    ("BR-DE-8", lambda c: bool(c.buyer.city.strip()), "the buyer's city"),
    ("BR-DE-9", lambda c: bool(c.buyer.postcode.strip()), "the buyer's postcode"),
    ("R010", lambda c: bool(_MAIL.fullmatch(c.buyer.email)), "the buyer's mail address"),
    (
        "BR-DE-15",
        lambda c: bool(c.buyer.buyer_reference.strip()),
        "the buyer's reference (Leitweg-ID)",
    ),
    ("Leitweg-ID", _good_leitweg, "the check digits of the Leitweg-ID are not right"),
    ("BR-DE-1, BR-DE-19", lambda c: is_iban(c.bank.iban), "an IBAN that is right"),
)
