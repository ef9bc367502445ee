"""The index of all words of all messages: what it lacks, and how that gets into it.

An incoming mail writes nothing here. What is new is found by its number, what changed by the
marks that triggers left (search_stale), and whatever was missed by a sweep that never ends. A
message of a hidden sender (spam) is not in the index.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, text
from sqlmodel import Session

from maildesk.rules.folding import words_and_forms
from maildesk.store.db import rows_met

READ_MAX = 50_000  # characters of a message that are indexed
LATE = 500  # numbers: one that is lower than others may be committed after them
SWEPT = 5_000  # messages that one step of the sweep looks at
CUSTOMER = "\ue000"  # before a customer's id: nobody can type a word with it
_SEAM = "\ue001"  # between two texts, so that no phrase goes over it
_POSITION_MAX = 16_383  # of a word, in PostgreSQL
_POSITIONS_MAX = 200  # of the same word
_PART_OF_MAX = 40  # letters of a word in which parts are looked for
_PART_OF_MIN = 4

_IN_INDEX = {
    "sqlite": "SELECT 1 FROM search_text_content c WHERE c.id = m.id",
    "postgresql": "SELECT 1 FROM search_text c WHERE c.message_id = m.id",
}
_NEW = (
    "SELECT m.id FROM message m WHERE m.id > :after AND m.standing <> 'spam'"
    " AND NOT EXISTS ({there}) ORDER BY m.id DESC LIMIT :limit"
)
_SWEEP = (
    "SELECT m.id, m.standing <> 'spam' AND NOT EXISTS ({there}) AS lacking"
    " FROM message m WHERE m.id < :below ORDER BY m.id DESC LIMIT :limit"
)
_DOCUMENTS = text(
    "SELECT m.id, m.standing, m.author, m.author_name, m.subject,"
    " substr(m.text, 1, :most) AS body, t.title, t.requester, t.requester_name,"
    " t.customer_id, customer.name AS customer"
    " FROM message m JOIN ticket t ON t.id = m.ticket_id"
    " LEFT JOIN customer ON customer.id = t.customer_id WHERE m.id IN :ids"
).bindparams(bindparam("ids", expanding=True))
_FILES = text("SELECT message_id, name FROM attachment WHERE message_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass(frozen=True, slots=True)
class Document:
    """The words of a message, folded and in order; () where it is not to be found (any more)."""

    message_id: int
    words: tuple[str, ...] = ()
    forms: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents to write, the marks that they answer, and the places to go on from.

    `turn` is compared: what was read before somebody else wrote is read again.
    """

    turn: int
    top: int
    below: int
    stale: tuple[int, ...] = ()
    documents: tuple[Document, ...] = ()
    is_news: bool = False  # there is something to write


def waiting(session: Session, limit: int, sweep: bool = False) -> Batch:
    """Return at most `limit` messages that the index lacks, or has as they were before.

    What changed comes first, then what is new; with `sweep` also what is older, newest first.
    """
    at = _state(session)
    there = _IN_INDEX[_dialect(session)]
    marks = session.execute(
        text("SELECT id, message_id FROM search_stale ORDER BY id LIMIT :limit"), {"limit": limit}
    ).all()
    ids: dict[int, None] = dict.fromkeys(message_id for _, message_id in marks)
    top, below, room = at["top"], at["below"], limit - len(ids)
    if room > 0 and top:
        values = {"after": max(top - LATE, 0), "limit": room}
        new = session.scalars(text(_NEW.format(there=there)), values).all()
        ids |= dict.fromkeys(new)
        top = max([top, *new])
        if len(new) == room:  # there may be more of them: the sweep comes by
            below = max(below, top + 1)
        room -= len(new)
    if not top:  # the first time: all that is there is old
        top = int(session.execute(text("SELECT coalesce(max(id), 0) FROM message")).scalar_one())
        below, sweep = top + 1, top > 0
    if sweep and room > 0:
        if below <= 1:
            below = top + 1  # once more from the beginning
        values = {"below": below, "limit": SWEPT}
        seen = session.execute(text(_SWEEP.format(there=there)), values).all()
        lacking = [row.id for row in seen if row.lacking]
        ids |= dict.fromkeys(lacking[:room])
        if len(lacking) > room:
            below = lacking[room - 1]
        else:
            below = seen[-1].id if len(seen) == SWEPT else 0
    moved = (top, below) != (at["top"], at["below"])
    return Batch(
        at["turn"], top, below, tuple(row.id for row in marks), _documents(session, list(ids)),
        bool(ids) or moved,
    )  # fmt: skip


def is_complete(session: Session) -> bool:
    """Tell whether the sweep has been through all messages at least once."""
    at = _state(session)
    return (
        bool(at["filled"]) or session.execute(text("SELECT 1 FROM message LIMIT 1")).first() is None
    )


def write(session: Session, batch: Batch) -> bool:
    """Write a batch into the index; False where somebody else was quicker, and nothing is done."""
    turned = text("UPDATE search_state SET value = value + 1 WHERE name = 'turn' AND value = :turn")
    if rows_met(session, turned, [{"turn": batch.turn}]) != 1:
        return False
    places = text("UPDATE search_state SET value = :value WHERE name = :name")
    at = {"top": batch.top, "below": batch.below} | ({"filled": 1} if batch.below <= 1 else {})
    session.execute(places, [{"name": name, "value": value} for name, value in at.items()])
    ids = [each.message_id for each in batch.documents]
    on_sqlite = _dialect(session) == "sqlite"
    before = _words_of(session, ids, on_sqlite) if batch.stale else set()
    # In the order of their numbers: FTS5 writes a piece of its index each time one goes back.
    found = sorted(batch.documents, key=lambda each: each.message_id)
    written = [each for each in found if each.words]
    gone = [each.message_id for each in batch.documents if not each.words]
    _delete(session, gone, on_sqlite)
    _write_texts(session, written, on_sqlite)
    known: dict[str, str] = {}
    for each in written:
        known |= each.forms
    _write_words(session, known, on_sqlite)
    _forget_words(session, before - set(known), on_sqlite)
    if batch.stale:
        session.execute(
            text("DELETE FROM search_stale WHERE id = :id"), [{"id": id_} for id_ in batch.stale]
        )
    return True


def _state(session: Session) -> dict[str, int]:
    rows = session.execute(text("SELECT name, value FROM search_state"))
    return {str(row.name): int(row.value) for row in rows}


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _documents(session: Session, ids: Sequence[int]) -> tuple[Document, ...]:
    found: dict[int, Document] = {}
    names: dict[int, list[str]] = {}
    for start in range(0, len(ids), 500):
        chunk: dict[str, Any] = {"ids": ids[start : start + 500]}
        for message_id, name in session.execute(_FILES, chunk):
            names.setdefault(message_id, []).append(name)
        for row in session.execute(_DOCUMENTS, chunk | {"most": READ_MAX}):
            if row.standing != "spam":
                found[row.id] = _document(row, names.get(row.id, ()))
    return tuple(found.get(each) or Document(each) for each in ids)


def _document(row: Any, files: Iterable[str]) -> Document:
    texts = (
        row.title, row.requester_name, row.requester, row.customer or "", row.author_name,
        row.author, row.subject if row.subject != row.title else "", *files, row.body,
    )  # fmt: skip
    kept: list[str] = [f"{CUSTOMER}{row.customer_id or 0}"]
    parts: dict[str, str] = {}
    for each in dict.fromkeys(texts):
        if each:
            found, forms = words_and_forms(each)
            kept += [_SEAM, *found]
            parts |= {word: forms[word] for word in forms if _may_hold_parts(word)}
    return Document(row.id, tuple(kept), parts)


def _may_hold_parts(word: str) -> bool:
    return _PART_OF_MIN <= len(word) <= _PART_OF_MAX and not word.isdigit()


def _words_of(session: Session, ids: Sequence[int], on_sqlite: bool) -> set[str]:
    """Return the words that messages had in the index."""
    query = (
        "SELECT c0 FROM search_text_content WHERE id IN :ids" if on_sqlite
        else "SELECT tsvector_to_array(words) FROM search_text WHERE message_id IN :ids"
    )  # fmt: skip
    rows = session.scalars(
        text(query).bindparams(bindparam("ids", expanding=True)), {"ids": list(ids)}
    )
    return {word for row in rows for word in (row.split() if on_sqlite else row)}


def _delete(session: Session, ids: Collection[int], on_sqlite: bool) -> None:
    key = "rowid" if on_sqlite else "message_id"
    if ids:
        session.execute(
            text(f"DELETE FROM search_text WHERE {key} = :id"),  # noqa: S608 - one of two names
            [{"id": each} for each in ids],
        )


def _write_texts(session: Session, documents: Sequence[Document], on_sqlite: bool) -> None:
    if not documents:
        return
    if on_sqlite:
        session.execute(
            text("INSERT OR REPLACE INTO search_text (rowid, words) VALUES (:id, :words)"),
            [{"id": each.message_id, "words": " ".join(each.words)} for each in documents],
        )
        return
    session.execute(
        text(
            "INSERT INTO search_text (message_id, words)"
            " SELECT id, words::tsvector"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[])) AS new (id, words)"
            " ON CONFLICT (message_id) DO UPDATE SET words = excluded.words"
        ),
        {
            "ids": [each.message_id for each in documents],
            "texts": [_vector(each.words) for each in documents],
        },
    )


def _vector(found: Sequence[str]) -> str:
    """Return words as PostgreSQL writes a tsvector; they are of letters and digits only."""
    places: dict[str, list[int]] = {}
    for position, word in enumerate(found, 1):
        if word != _SEAM:
            places.setdefault(word, []).append(min(position, _POSITION_MAX))
    return " ".join(
        f"{word}:{','.join(map(str, at[:_POSITIONS_MAX]))}" for word, at in places.items()
    )


def _write_words(session: Session, known: dict[str, str], on_sqlite: bool) -> None:
    """Keep the words in which parts are looked for; of those that are known no line is written."""
    if not known:
        return
    if not on_sqlite:
        session.execute(
            text(
                "INSERT INTO search_word (word, forms)"
                " SELECT * FROM unnest(CAST(:words AS text[]), CAST(:forms AS text[]))"
                " ON CONFLICT (word) DO NOTHING"
            ),
            {"words": list(known), "forms": list(known.values())},
        )
        return
    connection = session.connection()
    last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM search_word").scalar_one()
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO search_word (word, forms) VALUES (?, ?)", list(known.items())
    )
    connection.exec_driver_sql(
        "INSERT INTO search_part (rowid, forms) SELECT id, forms FROM search_word WHERE id > ?",
        (last,),
    )


def _forget_words(session: Session, candidates: Collection[str], on_sqlite: bool) -> None:
    """Remove words that no message has any more: a name that was erased is nowhere."""
    for word in candidates:
        if not _may_hold_parts(word):
            continue
        if on_sqlite:
            used = "SELECT 1 FROM search_text WHERE search_text MATCH :word LIMIT 1"
            if session.execute(text(used), {"word": f'"{word}"'}).first() is None:
                for statement in (
                    "INSERT INTO search_part (search_part, rowid, forms)"
                    " SELECT 'delete', id, forms FROM search_word WHERE word = :word",
                    "DELETE FROM search_word WHERE word = :word",
                ):
                    session.execute(text(statement), {"word": word})
        else:
            session.execute(
                text(
                    "DELETE FROM search_word WHERE word = :word AND NOT EXISTS"
                    " (SELECT 1 FROM search_text WHERE words @@ CAST(:word AS tsquery))"
                ),
                {"word": word},
            )
