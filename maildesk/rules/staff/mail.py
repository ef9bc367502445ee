"""What a mail of an agent leads to. From alone proves nothing (SECURITY.md section 5).

    proven? -> an OK to what was held? -> one of our tickets? -> commands -> effects (rules.orders)

A signed reply address (D) proves him for its ticket; A, B and C for whatever he writes. Without proof the mail is kept inside, nothing runs, nothing goes out, and the agent is asked.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maildesk.mail.forward import forwarded_subject
from maildesk.mail.quote import without_quotes
from maildesk.mail.safe import header_value
from maildesk.mail.smtp import PAGE
from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Grammar, Misunderstood, Orders, Parent, read_commands
from maildesk.rules.commands.words import Care, row_named
from maildesk.rules.facts import Candidate, Facts, Match, Received, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import AddMessage, Leave, Plan, Release
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.digest_answer import answered
from maildesk.rules.staff.orders import carry_out
from maildesk.rules.staff.scene import Scene

SUBJECT_MAX = 200  # characters of a subject of ours; `render` cuts it there
TOO_OLD = timedelta(hours=72)  # rule 12: a mail whose Date is older than that runs nothing
# The word alone: with a question mark he asks, and with a quote mark it is not his.
_OK = re.compile(r"\s*(?:ok|okay|ja|yes)\s*[.!,]*\s*", re.IGNORECASE)


def staff_mail(
    received: Received, facts: Facts, policy: Policy, agent: AgentFacts, now: datetime
) -> Plan:
    """Return the steps for a mail whose author is an address of an agent."""
    imported = received.quiet and received.released_by is None
    if agent.enabled and not imported and (released := _released(received, facts, agent)):
        return released
    proven = _proven(received, facts, agent)
    if proven is None:
        return _unproven(received, facts, policy, agent, now)
    ticket, scene = proven.ticket, Scene(received, facts, policy, agent, now)
    if imported:
        return scene.file(ticket, "it was imported")  # what it says was done elsewhere, before
    # The same twice on a page is meant twice: one showing of a form is one mail (desk.post).
    on_page = received.envelope.via == PAGE
    if facts.staff.replayed and received.released_by is None and not on_page:
        return (Leave("duplicate", "the same words of the same second came before"),)
    if proven.is_late_answer:
        return scene.file(ticket, "he answered a question that waits for no answer, or not with OK")
    sent = received.reading.mail.date
    if sent is not None and received.envelope.received_at - sent > TOO_OLD:
        return scene.refused(ticket, "too_old")
    if proven.purpose is Purpose.DIGEST:
        return answered(scene, proven.is_sure)
    read = _read(scene, ticket)
    if isinstance(read, Misunderstood):
        return scene.refused(
            ticket, read.problem, read.word, read.nearest or read.usage, read.corrected
        )
    drastic = any(row_named(command.name).care is Care.DRASTIC for command in read.commands)
    if drastic and ticket is not None and received.released_by is None and not proven.is_sure:
        return scene.asks_once_more(ticket, read)
    return carry_out(scene, ticket, read, proven.purpose)


def _read(scene: Scene, ticket: TicketFacts | None) -> Orders | Misunderstood:
    """Read the commands. What the mail it answers already said is known if that was ours.

    A page makes the subject of nothing but his commands, and his text is text to its last line:
    one that begins with "#", ">" or "-- " reaches the customer as he typed it.
    """
    facts, policy, mail = scene.facts, scene.policy, scene.received.reading.mail
    parent = None
    if ticket is not None:
        about = _answered(facts, ticket)
        parent = Parent((about or ticket).title, _shown(about, policy) if about else None)
    elif scene.received.subject.is_forward:
        # The customer wrote the subject that stands behind the prefix; the block repeats it.
        forwarded = forwarded_subject(mail.text)
        parent = None if forwarded is None else Parent("", forwarded)
    grammar = Grammar(
        code=policy.code,
        kinds=policy.kinds,
        agents=facts.agents,
        calendar=policy.calendar,
        now=scene.now,
        language=scene.language,
    )
    if scene.received.envelope.via == PAGE:
        read = read_commands(mail.subject, "", grammar, scene.agent, Parent("", ""))
        return replace(read, text=mail.reply) if isinstance(read, Orders) else read
    return read_commands(mail.subject, without_quotes(mail.reply), grammar, scene.agent, parent)


def _answered(facts: Facts, ticket: TicketFacts) -> TicketFacts | None:
    """Return the ticket of the letter of ours that is answered; it may be merged into `ticket`."""
    known = (ticket, *facts.staff.merged.get(ticket.id, ()))
    return next((t for t in known if facts.letter and facts.letter.ticket_id == t.id), None)


def _shown(ticket: TicketFacts, policy: Policy) -> str:
    """Return a title as it stands in the subjects of our letters: a long one is cut there."""
    number = f"[{tag(policy.code, ticket.id)}] "
    return header_value(number + ticket.title, SUBJECT_MAX).removeprefix(number)


_OUTWARD = frozenset({Purpose.CUSTOMER, Purpose.AGENT_REPLY})


@dataclass(frozen=True, slots=True)
class _Proven:
    """What a proven mail is for, and its ticket. `is_sure`: A, B or C proved it.

    `is_late_answer`: it came to the address for an OK and gives none that counts.
    """

    purpose: Purpose
    ticket: TicketFacts | None
    is_sure: bool = False
    is_late_answer: bool = False


def is_proven(received: Received, facts: Facts, agent: AgentFacts) -> bool:
    """Tell whether something known by now proves that a mail in an agent's name is his."""
    return _proven(received, facts, agent) is not None


def _proven(received: Received, facts: Facts, agent: AgentFacts) -> _Proven | None:
    """Return what a mail of this agent is for, or None without proof.

    What our own server calls forged (dmarc=fail) no signed address proves, only a login (C), or
    the agent himself who released it.
    """
    if not agent.enabled:
        return None
    sure, released = received.proofs.prove(agent), received.released_by == agent.id
    named = {candidate.number: candidate.ticket for candidate in facts.candidates}
    if sure or released or not received.proofs.dmarc_failed:
        for address in received.proofs.addresses:
            if (
                address.purpose in (Purpose.AGENT_REPLY, Purpose.AGENT_NOTE)
                and address.person == agent.id
                and address.subject.isdigit()
                and int(address.subject) in named
            ):
                return _Proven(address.purpose, named[int(address.subject)], sure)
            if address.purpose is Purpose.DIGEST and (sure or address.person == agent.id):
                return _Proven(Purpose.DIGEST, None, sure)
    if released:
        ticket = facts.candidates[0].ticket if facts.candidates else None
        return _Proven(Purpose.AGENT_NOTE, ticket, sure)
    return _meant(received, facts, agent) if sure else None


def _meant(received: Received, facts: Facts, agent: AgentFacts) -> _Proven:
    """Return what a mail is for that needs no signed address as its proof.

    The address that is answered decides where text goes (COMMANDS.md, rule 9), whosever it was:
    the customer's thread to the customer. A number or a reference only names the ticket; then
    the words stay inside, unless he says #reply. A number counts in the subject alone.
    """
    purpose, addresses = Purpose.AGENT_NOTE, received.proofs.addresses
    first = next((each for each in facts.candidates if _is_named(each, received)), None)
    if first is not None and first.match is Match.SIGNED_ADDRESS:
        answered = {each.purpose for each in addresses if each.subject == str(first.number)}
        if answered & _OUTWARD and Purpose.AGENT_NOTE not in answered:
            purpose = Purpose.AGENT_REPLY
    late = any(each.purpose is Purpose.CHALLENGE and each.person == agent.id for each in addresses)
    return _Proven(purpose, first.ticket if first else None, True, late)


def _is_named(candidate: Candidate, received: Received) -> bool:
    return candidate.match is not Match.TAG or candidate.number in received.subject.numbers


def _released(received: Received, facts: Facts, agent: AgentFacts) -> Plan:
    """Return the release of a held mail if this is the agent's OK to it, else ().

    An OK that our own server calls forged is none.
    """
    if received.proofs.dmarc_failed and not received.proofs.prove(agent):
        return ()
    asked = facts.staff.asked
    own = without_quotes(received.reading.mail.reply)
    yes = next((line for line in own.split("\n") if line.strip()), "")
    mine = any(
        address.purpose is Purpose.CHALLENGE
        and address.person == agent.id
        and address.subject == str(asked)
        for address in received.proofs.addresses
    )
    if not mine or asked is None or not _OK.fullmatch(yes):
        return ()
    return (
        Leave("dismissed", f"an OK of {agent.login} to mail {asked}"),
        Release(asked, agent.id),
    )


def _unproven(
    received: Received, facts: Facts, policy: Policy, agent: AgentFacts, now: datetime
) -> Plan:
    told = letters_to.unproven(received, facts, policy, agent, now)
    is_digest = any(each.purpose is Purpose.DIGEST for each in received.proofs.addresses)
    if facts.candidates and not is_digest:
        return (AddMessage(facts.candidates[0].ticket.id, "unverified"), *told)
    return (Leave("held", f"in the name of {agent.login}, without proof, about no ticket"), *told)
