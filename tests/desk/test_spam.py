"""Spam in a whole desk: hidden, not answered, never lost, and one command brings it back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from maildesk.desk import blocked, spam
from maildesk.desk.people import Refused
from maildesk.store.tables import AddressMarkRow
from tests.desk.office import ANNA, LENA, START, SUPPORT, mail

KARL = "karl@elsewhere.example"
BY_MX = (
    "X-Spam-Flag: YES\r\nReceived: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
)
BY_HIM = (
    "Received: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\nX-Spam-Flag: YES\r\n"
)


def listed(desk):
    with desk.desk.db.read() as session:
        return spam.listed(session, "DD", 100)[0]


def restore(desk, inbound_id):
    spam.restore(desk.desk.db, inbound_id)
    return desk.handle([inbound_id])[0]


def block(desk, sender, days=0):
    return blocked.add(desk.desk.db, (SUPPORT,), sender, "a nuisance", days, desk.now)


def test_spam_is_hidden_and_comes_back_as_if_nothing_had_been(desk):
    raw = BY_MX.encode() + mail(f"Karl <{KARL}>", "Your shop", message_id="1@elsewhere.example")
    row = desk.receive(raw)
    assert (row.state, row.reason) == ("filed", "x-spam-flag: YES")
    (ticket,) = desk.tickets()
    assert (ticket.state, ticket.closed, ticket.assignee_id) == ("spam", True, None)
    assert desk.journal(ticket.id) == [("T04", "kind=normal x-spam-flag: YES")]
    assert desk.told() == [], "nobody is answered, nobody is told"
    reply = mail(KARL, "Re: Your shop", "Well?", reply_to=["1@elsewhere.example"])
    desk.receive(reply)
    assert desk.told() == []
    (line,) = listed(desk)
    assert (line.id, line.sender, line.messages, line.why) == (row.id, KARL, 2, "x-spam-flag: YES")

    desk.later(days=1)
    again = restore(desk, row.id)
    assert (again.state, again.ticket_id, again.cleared) == ("filed", ticket.id, True)
    after = desk.ticket(ticket.id)
    assert (after.state, after.closed, after.assignee_id) == ("new", False, 1)
    assert after.opened_at == after.clock_started_at == START, "the truth about when it came"
    confirmation, notice = desk.new_letters()
    assert (confirmation.rcpt_to, confirmation.purpose) == (KARL, "confirm_stranger")
    assert (notice.rcpt_to, notice.purpose) == (LENA, "staff_new")
    assert "Hinweis: Ihr Mailserver" not in notice.text, "that was decided otherwise"
    assert desk.messages(ticket.id) == [(KARL, "participant"), (KARL, "participant")]
    assert listed(desk) == []
    with pytest.raises(Refused, match="is not hidden as spam"):
        spam.restore(desk.desk.db, row.id)
    assert len(desk.tickets()) == 1


def test_what_the_sender_wrote_himself_hides_nothing(desk):
    desk.receive(BY_HIM.encode() + mail(KARL, "Your shop"))
    assert desk.tickets()[0].state == "new"
    assert [who for who, _ in desk.told()] == [KARL, LENA]


def test_a_customers_mail_is_never_hidden_by_a_filter(desk):
    row = desk.receive(BY_MX.encode() + mail(ANNA, "Cheap offer", message_id="1@firm.example"))
    assert desk.tickets()[0].state == "new"
    (notice,) = desk.new_letters()
    assert (notice.rcpt_to, notice.purpose) == (LENA, "staff_new"), "and Anna is not answered"
    assert "hält diese E-Mail für Spam (x-spam-flag: YES)" in notice.text
    assert row.reason == "x-spam-flag: YES"
    assert listed(desk) == []


def test_a_blocked_sender_is_hidden_everywhere_until_he_is_not(desk):
    first = desk.receive(mail(KARL, "Shop", message_id="1@elsewhere.example"))
    desk.told()
    block(desk, "@Elsewhere.example")
    reply = desk.receive(mail(KARL, "Re: Shop", "And?", reply_to=["1@elsewhere.example"]))
    fresh = desk.receive(mail(KARL, "More"))
    assert desk.told() == []
    assert (reply.ticket_id, desk.ticket(first.ticket_id).state) == (first.ticket_id, "new")
    assert desk.messages(first.ticket_id)[-1] == (KARL, "spam")
    assert desk.ticket(fresh.ticket_id).state == "spam"
    assert [(line.id, line.why) for line in listed(desk)] == [
        (fresh.id, "blocked: @elsewhere.example"), (reply.id, "blocked: @elsewhere.example"),
    ]  # fmt: skip
    restore(desk, reply.id)
    assert desk.told() == [(LENA, "staff_reply")]
    assert desk.messages(first.ticket_id)[-1] == (KARL, "participant")

    assert blocked.remove(desk.desk.db, "@elsewhere.example") == "@elsewhere.example"
    desk.receive(mail(KARL, "Third"))
    assert [who for who, _ in desk.told()] == [KARL, LENA]
    assert [line.id for line in listed(desk)] == [fresh.id], (
        "what was hidden stays, to be looked at"
    )


def test_a_block_ends_and_meets_only_whom_it_names(desk):
    block(desk, KARL, days=2)
    block(desk, "@firm.example")
    desk.receive(mail(ANNA, "Shop"))
    assert desk.tickets()[0].state == "new", "a contact we entered ourselves, among her domain"
    desk.receive(mail("new@firm.example", "Shop"))
    desk.receive(mail("x" + KARL, "Shop"))
    desk.receive(mail(KARL.upper(), "Shop"))
    desk.later(days=2)
    desk.receive(mail(KARL, "Again"))
    assert [row.state for row in desk.tickets()] == ["new", "spam", "new", "spam", "new"]
    block(desk, ANNA)
    desk.receive(mail(ANNA, "Shop once more"))
    assert desk.tickets()[-1].state == "spam", "she by her own address"
    for inside in (SUPPORT, LENA, "nobody", "@x", "a@b.example, c@d.example"):
        with pytest.raises(Refused):
            block(desk, inside)
    with desk.desk.db.read() as session:
        assert len(session.scalars(select(AddressMarkRow)).all()) == 3


def test_what_an_agent_called_spam_is_on_the_list_too(desk):
    row = desk.receive(mail(KARL, "[QT] Shop", message_id="1@elsewhere.example"))
    desk.set_state(row.ticket_id, "spam", closed=True)
    desk.told()
    desk.later(days=1)
    (line,) = listed(desk)
    assert (line.id, line.why) == (row.id, "")
    restore(desk, row.id)
    assert desk.ticket(row.ticket_id).state == "new"
    assert desk.told() == [], "all of them were told of it when it came"
    assert desk.now - desk.ticket(row.ticket_id).clock_started_at == timedelta(days=1)
