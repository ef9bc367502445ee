"""The finished documents of an invoice: the pages, and the XML that is the invoice in law."""

from dataclasses import dataclass

from maildesk.paper.look import Look
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent
from maildesk.rules.invoice.exact import wrong


@dataclass(frozen=True, slots=True)
class Document:
    """What is frozen and sent: PDF/A-3b, and the XML, which Format.ZUGFERD has inside it too."""

    pdf: bytes
    xml: bytes


def build(content: InvoiceContent, look: Look) -> Document:
    """Return the documents of an invoice; the same content and look give the same octets.

    With Format.XRECHNUNG the XML is the invoice and the PDF a copy to read, without XML inside.
    A time sheet by itself has no XML (b"").

    Raises ValueError, with a sentence, where the content does not add up, lacks what EN 16931
    must have, or the XML made of it does not say the same again: then nothing may be issued.
    Raises press.Unprintable where the pages cannot be made.
    """
    # Who waits for documents of other processes needs nothing of what makes them.
    from maildesk.paper.einvoice import to_xml
    from maildesk.paper.embed import embedding
    from maildesk.paper.pages import to_pdf
    from maildesk.paper.same import differs
    from maildesk.paper.schema import misshapen

    if content.kind is DocumentKind.TIMESHEET:
        return Document(to_pdf(content, look), b"")
    if fault := wrong(content):
        raise ValueError(f"the invoice {content.number} does not add up: {fault}")
    xml = to_xml(content)
    if fault := differs(content, xml) or misshapen(xml):
        raise ValueError(f"the e-invoice of {content.number} is not right: {fault}")
    finish = embedding(xml, content) if content.format is Format.ZUGFERD else None
    return Document(to_pdf(content, look, finish), xml)


def draft(content: InvoiceContent, look: Look) -> Document:
    """Return the pages of a draft, marked as one, without an XML: it is no invoice.

    Raises ValueError for a content with a number, and press.Unprintable as `build` does.
    """
    from maildesk.paper.pages import to_pdf

    if content.number:
        raise ValueError(f"{content.number} is issued, and no draft")
    return Document(to_pdf(content, look), b"")
