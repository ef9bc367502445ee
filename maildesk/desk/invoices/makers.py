"""Maker processes: documents are made where they cannot slow or stop the daemon.

Each is a program of its own (`paper.maker`) that knows neither the database nor our settings.
It has limits of CPU time and memory for itself and of wall time from us; whoever goes over one is
killed, costs its one document one error, and is replaced.
"""

import contextlib
import queue
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from maildesk.config import ConfigError, Site
from maildesk.desk.apart import start_apart
from maildesk.desk.invoices.agency import bank_of
from maildesk.paper.document import Document
from maildesk.paper.look import Look
from maildesk.paper.words import iban

READY = b"ready"
_PROGRAM = "maildesk.paper.maker"
_START_WAIT = 60.0  # seconds until a new maker says that it is there
_LARGEST_LOGO = 2 * 1024 * 1024  # octets
_PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
_ENDS = {-24: "it went over its CPU limit", -9: "it was killed", -11: "it crashed"}


class NotMade(Exception):
    """A document was not made; the text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class MakerLimits:
    """CPU and wall in seconds for one document, memory in octets for a maker.

    After so many `documents` another takes its place: what sets the type gives some memory of
    each document (about 60 kB) never back.
    """

    cpu: int = 60
    wall: float = 60.0
    memory: int = 1536 * 1024 * 1024
    documents: int = 500


@dataclass(slots=True)
class _Job:
    octets: bytes
    look: Look
    future: "Future[Document]"
    is_draft: bool = False


@dataclass(slots=True)
class _Maker:
    process: "subprocess.Popen[bytes]"
    pipe: Connection
    made: int = 0


class Makers:
    """A few maker processes, each with a thread that feeds it; a process starts when it is needed."""

    def __init__(self, number: int, limits: MakerLimits | None = None) -> None:
        self._limits = limits or MakerLimits()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._feed, name=f"maker-{n}", daemon=True)
            for n in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def make(self, octets: bytes, look: Look) -> "Future[Document]":
        """Queue a canonical content; the future holds its Document, or raises NotMade."""
        return self._put(_Job(octets, look, Future()))

    def draft(self, octets: bytes, look: Look) -> "Future[Document]":
        """Queue a content without a number; the future holds its pages, marked as a draft's."""
        return self._put(_Job(octets, look, Future(), is_draft=True))

    def _put(self, job: _Job) -> "Future[Document]":
        self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Stop after the documents in hand; those that nobody has begun are cancelled."""
        with contextlib.suppress(queue.Empty):
            while (job := self._jobs.get_nowait()) is not None:
                job.future.cancel()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _feed(self) -> None:
        maker: _Maker | None = None
        try:
            while (job := self._jobs.get()) is not None:
                if not job.future.set_running_or_notify_cancel():
                    continue
                try:
                    if maker is None or self._is_over(maker):
                        _end(maker)
                        maker = None
                        maker = self._started()
                    job.future.set_result(self._asked(maker, job))
                except NotMade as refused:
                    job.future.set_exception(refused)
                except Exception as error:  # noqa: BLE001 - whoever waits for it hears of it
                    _end(maker)
                    maker = None
                    death = NotMade(str(error)) if isinstance(error, _Died) else error
                    job.future.set_exception(death)
        finally:
            _end(maker)

    def _is_over(self, maker: _Maker) -> bool:
        return maker.made >= self._limits.documents or maker.process.poll() is not None

    def _started(self) -> _Maker:
        try:
            process, ours = start_apart(_PROGRAM, self._limits.cpu, self._limits.memory)
        except OSError as error:
            raise _Died(f"no maker could be started: {error.strerror}") from error
        maker = _Maker(process, ours)
        try:
            with _killed_after(_START_WAIT, process):
                ready = ours.recv_bytes() == READY
        except (EOFError, OSError):
            ready = False
        if not ready:
            _end(maker)
            raise _Died(f"no maker could be started: {_how(process.returncode)}")
        return maker

    def _asked(self, maker: _Maker, job: _Job) -> Document:
        """Return what a maker made. Raises NotMade where it says no, _Died where it is no more."""
        wall = self._limits.wall
        try:
            maker.made += 1
            with _killed_after(wall, maker.process) as late:
                maker.pipe.send((job.octets, job.look, job.is_draft))
                pdf, rest = maker.pipe.recv_bytes(), maker.pipe.recv_bytes()
        except (EOFError, OSError) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                maker.process.wait(1)
            slow = f"making it took more than {wall:g} s"
            raise _Died(slow if late.is_set() else _how(maker.process.returncode)) from error
        if not pdf:
            raise NotMade(rest.decode(errors="replace"))
        return Document(pdf, rest)


class _Died(Exception):
    """A maker is no more, or never was; the text says which."""


@contextlib.contextmanager
def _killed_after(seconds: float, process: "subprocess.Popen[bytes]") -> Iterator[threading.Event]:
    """Kill a process if the block takes longer: all that waits for it then ends.

    The event that is handed in says whether that happened.
    """
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _end(maker: _Maker | None) -> None:
    """End a maker: it leaves when its pipe closes, or is made to."""
    if maker is None:
        return
    maker.pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        maker.process.wait(2)
    maker.process.kill()
    maker.process.wait()


def _how(exitcode: int | None) -> str:
    return _ENDS.get(exitcode or 0, f"it ended with exit code {exitcode}")


def look_of(site: Site) -> Look:
    """Return how the agency's paper looks. Raises ConfigError for a logo that cannot be used.

    Without managers and a website the footer is left to the pages, which know the rest.
    """
    logo, logo_type = _logo(site.agency.logo)
    folder = site.templates.folder
    return Look(
        logo=logo,
        logo_type=logo_type,
        accent=site.agency.accent,
        footer=_footer(site),
        templates=str(folder.absolute()) if folder else "",
    )


def _logo(path: Path | None) -> tuple[bytes, str]:
    if path is None:
        return b"", ""
    logo_type = _PICTURES.get(path.suffix.lower())
    if logo_type is None:
        raise ConfigError(f"[agency] logo: {path} is neither a .png nor an .svg file; name one")
    try:
        logo = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"[agency] logo: {path} cannot be read: {error.strerror}; put the picture there, or"
            " leave the logo out"
        ) from error
    if len(logo) > _LARGEST_LOGO:
        raise ConfigError(
            f"[agency] logo: {path} has {len(logo) // 1024} KiB, and each invoice would carry it;"
            f" use one of at most {_LARGEST_LOGO // 1024} KiB"
        )
    return logo, logo_type


def _footer(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return columns of who, how to reach and where to pay; the pages add the tax numbers."""
    agency = site.agency
    if not agency.managers and not agency.website:
        return ()
    bank = bank_of(site)  # an IBAN may be typed with blanks
    columns = (
        (agency.name, agency.street, f"{agency.postcode} {agency.city}", agency.managers),
        (agency.contact, agency.phone, agency.email, agency.website),
        (bank.name, iban(bank.iban), bank.bic and f"BIC {bank.bic}"),
    )
    filled = (tuple(line.strip() for line in column if line.strip()) for column in columns)
    return tuple(column for column in filled if column)
