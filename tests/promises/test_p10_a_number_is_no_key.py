"""P10: a stranger who knows a number gets nothing of its ticket, and learns not even that it is."""

import re

import pytest

from maildesk.rules.number import tag
from maildesk.store.tables import ParticipantRow
from tests.desk.office import ANNA, LENA, MURAT, mail
from tests.promises.mails import load

STAFF = {LENA, MURAT}


def told(desk):
    return [each for each in desk.new_letters() if each.rcpt_to not in STAFF]


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p10_a_number_a_reference_and_an_address_let_nobody_in(desk):
    ticket = desk.receive(
        mail(ANNA, "Shop is empty", "SECRET words.", message_id="1@firm.example")
    ).ticket_id
    confirmation, notice = desk.new_letters()
    asked = []
    for n, (number, reference) in enumerate(
        [
            (ticket, "nobody@evil.example"),
            (ticket, "1@firm.example"),
            (ticket + 7, "2@firm.example"),
        ]
    ):
        row = desk.receive(load("p10_number", tag=tag("DD", number), n=str(n), reference=reference))
        assert row.ticket_id != ticket
        (letter,) = told(desk)
        own = tag("DD", row.ticket_id)
        asked.append(re.sub(rf"{own}|\d\d:\d\d", "", letter.text).replace(own, ""))
        assert "SECRET" not in letter.raw.decode()
    assert len(set(asked)) == 1, "the same, whether there is such a ticket or not"

    # Even the signed address in a stranger's hands: his words are flagged, he becomes nobody.
    desk.later(hours=2)
    row = desk.receive(
        load("p10_address", to=confirmation.reply_to, tag=tag("DD", ticket)), confirmation.reply_to
    )
    assert row.ticket_id == ticket
    assert desk.messages(ticket)[-1] == ("mallory@evil.example", "third_party")
    assert told(desk) == []
    desk.receive(
        mail(LENA, "AW: Shop", "We have repaired it.", to=notice.reply_to), notice.reply_to
    )
    assert {each.rcpt_to for each in told(desk)} == {ANNA}
    people = {
        row.address
        for row in desk.rows(ParticipantRow, ParticipantRow.address)
        if row.ticket_id == ticket
    }
    assert people == {ANNA}
    assert desk.ticket(ticket).requester == ANNA
