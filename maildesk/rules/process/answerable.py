"""May this person decide this request in this way, now? And if not, why (SECURITY.md P13)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import may_decide
from maildesk.rules.requests import About, How, Request, Verdict
from maildesk.rules.ticket import FACTS, PromiseClock, State, allowed, is_closed


class Refusal(StrEnum):
    """Why a word, or a mail to a request, decided nothing. The sentences are in the templates."""

    FORGED = "forged"
    STRANGER = "stranger"
    NOT_HIM = "not_him"
    NOT_ALLOWED = "not_allowed"
    AMOUNT = "amount"
    OLDER = "older"
    DECIDED = "decided"
    MOVED_ON = "moved_on"
    UNFITTING = "unfitting"
    MORE = "more"
    TEXT = "text"
    UNSIGNED = "unsigned"
    TOO_LATE = "too_late"
    EXPIRED = "expired"


# For operators, beside the message in its ticket.
SAID: Mapping[Refusal, str] = MappingProxyType({
    Refusal.FORGED: "our own mail server says that it is forged (dmarc=fail)",
    Refusal.STRANGER: "its author takes no part in the ticket",
    Refusal.NOT_HIM: "the request's address was made for somebody else",
    Refusal.NOT_ALLOWED: "its author may not decide this",
    Refusal.AMOUNT: "the amount is too high, or open, for a word by mail",
    Refusal.OLDER: "a newer request took its place",
    Refusal.DECIDED: "it was decided before",
    Refusal.MOVED_ON: "the ticket does not wait for it any more",
    Refusal.UNFITTING: "the word is no answer to this request",
    Refusal.MORE: "more than the word stands there",
    Refusal.TEXT: "no word of ours stands first",
    Refusal.UNSIGNED: "it did not come to the address of a request or letter made for its author",
    Refusal.TOO_LATE: "what was decided cannot be taken back any more",
    Refusal.EXPIRED: "the address of the request has expired",
})  # fmt: skip


def why_not(
    request: Request,
    verdict: Verdict,
    address: str,
    facts: Facts,
    ticket: TicketFacts,
    policy: Policy,
    how: How,
) -> Refusal | None:
    """Return why an address may not decide a request like this, None if it may.

    Only a yes is bounded by the amount, and work at cost has no bound: nobody is hurt by a no. Naming a defect and withdrawing
    is anybody's who takes part (PROCESS.md section 1.3).
    """
    newest = max((each.number for each in facts.process.requests.get(ticket.id, ())), default=0)
    if request.verdict is Verdict.REPLACED or request.number < newest:
        return Refusal.OLDER
    if not request.is_open:
        return Refusal.DECIDED
    if verdict in (Verdict.DEFECTS, Verdict.WITHDRAWN):
        able = is_known(address, facts, ticket) or may_decide(address, ticket, facts, request)
    else:
        able = may_decide(address, ticket, facts, request)
    if not able:
        return Refusal.NOT_ALLOWED
    over = request.is_above(policy.mail_limit.minor)
    if how is How.MAIL and verdict is Verdict.YES and over:
        return Refusal.AMOUNT
    gone = request.about is About.ORDER and all(k.name != request.kind for k in policy.kinds)
    if verdict is Verdict.YES and gone:
        return Refusal.MOVED_ON  # the configuration has lost the kind: nothing could be promised
    return None if still_asked(request, ticket) else Refusal.MOVED_ON


def still_asked(request: Request, ticket: TicketFacts) -> bool:
    """Tell whether a ticket is still where an open request makes sense."""
    if request.about is About.ACCEPTANCE:
        return ticket.state is State.ACCEPTANCE
    if request.about is About.ORDER:
        return waits_for(request, ticket) or allowed(ticket.state, State.WAITING_APPROVAL, "T55") or (
            ticket.state in (State.IN_PROGRESS, State.WAITING_APPROVAL)
        )  # fmt: skip
    return not is_closed(ticket.state)


def waits_for(request: Request, ticket: TicketFacts) -> bool:
    """Tell whether a ticket waits for the answer to a request; work on others just goes on."""
    if request.about is About.ACCEPTANCE:
        return ticket.state is State.ACCEPTANCE
    if FACTS[ticket.state].clock is not PromiseClock.PAUSED:
        return False
    costs = {About.OVERRUN.value, About.QUOTE.value}
    mine = costs if request.about.value in costs else {request.about.value}
    return ticket.state is State.WAITING_APPROVAL and ticket.waits_for in mine


def is_known(address: str, facts: Facts, ticket: TicketFacts) -> bool:
    """Tell whether an address takes part in a ticket, or is a contact of its customer."""
    his = address.lower()
    if his in {ticket.requester.address.lower(), *(a.lower() for a, _ in ticket.participants)}:
        return True
    contacts = (*facts.process.approvers, *((facts.contact,) if facts.contact else ()))
    return ticket.customer_id is not None and any(
        each.customer_id == ticket.customer_id and each.address.lower() == his for each in contacts
    )
