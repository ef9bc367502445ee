"""`maildesk migrate`: the tables of the database, brought up to this program."""

from typing import Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("migrate")(migrate)


def migrate(
    config: Config = None,
    grant: Annotated[
        str, typer.Option(help="Then let this role of PostgreSQL run the desk, without owning it.")
    ] = "",
    json: Json = False,
) -> None:
    """Make or change the tables; does nothing where they are up to date."""
    from alembic.util import CommandError

    from maildesk.config import ConfigError
    from maildesk.store import grants
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
        try:
            tables = grants.grant(desk.db, grant) if grant else 0
        except grants.CannotGrant as error:
            raise ConfigError(f"nothing was granted: {error}") from None
    if json:
        more = {"granted": grant, "tables": tables} if grant else {}
        show.as_json({"database": shown, "from": before, "to": after} | more)
        return
    if before == after:
        show.words(f"{shown} is at revision {after} already; nothing was to be done")
    else:
        show.words(f"{shown}: from {f'revision {before}' if before else 'empty'} to {after}")
    if grant:
        show.words(f"{grant} may run a desk on its {tables} tables, and change nothing issued")
