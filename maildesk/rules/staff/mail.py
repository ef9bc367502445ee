"""What a mail of an agent leads to. From alone proves nothing (SECURITY.md section 5).

    proven? -> an OK to what was held? -> one of our tickets? -> commands -> effects (rules.orders)

Without proof the mail is kept inside, nothing runs, nothing goes out, and the agent is asked.
"""

import re
from datetime import datetime, timedelta

from maildesk.mail.forward import forwarded_subject
from maildesk.mail.quote import without_quotes
from maildesk.mail.safe import header_value
from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Grammar, Misunderstood, Orders, Parent, read_commands
from maildesk.rules.commands.words import Care, row_named
from maildesk.rules.facts import AgentFacts, Facts, Received, TicketFacts
from maildesk.rules.plan import AddMessage, Leave, Plan, Release
from maildesk.rules.policy import Policy
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.orders import carry_out
from maildesk.rules.staff.scene import Scene
from maildesk.rules.ticket import tag

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
    purpose, ticket = _proven(received, facts, agent)
    if purpose is None:
        return _unproven(received, facts, policy, agent, now)
    scene = Scene(received, facts, policy, agent, now)
    if imported:
        return scene.file(ticket, "it was imported")  # what it says was done elsewhere, before
    if facts.staff.replayed and received.released_by is None:
        return (Leave("duplicate", "the same words of the same second came before"),)
    sent = received.reading.mail.date
    if sent is not None and received.envelope.received_at - sent > TOO_OLD:
        return scene.refused(ticket, "too_old")
    read = _read(scene, ticket)
    if isinstance(read, Misunderstood):
        return scene.refused(
            ticket, read.problem, read.word, read.nearest or read.usage, read.corrected
        )
    drastic = any(row_named(command.name).care is Care.DRASTIC for command in read.commands)
    if drastic and ticket is not None and received.released_by is None:
        return scene.asks_once_more(ticket, read)
    return carry_out(scene, ticket, read, purpose)


def _read(scene: Scene, ticket: TicketFacts | None) -> Orders | Misunderstood:
    """Read the commands. What the mail it answers already said is known if that was ours."""
    facts, policy, mail = scene.facts, scene.policy, scene.received.reading.mail
    parent = None
    if ticket is not None:
        answers_ours = facts.letter is not None and facts.letter.ticket_id == ticket.id
        parent = Parent(ticket.title, _shown(ticket, policy) if answers_ours else None)
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
    return read_commands(mail.subject, without_quotes(mail.reply), grammar, scene.agent, parent)


def _shown(ticket: TicketFacts, policy: Policy) -> str:
    """Return a title as it stands in the subjects of our letters: a long one is cut there."""
    number = f"[{tag(policy.code, ticket.id)}] "
    return header_value(number + ticket.title, SUBJECT_MAX).removeprefix(number)


def _proven(
    received: Received, facts: Facts, agent: AgentFacts
) -> tuple[Purpose | None, TicketFacts | None]:
    """Return what an answer of this agent is for, and its ticket; (None, None) without proof."""
    if not agent.enabled:
        return None, None
    named = {candidate.number: candidate.ticket for candidate in facts.candidates}
    for address in received.proofs.addresses:
        if (
            address.purpose in (Purpose.AGENT_REPLY, Purpose.AGENT_NOTE)
            and address.person == agent.id
            and address.subject.isdigit()
            and int(address.subject) in named
        ):
            return address.purpose, named[int(address.subject)]
    if received.released_by == agent.id:
        return Purpose.AGENT_NOTE, facts.candidates[0].ticket if facts.candidates else None
    return None, None


def _released(received: Received, facts: Facts, agent: AgentFacts) -> Plan:
    """Return the release of a held mail if this is the agent's OK to it, else ()."""
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
    if facts.candidates:
        return (AddMessage(facts.candidates[0].ticket.id, "unverified"), *told)
    return (Leave("held", f"in the name of {agent.login}, without proof, about no ticket"), *told)
