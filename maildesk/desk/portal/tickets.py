"""The tickets of somebody who is signed in: what waits for him, what is open, what is over.

Each list is bounded and read by the ticket's id, the newest first; `before` names the last one
of the page before. Nothing here tells what happened inside: the last activity is that of words
between the customer and us.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.portal.rights import in_company, is_his
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.customer_words import is_counting, state_words, waits_for
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.kinds import kind_named
from maildesk.rules.letters import kind_words
from maildesk.rules.number import tag
from maildesk.rules.process.answerable import still_asked
from maildesk.rules.process.asking import deciders
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import Request
from maildesk.rules.ticket import State, is_closed
from maildesk.store import queries
from maildesk.store.process import approvers, requests
from maildesk.store.rows import chunks
from maildesk.store.tables import MessageRow, ParticipantRow, TicketRow
from maildesk.store.work_tables import RequestRow

SHOWN = 25  # tickets on a page
WAITING = 20  # that wait for him, on top of it
OUTWARD = ("participant", "answer")  # messages between the customer and us
_HIDDEN = (State.SPAM.value, State.MERGED.value)
_ASKS = (State.WAITING_CUSTOMER.value, State.WAITING_APPROVAL.value, State.ACCEPTANCE.value)


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket on a list. `state` and `kind` are in words of his language; `tag` without brackets.

    `waits` is what we wait for from him: "answer", a word of requests.About, or "". `due_at` is
    there only while its clock runs. `by` is who asked for it, where that is not he.
    """

    id: int
    tag: str
    title: str
    kind: str
    state: str
    tone: str
    waits: str
    planned_at: datetime | None
    due_at: datetime | None
    last_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Tickets:
    """A page of a list. `older` is the id to go on before, None on the last page."""

    waiting: tuple[Line, ...]
    lines: tuple[Line, ...]
    older: int | None


def tickets(
    desk: Desk, person: SignedIn, company: bool, closed: bool, before: int | None, language: str
) -> Tickets:
    """Return a page of somebody's tickets, or of his company's where he may see those.

    What waits for him stands first on the first page of the open ones, and nowhere else.
    """
    with desk.db.read() as session:
        wanted = _of(person, company).where(col(TicketRow.closed).is_(closed))
        asked = [] if closed else _asked(session, person, wanted)
        first = {row.id: waits for row, waits in asked}
        page = wanted if before is None else wanted.where(_id(company) < before)
        rows = list(session.scalars(page.order_by(_id(company).desc()).limit(SHOWN + 1)))
        shown = [row for row in rows[:SHOWN] if row.id not in first]
        top = [row for row, _ in asked] if before is None else []
        lines = _lines(desk, session, person, [*top, *shown], first, language)
        return Tickets(
            waiting=tuple(lines[: len(top)]),
            lines=tuple(lines[len(top) :]),
            older=rows[SHOWN - 1].id if len(rows) > SHOWN else None,
        )


def _of(person: SignedIn, company: bool) -> Select[Any]:
    query = select(TicketRow).where(col(TicketRow.state).not_in(_HIDDEN))
    if company:
        return query.where(in_company(person))
    return query.join(ParticipantRow, col(ParticipantRow.ticket_id) == col(TicketRow.id)).where(
        is_his(person)
    )


def _id(company: bool) -> Any:
    """Return the column to turn pages by: that of the index which finds the tickets."""
    return col(TicketRow.id) if company else col(ParticipantRow.ticket_id)


def _asked(session: Session, person: SignedIn, wanted: Select[Any]) -> list[tuple[Any, str]]:
    """Return the open tickets that wait for him, the newest first, each with what for."""
    # Few tickets wait for anybody: they are found first, and then whether they are his.
    asking = select(col(TicketRow.id)).where(
        ~col(TicketRow.closed), col(TicketRow.state).in_(_ASKS)
    )
    asked_for = select(col(RequestRow.ticket_id)).where(col(RequestRow.verdict) == "open")
    waiting = (
        union(asking, asked_for).cte("waiting").prefix_with("MATERIALIZED", dialect="postgresql")
    )
    query = wanted.where(col(TicketRow.id).in_(select(waiting.c.id)))
    rows = list(session.scalars(query.order_by(col(TicketRow.id).desc()).limit(WAITING * 2)))
    if not rows:
        return []
    facts = queries.as_they_are(session, {row.id: row for row in rows})
    asked = requests(session, [row.id for row in rows])
    able = {
        customer: Facts(0, 0, process=ProcessFacts(approvers=approvers(session, customer)))
        for customer in {row.customer_id for row in rows if row.customer_id is not None}
    }
    found = [
        (row, _waits(person, facts[row.id], asked.get(row.id, ()), able.get(row.customer_id)))
        for row in rows
    ]
    return [(row, waits) for row, waits in found if waits][:WAITING]


def _waits(
    person: SignedIn, ticket: TicketFacts, asked: Sequence[Request], facts: Facts | None
) -> str:
    """Return what a ticket waits for from this very person, "" for nothing."""
    his = person.address.lower()
    request = next((each for each in asked if each.is_open and still_asked(each, ticket)), None)
    if request is not None:
        able = deciders(ticket, facts or Facts(0, 0), request)
        return request.about.value if any(to.address.lower() == his for to, _, _ in able) else ""
    takes_part = his in {address.lower() for address, _ in ticket.participants}
    return "answer" if takes_part and ticket.state is State.WAITING_CUSTOMER else ""


def _lines(
    desk: Desk,
    session: Session,
    person: SignedIn,
    rows: Sequence[Any],
    first: dict[int, str],
    language: str,
) -> list[Line]:
    last = _last(session, {row.id for row in rows})
    facts = queries.as_they_are(session, {row.id: row for row in rows})
    found = []
    for row in rows:
        ticket, waits = facts[row.id], first.get(row.id, "")
        state, his = ticket.state, person.address.lower()
        mine = his in {address.lower() for address, _ in ticket.participants}
        found.append(
            Line(
                id=row.id,
                tag=tag(desk.policy.code, row.id),
                title=row.title,
                kind=kind_label(desk, row.kind, language),
                state=state_words(state, language),
                tone="wait" if waits else tone_of(state),
                waits=waits,
                planned_at=row.planned_at if not is_closed(state) else None,
                due_at=row.due_at if is_counting(ticket) else None,
                last_at=last.get(row.id, row.opened_at),
                by="" if mine else row.requester_name,
            )
        )
    return found


def kind_label(desk: Desk, name: str, language: str) -> str:
    """Return the label of a kind; its name where the configuration has lost it."""
    try:
        return kind_words(kind_named(desk.policy.kinds, name), language)
    except ValueError:
        return name


_TONES = {
    State.IN_PROGRESS: "busy", State.REWORK: "busy", State.ACCEPTED: "done",
    State.RESOLVED: "done", State.BILLING: "done", State.INVOICED: "done", State.CLOSED: "done",
}  # fmt: skip


def tone_of(state: State) -> str:
    """Return the tone of a state's badge on a page."""
    return "wait" if waits_for(state, "") not in ("", "third") else _TONES.get(state, "calm")


def _last(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    """Return when somebody wrote last in each ticket, to us or from us."""
    found: dict[int, datetime] = {}
    query = select(col(MessageRow.ticket_id), func.max(col(MessageRow.filed_at)))
    for chunk in chunks(ids):
        of_these = query.where(
            col(MessageRow.ticket_id).in_(chunk), col(MessageRow.standing).in_(OUTWARD)
        )
        found.update(
            (row[0], row[1])
            for row in session.execute(of_these.group_by(col(MessageRow.ticket_id)))
        )
    return found
