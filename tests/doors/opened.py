"""A real listener in a thread of its own, for tests that talk to it; it keeps what it takes."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from maildesk.config import Desk, Limits, Listen, Site
from maildesk.doors.listener import Listener
from maildesk.doors.login import Logins
from maildesk.mail.smtp import Envelope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OURS = {f"{name}@desk.example" for name in ("support", "billing", "postmaster", "jörg")}

Accept = Callable[[Envelope, bytes], None]


class Kept:
    """An `accept` that remembers every message it was given, in order."""

    def __init__(self) -> None:
        self.messages: list[tuple[Envelope, bytes]] = []

    def __call__(self, envelope: Envelope, raw: bytes) -> None:
        self.messages.append((envelope, raw))

    @property
    def raws(self) -> list[bytes]:
        return [raw for _, raw in self.messages]


class OpenDoor:
    """A listener on a free port of loopback, or on `address`, from `with` to its end.

    `accept` runs on another thread, as the desk's does; what it raises reaches the listener
    through the future. `now_or_never` is called instead where the whole call matters.
    """

    def __init__(
        self,
        accept: Accept,
        protocol: Any = "smtp",
        address: str = "127.0.0.1:0",
        room: Callable[[], bool] = lambda: True,
        is_ours: Callable[[str], bool] = lambda address: address.lower() in OURS,
        certificate: tuple[Path, Path] | None = None,
        now_or_never: Callable[[Envelope, bytes], Future[int]] | None = None,
        logins: Logins | None = None,
        tls: Any = "starttls",
        **limits: float,
    ) -> None:
        self._threads = ThreadPoolExecutor(4)
        site = Site(
            desk=Desk(
                address="support@desk.example",
                aliases=("help@kontor.example",),
                hostname="mx.desk.example",
            ),
            limits=Limits.model_validate(limits),
        )

        def begin(envelope: Envelope, raw: bytes) -> Future[int]:
            return self._threads.submit(lambda: 1 if accept(envelope, raw) is None else 0)

        chain, key = certificate or (None, None)
        self.listener = Listener(
            Listen(address=address, protocol=protocol, certificate=chain, private_key=key, tls=tls),
            site,
            now_or_never or begin,
            is_ours,
            room,
            lambda: NOW,
            logins,
        )
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)

    def run(self, work: Any, seconds: float = 20) -> Any:
        """Return what a coroutine returns in the listener's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self.listener.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.listener.stop(grace=0.2))
        self._end()

    def _end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        self._threads.shutdown()

    @property
    def port(self) -> int:
        return int(self.listener.address[1])
