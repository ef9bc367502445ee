"""Whether the documents of an invoice can be made: asked before it has a number.

From the number on there is no way back, so whatever is wrong with the content itself has to be
found now. What can be mended later (Pango is missing, a maker was killed) is not asked for here.
"""

from maildesk.config import ConfigError
from maildesk.desk.context import Desk
from maildesk.desk.invoices.makers import look_of
from maildesk.desk.people import Refused
from maildesk.paper.einvoice import to_xml
from maildesk.paper.pages import html
from maildesk.paper.press import Unprintable
from maildesk.paper.same import differs
from maildesk.paper.schema import misshapen
from maildesk.rules.invoice import exact, xrechnung
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.invoice.reasons import because
from maildesk.rules.invoice.why import Why


def refuse_unmakable(desk: Desk, content: InvoiceContent) -> None:
    """Return if the documents of a content can be made; it has a number, which may be any.

    Raises Refused with a Reason: the sums, what its format still wants, its XML, the logo, or the
    site's own template.
    """
    kind = content.kind
    if wrong := exact.wrong(content):
        raise Refused(because(Why.SUMS, kind=kind, error=wrong))
    if missing := xrechnung.missing(content):
        raise Refused(because(Why.STILL_WANTS, kind=kind, error="; ".join(missing)))
    try:
        xml = to_xml(content)
        fault = differs(content, xml) or misshapen(xml)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise Refused(because(Why.XML_WRONG, kind=kind, error=fault))
    try:
        look = look_of(desk.site)
        if look.templates:  # ours are known to work with everything that got so far
            html(content, look)
    except (ConfigError, Unprintable) as error:
        raise Refused(because(Why.NOT_READY, error=str(error))) from None
