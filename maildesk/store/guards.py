"""The triggers that refuse to change what was issued: are they all there, and awake?

They are made by the migrations. Whoever owns the tables can take them away, and then only the
journal's hashes would tell what he changed.
"""

from sqlalchemy import text
from sqlmodel import Session

_NEVER = {
    "invoice": ("insert", "update", "delete"),
    "invoice_line": ("insert", "update", "delete"),
    "invoice_document": ("insert", "update", "delete"),
    "invoice_claim": ("insert", "update", "delete"),
    "invoice_event": ("update", "delete"),
    "payment": ("update", "delete"),
    "time_entry": ("update", "delete"),
    "flat_item": ("update", "delete"),
}
_EVERYWHERE = frozenset(f"{table}_no_{what}" for table, all_ in _NEVER.items() for what in all_)
_ON_SQLITE = _EVERYWHERE | {"event_no_update", "event_no_delete"}
_ON_POSTGRESQL = _EVERYWHERE | {"event_no_change"} | {
    f"{table}_no_truncate"
    for table in _NEVER
    if table not in ("time_entry", "flat_item")
}  # fmt: skip

_SQLITE = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
_POSTGRESQL = text(
    "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    " AND relnamespace = current_schema()::regnamespace"
)


def asleep(session: Session) -> list[str]:
    """Return the names of the triggers that are gone or switched off, sorted."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    found = set(session.scalars(_SQLITE if on_sqlite else _POSTGRESQL))
    return sorted((_ON_SQLITE if on_sqlite else _ON_POSTGRESQL) - found)
