# ruff: noqa: N802  (aiosmtpd finds commands and hooks by names such as smtp_AUTH)
"""An SMTP conversation in which staff may log in (RFC 4954, RFC 6409)."""

import asyncio
from collections.abc import Sequence

from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Taken

from maildesk.desk.login import Attempt
from maildesk.doors import smtp_wire as wire
from maildesk.doors.login import MECHANISMS, Logins, Unfit, exchange
from maildesk.doors.smtp_server import Conversation
from maildesk.doors.smtp_visit import Reception
from maildesk.mail import smtp
from maildesk.mail.address import a_label
from maildesk.mail.smtp import Reply

ANSWER_LINE = 12_288  # octets; RFC 4954 section 4


class LoginConversation(Conversation):
    """Like any other, with AUTH under TLS. aiosmtpd's own AUTH is not used.

    It reads mechanisms in capitals only, answers some faults twice, and checks on the loop.
    `login` is set here and nowhere else, after `logins` has checked it. Who logged in sends from
    his own addresses only, those that he had then: a session is over after `Limits.session`.
    """

    _agent: Attempt | None = None

    def __init__(self, reception: Reception, logins: Logins) -> None:
        self._logins = logins
        super().__init__(reception)

    @property
    def login(self) -> str:
        return self._agent.login if self._agent and self.is_encrypted else ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._agent = None  # what was said in clear does not count (RFC 3207 section 4.2)
        super().connection_made(transport)

    def _extensions(self) -> tuple[str, ...]:
        offered = (f"AUTH {' '.join(MECHANISMS)}",) if self.is_encrypted else ()
        return (*super()._extensions(), *offered)

    async def smtp_AUTH(self, arg: str | None) -> None:
        if refusal := self._why_no_login():
            await self._say(refusal)
            return
        try:
            found = await self._logins.check(self.peer, await exchange(arg or "", self._ask))
        except Unfit as unfit:
            found = unfit.reply
        self._reset_timeout()
        if isinstance(found, Attempt):
            self._agent = found
            await self._say(wire.LOGGED_IN)
        elif found.code == 421:
            self.hang_up(found)
        else:
            await self._say(found)

    def _why_no_login(self) -> Reply | None:
        if not self.is_encrypted:
            return wire.NEED_TLS
        if not self.session.host_name or not self.session.extended_smtp:
            return wire.NEED_EHLO
        if self._agent:
            return wire.LOGGED_IN_ALREADY
        return wire.NOT_NOW if self.envelope.mail_from else None

    async def _ask(self, challenge: str) -> bytes:
        await self._say(f"334 {challenge}")
        self._reset_timeout()
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise Unfit(smtp.LINE_TOO_LONG) from None
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        if len(line) > ANSWER_LINE:
            raise Unfit(smtp.LINE_TOO_LONG)
        return line

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        """Return the parameters of MAIL or RCPT; AUTH= of MAIL is taken and means nothing here.

        RFC 4954 section 5: who offers AUTH must take it.
        """
        found: dict[str, str | bool] | None = super()._getparams(params)
        if found and not self.envelope.mail_from:
            found.pop("AUTH", None)
        return found

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Taken, address: str, options: list[str]
    ) -> str:
        if self._agent and _as_stored(address) not in self._agent.addresses:
            return str(wire.NOT_YOUR_ADDRESS)
        return await super().handle_MAIL(server, session, envelope, address, options)


def _as_stored(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local}@{a_label(domain) or domain}"
