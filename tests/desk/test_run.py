"""The monthly run: everybody's invoice once, whatever is missing, fails or is done twice."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from maildesk.config.billing import Agency, Billing
from maildesk.desk.invoices import listing, page
from maildesk.desk.invoices.everybody import Order
from maildesk.desk.invoices.makers import Makers, look_of
from maildesk.desk.invoices.payments import pay
from maildesk.desk.invoices.run import Ran, run
from maildesk.desk.invoices.summary import figures_of
from maildesk.desk.people import Refused
from maildesk.paper.document import Document
from maildesk.paper.look import Look
from maildesk.rules.calendars import region_of
from maildesk.rules.invoice.canonical import content_of
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.store.db import Database
from maildesk.store.invoice_tables import DocumentRow, InvoiceRow, RunRow
from maildesk.store.tables import EventRow
from tests.desk.billed import LOOK
from tests.desk.bills import AGENCY, FIRM, NOVEMBER, TEA, Bills
from tests.desk.office import ANNA, EMILY, LENA, Office
from tests.paper.checks import check

FIRST = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)  # five in the morning in Berlin
BY = "operator root"


class Month(Bills):
    """A November of work, and the run on the first of December."""

    def run(self, month: str = NOVEMBER, makers: Any = None, **more: Any) -> Ran:
        order = Order(month, **more)
        return run(self.desk, order, makers or self.maker, LOOK, BY, lambda: self.office.now)

    def billed(self, ran: Ran) -> list[tuple[str, str]]:
        return [(each.customer, each.number) for each in ran.summary.billed]

    def left(self, ran: Ran) -> list[tuple[str, str]]:
        return [(each.customer, str(each.why)) for each in ran.summary.left_out]

    def listed(self, **wanted: Any) -> list[tuple[str, str, str]]:
        with self.desk.db.read() as session:
            found, total = listing.listed(
                session, listing.Wanted(**wanted), region_of("NW"), self.office.now.date(), 100
            )
        assert total == len(found)
        return [(each.number, each.state.value, str(each.open.amount)) for each in found]

    def everything(self) -> dict[str, list[Any]]:
        """Return all that the database holds."""
        with self.desk.db.read() as session:
            return {
                name: sorted(map(repr, session.execute(select(table))))
                for name, table in SQLModel.metadata.tables.items()
            }


@pytest.fixture
def month(database_url, tmp_path, readers) -> Iterator[Month]:
    office = Office(database_url, tmp_path, readers)
    yield Month(office)
    office.close()


@pytest.fixture
def worked(month) -> Month:
    """A month in which both customers have something to pay; it is the first of the next."""
    month.knows(FIRM, TEA)
    month.tickets = (month.work(ANNA, 20), month.work(EMILY, 45), month.work(ANNA, 10))
    month.office.now = FIRST
    return month


def test_a_month_is_billed_once(worked):
    ran = worked.run()
    assert worked.billed(ran) == [("Firm", "RE-2026-00001"), ("Tea", "RE-2026-00002")]
    first, second = ran.summary.billed
    assert (first.net, first.gross) == (Money(4750), Money(5653))  # 30 minutes at 95.00
    assert (second.net, second.due_on) == (Money(7125), date(2026, 12, 15))
    assert first.tickets == (tag("DD", worked.tickets[0]), tag("DD", worked.tickets[2]))
    assert (worked.left(ran), ran.told, ran.untold) == ([], LENA, "")
    assert {worked.office.ticket(each).state for each in worked.tickets} == {"invoiced"}
    letters = worked.office.new_letters()
    assert [(each.rcpt_to, each.purpose) for each in letters] == [
        ("buchhaltung@firm.example", "invoice"), ("accounts@tea.example", "invoice"),
        (LENA, "staff_billing_run"),
    ]  # fmt: skip
    summary = letters[-1]
    assert "November 2026" in str(summary.message["Subject"]).replace("\u00a0", " ")
    for words in ("Firm", "RE-2026-00002", "47,50 €", "141,32 €", ran.summary.head):
        assert words in summary.text
    assert worked.faults() == []
    assert worked.faults(ran.summary.head) == []

    again = worked.run()
    assert (worked.billed(again), worked.left(again), again.told) == ([], [], "")
    assert again.summary.head == ran.summary.head
    assert worked.office.new_letters() == []


def test_a_month_without_invoices_tells_where_the_journal_stands_once(worked):
    november = worked.run()
    pay(worked.desk, "RE-2026-00001", Money(5653), FIRST.date(), "", BY, worked.office.now)
    worked.office.new_letters()
    worked.office.now = datetime(2027, 1, 1, 5, tzinfo=UTC)
    ran = worked.run("2026-12")
    assert (worked.billed(ran), worked.left(ran), ran.told) == ([], [], LENA)
    (letter,) = worked.office.new_letters()
    assert "Es war nichts zu berechnen." in letter.text
    assert ran.summary.head in letter.text
    assert ran.summary.head != november.summary.head
    assert worked.run("2026-12").told == ""
    assert worked.office.new_letters() == []


def test_another_reason_is_another_summary(month):
    month.knows(TEA | {"street": ""})
    month.work(ANNA), month.work(EMILY)
    month.office.now = FIRST
    month.run()
    assert [each.purpose for each in month.office.new_letters()] == ["staff_billing_run"]
    month.knows(FIRM | {"on_hold": True})
    ran = month.run()
    assert (month.billed(ran), ran.summary.head) == ([], "")
    assert [each.purpose for each in month.office.new_letters()] == ["staff_billing_run"]


def test_what_comes_after_the_run_is_billed_with_the_next_month(worked):
    worked.run()
    late = worked.work(ANNA, 60, booked_at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    december = worked.work(EMILY, 15)
    ran = worked.run()
    assert worked.billed(ran) == []
    left = dict(worked.left(ran))
    assert "has the invoice for 2026-11 already" in left["Firm"]
    assert "billed as a whole with the next run" in left["Tea"]
    worked.office.now = datetime(2027, 1, 1, 4, tzinfo=UTC)
    ran = worked.run("2026-12")
    assert worked.billed(ran) == [("Firm", "RE-2027-00001"), ("Tea", "RE-2027-00002")]
    assert [each.tickets for each in ran.summary.billed] == [
        (tag("DD", late),),
        (tag("DD", december),),
    ]
    assert worked.faults() == []


def test_more_of_a_month_can_be_billed_at_once(worked):
    worked.run()
    late = worked.work(ANNA, 60, booked_at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    worked.office.new_letters()
    ran = worked.run(customers=(1,), again=True, tells=False)
    assert worked.billed(ran) == [("Firm", "RE-2026-00003")]
    assert ran.summary.billed[0].tickets == (tag("DD", late),)
    assert [each.purpose for each in worked.office.new_letters()] == ["invoice"]
    assert worked.billed(worked.run(customers=(1,), again=True)) == []
    worked.work(ANNA, 60, booked_at=datetime(2026, 11, 30, 9, tzinfo=UTC))
    ran = worked.run(customers=(1,), again=True)
    assert worked.billed(ran) == [("Firm", "RE-2026-00003"), ("Firm", "RE-2026-00004")][1:]


def test_a_dry_run_changes_nothing(worked):
    before = worked.everything()
    ran = worked.run(dry_run=True)
    assert worked.billed(ran) == [("Firm", ""), ("Tea", "")]
    assert [str(each.gross) for each in ran.summary.billed] == ["56.53 EUR", "84.79 EUR"]
    assert worked.everything() == before
    assert worked.maker.asked == 0


def test_who_is_not_complete_is_left_out_and_the_others_are_billed(month):
    month.knows(TEA)
    month.work(ANNA), month.work(EMILY)
    month.office.now = FIRST
    ran = month.run()
    assert month.billed(ran) == [("Tea", "RE-2026-00001")]
    [(customer, why)] = month.left(ran)
    assert customer == "Firm"
    assert "address" in why
    told = " ".join(month.office.new_letters()[-1].text.split())
    assert "Firm: es fehlt die vollständige Anschrift des Kunden (§ 14 Abs. 4 UStG);" in told
    assert "„maildesk customer billing 1 --street …" in told
    assert figures_of(ran.summary, "EUR", "en").left_out[0].why == why
    # Nothing new: the same summary is not mailed again.
    assert month.left(month.run()) == [(customer, why)]
    assert month.office.new_letters() == []
    month.knows(FIRM)
    assert month.billed(month.run()) == [("Firm", "RE-2026-00002")]
    assert [each.purpose for each in month.office.new_letters()] == ["invoice", "staff_billing_run"]


def test_only_the_customers_who_are_named(worked):
    ran = worked.run(customers=(2,))
    assert worked.billed(ran) == [("Tea", "RE-2026-00001")]
    assert worked.billed(worked.run()) == [("Firm", "RE-2026-00002")]


def test_who_has_nothing_to_pay_gets_no_invoice(month):
    month.knows(FIRM)
    ticket = month.work(ANNA, 30, free="contract")
    month.office.now = FIRST
    assert month.run(dry_run=True).summary.covered[0].tickets == (tag("DD", ticket),)
    assert month.office.ticket(ticket).state == "billing"
    ran = month.run()
    assert (month.billed(ran), month.left(ran)) == ([], [])
    assert ran.summary.covered[0].tickets == (tag("DD", ticket),)
    assert month.office.ticket(ticket).state == "closed"
    rows = [row.row for row in month.office.rows(EventRow) if row.to_state == "closed"]
    assert rows == ["T40"]
    assert ("nothing to pay", "all work is free or covered: no invoice") in month.office.journal(
        ticket
    )
    assert month.run().summary.covered == ()


def test_without_the_agencys_facts_nothing_is_made(worked):
    worked.set(Agency(name="Lindenhof"), Billing())
    before = worked.everything()
    with pytest.raises(Refused, match=r"nothing was made.*agency\.street.*agency\.iban"):
        worked.run()
    assert worked.everything() == before


def test_a_month_that_has_not_begun_is_refused(worked):
    with pytest.raises(Refused, match="2027-01 has not begun"):
        worked.run("2027-01")


def test_nobody_to_tell_is_said(worked):
    worked.set(AGENCY, Billing(agent="nobody"))
    ran = worked.run()
    assert (ran.told, len(ran.summary.billed)) == ("", 2)
    assert "set `agent` in [billing]" in ran.untold


class Breaking:
    """Makes documents as another does, but not for one buyer."""

    def __init__(self, maker: Any, buyer: str, error: BaseException) -> None:
        self.maker, self.buyer, self.error = maker, buyer, error

    def make(self, octets: bytes, look: Look) -> "Future[Document]":
        if content_of(octets).buyer.name != self.buyer:
            return self.maker.make(octets, look)
        future: Future[Document] = Future()
        future.set_exception(self.error)
        return future


def test_a_document_that_cannot_be_made_stops_no_other(worked):
    ran = worked.run(makers=Breaking(worked.maker, "Firm GmbH", RuntimeError("no fonts")))
    assert worked.billed(ran) == [("Tea", "RE-2026-00002")]
    [(customer, why)] = worked.left(ran)
    assert customer == "Firm"
    assert "RE-2026-00001 has its number but no documents yet: no fonts" in why
    assert worked.listed() == [
        ("RE-2026-00002", "issued", "84.79"), ("RE-2026-00001", "issuing", "0.00")
    ]  # fmt: skip
    letters = worked.office.new_letters()
    assert [each.purpose for each in letters] == ["invoice", "staff_billing_run"]
    said = "RE-2026-00001 hat eine Nummer, aber noch keine Dokumente: „no fonts“; der nächste Lauf"
    assert said in " ".join(letters[-1].text.split())
    ran = worked.run()
    assert (ran.finished, worked.billed(ran)) == (
        ("RE-2026-00001",), [("Firm", "RE-2026-00001")]
    )  # fmt: skip
    assert [each.purpose for each in worked.office.new_letters()] == [
        "invoice",
        "staff_billing_run",
    ]
    assert worked.faults() == []


@pytest.mark.parametrize("buyer", ["Firm GmbH", "Tea Ltd"])
def test_a_run_that_is_killed_goes_on_and_its_summary_tells_of_both_halves(worked, buyer):
    class Killed(BaseException):
        pass

    with pytest.raises(Killed):
        worked.run(makers=Breaking(worked.maker, buyer, Killed()))
    ran = worked.run()
    assert worked.billed(ran) == [("Firm", "RE-2026-00001"), ("Tea", "RE-2026-00002")]
    told = [each.purpose for each in worked.office.new_letters()]
    assert sorted(told) == ["invoice", "invoice", "staff_billing_run"]
    [row] = worked.office.rows(RunRow, RunRow.key)
    assert (row.key, row.ended_at) == (NOVEMBER, FIRST)
    assert worked.faults() == []


def test_two_runs_at_once_make_each_invoice_once(worked):
    desks = [replace(worked.desk, db=Database(worked.desk.site.database.url)) for _ in range(2)]

    def begin(desk: Any) -> Ran:
        return run(desk, Order(NOVEMBER), worked.maker, LOOK, BY, lambda: FIRST)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(begin, desks))
    for desk in desks:
        desk.db.close()
    assert worked.numbers() == ["RE-2026-00001", "RE-2026-00002"]
    assert {row.state for row in worked.office.rows(InvoiceRow)} == {"issued"}, both
    told = [each for each in worked.office.new_letters() if each.purpose == "invoice"]
    assert sorted(each.rcpt_to for each in told) == [
        "accounts@tea.example", "buchhaltung@firm.example"
    ]  # fmt: skip
    assert all("already" not in why for ran in both for _, why in worked.left(ran)), both
    assert worked.faults() == []


def test_an_invoice_is_cancelled_and_the_work_billed_anew(worked):
    worked.run()
    cancelled = worked.cancel("RE-2026-00001", today=FIRST.date())
    assert cancelled.number == "ST-2026-00001"
    ran = worked.run()
    assert worked.billed(ran) == [("Firm", "RE-2026-00003")]
    assert worked.listed(customer_id=1) == [
        ("RE-2026-00003", "issued", "56.53"), ("ST-2026-00001", "issued", "0.00"),
        ("RE-2026-00001", "cancelled", "0.00"),
    ]  # fmt: skip
    with worked.desk.db.read() as session:
        seen = page.page(session, "DD", "re-2026-00001", None, FIRST.date())
    assert (seen.cancelled_by, seen.invoice.state) == ("ST-2026-00001", "cancelled")
    assert [line.what for line in seen.journal] == ["reserved", "issued", "cancelled"]


def test_the_list_follows_an_invoice_from_its_letter_to_the_money(worked):
    worked.run()
    office = worked.office
    assert worked.listed(open=True, customer_id=2) == [("RE-2026-00002", "issued", "84.79")]
    office.send_all()
    assert worked.listed(customer_id=2) == [("RE-2026-00002", "sent", "84.79")]
    office.now = datetime(2026, 12, 15, 12, tzinfo=UTC)
    assert worked.listed(overdue=True) == []
    pay(worked.desk, "RE-2026-00002", Money(479), office.now.date(), "", BY, office.now)
    assert worked.listed(customer_id=2) == [("RE-2026-00002", "partly paid", "80.00")]
    office.later(days=1)
    assert len(worked.listed(overdue=True)) == 2
    pay(worked.desk, "RE-2026-00002", Money(8000), office.now.date(), "", BY, office.now)
    assert worked.listed(customer_id=2) == [("RE-2026-00002", "paid", "0.00")]
    assert worked.listed(month="2026-10") == []
    assert [number for number, _, _ in worked.listed(overdue=True)] == ["RE-2026-00001"]


def test_a_due_day_that_is_a_sunday_is_overdue_on_tuesday(worked):
    worked.office.now = datetime(2026, 12, 6, 9, tzinfo=UTC)  # due in 14 days, a Sunday
    worked.run(customers=(1,))
    late = {}
    for day in (20, 21, 22):
        worked.office.now = datetime(2026, 12, day, 12, tzinfo=UTC)
        late[day] = len(worked.listed(overdue=True))
    assert late == {20: 0, 21: 0, 22: 1}


@pytest.mark.peer("pango")
def test_real_documents_of_a_run_pass_every_check(worked):
    with Makers(2) as makers:
        order = Order(NOVEMBER)
        ran = run(worked.desk, order, makers, look_of(worked.desk.site), BY, lambda: FIRST)
    assert len(ran.summary.billed) == 2
    for row in worked.office.rows(DocumentRow, DocumentRow.invoice_id):
        content = worked.content(ran.summary.billed[row.invoice_id - 1].number)
        check((content, Document(row.pdf, row.xml)))
