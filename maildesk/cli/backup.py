"""`maildesk backup FILE`: the database and the keys in one file, while the desk runs."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from maildesk.cli import options, show
from maildesk.cli.options import Config, Json

WRONG = 2


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("backup")(backup)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write: .tar, or .tar.gz by its name.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Write a verified backup; the desk may run meanwhile."""
    site = options.site(config)

    from maildesk.desk.archive import BackupError
    from maildesk.desk.backup import back_up
    from maildesk.store.db import Database

    db = Database(site.database.url)
    try:
        made = back_up(db, site.keys.file, file, datetime.now(UTC))
    except BackupError as error:
        sys.stderr.write(f"maildesk: {show.safe(error)}\n")
        raise typer.Exit(WRONG) from None
    finally:
        db.close()
    size = file.stat().st_size
    if json:
        show.as_json({"file": str(file), "octets": size, "manifest": made})
        return
    counts = made.counts
    show.words(
        f"{file}: {counts.get('ticket', 0):,} tickets, {counts.get('inbound', 0):,} mails,"
        f" {counts.get('outbound', 0):,} letters and the signing keys, {size:,} octets, read back"
        " and whole"
    )
    show.words("Whoever has this file can read all mail and sign as the desk: keep it encrypted.")
