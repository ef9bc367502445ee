"""Tickets that waited for a customer come back by themselves when the time is over."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.letters import notice
from maildesk.rules.cycle import after_move
from maildesk.rules.facts import TicketFacts
from maildesk.rules.ticket import State
from maildesk.store import queries
from maildesk.store.db import rows_met
from maildesk.store.staff_facts import latest
from maildesk.store.tables import CustomerRow, EventRow, TicketRow

MANY = 50  # tickets looked at in one go; the others have their turn a few seconds later


def wake(desk: Desk, now: datetime) -> int:
    """Put tickets whose time of waiting is over back to work, and tell whose they are.

    Returns how many. A ticket that was changed meanwhile is left alone.
    """
    with desk.db.read() as session:
        due = select(col(TicketRow.id)).where(col(TicketRow.wake_at) <= now)
        ids = list(session.scalars(due.order_by(col(TicketRow.wake_at)).limit(MANY)))
        tickets = list(queries.tickets(session, ids).values()) if ids else []
        agents = tuple(agent for agent in queries.agents(session) if agent.enabled)
        customers = {
            ticket.id: queries.customer(row) if row else None
            for ticket in tickets
            for row in (session.get(CustomerRow, ticket.customer_id or 0),)
        }
        said = {ticket.id: latest(session, ticket.id) for ticket in tickets}
    woken = 0
    for ticket in tickets:
        letters = [
            notice(desk, "staff_wake", agent, ticket, customers[ticket.id], said[ticket.id], now)
            | {"once_key": f"staff_wake:{ticket.id}:{ticket.wake_at:%Y%m%d%H%M%S}:{agent.id}"}
            for agent in [a for a in agents if a.id == ticket.assignee_id] or agents
            if ticket.state is State.WAITING_CUSTOMER and agent.address not in desk.policy.own
        ]
        woken += desk.db.change(partial(_wake, desk=desk, ticket=ticket, letters=letters, now=now))
    return woken


def _wake(
    session: Session, desk: Desk, ticket: TicketFacts, letters: list[dict[str, Any]], now: datetime
) -> bool:
    fields: dict[str, Any] = {"wake_at": None, "version": ticket.version + 1}
    waits = ticket.state is State.WAITING_CUSTOMER
    if waits:
        fields |= after_move(ticket, ticket.state, State.IN_PROGRESS, now, desk.policy)
        fields["state"] = State.IN_PROGRESS.value
    row = update(TicketRow).where(
        col(TicketRow.id) == ticket.id, col(TicketRow.version) == ticket.version
    )
    if rows_met(session, row.values(**fields)) != 1 or not waits:
        return False
    line = {
        "ticket_id": ticket.id, "at": now, "actor": "maildesk", "trigger": "the wait is over",
        "from_state": ticket.state.value, "to_state": State.IN_PROGRESS.value, "detail": "",
    }  # fmt: skip
    session.execute(insert(EventRow), [line])
    if letters:
        session.execute(POST, letters)
    return True
