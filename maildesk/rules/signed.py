"""Signed Message-IDs and reply addresses of ours: how they are made and read back.

    Message-ID     = "mid." kid "." token "." mac "@" host
    reply address  = local "+" purpose kid "." subject "." person "." expiry "." mac "@" domain

All in lower-case base32 (gateways lower the case of local parts). The mac is the first 26
characters, 130 bits, of an HMAC-SHA-256 over everything before it and the word for its use; it
is compared in constant time. A signed Message-ID authorises threading, never authority; a
signed address proves nothing without the person's From (SECURITY.md sections 5.2 and 5.4).
"""

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

TOKEN_BYTES = 16
HANDLE = 16  # characters of a token that name its letter where room is short: 80 bits
LOCAL_PART_MAX = 64  # octets, RFC 5321 section 4.5.3.1.1
_EPOCH = date(2024, 1, 1)
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"


class Purpose(StrEnum):
    """What an answer to a signed address is for. Its letter stands in the address."""

    CUSTOMER = "c"
    AGENT_REPLY = "a"
    AGENT_NOTE = "n"
    DIGEST = "d"
    REQUEST = "r"
    CHALLENGE = "h"
    BOUNCE = "b"
    INVOICE = "i"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Signing keys by their id (one or two letters or digits of base32); `current` signs."""

    keys: Mapping[str, bytes]
    current: str


@dataclass(frozen=True, slots=True)
class SignedAddress:
    """What a signed reply address says. `subject` is a ticket id, a letter's handle
    for BOUNCE, an invoice's id for INVOICE.

    `person` is the participant's number in the ticket or the agent's id, 0 for nobody.
    """

    purpose: Purpose
    subject: str
    person: int
    expires: date


def message_id(keyring: Keyring, token: str, host: str) -> str:
    """Return a Message-ID of ours, without angle brackets, for a token made by `new_token`."""
    head = f"mid.{keyring.current}.{token}"
    return f"{head}.{_mac(keyring.keys[keyring.current], 'message-id', head)}@{host}"


def new_token(random: bytes) -> str:
    """Return 16 random bytes as the token of a letter, 26 characters of base32."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} random bytes, not {len(random)}")
    return b32encode(random).decode("ascii").rstrip("=").lower()


_MESSAGE_ID = re.compile(r"(mid\.([a-z2-7]{1,2})\.([a-z2-7]{26}))\.([a-z2-7]{26})@[^@\s]+")


def read_message_id(keyring: Keyring, mid: str) -> str | None:
    """Return the token of a Message-ID that we signed, or None: nobody else can make one."""
    found = _MESSAGE_ID.fullmatch(mid.strip("<> ").lower())
    if not found:
        return None
    head, kid, token, mac = found.groups()
    return token if _is_signed(keyring, kid, "message-id", head, mac) else None


def address(keyring: Keyring, desk: str, signed: SignedAddress) -> str:
    """Return the reply address that says `signed`, at the desk's own address.

    Raises ValueError where the desk's local part leaves no room for it (RFC 5321 4.5.3.1.1).
    """
    local, _, domain = desk.partition("@")
    days = (signed.expires - _EPOCH).days
    head = f"{signed.purpose}{keyring.current}.{signed.subject}.{_number(signed.person)}.{_number(days)}"
    mac = _mac(keyring.keys[keyring.current], "address", head)
    full = f"{local}+{head}.{mac}"
    if len(full) > LOCAL_PART_MAX:
        raise ValueError(f"{desk} is too long for signed reply addresses: {len(full)} octets")
    return f"{full}@{domain}"


_ADDRESS = re.compile(
    r"(([a-z])([a-z2-7]{1,2})\.([a-z0-9]{1,26})\.([a-z2-7]{1,6})\.([a-z2-7]{1,4}))\.([a-z2-7]{26})"
)


def read_address(keyring: Keyring, recipient: str, today: date) -> SignedAddress | None:
    """Return what a signed address of ours says, or None if it is not signed or has expired."""
    found = read_address_of_any_age(keyring, recipient)
    return found if found is not None and today <= found.expires else None


def read_address_of_any_age(keyring: Keyring, recipient: str) -> SignedAddress | None:
    """Return what a signed address of ours says, even if it has expired: then it proves nothing."""
    _, plus, extension = recipient.lower().partition("@")[0].partition("+")
    found = _ADDRESS.fullmatch(extension) if plus else None
    if not found:
        return None
    head, letter, kid, subject, person, days, mac = found.groups()
    if letter not in list(Purpose) or not _is_signed(keyring, kid, "address", head, mac):
        return None
    expires = _EPOCH + timedelta(days=_value(days))
    return SignedAddress(Purpose(letter), subject, _value(person), expires)


def _is_signed(keyring: Keyring, kid: str, use: str, head: str, mac: str) -> bool:
    key = keyring.keys.get(kid)
    return key is not None and hmac.compare_digest(mac, _mac(key, use, head))


def _mac(key: bytes, use: str, head: str) -> str:
    mac = _keyed(key).copy()
    mac.update(f"{use}|{head}".encode("ascii"))
    return b32encode(mac.digest()[:20]).decode("ascii")[:26].lower()


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    # Not hmac.digest: it lets go of the interpreter lock each time, and has to wait for it again.
    return hmac.new(key, digestmod=hashlib.sha256)


def _number(value: int) -> str:
    digits = ""
    while value or not digits:
        value, rest = divmod(value, 32)
        digits = _DIGITS[rest] + digits
    return digits


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 32 + _DIGITS.index(digit)
    return value
