"""Proof B: a DKIM signature (RFC 6376) by the author's own domain, checked by ourselves.

dkimpy hashes and compares. What it lets pass and authority may not rest on is refused here
before: a length (l=), SHA-1, fields that are not signed or stand there twice, header blocks that
it and we would cut differently, runs of blanks that take it minutes.
"""

import re
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dkim
from dkim.util import parse_tag_value

from maildesk.desk.dkim_record import NoProof, read_key
from maildesk.desk.dns_keys import PATIENCE, DnsTrouble, Lookup
from maildesk.mail.message import Mail
from maildesk.rules.gate import bare

HEADER_MAX = 64 * 1024  # octets of the header block
SIGNATURE_MAX = 8 * 1024  # octets of one signature
SIGNATURES = 3  # of the author's domain that are tried
RECENT = timedelta(hours=72)  # between the Date and our receipt
CLOCKS = timedelta(hours=1)  # that the signer's clock may be ahead of ours
GOOD_BITS = 2048

REQUIRED = (b"from", b"subject", b"to", b"date", b"message-id")
# Which ticket is meant stands there too: signed, where they are there.
LEADING = (b"in-reply-to", b"references")
ONCE = (*REQUIRED, *LEADING, b"cc", b"content-type", b"content-transfer-encoding", b"mime-version")

# Below a country many registries give out names in such zones; what is directly above a name
# there is nobody's own domain. Without the public suffix list a few more are taken for such.
_SHARED = frozenset(
    b"ac co com edu gob gouv gov govt gv go ltd me mil mod ne net nhs nom or org plc sch".split()
)
_FIELD = re.compile(rb"([!-9;-~]+):")
_BARE_CR = re.compile(rb"\r(?!\n)")
_END = re.compile(rb"\r?\n\r?\n")
_LONG_BLANK = re.compile(rb"\s{80}")
_LABELS = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a signature proves that the author's domain sent a message, and why or why not."""

    holds: bool
    why: str


def check(
    raw: bytes, mail: Mail, received_at: datetime, own: Collection[str], lookup: Lookup
) -> Checked:
    """Return what the DKIM signatures of a message prove (SECURITY.md section 5.2 B).

    `own` are the plain addresses of the desk, one of which has to be a recipient. Takes at most
    PATIENCE seconds of waiting for `lookup`, and raises nothing: what cannot be checked is no
    proof. That the message was not acted on before is for the caller to know.
    """
    why, ends = "", time.monotonic() + PATIENCE
    try:
        signatures, fields = _signatures(raw, mail, received_at)
        for signature in signatures[:SIGNATURES]:
            signed = _Signature(*signature, fields, received_at, ends)
            try:
                return Checked(True, _hold(raw, mail, own, signed, lookup))
            except NoProof as reason:
                why = str(reason)
            except dkim.DKIMException as error:  # its words end with octets of the message
                why = f"the signature does not hold: {str(error).partition(' (')[0][:100]}"
    except NoProof as reason:
        why = str(reason)
    except DnsTrouble as trouble:
        why = f"no answer from DNS: {trouble}"
    except Exception as error:  # noqa: BLE001 - dkimpy raises what its parts raise
        why = f"the signature cannot be checked: {type(error).__name__}"
    return Checked(False, why)


def is_aligned(signer: bytes, author: bytes) -> bool:
    """Tell whether a domain may sign for an author's: itself, or a parent of it (RFC 7489 3.1.1).

    No public suffix list is asked: a parent needs two labels, and must not look like a
    registry's zone (co.uk). Whoever signs for a parent is responsible for the zone above anyway.
    """
    if signer == author:
        return True
    labels = signer.split(b".")
    if len(labels) < 2 or not author.endswith(b"." + signer):
        return False
    return not (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SHARED)


def _signatures(
    raw: bytes, mail: Mail, received_at: datetime
) -> tuple[list[tuple[int, bytes]], Counter[bytes]]:
    """Return (place, value) of each signature by the author's domain, and how often fields stand."""
    if mail.author is None or mail.date is None:
        raise NoProof("it has no single author or no date")
    if abs(received_at - mail.date) > RECENT:
        raise NoProof(f"its date is more than {RECENT // timedelta(hours=1)} hours off")
    domain = mail.author.rpartition("@")[2].encode("ascii")
    names = _fields(raw)
    fields = Counter(name for name, _ in names)
    for name in ONCE:
        if fields[name] > 1 or (name in REQUIRED and not fields[name]):
            raise NoProof(f"{name.decode()} stands there {fields[name]} times")
    values = [value for name, value in names if name == b"dkim-signature"]
    found = [(place, value) for place, value in enumerate(values) if _is_by(value, domain)]
    if not found:
        raise NoProof(f"no signature is by {domain.decode()}")
    return found, fields


def _fields(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Return the header fields if everybody who reads these octets would cut them the same way."""
    end = _END.search(raw, 0, HEADER_MAX)
    if end is None:
        raise NoProof("its header block does not end, or is too long")
    block = raw[: end.start()]
    if _BARE_CR.search(block) or b"\0" in block:
        raise NoProof("its header block holds stray control characters")
    fields: list[tuple[bytes, bytes]] = []
    lines: list[bytes] = []
    for line in block.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            lines.append(line)
            continue
        found = _FIELD.match(line)
        if found is None:
            raise NoProof("its header block holds lines that are no fields")
        if lines:
            fields[-1] = (fields[-1][0], b"\r\n".join(lines))
        fields.append((found[1].lower(), line))
        lines = [line[found.end() :]]
    if lines:
        fields[-1] = (fields[-1][0], b"\r\n".join(lines))
    return fields


def _is_by(value: bytes, domain: bytes) -> bool:
    if len(value) > SIGNATURE_MAX or _LONG_BLANK.search(value):
        return False
    try:
        return is_aligned(parse_tag_value(value).get(b"d", b"").lower(), domain)
    except dkim.util.InvalidTagValueList:
        return False


@dataclass(frozen=True, slots=True)
class _Signature:
    """One signature: the how manieth it is, its value, and what it is measured by."""

    place: int
    value: bytes
    fields: Counter[bytes]
    received_at: datetime
    ends: float


def _hold(
    raw: bytes, mail: Mail, own: Collection[str], signature: _Signature, lookup: Lookup
) -> str:
    """Return why one signature holds; raises NoProof, DnsTrouble or what dkimpy raises."""
    tags = parse_tag_value(signature.value)
    signed = _signed(tags, signature.fields, signature.received_at)
    shown = (*mail.to, *(mail.cc if b"cc" in signed else ()))
    if not any(bare(each.address) in own for each in shown):
        raise NoProof("no address of ours stands in To, or in a signed Cc")
    domain, selector = tags[b"d"].decode("ascii").lower(), tags[b"s"].decode("ascii")
    left = signature.ends - time.monotonic()
    if left <= 0:
        raise DnsTrouble("it took too long")
    record = lookup(f"{selector}._domainkey.{domain}", left)
    if record is None:
        raise NoProof(f"there is no key {selector}._domainkey.{domain}")
    key, bits, kind = read_key(record, tags)
    if not _Verifier(raw).holds(signature.place, tags, signed, (key, bits, kind)):
        raise NoProof("the signature does not match")
    weak = f", whose key has only {bits} bits" if kind == b"rsa" and bits < GOOD_BITS else ""
    return f"signed by {domain}{weak}"


def _signed(tags: dict[bytes, bytes], fields: Counter[bytes], received_at: datetime) -> list[bytes]:
    """Return the signed field names of a signature whose tags allow authority to rest on it."""
    for tag in (b"t", b"x"):
        if tag in tags and not re.fullmatch(rb"\d{1,12}", tags[tag]):
            raise NoProof(f"its {tag.decode()}= is no time")
    # dkimpy compares the times with its own clock, and not by ours.
    dkim.validate_signature_fields({k: v for k, v in tags.items() if k not in (b"t", b"x")})
    if b"l" in tags:
        raise NoProof("the signature covers only the beginning of the body (l=)")
    if tags[b"a"] not in (b"rsa-sha256", b"ed25519-sha256"):
        raise NoProof(f"{tags[b'a'].decode('ascii', 'replace')} is not safe any more")
    if not (_LABELS.fullmatch(tags[b"s"]) and _LABELS.fullmatch(tags[b"d"])):
        raise NoProof("its d= or s= is no name")
    if b"x" in tags and _moment(tags[b"x"]) < received_at:
        raise NoProof("the signature has expired (x=)")
    if b"t" in tags and _moment(tags[b"t"]) > received_at + CLOCKS:
        raise NoProof("the signature is from the future (t=)")
    signed = [name.strip().lower() for name in tags[b"h"].split(b":")][:100]
    for name in (*REQUIRED, *(name for name in LEADING if fields[name])):
        if name not in signed:
            raise NoProof(f"{name.decode()} is not signed")
    return signed


def _moment(seconds: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError, ValueError):  # beyond the year 9999
        return datetime.max.replace(tzinfo=UTC)


class _Verifier(dkim.DKIM):  # type: ignore[misc]  # dkimpy has no types
    """dkimpy's verifier with the key handed in, and a body that costs it no time."""

    body: bytes

    def holds(
        self, place: int, tags: dict[bytes, bytes], signed: list[bytes], key: tuple[Any, int, bytes]
    ) -> bool:
        """Tell whether the signature at a place matches header fields and body."""
        self.pk, self.keysize, self.ktag = key
        self.body = _plain_body(self.body, tags.get(b"c", b"").partition(b"/")[2] == b"relaxed")
        found = [field for field in self.headers if field[0].lower() == b"dkim-signature"]
        return bool(self.verify_sig_process(tags, list(signed), found[place], None))


def _plain_body(body: bytes, is_relaxed: bool) -> bytes:
    """Return a body as its canonical form has it (RFC 6376 section 3.4), in linear time.

    dkimpy does the same again, and then finds nothing to do; on long runs of blanks or empty
    lines it would take minutes.
    """
    if is_relaxed:
        body = body.replace(b"\t", b" ")
        while b"  " in body:
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
    end = len(body.rstrip(b"\r\n"))
    if body[end:].replace(b"\r\n", b""):
        raise NoProof("its body ends with stray control characters")
    return body[:end] + b"\r\n"
