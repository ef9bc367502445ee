"""What an operator does with contracts, approvers and terms, and what the commands say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maildesk.config import load
from maildesk.rules.number import tag
from maildesk.store.db import Database
from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import TimeRow

NOW = datetime.now(UTC)
TODAY = str(NOW.astimezone(ZoneInfo("Europe/Berlin")).date())


@pytest.fixture
def desk(configured, maildesk):
    """A desk with the customer Blumen Berger and the agent jan."""
    assert maildesk("customer", "add", "Blumen Berger")[0] == 0
    assert maildesk("staff", "add", "jan", "Jan Weber", "jan@agentur.example")[0] == 0
    db = Database(load(configured).database.url)
    yield db
    db.close()


def test_a_block_is_added_used_and_shown(desk, maildesk, as_json):
    year = str(NOW + timedelta(days=400))[:10]
    code, out, trouble = maildesk(
        "contract", "add", "blumen berger", "Zehnerblock", "--kind", "block", "--minutes", "10h",
        "--to", year, "--category", "shop", "--category", "Hosting", "--covers-surcharge",
    )  # fmt: skip
    assert (code, trouble) == (0, "")
    for line in (
        "Zehnerblock (id 1) of Blumen Berger", "covers    hosting, shop", "left      10:00 of 10:00",
        "letters   show its name",
    ):  # fmt: skip
        assert line in out
    assert "contract  Zehnerblock" in maildesk("customer", "show", 1)[1]

    def work(session):
        session.add(TicketRow(id=1, title="Shop", state="new", kind="quick", requester="a@b.example",
                              opened_at=NOW, clock_started_at=NOW))  # fmt: skip
        session.flush()
        session.add(TimeRow(ticket_id=1, agent_id=1, minutes=330, booked_at=NOW, factor="1.5",
                            contract_id=1, words="#time \x1b[2J"))  # fmt: skip

    desk.change(work)
    page = as_json("contract", "show", 1)
    assert page["standing"]["balance"] == {
        "minutes_granted": 600, "minutes_used": 495, "minutes_left": 105, "share": 82,
        "minutes_over": 0,
    }  # fmt: skip
    assert (page["standing"]["alerts"], page["total"]) == ([50, 80], 1)
    assert page["entries"][0]["ticket"] == tag("DD", 1)
    assert as_json("contract", "list") == as_json("contract", "list", "1") == [page["standing"]]
    out = maildesk("contract", "show", 1)[1]
    for line in ("left      1:45 of 10:00", "alerts    50 % passed, 80 % passed", tag("DD", 1)):
        assert line in out
    assert "82 %" in maildesk("contract", "list")[1]

    assert as_json("contract", "change", 1, "--minutes", "20h", "--no-covers-surcharge")[
        "contract"
    ]["minutes"] == 1200  # fmt: skip
    assert as_json("contract", "end", 1, "--on", TODAY)["contract"]["ended"]
    assert "it takes no change any more" in maildesk("contract", "show", 1)[1]


def test_other_kinds_and_what_is_wrong(desk, maildesk):
    assert "no contracts; `maildesk contract add" in maildesk("contract", "list")[1]
    monthly = ("--kind", "included", "--minutes", "600", "--carry", 3, "--from", TODAY)
    said = maildesk("contract", "add", "1", "Paket", *monthly)[1]
    assert "10:00 a calendar month, the rest is carried for 3 months" in said
    said = maildesk("contract", "add", "1", "Hosting", "--kind", "flat")[1]
    assert "left      no limit" in said
    assert "letters   show Paket; `maildesk customer change 1 --contract NAME`" in said
    for arguments, sentence in (
        (("add", "1", "Y"), "--kind"),
        (("add", "1", "Y", "--kind", "gold"), "flat, included, block"),
        (("add", "2", "Y", "--kind", "flat"), "there is no customer '2'"),
        (("show", 10**30), "less than or equal to"),
        (("show", 9), "there is no contract 9; see `maildesk contract list`"),
        (("end", 1, "--on", "morgen"), "morgen"),
        (("change", 1, "--to", "gestern"), "is not a day such as"),
    ):
        code, out, trouble = maildesk("contract", *arguments)
        assert (code, out) == (2, "")
        assert sentence in trouble


def test_a_customer_where_nobody_may_approve_is_named(desk, maildesk, as_json):
    nobody = "nobody may approve costs"
    assert nobody in maildesk("customer", "show", 1)[1]
    assert "nobody may approve costs for Blumen Berger (1)" in maildesk("customer", "list")[1]
    out = maildesk("customer", "contact", 1, "anna@berger.example")[1]
    assert "anna@berger.example is the only contact and so may approve costs" in out
    out = maildesk("customer", "contact", 1, "ben@berger.example", "--may-approve",
                   "--up-to", "500.00")[1]  # fmt: skip
    assert "<ben@berger.example> may approve up to 500.00 EUR, net" in out
    assert nobody not in out + maildesk("customer", "list")[1]
    found = as_json("customer", "contact", 1, "anna@berger.example", "--no-may-approve")
    assert [(each["may_approve"], each["approve_up_to"]) for each in found["contacts"]] == [
        (False, None), (True, {"minor": 50000, "currency": "EUR"}),
    ]  # fmt: skip
    assert nobody in maildesk("customer", "remove", 1, "ben@berger.example")[1]
    code, _, trouble = maildesk("customer", "contact", 1, "anna@berger.example", "--up-to", "5")
    assert code == 2
    assert "say --may-approve too" in trouble


def test_how_the_terms_were_accepted_is_kept(desk, maildesk, as_json):
    said = maildesk(
        "customer", "terms", 1, "--version", "2026-1", "--by", "Anna", "--at", "2026-01-31",
        "--how", "phone", "--price-list", "P-7",
    )[1]  # fmt: skip
    assert "terms     2026-1, Anna, 2026-01-31, by phone" in said
    assert "prices    P-7" in said
    found = as_json("customer", "terms", 1, "--version", "2026-2")
    assert (found["terms_accepted_how"], found["price_list"]) == ("", "P-7")
    code, _, trouble = maildesk("customer", "terms", 1, "--version", "3", "--how", "nod")
    assert code == 2
    assert "say one of mail, paper, phone, page" in trouble
