"""What staff see on the lists: tickets, letters and mail that needs a look. Values, read only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Select, and_, case, func, null, select, text
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col

from maildesk.desk import outbox
from maildesk.desk.people import Refused
from maildesk.mail.smtp import Envelope
from maildesk.rules.number import tag
from maildesk.rules.ticket import FACTS, PromiseClock, State
from maildesk.store.callers import minutes
from maildesk.store.tables import AgentRow, CustomerRow, InboundRow, OutboundRow, RawRow, TicketRow

LETTERS_DUE = ("queued", "failed", "held")
QUARANTINE = ("held", "set_aside", "automatic")
_CLOCK_RUNS = {PromiseClock.RUNS, PromiseClock.NEW_CYCLE, PromiseClock.BY_SETTING}
# Where the promise clock stands still, a due time that has passed breaks no promise.
COUNTING = frozenset(state for state, facts in FACTS.items() if facts.clock in _CLOCK_RUNS)


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket on a list, with the `minutes` booked on it.

    `assignee` is a login; both it and `customer` may be "".
    """

    tag: str
    title: str
    state: State
    kind: str
    urgent: bool
    customer: str
    requester: str
    assignee: str
    due_at: datetime | None
    breached: bool
    opened_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter and how far it has come. `ticket` is a tag, or "" where it is about none."""

    id: int
    purpose: str
    rcpt_to: str
    state: str
    ticket: str
    attempts: int
    queued_at: datetime
    next_attempt_at: datetime
    settled_at: datetime | None
    last_reply: str
    undeliverable: str


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail on a list; `sender` is its return path where its fields were never read."""

    id: int
    state: str
    received_at: datetime
    via: str
    sender: str
    subject: str
    size: int
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail with its bytes, as it came."""

    line: MailLine
    envelope: Envelope
    raw: bytes


def tickets(
    session: Session,
    code: str,
    now: datetime,
    limit: int,
    closed: bool = False,
    assignee_id: int | None = None,
) -> tuple[list[TicketLine], int]:
    """Return at most `limit` tickets, and how many there are without that limit.

    Whose promise is broken comes first, then by due time, then urgent ones, then by receipt;
    closed ones (only where `closed` is set) after all others.
    """
    wanted = []
    if not closed:
        wanted.append(~col(TicketRow.closed))
    if assignee_id is not None:
        wanted.append(col(TicketRow.assignee_id) == assignee_id)
    total = session.execute(select(func.count()).select_from(TicketRow).where(*wanted))
    due = case((col(TicketRow.state).in_(COUNTING), col(TicketRow.due_at)), else_=null())
    query = joined().where(*wanted).order_by(
        col(TicketRow.closed), due.is_(None), due, ~col(TicketRow.urgent),
        col(TicketRow.opened_at), col(TicketRow.id),
    )  # fmt: skip
    found = session.execute(query.limit(limit)).all()
    booked = minutes(session, [row.id for row, _, _ in found])
    return [
        ticket_line(row, name, login, booked.get(row.id, 0), code, now)
        for row, name, login in found
    ], total.scalar_one()


def letters(
    session: Session, code: str, states: Sequence[str], limit: int
) -> tuple[list[LetterLine], int]:
    """Return at most `limit` letters in these states, the newest first, and how many there are."""
    inside = col(OutboundRow.state).in_(states)
    total = session.execute(select(func.count()).select_from(OutboundRow).where(inside))
    bare = select(OutboundRow).options(defer(cast("QueryableAttribute[bytes]", OutboundRow.raw)))
    query = bare.where(inside).order_by(col(OutboundRow.id).desc()).limit(limit)
    return [letter_line(row, code) for row in session.scalars(query)], total.scalar_one()


def may_send(session: Session) -> bool:
    """Tell whether letters may leave; False after a restore, until they are released."""
    return outbox.may_send(session)


def quarantine(
    session: Session, states: Sequence[str], limit: int, before: int | None = None
) -> tuple[list[MailLine], int]:
    """Return at most `limit` mails in these states, the newest first, and how many there are.

    Only those below the number `before`, if one is named; the count is of all.
    """
    # The literal is that of the index: SQLite takes a partial one for nothing else.
    inside = and_(col(InboundRow.state).in_(states), text("inbound.state <> 'filed'"))
    total = session.execute(select(func.count()).select_from(InboundRow).where(inside))
    query = (
        select(InboundRow, col(RawRow.size))
        .join(RawRow, col(RawRow.sha256) == col(InboundRow.raw_sha256))
        .where(inside)
        .order_by(col(InboundRow.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(InboundRow.id) < before)
    return [_mail(row, size) for row, size in session.execute(query)], total.scalar_one()


def stored_mail(session: Session, inbound_id: int) -> StoredMail:
    """Return a mail that came in, whatever became of it. Raises Refused if there is none."""
    row = session.get(InboundRow, inbound_id)
    if row is None:
        raise Refused(f"there is no mail {inbound_id}; see `maildesk quarantine list`")
    raw = session.get_one(RawRow, row.raw_sha256)
    envelope = Envelope(
        return_path=row.return_path,
        rcpt_to=tuple(json.loads(row.rcpt_to)),
        via=row.via,
        received_at=row.received_at,
        login=row.login,
        peer=row.peer,
        ordered=row.ordered,
        account=row.account,
    )
    return StoredMail(_mail(row, raw.size), envelope, raw.content)


def joined() -> Select[TicketRow, str, str]:
    """Return the question for tickets with their customer's name and agent's login."""
    return (
        select(TicketRow, col(CustomerRow.name), col(AgentRow.login))
        .outerjoin(CustomerRow, col(CustomerRow.id) == col(TicketRow.customer_id))
        .outerjoin(AgentRow, col(AgentRow.id) == col(TicketRow.assignee_id))
    )


def ticket_line(
    row: TicketRow,
    customer: str | None,
    assignee: str | None,
    minutes: int,
    code: str,
    now: datetime,
) -> TicketLine:
    """Return one of the rows that `joined` asks for as a value."""
    state = State(row.state)
    return TicketLine(
        tag=tag(code, row.id),
        title=row.title,
        state=state,
        kind=row.kind,
        urgent=row.urgent,
        customer=customer or "",
        requester=row.requester,
        assignee=assignee or "",
        due_at=row.due_at,
        breached=state in COUNTING and row.due_at is not None and row.due_at < now,
        opened_at=row.opened_at,
        minutes=int(minutes),
    )


def letter_line(row: OutboundRow, code: str) -> LetterLine:
    """Return a letter's row as a value."""
    return LetterLine(
        id=row.id or 0,
        purpose=row.purpose,
        rcpt_to=row.rcpt_to,
        state=row.state,
        ticket=tag(code, row.ticket_id) if row.ticket_id else "",
        attempts=row.attempts,
        queued_at=row.queued_at,
        next_attempt_at=row.next_attempt_at,
        settled_at=row.settled_at,
        last_reply=row.last_reply,
        undeliverable=row.undeliverable,
    )


def _mail(row: InboundRow, size: int) -> MailLine:
    return MailLine(
        id=row.id or 0,
        state=row.state,
        received_at=row.received_at,
        via=row.via,
        sender=row.sender or row.return_path,
        subject=row.subject,
        size=size,
        attempts=row.attempts,
        reason=row.reason,
    )
