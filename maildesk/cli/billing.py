"""`maildesk billing`: the desk's arithmetic of money, row by row, for who wants to check it.

Needs no configuration and no database.
"""

import typer

from maildesk.cli.filled import fill

COMPUTE = (("id", "op", "input"), ("net", "vat", "gross", "payable", "expect"))


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("compute")(compute)
    app.add_typer(noun, name="billing", help="Check the desk's arithmetic of money, row by row.")


def compute() -> None:
    """Say what invoices come to, when they are due and in which form (CSV in, CSV out).

    Columns given: id, op (invoice, interest, due_date or format) and input (JSON). Filled in:
    net, vat, gross, payable (of an invoice) and expect (JSON). A row that cannot be read or
    computed says why in expect, {"error": "..."}; the next ones are answered all the same.
    """
    from maildesk.cli import billing_rows

    fill(COMPUTE, billing_rows.answered, billing_rows.refused)
