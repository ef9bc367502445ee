"""The service area and the staff board as people use them: real browsers, the real program.

Anna and Lena with Chromium -- maildesk serve -- relay -- their mailboxes
"""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import expect

from maildesk.store.invoice_tables import DocumentRow
from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import TimeRow
from tests.peers import free_port
from tests.peers.chromium import Chromium
from tests.peers.relay import RelayPeer
from tests.stories.agency import BERLIN, SELLER
from tests.stories.daemon import AGENT, RunningDesk, opened, until
from tests.stories.service_area import (
    ANNA,
    BERT,
    LIST,
    SKETCH,
    Agent,
    Customer,
    Town,
    said,
    settle_in,
    was_loaded_again,
    watches,
    web,
)
from tests.stories.test_agents import written

pytestmark = [pytest.mark.peer("chromium"), pytest.mark.timeout(240)]
UNDO = 4  # seconds in which an answer can be taken back
WRONG = "Das war für jemand anderen."
SHOP = "https://test.customer1.example/warenkorb"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One desk for both days, which serves mail and pages."""
    folder, port = tmp_path_factory.mktemp("town"), free_port()
    url = f"sqlite:///{folder}/desk.db"
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(folder / "one", url, relay.port, SELLER + web(port), undo=UNDO) as desk,
    ):
        settle_in(books)
        yield Town(books, relay, desk, f"http://127.0.0.1:{port}")


@pytest.mark.peer("pango")
def test_a_day_of_a_customer(town: Town, chromium: Chromium) -> None:
    with chromium.tab() as hers, chromium.tab() as ours:
        anna, lena = Customer(town, hers), Agent(town, ours)
        lena.signs_in()
        lena.lets_in(1, ANNA)
        town.mail(ANNA, "Servicebereich")
        anna.signs_in()
        tag = orders_what_is_urgent(anna)
        is_asked_and_answers(anna, lena, tag)
        approves_more_time(anna, lena, tag)
        accepts_with_defects(anna, lena, tag)
        fetches_the_invoice(anna, lena, tag)
        reads_english_and_leaves(anna)
        assert not [each for each in (*hers.asked, *ours.asked) if not each.startswith(town.base)]
        (refused,) = hers.errors  # the defects that she had not written yet
        assert "400" in refused
        assert (ours.errors, hers.dialogs, ours.dialogs) == ([], [], [])


def orders_what_is_urgent(anna: Customer) -> str:
    """She sees price and due time, orders by the button that says so, and gets a mail."""
    anna.opens("/new")
    anna.page.check("input[name=kind][value=quick]")
    way = anna.page.locator(".way:visible")
    expect(way).to_have_count(1)
    expect(way).to_contain_text(re.compile(r"142,50\s€\s*zzgl\. USt\."))
    expect(way).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(way.locator("button")).to_have_text("Zahlungspflichtig bestellen")
    tag = anna.asks_for("Warenkorb ist leer", "Seit heute früh, nach dem Anmelden.", "quick")
    anna.sees(tag, "für Ihre Bestellung", "Seit heute früh", "Quickticket")
    confirmed = said(anna.town.mail(ANNA, f"[{tag}] Warenkorb ist leer"))
    assert "142,50 € pro Stunde zzgl. USt." in confirmed
    anna.page.reload()
    assert anna.town.books.tickets() == anna.town.books.tickets()[-1:], "once"
    return tag


def is_asked_and_answers(anna: Customer, lena: Agent, tag: str) -> None:
    """Lena asks something on her page; Anna reads it, and answers with a picture."""
    lena.opens_ticket(tag)
    lena.fills_in("reply", text="In welchem Browser ist er leer?", minutes="20")
    anna.reloads_until("In welchem Browser ist er leer?")
    anna.writes("In jedem, siehe Bild.", [SKETCH])
    name, octets = anna.downloads("ul.files a")
    assert (name, octets) == (SKETCH["name"], SKETCH["buffer"])
    told = anna.town.mail(AGENT, "In jedem, siehe Bild.")
    assert [each.get_content() for each in told.iter_attachments()] in ([], [SKETCH["buffer"]])
    lena.opens_ticket(tag)
    lena.sees("In jedem, siehe Bild.", "skizze.png")


def approves_more_time(anna: Customer, lena: Agent, tag: str) -> None:
    """Lena asks for more time; Anna approves it on the page of her ticket."""
    lena.fills_in("ask", total="3h", text="Die Sitzungen müssen umgestellt werden.")
    anna.reloads_until("Die Sitzungen müssen umgestellt werden.")
    anna.sees("3 Stunden", "427,50")
    anna.decides("yes")
    anna.sees("Freigegeben")
    assert anna.page.locator("#decide").count() == 0
    lena.town.mail(AGENT, "reigegeben")
    lena.opens_ticket(tag)
    lena.fills_in("note", text="Umgestellt.", minutes="1:00")


def accepts_with_defects(anna: Customer, lena: Agent, tag: str) -> None:
    """What is delivered has a defect; mended for free, it is accepted and taken live."""
    lena.fills_in("test", url=SHOP, text="Der Warenkorb bleibt nach dem Anmelden voll.")
    anna.reloads_until("bleibt nach dem Anmelden voll")
    anna.sees(SHOP)
    anna.decides("defects")
    anna.sees("schreiben Sie dazu, was nicht stimmt")
    anna.names_defects("Die Menge steht auf 1.", "Die Artikel bleiben.")
    anna.sees("Mängel gemeldet")
    told = said(lena.town.mail(AGENT, "Die Menge steht auf 1."))
    assert "Die Artikel bleiben." in told
    lena.opens_ticket(tag)
    lena.sees("Die Menge steht auf 1.")
    lena.fills_in("test", url=SHOP, text="Die Menge bleibt jetzt auch.")
    anna.reloads_until("Die Menge bleibt jetzt auch.")
    anna.decides("yes")
    anna.sees("Abgenommen")
    lena.opens_ticket(tag)
    lena.fills_in("live")
    lena.opens_ticket(tag)


def fetches_the_invoice(anna: Customer, lena: Agent, tag: str) -> None:
    """The month is billed: 80 minutes at 142.50 an hour. She gets the documents that are kept."""
    town = anna.town
    if lena.form("bill").count():
        lena.fills_in("bill")
    until(lambda: ("billing",) in town.books.rows(TicketRow.state), f"billed\n{lena.reads()}")
    month = f"{datetime.now(BERLIN):%Y-%m}"
    assert "190.00 EUR net" in town.types("invoice", "run", "--month", month)
    anna.opens("/invoices")
    ((pdf, xml),) = town.books.rows(DocumentRow.pdf, DocumentRow.xml)
    number = anna.page.locator("td strong").inner_text()
    anna.sees("226,10")
    assert anna.downloads('a[href$="/pdf"]') == (f"{number}.pdf", pdf)
    assert anna.downloads('a[href$="/xml"]') == (f"{number}.xml", xml)
    assert pdf.startswith(b"%PDF-")
    assert town.mail(ANNA, number)


def reads_english_and_leaves(anna: Customer) -> None:
    """She wants English pages, and signs out."""
    anna.opens("/me")
    anna.page.select_option("#language", "en")
    anna.presses("form:has(#language) button")
    expect(anna.page.locator("html")).to_have_attribute("lang", "en")
    anna.opens("/tickets?tab=closed")
    anna.sees("Warenkorb ist leer")
    anna.signs_out()
    anna.page.goto(f"{anna.town.base}/tickets")
    assert "/sign-in" in anna.page.url


@pytest.mark.peer("pango")
def test_a_day_of_an_agent(town: Town, chromium: Chromium) -> None:
    with chromium.tab() as tab:
        lena = Agent(town, tab)
        lena.signs_in()
        assert lena.page.url.endswith("/desk")
        tag = sees_a_mail_come_in(lena)
        answers_with_a_file(lena, tag)
        takes_an_answer_back(lena, tag)
        runs_the_timer(lena, tag)
        releases_a_mail(lena, tag)
        finds_a_part_of_a_compound(lena, tag)
        looks_at_an_invoice_before_it_is_one(lena, tag)
        reads_who_did_what(lena, tag)
        assert not [each for each in town.mails(BERT) if WRONG in said(each)]
        lena.signs_out()
        assert not [each for each in tab.asked if not each.startswith(town.base)]
        assert (tab.errors, tab.dialogs) == ([], [])


def sees_a_mail_come_in(lena: Agent) -> str:
    """The board shows it without being loaded again; a click takes the ticket."""
    watches(lena.page)
    lena.town.posts(BERT, written(BERT, "Netzwerkdrucker druckt nicht", 1, "Seit dem Umzug."))
    row = lena.page.locator("a.row", has_text="Netzwerkdrucker druckt nicht")
    row.wait_for()
    assert not was_loaded_again(lena.page)
    assert row.get_attribute("id")
    row.click()
    lena.sees("Seit dem Umzug.")
    if lena.form("take").count():
        lena.fills_in("take")
    return lena.tag


def answers_with_a_file(lena: Agent, tag: str) -> None:
    """Bert gets her words and the file, in the thread of his mail."""
    lena.fills_in("reply", [LIST], text="Bitte die Adresse aus der Liste eintragen.")
    letter = lena.town.mail(BERT, "Bitte die Adresse aus der Liste eintragen.")
    assert tag in letter["Subject"]
    assert letter["In-Reply-To"] == f"<1@{BERT.partition('@')[2]}>"
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("liste.csv", LIST["buffer"])


def takes_an_answer_back(lena: Agent, tag: str) -> None:
    """She takes one back within the time for it; that it never left is seen in the evening."""
    lena.opens_ticket(tag)
    lena.fills_in("reply", text=WRONG)
    lena.fills_in("undo")
    lena.sees(BERT)


def runs_the_timer(lena: Agent, tag: str) -> None:
    """The timer runs while she works, and what it counted is booked."""
    lena.opens_ticket(tag)
    lena.fills_in("start")
    lena.opens("/desk")
    expect(lena.page.locator("#running")).to_contain_text("Netzwerkdrucker")
    lena.page.click("#stop")
    lena.fills_in("stop")
    lena.opens_ticket(tag)
    assert lena.form("start").count() == 1
    lena.fills_in("time", minutes="30", text="Treiber getauscht")


def releases_a_mail(lena: Agent, tag: str) -> None:
    """A mail in her name that nothing proves is held and explained; she vouches for it."""
    town, before = lena.town, lena.town.books.tickets()
    town.posts(AGENT, written(AGENT, f"#anruf 12m {BERT} Toner", 7))
    lena.opens("/desk/mail")
    lena.reloads_until("Toner")
    lena.page.locator("a.row", has_text="Toner").click()
    lena.sees("Toner", AGENT)
    assert lena.page.locator("ul.tree li, details.fold").count() > 3, "why it is held"
    assert town.books.tickets() == before, "nothing was done yet"
    lena.presses("form:has(input[name=do][value=release]) button")
    assert lena.page.url.endswith("?done=released")
    until(lambda: (12,) in town.books.rows(TimeRow.minutes), f"it is done\n{town.desk.log}")


def finds_a_part_of_a_compound(lena: Agent, tag: str) -> None:
    """`drucker` finds `Netzwerkdrucker`; the hit leads to the ticket."""
    lena.page.fill("form.search input", "drucker")
    lena.page.press("form.search input", "Enter")
    row = lena.page.locator("a.row", has_text="Netzwerkdrucker")
    expect(row.locator("mark").first).to_be_visible()
    row.first.click()
    assert tag in lena.page.url


def looks_at_an_invoice_before_it_is_one(lena: Agent, tag: str) -> None:
    """She closes the ticket and hands it to billing; the preview is a PDF, and keeps nothing."""
    lena.opens_ticket(tag)
    lena.fills_in("reply", text="Er druckt wieder.", after="close")
    if lena.form("bill").count():
        lena.fills_in("bill")
    lena.opens("/desk/invoices")
    lena.page.select_option("select[name=month]", f"{datetime.now(BERLIN):%Y-%m}")
    lena.presses("form.filters button")
    lena.page.locator("td a", has_text="Customer 2").click()
    lena.sees("Customer 2 GmbH", tag)
    link = lena.page.locator('a[href*="/preview"]')
    shown = lena.page.context.request.get(lena.town.base + str(link.get_attribute("href")))
    assert shown.headers["content-type"] == "application/pdf"
    assert shown.body().startswith(b"%PDF-")


def reads_who_did_what(lena: Agent, tag: str) -> None:
    """Each thing that was done stands in the journal of the ticket, with its name."""
    lena.opens(f"/desk/journal?ticket={tag}")
    lena.sees("Lena", BERT, "+30 min", "Neu")
