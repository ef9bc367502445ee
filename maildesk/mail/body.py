"""The text of a message: which parts are it, decoded, unflowed, made of HTML where needed."""

import re
from dataclasses import dataclass, field
from typing import Any

import lxml.html
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from maildesk.mail import attachments, charset, limits
from maildesk.mail.message import Attachment
from maildesk.mail.mime import Part, content


@dataclass(slots=True)
class Body:
    """What a message says and carries.

    `html` is its HTML source where `text` was made of it, else "". `has_html` tells whether
    there is any. `beside` is the source that stands beside a plain text and marks a signature,
    which the text cannot, else "". `leaves` are the decoded octets of all leaf parts with their types, in order.
    """

    text: str = ""
    html: str = ""
    has_html: bool = False
    beside: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    leaves: list[tuple[Part, bytes]] = field(default_factory=list)


def read(root: Part, defects: list[str]) -> Body:
    """Return the body of a message. Text parts stand in their order, a blank line between."""
    body = Body()
    pieces = _texts(root, body, defects)
    body.text = "\n\n".join(text.strip("\n") for text, _ in pieces if text.strip())
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
    if part.type != "multipart/alternative":
        return [piece for child in part.children for piece in _texts(child, body, defects)]
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
        return [(_plain(part, octets, defects), "")]
    if len(body.attachments) >= limits.ATTACHMENTS:
        defects.append("too-many-attachments")
    else:
        body.attachments.append(attachments.attachment(part, octets, defects))
    return []


_SHOWN = ("text/plain", "text/enriched", "text/richtext", "text/markdown", "text/x-amp-html")


def _is_text(part: Part) -> bool:
    if part.disposition == "attachment" or part.type not in _SHOWN:
        return False
    return not attachments.declared_name(part)


def _plain(part: Part, octets: bytes, defects: list[str]) -> str:
    if len(octets) > limits.TEXT_OCTETS:
        defects.append("text-too-long")
        octets = octets[: limits.TEXT_OCTETS]
    text = charset.decode(octets, part.parameters.get("charset", ""), defects)
    text = charset.strip_controls(text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, part.parameters.get("delsp", "").lower() == "yes")
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
    if not wanted and (body.beside or not _SIGNED.search(octets, 0, limits.TEXT_OCTETS)):
        return []
    label = part.parameters.get("charset", "") or _meta_charset(octets)
    if not wanted:
        body.beside = charset.strip_controls(
            charset.decode(octets[: limits.TEXT_OCTETS], label, defects)
        )
        return []
    source = charset.strip_controls(charset.decode(octets[: limits.TEXT_OCTETS], label, defects))
    return [(html_text(source, defects), source)]


_SIGNED = re.compile(rb"signature|_MailAutoSig", re.IGNORECASE)
_META = re.compile(
    rb"""<meta[^<>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE
)


def _meta_charset(octets: bytes) -> str:
    found = _META.search(octets, 0, 2_048)
    return found[1].decode("ascii") if found else ""


_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
_LINK = re.compile(r"\[([^\[\]\n]{0,300})\]\(([^()\s]{1,2000})\)")
_TAG = re.compile(r"<[^<>]*>")
_DECLARATION = re.compile(r"\s*<\?xml[^<>]*>")
# An element that holds nothing but no-break spaces is how editors write an empty line, and how
# inscriptis loses it. A private-use character takes their place meanwhile.
_BLANK = re.compile(
    r">[ \t\r\n]{0,80}(?:(?:&nbsp;|&#160;|\xa0)[ \t\r\n]{0,80}){1,80}<", re.IGNORECASE
)
_HELD = "\ue004"
# Outlook writes each line as a paragraph without margins: by the class of its style sheet, or
# by the margins themselves. inscriptis knows neither.
_PARAGRAPH = re.compile(r"<p\b[^<>]{1,500}>", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin:\s?0\w{0,4}(?: 0\w{0,4}){0,3} ?[;\"']", re.IGNORECASE)
_LINE = '<p style="margin-top:0em;margin-bottom:0em">'


def html_text(source: str, defects: list[str]) -> str:
    """Return the text of an HTML source as people see it, links kept as "words <address>".

    A source over the limits, or one that inscriptis cannot read, merely loses its tags.
    """
    source = _DECLARATION.sub("", source, count=1)
    if not source.strip():
        return ""
    if len(source) > limits.HTML_CHARACTERS or source.count("<") > limits.HTML_TAGS:
        defects.append("html-too-big")
        return _without_tags(source[: limits.HTML_CHARACTERS])
    try:
        if _UNSEEN.search(source):
            source = _without_unseen(source)
        source = _PARAGRAPH.sub(_as_line, _BLANK.sub(f">{_HELD}<", source))
        text = get_text(source, _CONFIG).replace(_HELD, " ")
    except Exception:  # noqa: BLE001 - inscriptis and lxml raise many kinds, all mean the same
        defects.append("html-broken")
        return _without_tags(source)
    text = _LINK.sub(_link, text) if "](" in text else text
    lines = [
        line.rstrip() for line in charset.strip_controls(text.replace("\xa0", " ")).split("\n")
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_UNSEEN = re.compile(rf"\bhidden\b|<template|{_UNSEEN_STYLE.pattern}", re.IGNORECASE)


def _without_unseen(source: str) -> str:
    """Leave out what no program shows: words hidden there are nobody's words."""
    html: Any = lxml.html  # it has no types
    root = html.document_fromstring(source)
    for element in list(root.iter()):
        if (
            isinstance(element.tag, str)
            and element.getparent() is not None
            and (
                element.tag == "template"
                or element.get("hidden") is not None
                or _UNSEEN_STYLE.search(element.get("style", ""))
            )
        ):
            element.drop_tree()
    return str(html.tostring(root, encoding="unicode"))


def _as_line(found: re.Match[str]) -> str:
    tag = found[0].lower()
    is_line = _NO_MARGIN.search(tag) if "margin" in tag else "msonormal" in tag
    return _LINE if is_line and "display" not in tag else found[0]


def _without_tags(source: str) -> str:
    return _TAG.sub(" ", source)


def _link(found: re.Match[str]) -> str:
    words, target = found[1].strip(), found[2]
    plain = target.removeprefix("mailto:").removeprefix("tel:")
    if not words or words == plain or target.startswith(("#", "cid:")):
        return words
    if words.rstrip("/") in (target.rstrip("/"), re.sub(r"\Ahttps?://", "", target).rstrip("/")):
        return target
    return f"{words} <{plain}>"
