"""All pages, in the order in which a person meets them."""

from maildesk.web import request, sign_in, start
from maildesk.web.customer import contract, me, new, request_form
from maildesk.web.customer import invoices as my_invoices
from maildesk.web.customer import ticket as my_ticket
from maildesk.web.customer import tickets as my_tickets
from maildesk.web.page import Page
from maildesk.web.staff import (
    board,
    customers,
    invoices,
    journal,
    letters,
    live,
    mail,
    search,
    ticket,
)

PAGES: tuple[Page, ...] = (
    *start.PAGES,
    *sign_in.PAGES,
    *request.PAGES,
    *my_tickets.PAGES,
    *my_ticket.PAGES,
    *new.PAGES,
    *request_form.PAGES,
    *board.PAGES,
    *live.PAGES,
    *ticket.PAGES,
    *letters.PAGES,
    *journal.PAGES,
    *mail.PAGES,
    *search.PAGES,
    *contract.PAGES,
    *my_invoices.PAGES,
    *invoices.PAGES,
    *customers.PAGES,
    *me.PAGES,
)
