"""The XML of an e-invoice: one writer for each format, so that another can take its place.

Both are UN/CEFACT Cross Industry Invoices: Factur-X 1.09 (ZUGFeRD 2.4), profile EN 16931, and
XRechnung 3.0. XRechnung 4.0 is announced and will be another writer (PROCESS.md section 3.6).
"""

import logging
from collections.abc import Callable

import facturx
from lxml import etree

from maildesk.paper.terms import terms
from maildesk.rules.invoice.content import Format, InvoiceContent

PROFILES = {
    Format.ZUGFERD: "urn:cen.eu:en16931:2017",
    Format.XRECHNUNG: "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
}
LEVEL = "en16931"
# BT-23: XRechnung took it over from Peppol (PEPPOL-EN16931-R001).
_BILLING_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

logging.getLogger("factur-x").setLevel(logging.ERROR)  # it tells of every document that it makes


def to_xml(content: InvoiceContent) -> bytes:
    """Return the XML of an invoice in its format; the same content always gives the same octets.

    Raises ValueError where the content lacks what EN 16931 must have, such as a number.
    """
    return _WRITERS[content.format](content)


def _zugferd(content: InvoiceContent) -> bytes:
    return _written(terms(content))


def _xrechnung(content: InvoiceContent) -> bytes:
    """Write a Factur-X invoice under the name of XRechnung: factur-x knows its own profiles only."""
    xml = _written(terms(content) | {"BT-23": _BILLING_PROCESS})
    named, ours = (f"<ram:ID>{PROFILES[each]}</ram:ID>".encode() for each in PROFILES)
    if named not in xml:
        raise ValueError("the e-invoice has no profile that could be named XRechnung")
    return xml.replace(named, ours, 1)  # the head of the document is where it stands first


def _written(made: dict[str, object]) -> bytes:
    try:
        xml: bytes = facturx.generate_cii_xml(
            made, level=LEVEL, check_xsd=False, check_schematron=False
        )
    except (KeyError, TypeError, etree.LxmlError) as error:
        raise ValueError(f"the e-invoice lacks something that it must have: {error!r}") from error
    return xml


_WRITERS: dict[Format, Callable[[InvoiceContent], bytes]] = {
    Format.ZUGFERD: _zugferd,
    Format.XRECHNUNG: _xrechnung,
}
