"""Why a message was decided about as it was, in sentences for operators. English, and pure.

Nothing here decides: the sentences are read off the same facts, rules and plan. What each step
of the plan does is said in `why_plan`.
"""

from dataclasses import dataclass

from maildesk.mail.message import Origin
from maildesk.rules.facts import Candidate, Facts, Match, Received
from maildesk.rules.gate import bare
from maildesk.rules.join import join, takes_part
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import AddMessage, OpenTicket, Plan
from maildesk.rules.policy import Policy
from maildesk.rules.ticket import State, is_closed

ORIGINS = {
    Origin.PERSON: "a person",
    Origin.AUTO_REPLIED: "a machine that answers for somebody",
    Origin.AUTO_GENERATED: "a machine",
    Origin.BOUNCE: "a mail server, about a delivery",
    Origin.LIST: "a mailing list",
    Origin.RECEIPT: "a receipt",
    Origin.OURS: "this desk",
}
_MATCHES = {
    Match.SIGNED_ADDRESS: "the message came to an address that we signed for it",
    Match.SIGNED_ID: "the message names the Message-ID of a letter of ours about it",
    Match.REFERENCE: "a Message-ID of this thread stands in it",
    Match.TAG: "the message names its number",
    Match.FOREIGN: "the message carries the number {number} of {domain}'s own desk",
}
_BY_NAME = {Match.REFERENCE: "a reference", Match.TAG: "a number", Match.FOREIGN: "a number"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at: in general words, whether it holds, and why, or why not."""

    words: str
    holds: bool
    why: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a message: agent, contact, domain, stranger, desk or nobody; and in words.

    `believed` says whether a mail in an agent's name acts for him; None where nobody asks.
    """

    role: str
    words: str
    believed: bool | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticket that a message names: how it is named, whether it was taken, and why."""

    ticket: str
    title: str
    state: str
    match: str
    named: str
    taken: bool
    why: str


def writer(received: Received, facts: Facts, policy: Policy, plan: Plan) -> Writer:
    """Return who wrote a message, as far as the desk knows its author."""
    author = received.reading.mail.author
    if author is None:
        return Writer("nobody", "nobody: no author is certain, so it has no authority here")
    if facts.agent is not None:
        return _agent(received, facts.agent, plan)
    customer = facts.customer.name if facts.customer else ""
    if facts.contact is not None:
        name = facts.contact.name or facts.contact.address
        return Writer("contact", f"{name}, a contact of {customer}")
    if bare(author) in policy.own:
        return Writer("desk", f"{author} is an address of this desk")
    if customer:
        return Writer(
            "domain",
            f"{author} is no contact, but has the domain of {customer}: the ticket is theirs, and"
            " nothing is ordered",
        )
    return Writer("stranger", f"{author} is a stranger: no agent, no contact, no known domain")


def _agent(received: Received, agent: AgentFacts, plan: Plan) -> Writer:
    named = f"{agent.name} ({agent.login}) of the staff"
    if received.reading.origin is not Origin.PERSON:
        return Writer("agent", f"{named}; a machine's mail runs nothing, whoever it is from", False)
    if not agent.enabled:
        return Writer("agent", f"{named}, who is disabled: nothing runs in that name", False)
    if is_unproven(plan):
        return Writer("agent", f"From names {named}, and nothing proves that: nothing runs", False)
    return Writer("agent", f"{named}, which is proven", True)


def spam(received: Received, facts: Facts, plan: Plan) -> tuple[Finding, ...]:
    """Return what may make a message spam, whether it does, and why."""
    hidden = any(
        getattr(step, "standing", getattr(step, "state", "")) == State.SPAM.value for step in plan
    )
    known = "" if hidden or received.cleared else "; that hides nobody whom the desk knows"
    mark, blocked = received.mark, facts.blocked
    found = [
        Finding(
            "our own mail server took it for spam", bool(mark),
            f"our own mail server took it for spam: {mark}{known}" if mark else "",
        ),
        Finding("its author is blocked", bool(blocked), f"{blocked} is blocked" if blocked else ""),
    ]  # fmt: skip
    if received.cleared:
        found.append(Finding("cleared", True, "but somebody said that it is no spam"))
    return tuple(found)


def is_unproven(plan: Plan) -> bool:
    """Tell whether a plan is what becomes of a mail in an agent's name that proved nothing."""
    return any(getattr(step, "letter", "") == "staff_held" for step in plan) or any(
        getattr(step, "standing", getattr(step, "state", "")) in ("unverified", "held")
        for step in plan[:1]
    )


def choices(received: Received, facts: Facts, policy: Policy, plan: Plan) -> tuple[Choice, ...]:
    """Return every ticket that a message names, with why it was taken or not."""
    found = []
    for candidate in facts.candidates:
        ticket = candidate.ticket
        taken = _is_taken(candidate, plan)
        why = _why(received, facts, policy, plan, candidate, taken)
        if candidate.number != ticket.id:
            why = f"{tag(policy.code, candidate.number)} was merged into it; {why}"
        found.append(
            Choice(
                ticket=tag(policy.code, ticket.id),
                title=ticket.title,
                state=ticket.state.value,
                match=candidate.match.value,
                named=_named(received, candidate),
                taken=taken,
                why=why,
            )
        )
    return tuple(found)


def _named(received: Received, candidate: Candidate) -> str:
    domain = (received.reading.mail.author or "").rpartition("@")[2]
    return _MATCHES[candidate.match].format(number=candidate.foreign, domain=domain)


def _is_taken(candidate: Candidate, plan: Plan) -> bool:
    ticket_id = candidate.ticket.id
    return any(isinstance(step, AddMessage) and step.ticket_id == ticket_id for step in plan)


def _why(
    received: Received,
    facts: Facts,
    policy: Policy,
    plan: Plan,
    candidate: Candidate,
    taken: bool,
) -> str:
    origin = received.reading.origin
    if origin is Origin.BOUNCE:
        return (
            "the letter that came back is about it"
            if taken
            else "a report is filed only with the letter that came back"
        )
    if facts.agent is not None and origin is Origin.PERSON:
        return _why_for_agent(candidate, plan, taken)
    author = received.reading.mail.author
    joined = join(received, facts)
    if author is None or not takes_part(author, facts, candidate.ticket):
        return _why_for_others(policy, candidate, joined, author, taken)
    how = "the author takes part in it"
    if author.lower() not in {address.lower() for address, _ in candidate.ticket.participants}:
        how = "the author is a contact of its customer"
    if taken and received.proofs.disowned:
        return f"{how}, but his domain disowns the mail: its words are flagged as a stranger's"
    if taken:
        return how
    if any(isinstance(s, OpenTicket) and s.follows == candidate.ticket.id for s in plan):
        over = "closed" if is_closed(candidate.ticket.state) else "over"
        return f"{how}, but it is {over}: a new ticket follows it"
    if joined is not None and joined[0] is not candidate:
        return f"{how}, but {tag(policy.code, joined[0].ticket.id)} is named first"
    return how


def _why_for_agent(candidate: Candidate, plan: Plan, taken: bool) -> str:
    if taken and is_unproven(plan):
        return "the first one named; kept there for the staff, as not proven"
    if taken and candidate.match is Match.SIGNED_ADDRESS:
        return "an agent's answer belongs where its signed address leads"
    if taken:
        return "an agent's proven mail is filed with the first ticket that it names, or as he says"
    return "an agent's mail is filed with one ticket, and that is not this one"


def _why_for_others(
    policy: Policy,
    candidate: Candidate,
    joined: tuple[Candidate, str] | None,
    author: str | None,
    taken: bool,
) -> str:
    who = f"{author} does not take part in it" if author else "nobody's mail takes part in it"
    if taken:
        return f"our signature leads to it; {who}, so the words are flagged as a stranger's"
    if joined is not None and joined[0] is candidate:
        return f"{who}, and what is spam is kept apart"
    if joined is not None:
        return f"{who}, and {tag(policy.code, joined[0].ticket.id)} was taken"
    if candidate.match in _BY_NAME:
        return f"{who}, and {_BY_NAME[candidate.match]} is no key: anybody may write one"
    return who


def no_choice(received: Received, facts: Facts, policy: Policy) -> tuple[str, ...]:
    """Return what was looked for and led to no ticket, a phrase each."""
    mail = received.reading.mail
    known = {candidate.number for candidate in facts.candidates}
    found = [
        f"{tag(policy.code, number)} stands in the subject, and there is no such ticket"
        for number in received.subject.numbers
        if number not in known
    ]
    if facts.candidates:
        return tuple(found)
    found += [
        f"{number} of another desk stands in the subject, and no ticket is known by that"
        for number in received.subject.foreign
    ]
    referred = len({*mail.in_reply_to, *mail.references})
    if not received.proofs.addresses:
        found.append("it came to no address that we signed")
    if referred:
        ids = "1 Message-ID" if referred == 1 else f"{referred} Message-IDs"
        found.append(f"it refers to {ids}, of no ticket here")
    else:
        found.append("it refers to no message")
    if not received.subject.numbers:
        found.append("no ticket's number stands in its subject")
    return tuple(found)
