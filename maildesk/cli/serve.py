"""`maildesk serve`: the daemon, in the foreground; systemd or a terminal stops it."""

from enum import StrEnum
from typing import Annotated

import typer

from maildesk.cli.options import Config


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help="Run the desk: take mail, make tickets, send answers.")(serve)


class Only(StrEnum):
    """What to serve where pages and mail run apart."""

    WEB = "web"
    MAIL = "mail"


def serve(
    config: Config = None,
    only: Annotated[
        Only | None,
        typer.Option(help="web: the pages alone; mail: all but the pages; for two services."),
    ] = None,
) -> None:
    """Run until SIGTERM or SIGINT."""
    import asyncio

    from maildesk import log
    from maildesk.cli.options import site
    from maildesk.daemon.start import until_signal

    loaded = site(config)
    log.setup(loaded.log.format, loaded.log.level)
    if only is Only.WEB:
        from maildesk.daemon.pages import PagesAlone

        asyncio.run(until_signal(PagesAlone(loaded)))
        return
    from maildesk.daemon.serve import Daemon

    asyncio.run(until_signal(Daemon(loaded, apart=True, pages=only is None)))
