"""P2: one mail is one message however often it comes; an equal Message-ID alone drops nothing."""

import pytest

from maildesk.store import ledger
from maildesk.store.tables import MessageRow
from tests.desk.office import ANNA, EMILY
from tests.promises.mails import load

TRACE = b"Received: from mx.firm.example by mx%d.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
LOCAL = b"Return-Path: <anna@firm.example>\r\nDelivered-To: support@desk.example\r\nX-Spam: no\r\n"


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p02_by_every_way_it_is_one_message(desk):
    order = load("p02_order")
    for raw, via in (
        (order, "smtp"),
        (order, "smtp"),
        (TRACE % 1 + order, "lmtp"),
        (LOCAL + TRACE % 2 + TRACE % 1 + order, "imap"),
        (LOCAL + order, "pipe"),
    ):
        desk.receive(raw, via=via)
    desk.receive_all(
        [TRACE % number + order for number in range(3, 6)], rcpt_to="Support@desk.example"
    )
    assert len(desk.rows(MessageRow)) == len(desk.tickets()) == 1
    assert [each.rcpt_to for each in desk.new_letters()].count(ANNA) == 1

    # The same id again, over other words: kept, in the same ticket, and not confirmed again.
    other = desk.receive(load("p02_same_id_other_words"))
    (ticket,) = desk.tickets()
    assert (other.state, other.ticket_id) == ("filed", ticket.id)
    assert [row.text.strip() for row in desk.rows(MessageRow)] == [
        "The first text.",
        "Quite another text under the same id.",
    ]
    assert ANNA not in {each.rcpt_to for each in desk.new_letters()}

    # The same id in the mail of somebody else means nothing.
    desk.receive(load("p02_same_id_other_author"))
    assert [row.requester for row in desk.tickets()] == [ANNA, EMILY]
    assert [each.rcpt_to for each in desk.new_letters()].count(EMILY) == 1
    with desk.desk.db.read() as session:
        assert ledger.count(session).unaccounted == ()
