"""`maildesk quarantine`: mail that needs a person: held, set aside, or written by a machine."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import Opened, opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.lists import StoredMail
    from maildesk.mail.message import Reading

ID_MAX = 2**63 - 1
Ids = Annotated[list[int], typer.Argument(metavar="ID...", min=1, max=ID_MAX)]


class MailState(StrEnum):
    """What may be asked for with --state."""

    HELD = "held"
    SET_ASIDE = "set_aside"
    AUTOMATIC = "automatic"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("show")(show_)
    noun.command("replay")(replay)
    noun.command("dismiss")(dismiss)
    app.add_typer(noun, name="quarantine", help="Mail that needs a person's look.")


def list_(
    state: Annotated[MailState | None, typer.Option("--state", help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The newest, so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List mail that is held, set aside or automatic, the newest first."""
    from maildesk.desk import lists

    states = (state.value,) if state else lists.QUARANTINE
    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = lists.quarantine(session, states, limit)
        if json:
            show.as_json({"total": total, "mails": found})
            return
        show.table(
            ("id", "state", "received", "from", "subject", "octets", "reason"),
            [
                (each.id, each.state, desk.local(each.received_at), each.sender, each.subject,
                 f"{each.size:,}", each.reason)
                for each in found
            ],
            empty="no mail needs a look",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def show_(
    mail: Annotated[int, typer.Argument(metavar="ID", min=1, max=ID_MAX)],
    raw: Annotated[
        bool, typer.Option("--raw", help="Write the mail as it came to stdout, for a file.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show one mail: what its header says, and its text."""
    from maildesk.desk import lists
    from maildesk.desk.people import Refused
    from maildesk.desk.within_limits import bounds_of, read_within_limits

    if raw and sys.stdout.isatty():
        raise Refused(
            "a mail as it came may steer this terminal; write it to a file:"
            f" maildesk quarantine show {mail} --raw > mail.eml"
        )
    with opened(config) as desk:
        with desk.db.read() as session:
            stored = lists.stored_mail(session, mail)
        if raw:
            sys.stdout.buffer.write(stored.raw)
            return
        bounds = bounds_of(desk.site.limits)
        reading, trouble = read_within_limits(stored.raw, stored.envelope, bounds)
        if json:
            show.as_json({"mail": stored.line, "envelope": stored.envelope, "reading": reading,
                          "trouble": trouble})  # fmt: skip
        else:
            _say(desk, stored, reading, trouble)


def replay(ids: Ids, config: Config = None, json: Json = False) -> None:
    """Hand mails once more to the desk, as if they had just come in."""
    from maildesk.desk import intake

    with opened(config) as desk:
        done = {each: intake.replay(desk.db, each) for each in dict.fromkeys(ids)}
    _answer(done, "handed to the desk again", json)


def dismiss(ids: Ids, config: Config = None, json: Json = False) -> None:
    """Take mails off the lists; they stay stored and can still be replayed."""
    from maildesk.desk import by_hand

    now = datetime.now(UTC)
    with opened(config) as desk:
        done = {each: by_hand.dismiss(desk.db, each, now) for each in dict.fromkeys(ids)}
    _answer(done, "dismissed", json)


def _answer(done: dict[int, bool], what: str, json: bool) -> None:
    from maildesk.desk.people import Refused

    left = [number for number, did in done.items() if not did]
    if json:
        show.as_json({"done": [number for number, did in done.items() if did], "left": left})
    else:
        for number, did in done.items():
            if did:
                show.words(f"mail {number}: {what}")
    if left:
        raise Refused(
            f"mail {', '.join(map(str, left))}: on none of the lists; see `maildesk quarantine list`"
        )


def _say(desk: Opened, stored: "StoredMail", reading: "Reading | None", trouble: str) -> None:
    line, envelope = stored.line, stored.envelope
    show.words(f"mail {line.id}, {line.state}{f': {line.reason}' if line.reason else ''}")
    show.words(f"received     {desk.local(line.received_at):%Y-%m-%d %H:%M} by {line.via}")
    show.words(f"return path  <{envelope.return_path}>")
    show.words(f"recipients   {', '.join(envelope.rcpt_to)}")
    if reading is not None:
        mail = reading.mail
        show.words(f"from         {mail.sender.name} <{mail.sender.address}>")
        for name, people in (("to", mail.to), ("cc", mail.cc), ("reply-to", mail.reply_to)):
            if people:
                show.words(f"{name:<12} {', '.join(each.address for each in people)}")
        show.words(f"subject      {mail.subject}")
        show.words(f"date         {mail.date or ''}")
        show.words(f"message-id   {mail.message_id}")
        show.words(f"origin       {reading.origin}: {reading.origin_reason}")
        for part in mail.attachments:
            show.words(f"attachment   {part.name} ({part.type}, {part.size:,} octets)")
        if mail.defects:
            show.words(f"defects      {', '.join(mail.defects)}")
        show.words("")
        for each in show.block(mail.text).split("\n"):
            show.words(each)
    if trouble:
        show.words(f"{trouble}; `--raw > mail.eml` writes all of it")
