"""German help-desk mail from nothing: requests and replies, for where no corpus is at hand.

15 % carry a file of 20 to 300 KB; 68 % are text and HTML, 20 % text, 12 % HTML alone; five
charsets. The same counts give the same bytes.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_DESK = "Support <support@maildesk.example>"
_BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_SENTENCES = (
    "Seit heute Morgen lädt die Startseite nur noch zur Hälfte.",
    "Über das Kontaktformular kommt seit gestern keine Nachricht mehr bei uns an.",
    "Bitte ändern Sie die Öffnungszeiten für die Woche nach Pfingsten.",
    "Auf dem Telefon überdeckt das Menü den halben Text, am Rechner ist alles gut.",
    "Die Rechnung über 1.284,50 Euro liegt bei, die Bestellnummer fehlt darauf.",
    "Wir bräuchten das bis Donnerstag, weil dann der Prospekt ausgeliefert wird.",
    "Der Fehler tritt nur auf, wenn man die Größe zweimal hintereinander wählt.",
    "Ein Bild der Störung habe ich Ihnen angehängt, falls es hilft.",
)
_TOPICS = ("Startseite", "Kontaktformular", "Öffnungszeiten", "Falscher Preis", "Newsletter",
           "Zugang für Frau Krüger", "Umlaute im Export", "Rückfrage zum Angebot")  # fmt: skip
_NAMES = ("Jürgen Weiß", "Käthe Böhm", "Sören Groß", "Anne Löwe", "Günther Schäfer", "Zoë Kühn")
_CODINGS = (("utf-8", "quoted-printable", 34), ("utf-8", "base64", 22), ("utf-8", "8bit", 10),
            ("iso-8859-1", "quoted-printable", 15), ("iso-8859-15", "quoted-printable", 5),
            ("windows-1252", "base64", 10), ("us-ascii", "7bit", 4))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """One mail with what is known about it; `parent` is "" for a request."""

    sender: str
    message_id: str
    parent: str
    raw: bytes
    attached: bool
    subject: str
    name: str


def make(new: int, replies: int, seed: int = 1) -> list[Made]:
    """Return `new` requests, then `replies` to them."""
    asks = [_mail(random.Random(f"{seed}/new/{n}"), n, None) for n in range(new)]
    answers = []
    for n in range(replies):
        chance = random.Random(f"{seed}/reply/{n}")
        answers.append(_mail(chance, new + n, chance.choice(asks)))
    return asks + answers


def _mail(chance: random.Random, number: int, parent: Made | None) -> Made:
    who = min(int(chance.expovariate(1 / 45)), 199)
    sender = parent.sender if parent else f"kunde{who:03d}@firma{who % 40:02d}.example"
    name = parent.name if parent else _NAMES[who % len(_NAMES)]
    subject = f"AW: {parent.subject}" if parent else f"{chance.choice(_TOPICS)} ({number})"
    message = EmailMessage(policy=SMTP.clone(cte_type="8bit"))
    for hop in range(chance.randint(2, 5)):
        message["Received"] = (
            f"from mx{hop}.{sender.partition('@')[2]} by mail{hop}.maildesk.example"
            f" with ESMTPS id {chance.getrandbits(48):012X}; {format_datetime(_BEGIN)}"
        )
    message["From"], message["To"], message["Subject"] = f"{name} <{sender}>", _DESK, subject
    message["Date"] = format_datetime(_BEGIN + timedelta(minutes=number))
    message_id = f"<{number}.{chance.getrandbits(64):016x}@{sender.partition('@')[2]}>"
    message["Message-ID"] = message_id
    if parent:
        message["In-Reply-To"] = message["References"] = parent.message_id
    attached = _fill(chance, message, name)
    for part in message.walk():
        if part.is_multipart():  # else email.generator draws one from a source of its own
            part.set_boundary(f"=_{chance.getrandbits(96):024x}")
    return Made(sender, message_id, parent.message_id if parent else "", message.as_bytes(),
                attached, subject, name)  # fmt: skip


def _fill(chance: random.Random, message: EmailMessage, name: str) -> bool:
    charset, coding, _ = chance.choices(_CODINGS, [weight for *_, weight in _CODINGS])[0]
    size = min(int(chance.lognormvariate(7.4, 0.6)), 14_000)
    paragraphs = ["Guten Tag,"]
    while sum(map(len, paragraphs)) < size:
        paragraphs.append(" ".join(chance.choices(_SENTENCES, k=chance.randint(2, 5))))
    text = "\n\n".join((*paragraphs, f"Viele Grüße\n{name}\n"))
    text = text.encode(charset, "ignore").decode(charset)
    html = "<html><body>" + "".join(f"<p>{part}</p>\n" for part in text.split("\n\n"))
    shape = chance.choices(("both", "text", "html"), (68, 20, 12))[0]
    if shape == "html":
        message.set_content(html, "html", charset, cte=coding)
    else:
        message.set_content(text, "plain", charset, cte=coding)
    if shape == "both":
        message.add_alternative(html, "html", charset, cte=coding)
    if chance.random() >= 0.15:
        return False
    content = b"%PDF-1.7\n" + chance.randbytes(chance.randint(20_000, 300_000))
    message.add_attachment(
        content, "application", "pdf", filename=chance.choice(("Rechnung.pdf", "Störung März.pdf"))
    )
    return True
