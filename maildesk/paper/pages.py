"""An invoice as pages to read and print: PDF/A-3b, by WeasyPrint (PROCESS.md section 3.6).

Whatever is written on them comes from the content and the look. Nothing is fetched from
anywhere: only data that the document itself holds is read.
"""

import logging
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from maildesk.paper import girocode
from maildesk.paper.look import ACCENT, Look
from maildesk.paper.measure import columns, widths
from maildesk.paper.words import Speech, cleaned, grouped, iban
from maildesk.rules.girocode import payload
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent

TEMPLATE = "paper/invoice.html.j2"
PICTURES = ("image/png", "image/svg+xml", "image/jpeg")
VARIANT = "pdf/a-3b"

_HERE = Path(__file__).parent.parent
_COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_MISSING = re.compile(r"\(U\+([0-9A-F]+)\)")
_INSTEAD = ("\u25a1", "?")  # a white square, which every font of ours has


class Unprintable(Exception):
    """No pages can be made: what is missing, or which template is broken, in words."""


def to_pdf(content: InvoiceContent, look: Look) -> bytes:
    """Return an invoice, a cancellation or a draft as PDF/A-3b, without its XML.

    The same content and look give the same octets on the same machine. Characters that no font
    has are shown as squares. Raises Unprintable with words for people.
    """
    page = html(content, look)
    for instead in _INSTEAD:
        pdf, missing = _printed(page)
        if not missing:
            return pdf
        # PDF/A has no place for a missing glyph (ISO 19005-3 section 6.2.11.8).
        page = page.translate(dict.fromkeys(missing, instead))
    return _printed(page)[0]


def html(content: InvoiceContent, look: Look) -> str:
    """Return the document that is printed. Raises Unprintable for a broken template."""
    seen = cleaned(content)
    say = Speech(seen.language, seen.currency)
    footer = columns(seen, look, say)
    values: dict[str, Any] = {
        "invoice": seen,
        "say": say,
        "iban": iban,
        "is_cancellation": seen.kind is DocumentKind.CANCELLATION,
        "is_draft": not seen.number,
        "is_xrechnung": seen.format is Format.XRECHNUNG,
        "before_discount": sum(line.net for line in seen.lines),
        "sheet": grouped(seen.sheet),
        "logo": _data_url(look),
        "accent": look.accent if _COLOUR.fullmatch(look.accent) else ACCENT,
        "footer": footer,
        "girocode": _girocode(seen),
        "widths": widths(seen, say),
        "foot_lines": max((column.height for column in footer), default=0),
        "words": f"paper/words_{'de' if say.german else 'en'}.html.j2",
    }
    try:
        return _environment(look.templates).get_template(TEMPLATE).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise Unprintable(f"{error.name}, line {error.lineno}: {error.message}") from error
    except (
        jinja2.TemplateError, ArithmeticError, LookupError, OSError, TypeError, ValueError
    ) as error:  # fmt: skip
        raise Unprintable(f"the template {TEMPLATE} cannot be rendered: {error}") from error


@cache
def _environment(folder: str) -> jinja2.Environment:
    beside = _HERE / "templates"
    shipped = beside if beside.is_dir() else _HERE.parent / "templates"
    return ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([Path(folder), shipped] if folder else [shipped]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )


def _girocode(content: InvoiceContent) -> str:
    """Return the picture of the code, or "" where there is nothing to be paid by one."""
    if (
        content.kind is DocumentKind.CANCELLATION
        or not content.number
        or not content.girocode
        or content.payable <= 0
        or content.currency != "EUR"
    ):
        return ""
    bank = content.bank
    try:
        return girocode.data_url(payload(bank.holder, bank.iban, content.payable, content.number))
    except ValueError:
        return ""  # too much for a code: the bank details stand beside it in words


def _data_url(look: Look) -> str:
    if not look.logo or look.logo_type not in PICTURES:
        return ""
    return f"data:{look.logo_type};base64,{b64encode(look.logo).decode('ascii')}"


def _printed(page: str) -> tuple[bytes, set[int]]:
    """Return a PDF, and the code points that no font had a glyph for."""
    try:
        # WeasyPrint says nothing about its types.
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise Unprintable(
            "Pango, which sets the type, is not installed: no document was made. Install it"
            " (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
            " fonts-inter)."
        ) from error
    seen = _Seen()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(seen)
    try:
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        pdf = HTML(string=page, url_fetcher=fetcher).write_pdf(
            pdf_variant=VARIANT, custom_metadata=False
        )
    finally:
        logger.removeHandler(seen)
    return bytes(pdf or b""), seen.missing


class _Seen(logging.Handler):
    """Gathers the characters that WeasyPrint warns about: it tells of them in no other way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the code point of a warning about a missing glyph."""
        if "notdef" in str(record.msg) and (found := _MISSING.search(record.getMessage())):
            self.missing.add(int(found[1], 16))
