"""winmail.dat: what Outlook packs into it comes out, and a forged one costs nothing."""

import base64
import random
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.mail import rtf, tnef
from maildesk.mail.attachments import files_of, octets_of
from maildesk.mail.reading import read
from tests.mail import stream
from tests.mail.test_body import ENVELOPE

HELLO = bytes.fromhex(  # MS-OXRTFCP section 4.1.1
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c"
    "090020627705b06c647d0a800fa0"
)
LETTER = stream.attribute(stream.BODY, "Guten Tag, Größe liegt bei.\r\n".encode("cp1252"))
PDF = stream.file(b"%PDF \0\0", b"KURZNA~1.PDF", stream.unicode(0x3707, "Prüfbericht.pdf"))
PNG = stream.file(
    b"\x89PNG", b"bild.png", stream.unicode(0x370E, "image/png"), stream.unicode(0x3712, "bild@1")
)


def mail_with(octets: bytes, text: bytes = b"") -> bytes:
    return (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n"
        + text
        + b"\r\n--x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(octets) + b"\r\n--x--\r\n"
    )


def test_files_are_listed_and_fetched_again_and_the_text_stands_in_for_none() -> None:
    raw = mail_with(stream.tnef(LETTER, PDF, PNG))
    mail = read(raw, ENVELOPE).mail
    assert mail.text == "Guten Tag, Größe liegt bei."
    assert [(each.path, each.name, each.type, each.size) for each in mail.attachments] == [
        ("2!1", "Prüfbericht.pdf", "application/octet-stream", 7),
        ("2!2", "bild.png", "image/png", 4),
    ]
    assert mail.attachments[1].content_id == "bild@1"
    assert octets_of(raw, "2!1") == b"%PDF \0\0"
    assert octets_of(raw, "2!9") is None
    files = files_of(raw, mail.attachments, 1_000)
    assert files
    assert [file.octets for file in files] == [b"%PDF \0\0", b"\x89PNG"]
    assert "winmail" not in str(mail.attachments)
    assert mail.defects == ()


def test_a_mail_with_a_text_keeps_its_own() -> None:
    assert read(mail_with(stream.tnef(LETTER), b"Hallo"), ENVELOPE).mail.text == "Hallo"


TEXTS = [
    # properties                                                       text             why
    ((stream.unicode(0x1000, "Käse"),),                                "Käse",          "Unicode text"),
    ((stream.binary(0x1013, b"<p>A <b>B</b></p>"),),                   "A B",           "HTML where there is no text"),
    ((stream.binary(0x1009, HELLO),),                                  "hello world",   "packed RTF where there is neither"),
    ((stream.unicode(0x1000, "x"), stream.binary(0x1013, b"<p>y")),    "x",             "plain text counts first"),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "text", "why"), TEXTS)
def test_texts(properties: tuple[bytes, ...], text: str, why: str) -> None:
    made = stream.tnef(stream.attribute(stream.BLOCK, stream.block(*properties)))
    assert read(mail_with(made), ENVELOPE).mail.text == text, why


def test_an_embedded_message_gives_its_files_and_its_text_as_a_file() -> None:
    inner = stream.tnef(LETTER, PDF)
    outer = stream.file(
        b"", b"Alte Mail", stream.binary(0x3701, stream.IMESSAGE + inner, kind=0x0D)
    )
    raw = mail_with(stream.tnef(outer), b"siehe Anhang")
    mail = read(raw, ENVELOPE).mail
    assert mail.text == "siehe Anhang"
    assert [(each.path, each.name) for each in mail.attachments] == [
        ("2!1!0", "Alte Mail.txt"),
        ("2!1!1", "Prüfbericht.pdf"),
    ]
    assert octets_of(raw, "2!1!1") == b"%PDF \0\0"
    assert octets_of(raw, "2!1!0") == "Guten Tag, Größe liegt bei.".encode()


def _nested(depth: int) -> bytes:
    made = stream.tnef(PDF)
    for _ in range(depth):
        made = stream.tnef(
            stream.file(b"", b"m", stream.binary(0x3701, stream.IMESSAGE + made, kind=0x0D))
        )
    return made


FORGED = {
    "cut off": stream.tnef(LETTER, PDF)[:-9],
    "no signature": b"\0" * 50,
    "signature alone": tnef.SIGNATURE,
    "four billion properties": stream.tnef(
        stream.attribute(stream.BLOCK, struct.pack("<I", 0xFFFFFFFF))
    ),
    "four billion values": stream.tnef(
        stream.attribute(stream.BLOCK, struct.pack("<IHHI", 1, 0x1003, 0x1000, 0xFFFFFFFF))
    ),
    "four billion strings": stream.tnef(
        stream.attribute(stream.BLOCK, struct.pack("<IHHI", 1, 0x1F, 0x1000, 0xFFFFFFFF))
    ),
    "a million objects": stream.tnef(stream.attribute(stream.BODY, b"x") * 1_000_000),
    "an unknown type": stream.tnef(
        stream.attribute(stream.BLOCK, struct.pack("<IHHI", 1, 0x77, 0x1000, 1))
    ),
    "files without a beginning": stream.tnef(stream.attribute(stream.FILE_BLOCK, b"", 2)),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_stream_stays_an_attachment_and_costs_little(name: str) -> None:
    began = time.process_time()
    mail = read(mail_with(FORGED[name]), ENVELOPE).mail
    assert time.process_time() - began < 1
    assert [each.name for each in mail.attachments] == ["winmail.dat"]
    assert ("tnef-broken" in mail.defects) == (name != "no signature")


def test_nesting_ends_and_what_is_deeper_stays_whole() -> None:
    raw = mail_with(_nested(40))
    mail = read(raw, ENVELOPE).mail
    [left] = mail.attachments
    assert (left.path, left.type) == ("2!1!1!1", "application/ms-tnef")
    assert "too-deep" in mail.defects


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_no_octets_are_too_broken(seed: int, many: int) -> None:
    chance = random.Random(seed)
    made = bytearray(
        stream.tnef(LETTER, PDF, stream.attribute(stream.BLOCK, stream.block(TEXTS[2][0][0])))
    )
    for _ in range(many):
        made[chance.randrange(4, len(made))] = chance.randrange(256)
    mail = read(mail_with(bytes(made)), ENVELOPE).mail
    assert "unreadable" not in mail.defects
    (mail.text + "".join(each.name for each in mail.attachments)).encode()


RICH = [
    # source                                                        words              why
    (rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par Anna}",             "Grüße\nAnna",     "escaped octets and paragraphs"),
    (rb"{\rtf1\ansi\ansicpg1251\uc1 \u1055?\'f0}",                  "Пр",              "Unicode with its stand-in, code page 1251"),
    (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator X}a\{b\}}",       "a{b}",            "font names and hidden groups are no words"),
    (rb"{\rtf1{\*\htmltag64 <p>}\htmlrtf\par\htmlrtf0 Hallo}",      "Hallo",           "wrapped HTML shows its rendering"),
    (rb"{\rtf1 a}}}} b \u-10179?\u9999999999? {{{",                 None,              "unbalanced, half a surrogate: never an exception"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected", "why"), RICH)
def test_rich_text(source: bytes, expected: str | None, why: str) -> None:
    got = rtf.words(source)
    got.encode()
    assert expected is None or got == expected, why


def test_packed_rich_text() -> None:
    assert rtf.unpacked(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    bomb = struct.pack("<IIII", 0, 2**32 - 1, 0x75465A4C, 0) + b"\xff" + b"\x00\x0f" * 500_000
    began = time.process_time()
    assert len(rtf.unpacked(bomb)) <= rtf.OCTETS
    assert time.process_time() - began < 2
