"""What the writer of a reply added: the text without quote, attribution and signature.

Works by lines and in linear time, within bounds: every trimming library that was tried hangs
on hostile text. A mail that is no reply is never trimmed; nothing is ever deleted, since
the whole text is kept beside it.
"""

import re

from maildesk.mail import limits
from maildesk.mail.attribution import (
    attributions,
    begins_message,
    is_quoted,
    is_quoted_next,
    own_part,
    trim_rules,
)
from maildesk.mail.html_quote import CUT, INTRODUCES, marked_text, signature
from maildesk.mail.signature import without_signature

_PREFIX = r"(?:re|aw|antw(?:ort)?|sv|vs|res?p|rif|odp|ynt|réf?|vá|бр|ответ|отв|απ|回复|回覆|答复|答覆|返信|답장)"
_REPLY_SUBJECT = re.compile(
    rf"\s*(?:\[[^\]]{{1,40}}\]\s*)?{_PREFIX}(?:\s?\[\d+\]|\s?\(\d+\)|\d+)?\s?[:：]", re.I
)
# No other than `rules.subject` takes off a title: else a customer's title made forwards of answers.
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|wtr|vb|vl|tr|rv|enc|pd|i|ilt|转发|轉寄|転送)\s?[:：]",
    re.I,
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
    "" where the writer added nothing: only a quote, a signature, a phone's footer. An answer above
    and below one quote comes without it; answers between the lines of a quote come with
    them, as they mean nothing alone; `without_quotes` gives the answers by themselves.
    """
    if not is_reply:
        return text
    if html:
        text = marked_text(html) or text
    text_seen = text[: limits.QUOTE_CHARACTERS]
    lines = [line.rstrip() for line in text_seen.split("\n")[: limits.QUOTE_LINES]]
    kept = without_signature(_without_quote(_unshared(_before_marker(lines, text_seen))))
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
    introduced = dict(attributions(lines[: limits.QUOTE_LINES]))
    kept: list[str] = []
    marks: tuple[str, ...] = (">",)
    at = 0
    while at < len(lines):
        used = introduced.get(at, 0)
        if used and is_quoted_next(lines, at + used):
            marks = (">", "|")  # without an introduction it is the writer's own table
        else:
            used = 1 if lines[at].lstrip().startswith(marks) else 0
        kept.append("" if used else lines[at])
        at += used or 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


_MARKER = re.compile(
    r"oberhalb dieser Zeile antworten|(?:type your )?reply above this line", re.IGNORECASE
)


def _before_marker(lines: list[str], text: str) -> list[str]:
    lowered = text.lower()
    if "oberhalb dieser zeile antworten" not in lowered and "reply above this line" not in lowered:
        return lines
    for index, line in enumerate(lines):
        if _MARKER.search(line) and not is_quoted(line):
            return lines[:index]
    return lines


def _unshared(lines: list[str]) -> list[str]:
    """Give an attribution a line of its own where the answer stands before it on the same."""
    for index, line in enumerate(lines[:-1]):
        if line[-1:] in (":", "：") and is_quoted_next(lines, index + 1) and (at := own_part(line)):
            return [*lines[:index], line[:at].rstrip(), line[at:], *lines[index + 1 :]]
    return lines


def _without_quote(lines: list[str]) -> list[str]:
    start, used = next(attributions(lines), (len(lines), 0))
    for index, line in enumerate(lines[:start]):
        if not line:
            continue
        if line == INTRODUCES:
            run = (n for n, more in enumerate(lines[index : index + 7]) if is_quoted(more))
            below = next(run, 0)
            return (
                _around_quote(lines, index, index + below) if below else trim_rules(lines[:index])
            )
        if line == CUT or begins_message(lines, index):
            if is_quoted(line):
                return _around_quote(lines, index, index)
            return trim_rules(lines[:index])
    return _around_quote(lines, start, start + used) if used else _without_bare_quote(lines)


def _around_quote(lines: list[str], start: int, end: int) -> list[str]:
    """The writer's lines around a quote whose attribution is lines[start:end].

    Answers above and below one quote are kept without it; answers between its lines keep what
    is quoted above them, as they mean nothing alone.
    """
    before = without_signature(trim_rules(lines[:start]))
    if not is_quoted_next(lines, end):
        return before
    runs = _runs(lines[end:])
    is_between = runs[-1][0]
    if is_between:
        runs.pop()
    elif runs:
        runs[-1] = (False, without_signature(runs[-1][1]))
        if not runs[-1][1]:
            runs.pop()
            is_between = len(runs) > 1
            runs = runs[:-1] if is_between else runs
    own = [run for quoted, run in runs if not quoted and run]
    if not own:
        return before
    if len(own) == 1 and not is_between:
        return [*before, "", *own[0]] if before else own[0]
    return [*before, "", *lines[start:end], *(line for _, run in runs for line in run)]


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Runs of quoted and of own lines; blank lines belong to the run before them."""
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        if not line.strip():
            if runs:
                runs[-1][1].append(line)
            continue
        quoted = is_quoted(line)
        if not runs or runs[-1][0] != quoted:
            runs.append((quoted, []))
        runs[-1][1].append(line)
    return runs


def _without_bare_quote(lines: list[str]) -> list[str]:
    """The lines without a quote that nothing introduces, at their end or above all of them."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    lines = lines[:end]
    runs = _runs(lines)
    if len(runs) == 2 and runs[0][0] and runs[0][1][0].lstrip().startswith(">"):
        return runs[1][1]
    return lines


_SIGNATURE_LINES = 60
_NO_WORDS = re.compile(r"<(?:https?|mailto|tel):[^<>\s]{1,2000}>|[\W_]+", re.IGNORECASE)


def _without_marked(lines: list[str], marked: str) -> list[str]:
    """The lines without the last that say just what the writer's program marked as signature."""
    wanted = _NO_WORDS.sub("", marked)
    if not wanted or len(wanted) > limits.QUOTE_LINE_CHARACTERS * 5:
        return lines
    words = ["" if is_quoted(line) else _NO_WORDS.sub("", line) for line in lines]
    for last in range(len(lines) - 1, -1, -1):
        said = ""
        for first in range(last, max(-1, last - _SIGNATURE_LINES), -1):
            said = words[first] + said
            if said == wanted:
                return [*trim_rules(lines[:first]), *lines[last + 1 :]]
            if not words[last] or not wanted.endswith(said):
                break
    return lines
