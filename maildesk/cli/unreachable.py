"""`maildesk unreachable`: addresses that letters of ours came back from."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

LIMIT_MAX = 2**63 - 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("remove")(remove)
    app.add_typer(noun, name="unreachable", help="Addresses that letters came back from.")


def list_(
    everything: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="The newest, so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List addresses that letters came back from, the latest failure first.

    Until the end that stands there nothing automatic is sent to them.
    """
    from maildesk.desk import unreachable

    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = unreachable.listed(session, datetime.now(UTC), limit, everything)
        if json:
            show.as_json({"total": total, "addresses": found})
            return
        show.table(
            ("address", "failure", "times", "last", "until", "reason"),
            [
                (each.address, "hard" if each.hard else "soft", each.times, desk.local(each.last),
                 desk.local(each.until) or "not yet", each.reason)
                for each in found
            ],
            empty="all addresses can be reached, as far as is known",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def remove(
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Take an address off the list: it gets automatic mail again."""
    from maildesk.desk import unreachable
    from maildesk.desk.people import Refused, plain_address

    wanted = plain_address(address)
    with opened(config) as desk:
        if not unreachable.forget(desk.db, wanted):
            raise Refused(f"{wanted} is not on the list; see `maildesk unreachable list --all`")
    if json:
        show.as_json({"removed": wanted})
    else:
        show.words(f"{wanted} is taken for reachable again")
