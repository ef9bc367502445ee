"""Real peers that tests talk to: each starts privately, on loopback, in a folder of its own.

A peer that is not installed skips its tests with the reason; MAILDESK_REQUIRE_PEERS=1 (CI)
turns that skip into a failure.
"""

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

_SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def require(program: str, package: str) -> Path:
    """Return the path of a peer's program; without it the test is skipped, or fails in CI."""
    found = shutil.which(program, path=_SBIN)
    if found:
        return Path(found)
    reason = f"{program} is not installed (Debian package {package}; `make peers` installs it)"
    if os.environ.get("MAILDESK_REQUIRE_PEERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = iter(range(10_000 + 2_000 * (_WORKER % 11), 12_000 + 2_000 * (_WORKER % 11)))


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on now; never the same one twice.

    Each worker of pytest-xdist has a range of its own, below the ports that the kernel gives out.
    """
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("all ports of this worker have been given out")


def wait_for_port(port: int, seconds: float = 10) -> None:
    """Return when somebody accepts connections on a port of 127.0.0.1; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
        except OSError:
            if time.monotonic() > deadline:
                pytest.fail(f"nobody listens on port {port} after {seconds} s", pytrace=False)
            time.sleep(0.02)
        else:
            return
