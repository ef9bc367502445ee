"""Our own exact check of an invoice: every sum is made again, to the cent.

The public rules do not do it: the schematron of EN 16931 lets a VAT amount pass that is wrong by
0.90, and a line whose net is not quantity times price (PROCESS.md section 3.4). So nothing is
issued before `wrong` finds nothing.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.canonical import plain
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent, InvoiceLine, Unit

HUNDRED = 100  # minor units in a major one, and parts in a percent
_NAMES = {DocumentKind.INVOICE: "an invoice", DocumentKind.CANCELLATION: "a cancellation"}


def wrong(content: InvoiceContent) -> str:
    """Return the first thing about an invoice that does not add up, as a sentence; "" is: nothing.

    Looked at in this order: kind and signs, days, lines, VAT for each rate, totals
    (PROCESS.md section 3.1). Rounding is half away from zero, so a cancellation passes exactly
    where its invoice does.
    """
    return next(_faults(content), "")


def half_up(amount: Fraction) -> int:
    """Return the nearest whole number; a half goes away from zero."""
    doubled = abs(amount) * 2 + 1
    whole = doubled.numerator // (doubled.denominator * 2)
    return whole if amount >= 0 else -whole


def percent_of(amount: int, percent: Decimal) -> int:
    """Return so many percent of minor units, rounded half up."""
    return half_up(Fraction(amount) * Fraction(percent) / HUNDRED)


def full_price(line: InvoiceLine) -> int:
    """Return what a line costs before its discount, in minor units, rounded half up."""
    exact = Fraction(line.quantity) * Fraction(line.price) / line.price_base
    return half_up(exact * HUNDRED)


def _faults(content: InvoiceContent) -> Iterator[str]:
    yield from _kind_faults(content)
    yield from _day_faults(content)
    for line in content.lines:
        yield from (f"line {line.position}: {fault}" for fault in _line_faults(content, line))
    yield from _vat_faults(content)
    yield from _total_faults(content)


def _kind_faults(content: InvoiceContent) -> Iterator[str]:
    cancelling = content.kind is DocumentKind.CANCELLATION
    if not content.lines:
        yield "it has no line"
    if [line.position for line in content.lines] != list(range(1, len(content.lines) + 1)):
        yield "its lines are not numbered 1, 2, 3 and so on"
    if cancelling and content.cancels is None:
        yield "a cancellation does not say what it cancels"
    if not cancelling and content.cancels is not None:
        yield "an invoice says that it cancels another"
    if not 0 <= content.discount_percent <= HUNDRED:
        yield f"a discount of {plain(content.discount_percent)} percent cannot be"
    sums = (content.net, content.vat, content.gross, content.payable, content.down_payment)
    if any(amount * _sign(content) < 0 for amount in sums):
        yield f"a sum of {_NAMES[content.kind]} is {'above' if cancelling else 'below'} zero"


def _day_faults(content: InvoiceContent) -> Iterator[str]:
    if content.first_day > content.last_day:
        yield f"the work ends on {content.last_day}, before it begins on {content.first_day}"
    if content.due_on < content.issued_on:
        yield f"it is due on {content.due_on}, before it is issued on {content.issued_on}"
    if content.cancels and content.cancels.issued_on > content.issued_on:
        yield f"it cancels an invoice of {content.cancels.issued_on}, a later day than its own"


def _line_faults(content: InvoiceContent, line: InvoiceLine) -> Iterator[str]:
    if not line.words.strip():
        yield "it does not say what was done"
    if line.price < 0 or line.price_base < 1:
        yield f"a price of {plain(line.price)} for {line.price_base} cannot be"
        return
    if line.quantity * _sign(content) <= 0 and not _is_deduction(line):
        yield f"a quantity of {plain(line.quantity)} does not fit {_NAMES[content.kind]}"
    if not 0 <= line.discount_percent <= HUNDRED:
        yield f"a discount of {plain(line.discount_percent)} percent cannot be"
    full = full_price(line)
    discount = percent_of(full, line.discount_percent)
    if line.discount != discount:
        yield f"{plain(line.discount_percent)} percent of {_money(full)} is {_money(discount)}, " \
            f"not {_money(line.discount)}"  # fmt: skip
    if line.net != full - discount:
        yield f"{plain(line.quantity)} x {plain(line.price)} / {line.price_base} less " \
            f"{_money(discount)} is {_money(full - discount)}, not {_money(line.net)}"  # fmt: skip
    yield from _line_day_faults(content, line)


def _is_deduction(line: InvoiceLine) -> bool:
    """Tell whether a line is a flat item that may be below zero: then something is taken off."""
    return line.unit is Unit.PIECE and line.quantity != 0


def _line_day_faults(content: InvoiceContent, line: InvoiceLine) -> Iterator[str]:
    """Yield what is wrong with a line's days: they lie within the invoice's (R110, R111)."""
    first: date = line.first_day or line.last_day or content.first_day
    last: date = line.last_day or first
    if first > last:
        yield f"its work ends on {last}, before it begins on {first}"
    if first < content.first_day or last > content.last_day:
        yield f"its work, {first} to {last}, is not within {content.first_day} to {content.last_day}"


def _vat_faults(content: InvoiceContent) -> Iterator[str]:
    rates = [row.rate for row in content.vat_lines]
    if len(set(rates)) != len(rates):
        yield "a rate of VAT stands there twice"
    if set(rates) != {line.vat_rate for line in content.lines}:
        yield "the rates of VAT are not those of the lines"
    domestic = content.vat_case is Vat.DOMESTIC
    for row in content.vat_lines:
        name = f"VAT of {plain(row.rate)} percent"
        if (row.rate > 0) is not domestic or row.rate > HUNDRED:
            yield f"{name} does not fit the case {content.vat_case}"
        lines = sum(line.net for line in content.lines if line.vat_rate == row.rate)
        discount = percent_of(lines, content.discount_percent)
        if row.discount != discount:
            yield f"{name}: the discount is {_money(discount)}, not {_money(row.discount)}"
        if row.net != lines - discount:
            yield f"{name}: the net is {_money(lines - discount)}, not {_money(row.net)}"
        vat = percent_of(row.net, row.rate)
        if row.vat != vat:
            yield f"{name} on {_money(row.net)} is {_money(vat)}, not {_money(row.vat)}"


def _total_faults(content: InvoiceContent) -> Iterator[str]:
    rows = content.vat_lines
    for name, stated, made in (
        ("net", content.net, sum(row.net for row in rows)),
        ("VAT", content.vat, sum(row.vat for row in rows)),
        ("gross", content.gross, content.net + content.vat),
        ("payable", content.payable, content.gross - content.down_payment),
    ):
        if stated != made:
            yield f"{name} in all is {_money(made)}, not {_money(stated)}"


def _sign(content: InvoiceContent) -> int:
    return -1 if content.kind is DocumentKind.CANCELLATION else 1


def _money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // HUNDRED}.{abs(minor) % HUNDRED:02}"
