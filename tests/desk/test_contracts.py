"""Contracts as they are kept: added, changed, ended, and how they stand by the time booked."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from maildesk.desk import contracts, customers, staff
from maildesk.desk.contract_words import Agreed
from maildesk.desk.people import Refused
from maildesk.rules.contract import Balance, ContractKind, Use
from maildesk.rules.number import tag
from maildesk.store import migrate
from maildesk.store.contracts import contracts_of, uses_of
from maildesk.store.db import Database
from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import TimeRow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
BERLIN = ZoneInfo("Europe/Berlin")
MONTHLY = {"kind": "included", "minutes": "10h", "carry": 1, "starts": "2026-10-01"}
BLOCK = {"kind": "block", "minutes": "600", "ends": "2026-12-31"}


@pytest.fixture
def db(database_url):
    """A desk with the customer Berger, the agent jan, and ticket 1."""
    db = Database(database_url)
    migrate.upgrade(db)
    customers.add(db, customers.Particulars("Berger"), "EUR", NOW)
    staff.add(db, "jan", "Jan Weber", "jan@agentur.example", ())
    ticket = {"title": "Shop", "state": "new", "kind": "normal", "requester": "a@berger.example"}
    db.change(lambda session: session.add(
        TicketRow(id=1, opened_at=NOW, clock_started_at=NOW, **ticket)))  # fmt: skip
    yield db
    db.close()


def add(db, name, now=NOW, **said):
    return contracts.add(db, "Berger", Agreed(name, **said), now, BERLIN)


def change(db, id_, **said):
    return contracts.change(db, id_, Agreed(**said), NOW, BERLIN)


def end(db, id_, last=None, now=NOW):
    return contracts.end(db, id_, last and date.fromisoformat(last), now, BERLIN)


def book(db, contract_id, minutes, at=NOW, factor="1", began_at=None):
    row = {"ticket_id": 1, "agent_id": 1, "free": "contract", "words": f"+{minutes}m"}
    db.change(lambda session: session.add(
        TimeRow(contract_id=contract_id, minutes=minutes, booked_at=at, factor=factor,
                began_at=began_at, **row)))  # fmt: skip


def stands(db, id_):
    return contracts.one(db, id_, "DD", NOW, BERLIN).standing.balance


def shown(db):
    return customers.one(db, "Berger").contract


def test_a_contract_from_its_first_day_to_its_last(db):
    made = add(db, "Paket 10", categories=("Shop", "hosting"), **MONTHLY)
    contract = made.contract
    assert (contract.kind, contract.minutes, contract.carry, contract.categories) == (
        ContractKind.INCLUDED, 600, 1, ("hosting", "shop"),
    )  # fmt: skip
    assert (made.balance, made.alerts, made.on) == (Balance(1200, 0, 1200, 0), (), TODAY)
    book(db, contract.id, 500, NOW - timedelta(days=31))
    book(db, contract.id, 600)
    page = contracts.one(db, contract.id, "DD", NOW, BERLIN)
    assert page.standing.balance == Balance(700, 600, 100, 85)
    assert page.standing.alerts == (50, 80)
    assert [(each.ticket, each.day, each.agent, each.minutes) for each in page.entries] == [
        (tag("DD", 1), TODAY, "jan", 600), (tag("DD", 1), date(2026, 10, 23), "jan", 500),
    ]  # fmt: skip
    assert page.total == 2

    changed = change(db, contract.id, name="Paket zehn", categories=("",), covers_surcharge=True)
    assert (changed.contract.categories, changed.contract.covers_surcharge) == ((), True)
    assert (shown(db), changed.shown) == ("Paket zehn", "Paket zehn")
    ended = end(db, contract.id)
    assert (ended.contract.ends_on, ended.contract.ended) == (TODAY, True)
    assert ended.balance.minutes_left == 100, "its last day is one of its days"
    assert contracts.listed(db, "berger", NOW, BERLIN) == [ended]
    with pytest.raises(Refused, match=f"was ended on {TODAY}"):
        change(db, contract.id, name="Neu")


def test_what_covers_work_on_a_day(db):
    block = add(db, "Block", **BLOCK).contract
    flat = add(db, "Hosting", kind="flat", categories=("hosting",)).contract
    add(db, "Ab Dezember", kind="flat", starts="2026-12-01")
    book(db, block.id, 45, factor="1.5")
    book(db, None, 60)
    with db.read() as session:
        found = contracts_of(session, 1, TODAY, BERLIN)
        assert found == (
            (flat, Balance(0, 0, None, 0)), (block, Balance(600, 68, 532, 11)),
        )  # fmt: skip
        assert [each.name for each, _ in contracts_of(session, 1, date(2027, 1, 1), BERLIN)] == [
            "Hosting", "Ab Dezember",
        ]  # fmt: skip
        assert contracts_of(session, 2, TODAY, BERLIN) == ()


def test_a_day_is_one_of_the_desks_time_zone(db):
    block = add(db, "Block", **BLOCK).contract
    midnight = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    book(db, block.id, 10, midnight)
    book(db, block.id, 20, midnight, "2", began_at=midnight - timedelta(hours=1))
    with db.read() as session:
        assert uses_of(session, [block.id], BERLIN)[block.id] == [
            Use(date(2026, 12, 1), 10), Use(date(2026, 11, 30), 20, Decimal(2)),
        ]  # fmt: skip
        assert uses_of(session, [], BERLIN) == {}


def test_letters_show_the_first_contract_until_it_ends(db):
    later = add(db, "Später", kind="flat", starts="2027-01-01")
    assert (later.shown, shown(db)) == ("", ""), "it does not run yet"
    assert add(db, "Zweiter", kind="flat").shown == "", "only the first one is shown by itself"
    customers.change(db, "Berger", customers.Particulars(contract="Zweiter"), "EUR")
    end(db, 2, "2026-12-24")
    assert shown(db) == "Zweiter", "its end is to come"
    end(db, 2)
    assert shown(db) == "", "no other one runs tomorrow"
    third = add(db, "Dritter", kind="flat", ends="2027-06-30")
    customers.change(db, "Berger", customers.Particulars(contract="Dritter"), "EUR")
    add(db, "Vierter", kind="flat")
    end(db, third.contract.id)
    assert shown(db) == "Vierter", "another one runs on"

    customers.add(db, customers.Particulars("Weber", contract="V-17"), "EUR", NOW)
    made = contracts.add(db, "Weber", Agreed("Wartung", "flat"), NOW, BERLIN)
    assert made.shown == "V-17", "what somebody wrote there stays"
    assert [each.customer for each in contracts.listed(db, None, NOW, BERLIN)] == [
        "Berger", "Berger", "Berger", "Berger", "Weber",
    ]  # fmt: skip


def test_what_was_covered_stays_covered(db):
    monthly = add(db, "Paket", **MONTHLY).contract
    block = add(db, "Block", starts="2026-11-01", **BLOCK).contract
    book(db, block.id, 300, NOW - timedelta(days=1))
    book(db, monthly.id, 300)
    refused = [
        (lambda: change(db, block.id, minutes="4h"), "60 minutes that Block covered"),
        (lambda: change(db, block.id, ends="2026-11-21"), "300 minutes that Block covered"),
        (lambda: change(db, block.id, starts="2026-11-23"), "300 minutes that Block covered"),
        (lambda: end(db, block.id, "2026-11-21"), "the last on 2026-11-22"),
        (lambda: end(db, monthly.id, "2026-11-22"), "300 minutes that Paket covered"),
        (lambda: change(db, monthly.id, minutes="20h"), "end 1 --on 2026-11-30` and add a new one"),
        (lambda: change(db, monthly.id, carry=3), "months that are over"),
        (lambda: change(db, monthly.id, starts="2026-09-01"), "months that are over"),
    ]
    before = contracts.listed(db, None, NOW, BERLIN)
    for attempt, said in refused:
        with pytest.raises(Refused) as sentence:
            attempt()
        assert said in str(sentence.value)
    assert contracts.listed(db, None, NOW, BERLIN) == before
    assert change(db, block.id, minutes="20h").balance == Balance(1200, 300, 900, 25), "topped up"
    assert end(db, block.id, "2026-11-22").balance.minutes_left == 900
    book(db, monthly.id, -300)
    assert stands(db, monthly.id).minutes_used == 0
    assert end(db, monthly.id, "2026-09-30").balance == Balance(0, 0, 0, 0), "it never was"


def test_what_is_refused_changes_nothing_and_says_why(db):
    flat = add(db, "Wartung", kind="flat", ends="2026-12-31").contract
    refused = [
        (lambda: add(db, "wartung", kind="flat"), "a contract Wartung (id 1) on the same days"),
        (lambda: add(db, "X"), "which kind of contract it is: flat, included, block"),
        (lambda: add(db, "X", kind="gold"), "'gold' is no kind"),
        (lambda: add(db, " ", kind="flat"), "needs a name"),
        (lambda: add(db, "A\x1b[31m", kind="flat"), "one line"),
        (lambda: add(db, "X", kind="included"), "needs its minutes"),
        (lambda: add(db, "X", kind="block", minutes="10h"), "need the last day"),
        (lambda: add(db, "X", kind="included", minutes="much"), "is no time such as 10h"),
        (lambda: add(db, "X", kind="included", minutes=""), "is no time such as 10h"),
        (lambda: add(db, "X", kind="included", minutes="99999h"), "from 1 to 1000000"),
        (lambda: add(db, "X", kind="included", minutes="1", carry=99), "number of months"),
        (lambda: add(db, "X", kind="flat", categories=("a b",)), "is no category"),
        (lambda: add(db, "X", kind="flat", starts="1.12."), "is not a day such as"),
        (lambda: add(db, "X", kind="flat", ends="2026-01-01"), "before the first one"),
        (lambda: change(db, flat.id, kind="block"), "stays flat"),
        (lambda: change(db, flat.id, minutes="5h"), "no limit"),
        (lambda: change(db, 99, name="Y"), "there is no contract 99"),
        (lambda: end(db, flat.id, "2027-01-31"), "ends on 2026-12-31 already"),
        (lambda: contracts.listed(db, "Bergr", NOW, BERLIN), "did you mean Berger?"),
    ]
    before = contracts.listed(db, None, NOW, BERLIN)
    for attempt, said in refused:
        with pytest.raises(Refused) as sentence:
            attempt()
        assert said in str(sentence.value)
        assert "\n" not in str(sentence.value)
    assert contracts.listed(db, None, NOW, BERLIN) == before
    assert change(db, flat.id, ends="").contract.ends_on is None
    renewed = add(db, "Block", **BLOCK), end(db, 2, "2026-11-30")
    assert renewed[1].contract.ended
    assert add(db, "Block", kind="flat", starts="2026-12-01").contract.id == 3, "other days"
