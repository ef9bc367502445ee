"""The part of `maildesk check` that says whether people find pages, and who may sign in there."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maildesk.config import Site

Look = tuple[bool, str, str]  # whether all is well, in words how it stands, and what to do


def look(site: "Site") -> Look | None:
    """Return how it stands with the pages; None where nobody set them up or let anybody in."""
    let_in = _let_in(site)
    if site.web.base_url:
        who = (
            "everyone with a ticket" if site.web.activation == "everyone" else f"{let_in} contacts"
        )
        return True, f"reached at {site.web.base_url}; staff and {who} may sign in", ""
    if not let_in:
        return None
    words = f"there are none, though {let_in} contacts may sign in"
    return True, words, "set web.base_url to the address that the pages are reached at"


def _let_in(site: "Site") -> int:
    """Return to how many contacts the service area is open; 0 where the database is not ready."""
    from sqlalchemy.exc import SQLAlchemyError

    from maildesk.desk.portal.activation import number_let_in
    from maildesk.store.db import Database

    try:
        db = Database(site.database.url)
        try:
            file = Path(db.url.database or "") if db.is_sqlite else None
            return number_let_in(db) if file is None or file.is_file() else 0
        finally:
            db.close()
    except (SQLAlchemyError, ImportError):
        return 0
