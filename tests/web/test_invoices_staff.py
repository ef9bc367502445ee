"""Invoices for staff: drafts and previews, the run behind a button, payments, cancelling, the check."""

import threading
import time
from urllib.parse import unquote

import pytest

from maildesk.config.billing import Agency, Billing
from maildesk.desk.invoices.everybody import Order
from maildesk.desk.invoices.previews import Previews
from maildesk.desk.invoices.run import run
from maildesk.rules.number import tag
from maildesk.store.invoice_tables import InvoiceEventRow, PaymentRow
from tests.desk.billed import LOOK
from tests.desk.bills import AGENCY, FIRM, FIRST, NOVEMBER, TEA, Bills
from tests.desk.office import ANNA, EMILY, LENA
from tests.web.browser import Browser

RUN = "/desk/invoices/run"


@pytest.fixture
def bills(desk):
    """A November of work for two customers, and the first of December."""
    made = Bills(desk)
    made.knows(FIRM, TEA)
    made.work(ANNA, 60)
    made.work(EMILY, 45)
    desk.now = FIRST
    return made


@pytest.fixture
def lena(bills, desk, browser):
    return browser.sign_in(desk, LENA)


def _ended(browser: Browser, path: str = RUN, words: str = "") -> str:
    """Load a page until nothing goes on behind it any more; return what it says."""
    for _ in range(300):
        page = browser.get(path)
        if "refresh" not in page.headers:
            return page.words
        time.sleep(0.1)
    raise AssertionError(page.words)


def _issue(browser: Browser, **fields: str) -> str:
    page = browser.get("/desk/invoices")
    sent = {"token": page.token, "once": page.once, "month": NOVEMBER, "act": "issue"} | fields
    answer = browser.post(RUN, **sent)
    assert (answer.code, answer.headers["location"]) == (303, RUN), answer.words
    return _ended(browser)


def test_what_would_be_billed_stands_there_and_nothing_is_written(bills, lena, desk):
    page = lena.get("/desk/invoices")
    assert "Was bis Ende November 2026 auf Abrechnung wartet" in page.words
    assert "Firm 1 " in page.words
    assert "Tea 1 " in page.words
    assert "bereit" in page.words
    draft = lena.get("/desk/invoices/draft?customer=1&month=2026-11")
    assert "Firm GmbH Gartenweg 1 50667 Köln" in draft.words
    assert "buchhaltung@firm" in draft.words
    assert bills.states() == []
    assert bills.journal() == []


def test_a_preview_is_no_invoice_and_takes_no_number(bills, lena, desk, served):
    found = lena.get("/desk/invoices/preview?customer=1&month=2026-11", Accept="application/pdf")
    assert found.code == 200
    assert found.headers["content-type"] == "application/pdf"
    assert found.body.startswith("%PDF")
    assert bills.states() == []
    assert found.headers["content-disposition"].startswith("inline")
    assert "default-src 'none'" in found.headers["content-security-policy"]
    for query in ("customer=3&month=2026-11", "customer=x", "customer=1&month=2020-01", ""):
        assert lena.get(f"/desk/invoices/preview?{query}").code == 404


def test_previews_come_and_go_with_the_need(bills):
    from maildesk.desk.board.drafts import draft

    content = draft(bills.desk, 1, NOVEMBER, FIRST).drafted.content
    previews = Previews(idle=0.3)
    made = [previews.begin(bills.desk, content) for _ in range(3)]
    assert previews.is_awake
    assert all(each.result(60).pdf.startswith(b"%PDF") for each in made)
    until = time.monotonic() + 20
    while previews.is_awake and time.monotonic() < until:
        time.sleep(0.05)
    assert not previews.is_awake
    assert previews.begin(bills.desk, content).result(60).xml == b""
    previews.close()


def test_the_button_runs_once_with_numbers_without_a_gap(bills, lena, desk):
    page = lena.get("/desk/invoices")
    form = {"token": page.token, "once": page.once, "month": NOVEMBER, "act": "issue"}
    lena.post(RUN, **form)
    lena.post(RUN, **form)  # a double click
    words = _ended(lena)
    assert "2 Rechnungen wurden ausgestellt" in words
    assert bills.serials() == ["RE-2026-00001", "RE-2026-00002"]
    lena.post(RUN, **form)  # and after it
    assert _ended(lena) == words
    assert "2 Rechnungen wurden" in _issue(lena) or "Es wurde nichts ausgestellt" in _ended(lena)
    assert bills.serials() == ["RE-2026-00001", "RE-2026-00002"]
    assert bills.faults() == []
    actors = {row.actor for row in desk.rows(InvoiceEventRow, InvoiceEventRow.position)}
    assert actors == {LENA}
    mailed = {each.purpose for each in desk.letters()}
    assert {"invoice", "staff_billing_run"} <= mailed
    assert "Nichts wartet auf Abrechnung" in lena.get("/desk/invoices").words
    for path in ("pdf", "xml"):
        found = lena.get(f"/desk/invoices/RE-2026-00002/{path}?save")
        assert found.headers["content-disposition"].startswith("attachment")


def test_two_runs_at_once_bill_everybody_once(bills, lena, desk):
    other = threading.Thread(
        target=lambda: run(bills.desk, Order(NOVEMBER), bills.maker, LOOK, "operator root",
                           lambda: FIRST)
    )  # fmt: skip
    other.start()
    _issue(lena)
    other.join()
    assert bills.serials() == ["RE-2026-00001", "RE-2026-00002"]
    assert bills.faults() == []


def test_one_customer_alone_and_a_trial(bills, lena, desk):
    words = _issue(lena, act="try")
    assert "Das war nur eine Probe" in words
    assert bills.states() == []
    words = _issue(lena, customer="2")
    assert "1 Rechnung wurde ausgestellt" in words
    assert "Tea" in words
    assert bills.serials() == ["RE-2026-00001"]


def test_what_is_missing_is_said_and_nothing_breaks(bills, lena, desk):
    bills.set(Agency(), Billing())
    page = lena.get("/desk/invoices")
    assert "Das Gesetz verlangt mehr Angaben" in page.words
    assert "Jetzt ausstellen" not in page.words
    draft = lena.get("/desk/invoices/draft?customer=1&month=2026-11")
    assert draft.code == 200
    assert "Diese jetzt ausstellen" not in draft.words
    answer = lena.post(RUN, token=page.token, month=NOVEMBER, act="issue")
    assert answer.headers["location"] == "/desk/invoices?month=2026-11"
    assert bills.states() == []
    assert lena.get("/desk/invoices?customer=Nobody").code == 200
    for tab in ("open", "overdue", "paid", "cancelled", "all"):
        assert "Hier gibt es keine Rechnungen" in lena.get(f"/desk/invoices?tab={tab}").words
    assert "noch keinen Lauf" in lena.get(RUN).words


def test_a_ticket_may_be_closed_without_an_invoice(bills, lena, desk):
    path = "/desk/invoices/draft?customer=1&month=2026-11"
    mine = tag("DD", min(row.id for row in desk.tickets()))
    assert lena.send(path, ticket="DD-99", reason="No.").code == 404
    assert lena.send(path, ticket=mine, reason="").code == 400
    answer = lena.send(path, ticket=mine, reason="Our mistake.")
    assert answer.headers["location"].endswith("done=waived")
    assert "Es gibt nichts abzurechnen" in lena.get(answer.headers["location"]).words
    assert bills.journal() == ["waived"]


def test_payments_are_booked_once_and_refused_in_words(bills, lena, desk):
    number = bills.issued(bills.worked(60))
    path = f"/desk/invoices/{number}"
    open_ = lena.get(path)
    sum_ = open_.body.split('name="amount"')[1].split('value="')[1].split('"')[0]
    for fields, words in (
        ({"amount": "much", "on": "2026-12-01"}, "kein Betrag"),
        ({"amount": "1,00", "on": "soon"}, "kein Tag"),
        ({"amount": "1,00", "on": "2027-01-01"}, "kommt erst noch"),
        ({"amount": "9999,00", "on": "2026-12-01"}, "mehr, als offen ist"),
        ({"amount": "-5", "on": "2026-12-01"}, "more cannot go back"),
    ):
        answer = lena.send(path, act="pay", **fields)
        assert answer.code == 400
        assert words in answer.words
        assert f'value="{fields["amount"]}"' in answer.body  # what was typed is still there
    assert desk.rows(PaymentRow) == []
    form = {"token": open_.token, "once": open_.once, "act": "pay", "amount": sum_,
            "on": "2026-12-01", "words": "Bank 1"}  # fmt: skip
    first, second = lena.post(path, **form), lena.post(path, **form)
    assert first.headers["location"] == f"{path}?done=paid"
    assert second.headers["location"] == f"{path}?done=known"
    assert [row.booked_by for row in desk.rows(PaymentRow)] == [LENA]
    assert "bezahlt" in lena.get(path).words
    assert "Bank 1" in lena.get(path).words
    assert number in lena.get("/desk/invoices?tab=paid").words
    assert number not in lena.get("/desk/invoices?tab=open").words


def test_an_invoice_is_cancelled_with_a_reason_and_a_tick(bills, lena, desk):
    _issue(lena, customer="1")
    path = "/desk/invoices/RE-2026-00001"
    assert "nennen Sie den Grund" in lena.send(path, act="cancel", sure="1").words
    assert "setzen Sie das Häkchen" in lena.send(path, act="cancel", reason="Wrong").words
    assert bills.serials() == ["RE-2026-00001"]
    page = lena.get(path)
    form = {"token": page.token, "once": page.once, "act": "cancel", "reason": "Wrong", "sure": "1"}
    for _ in range(2):
        assert lena.post(path, **form).headers["location"] == f"{path}?done=cancelled"
    words = _ended(lena, f"{path}?done=cancelled")
    assert "Die Rechnung ist storniert" in words
    assert "ST-2026-00001" in words
    assert bills.serials() == ["RE-2026-00001", "ST-2026-00001"]
    gone = lena.get("/desk/invoices/ST-2026-00001").words
    assert "Stornorechnung ST-2026-00001" in gone
    assert "Wrong" in gone
    assert "RE-2026-00001" in lena.get("/desk/invoices?tab=cancelled").words
    assert "Firm" in lena.get("/desk/invoices").words  # it waits to be billed anew


def test_the_books_are_checked(bills, lena, desk):
    number = bills.issued(bills.worked())
    answer = lena.send("/desk/invoices/check")
    assert answer.headers["location"] == "/desk/invoices/check"
    assert "Alles ist, wie es geschrieben wurde" in _ended(lena, "/desk/invoices/check")
    bills.tamper(f"UPDATE invoice SET gross_minor = 1 WHERE number = '{number}'")
    lena.send("/desk/invoices/check")
    assert number in _ended(lena, "/desk/invoices/check")


def test_filters_and_strange_questions(bills, lena, desk):
    bills.issued(bills.worked())
    for query, there in (
        ("tab=open&month=2026-11", True), ("tab=open&month=2026-10", False),
        ("tab=all&customer=Firm", True), ("tab=all&customer=2", False),
        ("tab=all&after=2026-01-01.1", False), ("tab=all&after=x.y", True),
    ):  # fmt: skip
        page = lena.get(f"/desk/invoices?{query}")
        assert ("RE-2026-00001" in page.words) is there, query
    assert lena.get("/desk/invoices?tab=overdue").code == 200
    desk.now = FIRST.replace(month=12, day=20)
    lena.sign_in(desk, LENA)
    assert "RE-2026-00001" in lena.get("/desk/invoices?tab=overdue").words
    for path in ("RE-9", "x%00y", "%2e%2e", "RE-2026-00001/else"):
        assert lena.get(f"/desk/invoices/{path}").code in (404,), unquote(path)
    assert lena.get("/desk/invoices?after=99999999999999999999").code == 200


def test_customers_see_none_of_it(bills, desk, browser):
    anna = browser.sign_in(desk, ANNA)
    for path in ("", "/run", "/check", "/draft?customer=1", "/RE-2026-00001", "/RE-1/pdf"):
        assert anna.get(f"/desk/invoices{path}").code == 303
    answer = anna.post(RUN, token=anna.get("/contract").token, month=NOVEMBER, act="issue")
    assert answer.code == 403
    assert bills.states() == []
    assert AGENCY.iban not in anna.get("/contract").body
