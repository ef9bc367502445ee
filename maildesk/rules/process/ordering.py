"""Which kind a ticket has, who ordered it, and who is asked where nobody did.

PROCESS.md sections 1.2 (T05, T11, T12), 1.3 and 4.2 (1), COMMANDS.md "the kind of ticket". A kind
that costs more is taken as ordered at once where the customer accepted the terms, the author may
approve, and the quota of the kind is not used up. Otherwise an offer goes to those who may order
it. How an order itself is carried out is said in `rules.process.deciding`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from maildesk.rules import letters_to
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.gate import why_not_answer
from maildesk.rules.kinds import NORMAL, Kind, is_dearer, kind_named
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Change, Note, OpenTicket, SetState, Step
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import NobodyToAskError, ask, deciders, open_request
from maildesk.rules.process.cycle import new_cycle
from maildesk.rules.process.may_order import missing
from maildesk.rules.process.offers import (
    NO_ORDER,
    Missing,
    NotAsked,
    Order,
    OrderFigures,
    offer,
    request_of,
    with_more,
)
from maildesk.rules.requests import About, Request
from maildesk.rules.ticket import TRANSITIONS, State

# A change of kind moves no ticket, so its row is the trigger in the journal.
_RAISED, _LOWERED = "T11", "T12"
CHANGEABLE = next(row.before for row in TRANSITIONS if row.id == _RAISED)


class OtherRequestError(Exception):
    """The ticket waits for the answer to another request, which a new one would replace."""


def asks(received: Received, facts: Facts, policy: Policy) -> bool:
    """Tell whether something has to be known about orders: only then are such facts read."""
    wanted = received.subject.kind
    if wanted is not None and wanted != NORMAL:
        return True
    accepted = facts.customer is not None and facts.customer.has_accepted_terms
    return policy.terms == "always" and not accepted


def kind_of_new(received: Received, facts: Facts, policy: Policy) -> tuple[str, str]:
    """Return the kind that a new ticket starts with, and the wish that waits for an order."""
    wanted = received.subject.kind or NORMAL
    if wanted == NORMAL or _missing_new(received, facts, policy) is None:
        return wanted, ""
    return NORMAL, wanted


def of_new(
    ticket: OpenTicket, received: Received, facts: Facts, policy: Policy, now: datetime
) -> Order:
    """Return the offer for a new ticket whose order is missing (T05).

    The ticket waits, without a promise, and the offer stands in place of the confirmation. Where
    nobody can be asked it stays new, a normal one.
    """
    lacks = _missing_new(received, facts, policy)
    if lacks is None:
        return NO_ORDER
    wanted = kind_named(policy.kinds, ticket.wish or NORMAL)
    normal = kind_named(policy.kinds, NORMAL)
    if lacks is not Missing.QUOTA and policy.terms != "always" and not is_dearer(wanted, normal):
        return NO_ORDER  # a stranger's wish for what costs no more: noted
    why_not = _why_not_ask(ticket, received, facts, policy)
    if why_not or received.quiet:
        return Order(figures=OrderFigures(lacks, not_asked=why_not))
    waiting = replace(ticket, waits_for=About.ORDER.value, due_at=None, paused_at=now)
    request = request_of(ticket.ticket_id, wanted, State.NEW, facts, policy, now)
    if _is_asked_too_often(waiting, request, received, facts, policy):
        return Order(figures=OrderFigures(lacks, not_asked=NotAsked.OFTEN))
    try:
        letters, figures = offer(waiting, request, lacks, received, facts, policy)
    except NobodyToAskError:
        return Order(figures=OrderFigures(lacks, not_asked=NotAsked.NOBODY))
    moved = SetState(ticket.ticket_id, State.NEW, State.WAITING_APPROVAL, "order missing", "T05")
    return Order((moved, *letters), waiting, figures)


def in_reply(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts, now: datetime
) -> Order:
    """Return what a reply does whose own subject asks for a dearer kind (T11).

    `ticket` is as the reply itself leaves it. Ordered at once, its promise begins anew; otherwise
    those who may order are asked, while it goes on as it is. A cheaper kind is an agent's to
    give: he sees the wish.
    """
    if received.subject.kind is None or received.quiet or ticket.state not in CHANGEABLE:
        return NO_ORDER
    wanted, has = kind_named(policy.kinds, received.subject.kind), _kind(policy, ticket.kind)
    if not is_dearer(wanted, has):
        return NO_ORDER
    lacks = missing(wanted, has, ticket.customer_id, received, facts, policy)
    asked = open_request(facts, ticket.id)
    if asked is not None and (asked.about is not About.ORDER or asked.kind == wanted.name):
        return Order(figures=OrderFigures(lacks or "", not_asked=NotAsked.OTHER))
    if lacks is None and asked is None:
        return _ordered(wanted, ticket, received, facts, policy, now)
    why_not = _why_not_ask(ticket, received, facts, policy)
    if why_not:
        return Order(figures=OrderFigures(lacks or "", not_asked=why_not))
    before = State(asked.before) if asked else ticket.state
    request = request_of(ticket.id, wanted, before, facts, policy, now)
    if _is_asked_too_often(ticket, request, received, facts, policy):
        return Order(figures=OrderFigures(lacks or "", not_asked=NotAsked.OFTEN))
    try:
        letters, figures = offer(ticket, request, lacks, received, facts, policy)
    except NobodyToAskError:
        return Order(figures=OrderFigures(lacks or "", not_asked=NotAsked.NOBODY))
    wish = Change(ticket.id, {"wish": wanted.name}, "wish for a kind", wanted.name)
    return Order((wish, *letters), ticket, figures)


def raise_by_agent(
    ticket: TicketFacts,
    wanted: str,
    facts: Facts,
    policy: Policy,
    now: datetime,
    agent: AgentFacts,
    words: str = "",
) -> tuple[Step, ...]:
    """Return the offer of a dearer kind that an agent makes; the ticket goes on as it is (T11).

    `words` are the agent's reason, which the customer reads. Raises NobodyToAskError, and
    OtherRequestError where the ticket waits for the answer to another question.
    """
    asked = open_request(facts, ticket.id)
    if asked is not None and asked.about is not About.ORDER:
        raise OtherRequestError(asked.name)
    before = State(asked.before) if asked else ticket.state
    request = replace(
        request_of(ticket.id, kind_named(policy.kinds, wanted), before, facts, policy, now),
        asked_by=agent.id, words=words,
    )  # fmt: skip
    thread = facts.staff.threads.get(ticket.id, ())
    letters = ask(
        ticket, facts, policy, request, thread=thread, sender=agent.name, delay=policy.undo_seconds
    )
    waits = ticket.state is State.WAITING_APPROVAL
    wish = Change(ticket.id, {"wish": wanted}, "wish for a kind", wanted)
    return (wish, *with_more(letters, {"why": "", "waits": waits, "stranger": False}))


def lower(
    ticket: TicketFacts,
    wanted: str,
    facts: Facts,
    policy: Policy,
    now: datetime,
    agent: AgentFacts,
    reason: str = "",
) -> tuple[Step, ...]:
    """Return the steps by which an agent gives a ticket a cheaper kind (T12), at once.

    Time that is booked keeps its factor, which it holds itself. The requester is told.
    """
    fields = change_kind(ticket, wanted, policy, now)
    will = replace(ticket, **{name: value for name, value in fields.items() if name != "wish"})
    told = letters_to.changed(
        will, will.requester, will.language, f"lowered:{ticket.id}:{will.cycle}",
        reason=reason, sender=agent.name, delay=policy.undo_seconds,
        thread=facts.staff.threads.get(ticket.id, ()),
    )  # fmt: skip
    said = Note(ticket.id, _LOWERED, f"{wanted}: {reason}" if reason else wanted)
    return (said, Change(ticket.id, fields, "another kind"), *told)


def change_kind(ticket: TicketFacts, wanted: str, policy: Policy, now: datetime) -> dict[str, Any]:
    """Return the fields of a ticket that change with its kind: a new cycle begins (T11, T12).

    "wish", which is no field of TicketFacts, is fulfilled.
    """
    return {"kind": wanted, "wish": "", **new_cycle(wanted, now, policy, ticket)}


def _missing_new(received: Received, facts: Facts, policy: Policy) -> Missing | None:
    wanted = kind_named(policy.kinds, received.subject.kind or NORMAL)
    if wanted.name == NORMAL:
        contract = (
            facts.customer is not None and facts.contact is not None and facts.customer.contract
        )
        if policy.terms != "always" or received.subject.presales or contract:
            return None  # what costs nothing, or was agreed by contract, needs no order
    customer_id = facts.customer.id if facts.customer else None
    normal = kind_named(policy.kinds, NORMAL)
    return missing(wanted, normal, customer_id, received, facts, policy)


def _why_not_ask(
    ticket: OpenTicket | TicketFacts, received: Received, facts: Facts, policy: Policy
) -> str:
    """Return why nobody may be asked because of this mail, or ""."""
    if why_not_answer(received, facts, policy):
        return NotAsked.SILENT
    # Whoever writes a customer's domain as his own must not make us write to that customer.
    if isinstance(ticket, OpenTicket) and ticket.customer_id is not None and facts.contact is None:
        return NotAsked.STRANGER
    return ""


def _is_asked_too_often(
    ticket: OpenTicket | TicketFacts,
    request: Request,
    received: Received,
    facts: Facts,
    policy: Policy,
) -> bool:
    """Tell whether somebody else than the author would get more offers than strangers get letters.

    He asked for none of them, and anybody's mail in a colleague's name causes one.
    """
    author, most = (received.reading.mail.author or "").lower(), policy.budget
    others = {to.address.lower() for to, _, _ in deciders(ticket, facts, request)} - {author}
    got = [facts.process.offered.get(each, (0, 0)) for each in others]
    return any(hour >= most.address_hour or day >= most.address_day for hour, day in got)


def _ordered(
    wanted: Kind,
    ticket: TicketFacts,
    received: Received,
    facts: Facts,
    policy: Policy,
    now: datetime,
) -> Order:
    """Return the raised kind: its promise runs from the order, which is this mail's receipt."""
    start = min(received.envelope.received_at, now)
    fields = change_kind(ticket, wanted.name, policy, start)
    will = replace(ticket, **{name: value for name, value in fields.items() if name != "wish"})
    by = received.reading.mail.author or ""
    steps: tuple[Step, ...] = (
        Note(ticket.id, _RAISED, f"{wanted.name} ordered by {by}"),
        Change(ticket.id, fields, "another kind"),
    )
    if not why_not_answer(received, facts, policy):
        steps += letters_to.raised(received, facts, will)
    return Order(steps, will, OrderFigures(done=True))


def _kind(policy: Policy, name: str) -> Kind:
    return next((kind for kind in policy.kinds if kind.name == name), policy.kinds[0])
