"""Who is the author: one plain mailbox, or nobody."""

import pytest

from maildesk.mail import address
from maildesk.mail.header import split

FROM = [
    # From field(s)                                    author                  why
    (b"a@b.example",                                   "a@b.example",          "bare address"),
    (b"Anna Berg <A.Berg@B.Example>",                  "a.berg@b.example",     "compared without regard to case"),
    (b"=?utf-8?q?J=C3=BC?= <a@b.example>",             "a@b.example",          "encoded words stand in the display name"),
    (b'"Berg, Anna" <a@b.example>',                    "a@b.example",          "a quoted comma separates nothing"),
    (b'"\'a@b.example\'" <a@b.example>',               "a@b.example",          "Outlook repeats the address"),
    (b"Anna\r\n <a@b.example>",                        "a@b.example",          "folded"),
    (b"a@b\xc3\xbccher.example",                       "a@xn--bcher-kva.example", "the domain becomes an A-label"),
    (b'"boss@b.example" <mallory@evil.example>',       None,                   "a display name that is another address"),
    (b"anna@b.example <mallory@evil.example>",         None,                   "CVE-2023-27043"),
    (b"anna@b.example(<mallory@evil.example>)",        None,                   "an address in a comment"),
    (b"a@b.example, c@d.example",                      None,                   "two mailboxes"),
    (b"Group: a@b.example;",                           None,                   "a group"),
    (b"<@relay.example:a@b.example>",                  None,                   "a route"),
    (b"<a@b.example",                                  None,                   "not closed"),
    (b"a@b.example>",                                  None,                   "not opened"),
    (b"a@[192.0.2.1]",                                 None,                   "no domain"),
    (b"=?utf-8?q?a=40b.example?=",                     None,                   "an encoded word is no address"),
    (b"a\0@b.example",                                 None,                   "NUL"),
    (b'"a"@b.example',                                 None,                   "a quoted local part is not plain"),
    (b"a@b..example",                                  None,                   "an empty label"),
    (b"a@xn--0.example",                               None,                   "not a valid A-label"),
    (b"a@b.example\r\nfrom: c@d.example",              None,                   "two fields, in any case"),
    (b"a@b.example\rFrom: c@d.example",                None,                   "a bare CR hides a second field from some"),
    (b"a@b.example\r\nFrom : c@d.example",             None,                   "a space before the colon"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "author", "why"), FROM)
def test_author(field: bytes, author: str | None, why: str) -> None:
    head, _ = split(b"From: " + field + b"\r\nTo: x@y.example\r\n\r\nbody", 10_000, [])
    assert address.author(head) == author, why


def test_a_message_without_from_has_no_author() -> None:
    head, _ = split(b"Sender: a@b.example\r\n\r\n", 10_000, [])
    assert address.author(head) is None


SHOWN = [
    # From                                              shown                            why
    (b"=?gb2312?B?1tC5?= =?gb2312?B?+g==?= <a@b.example>", ("中国", "a@b.example"),       "a letter cut in two words"),
    (b"=?utf-8?q?Gr=FC=DFe?= <a@b.example>",            ("Grüße", "a@b.example"),        "a lying label"),
    (b"=?made-up?q?J=C3=BC?= <a@b.example>",            ("Jü", "a@b.example"),           "an unknown label"),
    (b"a@b.example <c@d.example>",                      ("a@b.example", "c@d.example"),  "shown, though not believed"),
    (b"a@b.example (Anna Berg)",                        ("Anna Berg", "a@b.example"),    "the old form, the name in a comment"),
    (b"[???]\r\nFrom: Anna <a@b.example>",             ("Anna", "a@b.example"),         "of two fields the one with an address, though nobody's"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "expected", "why"), SHOWN)
def test_shown_sender(field: bytes, expected: tuple[str, str], why: str) -> None:
    head, _ = split(b"From: " + field + b"\r\n\r\n", 10_000, [])
    sender = address.shown(head, []).sender
    assert (sender.name, sender.address) == expected, why
