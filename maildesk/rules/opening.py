"""A ticket that a mail to the desk opens: who asks, for what kind, due when, and whose it is."""

from datetime import datetime

from maildesk.mail.message import Address
from maildesk.rules import assign, enquiry, kinds, letters_to
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.gate import why_not_answer
from maildesk.rules.plan import AddMessage, OpenTicket, Plan, Step
from maildesk.rules.policy import Policy
from maildesk.rules.process import may_order, ordering
from maildesk.rules.process.offers import NO_ORDER
from maildesk.rules.promise import due
from maildesk.rules.staff.opening import UNTITLED


def open_ticket(
    received: Received,
    facts: Facts,
    policy: Policy,
    now: datetime,
    follows: TicketFacts | None = None,
) -> Plan:
    """Return a new ticket with its message, and who is told of it."""
    ticket = new_ticket(received, facts, policy, now, follows)
    is_enquiry = enquiry.is_enquiry(facts)
    order = NO_ORDER if is_enquiry else ordering.of_new(ticket, received, facts, policy, now)
    if isinstance(order.ticket, OpenTicket):
        ticket = order.ticket
    steps: list[Step] = [ticket, AddMessage(ticket.ticket_id, why=received.mark), *order.steps]
    if (line := may_order.recorded(ticket, received, facts, policy)) is not None:
        steps.append(line)
    if not order.steps and not why_not_answer(received, facts, policy):
        steps.append(letters_to.confirmation(received, facts, ticket, order.more))
    told = letters_to.staff("staff_new", received, facts, policy, ticket, more=order.more)
    return (*steps, *(enquiry.shown(tell, facts.invoice) for tell in told))


def new_ticket(
    received: Received,
    facts: Facts,
    policy: Policy,
    now: datetime,
    follows: TicketFacts | None = None,
) -> OpenTicket:
    """Return the ticket that a mail asks for; its clock starts at the receipt (T01)."""
    mail, subject = received.reading.mail, received.subject
    language = _language(received, facts, policy)
    kind, wish = ordering.kind_of_new(received, facts, policy)
    promise = kinds.kind_named(policy.kinds, kind).promise
    start = min(received.envelope.received_at, now)
    requester = Address(mail.sender.name, mail.author or "")
    if facts.contact is not None:  # written as we keep it, not as he did today
        requester = Address(facts.contact.name or mail.sender.name, facts.contact.address)
    ticket = OpenTicket(
        ticket_id=facts.ticket_id,
        title=subject.title or UNTITLED[language],
        kind=kind,
        requester=requester,
        language=language,
        clock_started_at=start,
        due_at=due(start, promise, policy.calendar) if promise else None,
        customer_id=facts.customer.id if facts.customer else None,
        assignee_id=assignee(facts, policy, facts.ticket_id),
        urgent=subject.urgent,
        presales=subject.presales,
        wish=wish,
        contradiction=subject.contradiction,
        follows=follows.id if follows else None,
        mentions=tuple(
            dict.fromkeys(c.ticket.id for c in facts.candidates if c.ticket is not follows)
        ),
    )
    return enquiry.as_enquiry(ticket, facts, policy) if enquiry.is_enquiry(facts) else ticket


def assignee(facts: Facts, policy: Policy, ticket_id: int) -> int | None:
    """Return who gets a new ticket by the desk's rule, or None for nobody yet."""
    return assign.choose(
        policy.assign,
        tuple(assign.Candidate(a.id, a.login, a.enabled) for a in facts.agents),
        ticket_id,
        facts.open_tickets,
    )


def _language(received: Received, facts: Facts, policy: Policy) -> str:
    choices = (
        facts.contact.language if facts.contact else "",
        facts.customer.language if facts.customer else "",
        received.reading.mail.language,
        policy.language,
    )
    return next(choice for choice in choices if choice in UNTITLED)
