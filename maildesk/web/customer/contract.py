"""What is agreed with the customer: contracts and credit, prices, accepted terms."""

from starlette.responses import Response

from maildesk.desk.portal.contract import view
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who


async def show(visit: Visit) -> Response:
    """Show it, or say that the person belongs to no customer that we know."""
    found = await visit.ask(view, visit.who, visit.language, visit.now)
    return visit.page("customer/contract", found=found)


PAGES = (Page("/contract", show, who=Who.CUSTOMER),)
