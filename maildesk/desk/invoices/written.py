"""What is written down of an invoice beside its content, in one form: to write it, to check it."""

from dataclasses import asdict
from datetime import UTC, date
from typing import Any

from maildesk.rules.invoice.canonical import plain, sha256
from maildesk.rules.invoice.content import InvoiceContent, InvoiceLine
from maildesk.store.invoices import Claims, InvoiceFacts


def line_values(line: InvoiceLine) -> dict[str, Any]:
    """Return a line as the columns of InvoiceLineRow, without the invoice."""
    return {
        "position": line.position,
        "words": line.words,
        "detail": line.detail,
        "ticket": line.ticket,
        "quantity": plain(line.quantity),
        "unit": line.unit.value,
        "price": plain(line.price),
        "price_base": line.price_base,
        "discount_minor": line.discount,
        "net_minor": line.net,
        "vat_rate": plain(line.vat_rate),
    }


def content_values(content: InvoiceContent) -> dict[str, Any]:
    """Return the columns of InvoiceRow that say what the content says."""
    return {
        "kind": content.kind.value,
        "number": content.number or None,
        "issued_on": content.issued_on,
        "due_on": content.due_on,
        "currency": content.currency,
        "gross_minor": content.gross,
        "payable_minor": content.payable,
    }


def reserved_detail(invoice: InvoiceFacts, claims: Claims) -> dict[str, Any]:
    """Return what the journal says of an invoice that got its number: all that is fixed now."""
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "series": invoice.series,
        "serial": invoice.serial,
        "run_key": invoice.run_key,
        "customer": invoice.customer_id,
        "month": invoice.month,
        "issued_on": invoice.issued_on.isoformat() if invoice.issued_on else None,
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "cancels": invoice.cancels_id,
        "currency": invoice.currency,
        "gross": invoice.gross_minor,
        "payable": invoice.payable_minor,
        "content": sha256(invoice.content),
        "basis": sha256(invoice.basis.encode("utf-8")),
        "claims": {what: list(refs) for what, refs in asdict(claims).items()},
        "made_at": invoice.made_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "made_by": invoice.made_by,
    }


def issued_detail(number: str, content: bytes, pdf: bytes, xml: bytes) -> dict[str, Any]:
    """Return what the journal says of an invoice whose documents are frozen."""
    return {
        "number": number,
        "content": sha256(content),
        "pdf": sha256(pdf),
        "xml": sha256(xml),
    }


def payment_detail(
    amount_minor: int, paid_on: date, words: str, once_key: str | None
) -> dict[str, Any]:
    """Return what the journal says of a payment (What.PAYMENT), beside when and who booked it."""
    return {
        "amount": amount_minor,
        "on": paid_on.isoformat(),
        "words": words,
        "once": once_key,
    }
