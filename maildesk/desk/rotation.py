"""New signing keys for a desk, and the guard that none is lost that its letters were signed with.

The database keeps a mark of every key that is needed (`keys` of SettingRow), never a key. A file
that holds more keys than those is welcome: what comes between writing the file and noting its
new key costs nothing.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from maildesk.config import ConfigError
from maildesk.desk.keys import fingerprint, read_key_file, replace_key_file, with_new_key
from maildesk.desk.people import Refused
from maildesk.rules.signed import Keyring
from maildesk.store.db import Database
from maildesk.store.tables import SettingRow

KEYS = "keys"  # the setting's name


@dataclass(frozen=True, slots=True)
class Rotated:
    """The id of the key that signs from now on, and of those that nothing needs any more."""

    signs: str
    dropped: tuple[str, ...]


def check(session: Session, keyring: Keyring, file: Path) -> None:
    """Note the key that signs as needed. Raises ConfigError if a file lacks one that is needed."""
    row = session.get(SettingRow, KEYS)
    have = _marks(keyring)
    if row is None:
        session.add(SettingRow(name=KEYS, value=" ".join(sorted(have.values()))))
        return
    needed = set(row.value.split())
    if needed == {fingerprint(keyring)}:
        needed = set(have.values())  # written before keys could be rotated: one mark for all
    if missing := needed - set(have.values()):
        ids = ", ".join(sorted(mark.partition(":")[0] for mark in missing if ":" in mark))
        raise ConfigError(
            f"[keys] file: {file} holds other keys than the desk was begun with"
            f"{f', it lacks {ids}' if ids else ''}; put the right file back (from a backup, or"
            " from the machine where `maildesk keys rotate` was said)"
        )
    row.value = " ".join(sorted(needed | {have[keyring.current]}))
    session.add(row)


def rotate(db: Database, file: Path, now: datetime) -> Rotated:
    """Put a new key into a keys file, which signs from now on; the old ones still read.

    The file is replaced at one stroke. What ends this midway leaves keys that `check` accepts:
    the old ones, or the new ones. Raises Refused or ConfigError, and then nothing has changed.
    """
    file = file.resolve()  # a link stays one
    try:
        with _alone(file.parent):
            held = read_key_file(file)
            made = with_new_key(held, now)
            kept = {kid: key for kid, key in held.keyring.keys.items() if kid in made.keyring.keys}

            def let_go(session: Session) -> None:
                if session.get(SettingRow, KEYS) is None:
                    return  # no desk was ever begun: its first start notes all of them
                check(session, held.keyring, file)
                marks = _marks(Keyring(kept, held.keyring.current)).values()
                session.merge(SettingRow(name=KEYS, value=" ".join(sorted(marks))))

            db.change(let_go)
            replace_key_file(file, made)
            db.change(lambda session: check(session, made.keyring, file))
    except FileNotFoundError:
        raise Refused(f"there are no keys in {file} yet; the first start makes them") from None
    except OSError as error:
        raise Refused(
            f"{file} cannot be replaced: {error.strerror}; run this as the user of the service"
        ) from None
    except ValueError as error:
        raise Refused(f"no new key: {error}") from None
    dropped = [kid for kid in held.ids() if kid not in kept]
    return Rotated(made.keyring.current, tuple(dropped))


class KeyWatch:
    """Notices that a keys file has changed. Made before the keys are first read from it."""

    def __init__(self, file: Path) -> None:
        self._file, self._stamp = file, _stamp(file)

    def look(self, db: Database, keyring: Keyring) -> Keyring:
        """Return the keys to use: those of the file if it has changed, else `keyring`.

        Raises ConfigError or OSError, once for each change, if the file cannot be used.
        """
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return keyring
        try:
            found = read_key_file(self._file).keyring
            if found != keyring:
                db.change(lambda session: check(session, found, self._file))
        except (ConfigError, OSError):
            self._stamp = stamp  # after trouble with the database we look again
            raise
        self._stamp = stamp
        return found


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _marks(keyring: Keyring) -> dict[str, str]:
    """Return a mark for each id, which differs for other keys and tells nothing about them."""
    return {
        kid: f"{kid}:{hashlib.sha256(b'maildesk key' + key).hexdigest()[:16]}"
        for kid, key in keyring.keys.items()
    }


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others who want to rotate waiting: the second would lose the key of the first."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
