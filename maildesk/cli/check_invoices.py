"""The part of `maildesk check` that says whether invoices can be issued, and what is missing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maildesk.config import Site


def look(site: "Site") -> tuple[bool, str, str]:
    """Return whether all is well with invoices, in words how it stands, and what to do."""
    from maildesk.config import ConfigError
    from maildesk.desk.invoices import agency
    from maildesk.desk.invoices.makers import look_of

    if not agency.is_set_up(site):
        return True, "not set up; whoever wants them fills in [agency]", ""
    if wanted := agency.missing(site):
        first, *more = wanted
        rest = f"; then {'; '.join(more)}" if more else ""
        return False, "none can be issued yet", f"it still wants {first}{rest}"
    try:
        look_of(site)
    except ConfigError as error:
        return False, "the logo cannot be used", str(error)
    if site.billing.agent and (unknown := _unknown(site)):
        return False, f"billing.agent names {unknown}", "name the login of an agent who is enabled"
    told = "" if site.billing.agent else "; nobody gets the summaries until billing.agent is set"
    return True, f"{site.agency.name} can issue them{told}", ""


def _unknown(site: "Site") -> str:
    """Return the login of whoever bills if there is no such agent; "" if there is, or no database yet."""
    from pathlib import Path

    from sqlalchemy.exc import SQLAlchemyError

    from maildesk.store.db import Database
    from maildesk.store.queries import agents

    login = site.billing.agent
    try:
        db = Database(site.database.url)
        try:
            if db.is_sqlite and not Path(db.url.database or "").is_file():
                return ""
            with db.read() as session:
                known = any(each.enabled and each.login == login for each in agents(session))
        finally:
            db.close()
    except (SQLAlchemyError, ImportError):
        return ""  # what is wrong with the database is said in its own line
    return "" if known else f"{login!r}, and there is no such agent"
