"""`maildesk restore FILE`: a backup becomes a desk again, one that sends nothing yet."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import options, show
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.restore import Restored

WRONG = 2
_KEYS = {
    "written": "The signing keys were written to {file}.",
    "kept": "The signing keys in {file} are those of the backup.",
    "replaced": "The signing keys were written to {file}; those that were there lie beside it.",
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("restore")(restore)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup to restore.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is in the database, and other keys.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Load a backup into an empty database; nothing is sent until `maildesk outbox release`."""
    site = options.site(config)

    from maildesk.desk import restore as desk
    from maildesk.desk.archive import BackupError
    from maildesk.store.db import Database

    db = Database(site.database.url)
    try:
        done = desk.restore(db, site.keys.file, file, force)
    except BackupError as error:
        sys.stderr.write(f"maildesk: {show.safe(error)}\n")
        raise typer.Exit(WRONG) from None
    finally:
        db.close()
    if json:
        show.as_json(done)
    else:
        _say(done, site.keys.file)


def _say(done: "Restored", keys: Path) -> None:
    manifest, counts = done.manifest, done.manifest.counts
    show.words(
        f"Restored the desk as it was on {manifest.made_at:%Y-%m-%d %H:%M} UTC:"
        f" {counts.get('ticket', 0):,} tickets, {counts.get('inbound', 0):,} mails,"
        f" {counts.get('outbound', 0):,} letters."
    )
    show.words(_KEYS[done.keys].format(file=keys))
    show.words(
        f"Tickets go on 1,000 numbers later (the next is {done.next_ticket}, without its check"
        " digit), because the lost desk may have given out numbers since."
    )
    show.words(
        f"Nothing is sent: {done.queued:,} letters wait, and some of them may have been sent after"
        " the backup was made."
    )
    known = f" (the backup knows {', '.join(done.invoice_numbers)})" if done.invoice_numbers else ""
    show.words(
        "No invoice gets a number, because the lost desk may have given out some since: first say"
        f" the last one of each range{known} by `maildesk invoice continue NUMBER`."
    )
    show.words(
        "Next: `maildesk check`; start the desk; look at `maildesk outbox list`; then"
        " `maildesk outbox release`."
    )
