"""Which proofs a message carries that hold here, which do not, and why: for operators.

SECURITY.md section 5.2 names them: A to C are said by `desk.proofs`, D is the signed reply address, E the answer to our question.
"""

from collections.abc import Collection, Iterator
from datetime import date

from maildesk.mail.message import Reading
from maildesk.mail.smtp import Envelope
from maildesk.rules.facts import Facts, Received
from maildesk.rules.gate import bare
from maildesk.rules.number import tag
from maildesk.rules.policy import Policy
from maildesk.rules.signed import (
    Keyring,
    Purpose,
    SignedAddress,
    read_address,
    read_message_id,
)
from maildesk.rules.why import Finding

_SAYS = {
    Purpose.CUSTOMER: "a customer's answer about {ticket}",
    Purpose.AGENT_REPLY: "an answer of {agent} to the customer of {ticket}",
    Purpose.AGENT_NOTE: "a note of {agent} in {ticket}",
    Purpose.DIGEST: "an answer of {agent} to a list",
    Purpose.REQUEST: "an answer to request {subject}",
    Purpose.CHALLENGE: "the word of {agent} on mail {subject}, which is in question",
    Purpose.BOUNCE: "a report about one letter of ours",
}
_STAFF = (Purpose.AGENT_REPLY, Purpose.AGENT_NOTE, Purpose.CHALLENGE)
_D, _ADDRESS = "signed address of an agent (D)", "signed address"
_EVER = date.min


def proofs_said(
    received: Received, facts: Facts, policy: Policy, keyring: Keyring
) -> tuple[Finding, ...]:
    """Return each proof that was looked for: its words, whether it holds, and why or why not."""
    return (
        *(Finding(words, holds, reason) for words, holds, reason in received.proofs.said),
        *_signed(received, facts, policy, keyring),
        *_asked(received, facts),
        *_ids(received, facts, keyring),
    )


def _signed(
    received: Received, facts: Facts, policy: Policy, keyring: Keyring
) -> Iterator[Finding]:
    held = set(received.proofs.addresses)
    extended = list(_extended(received.envelope, received.reading, policy.own))
    for address in extended:
        said = read_address(keyring, address, _EVER)
        if said is None:
            yield Finding(_D, False, f"{address} is not signed by us")
        elif said not in held:
            yield Finding(
                _D if said.purpose in _STAFF else _ADDRESS,
                False,
                f"{_what(said, facts, policy)}: over since {said.expires}",
            )
        else:
            yield _holds(said, received, facts, policy)
    if not extended:
        yield Finding(_D, False, "it came to no signed address")


def _extended(envelope: Envelope, reading: Reading, own: Collection[str]) -> Iterator[str]:
    """Yield the addresses of ours with something behind a plus that it came to."""
    for address in dict.fromkeys((*envelope.rcpt_to, *reading.evidence.recipients)):
        if "+" in address.partition("@")[0] and bare(address) in own:
            yield address.lower()


def _holds(said: SignedAddress, received: Received, facts: Facts, policy: Policy) -> Finding:
    what = f"{_what(said, facts, policy)}, until {said.expires}"
    if said.purpose not in _STAFF:
        named = "letter" if said.purpose is Purpose.BOUNCE else "ticket"
        return Finding(_ADDRESS, True, f"{what}; it names the {named}, not the person")
    if facts.agent is None or facts.agent.id != said.person:
        author = received.reading.mail.author or "nobody certain"
        return Finding(_D, False, f"{what}; but it is from {author}: it proves nothing")
    return Finding(_D, True, f"{what}; and it is from {facts.agent.login}")


def _what(said: SignedAddress, facts: Facts, policy: Policy) -> str:
    known = {agent.id: agent.login for agent in facts.agents}
    return _SAYS[said.purpose].format(
        ticket=tag(policy.code, int(said.subject)) if said.subject.isdigit() else said.subject,
        agent=known.get(said.person, f"agent {said.person}"),
        subject=said.subject,
    )


def _asked(received: Received, facts: Facts) -> Iterator[Finding]:
    words = "answer to our question (E)"
    challenged = any(each.purpose is Purpose.CHALLENGE for each in received.proofs.addresses)
    if facts.staff.asked is not None:
        yield Finding(words, True, f"it answers our question about mail {facts.staff.asked}")
    elif challenged:
        yield Finding(words, False, "what was asked does not wait for an answer, or not for his")
    elif facts.agent is not None and received.released_by is None:
        yield Finding(words, False, "it answers no question of ours")
    if received.released_by is not None:
        agents = (*facts.agents, *((facts.agent,) if facts.agent else ()))
        who = next((a.login for a in agents if a.id == received.released_by), "an agent")
        yield Finding(words, True, f"the mail was released as {who}'s")


def _ids(received: Received, facts: Facts, keyring: Keyring) -> Iterator[Finding]:
    mail, report = received.reading.mail, received.reading.report
    ours = received.proofs.is_ours
    mine = "we wrote it" if ours else "its Message-ID is not of our making"
    yield Finding("our own mail", ours, mine)
    named = dict.fromkeys(
        (*(report.message_ids if report else ()), *mail.in_reply_to, *reversed(mail.references))
    )
    signed = sum(read_message_id(keyring, mid) is not None for mid in named)
    letter = facts.letter
    if letter is not None:
        said = f"{letter.purpose}, letter {letter.id} to {letter.rcpt_to}"
        yield Finding(
            "answers a letter of ours", True, f"{said}; that leads to its ticket, no more"
        )
    elif signed:
        yield Finding(
            "answers a letter of ours", False, "we signed what it names, and lost the letter"
        )
    else:
        why = f"none of the {len(named)} it names is ours" if named else "it names none"
        yield Finding("answers a letter of ours", False, why)
