"""The rows of a staff ticket page, each kind of them bounded. Read only.

Bytes of letters and texts of mails over TEXT_MAX stay in the database: a page shows their beginning.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col

from maildesk.desk.attached import Attached
from maildesk.desk.lists import LetterLine, letter_line
from maildesk.desk.ticket_page import Event, Timer
from maildesk.store.merged import counting
from maildesk.store.tables import (
    AgentRow,
    AttachmentRow,
    EventRow,
    MessageRow,
    OutboundRow,
    TicketRow,
)
from maildesk.store.work_tables import DeedRow, TimeRow, TimerRow

MESSAGES = 30  # of one page; the older ones are on the pages before
LETTERS, EVENTS, ENTRIES, MERGED = 40, 100, 200, 50
TEXT_MAX = 30_000  # characters of one message


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `reply` is what its writer added, `text` all of it, "" where that is the same.

    `is_cut`: there is more than TEXT_MAX characters of either.
    """

    id: int
    inbound_id: int | None
    standing: str
    author: str
    author_name: str
    subject: str
    reply: str
    text: str
    is_cut: bool
    at: datetime
    files: tuple[Attached, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """A time entry: minutes, below zero where they were taken back. `free` says why it costs nothing.

    `elsewhere`: it was booked on a ticket that was merged into this one.
    """

    at: datetime
    agent: str
    minutes: int
    type: str
    free: str
    words: str
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """The last thing that the agent did here and may take back, in words of its receipt.

    `leaves_at`: until then its letters wait, `waiting` of them; None where none does.
    """

    inbound_id: int
    words: str
    done_at: datetime
    waiting: int
    leaves_at: datetime | None


def messages(
    session: Session, ticket_id: int, before: int | None
) -> tuple[tuple[Message, ...], int | None]:
    """Return the last messages `before` an id (None: of all), the oldest of them first.

    And the id before which there are more, None where these are the first.
    """
    cut = TEXT_MAX + 1
    columns: tuple[Any, ...] = (
        col(MessageRow.id), col(MessageRow.inbound_id), col(MessageRow.standing),
        col(MessageRow.author), col(MessageRow.author_name), col(MessageRow.subject),
        col(MessageRow.sent_at), col(MessageRow.filed_at),
        func.substr(col(MessageRow.text), 1, cut).label("text"),
        func.substr(col(MessageRow.reply), 1, cut).label("reply"),
    )  # fmt: skip
    query = select(*columns).where(col(MessageRow.ticket_id) == ticket_id)
    if before is not None:
        query = query.where(col(MessageRow.id) < before)
    rows = session.execute(query.order_by(col(MessageRow.id).desc()).limit(MESSAGES + 1)).all()
    shown, files = rows[:MESSAGES], _files(session, [row.id for row in rows[:MESSAGES]])
    found = tuple(_message(row, files.get(row.id, ())) for row in reversed(shown))
    return found, shown[-1].id if len(rows) > MESSAGES else None


def _message(row: Any, files: Sequence[Attached]) -> Message:
    reply = row.reply or row.text
    return Message(
        id=row.id,
        inbound_id=row.inbound_id,
        standing=row.standing,
        author=row.author,
        author_name=row.author_name,
        subject=row.subject,
        reply=reply[:TEXT_MAX],
        text=row.text[:TEXT_MAX] if row.text.strip() != reply.strip() else "",
        is_cut=max(len(row.text), len(reply)) > TEXT_MAX,
        at=row.sent_at if row.standing in ("answer", "note") and row.sent_at else row.filed_at,
        files=tuple(files),
    )


def _files(session: Session, ids: Sequence[int]) -> dict[int, list[Attached]]:
    found: dict[int, list[Attached]] = defaultdict(list)
    query = select(AttachmentRow).where(col(AttachmentRow.message_id).in_(ids))
    for row in session.scalars(query.order_by(col(AttachmentRow.id))):
        number = len(found[row.message_id]) + 1
        found[row.message_id].append(Attached(number, row.name, row.type, row.size))
    return found


def booked(session: Session, ticket_id: int) -> tuple[Booked, ...]:
    """Return the time entries of a ticket and of those merged into it, the newest first."""
    counts = list(counting(session, [ticket_id]))
    query = (
        select(TimeRow, col(AgentRow.name))
        .join(AgentRow, col(AgentRow.id) == col(TimeRow.agent_id))
        .where(col(TimeRow.ticket_id).in_(counts))
        .order_by(col(TimeRow.id).desc())
        .limit(ENTRIES)
    )
    return tuple(
        Booked(row.booked_at, name, row.minutes, row.type, row.free, row.words,
               row.ticket_id != ticket_id)
        for row, name in session.execute(query)
    )  # fmt: skip


def letters(session: Session, ticket_id: int, code: str) -> tuple[LetterLine, ...]:
    """Return the last letters about a ticket, the newest first; those to staff are not among them."""
    bare = select(OutboundRow).options(defer(cast("QueryableAttribute[bytes]", OutboundRow.raw)))
    query = bare.where(
        col(OutboundRow.ticket_id) == ticket_id, ~col(OutboundRow.purpose).startswith("staff_")
    )
    found = session.scalars(query.order_by(col(OutboundRow.id).desc()).limit(LETTERS))
    return tuple(letter_line(row, code) for row in found)


def journal(session: Session, ticket_id: int) -> tuple[Event, ...]:
    """Return the last lines of a ticket's journal, the newest first."""
    query = select(EventRow).where(col(EventRow.ticket_id) == ticket_id)
    return tuple(
        Event(e.at, e.actor, e.trigger, e.from_state, e.to_state, e.detail)
        for e in session.scalars(query.order_by(col(EventRow.id).desc()).limit(EVENTS))
    )


def timers(session: Session, ticket_id: int) -> tuple[Timer, ...]:
    """Return the work timers that run on a ticket, by the names of their agents."""
    query = (
        select(col(AgentRow.name), col(TimerRow.started_at))
        .join(AgentRow, col(AgentRow.id) == col(TimerRow.agent_id))
        .where(col(TimerRow.ticket_id) == ticket_id)
        .order_by(col(TimerRow.started_at))
    )
    return tuple(Timer(*row) for row in session.execute(query))


def timer_of(session: Session, agent_id: int) -> tuple[int, datetime] | None:
    """Return the ticket on which an agent's timer runs and since when, None if it does not."""
    row = session.get(TimerRow, agent_id)
    return (row.ticket_id, row.started_at) if row else None


def merged_from(session: Session, ticket_id: int) -> tuple[int, ...]:
    """Return the tickets that were merged into one."""
    query = select(col(TicketRow.id)).where(col(TicketRow.merged_into) == ticket_id)
    return tuple(session.scalars(query.order_by(col(TicketRow.id)).limit(MERGED)))


def deed(session: Session, agent_id: int, ticket_id: int, now: datetime) -> Deed | None:
    """Return what an agent's #undo would take back, None if there is nothing."""
    query = select(DeedRow).where(
        col(DeedRow.agent_id) == agent_id,
        col(DeedRow.ticket_id) == ticket_id,
        col(DeedRow.undone_at).is_(None),
    )
    row = session.scalars(query.order_by(col(DeedRow.id).desc()).limit(1)).first()
    if row is None:
        return None
    waits = select(func.count(), func.max(col(OutboundRow.next_attempt_at))).where(
        col(OutboundRow.ticket_id) == ticket_id,  # there is an index of it
        col(OutboundRow.inbound_id) == row.inbound_id,
        col(OutboundRow.state) == "queued",
        col(OutboundRow.attempts) == 0,
        col(OutboundRow.next_attempt_at) > now,
        ~col(OutboundRow.purpose).startswith("staff_"),
    )
    waiting, leaves_at = session.execute(waits).one()
    return Deed(row.inbound_id, row.words, row.done_at, waiting, leaves_at)
