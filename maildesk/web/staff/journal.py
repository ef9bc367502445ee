"""`/desk/journal`: who did what, in all tickets, the newest first."""

from contextlib import suppress
from datetime import date
from urllib.parse import urlencode

from starlette.responses import Response

from maildesk.desk.board.journal import Asked, journal
from maildesk.desk.rows import DESK
from maildesk.rules.letters import kind_words
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_TEXT_MAX = 320  # of an address
_FIRST, _LAST = date(1970, 1, 1), date(9999, 1, 1)  # what has a day after it, in any zone


async def show(visit: Visit) -> Response:
    """Show a page of the journal."""
    query = visit.request.query_params
    given = {
        name: " ".join("".join(c for c in query.get(name, "") if c.isprintable()).split())
        for name in ("actor", "ticket", "day")
    }
    given = {name: value[:_TEXT_MAX] for name, value in given.items()}
    before = row_number(query.get("before", ""))
    day: date | None = None
    with suppress(ValueError):  # a day that is none is no filter, and the form shows it again
        day = date.fromisoformat(given["day"])
        day = day if _FIRST <= day <= _LAST else None
    asked = Asked(given["actor"], given["ticket"], day, before)
    found = await visit.ask(journal, asked)
    said = urlencode({name: value for name, value in given.items() if value})
    more = f"{said}&" if said else ""
    return visit.page(
        "staff/journal",
        journal=found,
        kinds={kind.name: kind_words(kind, visit.language) for kind in visit.desk.policy.kinds},
        given=given,
        desk_itself=DESK,
        wrong_day=bool(given["day"]) and day is None,
        newer=(f"/desk/journal?{said}" if said else "/desk/journal") if asked.before else "",
        older=f"/desk/journal?{more}before={found.older}" if found.older else "",
    )


PAGES = (Page("/desk/journal", show, who=Who.AGENT),)
