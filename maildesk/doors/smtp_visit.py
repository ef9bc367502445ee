"""One connection to an SMTP listener: it comes, is counted, is waited for, and is hung up.

aiosmtpd reads the commands and checks their syntax; what they do stands in smtp_server.
"""

import asyncio
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


class Visit(SMTP):
    """One connection, from greeting to QUIT; it enters and leaves `Reception.visitors` by itself."""

    via = "smtp"
    line_length_limit = READ_AHEAD  # aiosmtpd makes its StreamReader's limit of it
    session: Session
    envelope: Taken

    def __init__(self, reception: Reception) -> None:
        loop = asyncio.get_running_loop()
        self.reception = reception
        self.peer = ""
        self._welcome = False
        self._wire: asyncio.BaseTransport | None = None
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
            self,  # its own hooks: handle_MAIL, handle_RCPT and handle_exception
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
        if self._wire is None:
            self.enter(transport)
        super().connection_made(transport)

    def enter(self, transport: asyncio.BaseTransport) -> bool:
        """Count the connection before anything is said on it; False if it is one too many."""
        self._wire = transport
        found = transport.get_extra_info("peername")
        self.peer = str(found[0]) if isinstance(found, tuple) else ""
        self._welcome = self.reception.visitors.enter(self)
        return self._welcome

    @property
    def is_encrypted(self) -> bool:
        """Whether the TLS handshake is done."""
        return bool(self.transport and self.transport.get_extra_info("ssl_object"))

    @property
    def has_begun(self) -> bool:
        """Whether it is there already: not while a handshake before all else goes on."""
        return self._handler_coroutine is not None

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
        if not self.has_begun:
            self.cut()
        elif not self._in_hand and not self.envelope.mail_from:
            self.hang_up(smtp.SHUTTING_DOWN)

    def cut(self) -> None:
        """Close at once, whatever is in hand."""
        self.hang_up(smtp.SHUTTING_DOWN)
        transport = self.transport or self._wire
        if isinstance(transport, asyncio.Transport):
            transport.abort()

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
