"""An invoice as pages to read and print: PDF/A-3b, by WeasyPrint (PROCESS.md section 3.6).

Whatever is written on them comes from the content and the look. Nothing is fetched from
anywhere: only data that the document itself holds is read.
"""

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
from maildesk.paper.press import Finish, Unprintable, printed
from maildesk.paper.words import Speech, cleaned, grouped, iban
from maildesk.rules.girocode import payload
from maildesk.rules.invoice import months
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent

TEMPLATE = "paper/invoice.html.j2"
PICTURES = ("image/png", "image/svg+xml", "image/jpeg")

_HERE = Path(__file__).parent.parent
_COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_INSTEAD = ("\u25a1", "?")  # a white square, which every font of ours has


def to_pdf(content: InvoiceContent, look: Look, finish: Finish | None = None) -> bytes:
    """Return an invoice, a cancellation or a draft as PDF/A-3b, without its XML.

    The same content and look give the same octets on the same machine. Characters that no font
    has are shown as squares. `finish` may add to the PDF before it is written, as
    `embed.embedding` does with the XML. Raises Unprintable with words for people.
    """
    page = html(content, look)
    for instead in _INSTEAD:
        pdf, missing = printed(page, finish)
        if not missing:
            return pdf
        # PDF/A has no place for a missing glyph (ISO 19005-3 section 6.2.11.8).
        page = page.translate(dict.fromkeys(missing, instead))
    return printed(page, finish)[0]


def html(content: InvoiceContent, look: Look) -> str:
    """Return the document that is printed. Raises Unprintable for a broken template."""
    seen = cleaned(content)
    say = Speech(seen.language, seen.currency)
    is_sheet = seen.kind is DocumentKind.TIMESHEET
    footer = columns(seen, look, say)
    values: dict[str, Any] = {
        "invoice": seen,
        "say": say,
        "iban": iban,
        "is_cancellation": seen.kind is DocumentKind.CANCELLATION,
        "is_sheet": is_sheet,
        "is_draft": not seen.number and not is_sheet,
        "month": months.words(f"{seen.last_day:%Y-%m}", seen.language),
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
        content.kind is not DocumentKind.INVOICE
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
