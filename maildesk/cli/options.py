"""Options that several commands have, and the configuration they all begin with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from maildesk.config import Site

Config = Annotated[
    Path | None, typer.Option("--config", help="The configuration file, as before the command.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs, not for people.")]


def site(config: Path | None = None) -> "Site":
    """Return the configuration. Raises ConfigError, which `main.run` turns into its one line."""
    from maildesk.config import load

    return load(config)
