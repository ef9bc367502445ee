"""What was read out of a message, and what made it a person's or a machine's: for operators."""

from dataclasses import dataclass
from datetime import datetime

from maildesk.mail.message import Attachment, Mail, Reading, Report
from maildesk.mail.smtp import Envelope
from maildesk.rules.why import ORIGINS

# For people; what is not here is said with its own words.
_DEFECTS = {
    "address-field-broken": "an address field is written wrongly",
    "base64-broken": "a part says base64 and is not quite that",
    "body-in-header": "the body begins without an empty line before it",
    "boundary-missing": "it says that it has parts, and names no boundary",
    "boundary-not-closed": "its last part has no end",
    "boundary-not-found": "it says that it has parts, and none was found",
    "charset-missing": "a text does not say its charset, which was guessed",
    "charset-unknown": "a text names a charset that nobody knows; another was taken",
    "charset-wrong": "a text is not in the charset that it names; another was taken",
    "date-broken": "its Date cannot be read",
    "encoding-unknown": "a part has a transfer encoding that nobody knows",
    "field-too-long": "a field was too long, and cut",
    "header-line-without-name": "a line in its header has no name",
    "header-too-long": "its header was too long, and cut",
    "html-broken": "its HTML could not be read",
    "html-too-big": "its HTML is too big to be read as a whole",
    "no-single-author": "its author is not certain",
    "text-too-long": "its text was too long, and cut",
    "tnef-broken": "its winmail.dat is broken, and was left as a file",
    "too-deep": "parts lie too deep within each other, and were left as files",
    "too-many-attachments": "it has too many attachments; the rest is only in the original",
    "too-many-encoded-words": "a field has too many encoded words",
    "too-many-fields": "its header has too many fields",
    "too-many-parameters": "a field has too many parameters",
    "too-many-parts": "it has too many parts; the rest is only in the original",
    "unreadable": "it could not be read; only its header was looked at",
    "uuencode-broken": "an uuencoded file in it is broken",
}


@dataclass(frozen=True, slots=True)
class ReadSaid:
    """What was read. `nobody` is why the mail has no author, "" where it has one.

    `lines` and `own_lines` count the text, and what of it the writer added. `size` in octets.
    """

    author: str | None
    nobody: str
    shown_from: str
    subject: str
    message_id: str
    date: datetime | None
    size: int
    hops: int
    lines: int
    own_lines: int
    html: bool
    language: str
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    own_words: str


@dataclass(frozen=True, slots=True)
class OriginSaid:
    """Person or machine: `origin` is the word of RFC 3834, `reason` the field that decided.

    `no_answer` is why the message itself forbids an automatic answer, "" where it does not.
    """

    origin: str
    words: str
    reason: str
    no_answer: str
    report: Report | None
    about: str


def read_said(reading: Reading) -> ReadSaid:
    """Return what was read out of a message."""
    mail = reading.mail
    return ReadSaid(
        author=mail.author,
        nobody="" if mail.author else _why_nobody(reading),
        shown_from=f"{mail.sender.name} <{mail.sender.address}>".strip(),
        subject=mail.subject,
        message_id=mail.message_id,
        date=mail.date,
        size=mail.size,
        hops=mail.hops,
        lines=_lines(mail.text),
        own_lines=_lines(mail.reply),
        html=mail.html,
        language=mail.language,
        attachments=mail.attachments,
        defects=tuple(_DEFECTS.get(each, each.replace("-", " ")) for each in mail.defects),
        own_words=_beginning(mail),
    )


def _why_nobody(reading: Reading) -> str:
    fields = reading.evidence.from_fields
    if fields == 0:
        return "it has no From"
    if fields > 1:
        return f"it has {fields} From fields, and programs differ in which one they show"
    return "its From is not one plain address"


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _beginning(mail: Mail) -> str:
    """Return the first words of the writer, on one line."""
    return " ".join(mail.reply[:400].split())[:100]


def origin_said(reading: Reading) -> OriginSaid:
    """Return what made a message a person's or a machine's."""
    report = reading.report
    about = ""
    if report is not None:
        said = "permanent" if report.permanent else "temporary"
        about = f"a {said} failure" if report.failed else "no failure: it changes nothing"
    return OriginSaid(
        origin=reading.origin.value,
        words=ORIGINS[reading.origin],
        reason=reading.origin_reason,
        no_answer=reading.no_answer,
        report=report,
        about=about,
    )


@dataclass(frozen=True, slots=True)
class EnvelopeSaid:
    """How the message came: what SMTP said, or what stands in the file. Addresses as written."""

    return_path: str
    rcpt_to: tuple[str, ...]
    via: str
    received_at: datetime
    login: str
    peer: str
    account: str


def envelope_said(envelope: Envelope) -> EnvelopeSaid:
    """Return the envelope without what only an IMAP account needs."""
    return EnvelopeSaid(
        envelope.return_path, envelope.rcpt_to, envelope.via, envelope.received_at,
        envelope.login, envelope.peer, envelope.account,
    )  # fmt: skip
