"""Mails in the name of an agent that proved nothing, for a person to look at. Read only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlmodel import Session, col

from maildesk.rules.number import tag
from maildesk.store.tables import AgentAddressRow, AgentRow, InboundRow, MessageRow

UNPROVEN = "unverified"  # the standing of those that are filed in a ticket


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A mail on the list. `login` is "" where the address is nobody's of the staff any more.

    `ticket` is a tag, or "" where the mail is about none.
    """

    id: int
    received_at: datetime
    login: str
    address: str
    subject: str
    ticket: str
    why: str


def listed(
    session: Session, code: str, limit: int, before: int | None = None
) -> tuple[list[HeldLine], int]:
    """Return at most `limit` mails, the newest first, and how many there are.

    Only those below the number `before`, if one is named; the count is of all.
    """
    total = session.execute(_joined(func.count()))
    query = _joined(InboundRow, MessageRow, AgentRow).order_by(col(InboundRow.id).desc())
    if before is not None:
        query = query.where(col(InboundRow.id) < before)
    found = session.execute(query.limit(limit)).all()
    lines = [_line(row, message, agent, code) for row, message, agent in found]
    return lines, total.scalar_one()


def still_held() -> ColumnElement[bool]:
    """Return the condition for a mail, joined with its message, that nobody has released."""
    return and_(
        col(InboundRow.released_by).is_(None),
        or_(
            col(InboundRow.state) == "held",
            and_(col(InboundRow.state) == "filed", col(MessageRow.standing) == UNPROVEN),
        ),
    )


def _joined(*columns: Any) -> Select[Any]:
    """Ask for held mails, with the agent whose address each has."""
    author = func.lower(func.coalesce(col(MessageRow.author), col(InboundRow.sender)))
    asked: Select[Any] = select(*columns).select_from(InboundRow)
    return (
        asked.outerjoin(MessageRow, col(MessageRow.inbound_id) == col(InboundRow.id))
        .outerjoin(AgentAddressRow, col(AgentAddressRow.address) == author)
        .outerjoin(AgentRow, col(AgentRow.id) == col(AgentAddressRow.agent_id))
        .where(col(InboundRow.id).in_(_in_question()), still_held())
    )


def _in_question() -> CompoundSelect[int]:
    """Return the few mails that may be held, each kind by its own index.

    The literals are those of the indexes: SQLite takes a partial one for nothing else.
    """
    alone = select(col(InboundRow.id)).where(
        col(InboundRow.state) == "held", text("inbound.state <> 'filed'")
    )
    filed = select(col(MessageRow.inbound_id)).where(
        col(MessageRow.standing) == UNPROVEN, text("message.standing IN ('unverified', 'spam')")
    )
    return union_all(alone, filed)


def _line(
    row: InboundRow, message: MessageRow | None, agent: AgentRow | None, code: str
) -> HeldLine:
    return HeldLine(
        id=row.id or 0,
        received_at=row.received_at,
        login=agent.login if agent else "",
        address=message.author if message else row.sender,
        subject=row.subject,
        ticket=tag(code, message.ticket_id) if message else "",
        why=_why(agent),
    )


def _why(agent: AgentRow | None) -> str:
    if agent is None:
        return "no proof; the address is nobody's of the staff now"
    return "no proof" if agent.enabled else f"no proof; {agent.login} is disabled"
