"""The trial's view of the database: whom the desk knows, and what it made of each mail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.cli.trial_mails import ANNA, EMILY, JONAS, STAFF
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    ContactRow,
    CustomerRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    TicketRow,
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it stands. `due` is None where its kind promises nothing."""

    id: int
    title: str
    kind: str
    state: str
    requester: str
    customer: str
    assignee: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mail.

    `state` and `reason` are the inbound message's; `opened` tells whether it began its ticket,
    `standing` how it stands there ("" in none). `told` are the recipients of the letters that
    it caused, `confirmed` those of them that are no staff.
    """

    inbound_id: int
    sender: str
    subject: str
    state: str
    reason: str
    ticket: Ticket | None
    opened: bool
    standing: str
    told: tuple[str, ...]
    confirmed: tuple[str, ...]


def settle_in(session: Session, now: datetime) -> None:
    """Write the example staff and customers."""
    for number, person in enumerate(STAFF, 1):
        session.add(AgentRow(id=number, login=person.login, name=person.name, language="de"))
        session.flush()
        session.add(AgentAddressRow(agent_id=number, address=person.address))
    blumen, moebel, tea = (
        CustomerRow(id=1, name="Blumen Berger", contract="Wartung Website", created_at=now),
        CustomerRow(id=2, name="Möbel Weber", created_at=now),
        CustomerRow(id=3, name="Northwind Tea", language="en", created_at=now),
    )
    moebel.terms_version, moebel.terms_accepted_by = "2026", JONAS.address
    moebel.terms_accepted_at = now
    session.add_all((blumen, moebel, tea))
    session.flush()
    session.add_all(
        ContactRow(customer_id=number, name=person.name, address=person.address, may_approve=True)
        for number, person in ((1, ANNA), (2, JONAS), (3, EMILY))
    )


def settled_after(session: Session, inbound_id: int) -> Outcome | None:
    """Return what became of the first message after `inbound_id`.

    None while there is none, while it waits, or while a letter that it caused has not left.
    """
    query = select(InboundRow).where(col(InboundRow.id) > inbound_id)
    row = session.scalars(query.order_by(col(InboundRow.id)).limit(1)).first()
    if row is None or row.id is None or row.state == "waiting":
        return None
    about = select(OutboundRow).where(col(OutboundRow.inbound_id) == row.id)
    letters = session.scalars(about.order_by(col(OutboundRow.id))).all()
    if any(letter.state == "queued" for letter in letters):
        return None
    first = None
    if row.ticket_id is not None:
        inside = select(MessageRow).where(col(MessageRow.ticket_id) == row.ticket_id)
        first = session.scalars(inside.order_by(col(MessageRow.id)).limit(1)).first()
    own = select(MessageRow).where(col(MessageRow.inbound_id) == row.id)
    message = session.scalars(own.limit(1)).first()
    return Outcome(
        inbound_id=row.id,
        sender=row.sender,
        subject=row.subject,
        state=row.state,
        reason=row.reason,
        ticket=next((t for t in tickets(session) if t.id == row.ticket_id), None),
        opened=first is not None and first.inbound_id == row.id,
        standing=message.standing if message else "",
        told=tuple(letter.rcpt_to for letter in letters),
        confirmed=tuple(x.rcpt_to for x in letters if not x.purpose.startswith("staff_")),
    )


def tickets(session: Session) -> list[Ticket]:
    """Return all tickets, the oldest first."""
    query = (
        select(TicketRow, col(CustomerRow.name), col(AgentRow.name))
        .outerjoin(CustomerRow, col(CustomerRow.id) == col(TicketRow.customer_id))
        .outerjoin(AgentRow, col(AgentRow.id) == col(TicketRow.assignee_id))
        .order_by(col(TicketRow.id))
    )
    return [
        Ticket(
            id=row.id,
            title=row.title,
            kind=row.kind,
            state=row.state,
            requester=row.requester,
            customer=customer or "",
            assignee=assignee or "",
            due=row.due_at,
        )
        for row, customer, assignee in session.execute(query)
    ]
