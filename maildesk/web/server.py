"""Uvicorn in the daemon's own loop, on sockets of ours, without its hands on our signals."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from maildesk.desk.context import Desk
from maildesk.web.app import make_app
from maildesk.web.live import Live

AT_ONCE = 256  # connections; more are told to come again (503)
STOP_SECONDS = 5
HEAD_MAX = 16 * 1024  # octets of a request's head
HEAD_SECONDS = 20.0  # until a request's head has to be there


class Pages:
    """The pages of a desk, served from `start` until `stop`.

    `acted` is told when letters may wait, `received` when mail does.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        now: Callable[[], datetime],
        acted: Callable[[], None],
        received: Callable[[], None],
    ) -> None:
        app = make_app(desk, now, acted, received)
        self._live: Live = app.state.live
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,  # paths hold tokens (SECURITY.md, P19)
                server_header=False,
                proxy_headers=False,  # see web.form.peer_of
                http=_Connection,
                ws="none",
                lifespan="off",
                limit_concurrency=AT_ONCE,
                h11_max_incomplete_event_size=HEAD_MAX,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Answer what comes in on listening sockets; they are closed by `stop`."""
        for each in sockets:
            if each.family in (socket.AF_INET, socket.AF_INET6):
                # What it accepts inherits this. Else the body waits 40 ms for the head to be
                # acknowledged on every connection that stays open, as a proxy's do.
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.create_task(self._server.serve(list(sockets)), name="pages")
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            await self._task  # raises what kept it from starting

    async def stop(self) -> None:
        """Take no more requests and finish those in hand, at most five seconds."""
        await self._live.close()  # what would never end by itself
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    """The daemon stops us; uvicorn would take SIGTERM and SIGINT away from it meanwhile."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Connection(H11Protocol):
    """A connection on which nobody asks for anything is closed: else a few would shut out all.

    Uvicorn waits for the head of a request without an end; for its body `web.form` does not.
    """

    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._look = self.loop.call_later(HEAD_SECONDS, self._close_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _close_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._look = self.loop.call_later(HEAD_SECONDS, self._close_idle)
