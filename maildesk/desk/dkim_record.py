"""The public key of a signer as it stands in DNS (RFC 6376 section 3.6.1, RFC 8463)."""

import base64
import binascii
from typing import Any

from dkim.crypto import parse_public_key
from dkim.util import parse_tag_value

LEAST_BITS = 1024


class NoProof(Exception):
    """The signature proves nothing; the text says why."""


def read_key(record: bytes, tags: dict[bytes, bytes]) -> tuple[Any, int, bytes]:
    """Return (key, bits, kind) of a record that may be used for a signature with these tags.

    `kind` is b"rsa" or b"ed25519". Raises NoProof for a key that is revoked, for testing, too
    short or for something else, and what the decoders raise for one that cannot be read.
    """
    key = parse_tag_value(record)
    kind = key.get(b"k", b"rsa").lower()
    material = b"".join(key.get(b"p", b"").split())
    uses = {use.strip().lower() for use in key.get(b"s", b"*").split(b":")}
    hashes = {name.strip().lower() for name in key.get(b"h", b"sha256").split(b":")}
    flags = {flag.strip().lower() for flag in key.get(b"t", b"").split(b":")}
    if not material:
        raise NoProof("its key was revoked")
    if key.get(b"v", b"DKIM1") != b"DKIM1" or not tags[b"a"].startswith(kind + b"-"):
        raise NoProof("its key is of another kind")
    if b"y" in flags:
        raise NoProof("its key is for testing (t=y)")
    if not uses & {b"*", b"email"} or b"sha256" not in hashes:
        raise NoProof("its key is not for such signatures")
    identity = tags.get(b"i", b"").rpartition(b"@")[2].lower() or tags[b"d"].lower()
    if b"s" in flags and identity != tags[b"d"].lower():
        raise NoProof("its key is not for subdomains (t=s)")
    try:
        octets = base64.b64decode(material, validate=True)
    except binascii.Error:
        raise NoProof("its key cannot be read") from None
    if kind == b"ed25519":
        return _Ed25519(octets), 256, kind
    rsa = parse_public_key(octets)
    bits = rsa["modulus"].bit_length()
    if bits < LEAST_BITS:
        raise NoProof(f"its key has only {bits} bits")
    return rsa, bits, kind


class _Ed25519:
    """A key as dkimpy wants one (RFC 8463); PyNaCl, which it would take, is not needed."""

    def __init__(self, octets: bytes) -> None:
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            raise NoProof("Ed25519 needs the package cryptography") from None
        self._key = Ed25519PublicKey.from_public_bytes(octets)

    def verify(self, digest: bytes, signature: bytes) -> None:
        """Return if the signature is that of the digest; raises otherwise."""
        self._key.verify(signature, digest)
