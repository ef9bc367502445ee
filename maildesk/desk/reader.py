"""Reader processes: mail is parsed where nothing can be lost, stolen or stopped.

Each is a program of its own that imports only `mail/`: no network code, no database, no keys,
and none of our settings in its environment. It has a limit of CPU time and memory for itself and
a limit of wall time from us; whoever goes over it is killed and costs its one mail one attempt.
Never a fork: beside threads and SQLite it may inherit a lock that nobody will ever release.
"""

import contextlib
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection

from maildesk.desk.apart import start_apart
from maildesk.mail.message import Reading
from maildesk.mail.smtp import Envelope

STARTS = 4
START_PAUSE = 0.5  # seconds
START_WAIT = 30.0  # seconds until a new reader says that it is there
_PROGRAM = "maildesk.desk.reader"
_READY = "ready"


class ReaderDied(Exception):
    """A reader went over a limit or ended; the text says which."""


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """CPU and wall in seconds for one mail, memory in octets for a reader."""

    cpu: int = 20
    wall: float = 30
    memory: int = 512 * 1024 * 1024


@dataclass(slots=True)
class _Job:
    raw: bytes
    envelope: Envelope
    headers_only: bool
    future: "Future[Reading]"


class Readers:
    """A few reader processes, each with a thread that feeds it and watches the clock."""

    def __init__(self, count: int, limits: ReaderLimits) -> None:
        self._limits = limits
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._feed, name=f"reader-{n}", daemon=True)
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def read(
        self,
        raw: bytes,
        envelope: Envelope,
        headers_only: bool = False,
        done: Callable[["Future[Reading]"], None] | None = None,
    ) -> "Future[Reading]":
        """Queue a message; the future holds its Reading, or raises ReaderDied."""
        future: Future[Reading] = Future()
        if done is not None:
            future.add_done_callback(done)
        self._jobs.put(_Job(raw, envelope, headers_only, future))
        return future

    def close(self) -> None:
        """Stop the readers after the messages they have in hand."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _feed(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        pipe: Connection | None = None
        try:
            while (job := self._jobs.get()) is not None:
                if not job.future.set_running_or_notify_cancel():
                    continue
                try:
                    if process is None or pipe is None or process.poll() is not None:
                        process, pipe = self._start_surely()
                    job.future.set_result(self._ask(process, pipe, job))
                except ReaderDied as death:
                    process = pipe = None
                    job.future.set_exception(death)
        finally:
            if process is not None and pipe is not None:
                pipe.close()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(2)
                process.kill()
                process.wait()

    def _start_surely(self) -> tuple[subprocess.Popen[bytes], Connection]:
        """Start a reader, more than once if need be: memory may be short for a moment."""
        for attempt in range(1, STARTS + 1):
            try:
                return self._start()
            except (OSError, EOFError) as error:
                if attempt == STARTS:
                    raise ReaderDied(f"no reader could be started: {error!r}") from error
                time.sleep(START_PAUSE)
        raise AssertionError("unreachable")

    def _start(self) -> tuple[subprocess.Popen[bytes], Connection]:
        process, ours = start_apart(_PROGRAM, self._limits.cpu, self._limits.memory)
        if not ours.poll(START_WAIT) or ours.recv() != _READY:
            process.kill()
            process.wait()
            raise EOFError("it did not say that it is there")
        return process, ours

    def _ask(self, process: subprocess.Popen[bytes], pipe: Connection, job: _Job) -> Reading:
        try:
            pipe.send((job.raw, job.envelope, job.headers_only))
            if pipe.poll(self._limits.wall):
                answer = pipe.recv()
                if isinstance(answer, Reading):
                    return answer
                death = str(answer)
            else:
                death = f"reading took more than {self._limits.wall:g} s"
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
            death = f"the reader ended with {_how(process.returncode)}"
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):  # it is closed already where the reader died
            pipe.close()
        raise ReaderDied(death)


def _how(exitcode: int | None) -> str:
    known = {-24: "SIGXCPU: over its CPU limit", -9: "SIGKILL", -11: "SIGSEGV"}
    return known.get(exitcode or 0, f"exit code {exitcode}")


def _read_mails(pipe: Connection, cpu: int, memory: int) -> None:
    """Read messages until the pipe closes. Runs in the reader process."""
    from maildesk.mail.reading import read

    # Ctrl-C reaches the whole group of processes; a reader ends when its pipe closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    pipe.send(_READY)
    while True:
        try:
            raw, envelope, headers_only = pipe.recv()
        except EOFError:
            return
        except MemoryError:
            pipe.send(f"the message alone needs more than {memory // 2**20} MiB")
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        # The limit counts the whole life of the process, so it moves on with every mail.
        allowed = int(used.ru_utime + used.ru_stime) + cpu
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))
        try:
            answer: Reading | str = read(raw, envelope, headers_only)
        except MemoryError:
            answer = f"reading needed more than {memory // 2**20} MiB"
        except Exception as error:  # noqa: BLE001 - one bad mail costs only itself
            answer = f"{type(error).__name__}: {error}"
        pipe.send(answer)


if __name__ == "__main__":
    _read_mails(Connection(int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
