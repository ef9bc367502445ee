"""Who wrote a message, person or machine, and may the message be answered automatically."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.message import Origin
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 3, 3, tzinfo=UTC)
PERSON, REPLIED, MADE = Origin.PERSON, Origin.AUTO_REPLIED, Origin.AUTO_GENERATED
LIST, RECEIPT = Origin.LIST, Origin.RECEIPT

TABLE = [
    # fields                                            origin   answered  why
    ("Subject: Drucker",                                PERSON,  True,     "an ordinary mail"),
    ("Auto-Submitted: no",                              PERSON,  True,     "RFC 3834: no is a person"),
    ("Auto-Submitted: NO (really)",                     PERSON,  True,     "a comment, and any case"),
    ("Auto-Submitted: no\nSubject: Automatic reply: x", PERSON,  True,     "the field beats the subject"),
    ("Auto-Submitted: auto-replied",                    REPLIED, False,    "RFC 3834 section 5"),
    ("Auto-Submitted: Auto-Generated; x=y",             MADE,    False,    "parameters"),
    ("Auto-Submitted: (x) auto-notified",               MADE,    False,    "a comment before, RFC 5436"),
    ("Auto-Submitted: no\nAuto-Submitted: auto-replied", REPLIED, False,   "one no of two is no excuse"),
    ("X-Auto-Response-Suppress: All",                   PERSON,  False,    "takes away the answer only"),
    ("X-Auto-Response-Suppress: DR, RN, NRN",           PERSON,  True,     "a wish about receipts"),
    ("List-Unsubscribe: <https://x.example>",           LIST,    False,    "RFC 2369"),
    ("List-Id: <x.example>",                            LIST,    False,    "RFC 2919"),
    ("Precedence: Bulk",                                LIST,    False,    "custom"),
    ("Precedence: first-class",                         PERSON,  True,     "another precedence"),
    ("Precedence: auto_reply",                          REPLIED, False,    "old responders"),
    ("Precedence: junk\nX-Autoreply: yes",              REPLIED, False,    "a responder that is no list"),
    ("X-FC-MachineGenerated: true",                     MADE,    False,    "FirstClass"),
    ("X-FC-MachineGenerated: false",                    PERSON,  True,     "and its opposite"),
    ("Subject: Automatische Antwort: Drucker",          REPLIED, True,     "words say the origin, not the answer"),
    ("Subject: Abwesenheitsnotiz: Drucker",             REPLIED, True,     "the same"),
    ("Subject: Abwesenheitsnotiz",                      PERSON,  True,     "a topic alone is no evidence"),
    ("Subject: Out of Office: back on Monday",          REPLIED, True,     "the same"),
    ("Subject: Re: Automatische Antwort: Drucker",      PERSON,  True,     "a person answers the machine"),
    ("Subject: Automatische Antwort einrichten?",       PERSON,  True,     "a question about it"),
    ("Subject: Out of office printer is broken",        PERSON,  True,     "a printer"),
    ("Return-Path: <>",                                 MADE,    False,    "RFC 5321 section 4.5.5"),
    ("Content-Type: text/calendar; method=REPLY",       RECEIPT, False,    "RFC 5546"),
    ("Content-Type: message/disposition-notification",  RECEIPT, False,    "RFC 8098"),
    ("Content-Type: message/feedback-report",           MADE,    False,    "RFC 5965"),
    ("X-MS-Has-Attach: yes\nX-Mailer: Auto",            PERSON,  True,     "not reasons"),
    ("Received: x\n" * 51 + "X-A: b",                   PERSON,  False,    "more than 50 hops"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "origin", "answered", "why"), TABLE)
def test_origin_and_answer(fields: str, origin: Origin, answered: bool, why: str) -> None:
    raw = f"From: anna@kunde.example\n{fields}\n\nText\n".replace("\n", "\r\n").encode()
    reading = read(raw, Envelope("anna@kunde.example", (), "smtp", NOW))
    assert (reading.origin, not reading.no_answer) == (origin, answered), (why, reading)


SENDERS = [
    ("no-reply@x.example", False),
    ("DoNotReply@x.example", False),
    ("mailer-daemon@x.example", False),
    ("bounces+17@x.example", False),
    ("desk-request@x.example", False),
    ("owner-list@x.example", False),
    ("norbert.eply@x.example", True),
    ("postman@x.example", True),
]


@pytest.mark.parametrize(("sender", "answered"), SENDERS)
def test_addresses_of_machines_get_no_answer(sender: str, answered: bool) -> None:
    reading = read(f"From: {sender}\r\n\r\nText".encode(), Envelope(sender, (), "smtp", NOW))
    assert (not reading.no_answer) == answered


def test_the_null_return_path_counts_where_the_envelope_is_known() -> None:
    raw = b"From: anna@kunde.example\r\n\r\nText"
    assert read(raw, Envelope("", (), "lmtp", NOW)).no_answer == "null return path"
    assert read(raw, Envelope("", (), "imap", NOW)).no_answer == ""


def test_evidence_is_kept_in_its_order() -> None:
    raw = (
        b"Authentication-Results: mx.desk.example; dmarc=pass\r\nReceived: by mx.desk.example\r\n"
        b"Authentication-Results: mx.desk.example; dmarc=fail\r\nFrom: a@b.example\r\n"
        b"Delivered-To: Extra@desk.example\r\nTo: Support@desk.example\r\n"
        b"DKIM-Signature: v=1; a=rsa-sha256; d=B.example; s=x\r\n\r\n"
    )
    found = read(raw, Envelope("", ("support+c1@desk.example",), "imap", NOW)).evidence
    assert found.trace == (
        ("authentication-results", "mx.desk.example; dmarc=pass"),
        ("received", "by mx.desk.example"),
        ("authentication-results", "mx.desk.example; dmarc=fail"),
    )
    assert found.dkim_domains == ("b.example",)
    assert found.from_fields == 1
    assert found.recipients == (
        "support+c1@desk.example",
        "support@desk.example",
        "extra@desk.example",
    )
