"""`maildesk clock`: the desk's arithmetic, row by row, for who wants to check it.

Both commands read CSV from standard input and write the same CSV with the answer columns filled
in; an answer that does not apply stays empty, and all other cells stay as they are. Lines end in
CRLF (RFC 4180). Needs no configuration and no database.
"""

from pathlib import Path
from typing import Annotated

import typer

from maildesk.cli.filled import fill, refuse

DUE = (
    ("id", "calendar", "mode", "minutes", "cutoff", "start", "pauses", "query"),
    ("due", "elapsed_s", "remaining_s", "paused", "breached"),
)
EFFORT = (
    ("id", "limit", "warn_before", "hold_on_request", "work", "events"),
    ("warned", "held", "requested", "worked_min", "free_min", "limit_end", "billable_min",
     "unapproved_min"),
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("due")(due)
    noun.command("effort")(effort)
    app.add_typer(noun, name="clock", help="Check the desk's arithmetic of time, row by row.")


def due(
    calendars: Annotated[Path, typer.Option(help="The calendars by name (JSON).")],
) -> None:
    """Say when promises are due, and how far they have run at a moment (CSV in, CSV out).

    Columns given: id, calendar, mode, minutes, cutoff, start, pauses, query. Filled in: due, and
    where a moment is asked about (query) elapsed_s, remaining_s, paused, breached.
    """
    from maildesk.cli import clock_rows

    try:
        find = clock_rows.calendars(calendars)
    except ValueError as problem:
        refuse(problem)
    fill(DUE, lambda row: clock_rows.due(row, find))


def effort() -> None:
    """Say when work meters warned, held and asked, and what is billed (CSV in, CSV out).

    Columns given: id, limit, warn_before, hold_on_request, work, events. Filled in: warned, held,
    requested, worked_min, free_min, limit_end, billable_min, unapproved_min.
    """
    from maildesk.cli import clock_rows

    fill(EFFORT, clock_rows.effort)
