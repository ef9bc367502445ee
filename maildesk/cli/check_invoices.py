"""The part of `maildesk check` that says whether invoices can be issued, and what is missing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maildesk.config import Site


Look = tuple[bool, str, str]  # whether all is well, in words how it stands, and what to do


def look(site: "Site") -> list[Look]:
    """Return how it stands with invoices: one line, or one for each thing that is missing."""
    from maildesk.desk.invoices import agency

    if not agency.is_set_up(site):
        return [(True, "not set up; whoever wants them fills in [agency]", "")]
    wrong = [
        (False, f"none can be issued yet: missing is {words}", "") for words in agency.missing(site)
    ]
    wrong += _paper(site)
    if site.billing.agent and (unknown := _unknown(site)):
        words = f"billing.agent names {unknown}"
        wrong.append((False, words, "name the login of an agent who is enabled"))
    if wrong:
        return wrong
    told = "" if site.billing.agent else "; nobody gets the summaries until billing.agent is set"
    return [(True, f"{site.agency.name} can issue them{told}", "")]


def _paper(site: "Site") -> list[Look]:
    """Return what is in the way of documents themselves: the logo, or Pango is not installed."""
    from maildesk.config import ConfigError
    from maildesk.desk.invoices.makers import look_of

    wrong: list[Look] = []
    try:
        look_of(site)
    except ConfigError as error:
        wrong.append((False, "the logo cannot be used", str(error)))
    if not _sets_pages():
        remedy = "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-inter"
        wrong.append((False, "no page can be set: Pango or its fonts are not installed", remedy))
    return wrong


def _sets_pages() -> bool:
    """Tell whether a page can be set, in a process of its own: without fonts Pango crashes."""
    import subprocess
    import sys

    said = "from weasyprint import HTML; HTML(string='<p>1</p>').write_pdf()"
    try:
        ended = subprocess.run(
            [sys.executable, "-c", said], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


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
