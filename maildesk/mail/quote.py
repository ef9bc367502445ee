"""What the writer of a reply added: the text without quote, attribution and signature.

Works by lines and in linear time, within bounds: every trimming library that was tried hangs
on hostile text. A mail that is no reply is never trimmed; nothing is ever deleted, since
the whole text is kept beside it.
"""

import re

from maildesk.mail import limits
from maildesk.mail.body import html_text

_PREFIX = r"(?:re|aw|antw(?:ort)?|sv|vs|res?p|rif|odp|ynt|réf?)"
_REPLY_SUBJECT = re.compile(
    rf"\s*(?:\[[^\]]{{1,40}}\]\s*)?{_PREFIX}(?:\s?\[\d+\]|\s?\(\d+\)|\d+)?\s?[:：]", re.I
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|wtr|tr|i|rv|enc|doorst)\s?[:：]", re.I
)


def is_reply(subject: str, refers: bool) -> bool:
    """Whether a message is a reply: by its references or its subject, and no forward."""
    if _FORWARD_SUBJECT.match(subject):
        return False
    return refers or bool(_REPLY_SUBJECT.match(subject))


def own_words(text: str, html: str, is_reply: bool) -> str:
    """Return what the writer added to a reply, `text` itself where the message is none.

    `html` is the source that `text` was made of, "" where it came as plain text. Where hardly
    anything would be left, everything is kept.
    """
    if not is_reply:
        return text
    if html:
        text = _before_html_quote(html) or text
    text_seen = text[: limits.QUOTE_CHARACTERS]
    lines = [line.rstrip() for line in text_seen.split("\n")[: limits.QUOTE_LINES]]
    kept = _without_signature(_without_quote(_before_marker(lines, text_seen)))
    reply = "\n".join(kept).strip("\n")
    return reply if re.search(r"\w", reply) else text


# How mail programs mark in HTML where the answered message begins.
_HTML_QUOTE = re.compile(
    r"<(?:div|blockquote|p|table|hr|span)\b[^<>]{0,300}?(?:"
    r"""class=["']?[^"'<>]{0,80}(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra"""
    r"""|moz_quote|tutanota_quote|WordSection_quote|OutlookMessageHeader)"""
    r"""|id=["']?(?:divRplyFwdMsg|appendonsend|stopSpelling|OLK_SRC_BODY_SECTION|mail-editor-reference-message"""
    r"""|reply-intro|replySplit|isReplyContent|ymail_android_signature_quote|mimemail-original)"""
    r"""|border-top:\s?solid #(?:B5C4DF|E1E1E1) 1\.0pt"""
    r"""|name=["']?(?:quote|quoted-content)["']"""
    r"|type=[\"']?cite)",
    re.IGNORECASE,
)


def _before_html_quote(html: str) -> str:
    found = _HTML_QUOTE.search(html, 0, limits.HTML_CHARACTERS)
    if not found or found.start() == 0:
        return ""
    text = html_text(html[: found.start()], [])
    return text if re.search(r"\w", text) else ""


_MARKER = re.compile(
    r"oberhalb dieser Zeile antworten|(?:type your )?reply above this line", re.IGNORECASE
)
_SEPARATOR = re.compile(
    r"[\s>*_]*[-_=*]{2,}\s*(?:original(?:nachricht|[ -]?message|[ -]?appointment)|original-?nachricht"
    r"|ursprüngliche (?:nachricht|e-?mail)|message (?:d'origine|original)|mensaje original"
    r"|oorspronkelijk bericht|ursprungligt meddelande|messaggio originale|reply message|antwort"
    r"|weitergeleitete nachricht|forwarded message|reply separator|oprindelig meddelelse|opprinnelig melding"
    r"|alkuperäinen viesti|vidarebefordrat meddelande)\b[^\n]{0,80}\Z",
    re.IGNORECASE,
)
_FORWARD_LINE = re.compile(
    r"\s*(?:begin forwarded message|forwarded message|anfang der weitergeleiteten (?:e-?mail|nachricht))\s?:\s*\Z",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,})\s*\Z")
_FIELD = re.compile(
    r"[\s>*]*\**(?P<name>von|from|de|da|från|van|od|fra|gesendet|sent|date|datum|envoyé|enviado(?: el)?"
    r"|inviato|skickat|verzonden|an|to|à|para|a|till|aan|til|cc|kopie|betreff|subject|objet|asunto|oggetto"
    r"|ämne|onderwerp|emne|assunto|reply-to|antwort an|priority|importance|wysłano|do|temat)\s?\**\s?:\**(?:\s|\Z)",
    re.IGNORECASE,
)
_SENDER_FIELDS = frozenset(("von", "from", "de", "da", "från", "van", "od", "fra"))
_WROTE = re.compile(
    r"(?:schrieb|schreibt|geschrieben|wrote|writes|a écrit|écrit|escribió|escreveu|ha scritto|scrive|schreef"
    r"|heeft .{0,60}geschreven|skrev|napisał\w*|pisze|kirjoitti|написал\w*|пишет|пише|写道|yazdı|napsal\w*"
    r"|작성|メッセージ|said).{0,150}[:：]\**\s*\Z",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{1,4}|@|<")
_OPENING = re.compile(
    r"[\s>*\"'“„]*(?:on|am|le|el|il|op|den|em|dnia|w dniu|вс|пн|вт|ср|чт|пт|сб|в|\d{1,4}\b|\w{1,12},? \d"
    r"|[\w.\-' ,]{1,60}<|<|[^\s@]{1,64}@|[\w.\-' ]{1,60}(?:schrieb|wrote))",
    re.IGNORECASE,
)
_MAILER_DATE = re.compile(
    r"\s*(?:\d{4}[/-]\d{1,2}[/-]\d{1,2}\b.{0,60}<\S{1,100}@\S{1,100}>:?"
    r"|.{0,120}\b(?:19|20)\d\d\b.{0,150}@[^\s<>]{1,100}>+:)\s*\Z"
)


def _without_quote(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if not line:
            continue
        if _SEPARATOR.match(line) or _FORWARD_LINE.match(line) or _is_header_block(lines, index):
            before = _trim_rules(lines[:index])
            if any(word.strip() for word in before):
                return _without_quote_tail(before)
            return lines
        used = _attribution(lines, index)
        if used:
            return _around_quote(lines, index, index + used)
    return _without_quote_tail(lines)


def _before_marker(lines: list[str], text: str) -> list[str]:
    lowered = text.lower()
    if "oberhalb dieser zeile antworten" not in lowered and "reply above this line" not in lowered:
        return lines
    for index, line in enumerate(lines):
        if _MARKER.search(line):
            return (
                lines[:index] if any(re.search(r"\w", above) for above in lines[:index]) else lines
            )
    return lines


def _trim_rules(lines: list[str]) -> list[str]:
    while lines and (not lines[-1].strip() or _RULE.match(lines[-1])):
        lines = lines[:-1]
    return lines


def _is_header_block(lines: list[str], index: int) -> bool:
    """Whether the head of an answered message starts here: From and two more of its fields."""
    first = _FIELD.match(lines[index])
    if not first:
        return False
    names = {first["name"].lower()}
    for line in [line for line in lines[index + 1 : index + 10] if line.strip()][:6]:
        found = _FIELD.match(line)
        if found:
            names.add(found["name"].lower())
    few = len(names) == 2 and "@" in lines[index]
    return (len(names) >= 3 or few) and bool(names & _SENDER_FIELDS)


def _attribution(lines: list[str], index: int) -> int:
    """How many lines an attribution takes that starts here ("Am ... schrieb ...:"), 0 for none."""
    line = lines[index]
    if not line.strip() or len(line) > 300:
        return 0
    if _MAILER_DATE.match(line):
        return 1
    if not _OPENING.match(line):
        return 0
    joined = ""
    for used, more in enumerate(lines[index : index + 4], start=1):
        if not more.strip() and used > 1:
            return 0
        joined = f"{joined} {more.strip(' >*')}"[-600:]
        if _WROTE.search(joined):
            return used if _DATED.search(joined) or _is_quoted_next(lines, index + used) else 0
    return 0


def _is_quoted_next(lines: list[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 3] if line.strip()), "")
    return following.lstrip().startswith((">", "|"))


def _around_quote(lines: list[str], start: int, end: int) -> list[str]:
    """The writer's lines around a quote whose attribution is lines[start:end].

    Answers below the quote are kept without it; answers between its lines keep all of it, as
    they mean nothing alone.
    """
    before = _trim_rules(lines[:start])
    rest = lines[end:]
    if not _is_quoted_next(lines, end):
        return before if any(line.strip() for line in before) else lines
    runs = _runs(rest)
    own = [run for quoted, run in runs if not quoted]
    if len(own) > 1 or (own and any(line.strip() for line in before)):
        tail = _without_signature(own[-1]) if len(own) == 1 else own[-1]
        if len(own) == 1 and not any(line.strip() for line in tail):
            return before
        return lines
    return [*before, *own[0]] if own else (before if any(b.strip() for b in before) else lines)


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Runs of quoted and of own lines; blank lines belong to the run before them."""
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        if not line.strip():
            if runs:
                runs[-1][1].append(line)
            continue
        quoted = line.lstrip().startswith((">", "|"))
        if not runs or runs[-1][0] != quoted:
            runs.append((quoted, []))
        runs[-1][1].append(line)
    return runs


def _without_quote_tail(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end] if end else lines


_SIGNATURE = re.compile(r"\s?(?:--|—|__)\s?\Z|_{3,30}\s*\Z|-{3,9}\s*\Z")
_TAGLINE = re.compile(
    r"\s*(?:(?:von|gesendet|sent|envoyé|enviado|inviato|skickat|verzonden) [^,]{0,40}"
    r"(?:iphone|ipad|android|smartphone|mobil\w*|handy|blackberry|samsung|galaxy|outlook|gmx|web\.de|yahoo"
    r"|proton\w*|phone|device|tablet|mail)\b[^,]{0,25}"
    r"|get outlook for .{1,40}|outlook für .{1,40}|diese nachricht wurde von meinem .{1,60}gesendet.?)\Z",
    re.IGNORECASE,
)


def _without_signature(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if _SIGNATURE.match(line) and any(above.strip() for above in lines[:index]):
            lines = lines[:index]
            break
    while lines and (not lines[-1].strip() or (len(lines) > 1 and _TAGLINE.match(lines[-1]))):
        lines = lines[:-1]
    return lines
