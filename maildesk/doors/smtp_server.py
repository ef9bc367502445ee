# ruff: noqa: N802  (aiosmtpd finds commands and hooks by names such as smtp_DATA)
"""One SMTP or LMTP conversation (RFC 5321, RFC 2033) on top of aiosmtpd.

aiosmtpd reads commands, speaks STARTTLS and checks syntax. Ours are the limits, who is a
recipient, how DATA is read, and that 250 comes after the commit and our faults are 4yz.
"""

import asyncio
import errno
import logging
import math

from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Taken

from maildesk.doors import smtp_wire as wire
from maildesk.doors.smtp_visit import Visit
from maildesk.mail import smtp
from maildesk.mail.smtp import Envelope, Reply

_log = logging.getLogger(__name__)


class Conversation(Visit):
    """What a peer may say, from greeting to QUIT, and what we answer."""

    async def smtp_HELO(self, hostname: str) -> None:
        if await self._hello(hostname, extended=False):
            await self._say(f"250 {self.reception.host}")

    async def smtp_EHLO(self, hostname: str) -> None:
        if await self._hello(hostname, extended=True):
            size = self.reception.limits.message
            await self._say(wire.capabilities(self.reception.host, size, self._extensions()))

    def _extensions(self) -> tuple[str, ...]:
        """Return what EHLO offers beside what is always there."""
        return ("STARTTLS",) if self.reception.tls and not self.is_encrypted else ()

    @property
    def login(self) -> str:
        """Who logged in: here nobody can (see smtp_login)."""
        return ""

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self.is_encrypted:  # RFC 3207 section 4.2
            await self._say(wire.TLS_IS_ON)
        else:
            await super().smtp_STARTTLS(arg)

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
            login=self.login,
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
