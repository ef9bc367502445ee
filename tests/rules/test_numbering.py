"""Numbers of invoices and their ranges; the hash of a line of the journal; the cancellation."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.invoice import exact
from maildesk.rules.invoice.basis import Basis, basis_of
from maildesk.rules.invoice.cancelling import cancellation
from maildesk.rules.invoice.canonical import content_of, octets
from maildesk.rules.invoice.content import DocumentKind
from maildesk.rules.invoice.journal import line_hash
from maildesk.rules.invoice.numbering import counter_of, number_text, series_of
from tests.paper import made

DAY, NEXT = date(2026, 11, 23), date(2027, 1, 2)

TABLE = [
    # format                        serial  number            range        in 2027      why
    ("RE-{year}-{number:05}",       42,     "RE-2026-00042",  "RE-2026",   "RE-2027",   "a range for each year"),
    ("RE-{year}-{number:04}",       42,     "RE-2026-0042",   "RE-2026",   "RE-2027",   "fewer digits: it goes on"),
    ("{number:06}",                 7,      "000007",         "",          "",          "one range for ever"),
    ("R{number}",                   7,      "R7",             "R",         "R",         "one range for ever"),
    ("{year}{month:02}-{number:03}", 9,     "202611-009",     "202611",    "202701",    "a range for each month"),
    ("{number:03}/{year}",          9,      "009/2026",       "2026",      "2027",      "the number in front"),
    ("A-{number}-{year}",           9,      "A-9-2026",       "A--2026",   "A--2027",   "the number in the middle"),
    ("RE-{year}-{number:05}",       123456, "RE-2026-123456", "RE-2026",   "RE-2027",   "more than the format expects"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "serial", "number", "series", "later", "why"), TABLE)
def test_numbers_and_ranges(form, serial, number, series, later, why):
    assert number_text(form, DAY, serial) == number, why
    assert series_of(form, DAY) == series, why
    assert series_of(form, NEXT) == later, why
    assert counter_of(series) == f"invoice:{series}"


def test_numbers_count_from_one():
    with pytest.raises(ValueError, match="count from 1"):
        number_text("RE-{number}", DAY, 0)


LINE = {
    "position": 3, "at": datetime(2026, 11, 23, 9, 0, 0, 5, tzinfo=UTC), "actor": "lena",
    "what": "issued", "invoice_id": 7, "detail": '{"a":1}', "before": "ab" * 32,
}  # fmt: skip
OTHERS = {
    "position": 4, "at": LINE["at"] + timedelta(microseconds=1), "actor": "lenb",
    "what": "reserved", "invoice_id": None, "detail": '{"a":2}', "before": "ac" * 32,
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_everything_in_a_line_makes_its_hash(name):
    assert line_hash(**LINE | {name: OTHERS[name]}) != line_hash(**LINE)


def test_the_hash_of_a_line_is_the_same_in_every_zone_and_for_ever():
    berlin = LINE["at"].astimezone(timezone(timedelta(hours=1)))
    assert line_hash(**LINE | {"at": berlin}) == line_hash(**LINE)
    # What was written down by hand must be found again by every later version.
    assert line_hash(**LINE) == ("067da630d19410326bd3648a9b999137198ce7405191614367a6688f4fc0d4d6")
    with pytest.raises(ValueError, match="without a time zone"):
        line_hash(**LINE | {"at": datetime(2026, 11, 23)})


words = st.text(max_size=5)


@given(words, words, words, words)
def test_no_two_lines_have_one_hash_because_words_move_over(a, b, c, d):
    one = line_hash(**LINE | {"actor": a, "detail": b})
    other = line_hash(**LINE | {"actor": c, "detail": d})
    assert (one == other) == ((a, b) == (c, d))


INVOICES = [make for make in made.EVERY.values() if make().kind is DocumentKind.INVOICE]


@pytest.mark.parametrize("content", INVOICES)
def test_a_cancellation_is_the_exact_negative(content):
    was = content()
    found = cancellation(was, "Falsche Anschrift.", was.issued_on + timedelta(days=3), "ST-1")
    assert exact.wrong(found) == ""
    for name in ("net", "vat", "gross", "payable", "down_payment"):
        assert getattr(found, name) + getattr(was, name) == 0, name
    for mine, theirs in zip(found.lines, was.lines, strict=True):
        assert (mine.quantity + theirs.quantity, mine.net + theirs.net) == (0, 0)
        assert (mine.price, mine.discount + theirs.discount) == (theirs.price, 0)
    assert found.vat_lines == tuple(
        replace(row, net=-row.net, vat=-row.vat, discount=-row.discount) for row in was.vat_lines
    )
    assert found.cancels is not None
    assert (found.cancels.number, found.cancels.issued_on) == (was.number, was.issued_on)
    assert found.due_on == found.issued_on == was.issued_on + timedelta(days=3)
    assert (found.notes, found.girocode, found.sheet) == (was.notes, False, ())
    assert content_of(octets(found)) == found
    same = {"seller", "buyer", "bank", "format", "language", "vat_case", "tickets"}
    assert all(getattr(found, each) == getattr(was, each) for each in same)


def test_there_is_no_minus_zero_and_every_digit_stays():
    was = made.one_line()
    long = Decimal("0.1234567890123456789012345678901234567890")
    was = replace(was, lines=(replace(was.lines[0], quantity=long),))
    found = cancellation(was, "", DAY)
    assert found.lines[0].quantity.as_tuple() == long.copy_negate().as_tuple()
    nothing = replace(was, lines=(replace(was.lines[0], quantity=Decimal(0)),))
    assert not cancellation(nothing, "", DAY).lines[0].quantity.is_signed()


def test_only_an_invoice_with_a_number_is_cancelled():
    for was in (replace(made.one_line(), number=""), made.cancellation()):
        with pytest.raises(ValueError, match="only an invoice"):
            cancellation(was, "", DAY)


def test_a_basis_is_read_as_it_was_written():
    basis = Basis(((1, 4), (9, 2)), (3, 5), (8,))
    assert basis_of(basis.text()) == basis
    assert basis.text() == '{"entries":[3,5],"items":[8],"tickets":[[1,4],[9,2]]}'
    assert basis_of("") == Basis()
    assert {each.name for each in fields(Basis)} == {"tickets", "entries", "items"}
    with pytest.raises(ValueError, match="drafted from"):
        basis_of('{"tickets":[]}')
