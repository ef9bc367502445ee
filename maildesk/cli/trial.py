"""`maildesk trial`: a real desk on a temporary database, with people who write to it.

Everything is real but the people: the daemon with its listener, readers, database and sender, mails
by SMTP, and a relay on loopback that keeps what goes out. Nothing leaves this machine.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

WANTED_PORT = 2525
LOG_SHOWN = 4000  # characters of the log that are shown when something went wrong


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help="Try it: a desk on a temporary database, with example mails.")(trial)


def trial(
    once: Annotated[
        bool, typer.Option("--once", help="End after the examples; 1 if one went wrong.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where it listens; another if that is taken.")
    ] = WANTED_PORT,
) -> None:
    """Run the trial until Ctrl-C, or with `once` until the examples are through."""
    import asyncio
    import tempfile

    from maildesk import log
    from maildesk.cli.trial_play import run

    with tempfile.TemporaryDirectory(prefix="maildesk-trial-") as name:
        folder = Path(name)
        with (folder / "maildesk.log").open("w", encoding="utf-8") as stream:
            log.setup(stream=stream)
            try:
                wrong = asyncio.run(run(folder, port, once))
            finally:
                log.setup(level="warning")  # whoever still logs must not find the file closed
        if once and wrong:
            sys.stderr.write("".join(f"maildesk: not as it should: {each}\n" for each in wrong))
            sys.stderr.write((folder / "maildesk.log").read_text("utf-8")[-LOG_SHOWN:])
            raise typer.Exit(1)
