"""What must hold for any bytes: one function for each thing that reads what strangers wrote.

Each raises AssertionError where a promise of its subject is broken, and lets every exception of
the subject through. Hypothesis (tests/mail/test_properties.py) and atheris (`make fuzz`) call
the same functions.
"""

from datetime import UTC, datetime

from maildesk.mail import limits, quote
from maildesk.mail.message import Origin, Reading
from maildesk.mail.reading import _read, read
from maildesk.mail.smtp import Envelope
from maildesk.mail.thread import scan_keys
from maildesk.rules.calendars import calendar_of
from maildesk.rules.commands.grammar import Grammar, Misunderstood, Parent, read_commands
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.people import AgentFacts
from maildesk.rules.subject import LONGEST, read_subject

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ENVELOPE = Envelope("a@firm.example", ("support@desk.example",), "smtp", NOW)
LENA = AgentFacts(1, "lena", "Lena Roth", "lena@desk.example")
MURAT = AgentFacts(2, "murat", "Murat Kaya", "murat@desk.example")
GRAMMAR = Grammar(
    "DD",
    DEFAULT_KINDS,
    (LENA, MURAT),
    calendar_of("Europe/Berlin", {"1-5": ["09:00-17:00"]}, "NW"),
    NOW,
    "de",
)


def parse(raw: bytes) -> Reading:
    """Read a mail, whole and by its headers alone; what comes out is harmless and bounded."""
    reading = read(raw, ENVELOPE)
    if "unreadable" in reading.mail.defects:
        _read(raw, ENVELOPE, False, [])  # here the exception is not caught
        raise AssertionError("unreadable the first time only")
    harmless(reading)
    assert reading == read(raw, ENVELOPE), "the same octets are read the same"
    headers = read(raw, ENVELOPE, headers_only=True)
    assert "unreadable" not in headers.mail.defects
    assert headers.mail.author == reading.mail.author
    # The subject may differ: raw octets in it are read as the text is, which is not looked at.
    scan_keys(raw)
    return reading


def harmless(reading: Reading) -> None:
    """A reading holds nothing that could leave its place, and no more than the limits allow."""
    mail = reading.mail
    shown = (mail.sender, *mail.to, *mail.cc, *mail.reply_to)
    lines = [mail.subject, mail.message_id, *mail.in_reply_to, *mail.references]
    lines += [part for each in shown for part in (each.name, each.address)]
    lines += [each.name for each in mail.attachments] + [each.type for each in mail.attachments]
    lines += [mail.author or "", reading.origin_reason, reading.no_answer]
    if reading.report:
        lines += [*reading.report.recipients, reading.report.status, reading.report.diagnostic]
        assert len(reading.report.recipients) <= limits.REPORT_RECIPIENTS
    for line in lines:
        assert not any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in line), line
        line.encode()
    for text in (mail.text, mail.reply):
        assert "\0" not in text
        assert "\r" not in text
        assert len(text) <= limits.TEXT_CHARACTERS
        text.encode()
    assert len(mail.subject) <= limits.SUBJECT_CHARACTERS
    assert len(mail.references) <= limits.MESSAGE_IDS
    assert len(mail.attachments) <= limits.ATTACHMENTS
    assert max(map(len, (mail.to, mail.cc, mail.reply_to))) <= limits.ADDRESSES
    assert all(len(each.name) <= limits.NAME_CHARACTERS for each in shown)
    for each in mail.attachments:
        assert 0 < len(each.name) <= limits.FILE_NAME_CHARACTERS
        assert not set("/\\") & set(each.name)
        assert each.name not in (".", "..")
    assert mail.date is None or mail.date.tzinfo is UTC
    assert mail.size >= 0


def classify(raw: bytes) -> None:
    """Judge a mail by its bytes and by two envelopes, with nothing that catches what is raised."""
    for envelope in (ENVELOPE, Envelope("", ENVELOPE.rcpt_to, "smtp", NOW)):
        reading = _read(raw, envelope, False, [])
        assert isinstance(reading.origin, Origin)
        assert reading.origin_reason
        if not envelope.return_path:
            assert reading.no_answer, "the null return path is never answered"
            assert reading.origin is not Origin.PERSON
        if reading.mail.author is None:
            assert reading.no_answer, "nobody is not answered"
        if reading.origin is Origin.BOUNCE:
            assert reading.no_answer, "a report is not answered"


def cut(text: str, html: str) -> None:
    """Cut a reply out of a text; what is kept was there, and a first mail stays whole."""
    assert quote.own_words(text, "", is_reply=False) == text
    kept = quote.own_words(text, "", is_reply=True)
    added = [line for line in kept.split("\n") if line.strip() not in text]
    assert not added, "words that nobody wrote"
    quote.own_words(text, html + text, is_reply=True)
    quote.own_words(text, "", is_reply=True, beside=html + text)
    bare = quote.without_quotes(kept)
    assert not [line for line in bare.split("\n") if line.lstrip().startswith(">")]


def order(subject: str, text: str, parent: str) -> None:
    """Read a subject, and the orders of an agent in it; an inherited one is never his."""
    found = read_subject(subject, "DD", DEFAULT_KINDS)
    assert len(found.title) <= LONGEST
    assert not any(ord(char) < 32 for char in found.title)
    assert all(number > 0 for number in found.numbers)
    for known in (None, Parent("", None), Parent(parent, parent)):
        orders = read_commands(subject, text, GRAMMAR, LENA, known)
        if isinstance(orders, Misunderstood):
            assert orders.problem
            continue
        assert len(orders.title) <= LONGEST
        assert all(1 <= each.minutes <= 1440 for each in orders.commands if each.minutes)
        assert all(each.moment > NOW for each in orders.commands if each.moment)


def cut_octets(raw: bytes) -> None:
    """Cut the text that these octets are; what stands behind a NUL is HTML before it."""
    text, _, html = raw.decode("utf-8", "replace").partition("\0")
    cut(text, html[:200])


def order_octets(raw: bytes) -> None:
    """Read subject, text and the parent's subject, with NUL between them."""
    subject, _, more = raw.decode("utf-8", "replace").partition("\0")
    text, _, parent = more.partition("\0")
    order(subject, text, parent)


# What `make fuzz` runs, by the name that its findings bear, and the folder of its seeds.
TARGETS = {
    "parse": (parse, "mail"),
    "classify": (classify, "mail"),
    "cut": (cut_octets, "cut"),
    "order": (order_octets, "order"),
}
SECONDS = 2.0  # of processor time for one input; what takes longer is a finding
