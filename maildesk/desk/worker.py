"""What handles mail: the readers and the applier, in this process or in one of their own.

Python runs one thread at a time. In one process a sender would wait for his 250 while letters
to others are being written; `maildesk serve` therefore gives this work a process (and a
processor) of its own. Hints go through its pipes, one octet each; everything that counts is in
the database.
"""

import contextlib
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Protocol

from maildesk import log
from maildesk.config import Site
from maildesk.desk.alarms import TemplateAlarm
from maildesk.desk.applier import Applier
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.days_off import DaysOff, use
from maildesk.desk.keys import load_keyring
from maildesk.desk.reader import ReaderLimits, Readers
from maildesk.render import Renderer

PAUSE = 1.0  # seconds before one that ended is started again
LEAVE_WAIT = 50.0  # seconds for what it has in hand; systemd gives us 60
PROGRAM = "maildesk.desk.worker"
_HINT, _QUIT = b".", b"q"


class Works(Protocol):
    """What the daemon asks of a worker, wherever it runs."""

    def start(self) -> None:
        """Begin."""

    def wake(self) -> None:
        """Say that something waits; a hint, from any thread."""

    def use(self, desk: Desk) -> None:
        """Handle what comes from now on with a desk that has other keys."""

    def stop(self) -> None:
        """Finish what is in hand, and end."""


class Worker:
    """The readers and the applier of a desk, as threads of this process (and reader processes)."""

    def __init__(
        self, desk: Desk, now: Callable[[], datetime], on_letters: Callable[[], None]
    ) -> None:
        limits = desk.site.limits
        self._readers = Readers(
            limits.readers, ReaderLimits(limits.read_cpu, limits.read_wall, limits.read_memory)
        )
        self._applier = Applier(desk, self._readers, now, on_letters)

    def start(self) -> None:
        """Begin."""
        self._applier.start()

    def wake(self) -> None:
        """Say that something waits; a hint, from any thread."""
        self._applier.wake()

    def use(self, desk: Desk) -> None:
        """Handle what comes from now on with a desk that has other keys."""
        self._applier.use(desk)

    def stop(self) -> None:
        """Finish what is in hand, and end."""
        self._applier.stop()
        self._readers.close()


class WorkerProcess:
    """The same in a process of its own. One that ends is started again; its work is not lost.

    Asked to, it finishes what it has in hand. When its standard input ends unasked, we have
    died, and so does it. `alone` is the lock on an SQLite file, which it keeps as long as it lives,
    `days` the public holidays that were looked up.
    """

    def __init__(
        self,
        site: Site,
        alone: IO[str] | None,
        on_letters: Callable[[], None],
        days: DaysOff | None = None,
    ) -> None:
        self._site, self._alone, self._on_letters, self._days = site, alone, on_letters, days
        self._ending = threading.Event()
        self._renewing = False
        self._input = threading.Lock()  # nobody writes to a number that was just closed
        self._watcher = threading.Thread(target=self._watch, name="worker", daemon=True)

    def start(self) -> None:
        """Begin. Raises OSError if no process can be started."""
        self._process = self._begin()
        self._watcher.start()

    def wake(self) -> None:
        """Say that something waits; a hint, from any thread."""
        # A full pipe holds hints enough; the reader of a broken one is about to be replaced.
        with self._input, contextlib.suppress(BlockingIOError, BrokenPipeError):
            if not self._stdin.closed:
                os.write(self._stdin.fileno(), _HINT)

    def use(self, desk: Desk) -> None:
        """Start anew: the keys are read from their file at the start."""
        self._site, self._renewing = desk.site, True
        self._dismiss()

    def stop(self) -> None:
        """Finish what is in hand, and end."""
        self._ending.set()
        self._dismiss()
        self._watcher.join(LEAVE_WAIT)
        self._process.kill()

    def _begin(self) -> "subprocess.Popen[bytes]":
        locks = () if self._alone is None else (self._alone.fileno(),)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=locks,
            bufsize=0,
        )
        if process.stdin is None or process.stdout is None:
            raise AssertionError("unreachable")  # for mypy: both are pipes
        process.stdin.write(pickle.dumps((self._site, self._days)))
        os.set_blocking(process.stdin.fileno(), False)
        with self._input:
            self._stdin, self._stdout = process.stdin, process.stdout
        return process

    def _dismiss(self) -> None:
        with self._input, contextlib.suppress(BrokenPipeError):
            if self._stdin.closed:
                return
            try:
                os.write(self._stdin.fileno(), _QUIT)
            except BlockingIOError:  # it has not read for 65,000 hints: it hangs
                self._process.kill()
            self._stdin.close()

    def _watch(self) -> None:
        while True:
            while self._stdout.read(4096):
                self._on_letters()
            self._stdout.close()
            code = self._process.wait()
            if self._ending.is_set():
                return
            with self._input:
                self._stdin.close()
            if not self._renewing:
                log.worker_ended(code)
                self._ending.wait(PAUSE)
            self._renewing = False
            self._begin_again()

    def _begin_again(self) -> None:
        while not self._ending.is_set():
            try:
                self._process = self._begin()
            except OSError as error:  # no memory, no file handles: later there may be
                log.worker_trouble(str(error))
                self._ending.wait(PAUSE)
            else:
                if self._ending.is_set():  # meanwhile
                    self._dismiss()
                return


def main() -> None:
    """Work for the daemon that started us, until it says that we may go."""
    # These are the daemon's to hear: it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    given = io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
    site: Site
    site, days = pickle.load(given)  # noqa: S301 - it comes from the daemon that started us
    use(days)
    log.setup(site.log.format, site.log.level)
    broken = TemplateAlarm(utc_now)
    desk = open_desk(site, load_keyring(site.keys.file), Renderer(site.templates.folder, broken))
    broken.desk = desk

    def letters() -> None:
        with contextlib.suppress(BrokenPipeError):  # the daemon is gone, and so are we
            os.write(sys.stdout.fileno(), _HINT)

    worker = Worker(desk, utc_now, letters)
    worker.start()
    worker.wake()
    while _QUIT not in (hints := given.read1(4096)):
        if not hints:
            os._exit(1)  # the daemon is dead: as if we had died with it, and nothing is lost
        worker.wake()
    worker.stop()
    desk.db.close()


def utc_now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
