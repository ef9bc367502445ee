"""Pages as HTML: templates/web, the words of either language, one stylesheet inside the page.

A site's own folder comes before what we ship; one of its templates that fails is replaced by
ours. The stylesheet is named by its hash in the Content-Security-Policy, so nothing has to be
fetched beside the page and nothing else can style it.
"""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from starlette.responses import HTMLResponse, Response

from maildesk import log
from maildesk.desk.context import Desk
from maildesk.render import shipped
from maildesk.rules.letters import is_german

_STYLE = "page.css"


class Look:
    """Renders pages. `folder` is the site's own (as ours: web/*.html and web/page.css) or None."""

    def __init__(self, folder: Path | None = None) -> None:
        ours = shipped() / "web"
        self._shipped = _of_ours(ours)
        self._site = _environment([folder / "web", ours]) if folder else None
        own = folder / "web" / _STYLE if folder else None
        self._style = (own if own and own.is_file() else ours / _STYLE).read_text("utf-8")
        digest = hashlib.sha256(self._style.encode("utf-8")).digest()
        self.headers = _headers(f"'sha256-{b64encode(digest).decode('ascii')}'")

    def respond(self, template: str, locale: str, code: int, **values: object) -> Response:
        """Return a page; `template` is a file of templates/web without its ending."""
        return HTMLResponse(self._html(template, locale, values), code, self.headers)

    def sorry(self, desk: Desk, problem: str, code: int) -> Response:
        """Return a page that has nothing to show but a sentence; the words file knows `problem`."""
        shown = {"desk": desk.site.desk.name, "problem": problem}
        return self.respond("sorry", desk.policy.language, code, **shown)

    def _html(self, template: str, locale: str, values: dict[str, object]) -> str:
        if self._site is not None:
            try:
                return self._render(self._site, template, locale, values)
            except (jinja2.TemplateError, ArithmeticError, LookupError, OSError, TypeError,
                    AttributeError, ValueError) as error:  # fmt: skip
                log.page_template_failed(template, f"{type(error).__name__}: {error}")
        return self._render(self._shipped, template, locale, values)

    def _render(
        self, environment: jinja2.Environment, template: str, locale: str, values: dict[str, object]
    ) -> str:
        return environment.get_template(f"{template}.html").render(
            lang="de" if is_german(locale) else "en", style=self._style, **values
        )


@cache
def _of_ours(folder: Path) -> jinja2.Environment:
    """Return what renders the shipped pages, once: they never change while the program runs."""
    return _environment([folder])


def _environment(folders: list[Path]) -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.tests["web_address"] = is_web_address
    return environment


def is_web_address(text: str) -> bool:
    """Tell whether a text may become a link: an http or https address of a host."""
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _headers(style: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; style-src {style}; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
        "X-Robots-Tag": "noindex, nofollow",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
