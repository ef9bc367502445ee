"""About me: what is stored about the person who is signed in, a copy of it, and his language."""

from starlette.responses import Response

from maildesk import log
from maildesk.desk.people import Refused
from maildesk.desk.portal import about_me, copy_for_me
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_DONE = ("language", "signed_out")


async def show(visit: Visit) -> Response:
    """Show what is stored about him."""
    found = await visit.ask(about_me.about, visit.who, visit.now)
    done = visit.request.query_params.get("done", "")
    return visit.page(
        "customer/me", me=found, done=done if done in _DONE else "",
        ask=visit.desk.site.desk.address,
    )  # fmt: skip


async def act(visit: Visit) -> Response:
    """Change the language of his letters and pages, or sign him out everywhere else."""
    deed, me = visit.form.line("do", 20), visit.who
    if deed == "language":
        try:
            kept = await visit.do(about_me.speak, me, visit.form.line("language", 5))
        except Refused:
            return visit.missing()  # the form has no other language
        return visit.go("/me?done=language" if kept else "/me")
    if deed == "sign_out":
        await visit.do(about_me.sign_out_elsewhere, me)
        log.page_did("signed out elsewhere", me.address, me.address, visit.peer)
        return visit.go("/me?done=signed_out")
    return visit.missing()


async def copy(visit: Visit) -> Response:
    """Hand out a copy of all that is stored about him."""
    octets = await visit.ask_slowly(copy_for_me.copy, visit.who, visit.now)
    name = f"{visit.who.address}-{visit.now:%Y-%m-%d}.json"
    return visit.download(octets, name, "application/json")


PAGES = (
    Page("/me", show, act, Who.CUSTOMER),
    Page("/me/copy", copy, who=Who.CUSTOMER),
)
