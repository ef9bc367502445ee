"""The ladder of charsets, over octets that real programs send with true, false and no labels."""

import time

import pytest

from maildesk.mail import charset, guess
from maildesk.mail.corpus_form import as_dict
from maildesk.mail.reading import read
from tests.mail.test_body import ENVELOPE

RU = "Здравствуйте, я не могу войти в личный кабинет.\n"
JA = "ログインできません。よろしくお願いします。\n"
ZH = "您好，我无法登录我的帐户，请帮忙。谢谢。\n"

LADDER = [
    # declared               octets                             text        defect             why
    ("us-ascii",             b"\x80 5,-",                       "€ 5,-",    "charset-wrong",   "ASCII is said, windows-1252 meant"),
    ("iso-8859-9",           b"\x80 \xfe",                      "€ ş",      None,              "windows-1254 under the smaller name"),
    ("tis-620",              b"\x80 \xa1",                      "€ ก",      None,              "windows-874 under the smaller name"),
    ("euc-kr",               "똠".encode("cp949"),              "똠",       None,              "a syllable that only the superset has"),
    ("Shift_JIS",            "①㈱".encode("cp932"),             "①㈱",      None,              "letters of NEC"),
    ("euc-jp",               b"\xad\xa1",                       "①",        "charset-wrong",   "letters of NEC in EUC"),
    ("windows-949",          "똠".encode("cp949"),              "똠",       None,              "a name that only Windows knows"),
    ("iso-2022-jp",          b"\x1b$B-!-j\x1b(B!",              "①㈱!",     None,              "CP50221: rows that the standard leaves empty"),
    ("iso-2022-jp",          b"\x1b$B'(\x1b(B41",               "Ж41",      None,              "Cyrillic out of the Japanese set"),
    ("iso-2022-jp",          JA.encode("cp932"),                JA,         "charset-wrong",   "8-bit under a 7-bit name: Shift_JIS"),
    ("iso-2022-jp",          JA.encode("euc_jp"),               JA,         "charset-wrong",   "8-bit under a 7-bit name: EUC"),
    ("iso-2022-jp",          b"caf\xe9 noir",                   "café noir", "charset-wrong",  "one accent makes no Japanese"),
    ("unicode-1-1-utf-7",    b"Gr+APwA3w-e",                    "Grüße",    None,              "the old name of UTF-7"),
    ("uft-8",                "Größe".encode(),                  "Größe",    None,              "misspelt, but meant"),
    ("iso-utf-8",            "Größe".encode(),                  "Größe",    None,              "the same"),
    ("utf-8-mac",            "Größe".encode(),                  "Größe",    None,              "a kind of UTF-8"),
    ("utf-16",               b"plain words",                    "plain words", None,           "8-bit under the name of UTF-16"),
    ("utf-8",                RU.encode("koi8-r"),               RU,         "charset-wrong",   "declared UTF-8 that is not: detection"),
    ("",                     RU.encode("cp1251"),               RU,         "charset-missing", "no label: detection"),
    ("",                     JA.encode("cp932"),                JA,         "charset-missing", "no label: detection"),
    ("",                     ZH.encode("gb18030"),              ZH,         "charset-missing", "no label: detection"),
    ("",                     "Größe für Käthe".encode("cp1252"), "Größe für Käthe", "charset-missing", "Latin is never guessed at"),
    ("",                     "où êtes-vous, élève".encode("cp1252"), "où êtes-vous, élève", "charset-missing", "the same in French"),
    ("",                     JA.encode("iso-2022-jp"),          JA,         "charset-missing", "7-bit, known by its escapes"),
    ("us-ascii",             JA.encode("iso-2022-jp"),          JA,         "charset-wrong",   "the escapes count more than ASCII"),
    ("",                     "안녕".encode("iso2022_kr"),       "안녕",     "charset-missing", "the same in Korean"),
    ("",                     b"~{<:Ky2;S{~}"  ,                 "己所不欲", "charset-missing", "HZ is known by its braces"),
    ("us-ascii",             b"a~{b}c ~{1,2}",                  "a~{b}c ~{1,2}", None,         "a regular expression is no HZ"),
    ("",                     b"a ~ b + c \x1b[1m",              "a ~ b + c \x1b[1m", None,     "an escape of a terminal is no charset"),
]  # fmt: skip


@pytest.mark.parametrize(("label", "octets", "text", "defect", "why"), LADDER)
def test_ladder(label: str, octets: bytes, text: str, defect: str | None, why: str) -> None:
    defects: list[str] = []
    got = charset.decode(octets, label, defects)
    assert got == text, why
    assert defects == ([defect] if defect else []), why


def test_well_declared_octets_are_never_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(octets: bytes) -> str:
        raise AssertionError(octets)

    monkeypatch.setattr(guess, "codec", refuse)
    for label, octets, *_ in LADDER[:5]:
        if label != "us-ascii":
            charset.decode(octets, label, [])


def test_a_guess_costs_little_however_long_the_text() -> None:
    guess.codec(RU.encode("cp1251"))  # the library is loaded
    began = time.process_time()
    assert guess.codec(RU.encode("cp1251") * 20_000) == "cp1251"
    assert guess.codec(b"a\xe4\xf6\xfc" * 500_000) == ""
    assert time.process_time() - began < 0.2


HEADERS = [
    # raw subject                                   content-type                          subject       why
    ("ツール".encode("cp932"),                       "text/plain; charset=iso-2022-jp",    "ツール",      "the header is in the charset of the text"),
    ("Störung".encode("cp1252"),                    "text/plain; charset=utf-8",          "Störung",    "or in none that is declared"),
    ("Żółw łódź".encode("iso8859-2"),               "text/plain; charset=iso-8859-2",     "Żółw łódź",  "declared for the text alone"),
    ("Störung".encode(),                            "text/plain; charset=iso-8859-1",     "Störung",    "UTF-8 is UTF-8 (RFC 6532)"),
    (b"\x1b$B%D!<%k\x1b(B",                         "text/plain",                         "ツール",      "raw 7-bit Japanese"),
    (b"=?ISO-2022-JP?B?g2OBW4OL?=",                 "text/plain",                         "ツール",      "Shift_JIS in a word that says otherwise"),
    (b"=?utf-8?B?5bel?==?utf-8?B?5Q==?= =?utf-8?B?hbc=?=", "text/plain",                  "工具",       "a letter cut between two words, no space between others"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kind", "subject", "why"), HEADERS)
def test_raw_headers(raw: bytes, kind: str, subject: str, why: str) -> None:
    mail = read(
        b"From: " + raw + b" <a@b.example>\r\nSubject: " + raw + b"\r\nContent-Type: "
        + kind.encode() + b"\r\n\r\nx\r\n",
        ENVELOPE,
    ).mail  # fmt: skip
    assert (mail.subject, mail.sender.name) == (subject, subject), why


def test_an_undeclared_header_follows_the_charset_that_its_text_was_found_to_be_in() -> None:
    raw = b"From: a@b.example\r\nSubject: " + "Привет".encode("koi8-r") + b"\r\n\r\n"
    assert read(raw + RU.encode("koi8-r"), ENVELOPE).mail.subject == "Привет"


def test_nothing_reaches_the_database_that_it_cannot_hold() -> None:
    raw = b"Subject: a\0b\r\nContent-Type: text/plain; charset=utf-7\r\n\r\na\0b +2AA- +3AA- c"
    mail = read(raw, ENVELOPE).mail
    (mail.text + mail.subject).encode()
    assert "\0" not in mail.text + mail.subject


@pytest.mark.parametrize("domain", ["bücher.example", "xn--bcher-kva.example"])
def test_a_printed_reading_shows_domains_in_letters(domain: str) -> None:
    reading = read(f"From: a@{domain}\r\n\r\n".encode(), ENVELOPE)
    assert reading.mail.sender.address == "a@xn--bcher-kva.example"  # what is compared
    assert as_dict(reading)["from"]["address"] == "a@bücher.example"  # what people read
