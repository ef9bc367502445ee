"""Mails to staff by the clock: what was sent on which day, and the tickets that they list."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import (
    Column,
    Date,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlmodel import Field, Session, SQLModel, col

from maildesk.rules.staff.digest import Kind, Listed, named
from maildesk.rules.ticket import State
from maildesk.store.callers import charged_minutes
from maildesk.store.columns import Moment, key, link, long_text, moment
from maildesk.store.db import rows_met
from maildesk.store.rows import chunks
from maildesk.store.tables import AgentAddressRow, CustomerRow, EventRow, MessageRow, TicketRow
from maildesk.store.work_tables import TimeRow, TimerRow


class DigestRow(SQLModel, table=True):
    """A mail of a day to an agent, sent or, where there was nothing to say, just thought of.

    `kind` is a word of rules.staff.digest.Kind. `tickets` are the ids of its numbered lines, the
    first is number 1: a JSON list.
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("day", "agent_id", "kind"),)
    id: int | None = key()
    day: date = Field(sa_column=Column(Date, nullable=False))
    agent_id: int = link("agent.id")
    kind: str
    made_at: datetime = moment()
    tickets: str = long_text()


_MADE = text(
    "INSERT INTO digest (day, agent_id, kind, made_at, tickets)"
    " VALUES (:day, :agent_id, :kind, :made_at, :tickets)"
    " ON CONFLICT (day, agent_id, kind) DO NOTHING"
).bindparams(bindparam("day", type_=Date), bindparam("made_at", type_=Moment))


def note(
    session: Session, day: date, agent_id: int, kind: Kind, tickets: Collection[int], now: datetime
) -> bool:
    """Note that an agent's mail of a day is made. False if it was made before."""
    row = {
        "day": day, "agent_id": agent_id, "kind": kind.value, "made_at": now,
        "tickets": json.dumps(list(tickets)),
    }  # fmt: skip
    return rows_met(session, _MADE.bindparams(**row)) == 1


def made_on(session: Session, day: date) -> set[tuple[int, Kind]]:
    """Return (agent id, kind) of every mail that was made on a day."""
    query = select(col(DigestRow.agent_id), col(DigestRow.kind)).where(col(DigestRow.day) == day)
    return {(agent_id, Kind(kind)) for agent_id, kind in session.execute(query)}


def last_made(session: Session, kind: Kind, before: date) -> datetime | None:
    """Return when the first mail of a kind was made on the last day before, None if never."""
    of_kind = col(DigestRow.kind) == kind.value
    last = select(func.max(col(DigestRow.day))).where(of_kind, col(DigestRow.day) < before)
    query = select(func.min(col(DigestRow.made_at))).where(
        of_kind, col(DigestRow.day) == last.scalar_subquery()
    )
    return session.execute(query).scalar()


def numbered(session: Session, name: str, agent_id: int) -> tuple[int, ...] | None:
    """Return the tickets of a digest by their numbers, None if there is no such digest."""
    found = named(name)
    if found is None:
        return None
    query = select(col(DigestRow.tickets)).where(
        col(DigestRow.day) == found[1],
        col(DigestRow.agent_id) == agent_id,
        col(DigestRow.kind) == found[0].value,
    )
    row = session.execute(query).first()
    return None if row is None else tuple(json.loads(row[0]))


def open_tickets(session: Session, limit: int) -> list[Listed]:
    """Return all tickets on which somebody has something to do. `limit`: the desk's, in minutes."""
    return _listed(session, select(TicketRow).where(~col(TicketRow.closed)), limit)


def unbooked(session: Session, agent_id: int, since: datetime, limit: int) -> list[Listed]:
    """Return the tickets on which an agent worked since a moment without booking any time.

    He answered, changed the state, or his timer runs. `limit` as for `open_tickets`.
    """
    addresses = select(col(AgentAddressRow.address)).where(
        col(AgentAddressRow.agent_id) == agent_id
    )
    answered = select(col(MessageRow.ticket_id)).where(
        col(MessageRow.filed_at) >= since,
        col(MessageRow.standing) == "answer",
        col(MessageRow.author).in_(addresses),
    )
    moved = select(col(EventRow.ticket_id)).where(
        col(EventRow.at) >= since,
        col(EventRow.to_state) != "",
        col(EventRow.from_state) != "",
        col(EventRow.actor).in_(addresses),
    )
    running = select(col(TimerRow.ticket_id), col(TimerRow.started_at)).where(
        col(TimerRow.agent_id) == agent_id
    )
    timers: dict[int, datetime] = dict(session.execute(running).all())
    booked = (
        select(col(TimeRow.ticket_id))
        .where(col(TimeRow.agent_id) == agent_id, col(TimeRow.booked_at) >= since)
        .group_by(col(TimeRow.ticket_id))
        .having(func.sum(col(TimeRow.minutes)) > 0)
    )
    worked = or_(
        col(TicketRow.id).in_(answered),
        col(TicketRow.id).in_(moved),
        col(TicketRow.id).in_(list(timers)),
    )
    query = select(TicketRow).where(
        worked,
        or_(col(TicketRow.id).not_in(booked), col(TicketRow.id).in_(list(timers))),
        col(TicketRow.state).not_in([State.SPAM.value, State.MERGED.value]),
    )
    return _listed(session, query, limit, timers)


def _listed(
    session: Session,
    query: Select[TicketRow],
    limit: int,
    timers: Mapping[int, datetime] | None = None,
) -> list[Listed]:
    rows = list(session.scalars(query))
    if not rows:
        return []
    ids = [row.id for row in rows]
    customers = {
        row.id: row
        for row in session.scalars(
            select(CustomerRow).where(col(CustomerRow.id).in_({row.customer_id for row in rows}))
        )
    }
    charged = charged_minutes(session, ids)
    since = _since(session, rows)
    return [
        Listed(
            id=row.id,
            title=row.title,
            state=State(row.state),
            urgent=row.urgent,
            customer=customers[row.customer_id].name if row.customer_id else row.requester,
            assignee_id=row.assignee_id,
            opened_at=row.opened_at,
            due_at=row.due_at,
            since=since.get(row.id),
            is_met=row.met_at is not None,
            wake_at=row.wake_at,
            charged=charged.get(row.id, 0),
            limit=_limit(row, customers.get(row.customer_id), limit),
            timer_at=(timers or {}).get(row.id),
        )
        for row in rows
    ]


def _limit(row: TicketRow, customer: CustomerRow | None, limit: int) -> int | None:
    if row.limit_open:
        return None
    if row.limit_minutes is not None:
        return row.limit_minutes
    theirs = customer.limit_minutes if customer else None
    return limit if theirs is None else theirs


def _since(session: Session, rows: Collection[TicketRow]) -> dict[int, datetime]:
    """Return since when tickets are in their states."""
    found: dict[int, datetime] = {}
    for chunk in chunks([row.id for row in rows]):
        same = and_(
            col(EventRow.ticket_id) == col(TicketRow.id),
            col(EventRow.to_state) == col(TicketRow.state),
        )
        query = (
            select(col(TicketRow.id), func.max(col(EventRow.at), type_=Moment()))
            .join(EventRow, same)
            .where(col(TicketRow.id).in_(chunk))
            .group_by(col(TicketRow.id))
        )
        found.update(dict(session.execute(query).all()))
    return found
