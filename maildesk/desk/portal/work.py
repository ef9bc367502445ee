"""What the work on a ticket comes to, as its customer is told while it goes on."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.invoice.cost import Cost, cost_of
from maildesk.rules.invoice.jobs import terms_of as bill_terms
from maildesk.rules.policy import Policy
from maildesk.rules.process.billable import is_to_bill
from maildesk.rules.process.request_words import charged_minutes, limit_of, rate_of
from maildesk.rules.ticket import is_closed
from maildesk.store.billing import terms_of
from maildesk.store.callers import minutes


@dataclass(frozen=True, slots=True)
class Work:
    """Work and what it costs. Minutes; `limit` None: none. `cost` None: not known, or not his."""

    booked: int
    charged: int
    limit: int | None
    cost: Cost | None
    is_free: bool


def work_of(
    session: Session, policy: Policy, ticket: TicketFacts, facts: Facts, with_cost: bool
) -> Work:
    """Return the work on a ticket; `with_cost` also what it costs, as the invoice will have it."""
    entries = facts.process.entries.get(ticket.id, ())
    booked = minutes(session, [ticket.id]).get(ticket.id, 0) if entries else 0
    limit = limit_of(ticket, facts.customer, policy)
    cost = None
    if booked > 0 and with_cost:
        own = terms_of(session, ticket.customer_id)
        terms = bill_terms(rate_of(facts.customer, policy), own, policy)
        contracts: dict[int, Any] = {each.id: each for each, _ in facts.process.contracts}
        zone, currency = policy.calendar.timezone, policy.rate.currency
        cost = cost_of(ticket, entries, terms, contracts, limit, zone, currency)
    return Work(
        booked=booked,
        charged=charged_minutes(entries),
        limit=None if is_closed(ticket.state) else limit,
        cost=cost,
        is_free=booked > 0 and not is_to_bill(ticket, facts),
    )
