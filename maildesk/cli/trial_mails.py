"""The trial's people and what they write: the mails, and what has to become of each."""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from maildesk.cli.trial_relay import HOST, Kept

DESK = "support@agentur.example"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and an address."""

    name: str
    address: str

    @property
    def login(self) -> str:
        return self.address.partition(".")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


LENA = Person("Lena Vogt", "lena.vogt@agentur.example")
MURAT = Person("Murat Aydin", "murat.aydin@agentur.example")
STAFF = (LENA, MURAT)

ANNA = Person("Anna Berger", "anna.berger@blumen-berger.example")
JONAS = Person("Jonas Weber", "jonas.weber@moebel-weber.example")
EMILY = Person("Emily Clarke", "emily.clarke@northwind-tea.example")
NOBODY_KNOWN = Person("Karl Unbekannt", "karl@irgendwo.example")


@dataclass(frozen=True, slots=True)
class Scene:
    """One mail, and what has to become of it.

    `follows` is the scene whose confirmation it answers; without one it opens a ticket of the
    kind `kind`. `letters` is how many letters it has to cause. `automatic`: no person wrote it.
    An agent answers the notice instead: with `orders` behind the subject, to be read by `reader`.
    """

    heading: str
    writer: Person
    text: str
    letters: int
    subject: str = ""
    kind: str = "normal"
    follows: int | None = None
    automatic: bool = False
    orders: str = ""
    reader: Person | None = None


SCENES = (
    Scene(
        "A customer with a contract reports a fault",
        ANNA,
        "Guten Tag,\n\nseit heute Morgen kommt über unser Kontaktformular nichts mehr an.\n"
        "Können Sie bitte nachsehen?\n\nViele Grüße\nAnna Berger\n",
        letters=2,
        subject="Kontaktformular sendet nicht mehr",
    ),
    Scene(
        "A customer who accepted the terms orders a Quickticket hoch",
        JONAS,
        "Hallo zusammen,\n\nim Shop steht das neue Sofa mit 19,90 statt 1.990 Euro.\n"
        "Bitte sofort korrigieren.\n\nMit freundlichen Grüßen\nJonas Weber\n",
        letters=2,
        subject="[Quickticket hoch] Falscher Preis im Shop",
        kind="quick-high",
    ),
    Scene(
        "An English customer asks",
        EMILY,
        "Hello,\n\ncould you please add our opening hours for the holidays to the home page?\n\n"
        "Kind regards\nEmily Clarke\n",
        letters=2,
        subject="Opening hours on the home page",
    ),
    Scene(
        "A stranger writes",
        NOBODY_KNOWN,
        "Guten Tag,\n\nwas kostet bei Ihnen ein kleiner Online-Shop?\n\nGruß\nKarl Unbekannt\n",
        letters=2,
        subject="Anfrage zu einem Online-Shop",
    ),
    Scene(
        "The first customer answers the confirmation",
        ANNA,
        "Nachtrag: Es betrifft nur das Formular auf der englischen Seite.\n\nAnna Berger\n",
        letters=1,
        follows=0,
    ),
    Scene(
        "An out-of-office notice answers a confirmation",
        JONAS,
        "Ich bin bis Montag nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.\n",
        letters=0,
        follows=1,
        automatic=True,
    ),
    Scene(
        "The agent answers from her mail program, books 25 minutes and closes the ticket",
        LENA,
        "Guten Tag,\n\ndas Formular sendet wieder, auf beiden Seiten. Es lag am Spamfilter.\n\n"
        "Lena Vogt\n",
        letters=1,
        follows=0,
        orders="#zu +25m",
        reader=ANNA,
    ),
)


def confirmation_for(person: Person, letters: Sequence[Kept]) -> Kept:
    """Return the first letter that went to a person. Raises LookupError without one."""
    for letter in letters:
        if letter.rcpt_to == person.address:
            return letter
    raise LookupError(f"no letter went to {person.address}")


def message_of(scene: Scene, letters: Sequence[Kept], now: datetime) -> EmailMessage:
    """Return a scene's mail. An answer uses the confirmation as it really went out.

    Raises LookupError if that did not.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{scene.writer.name} <{scene.writer.address}>"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=scene.writer.domain)
    if scene.follows is None:
        message["To"], message["Subject"] = DESK, scene.subject
        message.set_content(scene.text, cte="quoted-printable")
        return message
    letter = confirmation_for(scene.writer, letters)
    theirs = letter.message
    message["In-Reply-To"] = message["References"] = theirs["Message-ID"]
    if scene.automatic:
        # RFC 3834 section 4: to the return path, and marked.
        message["To"] = letter.return_path
        message["Auto-Submitted"] = "auto-replied"
        message["Subject"] = f"Abwesenheit: {theirs['Subject']}"
        message.set_content(scene.text, cte="quoted-printable")
    else:
        message["To"] = str(theirs["Reply-To"])
        message["Subject"] = f"AW: {theirs['Subject']} {scene.orders}".rstrip()
        quoted = "".join(f"> {line}\n" for line in letter.text.splitlines())
        message.set_content(f"{scene.text}\nSupport schrieb:\n{quoted}", cte="quoted-printable")
    return message


def send(message: EmailMessage, scene: Scene, port: int) -> None:
    """Hand a mail to the desk's listener, as any mail server would; blocks until it is taken.

    Raises smtplib.SMTPException or OSError if it is not.
    """
    # RFC 3834 section 3.3: an automatic answer has the null return path.
    return_path = "" if scene.automatic else scene.writer.address
    with smtplib.SMTP(HOST, port, local_hostname=scene.writer.domain, timeout=10) as peer:
        peer.send_message(message, return_path, str(message["To"]))
