"""The words of a subject, and which of them the writer added to what was there before.

A customer chooses the title of a ticket and the subject of his mail. What he wrote comes back
in the subject of every answer and must mean nothing there.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from maildesk.rules.commands.durations import minutes_of
from maildesk.rules.commands.words import folded, is_name
from maildesk.rules.number import tag
from maildesk.rules.subject import clean, read_subject


class Sort(Enum):
    """What a word of a subject is."""

    WORD = auto()
    PREFIX = auto()  # "AW:", "Fwd (2) :"
    TAG = auto()  # a ticket tag of ours whose check digit holds


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was written, after `clean`; `key` is for comparing.

    The text of a tag is its plain form, "DD-10429"; `ticket_id` is given for tags only.
    """

    text: str
    key: str
    sort: Sort = Sort.WORD
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """What was there before: the stored title of the ticket, "" for none yet, and the subject
    of the mail that is answered or forwarded, None where we do not know it."""

    title: str
    subject: str | None


# A candidate for a prefix, a mark of a gateway, a ticket tag, and any word. Which of the first
# three it really is, `read_subject` says.
_MARK = r"\*{2,9}\s?SPAM\s?\*{2,9}:?|\{[^{}]{1,20}\}:?|\[[^\[\]]{1,20}\]"
_PREFIX = r"[^\W\d_]{1,7}(?:\s?[\[(]\s?[0-9]{1,3}\s?[\])]|[*^][0-9]{1,3})?\s?:"


@lru_cache(maxsize=64)
def _pattern(code: str) -> re.Pattern[str]:
    number = rf"{re.escape(code)}\s?[-\u2010-\u2013\u2212]\s?[0-9]{{2,18}}"
    tag_form = rf"(?:\[\s?{number}\s?\]|{number}(?![\w-])):?"
    return re.compile(
        rf"\s?(?:(?P<tag>{tag_form})|(?P<mark>{_MARK})|(?P<prefix>{_PREFIX})|(?P<word>\S+))",
        re.IGNORECASE,
    )


def words_of(text: str, code: str) -> tuple[Word, ...]:
    """Return the words of a subject or line for the desk with this code; gateways' marks are
    left out. Never raises, reads as much as `clean` keeps."""
    return tuple(_words(clean(text), code))


def _words(text: str, code: str) -> Iterator[Word]:
    pattern, position = _pattern(code), 0
    while found := pattern.match(text, position):
        position = found.end()
        if found.lastgroup != "word":
            read = read_subject(found[0], code, ())
            if found["tag"] and read.numbers:
                plain = tag(code, read.numbers[0])
                yield Word(plain, folded(plain), Sort.TAG, read.numbers[0])
                continue
            if not read.title and found["prefix"]:
                yield Word(found[0].strip(), folded(found[0].strip()), Sort.PREFIX)
                continue
            if not read.title and found["mark"] and not (read.urgent or read.presales):
                continue
            start = found.start() + (found[0][:1] == " ")
            position = (text + " ").find(" ", start)  # it is a word like any other
            yield Word(text[start:position], folded(text[start:position]))
        else:
            yield Word(found["word"], folded(found["word"]))


def is_time(words: Sequence[Word | None], at: int) -> bool:
    """Return whether the word at a place stands where a time would: "+25m", also "+25x".

    A telephone number is none: "+4930123", "+49 30 123".
    """
    word = words[at]
    if word is None or not _TIME.match(word.text):
        return False
    following = words[at + 1] if at + 1 < len(words) else None
    bare = word.text[1:].isdigit()
    return not (bare and following is not None and _DIGITS.match(following.text))


_TIME = re.compile(
    r"\+[0-9]{1,4}(?:[.,:][0-9]{1,2})?(?:[a-z]{1,4}(?:[0-9]{1,2}[a-z]{0,4})?)?\Z", re.I
)
_DIGITS = re.compile(r"[(/-]{0,2}[0-9]")


def looks_like_command(word: Word) -> bool:
    """Return whether a word by itself could be taken for a command or a time."""
    return is_name(word.text) or _is_duration(word.text)


def _is_duration(text: str) -> bool:
    if text[:1] != "+":
        return False
    try:
        return minutes_of(text[1:]) > 0
    except ValueError:
        return False


def own_words(words: Sequence[Word], code: str, parent: Parent | None) -> list[bool]:
    """Return for each word of a subject whether its writer added it.

    The subject of the parent is looked for as it stands, then the stored title, else they are
    taken out word by word, each as often as it is there. A part of what is missing then counts
    as inherited too: mail programs cut long subjects. With the parent's subject unknown,
    nothing from the first prefix on is the writer's.
    """
    own = [word.sort is not Sort.PREFIX for word in words]
    known = _known(code, parent)
    first = next((i for i, word in enumerate(words) if word.sort is Sort.PREFIX), len(words))
    if parent is None or parent.subject is None:
        own[first:] = [False] * (len(words) - first)
    # Left of the first prefix there is nothing inherited, unless it was inherited itself.
    inside = any(word.sort is Sort.PREFIX for part in known for word in part)
    begin = first if first < len(words) and not inside else 0
    for part in known:
        at = _found(words, part, begin)
        if at is not None:
            own[at : at + len(part)] = [False] * len(part)
            return own
    _take_out(words, own, known, begin)
    return own


def _known(code: str, parent: Parent | None) -> list[tuple[Word, ...]]:
    """Return the words of subject and title without leading prefixes, the longer first."""
    texts = () if parent is None else (parent.subject or "", parent.title)
    parts = []
    for text in texts:
        words = words_of(text, code)
        start = next((i for i, word in enumerate(words) if word.sort is not Sort.PREFIX), 0)
        parts.append(words[start:])
    return sorted(filter(None, parts), key=_weight, reverse=True)


def _weight(words: Sequence[Word]) -> int:
    return sum(word.sort is not Sort.TAG for word in words)


def _found(words: Sequence[Word], part: Sequence[Word], begin: int) -> int | None:
    """Return where `part` stands in `words`, not before `begin`: best right behind a prefix or
    tag, where mail programs leave it, else at its first place."""
    hay = "".join(f"\0{word.key}" for word in words[begin:]) + "\0"
    needle = "".join(f"\0{word.key}" for word in part) + "\0"
    first, index, offset, counted = None, begin, hay.find(needle), 0
    while offset >= 0:
        index += hay.count("\0", counted, offset)
        counted = offset
        if index and words[index - 1].sort is not Sort.WORD:
            return index
        first = index if first is None else first
        offset = hay.find(needle, offset + 1)
    return first


def _take_out(
    words: Sequence[Word], own: list[bool], known: list[tuple[Word, ...]], begin: int
) -> None:
    counts: Counter[str] = Counter()
    for part in known:
        counts |= Counter(word.key for word in part)
    for index in range(begin, len(words)):
        if own[index] and counts[words[index].key] > 0:
            counts[words[index].key] -= 1
            own[index] = False
    missing = "".join(key for part in known for key in _left(part, counts))
    for index in range(begin, len(words)):
        key = words[index].key.rstrip(".")
        if own[index] and looks_like_command(words[index]) and key in missing:
            own[index] = False


def _left(part: Sequence[Word], counts: Counter[str]) -> Iterator[str]:
    for word in part:
        if counts[word.key] > 0:
            yield word.key
