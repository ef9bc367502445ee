"""What is hidden from staff as spam, and what becomes of it when somebody says that it is none.

Two things hide a mail (T04): a verdict that our own mail server wrote on it, and a sender whom
an operator blocked. Nothing is answered, nobody is told, nothing is thrown away. A verdict may be
wrong, so it hides nobody whom the desk knows: that mail goes its way without an automatic
answer, and staff see what the filter said.
"""

from dataclasses import fields, replace
from datetime import datetime

from maildesk.rules import letters_to
from maildesk.rules.facts import Facts, Received, TicketFacts
from maildesk.rules.gate import why_not_answer
from maildesk.rules.opening import assignee, new_ticket
from maildesk.rules.plan import AddMessage, Change, OpenTicket, Plan, SetState, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.cycle import after_move
from maildesk.rules.ticket import State

HIDDEN = "spam"  # the standing of a message that is hidden
RESTORED = "restored"


def why_hidden(received: Received, facts: Facts, is_participant: bool) -> str:
    """Return why a mail is hidden, or "" if it is not."""
    if facts.blocked:
        return f"blocked: {facts.blocked}"
    if received.mark and facts.contact is None and not is_participant:
        return received.mark
    return ""


def hidden(
    received: Received, facts: Facts, policy: Policy, now: datetime, why: str
) -> tuple[OpenTicket, AddMessage]:
    """Return a ticket in state spam, which nobody has, with no promise and no letter (T04)."""
    ticket = replace(
        new_ticket(received, facts, policy, now),
        state=State.SPAM, why=why, due_at=None, assignee_id=None,
    )  # fmt: skip
    return ticket, AddMessage(ticket.ticket_id, HIDDEN, why)


def restored(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts, now: datetime
) -> Plan:
    """Return a ticket's way out of spam (T47): new, its clock from the original receipt.

    Its requester gets the confirmation that he did not get, and staff hear of a new ticket.
    """
    changed = after_move(ticket, State.SPAM, State.NEW, now, policy)
    if ticket.assignee_id is None:
        changed["assignee_id"] = assignee(facts, policy, ticket.id)
    known = {each.name for each in fields(TicketFacts)} & changed.keys()
    will = replace(ticket, state=State.NEW, **{name: changed[name] for name in known})
    steps: list[Step] = [
        AddMessage(ticket.id, "participant" if facts.agent is None else "note"),
        SetState(ticket.id, State.SPAM, State.NEW, RESTORED),
        Change(ticket.id, changed, RESTORED),
    ]
    return (*steps, *_told(received, facts, policy, will))


def _told(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts
) -> tuple[Tell, ...]:
    wanted = received.subject.kind or ticket.kind
    made = OpenTicket(
        ticket_id=ticket.id,
        title=ticket.title,
        kind=ticket.kind,
        requester=ticket.requester,
        language=ticket.language or policy.language,
        clock_started_at=ticket.clock_started_at or received.envelope.received_at,
        due_at=ticket.due_at,
        customer_id=ticket.customer_id,
        assignee_id=ticket.assignee_id,
        wish=wanted if wanted != ticket.kind else "",
    )
    letters = letters_to.staff("staff_new", received, facts, policy, made)
    offered = facts.process.requests.get(ticket.id)  # in place of a confirmation (T05)
    answered = facts.agent is None and ticket.requester.address and not offered
    if answered and not why_not_answer(received, facts, policy):
        letters = (letters_to.confirmation(received, facts, made), *letters)
    return tuple(replace(tell, ticket=made) for tell in letters)
