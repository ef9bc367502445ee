"""Real DKIM signatures for tests, with keys made here and a DNS that is a dict."""

import base64
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from dkim.canonicalization import CanonicalizationPolicy
from dkim.crypto import HASH_ALGORITHMS, parse_pem_private_key

FIELDS = ("from", "subject", "to", "date", "message-id")


@cache
def rsa_key(bits: int = 2048) -> tuple[bytes, bytes]:
    """Return a private key as dkimpy wants it, and its record for DNS."""
    key = rsa.generate_private_key(65537, bits)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


class Ed25519:
    """A key that signs as dkimpy asks it to."""

    def __init__(self) -> None:
        self._key = ed25519.Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        self.record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)
        self.signature = b""

    def sign(self, digest: bytes) -> "Ed25519":
        self.signature = self._key.sign(digest)
        return self


def signed(
    raw: bytes,
    domain: str = "agency.example",
    fields: tuple[str, ...] = FIELDS,
    key: bytes | Ed25519 = b"",
    canon: str = "relaxed/relaxed",
    algorithm: str = "",
    selector: str = "s1",
    **tags: str,
) -> bytes:
    """Return a message with a signature on top; `tags` are more of its tags, such as l, t and x."""
    signer = dkim.DKIM(raw)
    algorithm = algorithm or ("ed25519-sha256" if isinstance(key, Ed25519) else "rsa-sha256")
    signer.signature_algorithm = algorithm.encode()
    signer.hasher = HASH_ALGORITHMS[algorithm.encode()]
    policy = CanonicalizationPolicy.from_c_value(canon.encode())
    body = policy.canonicalize_body(signer.body)
    if "l" in tags:
        body = body[: int(tags["l"])]
    named = {"v": "1", "a": algorithm, "c": canon, "d": domain, "s": selector} | tags
    named["h"] = ":".join(fields)
    listed = [(name.encode(), value.encode()) for name, value in named.items()]
    listed.append((b"bh", base64.b64encode(signer.hasher(body).digest())))
    listed.append((b"b", b"0" * 60))
    secret = key if isinstance(key, Ed25519) else parse_pem_private_key(key or rsa_key()[0])
    value = signer.gen_header(
        listed, [field.encode() for field in fields], policy, b"DKIM-Signature", secret
    )
    return b"DKIM-Signature: " + value + raw
