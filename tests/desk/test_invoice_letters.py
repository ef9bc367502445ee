"""An invoice goes out once, with its files, in words that hold for it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert

from maildesk.desk.invoices import letters
from maildesk.mail.message import Address
from maildesk.rules.billing.values import Vat
from maildesk.rules.invoice.content import Format, VatLine
from maildesk.rules.invoice.figures import day_words, grouped, of_invoice, period_words
from maildesk.rules.signed import Purpose
from maildesk.store.invoice_tables import BillingRow
from tests.desk.billed import Made
from tests.desk.invoicing import Post, files_of
from tests.desk.office import ANNA, LENA, MURAT
from tests.paper.made import invoice, line


@pytest.fixture
def books(desk):
    return Post(desk)


def _written(books, content, paid=None, **made):
    """Return the letters of a document that is not in the books, as messages."""
    document = Made(**{"pdf": b"%PDF-1.7", "xml": b"<xml/>"} | made)
    to = Address("Teehaus", ANNA)
    return letters.letters_for(books.desk, 1, content, document, to, books.office.now, paid)


def test_an_invoice_goes_out_with_its_pdf_and_an_address_that_knows_it(books):
    number = books.billed()
    letter, invoice_id = books.letter(number), books.invoice(number).id
    assert (letter.rcpt_to, letter.ticket_id, letter.counted) == (ANNA, None, False)
    assert str(letter.message["Subject"]) == f"Rechnung {number} vom 23.11.2026"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    back = books.office.signed(letter.reply_to)
    assert (back.purpose, back.subject, back.person) == (Purpose.INVOICE, str(invoice_id), 0)
    assert list(files_of(letter)) == [f"Rechnung-{number}.pdf"]
    assert files_of(letter)[f"Rechnung-{number}.pdf"].startswith(b"%PDF-1.7")
    for said in ("56,53 € inkl. 19 % USt.", "Zahlbar bis: 07.12.2026", "IBAN: DE02 1203 0000",
                 f"Verwendungszweck: {number}", "Leistungen vom 02.11.2026 bis 20.11.2026",
                 "(ZUGFeRD)", "das kostet nichts"):  # fmt: skip
        assert said in letter.text, said
    assert "pro Stunde" not in letter.text, "no cost notice"


def test_a_second_letter_of_the_same_invoice_never_goes_out(books):
    number = books.billed()
    books.issue(books.invoice(number).id)
    assert [each.purpose for each in books.office.letters()].count("invoice") == 1


def test_the_xml_goes_along_where_the_customer_wants_it(books):
    with books.desk.db.engine.begin() as connection:
        values = {"customer_id": 1, "xml_apart": True, "vat_id_checked_at": None}
        connection.execute(insert(BillingRow), values)
    number = books.billed(language="en")
    letter = books.letter(number)
    assert list(files_of(letter)) == [f"Invoice-{number}.pdf", f"Invoice-{number}.xml"]
    assert b"CrossIndustryInvoice" in files_of(letter)[f"Invoice-{number}.xml"]
    assert "the same data is attached as an XML file" in letter.text
    assert letter.message["Content-Language"] == "en"


def test_of_an_xrechnung_the_xml_is_the_invoice(books):
    content = invoice([line("Work", "30", "95")], format=Format.XRECHNUNG)
    (row,) = _written(books, content)
    raw = row["raw"].decode()
    assert (row["once_key"], row["purpose"]) == ("invoice:1", "invoice")
    assert "Rechnung-RE-2026-00042.xml" in raw
    assert "Content-Type: application/xml" in raw


def test_a_cancellation_says_what_it_cancels_and_what_was_paid(books):
    number = books.billed()
    done = books.cancel(number, "Falsche Anschrift")
    letter = books.letter(done.number, "invoice_cancelled")
    assert list(files_of(letter)) == [f"Stornorechnung-{done.number}.pdf"]
    assert str(letter.message["Subject"]) == f"Stornorechnung {done.number} zur Rechnung {number}"
    for said in (f"Aufgehoben: {number} über 56,53 €", "Grund: Falsche Anschrift",
                 "nichts mehr zu zahlen"):  # fmt: skip
        assert said in letter.text, said
    (row,) = _written(books, books.content(done.number), 5000)
    assert "50,00" in row["raw"].decode()
    assert (row["once_key"], row["purpose"]) == ("invoice:1", "invoice_cancelled")


def test_files_that_no_mailbox_takes_stay_behind_and_staff_are_told(books):
    content = invoice([line("Work", "30", "95")])
    cover, *told = _written(books, content, pdf=b"x" * (letters.FILES_MAX + 1))
    assert "multipart/mixed" not in cover["raw"].decode()
    assert [each["rcpt_to"] for each in told] == [LENA, MURAT]
    assert {each["purpose"] for each in told} == {"staff_alarm"}
    books.set(agent="murat")
    _, *told = _written(books, content, pdf=b"x" * (letters.FILES_MAX + 1))
    assert [each["rcpt_to"] for each in told] == [MURAT], "who bills"


def test_a_number_with_a_slash_is_no_folder(books):
    content = replace(invoice([line("Work", "30", "95")]), number="2026/11/7")
    (row,) = _written(books, content)
    assert "Rechnung-2026-11-7.pdf" in row["raw"].decode()


BASE = invoice([line("Work", "30", "95")])
TWO_RATES = (VatLine(Decimal(19), 100, 19), VatLine(Decimal("7.00"), 100, 7))


@pytest.mark.parametrize(("change", "taxes", "due", "why"), [
    ({}, "inkl. 19\u00a0% USt.", "07.12.2026", "one rate"),
    ({"vat_lines": TWO_RATES}, "inkl. 19 und 7\u00a0% USt.", "07.12.2026", "two"),
    ({"vat_case": Vat.REVERSE}, "ohne USt.", "07.12.2026", "the customer owes it"),
    ({"vat_case": Vat.SMALL}, "ohne USt.", "07.12.2026", "§ 19 UStG"),
    ({"payable": 0}, "inkl. 19\u00a0% USt.", "", "all was paid before"),
])  # fmt: skip
def test_what_a_cover_mail_says_of_taxes_and_the_day(change, taxes, due, why):
    shown = of_invoice(replace(BASE, **change), "de")
    assert (shown.taxes, shown.due) == (taxes, due), why


def test_days_and_accounts_in_words():
    first, last = BASE.issued_on, BASE.due_on
    assert day_words(first, "en").replace("\u00a0", " ") == "23 November 2026"
    assert period_words(first, first, "de") == "23.11.2026"
    assert period_words(first, last, "de") == "23.11.2026 bis 07.12.2026"
    assert grouped("DE02120300000000202051").split("\u00a0")[-1] == "51"
    many = of_invoice(replace(BASE, tickets=tuple(f"DD-{n}" for n in range(9))), "de")
    assert (len(many.tickets), many.more) == (5, 4)
