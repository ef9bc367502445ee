"""The application: which address leads to which page, and errors in words."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maildesk import log
from maildesk.desk.context import Desk
from maildesk.web.action import Action
from maildesk.web.look import Look


def make_app(
    desk: Callable[[], Desk], now: Callable[[], datetime], acted: Callable[[], None]
) -> Starlette:
    """Return the pages of a desk (ASGI). `acted` is told when letters may wait.

    Links are made of `[web] base_url` alone, so the Host field is never read. The path of
    base_url may be there or have been taken off by the reverse proxy.
    """
    look = Look(desk().site.templates.folder)
    action = _in_words(Action(desk, now, look, acted), desk, look)

    async def sorry(_request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 404
        response = look.sorry(desk(), "wrong_method" if code == 405 else "unknown", code)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)  # Allow
        return response

    async def show(request: Request) -> Response:
        return await action(request)

    paths = dict.fromkeys(("", urlsplit(desk().site.web.base_url).path))
    app = Starlette(
        routes=[Route(f"{path}/r/{{token}}", show, methods=["GET", "POST"]) for path in paths],
        exception_handlers={HTTPException: sorry},
    )
    app.router.redirect_slashes = False
    return app


def _in_words(
    action: Callable[[Request], Awaitable[Response]], desk: Callable[[], Desk], look: Look
) -> Callable[[Request], Awaitable[Response]]:
    """Return an action that answers our own mistakes with a page, and logs them."""

    async def tried(request: Request) -> Response:
        try:
            return await action(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the person gets a page
            log.page_failed(error)
            return look.sorry(desk(), "failed", 500)

    return tried
