"""Who did what: the journals of all tickets, the newest line first. Read only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.people import Refused
from maildesk.desk.rows import DESK
from maildesk.desk.ticket_page import number_of
from maildesk.rules.number import tag
from maildesk.rules.ticket import State
from maildesk.store.tables import AgentAddressRow, AgentRow, EventRow, TicketRow

PAGE = 50
_ADDRESSES_MAX = 50  # of one agent
_DAY_MAX = 1_000_000  # lines of one day


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `actor` is an agent's login, an address or "maildesk" (the desk itself).

    `ticket` is a tag or a number, `day` one of the desk's zone; "" and None for any. `before` is
    the id of the line to go on before.
    """

    actor: str = ""
    ticket: str = ""
    day: date | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the journal. `actor` is an address or "maildesk", `agent` his name or "".

    `row` is the id of the transition of rules.ticket between `was` and `became`, if any. `fields`
    are those of the ticket that a person would ask about, by name; `detail` is for all else.
    """

    id: int
    at: datetime
    actor: str
    agent: str
    ticket: str
    title: str
    trigger: str
    row: str
    was: State | None
    became: State | None
    detail: str
    fields: tuple[tuple[str, str | int | datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Journal:
    """A page of the journal; `older` is the id to go on before, None at the end.

    `agents` are the logins and names of all agents. `unknown`: no such ticket number exists.
    """

    lines: tuple[Done, ...]
    older: int | None
    agents: tuple[tuple[str, str], ...]
    unknown: bool = False


def journal(desk: Desk, asked: Asked) -> Journal:
    """Return at most PAGE lines of the journals, the newest first."""
    with desk.db.read() as session:
        found = session.execute(
            select(col(AgentRow.login), col(AgentRow.name)).order_by(col(AgentRow.login))
        )
        agents = tuple((login, name) for login, name in found)
        wanted, unknown = _wanted(session, desk, asked)
        rows = [] if unknown else _rows(session, wanted, _actors(session, asked.actor))
        shown = rows[:PAGE]
        return Journal(
            lines=_lines(session, desk, shown),
            older=shown[-1].id if len(rows) > PAGE else None,
            agents=agents,
            unknown=unknown,
        )


def _wanted(session: Session, desk: Desk, asked: Asked) -> tuple[list[ColumnElement[bool]], bool]:
    """Return what is asked for, and whether the ticket's number is none."""
    wanted: list[ColumnElement[bool]] = []
    if asked.ticket:
        try:
            number = number_of(desk.policy.code, asked.ticket)
        except Refused:
            return [], True
        wanted.append(col(EventRow.ticket_id) == number)
    if asked.day is not None:
        wanted += _day(session, desk, asked.day)
    if asked.before is not None:
        wanted.append(col(EventRow.id) < asked.before)
    return wanted, False


def _day(session: Session, desk: Desk, day: date) -> list[ColumnElement[bool]]:
    """Return what the lines of a day have in common: nearly all that lie between two ids."""
    zone = desk.policy.calendar.timezone
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    within = [col(EventRow.at) >= begins, col(EventRow.at) < ends]
    # The bound keeps PostgreSQL from walking through all ids for the lowest one.
    ids = select(col(EventRow.id)).where(*within).limit(_DAY_MAX).subquery()
    query = select(func.min(ids.c.id), func.max(ids.c.id))
    first, last = session.execute(query).one()
    return [col(EventRow.id).between(first or 0, last or 0), *within]


def _actors(session: Session, actor: str) -> Sequence[str]:
    """Return under what an actor stands in the journal; () for anybody."""
    if not actor:
        return ()
    his = (
        select(col(AgentAddressRow.address))
        .join(AgentRow, col(AgentRow.id) == col(AgentAddressRow.agent_id))
        .where(col(AgentRow.login) == actor)
    )
    return session.scalars(his.limit(_ADDRESSES_MAX)).all() or (actor.lower(),)


def _rows(
    session: Session, wanted: Sequence[ColumnElement[bool]], actors: Sequence[str]
) -> list[EventRow]:
    query = select(EventRow).where(*wanted).order_by(col(EventRow.id).desc()).limit(PAGE + 1)
    if not actors:
        return list(session.scalars(query))
    # One question for each: an index gives the newest lines of one actor, but not of several.
    found = [
        row
        for actor in actors
        for row in session.scalars(query.where(col(EventRow.actor) == actor))
    ]
    return sorted(found, key=lambda row: row.id or 0, reverse=True)[: PAGE + 1]


def _lines(session: Session, desk: Desk, rows: Sequence[EventRow]) -> tuple[Done, ...]:
    titles: dict[int, str] = dict(
        session.execute(
            select(col(TicketRow.id), col(TicketRow.title)).where(
                col(TicketRow.id).in_({row.ticket_id for row in rows})
            )
        ).all()
    )
    named: dict[str, str] = dict(
        session.execute(
            select(col(AgentAddressRow.address), col(AgentRow.name))
            .join(AgentRow, col(AgentRow.id) == col(AgentAddressRow.agent_id))
            .where(col(AgentAddressRow.address).in_({row.actor for row in rows}))
        ).all()
    )
    return tuple(
        Done(
            id=row.id or 0,
            at=row.at,
            actor=row.actor,
            agent=desk.site.desk.name if row.actor == DESK else named.get(row.actor, ""),
            ticket=tag(desk.policy.code, row.ticket_id),
            title=titles.get(row.ticket_id, ""),
            trigger=row.trigger,
            row=row.row,
            was=State(row.from_state) if row.from_state else None,
            became=State(row.to_state) if row.to_state else None,
            detail="" if _FIELDS.fullmatch(row.detail) else row.detail,
            fields=_fields(row.detail),
        )
        for row in rows
    )


# How desk.effects writes down what was set: "kind=quick, due_at=2026-11-24T09:00:00+00:00".
_FIELDS = re.compile(r"[a-z_]+=[^,=]*(?:, [a-z_]+=[^,=]*)*")
_TOLD = ("kind", "category", "free", "planned_at", "wake_at", "limit_minutes")


def _fields(detail: str) -> tuple[tuple[str, str | int | datetime], ...]:
    """Return the fields worth telling; the clocks of a promise are the desk's own business."""
    if not _FIELDS.fullmatch(detail):
        return ()
    pairs = (part.partition("=") for part in detail.split(", "))
    return tuple((name, _value(name, value)) for name, _, value in pairs if name in _TOLD and value)


def _value(name: str, value: str) -> str | int | datetime:
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return int(value) if name.endswith("_minutes") else value
