"""Reading a subject: ticket numbers, the kind that is asked for, and the title that is left.

    subject = *( marker / prefix / tag ) title
    marker  = "[EXTERN]" / "***SPAM***" ...       what gateways put in front
    prefix  = word [ counter ] ":"                "Re:", "AW (3):", "WG :", "Re[2]:"
    tag     = "[" words "]"                       a kind, "dringend", "Anfrage"

Ticket tags ("[DD-10429]", with or without brackets) may stand anywhere. A tag right of a reply
prefix was in the mail that is answered and asks for nothing again; it is taken out all the same.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache

from maildesk.rules.foreign import foreign_numbers
from maildesk.rules.kinds import Kind
from maildesk.rules.number import parse_number

LONGEST = 2000  # characters that are read: two header lines at their limit (RFC 5322 2.1.1)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a subject says.

    `title` is what is left of it, at most LONGEST characters, perhaps "". `numbers` are the ids
    of the ticket tags whose check digit holds, in order, each once. `wishes` are the names of
    the kinds asked for, in order, each once; `kind` is the one wish, None if there is none or
    they contradict each other. `is_reply` and `is_forward` say which prefixes stood in front.
    `foreign` are the numbers of other desks; they stay in the title.
    """

    title: str
    numbers: tuple[int, ...] = ()
    kind: str | None = None
    wishes: tuple[str, ...] = ()
    contradiction: bool = False
    urgent: bool = False
    presales: bool = False
    is_reply: bool = False
    is_forward: bool = False
    foreign: tuple[str, ...] = ()


class _Word(Enum):
    REPLY = auto()
    FORWARD = auto()
    OTHER = auto()  # a prefix that says neither: "Betr:"
    MARKER = auto()
    URGENT = auto()
    PRESALES = auto()


# The languages disagree about VS (Norwegian: forwarded, Finnish: answer). Taken as a reply,
# which keeps a tag behind it from ordering anything.
_PREFIXES = {
    word: kind
    for kind, words in (
        (_Word.REPLY, "re aw antw antwort sv vs res odp rif r bls atb ynt vá отв 回复 答复 回覆 返信"),
        (_Word.FORWARD, "wg fw fwd wtr vb vl tr rv enc pd i fs ts ilt 转发 轉寄 転送"),
        (_Word.OTHER, "betr"),
    )
    for word in words.split()
}  # fmt: skip

_TAGS = {
    key: word
    for word, keys in (
        (_Word.URGENT, "dringend urgent offline stoerung"),
        (_Word.PRESALES, "anfrage angebot quote"),
        (_Word.MARKER, "ext extern external externe spam"),
    )
    for key in keys.split()
}

_ZERO_WIDTH = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LEADING = re.compile(
    r"""\s?(?:
        (?P<prefix>[^\W\d_]{1,7}) (?:\s?[\[(]\s?[0-9]{1,3}\s?[\])] | [*^][0-9]{1,3})? \s?:
      | \[(?P<tag>[^\[\]]{1,60})\]
      | (?P<marker>\*{2,9}\s?SPAM\s?\*{2,9} | \{\s?(?:Spam|Disarmed)\s?\??\s?\}) :?
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", " ": "", "-": "", "_": ""})


def read_subject(subject: str, code: str, kinds: Sequence[Kind]) -> Subject:
    """Return what a subject says to the desk with this code. Never raises.

    Works in linear time; what is longer than LONGEST characters is cut.
    """
    text = clean(subject)
    text, numbers = _without_ticket_tags(text, code)
    by_tag = _kinds_by_tag(tuple(kinds)) if "[" in text else {}
    words: set[_Word] = set()
    wishes: dict[str, None] = {}
    position = 0
    while found := _LEADING.match(text, position):
        word = _word(found, by_tag)
        if word is None:
            break
        position = found.end()
        if _Word.REPLY in words and found["tag"]:
            continue  # inherited from the mail that is answered
        if isinstance(word, str):
            wishes[word] = None
        else:
            words.add(word)
    title = text[position:].strip()
    return Subject(
        title=title,
        numbers=numbers,
        kind=next(iter(wishes)) if len(wishes) == 1 else None,
        wishes=tuple(wishes),
        contradiction=len(wishes) > 1,
        urgent=_Word.URGENT in words,
        presales=_Word.PRESALES in words,
        is_reply=_Word.REPLY in words,
        is_forward=_Word.FORWARD in words,
        foreign=foreign_numbers(title, code),
    )


def with_order(subject: Subject, ordered: str) -> Subject:
    """Return a subject with the kind that was ordered by a button, whatever else it asks for.

    The order is about a ticket of its own, or the one that its page showed: never about a number
    that somebody typed.
    """
    return replace(
        subject, kind=ordered, wishes=(ordered,), contradiction=False, numbers=(), foreign=()
    )


def clean(subject: str) -> str:
    """Return a subject in NFKC, cut to LONGEST characters, without zero-width characters.

    Control characters and every run of blanks become one space.
    """
    text = subject[:LONGEST]  # cut first: sorting combining marks takes quadratic time
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", text))[:LONGEST]
    return _SPACES.sub(" ", text).strip()


def _without_ticket_tags(text: str, code: str) -> tuple[str, tuple[int, ...]]:
    numbers: dict[int, None] = {}

    def taken_out(found: re.Match[str]) -> str:
        ticket_id = parse_number(found["number"])
        if ticket_id is None:
            return found[0]
        numbers[ticket_id] = None
        return " "

    text = _ticket_tags(code).sub(taken_out, text)
    return (" ".join(text.split()), tuple(numbers)) if numbers else (text, ())


@lru_cache(maxsize=64)
def _ticket_tags(code: str) -> re.Pattern[str]:
    tag = rf"{re.escape(code)}\s?[-\u2010-\u2013\u2212]\s?(?P<number>[0-9]{{2,18}})"
    return re.compile(rf"(?<![\w-])(?:\[\s?)?{tag}(?![\w-])(?:\s?\])?:?", re.IGNORECASE)


def _word(found: re.Match[str], by_tag: Mapping[str, str]) -> _Word | str | None:
    """Return what one word in front of the title means; a str is the name of a kind."""
    if prefix := found["prefix"]:
        return _PREFIXES.get(prefix.casefold())
    if found["marker"]:
        return _Word.MARKER
    key = _key(found["tag"])
    return by_tag.get(key) or _TAGS.get(key)


def _key(tag: str) -> str:
    """Return a tag with case and spacing free, "ä" as "ae"."""
    return tag.casefold().translate(_FOLDED)


@lru_cache(maxsize=16)
def _kinds_by_tag(kinds: tuple[Kind, ...]) -> Mapping[str, str]:
    return {
        _key(unicodedata.normalize("NFKC", tag)): kind.name for kind in kinds for tag in kind.tags
    }
