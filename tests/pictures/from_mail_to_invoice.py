"""The story of docs/from-mail-to-invoice.md: a customer's mail, and all that becomes of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maildesk.desk.reader import ReaderLimits, Readers
from tests.desk.invoicing import files_of
from tests.desk.office import LENA, SUPPORT, Sent
from tests.pictures.look import Album
from tests.stories.agency import ACCOUNTS, ANNA, FLOWERS, NORA, TEA, Agency, only

TEA_ACCOUNTS = "buchhaltung@tea.example"
ORDER = "[Quickticket hoch] Warenkorb bleibt leer"
ORDERED = (
    "Guten Morgen,\n\nseit heute früh legt unser Shop nichts mehr in den Warenkorb. Bitte sehen"
    " Sie schnell nach.\n\nViele Grüße\nAnna Berger"
)
DONE = (
    "Guten Tag Frau Berger,\n\nein Update hatte eine Datei des Warenkorbs überschrieben. Sie ist"
    " wieder da, der Warenkorb füllt sich.\n\nLena Hartmann"
)
ASKED = (
    "Guten Tag,\n\nwarum kostet der Auftrag vom 3. November den doppelten Stundensatz?\n\n"
    "Viele Grüße\nSabine Roth"
)


def play(album: Album) -> None:
    """Play the story and put its pictures into an album."""
    with _agency() as agency:
        _set_up(agency)
        _a_quick_ticket(agency, album)
        _more_work(agency)
        invoice = _the_first_of_december(agency, album)
        _a_question(agency, album, invoice)
        _cancelled(agency, album)
        _paid(agency, album)


@contextmanager
def _agency() -> Iterator[Agency]:
    readers = Readers(1, ReaderLimits())
    with tempfile.TemporaryDirectory(prefix="maildesk-pictures-") as folder:
        agency = Agency(f"sqlite:///{folder}/desk.db", Path(folder), readers)
        try:
            yield agency
        finally:
            agency.close()
            readers.close()


def _set_up(agency: Agency) -> None:
    agency.at("2026-11-02", "09:00")
    for customer, address in (
        (FLOWERS, f"--street 'Gartenweg 1' --postcode 50667 --city Köln --email {ACCOUNTS}"),
        (TEA, f"--street 'Hafenweg 2' --postcode 20457 --city Hamburg --email {TEA_ACCOUNTS}"),
    ):
        agency.types(f"maildesk customer billing '{customer}' {address}")
    agency.types(
        f"maildesk contract add '{FLOWERS}' 'Wartung Plus' --kind included --minutes 60"
        " --category pflege --from 2026-11-01"
    )


def _a_quick_ticket(agency: Agency, album: Album) -> None:
    agency.at("2026-11-03", "10:00")
    album.mail("01-mail", f"Anna Berger <{ANNA}>", SUPPORT, ORDER, ORDERED)
    letters = agency.writes(ANNA, ORDER, ORDERED)
    notice = only(letters, "staff_new", LENA)
    album.letter("02-confirmation", only(letters, "confirm_quick_high", ANNA))
    album.letter("03-notice", notice)
    agency.at("2026-11-03", "10:10")
    agency.answers(notice, orders="#start")
    agency.at("2026-11-03", "10:45")
    orders = "#antwort #stopp #zu"
    subject = f"AW: {notice.message['Subject']} {orders}"
    album.mail("04-answer", f"Lena Hartmann <{LENA}>", notice.reply_to, subject, DONE)
    album.letter("05-closing", only(agency.answers(notice, DONE, orders), "closing", ANNA))


def _more_work(agency: Agency) -> None:
    agency.at("2026-11-04", "11:00")
    letters = agency.writes(ANNA, "Lieferzeiten ändern", "Bitte überall 2 bis 3 Tage.")
    notice = only(letters, "staff_new", LENA)
    agency.at("2026-11-04", "14:00")
    agency.answers(notice, orders="#vertrag +50m")
    agency.at("2026-11-05", "10:00")
    letters = agency.answers(notice, "Sie stehen überall.", "#antwort #zu +30m")
    agency.at("2026-11-06", "09:00")
    agency.answers(only(letters, "closing", ANNA), "Auf dem Telefon fehlen sie.")
    agency.at("2026-11-06", "09:30")
    agency.answers(notice, "Jetzt dort auch.", "#antwort #nachbesserung +15m #zu")
    agency.at("2026-11-10", "09:30")
    agency.types(f"maildesk item add '{FLOWERS}' 'SSL-Zertifikat für ein Jahr' --price 49.00")
    letters = agency.writes(NORA, "Import bricht ab", "Der Import bricht nach 40 Artikeln ab.")
    agency.at("2026-11-10", "11:00")
    agency.answers(only(letters, "staff_new", LENA), "Er liest alle.", "#antwort #done +45m")
    agency.at("2026-11-17", "11:00")
    agency.at("2026-11-25", "10:00")


def _the_first_of_december(agency: Agency, album: Album) -> Sent:
    agency.at("2026-12-01", "05:00")
    album.terminal("06-run", agency.types("maildesk invoice run --month 2026-11"))
    letters = agency.new_letters()
    invoice = only(letters, "invoice", ACCOUNTS)
    album.letter("07-invoice-mail", invoice)
    album.pages("08-invoice", files_of(invoice)["Rechnung-RE-2026-00001.pdf"])
    album.letter("09-summary", only(letters, "staff_billing_run", LENA))
    return invoice


def _a_question(agency: Agency, album: Album, invoice: Sent) -> None:
    agency.at("2026-12-02", "10:00")
    letters = agency.answers(invoice, ASKED, subject="Frage zur Rechnung")
    album.letter("10-question", only(letters, "confirm_billing", ACCOUNTS))
    notice = only(letters, "staff_new", LENA)
    agency.at("2026-12-02", "10:20")
    agency.answers(notice, "Er war als Quickticket hoch bestellt.", "#antwort #zu +5m")


def _cancelled(agency: Agency, album: Album) -> None:
    agency.at("2026-12-03", "09:00")
    said = agency.types('maildesk invoice cancel RE-2026-00002 --reason "Falsche Anschrift"')
    letter = only(agency.new_letters(), "invoice_cancelled", TEA_ACCOUNTS)
    agency.types(f"maildesk customer billing '{TEA}' --street 'Speicherweg 4'")
    anew = agency.types(f'maildesk invoice issue "{TEA}" --month 2026-11')
    album.terminal("11-cancel", said, anew)
    album.letter("12-cancellation-mail", letter)
    (pdf,) = files_of(letter).values()
    album.pages("13-cancellation", pdf)


def _paid(agency: Agency, album: Album) -> None:
    agency.at("2026-12-08", "10:00")
    paid = agency.types("maildesk invoice pay RE-2026-00001")
    listed, checked = (agency.types(f"maildesk invoice {verb}") for verb in ("list", "verify"))
    album.terminal("14-paid", paid, listed, checked)
    shown = agency.types("maildesk invoice show RE-2026-00001")
    album.terminal("15-show", shown, columns=150)
