"""The page of a request: GET and HEAD show it and change nothing, POST acts (SECURITY.md 4.5).

A POST decides only if it comes from our own form in this browser, and the person typed the
address that the letter went to; a browser that did so before need not again. So neither a
scanner that follows links, nor another site, nor a leaked link alone decides anything.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from maildesk import log
from maildesk.desk import pages
from maildesk.desk.answer import Outcome
from maildesk.desk.context import Desk
from maildesk.desk.pages import Page, Standing
from maildesk.rules.letters import is_german
from maildesk.rules.requests import Verdict
from maildesk.web.browsers import Cookies, form_token, is_form_token, new_browser
from maildesk.web.form import BadForm, Form, Problem, peer_of, read_form
from maildesk.web.look import Look
from maildesk.web.tries import Tries

T = TypeVar("T")
_EMPTY = Form()
AT_ONCE = 2  # threads that ask the database for pages: each has a connection with its cache

_GONE = {Standing.EXPIRED: 410, Standing.NOT_HIS: 403}  # whatever is asked of such a page
_CODES = {Problem.TOO_LARGE: 413, Problem.TOO_SLOW: 408, Problem.NOT_OURS: 403}


class Action:
    """The pages below /r/. `desk` and `now` are asked anew each time: keys change, time passes.

    `acted` is told when letters may wait.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        now: Callable[[], datetime],
        look: Look,
        acted: Callable[[], None],
    ) -> None:
        self._desk, self._now, self._look, self._acted = desk, now, look, acted
        web = desk().site.web
        self._proxies = frozenset(web.proxies)
        self._cookies = Cookies(secure=web.base_url.startswith("https://"))
        self._tries = Tries()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, request: Request) -> Response:
        """Answer one request for a page."""
        token = request.path_params["token"]
        page = await self._ask(partial(pages.look, self._desk(), token, self._now()))
        if page is None:
            return self._look.sorry(self._desk(), "unknown", 404)
        if request.method != "POST":
            return self._show(request, page)
        return await self._act(request, page, token)

    async def _ask(self, question: Callable[[], T]) -> T:
        async with self._turn:
            return await asyncio.to_thread(question)

    def _show(
        self, request: Request, page: Page, wrong: str = "", code: int = 200, form: Form = _EMPTY
    ) -> Response:
        """Return the page, with what was wrong about the form and what had been filled in."""
        keyring, browser = self._desk().keyring, self._cookies.browser(request)
        fresh = "" if browser else new_browser()
        known = self._cookies.knows(request, keyring, page.address, self._now())
        response = self._look.respond(
            "request", page.language, _GONE.get(page.standing, code),
            page=page, wrong=wrong, form=form, known=known, desk=page.desk,
            token=form_token(keyring, browser or fresh, page.name),
        )  # fmt: skip
        if fresh and page.standing is Standing.OPEN:
            self._cookies.mark(response, fresh)
        return response

    async def _act(self, request: Request, page: Page, token: str) -> Response:
        peer = peer_of(request, self._proxies)
        try:
            form = await read_form(request)
        except BadForm as bad:
            log.page_refused(page.name, bad.problem.value, peer)
            return self._show(request, page, bad.problem.value, _CODES[bad.problem])
        if page.standing is not Standing.OPEN:
            return self._show(request, page, code=409)
        wrong, code = self._wrong(request, page, form, peer)
        if wrong:
            log.page_refused(page.name, wrong, peer)
            return self._show(request, page, wrong, code, form)
        return await self._decide(request, page, token, form, peer)

    def _wrong(self, request: Request, page: Page, form: Form, peer: str) -> tuple[str, int]:
        """Return why a form decides nothing, and the code that says so; ("", 200) if it does."""
        keyring, now = self._desk().keyring, self._now()
        browser = self._cookies.browser(request)
        if not is_form_token(keyring, form.token, browser, page.name):
            return "stale", 403
        if form.verdict not in page.choices:
            return "no_choice", 400
        if not self._cookies.knows(request, keyring, page.address, now):
            if not self._tries.allowed(page.name, peer, now):
                return "too_often", 429
            if not pages.same_address(form.address, page.address):
                self._tries.failed(page.name, peer, now)
                return "wrong_address", 403
        if form.verdict == Verdict.DEFECTS and not form.defects:
            return "no_defects", 400
        return "", 200

    async def _decide(
        self, request: Request, page: Page, token: str, form: Form, peer: str
    ) -> Response:
        verdict, now = Verdict(form.verdict), self._now()
        words = _defects(form, page.language) if verdict is Verdict.DEFECTS else ""
        # Shielded: a browser that hangs up now must not leave the decision without its log line.
        outcome, after = await asyncio.shield(
            self._ask(partial(pages.redeem, self._desk(), token, verdict, words, now))
        )
        if outcome is Outcome.DONE:
            log.page_decided(page.name, verdict.value, peer)
            self._acted()
        else:
            log.page_refused(page.name, outcome.value, peer)
            if after is not None and after.standing is Standing.OPEN:
                return self._show(request, after, "not_possible", 409, form)
        # To the same address without its form: to load it again sends nothing again. Relative,
        # so that it holds behind any proxy and whatever Host says.
        response = RedirectResponse(token, 303, self._look.headers)
        self._cookies.remember(
            response, self._desk().keyring, self._cookies.browser(request), page.address, now
        )
        return response


def _defects(form: Form, language: str) -> str:
    """Return what is not right, and what is: a partial acceptance names both."""
    if not form.fine:
        return form.defects
    mark = "Das ist in Ordnung:" if is_german(language) else "This is fine:"
    return f"{form.defects}\n\n{mark}\n{form.fine}"
