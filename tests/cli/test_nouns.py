"""What an operator does with the nouns: real mails in a real desk, and what the commands say."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.config import load
from maildesk.desk import intake
from maildesk.desk.context import open_desk
from maildesk.desk.handle import Read, handle
from maildesk.desk.keys import load_keyring
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.rules.number import tag
from maildesk.store.db import Database
from maildesk.store.foreign_numbers import remember
from maildesk.store.tables import InboundRow, OutboundRow, SettingRow, TicketRow
from maildesk.store.work_tables import TimeRow, TimerRow

NOW = datetime.now(UTC)

REQUEST = """\
From: Anna Berger <anna@berger.example>
To: support@desk.example
Subject: [Quickticket hoch] =?utf-8?b?QmFubmVyIBtbMzFt4oCu?=
Message-ID: <1@berger.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Bitte tauschen.
\x1b]0;mine\x07[red]Anna[/red] \u202eanna

--x
Content-Type: image/png
Content-Disposition: attachment; filename="banner.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--x--
"""
STRANGER = """\
From: Bob <bob@elsewhere.example>
To: support@desk.example
Subject: Frage
Message-ID: <2@elsewhere.example>

Was kostet das?
"""
ABSENT = """\
From: Carl <carl@elsewhere.example>
To: support@desk.example
Subject: Abwesend
Auto-Submitted: auto-replied
Message-ID: <3@elsewhere.example>

Ich bin im Urlaub.
"""
FORGED = """\
From: Jan <jan@agentur.example>
To: support@desk.example
Subject: Mach mal
Message-ID: <4@agentur.example>

Schnell.
"""


@pytest.fixture
def desk(configured, maildesk):
    """A desk with one customer, one agent, and the four mails; the last one was set aside."""
    assert maildesk("customer", "add", "Blumen Berger")[0] == 0
    assert maildesk("customer", "contact", "blumen berger", "Anna@Berger.example")[0] == 0
    assert maildesk("customer", "terms", "1", "--version", "1", "--at", "2026-01-31")[0] == 0
    assert maildesk("staff", "add", "jan", "Jan Weber", "jan@agentur.example")[0] == 0
    site = load(configured)
    desk = open_desk(site, load_keyring(site.keys.file), Renderer())
    for text in (REQUEST, STRANGER, ABSENT, FORGED, "\r\n\r\nhardly a mail\r\n"):
        envelope = Envelope("r@elsewhere.example", ("support@desk.example",), "smtp", NOW)
        intake.accept(desk.db, envelope, text.replace("\n", "\r\n").encode())
        if "hardly" not in text:
            for claimed in intake.claim(desk.db, NOW, 10):
                handle(desk, [Read(claimed, read(claimed.raw, claimed.envelope))], NOW)
    for _ in range(intake.ATTEMPTS):
        for claimed in intake.claim(desk.db, NOW, 10):
            intake.failed(desk.db, claimed, "its reader ended", NOW)
    yield desk
    desk.db.close()


def test_a_database_that_is_not_ready_is_a_sentence_with_its_remedy(
    empty_database, maildesk, configured, as_json
):
    code, out, trouble = maildesk("ledger")
    assert (code, out) == (2, "")
    assert "`maildesk migrate`" in trouble
    first = as_json("migrate")
    assert (first["from"], bool(first["to"])) == ("", True)
    assert "nothing was to be done" in maildesk("migrate")[1]
    assert maildesk("ledger")[0] == 0

    db = Database(load(configured).database.url)
    db.change(lambda session: session.connection().exec_driver_sql(
        "UPDATE alembic_version SET version_num = 'from_the_future'"))  # fmt: skip
    db.close()
    assert "is at revision from_the_future, and this program needs" in maildesk("ledger")[2]
    code, _, trouble = maildesk("migrate")
    assert code == 2
    assert "use the version of maildesk that made it" in trouble

    configured.write_text('[desk]\naddress = "a@b.example"\n[database]\nurl = "sqlite:////no/d"\n')
    code, _, trouble = maildesk("migrate")
    assert code == 2
    assert "correct database.url" in trouble


def test_tickets_are_listed_by_what_presses_and_shown_whole(desk, maildesk, as_json):
    listed = as_json("ticket", "list")
    assert listed["total"] == 2
    quick, normal = listed["tickets"]
    assert (quick["customer"], quick["kind"], quick["assignee"], quick["state"]) == (
        "Blumen Berger", "quick-high", "jan", "new",
    )  # fmt: skip
    assert (normal["requester"], normal["customer"], normal["due_at"]) == (
        "bob@elsewhere.example", "", None,
    )  # fmt: skip
    code, out, _ = maildesk("ticket", "list", "--mine", "jan", "--limit", 1)
    assert code == 0
    assert quick["tag"] in out
    assert "Banner [31m" in out
    assert "1 more (--limit)" in out
    assert "did you mean jan?" in maildesk("ticket", "list", "--mine", "jann")[2]

    code, out, _ = maildesk("ticket", "show", quick["tag"].lower())
    assert code == 0
    assert "banner.png (image/png, 8 octets)" in out
    assert "[red]Anna[/red]" in out
    assert "T01" in out
    page = as_json("ticket", "show", f"[{quick['tag']}]")
    assert page == as_json("ticket", "show", quick["tag"].partition("-")[2])
    assert page["participants"] == [
        {"number": 1, "address": "anna@berger.example", "name": "Anna Berger"}
    ]
    assert {each["rcpt_to"] for each in page["letters"]} == {
        "anna@berger.example", "jan@agentur.example",
    }  # fmt: skip
    assert "Bitte tauschen." in page["messages"][0]["text"]
    wrong = quick["tag"][:-1] + str((int(quick["tag"][-1]) + 1) % 10)
    for number, said in ((wrong, "with the check digit"), (tag("DD", 99), "there is no ticket")):
        code, _, trouble = maildesk("ticket", "show", number)
        assert code == 2
        assert said in trouble


def test_the_order_of_the_list(desk, as_json):
    def ticket(number, **more):
        values = {"title": str(number), "state": "new", "kind": "normal", "requester": "",
                  "opened_at": NOW + timedelta(minutes=number), "clock_started_at": NOW}  # fmt: skip
        return TicketRow(id=number, **(values | more))

    hour = timedelta(hours=1)
    rows = [
        ticket(9001), ticket(9002, urgent=True),
        ticket(9003, due_at=NOW + 500 * hour), ticket(9004, due_at=NOW - hour),
        ticket(9005, due_at=NOW - 2 * hour, state="waiting_customer"),
        ticket(9006, due_at=NOW - 3 * hour, state="resolved", closed=True),
    ]  # fmt: skip
    desk.db.change(lambda session: session.add_all(rows))
    order = [each["title"] for each in as_json("ticket", "list", "--all")["tickets"]]
    ours = [title for title in order if title.startswith("900")]
    assert ours == ["9004", "9003", "9002", "9001", "9005", "9006"]
    found = as_json("ticket", "list")["tickets"]
    assert [each["title"] for each in found if each["breached"]] == ["9004"]
    assert "9006" not in [each["title"] for each in found]


def test_what_agents_did_stands_on_the_ticket(desk, maildesk, as_json):
    quick, normal = (int(each["tag"][3:-1]) for each in as_json("ticket", "list")["tickets"])
    tags = [each["tag"] for each in as_json("ticket", "list")["tickets"]]

    def work(session):
        session.add(TimeRow(ticket_id=quick, agent_id=1, minutes=90, booked_at=NOW, words="#time"))
        session.add(TimeRow(ticket_id=quick, agent_id=1, minutes=-5, booked_at=NOW, words="#undo"))
        session.add(TimerRow(agent_id=1, ticket_id=quick, started_at=NOW))
        remember(session, quick, "berger.example", ["INC0012345"])
        session.execute(update(TicketRow).where(col(TicketRow.id) == quick).values(
            wake_at=NOW + timedelta(days=3), planned_at=NOW + timedelta(days=1),
            category="rework"))  # fmt: skip
        session.execute(update(TicketRow).where(col(TicketRow.id) == normal).values(
            state="merged", closed=True, merged_into=quick))  # fmt: skip

    desk.db.change(work)
    (listed,) = as_json("ticket", "list")["tickets"]
    assert listed["minutes"] == 85
    assert re.search(rf"{tags[0]} .* 1:25 ", maildesk("ticket", "list")[1])
    page = as_json("ticket", "show", tags[0])
    assert [(each["agent"], each["minutes"], each["words"]) for each in page["time"]] == [
        ("jan", 90, "#time"), ("jan", -5, "#undo"),
    ]  # fmt: skip
    assert [each["agent"] for each in page["timers"]] == ["jan"]
    assert page["merged_from"] == [tags[1]]
    assert page["foreign"] == [["berger.example", "INC0012345"]]
    assert page["wake_at"] == (NOW + timedelta(days=3)).isoformat()
    said = maildesk("ticket", "show", tags[0])[1]
    for line in (
        r"time +1:25$", r"timer +jan since 20", r"waits until +20", r"planned +20",
        r"category +rework$", rf"merged from +{tags[1]}$", r".* jan +\+90 +#time",
        r".* jan +-5 +#undo", r"known as +INC0012345 at berger\.example$",
    ):  # fmt: skip
        assert re.search(f"^ *{line}", said, re.MULTILINE), line
    assert re.search(rf"merged into +{tags[0]}$", maildesk("ticket", "show", tags[1])[1], re.M)


def test_mail_in_quarantine_is_looked_at_replayed_and_dismissed(desk, maildesk, as_json):
    mails = as_json("quarantine", "list")["mails"]
    assert [(each["state"], each["subject"]) for each in mails] == [
        ("set_aside", ""), ("held", "Mach mal"), ("automatic", "Abwesend"),
    ]  # fmt: skip
    aside, held, automatic = (each["id"] for each in mails)
    assert [m["id"] for m in as_json("quarantine", "list", "--state", "held")["mails"]] == [held]
    code, out, _ = maildesk("quarantine", "show", held)
    assert code == 0
    assert "jan@agentur.example" in out
    assert "Schnell." in out
    assert "its reader ended" in maildesk("quarantine", "show", aside)[1]
    # Any mail that came in may be looked at; the request is the one that attacks terminals.
    assert "[red]Anna[/red]" in maildesk("quarantine", "show", 1)[1]
    assert as_json("quarantine", "show", 1)["reading"]["mail"]["author"] == "anna@berger.example"
    assert maildesk("quarantine", "show", 1, "--raw")[1] == REQUEST.replace("\n", "\r\n")
    assert "there is no mail 99" in maildesk("quarantine", "show", 99)[2]

    assert maildesk("quarantine", "replay", aside, held)[0] == 0
    code, out, trouble = maildesk("quarantine", "dismiss", automatic, aside)
    assert code == 2
    assert f"mail {automatic}: dismissed" in out
    assert f"mail {aside}: on none of the lists" in trouble
    assert as_json("quarantine", "list")["total"] == 0
    counted = as_json("ledger")["ledger"]
    assert (counted["received"], counted["waiting"], counted["dismissed"]) == (5, 2, 1)


def test_letters_are_listed_retried_and_released(desk, maildesk, as_json):
    letters = as_json("outbox", "list")["letters"]
    assert {each["state"] for each in letters} == {"queued"}
    one = letters[0]["id"]

    def fail(session):
        session.merge(SettingRow(name="may_send", value="no"))
        session.execute(update(OutboundRow).values(state="failed", last_reply="550 5.1.1 \x1b[2J"))

    desk.db.change(fail)
    code, out, _ = maildesk("outbox", "list", "--state", "failed")
    assert code == 0
    assert r"550 5.1.1 \x1b[2J" in out
    assert "until `maildesk outbox release`" in out
    assert maildesk("outbox", "retry", one)[1] == "1 letter is due now\n"
    assert as_json("outbox", "retry", "--all-failed") == {"due": len(letters) - 1}
    assert as_json("outbox", "list", "--state", "queued")["total"] == len(letters)
    assert as_json("outbox", "release") == {"may_send": True, "queued": len(letters)}
    assert as_json("outbox", "list")["may_send"]
    for arguments, said in (
        (("retry",), "either the id of one letter or --all-failed"),
        (("retry", one, "--all-failed"), "either the id of one letter or --all-failed"),
        (("retry", 999), "there is no letter 999"),
        (("retry", 10**30), "Input should be less than"),
    ):
        code, _, trouble = maildesk("outbox", *arguments)
        assert code == 2
        assert said in trouble


def test_the_ledger_adds_up_and_says_when_it_does_not(desk, maildesk, as_json):
    said = as_json("ledger")
    counted = said["ledger"]
    assert said["adds_up"]
    assert said["sum"] == counted["received"] == 5
    assert [counted[name] for name in ("filed", "automatic", "held", "set_aside")] == [2, 1, 1, 1]
    code, out, _ = maildesk("ledger")
    assert code == 0
    assert "= 5 received" in out

    lose = update(InboundRow).where(col(InboundRow.state) == "held").values(state="filed")
    desk.db.change(lambda session: session.execute(lose))
    code, out, _ = maildesk("ledger")
    assert code == 1
    assert "wrong: 1 message is marked as filed but stands in no ticket" in out
    assert maildesk("ledger", "--json")[0] == 1


def test_people_are_listed_and_a_staff_member_who_leaves_keeps_his_tickets(desk, maildesk, as_json):
    assert as_json("customer", "list") == [as_json("customer", "show", "Blumen Berger")]
    assert as_json("customer", "show", "1")["terms_accepted_at"] == "2026-01-30T23:00:00+00:00"
    assert "Blumen Berger" in maildesk("customer", "list")[1]
    assert as_json("customer", "change", "1", "--rate", "80")["rate"] == {
        "minor": 8000, "currency": "EUR",
    }  # fmt: skip
    code, _, trouble = maildesk("customer", "contact", "1", "jan@agentur.example")
    assert code == 2
    assert "belongs to jan of the staff" in trouble
    assert maildesk("customer", "domain", "1", "berger.example")[0] == 0
    assert "Jan Weber" in maildesk("staff", "list")[1]
    assert "ticket list --mine jan" in maildesk("staff", "disable", "jan")[1]
    assert as_json("staff", "enable", "jan")["enabled"]
    assert "not told of new tickets" in maildesk("staff", "new", "jan", "off")[1]
    assert as_json("staff", "new", "jan", "on")["told_of_new"]
    assert maildesk("staff", "new", "jan", "perhaps")[0] == 2
