"""Encrypted and signed messages: named where they cannot be read, read where they can."""

import pytest

from maildesk.mail.attachments import octets_of
from maildesk.mail.reading import read
from tests.mail.test_body import ENVELOPE

SIGNED = bytes.fromhex("308006092a864886f70d010702a080")
ENVELOPED = bytes.fromhex("308006092a864886f70d010703a080")
KEEPS = bytes.fromhex("3080060b2a864886f70d0109100117a080")
ARMOUR = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"

SMIME = [
    # content-type                                                              octets      word            why
    ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",      ENVELOPED,  "Encrypted",    "as RFC 8551 asks"),
    ("application/x-pkcs7-mime; name=smime.p7m",                               ENVELOPED,  "Encrypted",    "the old type and no parameter: the octets say it"),
    ("application/pkcs7-mime; smime-type=authEnveloped-data",                  KEEPS,      "Encrypted",    "with authentication"),
    ("application/octet-stream; name=smime.p7m",                               ENVELOPED,  "Encrypted",    "a gateway lost the type"),
    ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",         SIGNED,     "Signed",       "opaque: nobody can read it without unwrapping"),
    ("application/pkcs7-mime; name=smime.p7m",                                 SIGNED,     "Signed",       "the same without a parameter"),
    ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",         ENVELOPED,  "Encrypted",    "the octets count more than the parameter"),
    ("application/pkcs7-mime; smime-type=compressed-data",                     b"0\x80",   "Compressed",   "packed"),
    ("application/pkcs7-mime; name=smime.p7m",                                 b"noise",    "Encrypted",   "what cannot be told is taken for the worse"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "octets", "word", "why"), SMIME)
def test_smime_is_named(kind: str, octets: bytes, word: str, why: str) -> None:
    raw = f"From: a@b.example\nContent-Type: {kind}\n\n".encode() + octets
    mail = read(raw, ENVELOPE).mail
    assert mail.text.startswith(f"[{word} with S/MIME"), why
    [file] = mail.attachments
    assert (file.path, file.name) == ("", "smime.p7m"), why
    assert "smime.p7m" in mail.text
    assert octets_of(raw, "") == octets


def test_certificates_alone_are_no_message() -> None:
    raw = b"Content-Type: application/pkcs7-mime; smime-type=certs-only\r\n\r\n" + SIGNED
    assert read(raw, ENVELOPE).mail.text == ""


@pytest.mark.parametrize("kind", ["encrypted", "mixed"])  # Exchange makes mixed of it
def test_openpgp_as_mime_is_named_with_its_file(kind: str) -> None:
    raw = (
        f"From: a@b.example\nContent-Type: multipart/{kind}; boundary=b;"
        ' protocol="application/pgp-encrypted"\n\n--b\nContent-Type: application/pgp-encrypted\n\n'
        "Version: 1\n\n--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\n"
        f"{ARMOUR}\n--b--\n"
    ).encode()
    mail = read(raw, ENVELOPE).mail
    assert mail.text == "[Encrypted with OpenPGP; the text is in the file encrypted.asc.]"
    assert [each.name for each in mail.attachments] == ["version.txt", "encrypted.asc"]
    assert octets_of(raw, "2") == ARMOUR.encode()


INLINE = [
    # text                                         named    why
    (f"Hallo,\n\n{ARMOUR}",                        True,    "a block in the text"),
    (f"> {ARMOUR}",                                False,   "quoted: it is somebody else's"),
    (f"Was ist {ARMOUR}",                          False,   "in a sentence"),
    ("-----BEGIN PGP SIGNED MESSAGE-----\n\nHallo", False,  "signed in the clear: it can be read"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named", "why"), INLINE)
def test_openpgp_between_the_lines(text: str, named: bool, why: str) -> None:
    got = read(b"From: a@b.example\n\n" + text.encode(), ENVELOPE).mail.text
    assert ("[Encrypted with OpenPGP" in got) == named, why
    assert got.endswith(text[-40:]), why


def test_a_clear_signed_message_reads_as_any_other() -> None:
    raw = (
        b"From: a@b.example\nContent-Type: multipart/signed; boundary=b; micalg=sha-256;"
        b' protocol="application/pkcs7-signature"\n\n--b\nContent-Type: text/plain\n\nHallo\n'
        b"--b\nContent-Type: application/pkcs7-signature; name=smime.p7s\n"
        b"Content-Transfer-Encoding: base64\n\nMIAG\n--b--\n"
    )
    mail = read(raw, ENVELOPE).mail
    assert mail.text == "Hallo"
    assert [each.name for each in mail.attachments] == ["smime.p7s"]
