"""What keeps somebody from ordering a kind at once, and the line that keeps an order from a page.

What becomes of a wish is said in `rules.process.ordering`. On a page only the button orders that
says what it costs (§ 312j (3) BGB); a tag that somebody typed there is a wish.
"""

from collections.abc import Mapping

from maildesk.mail.smtp import PAGE
from maildesk.rules.facts import Facts, Received
from maildesk.rules.kinds import NORMAL, Kind, is_dearer, kind_named
from maildesk.rules.money import hourly_words
from maildesk.rules.people import ContactFacts, CustomerFacts
from maildesk.rules.plan import Note, OpenTicket
from maildesk.rules.policy import Policy
from maildesk.rules.process.offers import Missing
from maildesk.rules.process.quota import is_used_up
from maildesk.rules.process.request_words import rate_of

ORDERED = "ordered"  # the trigger of a new ticket's order


def missing(
    wanted: Kind,
    than: Kind,
    customer_id: int | None,
    received: Received,
    facts: Facts,
    policy: Policy,
) -> Missing | None:
    """Return what keeps `wanted` from being ordered at once, instead of the kind `than`.

    Terms count as [terms] says. Only a dearer kind needs somebody who may approve.
    """
    contact = facts.contact
    if contact is not None and contact.customer_id != customer_id:
        contact = None
    lacks = missing_to(wanted, than, contact, facts.customer, facts.process.used, policy)
    if lacks is Missing.STRANGER or not is_dearer(wanted, than):
        return lacks
    if received.proofs.dmarc_failed:
        return Missing.UNPROVEN
    envelope = received.envelope
    if lacks is None and envelope.via == PAGE and envelope.ordered != wanted.name:
        return Missing.BUTTON
    return lacks


def missing_to(
    wanted: Kind,
    than: Kind,
    contact: ContactFacts | None,
    customer: CustomerFacts | None,
    used: Mapping[str, tuple[int, int]],
    policy: Policy,
) -> Missing | None:
    """Return what keeps a person from ordering a kind at once, however he asks for it.

    `used` is how many of a kind were ordered (today, this week); a kind without a quota may lack.
    """
    dearer = is_dearer(wanted, than)
    bound = policy.terms == "always" or (policy.terms == "dearer" and dearer)
    if contact is None or customer is None:
        return Missing.STRANGER if bound or wanted.name != NORMAL else None
    if bound and not customer.has_accepted_terms:
        return Missing.TERMS
    if dearer and not contact.may_approve:
        return Missing.APPROVER
    return Missing.QUOTA if is_used_up(wanted, used) else None


def recorded(ticket: OpenTicket, received: Received, facts: Facts, policy: Policy) -> Note | None:
    """Return the line that keeps an order that somebody gave on a page: who, how, at what price.

    None where the new ticket is not of a kind that was ordered there.
    """
    envelope, normal = received.envelope, kind_named(policy.kinds, NORMAL)
    kind = kind_named(policy.kinds, ticket.kind)
    if envelope.via != PAGE or envelope.ordered != kind.name or not is_dearer(kind, normal):
        return None
    price = hourly_words(rate_of(facts.customer, policy), kind.factor, "en")
    by = received.reading.mail.author or ""
    return Note(
        ticket.ticket_id, ORDERED, f"{kind.name} ordered by {by} on a page, {price} an hour"
    )
