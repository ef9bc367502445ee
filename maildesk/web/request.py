"""The page of a request: GET and HEAD show it and change nothing, POST acts (SECURITY.md 4.5).

A POST decides only if it comes from our own form in this browser, and the person typed the
address that the letter went to; a browser that did so before need not again. So neither a
scanner that follows links, nor another site, nor a leaked link alone decides anything.
"""

import asyncio
from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from maildesk import log
from maildesk.desk import pages
from maildesk.desk.answer import Outcome
from maildesk.desk.pages import Standing
from maildesk.rules.process.request_words import defects_words
from maildesk.rules.requests import Verdict
from maildesk.web.browsers import form_token, is_form_token
from maildesk.web.form import CODES, BadForm, Form, read_form
from maildesk.web.page import Page
from maildesk.web.visit import Visit

TEXT_MAX = 8_000  # characters of one text
FORM_MAX = 64 * 1024  # octets: two texts may be German, and percent-encoded

_GONE = {Standing.EXPIRED: 410, Standing.NOT_HIS: 403}  # whatever is asked of such a page


@dataclass(frozen=True, slots=True)
class Filled:
    """What a person filled in. `token` binds it to its page and browser."""

    token: str = ""
    verdict: str = ""
    address: str = ""
    defects: str = ""
    fine: str = ""


_EMPTY = Filled()


async def show(visit: Visit) -> Response:
    """Answer GET and HEAD: nothing is changed."""
    page = await visit.ask(pages.look, visit.request.path_params["token"], visit.now)
    return visit.missing() if page is None else _shown(visit, page)


async def act(visit: Visit) -> Response:
    """Answer POST: somebody decides."""
    token = visit.request.path_params["token"]
    page = await visit.ask(pages.look, token, visit.now)
    if page is None:
        return visit.missing()
    try:
        form = _filled(await read_form(visit.request, form_max=FORM_MAX))
    except BadForm as bad:
        log.page_refused(page.name, bad.problem.value, visit.peer)
        return _shown(visit, page, bad.problem.value, CODES[bad.problem])
    if page.standing is not Standing.OPEN:
        return _shown(visit, page, code=409)
    wrong, code = _wrong(visit, page, form)
    if wrong:
        log.page_refused(page.name, wrong, visit.peer)
        return _shown(visit, page, wrong, code, form)
    return await _decide(visit, page, token, form)


def _shown(
    visit: Visit, page: pages.Page, wrong: str = "", code: int = 200, form: Filled = _EMPTY
) -> Response:
    """Return the page, with what was wrong about the form and what had been filled in."""
    house, keyring = visit.house, visit.desk.keyring
    known = house.cookies.knows(visit.request, keyring, page.address, visit.now)
    _ = visit.token  # an unmarked browser is given its word
    response = house.look.respond(
        "request", page.language, _GONE.get(page.standing, code),
        page=page, wrong=wrong, form=form, known=known, desk=page.desk,
        token=form_token(keyring, visit.browser, page.name),
    )  # fmt: skip
    return visit.marked(response) if page.standing is Standing.OPEN else response


def _wrong(visit: Visit, page: pages.Page, form: Filled) -> tuple[str, int]:
    """Return why a form decides nothing, and the code that says so; ("", 200) if it does."""
    keyring, now, peer = visit.desk.keyring, visit.now, visit.peer
    if not is_form_token(keyring, form.token, visit.browser, page.name):
        return "stale", 403
    if form.verdict not in page.choices:
        return "no_choice", 400
    if not visit.house.cookies.knows(visit.request, keyring, page.address, now):
        if not visit.house.wrong.allowed(page.name, peer, now):
            return "too_often", 429
        if not pages.same_address(form.address, page.address):
            visit.house.wrong.failed(page.name, peer, now)
            return "wrong_address", 403
    if form.verdict == Verdict.DEFECTS and not form.defects:
        return "no_defects", 400
    return "", 200


async def _decide(visit: Visit, page: pages.Page, token: str, form: Filled) -> Response:
    verdict = Verdict(form.verdict)
    is_defects = verdict is Verdict.DEFECTS
    words = defects_words(form.defects, form.fine, page.language) if is_defects else ""
    # Shielded: a browser that hangs up now must not leave the decision without its log line.
    outcome, after = await asyncio.shield(
        asyncio.ensure_future(
            visit.ask(pages.redeem, token=token, verdict=verdict, words=words, now=visit.now)
        )
    )
    if outcome is Outcome.DONE:
        log.page_decided(page.name, verdict.value, visit.peer)
        visit.house.acted()
    else:
        log.page_refused(page.name, outcome.value, visit.peer)
        if after is not None and after.standing is Standing.OPEN:
            return _shown(visit, after, "not_possible", 409, form)
    # To the same address without its form: to load it again sends nothing again. Relative,
    # so that it holds behind any proxy and whatever Host says.
    response = RedirectResponse(token, 303, visit.house.look.headers)
    visit.house.cookies.remember(
        response, visit.desk.keyring, visit.browser, page.address, visit.now
    )
    return response


def _filled(form: Form) -> Filled:
    return Filled(
        token=form.line("token", 100),
        verdict=form.line("verdict", 20),
        address=form.line("address", 320),
        defects=form.text("defects", TEXT_MAX),
        fine=form.text("fine", TEXT_MAX),
    )


PAGES = (Page("/r/{token}", show, act, own_form=True),)
