"""Letters leave here: what is due is claimed, offered to the relay, and settled.

Some connections to the relay work through one list of claimed letters, so a slow letter holds
up one connection and nothing else. One keeper does everything with the outbox: it claims when
the list runs low, settles what was answered a few times a second, and gives back what was not
offered. What concerns every letter (no connection, TLS, login, our sender refused) pauses all.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from maildesk.config import Relay
from maildesk.doors.relay import Pace, RelayConnection, Unusable, open_connection
from maildesk.mail.parcel import Parcel
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import Stage, Verdict, what_reply_means

BATCH = 50  # letters in hand for each connection

PACE = Pace()

log = logging.getLogger(__name__)

_STEPS = {
    Stage.CONNECT: "cannot be reached",
    Stage.EHLO: "refused our greeting (EHLO)",
    Stage.TLS: "offers no encryption that we can use (TLS)",
    Stage.AUTH: "refused our login (AUTH)",
    Stage.MAIL: "refused our sender address (MAIL)",
}
_WAITED_TOO_LONG = Reply(421, "4.3.2", "Not offered yet: letters before it took too long")
_STOPPED = Reply(421, "4.3.2", "Not offered: the desk was stopped")
_CUT_SHORT = Reply(
    451, "4.3.2", "The desk was stopped before the relay answered; the same letter is sent again"
)
_OUR_FAULT = Reply(451, "4.3.0", "Not sent: a local problem, see the log")


class Outbox(Protocol):
    """What the sender needs of `desk.outbox`. Each call commits, and blocks until it has."""

    def claim(self, now: datetime, limit: int) -> list[Parcel]:
        """Return letters that are due; their attempt counts, and they are due in LONGEST_SEND."""
        ...

    def settle(self, outcomes: Sequence[tuple[Parcel, Reply, Verdict]], now: datetime) -> None:
        """Record what became of offered letters: SENT, AGAIN or FAILED."""
        ...

    def give_back(self, parcels: Sequence[Parcel], now: datetime, reply: Reply) -> None:
        """Make letters due again that were never offered; their attempt does not count."""
        ...

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next letter is due, or None if none is queued."""
        ...


class Sender:
    """Sends what is in the outbox, from `run` until `stop`. All but `wake` on one event loop."""

    def __init__(
        self,
        relay: Relay,
        host: str,
        outbox: Outbox,
        now: Callable[[], datetime],
        on_held: Callable[[str], None],
        pace: Pace = PACE,
    ) -> None:
        """`host` is the name we greet with. `on_held` hears once, off the loop, why mail waits."""
        self._relay, self._host, self._outbox = relay, host, outbox
        self._now, self._on_held, self._pace = now, on_held, pace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._left = asyncio.Event()
        self._hand: deque[tuple[float, Parcel]] = deque()  # claimed at (loop time), not offered
        self._low = BATCH * relay.connections // 2  # in hand; below, more is claimed
        self._ready = asyncio.Event()  # there is something in hand
        self._attention = asyncio.Event()  # the keeper has something to do
        self._outcomes: list[tuple[Parcel, Reply, Verdict]] = []
        self._returned: list[tuple[Parcel, Reply]] = []
        self._offering: set[asyncio.Task[Any] | None] = set()  # tasks with a letter at the relay
        self._lines: set[RelayConnection] = set()
        self._settle_at = 0.0  # loop time
        self._claimed_at = 0.0  # loop time of the last claim
        self._claim_at = 0.0  # loop time; nothing is due before
        self._pause = 0.0  # seconds; 0 means that the relay works
        self._paused_until = 0.0
        self._words_to_tell = ""

    async def run(self) -> None:
        """Send until `stop`; an empty relay host keeps everything queued."""
        self._loop = asyncio.get_running_loop()
        workers = [asyncio.create_task(self._work()) for _ in range(self._relay.connections)]
        try:
            while not self._stopping:
                self._attention.clear()
                wait = await self._keep()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._attention.wait()
        finally:
            await self._leave(workers)
            self._left.set()

    def wake(self) -> None:
        """Hint that a letter was queued. May be called from any thread, at any time."""
        if self._loop:
            with suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._look_now)

    async def stop(self) -> None:
        """Finish the letters that are being offered, for a bounded time; give the others back."""
        self._stopping = True
        self._attention.set()
        if self._loop:
            await self._left.wait()

    # The keeper: everything that touches the outbox, one call at a time.

    async def _keep(self) -> float:
        """Do what is due with the outbox; return the seconds until there may be more to do."""
        wait = self._pace.poll
        try:
            self._drop_stale()
            if len(self._outcomes) >= BATCH or self._time() >= self._settle_at:
                await self._settle()
            if self._relay.host and len(self._hand) < self._low:
                wait = await self._claim()
            if self._words_to_tell:
                await asyncio.to_thread(self._on_held, self._words_to_tell)
                self._words_to_tell = ""
        except Exception:
            # What was answered is kept, and nothing is claimed before it is recorded.
            log.exception("the sender cannot use the outbox; it tries again")
        return wait

    async def _claim(self) -> float:
        wait = max(self._claim_at, self._paused_until) - self._time()
        if wait > 0:
            return min(wait, self._pace.poll)
        # While held, one letter finds out whether the relay is back.
        room = (1 if self._pause else BATCH * self._relay.connections) - len(self._hand)
        if room <= 0:
            return self._pace.poll
        asked_at, now = self._time(), self._now()
        self._claimed_at, self._claim_at = asked_at, asked_at + self._pace.poll
        claimed = await asyncio.to_thread(self._outbox.claim, now, room)
        self._hand.extend((asked_at, parcel) for parcel in claimed)
        if claimed:
            self._ready.set()
        if len(claimed) == room:
            self._claim_at = 0.0
            return 0.0 if len(self._hand) < self._low and not self._pause else self._pace.poll
        due = None if claimed else await asyncio.to_thread(self._outbox.next_due, now)
        if due is not None:
            # A second at least: what is due and cannot be claimed must not make us spin.
            seconds = max((due - now).total_seconds(), 1.0)
            self._claim_at = min(self._claim_at, asked_at + seconds)
        return max(self._claim_at - self._time(), 0.0)

    async def _settle(self) -> None:
        """Record outcomes and give letters back; if that raises, they are kept for the next time."""
        if self._outcomes:
            outcomes = list(self._outcomes)
            await asyncio.to_thread(self._outbox.settle, outcomes, self._now())
            del self._outcomes[: len(outcomes)]
            if self._outcomes:
                self._settle_soon()
        returned = list(self._returned)
        for reply, pairs in groupby(returned, key=lambda pair: pair[1]):
            parcels = [parcel for parcel, _ in pairs]
            await asyncio.to_thread(self._outbox.give_back, parcels, self._now(), reply)
            del self._returned[: len(parcels)]

    def _settle_soon(self) -> None:
        if self._loop:
            self._settle_at = self._time() + self._pace.settle
            self._loop.call_at(self._settle_at, self._attention.set)

    def _look_now(self) -> None:
        self._claim_at = min(self._claim_at, self._claimed_at + self._pace.gather)
        self._attention.set()

    async def _leave(self, workers: Sequence[asyncio.Task[None]]) -> None:
        self._stopping = True
        for worker in workers:
            if worker not in self._offering:
                worker.cancel()
        _, late = await asyncio.wait(workers, timeout=self._pace.stop)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._returned.extend((parcel, _STOPPED) for _, parcel in self._hand)
        self._hand.clear()
        try:
            await self._settle()
        except Exception:
            log.exception(
                "%d answers of the relay are not recorded; those letters may be sent twice",
                len(self._outcomes),
            )

    # The workers: one connection each.

    async def _work(self) -> None:
        line: RelayConnection | None = None
        try:
            while not self._stopping:
                try:
                    line = await self._step(line)
                except Exception:
                    log.exception("a sending task failed; it goes on")
                    await asyncio.sleep(self._pace.poll)
        finally:
            if line:
                self._lines.discard(line)
                await line.quit()

    async def _step(self, line: RelayConnection | None) -> RelayConnection | None:
        """Do one thing: wait for letters, connect, or send a letter; return the connection."""
        if line and not line.is_open:
            self._lines.discard(line)
            line = None
        if not self._hand:
            return await self._rest(line)
        if line is None:
            return await self._connect()
        self._drop_stale()
        if self._hand:
            claimed_at, parcel = self._hand.popleft()
            if len(self._hand) < self._low and self._claim_at == 0:
                self._attention.set()
            await self._send(line, claimed_at, parcel)
        return line

    async def _rest(self, line: RelayConnection | None) -> RelayConnection | None:
        self._ready.clear()
        try:
            async with asyncio.timeout(self._pace.idle):
                await self._ready.wait()
        except TimeoutError:
            if line:
                self._lines.discard(line)
                await line.quit()
            return None
        if line:
            line.is_fresh = False
        return line

    async def _connect(self) -> RelayConnection | None:
        try:
            line = await open_connection(self._relay, self._host, self._pace)
        except Unusable as error:
            if any(other.is_open for other in self._lines):
                # The relay works, only not with so many connections. The others do it.
                log.info("no further connection to the relay: %s", error)
                await asyncio.sleep(self._pace.idle)
            else:
                self._hold(error.stage, error.reply)
            return None
        self._lines.add(line)
        return line

    async def _send(self, line: RelayConnection, claimed_at: float, parcel: Parcel) -> None:
        refusal = line.refusal(parcel)
        if refusal:
            self._finish(parcel, refusal, Verdict.FAILED)
            return
        was_fresh = line.is_fresh
        task = asyncio.current_task()
        self._offering.add(task)
        try:
            stage, reply = await line.offer(parcel, self._mail_accepted)
        except BaseException as error:
            line.close()
            stopped = isinstance(error, asyncio.CancelledError)
            self._finish(parcel, _CUT_SHORT if stopped else _OUR_FAULT, Verdict.AGAIN)
            raise
        finally:
            self._offering.discard(task)
        verdict = what_reply_means(stage, reply)
        if verdict is not Verdict.HOLD:
            self._finish(parcel, reply, verdict)
        elif reply.code == 421 and not was_fresh:
            # The relay was tired of this connection (RFC 5321 section 3.8); a new one will tell.
            line.close()
            self._hand.appendleft((claimed_at, parcel))
            self._ready.set()
        else:
            self._returned.append((parcel, reply))
            self._hold(stage, reply)

    def _finish(self, parcel: Parcel, reply: Reply, verdict: Verdict) -> None:
        self._outcomes.append((parcel, reply, verdict))
        if len(self._outcomes) == 1:
            self._settle_soon()
        elif len(self._outcomes) == BATCH:
            self._attention.set()

    def _hold(self, stage: Stage, reply: Reply) -> None:
        self._returned.extend((parcel, reply) for _, parcel in self._hand)
        self._hand.clear()
        self._attention.set()
        if self._time() < self._paused_until:
            return
        if not self._pause:
            where = f"{self._relay.host} port {self._relay.port}"
            self._words_to_tell = (
                f"The relay {where} {_STEPS[stage]}: {reply}. "
                "All outgoing mail waits in the queue; we keep trying."
            )
        self._pause = min(self._pause * 2 or self._pace.first_pause, self._pace.longest_pause)
        self._paused_until = self._time() + self._pause
        log.warning("mail is held for %g s: %s: %s", self._pause, stage, reply)

    def _mail_accepted(self) -> None:
        if self._pause and self._time() >= self._paused_until:
            self._pause = 0.0
            log.info("the relay takes mail again")
            self._look_now()

    def _drop_stale(self) -> None:
        oldest = self._time() - self._pace.fresh
        while self._hand and self._hand[0][0] < oldest:
            self._returned.append((self._hand.popleft()[1], _WAITED_TOO_LONG))

    def _time(self) -> float:
        return self._loop.time() if self._loop else 0.0
