"""What a message carries that could prove who sent it; gathered here, weighed in desk.proofs."""

import re

from maildesk.mail import limits
from maildesk.mail.header import Head
from maildesk.mail.message import Address, Evidence
from maildesk.mail.smtp import Envelope

_DOMAIN = re.compile(r"(?:\A|;)\s*d\s*=\s*([^\s;]{1,253})")
_ADDRESS = re.compile(r"[^\s<>@\"(),;:]{1,256}@[^\s<>@\"(),;:]{1,256}")
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")


def gather(
    head: Head, envelope: Envelope, to: tuple[Address, ...], cc: tuple[Address, ...]
) -> Evidence:
    """Return the evidence of a message (SECURITY.md section 5.2).

    Authentication-Results count only above the topmost Received: there stands what our own
    server wrote; below it anybody may have (RFC 8601 section 5).
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
        authentication_results=_above_received(head),
        dkim_domains=tuple(dict.fromkeys(found[1].lower() for found in domains if found)),
        from_fields=len(head.values.get("from", ())),
    )


def _above_received(head: Head) -> tuple[str, ...]:
    above = 0
    for name in head.names:
        if name == "received":
            break
        above += name == "authentication-results"
    values = head.all("authentication-results")[: min(above, 20)]
    return tuple(value[: limits.HEADER_STRUCTURED] for value in values)
