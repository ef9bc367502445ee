"""What a message refers to: Message-IDs (RFC 5322 section 3.6.4) and keys for keeping order."""

import re

from maildesk.mail import limits
from maildesk.mail.header import decode_words, to_text

_ID = re.compile(r"<([^<>]{1,2000})>")
_BARE = re.compile(r"[^\s<>,;\"]{1,500}@[^\s<>,;\"]{1,500}")


def message_ids(value: str) -> tuple[str, ...]:
    """Return the Message-IDs of a field without angle brackets, in order, each once.

    The last 100 are kept: the parent stands at the end. Folding white space inside an id goes.
    Where no brackets stand at all, words with an "@" are taken. Ids with controls are dropped.
    """
    value = value[-limits.HEADER_RAW :]
    found = ["".join(mid.split()) for mid in _ID.findall(value)]
    if not found and "<" not in value:
        found = _BARE.findall(value)
    fitting = (mid for mid in found if 0 < len(mid) <= limits.MESSAGE_ID_OCTETS)
    kept = dict.fromkeys(mid for mid in fitting if mid.isprintable())
    return tuple(kept)[-limits.MESSAGE_IDS :]


_FIELDS = re.compile(
    rb"^(from|message-id|in-reply-to|references|subject)[ \t]*:(.*(?:\r?\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_SCANNED_ID = re.compile(rb"<\s*([^<>\s]{1,998})\s*>")
_ADDRESS = re.compile(rb"[^\s<>@\"(),;:]{1,256}@[^\s<>@\"(),;:]{1,256}")
_TAG = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,6}-([0-9]{3,12})(?![0-9])")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def scan_keys(raw: bytes) -> frozenset[str]:
    """Return keys such that two messages which share one must be handled in order.

    "a:" and the From address in lower case, "m:" and every Message-ID it is or refers to, "t:"
    and the digits of what looks like a ticket tag in the subject. Looks at the first 64 KiB of
    the header block only and never raises: it runs before anything is known about the message.
    """
    blank = _BLANK_LINE.search(raw, 0, limits.SCAN_OCTETS)
    block = raw[: blank.start() if blank else limits.SCAN_OCTETS]
    keys: set[str] = set()
    for name, value in _FIELDS.findall(block):
        match name[:1].lower():
            case b"f":
                for address in _ADDRESS.findall(value[:4_096])[:10]:
                    keys.add("a:" + address.decode("utf-8", "replace").lower())
            case b"s":
                subject = to_text(value[:4_096])
                keys.update("t:" + digits for digits in _TAG.findall(decode_words(subject, [])))
            case _:
                for mid in _SCANNED_ID.findall(value)[-limits.MESSAGE_IDS :]:
                    keys.add("m:" + mid.decode("utf-8", "replace"))
    return frozenset(keys)
