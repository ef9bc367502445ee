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


UU_BODY = b"Hallo\r\nbegin 644 zahlen.txt\r\n*,3(S-#4V-S@Y,```\r\n`\r\nend\r\nGruss\r\n"
MULTI = "From: a@b.example\r\nContent-Type: multipart/{kind}; boundary=x\r\n\r\n"

BODIES = [
    # multipart     parts                                                                       text             files                why
    ("mixed",       ["\r\neins", "Content-Type: text/html\r\n\r\n<p>zwei", "\r\ndrei"],      "eins\n\nzwei\n\ndrei", [],          "inline texts stand in their order"),
    ("alternative", ["\r\n \r\n", "Content-Type: text/html\r\n\r\n<p>nur hier"],             "nur hier",      [],                  "an empty text beside HTML"),
    ("mixed",       ["Content-Type: text/plain; name=a.txt\r\n\r\nder Text"],                 "der Text",      ["a.txt"],           "a named text is the text where there is no other"),
    ("mixed",       ["\r\neins", "Content-Type: text/plain; name=a.txt\r\n\r\nzwei"],         "eins",          ["a.txt"],           "beside a text it is a file"),
    ("mixed",       ["Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx"], "",             ["text.txt"],        "what is declared as a file is no text"),
    ("mixed",       ["Content-Type: application/octet-stream; file=A.EXE\r\n\r\nx"],          "",              ["A.EXE"],           "an old parameter for the name"),
    ("mixed",       ["Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nab \r\ncd"],  "abcd",          [],                  "flowed text without the space (RFC 3676 section 4.1)"),
    ("mixed",       ["Content-Type: message/rfc822\r\n\r\nSubject: ../a:b\r\n\r\ninnen"],     "",              ["a_b.eml"],         "an attached message stays whole, its name is safe"),
    ("mixed",       ["Content-Type: message/rfc822; name=\"../x\r\n y.eml\"\r\n\r\nSubject: a\r\n\r\nx"], "", ["x y.eml"],   "or what it is called, made safe"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "parts", "text", "files", "why"), BODIES)
def test_bodies(kind: str, parts: list[str], text: str, files: list[str], why: str) -> None:
    raw = MULTI.format(kind=kind) + "".join(f"--x\r\n{part}\r\n" for part in parts) + "--x--\r\n"
    mail = read(raw.encode(), ENVELOPE).mail
    assert (mail.text, [each.name for each in mail.attachments]) == (text, files), why


def test_files_in_the_lines_of_a_text_are_files() -> None:
    raw = b"From: a@b.example\r\n\r\n" + UU_BODY
    mail = read(raw, ENVELOPE).mail
    [file] = mail.attachments
    assert mail.text.split() == ["Hallo", "Gruss"]
    assert (file.path, file.name, file.size) == ("!1", "zahlen.txt", 10)
    assert octets_of(raw, "!1") == b"1234567890"


def test_prose_that_begins_and_ends_is_no_file() -> None:
    raw = b"From: a@b.example\r\n\r\nbegin 644 the work\r\nM for me.\r\nend\r\n"
    mail = read(raw, ENVELOPE).mail
    assert (len(mail.attachments), "work" in mail.text) == (0, True)


def test_an_attached_message_is_fetched_octet_by_octet() -> None:
    inner = b"Subject: a\r\nX-Odd:  \xff  \r\n\r\n\xe4\r\n"
    raw = MULTI.format(kind="mixed").encode() + b"--x\r\nContent-Type: message/rfc822\r\n\r\n"
    assert octets_of(raw + inner + b"\r\n--x--", "1") == inner
