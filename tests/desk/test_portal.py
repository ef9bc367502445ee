"""The service area is opened to a contact by an agent's mail, or by hand, and closed again."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from maildesk.desk import customers, staff
from maildesk.desk.context import Desk
from maildesk.desk.people import Refused
from maildesk.desk.portal import activation, links, sessions, sweep
from maildesk.store.db import Database
from maildesk.store.tables import ContactRow, EventRow, OutboundRow
from maildesk.store.web_tables import FormRow, SessionRow, SignInRow
from tests.desk.office import ANNA, BERT, LENA, Office, mail
from tests.web.browser import open_pages


def contact(desk: Office, address: str) -> ContactRow:
    return next(row for row in desk.rows(ContactRow) if row.address == address)


def order(desk: Office, notice, orders: str):
    desk.later(minutes=1)
    raw = mail(LENA, f"Re: {notice.message['Subject']} {orders}", "", to=notice.reply_to,
               reply_to=[notice.mid], Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}")  # fmt: skip
    desk.receive(raw, notice.reply_to, return_path=LENA, login="lena")
    return desk.new_letters()


@pytest.fixture
def notice(desk: Office):
    open_pages(desk)
    desk.receive(mail(f"Anna <{ANNA}>", "Shop"))
    return desk.new_letters()[1]


def signed_in(desk: Office, address: str) -> str:
    return desk.desk.db.change(lambda session: sessions.begin(session, address, None, desk.now))


def test_an_agent_opens_it_by_mail_and_takes_it_back(desk, notice):
    invited, receipt = order(desk, notice, f"#portal {BERT}")
    assert (invited.rcpt_to, invited.purpose, desk.waits(invited)) == (BERT, "portal_invited", 60)
    assert "Adresse: https://support.agency.example/sign-in " in invited.text
    assert "Anmelden mit: bert@firm.example" in invited.text
    assert receipt.purpose == "staff_receipt"
    row = contact(desk, BERT)
    assert (row.portal_at, row.portal_by, row.sees_company) == (desk.now, "lena", False)
    line = next(each for each in desk.rows(EventRow) if each.trigger == "#portal")
    assert (line.actor, line.detail) == (LENA, BERT)
    secret = signed_in(desk, BERT)
    assert sessions.who(desk.desk, secret, desk.now)

    (again,) = order(desk, notice, f"#portal {BERT}")
    assert "schon freigeschaltet" in again.text

    (undone,) = order(desk, notice, "#undo")
    assert contact(desk, BERT).portal_at is None
    assert sessions.who(desk.desk, secret, desk.now) is None
    assert desk.rows(SessionRow, SessionRow.made_at) == []
    assert "Servicebereich wieder gesperrt für bert@firm.example" in undone.text
    states = {row.purpose: row.state for row in desk.rows(OutboundRow)}
    assert states["portal_invited"] == "withdrawn", "and he never heard of it"


def test_by_hand(desk):
    open_pages(desk)
    db, now = desk.desk.db, desk.now

    def said(address, is_open=True, company=None, inviter=desk.desk):
        access = activation.Access(is_open, company)
        return activation.change(db, "firm", address, access, "operator x", now, inviter)

    found = said(ANNA, company=True)
    assert (found.is_new, found.is_told, found.contact.sees_company) == (True, True, True)
    (invited,) = desk.new_letters()
    assert (invited.rcpt_to, invited.purpose) == (ANNA, "portal_invited")
    assert not said(ANNA).is_new
    assert desk.new_letters() == [], "told once"
    assert contact(desk, ANNA).sees_company, "it stays as it was"
    assert activation.number_let_in(db) == 1
    signed_in(desk, ANNA)
    closed = said(ANNA, is_open=False).contact
    assert (closed.portal_at, closed.portal_by, closed.sees_company) == (None, "", False)
    assert desk.rows(SessionRow, SessionRow.made_at) == []
    with pytest.raises(Refused, match="is no contact of Firm; say `maildesk customer contact 1"):
        said("emily@tea.example")
    with pytest.raises(Refused, match="leave out --off"):
        said(BERT, is_open=False, company=True)
    assert customers.one(db, "Firm").contacts[0].portal_at is None


def test_whoever_is_disabled_is_signed_out(desk):
    db = desk.desk.db
    for agent_id, address in ((1, LENA), (2, "murat@agency.example")):
        db.change(lambda s, i=agent_id, a=address: sessions.begin(s, a, i, desk.now))
    staff.enable(db, "lena", False)
    assert [row.agent_id for row in desk.rows(SessionRow, SessionRow.made_at)] == [2]


def test_of_two_processes_that_use_a_link_at_once_one_signs_in(desk):
    open_pages(desk, activation="everyone")
    links.ask_for_link(desk.desk, ANNA, "browser", desk.now)
    (letter,) = desk.new_letters()
    token = re.search(r"/sign-in/([a-z2-7]{26})", letter.text)[1]
    others = [replace(desk.desk, db=Database(desk.desk.site.database.url)) for _ in range(4)]
    start = threading.Barrier(4)

    def use(each: Desk) -> str:
        start.wait()
        return links.redeem(each, token, "browser", "", desk.now).outcome.value

    try:
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(use, others)) == ["done", "gone", "gone", "gone"]
    finally:
        for each in others:
            each.db.close()
    assert len(desk.rows(SessionRow, SessionRow.made_at)) == 1


def test_sweeping_is_bounded_and_spares_what_is_used(desk):
    old = desk.now - timedelta(days=9)

    def work(session):
        for number in range(sweep.MANY + 3):
            session.add(SignInRow(token_sha256=str(number), address=ANNA, made_at=old,
                                  expires_at=old))  # fmt: skip
            session.add(FormRow(token_sha256=str(number), address=ANNA, made_at=old,
                                expires_at=old))  # fmt: skip
        sessions.begin(session, ANNA, None, old)
        return sessions.begin(session, BERT, None, desk.now)

    secret = desk.desk.db.change(work)
    assert sweep.sweep(desk.desk, desk.now) == 2 * sweep.MANY + 1
    assert sweep.sweep(desk.desk, desk.now) == 6
    assert sweep.sweep(desk.desk, desk.now) == 0
    open_pages(desk, activation="everyone")
    assert sessions.who(desk.desk, secret, desk.now)
