"""The tree of parts of a message (RFC 2045, RFC 2046), cut out of its octets.

Cut by searching for boundaries, not line by line: a message with a large attachment costs a
few searches, and depth and number of parts are bounded while walking, before anything is
decoded. An attached message (message/rfc822) is a leaf: its text is not ours.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from maildesk.mail import limits
from maildesk.mail.header import Head, from_base64, parameters, split


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its head, its body as it came, and its children where it is a multipart.

    `type` is "text/plain" where nothing valid is declared (RFC 2045 section 5.2). `path` counts
    from 1: "1.2" is the second part of the first; "" is the message itself.
    """

    path: str
    head: Head
    type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    body: bytes
    children: tuple["Part", ...] = ()

    def leaves(self) -> Iterator["Part"]:
        """Yield every part that has no children, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def tree(head: Head, body: bytes, defects: list[str]) -> Part:
    """Return the tree of parts of a message whose header block is already cut off."""
    return _part("", head, body, "text/plain", 0, [limits.PARTS], defects)


_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


def _part(
    path: str,
    head: Head,
    body: bytes,
    default: str,
    depth: int,
    left: list[int],
    defects: list[str],
) -> Part:
    left[0] -= 1
    declared = default
    given: dict[str, str] = {}
    if "content-type" in head.values:
        word, given = parameters(head.text("content-type"), defects)
        found = _TYPE.match(word)
        # An invalid type is text/plain (RFC 2045 section 5.2), but a lone "text" or "html" is meant.
        declared = found[0] if found else "text/html" if word == "html" else "text/plain"
    disposition = ""
    named: dict[str, str] = {}
    if "content-disposition" in head.values:
        disposition, named = parameters(head.text("content-disposition"), defects)
    children: tuple[Part, ...] = ()
    if declared.startswith("multipart/"):
        children = _children(path, declared, given, body, depth, left, defects)
        if not children:
            declared = "text/plain"
    return Part(path, head, declared, given, disposition, named, body, children)


def _children(
    path: str,
    declared: str,
    given: dict[str, str],
    body: bytes,
    depth: int,
    left: list[int],
    defects: list[str],
) -> tuple[Part, ...]:
    boundary = given.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
    if not boundary or len(boundary) > 1_000:
        defects.append("boundary-missing")
        return ()
    if depth >= limits.DEPTH:
        defects.append("too-deep")
        return ()
    default = "message/rfc822" if declared == "multipart/digest" else "text/plain"
    children: list[Part] = []
    for octets in _pieces(body, b"--" + boundary, defects):
        if left[0] <= 0:
            defects.append("too-many-parts")
            break
        head, inner = _cut(octets, defects)
        number = f"{path}.{len(children) + 1}" if path else str(len(children) + 1)
        children.append(_part(number, head, inner, default, depth + 1, left, defects))
    return tuple(children)


def _cut(octets: bytes, defects: list[str]) -> tuple[Head, bytes]:
    if octets[:1] == b"\n" or octets[:2] == b"\r\n":  # no head at all (RFC 2046 section 5.1)
        return Head({}, ()), octets[2 if octets[:1] == b"\r" else 1 :]
    return split(octets, limits.PART_HEADER_BLOCK, defects)


def _pieces(body: bytes, delimiter: bytes, defects: list[str]) -> Iterator[bytes]:
    """Yield what stands between the delimiter lines (RFC 2046 section 5.1.1)."""
    start = -1
    at = body.find(delimiter)
    while at >= 0:
        after = at + len(delimiter)
        closing = body[after : after + 2] == b"--"
        end_of_line = _line_end(body, after + 2 if closing else after)
        if (at == 0 or body[at - 1] in b"\r\n") and end_of_line >= 0:
            if start >= 0:
                yield body[start : max(start, _before_line_end(body, at))]
            if closing:
                return
            start = after = end_of_line
        at = body.find(delimiter, after)
    if start < 0:
        defects.append("boundary-not-found")
        return
    defects.append("boundary-not-closed")
    yield body[start:]


def _line_end(body: bytes, at: int) -> int:
    """Where the line after a delimiter ends; -1 if more than white space stands on it."""
    while body[at : at + 1] in (b" ", b"\t"):
        at += 1
    if body[at : at + 2] == b"\r\n":
        return at + 2
    if at >= len(body) or body[at] in b"\r\n":
        return min(at + 1, len(body))
    return -1


def _before_line_end(body: bytes, at: int) -> int:
    if body[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if at else 0


def content(part: Part, defects: list[str]) -> bytes:
    """Return the octets of a leaf with its transfer encoding undone (RFC 2045 section 6)."""
    encoding = part.head.text("content-transfer-encoding").partition(";")[0].strip(" \t\"'").lower()
    match encoding:
        case "base64":
            return from_base64(part.body, defects)
        case "quoted-printable":
            return binascii.a2b_qp(part.body)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _from_uuencode(part.body, defects)
        case "" | "7bit" | "8bit" | "binary":
            return part.body
    defects.append("encoding-unknown")
    return part.body


def _from_uuencode(body: bytes, defects: list[str]) -> bytes:
    octets = bytearray()
    begun = False
    for line in body.splitlines():
        if not begun:
            begun = line.startswith(b"begin ")
        elif line.strip() == b"end":
            break
        elif line.strip():
            # Some encoders count wrong: the length that the first octet names is what matters.
            groups = ((line[0] - 32) & 63) * 4 + 5
            try:
                octets += binascii.a2b_uu(line[: groups // 3])
            except binascii.Error:
                defects.append("uuencode-broken")
    return bytes(octets) if begun else body
