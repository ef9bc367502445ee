"""The program, loaded already: a process that has imported it once forks each start of a test.

Loading takes longer than most of what tests then ask of it. What comes out is the same: a process
of its own with its own arguments, environment and standard streams, which can be killed. The
process that forks has no threads and never ran anything but imports. This module is that
process, too; it stays light, for what it imports every started program has in it.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

_ROOT = Path(__file__).parents[2]
_MODULES = (
    "maildesk.cli.main", "maildesk.daemon.serve", "maildesk.cli.options", "maildesk.desk.intake",
    "maildesk.desk.invoices.run", "maildesk.mail.reading", "alembic.command",
    "tests.stories.killed", "tests.stories.at", "tests.stories.quick",
)  # fmt: skip
MAILDESK = "maildesk.cli.main:run"
_LONGEST = 1 << 18  # octets of arguments and environment


class Started:
    """One started program: what subprocess.Popen has of it that tests ask for."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.pid = self._number(None)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code (minus the signal that ended it), None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = self._number(None)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = self._number(timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _number(self, timeout: float | None) -> int:
        if not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("maildesk", timeout or 0)
        said = self._told.read(_WIDTH)
        if not said:
            raise ChildProcessError("the process that starts programs has ended")
        return int(said)


_WIDTH = 12  # octets of a number on its way to us: less than PIPE_BUF, so it arrives whole


def start(
    arguments: Sequence[str],
    stdin: int,
    stdout: int,
    stderr: int,
    env: Mapping[str, str] | None = None,
    killed_at: str = "",
    program: str = MAILDESK,
) -> Started:
    """Start `maildesk` with arguments; the streams are file numbers that stay the caller's.

    It runs in the folder of the repository. `killed_at` is a step of tests/stories/killed.py.
    `program` names another function to run, as "module:function"; a module that is not among
    those loaded for all has a process of its own that forks it.
    """
    ours, theirs = os.pipe()
    if killed_at:
        arguments, program = [killed_at, *arguments], "tests.stories.killed:main"
    wanted = {
        "argv": list(arguments),
        "env": dict(os.environ if env is None else env),
        "program": program,
    }
    module = program.partition(":")[0]
    line = _starter("" if module in _MODULES else module)
    try:
        socket.send_fds(line, [json.dumps(wanted).encode()], [stdin, stdout, stderr, theirs])
    finally:
        os.close(theirs)
    return Started(ours)


def run(
    arguments: Sequence[str],
    given: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    program: str = MAILDESK,
) -> "subprocess.CompletedProcess[bytes]":
    """Run `maildesk` to its end: its exit code and what it said. Raises subprocess.TimeoutExpired."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as trouble:
        try:
            started = start(
                arguments, reading, out.fileno(), trouble.fileno(), env, program=program
            )
        finally:
            os.close(reading)
        threading.Thread(target=_write, args=(writing, given), daemon=True).start()
        try:
            code = started.wait(timeout)
        finally:
            started.kill()
        return subprocess.CompletedProcess(list(arguments), code, _all(out), _all(trouble))


def _write(pipe: int, given: bytes) -> None:
    try:
        with os.fdopen(pipe, "wb") as file:
            file.write(given)
    except BrokenPipeError:  # it did not want to read on
        return


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@cache
def _starter(also: str) -> socket.socket:
    """Return the line to a process that starts programs; it ends when we do.

    It has loaded one module more if `also` names one.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Compiled once, as in real life.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.stories.loaded", str(theirs.fileno()),
             *filter(None, [also])],
            pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, cwd=_ROOT, env=env,
        )  # fmt: skip
    return ours


# From here on: the process that starts programs.


def main() -> None:
    """Load the program, then fork one for each message on the socket of the first argument.

    The other arguments are modules to load beside it.
    """
    line = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the whole group
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that we fork need nobody to wait for
    for name in (*_MODULES, *sys.argv[2:]):
        importlib.import_module(name)
    if threading.active_count() != 1:
        raise AssertionError("an import began a thread: what is forked beside it may hang")
    gc.freeze()
    while True:
        message, files, _, _ = socket.recv_fds(line, _LONGEST, 4)
        if not message:
            return
        if not os.fork():
            line.close()
            _watch_over(json.loads(message), files)
            return
        for file in files:
            os.close(file)


def _watch_over(wanted: dict[str, Any], files: list[int]) -> None:
    """Fork the program; say its number, and how it ended. Returns in the program, at its end."""
    told = files.pop()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if not child:
        os.close(told)
        _become(wanted, files)
        return
    try:
        for file in (0, *files):  # somebody may wait for their end
            os.close(file)
        os.write(told, b"%*d" % (_WIDTH, child))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(told, b"%*d" % (_WIDTH, code))
    finally:
        os._exit(0)


def _become(wanted: dict[str, Any], files: list[int]) -> None:
    """Be the program, as if it had just been started."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:
        if file > 2:
            os.close(file)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        fresh = open(  # noqa: SIM115 - they live as long as we do
            old.fileno(), mode, encoding=old.encoding, errors=old.errors, closefd=False,
            buffering=1 if name == "stderr" else -1,
        )  # fmt: skip
        setattr(sys, name, fresh)
        setattr(sys, f"__{name}__", fresh)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    sys.argv = ["maildesk", *wanted["argv"]]
    module, _, function = wanted["program"].partition(":")
    getattr(importlib.import_module(module), function)()


if __name__ == "__main__":
    main()
