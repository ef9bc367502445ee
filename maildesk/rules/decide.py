"""What a message leads to: the heart of the desk, pure.

    message -> is it ours, known, a report, a machine's? -> an agent's? -> which ticket? -> steps

Each function here returns a whole Plan. Which ticket a customer's mail belongs to is decided in
`join`, whether anybody is answered in `gate`, what a ticket promises in `_open`.
"""

from datetime import datetime

from maildesk.mail.message import Address, Origin
from maildesk.rules import assign, kinds, letters_to
from maildesk.rules.cycle import after_move
from maildesk.rules.facts import (
    Facts,
    Match,
    Received,
    SentLetter,
    TicketFacts,
)
from maildesk.rules.gate import bare, why_not_answer
from maildesk.rules.join import join
from maildesk.rules.plan import (
    AddMessage,
    Change,
    Leave,
    MarkUndeliverable,
    OpenTicket,
    Plan,
    SetState,
    Step,
)
from maildesk.rules.policy import Policy
from maildesk.rules.promise import due
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.mail import staff_mail
from maildesk.rules.staff.opening import NORMAL, UNTITLED
from maildesk.rules.thanks import is_thank_you
from maildesk.rules.ticket import ReplyEffect, State, after_customer_reply, is_over


def decide(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return the steps to take for one message, in order."""
    reading = received.reading
    if _is_ours(received, policy):
        return (Leave("duplicate", "a mail of our own came back", _first_ticket(facts)),)
    if facts.known and received.released_by is None:
        return (Leave("duplicate", "the same mail came before", facts.known_in),)
    if reading.origin is Origin.BOUNCE:
        return _bounce(received, facts, policy)
    if reading.origin is not Origin.PERSON:
        return _machine(received, facts, policy, now)
    if facts.agent is not None:
        return staff_mail(received, facts, policy, facts.agent, now)
    joined = join(received, facts)
    if joined is None:
        return _open(received, facts, policy, now)
    candidate, standing = joined
    if standing == "participant":
        return _customer_reply(received, facts, policy, candidate.ticket, now)
    return (
        AddMessage(candidate.ticket.id, standing),
        *letters_to.staff("staff_third_party", received, facts, policy, candidate.ticket),
    )


def _is_ours(received: Received, policy: Policy) -> bool:
    """Our signature on the Message-ID, unless somebody else put his own name over it.

    Whoever got a letter of ours can write its Message-ID on a mail of his own, and that mail is
    not to be lost (P2).
    """
    author = received.reading.mail.author
    signed = received.proofs.is_ours or received.reading.origin is Origin.OURS
    return signed and (author is None or bare(author) in policy.own)


def _bounce(received: Received, facts: Facts, policy: Policy) -> Plan:
    """A bounce counts only if it names a letter of ours, sent to that very recipient (P9).

    It names no recipient where a server speaks in prose; then it has to come to the address
    that we signed for bounces of this letter. A Message-ID alone is known to many.
    """
    report, letter = received.reading.report, facts.letter
    if letter is None:
        return (Leave("automatic", "a report about no letter of ours"),)
    ticket = _ticket_of(letter, facts)
    if ticket is None:
        about: Plan = (Leave("automatic", f"a report about a letter to {letter.rcpt_to}"),)
    else:
        about = (AddMessage(ticket.id, "bounce"),)
    rcpt_to = letter.rcpt_to.lower()
    if report is None or not report.failed:
        return about
    named = {recipient.lower() for recipient in report.recipients}
    came_back = any(address.purpose is Purpose.BOUNCE for address in received.proofs.addresses)
    if rcpt_to not in named and (named or not came_back):
        return about
    reason = " ".join(filter(None, (report.status, report.diagnostic)))[:300]
    mark = (*about, MarkUndeliverable(letter.id, reason or "undeliverable"))
    if ticket is None or rcpt_to in {agent.address.lower() for agent in facts.agents}:
        return mark  # a notice about an agent's dead mailbox would only go to that mailbox
    more = {"failed_recipient": letter.rcpt_to, "reason": reason}
    return (*mark, *letters_to.staff("staff_bounce", received, facts, policy, ticket, more=more))


def _ticket_of(letter: SentLetter, facts: Facts) -> TicketFacts | None:
    if letter.ticket_id is None:
        return None
    for candidate in facts.candidates:
        # A merged ticket is replaced by its target, which has another id.
        if candidate.ticket.id == letter.ticket_id or candidate.match is Match.SIGNED_ID:
            return candidate.ticket
    return None


def _machine(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Mail that no person wrote is filed where it belongs, answers nobody and changes no state.

    Alarms of machines that the site named, or that a known contact runs, open tickets and are
    told to staff. So is what came by a list but belongs to a ticket: a person may have written
    it.
    """
    origin, author = received.reading.origin, received.reading.mail.author
    is_alarm = origin is Origin.AUTO_GENERATED and (
        facts.contact is not None or (author or "").lower() in policy.automatic_from
    )
    joined = join(received, facts)
    if joined is None:
        if is_alarm and facts.agent is None:
            return _open(received, facts, policy, now)
        return (Leave("automatic", f"no person wrote it: {received.reading.origin_reason}"),)
    ticket, standing = joined[0].ticket, joined[1]
    filed = AddMessage(ticket.id, "automatic")
    if is_alarm or origin is Origin.LIST:
        letter = "staff_reply" if standing == "participant" else "staff_third_party"
        return (filed, *letters_to.staff(letter, received, facts, policy, ticket))
    return (filed,)


def _customer_reply(
    received: Received, facts: Facts, policy: Policy, ticket: TicketFacts, now: datetime
) -> Plan:
    effect = after_customer_reply(ticket.state, ticket.resolved_at, now, policy.reopen_days)
    mail = received.reading.mail
    names = (mail.sender.name, facts.contact.name if facts.contact else "", mail.author or "")
    if is_over(ticket.state) and is_thank_you(mail.reply, " ".join(names)):
        told = letters_to.staff("staff_reply", received, facts, policy, ticket)
        return (AddMessage(ticket.id), *told)
    if effect is ReplyEffect.FOLLOW_UP:
        return _open(received, facts, policy, now, follows=ticket)
    steps: list[Step] = [AddMessage(ticket.id)]
    if effect is ReplyEffect.IN_PROGRESS and not received.quiet:
        steps.append(SetState(ticket.id, ticket.state, State.IN_PROGRESS, "reply of the customer"))
        moved = after_move(ticket, ticket.state, State.IN_PROGRESS, now, policy)
        if moved:
            steps.append(Change(ticket.id, moved, "reply of the customer"))
    if ticket.state is not State.SPAM:
        steps += letters_to.staff("staff_reply", received, facts, policy, ticket)
    return tuple(steps)


def _open(
    received: Received,
    facts: Facts,
    policy: Policy,
    now: datetime,
    follows: TicketFacts | None = None,
) -> Plan:
    """A new ticket: who asks, for what kind, due when, whose it is, and who is told."""
    mail, subject = received.reading.mail, received.subject
    language = _language(received, facts, policy)
    kind, wish = _kind(received, facts, policy)
    promise = kinds.kind_named(policy.kinds, kind).promise
    start = min(received.envelope.received_at, now)
    requester = Address(mail.sender.name, mail.author or "")
    if facts.contact is not None:  # written as we keep it, not as he did today
        requester = Address(facts.contact.name or mail.sender.name, facts.contact.address)
    ticket = OpenTicket(
        ticket_id=facts.ticket_id,
        title=subject.title or UNTITLED[language],
        kind=kind,
        requester=requester,
        language=language,
        clock_started_at=start,
        due_at=due(start, promise, policy.calendar) if promise else None,
        customer_id=facts.customer.id if facts.customer else None,
        assignee_id=assign.choose(
            policy.assign,
            tuple(assign.Candidate(a.id, a.login, a.enabled) for a in facts.agents),
            facts.ticket_id,
            facts.open_tickets,
        ),
        urgent=subject.urgent,
        presales=subject.presales,
        wish=wish,
        contradiction=subject.contradiction,
        follows=follows.id if follows else None,
        mentions=tuple(
            dict.fromkeys(c.ticket.id for c in facts.candidates if c.ticket is not follows)
        ),
    )
    steps: list[Step] = [ticket, AddMessage(ticket.ticket_id)]
    if not why_not_answer(received, facts, policy.own, policy.budget):
        steps.append(letters_to.confirmation(received, facts, ticket))
    steps += letters_to.staff("staff_new", received, facts, policy, ticket)
    return tuple(steps)


def _kind(received: Received, facts: Facts, policy: Policy) -> tuple[str, str]:
    """Return the kind a ticket starts with, and the wish that has to wait for accepted terms.

    Somebody who is no contact of a customer orders nothing: there is nobody to charge.
    """
    wanted = received.subject.kind
    if wanted is None or wanted == NORMAL:
        return NORMAL, ""
    normal, wish = (kinds.kind_named(policy.kinds, name) for name in (NORMAL, wanted))
    is_free = policy.terms == "never" or (
        policy.terms == "dearer" and not kinds.is_dearer(wish, normal)
    )
    accepted = facts.customer is not None and facts.customer.has_accepted_terms
    return (wanted, "") if facts.contact and (is_free or accepted) else (NORMAL, wanted)


def _language(received: Received, facts: Facts, policy: Policy) -> str:
    choices = (
        facts.contact.language if facts.contact else "",
        facts.customer.language if facts.customer else "",
        received.reading.mail.language,
        policy.language,
    )
    return next(choice for choice in choices if choice in UNTITLED)


def _first_ticket(facts: Facts) -> int | None:
    return facts.candidates[0].ticket.id if facts.candidates else None
