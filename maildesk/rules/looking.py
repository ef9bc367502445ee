"""What somebody looks for, out of what he typed, and where it stands in a text.

    drucker              words with it: Drucker, Druckers, Netzwerkdrucker
    drucker papier       both, anywhere in the same message
    "neuer drucker"      these words in this order
    -toner               not with it
    DD-10429, 10429      this ticket first

Nothing that is typed is wrong, and nothing of it is ever a command to the database.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from maildesk.rules.folding import shown_words, words
from maildesk.rules.number import parse_number

TYPED_MAX = 200  # characters
TERMS_MAX = 10
PART_MIN = 3  # letters; shorter ones are whole words
EXCERPT = 220  # characters
BEFORE_HIT = 70  # of them
_TYPED = re.compile(r'(-?)(?:["„“”«»]([^"„“”«»]*)["„“”«»]?|([^\s"„“”«»]+))')
_NUMBER = re.compile(r"(?:^|[^\w-])(?:([A-Za-z]{1,10})-|#)?(\d{2,18})(?![\w-])")


@dataclass(frozen=True, slots=True)
class Term:
    """Folded words in a row. `is_part`: the last one may be a part of a word."""

    words: tuple[str, ...]
    is_part: bool

    @property
    def part(self) -> str:
        """What any part of a word may be, "" where the term is more than that or exact."""
        return self.words[0] if self.is_part and len(self.words) == 1 else ""

    def meets(self, word: str) -> bool:
        """Tell whether a folded word of a text is one that was looked for."""
        if self.part:
            return self.part in word
        return word in self.words or (self.is_part and word.startswith(self.words[-1]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of `terms` and none of `without`. `numbers` are ids of tickets that were named."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...]
    numbers: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.terms or self.numbers)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; `is_hit`: it is what was looked for."""

    text: str
    is_hit: bool = False


def wanted(typed: str, code: str) -> Wanted:
    """Return what somebody looks for; `code` is that of the desk's tags. Never raises.

    Of what is typed TYPED_MAX characters count, and of its terms TERMS_MAX.
    """
    typed = typed[:TYPED_MAX]
    terms: list[Term] = []
    without: list[Term] = []
    for minus, quoted, bare in _TYPED.findall(typed):
        folded = tuple(words(quoted or bare))
        if not folded:
            continue
        term = Term(folded, bool(bare) and len(folded[-1]) >= PART_MIN)
        into = without if minus else terms
        if term not in into:
            into.append(term)
    return Wanted(tuple(terms[:TERMS_MAX]), tuple(without[:TERMS_MAX]), _numbers(typed, code))


def _numbers(typed: str, code: str) -> tuple[int, ...]:
    found = []
    for letters, digits in _NUMBER.findall(typed):
        ticket_id = parse_number(digits) if letters.upper() in ("", code.upper()) else None
        if ticket_id:
            found.append(ticket_id)
    return tuple(dict.fromkeys(found))[:TERMS_MAX]


def marked(text: str, terms: Iterable[Term]) -> tuple[Piece, ...]:
    """Return a text in pieces, the words that were looked for on their own."""
    text = unicodedata.normalize("NFC", text)
    sought = tuple(terms)
    pieces: list[Piece] = []
    at = 0
    for start, end, word in shown_words(text):
        if any(term.meets(word) for term in sought):
            pieces += [Piece(text[at:start]), Piece(text[start:end], True)]
            at = end
    pieces.append(Piece(text[at:]))
    return tuple(piece for piece in pieces if piece.text)


def excerpt(text: str, terms: Iterable[Term], most: int) -> tuple[Piece, ...]:
    """Return what stands around the first hit within `most` characters, in pieces, on one line.

    The beginning of the text where nothing of it was meant.
    """
    text = " ".join(unicodedata.normalize("NFC", text[:most]).split())
    sought = tuple(terms)
    hits = (start for start, _, word in shown_words(text) if any(t.meets(word) for t in sought))
    start = max(next(hits, 0) - BEFORE_HIT, 0)
    if start:
        start = text.find(" ", start) + 1 or start
    end = start + EXCERPT
    if end < len(text):
        end = max(text.rfind(" ", start, end), start) or end
    shown = ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
    return marked(shown, sought)
