"""A small agency in a week of work, and where each page of it is: what pictures and checks look at."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.desk.portal import activation, links, request_form
from maildesk.desk.portal.request_form import Wish
from maildesk.rules.number import tag
from maildesk.store.contracts import ContractRow
from maildesk.store.tables import (
    ContactRow,
    CustomerRow,
    DomainRow,
)
from maildesk.web.page import Page
from maildesk.web.pages import PAGES
from tests.desk.office import LENA, MURAT, Office, Sent, mail
from tests.peers.chromium import Chromium, Tab
from tests.stories.agency import ACCOUNTS, ANNA, FLOWERS, NORA, SIGNED_UP, Agency, only
from tests.web.browser import Browser, Served, open_pages, path_in

JONAS, DORA, KARL = "jonas@moebel.example", "dora@kanzlei.example", "karl@brauhaus.example"
_MORE = (
    (3, "Möbel Weber GmbH", "moebel.example", JONAS, "Jonas Weber"),
    (4, "Kanzlei Dr. Sommer", "kanzlei.example", DORA, "Dr. Dora Sommer"),
)
_PROFILES = (
    f"'{FLOWERS}' --street 'Gartenweg 1' --postcode 50667 --city Köln --email {ACCOUNTS}",
    "'Teehaus Nord KG' --street 'Hafenweg 2' --postcode 20457 --city Hamburg"
    " --email buchhaltung@tea.example",
)


def plain(page: Page) -> str:
    """Return a page's path without the kinds of its parts: "/tickets/{tag}"."""
    return re.sub(r":\w+}", "}", page.path)


# Where each page is. "{ticket}" and so on are the fields of Places; below /desk an agent looks, at
# the others a customer, and at those of OUTSIDE whoever comes.
SHOWN: Mapping[str, tuple[str, ...]] = {
    "/sign-in": ("/sign-in",),
    "/sign-in/sent": ("/sign-in/sent",),
    "/sign-in/{token}": ("/sign-in/{sign_in}",),
    "/r/{token}": ("/r/{request}",),
    "/tickets": ("/tickets", "/tickets?of=company", "/tickets?tab=closed"),
    "/tickets/{tag}": ("/tickets/{ticket}", "/tickets/{asks}", "/tickets/{tests}"),
    "/new": ("/new",),
    "/request": ("/request",),
    "/request/sent": ("/request/sent",),
    "/request/{token}": ("/request/{form}",),
    "/contract": ("/contract",),
    "/invoices": ("/invoices",),
    "/me": ("/me",),
    "/desk": ("/desk", "/desk?whose=mine", "/desk?show=closed"),
    "/desk/tickets/{tag}": ("/desk/tickets/{ticket}", "/desk/tickets/{asks}"),
    "/desk/new": ("/desk/new",),
    "/desk/customers": ("/desk/customers",),
    "/desk/customers/{id}": ("/desk/customers/1",),
    "/desk/mail": ("/desk/mail", "/desk/mail?tab=spam"),
    "/desk/mail/{id}": ("/desk/mail/{held}",),
    "/desk/letters": ("/desk/letters", "/desk/letters?state=sent"),
    "/desk/letters/{id}": ("/desk/letters/{letter}",),
    "/desk/search": ("/desk/search?q=Warenkorb", "/desk/search"),
    "/desk/invoices": ("/desk/invoices", "/desk/invoices?tab=all"),
    "/desk/invoices/draft": ("/desk/invoices/draft?customer=1&month=2026-11",),
    "/desk/invoices/run": ("/desk/invoices/run",),
    "/desk/invoices/check": ("/desk/invoices/check",),
    "/desk/invoices/{number}": ("/desk/invoices/{invoice}",),
    "/desk/journal": ("/desk/journal",),
}
OUTSIDE = ("/sign-in", "/r/", "/request")
# What nobody looks at: what leads on, files, and pieces of other pages.
UNSEEN = frozenset(
    path
    for path in map(plain, PAGES)
    if path in ("/", "/desk/live", "/desk/rows", "/desk/tickets/{tag}/news", "/me/copy")
    or path in ("/desk/invoices/preview", "/tickets/{tag}/requests/{number}")
    or "/files/" in path
    or path.endswith(("/pdf", "/xml", "/raw"))
)


def shown() -> list[str]:
    """Return what SHOWN names, in the order of the pages."""
    return [path for page in PAGES for path in SHOWN.get(plain(page), ())]


def named_by(path: str) -> str:
    """Return a short name for what SHOWN names, such as "desk-tickets-asks"."""
    return re.sub(r"[^a-z0-9]+", "-", path.casefold()).strip("-")


@dataclass(frozen=True, slots=True)
class Places:
    """What stands in the addresses of pages."""

    ticket: str  # with a conversation, notes and time
    asks: str  # waits for an approval
    tests: str  # waits to be accepted
    request: str
    held: int
    letter: int
    invoice: str
    sign_in: str
    form: str

    def addresses(self) -> list[tuple[str, str]]:
        """Return (its name, path) of all that is shown, in the order of the pages."""
        named = {name: str(getattr(self, name)) for name in self.__slots__}
        return [(named_by(path), path.format_map(named)) for path in shown()]


def whose(path: str) -> str:
    """Return who looks at a page: an agent, a contact or, "", whoever comes."""
    return LENA if path.startswith("/desk") else "" if path.startswith(OUTSIDE) else ANNA


@dataclass(frozen=True, slots=True)
class House:
    """A desk that is served at `url`, and the session of each who looks; with windows on it."""

    url: str
    secrets: Mapping[str, str]
    chromium: Chromium

    @contextmanager
    def windows(self, size: tuple[int, int], dark: bool = False) -> Iterator[Callable[[str], Tab]]:
        """Give what opens a path in a window of whoever looks at it, and return that window."""
        with ExitStack() as stack:
            tabs: dict[str, Tab] = {}

            def show(path: str) -> Tab:
                who = whose(path)
                if who not in tabs:
                    tabs[who] = stack.enter_context(self.chromium.tab(size, dark))
                    secret = {"name": "maildesk-session", "value": self.secrets.get(who, "")}
                    if who:
                        tabs[who].page.context.add_cookies([secret | {"url": self.url}])
                tabs[who].page.goto(self.url + path)
                return tabs[who]

            yield show


@contextmanager
def opened(office: Office, chromium: Chromium) -> Iterator[House]:
    """Serve an office until the end of the block; Lena and Anna are signed in."""
    open_pages(office, "http://127.0.0.1", activation="everyone")  # decides how cookies are named
    with Served(office) as served:
        base = f"http://127.0.0.1:{served.port}"
        open_pages(office, base, activation="everyone")
        people = (LENA, ANNA)
        jars = {who: Browser(served.port).sign_in(office, who).cookies for who in people}
        yield House(base, {who: next(iter(jar.values())) for who, jar in jars.items()}, chromium)


def furnish(agency: Agency) -> Places:
    """Play the week, until Wednesday, 25 November 2026, 10:40 in Berlin; return what there is."""
    open_pages(agency, activation="everyone")
    _people(agency)
    number = _october(agency)
    ticket = _a_quick_ticket(agency)
    asks, request = _more_time(agency)
    tests = _to_accept(agency)
    _others(agency)
    held = _held(agency)
    agency.at("2026-11-25", "10:40")
    sign_in, form = _links(agency)
    letter = max(each.id for each in agency.letters() if each.purpose == "closing")
    return Places(ticket, asks, tests, request, held, letter, number, sign_in, form)


def _people(agency: Agency) -> None:
    agency.at("2026-10-05", "09:00")
    with agency.desk.db.engine.begin() as connection:
        for number, name, domain, address, person in _MORE:
            connection.execute(insert(CustomerRow), {
                "id": number, "name": name, "created_at": SIGNED_UP,
                "terms_accepted_at": SIGNED_UP if number == 3 else None})  # fmt: skip
            connection.execute(insert(ContactRow), {
                "customer_id": number, "address": address, "name": person, "language": "de",
                "may_approve": True})  # fmt: skip
            connection.execute(insert(DomainRow), {"domain": domain, "customer_id": number})
        for who, what in (
            (FLOWERS, ("Wartung Plus", 240)),
            ("Möbel Weber GmbH", ("Paket 10", 600)),
        ):
            number = 1 if who == FLOWERS else 3
            connection.execute(insert(ContractRow), {
                "customer_id": number, "name": what[0], "kind": "included", "minutes": what[1],
                "starts_on": SIGNED_UP.date(), "created_at": SIGNED_UP})  # fmt: skip
            named = update(CustomerRow).where(col(CustomerRow.id) == number)
            connection.execute(named.values(contract=what[0]))
    for profile in _PROFILES:
        agency.types(f"maildesk customer billing {profile}")
    for customer, address in ((FLOWERS, ANNA), ("Teehaus Nord KG", NORA)):
        access = activation.Access(True, sees_company=address == ANNA)
        activation.change(agency.desk.db, customer, address, access, "lena", agency.now)


def _new(agency: Agency, day: str, clock: str, who: str, subject: str, text: str) -> Sent:
    """Have somebody write, and return the notice that Lena gets."""
    agency.at(day, clock)
    return only(agency.writes(who, subject, text), "staff_new", LENA)


def _tag(agency: Agency, notice: Sent) -> str:
    assert notice.ticket_id
    return tag(agency.desk.policy.code, notice.ticket_id)


def _october(agency: Agency) -> str:
    notice = _new(agency, "2026-10-06", "09:12", f"Anna Berger <{ANNA}>",
                  "[Quickticket hoch] Bestellungen kommen nicht an",
                  "Guten Morgen,\n\nseit gestern Abend kommt keine Bestellung mehr bei uns an.\n\n"
                  "Viele Grüße\nAnna Berger")  # fmt: skip
    agency.at("2026-10-06", "10:05")
    agency.answers(notice, "Der Versand der E-Mails war abgestellt, er läuft wieder.",
                   "#antwort #zu +40m")  # fmt: skip
    other = _new(agency, "2026-10-13", "11:00", f"Nora Clasen <{NORA}>", "Neue Sorte im Shop",
                 "Bitte nehmen Sie den Wintertee auf, Bilder folgen.")  # fmt: skip
    agency.at("2026-10-14", "15:00")
    agency.answers(other, "Er steht im Shop.", "#antwort #zu +50m")
    agency.at("2026-10-28", "09:00")
    agency.at("2026-11-02", "05:00")
    agency.types("maildesk invoice run --month 2026-10")
    return "RE-2026-00001"


def _a_quick_ticket(agency: Agency) -> str:
    notice = _new(agency, "2026-11-24", "08:41", f"Anna Berger <{ANNA}>",
                  "[Quickticket] Warenkorb nach dem Anmelden leer",
                  "Guten Morgen,\n\nseit heute früh ist der Warenkorb leer, sobald sich jemand"
                  " anmeldet. Drei Kundinnen haben deshalb schon angerufen. Die Seite ist"
                  " https://shop.firm.example/warenkorb.\n\nKönnen Sie heute noch danach sehen?\n\n"
                  "Viele Grüße\nAnna Berger")  # fmt: skip
    agency.at("2026-11-24", "09:05")
    agency.answers(notice, "Das Update vom Montag hat die Sitzungen umgestellt. @Murat: Kennst du"
                   " die Stelle im Anmelden?", "#notiz +10m")  # fmt: skip
    agency.at("2026-11-24", "09:20")
    letters = agency.answers(
        notice, "Guten Morgen Frau Berger,\n\nwir sehen es auch. Passiert es auch bei Kunden, die"
        " schon angemeldet waren?\n\nLena Hartmann", "#antwort #warte antwort")  # fmt: skip
    question = next(each for each in letters if each.rcpt_to == ANNA)
    agency.at("2026-11-24", "09:48")
    agency.answers(question, "Nein, nur bei denen, die sich neu anmelden. Danke, dass Sie so"
                   " schnell geantwortet haben!")  # fmt: skip
    agency.at("2026-11-25", "09:55")
    agency.answers(notice, "Die Stelle ist gefunden. Wir stellen sie heute Mittag um, dann bleibt"
                   " der Warenkorb erhalten.", "#antwort +35m")  # fmt: skip
    return _tag(agency, notice)


def _more_time(agency: Agency) -> tuple[str, str]:
    notice = _new(agency, "2026-11-24", "11:02", f"Anna Berger <{ANNA}>", "Lieferzeiten je Artikel",
                  "Guten Tag,\n\nbitte zeigen Sie die Lieferzeit bei jedem Artikel an.\n\n"
                  "Anna Berger")  # fmt: skip
    agency.at("2026-11-24", "15:10")
    letters = agency.answers(
        notice, "Die Lieferzeiten stehen nicht im Warenwirtschaftssystem; wir müssten sie aus der"
        " Preisliste übernehmen.", "#freigabe 3h +50m")  # fmt: skip
    asked = next(each for each in letters if each.purpose.startswith("approval_request"))
    return _tag(agency, notice), path_in(asked.text).removeprefix("/r/")


def _to_accept(agency: Agency) -> str:
    notice = _new(agency, "2026-11-20", "10:15", f"Anna Berger <{ANNA}>", "Gutschein zum Advent",
                  "Wir möchten im Advent 10 % auf Gestecke geben.")  # fmt: skip
    agency.at("2026-11-25", "09:10")
    agency.answers(notice, "Der Gutschein ADVENT26 gilt für alle Gestecke.",
                   "#abnahme https://test.firm.example/gestecke +45m")  # fmt: skip
    return _tag(agency, notice)


def _others(agency: Agency) -> None:
    agency.at("2026-11-23", "14:20")
    agency.writes(f"Jonas Weber <{JONAS}>", "Filiale Bonn: Öffnungszeiten stimmen nicht",
                  "Samstags schließen wir jetzt um 18 Uhr.")  # fmt: skip
    printer = _new(agency, "2026-11-24", "13:30", f"Nora Clasen <{NORA}>",
                   "Etikettendrucker druckt zu klein", "Seit dem neuen Treiber passt die Schrift"
                   " nicht mehr auf die Dosen.")  # fmt: skip
    agency.answers(printer, orders="#an murat")
    closed = _new(agency, "2026-11-23", "10:00", f"Anna Berger <{ANNA}>",
                  "Impressum: neue Telefonnummer", "Bitte 0221 555 01 99 eintragen.")  # fmt: skip
    agency.at("2026-11-23", "10:30")
    agency.answers(closed, "Sie steht im Impressum.", "#antwort #zu +10m")
    agency.at("2026-11-25", "08:15")
    agency.writes(f"Dr. Dora Sommer <{DORA}>", "Formular für Mandanten",
                  "Guten Tag,\n\nwir brauchen ein Formular, mit dem Mandanten Unterlagen"
                  " schicken.\n\nDora Sommer")  # fmt: skip
    agency.at("2026-11-25", "08:50")
    agency.writes(f"Karl Huber <{KARL}>", "Was kostet eine kleine Website?",
                  "Für unser Brauhaus, mit Speisekarte.")  # fmt: skip
    agency.at("2026-11-25", "09:30")
    free = _new(agency, "2026-11-25", "10:12", f"Jonas Weber <{JONAS}>",
                "[Quickticket hoch] Bezahlen mit Karte geht nicht", "Seit 10 Uhr bricht jede"
                " Zahlung ab.")  # fmt: skip
    agency.set_state(free.ticket_id or 0, "new", assignee_id=None)


def _held(agency: Agency) -> int:
    agency.at("2026-11-25", "10:20")
    raw = mail(f"Murat Kaya <{MURAT}>", "Zugang für Frau Sommer #zu", "Bitte gleich schließen.")
    row = agency.receive(raw, return_path=MURAT)
    agency.receive(mail("Versand <news@versand.example>", "Ihr Paket ist unterwegs", "...",
                        List_Unsubscribe="<https://versand.example/u>", Precedence="bulk"))  # fmt: skip
    assert row.id
    return row.id


def _links(agency: Agency) -> tuple[str, str]:
    """Return the token of a link to sign in, and of one that confirms a form."""
    agency.new_letters()
    links.ask_for_link(agency.desk, NORA, "b", agency.now, language="de")
    wish = Wish("Karl Huber", KARL, "Speisekarte", "Wir hätten gern eine.", "de")
    request_form.ask(agency.desk, wish, agency.now)
    found = [
        re.findall(r"/(?:sign-in|request)/([a-z2-7]{26})", each.text)[0]
        for each in agency.new_letters()
    ]
    return found[0], found[1]
