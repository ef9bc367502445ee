"""How amounts, times and days are written on paper; and what must not stand on it at all."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from maildesk.paper.countries import city_words, country_words
from maildesk.rules.invoice.canonical import plain
from maildesk.rules.invoice.content import Bank, InvoiceContent, InvoiceLine, Party, SheetRow, Unit
from maildesk.rules.letters import NO_BREAK, is_german
from maildesk.rules.money import Money, hourly_words

MINUS = "\u2212"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Not seen, and able to hide or turn around what is seen (Unicode UAX #9, UTS #39); a soft hyphen
# may stay. Then controls, halves of surrogate pairs and what is no character, which no XML holds.
_UNSEEN = re.compile(
    "[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_NONE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+"
)


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """The time entries of one ticket: all minutes, and those of them that cost nothing."""

    ticket: str
    title: str
    rows: tuple[SheetRow, ...]
    minutes: int
    free: int


@dataclass(frozen=True, slots=True)
class Speech:
    """Says values in a language: "de" and its regions, or English for any other."""

    language: str
    currency: str

    @property
    def german(self) -> bool:
        """Whether this is German."""
        return is_german(self.language)

    def money(self, minor: int) -> str:
        """Return an amount of minor units: "1.234,50 €", "−€84.79"."""
        return _set(Money(minor, self.currency).words(self.language))

    def price(self, line: InvoiceLine) -> str:
        """Return the unit price of a line, exact: "134,925 € / h" of work, "49,00 €" of pieces."""
        price = _set(hourly_words(Money(100, self.currency), line.price, self.language))
        if line.unit is Unit.MINUTE and line.price_base == 60:
            return f"{price}{NO_BREAK}/{NO_BREAK}h"
        if line.unit is Unit.PIECE and line.price_base == 1:
            return price
        unit = "min" if line.unit is Unit.MINUTE else ""
        return f"{price}{NO_BREAK}/{NO_BREAK}{line.price_base}{NO_BREAK}{unit}".rstrip(NO_BREAK)

    def quantity(self, line: InvoiceLine) -> str:
        """Return how much a line is of: "0:35 h" of whole minutes, else the plain number."""
        if line.unit is Unit.MINUTE and line.quantity == line.quantity.to_integral_value():
            return self.hours(int(line.quantity))
        unit = f"{NO_BREAK}min" if line.unit is Unit.MINUTE else ""
        return self.number(line.quantity) + unit

    def hours(self, minutes: int) -> str:
        """Return minutes as hours and minutes: "21:05 h"."""
        hours, rest = divmod(abs(minutes), 60)
        return f"{MINUS if minutes < 0 else ''}{hours}:{rest:02}{NO_BREAK}h"

    def number(self, value: Decimal) -> str:
        """Return a decimal without zeros at its end: "1,5"."""
        text = plain(value).replace("-", MINUS)
        return text.replace(".", ",") if self.german else text

    def percent(self, value: Decimal) -> str:
        """Return a rate: "19 %", "7.5%"."""
        return self.number(value) + (f"{NO_BREAK}%" if self.german else "%")

    def day(self, day: date) -> str:
        """Return a day: "07.12.2026", "7 Dec 2026"."""
        if self.german:
            return f"{day:%d.%m.%Y}"
        return NO_BREAK.join((str(day.day), _MONTHS[day.month - 1], str(day.year)))

    def days(self, first: date | None, last: date | None) -> str:
        """Return a span of days as short as it is clear: "09.–10.11.2026"; "" without a day."""
        first, last = first or last, last or first
        if first is None or last is None:
            return ""
        if first == last:
            return self.day(last)
        same_month = (first.year, first.month) == (last.year, last.month)
        if self.german:
            short = f"{first:%d.}" if same_month else f"{first:%d.%m.}"
            start = short if first.year == last.year else self.day(first)
        else:
            short = str(first.day) if same_month else self.day(first)[:-5]
            start = short if first.year == last.year else self.day(first)
        return f"{start}–{self.day(last)}"

    def address(self, party: Party, home: str) -> tuple[str, ...]:
        """Return the lines of an address; the country last and in capitals unless it is `home`."""
        country = "" if party.country in ("", home) else self.country(party.country).upper()
        city = city_words(party.postcode, party.city, party.country)
        lines = (party.name, party.line2, party.street, city, country)
        return tuple(line for line in lines if line)

    def country(self, code: str) -> str:
        """Return the name of a country."""
        return country_words(code, german=self.german)

    def footer(self, seller: Party, bank: Bank) -> tuple[tuple[str, ...], ...]:
        """Return the agency's facts in columns, for a look that has none of its own."""
        vat, tax = ("USt-IdNr.", "Steuernummer") if self.german else ("VAT ID", "Tax number")
        columns = (
            self.address(replace(seller, line2=""), seller.country),
            (seller.contact, seller.phone, seller.email),
            (bank.name, iban(bank.iban), bank.bic and f"BIC {bank.bic}"),
            (
                seller.vat_id and f"{vat} {seller.vat_id}",
                seller.tax_number and f"{tax} {seller.tax_number}",
                seller.register,
            ),
        )
        filled = (tuple(line for line in column if line) for column in columns)
        return tuple(column for column in filled if column)


def iban(text: str) -> str:
    """Return an IBAN in groups of four, which no line breaks."""
    return NO_BREAK.join(text[at : at + 4] for at in range(0, len(text), 4))


def grouped(rows: tuple[SheetRow, ...]) -> tuple[SheetGroup, ...]:
    """Return time entries ticket by ticket, in the order of the rows."""
    groups = []
    for (ticket, title), found in groupby(rows, lambda row: (row.ticket, row.title)):
        own = tuple(found)
        free = sum(row.minutes for row in own if row.free)
        groups.append(SheetGroup(ticket, title, own, sum(row.minutes for row in own), free))
    return tuple(groups)


def cleaned(content: InvoiceContent) -> InvoiceContent:
    """Return a content whose texts hold nothing unseen: no controls, no signs of direction."""
    found: InvoiceContent = _cleaned(content)
    return found


def clean(text: str) -> str:
    """Return a text without unseen characters; line breaks stay."""
    seen = text.replace("\r\n", "\n").replace("\r", "\n")
    return seen if seen.isprintable() else _UNSEEN.sub("", _NONE.sub(" ", seen))


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return clean(value)
    if isinstance(value, tuple):
        return type(value)(_cleaned(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {
            each.name: _cleaned(getattr(value, each.name)) for each in fields(value)
        }
        return replace(value, **changes)
    return value


def _set(words: str) -> str:
    """Return an amount as it is set in type: a real minus, and no break inside."""
    return words.replace("-", MINUS).replace(" ", NO_BREAK)
