"""Which tickets somebody who is signed in may see (PROCESS.md section 1.5, SECURITY.md P10).

Those in which his address takes part, and, where his company lets him, all of the company. Spam
is nobody's. It is asked anew at each page and each download.
"""

from sqlalchemy import ColumnElement, false, func, select
from sqlmodel import Session, col

from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.number import parse_number
from maildesk.rules.ticket import State
from maildesk.store.merged import STEPS_MAX, counting
from maildesk.store.tables import ParticipantRow, TicketRow


def ticket_id_of(code: str, given: str) -> int | None:
    """Return the id of a ticket whose tag stands in an address, None for anything else."""
    return parse_number(given.upper().removeprefix(f"{code.upper()}-")[:20])


def may_see(session: Session, person: SignedIn, row: TicketRow) -> bool:
    """Tell whether somebody may read a ticket."""
    if row.state == State.SPAM.value:
        return False
    return of_his_company(person, row) or bool(number_in(session, person, row.id))


def of_his_company(person: SignedIn, row: TicketRow) -> bool:
    """Tell whether somebody sees a ticket because he sees those of his company."""
    contact = person.contact
    return person.sees_company and contact is not None and contact.customer_id == row.customer_id


def number_in(session: Session, person: SignedIn, ticket_id: int) -> int:
    """Return the number of somebody among those who take part, 0 if he does not."""
    query = select(col(ParticipantRow.number)).where(
        is_his(person), col(ParticipantRow.ticket_id) == ticket_id
    )
    return session.scalars(query).first() or 0


def is_his(person: SignedIn) -> ColumnElement[bool]:
    """Return the condition for the rows of those who take part that are his."""
    return func.lower(col(ParticipantRow.address)) == person.address.lower()


def in_company(person: SignedIn) -> ColumnElement[bool]:
    """Return the condition for the tickets of his company; none where he may not see them."""
    if not person.sees_company or person.contact is None:
        return false()
    return col(TicketRow.customer_id) == person.contact.customer_id


def target_of(session: Session, row: TicketRow) -> TicketRow:
    """Return the ticket that a merged one ended in; another one is its own."""
    for _ in range(STEPS_MAX):
        if row.merged_into is None:
            break
        row = session.get_one(TicketRow, row.merged_into)
    return row


def read_with(session: Session, person: SignedIn, row: TicketRow) -> list[int]:
    """Return a ticket, and those merged into it that somebody may see too."""
    ids = [row.id]
    for other in sorted(counting(session, [row.id]).keys() - {row.id}):
        merged = session.get(TicketRow, other)
        if merged is not None and may_see(session, person, merged):
            ids.append(other)
    return ids
