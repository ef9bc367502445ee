"""One SMTP connection to the relay: opening it, and offering letters over it one by one.

aiosmtplib 5.1 speaks; which reply belongs to which step is kept here, because the step decides
what the reply means. Its `sendmail`, `data` and `login` are not used: they hide the step, share
one time limit between DATA and the final dot, and try a wrong password three times.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from maildesk.config import Relay
from maildesk.mail.parcel import Parcel
from maildesk.mail.smtp import Reply, read_reply
from maildesk.rules.backoff import Stage

REPLY_TEXT_MAX = 500  # characters; a relay may answer with pages


@dataclass(frozen=True, slots=True)
class Pace:
    """All the sender's times, in seconds; only tests use others.

    `data` and `final_dot` are RFC 5321 sections 4.5.3.2.4 and .6. `before_dot` bounds MAIL, RCPT
    and DATA of a letter together. A claimed letter is offered within `fresh` or goes back; fresh +
    before_dot + final_dot stay below LONGEST_SEND. `gather` lies between two claims, so that a
    burst of letters is not claimed one by one; `settle` bounds how long an answer is unrecorded.
    """

    data: float = 120
    final_dot: float = 600
    before_dot: float = 300
    fresh: float = 120
    idle: float = 30
    poll: float = 5
    gather: float = 0.02
    settle: float = 0.15
    first_pause: float = 5
    longest_pause: float = 300
    stop: float = 20


class Unusable(Exception):
    """The relay takes no letters from us at all: at which step, and what it said."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        super().__init__(f"{stage}: {reply}")
        self.stage = stage
        self.reply = reply


class RelayConnection:
    """An open session with the relay, after EHLO, TLS and AUTH. Made by `open_connection`."""

    def __init__(self, smtp: aiosmtplib.SMTP, relay: Relay, pace: Pace) -> None:
        self._smtp = smtp
        self._relay = relay
        self._pace = pace
        self.is_fresh = True  # no pause and no letter since the relay spoke to us

    @property
    def is_open(self) -> bool:
        return self._smtp.is_connected

    def refusal(self, parcel: Parcel) -> Reply | None:
        """Return why a letter cannot be offered over this connection, or None if it can."""
        raw, addresses = parcel.raw, parcel.return_path + parcel.rcpt_to
        paths = [parcel.rcpt_to, parcel.return_path] if parcel.return_path else [parcel.rcpt_to]
        if not raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n"):
            return Reply(554, "5.6.0", "Not sent: a line of the letter does not end with CR LF")
        if not all(map(_MAILBOX.fullmatch, paths)):
            return Reply(553, "5.1.3", "Not sent: an address cannot be written in SMTP")
        if not addresses.isascii() and not self._smtp.supports_extension("smtputf8"):
            return Reply(553, "5.6.7", "Not sent: the relay takes no addresses beyond ASCII")
        if not raw.isascii() and not self._smtp.supports_extension("8bitmime"):
            return Reply(554, "5.6.3", "Not sent: 8-bit content, and the relay has no 8BITMIME")
        return None

    async def offer(self, parcel: Parcel, on_mail: Callable[[], None]) -> tuple[Stage, Reply]:
        """Offer a letter that has no `refusal`; return the last step and the reply to it.

        The message leaves byte for byte, with dots doubled (RFC 5321 section 4.5.2). `on_mail` is
        called when MAIL was accepted. A lost connection or a time limit becomes a 421 of our own.
        """
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._pace.before_dot
        for stage, command, wanted, limit in (
            (Stage.MAIL, self._mail(parcel), 2, self._relay.timeout),
            (Stage.RCPT, f"RCPT TO:<{parcel.rcpt_to}>".encode(), 2, self._relay.timeout),
            (Stage.DATA, b"DATA", 3, self._pace.data),
        ):
            reply = await self._say(command, min(limit, max(deadline - clock.time(), 0.1)))
            if reply.code // 100 != wanted:
                if stage is not Stage.MAIL:
                    await self._forget_letter()
                return stage, reply
            if stage is Stage.MAIL:
                self.is_fresh = False
                on_mail()
        reply = await self._finish(parcel.raw)
        if not reply.is_positive:
            await self._forget_letter()
        return Stage.DOT, reply

    async def quit(self) -> None:
        """Say goodbye and close."""
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._smtp.quit(timeout=2)
        self.close()

    def close(self) -> None:
        """Close at once, without sending what is still buffered."""
        if isinstance(self._smtp.transport, asyncio.WriteTransport):
            self._smtp.transport.abort()
        self._smtp.close()

    def _mail(self, parcel: Parcel) -> bytes:
        command = f"MAIL FROM:<{parcel.return_path}>"
        if self._smtp.supports_extension("size"):
            command += f" SIZE={len(parcel.raw)}"  # RFC 1870
        if not parcel.raw.isascii():
            command += " BODY=8BITMIME"  # RFC 6152
        if not (parcel.return_path + parcel.rcpt_to).isascii():
            command += " SMTPUTF8"  # RFC 6531
        return command.encode()

    async def _say(self, command: bytes, limit: float) -> Reply:
        try:
            return _clean(*await self._smtp.execute_command(command, timeout=limit))
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            return _lost(error)

    async def _finish(self, raw: bytes) -> Reply:
        protocol, transport = self._smtp.protocol, self._smtp.transport
        if protocol is None or not isinstance(transport, asyncio.WriteTransport):
            return Reply(421, "4.4.2", "Connection lost before the message was sent")
        try:
            protocol.write(_stuffed(raw))
            reply = _clean(*await protocol.read_response(timeout=self._pace.final_dot))
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            why = _lost(error)
            return Reply(why.code, why.enhanced, f"{why.text}, after the message was sent: unknown "
                         "whether the relay took it; the same letter is sent again")  # fmt: skip
        if reply.code == 421 or transport.get_write_buffer_size():
            # An answer before the end of the message: the rest would be read as commands.
            self.close()
        return reply

    async def _forget_letter(self) -> None:
        # Else the next MAIL is answered 503 for a nested transaction, and that holds the queue.
        limit = min(self._relay.timeout, 30)
        if self.is_open and not (await self._say(b"RSET", limit)).is_positive:
            self.close()


async def open_connection(relay: Relay, host: str, pace: Pace) -> RelayConnection:
    """Return a connection that is ready for MAIL; we greet as `host`. Raises Unusable.

    The password never goes over a connection in the clear unless `relay.tls` is "none".
    """
    stage = Stage.CONNECT
    smtp: aiosmtplib.SMTP | None = None
    try:
        tls = await asyncio.to_thread(_tls, relay)
        smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=host,
            timeout=relay.timeout,
            use_tls=relay.tls == "tls",
            start_tls=False,
            tls_context=tls,
        )
        await smtp.connect()
        stage = Stage.EHLO
        await _greet(smtp)
        if relay.tls == "starttls" or (
            relay.tls == "opportunistic" and smtp.supports_extension("starttls")
        ):
            stage = Stage.TLS
            await smtp.starttls()
            stage = Stage.EHLO
            await _greet(smtp)
        if relay.user:
            stage = Stage.AUTH
            await _log_in(smtp, relay)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        if smtp:
            smtp.close()
        raise _unusable(stage, error, relay) from error
    except asyncio.CancelledError:
        if smtp:
            smtp.close()
        raise
    return RelayConnection(smtp, relay, pace)


def _tls(relay: Relay) -> ssl.SSLContext | None:
    if relay.tls == "none":
        return None
    context = ssl.create_default_context(cafile=relay.ca_file)
    if relay.tls == "opportunistic":
        # Better than no encryption, and no more: whoever can forge a certificate can also
        # hide STARTTLS (RFC 7435).
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _greet(smtp: aiosmtplib.SMTP) -> None:
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502):
            raise
        await smtp.helo()  # a relay older than RFC 1869


async def _log_in(smtp: aiosmtplib.SMTP, relay: Relay) -> None:
    encrypted = smtp.get_transport_info("sslcontext") is not None
    if not encrypted and relay.tls != "none":
        raise aiosmtplib.SMTPException(
            "the relay offers no TLS, so the password was not sent; "
            'set relay.tls = "none" if the way there is safe'
        )
    password = relay.password.get_secret_value()
    # One method, one try: wrong three times over may lock the account.
    methods = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
    order = ("plain", "login", "cram-md5") if encrypted else ("cram-md5", "plain", "login")
    for method in order:
        if method in smtp.server_auth_methods:
            await methods[method](relay.user, password)
            return
    raise aiosmtplib.SMTPException("the relay offers no way to log in that we know")


def _unusable(stage: Stage, error: Exception, relay: Relay) -> Unusable:
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return Unusable(stage, _clean(error.code, error.message))
    cause = error.__cause__ or error
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return Unusable(Stage.TLS, Reply(421, "4.7.5", _plain(f"TLS failed: {cause}")))
    if stage is Stage.CONNECT:
        where = f"{relay.host} port {relay.port}"
        text = "nobody answers" if isinstance(error, TimeoutError) else str(cause)
        return Unusable(stage, Reply(421, "4.4.1", _plain(f"{where}: {text}")))
    return Unusable(stage, _lost(error))


def _lost(error: Exception) -> Reply:
    if isinstance(error, TimeoutError):
        return Reply(421, "4.4.2", "The relay did not answer in time")
    if isinstance(error, ConnectionError):
        return Reply(421, "4.4.2", "The relay closed the connection")
    text = error.message if isinstance(error, aiosmtplib.SMTPException) else str(error)
    return Reply(421, "4.5.0", _plain(text)[:REPLY_TEXT_MAX])


def _clean(code: int, text: str) -> Reply:
    reply = read_reply(code, _plain(text))
    return Reply(code, reply.enhanced, reply.text[:REPLY_TEXT_MAX])


def _plain(text: str) -> str:
    # aiosmtplib decodes with surrogateescape; neither a lone surrogate nor NUL can be stored.
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in readable)


def _stuffed(raw: bytes) -> bytes:
    body = raw.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") or not body else b"\r\n.\r\n")


# RFC 5321 section 4.1.2, as narrow as it must be: nothing may end the path early, add a
# parameter or begin a command.
_MAILBOX = re.compile(
    r'(?:"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"|[^\s"<>\x00-\x1f\x7f]+)@[^\s"<>\x00-\x1f\x7f]+'
)
