"""A reply without the letter of ours that it answers, whatever the mail program did to it.

We know what we sent, so neither quote marks nor an attribution are needed: lines are compared by
their letters and digits alone, against the whole letter without its line breaks. That survives
marks, new line breaks, lost blank lines and markup. Linear, within limits.QUOTE_*.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maildesk.mail import body, limits
from maildesk.mail.attribution import attributions, field, trim_rules
from maildesk.mail.header import split
from maildesk.mail.mime import tree
from maildesk.mail.signature import without_signature

_LONG = 16  # letters: a shorter line counts only where the letter goes on with just it
_COPY = 40  # letters in a row, or most of a letter that is shorter
_SHORT = 4  # letters: so short a line must follow one of the letter's directly
_SEARCHES = 300  # lines of which the whole letter is searched
_NO_LETTERS = re.compile(r"<(?:https?|mailto|tel):[^<>\s]{1,2000}>|[\W_]+", re.IGNORECASE)


def letter_text(raw: bytes) -> str:
    """Return the text of a letter of ours, as `mail.compose` wrote it into its plain part.

    `raw` may be cut off behind that part. Raises on no octets.
    """
    head_and_rest = split(raw, limits.HEADER_BLOCK, [])
    return body.read(tree(head_and_rest[0], head_and_rest[1], []), []).text


def without_parent(text: str, parent_text: str, only_if_certain: bool = False) -> str:
    """Return `text` without the lines of the letter that it answers and what introduces them.

    Answers above, between and below stay. With `only_if_certain` the text comes back as it is
    unless no line of the letter can be left in what is returned: where the copy begins with its
    first line, has a clear beginning, and no strange line stands in it.
    """
    lines = [line.rstrip() for line in text[: limits.QUOTE_CHARACTERS].split("\n")]
    lines = lines[: limits.QUOTE_LINES]
    copy = _find(lines, _letters_of(parent_text))
    if copy is None or (only_if_certain and not copy.is_clean):
        return text
    above, is_introduced = _without_introduction(lines[: copy.first])
    if only_if_certain and not is_introduced and not _stands_apart(lines[: copy.first]):
        return text
    rest = [
        "" if is_copied or not line.strip(" \t>|") else line
        for line, is_copied in zip(lines[copy.first :], copy.copied[copy.first :], strict=True)
    ]
    between, below = rest[: copy.last + 1 - copy.first], rest[copy.last + 1 - copy.first :]
    kept = [*without_signature(above), "", *between, "", *without_signature(below)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


@dataclass(frozen=True, slots=True)
class _Copy:
    """Where a copy of the letter stands: its first and last line, and which are its lines.

    `is_clean` says that it begins with the letter's first line, and that nothing else stands
    in it, or below it unless the whole letter is there.
    """

    first: int
    last: int
    copied: Sequence[bool]
    is_clean: bool


def _letters_of(text: str) -> str:
    seen = "".join(map(_letters, text[: limits.QUOTE_CHARACTERS].split("\n")))
    # Of a letter too long to be seen whole no copy is whole: no line has a blank in its letters.
    return seen if len(text) <= limits.QUOTE_CHARACTERS else seen + " "


def _letters(line: str) -> str:
    return _NO_LETTERS.sub("", line[: limits.QUOTE_LINE_CHARACTERS]).casefold()


def _find(lines: Sequence[str], parent: str) -> _Copy | None:
    words = [_letters(line) for line in lines]
    runs = _runs(words, parent)
    wanted = min(_COPY, max(_LONG, len(parent) * 3 // 5))
    copied = [False] * len(lines)
    first, last, start, end = -1, -1, 0, -1
    for run in runs:
        goes_on = end >= 0 and run.start == end
        if run.end - run.start < wanted and not goes_on:
            continue
        if first < 0:
            first, start = run.first, run.start
        for at in range(run.first, run.last + 1):
            copied[at] = True
        last, end = run.last, run.end
    if first < 0:
        return None
    while first and (not words[first - 1] or parent.endswith(words[first - 1], 0, start)):
        first -= 1
        start -= len(words[first])
        copied[first] = True
    while not words[first]:
        copied[first] = False
        first += 1
    is_strange = any(words[at] and not copied[at] for at in range(first, last))
    is_whole = end == len(parent) or not any(words[last + 1 :])
    return _Copy(first, last, copied, start == 0 and not is_strange and is_whole)


@dataclass(slots=True)
class _Run:
    """Lines [first, last] that say what the letter says at [start, end) of its letters."""

    first: int
    last: int
    start: int
    end: int


def _runs(words: Sequence[str], parent: str) -> list[_Run]:
    runs: list[_Run] = []
    searches = _SEARCHES
    is_open = False  # whether the line above belongs to the last run
    for at, said in enumerate(words):
        if not said:
            continue
        end = runs[-1].end if runs else -1
        follows = end >= 0 and parent.startswith(said, end) and (is_open or len(said) >= _SHORT)
        if follows:
            start = end
        elif len(said) >= _LONG and searches:
            searches -= 1
            start = parent.find(said, max(end, 0))
            start = parent.find(said) if start < 0 else start
        else:
            start = -1
        if start < 0:
            is_open = False
            continue
        if is_open and start == end:
            runs[-1].last, runs[-1].end = at, start + len(said)
        else:
            runs.append(_Run(at, at, start, start + len(said)))
        is_open = True
    return runs


def _without_introduction(above: list[str]) -> tuple[list[str], bool]:
    """Return the lines above a copy without what introduces it, and whether anything did."""
    lines = trim_rules(above)
    is_introduced = any(line.strip() for line in above[len(lines) :])
    for start, used in attributions([*lines, "", "> "]):
        if start + used == len(lines):
            return trim_rules(lines[:start]), True
    start = len(lines)
    while start and lines[start - 1].strip():
        start -= 1
    fields = [at for at in range(start, len(lines)) if field(lines[at])]
    if len(fields) >= 2:
        return trim_rules(lines[: fields[0]]), True
    last = lines[-1] if lines else ""
    if last.endswith((":", "：")) and re.search(r"\d|@", last):
        return trim_rules(lines[:-1]), False
    return lines, is_introduced or not lines


def _stands_apart(above: Sequence[str]) -> bool:
    """Whether words end clearly above a copy: a blank line, and nothing that could lead to it."""
    if above and above[-1].strip():
        return False
    last: list[str] = []
    for line in reversed(above):
        if line.strip():
            last.append(line)
        elif last:
            break
    said = " ".join(last)
    return not said.endswith((":", "：")) and "@" not in said and "<" not in said
