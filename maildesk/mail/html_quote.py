"""The text of an HTML reply, with what its marks say is quoted marked as in plain text.

Programs that send HTML alone tell the quote by elements, ids and classes. Here they become what
`quote` reads: "> " before each line of a cited block, and a line that says where the answered
message begins.
"""

import re

from maildesk.mail import limits
from maildesk.mail.from_html import html_text

# Private-use characters: no text of a mail keeps any meaning with them, and they survive the
# conversion. They are taken out of the source first, so nobody can write them himself.
CUT = "\ue000"  # all that follows is the answered message
INTRODUCES = "\ue001"  # a line or two that introduce a cited block follow
_OPEN, _CLOSE = "\ue002", "\ue003"
_OURS = re.compile("[\ue000-\ue003]|&#(?:x0*e00[0-3]|0*5734[4-7])(?![0-9a-f]);?", re.IGNORECASE)

_DEPTH = 20
_BLOCKS = 2_000

_INTRODUCTION = re.compile(
    r"""<(?:div|p|span)\b[^<>]{0,300}?class=["']?[^"'<>]{0,80}(?:gmail_quote|moz-cite-prefix|protonmail_quote)""",
    re.IGNORECASE,
)
_MESSAGE = re.compile(
    r"<(?:div|p|table|hr|span)\b[^<>]{0,300}?(?:"
    r"""class=["']?[^"'<>]{0,80}(?:yahoo_quoted|zmail_extra|moz_quote|tutanota_quote|WordSection_quote"""
    r"""|OutlookMessageHeader)"""
    r"""|id=["']?(?:divRplyFwdMsg|appendonsend|stopSpelling|OLK_SRC_BODY_SECTION|mail-editor-reference-message"""
    r"""|reply-intro|replySplit|isReplyContent|ymail_android_signature_quote|mimemail-original)"""
    r"""|border-top:\s?solid #(?:B5C4DF|E1E1E1) 1\.0pt"""
    r"""|name=["']?(?:quote|quoted-content)["'])""",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"<(?:blockquote\b(?P<attributes>[^<>]{0,2000})|(?P<end>/blockquote\b[^<>]{0,100}))>",
    re.IGNORECASE,
)
_DIV = re.compile(r"<(/?)div\b", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"<(?P<tag>div|table|span|p|pre|a|br)\b[^<>]{0,300}?(?:"
    r"""id=["']?(?:Signature|ms-outlook-mobile-signature|AppleMailSignature|lineBreakAtBeginningOfSignature)\b"""
    r"""|name=["']?_MailAutoSig\b"""
    r"""|class=["']?(?:moz-signature|gmail_signature|k9mail-signature|signature)["' >])[^<>]{0,300}>?""",
    re.IGNORECASE,
)
_SET_IN = re.compile(r"border:\s?none", re.IGNORECASE)  # how Gmail and Apple set a paragraph in


def marked_text(html: str) -> str:
    """Return the text of an HTML source with its quotes marked, "" where it marks none.

    A block that is merely set in is no quote. Linear in the source, within limits.HTML_*.
    """
    source = _OURS.sub("", html[: limits.HTML_CHARACTERS])
    marks = [(found.start(), mark) for found, mark in _first(source)]
    marks += _blocks(source)[:_BLOCKS]
    if not marks:
        return ""
    pieces: list[str] = []
    end = 0
    for at, mark in sorted(marks):
        pieces += (source[end:at], f"\n<div>{mark}</div>\n")
        end = at
    return _with_prefixes(html_text("".join((*pieces, source[end:])), []))


def _first(source: str) -> list[tuple[re.Match[str], str]]:
    found = ((_INTRODUCTION.search(source), INTRODUCES), (_MESSAGE.search(source), CUT))
    return [(match, mark) for match, mark in found if match]


def _blocks(source: str) -> list[tuple[int, str]]:
    """Where cited blocks begin and end: just inside of their tags."""
    marks: list[tuple[int, str]] = []
    cited: list[bool] = []
    for found in _BLOCK.finditer(source):
        if found["end"] is None:
            cited.append(not _SET_IN.search(found["attributes"]))
            if cited[-1]:
                marks.append((found.end(), _OPEN))
        elif cited and cited.pop():
            marks.append((found.start(), _CLOSE))
    return marks


def _with_prefixes(text: str) -> str:
    out: list[str] = []
    depth = 0
    for line in text.split("\n"):
        words = line.strip()
        if words in (_OPEN, _CLOSE):
            depth = max(0, depth + (1 if words == _OPEN else -1))
        elif words in (CUT, INTRODUCES):
            out.append(words)
        elif depth:
            out.append(f"{'>' * min(depth, _DEPTH)} {words}".rstrip())
        else:
            out.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip("\n")


def signature(html: str) -> str:
    """Return the text of what an HTML source marks as its writer's signature, "" for none.

    The mark of a div tells where it ends; other marks stand at its beginning, and it goes on to
    the answered message. Words that follow a marked div are the writer's.
    """
    source = html[: limits.HTML_CHARACTERS]
    found = _SIGNATURE.search(source)
    if not found:
        return ""
    patterns = (_INTRODUCTION, _MESSAGE, _BLOCK)
    quotes = [match.start() for match in (p.search(source, found.end()) for p in patterns) if match]
    end = min(quotes, default=len(source))
    if found["tag"].lower() == "div":
        end = min(end, _end_of_div(source, found.end()))
    return html_text(source[found.start() : end], [])


def _end_of_div(source: str, at: int) -> int:
    depth = 1
    for found in _DIV.finditer(source, at):
        depth += -1 if found[1] else 1
        if depth == 0:
            return found.start()
    return len(source)
