"""The figures of invoices in letters: finished words, in the language of whoever reads them.

As with all letters (`rules.letters`), a template gets these values and computes nothing.
"""

from dataclasses import dataclass
from datetime import date

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice import months
from maildesk.rules.invoice.content import DocumentKind, Format, InvoiceContent
from maildesk.rules.letters import NO_BREAK, is_german
from maildesk.rules.money import Money

TAGS_SHOWN = 5  # tickets that a cover mail names; more are counted
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_FORMATS = {Format.ZUGFERD: "ZUGFeRD", Format.XRECHNUNG: "XRechnung"}
_STATES = {
    "draft": ("Entwurf", "draft"),
    "issuing": ("wird ausgestellt", "being issued"),
    "issued": ("offen", "open"),
    "paid": ("bezahlt", "paid"),
    "cancelled": ("storniert", "cancelled"),
}


@dataclass(frozen=True, slots=True)
class InvoiceFigures:
    """An invoice as its cover mail and its reminder show it; "" is nothing to say.

    `total` is what is to be paid, `taxes` how VAT stands to it ("inkl. 19 % USt."), `before` what
    was paid in advance. `tickets` are tags, `more` counts further ones. `iban` is in groups of
    four. `format` names the machine-readable form; `xml`: it is a file of its own too. `sheet`:
    the time sheet is part of the PDF. `too_big`: the files do not fit into a mail.
    """

    number: str
    day: str
    total: str
    due: str = ""
    taxes: str = ""
    before: str = ""
    period: str = ""
    tickets: tuple[str, ...] = ()
    more: int = 0
    holder: str = ""
    iban: str = ""
    bic: str = ""
    format: str = ""
    xml: bool = False
    sheet: bool = False
    too_big: bool = False


@dataclass(frozen=True, slots=True)
class CancellationFigures:
    """A cancellation as its cover mail shows it: of the invoice `cancels`, which was over `total`.

    `paid` is what was paid for that invoice already.
    """

    number: str
    day: str
    cancels: str
    cancels_day: str
    total: str
    reason: str = ""
    paid: str = ""
    format: str = ""
    xml: bool = False
    too_big: bool = False


@dataclass(frozen=True, slots=True)
class SheetFigures:
    """A time sheet as its mail shows it: of a `month` ("Oktober 2026"), with the tags of tickets.

    `more` counts further ones.
    """

    month: str
    tickets: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class ReminderFigures:
    """What a friendly reminder says beside the invoice: `left` is open by `seen`, wanted by `until`.

    `paid` is what came so far, "" for nothing.
    """

    left: str
    seen: str
    until: str
    paid: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLook:
    """An invoice at a glance, for staff: `state` in words."""

    number: str
    total: str = ""
    due: str = ""
    state: str = ""
    customer: str = ""


def of_invoice(
    content: InvoiceContent, locale: str, *, xml: bool = False, too_big: bool = False
) -> InvoiceFigures:
    """Return the figures of an invoice. `xml`: the XML goes along as a file of its own."""
    tags = content.tickets
    return InvoiceFigures(
        number=content.number,
        day=day_words(content.issued_on, locale),
        total=_money(content, content.payable, locale),
        due=day_words(content.due_on, locale) if content.payable > 0 else "",
        taxes=_taxes(content, locale),
        before=_money(content, content.down_payment, locale) if content.down_payment else "",
        period=period_words(content.first_day, content.last_day, locale),
        tickets=tags[:TAGS_SHOWN],
        more=len(tags[TAGS_SHOWN:]),
        holder=content.bank.holder,
        iban=grouped(content.bank.iban),
        bic=content.bank.bic,
        format=_FORMATS[content.format],
        xml=xml,
        sheet=bool(content.sheet),
        too_big=too_big,
    )


def of_cancellation(
    content: InvoiceContent,
    locale: str,
    *,
    paid: int | None = None,
    xml: bool = False,
    too_big: bool = False,
) -> CancellationFigures:
    """Return the figures of a cancellation; `paid` in minor units is what came for its invoice.

    Raises ValueError for a content that cancels nothing.
    """
    cancels = content.cancels
    if content.kind is not DocumentKind.CANCELLATION or cancels is None:
        raise ValueError(f"{content.number} cancels nothing")
    return CancellationFigures(
        number=content.number,
        day=day_words(content.issued_on, locale),
        cancels=cancels.number,
        cancels_day=day_words(cancels.issued_on, locale),
        total=_money(content, abs(content.gross), locale),
        reason=cancels.reason,
        paid=_money(content, paid, locale) if paid else "",
        format=_FORMATS[content.format],
        xml=xml,
        too_big=too_big,
    )


def of_sheet(content: InvoiceContent, locale: str) -> SheetFigures:
    """Return the figures of a time sheet."""
    tags = content.tickets
    return SheetFigures(
        month=months.words(f"{content.last_day:%Y-%m}", locale),
        tickets=tags[:TAGS_SHOWN],
        more=len(tags[TAGS_SHOWN:]),
    )


def state_words(state: str, locale: str) -> str:
    """Return the state of an invoice in words; one that is not known as it is."""
    return _STATES[state][0 if is_german(locale) else 1] if state in _STATES else state


def day_words(day: date, locale: str) -> str:
    """Return a day as people write it: "05.12.2026", "5 December 2026"."""
    if is_german(locale):
        return f"{day:%d.%m.%Y}"
    return f"{day.day}{NO_BREAK}{_MONTHS[day.month - 1]} {day.year}"


def period_words(first: date, last: date, locale: str) -> str:
    """Return a span of days, both included; one day by itself."""
    if first == last:
        return day_words(first, locale)
    to = "bis" if is_german(locale) else "to"
    return f"{day_words(first, locale)} {to} {day_words(last, locale)}"


def grouped(iban: str) -> str:
    """Return an IBAN in groups of four, as it is printed (ISO 13616)."""
    return NO_BREAK.join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _money(content: InvoiceContent, minor: int, locale: str) -> str:
    return Money(minor, content.currency).words(locale)


def _taxes(content: InvoiceContent, locale: str) -> str:
    """Return how VAT stands to the total: in it, or that there is none."""
    german = is_german(locale)
    if content.vat_case is not Vat.DOMESTIC:
        return "ohne USt." if german else "without VAT"
    rates = [f"{row.rate:f}" for row in content.vat_lines]
    plain = [rate.rstrip("0").rstrip(".") if "." in rate else rate for rate in rates]
    if not german:
        return f"incl. {' and '.join(plain)}{NO_BREAK}% VAT" if plain else ""
    said = " und ".join(rate.replace(".", ",") for rate in plain)
    return f"inkl. {said}{NO_BREAK}% USt." if plain else ""
