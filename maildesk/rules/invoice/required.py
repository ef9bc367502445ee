"""What the law and EN 16931 still want before an invoice may be issued, as reasons.

§ 14 (4) UStG: full names and addresses of both, tax number or VAT id; PROCESS.md sections 3.4
and 3.6. Each ends in words with the key of the configuration, or the command, that mends it.
"""

import re
from collections.abc import Iterator

from stdnum import bic, iban

from maildesk.rules.billing.values import Vat
from maildesk.rules.billing.vat import is_vat_id
from maildesk.rules.invoice.content import Bank, Format, Party
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.why import Why

_MAIL = re.compile(r"[^@\s.]+(\.[^@\s.]+)*@[^@\s.]+(\.[^@\s.]+)+")  # BR-DE-28
_DIGITS = 3  # that a telephone number has at least (BR-DE-27)
# A German tax number: 10 or 11 digits as the states write it, 13 as the federation does.
_TAX_NUMBER = re.compile(r"[0-9]{10,11}|[0-9]{13}")
_BETWEEN = re.compile(r"[\s/.-]+")


def missing(seller: Party, bank: Bank, small_business: bool = False) -> tuple[Reason, ...]:
    """Return what is still wanted of the agency itself, whoever the customer is.

    `small_business` is one of § 19 UStG.
    """
    return tuple(_of_seller(seller, bank, small_business))


def missing_of_buyer(
    buyer: Party, seller: Party, vat: Vat, format_: Format, named: str, vat_checked: bool
) -> tuple[Reason, ...]:
    """Return what is still wanted for an invoice to one customer, of him and of the agency.

    `named` is what commands call him; `vat_checked` tells whether somebody looked up whether his
    VAT id is valid (§ 18e UStG).
    """
    found = [*_of_buyer(buyer, named)]
    if vat is Vat.REVERSE:
        found += _of_reverse(buyer, seller, named, vat_checked)
    if format_ is Format.XRECHNUNG:
        found += _of_xrechnung(buyer, seller, named)
    return tuple(found)


def _of_seller(seller: Party, bank: Bank, small_business: bool) -> Iterator[Reason]:
    for value, gap in (
        (seller.name, Why.NAME),
        (seller.street, Why.STREET),
        (seller.postcode, Why.POSTCODE),
        (seller.city, Why.CITY),
    ):
        if not value.strip():
            yield because(gap)
    if not seller.tax_number.strip() and not seller.vat_id.strip():
        yield because(Why.TAX_ID)
    elif small_business and not seller.tax_number.strip():
        yield because(Why.SMALL_TAX_NUMBER)
    if _is_no_tax_number(seller):
        yield because(Why.TAX_NUMBER_WRONG, number=seller.tax_number)
    if seller.vat_id.strip() and not is_vat_id(seller.vat_id):
        yield because(Why.VAT_ID_WRONG, vat_id=seller.vat_id)
    if not bank.iban.strip():
        yield because(Why.IBAN)
    elif not iban.is_valid(bank.iban, check_country=False):  # lists of banks change
        yield because(Why.IBAN_WRONG, iban=bank.iban)
    if bank.bic.strip() and not bic.is_valid(bank.bic):
        yield because(Why.BIC_WRONG, bic=bank.bic)


def _is_no_tax_number(seller: Party) -> bool:
    digits = _BETWEEN.sub("", seller.tax_number)
    return bool(digits) and seller.country == "DE" and not _TAX_NUMBER.fullmatch(digits)


def _of_buyer(buyer: Party, named: str) -> Iterator[Reason]:
    gaps = [
        option
        for value, option in (
            (buyer.street, "--street"), (buyer.postcode, "--postcode"), (buyer.city, "--city"),
        )
        if not value.strip()
    ]  # fmt: skip
    if gaps:
        options = " ".join(f"{option} …" for option in gaps)
        yield because(Why.ADDRESS, customer=named, options=options)
    if not buyer.country:
        yield because(Why.COUNTRY, customer=named)
    if not buyer.email:
        yield because(Why.RECIPIENT, customer=named)


def _of_reverse(buyer: Party, seller: Party, named: str, vat_checked: bool) -> Iterator[Reason]:
    if not seller.vat_id.strip():
        yield because(Why.OWN_VAT_ID)
    if not vat_checked:
        yield because(Why.VAT_ID_UNCHECKED, vat_id=buyer.vat_id, customer=named)


def _of_xrechnung(buyer: Party, seller: Party, named: str) -> Iterator[Reason]:
    if not seller.contact.strip():
        yield because(Why.CONTACT)
    if sum(sign.isdecimal() for sign in seller.phone) < _DIGITS:
        yield because(Why.PHONE)
    if not _MAIL.fullmatch(seller.email):
        yield because(Why.OWN_MAIL)
    if buyer.email and not _MAIL.fullmatch(buyer.email):
        yield because(Why.BUYER_MAIL, customer=named)
