"""What was said between a customer and us in a ticket, and the files with it. Read only.

His side are the messages of those who take part. Ours are the letters that left: what an agent
wrote and took back before it went, his commands and his notes are in none of them.
"""

import email
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, func, or_, select, type_coerce
from sqlmodel import Session, col

from maildesk.desk.attached import Attached
from maildesk.desk.letters import FILES_MAX, LOGO
from maildesk.store.tables import AttachmentRow, MessageRow, OutboundRow

TEXT_MAX = 30_000  # characters of one message
LETTERS = ("answer", "question", "closing", "planned", "closed_unfinished")
HIS, OURS, ASKED = 0, 1, 2  # the order of what happened in the same moment
HEAD_LINES, HEAD_CHARACTERS = 18, 1_400  # of a text; the rest is folded
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RAW_HEAD = 131_072  # octets of a letter: its fields and its text come first
_NO_FILES = ("message/", "text/rfc822-headers")  # of ours: a notice that hangs on an answer
_NO_NAMES = (".eml", ".msg")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in a conversation: its moment, what it is, and its id."""

    at: datetime
    rank: int
    id: int


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said. `address` is his, "" for us; `message_id` is that of its files.

    `is_cut`: there was more than TEXT_MAX characters.
    """

    place: Place
    ours: bool
    name: str
    address: str
    text: str
    is_cut: bool
    message_id: int
    files: tuple[Attached, ...]

    @property
    def at(self) -> datetime:
        return self.place.at


def said(
    session: Session, tickets: Sequence[int], before: Place | None, most: int, now: datetime
) -> list[Said]:
    """Return at most `most` of what was said in some tickets before a place, the newest first."""
    found = [
        *_his(session, tickets, before, most),
        *_ours(session, tickets, before, most, now),
    ]
    return sorted(found, key=lambda each: each.place, reverse=True)[:most]


def files_of(session: Session, message: Any, now: datetime) -> tuple[AttachmentRow, ...]:
    """Return the files of a message that the customer may have, each at its number less one.

    None where he may have none of them, or nothing of it was sent.
    """
    rows = tuple(session.scalars(_attached([message.id])))
    if message.standing == "participant":
        return rows
    if message.standing != "answer" or message.inbound_id is None:
        return ()
    sent = select(_head()).where(
        col(OutboundRow.ticket_id) == message.ticket_id,
        col(OutboundRow.inbound_id) == message.inbound_id,
        *_left(now),
    )
    head = session.scalars(sent.limit(1)).first()
    return rows if head is not None and _has_files(head) else ()


def is_outward(row: AttachmentRow) -> bool:
    """Tell whether a file of an agent's answer goes to the customer, as `desk.letters` decides."""
    inside = row.type.startswith(_NO_FILES) or row.name.lower().endswith(_NO_NAMES)
    return not inside and not (row.inline and row.size < LOGO) and row.size <= FILES_MAX


def place_of(text: str) -> Place | None:
    """Return the place that `place_words` wrote, None for any other text."""
    parts = text.split("-")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        return None
    at, rank, id_ = map(int, parts)
    return Place(_EPOCH + timedelta(microseconds=at), rank, id_)


def place_words(place: Place) -> str:
    """Return a place as a word for an address."""
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}-{place.rank}-{place.id}"


def cut(text: str) -> tuple[str, str]:
    """Return a text as what is shown at once and what is folded, "" where all of it is short."""
    lines = text.split("\n")
    if len(text) <= HEAD_CHARACTERS * 2 and len(lines) <= HEAD_LINES * 2:
        return text, ""
    head, size = 0, 0
    for line in lines[:HEAD_LINES]:
        size += len(line) + 1
        if head and size > HEAD_CHARACTERS:
            break
        head += 1
    shown = "\n".join(lines[:head])
    if len(shown) > HEAD_CHARACTERS * 2:  # one line without an end
        return text[:HEAD_CHARACTERS], text[HEAD_CHARACTERS:]
    return shown.rstrip(), "\n".join(lines[head:]).strip("\n")


def _his(session: Session, tickets: Sequence[int], before: Place | None, most: int) -> list[Said]:
    cut = TEXT_MAX + 1
    query = select(
        col(MessageRow.id), col(MessageRow.author), col(MessageRow.author_name),
        col(MessageRow.filed_at),
        func.substr(col(MessageRow.text), 1, cut).label("text"),
        func.substr(col(MessageRow.reply), 1, cut).label("reply"),
    ).where(col(MessageRow.ticket_id).in_(tickets), col(MessageRow.standing) == "participant")  # fmt: skip
    at, id_ = col(MessageRow.filed_at), col(MessageRow.id)
    if before is not None:
        query = query.where(_before(at, id_, HIS, before))
    rows = session.execute(query.order_by(at.desc(), id_.desc()).limit(most)).all()
    files = _files(session, [row.id for row in rows])
    return [
        Said(
            place=Place(row.filed_at, HIS, row.id),
            ours=False,
            name=row.author_name,
            address=row.author,
            text=(row.reply or row.text)[:TEXT_MAX].strip("\n"),
            is_cut=len(row.reply or row.text) > TEXT_MAX,
            message_id=row.id,
            files=tuple(
                Attached(number, each.name, each.type, each.size)
                for number, each in files.get(row.id, ())
                if not (each.inline and each.size < LOGO)
            ),
        )
        for row in rows
    ]


def _ours(
    session: Session, tickets: Sequence[int], before: Place | None, most: int, now: datetime
) -> list[Said]:
    """Return our letters, of those that went to several people one each."""
    first = func.min(col(OutboundRow.id))
    at = col(OutboundRow.queued_at)
    query = select(first).where(col(OutboundRow.ticket_id).in_(tickets), *_left(now))
    query = query.group_by(col(OutboundRow.inbound_id), col(OutboundRow.purpose), at)
    if before is not None:
        query = query.having(_before(at, first, OURS, before))
    ids = list(session.scalars(query.order_by(at.desc(), first.desc()).limit(most)))
    rows = session.execute(
        select(col(OutboundRow.id), at, col(OutboundRow.inbound_id), _head()).where(
            col(OutboundRow.id).in_(ids)
        )
    ).all()
    answers = _answers(session, [row[2] for row in rows if row[2] is not None])
    files = _files(session, answers.values())
    return [_letter(id_, at_, answers.get(by, 0), head, files) for id_, at_, by, head in rows]


def _letter(
    id_: int,
    at: datetime,
    message_id: int,
    head: bytes,
    files: dict[int, list[tuple[int, AttachmentRow]]],
) -> Said:
    read = email.message_from_bytes(head, _class=EmailMessage, policy=policy.default)
    body = read.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    sender = read["From"].addresses[0].display_name if read["From"] else ""
    shown = files.get(message_id, []) if _has_files(head) else []
    return Said(
        place=Place(at, OURS, id_),
        ours=True,
        name=sender,
        address="",
        text=text.replace("\r\n", "\n").partition("\n-- \n")[0].strip("\n")[:TEXT_MAX],
        is_cut=len(text) > TEXT_MAX,
        message_id=message_id,
        files=tuple(
            Attached(number, each.name, each.type, each.size)
            for number, each in shown
            if is_outward(each)
        ),
    )


def _left(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for letters of ours to people that nobody can take back any more."""
    state, tried = col(OutboundRow.state), col(OutboundRow.attempts) > 0
    due = or_(tried, col(OutboundRow.next_attempt_at) <= now)
    return (
        col(OutboundRow.purpose).in_(LETTERS),
        or_(state.in_(("sent", "failed")), and_(state == "queued", due)),
    )


def _head() -> ColumnElement[bytes]:
    return type_coerce(func.substr(col(OutboundRow.raw), 1, _RAW_HEAD), LargeBinary).label("head")


def _has_files(head: bytes) -> bool:
    """Tell whether a letter took files along (`mail.compose`)."""
    return b"\r\nContent-Type: multipart/mixed" in head.partition(b"\r\n\r\n")[0]


def _before(at: Any, id_: Any, rank: int, place: Place) -> ColumnElement[bool]:
    same = [id_ < place.id] if rank == place.rank else []
    if rank < place.rank:
        return or_(at < place.at, at == place.at)
    return or_(at < place.at, *(and_(at == place.at, each) for each in same))


def _answers(session: Session, inbound: Collection[int]) -> dict[int, int]:
    """Return the messages of agents' mails that were filed as answers, by inbound id."""
    if not inbound:  # an empty list would have SQLite read every answer that there is
        return {}
    query = select(col(MessageRow.inbound_id), col(MessageRow.id)).where(
        col(MessageRow.inbound_id).in_(inbound), col(MessageRow.standing) == "answer"
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _attached(ids: Collection[int]) -> Any:
    query = select(AttachmentRow).where(col(AttachmentRow.message_id).in_(ids))
    return query.order_by(col(AttachmentRow.id))


def _files(session: Session, ids: Collection[int]) -> dict[int, list[tuple[int, AttachmentRow]]]:
    found: dict[int, list[tuple[int, AttachmentRow]]] = defaultdict(list)
    if ids:
        for row in session.scalars(_attached(ids)):
            found[row.message_id].append((len(found[row.message_id]) + 1, row))
    return found
