"""What the rules have to know when an agent answers a digest: its numbers and their tickets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, tzinfo

from sqlmodel import Session

from maildesk.mail.quote import without_quotes
from maildesk.rules.facts import AnsweredDigest, Received, TicketFacts
from maildesk.rules.people import CustomerFacts
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.digest_answer import lines_of
from maildesk.store import digest as digests
from maildesk.store import queries
from maildesk.store.billing import terms_of
from maildesk.store.contracts import contracts_of
from maildesk.store.process import process_facts
from maildesk.store.tables import CustomerRow


def answered(session: Session, received: Received) -> AnsweredDigest | None:
    """Return the digest that a mail answers, if we sent it."""
    for address in received.proofs.addresses:
        if address.purpose is Purpose.DIGEST:
            tickets = digests.numbered(session, address.subject, address.person)
            if tickets is not None:
                return AnsweredDigest(address.subject, tickets)
    return None


def named(received: Received, digest: AnsweredDigest | None) -> set[int]:
    """Return the tickets that the numbered lines of an answer are about."""
    if digest is None:
        return set()
    lines = lines_of(without_quotes(received.reading.mail.reply))
    numbers = {line.number for line in lines}
    return {id_ for number, id_ in enumerate(digest.tickets, 1) if number in numbers}


def with_tickets(
    session: Session,
    digest: AnsweredDigest | None,
    tickets: Sequence[TicketFacts],
    on: date,
    zone: tzinfo,
) -> AnsweredDigest | None:
    """Return an answered digest with what is known of each ticket that the answer names."""
    if digest is None:
        return None
    customers: dict[int, CustomerFacts] = {}
    process: dict[int, ProcessFacts] = {}
    for ticket in tickets:
        row = session.get(CustomerRow, ticket.customer_id) if ticket.customer_id else None
        agreed = contracts_of(session, row.id, on, zone) if row and row.id else ()
        process[ticket.id] = replace(
            process_facts(session, [ticket]),
            contracts=agreed,
            terms=terms_of(session, ticket.customer_id),
        )
        if row is not None:
            customers[ticket.id] = queries.customer(row)
    return replace(digest, customers=customers, process=process)


def is_answer(received: Received) -> bool:
    """Tell whether a mail came to the reply address of a digest."""
    return any(each.purpose is Purpose.DIGEST for each in received.proofs.addresses)
