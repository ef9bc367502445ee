"""The public form, for whoever we do not know yet: the owner of the mailbox confirms it (P7, P19).

In place of a captcha: a field that no person sees, a few seconds that a person needs, budgets,
and the link in the mailbox. What is wrong is shown with everything that was typed; a program that
fills in the hidden field is told the same as everybody, and nothing happens.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from maildesk import log
from maildesk.desk.people import Refused
from maildesk.desk.portal import request_form
from maildesk.desk.portal.request_form import Asked, Standing, Wish
from maildesk.web.browsers import form_token, is_form_token
from maildesk.web.page import Page
from maildesk.web.visit import Visit

AT_LEAST = timedelta(seconds=3)  # nobody writes a request faster
TEXT_MAX = 20_000  # characters: it is kept until somebody confirms it, and anybody may write it
TRAP = "homepage"
_PATH = "/request"
_CODES = {"too_often": 429, "too_fast": 429}


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, and `begun`: when he was first shown the form, as we signed it."""

    name: str = ""
    address: str = ""
    subject: str = ""
    text: str = ""
    begun: str = ""


async def show(visit: Visit) -> Response:
    """Show the form; whoever is signed in has a better one."""
    return _elsewhere(visit) or _page(visit, Typed(begun=_begun(visit)))


async def ask(visit: Visit) -> Response:
    """Keep what was typed, and mail the link."""
    if (other := _elsewhere(visit)) is not None:
        return other
    form = visit.form
    if form.values.get(TRAP):
        log.page_refused(_PATH, "trap", visit.peer)
        return visit.go("/request/sent")
    typed = Typed(
        form.line("name", 100), form.line("address", 320), form.line("subject", 200),
        form.text("text"), form.line("begun", 120),
    )  # fmt: skip
    wrong = _wrong(visit, typed) or await _keep(visit, typed)
    if wrong:
        log.page_refused(_PATH, wrong, visit.peer)
        return _page(visit, typed, wrong, _CODES.get(wrong, 400))
    return visit.go("/request/sent")


async def sent(visit: Visit) -> Response:
    """Say where to look now: the same for every address."""
    if (other := _elsewhere(visit)) is not None:
        return other
    return visit.page("customer/form_sent", address=visit.desk.site.desk.address)


async def show_link(visit: Visit) -> Response:
    """Show the button that sends the request; GET and HEAD change nothing."""
    kept = await visit.ask(request_form.look, _token(visit), visit.now)
    if kept is None:
        return visit.missing()
    code = 410 if kept.standing is Standing.EXPIRED else 200
    return visit.page("customer/form_link", code, kept=kept, address=visit.desk.site.desk.address)


async def confirm(visit: Visit) -> Response:
    """Make the request a mail."""
    kept = await visit.do(request_form.confirm, _token(visit), visit.now)
    if kept is None:
        return visit.missing()
    if kept.inbound_id is not None:
        visit.house.received()
        log.page_sent(kept.inbound_id, "form", visit.peer)
        await visit.handled(kept.inbound_id)
    return visit.go(f"/request/{_token(visit)}")


def _elsewhere(visit: Visit) -> Response | None:
    """Return where somebody belongs who is signed in, or that there is no such page."""
    if visit.person is not None:
        return visit.go("/new" if visit.person.agent is None else "/desk/new")
    return None if visit.desk.site.web.form else visit.missing()


def _wrong(visit: Visit, typed: Typed) -> str:
    """Return why nothing is kept, "" if it is."""
    for name in ("name", "address", "subject", "text"):
        if not getattr(typed, name):
            return f"no_{name}"
    if len(typed.text) > TEXT_MAX:
        return "long_text"
    if not _has_taken_time(visit, typed.begun):
        return "too_fast"
    return "" if visit.house.forms.allowed("", visit.peer, visit.now) else "too_often"


async def _keep(visit: Visit, typed: Typed) -> str:
    wish = Wish(typed.name, typed.address, typed.subject, typed.text, visit.language)
    try:
        asked = await visit.do(request_form.ask, wish, visit.now)
    except (Refused, ValueError):
        return "bad_address"
    if asked is Asked.TOO_OFTEN:
        return "too_often"
    visit.house.forms.failed("", visit.peer, visit.now)
    return ""


def _page(visit: Visit, typed: Typed, wrong: str = "", code: int = 200) -> Response:
    if not _is_begun(visit, typed.begun):
        typed = Typed(typed.name, typed.address, typed.subject, typed.text, _begun(visit))
    support = visit.desk.site.process.remote_support
    return visit.page(
        "customer/form", code, typed=typed, wrong=wrong, trap=TRAP, remote_support=support
    )


def _begun(visit: Visit) -> str:
    """Return the moment as a form brings it back: signed, for this browser only."""
    _ = visit.token  # an unmarked browser is given its word
    at = str(int(visit.now.timestamp()))
    return f"{at}:{form_token(visit.desk.keyring, visit.browser, f'begun {at}')}"


def _is_begun(visit: Visit, begun: str) -> bool:
    at, _, token = begun.partition(":")
    signed = is_form_token(visit.desk.keyring, token, visit.browser, f"begun {at}")
    return signed and at.isdigit() and len(at) < 12


def _has_taken_time(visit: Visit, begun: str) -> bool:
    if not _is_begun(visit, begun):
        return False
    return visit.now - datetime.fromtimestamp(int(begun.partition(":")[0]), UTC) >= AT_LEAST


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])


PAGES = (
    Page(_PATH, show, ask),
    Page("/request/sent", sent),
    Page("/request/{token}", show_link, confirm),
)
