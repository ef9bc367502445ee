"""TLS from the first octet of an SMTP connection (RFC 8314 section 3.3, port 465)."""

import asyncio
import logging
import math
import ssl
from asyncio.sslproto import SSLProtocol

from maildesk.doors.smtp_server import Conversation

_log = logging.getLogger(__name__)


class TlsAtOnce(asyncio.Protocol):
    """Stands before a conversation until the handshake is done.

    The connection counts as a visitor at once: with `ssl=` of asyncio's own servers any number
    could begin a handshake and go no further. `seconds` bounds it.
    """

    def __init__(self, conversation: Conversation, tls: ssl.SSLContext, seconds: float) -> None:
        self._conversation, self._tls, self._seconds = conversation, tls, seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake; who is one too many is cut off, as he could not read a reply yet."""
        if not self._conversation.enter(transport):
            self._conversation.cut()
            return
        loop = asyncio.get_running_loop()
        shaken: asyncio.Future[None] = loop.create_future()
        shaken.add_done_callback(self._shaken)
        # Calls connection_made and the rest of the conversation once there is TLS.
        wrapped = SSLProtocol(
            loop,
            self._conversation,
            self._tls,
            shaken,
            server_side=True,
            ssl_handshake_timeout=math.ceil(self._seconds),
        )
        if isinstance(transport, asyncio.Transport):
            transport.set_protocol(wrapped)
        wrapped.connection_made(transport)

    def _shaken(self, shaken: "asyncio.Future[None]") -> None:
        error = shaken.exception()
        if self._conversation.has_begun:
            return
        self._conversation.reception.visitors.leave(self._conversation)
        peer = self._conversation.peer or "a local peer"
        _log.info("TLS with %s failed: %s", peer, error or "it hung up")
