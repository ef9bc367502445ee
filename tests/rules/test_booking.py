"""What booked time is: kind, factor, price, and why it is free (PROCESS.md section 3.1)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.contract import Balance, Contract, ContractKind
from maildesk.rules.entries import EntryType, Free
from maildesk.rules.money import Money
from maildesk.rules.plan import Book
from maildesk.rules.process.booking import charged, entry, with_booked
from maildesk.rules.process.request_words import charged_minutes
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.ticket import State
from tests.rules.scene import FIRM, NOW, POLICY, known, ticket

FLAT = Contract(1, 7, "Care", ContractKind.FLAT, date(2026, 1, 1), categories=("hosting",))
BLOCK = Contract(2, 7, "Block", ContractKind.BLOCK, date(2026, 1, 1), date(2027, 1, 1), minutes=600)
OVER = Contract(3, 7, "Old", ContractKind.FLAT, date(2025, 1, 1), date(2026, 1, 1))


def left(minutes):
    return Balance(600, 600 - minutes, minutes, 0)


NO_LIMIT = Balance(0, 0, None, 0)
W, E = EntryType.WORK, EntryType.ESTIMATE
TABLE = [
    # ticket, type, contracts, minutes -> (minutes, free, contract), why
    ({}, W, (), 30, [(30, "", None)], "charged work"),
    ({"category": "presales"}, W, (), 30, [(30, "presales", None)], "before an order"),
    ({"category": "rework"}, W, (), 30, [(30, "rework", None)], "an agent says so"),
    ({"state": State.REWORK}, W, (), 30, [(30, "rework", None)], "a defect was named"),
    ({}, E, (), 30, [(30, "estimate", None)], "nobody pays for an estimate"),
    ({}, EntryType.TRAVEL, (), 30, [(30, "", None)], "travel is work"),
    ({"free": "goodwill"}, W, (), 30, [(30, "goodwill", None)], "#free"),
    ({"category": "contract"}, W, (), 30, [(30, "contract", None)], "of no contract that we know"),
    ({"category": "hosting"}, W, ((FLAT, NO_LIMIT),), 30, [(30, "contract", 1)], "covered"),
    ({"category": "design"}, W, ((FLAT, NO_LIMIT),), 30, [(30, "", None)], "not covered"),
    ({"category": "contract"}, W, ((FLAT, NO_LIMIT),), 30, [(30, "contract", 1)], "covered all the same"),
    ({"category": "contract"}, W, ((OVER, NO_LIMIT),), 30, [(30, "contract", None)], "one that is over"),
    ({}, W, ((BLOCK, left(100)),), 30, [(30, "contract", 2)], "enough is left"),
    ({}, W, ((BLOCK, left(20)),), 30, [(20, "contract", 2), (10, "", None)], "the rest is charged"),
    ({}, W, ((BLOCK, left(0)),), 30, [(30, "", None)], "nothing is left"),
    ({"kind": "quick-high"}, W, ((BLOCK, left(45)),), 30, [(22, "contract", 2), (8, "", None)], "weighted"),
    ({"state": State.REWORK}, W, ((BLOCK, left(45)),), 30, [(30, "rework", None)], "takes nothing of it"),
]  # fmt: skip


@pytest.mark.parametrize(("is_", "type_", "contracts", "minutes", "expected", "why"), TABLE)
def test_what_is_booked(is_, type_, contracts, minutes, expected, why):
    facts = known(process=ProcessFacts(contracts=contracts))
    books = entry(ticket(**is_), facts, POLICY, 1, minutes, type_, "", NOW)
    assert [(book.minutes, str(book.free), book.contract_id) for book in books] == expected, why


def test_an_entry_holds_the_kind_and_the_price_of_its_time():
    customer = replace(FIRM, rate=Money(8000, "EUR"))
    (book,) = entry(
        ticket(kind="quick"), known(customer=customer), POLICY, 2, 10, W, "words", NOW, NOW
    )
    assert book == Book(
        1042, 2, 10, "words", W, "quick", Decimal("1.5"), 8000, Free.CHARGED, None, NOW
    )


def test_before_an_order_it_is_presales_work():
    (book,) = entry(ticket(category="presales"), known(), POLICY, 1, 5, W, "", NOW)
    assert book.type is EntryType.PRESALES


@given(st.integers(0, 90), st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_a_contract_is_used_up_once(credit, spans):
    """However work is cut into entries, the contract covers what it has and no more."""
    facts = known(process=ProcessFacts(contracts=((BLOCK, left(credit)),)))
    books = ()
    for minutes in spans:
        books += entry(ticket(), facts, POLICY, 1, minutes, W, "", NOW, earlier=books)
    covered = sum(book.minutes for book in books if book.free)
    assert covered == min(credit, sum(spans))
    assert charged(books) == sum(spans) - covered
    then = with_booked(facts, 1042, books, NOW)
    assert charged_minutes(then.process.entries[1042]) == charged(books)
