"""`maildesk invoice list|show|verify|pdf|xml`: what only looks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from datetime import date, datetime

    from maildesk.cli.opened import Opened
    from maildesk.desk.invoices.listing import Listed
    from maildesk.desk.invoices.page import InvoicePage
    from maildesk.rules.calendars import Region
    from maildesk.rules.invoice.content import InvoiceContent, InvoiceLine

WRONG = 2
NUMBERS_MAX = 2**31

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Such as RE-2026-00042.")]
Target = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="Else NUMBER.pdf or NUMBER.xml here; - for stdout."),
]


def list_(
    open_: Annotated[bool, typer.Option("--open", help="Only what is not paid yet.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is due and open.")] = False,
    customer: Annotated[str, typer.Option(metavar="CUSTOMER", help="The name, or the id.")] = "",
    month: Annotated[
        str, typer.Option(metavar="MONTH", help="The month that was billed, such as 2026-10.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=NUMBERS_MAX, help="The first so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List invoices, the newest first; drafts before them."""
    from maildesk.desk import customer_rows
    from maildesk.desk.invoices import listing
    from maildesk.desk.invoices.run import month_named

    with opened(config) as desk, desk.db.read() as session:
        customer_id = customer_rows.find(session, customer).id if customer else None
        wanted = listing.Wanted(open_, overdue, customer_id, month_named(month) if month else "")
        found, total = listing.listed(session, wanted, *_days(desk), limit)
    if json:
        show.as_json({"total": total, "invoices": found})
        return
    show.table(
        ("number", "date", "customer", "month", "gross", "state", "due", "open"),
        [
            (each.number or "-", each.issued_on, each.customer, each.month, each.gross, each.state,
             f"{_due(each) or ''}{' (overdue)' if each.is_overdue else ''}",
             each.open if each.open.minor else "")
            for each in found
        ],
        empty="no invoices",
    )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def show_(number: Number, config: Config = None, json: Json = False) -> None:
    """Show one invoice: its lines, VAT, payments, letters and journal."""
    from maildesk.desk.invoices.page import page

    with opened(config) as desk:
        with desk.db.read() as session:
            found = page(session, desk.site.desk.code, number, *_days(desk))
        if json:
            show.as_json(found)
            return
        _say_facts(desk, found)
        say_content(found.content)
        _say_tables(desk, found)


def verify(
    head: Annotated[
        str, typer.Option(metavar="HASH", help="The journal's head as it was mailed to you.")
    ] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Check that every invoice, document and journal line is as it was written; exit 2 if not."""
    from maildesk.desk.invoices import journal, listing
    from maildesk.desk.invoices.verify import verify

    with opened(config) as desk:
        faults = verify(desk.db, head)
        with desk.db.read() as session:
            last = journal.head(session)
            count = listing.count(session)
    if json:
        show.as_json({"ok": not faults, "invoices": count, "lines": last.position,
                      "head": last.sha256, "faults": faults})  # fmt: skip
    else:
        for fault in faults:
            show.words(f"{fault.where}: {fault.words}")
        if not faults:
            show.words(
                f"all {count:,} invoices, {last.position:,} journal lines are as they were written"
            )
        show.words(f"head {last.sha256 or '- (nothing was issued yet)'}")
    if faults:
        raise typer.Exit(WRONG)


def pdf(number: Number, file: Target = None, config: Config = None) -> None:
    """Write an invoice's PDF as it was sent."""
    _write(number, file, config, "pdf")


def xml(number: Number, file: Target = None, config: Config = None) -> None:
    """Write an invoice's XML as it was sent."""
    _write(number, file, config, "xml")


def _write(number: str, file: Path | None, config: Path | None, kind: str) -> None:
    from maildesk.desk.invoices.page import documents

    with opened(config) as desk:
        written, pdf, xml = documents(desk.db, number)
    write_file(pdf if kind == "pdf" else xml, file or Path(f"{_file_name(written)}.{kind}"))


def _file_name(number: str) -> str:
    """Return a number as the name of a file in the working directory: no path in it."""
    return "".join(each if each.isalnum() or each in "-_." else "-" for each in number).lstrip(".")


def write_file(octets: bytes, file: Path) -> None:
    """Write octets to a file, or to stdout for "-"; say which file. Raises OSError."""
    if str(file) == "-":
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
        return
    file.write_bytes(octets)
    show.words(f"{file}: {len(octets):,} octets")


def _days(desk: "Opened") -> "tuple[Region | None, date]":
    """Return whose public holidays the desk has, and the day that it has."""
    from datetime import UTC, datetime

    from maildesk.rules.calendars import region_of

    return region_of(desk.site.hours.holidays), datetime.now(UTC).astimezone(desk.zone).date()


def _say_facts(desk: "Opened", page: "InvoicePage") -> None:
    invoice, content = page.invoice, page.content
    show.words(f"{invoice.number}  {invoice.customer}")
    facts = (
        ("state", f"{invoice.state}{', overdue' if invoice.is_overdue else ''}"),
        ("kind", "cancellation" if invoice.kind == "cancellation" else ""),
        ("cancels", page.cancels),
        ("cancelled by", page.cancelled_by),
        ("reason", content.cancels.reason if content.cancels else ""),
        ("month", invoice.month),
        ("issued", f"{invoice.issued_on} by {page.made_by}"),
        ("due", _due(invoice)),
        ("open", invoice.open if invoice.open.minor else ""),
        ("format", content.format),
        ("frozen", f"{_moment(desk, page.frozen_at)}, PDF {page.pdf:,} and XML {page.xml:,} octets"
         if page.frozen_at else "not yet; `maildesk invoice run` finishes it"),
    )  # fmt: skip
    for name, value in facts:
        if value:
            show.words(f"{name:<13} {value}")


def _say_tables(desk: "Opened", page: "InvoicePage") -> None:
    from maildesk.rules.invoice.journal import told

    if page.payments:
        show.table(
            ("paid", "amount", "words", "booked", "by"),
            [
                (each.paid_on, each.amount, each.words, _moment(desk, each.booked_at),
                 each.booked_by)
                for each in page.payments
            ],
        )  # fmt: skip
    show.table(
        ("letter", "state", "to", "what", "queued", "answer"),
        [
            (each.id, each.state, each.rcpt_to, each.purpose, _moment(desk, each.queued_at),
             each.undeliverable or each.last_reply)
            for each in page.letters
        ],
        empty="no letters",
    )  # fmt: skip
    show.table(
        ("line", "at", "who", "what", "detail"),
        [
            (each.position, _moment(desk, each.at), each.actor, each.what,
             told(each.what, each.detail, page.content.currency))
            for each in page.journal
        ],
        empty="nothing in the journal",
    )  # fmt: skip


def _moment(desk: "Opened", at: "datetime | None") -> str:
    return f"{desk.local(at):%Y-%m-%d %H:%M}" if at else ""


def say_content(content: "InvoiceContent") -> None:
    """Print what stands on an invoice: the buyer, the lines, VAT and totals."""
    from maildesk.rules.money import Money

    def money(minor: int) -> Money:
        return Money(minor, content.currency)

    buyer = content.buyer
    address = (buyer.name, buyer.line2, buyer.street, f"{buyer.postcode} {buyer.city}".strip(),
               buyer.country, buyer.vat_id, buyer.email)  # fmt: skip
    show.words(f"{'to':<13} {', '.join(filter(None, address))}")
    show.words(f"{'service':<13} {content.first_day} to {content.last_day}")
    show.words("")
    show.table(
        ("", "what", "ticket", "quantity", "price", "discount", "VAT", "net"),
        [
            (line.position, f"{line.words}{f' ({line.detail})' if line.detail else ''}",
             line.ticket, f"{line.quantity:f} {_unit(line)}".rstrip(), _price(line),
             money(line.discount) if line.discount else "", f"{line.vat_rate:f} %",
             money(line.net))
            for line in content.lines
        ],
        empty="no lines",
    )  # fmt: skip
    for row in content.vat_lines:
        show.words(f"{f'VAT {row.rate:f} %':<13} {money(row.vat)} on {money(row.net)}")
    sums = [("net", content.net), ("VAT", content.vat), ("gross", content.gross)]
    if content.down_payment:
        sums += [("paid before", content.down_payment), ("payable", content.payable)]
    for name, minor in sums:
        show.words(f"{name:<13} {money(minor)}")
    for note in (*content.notes, *content.credits):
        show.words(note)
    show.words("")


def _due(invoice: "Listed") -> "date | None":
    return None if invoice.kind == "cancellation" else invoice.due_on  # nobody has to pay it


def _price(line: "InvoiceLine") -> str:
    whole, _, parts = f"{line.price:f}".partition(".")
    base = f" / {line.price_base} {_unit(line)}" if line.price_base != 1 else ""
    return f"{whole}.{parts:0<2}{base}"


def _unit(line: "InvoiceLine") -> str:
    from maildesk.rules.invoice.content import Unit

    return "min" if line.unit is Unit.MINUTE else ""  # of a piece the number says it all
