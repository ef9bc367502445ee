"""May an automatic mail be sent? The gate before every one of them.

The order is that of ../shared/reference/SECURITY.md section 6; what needs nothing but the
message itself was found out when it was read (`Reading.no_answer`).
"""

import re
from typing import NamedTuple

from maildesk.mail.message import Origin
from maildesk.rules.facts import Facts, Received
from maildesk.rules.policy import Policy

_NOBODY_READS = re.compile(
    r"^(?:mailer-daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|bounces?|"
    r"owner-.*|.*-request|.*-bounces?|.*-owner|microsoftexchange[0-9a-f]*|autoreply|nobody)"
    r"(?:[-+.].*)?$"
)


def bare(address: str) -> str:
    """Return an address in lower case and without what stands behind a "+" in its local part."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def nobody_reads(address: str) -> bool:
    """Tell whether an address is one at which answers reach nobody: a machine's."""
    return bool(_NOBODY_READS.match(address.lower().rpartition("@")[0]))


class Check(NamedTuple):
    """One thing that forbids an answer: `holds` if it is so, `reason` in the words of this mail."""

    words: str
    holds: bool
    reason: str


def checks(received: Received, facts: Facts, policy: Policy) -> tuple[Check, ...]:
    """Return everything that would forbid an automatic answer, in order, whether or not it holds.

    Section 6.11 counts strangers only. A known contact has a wider budget of his own: behind a
    server that takes all marks away, his program and ours would never stop.
    """
    limits = policy.budget if facts.contact is None else policy.contact_budget
    reading = received.reading
    author = reading.mail.author
    found: tuple[tuple[str, bool, str], ...] = (
        ("it was imported", received.quiet, ""),
        ("its return path is empty",
         received.envelope.return_path == "" and received.envelope.via in ("smtp", "lmtp"), ""),
        ("its author is not certain", author is None, ""),
        ("it claims to come from ourselves",
         author is not None and bare(author) in policy.own, ""),
        ("nobody reads answers at its author's address", nobody_reads(author or ""), ""),
        ("no person wrote it", reading.origin is not Origin.PERSON,
         f"no person wrote it ({reading.origin_reason})"),
        ("the message itself forbids it", bool(reading.no_answer), reading.no_answer),
        ("it carries a Message-ID of ours", received.proofs.is_ours, ""),
        ("it came over more than 50 hops", reading.mail.hops > 50, ""),
        ("our own mail server took it for spam", bool(received.mark),
         f"our own mail server took it for spam ({received.mark})"),
        ("the budget of answers is spent", facts.budget.is_spent(limits), ""),
        ("our own mail server says that it is forged (dmarc=fail)",
         received.proofs.dmarc_failed, ""),
    )  # fmt: skip
    return tuple(Check(words, holds, reason or words) for words, holds, reason in found)


def why_not_answer(received: Received, facts: Facts, policy: Policy) -> str:
    """Return the reason why this message gets no automatic answer, or "" if it may get one."""
    found = checks(received, facts, policy)
    return next((check.reason for check in found if check.holds), "")
