"""A page: its path, for whom it is, what shows it (GET, HEAD) and what acts (POST).

    who asks? -> may he? -> POST: a form of ours? -> show or act -> an answer in any case

To show changes nothing. What acts goes on to another page, so that loading that does nothing again.
"""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from maildesk import log
from maildesk.desk.portal import sessions
from maildesk.desk.rows import Changed
from maildesk.web.form import CODES, NO_FORM, BadForm, peer_of, read_form
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
    visit = Visit(
        house, request, house.desk(), house.now(), peer_of(request, house.proxies),
        browser=house.cookies.browser(request),
    )  # fmt: skip
    try:
        await _recognise(visit)
        if request.method != "POST":
            if elsewhere := _elsewhere(page, visit):
                return visit.go(elsewhere)
            return await _of(page.show)(visit)
        async with AsyncExitStack() as held:
            return await _acted(page, visit, held)
    except Exception as error:  # noqa: BLE001 - whatever it was, the person gets a page
        reference = secrets.token_hex(_REFERENCE)
        log.page_failed(error, reference)
        if await _typed(page, visit):
            return again(visit, "failed", 500, reference)
        return visit.page("sorry", 500, problem="failed", reference=reference)


async def _recognise(visit: Visit) -> None:
    if secret := visit.house.cookies.session(visit.request):
        visit.person = await visit.ask(sessions.who, secret, visit.now)
    if visit.person is not None and visit.person.stale:
        await visit.ask(sessions.seen, visit.person.session, visit.now)


async def _acted(page: Page, visit: Visit, held: AsyncExitStack) -> Response:
    if page.own_form:
        return await _of(page.act)(visit)
    try:
        await _read(page, visit, held)
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


async def _read(page: Page, visit: Visit, held: AsyncExitStack) -> None:
    """Read what was filled in. Raises BadForm.

    Whoever may not be here sends no files, and of those who may only some have large ones in memory
    at once, as long as `held`: nobody can fill it with them.
    """

    async def room() -> None:
        await held.enter_async_context(visit.house.uploads)

    most = visit.desk.site.limits.message * 3 // 4 if page.files else 0  # base64 needs the rest
    keeps = page.who is not Who.ANYONE and not _elsewhere(page, visit)
    visit.form = await read_form(visit.request, most, keeps_files=keeps, room=room)


async def _typed(page: Page, visit: Visit) -> bool:
    """Tell whether something was typed, after a failure: it is read now if that came before."""
    if visit.request.method == "POST" and not page.own_form and visit.form is NO_FORM:
        # RuntimeError: it had been read in part, and cannot be read again.
        async with AsyncExitStack() as held:
            with suppress(BadForm, RuntimeError):
                await _read(page, visit, held)
    return bool(visit.form.values)


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
