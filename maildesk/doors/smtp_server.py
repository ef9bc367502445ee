# ruff: noqa: N802  (aiosmtpd finds commands and hooks by names such as smtp_DATA)
"""One SMTP or LMTP conversation (RFC 5321, RFC 2033) on top of aiosmtpd.

aiosmtpd reads commands, speaks STARTTLS and checks syntax. Ours are the limits, who is a
recipient, how DATA is read, and that 250 comes after the commit and our faults are 4yz.
"""

import asyncio
import errno
import logging
import math
import ssl
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from aiosmtpd.smtp import SMTP, Session, TLSSetupException
from aiosmtpd.smtp import Envelope as Taken

from maildesk.config import Limits
from maildesk.doors import smtp_wire as wire
from maildesk.doors.visitors import Visitors
from maildesk.mail import smtp
from maildesk.mail.smtp import Envelope, Reply

_log = logging.getLogger(__name__)

COMMAND_LINE = 4096  # octets; RFC 5321 section 4.5.3.1.4 asks for 512 and more for extensions
READ_AHEAD = 128 * 1024  # octets that may wait in our buffer before a peer is slowed down
IN_A_ROW = 25  # pipelined commands of one peer before the others have their turn
LINGER = 5.0  # seconds that a peer has for reading our last line


@dataclass(frozen=True, slots=True)
class Reception:
    """What every conversation of one listener goes by.

    `host` is the name in the greeting, `domain` that of our address; `domains` are all whose
    unknown mailboxes we deny. `accept` begins a commit on another thread and returns what is
    resolved after it. `is_ours` says whether an address is a recipient here. `room` is False
    when the disk reserve is reached.
    """

    host: str
    domain: str
    domains: frozenset[str]
    limits: Limits
    tls: ssl.SSLContext | None
    accept: Callable[[Envelope, bytes], Future[int]]
    is_ours: Callable[[str], bool]
    room: Callable[[], bool]
    now: Callable[[], datetime]
    visitors: Visitors


class Conversation(SMTP):
    """One connection, from greeting to QUIT; it enters and leaves `Reception.visitors` by itself."""

    via = "smtp"
    line_length_limit = READ_AHEAD  # aiosmtpd makes its StreamReader's limit of it
    session: Session
    envelope: Taken

    def __init__(self, reception: Reception) -> None:
        loop = asyncio.get_running_loop()
        self.reception = reception
        self.peer = ""
        self._welcome: bool | None = None
        self._replies = 0
        self._errors = 0
        self._session_ends = loop.time() + reception.limits.session
        self._data_ends = math.inf
        self._in_hand = False
        self._stopping = False
        # aiosmtpd keeps these on the class and adds to them with every EHLO.
        self.command_size_limit = COMMAND_LINE
        self.command_size_limits = defaultdict(lambda: COMMAND_LINE)
        super().__init__(
            self,  # the hooks handle_MAIL, handle_RCPT and handle_exception are below
            data_size_limit=reception.limits.message,
            enable_SMTPUTF8=True,
            hostname=reception.host,
            ident="ESMTP" if self.via == "smtp" else "LMTP",
            tls_context=reception.tls,
            loop=loop,
        )

    # Coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection, or the same one again once TLS is up."""
        if self._welcome is None:
            found = transport.get_extra_info("peername")
            self.peer = str(found[0]) if isinstance(found, tuple) else ""
            self._welcome = self.reception.visitors.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.reception.visitors.leave(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        # A peer that is gone is nobody's error; aiosmtpd lets it out of the task.
        with suppress(ConnectionError):
            if self._welcome:
                await super()._handle_client()
            else:
                self.hang_up(smtp.TOO_MANY_CONNECTIONS)

    def hang_up(self, reply: Reply) -> None:
        """Say a last line and close; a peer that does not read it is cut off after LINGER."""
        transport = self.transport
        if isinstance(transport, asyncio.Transport) and not transport.is_closing():
            self._writer.write(f"{reply}\r\n".encode())
            transport.close()
            self.loop.call_later(LINGER, transport.abort)

    def stop(self) -> None:
        """Close now, or after the transaction in hand."""
        self._stopping = True
        if not self._in_hand and not self.envelope.mail_from:
            self.hang_up(smtp.SHUTTING_DOWN)

    def cut(self) -> None:
        """Close at once, whatever is in hand."""
        self.hang_up(smtp.SHUTTING_DOWN)
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Wait for the next line so long as idle, session and DATA time all allow it."""
        self._stop_timeout()
        idle_ends = self.loop.time() + self.reception.limits.idle
        ends = min(idle_ends, self._session_ends, self._data_ends)
        self._timeout_handle = self.loop.call_at(ends, self._timeout_cb)

    def _stop_timeout(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    def _timeout_cb(self) -> None:
        self.hang_up(smtp.TIMED_OUT)

    # Replies

    async def push(self, status: str | bytes) -> None:
        """Send a line that aiosmtpd answers by itself."""
        await self._say(wire.reworded(status if isinstance(status, str) else status.decode()))

    async def _say(self, reply: Reply | str) -> None:
        text = str(reply)
        await super().push(text.encode("utf-8", "replace"))
        self._replies += 1
        if self._replies % IN_A_ROW == 0:
            await asyncio.sleep(0)
        if text[:1] in "45":
            self._errors += 1
            if self._errors >= self.reception.limits.errors:
                self.hang_up(smtp.TOO_MANY_ERRORS)

    async def handle_exception(self, error: Exception) -> str:
        """Answer 451 for our own mistakes; aiosmtpd would say 500 and the peer would bounce."""
        if isinstance(error, TLSSetupException):
            _log.info("TLS with %s failed: %s", self.peer or "a local peer", error.__cause__)
        else:
            _log.error("an SMTP conversation failed", exc_info=error)
        return str(smtp.TRY_LATER)

    # Commands

    async def smtp_HELO(self, hostname: str) -> None:
        if await self._hello(hostname, extended=False):
            await self._say(f"250 {self.reception.host}")

    async def smtp_EHLO(self, hostname: str) -> None:
        if await self._hello(hostname, extended=True):
            tls = self.reception.tls is not None and self._tls_protocol is None
            await self._say(
                wire.capabilities(self.reception.host, self.reception.limits.message, tls)
            )

    async def _hello(self, name: str | None, extended: bool) -> bool:
        if not name:
            await self._say(wire.NO_NAME)
            return False
        self.envelope = self._create_envelope()
        self.session.extended_smtp = extended
        self.session.host_name = name
        return True

    async def smtp_VRFY(self, arg: str) -> None:
        await self._say(wire.CANNOT_VERIFY)

    async def smtp_AUTH(self, arg: str) -> None:
        await self._say(wire.NO_LOGIN)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Return address and parameters; (None, None) is answered with BAD_ADDRESS.

        aiosmtpd's own takes routes, and takes a tenth of a millisecond for each address.
        """
        return wire.read_path(arg) or (None, None)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Taken, address: str, options: list[str]
    ) -> str:
        """Answer a well-formed MAIL whose SIZE fits."""
        if not self.reception.room():
            return str(smtp.NO_ROOM)
        envelope.mail_from = address
        return str(wire.SENDER_OK)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Taken, address: str, options: list[str]
    ) -> str:
        """Answer a well-formed RCPT: mail is taken for our own addresses only."""
        if address == "<>":
            return str(smtp.BAD_ADDRESS)
        if len(envelope.rcpt_tos) >= self.reception.limits.recipients:
            return str(smtp.TOO_MANY_RECIPIENTS)
        if "@" not in address:  # RFC 5321 section 4.5.1: postmaster needs no domain
            address = f"{address}@{self.reception.domain}"
        if not self.reception.is_ours(address):
            known = address.rpartition("@")[2].lower() in self.reception.domains
            return str(smtp.NO_SUCH_MAILBOX if known else smtp.NO_RELAYING)
        envelope.rcpt_tos.append(address)
        return str(smtp.RECIPIENT_OK)

    async def smtp_DATA(self, arg: str | None) -> None:
        if refusal := self._why_no_data(arg):
            await self._say(refusal)
            return
        self._in_hand = True
        await self._say(wire.GO_AHEAD)
        raw = await self._read_message()
        fault = smtp.TOO_BIG if raw is None else wire.line_fault(raw, self.reception.limits.line)
        reply = fault if fault or raw is None else await self._commit(raw)
        # LMTP: one reply for every recipient that RCPT accepted (RFC 2033 section 4.2).
        count = len(self.envelope.rcpt_tos) if self.via == "lmtp" else 1
        self.envelope = self._create_envelope()
        self._in_hand = False
        await self._say("\r\n".join([str(reply)] * count))
        self._reset_timeout()
        if self._stopping:
            self.hang_up(smtp.SHUTTING_DOWN)

    def _why_no_data(self, arg: str | None) -> Reply | None:
        if arg:
            return wire.NO_ARGUMENT
        if not self.envelope.rcpt_tos:
            return wire.NEED_RECIPIENT
        return None if self.reception.room() else smtp.NO_ROOM

    async def _read_message(self) -> bytes | None:
        """Return the message, or None when it was over the limit; reads to the end either way.

        Only CR LF dot CR LF ends it. aiosmtpd reads line by line, which costs most of a
        millisecond for each message; this takes all that has arrived.
        """
        self._data_ends = self.loop.time() + self.reception.limits.data
        limit = self.reception.limits.message
        most = limit * 4 // 3 + len(wire.END) * 2  # on the wire dots may be doubled
        fits = True
        lines = bytearray(b"\r\n")  # of the DATA command: the dot may follow at once
        end = -1
        while end < 0:
            self._reset_timeout()
            searched = max(0, len(lines) - len(wire.END) + 1)
            chunk = await self._reader.read(1 << 30)
            if not chunk:
                raise ConnectionResetError
            lines += chunk
            end = lines.find(wire.END, searched)
            if end < 0 and len(lines) > most:
                fits = False
                del lines[: -len(wire.END)]
        # All was taken out of the reader, so what came behind the end is again first in it.
        self._reader.feed_data(bytes(lines[end + len(wire.END) :]))
        self._data_ends = math.inf
        del lines[end + 2 :]
        raw = wire.unstuffed(lines) if fits else b""
        return raw if fits and len(raw) <= limit else None

    async def _commit(self, raw: bytes) -> Reply:
        """Return the reply after the commit. A peer that hangs up cancels only the reply."""
        self._stop_timeout()
        sender = self.envelope.mail_from or ""
        envelope = Envelope(
            return_path="" if sender == "<>" else sender,
            rcpt_to=tuple(dict.fromkeys(rcpt.lower() for rcpt in self.envelope.rcpt_tos)),
            via=self.via,
            received_at=self.reception.now(),
            peer=self.peer,
        )
        commit: asyncio.Future[int] | None = None
        try:
            commit = asyncio.wrap_future(self.reception.accept(envelope, raw))
            self.reception.visitors.committing(commit)
            async with asyncio.timeout(self.reception.limits.data):
                await asyncio.shield(commit)
        except asyncio.CancelledError:
            if commit is None or not commit.cancelled():
                raise  # the peer is gone; the commit goes on
            _log.warning("a commit was cancelled")
            return smtp.TRY_LATER
        except OSError as error:
            _log.exception("could not store a message")
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return smtp.NO_ROOM if full else smtp.TRY_LATER
        except Exception:  # noqa: BLE001  (whatever it was, the peer keeps the message)
            _log.exception("could not store a message")
            return smtp.TRY_LATER
        return smtp.ACCEPTED


class LmtpConversation(Conversation):
    """The same as LMTP: LHLO, and after the dot one reply for each recipient (RFC 2033)."""

    via = "lmtp"

    async def smtp_LHLO(self, hostname: str) -> None:
        await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        await self._say(wire.NOT_FOR_LMTP)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._say(wire.NOT_FOR_LMTP)
