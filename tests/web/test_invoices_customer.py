"""The invoices of a customer: his own only, for those of his people who may, as they were sent."""

import pytest
from sqlalchemy import update

from maildesk.store.invoice_tables import BillingRow
from tests.desk.bills import FIRM, Bills
from tests.desk.office import ANNA, BERT, EMILY
from tests.web.browser import Browser


@pytest.fixture
def bills(desk):
    return Bills(desk)


def test_the_list_tells_how_each_has_come_and_the_newest_is_first(bills, desk, browser):
    first, second, third = (bills.issued(bills.worked(minutes)) for minutes in (30, 60, 90))
    gone = bills.cancel(second).number
    page = browser.sign_in(desk, ANNA).get("/invoices")
    rows = page.body.split("<tr>")[2:]
    assert [gone in rows[0], third in rows[1], second in rows[2], first in rows[3]] == [True] * 4
    assert "Stornorechnung" in rows[0]
    assert "storniert" in rows[2]
    assert "offen" in rows[3]
    assert f"/invoices/{gone}/pdf" in rows[2]
    assert "fällig am 07.12.2026" in page.words
    assert "IBAN" not in page.words  # how to pay stands on the invoice itself


def test_documents_are_sent_octet_by_octet_and_only_as_downloads(bills, desk, browser):
    number = bills.issued(bills.worked())
    anna, stored = browser.sign_in(desk, ANNA), bills.stored(number)
    for path, octets, ending in (("pdf", stored.pdf, "pdf"), ("xml", stored.xml, "xml")):
        found = anna.get(f"/invoices/{number}/{path}")
        assert found.body.encode() == octets
        assert found.headers["content-disposition"].startswith(
            f'attachment; filename="{number}.{ending}"'
        )
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in found.headers["content-security-policy"]


def test_numbers_may_hold_slashes(bills, desk, browser):
    billing = bills.desk.site.billing.model_copy(update={"number": "RE/{year}/{number:05}#?"})
    bills.set(bills.desk.site.agency, billing)
    number = bills.issued(bills.worked())
    assert number == "RE/2026/00001#?"
    anna = browser.sign_in(desk, ANNA)
    assert "/invoices/RE/2026/00001%23%3F/pdf" in anna.get("/invoices").body
    for path in ("RE/2026/00001%23%3F", "RE%2F2026%2F00001%23%3F"):
        assert anna.get(f"/invoices/{path}/pdf").body.encode() == bills.stored(number).pdf


@pytest.mark.parametrize(
    ("who", "values", "email", "sees", "why"),
    [
        (ANNA, {"may_approve": True}, "", True, "she decides about costs"),
        (BERT, {"may_approve": False}, "", False, "another one gets them"),
        (BERT, {"may_approve": False, "sees_company": True}, "", True, "he sees all of it"),
        (BERT, {"may_approve": False}, BERT.upper(), True, "they are addressed to him"),
        (EMILY, {"may_approve": True}, "", False, "she is of another customer"),
        (None, {}, "", False, "nobody is signed in"),
    ],
)
def test_who_may_see_an_invoice(bills, desk, served, who, values, email, sees, why):
    bills.knows(FIRM | {"email": email})
    number = bills.issued(bills.worked())
    one = Browser(served.port)
    if who:
        one.sign_in(desk, who)
        bills.contact(who, **values)
    found = one.get(f"/invoices/{number}/pdf")
    assert found.code == (200 if sees else 404 if who else 303), why
    assert (number in one.get("/invoices").body) is sees, why
    if who == BERT and not sees:
        assert "Anna Berger" in one.get("/invoices").words  # she can help him


def test_a_small_firm_whose_only_contact_gets_them_sees_them(bills, desk, browser):
    number = bills.issued(bills.worked())
    browser.sign_in(desk, ANNA)
    for each in (ANNA, BERT):
        bills.contact(each, may_approve=False)
    assert number in browser.get("/invoices").body
    with bills.desk.db.engine.begin() as connection:
        connection.execute(update(BillingRow).values(email="else@firm.example"))


def test_what_has_no_documents_yet_is_not_there(bills, desk, browser):
    bills.maker.fails = "no Pango"
    bills.issue(bills.drafted(bills.worked()))
    anna = browser.sign_in(desk, ANNA)
    number = bills.serials()[0]
    assert number not in anna.get("/invoices").body
    for path in (number, f"{number}/", "x%00y", "..%2f..", "%F0%9F%92%A9", "'"):
        assert anna.get(f"/invoices/{path}/pdf").code == 404


def test_many_are_paged(bills, desk, browser):
    numbers = [bills.issued(items=(bills.item(),)) for _ in range(28)]
    anna = browser.sign_in(desk, ANNA)
    first = anna.get("/invoices")
    older = first.body.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = anna.get(older)
    shown = [number for number in numbers if f"<strong>{number}<" in first.body]
    rest = [number for number in numbers if f"<strong>{number}<" in second.body]
    assert (len(shown), len(rest), set(shown) | set(rest)) == (25, 3, set(numbers))
    assert anna.get("/invoices?after=rubbish").code == 200
