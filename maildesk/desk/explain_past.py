"""What became of a mail that came in: its state, ticket, journal and letters. Read only."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import Session, col

from maildesk.desk import lists
from maildesk.desk.lists import LetterLine, letter_line
from maildesk.mail import limits
from maildesk.mail.header import split
from maildesk.mail.smtp import Envelope
from maildesk.rules.number import tag
from maildesk.store.tables import (
    AgentRow,
    EventRow,
    InboundRow,
    MessageRow,
    OutboundRow,
)

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")
_RAW = cast("QueryableAttribute[bytes]", OutboundRow.raw)  # as long as the mails themselves


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of a ticket's journal that a mail caused; `ticket` is a tag."""

    at: datetime
    ticket: str
    actor: str
    trigger: str
    before: str
    after: str
    detail: str


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a mail. `ticket` is a tag or "", `standing` how it stands there.

    `released_by` is the login of the agent as whose it was released, or "".
    """

    inbound_id: int
    state: str
    reason: str
    received_at: datetime
    handled_at: datetime | None
    attempts: int
    ticket: str
    standing: str
    released_by: str
    journal: tuple[JournalLine, ...]
    letters: tuple[LetterLine, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A mail to be explained. `inbound_id` is 0 for one that never came in.

    The rest is as in `intake.Claimed`.
    """

    raw: bytes
    envelope: Envelope
    inbound_id: int = 0
    oversize: int = 0
    quiet: bool = False
    released_by: int | None = None
    cleared: bool = False


def from_file(
    raw: bytes, return_path: str | None, to: tuple[str, ...], via: str, now: datetime
) -> Given:
    """Return a mail that lies in a file, as if it came `now`.

    Its envelope is `return_path` and `to`; where those are not given, what its last hop wrote
    (RFC 5321 section 4.4): Return-Path, Delivered-To, X-Original-To, Envelope-To.
    """
    head, _ = split(raw, limits.HEADER_BLOCK, [])
    path = head.text("return-path") if return_path is None else return_path
    written = (value for name in _DELIVERED for value in head.all(name))
    found = tuple(dict.fromkeys(_bare(value).lower() for value in written if "@" in value))
    envelope = Envelope(_bare(path), to or found, via, now)
    return Given(raw, envelope, quiet=via == "import")


def _bare(value: str) -> str:
    return "".join(each for each in value if each.isprintable()).strip("<> ")


def stored(session: Session, inbound_id: int) -> Given:
    """Return a mail that came in, as the desk would take it up. Raises Refused if there is none."""
    mail = lists.stored_mail(session, inbound_id)
    row = session.get_one(InboundRow, inbound_id)
    return Given(
        raw=mail.raw,
        envelope=mail.envelope,
        inbound_id=inbound_id,
        oversize=row.oversize,
        quiet=row.quiet,
        released_by=row.released_by,
        cleared=row.cleared,
    )


def past(session: Session, code: str, inbound_id: int) -> Past:
    """Return what became of a mail that is there. Raises sqlalchemy's NoResultFound otherwise."""
    row = session.get_one(InboundRow, inbound_id)
    message = session.scalars(
        select(MessageRow).where(col(MessageRow.inbound_id) == inbound_id)
    ).first()
    events = select(EventRow).where(col(EventRow.inbound_id) == inbound_id)
    caused = select(OutboundRow).where(col(OutboundRow.inbound_id) == inbound_id)
    agent = session.get(AgentRow, row.released_by) if row.released_by else None
    return Past(
        inbound_id=inbound_id,
        state=row.state,
        reason=row.reason,
        received_at=row.received_at,
        handled_at=row.handled_at,
        attempts=row.attempts,
        ticket=tag(code, row.ticket_id) if row.ticket_id else "",
        standing=message.standing if message else "",
        released_by=agent.login if agent else "",
        journal=tuple(
            JournalLine(e.at, tag(code, e.ticket_id), e.actor, e.trigger, e.from_state,
                        e.to_state, e.detail)
            for e in session.scalars(events.order_by(col(EventRow.id)))
        ),
        letters=tuple(
            letter_line(each, code)
            for each in session.scalars(
                caused.order_by(col(OutboundRow.id)).options(defer(_RAW))
            )
        ),
    )  # fmt: skip


def came_as(session: Session, sha256: str) -> tuple[int, ...]:
    """Return the numbers of the mails that came in with exactly these octets."""
    query = select(col(InboundRow.id)).where(col(InboundRow.raw_sha256) == sha256)
    return tuple(number for number in session.scalars(query.order_by(col(InboundRow.id))) if number)


def opened_by(session: Session, content_key: str) -> int | None:
    """Return the ticket that a mail of this content opened, or None."""
    query = select(MessageRow).where(col(MessageRow.content_key) == content_key)
    message = session.scalars(query).first()
    if message is None:
        return None
    inside = select(func.min(col(MessageRow.id))).where(
        col(MessageRow.ticket_id) == message.ticket_id
    )
    return message.ticket_id if session.scalar(inside) == message.id else None
