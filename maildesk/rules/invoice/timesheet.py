"""The time sheet of a month in which there is nothing to pay (PROCESS.md section 3.1, 11)."""

from collections.abc import Sequence
from datetime import date

from maildesk.rules.invoice import sheet
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent
from maildesk.rules.invoice.netting import netted
from maildesk.rules.invoice.sources import Billable, Source


def of(
    source: Source, tickets: Sequence[Billable], last_day: date, today: date
) -> InvoiceContent | None:
    """Return what stands on the time sheet of tickets that cost nothing; None without time.

    `last_day` is that of the month. It has no number, no lines and no sums.
    """
    rows = tuple(row for each in tickets for row in sheet.rows(each, netted(each.entries), source))
    if not rows:
        return None
    return InvoiceContent(
        kind=DocumentKind.TIMESHEET,
        format=Format.ZUGFERD,
        language=source.language,
        currency=source.currency,
        number="",
        issued_on=today,
        due_on=today,
        first_day=min(last_day.replace(day=1), *(row.day for row in rows)),
        last_day=last_day,
        seller=source.seller,
        buyer=source.buyer,
        bank=source.bank,
        vat_case=source.vat,
        lines=(),
        vat_lines=(),
        net=0,
        vat=0,
        gross=0,
        payable=0,
        tickets=tuple(dict.fromkeys(row.ticket for row in rows)),
        sheet=rows,
        girocode=False,
    )
