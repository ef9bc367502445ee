"""The `maildesk` command: its nouns, and what becomes of an error.

Each noun is a module beside this one with `register(app)`; at their top these import typer and
nothing else of weight, so that `--help` is quick.
"""

import importlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from maildesk import __version__

NOUNS = (
    "check",
    "parse",
    "explain",
    "serve",
    "deliver",
    "backup",
    "restore",
    "trial",
    "customer",
    "contract",
    "item",
    "invoice",
    "staff",
    "ticket",
    "outbox",
    "quarantine",
    "held",
    "spam",
    "blocked",
    "unreachable",
    "keys",
    "ledger",
    "clock",
    "billing",
    "girocode",
    "template",
    "migrate",
)

WRONG = 2  # the exit code for whatever an operator can mend
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

app = typer.Typer(
    help="A support desk that lives in e-mail.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: importing rich takes longer than all the rest
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"maildesk {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    config: Annotated[
        Path | None,
        typer.Option(
            help="The configuration file; else $MAILDESK_CONFIG or /etc/maildesk/maildesk.toml."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    if config is not None:
        # In the environment, so that processes we start read the same file.
        os.environ["MAILDESK_CONFIG"] = str(config)


for _noun in NOUNS:
    importlib.import_module(f"maildesk.cli.{_noun}").register(app)


@cache
def _command() -> Any:
    """Return all of the commands, as typer reads them from our functions."""
    return typer.main.get_command(app)


def run() -> NoReturn:
    """Run the command line and exit: 0, the command's own code, or 2 with one line on stderr."""
    try:
        code: Any = _command()(standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        sys.stderr.write(f"maildesk: {sentence}\n")
        sys.exit(WRONG)
    sys.exit(code if isinstance(code, int) else 0)


def _sentence(error: Exception) -> str | None:
    """Return one line for an error that an operator can mend, None for a mistake of ours.

    Looks only at modules that are loaded: what was never imported was never raised.
    """
    from maildesk.cli import show

    if isinstance(error, typer.Abort):
        sys.exit(INTERRUPTED)
    if isinstance(error, OSError):
        named = f"{error.filename}: " if error.filename else ""
        return show.safe(f"{named}{error.strerror or error}")
    if type(error).__name__ == "NoArgsIsHelpError":  # typer's own; a bare `maildesk` asks for help
        sys.stdout.write(f"{error}\n")
        sys.exit(0)
    usage = getattr(error, "format_message", None)  # a wrong option or argument, said by typer
    if usage is not None:
        return show.safe(f"{usage()} (see maildesk --help)")
    for module, name in (
        ("maildesk.config.part", "ConfigError"),
        ("maildesk.store.db", "Unreachable"),
        ("maildesk.desk.people", "Refused"),
    ):
        loaded = sys.modules.get(module)
        if loaded and isinstance(error, getattr(loaded, name)):
            return show.safe(str(error))
    database = sys.modules.get("sqlalchemy.exc")
    if database and isinstance(error, database.SQLAlchemyError):
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return show.safe(f"the database does not do it: {reason}; `maildesk check` says more")
    return None
