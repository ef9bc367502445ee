"""Postfix's smtp-sink: a real SMTP server that keeps every letter as a file."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.peers import free_port, require, wait_for_port

# What it was told, a trace field of three lines, the message, an empty line.
_KEPT = re.compile(
    rb"(?:X-.*\n)*X-Rcpt-Args: <(.*)>\n(?:X-.*\n)*Received: .*\n\tby .*\n\t.*\n([\s\S]*)\n"
)


class Sink:
    """Takes everything on `port` of loopback while the `with` block lasts."""

    def __init__(self) -> None:
        self._program = require("smtp-sink", "postfix")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="maildesk-sink-"))

    def __enter__(self) -> Self:
        owner: list[str] = []
        if os.geteuid() == 0:  # it does not run as root
            shutil.chown(self._folder, "nobody")
            owner = ["-u", "nobody"]
        self._process = subprocess.Popen(
            [self._program, *owner, "-d", "letter.", f"127.0.0.1:{self.port}", "100"],
            cwd=self._folder, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_port(self.port)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def letters(self, recipient: str) -> list[bytes]:
        """Return the messages for an address, the oldest first, without what the sink put before."""
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        kept = [_KEPT.fullmatch(file.read_bytes()) for file in files]
        return [found[2] for found in kept if found and found[1].decode() == recipient]
