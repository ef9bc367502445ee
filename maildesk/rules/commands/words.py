"""The commands staff may write, in English and German, and what each takes along.

name = "#" letter *( letter / digit / "-" )    case free, "ä" as "ae"
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType


class Name(StrEnum):
    """What a command does, however it is spelled."""

    CLOSE = "close"
    OPEN = "open"
    TO = "to"
    TIME = "time"
    REMOTE = "remote"
    TRAVEL = "travel"
    ESTIMATE = "estimate"
    START = "start"
    STOP = "stop"
    WAIT = "wait"
    NOTE = "note"
    REPLY = "reply"
    KIND = "kind"
    ASK = "ask"
    PHONE = "phone"
    TEST = "test"
    DEEMED = "deemed"
    DEFECT = "defect"
    LIVE = "live"
    THIRD = "third"
    CANCEL = "cancel"
    BILL = "bill"
    FREE = "free"
    CALL = "call"
    FOR = "for"
    PLAN = "plan"
    ADD = "add"
    REMOVE = "remove"
    PRESALES = "presales"
    CONTRACT = "contract"
    REWORK = "rework"
    PORTAL = "portal"
    MERGE = "merge"
    SPLIT = "split"
    SPAM = "spam"
    LIST = "list"
    HELP = "help"
    UNDO = "undo"


class Care(StrEnum):
    """How much care a command takes: m and d are always receipted, d may be asked about."""

    EVERYDAY = "a"
    MARKED = "m"
    DRASTIC = "d"


class Argument(StrEnum):
    """What may follow a name. Each is one word, a moment or a kind perhaps more."""

    AGENT = "agent"
    DURATION = "duration"
    TOTAL = "total"  # a duration, or "open"
    SAID = "said"  # what somebody decided on the phone
    MOMENT = "moment"
    UNTIL = "until"  # a moment, or "answer"
    KIND = "kind"
    ADDRESS = "address"
    TICKET = "ticket"
    URL = "url"
    ME = "me"  # no word at all: the acting agent


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: `en` and `de` show people how it is written, with an example.

    `words` are all spellings without "#", folded by `folded`.
    """

    name: Name
    care: Care
    takes: tuple[Argument, ...]
    en: str
    de: str
    words: tuple[str, ...]

    def form(self, language: str) -> str:
        """Return how it is written: in German for de, in English for others."""
        return self.de if language[:2].lower() == "de" else self.en


_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(word: str) -> str:
    """Return a word, in NFKC, with case and umlauts out of it, for comparing only."""
    return word.casefold().translate(_FOLDED)


def _row(name: Name, care: Care, en: str, de: str, words: str = "", *takes: Argument) -> Row:
    shown = (form.split()[0].lstrip("#") for form in (en, de) if form.startswith("#"))
    spelled = dict.fromkeys(folded(word) for word in (*shown, *words.split()))
    return Row(name, care, takes, en, de, tuple(spelled))


_N, _C, _A = Name, Care, Argument
TABLE: tuple[Row, ...] = (
    _row(_N.CLOSE,    _C.EVERYDAY, "#close", "#zu", "done fertig"),
    _row(_N.OPEN,     _C.EVERYDAY, "#open", "#auf"),
    _row(_N.TO,       _C.EVERYDAY, "#to mk", "#an mk", "", _A.AGENT),
    _row(_N.TO,       _C.EVERYDAY, "#me", "#mir", "", _A.ME),
    _row(_N.TIME,     _C.EVERYDAY, "+25m", "+25m", "time zeit", _A.DURATION),
    _row(_N.REMOTE,   _C.EVERYDAY, "#remote 20m", "#fernwartung 20m", "", _A.DURATION),
    _row(_N.TRAVEL,   _C.EVERYDAY, "#travel 30m", "#fahrt 30m", "", _A.DURATION),
    _row(_N.ESTIMATE, _C.EVERYDAY, "#estimate 15m", "#schätzung 15m", "", _A.DURATION),
    _row(_N.START,    _C.EVERYDAY, "#start", "#start"),
    _row(_N.STOP,     _C.EVERYDAY, "#stop", "#stopp"),
    _row(_N.WAIT,     _C.EVERYDAY, "#wait 3d", "#warte 3t", "warten", _A.UNTIL),
    _row(_N.NOTE,     _C.EVERYDAY, "#note", "#notiz"),
    _row(_N.REPLY,    _C.MARKED,   "#reply", "#antwort"),
    _row(_N.KIND,     _C.MARKED,   "#kind quick-high", "#art hoch", "", _A.KIND),
    _row(_N.ASK,      _C.MARKED,   "#ask 3h", "#freigabe 3h", "", _A.TOTAL),
    _row(_N.PHONE,    _C.MARKED,   "#phone approve", "#telefon freigabe", "", _A.SAID),
    _row(_N.TEST,     _C.MARKED,   "#test https://...", "#abnahme https://...", "", _A.URL),
    _row(_N.DEEMED,   _C.MARKED,   "#deemed", "#fiktiv"),
    _row(_N.DEFECT,   _C.MARKED,   "#defect", "#mangel", "defects mängel"),
    _row(_N.LIVE,     _C.MARKED,   "#live", "#live"),
    _row(_N.THIRD,    _C.EVERYDAY, "#third", "#dritte"),
    _row(_N.CANCEL,   _C.MARKED,   "#cancel", "#storno"),
    _row(_N.BILL,     _C.MARKED,   "#bill", "#rechnung"),
    _row(_N.FREE,     _C.MARKED,   "#free", "#kulanz"),
    _row(_N.CALL,     _C.EVERYDAY, "#call 12m a@b.example", "#anruf 12m a@b.example", "", _A.DURATION, _A.ADDRESS),
    _row(_N.FOR,      _C.EVERYDAY, "#for a@b.example", "#für a@b.example", "", _A.ADDRESS),
    _row(_N.PLAN,     _C.EVERYDAY, "#plan fri 14:00", "#plan fr 14:00", "", _A.MOMENT),
    _row(_N.ADD,      _C.MARKED,   "#add a@b.example", "#dazu a@b.example", "", _A.ADDRESS),
    _row(_N.REMOVE,   _C.MARKED,   "#remove a@b.example", "#weg a@b.example", "", _A.ADDRESS),
    _row(_N.PRESALES, _C.EVERYDAY, "#presales", "#anfrage"),
    _row(_N.CONTRACT, _C.EVERYDAY, "#contract", "#vertrag"),
    _row(_N.REWORK,   _C.EVERYDAY, "#rework", "#nachbesserung"),
    _row(_N.PORTAL,   _C.MARKED,   "#portal a@b.example", "#portal a@b.example", "", _A.ADDRESS),
    _row(_N.MERGE,    _C.DRASTIC,  "#merge DD-10429", "#zusammen DD-10429", "", _A.TICKET),
    _row(_N.SPLIT,    _C.DRASTIC,  "#split", "#trennen"),
    _row(_N.SPAM,     _C.DRASTIC,  "#spam", "#spam"),
    _row(_N.LIST,     _C.EVERYDAY, "#list", "#liste"),
    _row(_N.HELP,     _C.EVERYDAY, "#help", "#hilfe"),
    _row(_N.UNDO,     _C.EVERYDAY, "#undo", "#rückgängig"),
)  # fmt: skip

# Where a ticket stands in the end: one mail can lead it to one of these only.
_ENDS = frozenset({
    _N.CLOSE, _N.WAIT, _N.ASK, _N.TEST, _N.DEFECT, _N.LIVE, _N.THIRD, _N.CANCEL, _N.MERGE,
    _N.SPLIT, _N.SPAM,
})  # fmt: skip
_NEW = frozenset({_N.CALL, _N.FOR})
# Sets of which a mail may hold one name only: two of them cannot both be meant.
_EXCLUSIVE: tuple[frozenset[Name], ...] = (
    _ENDS,
    frozenset({_N.CLOSE, _N.OPEN, _N.LIVE, _N.CANCEL, _N.DEFECT, _N.MERGE, _N.SPAM}),
    frozenset({_N.CLOSE, _N.START, _N.LIVE, _N.CANCEL, _N.MERGE, _N.SPAM}),
    frozenset({_N.START, _N.STOP}),
    frozenset({_N.START, _N.ASK}),  # who asks waits for the answer
    frozenset({_N.NOTE, _N.REPLY}),
    # The text is what the customer is asked with, or told as the reason.
    *(
        frozenset({way, told})
        for way in (_N.NOTE, _N.REPLY)
        for told in (_N.ASK, _N.TEST, _N.CANCEL, _N.KIND)
    ),
    # The text says what he said on the phone: it is no reason, and no answer.
    *(
        frozenset({_N.PHONE, other})
        for other in (_N.ASK, _N.TEST, _N.DEFECT, _N.KIND, _N.CANCEL, _N.DEEMED, _N.REPLY)
    ),
    frozenset({_N.DEEMED, _N.DEFECT}),
    frozenset({_N.KIND, _N.ASK}),  # only one question can be open
    frozenset({_N.KIND, _N.TEST}),
    frozenset({_N.BILL, _N.FREE}),
    *(
        frozenset({_N.BILL, other})
        for other in (_N.OPEN, *(_ENDS - {_N.CLOSE, _N.LIVE, _N.CANCEL}))
    ),
    frozenset({_N.PRESALES, _N.CONTRACT, _N.REWORK}),
    # A ticket that does not exist yet can be none of the others.
    *(
        frozenset({new, other})
        for new in _NEW
        for other in (
            _N.OPEN, _N.MERGE, _N.SPLIT, _N.SPAM, _N.ASK, _N.PHONE, _N.TEST, _N.DEEMED, _N.DEFECT,
            _N.LIVE, _N.THIRD, _N.CANCEL, _N.BILL, _N.FREE,
        )
    ),
    _NEW,
    *(frozenset({_N.CALL, time}) for time in (_N.TIME, _N.REMOTE)),  # a call brings its own
    *(frozenset({_N.UNDO, other}) for other in Name if other is not _N.UNDO),
)  # fmt: skip

_ROWS: Mapping[str, Row] = MappingProxyType({word: row for row in TABLE for word in row.words})
_SHOWN = {
    folded(form.split()[0][1:]): form.split()[0] for row in TABLE for form in (row.en, row.de)
}
_NAME = re.compile(r"#[^\W\d_]")
LONGEST_NAME = 40  # characters; what is longer is near to no name


def is_name(word: str) -> bool:
    """Return whether a word stands where a name of a command would, known or not."""
    return _NAME.match(word) is not None


def row_of(word: str) -> Row | None:
    """Return the row of a command with its "#", in any spelling, or None."""
    return _ROWS.get(folded(word[1:])) if is_name(word) else None


def row_named(name: Name) -> Row:
    """Return the first row of a name."""
    return next(row for row in TABLE if row.name is name)


def nearest(word: str) -> str:
    """Return the known name, with its "#", that looks most like a word, or ""."""
    if len(word) > LONGEST_NAME:
        return ""
    found = get_close_matches(folded(word.lstrip("#")), _ROWS, n=1, cutoff=0.6)
    return _SHOWN.get(found[0], f"#{found[0]}") if found else ""


def contradict(one: Name, other: Name) -> bool:
    """Return whether two different commands cannot both be meant by one mail."""
    return one is not other and any(one in names and other in names for names in _EXCLUSIVE)
