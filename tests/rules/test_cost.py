"""What is told of a ticket's cost is what its invoice charges."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.entries import Free
from maildesk.rules.invoice.cost import cost_of
from maildesk.rules.invoice.sources import Booked, Terms
from tests.rules.test_drafting import (
    BLOCK,
    FLAT,
    FULL,
    HIGH,
    QUICK,
    booked,
    drafted,
    entry_lists,
    terms,
    ticket,
)

KNOWN = {each.id: each for each in (FLAT, FULL, BLOCK)}
PLAIN = Terms(Decimal(95))
COSTS: list[tuple[list[Booked], Terms, int | None, tuple[int, int, int, int, int], str]] = [
    # entries, terms, limit, (covered, charged, work, surcharge, total), why
    ([booked(1, 35, **HIGH)], PLAIN, None, (0, 35, 11083, 0, 11083), "nothing is covered"),
    ([booked(1, 35, free=Free.CONTRACT, contract_id=5, **HIGH)], PLAIN, None,
     (35, 0, 0, 5542, 5542), "the surcharge alone: 35 x 95 / 60"),
    ([booked(1, 35, free=Free.CONTRACT, contract_id=6, **HIGH)], PLAIN, None,
     (35, 0, 0, 0, 0), "the contract has the surcharge in it"),
    ([booked(1, 40, free=Free.CONTRACT, contract_id=5, **QUICK), booked(2, 15, **QUICK)],
     Terms(Decimal(95), 15), None, (40, 15, 3563, 3563, 7126), "B11"),
    ([booked(1, 35)], Terms(Decimal(95), 15, discount=Decimal(10)), None,
     (0, 45, 6412, 0, 6412), "B20: rounded up, and ten percent off the line"),
    ([booked(1, 60)], Terms(Decimal(95), total_discount=Decimal(5)), None,
     (0, 60, 9500, 0, 9025), "five percent off the whole"),
    ([booked(1, 50), booked(2, 20)], PLAIN, 60, (0, 60, 9500, 0, 9500), "B14: the limit"),
    ([booked(1, 60), booked(2, -20)], PLAIN, None, (0, 40, 6333, 0, 6333), "corrected"),
    ([booked(1, 60, free=Free.REWORK, **HIGH)], PLAIN, None, (0, 0, 0, 0, 0), "free"),
]  # fmt: skip


def told(entries: list[Booked], own: Terms, limit: int | None, **more: Any) -> Any:
    values = [each.entry for each in entries]
    return cost_of(ticket(**more), values, own, KNOWN, limit, UTC, "EUR")


@pytest.mark.parametrize(("entries", "own", "limit", "said", "why"), COSTS)
def test_cost(
    entries: list[Booked],
    own: Terms,
    limit: int | None,
    said: tuple[int, int, int, int, int],
    why: str,
) -> None:
    found = told(entries, own, limit)
    sums = (found.work.minor, found.surcharge.minor, found.total.minor)
    assert (found.covered, found.charged, *sums) == said, why


def test_a_surcharge_on_a_contract_that_ran_out_is_nobodys_guess() -> None:
    past = booked(1, 30, free=Free.CONTRACT, contract_id=77, **HIGH)
    assert told([past], PLAIN, None) is None
    assert told([past], PLAIN, None, free="goodwill").total.minor == 0


@given(entry_lists, terms, st.integers(0, 600) | st.none())
def test_it_is_what_the_invoice_charges(
    entries: list[Booked], own: Terms, limit: int | None
) -> None:
    # In the order booked, as the rules know them.
    entries = sorted(
        (replace(each, entry=replace(each.entry, began_at=None)) for each in entries),
        key=lambda each: each.entry.ended_at,
    )
    found = told(entries, own, limit)
    if found is None:
        return
    content = drafted(*entries, terms=own, limit=limit).content
    assert found.total.minor == (content.net if content else 0)
