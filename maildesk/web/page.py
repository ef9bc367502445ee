"""A page: its path, for whom it is, what shows it (GET, HEAD) and what acts (POST).

    who asks? -> may he? -> POST: a form of ours? -> show or act -> an answer in any case

To show changes nothing. What acts goes on to another page, so that loading that does nothing again.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from maildesk import log
from maildesk.desk.portal import sessions
from maildesk.desk.rows import Changed
from maildesk.web.form import CODES, BadForm, peer_of, read_form
from maildesk.web.visit import House, Visit, Who

Answer = Callable[[Visit], Awaitable[Response]]
_SHOWN = 20  # fields of a form that are given back
_REFERENCE = 5  # random bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk. `files`: its form takes files, as much as a mail may hold.

    `own_form`: it reads its form and proves it itself.
    """

    path: str
    show: Answer | None = None
    act: Answer | None = None
    who: Who = Who.ANYONE
    files: bool = False
    own_form: bool = False

    @property
    def methods(self) -> list[str]:
        """What may be asked of it."""
        return [*(["GET"] if self.show else []), *(["POST"] if self.act else [])]


async def answer(house: House, page: Page, request: Request) -> Response:
    """Return the answer to one request; our own mistakes become a page with a number, and a line."""
    visit = await _visit(house, request)
    try:
        return await _answer(page, visit)
    except Exception as error:  # noqa: BLE001 - whatever it was, the person gets a page
        reference = secrets.token_hex(_REFERENCE)
        log.page_failed(error, reference)
        if visit.form.values:
            return again(visit, "failed", 500, reference)
        return visit.page("sorry", 500, problem="failed", reference=reference)


async def _visit(house: House, request: Request) -> Visit:
    desk, now = house.desk(), house.now()
    visit = Visit(
        house, request, desk, now, peer_of(request, house.proxies),
        browser=house.cookies.browser(request),
    )  # fmt: skip
    if secret := house.cookies.session(request):
        visit.person = await visit.ask(sessions.who, secret, now)
    if visit.person is not None and visit.person.stale:
        await visit.ask(sessions.seen, visit.person.session, now)
    return visit


async def _answer(page: Page, visit: Visit) -> Response:
    if visit.request.method != "POST":
        if elsewhere := _elsewhere(page, visit):
            return visit.go(elsewhere)
        return await _of(page.show)(visit)
    if page.own_form:
        return await _of(page.act)(visit)
    most = visit.desk.site.limits.message * 3 // 4 if page.files else 0  # base64 needs the rest
    try:
        visit.form = await read_form(visit.request, most)
    except BadForm as bad:
        log.page_refused(page.path, bad.problem.value, visit.peer)
        return visit.page("sorry", CODES[bad.problem], problem=bad.problem.value, reference="")
    wrong = "signed_out" if _elsewhere(page, visit) else "" if visit.is_ours() else "stale"
    if wrong:
        log.page_refused(page.path, wrong, visit.peer)
        return again(visit, wrong, 403)
    try:
        return await _of(page.act)(visit)
    except Changed:
        return again(visit, "changed", 409)


def _of(handler: Answer | None) -> Answer:
    if handler is None:
        raise LookupError("there is no such method")  # the routes have sent it away
    return handler


def _elsewhere(page: Page, visit: Visit) -> str:
    """Return where somebody has to go who may not be here, "" if he may."""
    person = visit.person
    if page.who is Who.ANYONE:
        return ""
    if person is None:
        root = visit.house.look.root
        wanted = visit.request.url.path.removeprefix(root)
        return f"/sign-in?to={quote(wanted)}"
    if (page.who is Who.AGENT) is not (person.agent is not None):
        return "/desk" if person.agent is not None else "/tickets"
    return ""


def again(visit: Visit, why: str, code: int, reference: str = "") -> Response:
    """Return a page that says why nothing was done, with all that was typed and a way to send it.

    Files cannot be given back: a browser lets nobody choose them but the person.
    """
    kept = [
        (name, value)
        for name, values in visit.form.many.items()
        for value in values
        if name != "token"
    ]
    return visit.page(
        "again", code, why=why, reference=reference, kept=kept[:_SHOWN],
        files=[file.name for file in visit.form.files],
        path=visit.request.url.path, once="",
    )  # fmt: skip
