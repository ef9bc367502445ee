"""Pages as HTML: templates/web, the words of either language, the style and scripts beside them.

A site's own folder comes before what we ship; one of its templates that fails is replaced by
ours. The words are English in the templates; a catalogue of gettext says them in German.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from starlette.responses import HTMLResponse, Response

from maildesk import log
from maildesk.render import shipped
from maildesk.rules.letters import is_german
from maildesk.web import shown
from maildesk.web.catalogue import catalogue
from maildesk.web.static import Static

LANGUAGES = ("de", "en")
_NUMBERS = 2_000  # sentences with a number in them that are kept in a language
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Look:
    """Renders pages. `folder` is the site's own (as ours: web/*.html and web/static) or None.

    `root` is the path below which the pages are reached, "" or "/support".
    """

    def __init__(self, folder: Path | None = None, root: str = "") -> None:
        ours = shipped() / "web"
        own = [folder / "web"] if folder else []
        self.headers = dict(HEADERS)
        self.root = root
        self.static = Static([*own, ours], root)
        self._shipped = {lang: _of_ours(ours, lang) for lang in LANGUAGES}
        self._site = (
            {lang: _environment(_Sandbox, [*own, ours], lang) for lang in LANGUAGES}
            if own
            else None
        )

    def respond(self, template: str, locale: str, code: int, **values: object) -> Response:
        """Return a page; `template` is a file of templates/web without its ending.

        Every template is given `lang`, `at` (a path below the root), `static` (the address of a
        file) besides `values`.
        """
        return HTMLResponse(self.html(template, locale, values), code, self.headers)

    def html(self, template: str, locale: str, values: Mapping[str, object]) -> str:
        """Return a page, or a part of one, as text."""
        lang = "de" if is_german(locale) else "en"
        known = {"lang": lang, "at": self.at, "static": self.static.address, "visit": None}
        if self._site is not None:
            try:
                return self._site[lang].get_template(f"{template}.html").render(known | {**values})
            except Exception as error:  # noqa: BLE001 - whatever a site's own template does
                log.page_template_failed(template, str(error))
        return self._shipped[lang].get_template(f"{template}.html").render(known | {**values})

    def at(self, path: str) -> str:
        """Return a path below the root, for links: relative to the host, whatever it is called."""
        return f"{self.root}{path}"


@cache
def _of_ours(folder: Path, lang: str) -> jinja2.Environment:
    """Return what renders the shipped pages, once: they never change while the program runs."""
    return _environment(jinja2.Environment, [folder], lang)


class _Sandbox(ImmutableSandboxedEnvironment):
    """For a site's own templates. The fields of our values need no check each time.

    Half of the time that a page takes would be spent on it: a list of tickets has thousands.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        kind: Any = type(obj)
        if attribute in _fields_of(kind):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


@cache
def _fields_of(kind: Any) -> frozenset[str]:
    """Return the names of the fields of a value's type that anybody may read."""
    if not is_dataclass(kind):
        return frozenset()
    return frozenset(each.name for each in fields(kind) if not each.name.startswith("_"))


def _environment(
    kind: type[jinja2.Environment], folders: list[Path], lang: str
) -> jinja2.Environment:
    environment = kind(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = catalogue(tuple(folders), lang)
    install: Callable[..., None] = getattr(environment, "install_gettext_callables")  # noqa: B009
    # Catalogues are looked through one after the other, so what was found is kept.
    install(cache(words.gettext), lru_cache(_NUMBERS)(words.ngettext), newstyle=True)
    environment.tests["web_address"] = is_web_address
    environment.filters |= _filters(lang)
    return environment


def _filters(lang: str) -> dict[str, Callable[..., Any]]:
    """Return the filters of pages: how moments, sums and texts are shown in a language."""
    named = ("moment", "day", "ago", "minutes", "money", "size", "said", "initials")
    return {name: getattr(shown, name)(lang) for name in named}


def is_web_address(text: str) -> bool:
    """Tell whether a text may become a link: an http or https address of a host."""
    if not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
