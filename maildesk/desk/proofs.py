"""Evidence, keys and DNS become proofs. What needs rows or DNS is handed in.

for every message    our signatures (D), a login (C), what our own server calls forged
for an agent's       what our own server says of him (A); else his domain's signature (B)
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from maildesk.desk.dns_keys import Lookup
from maildesk.desk.trust import Trust
from maildesk.mail.auth_results import RESULTS, Verdict, verdict_of
from maildesk.mail.message import Origin, Reading
from maildesk.mail.smtp import Envelope
from maildesk.rules.facts import Facts, Proofs, Received
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Keyring, read_address_of_any_age, read_message_id
from maildesk.rules.staff.mail import is_proven

NOBODY = Trust()
A, B, C = "Authentication-Results (A)", "DKIM (B)", "login (C)"
Said = tuple[tuple[str, bool, str], ...]


def prove(
    reading: Reading, envelope: Envelope, keyring: Keyring, today: date, trust: Trust = NOBODY
) -> Proofs:
    """Return what stands on a message itself: that it is ours, whom it answers, who logged in.

    Of what our own server says only a failure is looked at here, because nobody but an agent
    gains anything by having passed.
    """
    candidates = dict.fromkeys((*envelope.rcpt_to, *reading.evidence.recipients))
    read = (read_address_of_any_age(keyring, each) for each in candidates if "+" in each)
    signed = [address for address in read if address is not None]
    failed = Verdict()
    if any("fail" in value.lower() for name, value in reading.evidence.trace if name == RESULTS):
        failed = _verdict(reading, envelope, trust)
    return Proofs(
        is_ours=read_message_id(keyring, reading.mail.message_id) is not None,
        addresses=tuple(address for address in signed if today <= address.expires),
        expired=tuple(address for address in signed if address.expires < today),
        login=envelope.login,
        dmarc_failed=failed.failed,
        disowned=failed.failed and failed.policy != "none",
        said=((A, False, failed.why),) if failed.failed else (),
    )


def prove_agent(
    received: Received,
    facts: Facts,
    raw: bytes,
    trust: Trust,
    own: Collection[str],
    lookup: Lookup | None,
) -> Received:
    """Return a message in an agent's name with what proves it to be his (A, B, C), and what not.

    `own` are the plain addresses of the desk. `lookup` asks DNS, or is None where that is
    switched off; it is asked only if nothing else proves him, and for PATIENCE seconds at most.
    """
    agent = facts.agent
    if agent is None:
        return received
    received = _by_our_server(received, agent, trust)
    proofs = received.proofs
    login = proofs.login or "nobody"
    by_login: Said = ((C, login.lower() == agent.login.lower(), f"{login} logged in"),)
    holds, why = _by_his_domain(received, facts, agent, raw, own, lookup)
    said: Said = (*proofs.said, (B, holds, why), *by_login)
    return replace(received, proofs=replace(proofs, domain_signed=holds, said=said))


def _by_our_server(received: Received, agent: AgentFacts, trust: Trust) -> Received:
    source = trust.source(received.envelope)
    found = _verdict(received.reading, received.envelope, trust)
    domain = (received.reading.mail.author or "").rpartition("@")[2]
    passed = bool(domain) and found.domain == domain
    account = source.logins.get(found.account, "") if source and found.account else ""
    said: Said = ((A, passed or account == agent.login, found.why),)
    proofs = replace(received.proofs, domain_passed=passed, account=account, said=said)
    return replace(received, proofs=proofs)


def _verdict(reading: Reading, envelope: Envelope, trust: Trust) -> Verdict:
    source = trust.source(envelope)
    if source is None:
        return Verdict(why="no server whose word counts handed it to us")
    return verdict_of(reading.evidence.trace, source.server)


def _by_his_domain(
    received: Received,
    facts: Facts,
    agent: AgentFacts,
    raw: bytes,
    own: Collection[str],
    lookup: Lookup | None,
) -> tuple[bool, str]:
    reading = received.reading
    if lookup is None:
        return False, "not looked at: proofs.dkim is off"
    if not agent.enabled or reading.origin is not Origin.PERSON or facts.known or received.quiet:
        return False, "not looked at: nothing in this mail would run"
    if received.proofs.dmarc_failed:
        return False, "not looked at: our own server calls it forged"
    if is_proven(received, facts, agent):
        return False, "not looked at: another proof holds"
    if not reading.evidence.dkim_domains:
        return False, "it carries no signature"
    if facts.staff.came_before:
        return False, "another mail with this Message-ID came before"
    # Loaded for the first mail that needs it: most of our programs never do.
    from maildesk.desk.dkim_check import check

    checked = check(raw, reading.mail, received.envelope.received_at, own, lookup)
    return checked.holds, checked.why
