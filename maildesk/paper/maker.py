"""The program of a maker process: contents in, finished documents out, until the pipe closes.

It knows paper and rules only: no database, no network, none of our settings. Documents are made
at a low priority, so that the intake stays quick, and under limits of CPU time and memory.

    python -P -m maildesk.paper.maker <descriptor> <seconds> <octets>

What comes in is pickled (canonical octets, Look, is it a draft); an answer is two messages, PDF and XML, or an
empty one and a sentence that says why there is none.
"""

import contextlib
import logging
import os
import resource
import signal
import sys
from math import ceil
from multiprocessing.connection import Connection

from maildesk.paper.document import build, draft
from maildesk.paper.press import Unprintable
from maildesk.rules.invoice.canonical import content_of

READY = b"ready"
NICE = 10


def make(pipe: Connection, cpu: int, memory: int) -> None:
    """Make documents until the pipe closes, each in at most `cpu` seconds of CPU time.

    `memory` in octets is the whole address space of the process.
    """
    # Ctrl-C reaches the whole group of processes; a maker ends when its pipe closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    logging.disable(logging.INFO)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(OSError):  # no Pango: each document will say so in words
        import weasyprint  # noqa: F401 - the first document should not pay for what all need
    pipe.send_bytes(READY)
    while True:
        try:
            octets, look, is_draft = pipe.recv()
        except EOFError:
            return
        except MemoryError:
            _answer(pipe, b"", _too_large(memory))
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        # The limit counts the whole life of the process, so it moves on with every document.
        allowed = ceil(used.ru_utime + used.ru_stime) + cpu
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))
        try:
            made = (draft if is_draft else build)(content_of(octets), look)
            answer = (made.pdf, made.xml)
        except MemoryError:
            answer = (b"", _too_large(memory))
        except Exception as error:  # noqa: BLE001 - one bad document costs only itself
            answer = (b"", _words(error))
        _answer(pipe, *answer)


def _answer(pipe: Connection, pdf: bytes, rest: bytes) -> None:
    pipe.send_bytes(pdf)
    pipe.send_bytes(rest)


def _too_large(memory: int) -> bytes:
    return f"making it needed more than {memory // 2**20} MiB".encode()


def _words(error: Exception) -> bytes:
    name = "" if isinstance(error, (ValueError, Unprintable)) else f"{type(error).__name__}: "
    return f"{name}{error}".encode(errors="replace")


if __name__ == "__main__":
    make(Connection(int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]))
