"""Addresses that letters of ours came back from: kept, shown, and forgotten again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, bindparam, delete, func, or_, select, text
from sqlmodel import Session, col

from maildesk.mail.smtp import Reply
from maildesk.rules.failures import Failure, Unreachable, after_failure, of_reply
from maildesk.store.columns import Moment
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import AddressMarkRow

KIND = "unreachable"

_NOTE = text(
    "INSERT INTO address_mark (address, kind, since, until, last, times, hard, reason, said_by)"
    " VALUES (:address, 'unreachable', :since, :until, :last, :times, :hard, :reason, '')"
    " ON CONFLICT (address, kind) DO UPDATE SET since = :since, until = :until, last = :last,"
    " times = :times, hard = :hard, reason = :reason"
).bindparams(*(bindparam(name, type_=Moment) for name in ("since", "until", "last")))


@dataclass(frozen=True, slots=True)
class UnreachableLine:
    """An address on the list. `until` is None while too little is known to act on it."""

    address: str
    hard: bool
    since: datetime
    last: datetime
    until: datetime | None
    times: int
    reason: str


def note(session: Session, address: str, found: Unreachable | None) -> None:
    """Keep what is known of an address (lower case), within a transaction; None forgets it."""
    if found is None:
        session.execute(_of(address))
        return
    values = {"since": found.since, "until": found.until, "last": found.last,
              "times": found.times, "hard": found.hard, "reason": found.reason}  # fmt: skip
    session.execute(_NOTE, {"address": address, **values})


def refused(session: Session, address: str, reply: Reply, now: datetime) -> None:
    """Draw from a relay's final refusal of a letter what it says about the recipient."""
    failure = of_reply(reply)
    if failure is Failure.NOTHING:
        return
    row = session.get(AddressMarkRow, (address.lower(), KIND))
    before = Unreachable(row.hard, row.since, row.until, row.last, row.times) if row else None
    found = after_failure(before, failure, str(reply)[:300], now)
    if found is not None:
        note(session, address.lower(), found)


def listed(
    session: Session, now: datetime, limit: int, everything: bool = False
) -> tuple[list[UnreachableLine], int]:
    """Return at most `limit` addresses, the latest failure first, and how many there are.

    Those whose time is over are left out, unless `everything` is asked for.
    """
    asked = [col(AddressMarkRow.kind) == KIND]
    if not everything:
        until = col(AddressMarkRow.until)
        asked.append(or_(until > now, until.is_(None)))
    total = session.execute(select(func.count()).select_from(AddressMarkRow).where(*asked))
    query = select(AddressMarkRow).where(*asked).order_by(col(AddressMarkRow.last).desc())
    lines = [
        UnreachableLine(
            row.address, row.hard, row.since, row.last, row.until, row.times, row.reason
        )
        for row in session.scalars(query.limit(limit))
    ]
    return lines, total.scalar_one()


def forget(db: Database, address: str) -> bool:
    """Take an address off the list: it is written to again. Returns False if it is not on it."""
    return db.change(lambda session: rows_met(session, _of(address)) == 1)


def _of(address: str) -> Delete:
    return delete(AddressMarkRow).where(
        col(AddressMarkRow.address) == address, col(AddressMarkRow.kind) == KIND
    )
