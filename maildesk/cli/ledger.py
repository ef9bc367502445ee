"""`maildesk ledger`: every mail accounted for, in numbers that add up."""

from typing import TYPE_CHECKING

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.store.ledger import Ledger

_ENDS = (
    ("filed", "in a ticket"),
    ("duplicate", "a copy of a mail that is in a ticket, or our own"),
    ("automatic", "no person wrote it; on a list that staff see"),
    ("held", "on a list that staff see"),
    ("set_aside", "failed three times; on a list that staff see"),
    ("dismissed", "taken off the lists by hand"),
    ("waiting", "to be handled"),
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("ledger")(ledger)


def ledger(config: Config = None, json: Json = False) -> None:
    """Count every mail that came in and where it is; exit 1 if that does not add up."""
    from maildesk.store.ledger import count

    with opened(config) as desk, desk.db.read() as session:
        counted = count(session)
    total = sum(getattr(counted, name) for name, _ in _ENDS)
    wrong = list(counted.unaccounted)
    if total != counted.received:
        wrong.append(f"{counted.received} mails were received, but {total} are somewhere")
    if json:
        show.as_json({"adds_up": not wrong, "sum": total, "wrong": wrong, "ledger": counted})
    else:
        _say(counted, total, wrong)
    raise typer.Exit(1 if wrong else 0)


def _say(counted: "Ledger", total: int, wrong: list[str]) -> None:
    rows = [(f"{getattr(counted, name):,}", name.replace("_", " "), what) for name, what in _ENDS]
    mark = "=" if total == counted.received else "is not"
    rows.append((f"{total:,}", "sum", f"{mark} {counted.received:,} received"))
    show.table(("mails", "state", "which means"), rows)
    letters = [(f"{number:,}", state) for state, number in sorted(counted.letters.items())]
    letters.append((f"{sum(counted.letters.values()):,}", "sum"))
    show.table(("letters", "state"), letters)
    show.words(f"{counted.tickets:,} tickets with {counted.messages:,} messages")
    for sentence in wrong:
        show.words(f"wrong: {sentence}; keep the database as it is and look into the log")
    if not wrong:
        show.words("Every mail is accounted for.")
