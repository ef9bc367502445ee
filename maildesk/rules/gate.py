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


def why_not_answer(
    received: Received, facts: Facts, own_addresses: frozenset[str], limits: Budget
) -> str:
    """Return the reason why this message gets no automatic answer, or "" if it may get one."""
    reading = received.reading
    author = reading.mail.author
    checks = (
        (received.quiet, "it was imported"),
        (received.envelope.return_path == "" and received.envelope.via in ("smtp", "lmtp"),
         "its return path is empty"),
        (author is None, "its author is not certain"),
        (author in own_addresses, "it claims to come from ourselves"),
        (author is not None and bool(_NOBODY_READS.match(author.partition("@")[0])),
         "nobody reads answers at its author's address"),
        (reading.origin is not Origin.PERSON, f"no person wrote it ({reading.origin_reason})"),
        (bool(reading.no_answer), reading.no_answer),
        (reading.mail.hops > 50, "it came over more than 50 hops"),
        (facts.contact is None and facts.budget.is_spent(limits), "the budget of answers is spent"),
    )  # fmt: skip
    return next((reason for holds, reason in checks if holds), "")
