"""The answer to STAND: how a ticket stands, in words for the customer (COMMANDS.md)."""

from maildesk.mail.message import Address
from maildesk.rules import letters as say
from maildesk.rules.customer_words import is_counting, state_words, waits_for
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.gate import why_not_answer
from maildesk.rules.plan import Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.request_words import charged_minutes, limit_of
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import is_closed


def standing(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts
) -> tuple[Tell, ...]:
    """Return the letter that answers STAND, once for each mail; () where nobody may be answered.

    Somebody who is no contact of a customer reads no title in it (SECURITY.md P7).
    """
    if why_not_answer(received, facts, policy):
        return ()
    contact, author = facts.contact, received.reading.mail.author or ""
    language = (contact.language if contact else "") or ticket.language
    zone = policy.calendar.timezone
    worked = charged_minutes(facts.process.entries.get(ticket.id, ()))
    limit = limit_of(ticket, facts.customer, policy)
    over = is_closed(ticket.state)
    planned = ticket.planned_at if not over else None
    return (
        Tell(
            letter="ticket_standing",
            to=Address(contact.name, contact.address) if contact else Address("", author),
            language=language,
            purpose=Purpose.CUSTOMER,
            ticket_id=ticket.id,
            person=ticket.number_of(author.lower()),
            once=f"standing:{received.inbound_id}",
            auto="auto-replied",
            counted=contact is None,
            threaded=True,
            more={
                "known": contact is not None,
                "state": state_words(ticket.state, language),
                "planned": say.moment_words(planned, zone, language) if planned else "",
                "due": _due(ticket, policy, language),
                "worked": say.span_words(worked, language) if worked > 0 else "",
                "limit": say.span_words(limit, language) if limit and not over else "",
                "waits": waits_for(ticket.state, ticket.waits_for),
            },
        ),
    )


def _due(ticket: TicketFacts, policy: Policy, language: str) -> str:
    """Return when it is due, "" where nothing is promised or the clock stands still."""
    if ticket.due_at is None or not is_counting(ticket):
        return ""
    return say.moment_words(ticket.due_at, policy.calendar.timezone, language)
