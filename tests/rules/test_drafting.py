"""What goes on an invoice, in which words, and what does not: from tickets and entries, by tables."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.mail.message import Address
from maildesk.rules.billing.values import Scope, Vat
from maildesk.rules.contract import Balance, Contract, ContractKind
from maildesk.rules.entries import Entry, EntryType, Free
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice import line_words
from maildesk.rules.invoice.content import Bank, Party
from maildesk.rules.invoice.drafting import Draft, draft
from maildesk.rules.invoice.exact import wrong
from maildesk.rules.invoice.netting import netted
from maildesk.rules.invoice.sources import Billable, Booked, Flat, Source, Terms
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.ticket import State

LAST, TODAY = date(2026, 10, 31), date(2026, 11, 2)
MORNING = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SELLER = Party("Agentur GmbH", street="Weg 1", postcode="50674", city="Köln", tax_number="215/1")
BUYER = Party("Teehaus OHG", street="Markt 3", postcode="48143", city="Münster")
FLAT = Contract(5, 7, "Wartung", ContractKind.FLAT, date(2026, 1, 1))
FULL = replace(FLAT, id=6, name="Wartung Plus", covers_surcharge=True)
BLOCK = Contract(
    8, 7, "Zehnerblock", ContractKind.BLOCK, date(2026, 1, 1), date(2026, 12, 31), minutes=600
)
NORMAL, QUICK, HIGH = (
    {"kind": kind.name, "factor": kind.factor} for kind in DEFAULT_KINDS
)  # fmt: skip


def ticket(id_: int = 1000, **more: Any) -> TicketFacts:
    known = {"title": "Der Warenkorb ist leer", "state": State.BILLING, "kind": "normal"}
    return TicketFacts(
        id=id_, version=3, customer_id=7, requester=Address("Anna", "anna@tee.example"),
        participants=(), language="de", assignee_id=1, **(known | more),
    )  # fmt: skip


def booked(id_: int, minutes: int, day: int = 5, **more: Any) -> Booked:
    """Return an entry of a day of October, booked as the id says within it."""
    at = MORNING + timedelta(days=day - 5, minutes=id_)
    return Booked(id_, at.date(), Entry(1, minutes, at, **(NORMAL | more)), "Lena")


def drafted(
    *entries: Booked,
    items: tuple[Flat, ...] = (),
    limit: int | None = None,
    free: str = "",
    **more: Any,
) -> Draft:
    one = Billable(ticket(free=free), "DD-10008", entries, limit=limit)
    return draft(source(tickets=(one,), items=items, **more), LAST, TODAY)


def source(**more: Any) -> Source:
    known = {each.id: each for each in (FLAT, FULL, BLOCK)}
    bank = Bank("Agentur GmbH", "DE02120300000000202051")
    values = {"terms": Terms(Decimal(95)), "contracts": known, "vat": Vat.DOMESTIC}
    return Source(
        seller=SELLER, bank=bank, buyer=BUYER, kinds=DEFAULT_KINDS, **(values | more)
    )  # fmt: skip


def lines(found: Draft) -> list[tuple[str, str, int, int]]:
    assert found.content
    assert wrong(found.content) == ""
    return [(line.words, line.detail, int(line.quantity), line.net) for line in found.content.lines]


CART = "Der Warenkorb ist leer"
LINES: list[tuple[list[Booked], dict[str, Any], list[tuple[str, str, int, int]], str]] = [
    # entries, more, (words, detail, quantity, net), why
    ([booked(1, 35)], {}, [(CART, "Normales Ticket", 35, 5542)], "B02: to the minute"),
    ([booked(1, 5), booked(2, 5), booked(3, 5)], {"terms": Terms(Decimal(95), 15)},
     [(CART, "Normales Ticket", 15, 2375)], "B05: rounded once per ticket"),
    ([booked(1, 5), booked(2, 5)], {"terms": Terms(Decimal(95), 15, Scope.ENTRY)},
     [(CART, "Normales Ticket", 30, 4750)], "B06: or each entry"),
    ([booked(1, 3)], {"terms": Terms(Decimal(95), 5, minimum=15)},
     [(CART, "Normales Ticket", 15, 2375)], "B07: a minimum"),
    ([booked(1, 35)], {"terms": Terms(Decimal(95), 15, discount=Decimal(10))},
     [(CART, "Normales Ticket", 45, 6412)], "B20: ten percent off the line"),
    ([booked(1, 30), booked(2, 30, **HIGH)], {},
     [(CART, "Normales Ticket", 30, 4750),
      (CART, "Quickticket hoch, doppelter Stundensatz", 30, 9500)],
     "B12: the kind was raised between"),
    ([booked(1, 20, rate_minor=12000), booked(2, 20)], {"terms": Terms(Decimal(95), 15)},
     [(CART, "Normales Ticket", 20, 4000), (CART, "Normales Ticket", 25, 3958)],
     "B13: two rates, one rounding"),
    ([booked(1, 50), booked(2, 20)], {"limit": 60},
     [(CART, "Normales Ticket", 60, 9500)], "B14: an overrun that was refused"),
    ([booked(1, 10, type=EntryType.CALL), booked(2, 20, type=EntryType.REMOTE)], {},
     [(CART, "Normales Ticket, Telefonat, Fernwartung", 30, 4750)], "the sort of work"),
    ([booked(1, 60, type=EntryType.TRAVEL, **HIGH)], {},
     [(CART, "Quickticket hoch, doppelter Stundensatz, Fahrt", 60, 19000)],
     "travel time is work of the ticket's kind"),
    ([booked(1, 40, free=Free.CONTRACT, contract_id=5, **QUICK), booked(2, 15, **QUICK)],
     {"terms": Terms(Decimal(95), 15)},
     [("Zuschlag: " + CART, "Quickticket, 50\u00a0% Zuschlag auf Zeit aus Wartung", 45, 3563),
      (CART, "Quickticket, 1,5-facher Stundensatz", 15, 3563)],
     "B11: a contract that leaves the surcharge"),
    ([booked(1, 10, free=Free.CONTRACT, **HIGH)], {},
     [("Zuschlag: " + CART, "Quickticket hoch, 100\u00a0% Zuschlag auf Zeit aus dem Vertrag", 10,
       1583)], "a contract that nobody knows covers no surcharge"),
    ([booked(1, 45), booked(2, -15)], {}, [(CART, "Normales Ticket", 30, 4750)], "undone"),
    ([booked(1, 30, kind="gone")], {}, [(CART, "", 30, 4750)], "a kind that is no more"),
    ([booked(1, 30)], {"language": "en"}, [(CART, "Normal ticket", 30, 4750)], "in English"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "more", "said", "why"), LINES, ids=[r[3] for r in LINES])
def test_lines(
    entries: list[Booked], more: dict[str, Any], said: list[tuple[str, str, int, int]], why: str
) -> None:
    found = drafted(*entries, **more)
    assert lines(found) == said, why
    assert [each.tag for each in found.tickets] == ["DD-10008"]
    assert found.content
    assert found.content.tickets == ("DD-10008",)
    assert (found.content.first_day, found.content.number) == (date(2026, 10, 5), "")
    assert found.content.due_on == date(2026, 11, 16)


NOTHING = [
    ([booked(1, 30, free=Free.CONTRACT, contract_id=5)], {}, "covered"),
    ([booked(1, 30, free=Free.CONTRACT, contract_id=6, **HIGH)], {}, "covered with its surcharge"),
    ([booked(1, 30, free=Free.CONTRACT, contract_id=8, **HIGH)], {}, "a block takes it weighted"),
    ([booked(1, 30, free=Free.REWORK)], {}, "rework"),
    ([booked(1, 30)], {"free": "goodwill"}, "a present"),
    ([booked(1, 30), booked(2, -30)], {}, "undone"),
    ([booked(1, 30), booked(2, -45)], {}, "more undone than booked is no credit"),
    ([], {}, "no work"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "more", "why"), NOTHING, ids=[row[2] for row in NOTHING])
def test_nothing_to_pay(entries: list[Booked], more: dict[str, Any], why: str) -> None:
    found = drafted(*entries, **more)
    assert (found.content, found.left_out) == (None, ()), why
    assert len(found.tickets) == 1, "it is closed"


def test_the_sheet_names_every_minute_and_why_it_is_free() -> None:
    found = drafted(
        booked(1, 50, type=EntryType.CALL, words="anna@tee.example: he is a bore"),
        booked(2, 20, words="timer", day=6),
        booked(3, 10, free=Free.REWORK, day=7),
        booked(4, 30, free=Free.CONTRACT, contract_id=8, day=7, **HIGH),
        booked(5, 10, free=Free.CONTRACT, contract_id=5, day=8, **HIGH),
        booked(6, 15, day=9), booked(7, -15, day=9, words="#undo"),
        limit=60,
    )  # fmt: skip
    assert found.content
    assert [(row.day.day, row.minutes, row.words, row.free) for row in found.content.sheet] == [
        (5, 50, "Telefonat mit anna@tee.example", ""),
        (6, 10, "Arbeit", ""),
        (6, 10, "Arbeit", "über dem freigegebenen Aufwand, ohne Berechnung"),
        (7, 10, "Arbeit", "Nachbesserung, ohne Berechnung"),
        (7, 30, "Arbeit", "enthalten in Zehnerblock"),
        (8, 10, "Arbeit", "enthalten in Wartung, nur der Zuschlag wird berechnet"),
    ]
    assert {row.agent for row in found.content.sheet} == {"Lena"}
    assert "bore" not in str(found.content), "what an agent notes is not printed"
    assert [str(each) for each in found.left_out] == [
        "DD-10008: 10 minutes beyond the approved 60 are not charged",
    ]
    charged = sum(row.minutes for row in found.content.sheet if not row.free)
    assert charged == sum(line.quantity for line in found.content.lines[:1])


@pytest.mark.parametrize(("said", "words", "minutes"), [
    (Terms(Decimal(95), 15), "Aufrundung (Schritte von 15 min)", [5, 5, 7, 13]),
    (Terms(Decimal(95), 15, minimum=60), "Aufrundung (Schritte von 15 min, mindestens 60 min)",
     [5, 5, 7, 43]),
    (Terms(Decimal(95), minimum=30), "Aufrundung (mindestens 30 min)", [5, 5, 7, 13]),
    (Terms(Decimal(95)), "Arbeit", [5, 5, 7]),
])  # fmt: skip
def test_what_rounding_adds_stands_on_the_sheet(
    said: Terms, words: str, minutes: list[int]
) -> None:
    found = drafted(booked(1, 5), booked(2, 5, 6), booked(3, 7, 6), terms=said).content
    assert found
    assert [row.minutes for row in found.sheet] == minutes
    assert (found.sheet[-1].words, found.sheet[-1].day) == (words, found.last_day)
    assert sum(minutes) == found.lines[0].quantity


def item(id_: int = 1, price: str = "49.00", **more: Any) -> Flat:
    return Flat(id_, "Zertifikat", Decimal(price), **({"day": date(2026, 10, 20)} | more))


def test_items_are_lines_down_payments_are_not() -> None:
    found = drafted(
        booked(1, 60),
        items=(
            item(quantity=Decimal(2)), item(2, "19.90", quantity=Decimal(-1)),
            item(3, "50.00", is_paid_before=True), item(4, day=date(2026, 11, 1)),
        ),
    )  # fmt: skip
    assert lines(found)[1:] == [("Zertifikat", "", 2, 9800), ("Zertifikat", "", -1, -1990)]
    content = found.content
    assert content
    assert (content.net, content.gross, content.payable) == (17310, 20599, 15599)
    assert (content.down_payment, found.items) == (5000, (1, 2, 3)), "the fourth is of November"
    assert content.girocode
    assert content.last_day == date(2026, 10, 20)


LEFT = [
    ({"items": (item(price="49.00", quantity=Decimal(-1)),)}, "it comes to €-58.31", "below zero"),
    ({"items": (item(), item(2, "99", is_paid_before=True))}, "€99.00 were paid before and it comes to €58.31", "paid more"),
    ({"items": (item(price="1" + "0" * 12),)}, "it cannot be billed: a price", "absurd"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "said", "why"), LEFT)
def test_what_is_left_to_a_person(more: dict[str, Any], said: str, why: str) -> None:
    found = drafted(**more)
    assert (found.content, found.tickets, found.items) == (None, (), ()), why
    assert said.replace("€-", "-€") in str(found.left_out[0])


def test_a_ticket_with_later_work_waits_as_a_whole() -> None:
    later = Billable(ticket(1001), "DD-10015", (booked(3, 10), booked(4, 10, day=30 + 5)))
    free = Billable(
        ticket(1002), "DD-10023", (booked(5, 9), booked(6, 9, day=40, free=Free.REWORK))
    )  # fmt: skip
    sold = Billable(ticket(1003), "DD-10031", (booked(7, 9),), (item(day=date(2026, 11, 3)),))
    now = Billable(ticket(), "DD-10008", (booked(1, 30), booked(2, 5, day=31)))
    found = draft(source(tickets=(now, later, free, sold)), LAST, TODAY)
    assert [each.tag for each in found.tickets] == ["DD-10008", "DD-10023"]
    assert [each.tag for each in found.waiting] == ["DD-10015", "DD-10031"]
    assert str(found.left_out[0]).startswith("DD-10015 was worked on after 2026-10-31")
    assert found.content
    assert found.content.last_day == LAST


def test_what_the_law_and_the_agency_say() -> None:
    found = drafted(
        booked(1, 60), vat=Vat.REVERSE, intro="Danke.", outro="Bis bald.",
        credits=((BLOCK, Balance(600, 450, 150, 75)),), language="de_AT",
    ).content  # fmt: skip
    assert found
    assert (found.net, found.vat, found.vat_lines[0].rate) == (9500, 0, 0)
    assert "Steuerschuldnerschaft des Leistungsempfängers" in found.notes[0]
    assert (found.intro, found.outro) == ("Danke.", "Bis bald.")
    assert found.credits == ("Guthaben am 31.10.2026: noch 2:30\u00a0h aus Zehnerblock",)
    assert wrong(found) == ""


def test_two_vat_rates_stand_apart() -> None:
    """B27: work of June 2020 at 19 %, of July at 16 %."""
    june, july = (
        replace(booked(n, 30), day=date(2020, month, 30)) for n, month in ((1, 6), (2, 7))
    )
    found = drafted(june, july).content
    assert found
    assert (found.net, found.vat, found.gross) == (9500, 1663, 11163)
    assert wrong(found) == ""


WORDS = [
    ("Shop\x07 is\r\n down \u202e now", "Shop is down now", "nothing that steers"),
    ("", "Support", "there is always a word"),
    ("x" * 300, "x" * 199 + "…", "cut"),
]


@pytest.mark.parametrize(("title", "said", "why"), WORDS)
def test_titles_are_made_fit_to_print(title: str, said: str, why: str) -> None:
    assert line_words.work(title, "de") == said, why


NETTED = [
    ([booked(1, 30), booked(2, 15), booked(3, -15)], [(1, 30)], "the same minutes first"),
    ([booked(1, 15), booked(2, 15, **HIGH), booked(3, -15, **HIGH)], [(1, 15)], "the same price"),
    ([booked(1, 15, **HIGH), booked(2, -10, kind="")], [(1, 5)], "else any that is charged"),
    ([booked(1, 15, free=Free.REWORK), booked(2, -15)], [(1, 15)], "what is free is not touched"),
    ([booked(1, 20), booked(2, 20), booked(3, -30)], [(1, 10)], "over several, the latest first"),
    ([booked(1, 20), booked(2, -20), booked(3, 20, free=Free.GOODWILL)], [(3, 20)], "given away"),
    ([booked(1, 20, day=6), booked(2, 20), booked(3, -20)], [(1, 20)], "its own day"),
    ([booked(1, 20), booked(9, 20), booked(3, -20)], [(9, 20)], "what was booked before it"),
]


@pytest.mark.parametrize(("entries", "left", "why"), NETTED, ids=[row[2] for row in NETTED])
def test_corrections(entries: list[Booked], left: list[tuple[int, int]], why: str) -> None:
    assert [(each.id, each.entry.minutes) for each in netted(entries)] == left, why


made = st.builds(
    lambda id_, minutes, day, how, free, contract: booked(
        id_, minutes, day, free=free, contract_id=contract if free is Free.CONTRACT else None, **how
    ),
    st.integers(1, 10_000), st.integers(-60, 240), st.integers(1, 26),
    st.sampled_from((NORMAL, QUICK, HIGH)), st.sampled_from(list(Free)),
    st.sampled_from((5, 6, 8, None)),
)  # fmt: skip
entry_lists = st.lists(made, max_size=12, unique_by=lambda each: each.id)
terms = st.builds(
    Terms, st.decimals("0", "300", places=2), st.sampled_from((1, 5, 15, 60)),
    st.sampled_from(list(Scope)), st.integers(0, 90), st.decimals("0", "100", places=1),
    st.decimals("0", "100", places=1),
)  # fmt: skip


@given(entry_lists, terms, st.integers(0, 600) | st.none(), st.randoms(use_true_random=False))
def test_lines_add_up_and_the_order_of_entries_does_not_count(
    entries: list[Booked], said: Terms, limit: int | None, chance: Any
) -> None:
    found = drafted(*entries, limit=limit, terms=said)
    if found.content:
        assert wrong(found.content) == ""
        assert sum(line.net for line in found.content.lines) == sum(
            row.net + row.discount for row in found.content.vat_lines
        )
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert drafted(*shuffled, limit=limit, terms=said).content == found.content


@given(entry_lists, st.integers(0, 300) | st.none(), terms)
def test_the_sheet_and_the_lines_name_the_same_minutes(
    entries: list[Booked], limit: int | None, said: Terms
) -> None:
    """To the minute: what the sheet does not call free is what is charged, rounding too."""
    content = drafted(*entries, limit=limit, terms=said).content
    if content:
        work = [each for each in content.lines if not each.words.startswith("Zuschlag")]
        charged = sum(row.minutes for row in content.sheet if not row.free)
        assert charged == sum(line.quantity for line in work)
        assert {row.day for row in content.sheet if not row.free} <= {
            content.first_day + timedelta(days=n)
            for n in range((content.last_day - content.first_day).days + 1)
        }
