"""`maildesk trial`: a real desk on a temporary database, with people who write to it.

Everything is real but the people: the daemon with its listener, readers, database and sender, mails
by SMTP, and a relay on loopback that keeps what goes out. Nothing leaves this machine.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from maildesk.cli.day.play import DayPlay

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
    day: Annotated[
        bool, typer.Option("--day", help="Play one day with 40 tickets, and show the mailboxes.")
    ] = False,
    person: Annotated[
        str, typer.Option(metavar="NAME", help="With --day: only this person's mailbox.")
    ] = "",
) -> None:
    """Run the trial until Ctrl-C, or with `once` until the examples are through."""
    if day:
        _day(person)
        return
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


def _day(person: str) -> None:
    """Play the day in a few seconds, its clock going from minute to minute."""
    import tempfile

    from maildesk import log
    from maildesk.cli.day.play import DayPlay
    from maildesk.cli.day.screen import DayScreen
    from maildesk.desk.reader import ReaderLimits, Readers

    with tempfile.TemporaryDirectory(prefix="maildesk-day-") as name:
        folder = Path(name)
        with (folder / "maildesk.log").open("w", encoding="utf-8") as stream:
            log.setup(stream=stream)
            readers = Readers(2, ReaderLimits())
            play = DayPlay(folder, readers)
            try:
                _pass(play)
            finally:
                numbers = play.ledger()
                play.close()
                readers.close()
                log.setup(level="warning")
    screen = DayScreen()
    screen.opening()
    if not screen.mailboxes(play.mailboxes, person):
        sys.stderr.write(f"maildesk: nobody named {person!r} got mail that day\n")
        raise typer.Exit(1)
    screen.numbers(numbers)


def _pass(play: "DayPlay") -> None:
    """Let the day pass, with a bar on a terminal."""
    from rich.progress import track

    from maildesk.cli.day.play import MINUTES

    minutes = track(play.play(), "The day passes", MINUTES, transient=True,
                    disable=not sys.stderr.isatty(), console=_console())  # fmt: skip
    for _ in minutes:
        pass


def _console() -> "Console":
    from rich.console import Console

    return Console(stderr=True)
