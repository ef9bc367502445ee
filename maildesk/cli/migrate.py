"""`maildesk migrate`: the tables of the database, brought up to this program."""

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("migrate")(migrate)


def migrate(config: Config = None, json: Json = False) -> None:
    """Make or change the tables; does nothing where they are up to date."""
    from alembic.util import CommandError

    from maildesk.config import ConfigError
    from maildesk.store import migrate as store

    with opened(config, newest=False) as desk:
        shown = desk.db.url.render_as_string(hide_password=True)
        before = store.current(desk.db)
        try:
            store.upgrade(desk.db)
        except CommandError as error:
            # A revision from the future: only the program that made it knows the way.
            raise ConfigError(
                f"the database {shown} is at revision {before}: {error}; use the version of"
                " maildesk that made it, or restore a backup"
            ) from None
        after = store.current(desk.db)
    if json:
        show.as_json({"database": shown, "from": before, "to": after})
    elif before == after:
        show.words(f"{shown} is at revision {after} already; nothing was to be done")
    else:
        show.words(f"{shown}: from {f'revision {before}' if before else 'empty'} to {after}")
