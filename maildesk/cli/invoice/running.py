"""`maildesk invoice run|issue|draft`: what makes invoices, or shows what would be made."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.invoice.looking import say_content, write_file
from maildesk.cli.invoice.office import moment, office, operator
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.context import Desk
    from maildesk.desk.invoices.everybody import Order, Progress
    from maildesk.desk.invoices.run import Ran

LEFT = 1  # the exit code where something was not billed

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The name, or the id.")]
Month = Annotated[
    str, typer.Option(metavar="MONTH", help="Such as 2026-10; else the month before this one.")
]


def run(
    month: Month = "",
    customer: Annotated[
        list[str] | None,
        typer.Option(metavar="CUSTOMER", help="Only this one, by name or id; again for more."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make nothing, show what would be billed.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Bill everybody for a month: issue the invoices and queue their mails.

    It may be started again at any time: each customer's invoice is made once. Exit code 1 says
    that something was left out.
    """
    from maildesk.desk.invoices.everybody import Order

    with office(config) as desk:
        ids = tuple(_customer(desk, named) for named in customer or ())
        order = Order(_month(desk, month), ids, dry_run)
        ran = _ran(desk, order, not json)
    _say(ran, order, json)


def issue(customer: Customer, month: Month = "", config: Config = None, json: Json = False) -> None:
    """Bill one customer now, up to the end of a month.

    If he has his invoice for that month already, what came since is on a further one.
    """
    from maildesk.desk.invoices.everybody import Order

    with office(config) as desk:
        order = Order(_month(desk, month), (_customer(desk, customer),), again=True, tells=False)
        ran = _ran(desk, order, not json)
    _say(ran, order, json)


def draft(
    customer: Customer,
    month: Month = "",
    pdf: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a preview as PDF; - for stdout.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show what a customer's invoice would be, and what is missing for it; nothing is kept."""
    from maildesk.desk.invoices.drafts import draft_of
    from maildesk.desk.invoices.makers import look_of
    from maildesk.rules.invoice import months

    with office(config) as desk:
        customer_id, last = _customer(desk, customer), months.last_day(_month(desk, month))
        drafted = draft_of(desk, customer_id, last, moment(desk)[1])
        if json:
            show.as_json(drafted)
        elif str(pdf) != "-":
            for words in drafted.missing:
                show.words(f"missing       {words}")
            for words in drafted.left_out:
                show.words(f"left out      {words}")
            if drafted.content:
                say_content(drafted.content)
            else:
                why = (
                    "nothing is to be paid" if drafted.nothing else f"nothing to bill up to {last}"
                )
                show.words("no invoice" if drafted.left_out else f"{why}: no invoice")
        if pdf and drafted.content:
            from maildesk.paper.pages import to_pdf

            write_file(to_pdf(drafted.content, look_of(desk.site)), pdf)
    if drafted.missing or (drafted.content is None and drafted.left_out):
        raise typer.Exit(LEFT)


def _month(desk: "Desk", given: str) -> str:
    from maildesk.desk.invoices.run import month_named
    from maildesk.rules.invoice import months

    return month_named(given) if given else months.before(moment(desk)[1])


def _customer(desk: "Desk", named: str) -> int:
    from maildesk.desk import customer_rows

    with desk.db.read() as session:
        return customer_rows.find(session, named).id or 0


def _ran(desk: "Desk", order: "Order", shows: bool) -> "Ran":
    """Run, with makers of its own; on a terminal a bar shows how far it is."""
    from datetime import UTC, datetime

    from maildesk.desk.invoices.makers import Makers, look_of
    from maildesk.desk.invoices.run import run

    look = look_of(desk.site)
    with Makers(desk.site.billing.makers) as makers, _progress(shows) as tell:
        return run(desk, order, makers, look, operator(), lambda: datetime.now(UTC), tell)


@contextmanager
def _progress(shows: bool) -> "Iterator[Progress]":
    """Yield what hears how far a run is: a bar on a terminal, a line a customer in a pipe."""
    if not shows:
        yield lambda done, total, words: None
        return
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    columns = (TextColumn("Billing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def tell(done: int, total: int, words: str) -> None:
            bar.update(
                task, completed=done, total=total, description=Text(show.safe(words, 40)).plain
            )

        yield tell


def _line(done: int, total: int, words: str) -> None:
    if done:
        sys.stderr.write(f"{done} of {total}: {show.safe(words)}\n")
        sys.stderr.flush()


def _say(ran: "Ran", order: "Order", json: bool) -> None:
    if json:
        show.as_json(ran)
    else:
        _say_table(ran, order)
    if ran.summary.left_out:
        raise typer.Exit(LEFT)


def _say_table(ran: "Ran", order: "Order") -> None:
    from maildesk.rules.money import Money

    done = ran.summary
    for number in ran.finished:
        show.words(f"{number}: begun by an earlier run, and finished")
    show.table(
        ("customer", "number", "net", "gross", "due", "tickets"),
        [
            (each.customer, each.number or "-", each.net, each.gross, each.due_on,
             ", ".join(each.tickets))
            for each in done.billed
        ],
        empty=f"nothing {'would be' if order.dry_run else 'was'} billed for {order.month}",
    )  # fmt: skip
    if done.billed:
        nothing = Money(0, done.billed[0].net.currency)
        net = sum((each.net for each in done.billed), nothing)
        gross = sum((each.gross for each in done.billed), nothing)
        show.words(
            f"{len(done.billed):,} invoice{'s' * (len(done.billed) > 1)} for {order.month}:"
            f" {net} net, {gross} gross"
        )
    for covered in done.covered:
        show.words(f"{covered.customer}: nothing to pay for {', '.join(covered.tickets)}")
    for left in done.left_out:
        show.words(f"left out  {left.customer}: {left.why}")
    if order.dry_run:
        show.words("Nothing was made: this was a dry run.")
        return
    if done.head:
        show.words(f"The journal's head is {done.head} (line {done.position}).")
    if ran.told:
        show.words(f"The summary goes to {ran.told}.")
    elif ran.untold:
        show.words(ran.untold)
