"""The press: HTML set by WeasyPrint and written as PDF/A-3b, at the least cost.

What is the same for every document is read once and kept: the style sheet, and the fonts that it
asks for. Neither knows anything of a document, so their order never shows in the octets. One
thread at a time may print: WeasyPrint's fonts and its log are not made for more.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

VARIANT = "pdf/a-3b"
_SHEETS = 4  # style sheets that are kept: a site has one, and another after a change of it
_MISSING = re.compile(r"\(U\+([0-9A-F]+)\)")
_BEGIN, _END = "<style>", "</style>"
_ONLY_DATA = {"allowed_protocols": ("data",), "allow_redirects": False}
Finish = Callable[[Any], None]  # adds to a pydyf.PDF that is about to be written


class Unprintable(Exception):
    """No pages can be made: what is missing, or which template is broken, in words."""


def printed(page: str, finish: Finish | None = None) -> tuple[bytes, set[int]]:
    """Return a PDF, and the code points that no font had a glyph for.

    The first <style> of the page is kept for the next page that has the same; put what differs
    from page to page into a second one. `finish` may add to the PDF before it is written. Nothing
    is fetched from anywhere: only data URLs are read. Raises Unprintable without Pango.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise Unprintable(
            "Pango, which sets the type, is not installed: no document was made. Install it"
            " (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
            " fonts-inter)."
        ) from error

    def finished(_: object, pdf: Any) -> None:
        if finish:
            finish(pdf)
        _pack(pdf)

    seen = _Seen()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(seen)
    try:
        rest, sheet = _parted(page)
        pdf = HTML(string=rest, url_fetcher=URLFetcher(**_ONLY_DATA)).write_pdf(
            stylesheets=[sheet.css],
            font_config=sheet.fonts,
            counter_style=sheet.counters.copy(),
            color_profiles=dict(sheet.profiles),
            pdf_variant=VARIANT,
            custom_metadata=False,
            finisher=finished,
        )
    finally:
        logger.removeHandler(seen)
    return bytes(pdf or b""), seen.missing


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A style sheet as WeasyPrint reads it, with what its rules define."""

    css: Any
    fonts: Any
    counters: Any
    profiles: dict[str, Any]


def _parted(page: str) -> tuple[str, _Sheet]:
    before, _, rest = page.partition(_BEGIN)
    text, end, after = rest.partition(_END)
    return (before + after, _sheet(text)) if end else (page, _sheet(""))


@lru_cache(_SHEETS)
def _sheet(text: str) -> _Sheet:
    """Return a style sheet read; fonts that it brings are its own and no other's."""
    from weasyprint import CSS
    from weasyprint.css.counters import CounterStyle
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts, counters, profiles = FontConfiguration(), CounterStyle(), dict[str, Any]()
    css = CSS(
        string=text,
        url_fetcher=URLFetcher(**_ONLY_DATA),
        font_config=fonts,
        counter_style=counters,
        color_profiles=profiles,
    )
    return _Sheet(css, fonts, counters, profiles)


@dataclass(slots=True)
class _Packed:
    """A stream of a PDF in its final octets, with all that pydyf asks of an object it writes."""

    number: int
    data: bytes
    offset: int = 0
    generation: int = 0
    free: str = "n"
    compressible: bool = False

    @property
    def indirect(self) -> bytes:
        """The object as it stands in the file."""
        return b"%d %d obj\n%b\nendobj" % (self.number, self.generation, self.data)


def _pack(pdf: Any) -> None:
    """Compress every stream now: pydyf does it twice, for the file and for its identifier."""
    from weasyprint.pdf import pydyf  # the writer of PDF that WeasyPrint itself has

    pdf.objects[:] = [
        _Packed(each.number, each.data) if isinstance(each, pydyf.Stream) else each
        for each in pdf.objects
    ]


class _Seen(logging.Handler):
    """Gathers the characters that WeasyPrint warns about: it tells of them in no other way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the code point of a warning about a missing glyph."""
        if "notdef" in str(record.msg) and (found := _MISSING.search(record.getMessage())):
            self.missing.add(int(found[1], 16))
