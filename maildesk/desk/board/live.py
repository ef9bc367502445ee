"""What has changed since one looked last: a few cheap questions, for all who look together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.portal.sessions import IDLE
from maildesk.store.tables import AgentAddressRow, AgentRow, EventRow, InboundRow, OutboundRow
from maildesk.store.web_tables import SessionRow

BOARD, MAIL, LETTERS = "board", "mail", "letters"
_LATE = 64  # lines of the journal before the newest: on PostgreSQL one may be committed after it
_MOST = 500  # lines of the journal at a time; more only say that the board has changed
_DUE = ("queued", "failed", "held")
_KEPT = ("held", "set_aside")


@dataclass(frozen=True, slots=True)
class Look:
    """What was there when one looked. `lines` are the newest of the journal, by id."""

    newest: int
    lines: frozenset[int]
    mail: tuple[tuple[int, int], ...]
    letters: tuple[tuple[int, int], ...]


def look(desk: Desk, before: Look | None) -> tuple[Look, frozenset[str]]:
    """Return what is there now, and the names of what has changed since: none the first time.

    The names: "board" and "ticket-<id>" for a ticket, "mail" for the lists of held mail,
    "letters" for the outbox.
    """
    with desk.db.read() as session:
        last = newest(session)
        rows = _lines(session, (before.newest if before else last) - _LATE)
        now = Look(last, frozenset(rows), _mail(session), _letters(session))
    if before is None:
        return now, frozenset()
    names = _names({ticket for id_, ticket in rows.items() if id_ not in before.lines})
    if now.newest - before.newest > _MOST:
        names |= {BOARD}
    if now.mail != before.mail:
        names |= {MAIL}
    if now.letters != before.letters:
        names |= {LETTERS}
    return now, names


def newest(session: Session) -> int:
    """Return the newest line of the journal, 0 where there is none: what `since` goes on from."""
    return session.scalar(select(func.max(col(EventRow.id)))) or 0


def since(desk: Desk, last: int) -> frozenset[str]:
    """Return the names of the tickets that have changed since a line of the journal."""
    with desk.db.read() as session:
        return _names(set(_lines(session, last).values()))


def signed_in(desk: Desk, sessions: Collection[str], now: datetime) -> frozenset[str]:
    """Return those of some sessions that are still there, of agents who still may look."""
    query = (
        select(col(SessionRow.id_sha256))
        .join(AgentRow, col(AgentRow.id) == col(SessionRow.agent_id))
        .join(AgentAddressRow, col(AgentAddressRow.address) == col(SessionRow.address))
        .where(
            col(SessionRow.id_sha256).in_(sorted(sessions)),
            col(SessionRow.expires_at) > now,
            col(SessionRow.seen_at) > now - IDLE,
            col(AgentRow.enabled),
            col(AgentAddressRow.agent_id) == col(AgentRow.id),
        )
    )
    with desk.db.read() as session:
        return frozenset(session.scalars(query))


def _lines(session: Session, after: int) -> dict[int, int]:
    """Return the lines of the journal after one, the newest _MOST: the ticket of each, by id."""
    query = select(col(EventRow.id), col(EventRow.ticket_id)).where(col(EventRow.id) > after)
    return dict(session.execute(query.order_by(col(EventRow.id).desc()).limit(_MOST)).all())


def _names(tickets: Collection[int]) -> frozenset[str]:
    return frozenset({BOARD, *(f"ticket-{each}" for each in tickets)}) if tickets else frozenset()


def _mail(session: Session) -> tuple[tuple[int, int], ...]:
    """Return the held ones and those set aside; of automatic ones, which may be many, the newest."""
    listed = col(InboundRow.state) != _literal("filed")  # as the index says it
    automatic = select(func.max(col(InboundRow.id))).where(
        listed, col(InboundRow.state) == _literal("automatic")
    )
    kept = [_count(session, InboundRow, state, listed) for state in _KEPT]
    return (*kept, (0, session.scalar(automatic) or 0))


def _letters(session: Session) -> tuple[tuple[int, int], ...]:
    return tuple(_count(session, OutboundRow, state) for state in _DUE)


def _count(
    session: Session,
    table: type[InboundRow] | type[OutboundRow],
    state: str,
    *more: ColumnElement[bool],
) -> tuple[int, int]:
    """Return how many rows are in a state, and the newest. Its index is of such states alone."""
    query = select(func.count(), func.coalesce(func.max(col(table.id)), 0))
    count, newest = session.execute(query.where(col(table.state) == _literal(state), *more)).one()
    return int(count), int(newest)


def _literal(word: str) -> Any:
    """Return a word that stands in the question itself, so that it is seen to fit an index."""
    return literal(word, literal_execute=True)
