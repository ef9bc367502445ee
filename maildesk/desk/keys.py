"""The signing keys of a desk: a small file, made on first use, read by nobody else.

    {"current": "a", "keys": {"a": "base64 of 32 octets"}, "since": {"a": "an ISO 8601 moment"}}

`current` signs. Older keys stay in it, so that answers to old letters are still recognised;
`since` says when each began to sign. Whoever has this file can write reply addresses of ours;
without it no answer finds its ticket by signature.
"""

import binascii
import hashlib
import json
import os
import re
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maildesk.config import ConfigError
from maildesk.rules.signed import Keyring

KEY_BYTES = 32
# The longest that anything of ours may be answered (customers' threads: 400 days), and the day
# on which it was signed.
KEEP = timedelta(days=401)
_KID = re.compile(r"[a-z2-7]{1,2}")
_IDS = "abcdefghijklmnopqrstuvwxyz234567"  # one character: a second might not fit into addresses


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a keys file holds. `since` lacks keys of which it is not known."""

    keyring: Keyring
    since: Mapping[str, datetime]

    def ids(self) -> list[str]:
        """Return the ids in the order in which the keys began to sign; the current one is last."""
        begin = datetime.min.replace(tzinfo=UTC)
        current = self.keyring.current
        return sorted(
            self.keyring.keys, key=lambda kid: (kid == current, self.since.get(kid, begin), kid)
        )

    def until(self, kid: str) -> datetime | None:
        """Return when a key ceased to sign: when the next one began; None if that is not known."""
        ids = self.ids()
        later = ids[ids.index(kid) + 1 :]
        return self.since.get(later[0]) if later else None


def load_keyring(file: Path) -> Keyring:
    """Return the signing keys in a file; it is made, mode 0600, where there is none.

    Two processes that start together make one file and both read that. Raises ConfigError, with
    the remedy, for a file that cannot be made or read, that others may read, or that holds
    anything else than keys: it is never replaced, because that would orphan every letter sent.
    """
    for attempt in (1, 2):
        try:
            return read_key_file(file).keyring
        except FileNotFoundError:
            if attempt == 1:
                _make(file)
        except OSError as error:
            raise ConfigError(
                f"keys.file: {file} cannot be read: {error.strerror}; give it to the user of"
                " the service, mode 0600"
            ) from None
    raise ConfigError(f"keys.file: {file} vanished while it was made; start again")


def fingerprint(keyring: Keyring) -> str:
    """Return 16 hexadecimal digits that differ for other keys and tell nothing about them."""
    digest = hashlib.sha256(b"maildesk keyring")
    for kid, key in sorted(keyring.keys.items()):
        digest.update(f"|{kid}|".encode() + hashlib.sha256(key).digest())
    return digest.hexdigest()[:16]


def read_key_file(file: Path) -> KeyFile:
    """Return what a keys file holds. Raises OSError, and ConfigError as `load_keyring` does."""
    with file.open("rb") as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        content = opened.read()
    if mode & 0o077:
        raise ConfigError(
            f"keys.file: {file} may be read by others (mode {mode:04o}); say chmod 600 {file}"
        )
    try:
        return _parsed(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ConfigError(
            f"keys.file: {file} does not hold signing keys ({type(error).__name__}: {error});"
            " put it back from a backup. Without one, move it away: a new one is made, and"
            " answers to letters sent so far are no longer recognised by their signature"
        ) from None


def _parsed(found: Any) -> KeyFile:
    keys = {kid: b64decode(text, validate=True) for kid, text in found["keys"].items()}
    current = found["current"]
    since = {kid: datetime.fromisoformat(at) for kid, at in found.get("since", {}).items()}
    if not all(_KID.fullmatch(kid) for kid in keys) or current not in keys:
        raise ValueError("the id of a key")
    if any(len(key) < KEY_BYTES for key in keys.values()):
        raise ValueError("a key that is too short")
    if any(at.tzinfo is None for at in since.values()):
        raise ValueError("a moment without its zone")
    return KeyFile(Keyring(keys=keys, current=current), since)


def with_new_key(held: KeyFile, now: datetime) -> KeyFile:
    """Return the keys with a new one that signs from `now` on.

    Those that ceased to sign longer ago than `KEEP` are left out: nothing that they signed may
    be answered any more. Raises ValueError if every id is in use.
    """
    keys = {
        kid: held.keyring.keys[kid]
        for kid in held.ids()
        if (until := held.until(kid)) is None or now - until <= KEEP
    }
    last = held.keyring.current[0]
    after = _IDS.index(last) + 1
    new = next((kid for kid in _IDS[after:] + _IDS[:after] if kid not in keys), None)
    if new is None:
        raise ValueError(f"there are {len(_IDS)} keys, and all of them may still be needed")
    keys[new] = secrets.token_bytes(KEY_BYTES)
    since = {kid: at for kid, at in held.since.items() if kid in keys} | {new: now}
    return KeyFile(Keyring(keys=keys, current=new), since)


def replace_key_file(file: Path, made: KeyFile) -> None:
    """Put other keys into a keys file, at one stroke: whoever reads finds the old ones or these.

    It stays its owner's, mode 0600. Raises OSError; then the old file is as it was.
    """
    owner = file.stat()
    with _written(file, made) as temporary:
        made_by = temporary.stat()
        if (made_by.st_uid, made_by.st_gid) != (owner.st_uid, owner.st_gid):
            # Root made it, or the service could not read its own keys any more.
            os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.replace(file)
    _sync_folder(file.parent)


def _make(file: Path) -> None:
    """Make the file with one new key, complete or not at all, unless somebody else was first."""
    keyring = Keyring({"a": secrets.token_bytes(KEY_BYTES)}, "a")
    try:
        with _written(file, KeyFile(keyring, {"a": datetime.now(UTC)})) as temporary:
            # A link, not a rename: it fails where another process was quicker, and both then
            # use the keys of that one.
            try:
                file.hardlink_to(temporary)
            except FileExistsError:
                return
        _sync_folder(file.parent)
    except OSError as error:
        raise ConfigError(
            f"keys.file: {file} cannot be made: {error.strerror}; let the user of the service"
            f" write in {file.parent}, or set keys.file"
        ) from None


@contextmanager
def _written(file: Path, made: KeyFile) -> Iterator[Path]:
    """Yield a file beside another, with keys on stable storage in it; it is gone afterwards."""
    content = {
        "current": made.keyring.current,
        "keys": {kid: b64encode(key).decode("ascii") for kid, key in made.keyring.keys.items()},
        "since": {kid: at.isoformat(timespec="seconds") for kid, at in made.since.items()},
    }
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(json.dumps(content, indent=2) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
