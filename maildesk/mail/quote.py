"""What the writer of a reply added: the text without quote, attribution and signature.

Works by lines and in linear time, within bounds: every trimming library that was tried hangs
on hostile text. A mail that is no reply is never trimmed; nothing is ever deleted, since
the whole text is kept beside it.
"""

import re

from maildesk.mail import limits
from maildesk.mail.html_quote import CUT, INTRODUCES, marked_text, signature

_PREFIX = r"(?:re|aw|antw(?:ort)?|sv|vs|res?p|rif|odp|ynt|réf?)"
_REPLY_SUBJECT = re.compile(
    rf"\s*(?:\[[^\]]{{1,40}}\]\s*)?{_PREFIX}(?:\s?\[\d+\]|\s?\(\d+\)|\d+)?\s?[:：]", re.I
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|wtr|tr|i|rv|enc)\s?[:：]", re.I
)


def is_reply(subject: str, refers: bool) -> bool:
    """Whether a message is a reply: by its references or its subject, and no forward."""
    if _FORWARD_SUBJECT.match(subject):
        return False
    return refers or bool(_REPLY_SUBJECT.match(subject))


def own_words(text: str, html: str, is_reply: bool, beside: str = "") -> str:
    """Return what the writer added to a reply, `text` itself where the message is none.

    `html` is the source that `text` was made of, "" where it came as plain text; `beside`
    is the source that stands beside a plain text, for the signature that it marks. The result is
    "" where the writer added nothing: only a quote, a signature, a phone's footer. Answers between
    the lines of a quote come with all of it, as they mean nothing alone; `without_quotes` gives
    the answers by themselves.
    """
    if not is_reply:
        return text
    if html:
        text = marked_text(html) or text
    text_seen = text[: limits.QUOTE_CHARACTERS]
    lines = [line.rstrip() for line in text_seen.split("\n")[: limits.QUOTE_LINES]]
    kept = _without_signature(_without_quote(_before_marker(lines, text_seen)))
    kept = _without_marked(kept, signature(html or beside) if html or beside else "")
    reply = "\n".join(line for line in kept if line not in (CUT, INTRODUCES)).strip("\n")
    return reply if re.search(r"[^\s>|_=*-]", reply) else ""


def without_quotes(reply: str) -> str:
    """Return the lines of own words that their writer wrote, without any that he quoted.

    For letters to people who must not read what was quoted, as an agent's notice is internal.
    Every line with a quote mark goes, and the line that introduces a quote.
    """
    if ">" not in reply and "|" not in reply:
        return reply.strip("\n")
    lines = reply.split("\n")
    kept: list[str] = []
    marks: tuple[str, ...] = (">",)
    at = 0
    while at < len(lines):
        used = _attribution(lines, at)
        if used and _is_quoted_next(lines, at + used):
            marks = (">", "|")  # without an introduction it is the writer's own table
        else:
            used = 1 if lines[at].lstrip().startswith(marks) else 0
        kept.append("" if used else lines[at])
        at += used or 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


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
    r"[\s>]*(?:begin forwarded message|forwarded message|anfang der weitergeleiteten (?:e-?mail|nachricht))\s?:\s*\Z",
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
        if _begins_message(lines, index):
            if _is_quoted(line):
                return _around_quote(lines, index, index)
            return _trim_rules(lines[:index])
        if line == INTRODUCES:
            used = next(
                (n for n, more in enumerate(lines[index : index + 7]) if _is_quoted(more)), 0
            )
            return _around_quote(lines, index, index + used) if used else _trim_rules(lines[:index])
        used = _attribution(lines, index)
        if used and (_is_quoted_next(lines, index + used) or _is_sure(lines, index, used)):
            return _around_quote(lines, index, index + used)
    return _without_quote_tail(lines)


def _begins_message(lines: list[str], index: int) -> bool:
    """Whether the whole answered message stands from here on, with nothing to mark its lines."""
    line = lines[index]
    return bool(
        line == CUT
        or _SEPARATOR.match(line)
        or _FORWARD_LINE.match(line)
        or _is_header_block(lines, index)
    )


def _is_sure(lines: list[str], index: int, used: int) -> bool:
    """Whether an attribution is one though no quote mark follows: prose can sound the same.

    It names an address or a time, or nothing follows it at all.
    """
    said = " ".join(lines[index : index + used])
    return bool(re.search(r"@|\d:\d\d", said)) or not any(lines[index + used :])


def _before_marker(lines: list[str], text: str) -> list[str]:
    lowered = text.lower()
    if "oberhalb dieser zeile antworten" not in lowered and "reply above this line" not in lowered:
        return lines
    for index, line in enumerate(lines):
        if _MARKER.search(line) and not _is_quoted(line):
            return lines[:index]
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
    return _is_quoted(next((line for line in lines[index : index + 3] if line.strip()), ""))


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith((">", "|"))


def _around_quote(lines: list[str], start: int, end: int) -> list[str]:
    """The writer's lines around a quote whose attribution is lines[start:end].

    Answers below the quote are kept without it; answers between its lines keep all of it, as
    they mean nothing alone.
    """
    before = _without_signature(_trim_rules(lines[:start]))
    if not _is_quoted_next(lines, end):
        return before
    runs = _runs(lines[end:])
    if not runs[-1][0]:
        runs[-1] = (False, _without_signature(runs[-1][1]))
    own = [run for quoted, run in runs if not quoted and run]
    if not own:
        return before
    if len(own) == 1 and own[0] is runs[-1][1] and not before:
        return own[0]
    return [*before, "", *lines[start:end], *(line for _, run in runs for line in run)]


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Runs of quoted and of own lines; blank lines belong to the run before them."""
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        if not line.strip():
            if runs:
                runs[-1][1].append(line)
            continue
        quoted = _is_quoted(line)
        if not runs or runs[-1][0] != quoted:
            runs.append((quoted, []))
        runs[-1][1].append(line)
    return runs


def _without_quote_tail(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]


_DEVICE = (
    r"(?:iphone|ipad|android|smartphone|mobil\w*|handy|blackberry|samsung|galaxy|outlook|gmx|web\.de|yahoo"
    r"|proton\w*|phone|device|tablet|k-9|thunderbird|mail)"
)
_TAGLINE = re.compile(
    rf"\s*(?:(?:gesendet|sent) (?:von|vom|aus|mit|über|from|with|using|via|by|on)\b[^,]{{0,40}}{_DEVICE}\b[^,]{{0,25}}"
    rf"|(?:envoyé|enviado|inviato|skickat|verzonden) [^,]{{0,40}}{_DEVICE}\b[^,]{{0,25}}"
    rf"|von [^,]{{0,40}}{_DEVICE}\b[^,]{{0,15}} (?:aus )?(?:gesendet|geschickt|gesandt)\.?"
    r"|(?:get|download|beziehen sie|holen sie sich|laden sie)? ?outlook (?:for|für) (?:ios|android|mac|windows).{0,20}"
    r"|diese nachricht wurde von meinem .{1,60}gesendet.?)\Z",
    re.IGNORECASE,
)
_TAGLINE_LINK = re.compile(r"\s?<https?://[^<>\s]{1,300}>")


def _without_signature(lines: list[str]) -> list[str]:
    # Only "-- " (RFC 3676 section 4.3, its blank often lost): any other rule may be the writer's
    # own, and what stands below it his words.
    if "--" in lines:
        lines = lines[: lines.index("--")]
    while lines and (
        not lines[-1].strip() or _TAGLINE.match(_TAGLINE_LINK.sub("", lines[-1][:400]))
    ):
        lines = lines[:-1]
    return lines


_SIGNATURE_LINES = 60
_NO_WORDS = re.compile(r"<(?:https?|mailto|tel):[^<>\s]{1,2000}>|[\W_]+", re.IGNORECASE)


def _without_marked(lines: list[str], marked: str) -> list[str]:
    """The lines without the last that say just what the writer's program marked as signature."""
    wanted = _NO_WORDS.sub("", marked)
    if not wanted or len(wanted) > limits.QUOTE_LINE_CHARACTERS * 5:
        return lines
    words = ["" if _is_quoted(line) else _NO_WORDS.sub("", line) for line in lines]
    for last in range(len(lines) - 1, -1, -1):
        said = ""
        for first in range(last, max(-1, last - _SIGNATURE_LINES), -1):
            said = words[first] + said
            if said == wanted:
                return [*_trim_rules(lines[:first]), *lines[last + 1 :]]
            if not words[last] or not wanted.endswith(said):
                break
    return lines
