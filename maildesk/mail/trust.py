"""What a message carries that could prove who sent it; gathered here, weighed in desk.proofs."""

import re

from maildesk.mail import limits, marks
from maildesk.mail.header import Head, to_text
from maildesk.mail.message import Address, Evidence
from maildesk.mail.smtp import Envelope

_DOMAIN = re.compile(r"(?:\A|;)\s*d\s*=\s*([^\s;]{1,253})")
_ADDRESS = re.compile(r"[^\s<>@\"(),;:]{1,256}@[^\s<>@\"(),;:]{1,256}")
HOPS = 5  # servers of ours that a message passes; what is below nobody vouches for
TRACE = 30  # fields
TRACE_MAX = {"received": 1_000, "authentication-results": limits.HEADER_STRUCTURED}  # octets
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")


def gather(
    head: Head, envelope: Envelope, to: tuple[Address, ...], cc: tuple[Address, ...]
) -> Evidence:
    """Return the evidence of a message (SECURITY.md section 5.2).

    Whose Authentication-Results count depends on which of our servers handed us the message
    (`auth_results`); here they and the Received between them are kept in their order.
    """
    recipients = dict.fromkeys(address.lower() for address in envelope.rcpt_to)
    recipients.update(dict.fromkeys(shown.address.lower() for shown in (*to, *cc) if shown.address))
    for name in _DELIVERED:
        for value in head.all(name)[:10]:
            recipients.update(
                dict.fromkeys(found.lower() for found in _ADDRESS.findall(value[:2_000]))
            )
    domains = [_DOMAIN.search(value[:4_096]) for value in head.all("dkim-signature")[:20]]
    return Evidence(
        recipients=tuple(recipients)[: limits.ADDRESSES],
        trace=_trace(head),
        dkim_domains=tuple(dict.fromkeys(found[1].lower() for found in domains if found)),
        from_fields=len(head.values.get("from", ())),
        marks=marks.gather(head),
    )


def _trace(head: Head) -> tuple[tuple[str, str], ...]:
    """Return the topmost Received and Authentication-Results, in their order."""
    found: list[tuple[str, str]] = []
    counts = dict.fromkeys(TRACE_MAX, 0)
    for name in head.names:
        if name in counts:
            value = head.values[name][counts[name]]
            found.append((name, to_text(value[: TRACE_MAX[name]])))
            counts[name] += 1
            if counts["received"] == HOPS or len(found) == TRACE:
                break
    return tuple(found)
