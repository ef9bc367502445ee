"""The door where other mail servers come in: SMTP and LMTP on one listening address."""

import asyncio
import logging
import socket
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

from maildesk.config import Listen, Site
from maildesk.doors.login import Logins
from maildesk.doors.smtp_login import LoginConversation
from maildesk.doors.smtp_server import Conversation, LmtpConversation
from maildesk.doors.smtp_tls import TlsAtOnce
from maildesk.doors.smtp_visit import Reception
from maildesk.doors.sockets import open_sockets, server_tls
from maildesk.doors.visitors import Visitors
from maildesk.mail.smtp import Envelope

_log = logging.getLogger(__name__)


class Listener:
    """Takes mail on one address and gives each message to `accept`.

    `accept` begins the commit on another thread; its future is resolved after the commit, and
    only then the peer hears 250 (RFC 5321 section 6.1). It may raise at once or later: an
    OSError for a full disk is answered 452, anything else 451. `is_ours` is asked at RCPT,
    `room` at MAIL and DATA; both must be quick. `logins` lets staff log in. The limits are those of `site.limits`, counted
    for this address alone.
    """

    def __init__(
        self,
        listen: Listen,
        site: Site,
        accept: Callable[[Envelope, bytes], Future[int]],
        is_ours: Callable[[str], bool],
        room: Callable[[], bool],
        now: Callable[[], datetime],
        logins: Logins | None = None,
    ) -> None:
        self._listen = listen
        self._site = site
        self._accept = accept
        self._is_ours = is_ours
        self._room = room
        self._now = now
        self._logins = logins
        self._visitors = Visitors(site.limits)
        self._servers: list[asyncio.Server] = []
        self._address: tuple[str, int] | str = listen.address
        self._file: tuple[Path, int] | None = None

    @property
    def address(self) -> tuple[str, int] | str:
        """The real (host, port), or the path of a unix socket; known after `start`."""
        return self._address

    async def start(self) -> None:
        """Open the address and take connections. Raises ConfigError with the remedy."""
        # aiosmtpd writes several lines for each command, with addresses in them; and as unknown
        # commands, at warning, what a peer types on after a refused AUTH.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        desk = self._site.desk
        reception = Reception(
            host=desk.host,
            domain=desk.domain,
            domains=frozenset(address.rpartition("@")[2] for address in desk.addresses),
            limits=self._site.limits,
            tls=server_tls(self._listen),
            accept=self._accept,
            is_ours=self._is_ours,
            room=self._room,
            now=self._now,
            visitors=self._visitors,
        )
        loop = asyncio.get_running_loop()
        sockets = open_sockets(self._listen.address)
        self._remember(sockets[0])
        for each in sockets:
            self._servers.append(
                await loop.create_server(lambda: self._protocol(reception), sock=each)
            )
        _log.info("listening on %s (%s)", self._address, self._listen.protocol)

    def _protocol(self, reception: Reception) -> asyncio.Protocol:
        conversation = self._conversation(reception)
        if reception.tls and self._listen.tls == "tls":
            return TlsAtOnce(conversation, reception.tls, reception.limits.idle)
        return conversation

    def _conversation(self, reception: Reception) -> Conversation:
        if self._listen.protocol == "lmtp":
            return LmtpConversation(reception)
        return (
            LoginConversation(reception, self._logins) if self._logins else Conversation(reception)
        )

    async def stop(self, grace: float = 5.0) -> None:
        """Take no new connections, let transactions in hand finish, close after `grace` seconds.

        A commit still running then goes on without a reply: the peer sends again, and the desk
        knows the message.
        """
        for server in self._servers:
            # Not wait_closed(): it waits for peers that stay connected (Python 3.12.1).
            server.close()
        self._servers.clear()
        for conversation in tuple(self._visitors.here):
            conversation.stop()
        if self._visitors.here or self._visitors.commits:
            try:
                await asyncio.wait_for(self._visitors.nobody.wait(), grace)
            except TimeoutError:
                left = len(self._visitors.here)
                _log.warning("closing %d connections that did not end in %g s", left, grace)
        for conversation in tuple(self._visitors.here):
            conversation.cut()
        await asyncio.sleep(0)  # the transports close in the loop's next turn
        if self._file and self._file[0].exists() and self._file[0].stat().st_ino == self._file[1]:
            self._file[0].unlink()
        self._file = None

    def _remember(self, opened: socket.socket) -> None:
        name = opened.getsockname()
        if opened.family != socket.AF_UNIX:
            self._address = (str(name[0]), int(name[1]))
            return
        self._address = str(name)
        if self._listen.address.startswith("unix:"):  # systemd keeps its own files
            path = Path(name)
            self._file = (path, path.stat().st_ino)
