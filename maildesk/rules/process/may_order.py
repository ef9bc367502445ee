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


def page_order(kind: Kind, customer: CustomerFacts | None, policy: Policy) -> str:
    """Return how an order at today's price is kept with its mail: "quick@€142.50"."""
    return f"{kind.name}@{_hour(kind, customer, policy)}"


def kind_ordered(ordered: str) -> str:
    """Return the kind that such an order names, "" if it is none."""
    return ordered.rpartition("@")[0]


def _hour(kind: Kind, customer: CustomerFacts | None, policy: Policy) -> str:
    return hourly_words(rate_of(customer, policy), kind.factor, "en")


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
    # At another price than the page told he has not ordered it: he is offered it at the new one.
    if lacks is None and received.envelope.via == PAGE and not _is_agreed(
        wanted, received, facts, policy
    ):  # fmt: skip
        return Missing.BUTTON
    return lacks


def _is_agreed(kind: Kind, received: Received, facts: Facts, policy: Policy) -> bool:
    return received.envelope.ordered == page_order(kind, facts.customer, policy)


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
    is_agreed = envelope.via == PAGE and _is_agreed(kind, received, facts, policy)
    if not is_agreed or not is_dearer(kind, normal):
        return None
    price = _hour(kind, facts.customer, policy)
    by = received.reading.mail.author or ""
    return Note(
        ticket.ticket_id, ORDERED, f"{kind.name} ordered by {by} on a page, {price} an hour"
    )
