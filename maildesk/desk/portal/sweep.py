"""What the pages need no more is taken out of the database: links, sessions and forms that ended."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.portal.sessions import IDLE
from maildesk.store.db import rows_met
from maildesk.store.web_tables import FormRow, SessionRow, SignInRow

EVERY = timedelta(minutes=10)
AFTER = timedelta(days=1)  # longer than any budget looks back, and for whoever presses twice
MANY = 500  # rows of each sort at once; the others have their turn later


def sweep(desk: Desk, now: datetime) -> int:
    """Delete what ended, a bounded number of rows; return how many that were.

    Sessions go as soon as they ended or nobody used them; links and forms a day later.
    """
    ended = {
        col(SignInRow.token_sha256): col(SignInRow.expires_at) < now - AFTER,
        col(FormRow.token_sha256): col(FormRow.expires_at) < now - AFTER,
        col(SessionRow.id_sha256): or_(
            col(SessionRow.expires_at) < now, col(SessionRow.seen_at) < now - IDLE
        ),
    }
    with desk.db.read() as session:
        found: dict[Any, list[str]] = {
            key: list(session.scalars(select(key).where(over).limit(MANY)))
            for key, over in ended.items()
        }

    def work(session: Session) -> int:
        # What was looked at just now may have been used since: the condition is asked again.
        return sum(
            rows_met(session, delete(key.class_).where(key.in_(keys), ended[key]))
            for key, keys in found.items()
            if keys
        )

    return desk.db.change(work) if any(found.values()) else 0
