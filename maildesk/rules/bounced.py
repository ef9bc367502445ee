"""A bounce: which letter of ours it is about, and what it says about the address."""

from dataclasses import replace
from datetime import datetime

from maildesk.mail.message import Report
from maildesk.rules import enquiry, letters_to
from maildesk.rules.facts import Facts, Match, Received, SentLetter, TicketFacts
from maildesk.rules.failures import Failure, after_failure, of_report
from maildesk.rules.letters import moment_words
from maildesk.rules.plan import (
    AddMessage,
    Bounced,
    Leave,
    MarkUndeliverable,
    MarkUnreachable,
    Plan,
    Step,
    Tell,
)
from maildesk.rules.policy import Policy
from maildesk.rules.requests import named
from maildesk.rules.signed import Purpose

# That these did not arrive is always told: letters with an agent's words in them, and those
# without which the ticket would wait for ever (PROCESS.md section 1.4).
_WORDS = frozenset({"answer", "closing", "planned"})
_REQUESTS = frozenset(
    {"quick_offer", "approval_request", "approval_request_auto", "acceptance_request",
     "decision_taken_back"}
)  # fmt: skip


def bounce(received: Received, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return what a bounce changes: it counts only if it names a letter of ours, sent to that
    very recipient (P9).

    It names no recipient where a server speaks in prose; then it has to come to the address
    that we signed for bounces of this letter. A Message-ID alone is known to many: everybody to
    whom the letter was forwarded could write a bounce of it, so only what came to that address
    makes its recipient unreachable (SECURITY.md, A5).
    """
    report, letter = received.reading.report, facts.letter
    if letter is None:
        return (Leave("automatic", "a report about no letter of ours"),)
    ticket = _ticket_of(letter, facts)
    about: Step
    if ticket is None:
        about = Leave("automatic", f"a report about a letter to {letter.rcpt_to}")
    else:
        about = AddMessage(ticket.id, "bounce")
    came_back = any(address.purpose is Purpose.BOUNCE for address in received.proofs.addresses)
    if report is None or not report.failed or not _is_about(report, letter, came_back):
        return (about,)
    reason = " ".join(filter(None, (report.status, report.diagnostic)))[:300]
    rcpt_to = letter.rcpt_to.lower()
    before = facts.unreachable.get(rcpt_to)
    failure = of_report(report) if came_back else Failure.NOTHING
    found = after_failure(before, failure, reason, now)
    steps: list[Step] = [about, MarkUndeliverable(letter.id, reason or "undeliverable")]
    if found is not None:
        steps.append(MarkUnreachable(rcpt_to, found))
    if letter.purpose in _REQUESTS and (request := _request_of(letter)):
        steps.append(Bounced(*request))
    always = _WORDS | _REQUESTS
    known = before is not None and before.holds(now) and letter.purpose not in always
    held = found if found is not None and found.holds(now) else None
    until = held.until if held else None
    if letter.purpose in enquiry.LETTERS:
        return (*steps, *_invoice_told(facts, policy, letter, reason, until))
    if ticket is None or known:
        return tuple(steps)  # of an address that is marked they were told when it was
    told = letters_to.staff("staff_bounce", received, facts, policy, ticket)
    if rcpt_to in {agent.address.lower() for agent in facts.agents}:
        # A notice about an agent's dead mailbox must not go to that mailbox.
        nobody = replace(ticket, assignee_id=None)
        told = letters_to.staff("staff_bounce", received, facts, policy, nobody)
        told = tuple(tell for tell in told if tell.to.address.lower() != rcpt_to)
    return (*steps, *(_with_words(tell, letter, reason, until, policy) for tell in told))


def _invoice_told(
    facts: Facts, policy: Policy, letter: SentLetter, reason: str, until: datetime | None
) -> tuple[Tell, ...]:
    zone = policy.calendar.timezone
    languages = {policy.language, *(agent.language for agent in facts.agents)}
    words = {each: moment_words(until, zone, each) if until else "" for each in languages}
    return enquiry.bounced(letter, facts, policy, reason, words)


def _request_of(letter: SentLetter) -> tuple[int, int] | None:
    """Return the request that a letter carried, from what it is called: "request:1042v2:..."."""
    what, _, name = letter.once.partition(":")
    return named(name.partition(":")[0]) if what == "request" else None


def _is_about(report: Report, letter: SentLetter, came_back: bool) -> bool:
    named = {recipient.lower() for recipient in report.recipients}
    return letter.rcpt_to.lower() in named or (not named and came_back)


def _with_words(
    tell: Tell, letter: SentLetter, reason: str, until: datetime | None, policy: Policy
) -> Tell:
    zone = policy.calendar.timezone
    more = {
        "failed_recipient": letter.rcpt_to,
        "reason": reason,
        "until": moment_words(until, zone, tell.language) if until else "",
    }
    return replace(tell, more=more)


def _ticket_of(letter: SentLetter, facts: Facts) -> TicketFacts | None:
    if letter.ticket_id is None:
        return None
    for candidate in facts.candidates:
        # A merged ticket is replaced by its target, which has another id.
        if candidate.ticket.id == letter.ticket_id or candidate.match is Match.SIGNED_ID:
            return candidate.ticket
    return None
