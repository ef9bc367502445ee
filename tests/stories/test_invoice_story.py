"""From a mail to a paid invoice: mails come in, commands are typed, a month passes.

The first story moves the clock, and each command of it is a process of its own. The second is
quick: the real daemon, a real relay, and the true time.
"""

import smtplib
import subprocess
from datetime import UTC, date, datetime
from email import message_from_bytes, policy

import pytest
from sqlalchemy import insert

from maildesk.desk import billing_profiles, contracts, items
from maildesk.desk.billing_profiles import BillingSaid
from maildesk.desk.contract_words import Agreed
from maildesk.desk.items import ItemSaid
from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.paper.document import Document
from maildesk.rules.invoice.canonical import content_of
from maildesk.store.invoice_tables import BillingRow, DocumentRow, InvoiceRow
from maildesk.store.tables import TicketRow
from tests.desk.invoicing import files_of
from tests.desk.office import LENA, START
from tests.paper.checks import check
from tests.peers.pages import pdftotext
from tests.peers.sink import Sink
from tests.stories import loaded
from tests.stories.agency import ACCOUNTS, ANNA, BERLIN, FLOWERS, NORA, SELLER, TEA, Agency, only
from tests.stories.daemon import AGENT, RunningDesk, opened, until
from tests.stories.test_agents import written

TEA_ACCOUNTS = "buchhaltung@tea.example"


@pytest.fixture
def agency(database_url, tmp_path):
    """The agency, with what it knows of its customers before the story begins."""
    readers = Readers(1, ReaderLimits())
    found = Agency(database_url, tmp_path, readers)
    db, now = found.desk.db, datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    flowers = BillingSaid(street="Gartenweg 1", postcode="50667", city="Köln", email=ACCOUNTS)
    tea = BillingSaid(street="Hafenweg 2", postcode="20457", city="Hamburg", email=TEA_ACCOUNTS)
    for customer, said in ((FLOWERS, flowers), (TEA, tea)):
        billing_profiles.change(db, customer, said, "operator lena", now)
    care = Agreed("Wartung Plus", "included", "60", None, ("pflege",), "2026-11-01")
    contracts.add(db, FLOWERS, care, now, BERLIN)
    yield found
    found.close()
    readers.close()


def seen(pdf: bytes) -> str:
    """Return the words on the pages of a PDF, as a person reads them."""
    found = subprocess.run([pdftotext(), "-layout", "-", "-"], input=pdf, capture_output=True)
    return " ".join(found.stdout.decode().replace("\u00a0", " ").split())


def standing(agency: Agency) -> dict[str, str]:
    """Return the state of each ticket by its title."""
    return {row.title: row.state for row in agency.tickets()}


@pytest.mark.peer("pango")
@pytest.mark.timeout(300)  # commands are processes of their own, and others may have the processors
def test_from_a_mail_to_a_paid_invoice(agency):
    # Tuesday. Anna's shop sells nothing, and she orders what goes first.
    agency.at("2026-11-03", "10:00")
    letters = agency.writes(ANNA, "[Quickticket hoch] Warenkorb bleibt leer", "Bitte schnell!")
    confirmed, notice = only(letters, "confirm_quick_high", ANNA), only(letters, "staff_new", LENA)
    assert "[DD-10008] Warenkorb bleibt leer" in str(confirmed.message["Subject"])
    assert "190,00 € pro Stunde zzgl. USt. (doppelter Stundensatz, minuten" in confirmed.text
    assert "spätestens Dienstag, 03.11.2026, 12:00 Uhr" in confirmed.text
    assert "> Bitte schnell!" in notice.text

    # Lena begins, and is done after 35 minutes: 35 x 190 / 60 = 110.83.
    agency.at("2026-11-03", "10:10")
    assert agency.answers(notice, orders="#start") == []
    agency.at("2026-11-03", "10:45")
    letters = agency.answers(notice, "Er füllt sich wieder.", "#antwort #stopp #zu")
    closing, receipt = only(letters, "closing", ANNA), only(letters, "staff_receipt", LENA)
    assert closing.text.startswith("Er füllt sich wieder. Lena Hartmann")
    assert "Erfasste Zeit: 35 Min., das sind 110,83 € zzgl. USt." in closing.text
    assert "Zeiterfassung gestoppt, 35 Min. gebucht" in receipt.text

    # A wish without haste: an hour of the contract is used, 20 minutes more cost 20 x 95 / 60.
    agency.at("2026-11-04", "11:00")
    letters = agency.writes(ANNA, "Lieferzeiten ändern", "Bitte überall 2 bis 3 Tage.")
    assert "im Rahmen Ihres Vertrags Wartung Plus" in only(letters, "confirm_contract", ANNA).text
    notice = only(letters, "staff_new", LENA)
    agency.at("2026-11-04", "14:00")
    told = only(agency.answers(notice, orders="#vertrag +50m"), "staff_contract", LENA)
    assert "50 Minuten von 1 Stunde, es bleiben 10 Minuten" in told.text
    agency.at("2026-11-05", "10:00")
    letters = agency.answers(notice, "Sie stehen überall.", "#antwort #zu +30m")
    closing = only(letters, "closing", ANNA)
    assert (
        "Erfasste Zeit: 1 Std. 20 Min. Davon deckt Ihr Vertrag: 1 Std."
        " Davon zu berechnen: 20 Min., das sind 31,67 € zzgl. USt."
    ) in closing.text
    assert "ist verbraucht (1 Stunde)" in only(letters, "staff_contract", LENA).text

    # Not quite everywhere. Making up for it is free.
    agency.at("2026-11-06", "09:00")
    told = agency.answers(closing, "Auf dem Telefon fehlen sie.")
    assert [each.purpose for each in told] == ["staff_reply"]
    agency.at("2026-11-06", "09:30")
    letters = agency.answers(notice, "Jetzt dort auch.", "#antwort #nachbesserung +15m #zu")
    closing = only(letters, "closing", ANNA)
    assert (
        "Erfasste Zeit: 1 Std. 35 Min. Davon deckt Ihr Vertrag: 1 Std. Davon zu berechnen: 20 Min."
        in closing.text
    )
    told = agency.answers(closing, "Vielen Dank!\nAnna")
    assert [each.purpose for each in told] == ["staff_reply"], "thanks wake nothing"

    # A certificate is bought; another customer's import is mended: 45 x 95 / 60 = 71.25.
    item = ItemSaid("SSL-Zertifikat für ein Jahr", "49.00", day=date(2026, 11, 10))
    items.add(agency.desk.db, FLOWERS, item, "DD", "operator lena", agency.now, date(2026, 11, 10))
    agency.at("2026-11-10", "09:30")
    letters = agency.writes(NORA, "Import bricht ab", "Nach 40 Artikeln.")
    assert "95,00 € pro Stunde" in only(letters, "confirm_normal", NORA).text
    notice = only(letters, "staff_new", LENA)
    agency.at("2026-11-10", "11:00")
    letters = agency.answers(notice, "Er liest alle.", "#antwort #done +45m")
    assert "45 Min., das sind 71,25 € zzgl. USt." in only(letters, "closing", NORA).text
    assert set(standing(agency).values()) == {"resolved"}

    # The days to object pass for two tickets, of the third Lena does not wait for them.
    agency.at("2026-11-17", "11:00")
    assert standing(agency)["Warenkorb bleibt leer"] == "billing"
    agency.answers(notice, orders="#rechnung")
    agency.at("2026-11-20", "10:00")
    assert set(standing(agency).values()) == {"billing"}

    # The first of December, five in the morning.
    # 110.83 + 31.67 + 49.00 = 191.50; 19 % of it is 36.385, half up 36.39; 227.89 in all.
    # 71.25; 19 % of it is 13.5375, half up 13.54; 84.79 in all.
    agency.at("2026-12-01", "05:00")
    said = agency.types("maildesk invoice run --month 2026-11").out
    for words in ("RE-2026-00001", "191.50 EUR", "227.89 EUR", "RE-2026-00002", "84.79 EUR",
                  "2 invoices for 2026-11: 262.75 EUR net, 312.68 EUR gross"):  # fmt: skip
        assert words in said, said
    letters = agency.new_letters()
    invoice, summary = only(letters, "invoice", ACCOUNTS), only(letters, "staff_billing_run", LENA)
    assert len(letters) == 3
    assert str(invoice.message["Subject"]) == "Rechnung RE-2026-00001 vom 01.12.2026"
    for words in ("Leistungen vom 03.11.2026 bis 10.11.2026", "Tickets: DD-10008, DD-10035",
                  "Zu zahlen: 227,89 € inkl. 19 % USt.", "Zahlbar bis: 15.12.2026",
                  "IBAN: DE02 1203 0000 0000 2020 51"):  # fmt: skip
        assert words in invoice.text, words
    assert "Rechnungen: 2 Netto: 262,75 € Brutto: 312,68 €" in summary.text
    assert set(standing(agency).values()) == {"invoiced"}
    page = seen(files_of(invoice)["Rechnung-RE-2026-00001.pdf"])
    for words in ("Warenkorb bleibt leer", "110,83", "Lieferzeiten ändern", "31,67",
                  "SSL-Zertifikat für ein Jahr", "49,00", "191,50", "36,39", "227,89",
                  "Gartenweg 1", "enthalten in Wartung Plus", "Nachbesserung"):  # fmt: skip
        assert words in page, words

    # Whoever pays asks why; that costs nothing.
    agency.at("2026-12-02", "10:00")
    letters = agency.answers(invoice, "Warum der doppelte Satz?", subject="Frage zur Rechnung")
    confirmed, notice = only(letters, "confirm_billing", ACCOUNTS), only(letters, "staff_new", LENA)
    assert "Kosten: keine" in confirmed.text
    assert "Rechnung: RE-2026-00001 über 227,89 €, offen" in notice.text
    enquiry = agency.tickets()[-1]
    assert (enquiry.category, enquiry.free, enquiry.title) == (
        "billing", "goodwill", "Frage zur Rechnung",
    )  # fmt: skip
    agency.at("2026-12-02", "10:20")
    letters = agency.answers(notice, "Er war als Quickticket hoch bestellt.", "#antwort #zu +5m")
    assert "Es entstehen Ihnen keine Kosten." in only(letters, "closing", ACCOUNTS).text

    # The other invoice has the wrong address: it is cancelled, and there is a new one.
    agency.at("2026-12-03", "09:00")
    said = agency.types('maildesk invoice cancel RE-2026-00002 --reason "Falsche Anschrift"').out
    assert said == "RE-2026-00002 is cancelled by ST-2026-00001\n"
    cancelled = only(agency.new_letters(), "invoice_cancelled", TEA_ACCOUNTS)
    assert "Aufgehoben: RE-2026-00002 über 84,79 € Grund: Falsche Anschrift" in cancelled.text
    assert standing(agency)["Import bricht ab"] == "billing"
    moved = BillingSaid(street="Speicherweg 4")
    billing_profiles.change(agency.desk.db, TEA, moved, "operator lena", agency.now)
    said = agency.types(f'maildesk invoice issue "{TEA}" --month 2026-11').out
    assert "1 invoice for 2026-11: 71.25 EUR net, 84.79 EUR gross" in said
    anew = only(agency.new_letters(), "invoice", TEA_ACCOUNTS)
    assert str(anew.message["Subject"]) == "Rechnung RE-2026-00003 vom 03.12.2026"
    assert "Speicherweg 4" in seen(files_of(anew)["Rechnung-RE-2026-00003.pdf"])

    # The money comes.
    agency.at("2026-12-08", "10:00")
    said = agency.types("maildesk invoice pay RE-2026-00001").out
    assert "227.89 EUR paid in all, 0.00 EUR open; it is paid" in said
    assert "closed: DD-10008, DD-10035" in said
    assert agency.new_letters() == []
    agency.at("2026-12-21", "10:00")
    assert standing(agency) == {
        "Warenkorb bleibt leer": "closed", "Lieferzeiten ändern": "closed",
        "Import bricht ab": "invoiced", "Frage zur Rechnung": "closed",
    }  # fmt: skip
    assert [(row.number, row.state) for row in agency.rows(InvoiceRow)] == [
        ("RE-2026-00001", "paid"), ("RE-2026-00002", "cancelled"), ("ST-2026-00001", "issued"),
        ("RE-2026-00003", "issued"),
    ]  # fmt: skip
    head = agency.types("maildesk invoice verify").out
    assert head.startswith("all 4 invoices, 10 journal lines are as they were written")
    documents_are_right(agency, 4)
    agency.check_journals()
    agency.now = START  # when the addresses in all these letters hold
    agency.check_letters()


def documents_are_right(agency: Agency, count: int) -> None:
    """Every document passes every check, and so many there are."""
    contents = {row.id: content_of(row.content) for row in agency.rows(InvoiceRow)}
    rows = agency.rows(DocumentRow, DocumentRow.invoice_id)
    assert len(rows) == count
    check(*((contents[row.invoice_id], Document(row.pdf, row.xml)) for row in rows))


@pytest.mark.peer("pango")
@pytest.mark.peer("postfix")
def test_today_with_the_real_daemon_and_a_relay(database_url, tmp_path):
    anna = "anna@customer1.example"
    with (
        opened(database_url) as books,
        Sink() as relay,
        RunningDesk(tmp_path / "one", database_url, relay.port, SELLER) as desk,
    ):
        profile = {"customer_id": 1, "name": "Customer 1 Ltd", "street": "Hafenweg 2",
                   "postcode": "20457", "city": "Hamburg", "email": anna}  # fmt: skip
        with books.db.engine.begin() as connection:
            connection.execute(insert(BillingRow), profile)

        def post(letter: bytes, sender: str, to: str) -> None:
            with smtplib.SMTP("127.0.0.1", desk.smtp, timeout=30) as peer:
                peer.sendmail(sender, [to], letter)

        def types(*words: str) -> str:
            config = str(tmp_path / "one" / "maildesk.toml")
            ended = loaded.run(["--config", config, "invoice", *words])
            assert ended.returncode == 0, ended.stderr.decode()
            return ended.stdout.decode()

        def letter_to(address: str, number: int) -> object:
            found = until(
                lambda: relay.letters(address)[number - 1 :], f"letter {number}\n{desk.log}"
            )
            return message_from_bytes(found[0], policy=policy.default)

        # A mail comes in and is answered with its minutes; there is no more to say.
        post(written(anna, "Import stops", 1, "After 40 articles."), anna, "support@desk.example")
        notice = letter_to(AGENT, 1)
        answer = written(AGENT, f"Re: {notice['Subject']} #done +35m", 2, "All of them.\n\nLena",
                         str(notice["Message-ID"]))  # fmt: skip
        post(answer, AGENT, str(notice["Reply-To"]))
        closing = letter_to(anna, 2)
        assert "that is €55.42 plus VAT" in closing.get_body(("plain",)).get_content()
        bill = written(AGENT, f"Re: {notice['Subject']} #bill", 3, "", str(notice["Message-ID"]))
        post(bill, AGENT, str(notice["Reply-To"]))
        until(lambda: books.rows(TicketRow.state) == [("billing",)], f"it is billed\n{desk.log}")

        # 35 x 95 / 60 = 55.42 and 19 % of it, 10.53: 65.95.
        month = f"{datetime.now(BERLIN):%Y-%m}"
        assert "55.42 EUR net, 65.95 EUR gross" in types("run", "--month", month)
        invoice = letter_to(anna, 3)
        (pdf,) = [part.get_content() for part in invoice.iter_attachments()]
        assert "€65.95" in seen(pdf)
        number = books.rows(InvoiceRow.number)[0][0]
        assert number in invoice["Subject"]

        # The answer to it reaches the desk as a ticket of its own; the money closes the first.
        asked = written(anna, "A question", 4, "Why?", str(invoice["Message-ID"]))
        post(asked, anna, str(invoice["Reply-To"]))
        until(lambda: len(books.tickets()) == 2, f"a ticket of its own\n{desk.log}")
        assert books.rows(TicketRow.category, order=TicketRow.id)[1] == ("billing",)
        assert "it is paid" in types("pay", number)
        assert books.rows(TicketRow.state, order=TicketRow.id) == [("closed",), ("new",)]
        assert types("verify").startswith("all 1 invoices")
        until(books.all_is_done, f"everything is done\n{desk.log}")
        ((content,),) = books.rows(InvoiceRow.content)
        ((pdf, xml),) = books.rows(DocumentRow.pdf, DocumentRow.xml)
        check((content_of(content), Document(pdf, xml)))
