"""A numbered invoice gets its documents: built outside any transaction, frozen in a short one."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from maildesk.desk.act import TRIES
from maildesk.desk.apply import POST, apply
from maildesk.desk.context import Desk
from maildesk.desk.invoices import journal
from maildesk.desk.invoices.letters import letters_for
from maildesk.desk.invoices.settled import closing, is_settled, waiting
from maildesk.desk.invoices.written import issued_detail
from maildesk.desk.people import Refused
from maildesk.desk.rows import Acted, Changed, Written
from maildesk.mail.message import Address
from maildesk.paper.einvoice import to_xml
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice import canonical, exact
from maildesk.rules.invoice.content import DocumentKind
from maildesk.rules.invoice.journal import What
from maildesk.rules.invoice.reasons import because
from maildesk.rules.invoice.why import Why
from maildesk.store import invoices
from maildesk.store.invoice_tables import DocumentRow, InvoiceRow
from maildesk.store.invoices import InvoiceFacts

if TYPE_CHECKING:
    from maildesk.paper.document import Document
    from maildesk.paper.look import Look


class Maker(Protocol):
    """Whoever makes documents of contents: `makers.Makers`, in processes of its own."""

    def make(self, octets: bytes, look: "Look") -> "Future[Document]":
        """Begin to make the documents of a content in its canonical form."""


def build(invoice: InvoiceFacts, makers: Maker, look: "Look") -> "Document":
    """Return the documents of an invoice with a number.

    Raises Refused where the sums or the XML are not those of its content; else what the makers
    raise.
    """
    content = canonical.content_of(invoice.content)
    if wrong := exact.wrong(content):
        raise Refused(because(Why.NUMBERED_SUMS, number=invoice.number or "", error=wrong))
    document = makers.make(invoice.content, look).result()
    if document.xml != to_xml(content):
        raise Refused(because(Why.NUMBERED_XML, number=invoice.number or ""))
    return document


def freeze(
    desk: Desk,
    invoice: InvoiceFacts,
    document: "Document",
    letters: Sequence[dict[str, Any]],
    actor: str,
    now: datetime,
) -> bool:
    """Keep the documents for good and queue the letters; True if nobody else had done so before.

    All of it or nothing, once. An invoice on which nothing is left to pay is paid with it, and
    its tickets are closed (T42).
    """
    is_paid = is_settled(invoice.kind, invoice.payable_minor, 0)

    def write(session: Session) -> None:
        _keep(session, invoice, document, ("issued", "paid") if is_paid else ("issued",), now)
        if letters:
            session.connection().execute(POST, list(letters))
        detail = issued_detail(invoice.number or "", invoice.content, document.pdf, document.xml)
        journal.append(session, now, actor, What.ISSUED, invoice.id, detail)

    for attempt in range(1, TRIES + 1):
        closes: tuple[TicketFacts, ...] = ()
        if is_paid:
            with desk.db.read() as session:
                closes = waiting(session, invoice.id)
        facts, plan = closing(closes)
        try:
            apply(desk.db, [Acted(actor, facts, plan, Written(), also=(write,))], now)
        except _Before:
            return False
        except Changed:
            if attempt == TRIES:
                raise
        else:
            return True
    return False


def letters_of(
    desk: Desk, invoice: InvoiceFacts, document: "Document", now: datetime
) -> tuple[dict[str, Any], ...]:
    """Return the letter with the documents; none where nobody knows an address."""
    content = canonical.content_of(invoice.content)
    if not content.buyer.email:
        return ()
    to, back = Address(content.buyer.name, content.buyer.email), None
    if content.kind is DocumentKind.CANCELLATION and invoice.cancels_id is not None:
        with desk.db.read() as session:
            back = invoices.paid(session, invoice.cancels_id)
    return letters_for(desk, invoice.id, content, document, to, now, back)


class _Before(Exception):
    """It has its documents already."""


def _keep(
    session: Session,
    invoice: InvoiceFacts,
    document: "Document",
    states: tuple[str, ...],
    now: datetime,
) -> None:
    """Write the documents, and move the invoice on through some states."""
    mine = select(col(InvoiceRow.state)).where(col(InvoiceRow.id) == invoice.id)
    if session.scalar(mine.with_for_update()) != "issuing":
        raise _Before
    kept = insert(DocumentRow).values(
        invoice_id=invoice.id, pdf=document.pdf, xml=document.xml, frozen_at=now
    )
    session.execute(kept)  # while it is issuing: later the database refuses it
    for state in states:
        row = update(InvoiceRow).where(col(InvoiceRow.id) == invoice.id)
        session.execute(row.values(state=state))
