"""The text of a message: which parts are it, decoded, unflowed, made of HTML where needed."""

import re
from dataclasses import dataclass, field

from maildesk.mail import attachments, charset, container, invitation, limits, sealed
from maildesk.mail.from_html import html_text
from maildesk.mail.message import Attachment
from maildesk.mail.mime import Part, content


@dataclass(slots=True)
class Body:
    """What a message says and carries.

    `html` is its HTML source where `text` was made of it, else "". `has_html` tells whether
    there is any. `beside` is the source that stands beside a plain text and marks a signature,
    which the text cannot, else "". `leaves` are the decoded octets of all leaf parts with their
    types, in order. `charset` is the codec that read the first text, or
    what it declares where it is all ASCII, "" for nothing.
    """

    text: str = ""
    html: str = ""
    has_html: bool = False
    beside: str = ""
    charset: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    leaves: list[tuple[Part, bytes]] = field(default_factory=list)
    tags_left: int = limits.HTML_TAGS
    spare: list[tuple[Part, bytes]] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)


def read(root: Part, defects: list[str]) -> Body:
    """Return the body of a message. Text parts stand in their order, a blank line between.

    A message without any text takes that of its winmail.dat, or of a text part with a name.
    An invitation stands above the text, so that no signature or quote hides it.
    """
    body = Body()
    pieces = _texts(root, body, defects)
    if body.spare and not any(text.strip() for text, _ in pieces):
        part, octets = body.spare[0]
        pieces = [_spare(part, octets, body, defects)]
    shown = [text.strip("\n") for text, _ in pieces if text.strip()]
    body.text = "\n\n".join([*body.invitations, *shown] if body.invitations else shown)
    if len(body.text) > limits.TEXT_CHARACTERS:
        defects.append("text-too-long")
        body.text = body.text[: limits.TEXT_CHARACTERS]
    if any(html for _, html in pieces):
        body.html = "\n".join(html for _, html in pieces if html)
    return body


_Piece = tuple[str, str]  # text, and the HTML it was made of or ""


def _texts(part: Part, body: Body, defects: list[str]) -> list[_Piece]:
    if not part.children:
        return _leaf(part, body, defects)
    if part.type == "multipart/alternative":
        return _alternative(part, body, defects)
    pieces = [piece for child in part.children for piece in _texts(child, body, defects)]
    if part.type == "multipart/encrypted" or _is_mixed_up(part):
        names = [each.name for each in body.attachments if each.type == "application/octet-stream"]
        pieces.insert(0, (sealed.pgp_line(names[-1] if names else ""), ""))
    return pieces


def _is_mixed_up(part: Part) -> bool:
    """Whether Exchange made a multipart/mixed of an encrypted message on its way."""
    return any(child.type == "application/pgp-encrypted" for child in part.children)


def _alternative(part: Part, body: Body, defects: list[str]) -> list[_Piece]:
    # Plain text is what the writer's program made for us; it is passed over only when empty,
    # as some senders leave it. HTML is not converted before it is known to be needed.
    waiting: list[Part] = []
    found: list[_Piece] = []
    for child in part.children:
        if _is_html(child):
            waiting.append(child)
            continue
        pieces = _texts(child, body, defects)
        if any(text.strip() for text, _ in pieces):
            found = found or pieces
    for child in waiting:
        pieces = _html(child, body, defects, wanted=not found)
        if any(text.strip() for text, _ in pieces):
            found = found or pieces
    return found


def _is_html(part: Part) -> bool:
    return part.type == "text/html" and part.disposition != "attachment"


def _leaf(part: Part, body: Body, defects: list[str]) -> list[_Piece]:
    if _is_html(part) and not attachments.declared_name(part):
        return _html(part, body, defects, wanted=True)
    octets = content(part, defects)
    body.leaves.append((part, octets))
    if _is_text(part):
        octets, files = container.uuencoded(part.path, octets)
        for file in files:
            _attach(file, file.body, body, defects)
        text = _plain(part, octets, body, defects)
        return [(sealed.with_block_named(text), "")]
    return _file(part, octets, body, defects)


def _file(part: Part, octets: bytes, body: Body, defects: list[str]) -> list[_Piece]:
    """Take in a part that is no text itself; a few kinds of it have words to show."""
    within = container.inside(part, octets, defects)
    if within is not None:
        for each in within:
            if each.path.endswith("!0"):
                _inner_text(part, each, body, defects)
            else:
                _file(each, each.body, body, defects)
        return []
    named = _attach(part, octets, body, defects)
    if part.type == "text/calendar":
        _invite(part, octets, body, defects)
    elif part.type in _READABLE and part.disposition != "attachment":
        body.spare.append((part, octets))
    elif sealed.is_smime(part.type, named):
        return [(sealed.smime_line(octets, part.parameters.get("smime-type", ""), named), "")]
    return []


def _attach(part: Part, octets: bytes, body: Body, defects: list[str]) -> str:
    """Put a part on the list of attachments and return the name it has there."""
    made = attachments.attachment(part, octets, defects)
    if len(body.attachments) >= limits.ATTACHMENTS:
        defects.append("too-many-attachments")
    else:
        body.attachments.append(made)
    return made.name


def _inner_text(outer: Part, inner: Part, body: Body, defects: list[str]) -> None:
    if "!" not in outer.path:
        body.spare.append((inner, inner.body))
        return
    # The text of a message that is attached to the message: a file, as such messages are.
    stem = attachments.file_name(outer, defects).removesuffix(".dat")
    name = f"{stem}.html" if inner.type == "text/html" else f"{stem}.txt"
    file = container.made(inner.path, inner.type, name, inner.body)
    _attach(file, file.body, body, defects)


def _invite(part: Part, octets: bytes, body: Body, defects: list[str]) -> None:
    label = part.parameters.get("charset", "") or "utf-8"  # RFC 5545 section 3.1.4
    source = charset.decode(octets[: invitation.OCTETS], label, defects)
    shown = invitation.lines(charset.strip_controls(source))
    if shown and shown not in body.invitations:  # many send it twice, as part and as file
        body.invitations.append(shown)


_SHOWN = ("text/plain", "text/enriched", "text/richtext", "text/markdown", "text/x-amp-html")
_READABLE = ("text/plain", "text/html")


def _is_text(part: Part) -> bool:
    if part.disposition == "attachment" or part.type not in _SHOWN:
        return False
    return not attachments.declared_name(part)


def _spare(part: Part, octets: bytes, body: Body, defects: list[str]) -> _Piece:
    if part.type == "text/html":
        body.has_html = True
        source = _source(part, octets, body, defects)
        return _shown(source, body, defects), source
    return _plain(part, octets, body, defects), ""


def _plain(part: Part, octets: bytes, body: Body, defects: list[str]) -> str:
    if len(octets) > limits.TEXT_OCTETS:
        defects.append("text-too-long")
        octets = octets[: limits.TEXT_OCTETS]
    text = _decoded(octets, part.parameters.get("charset", ""), body, defects)
    text = charset.strip_controls(text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _decoded(octets: bytes, label: str, body: Body, defects: list[str]) -> str:
    text, codec = charset.decode_as(octets, label, defects)
    body.charset = body.charset or codec or label
    return text


def unflow(text: str, delete_space: bool) -> str:
    """Return format=flowed text with its soft line breaks joined (RFC 3676 section 4)."""
    out: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # quote depth of a line that goes on in the next one
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")  # space-stuffing, section 4.4
        signature = words in ("-- ", "--")
        if open_depth != depth or signature:
            out.append("".join(paragraph))
            paragraph = [">" * depth + (" " if depth else "")]
        flows = words.endswith(" ") and not signature
        paragraph.append(words[:-1] if flows and delete_space else words)
        open_depth = depth if flows else -1
    return "\n".join([*out[1:], "".join(paragraph)])


def _html(part: Part, body: Body, defects: list[str], *, wanted: bool) -> list[_Piece]:
    octets = content(part, defects)
    body.leaves.append((part, octets))
    body.has_html = True
    if not wanted:
        if not body.beside and _SIGNED.search(octets, 0, limits.TEXT_OCTETS):
            body.beside = _source(part, octets, body, defects)
        return []
    source = _source(part, octets, body, defects)
    return [(_shown(source, body, defects), source)]


def _shown(source: str, body: Body, defects: list[str]) -> str:
    """Return an HTML source as text; many parts share what one may cost."""
    text = html_text(source, defects, body.tags_left)
    body.tags_left = max(0, body.tags_left - source.count("<"))
    return text


def _source(part: Part, octets: bytes, body: Body, defects: list[str]) -> str:
    label = part.parameters.get("charset", "") or _meta_charset(octets)
    return charset.strip_controls(_decoded(octets[: limits.TEXT_OCTETS], label, body, defects))


_SIGNED = re.compile(rb"signature|_MailAutoSig", re.IGNORECASE)
_META = re.compile(
    rb"""<meta[^<>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE
)


def _meta_charset(octets: bytes) -> str:
    found = _META.search(octets, 0, 2_048)
    return found[1].decode("ascii") if found else ""
