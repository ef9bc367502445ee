"""Words as they are looked for: large and small letters, umlauts and accents make no difference.

"Müller", "mueller" and "MULLER" become "muller", "Straße" and "strasse" become "strasse". A text
and what is looked for in it are folded the same way, so only a pair of words that differ in
nothing else is taken for one: "due" and "du", for instance.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

WORD_MAX = 60  # letters of a folded word; more is no word
# Marks above letters, vowel points, and what is there but not seen (soft hyphens, joiners).
_UNSEEN = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# Letters of their own that Unicode does not take apart.
_LIKE = {"ø": "o", "œ": "o", "æ": "a", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_OF_THEIR_OWN = re.compile(f"[{''.join(_LIKE)}]")
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
        fold = _folded if found.end() - found.start() <= WORD_MAX else _folded.__wrapped__
        yield found.start(), found.end(), fold(found[0])


@lru_cache(maxsize=20_000)  # a page of results folds the same words again and again
def _folded(word: str) -> str:
    return _umlauts(_plain(word))[:WORD_MAX]


def words_and_forms(text: str) -> tuple[list[str], dict[str, str]]:
    """Return the words of a text, and each with all forms in which a part may be looked for.

    "kameraeinstellung" is folded to "kamerainstellung", in which nobody finds "einstellung"; so
    both forms are kept, with a blank between them.
    """
    plain = _plain(text)
    found: dict[str, str] = {}
    for long in dict.fromkeys(_WORD.findall(plain)):
        word = _umlauts(long)[:WORD_MAX] if _may_be_spelled_out(long) else long[:WORD_MAX]
        long = long[:WORD_MAX]
        known = found.setdefault(word, word if word == long else f"{word} {long}")
        if word != long and long not in known.split():
            found[word] = f"{known} {long}"
    return [word[:WORD_MAX] for word in _WORD.findall(_umlauts(plain))], found


def _plain(text: str) -> str:
    """Return a text in small letters without marks on them; umlauts lose their dots."""
    text = text.casefold()
    if text.isascii():
        return text
    text = _UNSEEN.sub("", unicodedata.normalize("NFKD", text))
    return _OF_THEIR_OWN.sub(lambda found: _LIKE[found[0]], text).casefold()


def _may_be_spelled_out(word: str) -> bool:
    return "ae" in word or "oe" in word or "ue" in word


def _umlauts(text: str) -> str:
    """Return a plain text whose umlauts were spelled out as if they had been written as such."""
    return _SPELLED_OUT.sub(lambda found: found[0][0], text)
