"""The key by which one mail is known again, whichever way it came."""

import hashlib
from collections.abc import Iterable

from maildesk.mail.header import Head, decode_words, to_text
from maildesk.mail.mime import Part

_FIELDS = ("from", "message-id", "to", "cc", "date", "subject")


def content_key(head: Head, leaves: Iterable[tuple[Part, bytes]]) -> str:
    """Return the SHA-256, in hex, of what the writer wrote (SECURITY.md section 7.2).

    Fields are taken unfolded and decoded, leaf parts decoded and, where they are text, with
    their line ends made equal: so neither folding nor a transfer encoding that a gateway
    changed makes another mail of it. Trace and transport fields do not count. Every value goes
    in with its length, so that no two mails run together.
    """
    digest = hashlib.sha256()
    for name in _FIELDS:
        for value in head.values.get(name, ()):
            words = " ".join(decode_words(to_text(value), []).split())
            octets = words.encode("utf-8", "replace")
            digest.update(b"%s:%d:%s" % (name.encode("ascii"), len(octets), octets))
    for part, octets in leaves:
        if part.type.startswith(("text/", "message/")):
            octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n ")
        digest.update(b"part:%d:" % len(octets))
        digest.update(octets)
    return digest.hexdigest()
