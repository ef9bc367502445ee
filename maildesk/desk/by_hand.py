"""What an operator does by hand to mail and letters. One transaction for each function."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from maildesk.desk.outbox import MAY_SEND
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import InboundRow, OutboundRow, SettingRow


def dismiss(db: Database, inbound_id: int, now: datetime) -> bool:
    """Take a mail off the lists for good: it stays stored and may still be replayed.

    Returns False if there is none of that number that is held, set aside or automatic.
    """
    rows = update(InboundRow).where(
        col(InboundRow.id) == inbound_id,
        col(InboundRow.state).in_(("held", "set_aside", "automatic")),
    )
    gone = rows.values(state="dismissed", handled_at=now)
    return db.change(lambda session: rows_met(session, gone) == 1)


def retry_failed(db: Database, now: datetime) -> int:
    """Make every failed letter due at once and return how many there were."""
    rows = update(OutboundRow).where(col(OutboundRow.state) == "failed")
    again = rows.values(state="queued", queued_at=now, next_attempt_at=now, settled_at=None)
    return db.change(lambda session: rows_met(session, again))


def release(db: Database) -> int:
    """Let letters leave again after a restore; return how many are queued."""

    def work(session: Session) -> int:
        session.merge(SettingRow(name=MAY_SEND, value="yes"))
        queued = select(func.count()).where(col(OutboundRow.state) == "queued")
        return int(session.execute(queued).scalar_one())

    return db.change(work)
