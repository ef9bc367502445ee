"""All pages, in the order in which a person meets them."""

from maildesk.web import start
from maildesk.web.page import Page

PAGES: tuple[Page, ...] = (*start.PAGES,)
