"""The HTML part of a letter, made from its text: one function, one look for every mail.

    paragraph   lines up to an empty one; lines that were wrapped are joined again
    row         "Label: value", but not in a quote; neighbours become a table; goes on in lines set in by two
    item        "- " at the start of a line; the same
    numbered    "1. " at the start of a line; goes on in lines set in by two; a line that is set in
                by three stands alone below it
    quote       "> " at the start of lines, nested
    signature   what follows the line "-- " (RFC 3676 section 4.3)

Nothing is loaded from elsewhere, no colour is set that a dark background would swallow, and a
link never says anything but its own address: only what already stands in the text is linked.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape

WRAP = 76  # columns at which prose is wrapped; a shorter line ends where its writer meant it to

_DEPTH = 4
_ROW = re.compile(r"([^\W\d_][\w .&/-]{0,28}): +(\S.*)", re.DOTALL)
_NUMBERED = re.compile(r"[0-9]{1,3}\. \S")
_LINK = re.compile(
    r"(?P<url>https?://[^\s<>\"'\x00-\x1f]{1,2000})"
    r"|(?<![\w.+-])(?P<mail>[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})"
)
_TRAILING = ".,;:!?)]}»“”’*_"

_HEAD = (
    "<!DOCTYPE html>\n"
    '<html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark">'
    "<title>{title}</title></head>\n"
    '<body style="margin:0;padding:16px">\n'
    "<div style=\"max-width:42em;font:15px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;"
    'overflow-wrap:anywhere">\n'
)
_TAIL = "</div>\n</body></html>\n"
_P = '<p style="margin:0 0 14px">'
_TABLE = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 14px">'
)
_TH = '<td valign="top" style="padding:2px 14px 2px 0;white-space:nowrap;font-weight:600">'
_TD = '<td valign="top" style="padding:2px 0">'
_UL = '<ul style="margin:0 0 14px;padding:0 0 0 22px">'
_QUOTE = '<blockquote style="margin:0 0 14px;padding:2px 0 2px 12px;border-left:3px solid #8a8a8a">'
_SMALL = '<div style="font-size:13px;opacity:.75">'


def html_of(text: str, language: str, title: str = "") -> str:
    """Return the HTML document that shows a text with LF line ends; `language` is for RFC 5646."""
    parts = [_HEAD.format(language=escape(language), title=escape(title))]
    body, mark, signature = text.partition("\n-- \n")
    parts += _blocks(body.split("\n"), 0)
    if mark:
        parts += [_SMALL, *_blocks(signature.split("\n"), 0), "</div>\n"]
    parts.append(_TAIL)
    return "".join(parts)


def _blocks(lines: list[str], depth: int) -> Iterator[str]:
    group: list[str] = []
    quoting = False
    for line in (*lines, ""):
        quoted = line.startswith(">") and depth < _DEPTH
        if group and (not line or quoted is not quoting):
            if quoting:
                yield from _quote(group, depth)
            else:
                yield _ours(tuple(group)) if depth == 0 else "".join(_paragraph(group, rows=False))
            group = []
        quoting = quoted
        if line.strip():
            group.append(line)


def _quote(lines: list[str], depth: int) -> Iterator[str]:
    inner = [line[2:] if line.startswith("> ") else line[1:] for line in lines]
    yield _QUOTE
    yield from _blocks(inner, depth + 1)
    yield "</blockquote>\n"


@lru_cache(maxsize=512)
def _ours(lines: tuple[str, ...]) -> str:
    """What we say ourselves is nearly always said in the same words; quotes never come here."""
    return "".join(_paragraph(lines))


def _paragraph(lines: Sequence[str], *, rows: bool = True) -> Iterator[str]:
    """Give rows, items and prose of one paragraph, each kind in its own element.

    Without `rows` a label is prose: people put a colon into a sentence, too.
    """
    open_kind = ""
    for line in _joined(lines):
        row = _row(line) if rows else None
        kind = "item" if line.startswith("- ") else "row" if row else "prose"
        if kind != open_kind:
            yield _CLOSE[open_kind] + _OPEN[kind]
        elif kind == "prose":
            yield "<br>\n"
        open_kind = kind
        if row and kind == "row":
            yield f"<tr>{_TH}{_linked(row[1])}</td>{_TD}{_linked(row[2])}</td></tr>\n"
        elif kind == "item":
            yield f"<li>{_linked(line[2:])}</li>\n"
        else:
            yield _linked(line)
    yield _CLOSE[open_kind]


def _row(line: str) -> re.Match[str] | None:
    return _ROW.fullmatch(line) if ": " in line else None


_OPEN = {"row": _TABLE, "item": _UL, "prose": _P}
_CLOSE = {"": "", "row": "</table>\n", "item": "</ul>\n", "prose": "</p>\n"}


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Undo the wrapping: rows and items go on in lines set in by two, prose where it was full."""
    whole = last = ""
    indents = False
    for line in lines:
        stripped = line.strip()
        full = len(last) + 1 + len(stripped.partition(" ")[0]) > WRAP
        starts_item = line.startswith("- ")
        alone = line.startswith("   ")
        if whole and not alone and (line.startswith("  ") if indents else full and not starts_item):
            whole += " " + stripped
        else:
            if whole:
                yield whole
            whole = stripped
            indents = (
                starts_item or _row(stripped) is not None or _NUMBERED.match(stripped) is not None
            )
        last = line
    if whole:
        yield whole


def _linked(text: str) -> str:
    if "://" not in text and "@" not in text:
        return escape(text, quote=False)
    parts, end = [], 0
    for found in _LINK.finditer(text):
        target = found[0].rstrip(_TRAILING)
        if found["url"] and found["url"].count("(") and found[0].startswith(target + ")"):
            target += ")"
        href = escape(target if found["url"] else "mailto:" + target)
        parts.append(escape(text[end : found.start()], quote=False))
        parts.append(f'<a href="{href}">{escape(target, quote=False)}</a>')
        end = found.start() + len(target)
    parts.append(escape(text[end:], quote=False))
    return "".join(parts)
