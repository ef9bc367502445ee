"""`maildesk item`: what is billed at a flat price, beside the work."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.items import FlatItem


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    for name, command in (("add", add), ("list", list_), ("remove", remove)):
        noun.command(name)(command)
    app.add_typer(noun, name="item", help="Flat prices, deductions and down payments.")


def add(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")],
    words: Annotated[str, typer.Argument(help="What it is, as it stands on the invoice.")],
    price: Annotated[str, typer.Option(metavar="SUM", help="Net, of one, such as 49.00.")],
    quantity: Annotated[
        str, typer.Option(metavar="NUMBER", help="Below zero, such as -1, it is a deduction.")
    ] = "1",
    ticket: Annotated[
        str, typer.Option(metavar="TAG", help="Billed with that ticket, such as DD-10008.")
    ] = "",
    discount: Annotated[str, typer.Option(metavar="PERCENT", help="Such as 10 or 2.5.")] = "",
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Its day of service, which says in which month it is billed; else today.",
        ),
    ] = None,
    paid_before: Annotated[
        bool,
        typer.Option(
            "--paid-before",
            help="A payment that came without an invoice: the price is gross, and"
            " taken off what is to be paid. With one, deduct that by --quantity -1.",
        ),
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Add something at a flat price to a customer's next invoice."""
    from maildesk.cli.invoice.office import operator
    from maildesk.desk import items

    now = datetime.now(UTC)
    said = items.ItemSaid(
        words, price, quantity, ticket, discount, day.date() if day else None, paid_before
    )
    with opened(config) as desk:
        today, code = now.astimezone(desk.zone).date(), desk.site.desk.code
        found = items.add(desk.db, customer, said, code, operator(), now, today)
    if json:
        show.as_json(found)
        return
    where = (
        f"with {found.ticket}"
        if found.ticket
        else f"with the invoice for {found.day:%Y-%m}, or the next after it"
    )
    taken = "is taken off as paid before" if found.is_paid_before else "is billed"
    off = f" less {found.discount} %" if found.discount != "0" else ""
    show.words(
        f"item {found.id} of {found.customer}: {found.words}, {found.quantity} x {_price(found)}"
        f"{off}, of {found.day}, {taken} {where}"
    )


def list_(
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="The name, or the id; else all.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Those that are on an invoice already, too.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the flat items that wait for an invoice."""
    from maildesk.desk import items

    with opened(config) as desk:
        found = items.listed(desk.db, customer, desk.site.desk.code, all_)
    if json:
        show.as_json(found)
        return
    show.table(
        ("id", "customer", "words", "quantity", "price", "discount", "day", "ticket", "invoice"),
        [
            (each.id, each.customer, each.words, each.quantity, _price(each),
             "paid before" if each.is_paid_before else f"{each.discount} %", each.day, each.ticket,
             each.invoice)
            for each in found
        ],
        empty="no flat items; `maildesk item add CUSTOMER WORDS --price 49.00`",
    )  # fmt: skip


def remove(
    item: Annotated[int, typer.Argument(metavar="ID", min=1, max=2**31, help="The item's id.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Remove a flat item that is on no invoice."""
    from maildesk.desk import items

    with opened(config) as desk:
        found = items.remove(desk.db, item, desk.site.desk.code, datetime.now(UTC))
    if json:
        show.as_json(found)
        return
    show.words(f"item {found.id} of {found.customer}, {found.words}, is removed")


def _price(item: "FlatItem") -> str:
    """Return a price with at least two decimals: "49.00", "12.3456"."""
    whole, _, parts = item.price.partition(".")
    return f"{whole}.{parts:0<2}"
