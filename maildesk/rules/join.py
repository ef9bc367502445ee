"""Which ticket a message belongs to: a number is not a key (SECURITY.md, P10)."""

from maildesk.mail.message import Origin
from maildesk.rules.facts import Candidate, Facts, Match, Received, TicketFacts
from maildesk.rules.ticket import is_over


def join(received: Received, facts: Facts) -> tuple[Candidate, str] | None:
    """Return the ticket that a message belongs to and how it stands there, or None.

    The first ticket in which the author takes part wins. What is signed by us leads to its
    ticket in any case, though a stranger's words are flagged there. A bare reference or number
    is not a key (P10). What a participant's own domain disowns (dmarc=fail) is taken for a
    stranger's (SECURITY.md section 5.4). A machine's mail is not led into a ticket that is over
    by another desk's number alone: what it says may be new, and an alarm has to open a ticket.
    """
    author, is_person = received.reading.mail.author, received.reading.origin is Origin.PERSON
    for candidate in facts.candidates:
        by_number = candidate.match is Match.FOREIGN
        if by_number and not is_person and is_over(candidate.ticket.state):
            continue
        if author and takes_part(author, facts, candidate.ticket):
            return candidate, "third_party" if received.proofs.disowned else "participant"
    for candidate in facts.candidates:
        if candidate.match in (Match.SIGNED_ADDRESS, Match.SIGNED_ID):
            return candidate, "third_party"
    return None


def takes_part(author: str, facts: Facts, ticket: TicketFacts) -> bool:
    """Tell whether an author is a participant, or a known contact of the same customer."""
    if facts.contact is not None and facts.contact.customer_id == ticket.customer_id:
        return True
    return author.lower() in {address.lower() for address, _ in ticket.participants}


def taught_numbers(
    received: Received, facts: Facts, standing: str, ticket: TicketFacts | None
) -> tuple[str, ...]:
    """Return other desks' numbers to keep with the ticket that a message is filed in.

    Only of somebody who takes part. His desk's acknowledgement is a machine's, and as a rule the
    first to name its number. `ticket` is None for one that is just being opened.
    """
    author = received.reading.mail.author
    if not author or facts.agent is not None:
        return ()
    is_his = standing == "participant" or (
        standing == "automatic" and ticket is not None and takes_part(author, facts, ticket)
    )
    return received.subject.foreign if is_his else ()
