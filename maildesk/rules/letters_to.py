"""Who is told what: the Tell steps of a plan."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import enquiry
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import OpenTicket, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose


def confirmation(
    received: Received, facts: Facts, ticket: OpenTicket, more: dict[str, Any] | None = None
) -> Tell:
    """Return the one confirmation of a ticket, to its requester, in his language.

    Towards somebody who is no contact of a customer it says nothing that he wrote (P7), and
    counts against the budgets. `more` are values for its template.
    """
    known = facts.contact is not None
    if ticket.category == enquiry.CATEGORY:
        letter = enquiry.CONFIRMATION
        more = (more or {}) | enquiry.confirmed(received, facts)
    elif not known:
        letter = "confirm_stranger"
    elif ticket.follows is not None:
        letter = "followup_ticket"
    elif facts.customer is not None and facts.customer.contract and ticket.wish == "":
        letter = "confirm_contract" if ticket.kind == "normal" else confirmation_of(ticket.kind)
    else:
        letter = confirmation_of(ticket.kind)
    return Tell(
        letter=letter,
        # A stranger's name is a stranger's word too.
        to=ticket.requester if known else Address("", ticket.requester.address),
        language=ticket.language,
        purpose=Purpose.CUSTOMER,
        ticket_id=ticket.ticket_id,
        person=1,
        once=f"confirmation:{ticket.ticket_id}",
        auto="auto-replied",
        counted=not known,
        threaded=True,
        more=more or {},
    )


def confirmation_of(kind: str) -> str:
    """Return the template that confirms a ticket of a kind."""
    return "confirm_" + kind.replace("-", "_")


def offer_sent(
    received: Received,
    facts: Facts,
    ticket: OpenTicket | TicketFacts,
    request: str,
    figures: object,
) -> tuple[Tell, ...]:
    """Tell a contact who wished for a kind that those were asked who may order it.

    Of a new ticket this is its one confirmation. `request` is the name of what was asked.
    """
    contact = facts.contact
    if contact is None:
        return ()
    is_new = isinstance(ticket, OpenTicket)
    ticket_id = ticket.ticket_id if isinstance(ticket, OpenTicket) else ticket.id
    number = 1 if isinstance(ticket, OpenTicket) else ticket.number_of(contact.address)
    return (
        Tell(
            letter="offer_sent",
            to=Address(contact.name, contact.address),
            language=contact.language or ticket.language,
            purpose=Purpose.CUSTOMER,
            ticket_id=ticket_id,
            person=number,
            once=f"confirmation:{ticket_id}" if is_new else f"offer_sent:{request}",
            auto="auto-replied",
            threaded=True,
            more={"order": figures},
        ),
    )


def raised(received: Received, facts: Facts, ticket: TicketFacts) -> tuple[Tell, ...]:
    """Confirm a dearer kind (T11) to the contact who ordered it, and to the requester."""
    contact = facts.contact
    once = f"raised:{ticket.id}:{ticket.cycle}"
    if contact is None or contact.address.lower() == ticket.requester.address.lower():
        return changed(ticket, ticket.requester, ticket.language, once, ordered=True, threaded=True)
    orderer = Address(contact.name, contact.address)
    language = contact.language or ticket.language
    return (
        *changed(ticket, orderer, language, once, ordered=True, threaded=True),
        *changed(ticket, ticket.requester, ticket.language, once, ordered=True),
    )


def changed(
    ticket: TicketFacts,
    to: Address,
    language: str,
    once: str,
    *,
    ordered: bool = False,
    reason: str = "",
    sender: str = "",
    delay: int = 0,
    thread: Sequence[str] = (),
    threaded: bool = False,
) -> tuple[Tell, ...]:
    """Confirm to a person the kind that a ticket has from now on (T11, T12, T21).

    `ticket` is as it is then. `once` names the change. `ordered`: it was the customer who ordered
    it; otherwise `reason` is an agent's, for the person to read. Nothing goes where there is no address, and nothing before its promise began.
    """
    if not to.address or ticket.clock_started_at is None:
        return ()
    shown = OpenTicket(
        ticket_id=ticket.id,
        title=ticket.title,
        kind=ticket.kind,
        requester=ticket.requester,
        language=language,
        clock_started_at=ticket.clock_started_at,
        due_at=ticket.due_at,
        customer_id=ticket.customer_id,
        assignee_id=ticket.assignee_id,
        urgent=ticket.urgent,
    )
    return (
        Tell(
            letter=confirmation_of(ticket.kind),
            to=to,
            language=language,
            purpose=Purpose.CUSTOMER,
            ticket_id=ticket.id,
            person=ticket.number_of(to.address),
            once=f"{once}:{to.address.lower()}",
            auto="auto-replied" if threaded else "auto-generated",
            threaded=threaded,
            thread=tuple(thread),
            sender=sender,
            delay=delay,
            ticket=shown,
            more={"changed": not ordered, "reason": reason},
        ),
    )


# An answer to these goes to the customer; to all other letters for staff it is a note.
_TO_CUSTOMER = frozenset({"staff_new", "staff_reply", "staff_assigned"})


def staff(
    letter: str,
    received: Received,
    facts: Facts,
    policy: Policy,
    ticket: OpenTicket | TicketFacts,
    without: AgentFacts | None = None,
    more: dict[str, Any] | None = None,
    will: OpenTicket | TicketFacts | None = None,
) -> tuple[Tell, ...]:
    """Return one notice for the assignee, or for every agent where nobody is assigned.

    A new ticket is told to those who want to hear of new ones. One person's own mail never causes a mail to that person (`without`, and the author). An
    imported mail causes none at all. `will` is the ticket as it will be, where that differs.
    """
    if received.quiet:
        return ()
    ticket_id = ticket.ticket_id if isinstance(ticket, OpenTicket) else ticket.id
    assigned = [agent for agent in facts.agents if agent.id == ticket.assignee_id]
    author = (received.reading.mail.author or "").lower()
    return tuple(
        Tell(
            letter=letter,
            to=Address(agent.name, agent.address),
            language=agent.language or policy.language,
            purpose=Purpose.AGENT_REPLY if letter in _TO_CUSTOMER else Purpose.AGENT_NOTE,
            ticket_id=ticket_id,
            person=agent.id,
            once=f"{letter}:{received.inbound_id}:{agent.id}",
            files=True,
            ticket=will,
            more=more or {},
        )
        for agent in assigned or facts.agents
        if agent is not without
        and (agent.told_of_new or not isinstance(ticket, OpenTicket))
        and agent.address.lower() not in policy.own | {author}
    )


def unproven(
    received: Received, facts: Facts, policy: Policy, agent: AgentFacts, now: datetime
) -> tuple[Tell, ...]:
    """Tell an agent, at his registered address, that a mail in his name was not believed.

    His OK to it is the proof that was missing (E). All agents are told if he is disabled. At
    most five such mails an hour and person.
    """
    if received.quiet:
        return ()
    # Five slots an hour: a forger fills no mailbox, and real mails seldom wait for each other.
    slot = f"{now:%Y%m%d%H}.{received.inbound_id % 5}"
    return tuple(
        Tell(
            letter="staff_held",
            to=Address(told.name, told.address),
            language=told.language or policy.language,
            purpose=Purpose.CHALLENGE if agent.enabled else Purpose.AGENT_NOTE,
            ticket_id=facts.candidates[0].ticket.id if facts.candidates else None,
            person=told.id,
            once=f"staff_held:{agent.id}:{told.id}:{slot}",
            asks=received.inbound_id if agent.enabled else None,
            more={"in_the_name_of": agent.name, "can_release": agent.enabled},
        )
        for told in ((agent,) if agent.enabled else facts.agents)
        if told.address.lower() not in policy.own
    )
