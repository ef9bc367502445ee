"""`maildesk outbox`: letters on their way out, and those that did not get there."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import opened
from maildesk.cli.options import Config, Json

ID_MAX = 2**63 - 1


class LetterState(StrEnum):
    """What may be asked for with --state."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    WITHDRAWN = "withdrawn"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("retry")(retry)
    noun.command("release")(release)
    app.add_typer(noun, name="outbox", help="Letters on their way out.")


def list_(
    state: Annotated[
        LetterState | None,
        typer.Option("--state", help="Only these; else all that are queued, failed or held."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The newest, so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List letters, the newest first."""
    from maildesk.desk import lists

    states = (state.value,) if state else lists.LETTERS_DUE
    with opened(config) as desk:
        with desk.db.read() as session:
            found, total = lists.letters(session, desk.site.desk.code, states, limit)
            may_send = lists.may_send(session)
        if json:
            show.as_json({"may_send": may_send, "total": total, "letters": found})
            return
        show.table(
            ("id", "state", "to", "what", "ticket", "queued", "next attempt", "tries", "answer"),
            [
                (each.id, each.state, each.rcpt_to, each.purpose, each.ticket,
                 desk.local(each.queued_at),
                 desk.local(each.next_attempt_at) if each.state == "queued" else None,
                 each.attempts, each.undeliverable or each.last_reply)
                for each in found
            ],
            empty="no letters",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")
    if not may_send:
        show.words("Nothing is sent since the restore, until `maildesk outbox release`.")


def retry(
    letter: Annotated[
        int | None, typer.Argument(metavar="ID", min=1, max=ID_MAX, help="The letter's id.")
    ] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="All that failed, instead of one.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a letter due at once, also one that failed or is held."""
    from maildesk.desk import by_hand, outbox
    from maildesk.desk.people import Refused

    if (letter is None) != all_failed:
        raise Refused("say either the id of one letter or --all-failed")
    now = datetime.now(UTC)
    with opened(config) as desk:
        if letter is None:
            number = by_hand.retry_failed(desk.db, now)
        elif outbox.retry(desk.db, letter, now):
            number = 1
        else:
            raise Refused(
                f"there is no letter {letter} that is queued, failed or held; see"
                " `maildesk outbox list`"
            )
    if json:
        show.as_json({"due": number})
    else:
        show.words(f"{number:,} letters are due now" if number != 1 else "1 letter is due now")


def release(config: Config = None, json: Json = False) -> None:
    """Let letters leave again after a restore."""
    from maildesk.desk import by_hand

    with opened(config) as desk:
        queued = by_hand.release(desk.db)
    if json:
        show.as_json({"may_send": True, "queued": queued})
    else:
        show.words(f"Letters may leave; {queued:,} are queued.")
