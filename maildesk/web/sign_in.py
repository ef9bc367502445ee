"""Signing in by a link in a mail (SECURITY.md, P19 and 4.5).

To ask for a link is answered the same, in the same time, whoever it is for: what is known of the
address is looked up only after the answer has left. To open a link changes nothing; a button does.
"""

import asyncio
import hashlib
import secrets

from starlette.background import BackgroundTask
from starlette.responses import Response

from maildesk import log
from maildesk.desk.people import Refused, plain_address
from maildesk.desk.portal import links, sessions
from maildesk.desk.portal.links import Asked, Outcome, Standing
from maildesk.web.page import Page
from maildesk.web.visit import Visit

ADDRESS_MAX = 320  # characters
_LATER = 0.4  # seconds at most: what follows an answer must not tell in the next one
_REFERENCE = 5  # random bytes


async def show(visit: Visit) -> Response:
    """Show the door; whoever is in already is led on."""
    wanted = links.own_path(visit.request.query_params.get("to", ""))
    if visit.person is not None:
        return visit.go(wanted or "/")
    return _door(visit, wanted)


async def ask(visit: Visit) -> Response:
    """Take an address. The answer is the same for everybody; the link is mailed after it."""
    address = visit.form.line("address", ADDRESS_MAX)
    wanted = links.own_path(visit.form.values.get("to", ""))
    try:
        plain_address(address)
    except Refused:
        return _door(visit, wanted, address, "no_address", 400)
    response = visit.go("/sign-in/sent")
    if not visit.house.links.allowed("", visit.peer, visit.now):
        log.sign_in_refused("too_often_by_peer", visit.peer)
        return response
    visit.house.links.failed("", visit.peer, visit.now)
    response.background = BackgroundTask(_mail, visit, address, wanted)
    return response


async def sent(visit: Visit) -> Response:
    """Say where to look now."""
    return visit.page("sign_in_sent", address=visit.desk.site.desk.address)


async def show_link(visit: Visit) -> Response:
    """Show the button that signs in, or that the link is over; GET and HEAD change nothing."""
    standing = await visit.ask(links.look, _token(visit), visit.browser, visit.now)
    if standing is Standing.GONE and visit.person is not None:
        return visit.go("/")  # he signed in with it a moment ago
    return _link(visit, standing)


async def redeem(visit: Visit) -> Response:
    """Sign in whoever pressed the button, if the browser or the address is the right one."""
    token, peer, now = _token(visit), visit.peer, visit.now
    typed = visit.form.line("address", ADDRESS_MAX)
    name = hashlib.sha256(token.encode()).hexdigest()  # never the token itself
    if typed and not visit.house.wrong.allowed(name, peer, now):
        log.sign_in_refused("too_often", peer)
        return _link(visit, Standing.ELSEWHERE, "too_often", 429)
    found = await visit.do(links.redeem, token, visit.browser, typed, now)
    if found.outcome is Outcome.WRONG_ADDRESS:
        if typed:
            visit.house.wrong.failed(name, peer, now)
        wrong = "wrong_address" if typed else "no_address"
        log.sign_in_refused(wrong, peer)
        return _link(visit, Standing.ELSEWHERE, wrong, 403)
    if found.outcome is Outcome.GONE:
        log.sign_in_refused(found.outcome.value, peer)
        return _link(visit, Standing.GONE)
    if visit.person is not None:  # whoever was signed in here before is not any more
        await visit.do(sessions.end, visit.person.session)
    log.signed_in(found.address, peer)
    response = visit.go(found.leads_to or "/")
    visit.house.cookies.sign_in(response, found.secret, found.lasts)
    return response


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])


def _door(
    visit: Visit, wanted: str, address: str = "", wrong: str = "", code: int = 200
) -> Response:
    has_form = visit.desk.site.web.form
    return visit.page("sign_in", code, to=wanted, address=address, wrong=wrong, has_form=has_form)


def _link(visit: Visit, standing: Standing, wrong: str = "", code: int = 200) -> Response:
    code = 410 if standing is Standing.GONE else code
    return visit.page("sign_in_link", code, standing=standing.value, wrong=wrong)


async def _mail(visit: Visit, address: str, wanted: str) -> None:
    """Mail the link, after the answer; a mistake of ours is in the log, as nobody sees a page."""
    await asyncio.sleep(_LATER * secrets.randbelow(1000) / 1000)
    try:
        asked = await visit.do(
            links.ask_for_link, address, visit.browser, visit.now, wanted, visit.language
        )
    except Exception as error:  # noqa: BLE001 - whatever it was, it is said and ends here
        log.page_failed(error, secrets.token_hex(_REFERENCE))
        return
    if asked is not Asked.MAILED:
        log.sign_in_refused(asked.value, visit.peer)


PAGES = (
    Page("/sign-in", show, ask),
    Page("/sign-in/sent", sent),
    Page("/sign-in/{token}", show_link, redeem),
)
