"""Errands that go on behind a page: they are started here, and a page waits for them a moment."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.responses import Response

from maildesk.desk.invoices.errands import Errand, Progress
from maildesk.rules.invoice.reasons import Reason
from maildesk.web.visit import Visit

WAITS = 4.0  # seconds that a page waits for what it started; mostly it is done by then
AGAIN = 2  # seconds after which a browser asks how far it is


def begin(visit: Visit, name: str, about: Any, work: Callable[[Progress], Any]) -> bool:
    """Start an errand for the form that was sent; False if it was before, or one is under way."""
    loop, house = asyncio.get_running_loop(), visit.house

    def after() -> None:
        with suppress(RuntimeError):  # the pages have ended meanwhile
            loop.call_soon_threadsafe(house.acted)

    first = Errand(name, visit.who.address, visit.now, about)
    return house.errands.start(first, visit.sent_once, work, house.now, after)


async def settled(visit: Visit, name: str) -> Errand | None:
    """Return the last errand of a name, after some seconds also one that is still under way."""
    pause, waited = 0.02, 0.0
    while True:
        errand = visit.house.errands.last(name)
        if errand is None or errand.ended_at is not None or waited > WAITS:
            return errand
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, 0.25)


def asking_again(response: Response, errand: Errand | None) -> Response:
    """Return a page that a browser loads again by itself as long as an errand is under way."""
    if errand is not None and errand.ended_at is None:
        response.headers["Refresh"] = str(AGAIN)
    return response


def failed(errand: Errand | None, language: str) -> str:
    """Return why an errand failed, "" if it did not."""
    if errand is None:
        return ""
    return in_words(errand.failed, language)


def in_words(said: Reason | str, language: str) -> str:
    """Return a reason in a language; what is no reason as it is."""
    return said.words(language) if isinstance(said, Reason) else said
