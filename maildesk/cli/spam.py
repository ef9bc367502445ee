"""`maildesk spam`: mail that is hidden, and the way back."""

from typing import Annotated

import typer

from maildesk.cli import quarantine, show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

ID_MAX = 2**63 - 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("show")(quarantine.show_)
    noun.command("restore")(restore)
    app.add_typer(noun, name="spam", help="Mail that is hidden as spam.")


def list_(
    limit: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The newest, so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List hidden mail, the newest first."""
    from maildesk.desk import spam

    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = spam.listed(session, desk.site.desk.code, limit)
        if json:
            show.as_json({"total": total, "mails": found})
            return
        show.table(
            ("id", "when", "from", "subject", "ticket", "messages", "why"),
            [
                (each.id, desk.local(each.received_at), each.sender, each.subject, each.ticket,
                 each.messages, each.why or "an agent said so")
                for each in found
            ],
            empty="no mail is hidden",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def restore(
    mail: Annotated[int, typer.Argument(metavar="ID", min=1, max=ID_MAX)],
    config: Config = None,
    json: Json = False,
) -> None:
    """Say that a mail is no spam: it is handled as if it had never been hidden.

    Its ticket is new, the time counts from the day it came, staff hear of it, and its sender
    gets his confirmation. Who is blocked stays blocked.
    """
    from maildesk.desk import spam
    from maildesk.desk.applier import is_served

    with opened(config) as desk:
        spam.restore(desk.db, mail)
        served = is_served(desk.db)
    if json:
        show.as_json({"restored": mail, "served": served})
        return
    when = "now" if served else "when the daemon runs (`maildesk serve`)"
    show.words(f"mail {mail}: no spam; it is handled {when}")
