"""Somebody who keeps knocking at a door, and measures how long it takes to answer."""

import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds. One knock takes milliseconds; but other tests may have the processors meanwhile, and a
# door that waits for a mail to be read would not answer before that is done.
PATIENCE = 5.0


@contextmanager
def knocking(port: int, pause: float = 0.03) -> Iterator[list[float]]:
    """Knock at an SMTP port while the block lasts; yield the seconds that each answer took."""
    waits: list[float] = []
    done = threading.Event()

    def knock() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as peer:
            while not done.wait(pause):
                began = time.monotonic()
                assert peer.noop()[0] == 250
                waits.append(time.monotonic() - began)

    thread = threading.Thread(target=knock)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()
