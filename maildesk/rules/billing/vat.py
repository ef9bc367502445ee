"""Value added tax: which case a customer is, the rate of a day, and what the invoice must say.

PROCESS.md section 3.4; for a seller in the EU. What depends on the person (is the VAT id valid at
the BZSt, is the customer really a business) is somebody's decision and comes in as an argument.
"""

from datetime import date
from decimal import Decimal

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from maildesk.rules.billing.values import GERMAN_RATES as GERMAN_RATES
from maildesk.rules.billing.values import Vat

# Member states by ISO 3166-1. Northern Ireland (XI) is in the EU's VAT for goods only.
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
_CATEGORY = {Vat.DOMESTIC: "S", Vat.REVERSE: "AE", Vat.OUTSIDE: "O", Vat.SMALL: "E"}
# § 19 UStG has no code of its own in the list VATEX: there the sentence says it.
_EXEMPTION = {Vat.REVERSE: "VATEX-EU-AE", Vat.OUTSIDE: "VATEX-EU-O"}
_NOTE = {
    Vat.REVERSE: (
        "Steuerschuldnerschaft des Leistungsempfängers (§ 3a Abs. 2 UStG, Art. 196 MwStSystRL)",
        "Reverse charge: the recipient is liable for the VAT (Article 196 of Directive "
        "2006/112/EC)",
    ),
    Vat.OUTSIDE: (
        "Nicht steuerbar, § 3a Abs. 2 UStG",
        "Not subject to German VAT: the place of supply is abroad (§ 3a (2) UStG)",
    ),
    Vat.SMALL: (
        "Steuerfreier Umsatz eines Kleinunternehmers, § 19 UStG",
        "Exempt from VAT: supply by a small business, § 19 of the German VAT Act (UStG)",
    ),
}


def rate_on(day: date, rates: tuple[tuple[date, Decimal], ...] = GERMAN_RATES) -> Decimal:
    """Return the VAT rate in percent of a day of service, of rates by their first day, in order.

    Raises ValueError for a day before the first.
    """
    for first, rate in reversed(rates):
        if day >= first:
            return rate
    raise ValueError(f"no VAT rate is known for {day}")


def category(vat: Vat) -> str:
    """Return the VAT category of EN 16931 (BT-118, BT-151): S, AE, O or E."""
    return _CATEGORY[vat]


def exemption_code(vat: Vat) -> str:
    """Return the code of the list VATEX (BT-121), "" where there is none."""
    return _EXEMPTION.get(vat, "")


def note(vat: Vat, locale: str) -> str:
    """Return the sentence that the invoice must bear (BT-120), German for de; "" where none."""
    german, english = _NOTE.get(vat, ("", ""))
    return german if locale[:2].lower() == "de" else english


def case_of(
    country: str,
    vat_id: str,
    is_business: bool,
    seller_country: str = "DE",
    small_business: bool = False,
) -> Vat:
    """Return the VAT case of support work for a customer (PROCESS.md section 3.4).

    Countries are codes of ISO 3166-1. A doubtful case is DOMESTIC: VAT that was shown too much
    can be put right by a cancellation, VAT that is missing is paid by the agency.
    """
    home = seller_country.upper()
    at = country.strip().upper() or home  # an address without a country is one at home
    if small_business:
        return Vat.SMALL
    if at == home:
        return Vat.DOMESTIC
    if at in EU:
        is_abroad = is_vat_id(vat_id) and not compact_vat_id(vat_id).startswith(home)
        return Vat.REVERSE if is_business and is_abroad else Vat.DOMESTIC
    # Of private persons outside the EU only what § 3a (4) UStG lists is taxed at their home
    # (advice and data processing among it). Support is not always that: we charge.
    return Vat.OUTSIDE if is_business else Vat.DOMESTIC


def is_vat_id(text: str) -> bool:
    """Return whether a text has the form and check digits of a VAT id of an EU member state.

    Whether it was given to anybody, and to whom, only VIES and the BZSt know.
    """
    try:
        eu_vat.validate(text)
    except (ValidationError, ValueError):
        return False
    return True


def compact_vat_id(text: str) -> str:
    """Return a VAT id without blanks and dashes: "DE136695976". Other texts lose them too."""
    try:
        return eu_vat.compact(text)
    except (ValidationError, ValueError):
        return "".join(text.split()).upper()
