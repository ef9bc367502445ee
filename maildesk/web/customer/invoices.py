"""The invoices of the customer: a list, and each one's documents as they were sent.

A number may hold slashes; who may see an invoice is asked again for each document.
"""

from starlette.responses import Response

from maildesk.desk.portal.invoices import Documents, documents, view
from maildesk.rules.invoice import months
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who


async def show(visit: Visit) -> Response:
    """Show a page of the list, or who may see it."""
    after = visit.request.query_params.get("after", "")
    found = await visit.ask(view, visit.who, after, visit.now)
    named = {
        each.invoice.month: months.words(each.invoice.month, visit.language)
        for each in found.invoices
        if each.invoice.month
    }
    return visit.page("customer/invoices", found=found, months=named, is_first=not after)


async def pdf(visit: Visit) -> Response:
    """Send the pages of an invoice."""
    found = await _documents(visit)
    if found is None:
        return visit.missing()
    return visit.download(found.pdf, f"{found.number}.pdf", "application/pdf")


async def xml(visit: Visit) -> Response:
    """Send the XML of an invoice."""
    found = await _documents(visit)
    if found is None:
        return visit.missing()
    return visit.download(found.xml, f"{found.number}.xml", "application/xml")


async def _documents(visit: Visit) -> Documents | None:
    return await visit.ask(documents, visit.who, visit.request.path_params["number"])


PAGES = (
    Page("/invoices", show, who=Who.CUSTOMER),
    Page("/invoices/{number:path}/pdf", pdf, who=Who.CUSTOMER),
    Page("/invoices/{number:path}/xml", xml, who=Who.CUSTOMER),
)
