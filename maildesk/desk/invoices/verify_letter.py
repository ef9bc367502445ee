"""The letter of an invoice carries the very documents that were frozen: see `verify_one`."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.invoices.letters import once_key
from maildesk.desk.letters import FILES_MAX
from maildesk.mail import limits
from maildesk.mail.header import split
from maildesk.mail.mime import content, tree
from maildesk.store.tables import OutboundRow

PDF, XML = "application/pdf", "application/xml"


def letter_faults(session: Session, invoice_id: int, pdf: bytes, xml: bytes) -> Iterator[str]:
    """Give what differs between an invoice's cover mail and its documents.

    One without a mail (nobody was known) has no faults, nor one whose files fit into none.
    """
    mine = select(col(OutboundRow.raw)).where(col(OutboundRow.once_key) == once_key(invoice_id))
    raw = session.scalar(mine)
    if not raw:
        return
    head, body = split(raw, limits.HEADER_BLOCK, [])
    found = [
        (part.type, content(part, []))
        for part in tree(head, body, []).leaves()
        if part.type in (PDF, XML)
    ]
    right = {PDF: pdf, XML: xml}
    for type_, octets in found:
        if octets != right[type_]:
            yield f"the {'PDF' if type_ == PDF else 'XML'} in its letter is another one"
    if PDF not in dict(found) and len(pdf) + len(xml) <= FILES_MAX:
        yield "its letter has no PDF"
