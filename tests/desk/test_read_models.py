"""What the pages about customers and held mail ask for, on either database."""

import json

from sqlalchemy import insert

from maildesk.desk import blocked
from maildesk.desk.board import customer, customers, mail_acts, mails
from maildesk.desk.board import mail as board_mail
from maildesk.desk.board.mails import Tab
from maildesk.desk.portal import about_me, copy_for_me
from maildesk.desk.portal.sessions import SignedIn
from maildesk.desk.within_limits import WarmReader
from maildesk.store import queries
from maildesk.store.tables import CustomerRow, InboundRow
from tests.desk.office import ANNA, BERT, MURAT, START, Office, mail


def test_customers_are_found_in_pages(desk: Office):
    with desk.desk.db.engine.begin() as connection:
        names = ["Ärzte am Markt", "ÖKO GmbH", *(f"kunde {n:03}" for n in range(70))]
        connection.execute(
            insert(CustomerRow),
            [{"id": id_, "name": name, "created_at": START} for id_, name in enumerate(names, 100)],
        )
    for wanted, found in (("ärz", 1), ("öko", 1), ("KUNDE 00", 10), ("%", 0), ("anna@", 1)):
        assert customers.listed(desk.desk, wanted).total == found, wanted
    seen: list[int] = []
    after: int | None = None
    while True:
        page = customers.listed(desk.desk, "", after)
        seen += [each.id for each in page.lines]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == page.total == 74


def test_a_customer_is_shown_with_what_is_open(desk: Office):
    desk.agree(1, "Care", 600)
    ticket = desk.receive(mail(ANNA, "Shop")).ticket_id
    page = customer.page(desk.desk, 1, desk.now)
    assert page is not None
    assert [each.line.id for each in page.open_tickets] == [ticket]
    assert (page.open_total, page.month, page.credit) == (1, 0, None)
    assert [each.contract.name for each in page.contracts] == ["Care"]
    assert customer.page(desk.desk, 99, desk.now) is None


def test_mails_that_need_a_look_are_on_their_lists(desk: Office):
    blocked.add(desk.desk.db, (), "eve@spam.example", "", 0, desk.now)
    ticket = desk.receive(mail(ANNA, "Shop", message_id="a@firm")).ticket_id
    held = desk.receive(mail(MURAT, "[#10] New #close"))
    filed = desk.receive(mail(MURAT, "Re: Shop", "In it", reply_to=["a@firm"]))
    spam = desk.receive(mail("eve@spam.example", "Buy"))
    robot = desk.receive(mail("r@m.example", "Run", Auto_Submitted="auto-generated"))
    assert ticket is not None
    found = {tab: [row.id for row in mails.listed(desk.desk, tab).rows] for tab in Tab}
    assert found == {
        Tab.HELD: [filed.id, held.id], Tab.SET_ASIDE: [], Tab.AUTOMATIC: [robot.id],
        Tab.SPAM: [spam.id],
    }  # fmt: skip
    assert mails.listed(desk.desk, Tab.HELD, filed.id).rows[0].id == held.id
    with desk.desk.db.read() as session:
        agent = next(each for each in queries.agents(session) if each.login == "murat")
    reader = WarmReader(idle=60)
    page = board_mail.page(desk.desk, filed.id or 0, agent, reader, desk.now)
    assert page is not None
    assert (page.is_held, page.doable.may_release, page.doable.may_dismiss) == (True, True, False)
    mail_acts.release(desk.desk, filed.id or 0, agent, reader)
    assert reader.is_awake
    reader.close()
    assert not reader.is_awake
    desk.handle_waiting()
    row = next(each for each in desk.rows(InboundRow) if each.id == filed.id)
    assert (row.released_by, row.state) == (2, "filed")
    assert [row.id for row in mails.listed(desk.desk, Tab.HELD).rows] == [held.id]


def test_what_is_stored_about_somebody(desk: Office):
    desk.receive(mail(ANNA, "Shop", "Mine"))
    desk.receive(mail(BERT, "Till", "His"))
    me = SignedIn("x", ANNA, "Anna", "de")
    found = about_me.about(desk.desk, me, desk.now)
    assert (found.tickets, found.messages, found.letters_total) == (1, 1, 1)
    assert found.letters[0].subject.endswith("Shop")
    copied = json.loads(copy_for_me.copy(desk.desk, me, desk.now))
    assert [each["text"].strip() for each in copied["message_list"]] == ["Mine"]
    assert about_me.speak(desk.desk, me, "en")
    assert about_me.sign_out_elsewhere(desk.desk, me) == 0
