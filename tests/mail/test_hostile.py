"""Mail that was made to hurt: reading it raises nothing, ends soon, and hands on nothing evil."""

import random
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.mail import limits
from maildesk.mail.message import Reading
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.mail.thread import scan_keys

ENVELOPE = Envelope("", ("support@desk.example",), "smtp", datetime(2026, 3, 3, tzinfo=UTC))
REPLY = b"From: a@b.example\r\nIn-Reply-To: <a@b>\r\nSubject: Re: x\r\n"
HTML = REPLY + b"Content-Type: text/html\r\n\r\n"
DAEMON = b"From: mailer-daemon@x.example\r\nSubject: returned mail\r\n\r\n"
MIXED = b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"


def _nested(depth: int) -> bytes:
    layer = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return REPLY + b"".join(layer % (level, level) for level in range(depth))


HOSTILE = {
    "semicolons": REPLY + b"Content-Type: text/plain" + b";" * 20_000 + b"\r\n\r\nx",
    "parameters": REPLY
    + b"Content-Type: text/plain"
    + b"".join(b"; n*%d=a" % number for number in range(3_000))
    + b"\r\n\r\nx",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?=\r\n " * 20_000 + b"\r\n\r\nx",
    "recipients": b"From: a@b.example\r\nTo: " + b"a@b.example, " * 20_000 + b"\r\n\r\nx",
    "authors": b"From: " + b"a@" * 8_000 + b"\r\nReply-To: " + b":;" * 8_000 + b"\r\n\r\nx",
    "nested multiparts": _nested(2_000),
    "parts": MIXED + b"--x\r\n\r\nabc\r\n" * 50_000,
    "parentheses": b"From: " + b"(" * 100_000 + b"\r\nDate: " + b"(" * 100_000 + b"\r\n\r\nx",
    "quotes": b"From: " + b'"' * 100_000 + b"\r\nTo: " + b'\\"' * 100_000 + b"\r\n\r\nx",
    "angles": b"To: " + b"<a" * 8_000 + b"\r\nReferences: " + b"<" * 60_000 + b"\r\n\r\nx",
    "spaces": b"From: a" + b" " * 15_000 + b"x\r\nReferences: <" + b" " * 60_000 + b"x\r\n\r\nx",
    "fields": b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + b"\r\nx",
    "attributions": REPLY + b"\r\n" + b"On Monday 1 Bob\n" * 20_000,
    "header blocks": REPLY + b"\r\n" + b"From: a@b\n" * 20_000,
    "blank lines": REPLY + b"\r\nx" + b"\n" * 200_000 + b"y",
    "quote marks": REPLY + b"\r\n" + b">" * 200_000 + b"\n" + b"> \n" * 50_000,
    "flowed": REPLY + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 300_000,
    "nested tags": HTML + b"<div>" * 15_000,
    "open tags": HTML + b"<a " * 50_000,
    "attributes": HTML + b"<p " + b"a=b " * 100_000 + b">x",
    "blocks": HTML + b"<blockquote>" * 90_000,
    "closed blocks": HTML + b"<blockquote>x</blockquote>" * 30_000,
    "no-break spaces": HTML + b">" + b"&nbsp; " * 90_000,
    "signatures": HTML + b"<div id=Signature><div>" * 20_000 + b"<p class=MsoNormal>" * 20_000,
    "signed lines": HTML + b"<div id=Signature>ab ab ab</div>" + b"<div>ab</div>" * 6_000,
    "open links": HTML + b"[" * 200_000,
    "bounce words": DAEMON + b"a@" * 30_000 + b"\n" + b"delivery to " * 20_000,
    "bounce codes": DAEMON + b"5.1." * 30_000,
    "base64": REPLY + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"a=!" * 500_000,
    "punycode": REPLY + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 100_000,
    "comment": b"Auto-Submitted: " + b"(" * 60_000 + b"\r\n\r\n",
    "nul": b"\0" * 100_000,
    "escapes": b"Subject: " + b"\x1b$B%D\x1b(B" * 5_000 + b"\r\n\r\n" + b"\x1b$B-!\n" * 150_000,
    "braces": REPLY + b"\r\n" + b"~{" * 500_000,
    "high octets": b"From: " + b"\xe3" * 9_000 + b"\r\n\r\n" + b"\xe3\xe4 \xe5\xe6\xe7" * 300_000,
    "begin": REPLY + b"\r\n" + b"begin 644 a\nM!!!!!\n" * 100_000 + b"end\n",
    "begin without end": REPLY + b"\r\n" + b"begin 644 a\nM!!!!!\n" * 100_000,
    "files in lines": REPLY + b"\r\n" + b"begin 644 a\n#````\n`\nend\n" * 50_000,
    "armour": REPLY + b"\r\n" + b"-----BEGIN PGP MESSAGE----- \t" * 50_000,
    "calendar": b"Content-Type: text/calendar\r\n\r\n" + b'BEGIN:VEVENT\nSUMMARY;a="\n' * 50_000,
    "noise": random.Random(1).randbytes(300_000),
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_soon(name: str) -> None:
    began = time.process_time()
    reading = read(HOSTILE[name], ENVELOPE)
    scan_keys(HOSTILE[name])
    assert time.process_time() - began < 1
    assert "unreadable" not in reading.mail.defects
    _is_harmless(reading)


WORDS = st.sampled_from(
    [
        b"From: ",
        b"To: ",
        b"Subject: ",
        b"Message-ID: ",
        b"Date: ",
        b"Content-Type: ",
        b"\r\n",
        b"\n",
        b"=?utf-8?q?",
        b"=?gb2312?b?",
        b"?=",
        b"multipart/mixed; boundary=",
        b"--b",
        b"--b--",
        b"a@b.de",
        b"<",
        b">",
        b'"',
        b"(",
        b";",
        b"\xff",
        b"\x00",
        b"message/rfc822",
        b"text/html",
        b"\r",
        b" ",
        b"x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=60).map(b"".join))
def test_no_octets_at_all_are_too_broken(raw: bytes) -> None:
    reading = read(raw, ENVELOPE)
    assert "unreadable" not in reading.mail.defects
    _is_harmless(reading)
    scan_keys(raw)


def test_with_headers_only_the_body_is_left_alone() -> None:
    raw = MIXED + b"--x\r\n\r\nabc\r\n--x--"
    reading = read(raw, ENVELOPE, headers_only=True)
    assert (reading.mail.author, reading.mail.text) == ("a@x.example", "")
    assert reading.mail.size == len(raw)


def test_over_a_limit_what_fits_is_read_and_said() -> None:
    parts = b"--x\r\nContent-Type: image/png\r\n\r\nabc\r\n" * 300
    reading = read(MIXED + parts + b"--x--", ENVELOPE)
    assert len(reading.mail.attachments) == limits.ATTACHMENTS
    assert reading.mail.defects == ("too-many-attachments",)


def _is_harmless(reading: Reading) -> None:
    mail = reading.mail
    lines = [mail.subject, mail.message_id, mail.sender.name, mail.sender.address]
    lines += [attachment.name for attachment in mail.attachments]
    for line in lines:
        assert not any(ord(letter) < 32 or letter in "\x7f\x85\u2028\u2029" for letter in line)
    assert len(mail.subject) <= limits.SUBJECT_CHARACTERS
    assert len(mail.text) <= limits.TEXT_CHARACTERS
    assert "\0" not in mail.text
    assert "\r" not in mail.text
    mail.text.encode()  # no lone surrogate would come through
