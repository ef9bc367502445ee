"""Mail that is hidden as spam: the list of it, and the way back."""

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
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from maildesk.desk.people import Refused
from maildesk.rules.number import tag
from maildesk.rules.spam import HIDDEN
from maildesk.rules.ticket import State
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import InboundRow, MessageRow, TicketRow


@dataclass(frozen=True, slots=True)
class SpamLine:
    """A hidden mail: the first of a ticket that is spam, or a reply to another one.

    `messages` are those in that ticket, with this one. `why` is "" where an agent said so.
    """

    id: int
    received_at: datetime
    sender: str
    subject: str
    ticket: str
    messages: int
    why: str


def listed(
    session: Session, code: str, limit: int, before: int | None = None
) -> tuple[list[SpamLine], int]:
    """Return at most `limit` hidden mails, the newest first, and how many there are.

    Only those below the number `before`, if one is named; the count is of all.
    """
    total = session.execute(_joined(func.count()))
    other = aliased(MessageRow)
    beside = select(func.count()).where(col(other.ticket_id) == col(MessageRow.ticket_id))
    query = _joined(InboundRow, MessageRow, beside.scalar_subquery())
    if before is not None:
        query = query.where(col(InboundRow.id) < before)
    found = session.execute(query.order_by(col(InboundRow.id).desc()).limit(limit)).all()
    lines = [
        SpamLine(
            row.id or 0, row.received_at, row.sender, row.subject,
            tag(code, message.ticket_id), messages, row.reason,
        )
        for row, message, messages in found
    ]  # fmt: skip
    return lines, total.scalar_one()


def is_hidden(session: Session, inbound_id: int) -> bool:
    """Tell whether a mail is hidden, so that `restore` would bring it back."""
    this = _joined(col(InboundRow.id)).where(col(InboundRow.id) == inbound_id)
    return session.execute(this).first() is not None


def restore(db: Database, inbound_id: int) -> None:
    """Have a hidden mail handled once more, as one that is no spam.

    Its ticket becomes new with the clock from its receipt (PROCESS.md, T47), the sender gets the
    confirmation that he did not get, and staff are told. Raises Refused if it is not hidden.
    """

    def work(session: Session) -> None:
        again = update(InboundRow).where(
            col(InboundRow.id) == inbound_id, col(InboundRow.state) == "filed"
        )
        values = {"cleared": True, "state": "waiting", "attempts": 0, "reason": "",
                  "handled_at": None}  # fmt: skip
        if not is_hidden(session, inbound_id) or not rows_met(session, again.values(**values)):
            raise Refused(f"mail {inbound_id} is not hidden as spam; see `maildesk spam list`")

    db.change(work)


def _joined(*columns: Any) -> Select[Any]:
    asked: Select[Any] = select(*columns).select_from(InboundRow)
    return (
        asked.join(MessageRow, col(MessageRow.inbound_id) == col(InboundRow.id))
        .join(TicketRow, col(TicketRow.id) == col(MessageRow.ticket_id))
        .where(
            col(InboundRow.state) == "filed", col(MessageRow.id).in_(_in_question()), _is_hidden()
        )
    )


def _in_question() -> CompoundSelect[int]:
    """Return the few messages that may be hidden, each kind by its own index.

    The literals are those of the indexes: SQLite takes a partial one for nothing else.
    """
    of_spam = (
        select(col(MessageRow.id))
        .join(TicketRow, col(TicketRow.id) == col(MessageRow.ticket_id))
        .where(text("ticket.state = 'spam'"))
    )
    hidden = select(col(MessageRow.id)).where(
        col(MessageRow.standing) == HIDDEN, text("message.standing IN ('unverified', 'spam')")
    )
    return union_all(of_spam, hidden)


def _is_hidden() -> ColumnElement[bool]:
    """The first mail of a ticket that is spam, or a hidden one in a ticket that is none."""
    earlier = aliased(MessageRow)
    first = ~(
        select(col(earlier.id))
        .where(
            col(earlier.ticket_id) == col(MessageRow.ticket_id),
            col(earlier.id) < col(MessageRow.id),
        )
        .exists()
    )
    is_spam = col(TicketRow.state) == State.SPAM.value
    return or_(
        and_(is_spam, first),
        and_(~is_spam, col(MessageRow.standing) == HIDDEN),
    )
