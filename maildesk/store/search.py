"""Which messages hold what is looked for, newest first: SQLite's FTS5, PostgreSQL's tsvector.

Newest first and not by rank: who looks for a ticket remembers when it was, more than how often a
word stood in it; and it lets the newest hits be found without finding all of them.

Parts of words ("drucker" in "Netzwerkdrucker") come from a list of all words that there are
(search_word), looked up by trigrams; the texts themselves are then searched for whole words.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlmodel import Session

from maildesk.rules.looking import Term, Wanted
from maildesk.store.rows import chunks
from maildesk.store.search_index import CUSTOMER

WORDS_MAX = 150  # that hold a part which was looked for; those that were met first
_NEWEST_MAX = 20_000  # more of them take longer than the whole index
_NEWEST = 2_000  # messages that are looked at by themselves (PostgreSQL)
_NEWER_MAX = 20_000  # messages on the pages before this one (SQLite)


@dataclass(frozen=True, slots=True)
class Hit:
    """A message with what is looked for."""

    message_id: int
    ticket_id: int


def query(session: Session, wanted: Wanted, customers: Sequence[int] = ()) -> str:
    """Return what is looked for as the database says it, "" for nothing.

    Only messages in tickets of these `customers`; of all where there are none.
    """
    if not wanted.terms:
        return ""
    say = _fts5 if _on_sqlite(session) else _tsquery
    return say(session, wanted, [f"{CUSTOMER}{each}" for each in customers])


def search(session: Session, asked: str, before: int = 0, limit: int = 200) -> list[Hit]:
    """Return at most `limit` messages with what a `query` asks for, the newest first.

    `before` is the number of a message, 0 for none. Nothing is found where nothing is asked for.
    """
    if not asked:
        return []
    values = {"query": asked, "before": before or _NO_END, "limit": limit}
    if _on_sqlite(session):
        return [Hit(*row) for row in session.execute(_FTS5, values)]
    return _postgresql(session, values)


def newer(session: Session, asked: str, since: int, tickets: Collection[int]) -> frozenset[int]:
    """Return which of some tickets have a message with it whose number is `since` or higher."""
    statement = _FTS5_NEWER if _on_sqlite(session) else _AMONG_NEWER
    found: set[int] = set()
    for chunk in chunks(tickets):
        values = {"query": asked, "since": since, "tickets": chunk, "most": _NEWER_MAX}
        found |= set(session.scalars(statement, values))
    return frozenset(found)


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


_NO_END = 2**62
_WITH_PART = text(
    "SELECT word FROM search_part JOIN search_word ON search_word.id = search_part.rowid"
    " WHERE search_part MATCH :part ORDER BY search_part.rowid LIMIT :most"
)
_FTS5 = text(
    "SELECT m.id, m.ticket_id FROM"
    " (SELECT rowid AS id FROM search_text WHERE search_text MATCH :query"
    "  AND rowid < :before ORDER BY rowid DESC LIMIT :limit) AS found"
    " JOIN message m ON m.id = found.id ORDER BY m.id DESC"
)
_FTS5_NEWER = text(
    "SELECT DISTINCT ticket_id FROM message WHERE ticket_id IN :tickets AND id IN"
    " (SELECT rowid FROM search_text WHERE search_text MATCH :query AND rowid >= :since"
    "  ORDER BY rowid LIMIT :most)"
).bindparams(bindparam("tickets", expanding=True))


def _fts5(session: Session, wanted: Wanted, customers: Sequence[str]) -> str:
    """Return a query of FTS5's; every word is a string of its own, so nothing is escaped."""

    def said(term: Term) -> str:
        phrase = f'"{" ".join(term.words)}"'
        if not term.is_part:
            return phrase
        if not term.part:
            return f"{phrase} *"
        part = {"part": f'"{term.part}"', "most": WORDS_MAX}
        known = [f'"{word}"' for word in session.scalars(_WITH_PART, part)]
        # A prefix is looked up whole before the first hit is given; words one hit at a time.
        return f"({' OR '.join(dict.fromkeys([phrase, *known]))})" if known else f"{phrase} *"

    theirs = " OR ".join(f'"{each}"' for each in customers)
    made = " AND ".join([*([f"({theirs})"] if theirs else []), *map(said, wanted.terms)])
    for term in wanted.without:
        made = f"({made}) NOT {said(term)}"
    return made


_OF_PART = text("SELECT word FROM search_word WHERE forms LIKE :part LIMIT :most")
_AMONG = text(
    "SELECT m.id, m.ticket_id FROM search_text s JOIN message m ON m.id = s.message_id"
    " WHERE s.message_id < :before AND s.message_id >= :since"
    " AND s.words @@ CAST(:query AS tsquery) ORDER BY s.message_id DESC LIMIT :limit"
)
_AMONG_NEWER = text(
    "SELECT DISTINCT m.ticket_id FROM message m JOIN search_text s ON s.message_id = m.id"
    " WHERE m.ticket_id IN :tickets AND m.id >= :since AND s.words @@ CAST(:query AS tsquery)"
).bindparams(bindparam("tickets", expanding=True))
_ALL = text(
    "WITH found AS MATERIALIZED (SELECT message_id FROM search_text"
    " WHERE words @@ CAST(:query AS tsquery))"
    " SELECT m.id, m.ticket_id FROM (SELECT message_id FROM found WHERE message_id < :before"
    " ORDER BY message_id DESC LIMIT :limit) AS newest"
    " JOIN message m ON m.id = newest.message_id ORDER BY m.id DESC"
)
_SINCE = text(
    "SELECT message_id FROM search_text WHERE message_id < :before"
    " ORDER BY message_id DESC OFFSET :most LIMIT 1"
)


def _postgresql(session: Session, values: dict[str, Any]) -> list[Hit]:
    # What stands in every tenth message is found among the newest; what does not is so rare that
    # finding all of it is quick. The index alone would find half of all messages first.
    span = _NEWEST
    while span and span <= _NEWEST_MAX:
        since = session.execute(_SINCE, values | {"most": span}).scalar()
        if since is None:
            break
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        found = [Hit(*row) for row in session.execute(_AMONG, values | {"since": since})]
        session.execute(text("SET LOCAL enable_bitmapscan = on"))
        if len(found) == values["limit"]:
            return found
        # As many more as the hits so far let expect, and some; without a hit: all.
        span = max(span * values["limit"] * 3 // 2 // len(found), span * 2) if found else 0
    session.execute(text("SET LOCAL enable_seqscan = off"))
    hits = [Hit(*row) for row in session.execute(_ALL, values)]
    session.execute(text("SET LOCAL enable_seqscan = on"))
    return hits


def _tsquery(session: Session, wanted: Wanted, customers: Sequence[str]) -> str:
    """Return a query of PostgreSQL's; words are of letters and digits, so nothing is escaped."""

    def alternatives(term: Term) -> Iterator[str]:
        *first, last = term.words
        yield " <-> ".join([*first, f"{last}:*" if term.is_part else last])
        if term.part:
            for word in session.scalars(_OF_PART, {"part": f"%{term.part}%", "most": WORDS_MAX}):
                if not word.startswith(term.part):
                    yield word

    def said(terms: Sequence[Term], sign: str = "") -> list[str]:
        return [f"{sign}({' | '.join(alternatives(term))})" for term in terms]

    theirs = [f"({' | '.join(customers)})"] if customers else []
    return " & ".join([*theirs, *said(wanted.terms), *said(wanted.without, "!")])
