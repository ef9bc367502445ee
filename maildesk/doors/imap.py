"""The IMAP conversation with one mailbox (RFC 3501), and where its reading stands.

IMAPClient speaks the protocol; this module holds what we want to say and keeps its sharp edges
in one place. It knows no desk and no thread: `poller` does.
"""

import logging
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any, Protocol

from imapclient import DELETED, FLAGGED, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from maildesk.config import Imap
from maildesk.doors.imap_login import Lost, Refused, log_in, plain, start_tls, untrusted, words
from maildesk.mail.place import Place
from maildesk.mail.smtp import Envelope

TIMEOUT = SocketTimeout(connect=10, read=60)
DONE_TIMEOUT = 15.0
"""Seconds that a server may take to answer DONE; later the connection is given up."""
DONE_KEYWORD = "$maildesk"
HEADER_OCTETS = 1024 * 1024
"""As much as is kept of the headers of a mail that is too big."""
SEARCH_WINDOW = 50_000
"""Messages per SEARCH: imaplib refuses an answer line of more than 1,000,000 octets."""

# At level debug these write whole mails, line by line.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class Places(Protocol):
    """Who keeps the mail and the places; each call is one transaction and returns committed."""

    def known(self, account: str, folder: str, uidvalidity: int) -> Place:
        """Return where reading stands.

        `first` only while nothing was ever recorded for this account and folder: under a new
        UIDVALIDITY it is False, and last_uid 0, so that everything is read again.
        """

    def accept(
        self, envelope: Envelope, raw: bytes, oversize: int = 0, quiet: bool = False
    ) -> None:
        """Store a message and its place together; the same uid again changes nothing.

        `oversize` > 0: `raw` holds only the headers of a mail of that many octets. `quiet`: it
        is old mail that nobody is to be answered for.
        """

    def skip(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Move the place on to `uid` without a message; with uid 0 only record the contact."""

    def finished(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """Record that these messages are moved or flagged on the server."""


@dataclass(frozen=True, slots=True)
class Box:
    """What SELECT said. `uidnext` is 0 where the server does not say it."""

    uidvalidity: int
    uidnext: int
    exists: int
    keywords: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a message before its body: octets, and the server's INTERNALDATE."""

    uid: int
    size: int
    internal_date: datetime | None


@contextmanager
def connected(account: Imap) -> Iterator["Mailbox"]:
    """Yield the mailbox, logged in; the connection is closed at the end, however it ends.

    Raises Refused where a person has to mend something, Lost or OSError where time may.
    """
    context = ssl.create_default_context(cafile=account.ca_file)
    connect: Any = IMAPClient  # only half of it is typed
    try:
        connection = connect(
            account.host,
            account.port,
            ssl=account.tls == "tls",
            ssl_context=context,
            timeout=TIMEOUT,
        )
    except ssl.SSLCertVerificationError as error:
        raise untrusted(account, error) from error
    try:
        connection.normalise_times = False
        connection.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if account.tls == "starttls":
            start_tls(connection, account, context)
        log_in(connection, account)
        yield Mailbox(connection, account)
        with suppress(OSError, IMAPClientError):
            connection.socket().settimeout(5)
            connection.logout()
    finally:
        # A LOGOUT on a dead connection would wait for the read timeout: just close.
        with suppress(OSError, IMAPClientError):
            connection.shutdown()


class Mailbox:
    """One folder on one connection. Belongs to one thread, but for `wake`."""

    def __init__(self, connection: Any, account: Imap) -> None:
        self._connection = connection
        self._account = account
        self._target_made = False
        # Asked once and after the login: servers say less before it.
        self._moves = connection.has_capability("MOVE")
        self._expunges = connection.has_capability("UIDPLUS")
        self.idles = bool(connection.has_capability("IDLE"))

    def wake(self) -> None:
        """End whatever the owning thread waits for; it gets an error. Any thread may call it.

        Only the socket is shut down: closing the file under a reading thread blocks.
        """
        with suppress(OSError):
            socket.socket.shutdown(self._connection.socket(), socket.SHUT_RDWR)

    def select(self) -> Box:
        """Select the folder, again if need be, which is how one learns what is new in it."""
        folder = plain(self._account.folder)
        try:
            said = self._connection.select_folder(folder, readonly=self._account.done == "leave")
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            raise Refused(
                f"folder {folder!r} cannot be opened ({words(error)}); set folder"
            ) from None
        # Without PERMANENTFLAGS all flags are permanent (RFC 3501 section 6.3.1).
        flags = said.get(b"PERMANENTFLAGS", (b"\\*",))
        keywords = b"\\*" in flags or DONE_KEYWORD.encode() in flags
        exists, uidnext = said[b"EXISTS"], said.get(b"UIDNEXT", 0)
        return Box(said[b"UIDVALIDITY"], uidnext, exists, keywords)

    def search(self, start: int, box: Box, since: date | None = None) -> list[int]:
        """Return the uids from `start` on, ascending; with `since` only of mail that day or later."""
        criteria: list[Any] = ["UID", f"{start}:*"]
        if since:
            criteria += ["SINCE", since]
        found: set[int] = set()
        for low in range(1, max(box.exists, 1) + 1, SEARCH_WINDOW):
            high = low + SEARCH_WINDOW - 1
            window = [f"{low}:{high if high < box.exists else '*'}"]
            found.update(self._connection.search((window if box.exists else []) + criteria))
        # "n:*" always holds the last message, even one below n (RFC 3501 section 6.4.8).
        return sorted(uid for uid in found if uid >= start)

    def exists(self, uid: int) -> bool:
        """Return whether a message is still there; NOOP lets the server say what is gone."""
        self._connection.noop()
        return uid in self._connection.search(["UID", str(uid)])

    def heads(self, uids: Sequence[int]) -> dict[int, Head]:
        """Return what is known of each message that is still there."""
        try:
            said = self._connection.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        except ValueError:  # a date that is none
            said = self._connection.fetch(uids, ["RFC822.SIZE"])
        return {
            uid: Head(uid, answer[b"RFC822.SIZE"], _aware(answer.get(b"INTERNALDATE")))
            for uid, answer in said.items()
            if b"RFC822.SIZE" in answer
        }

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return the bytes of each message that could be read; \\Seen stays as it is.

        One that is expunged meanwhile makes some servers refuse the whole FETCH (RFC 2180
        section 4.1), so the messages are then asked for one by one.
        """
        got = self._try_fetch(uids, "BODY.PEEK[]", b"BODY[]")
        if got is None and len(uids) > 1:
            self._connection.noop()
            single = (self._try_fetch([uid], "BODY.PEEK[]", b"BODY[]") for uid in uids)
            return {uid: raw for answer in single for uid, raw in (answer or {}).items()}
        return got or {}

    def headers(self, uid: int) -> bytes | None:
        """Return the header block of a message, or None where it cannot be read."""
        item, key = f"BODY.PEEK[HEADER]<0.{HEADER_OCTETS}>", b"BODY[HEADER]<0>"
        return (self._try_fetch([uid], item, key) or {}).get(uid)

    def _try_fetch(self, uids: Sequence[int], item: str, key: bytes) -> dict[int, bytes] | None:
        try:
            said: Mapping[int, Mapping[bytes, Any]] = self._connection.fetch(uids, [item])
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            return None
        return {uid: answer[key] for uid, answer in said.items() if answer.get(key) is not None}

    def finish(self, uids: Sequence[int], box: Box) -> None:
        """Move, flag, delete or leave messages, as the account says. Gone ones do not matter."""
        match self._account.done:
            case "move":
                self._move(uids, plain(self._account.done_folder))
            case "flag":
                flag = DONE_KEYWORD if box.keywords else FLAGGED
                self._connection.add_flags(uids, [flag], silent=True)
            case "delete":
                self._remove(uids)
            case "leave":
                pass

    def _move(self, uids: Sequence[int], target: str) -> None:
        if not self._target_made:
            if not self._connection.folder_exists(target):
                self._connection.create_folder(target)
                self._connection.subscribe_folder(target)
            self._target_made = True
        if self._moves:
            self._connection.move(uids, target)
        else:
            self._connection.copy(uids, target)
            self._remove(uids)

    def _remove(self, uids: Sequence[int]) -> None:
        self._connection.add_flags(uids, [DELETED], silent=True)
        if self._expunges:  # a plain EXPUNGE would also remove what others deleted
            self._connection.uid_expunge(uids)

    def idle(self, seconds: float) -> None:
        """Return when mail may have come, at the latest after `seconds`.

        Raises Lost when the connection is dead: a closed one answers "nothing" at once, again
        and again, and a silent one never ends DONE.
        """
        self._connection.idle()
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            said = self._connection.idle_check(timeout=left)
            if not said and time.monotonic() < deadline - 0.5:
                raise Lost("the server closed the connection")
            if any(b"EXISTS" in line[1:2] for line in said):
                break
        self._connection.socket().settimeout(DONE_TIMEOUT)
        self._connection.idle_done()
        self._connection.socket().settimeout(TIMEOUT.read)


def envelope(account: Imap, box: Box, head: Head, raw: bytes, via: str, now: datetime) -> Envelope:
    """Return the envelope of a mail that lay in a mailbox, as its delivery agent wrote it down.

    The return path is the topmost Return-Path (RFC 5321 section 4.4), "" where there is none.
    Recipients are the Delivered-To, X-Original-To and
    Envelope-To above the topmost Received, which the sender cannot write; else the account's
    name. A date in the future counts as `now`.
    """
    block = raw[: raw.find(b"\r\n\r\n") + 2 or None][:HEADER_OCTETS]
    fields = [
        (name.lower(), str(text)) for name, text in BytesHeaderParser().parsebytes(block).items()
    ]
    senders = [text for name, text in fields if name == "return-path"]
    top = next((n for n, (name, _) in enumerate(fields) if name == "received"), len(fields))
    wanted = ("delivered-to", "x-original-to", "envelope-to")
    found = (_address(text).lower() for name, text in fields[:top] if name in wanted)
    return Envelope(
        return_path=_address(senders[0]) if senders else "",
        rcpt_to=tuple(dict.fromkeys(a for a in found if "@" in a)) or (account.user,),
        via=via,
        received_at=min(head.internal_date or now, now).astimezone(UTC),
        peer=account.host,
        account=account.name,
        folder=account.folder,
        uidvalidity=box.uidvalidity,
        uid=head.uid,
    )


def _address(text: str) -> str:
    return "".join(c for c in parseaddr(text)[1] if c.isprintable())


def _aware(stamp: datetime | None) -> datetime | None:
    return stamp.replace(tzinfo=UTC) if stamp and stamp.tzinfo is None else stamp
