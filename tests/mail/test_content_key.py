"""One mail has one key, whichever way it came; two mails have two."""

import base64
import quopri
from datetime import UTC, datetime

import pytest

from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 3, 3, tzinfo=UTC)
TEXT = "Größe prüfen.\n\nGruß\n"
HEAD = (
    b"From: Anna <anna@kunde.example>\nTo: support@desk.example\nSubject: Gr=??\n"
    b"Message-ID: <m1@kunde.example>\nDate: Tue, 3 Mar 2026 10:00:00 +0100\n"
)


def _key(head: bytes, encoding: bytes, body: bytes, ends: bytes = b"\r\n") -> str:
    raw = head + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
    raw = (raw + encoding + b"\n\n" + body).replace(b"\n", ends)
    return read(raw, Envelope("", (), "imap", NOW)).mail.content_key


ORIGINAL = _key(HEAD, b"8bit", TEXT.encode())

SAME = [
    # head                                         encoding             body                            ends
    (HEAD,                                         b"8bit",             TEXT.encode(),                  b"\n"),
    (HEAD,                                         b"quoted-printable", quopri.encodestring(TEXT.encode()), b"\r\n"),
    (HEAD,                                         b"base64",           base64.encodebytes(TEXT.encode()), b"\r\n"),
    (b"Received: by mx2\nX-Spam: no\n" + HEAD,     b"8bit",             TEXT.encode(),                  b"\r\n"),
    (b"List-Id: <x>\nDKIM-Signature: x\n" + HEAD,  b"8bit",             TEXT.encode() + b"\n",          b"\r\n"),
    (HEAD.replace(b"Mar 2026", b"Mar\n 2026"),     b"8bit",             TEXT.encode(),                  b"\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "encoding", "body", "ends"), SAME)
def test_transport_makes_no_other_mail(
    head: bytes, encoding: bytes, body: bytes, ends: bytes
) -> None:
    assert _key(head, encoding, body, ends) == ORIGINAL


OTHER = [
    (b"m1@", b"m2@"),
    (b"Subject: Gr", b"Subject: gr"),
    (b"anna@", b"bert@"),
    (b"10:00:00", b"10:00:01"),
    (b"To: support", b"Cc: support"),
]


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_what_the_writer_wrote_makes_another_mail(old: bytes, new: bytes) -> None:
    assert _key(HEAD.replace(old, new), b"8bit", TEXT.encode()) != ORIGINAL


def test_another_text_makes_another_mail() -> None:
    assert _key(HEAD, b"8bit", TEXT.encode() + b"PS") != ORIGINAL
