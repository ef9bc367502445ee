"""A customer's tickets: his own, or all of his company where he may see them."""

from starlette.responses import Response

from maildesk.desk.portal.tickets import tickets
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

DONE = frozenset({"later"})


async def show(visit: Visit) -> Response:
    """Show a list; `?of=company`, `?tab=closed`, `?before=` an id."""
    query, person = visit.request.query_params, visit.who
    company = person.sees_company and query.get("of") == "company"
    closed = query.get("tab") == "closed"
    before = row_number(query.get("before", ""))
    found = await visit.ask(tickets, person, company, closed, before, visit.language)
    done = query.get("done", "")
    return visit.page(
        "customer/tickets", found=found, company=company, closed=closed,
        is_first=before is None, done=done if done in DONE else "",
    )  # fmt: skip


PAGES = (Page("/tickets", show, None, Who.CUSTOMER),)
