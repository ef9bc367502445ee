"""The file of a backup: a .tar (or .tar.gz, by its name) whose members are all accounted for.

    keys.json                the signing keys
    maildesk.db              a whole SQLite database, or
    tables/NAME.copy         each table of a PostgreSQL database, in the order of loading
    manifest.json            last: what is in it, with the SHA-256 of every other member

It appears under its name only when it is complete, on the disk, and has been read back.
"""

import gzip
import hashlib
import io
import json
import os
import secrets
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

FORMAT = 1
MANIFEST, KEYS, SQLITE = "manifest.json", "keys.json", "maildesk.db"
_CHUNK = 1024 * 1024
_MANIFEST_MAX = 4 * 1024 * 1024


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why and what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `kind` is sqlite or postgresql, `counts` the rows of each table.

    `columns` are the columns of each table on PostgreSQL, empty on SQLite. `made_at` is aware.
    """

    program: str
    kind: str
    revision: str
    made_at: datetime
    counts: dict[str, int]
    columns: dict[str, list[str]]
    sha256: dict[str, str]
    format: int = FORMAT


def table_member(table: str) -> str:
    """Return the name of the member that holds a table's rows."""
    return f"tables/{table}.copy"


class Writer:
    """Takes the members of a backup that is being written; `folder` has room for large ones."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self.sha256: dict[str, str] = {}
        self._tar, self._folder = tar, folder

    def add(self, name: str, octets: bytes) -> None:
        """Add a small member."""
        self._add(name, io.BytesIO(octets), len(octets))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as a member."""
        with path.open("rb") as opened:
            self._add(name, opened, path.stat().st_size)

    @contextmanager
    def spool(self) -> Iterator[Path]:
        """Yield the name of a file that may be made beside the backup; it is gone afterwards."""
        path = self._folder / f".maildesk-backup.{secrets.token_hex(8)}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _add(self, name: str, opened: IO[bytes], size: int) -> None:
        self.sha256[name] = _hash(opened)
        opened.seek(0)
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, opened)


def write(target: Path, fill: Callable[[Writer], Manifest]) -> Manifest:
    """Write a backup and return its manifest: complete, synced, verified, then named.

    `fill` adds the members and returns the manifest. Nobody else may read the file. Raises
    BackupError if it does not read back as it was written, OSError for the disk's reasons.
    """
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w+b") as opened:
            with _opened_for_writing(opened, target.name) as tar:
                writer = Writer(tar, target.parent)
                manifest = fill(writer)
                text = json.dumps(asdict(manifest), default=_moment, indent=1)
                writer.add(MANIFEST, text.encode())
            opened.flush()
            os.fsync(opened.fileno())
        if verify(temporary) != manifest:
            raise BackupError(f"{target} did not read back as it was written; try another disk")
        temporary.replace(target)
        _sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return manifest


def verify(path: Path) -> Manifest:
    """Read a whole backup and return its manifest. Raises BackupError if anything is not as said."""
    hashes: dict[str, str] = {}
    manifest: Manifest | None = None
    with _readable(path):
        for name, opened in members(path):
            if name in hashes or manifest is not None:
                raise BackupError(f"{path} holds {name} at a place where it does not belong")
            if name == MANIFEST:
                manifest = _manifest(path, opened.read(_MANIFEST_MAX))
            else:
                hashes[name] = _hash(opened)
    if manifest is None:
        raise BackupError(f"{path} is no complete backup: its manifest is missing at the end")
    if wrong := sorted(set(hashes.items()) ^ set(manifest.sha256.items())):
        raise BackupError(f"{path} is damaged: {wrong[0][0]} is not what was written; take another")
    return manifest


def members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of each member, in their order; the content only until the next.

    Raises BackupError for a file that is no such archive.
    """
    with _readable(path), tarfile.open(path, "r:*") as tar:
        for member in tar:
            opened = tar.extractfile(member) if member.isreg() else None
            if opened is None:
                raise BackupError(f"{path} holds {member.name!r}, which is no file")
            yield member.name, opened


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BackupError(f"{path} is no readable backup: {error}") from None


def _opened_for_writing(opened: IO[bytes], name: str) -> tarfile.TarFile:
    if name.endswith((".gz", ".tgz")):
        return tarfile.open(fileobj=opened, mode="w:gz", compresslevel=6)
    return tarfile.open(fileobj=opened, mode="w")


def _manifest(path: Path, octets: bytes) -> Manifest:
    try:
        found = json.loads(octets)
        if found["format"] != FORMAT:
            raise BackupError(
                f"{path} is a backup of format {found['format']}, and this maildesk knows"
                f" {FORMAT}; restore it with maildesk {found.get('program', 'of its time')}"
            )
        found["made_at"] = datetime.fromisoformat(found["made_at"])
        return Manifest(**found)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} has a manifest that cannot be read: {error!r}") from None


def _hash(opened: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := opened.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
