"""Who an agent is when he logs in at our own listener, and the hashes of passwords.

A stored password is "scrypt$N$r$p$salt$hash" (RFC 7914), salt and hash in base64; it carries its
own cost, so that the cost may rise without a new password for everybody.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.people import Refused
from maildesk.store.db import Database
from maildesk.store.tables import AgentAddressRow, AgentRow

SHORTEST, LONGEST = 10, 256  # characters of a password
COST, BLOCK, LANES = 2**15, 8, 1  # 128 * COST * BLOCK octets, 32 MiB, and some 100 ms for each try
SALT_BYTES, HASH_BYTES = 16, 32
MEMORY_MAX = 64 * 1024 * 1024  # octets; OpenSSL refuses what needs more
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when typed
GROUPS, GROUP = 4, 5  # 20 letters of 31: 99 bit


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a login. `login` is the agent's own, "" where nobody is called so.

    `why` says for the mail log why he is not let in; it is "" for who is. `addresses` are what he
    may send from, as authors are compared; none for who is not let in.
    """

    login: str
    why: str
    addresses: frozenset[str] = frozenset()


def hashed(password: str) -> str:
    """Return what is stored for a password.

    Raises Refused for one that is too short, too long or holds control characters.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(
            f"a password has {SHORTEST} to {LONGEST} characters; --generate makes a good one"
        )
    if not password.isprintable():
        raise Refused("a password holds no control characters; --generate makes a good one")
    salt = secrets.token_bytes(SALT_BYTES)
    parts = (salt, _scrypt(password, salt, COST, BLOCK, LANES))
    return "$".join(("scrypt", str(COST), str(BLOCK), str(LANES), *map(_base64, parts)))


def generated() -> str:
    """Return a new password of 99 bit that can be read out and typed."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def is_password(stored: str, password: str) -> bool:
    """Tell whether a password is the stored one; takes as long where `stored` is empty."""
    _, cost, block, lanes, salt, wanted = (stored or _NOBODYS).split("$")
    found = _scrypt(
        password[: LONGEST + 1], base64.b64decode(salt), int(cost), int(block), int(lanes)
    )
    return hmac.compare_digest(found, base64.b64decode(wanted)) and bool(stored)


def authenticate(db: Database, name: str, password: str) -> Attempt:
    """Return whether `name`, a login or an address of an agent, is let in with a password.

    Takes the same time whoever it is, known or not, with a password or not. Blocks for the time
    of one hash: never call it on the event loop.
    """
    with db.read() as session:
        row = _find(session, name.strip().lower())
        query = select(col(AgentAddressRow.address)).where(
            col(AgentAddressRow.agent_id) == (row.id if row else 0)
        )
        addresses = frozenset(session.scalars(query))
        login, stored, enabled = (row.login, row.password, row.enabled) if row else ("", "", False)
    right = is_password(stored, password)
    if not login:
        return Attempt("", "nobody is called so")
    if not stored:
        return Attempt(login, "has no password")
    if not right:
        return Attempt(login, "wrong password")
    return Attempt(login, "", addresses) if enabled else Attempt(login, "is disabled")


def has_passwords(db: Database) -> bool:
    """Tell whether any agent who is enabled has a password."""
    query = select(col(AgentRow.id)).where(col(AgentRow.enabled), col(AgentRow.password) != "")
    with db.read() as session:
        return session.scalars(query.limit(1)).first() is not None


def _find(session: Session, wanted: str) -> AgentRow | None:
    row = session.scalars(select(AgentRow).where(col(AgentRow.login) == wanted)).first()
    by_address = (
        select(AgentRow)
        .join(AgentAddressRow, col(AgentAddressRow.agent_id) == col(AgentRow.id))
        .where(col(AgentAddressRow.address) == wanted)
    )
    # Both are asked, whatever the first one says: both take the same time.
    return session.scalars(by_address).first() or row


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    # NFC (RFC 8265 section 4.2.2): keyboards differ in how they write an umlaut.
    octets = unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")
    return hashlib.scrypt(
        octets, salt=salt, n=cost, r=block, p=lanes, maxmem=MEMORY_MAX, dklen=HASH_BYTES
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


# A hash that no password has, to spend the time on.
_NOBODYS = (
    f"scrypt${COST}${BLOCK}${LANES}${_base64(bytes(SALT_BYTES))}${_base64(bytes(HASH_BYTES))}"
)
