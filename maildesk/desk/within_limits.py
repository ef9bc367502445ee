"""One mail read in a process with limits, for whoever looks at it: it may have killed a reader."""

import threading

from maildesk.config import Limits
from maildesk.desk.reader import ReaderDied, ReaderLimits, Readers
from maildesk.mail.message import Reading
from maildesk.mail.smtp import Envelope

IDLE = 120.0  # seconds


def bounds_of(limits: Limits) -> ReaderLimits:
    """Return what one reader may spend on one mail, by the configuration."""
    return ReaderLimits(limits.read_cpu, limits.read_wall, limits.read_memory)


def read_within_limits(
    raw: bytes, envelope: Envelope, bounds: ReaderLimits
) -> tuple[Reading | None, str]:
    """Read a mail in a process with limits: it may be here because reading it killed somebody.

    Where the whole is too much, its header alone is read; the second value says why.
    """
    readers = Readers(1, bounds)
    try:
        return _read(readers, raw, envelope)
    finally:
        readers.close()


class WarmReader:
    """A reader that stays for some minutes: to start one takes longer than to read a mail.

    Safe to use from several threads, which wait for each other. It ends with this process.
    """

    def __init__(self, idle: float = IDLE) -> None:
        self._idle = idle
        self._turn = threading.Lock()
        self._readers: Readers | None = None
        self._bounds: ReaderLimits | None = None
        self._timer: threading.Timer | None = None

    def read(
        self, raw: bytes, envelope: Envelope, bounds: ReaderLimits
    ) -> tuple[Reading | None, str]:
        """Return the same as `read_within_limits`."""
        with self._turn:
            self._forget_timer()
            if self._readers is None or self._bounds != bounds:
                self._end()
                self._readers, self._bounds = Readers(1, bounds), bounds
            try:
                return _read(self._readers, raw, envelope)
            finally:
                self._timer = threading.Timer(self._idle, self._end_idle)
                self._timer.daemon = True
                self._timer.start()

    @property
    def is_awake(self) -> bool:
        """Tell whether there is a reader."""
        return self._readers is not None

    def close(self) -> None:
        """End the reader."""
        with self._turn:
            self._forget_timer()
            self._end()

    def _end_idle(self) -> None:
        with self._turn:
            if self._timer is threading.current_thread():
                self._end()

    def _end(self) -> None:
        if self._readers is not None:
            self._readers.close()
            self._readers = None

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _read(readers: Readers, raw: bytes, envelope: Envelope) -> tuple[Reading | None, str]:
    trouble = ""
    for headers_only in (False, True):
        try:
            return readers.read(raw, envelope, headers_only).result(), trouble
        except ReaderDied as death:
            trouble = f"its body is not shown: {death}"
    return None, trouble
