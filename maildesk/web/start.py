"""The way in: `/` leads to where somebody belongs, and signing out."""

from starlette.responses import Response

from maildesk.desk.portal import sessions
from maildesk.web.page import Page
from maildesk.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Lead on: staff to the board, customers to their tickets, everybody else to the door."""
    if visit.person is None:
        return visit.go("/sign-in")
    return visit.go("/desk" if visit.person.agent is not None else "/tickets")


async def sign_out(visit: Visit) -> Response:
    """End the session, here and on our side."""
    if visit.person is not None:
        await visit.do(sessions.end, visit.person.session)
    response = visit.go("/sign-in")
    visit.house.cookies.sign_out(response)
    return response


PAGES = (Page("/", show), Page("/sign-out", act=sign_out))
