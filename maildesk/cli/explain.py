"""`maildesk explain`: what the desk would do with a mail now, and why; nothing is written.

maildesk explain FILE           a mail that lies in a file; "-" is standard input
maildesk explain --inbound N    a mail that came in: what became of it then, and what would now
"""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import Opened, opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.explain import Explanation
    from maildesk.desk.explain_past import Given

ID_MAX = 2**63 - 1


class Via(StrEnum):
    """How a mail in a file may have come."""

    FILE = "file"
    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    IMPORT = "import"
    PIPE = "pipe"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("explain")(explain)


def explain(
    file: Annotated[
        str, typer.Argument(help='A mail (.eml); "-" for standard input.', show_default=False)
    ] = "",
    inbound: Annotated[
        int, typer.Option(metavar="N", min=0, max=ID_MAX, help="A mail that came in, by number.",
                          show_default=False),
    ] = 0,
    return_path: Annotated[
        str | None,
        typer.Option("--from", help='Its return path ("" for the null one), not the file\'s.'),
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="A recipient; may be given again.")
    ] = None,
    via: Annotated[Via, typer.Option(help="How it came.")] = Via.FILE,
    config: Config = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Say what the desk would do with a mail now, and why. Nothing is done."""
    if bool(file) == bool(inbound):
        raise typer.BadParameter("name a FILE, or a mail that came in with --inbound N")
    if inbound and (return_path is not None or to or via is not Via.FILE):
        raise typer.BadParameter("the envelope of --inbound N is known; --from, --to and --via"
                                 " are for a FILE")  # fmt: skip
    now = datetime.now(UTC)
    if inbound:
        found = _of_inbound(inbound, config, now)
        title = f"mail {inbound}"
    else:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        found = _of_file(raw, return_path, tuple(to or ()), via, config, now)
        title = "standard input" if file == "-" else Path(file).name
    if json:
        show.as_json(found)
        return
    from maildesk.cli import explain_tree

    explain_tree.show_tree(title, found)


def _of_inbound(inbound: int, config: Path | None, now: datetime) -> "Explanation":
    from maildesk.desk import explain_past

    with opened(config) as desk:
        with desk.db.read() as session:
            given = explain_past.stored(session, inbound)
        return _by_desk(desk, given, now)


def _of_file(
    raw: bytes,
    return_path: str | None,
    to: tuple[str, ...],
    via: Via,
    config: Path | None,
    now: datetime,
) -> "Explanation":
    from maildesk.config import ConfigError
    from maildesk.config.models import Limits
    from maildesk.desk import explain as said
    from maildesk.desk.explain_past import from_file
    from maildesk.desk.within_limits import bounds_of, read_within_limits

    given = from_file(raw, return_path, to, via.value, now)
    try:
        with opened(config) as desk:
            return _by_desk(desk, given, now)
    except ConfigError as error:
        trouble = f"what the desk would do is not known: {error}"
    reading, cut = read_within_limits(raw, given.envelope, bounds_of(Limits()))
    return said.without_desk(given, reading, tuple(filter(None, (trouble, cut))))


def _by_desk(desk: Opened, given: "Given", now: datetime) -> "Explanation":
    """Explain with the desk as it is. Raises ConfigError where no desk can be made of it."""
    from maildesk.desk.explain_desk import explained
    from maildesk.desk.within_limits import bounds_of, read_within_limits

    limits = desk.site.limits
    reading, cut = read_within_limits(given.raw, given.envelope, bounds_of(limits))
    return explained(desk.site, desk.db, given, reading, cut, now)
