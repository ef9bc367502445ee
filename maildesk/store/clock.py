"""Which tickets the time may move, and what their journal and letters say of how they stand.

Every question is answered by an index over what is due, so that a desk with thousands of open
tickets and nothing due is asked in vain at little cost.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnClause, literal_column, select
from sqlmodel import Session, col

from maildesk.rules.facts import TicketFacts
from maildesk.rules.process.passing import Past
from maildesk.rules.ticket import State
from maildesk.store.address_marks import address_marks
from maildesk.store.tables import EventRow, OutboundRow, TicketRow
from maildesk.store.work_tables import RequestRow, TimerRow

# Written out: an index over some rows is only used where the condition names them.
_RESOLVED: ColumnClause[str] = literal_column(f"'{State.RESOLVED.value}'")


def to_wake(session: Session, now: datetime, many: int) -> list[int]:
    """Return tickets whose time of waiting is over, the longest first."""
    due = select(col(TicketRow.id)).where(col(TicketRow.wake_at) <= now)
    return list(session.scalars(due.order_by(col(TicketRow.wake_at)).limit(many)))


def to_look_at(session: Session, now: datetime, many: int) -> list[int]:
    """Return tickets whose `alert_at` has come, the oldest first."""
    due = select(col(TicketRow.id)).where(col(TicketRow.alert_at) <= now)
    return list(session.scalars(due.order_by(col(TicketRow.alert_at)).limit(many)))


def past_window(session: Session, before: datetime, many: int) -> list[int]:
    """Return tickets that were resolved before a moment and that nobody has looked at since."""
    over = select(col(TicketRow.id)).where(
        col(TicketRow.state) == _RESOLVED,
        col(TicketRow.resolved_at) < before,
        col(TicketRow.alert_at).is_(None),
    )
    return list(session.scalars(over.order_by(col(TicketRow.resolved_at)).limit(many)))


def to_remind(session: Session, now: datetime, many: int) -> list[tuple[int, int]]:
    """Return (ticket, number) of requests whose `remind_at` has come, the oldest first."""
    due = (
        select(col(RequestRow.ticket_id), col(RequestRow.number))
        .join(TicketRow, col(TicketRow.id) == col(RequestRow.ticket_id))
        .where(col(RequestRow.remind_at) <= now, ~col(TicketRow.closed))
        .order_by(col(RequestRow.remind_at))
        .limit(many)
    )
    return [(ticket_id, number) for ticket_id, number in session.execute(due)]


def timed(session: Session) -> list[int]:
    """Return tickets on which a timer runs: never more than there are agents."""
    return sorted(set(session.scalars(select(col(TimerRow.ticket_id)))))


def past(session: Session, ticket: TicketFacts, now: datetime) -> Past:
    """Return what is known besides of a ticket that the time looks at."""
    moved = session.execute(
        select(col(EventRow.at), col(EventRow.trigger), col(EventRow.to_state))
        .where(
            col(EventRow.ticket_id) == ticket.id,
            col(EventRow.to_state) != "",
            col(EventRow.to_state) != col(EventRow.from_state),
        )
        .order_by(col(EventRow.id).desc())
        .limit(1)
    ).first()
    since = moved.at if moved is not None and moved.to_state == ticket.state else None
    assigned = session.scalars(
        select(col(EventRow.at))
        .where(
            col(EventRow.ticket_id) == ticket.id,
            col(EventRow.detail).contains(f"assignee_id={ticket.assignee_id}", autoescape=True),
        )
        .order_by(col(EventRow.id).desc())
        .limit(1)
    ).first()
    sent = reminders_of_wait(session, ticket.id, since or ticket.paused_at)
    return Past(
        since=since,
        by_agent=since is not None and moved is not None and moved.trigger.startswith("#"),
        assigned_at=assigned,
        reminders=len(sent),
        reminded_at=max(sent, default=None),
        unreachable=unreachable(session, [address for address, _ in ticket.participants], now),
    )


def reminders_of_wait(
    session: Session, ticket_id: int, since: datetime | None
) -> tuple[datetime, ...]:
    """Return when the reminders of a wait for an answer, begun at `since`, were queued."""
    if since is None:
        return ()
    key = f"wait:{ticket_id}:{since:%Y%m%d%H%M%S}"
    sent = select(col(OutboundRow.queued_at)).where(
        col(OutboundRow.once_key) >= f"{key}:", col(OutboundRow.once_key) < f"{key};"
    )
    return tuple(session.scalars(sent.order_by(col(OutboundRow.queued_at))))


def unreachable(session: Session, addresses: Collection[str], now: datetime) -> frozenset[str]:
    """Return those of the addresses, in lower case, that letters come back from now."""
    asked = {address.lower() for address in addresses}
    found = address_marks(session, asked, (), now)[1] if asked else {}
    return frozenset(address for address, known in found.items() if known.holds(now))


def said(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of the once-keys under which a letter was written already."""
    found = select(col(OutboundRow.once_key)).where(col(OutboundRow.once_key).in_(set(keys)))
    return {key for key in session.scalars(found) if key} if keys else set()
