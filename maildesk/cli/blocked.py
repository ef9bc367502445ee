"""`maildesk blocked`: senders whose mail is hidden."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

LIMIT_MAX = 2**63 - 1
Sender = Annotated[str, typer.Argument(metavar="SENDER", help="An address, or @domain.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("add")(add)
    noun.command("remove")(remove)
    app.add_typer(noun, name="blocked", help="Senders whose mail is hidden.")


def list_(
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="The first so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the senders that are blocked."""
    from maildesk.desk import blocked

    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = blocked.listed(session, datetime.now(UTC), limit)
        if json:
            show.as_json({"total": total, "senders": found})
            return
        show.table(
            ("sender", "since", "until", "why"),
            [
                (each.sender, desk.local(each.since), desk.local(each.until) or "for good",
                 each.reason)
                for each in found
            ],
            empty="nobody is blocked",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def add(
    sender: Sender,
    days: Annotated[
        int, typer.Option(min=0, max=36_500, help="For so many days; 0: for good.")
    ] = 0,
    why: Annotated[str, typer.Option(help="Shown on the list.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Block an address or a @domain: its mail is kept, hidden as spam, and not answered.

    A contact of a customer is only blocked by his own address.
    """
    from maildesk.desk import blocked

    with opened(config) as desk:
        own = desk.site.desk.addresses
        line = blocked.add(desk.db, own, sender, why, days, datetime.now(UTC))
        until = desk.local(line.until)
    if json:
        show.as_json(line)
        return
    end = f" until {until:%Y-%m-%d %H:%M}" if until else ""
    show.words(f"{line.sender} is blocked{end}; what comes from there is on `maildesk spam list`")


def remove(sender: Sender, config: Config = None, json: Json = False) -> None:
    """Let a sender through again. What was hidden stays hidden until it is restored."""
    from maildesk.desk import blocked

    with opened(config) as desk:
        gone = blocked.remove(desk.db, sender)
    if json:
        show.as_json({"removed": gone})
    else:
        show.words(f"{gone} is not blocked any more; `maildesk spam list` shows what was hidden")
