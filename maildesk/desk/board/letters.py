"""The outbox: letters that wait, failed or are held, what was sent, and one letter as it left."""

import email
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy as email_policy
from email.message import EmailMessage

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from maildesk.desk import by_hand, outbox
from maildesk.desk.attached import Attached
from maildesk.desk.context import Desk
from maildesk.desk.lists import LetterLine, letter_line
from maildesk.desk.tokens import tokens_in, without_tokens
from maildesk.mail.attachments import safe_name
from maildesk.mail.header import decode_words
from maildesk.store.tables import OutboundRow

PAGE = 50
DUE = ("queued", "failed", "held")
STATES = (*DUE, "sent")
_HEAD = 4096  # octets in which the subject of a letter stands: we write it near the top
_SUBJECT = re.compile(rb"^subject:[ \t]*(.*(?:\r?\n[ \t].*)*)", re.I | re.M)
_SUBJECT_MAX = 200
_COUNT_MAX = 10_000
_SHOWN = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter on the list, with its subject."""

    line: LetterLine
    subject: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A page of letters, the newest first. `older` is the id to go on before, None at the end.

    `counts` are of those that have not left; `may_send` is False after a restore until somebody
    lets them leave.
    """

    letters: tuple[Listed, ...]
    counts: dict[str, int]
    older: int | None
    may_send: bool


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One letter as it left. `headers` are those that matter, decoded, as (name, value).

    The text and the headers hold no token of a page: links are for whom the letter is to.
    """

    line: LetterLine
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    files: tuple[Attached, ...]
    size: int

    @property
    def can_retry(self) -> bool:
        return self.line.state in DUE


def letters(desk: Desk, state: str, before: int | None) -> Outgoing:
    """Return letters in a state, "" for all that have not left; those before an id, if told."""
    states = (state,) if state in STATES else DUE
    with desk.db.read() as session:
        found = [row for each in states for row in _page(session, each, before)]
        rows = sorted(found, key=lambda row: row[0].id or 0, reverse=True)
        shown = rows[:PAGE]
        return Outgoing(
            letters=tuple(
                Listed(letter_line(row, desk.policy.code), subject_of(head)) for row, head in shown
            ),
            counts={each: _count(session, each) for each in DUE},
            older=shown[-1][0].id if len(rows) > PAGE else None,
            may_send=outbox.may_send(session),
        )


def letter(desk: Desk, outbound_id: int) -> LetterPage | None:
    """Return one letter, None if there is none of that id."""
    with desk.db.read() as session:
        row = session.get(OutboundRow, outbound_id)
        if row is None:
            return None
        line, raw = letter_line(row, desk.policy.code), row.raw
    message = _message(raw)
    body = message.get_body(("plain",))
    return LetterPage(
        line=line,
        subject=subject_of(raw),
        headers=tuple(
            (name, str(value))
            for name in _SHOWN
            for value in message.get_all(name, [])[:1]
        ),
        text=str(body.get_content()) if body is not None else "",
        files=tuple(
            Attached(number, _name(part), part.get_content_type(), len(_octets(part)))
            for number, part in enumerate(message.iter_attachments(), 1)
        ),
        size=len(raw),
    )  # fmt: skip


def file(desk: Desk, outbound_id: int, number: int) -> tuple[bytes, str, str] | None:
    """Return a file of a letter as (octets, name, type), None if there is none."""
    with desk.db.read() as session:
        raw = session.scalar(select(col(OutboundRow.raw)).where(col(OutboundRow.id) == outbound_id))
    if raw is None:
        return None
    for at, part in enumerate(_message(raw).iter_attachments(), 1):
        if at == number:
            return _octets(part), _name(part), part.get_content_type()
    return None


def retry(desk: Desk, outbound_id: int, now: datetime) -> bool:
    """Make a letter due at once, also one that failed or is held. False if there is none."""
    return outbox.retry(desk.db, outbound_id, now)


def retry_failed(desk: Desk, now: datetime) -> int:
    """Make every failed letter due at once and return how many there were."""
    return by_hand.retry_failed(desk.db, now)


def release(desk: Desk) -> int:
    """Let letters leave again after a restore; return how many are queued."""
    return by_hand.release(desk.db)


def subject_of(raw: bytes) -> str:
    """Return the subject in the head of a letter of ours, on one line."""
    found = _SUBJECT.search(raw[:_HEAD].partition(b"\r\n\r\n")[0])
    if found is None:
        return ""
    folded = re.sub(r"\r?\n[ \t]+", " ", found[1].decode("utf-8", "replace")).strip()
    return " ".join(decode_words(folded, []).split())[:_SUBJECT_MAX]


def _page(session: Session, state: str, before: int | None) -> Sequence[tuple[OutboundRow, bytes]]:
    """Return a page of one state: each has an index of its own, sent ones go by the id."""
    head = func.substr(col(OutboundRow.raw), 1, _HEAD)
    query = (
        select(OutboundRow, head).options(defer(OutboundRow.raw))  # type: ignore[arg-type]  # SQLModel: bytes, not the column
    )
    ids = select(col(OutboundRow.id)).where(_is_in(state))
    if before is not None:
        ids = ids.where(col(OutboundRow.id) < before)
    # Those that wait are few and have an index by another column: in the order of the id itself
    # all letters would be walked through for them.
    by = -col(OutboundRow.id) if state == "queued" else col(OutboundRow.id).desc()
    newest = session.scalars(ids.order_by(by).limit(PAGE + 1)).all()
    rows = session.execute(query.where(col(OutboundRow.id).in_(newest))).all()
    return [(row, bytes(octets)) for row, octets in rows]


def _is_in(state: str) -> ColumnElement[bool]:
    # In the question itself, so that it is seen to fit its index.
    return col(OutboundRow.state) == literal(state, literal_execute=True)


def _count(session: Session, state: str) -> int:
    some = select(col(OutboundRow.id)).where(_is_in(state)).limit(_COUNT_MAX).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _message(raw: bytes) -> EmailMessage:
    bare = without_tokens(raw, tokens_in(raw))
    return email.message_from_bytes(bare, policy=email_policy.default)


def _octets(part: EmailMessage) -> bytes:
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else part.as_bytes()


def _name(part: EmailMessage) -> str:
    return safe_name(part.get_filename("")) or "file"
