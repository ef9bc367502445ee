"""Mail comes in: accepted for good, then claimed to be read. Handling it is in `applier`.

Once a door says 250 the message is ours to lose (RFC 5321 section 6.1), so it says so only
after `accept` returned. Nothing is parsed here: no message can be too broken to be accepted.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Row, bindparam, select, text, update
from sqlmodel import Session, SQLModel, col

from maildesk import log
from maildesk.desk import numbers
from maildesk.mail.smtp import Envelope
from maildesk.store.columns import Moment
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import InboundRow, RawRow

ATTEMPTS = 3

# Prepared once: this is the hot path, and building a statement costs more than running it.
# A second copy of the same bytes, or for the same recipients, changes nothing.
_KEEP_RAW = text(
    "INSERT INTO raw (sha256, size, content, stored_at) VALUES (:sha256, :size, :content, :now)"
    " ON CONFLICT (sha256) DO NOTHING"
).bindparams(bindparam("content", type_=LargeBinary), bindparam("now", type_=Moment))
_KEEP = text(
    "INSERT INTO inbound (raw_sha256, rcpt_key, return_path, rcpt_to, via, login, peer, account,"
    " ordered, received_at, oversize, quiet, state, attempts, reason, sender, subject)"
    " VALUES (:sha256, :rcpt_key, :return_path, :rcpt_to, :via, :login, :peer, :account,"
    " :ordered, :now, :oversize, :quiet, 'waiting', 0, '', '', '')"
    " ON CONFLICT (raw_sha256, rcpt_key) DO NOTHING RETURNING id"
).bindparams(bindparam("now", type_=Moment))
_KNOWN = text("SELECT id FROM inbound WHERE raw_sha256 = :sha256 AND rcpt_key = :rcpt_key")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to handle now, and the numbers reserved for what it becomes."""

    inbound_id: int
    attempt: int
    envelope: Envelope
    raw: bytes
    ticket_id: int
    message_id: int
    oversize: int = 0
    quiet: bool = False
    headers_only: bool = False
    released_by: int | None = None
    cleared: bool = False


def accept(db: Database, envelope: Envelope, raw: bytes) -> int:
    """Store a message and return its inbound id, after the commit.

    The same bytes for the same recipients are stored once, so a peer that never heard our 250
    may safely send again.
    """
    return accept_soon(db, envelope, raw).result()


def accept_soon(
    db: Database, envelope: Envelope, raw: bytes, oversize: int = 0, quiet: bool = False
) -> "Future[int]":
    """Like `accept`, but return a future that is resolved after the commit."""
    sha256 = sha256_of(raw)
    return db.submit(
        lambda session: keep(session, envelope, raw, sha256, oversize, quiet), weight=len(raw)
    )


def sha256_of(raw: bytes) -> str:
    """Return the name under which a message is kept."""
    return hashlib.sha256(raw).hexdigest()


def keep(
    session: Session, envelope: Envelope, raw: bytes, sha256: str, oversize: int, quiet: bool
) -> int:
    """Write one message within a transaction of the caller's and return its inbound id."""
    values = {
        "sha256": sha256,
        "size": len(raw),
        "content": raw,
        "rcpt_key": " ".join(sorted(envelope.rcpt_to)),
        "return_path": envelope.return_path,
        "rcpt_to": json.dumps(envelope.rcpt_to),
        "via": envelope.via,
        "login": envelope.login,
        "peer": envelope.peer,
        "ordered": envelope.ordered,
        "account": envelope.account,
        "now": envelope.received_at,
        "oversize": oversize,
        "quiet": quiet,
    }
    connection = session.connection()
    connection.execute(_KEEP_RAW, values)
    kept = connection.execute(_KEEP, values).scalar()
    return int(kept if kept is not None else connection.execute(_KNOWN, values).scalar_one())


def claim(db: Database, now: datetime, limit: int, busy: Collection[int] = ()) -> list[Claimed]:
    """Claim the oldest messages that wait, at most `limit`, leaving out those in hand (`busy`).

    The attempt is counted before anything is read, so a message that kills its reader, or us,
    is met at most three times; what failed three times is set aside here. A message whose last
    attempt ended without a word (the process died) is claimed alone: then only itself can be to
    blame. There is no lease: one process at a time applies (`applier`), and whoever was late
    finds the attempt changed when he wants to write.
    """
    asked = claim_soon(db, now, limit, busy)
    return asked.result() if asked is not None else []


def claim_soon(
    db: Database, now: datetime, limit: int, busy: Collection[int] = ()
) -> "Future[list[Claimed]] | None":
    """Like `claim`, but return a future; None if nothing waits: then nothing is written."""
    left_out = list(busy)
    with db.read() as session:
        if not _waiting(session, 1, left_out):
            return None
    return db.submit(lambda session: _claim(session, now, limit, left_out))


def _claim(session: Session, now: datetime, limit: int, busy: list[int]) -> list[Claimed]:
    waiting = _waiting(session, limit, busy)
    for row in waiting:
        if row.attempts >= ATTEMPTS:
            reason = row.reason or "the process that handled it ended, three times"
            _set_aside(session, row.id, reason, now)
    fresh = [row for row in waiting if row.attempts < ATTEMPTS]
    suspects = [row for row in fresh if row.attempts and not row.reason]
    if suspects:
        fresh = [] if busy else suspects[:1]
    return _take(session, fresh)


_INBOUND = SQLModel.metadata.tables["inbound"]
# Rows instead of objects, and the busy ones in one parameter: this is the hot path.
_WAITING = (
    select(_INBOUND)
    .where(_INBOUND.c.state == "waiting", _INBOUND.c.id.not_in(bindparam("busy", expanding=True)))
    .order_by(_INBOUND.c.id)
    .limit(bindparam("most"))
)
_RAW = (
    select(_INBOUND.c.id, col(RawRow.content))
    .join(RawRow, col(RawRow.sha256) == _INBOUND.c.raw_sha256)
    .where(_INBOUND.c.id.in_(bindparam("ids", expanding=True)))
)
_COUNT = (
    update(_INBOUND)
    .where(_INBOUND.c.id.in_(bindparam("ids", expanding=True)))
    .values(attempts=_INBOUND.c.attempts + 1, reason="")
)


def _waiting(session: Session, limit: int, busy: list[int]) -> Sequence[Row[Any]]:
    return session.connection().execute(_WAITING, {"busy": busy, "most": limit}).all()


def _take(session: Session, rows: Sequence[Row[Any]]) -> list[Claimed]:
    if not rows:
        return []
    tickets = numbers.take(session, "ticket", len(rows))
    messages = numbers.take(session, "message", len(rows))
    connection, ids = session.connection(), {"ids": [row.id for row in rows]}
    raws: dict[int, bytes] = dict(connection.execute(_RAW, ids).all())
    connection.execute(_COUNT, ids)
    return [
        Claimed(row.id, row.attempts + 1, _envelope(row), raws[row.id], ticket, message,
                row.oversize, row.quiet, _headers_only(row), row.released_by, row.cleared)
        for row, ticket, message in zip(rows, tickets, messages, strict=True)
    ]  # fmt: skip


def _headers_only(row: Row[Any]) -> bool:
    """Tell whether the body is better left alone: it may be what killed.

    One attempt without a word was most likely a crash that met the whole batch: then the body
    belongs into the ticket.
    """
    return bool(row.oversize > 0 or row.reason or row.attempts > 1)


def _envelope(row: Row[Any]) -> Envelope:
    return Envelope(
        return_path=row.return_path,
        rcpt_to=tuple(json.loads(row.rcpt_to)),
        via=row.via,
        received_at=row.received_at,
        login=row.login,
        peer=row.peer,
        ordered=row.ordered,
        account=row.account,
    )


def give_back(db: Database, ids: Collection[int]) -> None:
    """Take back the attempt of messages that were claimed and not begun: we are stopping."""
    if not ids:
        return
    rows = update(InboundRow).where(col(InboundRow.id).in_(ids), col(InboundRow.state) == "waiting")
    db.change(lambda session: session.execute(rows.values(attempts=col(InboundRow.attempts) - 1)))


def failed(db: Database, claimed: Claimed, reason: str, now: datetime) -> bool:
    """Note why an attempt failed; tell whether the message waits for another one.

    The third failure sets it aside, for staff to see.
    """

    def work(session: Session) -> bool:
        row = session.get(InboundRow, claimed.inbound_id)
        if row is None or row.state != "waiting" or row.attempts != claimed.attempt:
            return False
        row.reason = reason[:500]
        if row.attempts >= ATTEMPTS:
            _set_aside(session, claimed.inbound_id, reason, now)
        return row.attempts >= ATTEMPTS

    given_up = db.change(work)
    if given_up:
        log.set_aside(claimed.inbound_id, reason)
    else:
        log.retried(claimed.inbound_id, claimed.attempt, reason)
    return not given_up


def _set_aside(session: Session, inbound_id: int | None, reason: str, now: datetime) -> None:
    row = session.get_one(InboundRow, inbound_id)
    row.state, row.reason, row.handled_at = "set_aside", reason[:500], now
    session.add(row)


def replay(db: Database, inbound_id: int) -> bool:
    """Hand a message that was held, set aside or left once more to the desk.

    Returns False if there is none of that number on one of the lists.
    """
    rows = update(InboundRow).where(
        col(InboundRow.id) == inbound_id,
        col(InboundRow.state).in_(("set_aside", "held", "automatic", "dismissed")),
    )
    again = rows.values(state="waiting", attempts=0, reason="", handled_at=None)
    return db.change(lambda session: rows_met(session, again) == 1)
