"""The people of the day: two agents, six customers with their contacts, and some strangers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and an address. `firm` is a key of FIRMS, "" for strangers."""

    name: str
    address: str
    firm: str = ""
    may_approve: bool = False
    signs: str = ""

    @property
    def signature(self) -> str:
        return self.signs or self.name


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer. `contract` is a name, with `contract_minutes` a month; `limit` in minutes."""

    name: str
    language: str = "de"
    has_accepted_terms: bool = True
    rate: str = ""
    limit: int | None = None
    contract: str = ""
    contract_minutes: int = 0


DESK = "support@agentur.example"
LENA = Person("Lena Vogt", "lena.vogt@agentur.example", signs="Lena Vogt")
MURAT = Person("Murat Aydin", "murat.aydin@agentur.example", signs="Murat Aydin")
STAFF = {"lena": LENA, "murat": MURAT}

FIRMS = {
    "blumen": Firm("Blumen Berger", contract="Wartung Website", contract_minutes=60),
    "moebel": Firm("Möbel Weber"),
    "tea": Firm("Northwind Tea", language="en", has_accepted_terms=False),
    "rad": Firm("Radhaus Kern", rate="85.00"),
    "kanzlei": Firm("Kanzlei Sommer", limit=30),
    "hotel": Firm("Hotel Seeblick"),
}

ANNA = Person("Anna Berger", "anna.berger@blumen-berger.example", "blumen", True)
JONAS = Person("Jonas Weber", "jonas.weber@moebel-weber.example", "moebel", True)
PETRA = Person("Petra Lang", "petra.lang@moebel-weber.example", "moebel")
EMILY = Person("Emily Clarke", "emily.clarke@northwind-tea.example", "tea", True)
KERN = Person("Theo Kern", "theo@radhaus-kern.example", "rad", True, signs="Theo")
SOMMER = Person("Dr. Ruth Sommer", "sommer@kanzlei-sommer.example", "kanzlei", True)
BOEHM = Person("Ines Böhm", "empfang@kanzlei-sommer.example", "kanzlei", signs="I. Böhm, Empfang")
SEE = Person("Gregor See", "see@hotel-seeblick.example", "hotel", True)
CONTACTS = (ANNA, JONAS, PETRA, EMILY, KERN, SOMMER, BOEHM, SEE)

KARL = Person("Karl Unbekannt", "karl@irgendwo.example")
MIRA = Person("Mira Stahl", "mira.stahl@stahlbau.example")
MONITOR = Person("Monitoring", "monitor@agentur-server.example")
NEWS = Person("Werkzeug-Post", "news@werkzeug-post.example")
EVERYBODY = (*CONTACTS, KARL, MIRA, MONITOR, NEWS)
