"""Mails in an agent's name that proved nothing, and an operator who vouches for one."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select
from sqlmodel import col

from maildesk.config import load
from maildesk.daemon.start import prepare
from maildesk.desk import intake
from maildesk.desk.applier import Applier, is_served
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.lock import hold_alone
from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.store.tables import InboundRow, MessageRow
from maildesk.store.work_tables import TimeRow

NOW = datetime.now(UTC)
LENA, MURAT, ANNA = "lena@agency.example", "murat@agency.example", "anna@firm.example"


class Office:
    """A desk whose mail is handled when a test says so."""

    def __init__(self, site, readers):
        self.desk = open_desk(site, load_keyring(site.keys.file), Renderer())
        prepare(self.desk)
        self.applier = Applier(self.desk, readers, lambda: datetime.now(UTC))

    def receive(self, sender, subject, text="Please.", date=NOW):
        raw = (
            f"From: {sender}\r\nTo: support@desk.example\r\nSubject: {subject}\r\n"
            f"Date: {format_datetime(date)}\r\nMessage-ID: <{time.monotonic_ns()}@x.example>\r\n"
            f"\r\n{text}\r\n"
        )
        envelope = Envelope("r@x.example", ("support@desk.example",), "smtp", NOW)
        number = intake.accept(self.desk.db, envelope, raw.encode())
        self.applier.run_until_idle()
        return number

    def standing(self, inbound_id):
        """Return the state of a mail and how its message stands."""
        with self.desk.db.read() as session:
            row = session.get_one(InboundRow, inbound_id)
            asked = select(col(MessageRow.standing)).where(col(MessageRow.inbound_id) == row.id)
            return row.state, session.scalars(asked).first()


@pytest.fixture(scope="module")
def readers():
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


@pytest.fixture
def office(configured, maildesk, readers):
    """Lena's and Murat's desk, and a ticket of Anna's."""
    assert maildesk("staff", "add", "lena", "Lena Vogt", LENA)[0] == 0
    assert maildesk("staff", "add", "murat", "Murat Kaya", MURAT)[0] == 0
    made = Office(load(configured), readers)
    made.receive(f"Anna <{ANNA}>", "Shop is empty")
    yield made
    made.desk.db.close()


def test_what_proves_nothing_is_listed_shown_and_released(office, maildesk, as_json):
    filed = office.receive(LENA, "[DD-10008] Shop is empty #close +25m", "The index \x1b[2J")
    alone = office.receive(f"Murat <{MURAT}>", "Fix the printer")
    assert office.standing(filed) == ("filed", "unverified")
    assert office.standing(alone) == ("held", None)

    listed = as_json("held", "list")
    assert listed["total"] == 2
    assert [
        (e["id"], e["login"], e["address"], e["ticket"], e["why"]) for e in listed["mails"]
    ] == [
        (alone, "murat", MURAT, "", "no proof"),
        (filed, "lena", LENA, "DD-10008", "no proof"),
    ]
    code, out, _ = maildesk("held", "list", "--limit", 1)
    assert code == 0
    assert f"murat <{MURAT}>" in out
    assert "1 more (--limit)" in out
    assert " - " in out, "about no ticket"
    assert "Fix the printer" in maildesk("held", "show", alone)[1]
    assert as_json("held", "show", filed)["reading"]["mail"]["author"] == LENA

    code, out, trouble = maildesk("held", "release", filed, "--as", "lena")
    assert (code, trouble) == (0, "")
    assert "released as lena's; it is handled when the daemon runs (`maildesk serve`)" in out
    assert [each["id"] for each in as_json("held", "list")["mails"]] == [alone]
    assert as_json("held", "release", alone, "--as", "murat") == {
        "released": alone, "as": "murat", "served": False,
    }  # fmt: skip
    office.applier.run_until_idle()
    page = as_json("ticket", "show", "DD-10008")
    assert (page["ticket"]["state"], page["ticket"]["minutes"]) == ("resolved", 25)
    assert [(each["agent"], each["minutes"]) for each in page["time"]] == [("lena", 25)]
    assert office.standing(filed) == ("filed", "note")
    assert office.standing(alone) == ("filed", "note")
    assert as_json("held", "list") == {"total": 0, "mails": []}
    assert "no mail is held" in maildesk("held", "list")[1]
    for again in (filed, alone):
        code, _, trouble = maildesk("held", "release", again, "--as", "lena")
        assert code == 2
        assert "was released before, as" in trouble
    office.applier.run_until_idle()
    assert as_json("ticket", "show", "DD-10008")["ticket"]["minutes"] == 25


def test_nobody_vouches_for_what_he_may_not(office, maildesk, as_json):
    held = office.receive(LENA, "[DD-10008] Shop is empty #close", "")
    old = office.receive(LENA, "Old", date=NOW - timedelta(hours=73))
    young = office.receive(LENA, "Young", date=NOW - timedelta(hours=71))
    gone = office.receive(MURAT, "Gone")
    assert maildesk("staff", "disable", "murat")[0] == 0
    refusals = [
        # mail, login    what is said                         why
        (held, "murat", "and that is no address of murat", "another one's mail"),
        (held, "lina", "did you mean lena?", "nobody of that name"),
        (gone, "murat", "murat is disabled", "he has no authority himself"),
        (old, "lena", "more than 72 hours before it came: it would be refused", "rule 12"),
        (1, "lena", "mail 1 is not held", "a customer's, in his ticket"),
        (99, "lena", "there is no mail 99", "no mail at all"),
    ]
    for mail, login, said, why in refusals:
        code, out, trouble = maildesk("held", "release", mail, "--as", login)
        assert (code, out) == (2, ""), why
        assert said in trouble, why
    assert "--as" in maildesk("held", "release", held)[2]
    lines = {each["id"]: each for each in as_json("held", "list")["mails"]}
    assert lines.keys() == {held, old, young, gone}, "nothing was released"
    assert lines[gone]["why"] == "no proof; murat is disabled"
    assert as_json("held", "release", young, "--as", "lena")["released"] == young

    assert maildesk("quarantine", "dismiss", old)[0] == 0
    assert "is not held" in maildesk("held", "release", old, "--as", "lena")[2]
    assert old not in [each["id"] for each in as_json("held", "list")["mails"]]
    # His address is nobody's now: the mail stays on the list, and nobody can vouch for it.
    assert maildesk("staff", "address", "lena", "new@agency.example")[0] == 0
    assert maildesk("staff", "remove", "lena", LENA)[0] == 0
    (line,) = [each for each in as_json("held", "list")["mails"] if each["id"] == held]
    assert (line["login"], line["why"]) == (
        "", "no proof; the address is nobody's of the staff now",
    )  # fmt: skip
    assert "no address of lena" in maildesk("held", "release", held, "--as", "lena")[2]


def test_a_desk_that_runs_takes_it_by_itself(office, as_json, readers):
    held = office.receive(LENA, "[DD-10008] Shop is empty +10m", "")
    assert not is_served(office.desk.db)
    url = office.desk.db.url.render_as_string(hide_password=False)
    alone = hold_alone(url) if office.desk.db.is_sqlite else None
    serving = Applier(office.desk, readers, lambda: datetime.now(UTC))
    serving.start()
    try:
        deadline = time.monotonic() + 10
        while not is_served(office.desk.db):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert as_json("held", "release", held, "--as", "lena")["served"]
        while office.standing(held) != ("filed", "note"):
            assert time.monotonic() < deadline, office.standing(held)
            time.sleep(0.05)
    finally:
        serving.stop()
        if alone:
            alone.close()
    with office.desk.db.read() as session:
        assert [row.minutes for row in session.scalars(select(TimeRow))] == [10]
    assert not is_served(office.desk.db)
