"""Text and attachments as they come out of parts and charsets."""

from datetime import UTC, datetime

import pytest

from maildesk.mail.attachments import octets_of, safe_name
from maildesk.mail.body import unflow
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope

ENVELOPE = Envelope("", (), "file", datetime(2026, 3, 3, tzinfo=UTC))

CHARSETS = [
    # declared               octets                         text          why
    ("iso-8859-1",           b"\x80 und \x93so\x94",         "€ und “so”", "windows-1252 under the smaller name"),
    ("gb2312",               "镕".encode("gb18030"),          "镕",          "a letter that only the superset has"),
    ("ks_c_5601-1987",       "똠".encode("cp949"),            "똠",          "the same for Korean"),
    ("iso-2022-jp",          b"\x1b(I1\x1b(B",               "ｱ",          "7-bit, and more than the standard set"),
    ("utf-8",                "Größe".encode("cp1252"),       "Größe",       "a lying label"),
    ("x-unknown",            "Größe".encode(),               "Größe",       "an unknown label"),
    ("",                     "Größe".encode("cp1252"),       "Größe",       "no label"),
    ("rot13",                b"abc\xc3\xbc",                 "abcü",        "a codec that is no charset"),
    ("utf-16",               "Größe".encode("utf-16"),       "Größe",       "two octets a letter"),
    ("utf-8\0",              "Größe".encode(),               "Größe",       "NUL in the label"),
    ("utf-8",                b"a\0b\xed\xa0\x80c\x1b[2J",    None,          "NUL, surrogate, escape"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "octets", "text", "why"), CHARSETS)
def test_charsets(declared: str, octets: bytes, text: str | None, why: str) -> None:
    head = f'From: a@b.example\r\nContent-Type: text/plain; charset="{declared}"\r\n\r\n'
    got = read(head.encode() + octets, ENVELOPE).mail.text
    if text is None:
        assert not {"\0", "\x1b", "\ud800"} & set(got), why
    else:
        assert got == text, why


def test_flowed_text_is_joined_but_not_across_quotes_and_signatures() -> None:
    text = "Ein langer \nSatz.\n> alt \n> er Text\nneu \n-- \nAnna"
    assert unflow(text, False) == "Ein langer Satz.\n> alt er Text\nneu \n-- \nAnna"
    assert unflow("ab \ncd", True) == "abcd"


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\temp\\Rechnung.pdf", "Rechnung.pdf"),
    ("\u200b.htaccess", "htaccess"),
    ("exe\u202efdp.pdf", "exefdp.pdf"),
    ("a\r\nb\0.pdf", "a b .pdf"),
    ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ("...", ""),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_file_names_are_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_an_attachment_is_found_again_by_its_path() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n\r\n"
        b"text\r\n--x\r\nContent-Type: multipart/mixed; boundary=xy\r\n\r\n--xy\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--xy--\r\n--x--\r\nepilogue"
    )
    mail = read(raw, ENVELOPE).mail
    [found] = mail.attachments
    assert (mail.text, found.path, found.name, found.size) == ("text", "2.1", "attachment.png", 3)
    assert octets_of(raw, found.path) == b"\0\1\2"
    assert octets_of(raw, "9") is None
