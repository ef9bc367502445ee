"""What the law and EN 16931 still want before an invoice may be issued, in plain sentences.

§ 14 (4) UStG: full names and addresses of both, tax number or VAT id; PROCESS.md sections 3.4
and 3.6. Each sentence ends with the key of the configuration, or the command, that mends it.
"""

import re
from collections.abc import Iterator

from stdnum import bic, iban

from maildesk.rules.billing.values import Vat
from maildesk.rules.billing.vat import is_vat_id
from maildesk.rules.invoice.content import Bank, Format, Party

_MAIL = re.compile(r"[^@\s.]+(\.[^@\s.]+)*@[^@\s.]+(\.[^@\s.]+)+")  # BR-DE-28
_DIGITS = 3  # that a telephone number has at least (BR-DE-27)
# A German tax number: 10 or 11 digits as the states write it, 13 as the federation does.
_TAX_NUMBER = re.compile(r"[0-9]{10,11}|[0-9]{13}")
_BETWEEN = re.compile(r"[\s/.-]+")


def missing(seller: Party, bank: Bank, small_business: bool = False) -> tuple[str, ...]:
    """Return what is still wanted of the agency itself, whoever the customer is.

    `small_business` is one of § 19 UStG.
    """
    return tuple(_of_seller(seller, bank, small_business))


def missing_of_buyer(
    buyer: Party, seller: Party, vat: Vat, format_: Format, named: str, vat_checked: bool
) -> tuple[str, ...]:
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


def _of_seller(seller: Party, bank: Bank, small_business: bool) -> Iterator[str]:
    for value, words, key in (
        (seller.name, "the full name of the business", "name"),
        (seller.street, "its street and number", "street"),
        (seller.postcode, "its postcode", "postcode"),
        (seller.city, "its city", "city"),
    ):
        if not value.strip():
            yield f"{words}, which § 14 (4) UStG wants on every invoice; set agency.{key}"
    if not seller.tax_number.strip() and not seller.vat_id.strip():
        yield "a tax number or a VAT id (§ 14 (4) UStG); set agency.tax_number or agency.vat_id"
    elif small_business and not seller.tax_number.strip():
        yield (
            "the tax number, which a small business of § 19 UStG is known by (§ 34a UStDV);"
            " set agency.tax_number"
        )
    if _is_no_tax_number(seller):
        yield (
            f"a tax number that is right: {seller.tax_number!r} has not the 10 to 13 digits of a"
            " German one, such as 214/5312/0481; mend agency.tax_number"
        )
    if seller.vat_id.strip() and not is_vat_id(seller.vat_id):
        yield f"a VAT id that is right: {seller.vat_id!r} is mistyped; mend agency.vat_id"
    if not bank.iban.strip():
        yield "the account to pay to (EN 16931, BT-84); set agency.iban"
    elif not iban.is_valid(bank.iban, check_country=False):  # lists of banks change
        yield f"an IBAN that is right: {bank.iban!r} is mistyped; mend agency.iban"
    if bank.bic.strip() and not bic.is_valid(bank.bic):
        yield f"a BIC that is right: {bank.bic!r} is mistyped; mend agency.bic or leave it out"


def _is_no_tax_number(seller: Party) -> bool:
    digits = _BETWEEN.sub("", seller.tax_number)
    return bool(digits) and seller.country == "DE" and not _TAX_NUMBER.fullmatch(digits)


def _of_buyer(buyer: Party, named: str) -> Iterator[str]:
    gaps = [
        option
        for value, option in (
            (buyer.street, "--street"), (buyer.postcode, "--postcode"), (buyer.city, "--city"),
        )
        if not value.strip()
    ]  # fmt: skip
    if gaps:
        yield (
            "the customer's full address (§ 14 (4) UStG);"
            f" {_command(named)} {' '.join(f'{option} …' for option in gaps)}`"
        )
    if not buyer.country:
        yield f"the customer's country; {_command(named)} --country DE`"
    if not buyer.email:
        yield (
            "an address to mail the invoice to: the customer has neither contacts nor one for"
            f" invoices; {_command(named)} --email …`"
        )


def _of_reverse(buyer: Party, seller: Party, named: str, vat_checked: bool) -> Iterator[str]:
    if not seller.vat_id.strip():
        yield (
            "the agency's own VAT id: where the customer owes the tax, both stand on the invoice"
            " (§ 14a (1) UStG); set agency.vat_id"
        )
    if not vat_checked:
        yield (
            f"a check of the VAT id {buyer.vat_id}, as no VAT is charged (§ 18e UStG): ask VIES or"
            f' the BZSt, then {_command(named)} --vat-checked "valid, name agrees"`'
        )


def _of_xrechnung(buyer: Party, seller: Party, named: str) -> Iterator[str]:
    if not seller.contact.strip():
        yield "somebody to ask, as XRechnung wants it (BR-DE-5); set agency.contact"
    if sum(sign.isdecimal() for sign in seller.phone) < _DIGITS:
        yield "a telephone number, as XRechnung wants it (BR-DE-6); set agency.phone"
    if not _MAIL.fullmatch(seller.email):
        yield "a mail address, as XRechnung wants it (BR-DE-7); set agency.email"
    if buyer.email and not _MAIL.fullmatch(buyer.email):
        yield (
            "a mail address of the customer that XRechnung takes;"
            f" {_command(named)} --email rechnung@amt.example`"
        )


def _command(named: str) -> str:
    return f"`maildesk customer billing {named}"
