"""Numbers of tickets and messages: taken before anything is written, so that letters can say them.

They come from counter rows, not from the tables: gaps are harmless, and a rolled-back batch
leaves one.
"""

from sqlalchemy import text
from sqlmodel import Session

_TAKE = text("UPDATE counter SET value = value + :count WHERE name = :name RETURNING value")


def take(session: Session, name: str, count: int) -> range:
    """Return the next `count` numbers of a counter (ticket, message). Raises LookupError."""
    last = session.execute(_TAKE, {"name": name, "count": count}).scalar_one_or_none()
    if last is None:
        raise LookupError(f"there is no counter named {name!r}")
    return range(last - count + 1, last + 1)
