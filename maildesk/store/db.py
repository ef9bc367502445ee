"""The database and the only place where transactions begin and end.

A function that changes something is handed to `change`: it runs on the Writer thread, together
with whatever else waits, and all of it is committed at once: many senders, one fsync, and
writers never fight for the lock. A function may run more than once (a lock, a deadlock, a
lost connection, a neighbour in the batch that failed), so it does nothing but talk to its
session.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy
from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlmodel import Session

T = TypeVar("T")

BATCH = 64  # changes in one commit; the sizes of mails bound the octets (see _Waiting.weight)
BATCH_OCTETS = 32 * 1024 * 1024
GATHER = 0.012  # seconds; only after a batch of more than one
BUSY_SECONDS = 30
TRIES = 5
_DEADLOCK = {"40001", "40P01"}  # serialization_failure, deadlock_detected (PostgreSQL, appendix A)


class Unreachable(Exception):
    """The database cannot be opened; the text says which and why."""


@dataclass(slots=True)
class _Waiting:
    work: Callable[[Session], Any]
    future: "Future[Any]"
    weight: int


class Database:
    """A desk's database, SQLite or PostgreSQL, opened by its URL.

    `sqlite:///path` or `postgresql://user@host/name`. Nothing is connected until first used.
    `reading` is the same engine for transactions that only look.
    """

    def __init__(self, url: str) -> None:
        self.url = sqlalchemy.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = sqlalchemy.create_engine(
                self.url,
                # isolation_level None: BEGIN is ours to say, see _begin
                connect_args={"timeout": BUSY_SECONDS, "isolation_level": None,
                              "check_same_thread": False},
                pool_size=8,
                hide_parameters=True,
            )  # fmt: skip
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin)
        else:
            self.engine = sqlalchemy.create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_size=8,
                pool_pre_ping=True,
                hide_parameters=True,  # else texts and tokens stand in errors, and so in the log
                # jit=off: to compile a short question takes longer than to answer it.
                connect_args={"options": "-c lock_timeout=30s -c jit=off", "connect_timeout": 10},
            )
        self.reading = self.engine.execution_options(only_reads=True)
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._start_lock = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Begin a transaction that only reads: one moment in time, and no lock to wait for."""
        with Session(self.reading) as session:
            yield session

    def change(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction and return what it returned, after the commit.

        Raises what it raised; then nothing of it was kept.
        """
        return self.submit(work).result()

    def submit(self, work: Callable[[Session], T], weight: int = 0) -> "Future[T]":
        """Queue `work` for the Writer; the future is resolved after the commit.

        `weight` is how many octets it will write, roughly, to bound one batch.
        """
        future: Future[T] = Future()
        with self._start_lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
                self._writer.start()
            self._queue.put(_Waiting(work, future, weight))
        return future

    def close(self) -> None:
        """Finish the changes that wait, then close all connections."""
        with self._start_lock:
            writer, self._writer = self._writer, None
            if writer:
                self._queue.put(None)
        if writer:
            writer.join()
        self.engine.dispose()

    def _run(self) -> None:
        busy = False
        while (first := self._queue.get()) is not None:
            if busy:
                time.sleep(GATHER)  # more comes while many ask: fewer, larger commits
            batch, octets, last = [first], first.weight, False
            while len(batch) < BATCH and octets < BATCH_OCTETS and not last:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    last = True
                else:
                    batch.append(item)
                    octets += item.weight
            busy = len(batch) > 1
            self._commit(batch)
            if last:
                return

    def _commit(self, waiting: list[_Waiting]) -> None:
        """Do all of a batch in one transaction; if any of it fails, each in one of its own.

        No SAVEPOINT for each item: a batch hardly ever fails, and then trying each again alone
        is simpler and, measured, 60 microseconds an item cheaper.
        """
        batch = [item for item in waiting if item.future.set_running_or_notify_cancel()]
        if len(batch) > 1:
            try:
                results = self._transact(lambda session: [item.work(session) for item in batch])
            except Exception:  # noqa: BLE001 - which item it was, and why, comes out below
                results = None
            if results is not None:
                for item, result in zip(batch, results, strict=True):
                    item.future.set_result(result)
                return
        for item in batch:
            try:
                item.future.set_result(self._transact(item.work))
            except BaseException as error:  # noqa: BLE001 - it belongs to who waits for it
                item.future.set_exception(error)

    def _transact(self, work: Callable[[Session], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                with Session(self.engine) as session:
                    result = work(session)
                    session.commit()
                    return result
            except DBAPIError as error:
                if attempt == TRIES or not is_passing(error):
                    raise
                time.sleep(random.uniform(0.02, 0.1) * attempt)  # noqa: S311 - no secret
        raise AssertionError("unreachable")


def rows_met(
    session: Session, statement: Executable, values: list[dict[str, Any]] | None = None
) -> int:
    """Execute an UPDATE or DELETE, once for each of `values`, and return how many rows it met."""
    result = session.execute(statement, values)
    return int(cast("CursorResult[Any]", result).rowcount)


def is_passing(error: BaseException) -> bool:
    """Tell whether an error of the database may be gone at the next try."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is not None:
        return sqlstate in _DEADLOCK or sqlstate.startswith(("08", "57P"))
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def probe(db: Database) -> None:
    """Return if the database answers. Raises Unreachable with its address and the reason."""
    try:
        with db.read() as session:
            session.connection().exec_driver_sql("SELECT 1")
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        shown = db.url.render_as_string(hide_password=True)
        raise Unreachable(f"cannot open the database {shown}: {reason}") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # NORMAL may lose the last commits at power loss
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -8192")  # KiB, for each connection of two processes
    cursor.close()


def _begin(connection: sqlalchemy.Connection) -> None:
    reads = connection.get_execution_options().get("only_reads", False)
    # IMMEDIATE: a transaction that begins as a reader may not be able to become a writer later.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
