"""Search over all texts: tickets with what was typed, newest first (GET only)."""

from urllib.parse import urlencode

from starlette.responses import Response

from maildesk.desk import search
from maildesk.rules.looking import TYPED_MAX
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_NAME_MAX = 100
_OPEN = {"open": True, "closed": False}


async def show(visit: Visit) -> Response:
    """Show a page of results, or how to search where nothing was typed."""
    asked = visit.request.query_params
    typed = asked.get("q", "")[:TYPED_MAX].strip()
    state = asked.get("state", "")
    state = state if state in _OPEN else ""
    customer = asked.get("customer", "")[:_NAME_MAX].strip()
    before = row_number(asked.get("before", "")) or 0
    results = None
    if typed:
        results = await visit.ask(search.look_for, typed, before, _OPEN.get(state), customer)
    older = ""
    if results is not None and results.older:
        kept = {"q": typed, "state": state, "customer": customer, "before": str(results.older)}
        wanted = urlencode({name: value for name, value in kept.items() if value})
        older = visit.house.look.at(f"/desk/search?{wanted}")
    return visit.page(
        "staff/search", typed=typed, state=state, customer=customer, results=results,
        older=older, is_later=bool(before), typed_max=TYPED_MAX,
    )  # fmt: skip


PAGES = (Page("/desk/search", show, who=Who.AGENT),)
