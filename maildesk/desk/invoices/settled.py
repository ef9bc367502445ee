"""An invoice that is paid: when that is so, and how its tickets are closed (T42)."""

from sqlmodel import Session

from maildesk.rules.facts import Candidate, Facts, Match, TicketFacts
from maildesk.rules.plan import Plan, SetState, Step, Touch
from maildesk.rules.ticket import State
from maildesk.store import invoices, queries

PAID = "T42"


def is_settled(kind: str, payable_minor: int, paid_minor: int) -> bool:
    """Tell whether so much settles a document; an invoice over nothing is settled by nothing."""
    return kind == "invoice" and paid_minor >= payable_minor


def waiting(session: Session, invoice_id: int) -> tuple[TicketFacts, ...]:
    """Return the tickets of an invoice that wait for its money."""
    ids = invoices.claims(session, invoice_id, live=True).ticket
    found = queries.tickets(session, ids)
    tickets = (found[each] for each in ids if each in found)
    return tuple(ticket for ticket in tickets if ticket.state is State.INVOICED)


def closing(tickets: tuple[TicketFacts, ...]) -> tuple[Facts, Plan]:
    """Return what closes tickets whose invoice is paid, and the facts that it is decided on."""
    candidates = tuple(Candidate(ticket, Match.SIGNED_ADDRESS) for ticket in tickets)
    plan: tuple[Step, ...] = tuple(
        step
        for ticket in tickets
        for step in (
            Touch(ticket.id),
            SetState(ticket.id, ticket.state, State.CLOSED, "paid", PAID),
        )
    )
    return Facts(ticket_id=0, message_id=0, candidates=candidates), plan
