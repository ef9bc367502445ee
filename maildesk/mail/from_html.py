"""HTML to the text that people see, links kept: the other way round is `to_html`."""

import re
from typing import Any

import lxml.html
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from maildesk.mail import charset, limits

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


def html_text(source: str, defects: list[str], tags: int = limits.HTML_TAGS) -> str:
    """Return the text of an HTML source as people see it, links kept as "words <address>".

    A source with more than so many `tags` or over the limits, or one that inscriptis cannot
    read, merely loses its tags.
    """
    source = _DECLARATION.sub("", source, count=1)
    if not source.strip():
        return ""
    if len(source) > limits.HTML_CHARACTERS or source.count("<") > tags:
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
