"""How an operator says how customers are billed, what is sold, and who the agency is."""

from datetime import UTC, date, datetime

import pytest

from maildesk.config import load
from maildesk.store.db import Database
from maildesk.store.tables import TicketRow

NOW = datetime.now(UTC)


@pytest.fixture
def desk(configured, maildesk):
    """A desk with the customer Blumen Berger and one more."""
    assert maildesk("migrate")[0] == 0
    assert maildesk("customer", "add", "Blumen Berger")[0] == 0
    assert maildesk("customer", "add", "Teehaus")[0] == 0
    db = Database(load(configured).database.url)
    yield db
    db.close()


def test_a_profile_from_nothing_to_all_of_it(desk, maildesk, as_json):
    out = maildesk("customer", "billing", "blumen berger")[1]
    for line in (
        "Blumen Berger (id 1)", "address   Blumen Berger, DE",
        "terms     14 days to pay (the desk's), steps of 1 min (the desk's)",
        "invoices  to the first contact who may approve", "VAT id    none",
    ):  # fmt: skip
        assert line in out
    shown = as_json("customer", "billing", 1)
    assert (shown["country"], shown["is_business"], shown["payment_days"]) == ("DE", True, None)

    code, out, trouble = maildesk(
        "customer", "billing", 1, "--name", "Blumen Berger GmbH", "--line2", "Einkauf",
        "--street", "Allee 5", "--postcode", "1010", "--city", "Wien", "--country", "at",
        "--email", "Rechnung@Berger.example", "--number", "K-17", "--vat-id", "atu 13585627",
        "--reference", "4711", "--order", "B-1", "--payment-days", "30", "--increment", "15",
        "--scope", "ticket-day", "--minimum", "30", "--discount", "2,5", "--total-discount", "10 %",
        "--xml-apart", "--hold",
    )  # fmt: skip
    assert (code, trouble) == (0, "")
    for line in (
        "address   Blumen Berger GmbH, Einkauf, Allee 5, 1010 Wien, AT",
        "invoices  rechnung@berger.example", "VAT id    ATU13585627, not checked",
        "terms     30 days to pay, steps of 15 min, per ticket_day, at least 30 min",
        "discount  2.5 % off each line, 10 % off the whole", "and the XML as a file of its own",
        "on hold   yes",
    ):  # fmt: skip
        assert line in out
    assert as_json("customer", "billing", 2) == shown | {"customer_id": 2, "customer": "Teehaus"}


def test_who_looked_at_a_vat_id_is_kept_until_it_changes(desk, maildesk, as_json):
    said = "VIES: valid, name agrees"
    out = maildesk("customer", "billing", 1, "--country", "AT", "--vat-id", "ATU13585627",
                   "--vat-checked", said)[1]  # fmt: skip
    assert f": {said} (operator " in out
    assert f"checked {date.today():%Y-}" in out
    assert as_json("customer", "billing", 1, "--city", "Wien")["vat_id_checked_at"]
    same = as_json("customer", "billing", 1, "--vat-id", "ATU 13585627")
    assert same["vat_id_checked_at"], "it is the same"
    other = as_json("customer", "billing", 1, "--country", "FR", "--vat-id", "FR40303265045")
    assert (other["vat_id_checked_at"], other["vat_id_answer"]) == (None, "")
    again = as_json("customer", "billing", 1, "--vat-checked", "valid")
    assert again["vat_id_checked_at"]
    assert as_json("customer", "billing", 1, "--vat-checked", "")["vat_id_checked_at"] is None


WRONG = [
    (("--country", "EL"), "'EL' is no country", "Greece is GR in addresses"),
    (("--vat-id", "DE123"), "'DE123' is no VAT id", "too short"),
    (("--vat-id", "ATU13585627"), "is not one of DE", "another country than the address"),
    (("--leitweg", "04011000-1234512345-07"), "is no Leitweg-ID", "check digits"),
    (("--email", "rechnung"), "is not a plain address", "no address"),
    (("--discount", "101"), "'101' is no discount", "more than all"),
    (("--discount", "-5"), "'-5' is no discount", "a surcharge"),
    (("--total-discount", "1e1"), "'1e1' is no discount", "another form"),
    (("--increment", "7"), "rounded up to 1, 5, 6, 15, 30, 60", "a step that nobody has"),
    (("--scope", "month"), "say one of ticket, ticket_day, entry", "no scope"),
    (("--payment-days", "0"), "needs a day at least", "due before it comes"),
    (("--minimum", "x"), "is no number of minutes at least", "no number"),
    (("--name", "a\nb"), "must be one line", "two lines"),
    (("--vat-checked", "valid"), "there is no VAT id", "nothing to check"),
]


@pytest.mark.parametrize(("options", "said", "why"), WRONG, ids=[row[2] for row in WRONG])
def test_what_cannot_be_is_said_and_changes_nothing(desk, maildesk, as_json, options, said, why):
    before = as_json("customer", "billing", 1)
    code, out, trouble = maildesk("customer", "billing", 1, *options)
    assert (code, out) == (2, ""), why
    assert said in trouble
    assert as_json("customer", "billing", 1) == before


def test_flat_items_are_added_listed_and_removed(desk, maildesk, as_json):
    assert "no flat items; `maildesk item add" in maildesk("item", "list")[1]
    out = maildesk("item", "add", "Blumen Berger", "SSL-Zertifikat", "--price", "49,00",
                   "--quantity", "2", "--discount", "10", "--day", "2026-10-05")[1]  # fmt: skip
    assert "item 1 of Blumen Berger: SSL-Zertifikat, 2 x 49.00 less 10 %, of 2026-10-05" in out
    assert "is billed with the invoice for 2026-10, or the next after it" in out
    paid = as_json("item", "add", "1", "Anzahlung", "--price", "100", "--paid-before")
    assert paid["is_paid_before"]
    off = as_json("item", "add", "1", "Nachlass", "--price", "5", "--quantity", "-1")
    assert (off["quantity"], off["price"], off["added_by"][:9]) == ("-1", "5", "operator ")

    def work(session):
        session.add(TicketRow(id=1, title="Shop", state="new", kind="normal", customer_id=1,
                              requester="a@b.example", opened_at=NOW, clock_started_at=NOW))  # fmt: skip

    desk.change(work)
    tagged = as_json("item", "add", 1, "Fahrt", "--price", "30.00", "--ticket", "[dd-13]")
    assert tagged["ticket"] == "DD-13"
    assert [each["id"] for each in as_json("item", "list")] == [1, 2, 3, 4]
    assert as_json("item", "list", "Teehaus") == []
    assert "paid before" in maildesk("item", "list", 1)[1]
    assert "Fahrt, is removed" in maildesk("item", "remove", 4)[1]
    for arguments, sentence in (
        (("add", "1", "x", "--price", "-5"), "is no price such as 49.00"),
        (("add", "1", "x", "--price", "1e3"), "is no price"),
        (("add", "1", "x", "--price", "5", "--quantity", "0"), "is no quantity"),
        (("add", "1", " ", "--price", "5"), "an item needs words"),
        (("add", "1", "x", "--price", "5", "--ticket", "DD-14"), "is no ticket"),
        (("add", "2", "x", "--price", "5", "--ticket", "DD-13"), "not a ticket of Teehaus"),
        (("add", "1", "x", "--price", "5", "--discount", "5", "--paid-before"), "has no discount"),
        (("add", "3", "x", "--price", "5"), "there is no customer '3'"),
        (("remove", 4), "there is no item 4"),
        (("list", "nobody"), "there is no customer 'nobody'"),
    ):
        code, out, trouble = maildesk("item", *arguments)
        assert (code, out) == (2, ""), arguments
        assert sentence in trouble


AGENCY = """
[agency]
name = "Agentur GmbH"
street = "Weg 1"
postcode = "50674"
city = "Köln"
tax_number = "215/5800/1234"
iban = "DE02 1203 0000 0000 2020 51"
"""
CHECKED = [
    # configuration, ok, words, why
    ("", True, "not set up; whoever wants them fills in [agency]", "billed elsewhere"),
    ('[agency]\nname = "Agentur GmbH"\n', False, "missing is its street", "half set up"),
    (AGENCY, True, "Agentur GmbH can issue them; nobody gets the summaries", "set up"),
    (AGENCY + '[billing]\nagent = "jan"\n', True, "Agentur GmbH can issue them", "with Jan"),
    (AGENCY + '[billing]\nagent = "mia"\n', False, "'mia', and there is no such agent", "nobody"),
    (AGENCY + 'logo = "/no/logo.png"\n', False, "the logo cannot be used", "no logo"),
    (AGENCY.replace("51", "52"), False, "mend agency.iban", "a mistyped IBAN"),
]


@pytest.mark.peer("pango")
@pytest.mark.parametrize(("text", "ok", "words", "why"), CHECKED, ids=[row[3] for row in CHECKED])
def test_check_says_what_is_missing(desk, configured, maildesk, as_json, text, ok, words, why):
    assert maildesk("staff", "add", "jan", "Jan Weber", "jan@agentur.example")[0] == 0
    configured.write_text(configured.read_text() + text)
    out = maildesk("check")[1]
    found = [each for each in out.splitlines() if " invoices: " in each]
    assert {line.startswith("ok") for line in found} == {ok}, why
    assert words in found[0]
    assert len(found) == 1 or why == "half set up", "each thing on a line of its own"
