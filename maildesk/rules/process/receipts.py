"""What is written to people about a decision: a receipt to who made it, one notice to staff.

The receipt comes from the request's own reply address, so that STOP in answer to it is an answer
to this very decision (SECURITY.md section 5.4).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import letters as say
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.letters_to import confirmation_of
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import REQUESTER, deciders
from maildesk.rules.process.course import Course, Decision
from maildesk.rules.process.request_words import charged_minutes, figures_of, limit_of
from maildesk.rules.requests import About, How, Request
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State

To = tuple[Address, str, int]  # whom, his language, and his number in the reply address


def ordered(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the confirmation of an order to the requester, and the receipt of another decider.

    A requester who ordered himself gets one letter that is both.
    """
    confirm = confirmation_of(after.kind)
    mine = ticket_requester(after)
    on_phone = decision.how is How.PHONE  # then the receipt has to repeat what was said
    tells = [
        letter(
            decision, after, confirm if _is(to, mine) and not on_phone else "approval_receipt", to
        )
        for to in _deciders(decision)
    ]
    if _is_left_out(mine, tells):
        tells.append(letter(decision, after, confirm, mine, stop=False))
    # A ticket that did not wait for the order has had its first confirmation.
    more = {"changed": decision.ticket.state is not State.WAITING_APPROVAL, "reason": ""}
    return tuple(replace(tell, more=tell.more | more) for tell in tells)


def approved(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the receipt of an approval."""
    return _to_all(decision, after, "approval_receipt")


def declined(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the receipt of a refusal, after which the ticket goes on or is done."""
    return _to_all(decision, after, "decline_receipt")


def accepted(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the receipt of an acceptance."""
    return _to_all(decision, after, "acceptance_receipt")


def cancelled(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the letters that a ticket is closed unfinished: to the decider and the requester."""
    # What was delivered is not delivered again by a word: there an agent has to see to it.
    stop = decision.request.about is not About.ACCEPTANCE
    tells = tuple(
        letter(decision, after, "closed_unfinished", to, stop=stop) for to in _deciders(decision)
    )
    mine = ticket_requester(after)
    if not _is_left_out(mine, tells):
        return tells
    return (*tells, letter(decision, after, "closed_unfinished", mine, stop=False))


def withdrawn(course: Course, by: str, how: How) -> tuple[Tell, ...]:
    """Return the letters of a ticket that was withdrawn without a request being answered."""
    ticket, facts, policy = course.after, course.facts, course.policy
    people = [ticket_requester(ticket)] if ticket.requester.address else []
    if by.lower() != ticket.requester.address.lower():
        name = facts.contact.name if facts.contact else ""
        people.append((Address(name, by), ticket.language, ticket.number_of(by)))
    tells = [
        Tell(
            letter="closed_unfinished", to=to, language=language, purpose=Purpose.CUSTOMER,
            ticket_id=ticket.id, person=number or ticket.number_of(to.address) or 1,
            once=f"withdrawn:{ticket.id}:{ticket.version}:{to.address.lower()}",
            auto="auto-replied" if how is How.MAIL else "auto-generated",
            threaded=how is How.MAIL, thread=facts.staff.threads.get(ticket.id, ()),
            ticket=ticket, more=_closing(ticket, facts, language) | {"stop": False},
        )
        for to, language, number in people
    ]  # fmt: skip
    more = {"verdict": "withdrawn", "about": "ticket", "decider": by, "how": how.value}
    once = f"withdrawn:{ticket.id}:{ticket.version}"
    return (*tells, *to_staff(facts, policy, ticket, by, once, more))


def letter(decision: Decision, after: TicketFacts, name: str, to: To, *, stop: bool = True) -> Tell:
    """Return one letter about a decision. With `stop` a reply to it may take the decision back."""
    request, facts = decision.request, decision.facts
    address, language, number = to
    by_mail = decision.how is How.MAIL
    return Tell(
        letter=name,
        to=address,
        language=language,
        purpose=Purpose.REQUEST if stop else Purpose.CUSTOMER,
        ticket_id=after.id,
        person=number if stop else after.number_of(address.address.lower()) or 1,
        once=f"decided:{request.name}:{decision.verdict}:{address.address.lower()}",
        auto="auto-replied" if by_mail else "auto-generated",
        threaded=by_mail,
        thread=facts.staff.threads.get(after.id, ()),
        request=request.name if stop else "",
        ticket=after,
        more=_said(decision, after, language) | {"stop": stop},
    )


def staff(decision: Decision, after: TicketFacts) -> tuple[Tell, ...]:
    """Return the notice of a decision for the assignee, or for all where nobody is assigned."""
    more = {"about": decision.request.about.value, "verdict": decision.verdict.value}
    once = f"{decision.request.name}:{decision.verdict}"
    facts, policy = decision.facts, decision.policy
    more |= {"how": decision.how.value, "decider": decision.by, "words": decision.words}
    return to_staff(facts, policy, after, decision.by, once, more, decision.request)


def to_staff(
    facts: Facts,
    policy: Policy,
    ticket: TicketFacts,
    author: str,
    once: str,
    more: dict[str, Any],
    request: Request | None = None,
) -> tuple[Tell, ...]:
    """Return the notice about a decision, or about a word that did not count.

    The agent whose own mail caused it hears of it in his receipt. `more` gives what the template
    says in words.
    """
    given: dict[str, Any] = {
        "reason": "", "word": "", "words": "", "how": "", "decider": "", "verdict": "",
        "about": request.about.value if request else "", "mailed": False,
    }  # fmt: skip
    entries = facts.process.entries.get(ticket.id, ())
    return tuple(
        Tell(
            letter="staff_decided",
            to=Address(agent.name, agent.address),
            language=_language(agent, policy),
            purpose=Purpose.AGENT_REPLY,
            ticket_id=ticket.id,
            person=agent.id,
            once=f"staff_decided:{once}:{agent.id}",
            files=bool(more.get("mailed")),
            ticket=ticket,
            more=given | more | {
                "state": ticket.state.words(_language(agent, policy)),
                "request": figures_of(
                    request, ticket, entries, facts.customer, policy, _language(agent, policy)
                ) if request else None,
            },
        )
        for agent in _told(facts, ticket)
        if agent.address.lower() not in policy.own | {author.lower()}
    )  # fmt: skip


def ticket_requester(ticket: TicketFacts) -> To:
    """Return the requester as somebody to write to."""
    return ticket.requester, ticket.language, REQUESTER


def _told(facts: Facts, ticket: TicketFacts) -> Iterable[AgentFacts]:
    assigned = [agent for agent in facts.agents if agent.id == ticket.assignee_id]
    mine = facts.agent.id if facts.agent else None
    return [agent for agent in assigned or facts.agents if agent.id != mine]


def _language(agent: AgentFacts, policy: Policy) -> str:
    return agent.language or policy.language


def _to_all(decision: Decision, after: TicketFacts, name: str) -> tuple[Tell, ...]:
    return tuple(letter(decision, after, name, to) for to in _deciders(decision))


def _deciders(decision: Decision) -> tuple[To, ...]:
    """Return who made the decision; all who may, where only the agent who noted it is known."""
    ticket, by = decision.ticket, decision.by.lower()
    able = deciders(ticket, decision.facts, decision.request)
    if found := [to for to in able if to[0].address.lower() == by]:
        return tuple(found[:1])
    contact = decision.facts.contact
    if contact is not None and contact.address.lower() == by:
        address = Address(contact.name, contact.address)
        return ((address, contact.language or ticket.language, contact.id),)
    if "@" in by and decision.how is not How.PHONE:
        return ((Address("", decision.by), ticket.language, REQUESTER),)
    return able or (ticket_requester(ticket),)


def _is_left_out(to: To, tells: Iterable[Tell]) -> bool:
    """Tell whether somebody who has an address gets none of the letters."""
    his = to[0].address.lower()
    return bool(his) and all(tell.to.address.lower() != his for tell in tells)


def _is(to: To, other: To) -> bool:
    return to[0].address.lower() == other[0].address.lower()


def _said(decision: Decision, after: TicketFacts, language: str) -> dict[str, Any]:
    """Return the values of all letters about a decision.

    `request` says what was asked, `limit` what is approved now, `decider` who decided, `moment`
    when; `words` is what was said on the phone. `ends` tells whether the ticket is over, `waits`
    whether it waits again.
    """
    facts, policy = decision.facts, decision.policy
    entries = facts.process.entries.get(after.id, ())
    figures = figures_of(
        decision.request, decision.ticket, entries, facts.customer, policy, language
    )
    zone = policy.calendar.timezone
    return _closing(after, facts, language) | {
        "request": figures,
        "verdict": decision.verdict.value,
        "decider": _name(decision),
        "moment": say.moment_words(decision.now, zone, language),
        "phone": decision.how is How.PHONE,
        "words": decision.words,
        "limit": _limit(after, facts, policy, language),
        "waits": after.state is State.WAITING_APPROVAL,
    }


def _closing(ticket: TicketFacts, facts: Facts, language: str) -> dict[str, Any]:
    worked = charged_minutes(facts.process.entries.get(ticket.id, ()))
    ends = ticket.state in (State.RESOLVED, State.CANCELLED)
    return {"ends": ends, "worked": say.span_words(worked, language) if worked > 0 else ""}


def _limit(ticket: TicketFacts, facts: Facts, policy: Policy, language: str) -> str:
    minutes = limit_of(ticket, facts.customer, policy)
    return say.span_words(minutes, language) if minutes else ""


def decider_of(decision: Decision) -> To:
    """Return who made a decision, as somebody to write to."""
    return _deciders(decision)[0]


def _name(decision: Decision) -> str:
    people = [to[0] for to in _deciders(decision)]
    named = next((p.name for p in people if p.address.lower() == decision.by.lower()), "")
    return named or (decision.by if "@" in decision.by else "")
