"""Mail that comes by a pipe or lies in files: one message, an mbox, a Maildir.

mbox is read as mboxrd (mbox(5)): a line of the body that begins with ">"s and "From " has one ">"
too many. Messages are read one after the other and never held beyond the limit of their size.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

IN_FLIGHT = 256  # messages handed to the desk and not yet committed
OCTETS_IN_FLIGHT = 64 * 1024 * 1024
HEADER_MAX = 256 * 1024  # octets in which the dates of a message are looked for
EARLIEST = datetime(1982, 8, 13, tzinfo=UTC)  # RFC 822: nothing is older
SKEW = timedelta(minutes=10)
LINE_MAX = 64 * 1024  # octets read at a time where a line is longer
_CHUNK = 64 * 1024

# What follows "From " where a message begins: somebody, and a day with a time (RFC 4155). Behind
# a blank line any time will do; elsewhere only the whole asctime form, as writers forget the line.
_BEGINS = re.compile(rb"From .*\d\d?:\d\d")
_BEGINS_ANYWHERE = re.compile(
    rb"From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rb" +\d\d? \d\d?:\d\d(?::\d\d)?(?: [^ ]+)? \d{4}\b"
)
_QUOTED = re.compile(rb">+From ")
_BLANK = (b"\n", b"\r\n")


class NotMail(Exception):
    """A file or folder holds no mail; the text says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One message that was found. `octets` is its size; beyond the limit `raw` is cut off.

    `fault` says why it could not be read, else "".
    """

    name: str
    raw: bytes
    octets: int
    fault: str = ""


@dataclass(slots=True)
class Tally:
    """What became of messages: how many were stored, known before, refused (name and why)."""

    stored: int = 0
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def read_one(stream: BinaryIO, limit: int, name: str = "") -> Piece:
    """Return the message of a stream, without a leading mbox "From " line.

    A stream that holds more than `limit` octets is read to its end, so that the writer hears our
    reply and not a broken pipe, but not kept.
    """
    first = stream.readline(limit + 1)
    if not first.startswith(b"From "):
        kept, octets = [first], len(first)
    else:
        kept, octets = [], 0
        while first and not first.endswith(b"\n"):
            first = stream.readline(limit + 1)
    while chunk := stream.read(_CHUNK):
        octets += len(chunk)
        if octets <= limit:
            kept.append(chunk)
    return Piece(name, b"".join(kept), octets)


def read_mbox(stream: BinaryIO, limit: int, name: str = "") -> Iterator[Piece]:
    """Yield the messages of an mbox in their order, named "NAME, message 1" and so on.

    What stands before the first "From " line is a message of its own. The blank line before the
    next one belongs to the mbox.
    """
    number = octets = 0
    lines: list[bytes] = []
    blank = b""  # held back: it may be the mbox's
    begins_line = after_blank = True
    while line := stream.readline(LINE_MAX):
        was_begun, begins_line = begins_line, line.endswith(b"\n")
        if was_begun and line.startswith(b"From ") and _is_beginning(line, after_blank):
            if number:
                yield Piece(f"{name}, message {number}", b"".join(lines), octets)
            number, octets, lines, blank, after_blank = number + 1, 0, [], b"", False
            while not begins_line and (line := stream.readline(LINE_MAX)):
                begins_line = line.endswith(b"\n")
            continue
        number = number or 1
        after_blank = was_begun and line in _BLANK
        text, blank = blank, line if after_blank else b""
        if not after_blank:
            is_quoted = was_begun and line[:1] == b">" and _QUOTED.match(line)
            text += line[1:] if is_quoted else line
        octets += len(text)
        if octets <= limit:
            lines.append(text)
    if number:
        yield Piece(f"{name}, message {number}", b"".join(lines), octets)


def _is_beginning(line: bytes, after_blank: bool) -> bool:
    head = line[:500]
    return bool((_BEGINS if after_blank else _BEGINS_ANYWHERE).match(head))


def files_of(path: Path) -> list[Path]:
    """Return the files of mail behind a name: itself, a Maildir's messages, a folder's *.eml.

    A Maildir's messages come in the order of their delivery (their names begin with the time).
    Raises NotMail for a folder without any; OSError for what cannot be looked at.
    """
    if not path.is_dir():
        path.stat()
        return [path]
    if (path / "cur").is_dir() and (path / "new").is_dir():
        found = [
            each for part in ("cur", "new") for each in (path / part).iterdir()
            if each.is_file() and not each.name.startswith(".")
        ]  # fmt: skip
        return sorted(found, key=_delivered)
    found = sorted(each for each in path.glob("*.eml") if each.is_file())
    if not found:
        raise NotMail(f"{path} is no Maildir (no cur and new in it) and holds no .eml files")
    return found


def _delivered(file: Path) -> tuple[int, str]:
    seconds = file.name.partition(".")[0]
    return (int(seconds) if seconds.isascii() and seconds.isdigit() else 0, file.name)


def pieces(file: Path, limit: int) -> Iterator[Piece]:
    """Yield the messages of one file: an mbox if it begins with "From ", else one mail.

    A file that cannot be read is a piece with a `fault`. In a Maildir a file is one mail.
    """
    try:
        with file.open("rb") as stream:
            is_maildir = file.parent.name in ("cur", "new")
            if not is_maildir and stream.read(5) == b"From ":
                stream.seek(0)
                yield from read_mbox(stream, limit, str(file))
            else:
                stream.seek(0)
                yield read_one(stream, limit, str(file))
    except OSError as error:
        yield Piece(str(file), b"", 0, fault=f"it cannot be read: {error.strerror or error}")


def with_return_path(raw: bytes, return_path: str) -> bytes:
    """Return a message with the Return-Path of its envelope on top (RFC 5321 section 4.4).

    A pipe makes the final delivery; MTAs differ in whether they wrote the line already.
    """
    if raw[:12].lower() == b"return-path:":
        return raw
    end = b"\r\n" if raw.partition(b"\n")[0].endswith(b"\r") else b"\n"
    return f"Return-Path: <{return_path}>".encode() + end + raw


def received_at(raw: bytes, now: datetime) -> datetime:
    """Return when an old message was received: its topmost plausible Received, else its Date.

    Plausible is not before RFC 822 and not later than `now`; `now` where there is nothing such.
    """
    # Bounded, so that a header block without an end costs nothing.
    block = re.split(rb"\r?\n\r?\n", raw[:HEADER_MAX], maxsplit=1)[0]
    lines = re.sub(rb"\r?\n[ \t]+", b" ", block).decode("latin-1").splitlines()
    fields = [line.partition(":") for line in lines]
    values = [value.rpartition(";")[2] for name, _, value in fields if name.lower() == "received"]
    values += [value for name, _, value in fields if name.lower() == "date"]
    for value in values:
        moment = _moment(value)
        if moment is not None and EARLIEST <= moment <= now + SKEW:
            return min(moment, now)
    return now


def _moment(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value[:200].strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def refusal(piece: Piece, limit: int) -> str:
    """Return why a message cannot be taken, in a sentence; "" if it can."""
    if piece.fault:
        return piece.fault
    if piece.octets > limit:
        return f"it is too big: {piece.octets:,} octets, and limits.message is {limit:,}"
    return "" if piece.raw.strip() else "it is empty"


def store(
    found: Iterable[Piece],
    accept: Callable[[bytes], "Future[int]"],
    limit: int,
    newest: int,
    tally: Tally,
    wait: float | None = None,
) -> None:
    """Hand messages to the desk, many at a time, and count in `tally` what became of each.

    `accept` begins to store one and returns the future of its inbound id; an id up to `newest`,
    or one seen before, was known. Raises what a future raised, or TimeoutError after `wait`
    seconds for one; `tally` then holds what was stored until then.
    """
    waiting: deque[tuple[Future[int], int]] = deque()
    seen: set[int] = set()
    octets = 0

    def settle() -> int:
        future, size = waiting.popleft()
        inbound_id = future.result(wait)
        if inbound_id <= newest or inbound_id in seen:
            tally.known += 1
        else:
            tally.stored += 1
        seen.add(inbound_id)
        return size

    for piece in found:
        if why := refusal(piece, limit):
            tally.refused.append((piece.name, why))
            continue
        while waiting and (len(waiting) >= IN_FLIGHT or octets + len(piece.raw) > OCTETS_IN_FLIGHT):
            octets -= settle()
        waiting.append((accept(piece.raw), len(piece.raw)))
        octets += len(piece.raw)
    while waiting:
        octets -= settle()
