"""`maildesk invoice`, as an operator says it: a real month on a real database, real documents."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from maildesk.desk.keys import load_keyring
from maildesk.rules.invoice import months
from maildesk.rules.number import tag
from maildesk.store.db import Database
from maildesk.store.invoice_tables import BillingRow
from maildesk.store.tables import AgentAddressRow, AgentRow, ContactRow, CustomerRow, TicketRow
from maildesk.store.work_tables import TimeRow
from tests.stories import loaded

NOW = datetime.now(UTC)
MONTH = months.before(NOW.date())
WORKED = datetime.combine(months.last_day(MONTH), datetime.min.time(), UTC) - timedelta(days=2)
YEAR = NOW.year
AGENCY = """
[agency]
name = "Lindenhof Digital GmbH"
street = "Lindenstraße 12"
postcode = "50674"
city = "Köln"
vat_id = "DE136695976"
iban = "DE02120300000000202051"
[billing]
agent = "lena"
"""


@pytest.fixture
def desk(configured, maildesk, tmp_path, database_url):
    """A desk with two customers: one with two worked tickets, one without an address."""
    configured.write_text(configured.read_text() + AGENCY)
    assert maildesk("migrate")[0] == 0
    load_keyring(tmp_path / "keys.json")
    db = Database(database_url)
    rows = {
        AgentRow: [{"id": 1, "login": "lena", "name": "Lena", "language": "en"}],
        AgentAddressRow: [{"agent_id": 1, "address": "lena@agency.example"}],
        CustomerRow: [{"id": n, "name": name, "created_at": WORKED, "language": "de"}
                      for n, name in ((1, "Firm"), (2, "Tea"))],
        ContactRow: [{"customer_id": n, "address": f"anna@{n}.example", "name": "Anna"}
                     for n in (1, 2)],
        BillingRow: [{"customer_id": 1, "name": "Firm GmbH", "street": "Gartenweg 1",
                      "postcode": "50667", "city": "Köln"}],
        TicketRow: [{"id": n, "title": f"Wish {n}", "state": "billing", "closed": True,
                     "kind": "normal", "customer_id": owner, "requester": f"anna@{owner}.example",
                     "opened_at": WORKED, "clock_started_at": WORKED, "category": ""}
                    for n, owner in ((1001, 1), (1002, 1), (1003, 2))],
        TimeRow: [{"ticket_id": n, "agent_id": 1, "minutes": 30, "booked_at": WORKED,
                   "words": "Done."} for n in (1001, 1002, 1003)],
    }  # fmt: skip
    with db.engine.begin() as connection:
        for table, values in rows.items():
            connection.execute(insert(table), values)
    yield db
    db.close()


@pytest.fixture
def said(configured):
    """Run a command in a process of its own, as cron does; return code, stdout and stderr.

    `quickly` makes no pages: for tests that do not look at them.
    """

    def command(*arguments, quickly=False):
        done = loaded.run(
            ["--config", str(configured), "invoice", *map(str, arguments)],
            program="tests.stories.quick:main" if quickly else loaded.MAILDESK,
        )
        return done.returncode, done.stdout, done.stderr.decode()

    return command


@pytest.mark.peer("pango")
def test_a_month_as_an_operator_sees_it(desk, said, maildesk, as_json, tmp_path):
    code, out, _ = said("run", "--dry-run")
    assert code == 1, "one is not complete"
    assert b"Nothing was made: this was a dry run." in out
    assert as_json("invoice", "list") == {"total": 0, "invoices": []}

    code, out, trouble = said("run")
    text, number = out.decode(), f"RE-{YEAR}-00001"
    assert code == 1
    assert [line[:7] for line in trouble.splitlines()[-2:]] == ["1 of 2:", "2 of 2:"]
    for words in (number, "95.00 EUR", "113.05 EUR", f"1 invoice for {MONTH}",
                  "left out  Tea: missing is the customer's full address",
                  "The summary goes to lena@agency.example."):  # fmt: skip
        assert words in text
    head = json.loads(said("verify", "--json")[1])["head"]
    assert f"The journal's head is {head} (line 2)." in text

    code, out, trouble = maildesk("invoice", "list", "--open")
    assert (code, trouble) == (0, "")
    assert re.search(rf"{number} .* issued .* 113\.05 EUR", out)
    code, out, _ = maildesk("invoice", "show", number.lower())
    assert code == 0
    for words in (number, "Firm GmbH, Gartenweg 1, 50667 Köln", tag("DD", 1001), "VAT 19 %",
                  "18.05 EUR on 95.00 EUR", "queued", "anna@1.example", "reserved",
                  f"number {number}, 113.05 EUR, due {YEAR}-", "… (SHA-256)"):  # fmt: skip
        assert words in out
    assert "{" not in out, "the journal is told in words"

    assert said("pdf", number, "-")[1].startswith(b"%PDF-1.")
    code, out, _ = maildesk("invoice", "xml", number, tmp_path / "it.xml")
    assert code == 0
    assert b"CrossIndustryInvoice" in (tmp_path / "it.xml").read_bytes()

    code, out, _ = maildesk("invoice", "pay", number, "--amount", "13.05", "--words", "part")
    assert (code, "100.00 EUR open" in out) == (0, True)
    code, _, trouble = maildesk("invoice", "pay", number, "--amount", "200")
    assert (code, "only €100.00 is open" in trouble) == (2, True)
    assert as_json("invoice", "pay", number)["state"] == "paid"
    assert as_json("invoice", "list", "--open")["total"] == 0
    code, _, trouble = maildesk("invoice", "pay", number)
    assert (code, "nothing is open" in trouble) == (2, True)

    code, out, _ = said("cancel", number, "--reason", "wrong address", quickly=True)
    assert code == 0, out
    assert f"{number} is cancelled by ST-{YEAR}-00001".encode() in out
    assert b"pay them back" in out
    code, out, _ = said("issue", "Firm", quickly=True)
    assert code == 0, out
    assert f"RE-{YEAR}-00002".encode() in out
    code, out, trouble = maildesk("invoice", "verify", "--head", head)
    assert (code, trouble) == (0, "")
    assert out.startswith("all 3 invoices, ")
    code, out, _ = maildesk("invoice", "verify", "--head", "0" * 64)
    assert (code, "no line has the hash" in out) == (2, True)


@pytest.mark.peer("pango")
def test_a_draft_says_what_is_missing_and_shows_a_page(desk, said, maildesk, tmp_path):
    code, out, _ = maildesk("invoice", "draft", "Tea")
    assert code == 1
    assert "missing       the customer's full address" in out
    draft = json.loads(maildesk("invoice", "draft", "Tea", "--json")[1])
    assert [each.partition(" (")[0] for each in draft["missing"]] == ["the customer's full address"]
    code, out, _ = said("draft", "Firm", "--pdf", tmp_path / "draft.pdf")
    assert code == 0
    assert b"113.05 EUR" in out
    assert (tmp_path / "draft.pdf").read_bytes().startswith(b"%PDF-1.")
    assert maildesk("invoice", "list")[1].strip() == "no invoices"


def test_a_ticket_is_waived(desk, maildesk, as_json):
    code, out, _ = maildesk("invoice", "waive", tag("DD", 1003), "--reason", "goodwill")
    assert (code, out) == (0, f"{tag('DD', 1003)} is closed without an invoice\n")
    assert as_json("ticket", "show", tag("DD", 1003))["ticket"]["state"] == "closed"


WRONG = [
    # arguments                                            what the line says
    (("run", "--month", "October"), "'October' is not a month such as 2026-10"),
    (("run", "--month", "2999-01"), "2999-01 has not begun"),
    (("run", "--customer", "Frim"), "Firm"),
    (("show", f"RE-{YEAR}-1"), "there is no invoice"),
    (("pdf", "nothing"), "there is no invoice"),
    (("pay", "nothing"), "there is no invoice"),
    (("cancel", "nothing", "--reason", "x"), "there is no invoice"),
    (("cancel", "nothing"), "--reason"),
    (("waive", "DD-1", "--reason", "x"), "is no ticket"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_what_is_wrong_is_one_line(desk, maildesk, arguments, words):
    code, _, trouble = maildesk("invoice", *arguments)
    assert code == 2
    assert words in trouble


def test_no_keys_are_made_by_whoever_types_it(desk, maildesk, tmp_path):
    (tmp_path / "keys.json").unlink()
    code, _, trouble = maildesk("invoice", "run")
    assert code == 2
    assert "start the desk once" in trouble
    assert not (tmp_path / "keys.json").exists()


def test_an_agency_that_is_not_complete_issues_nothing(desk, configured, maildesk):
    configured.write_text(configured.read_text().replace("iban", "#iban"))
    code, _, trouble = maildesk("invoice", "run")
    assert code == 2
    assert "nothing was made" in trouble
    assert "agency.iban" in trouble


def test_the_same_payment_is_booked_once_and_what_goes_back_is_said(desk, said, maildesk):
    assert said("run", quickly=True)[0] == 1
    number = f"RE-{YEAR}-00001"
    part = ("invoice", "pay", number, "--amount", "13.05", "--words", "part")
    assert "100.00 EUR open" in maildesk(*part)[1]
    code, out, _ = maildesk(*part)
    assert code == 0
    assert "13.05 EUR of" in out
    assert "is booked already, and nothing was done" in out
    assert "it is paid" in maildesk("invoice", "pay", number)[1]
    code, _, trouble = maildesk("invoice", "pay", number, "--amount", "99")
    assert code == 2
    assert "nothing is open" in trouble
    assert "allow the overpayment (`--over`)" in trouble
    code, out, _ = maildesk("invoice", "pay", number, "--amount=-100")
    assert code == 0
    assert "it had been paid and is open again; its tickets stay closed" in out
    assert maildesk("invoice", "verify")[0] == 0


def test_after_a_restore_the_last_number_is_asked_for(
    desk, said, maildesk, configured, tmp_path, database_url
):
    assert said("run", quickly=True)[0] == 1
    code, _, trouble = maildesk("invoice", "continue", f"RE-{YEAR}-00009")
    assert code == 2
    assert "no backup was restored here" in trouble
    assert maildesk("backup", tmp_path / "it.tar")[0] == 0
    desk.close()
    code, out, trouble = maildesk("restore", tmp_path / "it.tar", "--force")
    assert code == 0, trouble
    known = f"the backup knows RE-{YEAR}-00001"
    assert known in out
    assert "`maildesk invoice continue NUMBER`" in out
    code, _, trouble = maildesk("invoice", "run")
    assert code == 2
    assert f"`maildesk invoice continue RE-{YEAR}-00001` (the last in the backup)" in trouble
    code, out, _ = maildesk("invoice", "continue", f"RE-{YEAR}-00009")
    assert code == 0
    assert out.startswith(f"RE-{YEAR} goes on after number 9\n")
    assert "numbers 2 to 9 are lost here" in out
    code, out, _ = maildesk("invoice", "verify")
    assert code == 0, out
    code, out, _ = said("run", quickly=True)
    assert code == 1, "one is not complete"
