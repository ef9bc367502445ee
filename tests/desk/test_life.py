"""The corners of an invoice's life: paid before, not to be made, nothing to pay, work that moves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert, text

from maildesk.config.billing import Billing
from maildesk.desk.invoices.everybody import Order
from maildesk.desk.invoices.freeze import freeze
from maildesk.desk.invoices.issue import save_draft
from maildesk.desk.invoices.makers import Makers, look_of
from maildesk.desk.invoices.run import run
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import Format
from maildesk.rules.number import tag
from maildesk.store import invoices
from maildesk.store.invoice_tables import ItemRow
from maildesk.store.tables import EventRow, OutboundRow
from tests.desk.billed import BY as LENA_DID
from tests.desk.billed import LOOK, Made
from tests.desk.invoicing import files_of
from tests.desk.office import ANNA, Office, mail
from tests.desk.test_run import AGENCY, BY, FIRM, FIRST, NOVEMBER, Breaking, Month
from tests.desk.ways import Play, lena, opens, replies


@pytest.fixture
def month(database_url, tmp_path, readers) -> Iterator[Month]:
    office = Office(database_url, tmp_path, readers)
    month = Month(office)
    month.knows(FIRM)
    yield month
    office.close()


def paid_before(month: Month, sum_: str) -> int:
    values = {"customer_id": 1, "words": "Anzahlung", "price": sum_, "day": date(2026, 11, 20),
              "is_paid_before": True, "added_at": month.office.now}  # fmt: skip
    with month.desk.db.engine.begin() as connection:
        found = connection.execute(insert(ItemRow).returning(ItemRow.id), values)
        return int(found.scalar_one())


# Paid before


def test_an_invoice_that_was_paid_before_is_paid_with_its_documents(month):
    ticket = month.work(ANNA, 30)  # 47.50 net, 56.53 gross
    paid_before(month, "56.53")
    month.office.now = FIRST
    ran = month.run()
    assert (month.billed(ran), month.left(ran)) == ([("Firm", "RE-2026-00001")], [])
    assert month.invoice("RE-2026-00001").payable_minor == 0
    assert month.listed() == [("RE-2026-00001", "paid", "0.00")]
    assert month.listed(open=True) == []
    assert month.office.ticket(ticket).state == "closed"
    rows = [each.row for each in month.office.rows(EventRow) if each.row]
    assert rows == ["T39", "T42"]
    assert month.journal() == ["reserved", "issued"]
    [letter] = [each for each in month.office.new_letters() if each.purpose == "invoice"]
    assert "Zu zahlen: nichts mehr" in letter.text
    assert "IBAN" not in letter.text
    assert month.faults() == []
    assert month.office.check_journals() is None

    cancelled = month.cancel("RE-2026-00001", today=FIRST.date())
    assert cancelled.is_done
    assert month.office.ticket(ticket).state == "billing"
    assert month.faults() == []


def test_paid_before_and_frozen_by_two_at_once_it_is_paid_once(month):
    ticket = month.worked()
    drafted = month.draft_of(ticket)
    gross = drafted.content.gross
    content = replace(drafted.content, down_payment=gross, payable=0)
    draft = save_draft(month.desk, "2026-11:1", NOVEMBER, 1, replace(drafted, content=content),
                       LENA_DID, month.office.now)  # fmt: skip
    month.maker.fails = "no fonts"
    assert month.issue(draft).outcome == "waiting"
    with month.desk.db.read() as session:
        invoice = invoices.invoice(session, draft)
    document = Made(b"%PDF", b"<xml/>")
    done = [freeze(month.desk, invoice, document, (), LENA_DID, month.office.now) for _ in range(2)]
    assert done == [True, False]
    assert month.invoice("RE-2026-00001").state == "paid"
    assert month.office.ticket(ticket).state == "closed"


def test_more_paid_before_than_it_comes_to_is_left_to_a_person(month):
    ticket = month.work(ANNA, 30)
    item = paid_before(month, "60.00")
    month.office.now = FIRST
    ran = month.run()
    [(_, why)] = month.left(ran)
    assert "€60.00 were paid before and it comes to €56.53; nothing was made" in why
    assert "a smaller down payment count on this one, at most €56.53" in why
    assert month.states() == []
    gone = text("UPDATE flat_item SET removed_at = added_at WHERE id = :id")
    month.desk.db.change(lambda session: session.execute(gone, {"id": item}))
    paid_before(month, "56.53")
    assert month.billed(month.run()) == [("Firm", "RE-2026-00001")]
    assert month.office.ticket(ticket).state == "closed"
    assert month.faults() == []


# What cannot be made gets no number


def _other(**values):
    return lambda content: replace(content, **values)


def _buyer(**values):
    return lambda content: replace(content, buyer=replace(content.buyer, **values))


UNMAKABLE = [
    (_other(gross=1), "sums of this invoice are not right", "a sum"),
    (_other(payable=-1, down_payment=5654), "sums of this invoice are not right", "below zero"),
    (_buyer(name=" "), "still wants BR-6, BR-7: the names", "no name"),
    (_buyer(country=""), "still wants BR-11", "no country"),
    (_other(format=Format.XRECHNUNG), "BR-DE-15: the buyer's reference", "no Leitweg-ID"),
    (_other(vat_case=Vat.REVERSE), "sums of this invoice are not right", "a rate with reverse charge"),
    (_other(currency="Taler"), "is not right", "no currency"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words", "why"), UNMAKABLE, ids=[why for *_, why in UNMAKABLE])
def test_what_cannot_be_made_gets_no_number(month, change, words, why):
    ticket = month.worked()
    drafted = month.draft_of(ticket)
    wrong = replace(drafted, content=change(drafted.content))
    draft = save_draft(month.desk, "2026-11:1", NOVEMBER, 1, wrong, LENA_DID, month.office.now)
    done = month.issue(draft)
    assert (done.outcome, done.number) == ("refused", ""), why
    assert words in done.words
    assert done.words.endswith("nothing was issued")
    assert month.maker.asked == 0
    assert month.office.ticket(ticket).state == "billing"
    assert month.issued(ticket) == "RE-2026-00001", "no number was used"


def test_paper_that_cannot_be_printed_takes_no_number(month, tmp_path):
    ticket = month.worked()
    folder = tmp_path / "own"
    (folder / "paper").mkdir(parents=True)
    own = folder / "paper" / "invoice.html.j2"
    own.write_text("{{ invoice.nobody_knows }}")
    shelf = month.desk.site.templates.model_copy(update={"folder": folder})
    site = month.desk.site.model_copy(update={"templates": shelf})
    month.desk = replace(month.desk, site=site)
    assert "nobody_knows" in month.issue(month.drafted(ticket)).words
    own.unlink()
    month.set(AGENCY.model_copy(update={"logo": tmp_path / "gone.png"}), Billing())
    assert "gone.png cannot be read" in month.issue(month.drafted(ticket)).words
    month.set(AGENCY, Billing())
    assert month.issued(ticket) == "RE-2026-00001"


# Nothing to pay: a time sheet


def sheets(month: Month) -> list:
    return [each for each in month.office.letters() if each.purpose == "timesheet"]


@pytest.mark.peer("pango")
def test_who_has_nothing_to_pay_gets_his_time_sheet_once(month):
    one, two = month.work(ANNA, 30, free="contract"), month.work(ANNA, 15, free="goodwill")
    month.office.now = FIRST
    with Makers(1) as makers:
        look = look_of(month.desk.site)
        ran = run(month.desk, Order(NOVEMBER), makers, look, BY, lambda: FIRST)
    assert month.left(ran) == []
    assert ran.summary.covered[0].tickets == (tag("DD", one), tag("DD", two))
    assert {month.office.ticket(each).state for each in (one, two)} == {"closed"}
    assert [each.row for each in month.office.rows(EventRow) if each.row] == ["T40", "T40"]
    [letter] = sheets(month)
    assert letter.rcpt_to == "buchhaltung@firm.example"
    assert (
        str(letter.message["Subject"]).replace("\u00a0", " ") == "Leistungsnachweis November 2026"
    )
    assert "Zu zahlen ist dafür nichts" in letter.text
    assert tag("DD", two) in letter.text
    [(name, pdf)] = files_of(letter).items()
    assert name == "Leistungsnachweis-2026-11.pdf"
    asked = mail(letter.rcpt_to, f"Re: {letter.message['Subject']}", "What is DD-10008?",
                 message_id="sheet@firm.example", reply_to=[letter.mid])  # fmt: skip
    enquiry = month.office.ticket(month.office.receive(asked).ticket_id)
    assert (enquiry.category, enquiry.free) == ("billing", "goodwill")
    confirmed = next(each for each in month.office.letters() if each.ticket_id == enquiry.id)
    assert "Ihre Nachricht zum Leistungsnachweis ist" in confirmed.text
    assert pdf.startswith(b"%PDF-1.7")
    [key] = [row.once_key for row in month.office.rows(OutboundRow) if row.purpose == "timesheet"]
    assert key.startswith("timesheet:2026-11:1:")
    assert (month.states(), month.journal()) == ([], [])
    assert month.run().summary.covered == ()
    assert len(sheets(month)) == 1


@pytest.mark.parametrize(("billing", "profile", "minutes", "why"), [
    (Billing(timesheet=False), "buchhaltung@firm.example", 30, "the site sends none"),
    (Billing(), "", 30, "nobody is known"),
    (Billing(), "buchhaltung@firm.example", 0, "there is no time"),
])  # fmt: skip
def test_no_time_sheet(month, billing, profile, minutes, why):
    ticket = month.work(ANNA, minutes or 1, free="contract")
    month.set(AGENCY, billing)

    def work(session):
        session.execute(text("UPDATE customer_billing SET email = :email"), {"email": profile})
        if not profile:
            session.execute(text("DELETE FROM contact WHERE customer_id = 1"))
        if not minutes:
            session.execute(text("DELETE FROM time_entry"))

    month.desk.db.change(work)
    month.office.now = FIRST
    ran = month.run()
    assert len(ran.summary.covered) == 1, month.left(ran)
    assert (sheets(month), month.office.ticket(ticket).state) == ([], "closed"), why


def test_a_time_sheet_that_cannot_be_made_leaves_the_tickets_to_the_next_run(month):
    ticket = month.work(ANNA, 30, free="contract")
    month.office.now = FIRST
    ran = month.run(makers=Breaking(month.maker, "Firm GmbH", RuntimeError("no fonts")))
    [(_, why)] = month.left(ran)
    assert "no fonts" in why
    assert (ran.summary.covered, sheets(month)) == ((), [])
    assert month.office.ticket(ticket).state == "billing"
    assert len(month.run().summary.covered) == 1
    assert len(sheets(month)) == 1


# Work that moves


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_reply_in_the_midst_of_a_run_takes_the_ticket_back_or_comes_too_late(month, moment):
    play = Play(month.office)
    opens("Cart is broken")(play)
    lena("+30m #zu", "It was the cache.")(play)
    lena("#rechnung")(play)
    other = month.work(ANNA, 20)
    month.office.now, asked = FIRST, []

    def clock():
        asked.append(1)
        if len(asked) == moment:
            replies("It is broken again.", hours=0)(play)
        return FIRST

    ran = run(month.desk, Order(NOVEMBER), month.maker, LOOK, BY, clock)
    assert len(asked) >= moment
    assert month.billed(ran) == [("Firm", "RE-2026-00001")], month.left(ran)
    is_back = month.office.ticket(play.ticket).state == "in_progress"
    assert month.office.ticket(other).state == "invoiced"
    tickets = month.content("RE-2026-00001").tickets
    assert (tag("DD", play.ticket) in tickets) is not is_back
    if not is_back:
        assert month.office.ticket(play.ticket).state == "invoiced"
        assert month.office.tickets()[-1].follows == play.ticket
    assert month.numbers() == ["RE-2026-00001"]
    assert month.faults() == []


def test_what_is_invoiced_is_not_taken_back_by_mail(month):
    play = Play(month.office)
    opens("Cart is broken")(play)
    lena("+30m #zu", "It was the cache.")(play)
    lena("#rechnung")(play)
    month.office.now = FIRST
    month.run()
    month.office.new_letters()
    for orders in ("#auf", "#undo", "#mangel", "+15m"):
        lena(orders, "The tax is wrong." if orders == "#mangel" else "", signed_in=True)(play)
        [letter] = month.office.new_letters()
        assert (letter.purpose, month.office.ticket(play.ticket).state) == (
            "staff_refused",
            "invoiced",
        ), orders
        assert "Grund: " in letter.text
    assert month.faults() == []


def test_what_was_cancelled_is_billed_if_an_agent_says_so(month):
    play = Play(month.office)
    opens("Cart is broken")(play)
    lena("+30m #storno", "You need it no more.")(play)
    assert month.office.ticket(play.ticket).state == "cancelled"
    lena("#rechnung")(play)
    assert month.office.ticket(play.ticket).state == "billing"
    assert [each.row for each in month.office.rows(EventRow) if each.row][-1] == "T49"
    month.office.now = FIRST
    ran = month.run()
    assert [each.tickets for each in ran.summary.billed] == [(tag("DD", play.ticket),)]
    assert month.office.ticket(play.ticket).state == "invoiced"
    assert month.faults() == []
