"""The signing keys of a desk: a small file, made on first use, read by nobody else.

    {"current": "a", "keys": {"a": "base64 of 32 octets"}}

Older keys stay in it, so that answers to old letters are still recognised. Whoever has this
file can write reply addresses of ours; without it no answer finds its ticket by signature.
"""

import binascii
import hashlib
import json
import os
import re
import secrets
import stat
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from maildesk.config import ConfigError
from maildesk.rules.signed import Keyring

KEY_BYTES = 32
_KID = re.compile(r"[a-z2-7]{1,2}")


def load_keyring(file: Path) -> Keyring:
    """Return the signing keys in a file; it is made, mode 0600, where there is none.

    Two processes that start together make one file and both read that. Raises ConfigError, with
    the remedy, for a file that cannot be made or read, that others may read, or that holds
    anything else than keys: it is never replaced, because that would orphan every letter sent.
    """
    for attempt in (1, 2):
        try:
            return _read(file)
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


def _read(file: Path) -> Keyring:
    with file.open("rb") as opened:
        mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
        content = opened.read()
    if mode & 0o077:
        raise ConfigError(
            f"keys.file: {file} may be read by others (mode {mode:04o}); say chmod 600 {file}"
        )
    try:
        found: Any = json.loads(content)
        keys = {kid: b64decode(text, validate=True) for kid, text in found["keys"].items()}
        current = found["current"]
        if not all(_KID.fullmatch(kid) for kid in keys) or current not in keys:
            raise ValueError("the id of a key")
        if any(len(key) < KEY_BYTES for key in keys.values()):
            raise ValueError("a key that is too short")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ConfigError(
            f"keys.file: {file} does not hold signing keys ({type(error).__name__}: {error});"
            " put it back from a backup. Without one, move it away: a new one is made, and"
            " answers to letters sent so far are no longer recognised by their signature"
        ) from None
    return Keyring(keys=keys, current=current)


def _make(file: Path) -> None:
    """Make the file with one new key, complete or not at all, unless somebody else was first."""
    key = b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    text = json.dumps({"current": "a", "keys": {"a": key}}, indent=2) + "\n"
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            # A link, not a rename: it fails where another process was quicker, and both then
            # use the keys of that one.
            try:
                file.hardlink_to(temporary)
            except FileExistsError:
                return
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(file.parent)
    except OSError as error:
        raise ConfigError(
            f"keys.file: {file} cannot be made: {error.strerror}; let the user of the service"
            f" write in {file.parent}, or set keys.file"
        ) from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
