"""Mail that needs a look, as lists and one by one, and what an agent can do with it."""

import asyncio

from starlette.responses import Response

from maildesk import log
from maildesk.desk.board import mail, mail_acts, mails
from maildesk.desk.board.mail import MailPage
from maildesk.desk.board.mails import Tab
from maildesk.desk.people import Refused
from maildesk.web.number import row_number
from maildesk.web.page import Page
from maildesk.web.visit import Visit, Who

_WAIT, _PAUSE = 6.0, 0.1  # seconds until a mail is handled that was handed to the desk again
_DONE = {"release": "released", "replay": "replayed", "restore": "restored",
         "dismiss": "dismissed"}  # fmt: skip


async def show_all(visit: Visit) -> Response:
    """Show one of the lists."""
    query = visit.request.query_params
    try:
        tab = Tab(query.get("tab", Tab.HELD))
    except ValueError:
        return visit.missing()
    found = await visit.ask(mails.listed, tab, row_number(query.get("before", "")))
    return visit.page("staff/mails", found=found, tabs=tuple(Tab))


async def show(visit: Visit) -> Response:
    """Show one mail; after something was done with it, what became of it."""
    found = await _page(visit)
    if found is None:
        return visit.missing()
    done = visit.request.query_params.get("done", "")
    return _shown(visit, found, done if done in _DONE.values() else "")


async def act(visit: Visit) -> Response:
    """Do one thing with a mail, and lead back to it once it is handled."""
    deed, number = visit.form.line("do", 20), _id(visit)
    if deed not in _DONE or number is None or await visit.ask(mail.raw_of, number) is None:
        return visit.missing()
    try:
        await _do(visit, deed, number)
    except Refused as refused:
        found = await _page(visit)
        return visit.missing() if found is None else _shown(visit, found, "", str(refused), 422)
    log.page_did(deed, f"mail {number}", visit.who.name, visit.peer)
    if deed != "dismiss":
        visit.house.received()
        await _handled(visit, number)
    return visit.go(f"/desk/mail/{number}?done={_DONE[deed]}")


async def raw(visit: Visit) -> Response:
    """Hand out a mail as it came."""
    number = _id(visit)
    octets = None if number is None else await visit.ask(mail.raw_of, number)
    if octets is None:
        return visit.missing()
    return visit.download(octets, f"mail-{number}.eml", "message/rfc822")


async def file(visit: Visit) -> Response:
    """Hand out an attachment of a mail."""
    number, part = _id(visit), row_number(visit.request.path_params["number"])
    if number is None or part is None:
        return visit.missing()
    found = await visit.ask_slowly(mail.file_of, number, part, visit.house.reader)
    if found is None:
        return visit.missing()
    return visit.download(found[1], found[0].name, found[0].type)


async def _do(visit: Visit, deed: str, number: int) -> None:
    agent = visit.who.agent
    if agent is None:
        raise LookupError("only staff act here")
    if deed == "release":
        # A browser that hangs up does not end it: the mail may be released already.
        task = visit.ask_slowly(mail_acts.release, number, agent, visit.house.reader)
        await asyncio.shield(asyncio.ensure_future(task))
    elif deed == "replay":
        await visit.do(mail_acts.replay, number)
    elif deed == "restore":
        await visit.do(mail_acts.restore, number)
    else:
        await visit.do(mail_acts.dismiss, number, visit.now)


async def _handled(visit: Visit, number: int) -> None:
    """Wait until the desk has handled a mail, for some seconds."""
    waited = 0.0
    while waited < _WAIT and not await visit.ask(mail_acts.is_handled, number):
        await asyncio.sleep(_PAUSE)
        waited += _PAUSE


async def _page(visit: Visit) -> MailPage | None:
    number, agent = _id(visit), visit.who.agent
    if number is None or agent is None:
        return None
    return await visit.ask_slowly(mail.page, number, agent, visit.house.reader, visit.now)


def _shown(
    visit: Visit, found: MailPage, done: str, refused: str = "", code: int = 200
) -> Response:
    return visit.page("staff/mail", code, mail=found, done=done, refused=refused)


def _id(visit: Visit) -> int | None:
    return row_number(visit.request.path_params["id"])


PAGES = (
    Page("/desk/mail", show_all, who=Who.AGENT),
    Page("/desk/mail/{id}", show, act, Who.AGENT),
    Page("/desk/mail/{id}/raw", raw, who=Who.AGENT),
    Page("/desk/mail/{id}/files/{number}", file, who=Who.AGENT),
)
