"""The agency as its invoices name it, and what the law still wants of it."""

from datetime import date
from decimal import Decimal

from maildesk.config import Site
from maildesk.config.billing import Agency
from maildesk.rules.billing.vat import GERMAN_RATES, compact_vat_id
from maildesk.rules.invoice import required
from maildesk.rules.invoice.content import Bank, Party
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.why import Why


def is_set_up(site: Site) -> bool:
    """Tell whether anything is said of the agency: else the desk bills elsewhere."""
    return site.agency != Agency()


def missing(site: Site) -> tuple[Reason, ...]:
    """Return what is to be set before any invoice may be issued."""
    agency = site.agency
    found = required.missing(seller_of(site), bank_of(site), agency.small_business)
    if not agency.small_business and not rates_of(site):
        found += (because(Why.RATES, country=agency.country),)
    return found


def seller_of(site: Site) -> Party:
    """Return the agency as the seller on its invoices; its mail address is the desk's else."""
    agency = site.agency
    return Party(
        name=agency.name.strip(),
        line2=agency.line2.strip(),
        street=agency.street.strip(),
        postcode=agency.postcode.strip(),
        city=agency.city.strip(),
        country=agency.country,
        vat_id=compact_vat_id(agency.vat_id) if agency.vat_id.strip() else "",
        tax_number=agency.tax_number.strip(),
        register=agency.register_number.strip(),
        email=agency.email.strip() or site.desk.address,
        contact=agency.contact.strip(),
        phone=agency.phone.strip(),
    )


def bank_of(site: Site) -> Bank:
    """Return where the agency wants to be paid; the holder is itself if no other is named."""
    agency = site.agency
    return Bank(
        holder=agency.account_holder.strip() or agency.name.strip(),
        iban="".join(agency.iban.split()).upper(),
        bic="".join(agency.bic.split()).upper(),
        name=agency.bank.strip(),
    )


def rates_of(site: Site) -> tuple[tuple[date, Decimal], ...]:
    """Return the VAT rates by their first day: the German ones, and those of the configuration.

    Of an agency elsewhere only the latter; () where there are none.
    """
    known = dict(GERMAN_RATES) if site.agency.country == "DE" else {}
    return tuple(sorted((known | site.billing.vat).items()))
