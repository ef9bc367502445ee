"""An e-invoice put into its pages: Factur-X / ZUGFeRD in PDF/A-3, always the same octets.

factur-x embeds the XML and writes the XMP that names it; it takes the time from the clock, so all
moments are set anew here: a document is dated by its issue, and can be made again to the octet.
"""

import re
from datetime import UTC, datetime, time
from io import BytesIO

import facturx
from pypdf import PdfWriter
from pypdf.generic import StreamObject

from maildesk.paper.einvoice import LEVEL
from maildesk.paper.words import clean
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent
from maildesk.rules.letters import is_german

NAME = "factur-x.xml"
MAKER = "maildesk"
_XMP_MOMENT = re.compile(rb"(<xmp:(?:Create|Modify)Date>)[^<]*(</xmp:)")
_XMP_TOOL = re.compile(rb"(<xmp:CreatorTool>)[^<]*(</xmp:)")
_TITLES = {
    DocumentKind.INVOICE: ("Rechnung", "Invoice"),
    DocumentKind.CANCELLATION: ("Stornorechnung", "Cancellation invoice"),
}


def embedded(pdf: bytes, xml: bytes, content: InvoiceContent) -> bytes:
    """Return PDF/A-3b pages with the XML inside as factur-x.xml, the profile EN 16931.

    The XML is an alternative form of what the pages show, as ZUGFeRD wants it in Germany for
    this profile. Moments are midnight UTC of the day of issue.
    """
    hybrid = facturx.generate_from_binary(
        pdf,
        xml,
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,
        check_schematron=False,
        pdf_metadata=_metadata(content),
        lang=content.language,
        afrelationship="alternative",
    )
    return _dated(hybrid, datetime.combine(content.issued_on, time(), UTC))


def _metadata(content: InvoiceContent) -> dict[str, str]:
    kind = _TITLES[content.kind][0 if is_german(content.language) else 1]
    title = f"{kind} {content.number}"
    seller = clean(content.seller.name)
    return {
        "author": seller,
        "title": title,
        "subject": f"{seller}: {title}, {content.issued_on.isoformat()}",
        "keywords": f"{kind}, Factur-X, ZUGFeRD",
    }


def _dated(pdf: bytes, moment: datetime) -> bytes:
    writer = PdfWriter(clone_from=BytesIO(pdf))
    for attached in writer.attachment_list:
        attached.modification_date = moment
    stamp = f"{moment:D:%Y%m%d%H%M%S}+00'00'"
    writer.add_metadata({"/CreationDate": stamp, "/ModDate": stamp, "/Creator": MAKER})
    # Readers would open with a list of attachments beside the page; most people want the page.
    writer.page_mode = "/UseNone"
    xmp = writer.root_object["/Metadata"].get_object()
    if not isinstance(xmp, StreamObject):
        raise TypeError("the pages have no XMP metadata: they are not PDF/A")
    said = f"{moment:%Y-%m-%dT%H:%M:%S}+00:00".encode()
    words = _XMP_MOMENT.sub(rb"\g<1>" + said + rb"\g<2>", xmp.get_data())
    xmp.set_data(_XMP_TOOL.sub(rb"\g<1>" + MAKER.encode() + rb"\g<2>", words))
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
