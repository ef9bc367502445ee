"""What reads badly in a rendered letter, one sentence for each fault.

These are warnings but for words that no reader should ever see: such a letter would still go out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from maildesk.mail.letter import Words
from maildesk.mail.safe import stranger_subject
from maildesk.render import LINE_MAX

_LEFT_OVER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\(\)|\b\w+Figures\(|(?<![\w#-])(?:None(?! of\b)|True|False|Undefined)(?![\w-])"
)
_SPACING = re.compile(
    r"\( | \)| [.,;:!?](?=\s|$)|(?<!\.)\.\.(?!\.)|,,|: *$(?<=\w :)|(?<=\S)  +(?=\S)"
)
_WORDS = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}")
ANCHOR = 6  # characters of a template's own words that tell where a line comes from


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that reads badly; `at` is the line of the letter that it stands in, or ""."""

    words: str
    at: str = ""
    wrong: bool = False


def faults(words: Words, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Give what reads badly in a letter that was rendered with these values."""
    yield from _subject(words.subject, values)
    for line in words.text.rstrip("\n").split("\n"):
        if not line.startswith(">"):  # somebody else's words
            yield from _in_line(line)


@lru_cache(maxsize=4096)
def _in_line(line: str) -> tuple[Fault, ...]:
    """Return what reads badly in one line; variants of a letter have most lines in common."""
    found = []
    if left := _LEFT_OVER.search(line):
        found.append(Fault(f"“{left[0]}” stands in the text", line, wrong=True))
    elif spaced := _SPACING.search(line.strip()):
        found.append(Fault(f"“{spaced[0]}” is spaced or punctuated wrongly", line))
    if len(line) > LINE_MAX and _breaks(line):
        words = f"a line of {len(line)} columns; more than {LINE_MAX} are hard to read"
        found.append(Fault(words, line))
    return tuple(found)


def missing_first_line(words: Words, first: Iterable[str]) -> bool:
    """Tell whether a letter to staff does not begin with one of the lines about replying."""
    text = " ".join(words.text.split())
    return not any(text.startswith(" ".join(line.split())) for line in first if line.strip())


def line_of(files: Sequence[Path], at: str) -> tuple[Path, int]:
    """Return the file and the number of the line that made a line of a letter.

    That is the one whose own words fill most of it; the first file and 0 where none does.
    """
    found, most = (files[0], 0), ANCHOR - 1
    for file in files:
        for number, source in enumerate(file.read_text("utf-8").split("\n"), 1):
            pieces = [piece.strip() for piece in _WORDS.split(source) if piece.strip()]
            fits = [piece for piece in pieces if piece in at or _shares(piece, at)]
            if (weight := sum(map(len, fits))) > most and fits == pieces:
                found, most = (file, number), weight
    return found


def _subject(subject: str, values: Mapping[str, Any]) -> Iterator[Fault]:
    ticket = values.get("ticket")
    if found := _LEFT_OVER.search(subject):
        yield Fault(f"“{found[0]}” stands in the subject", subject, wrong=True)
    if ticket is None:
        return
    tag, title = f"[{ticket.tag}]", ticket.title
    # To strangers nothing goes back of what they wrote, or only what no filter minds.
    if subject not in (f"{tag} {title}", f"{tag} {stranger_subject(title)}", tag):
        yield Fault(
            f"the subject is “{subject}”, not “{tag} {title}”: mail programs begin a new thread",
            subject,
        )


def _breaks(line: str) -> bool:
    """Tell whether a long line could have been shorter: no address, and no subject to copy."""
    return " " in line.strip() and not line.startswith("  [")


def _shares(piece: str, at: str) -> bool:
    """Tell whether a line begins within a piece or ends in it, as wrapped lines do."""
    whole = at.strip()
    return len(whole) > ANCHOR and whole in piece
