"""Hidden mail, blocked senders and dead mailboxes, as an operator sees and mends them."""

from datetime import UTC, datetime, timedelta

import pytest

from maildesk.config import load
from maildesk.daemon.start import prepare
from maildesk.desk import intake, unreachable
from maildesk.desk.applier import Applier
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.rules.failures import Unreachable

NOW = datetime.now(UTC)
KARL, ANNA, LENA = "karl@elsewhere.example", "anna@firm.example", "lena@agency.example"


class Office:
    """A desk whose mail is handled when a test says so."""

    def __init__(self, site, readers):
        self.desk = open_desk(site, load_keyring(site.keys.file), Renderer())
        prepare(self.desk)
        self.applier = Applier(self.desk, readers, lambda: datetime.now(UTC))

    def receive(self, sender, subject, mark=""):
        raw = f"{mark}From: {sender}\r\nTo: support@desk.example\r\nSubject: {subject}\r\n\r\nx\r\n"
        envelope = Envelope("r@x.example", ("support@desk.example",), "smtp", NOW)
        number = intake.accept(self.desk.db, envelope, raw.encode())
        self.applier.run_until_idle()
        return number


@pytest.fixture(scope="module")
def readers():
    running = Readers(1, ReaderLimits())
    yield running
    running.close()


@pytest.fixture
def office(configured, maildesk, readers):
    with configured.open("a") as file:
        file.write('[spam]\nmarks = ["X-Verdict: bulk"]\n')
    made = Office(load(configured), readers)
    assert maildesk("staff", "add", "lena", "Lena", LENA)[0] == 0
    yield made
    made.desk.db.close()


def test_one_command_brings_a_mail_back(office, maildesk, as_json):
    hidden = office.receive(KARL, "Offer \x1b[2J", "X-Verdict: Bulk; 9\r\n")
    seen = office.receive(KARL, "Question")
    (line,) = as_json("spam", "list")["mails"]
    assert (line["id"], line["sender"], line["why"]) == (hidden, KARL, "x-verdict: Bulk; 9")
    assert "x-verdict: Bulk; 9" in maildesk("spam", "list")[1]
    assert "Offer" in maildesk("spam", "show", hidden)[1]
    assert [each["tag"] for each in as_json("ticket", "list")["tickets"]] != [line["ticket"]]
    page = as_json("ticket", "show", line["ticket"])
    assert (page["ticket"]["state"], page["letters"]) == ("spam", [])

    code, out, _ = maildesk("spam", "restore", hidden)
    assert code == 0
    assert f"mail {hidden}: no spam; it is handled when the daemon runs" in out
    office.applier.run_until_idle()
    page = as_json("ticket", "show", line["ticket"])
    assert page["ticket"]["state"] == "new"
    assert {each["rcpt_to"] for each in page["letters"]} == {KARL, LENA}
    assert as_json("spam", "list") == {"total": 0, "mails": []}
    assert "no mail is hidden" in maildesk("spam", "list")[1]
    for wrong in (hidden, seen, 99):
        code, _, trouble = maildesk("spam", "restore", wrong)
        assert code == 2
        assert "is not hidden as spam; see `maildesk spam list`" in trouble


def test_blocking_and_letting_through(office, maildesk, as_json):
    assert "nobody is blocked" in maildesk("blocked", "list")[1]
    assert as_json("blocked", "add", "@Sp\u00e4m.example", "--why", "offers")["until"] is None
    code, out, _ = maildesk("blocked", "add", KARL, "--days", 3)
    assert code == 0
    assert f"{KARL} is blocked until " in out
    listed = as_json("blocked", "list")
    assert listed["total"] == 2
    assert [each["sender"] for each in listed["senders"]] == ["@xn--spm-rla.example", KARL]
    assert "offers" in maildesk("blocked", "list")[1]
    hidden = office.receive(KARL, "Question")
    assert as_json("spam", "list")["mails"][0]["why"] == f"blocked: {KARL}"

    assert maildesk("blocked", "remove", KARL.upper())[0] == 0
    assert as_json("spam", "list")["mails"][0]["id"] == hidden
    office.receive(KARL, "Question 2")
    assert as_json("spam", "list")["total"] == 1
    refusals = [
        # arguments                     what is said                     why
        (("remove", KARL), "is not blocked", "not any more"),
        (("add", "karl"), "is not a plain address", "no address"),
        (("add", "@example"), "is not a domain", "nor a domain"),
        (("add", LENA), "belongs to lena of the staff", "an agent"),
        (("add", "support@desk.example"), "of the desk itself", "ourselves"),
    ]
    for arguments, said, why in refusals:
        code, _, trouble = maildesk("blocked", *arguments)
        assert code == 2, why
        assert said in trouble, why


def test_dead_mailboxes_are_seen_and_taken_off_the_list(office, maildesk, as_json):
    assert "all addresses can be reached" in maildesk("unreachable", "list")[1]
    marks = {
        ANNA: Unreachable(True, NOW, NOW + timedelta(days=14), NOW, 1, "5.1.1 no such user"),
        KARL: Unreachable(False, NOW, None, NOW, 1, "4.2.2 full"),
        "old@firm.example": Unreachable(True, NOW, NOW, NOW - timedelta(days=14), 1, "x"),
    }
    for address, found in marks.items():
        office.desk.db.change(
            lambda session, to=address, mark=found: unreachable.note(session, to, mark)
        )
    listed = as_json("unreachable", "list")
    assert {each["address"]: each["hard"] for each in listed["addresses"]} == {
        ANNA: True, KARL: False,
    }  # fmt: skip
    assert as_json("unreachable", "list", "--all")["total"] == 3
    out = maildesk("unreachable", "list")[1]
    assert "5.1.1 no such user" in out
    assert "not yet" in out, "once is no proof"
    assert "taken for reachable" in maildesk("unreachable", "remove", ANNA.upper())[1]
    code, _, trouble = maildesk("unreachable", "remove", ANNA)
    assert code == 2
    assert "is not on the list" in trouble
