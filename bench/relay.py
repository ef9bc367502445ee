"""The relay of a measurement: a process that takes every letter, counts it and keeps no bytes.

Prints its port. For each line on its standard input it prints one: the letters so far as
[[seconds of the monotonic clock, recipient], ...] for "letters", their number and the moment of
the last for anything else. Ends with its standard input.
"""

import asyncio
import json
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self, cast

HOST = "127.0.0.1"
_HELLO = (
    b"250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"
)


class Relay:
    """A relay in a process of its own while the `with` block lasts."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.relay"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def count(self) -> tuple[int, float]:
        """Return how many letters came, and when the last did (time.monotonic)."""
        number, last = self._ask("count")
        return int(number), float(last)

    def letters(self) -> list[tuple[float, str]]:
        """Return when each letter came and its recipient, in order."""
        return [(float(at), str(to)) for at, to in self._ask("letters")]

    def _ask(self, question: str) -> list[Any]:
        if self._process.stdin is None:
            raise RuntimeError("the relay was not started")
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return cast("list[Any]", json.loads(self._line()))

    def _line(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""


class _Taken(asyncio.Protocol):
    """One connection; what it takes is added to `letters`. Bare, to leave the cores to the desk."""

    def __init__(self, letters: list[tuple[float, str]]) -> None:
        self._letters = letters
        self._rcpt = ""
        self._held = bytearray()
        self._in_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._out = cast("asyncio.Transport", transport)
        self._out.write(b"220 relay.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Speak RFC 5321 as far as a sender needs it."""
        self._held += data
        answers = []
        while (end := self._held.find(b"\r\n.\r\n" if self._in_letter else b"\r\n")) >= 0:
            if self._in_letter:
                del self._held[: end + 5]
                self._in_letter = False
                self._letters.append((time.monotonic(), self._rcpt))
                answers.append(b"250 2.0.0 taken\r\n")
            else:
                answers.append(self._answer(bytes(self._held[:end])))
                del self._held[: end + 2]
        self._out.write(b"".join(answers))
        if answers and answers[-1].startswith(b"221"):
            self._out.close()

    def _answer(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                return _HELLO
            case b"DATA":
                self._in_letter = True
                return b"354 go on\r\n"
            case b"QUIT":
                return b"221 2.0.0 good bye\r\n"
            case b"RCPT":
                self._rcpt = line.partition(b"<")[2].partition(b">")[0].decode("utf-8")
        return b"250 2.0.0 well\r\n"


async def _serve() -> None:
    letters: list[tuple[float, str]] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Taken(letters), HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while question := await asyncio.to_thread(sys.stdin.readline):
        last = letters[-1][0] if letters else 0.0
        whole = question.startswith("letters")
        print(json.dumps(letters if whole else (len(letters), last)), flush=True)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
