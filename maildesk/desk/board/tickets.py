"""The board: tickets by due time, with filters, and how many each of its tabs holds. Read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, null, or_, select, true
from sqlmodel import Session, col

from maildesk.desk.board.live import newest
from maildesk.desk.context import Desk
from maildesk.desk.lists import COUNTING
from maildesk.rules.number import tag
from maildesk.rules.ticket import State, is_closed
from maildesk.store.callers import charged_minutes
from maildesk.store.tables import AgentRow, CustomerRow, TicketRow
from maildesk.store.work_tables import TimerRow

PAGE = 50
PAGES_MAX = 200  # beyond that nobody turns pages: filters and the search lead there
COUNT_MAX = 1000  # of the tickets that are done, nobody needs more exactly
CUSTOMERS_MAX = 500
WAITING = frozenset(
    {State.WAITING_CUSTOMER, State.WAITING_APPROVAL, State.WAITING_THIRD, State.ACCEPTANCE}
)
_OPEN = frozenset(state for state in State if not is_closed(state))


class Show(StrEnum):
    """Which tickets: those that are open, what is to do in them or not, or those that are done."""

    OPEN = "open"
    TODO = "todo"
    WAITING = "waiting"
    BILL = "bill"
    CLOSED = "closed"

    @property
    def is_done(self) -> bool:
        return self in (Show.BILL, Show.CLOSED)

    @property
    def states(self) -> frozenset[State]:
        """Return the states of its tickets."""
        return {
            Show.OPEN: _OPEN, Show.TODO: _OPEN - WAITING, Show.WAITING: WAITING,
            Show.BILL: frozenset({State.BILLING}),
            Show.CLOSED: frozenset(State) - _OPEN - {State.BILLING},
        }[self]  # fmt: skip


class Whose(StrEnum):
    """Whose tickets, as the tabs say it."""

    MINE = "mine"
    NOBODYS = "unassigned"
    ALL = "all"


class Group(StrEnum):
    """Under which heading a ticket stands, in this order."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"
    NO_PROMISE = "none"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `assignee` is a login, `customer` a part of a name; "" for any.

    `page` counts from 1.
    """

    whose: Whose = Whose.ALL
    show: Show = Show.OPEN
    assignee: str = ""
    customer: str = ""
    kind: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket on the board. `due_at` is there only while its promise counts.

    `minutes` is the charged work of the `limit` that is approved (None: no limit).
    `assignee` is a login and `assignee_name` who that is; "" for nobody.
    """

    id: int
    tag: str
    title: str
    state: State
    kind: str
    urgent: bool
    waits_for: str
    customer: str
    requester: str
    assignee: str
    assignee_name: str
    due_at: datetime | None
    opened_at: datetime
    group: Group
    minutes: int
    limit: int | None

    @property
    def is_late(self) -> bool:
        return self.group is Group.OVERDUE

    @property
    def is_used_up(self) -> bool:
        """Whether the work reached what is approved."""
        return self.limit is not None and self.minutes > 0 and self.minutes >= self.limit


@dataclass(frozen=True, slots=True)
class Running:
    """The work timer that runs for whoever looks."""

    tag: str
    title: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """One page of the board. `counts` are of all pages, for each tab; COUNT_MAX stands for more.

    `agents` are the logins and names of those who answer; `seen` is the newest line of the
    journal, from which `desk.board.live` goes on.
    """

    groups: tuple[tuple[Group, tuple[Line, ...]], ...]
    counts: dict[Whose, int]
    has_more: bool
    running: Running | None
    agents: tuple[tuple[str, str], ...]
    seen: int

    @property
    def is_empty(self) -> bool:
        return not self.groups


def board(desk: Desk, wanted: Wanted, agent_id: int, now: datetime) -> Board:
    """Return a page of the board as an agent sees it, at most PAGE tickets.

    Open ones: whose promise is broken first, then by due time, urgent ones first where nothing
    is promised, what waits last. Those that are done: the newest first.
    """
    with desk.db.read() as session:
        agents = session.execute(
            select(col(AgentRow.id), col(AgentRow.login), col(AgentRow.name))
            .where(col(AgentRow.enabled)).order_by(col(AgentRow.login))
        ).all()  # fmt: skip
        filters = _filters(session, wanted)
        whose = _whose(wanted.whose, agent_id)
        ids = _page(session, wanted.show, [*filters, *whose], wanted.page)
        lines = _lines(session, desk, _rows(session, ids[:PAGE]), now)
        return Board(
            groups=_grouped(lines),
            counts=_counts(session, wanted.show, filters, agent_id),
            has_more=len(ids) > PAGE and wanted.page < PAGES_MAX,
            running=_running(session, desk, agent_id),
            agents=tuple((login, name) for _, login, name in agents),
            seen=newest(session),
        )


def _filters(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    show = wanted.show
    closed = col(TicketRow.closed)
    found = [closed == true() if show.is_done else ~closed]
    if show is Show.BILL:  # in the question itself, so that it is seen to fit its index
        found.append(col(TicketRow.state) == literal(State.BILLING.value, literal_execute=True))
    elif show is not Show.OPEN:
        found.append(col(TicketRow.state).in_(sorted(show.states)))
    if wanted.kind:
        found.append(col(TicketRow.kind) == wanted.kind)
    if wanted.assignee:
        his = select(col(AgentRow.id)).where(col(AgentRow.login) == wanted.assignee)
        found.append(col(TicketRow.assignee_id) == his.scalar_subquery())
    if wanted.customer:
        found.append(col(TicketRow.customer_id).in_(_customers(session, wanted.customer)))
    return found


def _customers(session: Session, part: str) -> Sequence[int | None]:
    """Return the customers in whose name something stands, in any case.

    SQLite folds the case of ASCII alone, so a name is tried as it may be written.
    """
    name = col(CustomerRow.name)
    written = {part, part.lower(), part.upper(), part.capitalize(), part.title()}
    either = or_(*(name.contains(each, autoescape=True) for each in sorted(written)))
    query = select(col(CustomerRow.id)).where(
        or_(func.lower(name).contains(part.lower(), autoescape=True), either)
    )
    return session.scalars(query.limit(CUSTOMERS_MAX)).all()


def _whose(whose: Whose, agent_id: int) -> list[ColumnElement[bool]]:
    assignee = col(TicketRow.assignee_id)
    if whose is Whose.MINE:
        return [assignee == agent_id]
    return [assignee.is_(None)] if whose is Whose.NOBODYS else []


def _page(
    session: Session, show: Show, wanted: Sequence[ColumnElement[bool]], page: int
) -> Sequence[int]:
    """Return the tickets of a page and the first of the next one, in their order."""
    query = select(col(TicketRow.id)).where(*wanted)
    if show.is_done:
        query = query.order_by(col(TicketRow.id).desc())
    else:
        counts = col(TicketRow.state).in_(sorted(COUNTING)) & col(TicketRow.met_at).is_(None)
        due = case((counts, col(TicketRow.due_at)), else_=null())
        waits = due.is_(None) & col(TicketRow.state).in_(sorted(WAITING))
        query = query.order_by(
            waits, due.is_(None), due, ~col(TicketRow.urgent), col(TicketRow.opened_at),
            col(TicketRow.id),
        )  # fmt: skip
    first = (min(max(page, 1), PAGES_MAX) - 1) * PAGE
    return session.scalars(query.offset(first).limit(PAGE + 1)).all()


def _rows(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    """Return tickets with what stands beside them: only a page of them is worth its columns."""
    query = (
        select(
            TicketRow, col(CustomerRow.name), col(CustomerRow.limit_minutes),
            col(AgentRow.login), col(AgentRow.name),
        )
        .outerjoin(CustomerRow, col(CustomerRow.id) == col(TicketRow.customer_id))
        .outerjoin(AgentRow, col(AgentRow.id) == col(TicketRow.assignee_id))
        .where(col(TicketRow.id).in_(ids))
    )  # fmt: skip
    found = {row[0].id: row for row in session.execute(query)}
    return [found[each] for each in ids]


def _counts(
    session: Session, show: Show, filters: Sequence[ColumnElement[bool]], agent_id: int
) -> dict[Whose, int]:
    if show is Show.CLOSED:
        return {whose: _bounded(session, [*filters, *_whose(whose, agent_id)]) for whose in Whose}
    by_agent = select(col(TicketRow.assignee_id), func.count()).where(*filters)
    found: dict[int | None, int] = dict(
        session.execute(by_agent.group_by(col(TicketRow.assignee_id))).all()
    )
    return {
        Whose.MINE: found.get(agent_id, 0), Whose.NOBODYS: found.get(None, 0),
        Whose.ALL: sum(found.values()),
    }  # fmt: skip


def _bounded(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    some = select(col(TicketRow.id)).where(*wanted).limit(COUNT_MAX).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _running(session: Session, desk: Desk, agent_id: int) -> Running | None:
    query = (
        select(TicketRow, col(TimerRow.started_at))
        .join(TimerRow, col(TimerRow.ticket_id) == col(TicketRow.id))
        .where(col(TimerRow.agent_id) == agent_id)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    return Running(tag(desk.policy.code, found[0].id), found[0].title, found[1])


def _lines(session: Session, desk: Desk, rows: Sequence[Any], now: datetime) -> list[Line]:
    worked = charged_minutes(session, [row.id for row, *_ in rows])
    midnight = now.astimezone(desk.policy.calendar.timezone).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    lines = []
    for row, customer, limit, login, name in rows:
        state = State(row.state)
        counts = state in COUNTING and row.met_at is None
        due_at = row.due_at if counts else None
        lines.append(
            Line(
                id=row.id,
                tag=tag(desk.policy.code, row.id),
                title=row.title,
                state=state,
                kind=row.kind,
                urgent=row.urgent,
                waits_for=row.waits_for,
                customer=customer or "",
                requester=row.requester_name or row.requester,
                assignee=login or "",
                assignee_name=name or "",
                due_at=due_at,
                opened_at=row.opened_at,
                group=_group(state, due_at, now, midnight),
                minutes=worked.get(row.id, 0),
                limit=_limit(row, limit, desk),
            )
        )
    return lines


def _limit(row: TicketRow, customers: int | None, desk: Desk) -> int | None:
    """Return what `rules.process.request_words.limit_of` says, of rows."""
    if row.limit_open:
        return None
    if row.limit_minutes is not None:
        return row.limit_minutes
    return customers if customers is not None else desk.policy.limit_minutes


def _group(state: State, due_at: datetime | None, now: datetime, midnight: datetime) -> Group:
    if is_closed(state):
        return Group.DONE
    if due_at is not None:
        is_today = due_at < midnight
        return Group.OVERDUE if due_at < now else Group.TODAY if is_today else Group.LATER
    return Group.WAITING if state in WAITING else Group.NO_PROMISE


def _grouped(lines: Sequence[Line]) -> tuple[tuple[Group, tuple[Line, ...]], ...]:
    by_group = {group: tuple(each for each in lines if each.group is group) for group in Group}
    return tuple((group, found) for group, found in by_group.items() if found)
