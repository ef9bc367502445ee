"""`maildesk serve`: the daemon, in the foreground; systemd or a terminal stops it."""

import typer

from maildesk.cli.options import Config


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help="Run the desk: take mail, make tickets, send answers.")(serve)


def serve(config: Config = None) -> None:
    """Run until SIGTERM or SIGINT."""
    import asyncio

    from maildesk import log
    from maildesk.cli.options import site
    from maildesk.daemon import Daemon

    loaded = site(config)
    log.setup(loaded.log.format, loaded.log.level)
    asyncio.run(Daemon(loaded, apart=True).serve())
