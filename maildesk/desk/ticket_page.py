"""One ticket with all that belongs to it: people, messages, journal and letters. Read only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.lists import LetterLine, TicketLine, joined, letter_line, ticket_line
from maildesk.desk.people import Refused
from maildesk.rules.number import parse_number, tag
from maildesk.store.callers import minutes
from maildesk.store.foreign_numbers import numbers_of
from maildesk.store.merged import counting
from maildesk.store.tables import (
    AgentRow,
    AttachmentRow,
    EventRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    TicketRow,
)
from maildesk.store.work_tables import TimeRow, TimerRow


@dataclass(frozen=True, slots=True)
class Participant:
    """A person of a ticket; number 1 is the requester."""

    number: int
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment of a message; `size` in octets."""

    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a ticket. `reply` is what its writer added, `text` the whole of it."""

    id: int
    inbound_id: int | None
    standing: str
    author: str
    author_name: str
    subject: str
    text: str
    reply: str
    sent_at: datetime | None
    filed_at: datetime
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a ticket's journal."""

    at: datetime
    actor: str
    trigger: str
    before: str
    after: str
    detail: str


@dataclass(frozen=True, slots=True)
class Booked:
    """Work that was booked; below zero where it was taken back. `agent` is a login."""

    at: datetime
    agent: str
    minutes: int
    words: str


@dataclass(frozen=True, slots=True)
class Timer:
    """A work timer that runs."""

    agent: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One ticket with all that belongs to it.

    `follows` and `merged_into` are tags, or ""; `merged_from` are the tags of those that ended
    in this one. `wake_at` is when it comes back from waiting. `foreign` are the numbers that other
    desks have for it, as (domain, number).
    """

    ticket: TicketLine
    requester_name: str
    language: str
    presales: bool
    wish: str
    follows: str
    merged_into: str
    merged_from: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]
    category: str
    planned_at: datetime | None
    wake_at: datetime | None
    timers: tuple[Timer, ...]
    time: tuple[Booked, ...]
    participants: tuple[Participant, ...]
    messages: tuple[Message, ...]
    journal: tuple[Event, ...]
    letters: tuple[LetterLine, ...]


def ticket(session: Session, code: str, given: str, now: datetime) -> TicketPage:
    """Return the ticket with a tag ("DD-10429", brackets are fine) or a number ("10429").

    Raises Refused if the check digit does not hold, or if there is no such ticket.
    """
    found = session.execute(joined().where(col(TicketRow.id) == number_of(code, given))).first()
    if found is None:
        raise Refused(f"there is no ticket {given}; see `maildesk ticket list --all`")
    row, customer, assignee = found
    booked = minutes(session, [row.id]).get(row.id, 0)
    people = select(ParticipantRow).where(col(ParticipantRow.ticket_id) == row.id)
    journal = select(EventRow).where(col(EventRow.ticket_id) == row.id)
    merged = select(col(TicketRow.id)).where(col(TicketRow.merged_into) == row.id)
    sent = select(OutboundRow).where(col(OutboundRow.ticket_id) == row.id)
    return TicketPage(
        ticket=ticket_line(row, customer, assignee, booked, code, now),
        requester_name=row.requester_name,
        language=row.language,
        presales=row.presales,
        wish=row.wish,
        follows=tag(code, row.follows) if row.follows else "",
        merged_into=tag(code, row.merged_into) if row.merged_into else "",
        merged_from=tuple(
            tag(code, each) for each in session.scalars(merged.order_by(col(TicketRow.id)))
        ),
        foreign=tuple(numbers_of(session, row.id)),
        category=row.category,
        planned_at=row.planned_at,
        wake_at=row.wake_at,
        timers=_timers(session, row.id),
        time=_time(session, row.id),
        participants=tuple(
            Participant(each.number, each.address, each.name)
            for each in session.scalars(people.order_by(col(ParticipantRow.number)))
        ),
        messages=tuple(_messages(session, row.id)),
        journal=tuple(
            Event(e.at, e.actor, e.trigger, e.from_state, e.to_state, e.detail)
            for e in session.scalars(journal.order_by(col(EventRow.id)))
        ),
        letters=tuple(
            letter_line(each, code) for each in session.scalars(sent.order_by(col(OutboundRow.id)))
        ),
    )


def _timers(session: Session, ticket_id: int) -> tuple[Timer, ...]:
    query = select(col(AgentRow.login), col(TimerRow.started_at)).join(
        AgentRow, col(AgentRow.id) == col(TimerRow.agent_id)
    )
    here = query.where(col(TimerRow.ticket_id) == ticket_id).order_by(col(TimerRow.started_at))
    return tuple(Timer(*row) for row in session.execute(here))


def _time(session: Session, ticket_id: int) -> tuple[Booked, ...]:
    query = select(
        col(TimeRow.booked_at), col(AgentRow.login), col(TimeRow.minutes), col(TimeRow.words)
    ).join(AgentRow, col(AgentRow.id) == col(TimeRow.agent_id))
    counts = list(counting(session, [ticket_id]))
    here = query.where(col(TimeRow.ticket_id).in_(counts)).order_by(col(TimeRow.id))
    return tuple(Booked(*row) for row in session.execute(here))


def _messages(session: Session, ticket_id: int) -> list[Message]:
    query = select(MessageRow).where(col(MessageRow.ticket_id) == ticket_id)
    rows = session.scalars(query.order_by(col(MessageRow.id))).all()
    attached: dict[int, list[Attachment]] = defaultdict(list)
    parts = select(AttachmentRow).join(
        MessageRow, col(MessageRow.id) == col(AttachmentRow.message_id)
    )
    inside = parts.where(col(MessageRow.ticket_id) == ticket_id).order_by(col(AttachmentRow.id))
    for part in session.scalars(inside):
        attached[part.message_id].append(Attachment(part.name, part.type, part.size))
    return [
        Message(
            id=row.id,
            inbound_id=row.inbound_id,
            standing=row.standing,
            author=row.author,
            author_name=row.author_name,
            subject=row.subject,
            text=row.text,
            reply=row.reply or row.text,
            sent_at=row.sent_at,
            filed_at=row.filed_at,
            attachments=tuple(attached[row.id]),
        )
        for row in rows
    ]


def number_of(code: str, given: str) -> int:
    """Return the number of a ticket that is named by tag or number. Raises Refused for neither."""
    text = given.strip().strip("[]").upper()
    number = parse_number(text.removeprefix(f"{code}-"))
    if number is None:
        raise Refused(
            f"{given!r} is no ticket: say its tag with the check digit, such as {tag(code, 1000)}"
        )
    return number
