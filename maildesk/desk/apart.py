"""Programs of ours that run apart, with limits, and talk to us through a pipe.

What they do must not slow or stop the daemon. Never a fork: beside threads and SQLite it may
inherit a lock that nobody will ever release.
"""

import os
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection

# What they have no business to know: our settings, the credentials, systemd's sockets.
_NOT_THEIRS = ("MAILDESK_", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "LISTEN_", "PG")


def start_apart(
    program: str, cpu: int, memory: int
) -> "tuple[subprocess.Popen[bytes], Connection]":
    """Start a program, a module's name, and return it with our end of its pipe.

    It is handed the number of its own end, then the CPU seconds for one task and the octets of
    memory that it has to limit itself to. Raises OSError if it cannot be started.
    """
    ours, theirs = Pipe()
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", program, str(theirs.fileno()), str(cpu), str(memory)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # it may be a pipe that somebody waits at
                env={k: v for k, v in os.environ.items() if not k.startswith(_NOT_THEIRS)},
            )
        except OSError:
            ours.close()
            raise
    return process, ours
