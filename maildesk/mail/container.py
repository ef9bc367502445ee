"""Files inside a part: winmail.dat, and uuencoded files in the lines of a text.

What is inside is treated as parts whose path is the path of the part around them, "!" and a
number from 1: "2!1" is the first file in the second part, "2!1!3" one step deeper.
"""

import binascii
import re

from maildesk.mail import limits, tnef
from maildesk.mail.header import Head
from maildesk.mail.mime import Part, content

DEPTH = 3
_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")


def inside(part: Part, octets: bytes, defects: list[str]) -> tuple[Part, ...] | None:
    """Return the parts inside a leaf, None if it is no container or cannot be opened.

    `octets` are its decoded content. The texts of a winmail.dat come first, as text/plain or
    text/html in UTF-8 with the number 0, the files after them. One that is broken, over the
    limits or nested more than 3 deep adds a defect and stays what it is.
    """
    if octets[:4] != tnef.SIGNATURE or not _may_be_tnef(part):
        return None
    if part.path.count("!") >= DEPTH:
        defects.append("too-deep")
        return None
    try:
        found = tnef.unpack(octets)
    except ValueError:
        defects.append("tnef-broken")
        return None
    texts = ((found.text, "text/plain"), (found.html, "text/html"))
    return (
        *(
            made(f"{part.path}!0", kind, "", text.encode("utf-8", "replace"))
            for text, kind in texts
            if text
        ),
        *(
            made(f"{part.path}!{number}", each.type, each.name, each.octets, each.content_id)
            for number, each in enumerate(found.files, 1)
        ),
    )


def _may_be_tnef(part: Part) -> bool:
    return part.type in _TNEF_TYPES or part.type == "application/octet-stream"


def made(path: str, kind: str, name: str, octets: bytes, content_id: str = "") -> Part:
    """Return a part that stands in no message as such; `kind` may be "" or no type at all."""
    kind = kind.lower()
    if not re.fullmatch(r"[a-z0-9.+-]{1,100}/[a-z0-9.+-]{1,100}", kind):
        kind = "application/octet-stream"
    values = {"content-id": [content_id.encode("utf-8", "replace")]} if content_id else {}
    given = {"filename": name} if name else {}
    head = Head(values, tuple(values))
    is_file = not path.endswith("!0")
    disposition = "attachment" if is_file else ""
    return Part(
        path, head, kind, {} if is_file else {"charset": "utf-8"}, disposition, given, octets
    )


_BEGIN = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,250}?)[ \t]*\r?\n(?=[!-M][ -`]{4,84}\r?\n)", re.MULTILINE
)
_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)


def uuencoded(path: str, octets: bytes) -> tuple[bytes, tuple[Part, ...]]:
    """Return the content of a text part without the files in its lines, and these files.

    Outlook and older programs put files into plain text: lines from "begin 644 name" to "end".
    """
    if b"begin " not in octets:
        return octets, ()
    rest: list[bytes] = []
    files: list[Part] = []
    at = 0
    for begin in _BEGIN.finditer(octets):
        if begin.start() < at:
            continue  # inside the file before
        end = _END.search(octets, begin.end())
        if not end or len(files) >= limits.ATTACHMENTS:
            break
        decoded = _from_lines(octets[begin.end() : end.start()])
        if decoded is None:
            break  # prose, after all; looking on would make a forged text cost its square
        name = begin[1].decode("utf-8", "replace")
        files.append(made(f"{path}!{len(files) + 1}", "", name, decoded))
        rest.append(octets[at : begin.start()])
        at = end.end()
    rest.append(octets[at:])
    return b"".join(rest), tuple(files)


def _from_lines(block: bytes) -> bytes | None:
    found: list[bytes] = []
    for line in block.splitlines():
        if not line.strip():
            continue
        length = (line[0] - 32) & 63
        try:
            found.append(binascii.a2b_uu(line[: (length * 4 + 5) // 3]))
        except binascii.Error:
            return None
    return b"".join(found)


def find(part: Part, path: str) -> Part | None:
    """Return the part inside `part` that has a path, None if there is none."""
    octets = content(part, [])
    if part.type == "text/plain":
        within: tuple[Part, ...] = uuencoded(part.path, octets)[1]
    else:
        within = inside(part, octets, []) or ()
    for each in within:
        if each.path == path:
            return each
        if path.startswith(f"{each.path}!"):
            return find(each, path)
    return None
