"""Bills to the cent: the rules, in tables.

The vectors of the process go through the command line, see tests/cli/test_billing.py; what holds
for all bills is in test_billing_properties.py.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from maildesk.rules.billing.compute import totals
from maildesk.rules.billing.values import Bill, Item, Job, Scope, Vat, Work
from maildesk.rules.billing.vat import (
    GERMAN_RATES,
)  # fmt: skip
from maildesk.rules.money import half_up, product

DAY = date(2026, 11, 10)
MON, TUE, WED = (date(2026, 11, 9) + timedelta(days=n) for n in range(3))
RATE = Decimal("95.00")


def _work(minutes, rate="95.00", factor="1", **more):
    return Work(minutes, Decimal(rate), Decimal(factor), **more)


def _bill(*work, items=(), **more):
    job = {
        name: more.pop(name) for name in list(more) if name in Job.__slots__ and name != "discount"
    }
    return Bill((Job("T1", work, **job),), items, DAY, **more)


COVERED = {"is_covered": True, "covers_surcharge": False}
WORKED = [
    # entries, how they are billed, minutes, beyond, lines, why
    ([_work(45), _work(45), _work(5)], {"increment": 60}, 120, 0, [19000], "once, not thrice"),
    ([_work(0)], {"increment": 15, "minimum": 30}, 0, 0, [], "no time, no minimum"),
    ([_work(20, is_free=True)], {"increment": 15, "minimum": 30}, 0, 0, [], "rework is free"),
    ([_work(20, is_free=True), _work(7)], {"increment": 5}, 10, 0, [1583], "the rest is not"),
    ([_work(20, is_covered=True, is_free=True)], {}, 0, 0, [], "free twice"),
    # the limit
    ([_work(70)], {"increment": 15, "limit": 50}, 50, 20, [7917], "a limit off the increment"),
    ([_work(30)], {"increment": 15, "limit": 0}, 0, 30, [], "nothing was approved"),
    ([_work(3)], {"increment": 5, "minimum": 15, "limit": 10}, 10, 0, [1583], "minimum, limit"),
    ([_work(20, "120"), _work(20)], {"limit": 30}, 30, 10, [4000, 1583], "in the order worked"),
    ([_work(20), _work(20, "120")], {"limit": 30}, 30, 10, [3167, 2000], "the other order"),
    ([_work(20, day=TUE), _work(20, "120", day=MON)], {"limit": 30}, 30, 10, [3167, 2000],
     "the order worked is the one given: days are not sorted anew"),
    ([_work(30, day=date(2020, 7, 1)), _work(25, day=date(2020, 6, 30))], {"increment": 30}, 60, 0,
     [5542, 3958], "lines by first entry and not by day, the first on a tie has the rounding"),
    ([_work(7, day=TUE), _work(7, day=MON)],
     {"increment": 15, "limit": 20, "scope": Scope.TICKET_DAY}, 20, 0, [3167],
     "two days share what is left of the limit"),
    ([_work(40, is_covered=True), _work(40)], {"limit": 30}, 30, 10, [4750],
     "covered work needs no approval"),
    ([_work(5), _work(50)], {"increment": 15, "limit": 60, "scope": Scope.ENTRY}, 60, 0, [9500],
     "entries round up to the limit and no further"),
    # on which line the rounding goes
    ([_work(10, "120"), _work(10)], {"increment": 15}, 30, 0, [2000, 3167], "the cheapest"),
    ([_work(10, factor="2"), _work(10, "190")], {"increment": 15}, 30, 0, [6333, 3167],
     "the first on a tie"),
    ([_work(10, day=MON), _work(10, "80", day=TUE), _work(4, day=TUE)],
     {"increment": 15, "scope": Scope.TICKET_DAY}, 30, 0, [3008, 1467], "each day its own"),
    ([_work(5, day=MON), _work(5, day=TUE), _work(5, day=MON)],
     {"increment": 15, "scope": Scope.TICKET_DAY}, 30, 0, [4750], "two days, three entries"),
    ([_work(5, "120"), _work(5), _work(0)], {"increment": 15, "scope": Scope.ENTRY}, 30, 0,
     [3000, 2375], "to the entry's own line"),
    ([_work(10, "120"), _work(10)], {"minimum": 60}, 60, 0, [2000, 7917], "so does the minimum"),
    ([_work(5)], {"increment": 15, "minimum": 20}, 20, 0, [3167], "the minimum is not rounded"),
    # surcharges of contracts that do not cover them
    ([_work(40, factor="1.5", **COVERED)], {"increment": 15}, 0, 0, [3563], "rounded like work"),
    ([_work(40, factor="1.5", **COVERED)], {"minimum": 60}, 0, 0, [3167], "no work, no minimum"),
    ([_work(40, factor="1", **COVERED)], {"increment": 15}, 0, 0, [], "no surcharge to charge"),
    ([_work(40, factor="0.5", **COVERED)], {"increment": 15}, 0, 0, [], "nor a negative one"),
    ([_work(40, factor="1.5", **COVERED), _work(20, factor="1.5")], {"limit": 10, "increment": 15},
     10, 10, [3958, 2375], "the limit is for work, and the surcharge is rounded past it"),
    ([_work(40, factor="2", **COVERED), _work(10)], {"increment": 15}, 10, 0, [7917, 1583],
     "a surcharge at the price of work that came first"),
    ([_work(10), _work(40, factor="2", **COVERED)], {"increment": 15}, 20, 0, [3167, 6333],
     "work at the price of a surcharge that came first"),
    # corrections
    ([_work(50), _work(-20)], {"increment": 15}, 30, 0, [4750], "netted before rounding"),
    ([_work(20), _work(-50)], {"increment": 15, "minimum": 30}, 0, 0, [], "never below zero"),
    ([_work(-20), _work(50)], {"limit": 40}, 30, 0, [4750], "also before the limit"),
    ([_work(30), _work(20), _work(-20)], {"increment": 30, "scope": Scope.ENTRY}, 30, 0, [4750],
     "the entry of the same minutes"),
    ([_work(30), _work(20, "120"), _work(-20, "120")], {}, 30, 0, [4750], "of the same rate"),
    ([_work(30, is_covered=True), _work(30), _work(-20, is_covered=True)], {}, 30, 0, [4750],
     "of the same contract"),
    ([_work(30, day=MON), _work(30, day=TUE), _work(-30, day=MON)], {"limit": 10}, 10, 20, [1583],
     "of the same day"),
    ([_work(10, day=MON), _work(30, day=TUE), _work(-30, day=MON)], {}, 10, 0, [1583],
     "and only then of others"),
]  # fmt: skip


@pytest.mark.parametrize(("work", "how", "minutes", "beyond", "lines", "why"), WORKED)
def test_work(work, how, minutes, beyond, lines, why):
    found = totals(_bill(*work, **how))
    assert found.minutes == {"T1": minutes}, why
    assert found.unapproved == {"T1": beyond}, why
    assert [line.net for line in found.lines] == lines, why
    assert found.net == sum(lines)


def test_a_line_says_what_it_is_made_of():
    work = _work(20, "89.95", "1.5", day=TUE), _work(25, "89.95", "1.50", day=MON)
    found = totals(_bill(*work, _work(10, "89.95", "1.5", day=WED, **COVERED)))
    line, surcharge = found.lines
    assert (line.quantity, line.price, line.minutes) == (45, Decimal("134.925"), 45)
    assert (line.net, line.before_discount, line.discount) == (10119, 10119, 0)
    assert (line.first_day, line.last_day, line.is_surcharge) == (MON, TUE, False)
    assert (surcharge.price, surcharge.is_surcharge, surcharge.net) == (
        Decimal("44.975"),
        True,
        750,
    )


PREPAID = [
    # credit, weighted, entries of two tickets,            lines,        left,  why
    ("60", True, [[_work(45)], [_work(45)]], [4750], "0", "the first ticket first"),
    ("60", True, [[_work(30, factor="2")], [_work(30)]], [4750], "0", "weighted by factor"),
    ("60", False, [[_work(30, factor="2")], [_work(30)]], [], "0", "or not"),
    ("1", True, [[_work(30, factor="2"), _work(30)], []], [9500, 4592], "0",
     "too little for a dear minute, enough for a cheap one"),
    ("0.5", True, [[_work(3)], []], [475], "0.5", "no half minutes"),
    ("4.5", True, [[_work(2, factor="1.5"), _work(2)], []], [158], "0.5", "fractions are kept"),
    ("0", True, [[_work(30)], []], [4750], "0", "used up"),
    ("99", True, [[_work(30, factor="1.5", **COVERED)], []], [2375], "99", "a surcharge is money"),
    ("99", True, [[_work(30, factor="0")], []], [], "99", "what costs nothing takes nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("credit", "weighted", "work", "lines", "left", "why"), PREPAID)
def test_prepaid(credit, weighted, work, lines, left, why):
    jobs = tuple(Job(f"T{n}", tuple(entries)) for n, entries in enumerate(work))
    found = totals(Bill(jobs, (), DAY, credit=Decimal(credit), is_weighted=weighted))
    assert [line.net for line in found.lines] == lines, why
    assert found.credit_left == Decimal(left), why
    charged = sum(e.minutes for entries in work for e in entries if not e.is_covered)
    assert sum(found.minutes.values()) == charged, "minutes tell of the credit's too"


def test_discounts_are_taken_by_line_and_then_by_rate():
    items = (
        Item(Decimal(2), Decimal("17.075"), Decimal(10)),
        Item(Decimal("0.5"), Decimal("9.99"), day=date(2020, 8, 1), words="Lizenz"),
    )
    bill = _bill(_work(35), items=items, discount=Decimal("2.5"), down_payment=20000)
    found = totals(bill)
    assert [line.net for line in found.lines] == [5542, 3073, 500]
    assert [line.discount for line in found.lines] == [0, 342, 0]  # 3.415 goes up
    assert [(line.job, line.item) for line in found.lines] == [("T1", None), ("", 0), ("", 1)]
    at16, at19 = found.shares
    assert (at16.rate, at16.net, at16.discount, at16.vat) == (16, 487, 13, 78)  # 12.5 goes up
    assert (at19.rate, at19.net, at19.discount, at19.vat) == (19, 8400, 215, 1596)
    assert (found.net, found.gross) == (8887, 10561)
    assert found.payable == 10561 - 20000, "what was paid too much is owed to the customer"


def test_without_vat_the_day_makes_no_line_of_its_own():
    work = _work(30, day=date(2020, 6, 30)), _work(30, day=date(2020, 7, 1))
    for vat, rates in ((Vat.DOMESTIC, [19, 16]), (Vat.REVERSE, [0]), (Vat.OUTSIDE, [0])):
        found = totals(_bill(*work, vat=vat))
        assert [line.vat_rate for line in found.lines] == rates
        assert found.net == 9500


def test_nothing_to_pay():
    found = totals(Bill((), (), DAY))
    assert (found.lines, found.shares, found.gross, found.payable) == ((), (), 0, 0)


WRONG = [
    (_bill(_work(1, "-1")), "rate"),
    (_bill(_work(1, "NaN")), "rate"),
    (_bill(_work(1, "1e-50")), "decimals"),
    (_bill(_work(10**9)), "minutes"),
    (_bill(_work(1, factor="-1")), "factor"),
    (_bill(_work(1), increment=0), "increment"),
    (_bill(_work(1), minimum=-1), "minimum"),
    (_bill(_work(1), limit=-1), "limit"),
    (_bill(_work(1), discount=Decimal(101)), "discount"),
    (_bill(_work(1), credit=Decimal(-1)), "prepaid"),
    (_bill(_work(1), down_payment=-1), "down payment"),
    (_bill(items=(Item(Decimal(1), Decimal(-1)),)), "price"),
    (_bill(items=(Item(Decimal("Infinity"), Decimal(1)),)), "quantity"),
    (_bill(_work(1, day=date(2006, 12, 31))), "no VAT rate is known for 2006-12-31"),
    (_bill(_work(1), rates=()), "VAT rates"),
    (_bill(_work(1), rates=GERMAN_RATES[::-1]), "VAT rates"),
    (Bill((Job("T1", ()), Job("T1", ())), (), DAY), "'T1' is there twice"),
    (Bill((Job("", ()),), (), DAY), "no name"),
]


@pytest.mark.parametrize(("bill", "sentence"), WRONG)
def test_what_cannot_be_billed_is_refused(bill, sentence):
    with pytest.raises(ValueError, match=sentence):
        totals(bill)


ROUNDED = [
    ("0.5", 1, 1, "up"), ("-0.5", 1, -1, "away from zero"), ("2.5", 1, 3, "not to the even one"),
    ("0.4999999999", 1, 0, "down"), ("1", 3, 0, "a third"), ("100", 3, 33, "33.3"),
    ("2708.5", 1, 2709, "B03"), ("0", 60, 0, "nothing"), ("90", 60, 2, "one and a half"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "divisor", "whole", "why"), ROUNDED)
def test_half_up(amount, divisor, whole, why):
    assert half_up(Decimal(amount), divisor) == whole, why


def test_products_are_exact_or_an_error():
    assert product(Decimal("89.95"), Decimal("1.5"), Decimal(20)) == Decimal("2698.5")
    with pytest.raises(ArithmeticError):
        product(*[Decimal("1.00000000000000000001")] * 4)
