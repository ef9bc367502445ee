"""What filters wrote on a message, gathered here and weighed in rules.spam."""

import re
from functools import lru_cache

from maildesk.mail import limits
from maildesk.mail.header import Head
from maildesk.mail.message import Mark

MARKS = 40  # kept of one message
VALUE = 200  # characters of one: a verdict stands at the beginning
# What is gathered wherever it stands, for the filters that do not write on top.
_OF_FILTERS = re.compile(r"x-.*(?:spam|junk|scl|virus)")
# Above it, in a message that no server has touched, stands all of its header.
_NO_VERDICTS = frozenset(
    [
        "return-path",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "authentication-results",
        "received-spf",
        "dkim-signature",
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
        "auto-submitted",
        "list-id",
        "list-unsubscribe",
        "user-agent",
    ]
)


def gather(head: Head) -> tuple[Mark, ...]:
    """Return the fields that could be verdicts, in their order, at most MARKS.

    These are all fields above the topmost Received, where only the server that handed us the
    message writes (RFC 5321 section 4.4 puts each trace on top; RFC 8601 section 5 reasons the
    same way), and X- fields below it that are named like a filter's. A repeated field counts
    once, with its topmost value. What is below may be anybody's (SECURITY.md, P15): it carries
    `is_above` False.
    """
    found: dict[str, Mark] = {}
    above = True
    for name in head.names:
        if not above and name[:2] != "x-":
            continue
        if name == "received":
            above = False
        elif name in found or name in _NO_VERDICTS:
            continue
        elif above or _is_of_a_filter(name):
            value = head.text(name)[: limits.HEADER_STRUCTURED]
            found[name] = Mark(name, " ".join(value[: 2 * VALUE].split())[:VALUE], above)
            if len(found) == MARKS:
                break
    return tuple(found.values())


@lru_cache(maxsize=512)
def _is_of_a_filter(name: str) -> bool:
    return _OF_FILTERS.match(name) is not None
