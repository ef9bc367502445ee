"""The exact check finds every sum that is off by a cent, and lets no right one down."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import InvoiceContent, InvoiceLine
from maildesk.rules.invoice.exact import half_up, wrong
from tests.paper.made import EVERY, cancelled, draft, invoice, line, ordinary


@pytest.mark.parametrize("name", EVERY)
def test_what_adds_up_passes_and_so_does_its_cancellation(name: str) -> None:
    content = EVERY[name]()
    assert wrong(content) == ""
    if content.cancels is None:
        assert wrong(cancelled(content)) == ""


def test_a_draft_may_have_no_number() -> None:
    assert wrong(draft()) == ""


def first_line(**changes: Any) -> InvoiceContent:
    content = ordinary()
    return replace(content, lines=(replace(content.lines[0], **changes), *content.lines[1:]))


def first_rate(**changes: Any) -> InvoiceContent:
    content = ordinary()
    return replace(content, vat_lines=(replace(content.vat_lines[0], **changes),))


def of(**changes: Any) -> InvoiceContent:
    return replace(ordinary(), **changes)


DAY = date(2026, 11, 1)
TABLE = [
    # broken content                          the sentence                  why
    (lambda: first_line(net=11084), "35 x 190 / 60 less 0.00 is 110.83, not 110.84", "a cent up"),
    (lambda: first_line(net=11082), "not 110.82", "a cent down"),
    (lambda: first_line(quantity=Decimal("34.99")), "line 1: 34.99 x 190", "less than was said"),
    (lambda: first_line(price_base=1), "line 1: 35 x 190 / 1 ", "per minute, not per hour"),
    (lambda: first_line(price_base=0), "a price of 190 for 0 cannot be", "no division by zero"),
    (lambda: first_line(price=Decimal(-190)), "a price of -190", "BR-27: no price below zero"),
    (lambda: first_line(quantity=Decimal(-35)), "-35 does not fit an invoice", "sign"),
    (lambda: first_line(discount=1), "0 percent of 110.83 is 0.00, not 0.01", "free discount"),
    (lambda: first_line(discount_percent=Decimal(101)), "101 percent cannot be", "over all"),
    (lambda: first_line(words=" "), "line 1: it does not say what was done", "§ 14 (4) UStG"),
    (lambda: first_line(position=2), "not numbered 1, 2, 3", "twice the same"),
    (lambda: first_line(first_day=DAY), "is not within 2026-11-02 to", "R110: before the period"),
    (lambda: first_line(last_day=date(2026, 11, 8)), "line 1: its work ends on", "backwards"),
    (lambda: first_line(vat_rate=Decimal(16)), "are not those of the lines", "rate of nobody"),
    (lambda: of(lines=()), "it has no line", "nothing was done"),
    (lambda: first_rate(vat=ordinary().vat + 90), "VAT of 19 percent on", "the public rules pass"),
    (lambda: first_rate(vat=ordinary().vat - 1), "VAT of 19 percent on", "a cent"),
    (lambda: first_rate(net=ordinary().net - 1), "19 percent: the net is", "a cent"),
    (lambda: first_rate(discount=0), "19 percent: the discount is", "forgotten"),
    (lambda: of(vat_lines=ordinary().vat_lines * 2), "stands there twice", "taxed twice"),
    (lambda: of(vat_case=Vat.REVERSE), "does not fit the case AE", "nobody owes 19 % twice"),
    (lambda: of(discount_percent=Decimal(4)), "the discount is", "not what was agreed"),
    (lambda: of(net=ordinary().net + 1), "net in all is", "sum of the rates"),
    (lambda: of(vat=ordinary().vat + 1), "VAT in all is", "sum of the rates"),
    (lambda: of(gross=ordinary().gross - 1), "gross in all is", "net + VAT"),
    (lambda: of(payable=ordinary().payable - 5000), "payable in all is", "no down payment"),
    (lambda: of(down_payment=-1), "a sum of an invoice is below zero", "paid to the customer?"),
    (lambda: of(first_day=date(2026, 12, 1)), "the work ends on 2026-11-20, before", "backwards"),
    (lambda: of(due_on=date(2026, 11, 22)), "it is due on 2026-11-22, before", "backwards"),
    (lambda: replace(cancelled(ordinary()), cancels=None), "does not say what it", "BG-3"),
    (lambda: of(cancels=cancelled(ordinary()).cancels), "says that it cancels", "no cancellation"),
    (
        lambda: replace(cancelled(ordinary()), issued_on=DAY, due_on=DAY),
        "a later day than its own",
        "nobody cancels what is not there yet",
    ),
    (lambda: replace(cancelled(ordinary()), net=1), "is above zero", "a cancellation that costs"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "sentence", "why"), TABLE)
def test_what_does_not_add_up_is_named(
    made: Callable[[], InvoiceContent], sentence: str, why: str
) -> None:
    assert sentence in wrong(made()), why


HALVES = [
    ("0.5", 1, "up"), ("-0.5", -1, "away from zero"), ("0.4999", 0, "not yet"),
    ("2707.5", 2708, "B03"), ("40.375", 40, "no half"), ("2.5", 3, "no banker's rounding"),
    ("-2.5", -3, "nor below zero"), ("0", 0, "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "rounded", "why"), HALVES)
def test_half_a_cent_goes_away_from_zero(amount: str, rounded: int, why: str) -> None:
    assert half_up(Fraction(amount)) == rounded, why


minutes = st.integers(1, 10_000).map(str)
prices = st.decimals("0.01", "500", places=3).map(str)
percents = st.decimals("0", "100", places=2).map(str)
rates = st.sampled_from((Decimal(19), Decimal(16), Decimal(7)))
lines = st.builds(
    lambda quantity, price, percent, rate, piece: line(
        "Arbeit", quantity, price, percent=percent, rate=rate, piece=piece
    ),
    minutes, prices, percents, rates, st.booleans(),
)  # fmt: skip
SUMS = ("net", "vat", "gross", "payable")


@given(st.lists(lines, min_size=1, max_size=8), percents)
def test_whatever_is_summed_up_as_the_process_says_is_exact(
    made: list[InvoiceLine], percent: str
) -> None:
    content = invoice(made, percent=percent)
    assert wrong(content) == ""
    assert wrong(cancelled(content)) == ""


@given(st.lists(lines, min_size=1, max_size=4), percents, st.sampled_from((-1, 1)), st.data())
def test_no_sum_may_be_off_by_a_cent(
    made: list[InvoiceLine], percent: str, cent: int, data: st.DataObject
) -> None:
    content = invoice(made, percent=percent)
    name = data.draw(st.sampled_from((*SUMS, "line", "discount", "rate", "due")))
    if name in SUMS:
        content = replace(content, **{name: getattr(content, name) + cent})
    elif name in ("line", "discount"):
        field = "net" if name == "line" else "discount"
        at = data.draw(st.integers(0, len(made) - 1))
        changed = replace(content.lines[at], **{field: getattr(content.lines[at], field) + cent})
        content = replace(content, lines=(*content.lines[:at], changed, *content.lines[at + 1 :]))
    elif name == "rate":
        row = content.vat_lines[0]
        content = replace(
            content, vat_lines=(replace(row, vat=row.vat + cent), *content.vat_lines[1:])
        )
    else:
        content = replace(content, due_on=content.issued_on - timedelta(days=1))
    assert wrong(content)
