"""What is known of an address that an agent names: who it is, and what he and his company have.

The history that answers a logged call (PROCESS.md section 5.1).
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from maildesk.rules.entries import Entry, EntryType, Free
from maildesk.rules.facts import PastCall, Person, TicketLine
from maildesk.rules.ticket import State
from maildesk.store import queries
from maildesk.store.contracts import contracts_of
from maildesk.store.merged import counting
from maildesk.store.process import approvers, requests
from maildesk.store.rows import chunks
from maildesk.store.tables import ContactRow, CustomerRow, DomainRow, TicketRow
from maildesk.store.work_tables import DeedRow, TimeRow

OPEN_MAX = 20
CLOSED_MAX = 10
CALLS_MAX = 5
_HIDDEN = (State.SPAM.value, State.MERGED.value)


def person(session: Session, address: str, on: date, zone: tzinfo) -> Person:
    """Return who an address (lower case) is, with what runs on a day of `zone` and what was."""
    contact = session.scalars(
        select(ContactRow).where(func.lower(col(ContactRow.address)) == address)
    ).first()
    customer_id = contact.customer_id if contact else session.scalars(
        select(col(DomainRow.customer_id)).where(
            col(DomainRow.domain) == address.rpartition("@")[2]
        )
    ).first()  # fmt: skip
    customer = session.get(CustomerRow, customer_id) if customer_id else None
    theirs: ColumnElement[bool] = func.lower(col(TicketRow.requester)) == address
    if customer_id is not None:
        theirs = or_(theirs, col(TicketRow.customer_id) == customer_id)
    shown = select(TicketRow).where(theirs, col(TicketRow.state).not_in(_HIDDEN))
    # Resolved tickets are closed for people, though a reply may open them again.
    opened = shown.where(~col(TicketRow.closed)).order_by(col(TicketRow.id).desc())
    ended = func.coalesce(col(TicketRow.resolved_at), col(TicketRow.opened_at))
    closed = shown.where(col(TicketRow.closed)).order_by(ended.desc(), col(TicketRow.id).desc())
    history = lines(session, opened.limit(OPEN_MAX), by_requester=True)
    asked = requests(session, [line.id for line in history])
    return Person(
        address=address,
        contact=queries.contact(contact) if contact else None,
        customer=queries.customer(customer) if customer else None,
        history=history,
        closed=lines(session, closed.limit(CLOSED_MAX), by_requester=True),
        requests=tuple(each for line in history for each in asked.get(line.id, ()) if each.is_open),
        calls=calls(session, theirs),
        contracts=contracts_of(session, customer_id, on, zone) if customer_id else (),
        approvers=approvers(session, customer_id) if customer_id else (),
    )


def calls(session: Session, theirs: ColumnElement[bool]) -> tuple[PastCall, ...]:
    """Return the calls logged last on some tickets, without those that were taken back."""
    undone = select(col(DeedRow.inbound_id)).where(col(DeedRow.undone_at).is_not(None))
    query = (
        select(TimeRow, col(TicketRow.title))
        .join(TicketRow, col(TicketRow.id) == col(TimeRow.ticket_id))
        .where(
            theirs,
            col(TimeRow.type) == EntryType.CALL.value,
            col(TimeRow.minutes) > 0,
            or_(col(TimeRow.inbound_id).is_(None), col(TimeRow.inbound_id).not_in(undone)),
        )
        .order_by(col(TimeRow.id).desc())
        .limit(CALLS_MAX * 2)
    )
    found: dict[Any, PastCall] = {}
    for row, title in session.execute(query):
        entry = Entry(
            agent_id=row.agent_id, minutes=row.minutes, ended_at=row.booked_at,
            type=EntryType.CALL, free=Free(row.free), kind=row.kind, factor=Decimal(row.factor),
            began_at=row.began_at, contract_id=row.contract_id, words=row.words,
        )  # fmt: skip
        # A call that a contract covers only in part is two entries of one mail.
        same = (row.inbound_id or -row.id, row.ticket_id)
        if same in found:
            entry = replace(entry, minutes=entry.minutes + found[same].entry.minutes)
        found[same] = PastCall(row.ticket_id, title, entry)
    return tuple(found.values())[:CALLS_MAX]


def lines(session: Session, query: Any, by_requester: bool = False) -> tuple[TicketLine, ...]:
    """Return the tickets of a question as lines, each with its customer or, if told, requester."""
    rows = list(session.scalars(query))
    booked = minutes(session, [row.id for row in rows])
    named = select(col(CustomerRow.id), col(CustomerRow.name)).where(
        col(CustomerRow.id).in_({row.customer_id for row in rows if row.customer_id})
    )
    names: dict[int, str] = {} if by_requester else dict(session.execute(named).all())
    return tuple(
        TicketLine(
            id=row.id,
            title=row.title,
            kind=row.kind,
            state=State(row.state),
            due_at=row.due_at,
            customer=names.get(row.customer_id or 0, row.requester),
            minutes=booked.get(row.id, 0),
            opened_at=row.opened_at,
            urgent=row.urgent,
            is_breached=row.breached_at is not None,
        )
        for row in rows
    )


def minutes(session: Session, tickets: Collection[int]) -> dict[int, int]:
    """Return the work booked on tickets and on those merged into them."""
    return _sums(session, tickets, select(col(TimeRow.ticket_id), func.sum(col(TimeRow.minutes))))


def charged_minutes(session: Session, tickets: Collection[int]) -> dict[int, int]:
    """Return the charged work on tickets and on those merged into them."""
    query = select(col(TimeRow.ticket_id), func.sum(col(TimeRow.minutes)))
    return _sums(session, tickets, query.where(col(TimeRow.free) == ""))


def _sums(session: Session, tickets: Collection[int], query: Any) -> dict[int, int]:
    counts = counting(session, tickets)
    found: dict[int, int] = defaultdict(int)
    for chunk in chunks(counts):
        mine = query.where(col(TimeRow.ticket_id).in_(chunk)).group_by(col(TimeRow.ticket_id))
        for booked_on, booked in session.execute(mine):
            for ticket_id in counts[booked_on]:
                found[ticket_id] += int(booked)
    return dict(found)
