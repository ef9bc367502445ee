"""One request for a page: who asks, in what language, and the answers that there are to it.

Visit.ask(function, ...)   a question to the desk, in a thread: `function(desk, ...)`
Visit.page(template, ...)  a page; forms in it carry `visit.token` and `visit.once`
Visit.go(path)             to another page, after something was done
Visit.missing()            there is no such page, or it is not for this person: the same words
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from maildesk import log
from maildesk.desk.context import Desk
from maildesk.desk.invoices.errands import Errands
from maildesk.desk.invoices.previews import Previews
from maildesk.desk.portal.sessions import SignedIn
from maildesk.desk.post import Posted, Posting, post, posted
from maildesk.desk.within_limits import WarmReader
from maildesk.rules.letters import is_german
from maildesk.web.browsers import Cookies, form_token, is_form_token, new_browser
from maildesk.web.download import download
from maildesk.web.form import NO_FORM, Form
from maildesk.web.live import Live
from maildesk.web.look import Look
from maildesk.web.tries import PEER_LINKS, Tries

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 4  # threads that ask the database for pages: each has a connection with its cache
LARGE_AT_ONCE = 3  # forms with files that are in memory, each several times its size
SLOW_AT_ONCE = 2  # that wait for a process apart, such as a reader; pages need not wait for them
_HANDLED_WITHIN = 6.0  # seconds that a page waits for what was sent from it
_ONCE = 16  # random bytes
_ONCE_SENT = re.compile(r"[A-Za-z0-9_-]{22}")


class Who(StrEnum):
    """For whom a page is."""

    ANYONE = "anyone"
    CUSTOMER = "customer"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class House:
    """What all pages have in common. `desk` and `now` are asked anew each time.

    `acted` is told when letters may wait, `received` when mail does. `live` tells pages that are
    open what has changed. `errands` go on behind pages; `previews` and `reader` are programs apart
    that stay for a while. `wrong` counts wrong addresses, `links` the links to sign in that
    somebody asked for, `forms` the public forms.
    """

    desk: Callable[[], Desk]
    now: Callable[[], datetime]
    look: Look
    cookies: Cookies
    proxies: frozenset[str]
    acted: Callable[[], None]
    received: Callable[[], None]
    live: Live
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    slow_turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SLOW_AT_ONCE))
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))
    errands: Errands = field(default_factory=Errands)
    previews: Previews = field(default_factory=Previews)
    reader: WarmReader = field(default_factory=WarmReader)
    wrong: Tries = field(default_factory=Tries)
    links: Tries = field(default_factory=lambda: Tries(peer_tries=PEER_LINKS))
    forms: Tries = field(default_factory=Tries)


@dataclass(slots=True)
class Visit:
    """One request. `desk` and `now` stay the same for all of it; `peer` is who asks, by address.

    `person` is there on every page that is not for anyone. `form` is what was filled in.
    """

    house: House
    request: Request
    desk: Desk
    now: datetime
    peer: str
    person: SignedIn | None = None
    form: Form = NO_FORM
    browser: str = ""  # what this browser carries; "" until it is marked
    _fresh: str = ""

    @property
    def who(self) -> SignedIn:
        """Who is signed in. Raises LookupError on a page that is for anyone."""
        if self.person is None:
            raise LookupError("nobody is signed in")
        return self.person

    @property
    def language(self) -> str:
        """The person's own language, or the one that his browser prefers of ours."""
        if self.person is not None and self.person.language:
            return self.person.language
        wanted = self.request.headers.get("accept-language", "").lower()
        for each in wanted.split(",")[:10]:
            if each.strip()[:2] in ("de", "en"):
                return each.strip()[:2]
        return self.desk.policy.language

    @property
    def is_german(self) -> bool:
        """Whether this page is in German."""
        return is_german(self.language)

    @property
    def token(self) -> str:
        """What every form brings back: it comes from a page of ours, in this browser, as him."""
        if not self.browser:
            self.browser = self._fresh = new_browser()
        return form_token(self.desk.keyring, self.browser, self._bound)

    @property
    def once(self) -> str:
        """A new name for a form, so that it does what it does once however often it is sent."""
        return secrets.token_urlsafe(_ONCE)

    @property
    def sent_once(self) -> str:
        """The name of the form that was filled in; a new one where a browser sends none of ours."""
        given = self.form.values.get("once", "")
        return given if _ONCE_SENT.fullmatch(given) else self.once

    @property
    def _bound(self) -> str:
        return f"page {self.person.session if self.person else ''}"

    def is_ours(self) -> bool:
        """Tell whether the form that was filled in comes from a page of ours, for this person."""
        token = self.form.values.get("token", "")
        return is_form_token(self.desk.keyring, token, self.browser, self._bound)

    async def ask(
        self, function: Callable[Concatenate[Desk, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        """Return what a function of the desk says, asked in a thread of its own."""
        async with self.house.turn:
            return await asyncio.to_thread(partial(function, self.desk, *args, **named))

    async def ask_slowly(
        self, function: Callable[Concatenate[Desk, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        """Like `ask`, for what may take seconds: no other page waits for it."""
        async with self.house.slow_turn:
            return await asyncio.to_thread(partial(function, self.desk, *args, **named))

    async def do(
        self, function: Callable[Concatenate[Desk, P], T], *args: P.args, **named: P.kwargs
    ) -> T:
        """Like `ask`, for what changes something: a browser that hangs up does not end it.

        Letters may wait afterwards.
        """
        done = await asyncio.shield(asyncio.ensure_future(self.ask(function, *args, **named)))
        self.house.acted()
        return done

    async def send(self, posting: Posting) -> Posted:
        """Keep what was written here as a mail, and return what became of it.

        It is waited for some seconds; after that the desk is busy, and it is kept all the same.
        """
        inbound_id = await asyncio.shield(asyncio.ensure_future(self.ask(post, posting, self.now)))
        self.house.received()
        log.page_sent(inbound_id, posting.login or posting.author.address, self.peer)
        return await self.handled(inbound_id)

    async def handled(self, inbound_id: int) -> Posted:
        """Return what became of a mail that was kept just now, after some seconds at most."""
        pause, waited = 0.015, 0.0
        while True:
            found = await self.ask(posted, inbound_id)
            if found is None:
                raise LookupError(f"mail {inbound_id} is gone")
            if found.is_handled or waited > _HANDLED_WITHIN:
                return found
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 0.25)

    def page(self, template: str, code: int = 200, /, **values: object) -> Response:
        """Return a page. Besides `values` it is given `visit`, `desk` (its name) and `zone`."""
        return self.marked(
            self.house.look.respond(template, self.language, code, **self._known(), **values)
        )

    def part(self, template: str, /, **values: object) -> str:
        """Return a piece of a page as text, for what is sent to a page that is open."""
        return self.house.look.html(template, self.language, {**self._known(), **values})

    def _known(self) -> Mapping[str, Any]:
        desk = self.desk
        return {
            "visit": self, "desk": desk.site.desk.name, "zone": desk.policy.calendar.timezone,
            "now": self.now,
        }  # fmt: skip

    def go(self, path: str) -> Response:
        """Return the way to another page of ours: to load that again does nothing again."""
        where = self.house.look.at(path)
        return self.marked(RedirectResponse(where, 303, self.house.look.headers))

    def missing(self) -> Response:
        """Return the page for what is not there, or not for this person."""
        return self.page("sorry", 404, problem="unknown", reference="")

    def download(self, octets: bytes, name: str, kind: str) -> Response:
        """Return a file for the disk: no browser shows it as a page of ours (SECURITY.md, D3)."""
        return download(octets, name, kind)

    def marked(self, response: Response) -> Response:
        """Return the response, with the browser's word where it was given one just now."""
        if self._fresh:
            self.house.cookies.mark(response, self._fresh)
        return response
