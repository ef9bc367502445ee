"""An outbox in memory and a running sender, for the sender's tests."""

import asyncio
import functools
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from maildesk.config import Relay
from maildesk.doors.relay import Pace
from maildesk.doors.sender import Sender
from maildesk.mail.parcel import Parcel
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import LONGEST_SEND, Verdict, retry_delay

RAW = b"From: support@desk.example\r\nMessage-ID: <1@desk.example>\r\n\r\nHello\r\n"
QUICK = Pace(poll=0.1, settle=0.05, first_pause=0.2, longest_pause=1, idle=5, stop=1)


@dataclass
class Row:
    parcel: Parcel
    due: datetime
    state: str = "queued"
    attempts: int = 0
    reply: Reply | None = None


@dataclass
class Shelf:
    """An outbox in memory that keeps the rules of HOUSE.md: attempt first, (id, attempt) counts."""

    rows: dict[int, Row] = field(default_factory=dict)
    broken: bool = False
    settled: list[int] = field(default_factory=list)  # how many at a time
    given_back: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def put(self, raw: bytes = RAW, rcpt_to: str = "maria@customer.example", return_path: str = "desk@desk.example") -> int:  # fmt: skip
        number, now = len(self.rows) + 1, datetime.now(UTC)
        self.rows[number] = Row(Parcel(number, 0, return_path, rcpt_to, raw, now), now)
        return number

    def claim(self, now: datetime, limit: int) -> list[Parcel]:
        with self._lock:
            self._check()
            claimed = []
            for row in self._due(now)[:limit]:
                row.attempts += 1
                row.due = now + LONGEST_SEND
                old = row.parcel
                claimed.append(Parcel(old.id, row.attempts, old.return_path, old.rcpt_to, old.raw, old.queued_at))  # fmt: skip
            return claimed

    def settle(self, outcomes, now: datetime) -> None:
        with self._lock:
            self._check()
            self.settled.append(len(outcomes))
            for parcel, reply, verdict in outcomes:
                row = self.rows[parcel.id]
                assert row.attempts == parcel.attempt
                assert row.state == "queued"
                row.reply = reply
                if verdict is Verdict.AGAIN:
                    row.due = now + retry_delay(row.attempts)
                else:
                    row.state = {Verdict.SENT: "sent", Verdict.FAILED: "failed"}[verdict]

    def give_back(self, parcels, now: datetime, reply: Reply) -> None:
        with self._lock:
            self._check()
            for parcel in parcels:
                row = self.rows[parcel.id]
                assert row.attempts == parcel.attempt
                row.attempts -= 1
                row.due, row.reply = now, reply
                self.given_back += 1

    def next_due(self, now: datetime) -> datetime | None:
        with self._lock:
            self._check()
            return min(
                (row.due for row in self.rows.values() if row.state == "queued"), default=None
            )

    def states(self) -> Counter[str]:
        return Counter(row.state for row in self.rows.values())

    def _due(self, now: datetime) -> list[Row]:
        due = [row for row in self.rows.values() if row.state == "queued" and row.due <= now]
        return sorted(due, key=lambda row: row.due)

    def _check(self) -> None:
        if self.broken:
            raise OSError("the database is locked")


@dataclass
class Desk:
    shelf: Shelf
    sender: Sender
    held: list[str]

    async def until(self, reached: Callable[[], object], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, (self.shelf.rows, self.held)
            await asyncio.sleep(0.01)

    async def until_replied(self, number: int) -> Row:
        await self.until(lambda: self.shelf.rows[number].reply)
        return self.shelf.rows[number]


@asynccontextmanager
async def sending(port: int, shelf: Shelf, pace: Pace = QUICK, **relay) -> AsyncIterator[Desk]:
    held: list[str] = []
    options = {"host": "127.0.0.1", "port": port, "tls": "none", "connections": 1, "timeout": 2}
    sender = Sender(Relay(**options | relay), "desk.example", shelf, lambda: datetime.now(UTC), held.append, pace)  # fmt: skip
    running = asyncio.create_task(sender.run())
    try:
        yield Desk(shelf, sender, held)
    finally:
        await asyncio.wait_for(sender.stop(), 10)
        await running


def on_a_loop(story):
    """Run an async test on a loop of its own."""

    @functools.wraps(story)
    def run(*args, **kwargs):
        asyncio.run(story(*args, **kwargs))

    return run
