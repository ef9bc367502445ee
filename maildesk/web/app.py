"""The application: which address leads to which page, and errors in words."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from maildesk.desk.context import Desk
from maildesk.web.browsers import Cookies
from maildesk.web.live import Live
from maildesk.web.look import Look
from maildesk.web.page import Page, answer
from maildesk.web.pages import PAGES
from maildesk.web.visit import House


class _Id(Convertor[int]):
    """A number of a row in a path, as `{number:id}`; one that no row can have leads nowhere."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("id", _Id())


def make_app(
    desk: Callable[[], Desk],
    now: Callable[[], datetime],
    acted: Callable[[], None],
    received: Callable[[], None],
) -> Starlette:
    """Return the pages of a desk (ASGI). `acted` is told when letters may wait, `received` when
    mail does.

    `app.state.live` is to be closed before the app is stopped: its answers do not end by themselves.
    Links are made of `[web] base_url` alone, so the Host field is never read. The path of
    base_url may be there or have been taken off by the reverse proxy.
    """
    site = desk().site
    root = urlsplit(site.web.base_url).path.rstrip("/")
    look = Look(site.templates.folder, root)
    cookies = Cookies(secure=site.web.base_url.startswith("https://"))
    proxies, live = frozenset(site.web.proxies), Live(desk, now)
    house = House(desk, now, look, cookies, proxies, acted, received, live)

    async def sorry(_request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 404
        response = look.respond(
            "sorry", desk().policy.language, code, desk=desk().site.desk.name, reference="",
            problem="wrong_method" if code == 405 else "unknown",
        )  # fmt: skip
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)  # Allow
        return response

    async def static(request: Request) -> Response:
        found = look.static.respond(request.path_params["name"])
        return found if found is not None else await sorry(request, HTTPException(404))

    routes = []
    for path in dict.fromkeys(("", root)):
        routes.append(Route(f"{path}/static/{{name}}", static, methods=["GET"]))
        routes += [
            Route(f"{path}{each.path}", _endpoint(house, each), methods=each.methods)
            for each in PAGES
        ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: sorry})
    app.router.redirect_slashes = False
    app.state.live = live
    return app


def _endpoint(house: House, page: Page) -> Callable[..., object]:
    async def endpoint(request: Request) -> Response:
        return await answer(house, page, request)

    return endpoint
