"""May an automatic mail be sent? The gate before every one of them.

The order is that of ../shared/reference/SECURITY.md section 6; what needs nothing but the
message itself was found out when it was read (`Reading.no_answer`).
"""

import re

from maildesk.mail.message import Origin
from maildesk.rules.facts import Budget, Facts, Received

_NOBODY_READS = re.compile(
    r"^(?:mailer-daemon|postmaster|no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|bounces?|"
    r"owner-.*|.*-request|.*-bounces?|.*-owner|microsoftexchange[0-9a-f]*|autoreply|nobody)"
    r"(?:[-+.].*)?$"
)


def bare(address: str) -> str:
    """Return an address in lower case and without what stands behind a "+" in its local part."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def why_not_answer(
    received: Received, facts: Facts, own_addresses: frozenset[str], limits: Budget
) -> str:
    """Return the reason why this message gets no automatic answer, or "" if it may get one."""
    reading = received.reading
    author = reading.mail.author
    local = (author or "").lower().rpartition("@")[0]
    checks = (
        (received.quiet, "it was imported"),
        (received.envelope.return_path == "" and received.envelope.via in ("smtp", "lmtp"),
         "its return path is empty"),
        (author is None, "its author is not certain"),
        (author is not None and bare(author) in own_addresses, "it claims to come from ourselves"),
        (bool(_NOBODY_READS.match(local)), "nobody reads answers at its author's address"),
        (reading.origin is not Origin.PERSON, f"no person wrote it ({reading.origin_reason})"),
        (bool(reading.no_answer), reading.no_answer),
        (received.proofs.is_ours, "it carries a Message-ID of ours"),
        (reading.mail.hops > 50, "it came over more than 50 hops"),
        (facts.contact is None and facts.budget.is_spent(limits), "the budget of answers is spent"),
    )  # fmt: skip
    return next((reason for holds, reason in checks if holds), "")
