"""Messages whose words nobody here can read: named, so that no ticket looks empty.

S/MIME (RFC 8551), OpenPGP as MIME (RFC 3156) and between the lines of a text (RFC 9580
section 6.2). Nothing is decrypted and no signature is checked; the octets stay an attachment.
The line is English in every language: it stands in the stored text, which is read with no
templates at hand.
"""

import re

_SIGNED_OID = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_ENVELOPED_OIDS = (
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",  # envelopedData
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",  # authEnvelopedData
)
TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_BLOCK = re.compile(rf"^{_ARMOUR}[ \t]*$", re.MULTILINE)


def is_smime(type: str, name: str) -> bool:
    """Whether a part is S/MIME by its type, or by its name where a gateway lost the type."""
    return type in TYPES or (type == "application/octet-stream" and name.lower() == "smime.p7m")


def smime_line(octets: bytes, kind: str, name: str) -> str:
    """Return what an S/MIME part is in one line, "" for one that carries no message.

    The content decides (RFC 5652 section 3), then `kind`, the smime-type parameter: some
    programs leave it away (RFC 8551 section 3.2.2).
    """
    head, kind = octets[:64], kind.lower()
    if kind == "certs-only":
        return ""
    if _SIGNED_OID in head or (kind == "signed-data" and not any(map(head.count, _ENVELOPED_OIDS))):
        return f"[Signed with S/MIME in a form that hides the text; it is in the file {name}.]"
    if kind == "compressed-data":
        return f"[Compressed with S/MIME; the text is in the file {name}.]"
    return f"[Encrypted with S/MIME; the text is in the file {name}.]"


def pgp_line(name: str) -> str:
    """Return what a multipart/encrypted of OpenPGP is, in one line."""
    where = f" in the file {name}" if name else " in a file of this message"
    return f"[Encrypted with OpenPGP; the text is{where}.]"


def with_block_named(text: str) -> str:
    """Return a text with a line before the first OpenPGP message in it, if there is one."""
    if _ARMOUR not in text:
        return text
    found = _BLOCK.search(text)
    if not found:
        return text  # quoted, or in the middle of a sentence
    line = "[Encrypted with OpenPGP; the text is in the block below.]"
    return f"{text[: found.start()]}{line}\n\n{text[found.start() :]}"
