"""What a cancellation says: the exact negative of an invoice, copied, not computed anew.

PROCESS.md section 3.5: own number, reference to number and date of what it cancels. Quantities
and amounts are below zero, prices are not (BR-27 of EN 16931).
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from maildesk.rules.invoice.content import (
    DocumentKind,
    InvoiceContent,
    InvoiceLine,
    Reference,
    VatLine,
)


def cancellation(
    content: InvoiceContent, reason: str, issued_on: date, number: str = ""
) -> InvoiceContent:
    """Return the content of the cancellation of an invoice; a draft has the number "".

    It has no time sheet, no Girocode and none of the agency's own sentences; what the law wants to
    be said is kept. Raises ValueError where `content` is no invoice with a number.
    """
    if content.kind is not DocumentKind.INVOICE or not content.number:
        raise ValueError("only an invoice with a number can be cancelled")
    return replace(
        content,
        kind=DocumentKind.CANCELLATION,
        number=number,
        issued_on=issued_on,
        due_on=issued_on,
        lines=tuple(_negative_line(line) for line in content.lines),
        vat_lines=tuple(_negative_vat(line) for line in content.vat_lines),
        net=-content.net,
        vat=-content.vat,
        gross=-content.gross,
        payable=-content.payable,
        down_payment=-content.down_payment,
        cancels=Reference(content.number, content.issued_on, reason),
        intro="",
        outro="",
        credits=(),
        sheet=(),
        girocode=False,
    )


def _negative_line(line: InvoiceLine) -> InvoiceLine:
    return replace(line, quantity=_negative(line.quantity), net=-line.net, discount=-line.discount)


def _negative_vat(line: VatLine) -> VatLine:
    return replace(line, net=-line.net, vat=-line.vat, discount=-line.discount)


def _negative(value: Decimal) -> Decimal:
    # copy_negate keeps every digit, which a minus does not; but there is no "-0".
    return value.copy_negate() if value else value
