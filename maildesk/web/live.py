"""Whoever has a page of staff open is told what has changed: asked for once a second, for all.

One task of a process asks the desk while anybody listens, however many do. A listener gets the
names of what has changed; what it is he asks for himself, by loading a part of his page.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from maildesk import log
from maildesk.desk.board import live
from maildesk.desk.context import Desk

MOST = 100  # who may listen at once
EVERY = 1.0  # seconds between two looks
LASTS = 3600.0  # seconds; then the browser comes again, and shows who it is
BEAT = 15.0  # seconds without a word, after which something is said so that no proxy hangs up
ENDED = "ended"
_NAMES_MAX = 200  # that wait for one listener; with more of them only the board is told


@dataclass(eq=False)
class Listener:
    """Somebody with a page open. `session` is his; `until` is told by the loop's clock."""

    session: str
    until: float
    _names: set[str] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_over: bool = False

    def tell(self, names: frozenset[str]) -> None:
        """Let him know that something has changed; names that wait are told together."""
        self._names |= names
        if len(self._names) > _NAMES_MAX:
            self._names = {name for name in self._names if not name.startswith("ticket-")}
        if self._names:
            self._woken.set()

    def end(self, *last: str) -> None:
        """Tell him no more than these."""
        self._names, self._is_over = set(last), True
        self._woken.set()

    async def heard(self, beat: float) -> tuple[list[str], bool]:
        """Return what has changed since the last time, and whether that was all there will be.

        Nothing at the latest after `beat` seconds.
        """
        left = self.until - asyncio.get_running_loop().time()
        if not self._woken.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), max(min(beat, left), 0.0))
        self._woken.clear()
        names, self._names = sorted(self._names), set()
        is_over = self.until <= asyncio.get_running_loop().time()
        return names, self._is_over or is_over


class Live:
    """Who listens in this process. `desk` and `now` are asked anew each time.

    `every`, `lasts` and `beat` are seconds.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        now: Callable[[], datetime],
        every: float = EVERY,
        lasts: float = LASTS,
        beat: float = BEAT,
    ) -> None:
        self.every, self.lasts, self.beat = every, lasts, beat
        self._desk, self._now = desk, now
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._seen: live.Look | None = None
        self._looked = asyncio.Event()
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Whether nobody more may listen, because too many do or the pages are being stopped."""
        return self._is_closed or len(self._listeners) >= MOST

    @property
    def newest(self) -> int:
        """The newest line of the journal that listeners were told of, 0 before the first look."""
        return self._seen.newest if self._seen else 0

    async def begun(self) -> None:
        """Return when changes from now on are seen; after a while also without."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._looked.wait(), self.beat)

    @contextmanager
    def listener(self, session: str) -> Iterator[Listener]:
        """Listen until the end of the block. Raises LookupError where `is_full`."""
        if self.is_full:
            raise LookupError("nobody more may listen")
        one = Listener(session, asyncio.get_running_loop().time() + self.lasts)
        self._listeners.add(one)
        if self._task is None:
            self._seen = None
            self._looked.clear()
            self._task = asyncio.create_task(self._run(), name="live")
        try:
            yield one
        finally:
            self._listeners.discard(one)

    async def close(self) -> None:
        """Let all listeners go: the pages are being stopped."""
        self._is_closed = True
        for each in self._listeners:
            each.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            is_well = True
            while self._listeners:
                try:
                    await self._look()
                    is_well = True
                except Exception as error:  # noqa: BLE001 - the database may be gone for a while
                    if is_well:
                        log.page_failed(error, secrets.token_hex(5))
                    is_well = False
                await asyncio.sleep(self.every)
        finally:
            self._task = None

    async def _look(self) -> None:
        listeners = tuple(self._listeners)
        asked = {each.session for each in listeners}
        self._seen, names, there = await asyncio.to_thread(
            _look, self._desk(), self._seen, asked, self._now()
        )
        self._looked.set()
        for each in listeners:
            if each.session not in there:
                each.end(ENDED)
            elif names:
                each.tell(names)


def _look(
    desk: Desk, seen: live.Look | None, sessions: set[str], now: datetime
) -> tuple[live.Look, frozenset[str], frozenset[str]]:
    found, names = live.look(desk, seen)
    return found, names, live.signed_in(desk, sessions, now)
