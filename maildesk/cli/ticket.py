"""`maildesk ticket`: what is to be done, and everything about one ticket."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from maildesk.cli import show
from maildesk.cli.opened import Opened, opened
from maildesk.cli.options import Config, Json

if TYPE_CHECKING:
    from maildesk.desk.lists import TicketLine
    from maildesk.desk.ticket_page import Message, TicketPage

ID_MAX = 2**63 - 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    noun = typer.Typer(rich_markup_mode=None)
    noun.command("list")(list_)
    noun.command("show")(show_)
    app.add_typer(noun, name="ticket", help="Tickets.")


def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    mine: Annotated[str, typer.Option(metavar="LOGIN", help="Only those of one agent.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The first so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List tickets, the most pressing first.

    Broken promises, then by due time, then urgent ones, then by receipt.
    """
    from maildesk.desk import lists, staff

    with opened(config) as desk:
        agent = staff.one(desk.db, mine).id if mine else None
        with desk.db.read() as session:
            found, total = lists.tickets(
                session, desk.site.desk.code, datetime.now(UTC), limit, everything, agent
            )
        if json:
            show.as_json({"total": total, "tickets": found})
            return
        show.table(
            ("ticket", "title", "state", "kind", "customer", "requester", "assignee", "due",
             "time", "opened"),
            [
                (each.tag, each.title, each.state.words("en"), _kind(each), each.customer,
                 each.requester, each.assignee, _due(desk, each), _time(each.minutes),
                 desk.local(each.opened_at))
                for each in found
            ],
            empty="no tickets",
        )  # fmt: skip
    if total > len(found):
        show.words(f"{total - len(found):,} more (--limit)")


def show_(
    ticket: Annotated[str, typer.Argument(help="Its tag (DD-10429) or its number (10429).")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Show one ticket with its messages, time, journal and letters."""
    from maildesk.desk import ticket_page

    with opened(config) as desk:
        with desk.db.read() as session:
            page = ticket_page.ticket(session, desk.site.desk.code, ticket, datetime.now(UTC))
        if json:
            show.as_json(page)
            return
        _say_facts(desk, page)
        for message in page.messages:
            _say_message(desk, message)
        _say_tables(desk, page)


def _say_facts(desk: Opened, page: "TicketPage") -> None:
    line = page.ticket
    show.words(f"{line.tag}  {line.title}")
    wish = f" (asked for {page.wish}, not ordered yet)" if page.wish else ""
    facts = (
        ("state", line.state.words("en")),
        ("kind", f"{_kind(line)}{wish}{', before an order' if page.presales else ''}"),
        ("customer", line.customer or "unknown"),
        ("assignee", line.assignee or "nobody"),
        ("opened", _moment(desk, line.opened_at)),
        ("due", _due(desk, line)),
        ("planned", _moment(desk, page.planned_at)),
        ("waits until", _moment(desk, page.wake_at)),
        ("category", page.category),
        ("time", _time(line.minutes)),
        *(
            ("timer", f"{each.agent} since {_moment(desk, each.started_at)}")
            for each in page.timers
        ),
        ("language", page.language),
        ("follows", page.follows),
        ("merged into", page.merged_into),
        ("merged from", ", ".join(page.merged_from)),
        *(("known as", f"{number} at {domain}") for domain, number in page.foreign),
    )
    for name, value in facts:
        if value:
            show.words(f"{name:<12} {value}")
    for person in page.participants:
        role = "requester" if person.number == 1 else "participant"
        show.words(f"{role:<12} {person.name} <{person.address}>")


def _say_message(desk: Opened, message: "Message") -> None:
    show.words("")
    show.words(
        f"--- {desk.local(message.filed_at):%Y-%m-%d %H:%M} {message.author_name}"
        f" <{message.author}> ({message.standing}): {message.subject}"
    )
    for each in show.block(message.reply).split("\n"):
        show.words(each)
    for part in message.attachments:
        show.words(f"[attachment] {part.name} ({part.type}, {part.size:,} octets)")


def _say_tables(desk: Opened, page: "TicketPage") -> None:
    show.words("")
    if page.time:
        show.table(
            ("booked", "who", "minutes", "why"),
            [
                (desk.local(each.at), each.agent, f"{each.minutes:+d}", each.words)
                for each in page.time
            ],
        )
    show.table(
        ("at", "who", "what", "from", "to", "detail"),
        [
            (desk.local(each.at), each.actor, each.trigger, each.before, each.after, each.detail)
            for each in page.journal
        ],
    )
    show.table(
        ("letter", "state", "to", "what", "queued", "answer"),
        [
            (each.id, each.state, each.rcpt_to, each.purpose, desk.local(each.queued_at),
             each.undeliverable or each.last_reply)
            for each in page.letters
        ],
        empty="no letters",
    )  # fmt: skip


def _kind(line: "TicketLine") -> str:
    return f"{line.kind}, urgent" if line.urgent else line.kind


def _due(desk: Opened, line: "TicketLine") -> str:
    if line.due_at is None:
        return ""
    return f"{_moment(desk, line.due_at)}{' (overdue)' if line.breached else ''}"


def _moment(desk: Opened, at: datetime | None) -> str:
    return f"{desk.local(at):%Y-%m-%d %H:%M}" if at else ""


def _time(minutes: int) -> str:
    """Return booked work as on a clock: "0:25", "12:05"; "" for none."""
    return f"{minutes // 60}:{minutes % 60:02}" if minutes > 0 else ""
