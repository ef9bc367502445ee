"""Words as they are looked for: large and small letters, umlauts and accents make no difference.

"Müller", "mueller" and "MULLER" become "muller", "Straße" and "strasse" become "strasse". A text
and what is looked for in it are folded the same way, so only a pair of words that differ in
nothing else is taken for one: "due" and "du", for instance.
"""

import re
import unicodedata
from collections.abc import Iterator

WORD_MAX = 60  # letters of a folded word; more is no word
# Marks above letters, vowel points, and what is there but not seen (soft hyphens, joiners).
_UNSEEN = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# Letters of their own that Unicode does not take apart.
_LIKE = str.maketrans(
    {"ø": "o", "œ": "o", "æ": "a", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# An umlaut spelled out. After a vowel or a q, "ue" is none: neue, bauen, Quelle.
_SPELLED_OUT = re.compile("ae|oe|(?<![aeioqu])ue")
_WORD = re.compile(r"[^\W_]+")
_SHOWN_WORD = re.compile(f"[^\\W_]+(?:{_UNSEEN.pattern}+[^\\W_]*)*")


def words(text: str) -> list[str]:
    """Return the folded words of a text in their order, each of at most WORD_MAX letters."""
    return [word[:WORD_MAX] for word in _WORD.findall(_umlauts(_plain(text)))]


def shown_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Give (start, end, folded) of each word of a text, to mark it where it stands."""
    for found in _SHOWN_WORD.finditer(text):
        folded = _umlauts(_plain(found[0]))
        yield found.start(), found.end(), folded[:WORD_MAX]


def forms(text: str) -> dict[str, str]:
    """Return the words of a text, each with all forms in which a part of it may be looked for.

    "kameraeinstellung" is folded to "kamerainstellung", in which nobody finds "einstellung"; so
    both forms are kept, with a blank between them.
    """
    found: dict[str, str] = {}
    for plain in _WORD.findall(_plain(text)):
        word, long = _umlauts(plain)[:WORD_MAX], plain[:WORD_MAX]
        found.setdefault(word, word if word == long else f"{word} {long}")
        if word != long and long not in found[word].split():
            found[word] += f" {long}"
    return found


def _plain(text: str) -> str:
    """Return a text in small letters without marks on them; umlauts lose their dots."""
    text = text.casefold()
    if text.isascii():
        return text
    return _UNSEEN.sub("", unicodedata.normalize("NFKD", text).translate(_LIKE)).casefold()


def _umlauts(text: str) -> str:
    """Return a plain text whose umlauts were spelled out as if they had been written as such."""
    return _SPELLED_OUT.sub(lambda found: found[0][0], text)
