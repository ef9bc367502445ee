"""`maildesk held`: mails in the name of an agent that proved nothing, and an operator's word."""

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
    noun.command("release")(release)
    app.add_typer(noun, name="held", help="Mail in the name of an agent that proved nothing.")


def list_(
    limit: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The newest, so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List mails in the name of agents that are not proven to be theirs, the newest first."""
    from maildesk.desk import held

    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = held.listed(session, desk.site.desk.code, limit)
        if json:
            show.as_json({"total": total, "mails": found})
            return
        show.table(
            ("id", "when", "in the name of", "subject", "ticket", "why"),
            [
                (each.id, desk.local(each.received_at),
                 f"{each.login} <{each.address}>" if each.login else each.address, each.subject,
                 each.ticket or "-", each.why)
                for each in found
            ],
            empty="no mail is held",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def release(
    mail: Annotated[int, typer.Argument(metavar="ID", min=1, max=ID_MAX)],
    login: Annotated[
        str, typer.Option("--as", metavar="LOGIN", help="The agent who did write it.")
    ],
    config: Config = None,
    json: Json = False,
) -> None:
    """Vouch for a mail: it is handled once more, as if the agent had proven that it is his.

    Only what you know from him himself: its commands run, and customers may get his words.
    """
    from maildesk.desk import by_hand, lists
    from maildesk.desk.applier import is_served
    from maildesk.desk.people import Refused
    from maildesk.desk.within_limits import bounds_of, read_within_limits

    with opened(config) as desk:
        with desk.db.read() as session:
            stored = lists.stored_mail(session, mail)
        bounds = bounds_of(desk.site.limits)
        reading, trouble = read_within_limits(stored.raw, stored.envelope, bounds)
        if reading is None or trouble:
            raise Refused(f"mail {mail} is not released: {trouble or 'it cannot be read'}")
        by_hand.vouch(desk.db, mail, login, reading.mail.author or "", reading.mail.date)
        served = is_served(desk.db)
    if json:
        show.as_json({"released": mail, "as": login, "served": served})
        return
    when = "now" if served else "when the daemon runs (`maildesk serve`)"
    show.words(f"mail {mail}: released as {login}'s; it is handled {when}")
