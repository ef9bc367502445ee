"""The one applier of a database: claims what waits, has it read, handles it in order.

Reading runs in parallel, applying does not. A message never overtakes an earlier one of the same
author or the same thread (`mail.thread.scan_keys`), so a batch never holds two that are
related, and a slow one holds up only its own relatives. On PostgreSQL the applier is the
process that holds an advisory lock; when it dies, another takes over.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from maildesk import log
from maildesk.desk import intake
from maildesk.desk.context import Desk
from maildesk.desk.handle import Read, handle
from maildesk.desk.intake import Claimed
from maildesk.desk.lock import is_held
from maildesk.desk.reader import ReaderDied, Readers
from maildesk.mail.message import Reading
from maildesk.mail.thread import scan_keys
from maildesk.store.db import Database

IN_HAND = 96  # messages claimed and not finished
BATCH = 32  # messages handled in one transaction
POLL_SECONDS = 0.5  # wake-ups are hints: a lost one costs this, and pages apart give none
_TROUBLE = (OperationalError, InterfaceError, PoolTimeout)  # the database's, never a mail's
_LOCK = 0x6D61_696C  # "mail": the key of the advisory lock on PostgreSQL


def is_served(db: Database) -> bool:
    """Tell whether some process handles the mail of this database now."""
    if db.is_sqlite:
        return is_held(db.url.database or "")
    # A key of 64 bits stands there in two halves (PostgreSQL manual, pg_locks).
    held = sqlalchemy.text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"
        " AND classid = 0 AND objsubid = 1 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with db.read() as session:
        return bool(session.execute(held, {"key": _LOCK}).scalar_one())


@dataclass(slots=True)
class _InHand:
    claimed: Claimed
    keys: frozenset[str]
    reading: "Future[Reading]"


class Applier:
    """A thread that turns waiting messages into tickets, until `stop`."""

    def __init__(
        self,
        desk: Desk,
        readers: Readers,
        now: Callable[[], datetime],
        on_letters: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk, self._readers, self._now, self._on_letters = desk, readers, now, on_letters
        self._wake = threading.Event()
        self._arrived = True  # something may wait to be claimed: ask the database
        self._stopping = threading.Event()
        self._in_hand: dict[int, _InHand] = {}
        self._again: dict[int, frozenset[str]] = {}  # failed, to be claimed anew; with their keys
        self._owed: list[int] = []  # attempts to take back: they failed for our own trouble
        self._lock: sqlalchemy.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="applier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something waits; a hint, from any thread."""
        self._arrived = True
        self._wake.set()

    def use(self, desk: Desk) -> None:
        """Handle what comes from now on with a desk that has other keys; from any thread."""
        self._desk = desk

    def stop(self) -> None:
        """Finish the batch in hand, give back what was not begun, and end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def run_until_idle(self) -> None:
        """Handle everything that waits, in the caller's thread, and return."""
        self._arrived = True
        while self._claim() or self._in_hand or self._again:
            if not self._handle_ready():
                self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            self._arrived = True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if not self._is_the_applier():
                    self._wake.wait(POLL_SECONDS)
                    self._arrived = True
                    continue
                intake.give_back(self._desk.db, self._owed)
                self._owed = []
                progress = self._claim() > 0
                progress = self._handle_ready() or progress
            except Exception as error:  # noqa: BLE001 - without this thread no mail is handled
                self._start_over(error)
                continue
            if not progress and not self._wake.wait(POLL_SECONDS):
                self._arrived = True  # nobody said so, but another process may have taken mail
        self._leave()

    def _start_over(self, error: Exception) -> None:
        if isinstance(error, SQLAlchemyError):
            # Our own trouble, not a mail's: nothing is counted against anybody.
            log.database_trouble(str(error).partition("\n")[0])
            self._owed += self._in_hand
        else:
            # Ours too, but it may come again with the same mail: the attempts count.
            log.handling_failed(next(iter(self._in_hand), 0), error)
        self._forget()
        self._arrived = True
        self._stopping.wait(POLL_SECONDS)

    def _leave(self) -> None:
        try:
            intake.give_back(self._desk.db, list(self._in_hand))
        except SQLAlchemyError as error:
            log.database_trouble(str(error).splitlines()[0])
        self._forget()

    def _forget(self) -> None:
        for item in self._in_hand.values():
            item.reading.cancel()
        self._in_hand.clear()
        self._again.clear()
        if self._lock is not None:
            self._lock.invalidate()  # closing the connection lets the lock go
            self._lock.close()
            self._lock = None

    def _is_the_applier(self) -> bool:
        if self._desk.db.is_sqlite:
            return True  # one process serves an SQLite file (daemon.py holds a lock file)
        if self._lock is not None:
            self._lock.exec_driver_sql(
                "SELECT 1"
            )  # raises if the connection, and the lock, is gone
            return True
        connection = self._desk.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK})").scalar():
            self._lock = connection
            log.applying()
            return True
        connection.close()
        return False

    def _claim(self) -> int:
        room = IN_HAND - len(self._in_hand)
        if not self._again and (room < BATCH or not self._arrived):
            return 0
        self._arrived = False
        claimed = intake.claim(self._desk.db, self._now(), max(room, 1), list(self._in_hand))
        for message in claimed:
            reading = self._readers.read(
                message.raw,
                message.envelope,
                headers_only=message.headers_only,
                done=lambda _: self._wake.set(),
            )
            self._in_hand[message.inbound_id] = _InHand(message, scan_keys(message.raw), reading)
            self._again.pop(message.inbound_id, None)
        if len(claimed) >= room:
            self._arrived = True
        if not claimed:
            self._again.clear()  # somebody took them from the queue: nothing waits any more
        return len(claimed)

    def _handle_ready(self) -> bool:
        """Handle what has been read and follows no unfinished relative. False if nothing is."""
        ready: list[_InHand] = []
        taken: set[str] = set()
        for inbound_id in sorted(self._in_hand.keys() | self._again.keys()):
            item = self._in_hand.get(inbound_id)
            if item is not None and item.reading.done() and taken.isdisjoint(item.keys):
                ready.append(item)
            taken |= item.keys if item is not None else self._again[inbound_id]
            if len(ready) == BATCH:
                break
        reads = [read for item in ready if (read := self._result(item)) is not None]
        if reads:
            self._handle(reads)
        for item in ready:
            self._in_hand.pop(item.claimed.inbound_id, None)
        if ready and not self._in_hand:
            self._arrived = True  # a message that is claimed alone had to wait for this
        return bool(ready)

    def _result(self, item: _InHand) -> Read | None:
        try:
            return Read(item.claimed, item.reading.result())
        except ReaderDied as death:
            self._failed(item.claimed, str(death))
            return None

    def _handle(self, reads: list[Read]) -> None:
        try:
            handle(self._desk, reads, self._now())
            self._on_letters()
        except _TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - whose fault it is comes out one by one
            if len(reads) == 1:
                log.handling_failed(reads[0].claimed.inbound_id, error)
                self._failed(reads[0].claimed, f"{type(error).__name__}: {error}".splitlines()[0])
                return
            for read in reads:
                self._handle([read])

    def _failed(self, claimed: Claimed, reason: str) -> None:
        if intake.failed(self._desk.db, claimed, reason, self._now()):
            self._again[claimed.inbound_id] = self._in_hand[claimed.inbound_id].keys
