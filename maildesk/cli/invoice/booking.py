"""`maildesk invoice cancel|pay|continue|waive`: what happens to invoices and tickets after the run."""

from datetime import datetime
from typing import Annotated

import typer

from maildesk.cli import show
from maildesk.cli.invoice.looking import Number
from maildesk.cli.invoice.office import moment, office, operator
from maildesk.cli.options import Config, Json

LEFT = 1

Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")]


def cancel(number: Number, reason: Reason, config: Config = None, json: Json = False) -> None:
    """Cancel an invoice: a cancellation with a number of its own is issued and mailed.

    Its tickets go back to billing and are billed anew by the next run.
    """
    from maildesk.desk.invoices.cancel import cancel
    from maildesk.desk.invoices.listing import find
    from maildesk.desk.invoices.makers import Makers, look_of
    from maildesk.desk.people import one_line

    with office(config) as desk:
        now, today = moment(desk)
        with desk.db.read() as session:
            _, written = find(session, number)
        why = one_line("the reason", reason)
        with Makers(1) as makers:
            done = cancel(desk, written, why, makers, look_of(desk.site), operator(), now, today)
    if json:
        show.as_json(done)
    else:
        verb = "is cancelled by" if done.number else "is not cancelled"
        show.words(f"{written} {verb} {done.number}".rstrip())
        if done.words:
            show.words(done.words)
    if not done.is_done:
        raise typer.Exit(LEFT)


def pay(
    number: Number,
    amount: Annotated[
        str,
        typer.Option(metavar="SUM", help="Such as 84.79, below 0 for what went back; else all."),
    ] = "",
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="When it came; else today."),
    ] = None,
    words: Annotated[str, typer.Option(metavar="TEXT", help="What the bank says, say.")] = "",
    over: Annotated[bool, typer.Option("--over", help="It may be more than is open.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Book a payment; an invoice that is paid closes its tickets."""
    from maildesk.desk.invoices.listing import find, one
    from maildesk.desk.invoices.payments import pay
    from maildesk.desk.people import Refused
    from maildesk.rules.money import Money

    with office(config) as desk:
        now, today = moment(desk)
        with desk.db.read() as session:
            id_, written = find(session, number)
            open_ = one(session, id_, None, today).open
        if amount:
            try:  # 84,79 is how a German bank writes it
                sum_ = Money.of(amount.replace(",", ".", 1), open_.currency)
            except ValueError as error:
                raise Refused(str(error)) from None
        elif open_.minor > 0:
            sum_ = open_
        else:
            raise Refused(f"nothing is open on {written}; say --amount for what is to be booked")
        day = on.date() if on else today
        # Whoever presses Enter twice has not paid twice.
        once = f"{operator()}:{written}:{sum_.minor}:{day}:{words}"
        done = pay(desk, written, sum_, day, words, operator(), now, once, over)
    if json:
        show.as_json(done)
        return
    if not done.is_new:
        show.words(
            f"{written}: {sum_} of {day} is booked already, and nothing was done; if it came twice,"
            " tell the two apart by --words"
        )
        return
    rest = f"{done.left} open" if done.left.minor >= 0 else f"{-done.left} too much"
    show.words(f"{written}: {sum_} booked, {done.total} paid in all, {rest}; it is {done.state}")
    if done.reopened:
        show.words("it had been paid and is open again; its tickets stay closed")
    if done.closed:
        show.words(f"closed: {', '.join(done.closed)}")


def continue_(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The last that was given out, in each range.")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """After a restore: say which was the last number, so that none is given out twice.

    If none was since the backup, it is the last one that the backup knows.
    """
    from maildesk.desk.invoices.continuing import continue_after

    with office(config) as desk:
        done = continue_after(desk, number, reason, operator(), moment(desk)[0])
    if json:
        show.as_json(done)
        return
    show.words(f"{done.series} goes on after number {done.last}")
    if done.last > done.before:
        show.words(
            f"numbers {done.before + 1} to {done.last} are lost here: the work on them waits to be"
            " billed again. Look at `maildesk invoice draft`, and close what is billed already by"
            " `maildesk invoice waive` before the next run"
        )


def waive(
    ticket: Annotated[str, typer.Argument(help="Its tag (DD-10429) or its number (10429).")],
    reason: Reason,
    config: Config = None,
) -> None:
    """Close a ticket that waits for its invoice without one."""
    from maildesk.desk.invoices.waive import waive
    from maildesk.desk.ticket_page import number_of

    with office(config) as desk:
        number = number_of(desk.site.desk.code, ticket)
        waive(desk, number, reason, operator(), moment(desk)[0])
    show.words(f"{ticket} is closed without an invoice")
