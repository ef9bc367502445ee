"""The trial's relay: a small mail server on loopback that keeps every letter and sends none on."""

import asyncio
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Kept:
    """A letter that would have left: its envelope and its bytes."""

    return_path: str
    rcpt_to: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The letter as its reader's mail program sees it."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body is not None else ""


class KeepingRelay:
    """An SMTP server on a free port of 127.0.0.1 while the `async with` block lasts.

    `letters` holds what it took, in that order; `port` is known inside the block.
    """

    def __init__(self) -> None:
        self.letters: list[Kept] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        # A fixed host name: aiosmtpd would ask DNS for one at every connection.
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="relay.example", ident="trial relay"), HOST, 0
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd finds it by this name
        """Keep one letter for each recipient."""
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self.letters.append(Kept(envelope.mail_from or "", recipient, content))
        return "250 2.0.0 kept, and sent to nobody"
