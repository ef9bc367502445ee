"""Contracts: what they cover, what is left of them, and that nothing is covered twice."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.contract import (
    Balance,
    Contract,
    ContractKind,
    Use,
    alerts,
    balance,
    categories_of,
    covers,
    period_key,
    proposed,
    split,
    uncovered,
    weight,
)

START = date(2026, 1, 1)
FLAT = Contract(1, 1, "Wartung", ContractKind.FLAT, START, categories=("hosting", "wartung"))
MONTHLY = Contract(2, 1, "Paket 10", ContractKind.INCLUDED, START, minutes=600)
NEXT = replace(MONTHLY, id=3, carry=1)
THREE = replace(MONTHLY, id=4, carry=3)
BLOCK = Contract(
    5, 1, "Zehnerblock", ContractKind.BLOCK, START, date(2026, 12, 31), minutes=50
)  # fmt: skip


def day(text: str) -> date:
    month, day_ = text.split("-")
    return date(2026, int(month), int(day_))


def uses(*rows: str) -> list[Use]:
    """Return uses written as "month-day minutes [factor]"."""
    split_rows = [row.split() for row in rows]
    return [Use(day(row[0]), int(row[1]), Decimal("".join(row[2:]) or "1")) for row in split_rows]


BALANCES = [
    # contract  uses                              on       granted used left share over  why
    (FLAT, ["1-05 90", "3-01 30"], "3-31", (0, 120, None, 0, 0), "flat has no limit"),
    (MONTHLY, [], "1-01", (600, 0, 600, 0, 0), "the first day"),
    (MONTHLY, ["1-05 300"], "1-31", (600, 300, 300, 50, 0), "half of a month"),
    (MONTHLY, ["1-05 599"], "1-31", (600, 599, 1, 99, 0), "the share is rounded down"),
    (MONTHLY, ["1-05 300"], "2-01", (600, 0, 600, 0, 0), "nothing is carried over"),
    (NEXT, ["1-05 500"], "2-01", (700, 0, 700, 0, 0), "100 are carried to the next month"),
    (NEXT, ["1-05 500"], "3-01", (1200, 0, 1200, 0, 0), "of January nothing, of February all"),
    (NEXT, ["1-05 500", "2-02 100"], "3-01", (1200, 0, 1200, 0, 0), "the oldest went first"),
    (NEXT, ["1-05 500", "2-02 150"], "3-01", (1150, 0, 1150, 0, 0), "then February's own"),
    (THREE, [], "4-01", (2400, 0, 2400, 0, 0), "three months and this one"),
    (THREE, [], "5-01", (2400, 0, 2400, 0, 0), "January's are gone"),
    (THREE, ["4-02 600"], "5-01", (2400, 0, 2400, 0, 0), "January's were used, not lost"),
    (MONTHLY, ["1-05 700"], "1-31", (600, 600, 0, 100, 100), "beyond it: never below zero"),
    (MONTHLY, ["1-05 700"], "2-01", (600, 0, 600, 0, 0), "and no debt of the next month"),
    (MONTHLY, ["1-20 300", "1-20 -300"], "1-31", (600, 0, 600, 0, 0), "taken back"),
    (MONTHLY, ["1-20 300", "1-21 -400"], "1-31", (600, 0, 600, 0, 0), "never more than there was"),
    (NEXT, ["1-20 300", "2-02 -300"], "2-03", (1200, 0, 1200, 0, 0), "taken back a month later"),
    (NEXT, ["2-02 1200"], "1-31", (600, 600, 0, 100, 0), "January's are February's already"),
    (NEXT, ["2-02 900"], "1-31", (600, 300, 300, 50, 0), "a day that is past takes no cover away"),
    (BLOCK, ["1-05 15 1.5"], "2-01", (50, 23, 27, 46, 0), "22.5: what is begun is used"),
    (BLOCK, ["1-05 1 1.5", "1-06 1 1.5"], "2-01", (50, 3, 47, 6, 0), "but rounded once only"),
    (BLOCK, ["11-05 30"], "2-01", (50, 30, 20, 60, 0), "one credit for all its days"),
    (BLOCK, ["1-05 30 2"], "12-31", (50, 50, 0, 100, 10), "its last day"),
    (replace(BLOCK, ends_on=day("6-30")), [], "7-01", (0, 0, 0, 0, 0), "after its last day"),
    (MONTHLY, [], "0-0", (0, 0, 0, 0, 0), "before its first day"),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "used", "on", "stands", "why"), BALANCES)
def test_balance(contract, used, on, stands, why):
    at = START - timedelta(days=1) if on == "0-0" else day(on)
    assert balance(contract, uses(*used), at) == Balance(*stands), why


SPLITS = [
    # minutes left factor covered charged  why
    (30, None, "2", 30, 0, "flat: no limit"),
    (30, 100, "1", 30, 0, "enough is left"),
    (60, 45, "1", 45, 15, "a contract customer beyond the contract"),
    (60, 0, "1", 0, 60, "nothing is left"),
    (0, 10, "1", 0, 0, "no work"),
    (30, 45, "2", 22, 8, "B17: prepaid, weighted, whole minutes only"),
    (45, 50, "1.5", 33, 12, "B18: 33 minutes take 49.5 of 50"),
    (30, 120, "1", 30, 0, "B16 without rounding"),
]  # fmt: skip


@pytest.mark.parametrize(("minutes", "left", "factor", "covered", "charged", "why"), SPLITS)
def test_split(minutes, left, factor, covered, charged, why):
    assert split(minutes, left, Decimal(factor)) == (covered, charged), why


@pytest.mark.parametrize(("minutes", "left", "factor"), [(-1, 5, "1"), (1, -5, "1"), (1, 5, "0")])
def test_what_cannot_be_divided_is_refused(minutes, left, factor):
    with pytest.raises(ValueError, match="cannot be divided"):
        split(minutes, left, Decimal(factor))


COVERS = [
    # category     on       covered why
    ("wartung", "1-01", True, "a listed category, on the first day"),
    (" Wartung ", "6-30", True, "case and blanks are free, on the last day"),
    ("shop", "6-01", False, "not listed"),
    ("", "6-01", False, "of no category: a person has to say"),
    ("wartung", "7-01", False, "after the last day"),
    ("wartung", "0-0", False, "before the first day"),
]


@pytest.mark.parametrize(("category", "on", "covered", "why"), COVERS)
def test_covers(category, on, covered, why):
    contract = replace(FLAT, ends_on=day("6-30"))
    at = START - timedelta(days=1) if on == "0-0" else day(on)
    assert covers(contract, category, at) is covered, why
    assert covers(replace(contract, categories=()), category, at) is (contract.runs(at)), why


def test_the_proposal_is_flat_first_and_never_used_up_where_another_has_minutes():
    on = day("6-01")
    full, empty = balance(MONTHLY, (), on), balance(MONTHLY, uses("6-01 600"), on)
    block = balance(BLOCK, (), on)
    flat = balance(FLAT, (), on)
    everything = [(BLOCK, block), (MONTHLY, full), (FLAT, flat)]
    assert proposed(everything, "wartung", on) == (FLAT, flat)
    assert proposed(everything, "shop", on) == (MONTHLY, full)
    assert proposed([(MONTHLY, empty), (BLOCK, block)], "shop", on) == (BLOCK, block)
    assert proposed([(MONTHLY, empty)], "shop", on) == (MONTHLY, empty)
    assert proposed([(FLAT, flat)], "shop", on) is None


ALERTED = [
    (0, 49, (), "not yet"),
    (49, 50, (50,), "reached is passed"),
    (50, 79, (), "told already"),
    (40, 96, (50, 80, 95), "several by one booking"),
    (99, 100, (100,), "all of it"),
    (100, 100, (), "still all of it"),
    (90, 40, (), "time that was taken back"),
]


@pytest.mark.parametrize(("before", "after", "passed", "why"), ALERTED)
def test_alerts(before, after, passed, why):
    assert alerts(before, after) == passed, why


def test_alerts_are_told_once_in_a_period():
    june, july = day("6-30"), day("7-01")
    assert period_key(MONTHLY, june) == period_key(MONTHLY, day("6-01"))
    keys = {period_key(each, on) for each in (MONTHLY, NEXT, BLOCK) for on in (june, july)}
    assert len(keys) == 5, "a block has one period, the others one a month"
    assert period_key(replace(BLOCK, minutes=100), june) != period_key(BLOCK, june)


WRONG = [
    (FLAT, {"minutes": 60}, "no limit"),
    (FLAT, {"carry": 1}, "no limit"),
    (MONTHLY, {"minutes": 0}, "needs its minutes"),
    (MONTHLY, {"carry": 99}, "number of months"),
    (MONTHLY, {"carry": -1}, "number of months"),
    (MONTHLY, {"ends_on": date(2025, 12, 31)}, "before the first one"),
    (BLOCK, {"ends_on": None}, "need the last day"),
    (BLOCK, {"carry": 1}, "nothing to carry over"),
]


@pytest.mark.parametrize(("contract", "changed", "said"), WRONG)
def test_what_is_no_contract_is_refused_in_a_sentence(contract, changed, said):
    with pytest.raises(ValueError, match=said):
        replace(contract, **changed)


def test_categories_are_single_words():
    assert categories_of([" Shop", "hosting", "SHOP", ""]) == ("hosting", "shop")
    assert categories_of(["Büro-IT"]) == ("büro-it",)
    for wrong in ("two words", "a,b", "x\x1b", "-", "a" * 41):
        with pytest.raises(ValueError, match="is no category"):
            categories_of([wrong])


contracts = st.one_of(
    st.builds(
        lambda minutes, carry: replace(MONTHLY, minutes=minutes, carry=carry),
        st.integers(1, 120), st.integers(0, 4),
    ),
    st.builds(
        lambda minutes: replace(BLOCK, minutes=minutes, ends_on=day("8-31")), st.integers(1, 300)
    ),
)  # fmt: skip
days = st.integers(0, 240).map(lambda number: START + timedelta(days=number))
works = st.lists(
    st.tuples(days, st.integers(1, 150), st.sampled_from(["1", "1.5", "2", "0.75"])), max_size=25
)


@given(contracts, works)
def test_nothing_is_covered_twice_in_whatever_order_it_is_booked(contract, booked):
    covered: list[Use] = []
    for on, minutes, factor in booked:
        stands = balance(contract, covered, on)
        assert stands.minutes_left >= 0
        assert stands.minutes_left + stands.minutes_used == stands.minutes_granted
        assert 0 <= stands.share <= 100
        taken, charged = split(minutes, stands.minutes_left, weight(contract, Decimal(factor)))
        assert taken + charged == minutes
        assert taken >= 0
        assert charged >= 0
        if taken:
            covered.append(Use(on, taken, Decimal(factor)))
        assert uncovered(contract, covered) == 0
        assert balance(contract, covered, on).minutes_left <= stands.minutes_left
    assert_matched(contract, covered)


def assert_matched(contract, covered):
    """Check the whole by what is granted alone: between any two months no more is used."""
    taken = defaultdict(Decimal)
    for use in covered:
        taken[use.day.month] += use.minutes * weight(contract, use.factor)
    if contract.kind is ContractKind.BLOCK:
        assert sum(taken.values()) <= contract.minutes
        return
    for first in range(1, 10):
        for last in range(first, 10):
            oldest = max(1, first - contract.carry)
            used = sum(taken[month] for month in range(first, last + 1))
            assert used <= contract.minutes * (last - oldest + 1)


@given(contracts, works, days)
def test_no_balance_is_below_zero_whatever_was_booked(contract, booked, on):
    used = [Use(when, minutes, Decimal(factor)) for when, minutes, factor in booked]
    stands = balance(contract, used, on)
    assert stands.minutes_left >= 0
    assert stands.minutes_used >= 0
    assert stands.minutes_left + stands.minutes_used == stands.minutes_granted
    months = 1 + (contract.carry if contract.kind is ContractKind.INCLUDED else 0)
    assert stands.minutes_granted <= contract.minutes * months, "no carry-over beyond its months"


@given(contracts, works, days)
def test_what_is_taken_back_was_never_there(contract, booked, on):
    used = [Use(when, minutes, Decimal(factor)) for when, minutes, factor in booked]
    back = [replace(use, minutes=-use.minutes) for use in reversed(used)]
    if all(use.day == on for use in used) or len(used) < 2:
        assert balance(contract, used + back, on) == balance(contract, (), on)
    assert uncovered(contract, used + back) <= uncovered(contract, used)
