"""What a message leads to: the heart of the desk, pure.

    message -> is it ours, known, a report, a machine's? -> an agent's? -> hidden? -> which ticket?
            -> steps -> without what would go to addresses that cannot be reached

Each function here returns a whole Plan. Which ticket a customer's mail belongs to is decided in
`join`, whether anybody is answered in `gate`, what a ticket promises in `opening`, what a bounce
says in `bounced`, what is hidden in `spam`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from maildesk.mail.message import Origin
from maildesk.rules import enquiry, letters_to, spam
from maildesk.rules.bounced import bounce
from maildesk.rules.facts import Candidate, Facts, Received, TicketFacts
from maildesk.rules.gate import bare
from maildesk.rules.join import join
from maildesk.rules.opening import open_ticket
from maildesk.rules.plan import AddMessage, Change, Leave, Plan, SetState, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process import ordering, worded
from maildesk.rules.process.contract_alerts import with_alerts
from maildesk.rules.process.cycle import after_move
from maildesk.rules.reachable import gated
from maildesk.rules.staff.mail import staff_mail
from maildesk.rules.thanks import is_thank_you
from maildesk.rules.ticket import ReplyEffect, State, after_customer_reply, is_over


def decide(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return the steps to take for one message, in order."""
    plan = with_alerts(_decide(received, facts, policy, now), facts, policy, now)
    return gated(plan, received, facts, policy, now)


def _decide(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    reading = received.reading
    if _is_ours(received, policy):
        return (Leave("duplicate", "a mail of our own came back", _first_ticket(facts)),)
    if facts.known and received.cleared:
        return _cleared(received, facts, policy, now)
    if facts.known and received.released_by is None:
        return (Leave("duplicate", "the same mail came before", facts.known_in),)
    if reading.origin is Origin.BOUNCE:
        return bounce(received, facts, policy, now)
    if reading.origin is not Origin.PERSON:
        return _machine(received, facts, policy, now)
    if facts.agent is not None:
        return staff_mail(received, facts, policy, facts.agent, now)
    return _person(received, facts, policy, now)


def _is_ours(received: Received, policy: Policy) -> bool:
    """Our signature on the Message-ID, unless somebody else put his own name over it.

    Whoever got a letter of ours can write its Message-ID on a mail of his own, and that mail is
    not to be lost (P2).
    """
    author = received.reading.mail.author
    signed = received.proofs.is_ours or received.reading.origin is Origin.OURS
    return signed and (author is None or bare(author) in policy.own)


def _person(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    joined = join(received, facts)
    why = spam.why_hidden(received, facts, _is_participant(joined))
    if joined is None:
        if why:
            return spam.hidden(received, facts, policy, now, why)
        return open_ticket(received, facts, policy, now)
    candidate, standing = joined
    if standing == "participant":
        if why:
            return (AddMessage(candidate.ticket.id, spam.HIDDEN, why),)
        found = worded.worded(received, facts, policy, candidate.ticket, now)
        if isinstance(found, tuple):
            return found
        return _customer_reply(received, facts, policy, candidate.ticket, now, found)
    if why:  # a stranger's spam is nothing to keep in somebody's ticket
        return spam.hidden(received, facts, policy, now, why)
    word = worded.stranger_word(received, facts, candidate.ticket)
    if word is not None:
        told = worded.staff_told(word, received, facts, policy, candidate.ticket)
        return (AddMessage(candidate.ticket.id, standing, word.why), *told)
    return (
        AddMessage(candidate.ticket.id, standing),
        *letters_to.staff(
            "staff_third_party",
            received,
            facts,
            policy,
            candidate.ticket,
            more={"disowned": received.proofs.disowned},
        ),
    )


def _cleared(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Somebody said that a hidden mail is no spam: it is handled as if nothing had hidden it."""
    received, facts = replace(received, mark=""), replace(facts, blocked="")
    ticket = next((c.ticket for c in facts.candidates if c.number == facts.known_in), None)
    if ticket is not None and ticket.state is State.SPAM:
        return spam.restored(received, facts, policy, ticket, now)
    return _person(received, facts, policy, now)


def _is_participant(joined: tuple[Candidate, str] | None) -> bool:
    return joined is not None and joined[1] == "participant"


def _machine(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Mail that no person wrote is filed where it belongs, answers nobody and changes no state.

    Alarms of machines that the site named, or that a known contact runs, open tickets and are
    told to staff. So is what came by a list but belongs to a ticket: a person may have written
    it. Of what is hidden as spam nobody is told.
    """
    origin, author = received.reading.origin, received.reading.mail.author
    is_named = (author or "").lower() in policy.automatic_from
    # What a machine says to an invoice mail or a time sheet opens nothing, whoever runs it.
    is_alarm = origin is Origin.AUTO_GENERATED and (facts.contact is not None or is_named)
    is_alarm = is_alarm and not enquiry.is_enquiry(facts)
    joined = join(received, facts)
    why = spam.why_hidden(received, facts, _is_participant(joined) or is_named)
    if joined is None:
        if is_alarm and facts.agent is None and not why:
            return open_ticket(received, facts, policy, now)
        said = f"no person wrote it: {received.reading.origin_reason}"
        return (Leave("automatic", f"{said}; {why}" if why else said),)
    ticket, standing = joined[0].ticket, joined[1]
    filed = AddMessage(ticket.id, "automatic", why or received.mark)
    if (is_alarm or origin is Origin.LIST) and not why:
        letter = "staff_reply" if standing == "participant" else "staff_third_party"
        return (filed, *letters_to.staff(letter, received, facts, policy, ticket))
    return (filed,)


def _customer_reply(
    received: Received,
    facts: Facts,
    policy: Policy,
    ticket: TicketFacts,
    now: datetime,
    word: worded.Told | None = None,
) -> Plan:
    effect = after_customer_reply(ticket.state, ticket.resolved_at, now, policy.reopen_days)
    if word is not None and word.is_still:
        effect = ReplyEffect.STAY
    mail = received.reading.mail
    names = (mail.sender.name, facts.contact.name if facts.contact else "", mail.author or "")
    if word is None and is_over(ticket.state) and is_thank_you(mail.reply, " ".join(names)):
        told = letters_to.staff("staff_reply", received, facts, policy, ticket)
        return (AddMessage(ticket.id, why=received.mark), *told)
    if effect is ReplyEffect.FOLLOW_UP:
        return open_ticket(received, facts, policy, now, follows=ticket)
    why = word.why if word is not None else ""
    steps: list[Step] = [AddMessage(ticket.id, why=why or received.mark)]
    will = ticket
    if effect is ReplyEffect.IN_PROGRESS and not received.quiet:
        steps.append(SetState(ticket.id, ticket.state, State.IN_PROGRESS, "reply of the customer"))
        moved = after_move(ticket, ticket.state, State.IN_PROGRESS, now, policy)
        will = replace(ticket, state=State.IN_PROGRESS, **moved)
        if moved:
            steps.append(Change(ticket.id, moved, "reply of the customer"))
    order = ordering.in_reply(received, facts, policy, will, now)
    steps += (*order.steps, *_besides(word, order.steps))
    if word is not None and word.refusal is not None and order.figures is None:
        steps += worded.staff_told(word, received, facts, policy, will)
    elif ticket.state is not State.SPAM:
        steps += letters_to.staff(
            "staff_reply", received, facts, policy, ticket, more=order.more,
            will=order.ticket or will,
        )  # fmt: skip
    return tuple(steps)


def _besides(word: worded.Told | None, steps: Sequence[Step]) -> tuple[Tell, ...]:
    """Return the answers to a word, without how a ticket stands for whom an order tells more."""
    if word is None or word.refusal is not None:
        return word.letters if word is not None else ()
    told = {step.to.address.lower() for step in steps if isinstance(step, Tell)}
    return tuple(each for each in word.letters if each.to.address.lower() not in told)


def _first_ticket(facts: Facts) -> int | None:
    return facts.candidates[0].ticket.id if facts.candidates else None
