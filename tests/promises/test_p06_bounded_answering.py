"""P6: 3 automatic mails per address and hour, 10 per day, 50 per domain, 200 in all; then silence."""

from collections import Counter

import pytest

from maildesk.store import ledger
from maildesk.store.tables import OutboundRow
from tests.desk.office import Office
from tests.promises.mails import load

STAFF = {"lena@agency.example", "murat@agency.example"}


def outside(desk: Office) -> list[str]:
    return [each.rcpt_to for each in desk.new_letters() if each.rcpt_to not in STAFF]


def fooled(desk: Office, count: int, sender: str, first: int = 0) -> list[bytes]:
    return [
        load("p06_fooled", **{"from": sender.format(n), "number": str(n)})
        for n in range(first, first + count)
    ]


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p06_the_budgets_hold_even_if_a_machine_looks_like_a_person(desk):
    # One address that answers everything: 3 in an hour, 10 in a day, at once or one by one.
    robot = "robot@elsewhere.example"
    desk.receive_all(fooled(desk, 6, robot))
    assert len(outside(desk)) == 3
    for hour in range(1, 8):
        desk.later(minutes=61)
        desk.receive_all(fooled(desk, 4, robot, hour * 10))
    assert len(outside(desk)) == 10 - 3

    # Staff hear of it once, and nobody else.
    assert (desk.look_around() > 0, desk.look_around()) == (True, 0)
    assert outside(desk) == []

    # Many of one domain: 50 in an hour. Then many of many domains: 200 in all.
    desk.later(hours=25)
    desk.receive_all(fooled(desk, 60, "n{}@one.example", 1000))
    assert len(outside(desk)) == 50
    desk.receive_all(fooled(desk, 160, "n@many{}.example", 2000))
    assert len(outside(desk)) == 200 - 50

    # One mail causes at most one automatic mail to one address; and no mail was lost.
    with desk.desk.db.read() as session:
        books = ledger.count(session)
    assert (books.unaccounted, books.filed) == ((), 6 + 28 + 60 + 160)
    caused = Counter(
        (row.inbound_id, row.rcpt_to) for row in desk.rows(OutboundRow) if row.inbound_id
    )
    assert max(caused.values()) == 1
