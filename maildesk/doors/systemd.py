"""What systemd wants to be told: ready, alive, stopping (sd_notify(3)).

The sockets that it hands over are taken in `sockets`.
"""

import os
import socket


def notify(state: str) -> None:
    """Tell systemd, such as "READY=1" or "WATCHDOG=1"; nothing happens where it does not listen.

    A message that does not get through is dropped: being told late is systemd's problem, and
    its watchdog's to notice.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    path = "\0" + address[1:] if address.startswith("@") else address  # unix(7), abstract names
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.setblocking(False)
        try:
            out.sendto(state.encode(), path)
        except OSError:
            return


def watchdog_interval() -> float | None:
    """Return how often, in seconds, to say "WATCHDOG=1": half of systemd's limit, None for never.

    See sd_watchdog_enabled(3): $WATCHDOG_USEC counts only for the process in $WATCHDOG_PID.
    """
    limit = os.environ.get("WATCHDOG_USEC", "")
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(limit) / 2_000_000 if limit.isascii() and limit.isdigit() and int(limit) else None
