"""`maildesk invoice`: the monthly run, and everything about invoices that an operator does.

It may import what `cli` may; only typer and light modules at the top, as all nouns. It decides
nothing: that is `desk.invoices`.
"""

import typer

from maildesk.cli.invoice import booking, looking, running


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    for name, command in (
        ("run", running.run), ("list", looking.list_), ("show", looking.show_),
        ("draft", running.draft), ("issue", running.issue), ("cancel", booking.cancel),
        ("pay", booking.pay), ("waive", booking.waive), ("continue", booking.continue_),
        ("verify", looking.verify), ("pdf", looking.pdf), ("xml", looking.xml),
    ):  # fmt: skip
        noun.command(name)(command)
    app.add_typer(noun, name="invoice", help="Invoices: the monthly run, payments, checks.")
