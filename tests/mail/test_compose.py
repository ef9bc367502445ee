"""Letters become bytes that the standard library's parser reads back as they were meant."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maildesk.mail.compose import REFERENCES_MAX, check, to_bytes
from maildesk.mail.letter import Letter, Words
from maildesk.mail.message import Address
from maildesk.mail.safe import header_value, stranger_subject
from maildesk.mail.to_html import html_of

TEXT = (
    "Guten Tag,\n\nvielen Dank, Ihr Anliegen ist angekommen.\nIhre Ticketnummer ist DD-10429.\n\n"
    "Art: Normales Ticket. Störungen im laufenden Betrieb gehen vor, alles andere geht\n"
    "  der Reihe nach.\nPreis: 95,00 € pro Stunde\n\n- eins\n- zwei\n\n> Hallo\n> > alt\n\n"
    "From mir.\n.\n..\n-- \nAgentur, https://agentur.example/impressum.\n"
)
LETTER = Letter(
    sender=Address("Support", "support@agentur.example"),
    to=Address("Maria Muster", "maria@kunde.example"),
    words=Words("[DD-10429] Warenkorb leer", TEXT),
    message_id="mid.aa.token.mac@agentur.example",
    date=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    language="de",
    reply_to="support+ca.7.b.kq.abcdefghijklmnopqrstuvwxyz@agentur.example",
    in_reply_to="frage@kunde.example",
    references=("erste@kunde.example", "zweite@kunde.example"),
    auto="auto-replied",
)
FIELDS = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
    "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip


def _read(raw):
    mail = message_from_bytes(raw, policy=policy.default)
    assert not mail.defects
    assert all(not part.defects for part in mail.walk())
    return mail


def _text(mail, kind="plain"):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def _name(raw, field):
    # The new policy of 3.11 keeps the blank between two encoded words of a name, against
    # RFC 2047 section 6.2; the old one does not.
    name, _ = parseaddr(message_from_bytes(raw, policy=policy.compat32)[field])
    return str(make_header(decode_header(name)))


def _assert_clean(raw):
    head = raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", raw)
    assert raw.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    for word in re.findall(rb"=\?\S+", head):
        assert len(word) <= 75
        assert word.endswith((b"?=", b"?=\x22"))
    assert [line.split(b":")[0].decode() for line in re.split(rb"\r\n(?! )", head)] == FIELDS


def test_a_letter_is_read_back_as_it_was_written():
    raw = to_bytes(LETTER)
    _assert_clean(raw)
    mail = _read(raw)
    assert mail["Subject"] == LETTER.words.subject
    assert str(mail["From"]) == "Support <support@agentur.example>"
    assert str(mail["To"]) == "Maria Muster <maria@kunde.example>"
    assert mail["Reply-To"] == LETTER.reply_to
    assert mail["Message-ID"] == f"<{LETTER.message_id}>"
    assert mail["In-Reply-To"] == "<frage@kunde.example>"
    assert mail["References"].split() == [
        "<erste@kunde.example>", "<zweite@kunde.example>", "<frage@kunde.example>",
    ]  # fmt: skip
    assert mail["Date"].datetime == LETTER.date
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Content-Language"] == "de"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert _text(mail) == TEXT
    assert to_bytes(LETTER) == raw


def test_words_of_a_person_are_not_marked_as_automatic():
    mail = _read(to_bytes(replace(LETTER, auto="", reply_to="", in_reply_to="", references=())))
    for field in ("Auto-Submitted", "X-Auto-Response-Suppress", "Reply-To", "References"):
        assert mail[field] is None


def test_plain_ascii_stays_readable_as_7bit():
    raw = to_bytes(replace(LETTER, words=Words("Hello", "Dear all,\n\nAll is well.\n")))
    assert (
        b"Content-Transfer-Encoding: 7bit\r\n\r\nDear all,\r\n\r\nAll is well.\r\n\r\n--=_" in raw
    )
    told = "--=_" + raw.partition(b'boundary="=_')[2][:24].decode() + "\nx\n"
    assert _text(_read(to_bytes(replace(LETTER, words=Words("Hello", told))))) == told


INJECTIONS = [
    # value                                      what is left                      why
    ("a\r\nBcc: x@evil.example",                 "a Bcc: x@evil.example",           "CR LF"),
    ("a\nBcc: x@evil.example",                   "a Bcc: x@evil.example",           "bare LF"),
    ("a\rBcc: x@evil.example",                   "a Bcc: x@evil.example",           "bare CR"),
    ("a\u2028Bcc: x\u2029y\x85z",                "a Bcc: x y z",                    "line ends of Unicode"),
    ("a\x0b\x0c\x1c\x1d\x1eb",                   "a b",                             "what splitlines() breaks at"),
    ("a\0b\x7fc\x9bd",                           "a b c d",                         "NUL and other controls"),
    ("=?utf-8?q?a=0D=0ABcc:_x?=",                "=?utf-8?q?a=0D=0ABcc:_x?=",       "encoded: stays what it is, letter by letter"),
    ("=?utf-8?b?4pyT?=",                         "=?utf-8?b?4pyT?=",                "never decoded a second time"),
    ("a \u202eexe.fdp\u2066 b\u200b\ufeffc",     "a exe.fdp bc",                    "direction and invisible characters"),
    ("a\ud800b",                                 "a b",                             "half a surrogate pair"),
    ("  a \t\u00a0\u3000 b  ",                   "a b",                             "spaces"),
    ("\r\n\r\n",                                 "",                                "nothing left"),
    ('Muster, "Maria" <m@x.example>\\',          'Muster, "Maria" <m@x.example>\\', "specials of RFC 5322"),
    ("Müller; Ännchen: <x>,",                    "Müller; Ännchen: <x>,",           "specials in encoded words"),
    ("👩‍👩‍👧 日本語のとても長い件名です " * 3,            ("👩‍👩‍👧 日本語のとても長い件名です " * 3).strip(), "many octets a character"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "left", "why"), INJECTIONS)
def test_no_value_adds_a_header(value, left, why):
    assert header_value(value, 200) == left, why
    letter = replace(
        LETTER,
        words=Words(value, TEXT),
        to=Address(value, "maria@kunde.example"),
        sender=Address(value, "support@agentur.example"),
    )
    raw = to_bytes(letter)
    _assert_clean(raw)
    mail = _read(raw)
    assert mail["Subject"] == left, why
    for field in ("To", "From"):
        assert [a.addr_spec for a in mail[field].addresses] == [
            {"To": "maria@kunde.example", "From": "support@agentur.example"}[field]
        ], why
        assert _name(raw, field) == header_value(left, 100), why


REFUSED = [
    # what is wrong
    {"to": Address("", "a@b.example, c@d.example")},
    {"to": Address("", "a@b.example\r\nBcc: c@d.example")},
    {"to": Address("", "a@b@c.example")},
    {"to": Address("", "ännchen@b.example")},
    {"to": Address("", "")},
    {"reply_to": "a@b.example\nX: y"},
    {"message_id": "a b@c"},
    {"message_id": "a>\r\nBcc: x@y"},
    {"language": "de\r\nBcc: x"},
    {"auto": "auto-replied\r\nBcc: x"},
    {"date": datetime(2026, 11, 23)},
]


@pytest.mark.parametrize("wrong", REFUSED, ids=str)
def test_what_cannot_be_a_header_is_refused(wrong):
    with pytest.raises(ValueError):
        to_bytes(replace(LETTER, **wrong))


def test_foreign_message_ids_thread_or_are_left_out():
    many = tuple(f"{number:04}.{'x' * 40}@kunde.example" for number in range(100))
    bad = ("a b", "a\r\nBcc: x", "<<", "ü@x", "", "y" * 500)
    mail = _read(to_bytes(replace(LETTER, references=(*many, *bad), in_reply_to="a>\r\nBcc: x")))
    kept = mail["References"].split()
    assert kept[0] == f"<{many[0]}>"
    assert kept[1:] == [f"<{mid}>" for mid in many[-len(kept) + 1 :]]
    assert len(" ".join(kept)) <= REFERENCES_MAX
    assert len(kept) > 10
    assert mail["In-Reply-To"] is None
    assert mail["Bcc"] is None


RAW = to_bytes(LETTER)
DIRTY = [
    # bytes                                                        why
    (RAW.replace(b"\r\n\r\n", b"\n\r\n", 1),                       "bare LF"),
    (RAW + b"\r",                                                  "bare CR"),
    (RAW + b"\0\r\n",                                              "NUL"),
    (RAW.replace(b"Subject: ", b"Subject: \xc3\xa4", 1),           "8 bit in a header"),
    (RAW.replace(b"Subject:", b"Bcc: x@y.example\r\nSubject:", 1), "a header of somebody else"),
    (RAW.replace(b"Subject:", b"To: x@y.example\r\nSubject:", 1),  "a header twice"),
    (RAW.replace(b"Subject:", b"no header\r\nSubject:", 1),        "no header at all"),
    (re.sub(rb"Date: .*?\r\n", b"", RAW),                          "a header is missing"),
    (RAW.replace(b"<maria@", b"x@y.example, <maria@", 1),          "two recipients"),
    (RAW.replace(b"<maria@", b"g: <maria@", 1),                    "a group"),
    (RAW + b"x" * 999 + b"\r\n",                                   "a line of 999 octets"),
    (b"From: a@b\r\n",                                             "no body"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "why"), DIRTY, ids=[why for _, why in DIRTY])
def test_dirty_bytes_never_reach_the_outbox(raw, why):
    check(RAW)
    with pytest.raises(ValueError):
        check(raw)


@given(st.lists(st.integers(0, 1100) | st.sampled_from((996, 997, 998, 999)), max_size=12),
       st.booleans())  # fmt: skip
def test_only_lines_over_998_octets_are_too_long(lengths, ended):
    raw = RAW + b"\r\n".join(b"x" * length for length in lengths) + b"\r\n" * ended
    if max(lengths, default=0) > 998:
        with pytest.raises(ValueError, match="longer than 998"):
            check(raw)
    else:
        check(raw)


ANY = st.text(st.characters() | st.sampled_from('\r\n\0\u2028=?"\\<>@,;: ä€'), max_size=300)


@settings(max_examples=300, deadline=None)
@given(subject=ANY, name=ANY, text=ANY)
def test_any_unicode_yields_clean_bytes(subject, name, text):
    to = Address(name, "maria@kunde.example")
    raw = to_bytes(replace(LETTER, words=Words(subject, text), to=to))
    _assert_clean(raw)
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == header_value(subject, 220)
    assert [a.addr_spec for a in mail["To"].addresses] == ["maria@kunde.example"]
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", expected)
    assert _text(mail) == (expected if expected.endswith("\n") else expected + "\n")


class _Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.said = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "background")]

    def handle_data(self, data):
        self.said.append(data)


def _seen(html):
    seen = _Seen()
    seen.feed(html)
    return seen


def test_the_html_shows_the_structure_of_the_text():
    html = html_of(TEXT, "de", "Titel")
    assert '<p style="margin:0 0 14px">vielen Dank, Ihr Anliegen ist angekommen.<br>\nIhre' in html
    assert "gehen vor, alles andere geht der Reihe nach.</td></tr>" in html
    assert html.count("<tr>") == 2
    assert html.count("<li>") == 2
    assert html.count("<blockquote") == html.count("</blockquote>") == 2
    assert (
        '<a href="https://agentur.example/impressum">https://agentur.example/impressum</a>.' in html
    )


SLY = [
    # text                                                  links
    ("<script>alert(1)</script><img src=https://x.example/>", ["https://x.example/"]),
    ("javascript:alert(1) data:text/html,x",                []),
    ('https://a.example/"onclick="x',                       ["https://a.example/"]),
    ("(siehe https://a.example/b?c=d&e=f).",                ["https://a.example/b?c=d&e=f"]),
    ("schreib an maria@kunde.example, bitte",               ["mailto:maria@kunde.example"]),
    ("> https://a.example/wiki_(x)",                        ["https://a.example/wiki_(x)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "links"), SLY)
def test_html_holds_no_tag_of_a_stranger(text, links):
    seen = _seen(html_of(text, "de"))
    assert seen.links == links
    assert set(seen.tags) <= {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "div",
        "p",
        "a",
        "blockquote",
    }
    assert "".join(text.removeprefix("> ").split()) == "".join("".join(seen.said).split())


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab> -:\n<&\"'@./h"), max_size=400))
def test_html_says_every_word_of_the_text(text):
    words = sorted("".join(re.sub(r"[>\s-]|(?<=\w):", "", text)))
    said = "".join(_seen(html_of(text, "de")).said)
    assert sorted("".join(re.sub(r"[>\s-]|(?<=\w):", "", said))) == words


STRANGERS = [
    # subject                                        what may be repeated           why
    ("Druckerproblem im Büro",                       "Druckerproblem im Büro",       "plain words stay"),
    ("Jetzt auf https://evil.example/x klicken",     "Jetzt auf klicken",            "a link"),
    ("Gewinn:evil.example!",                         "",                             "a domain, glued"),
    ("Besuche www.evil",                             "Besuche",                      "www"),
    ("ruf a@b an: evil@x.example",                   "ruf an:",                      "addresses"),
    ("evil\uff0eexample und evil\u3002example",      "und",                          "full stops of IDNA"),
    ("ev\u200bil.exa\u00admple x",                   "x",                            "invisible characters"),
    ("ｗｗｗ．ｅｖｉｌ．ｅｘａｍｐｌｅ ok",                  "ok",                           "full width"),
    ("купить на сайт.рф сейчас",                     "купить на сейчас",             "IDN"),
    ("gehe zu 203.0.113.7/x oder [2001:db8::1]",     "gehe zu oder [2001:db8::1]",   "IPv4; a bare IPv6 is no link"),
    ("Version 2.5.1 kostet z.B. 1.000,50 €",         "Version 2.5.1 kostet z.B. 1.000,50 €", "dots that are no names"),
    ("a\r\nBcc: x",                                  "a Bcc: x",                     "line ends"),
    ("wort " * 40,                                   ("wort " * 40)[:79] + "…",      "80 characters"),
    ("",                                             "",                             "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "left", "why"), STRANGERS)
def test_what_of_a_strangers_subject_is_repeated(subject, left, why):
    assert stranger_subject(subject) == left, why
    assert len(stranger_subject(subject)) <= 80
    assert stranger_subject(stranger_subject(subject)) == stranger_subject(subject)


def test_a_header_value_has_a_limit():
    assert header_value("abcdef", 6) == "abcdef"
    assert header_value("abcdefg", 6) == "abcde…"
    with pytest.raises(ValueError):
        header_value("a", 0)


def test_composing_is_quick_and_linear():
    begin = time.thread_time()
    for _ in range(200):
        to_bytes(LETTER)
    assert (time.thread_time() - begin) / 200 < 0.002  # 0.15 ms is usual; a busy machine is not
    begin = time.thread_time()
    for text in (
        "a@" * 50_000,
        "> " * 50_000,
        "https://" * 12_000,
        "x.y@" + "a." * 50_000,
        "A: " * 30_000,
    ):
        to_bytes(replace(LETTER, words=Words("x", text)))
    assert time.thread_time() - begin < 5
