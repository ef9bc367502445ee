"""Proof B: real signatures by an agent's domain, and what is none though dkimpy would take it."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from maildesk.desk.dkim_check import check, is_aligned
from maildesk.desk.dns_keys import DnsTrouble, Keys
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from tests.desk.dkim_keys import FIELDS, Ed25519, rsa_key, signed
from tests.desk.office import LENA, START, SUPPORT, mail

NAME = "s1._domainkey.agency.example"
ED = Ed25519()
DNS = {
    NAME: rsa_key()[1],
    "s1._domainkey.example": rsa_key()[1],
    "s1._domainkey.evil.example": rsa_key()[1],
    "s1._domainkey.mail.agency.example": rsa_key()[1],
    "ed._domainkey.agency.example": ED.record,
    "small._domainkey.agency.example": rsa_key(1024)[1],
    "other._domainkey.agency.example": rsa_key(1024)[1],
    "revoked._domainkey.agency.example": b"v=DKIM1; k=rsa; p=",
    "testing._domainkey.agency.example": rsa_key()[1] + b"; t=y",
    "exact._domainkey.agency.example": rsa_key()[1] + b"; t=s",
    "web._domainkey.agency.example": rsa_key()[1] + b"; s=tlsrpt",
    "sha1._domainkey.agency.example": rsa_key()[1] + b"; h=sha1",
    "broken._domainkey.agency.example": b"v=DKIM1; p=%%%",
    "words._domainkey.agency.example": b"hello",
}


def dns(name: str, seconds: float) -> bytes | None:
    assert 0 < seconds <= 3
    return DNS.get(name)


def lenas(text: str = "Text.", sender: str = LENA, **more: str) -> bytes:
    return mail(sender, "#zu +25m", text, message_id="1@agency.example", **more)


def checked(raw: bytes, lookup: Callable[[str, float], bytes | None] = dns) -> tuple[bool, str]:
    reading = read(raw, Envelope("", (), "smtp", START))
    found = check(raw, reading.mail, START, {SUPPORT}, lookup)
    return found.holds, found.why


def added(raw: bytes, field: str) -> bytes:
    return field.encode() + b"\r\n" + raw


SUBDOMAIN = "Lena <lena@mail.agency.example>"
MORE = ("in-reply-to", "references")
HELD = [
    # mail, why
    (lambda: signed(lenas()), "signed by her domain"),
    (lambda: signed(lenas(), canon="simple/simple"), "without any freedom"),
    (lambda: signed(lenas("\tA  b \n\n\n")), "blanks and empty lines"),
    (lambda: signed(lenas(), fields=FIELDS * 2), "oversigned"),
    (lambda: signed(lenas(), key=ED, selector="ed"), "Ed25519"),
    (lambda: signed(lenas(), key=rsa_key(1024)[0], selector="small"), "a short key"),
    (lambda: signed(lenas(sender=SUBDOMAIN)), "the domain above"),
    (lambda: signed(lenas(sender=SUBDOMAIN), "mail.agency.example"), "the very domain"),
    (lambda: signed(lenas(), "Agency.Example"), "in capitals"),
    (lambda: signed(lenas(), i="@mail.agency.example"), "for a subdomain of it"),
    (lambda: signed(lenas(), t=str(int(START.timestamp())), x=str(int(START.timestamp()) + 9)), "in time"),
    (lambda: signed(lenas(to="x@y.example", Cc=f"Us <{SUPPORT}>"), fields=(*FIELDS, "cc")), "a signed Cc"),
    (lambda: signed(lenas(to="support+abc@desk.example")), "to a plus address"),
    (lambda: signed(lenas(Date="Fri, 20 Nov 2026 11:00:00 +0100")), "71 hours old"),
    (lambda: signed(lenas(In_Reply_To="<a@b>", References="<a@b>"), fields=FIELDS + MORE), "an answer"),
    (lambda: signed(signed(lenas()), "evil.example"), "the second of two"),
    (lambda: signed(signed(lenas()), l="3"), "the second of two by the same domain"),
    (lambda: signed(signed(lenas()), selector="broken"), "the other key is broken"),
    (lambda: added(signed(lenas()), "Received: by x; y\r\nX-Spam: no"), "with trace fields on top"),
    (lambda: signed(lenas()).replace(b"\r\n", b"\n"), "as a mailbox with LF gives it"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "why"), HELD, ids=[row[1] for row in HELD])
def test_a_signature_by_his_domain_holds(make: Callable[[], bytes], why: str) -> None:
    assert checked(make())[0], (why, checked(make()))


def test_a_short_key_is_named() -> None:
    weak = signed(lenas(), key=rsa_key(1024)[0], selector="small")
    assert checked(weak)[1] == "signed by agency.example, whose key has only 1024 bits"
    assert checked(signed(lenas()))[1] == "signed by agency.example"


def without(field: str) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if name != field)


SECOND = {"from": "no single author", "date": "no date"}
PAST, AHEAD = (str(int((START + timedelta(hours=h)).timestamp())) for h in (-1, 2))
REFUSED = [
    # mail, the reason, why
    (lambda: lenas(), "no signature", "not signed at all"),
    (lambda: signed(lenas(), "evil.example"), "no signature is by agency.example", "by another domain"),
    (lambda: signed(lenas(), "mail.agency.example"), "no signature is by", "by one below"),
    (lambda: signed(lenas(), "example"), "no signature is by", "by the top of all"),
    (lambda: signed(lenas(), "ency.example"), "no signature is by", "by one that ends like it"),
    (lambda: signed(lenas(), l="3"), "(l=)", "of the beginning of the body"),
    (lambda: signed(lenas(), l="7") + b"#more\r\n", "(l=)", "and something was added"),
    (lambda: signed(lenas()) + b"#more\r\n", "body hash mismatch", "something was added"),
    (lambda: signed(lenas()).replace(b"#zu +25m", b"#zu +95m"), "match", "the subject was changed"),
    *[(lambda field=field: signed(lenas(), fields=without(field)), f"{field} is not signed", f"{field} is not signed")
      for field in FIELDS if field != "from"],
    *[(lambda field=field: added(signed(lenas()), f"{field.title()}: {LENA}"), SECOND.get(field, "2 times"), f"a second {field} was added")
      for field in FIELDS],
    (lambda: signed(lenas().replace(b"\r\n", b"\r\nSubject: a\r\n", 1)), "subject stands there 2 times", "the second stood there, and one is signed"),
    (lambda: signed(lenas(MIME_Version="1.0", Content_Type="text/plain")).replace(b"MIME-", b"Content-Type: text/html\r\nMIME-", 1), "content-type stands there 2 times", "another kind of body on top"),
    (lambda: added(signed(lenas()), "In-Reply-To: <other@ticket>"), "in-reply-to is not signed", "led to another ticket"),
    (lambda: added(signed(lenas(to="x@y.example")), f"Cc: {SUPPORT}"), "no address of ours", "redirected to us by a Cc that is not signed"),
    (lambda: signed(lenas(to="x@y.example")), "no address of ours", "written to somebody else"),
    (lambda: signed(lenas(), x=PAST), "expired", "expired"),
    (lambda: signed(lenas(), t=AHEAD), "future", "signed tomorrow"),
    (lambda: signed(lenas(), x="soon"), "no time", "a time that is none"),
    (lambda: signed(lenas(Date="Thu, 19 Nov 2026 10:00:00 +0100")), "72 hours", "4 days old"),
    (lambda: signed(lenas(Date="Fri, 27 Nov 2026 10:00:00 +0100")), "72 hours", "from 4 days ahead"),
    (lambda: signed(lenas(), algorithm="rsa-sha1"), "not safe", "with SHA-1"),
    (lambda: signed(lenas(), selector="none"), "there is no key", "no such key"),
    (lambda: signed(lenas(), selector="revoked"), "revoked", "a key that was revoked"),
    (lambda: signed(lenas(), selector="testing"), "testing", "a key for testing"),
    (lambda: signed(lenas(), selector="web"), "not for such", "a key for reports"),
    (lambda: signed(lenas(), selector="sha1"), "not for such", "a key for SHA-1"),
    (lambda: signed(lenas(), selector="exact", i="@mail.agency.example"), "subdomains", "a key that is not for subdomains"),
    (lambda: signed(lenas(), selector="ed"), "another kind", "a key of another kind"),
    (lambda: signed(lenas(), selector="other"), "match", "another key"),
    (lambda: signed(lenas(), selector="broken"), "cannot be read", "a broken key"),
    (lambda: signed(lenas(), selector="words"), "", "a record that is no key"),
    (lambda: signed(lenas(), selector="s1;x"), "", "a selector that is no name"),
    (lambda: signed(lenas(), i="@evil.example"), "", "for somebody else"),
    (lambda: added(signed(lenas()), "X-A: b\rSubject: #zu"), "stray control", "a field hidden behind a bare CR"),
    (lambda: signed(lenas()).replace(b"\r\n\r\n", b"\r\n#zu +95m\r\n\r\n", 1), "no fields", "a line that would fall into the text"),
    (lambda: b"From lena Mon Nov 23\r\n" + signed(lenas()), "no fields", "a separator of mailboxes"),
    (lambda: signed(lenas()) + b"\r", "", "a stray CR at the end"),
    (lambda: signed(lenas(sender=f"{LENA}, {LENA}")), "no single author", "two authors"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "reason", "why"), REFUSED, ids=[row[2] for row in REFUSED])
def test_p12_what_authority_may_not_rest_on(
    make: Callable[[], bytes], reason: str, why: str
) -> None:
    holds, said = checked(make())
    assert not holds, why
    assert reason in said, (why, said)
    assert said


ALIGNED = [
    ("agency.example", "agency.example", True),
    ("agency.example", "a.b.agency.example", True),
    ("co.uk", "agency.co.uk", False),
    ("com.au", "agency.com.au", False),
    ("or.at", "agency.or.at", False),
    ("agency.co.uk", "mail.agency.co.uk", True),
    ("abc.de", "mail.abc.de", True),
    ("de", "agency.de", False),
    ("", "agency.de", False),
    ("gency.de", "agency.de", False),
    ("mail.agency.de", "agency.de", False),
]


@pytest.mark.parametrize(("signer", "author", "aligned"), ALIGNED)
def test_who_may_sign_for_whom(signer: str, author: str, aligned: bool) -> None:
    assert is_aligned(signer.encode(), author.encode()) is aligned


def test_dns_trouble_is_no_proof_and_no_error() -> None:
    def silent(name: str, seconds: float) -> bytes | None:
        raise DnsTrouble("nobody answered")

    assert checked(signed(lenas()), silent) == (False, "no answer from DNS: nobody answered")


def test_many_signatures_ask_for_few_keys() -> None:
    raw, asked = lenas(), []
    for number in range(50):
        raw = signed(raw, selector=f"x{number}", key=rsa_key(1024)[0])

    def counting(name: str, seconds: float) -> bytes | None:
        asked.append(name)
        return None

    assert not checked(raw, counting)[0]
    assert len(asked) == 3


@pytest.mark.parametrize(
    "body",
    [b" " * 3_000_000, b"\t \r" * 500_000, b"\r\n" * 1_500_000, b" \r\n" * 1_000_000, b"\r" * 999],
)
@pytest.mark.parametrize("canon", ["relaxed/relaxed", "simple/simple"])
def test_no_body_takes_long(body: bytes, canon: str) -> None:
    raw = signed(lenas(), canon=canon) + body + b"x"
    reading = read(raw[:2000], Envelope("", (), "smtp", START))
    begun = time.process_time()
    assert not check(raw, reading.mail, START, {SUPPORT}, dns).holds
    assert time.process_time() - begun < 3


def test_answers_are_remembered_and_so_is_silence() -> None:
    now, asked = [0.0], []

    def ask(name: str, seconds: float) -> tuple[bytes | None, float]:
        asked.append(name)
        if "slow" in name:
            raise DnsTrouble("timed out")
        return DNS.get(name), 300.0

    keys = Keys(ask, lambda: now[0])
    for _ in range(3):
        assert keys(NAME, 3.0) == DNS[NAME]
        assert keys("none._domainkey.agency.example", 3.0) is None
    assert len(asked) == 2
    for selector in ("a", "b", "c"):
        with pytest.raises(DnsTrouble):
            keys(f"{selector}._domainkey.slow.example", 3.0)
    assert len(asked) == 3, "a forger's many selectors cost one wait a minute"
    now[0] = 61.0
    with pytest.raises(DnsTrouble):
        keys("a._domainkey.slow.example", 3.0)
    assert keys(NAME, 3.0) == DNS[NAME]
    assert len(asked) == 4
    now[0] = 301.0
    keys(NAME, 3.0)
    assert len(asked) == 5
    for number in range(500):
        keys(f"{number}._domainkey.agency.example", 3.0)
    assert len(keys._known) == 200


def test_where_there_is_no_resolver_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.resolver

    def nowhere(self: object, filename: str = "") -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", nowhere)
    with pytest.raises(DnsTrouble):
        Keys()(NAME, 3.0)
