"""The load of a measurement: a process that hands mails to a desk over some connections at once.

    python -m bench.load PORT CONNECTIONS FILE GAP

FILE is a pickled list of (sender, recipient, mail ready for the wire). Prints "ready", waits for a line on its
standard input, sends, and prints what it saw as JSON. A mail that is refused ends it. With a GAP
(seconds) each connection waits that long after every mail: the desk is idle in between.
"""

import asyncio
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import DESK, Sample
from bench.relay import HOST

Posted = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the load saw: moments of time.monotonic, and when each sender's mail was fully sent.

    `waited` are the seconds from the end of each mail to its 250, sorted.
    """

    begun: float
    ended: float
    ends: tuple[tuple[float, str], ...]
    waited: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Mails accepted in a second."""
        return len(self.waited) / (self.ended - self.begun)


def ready_for_the_wire(raw: bytes) -> bytes:
    """Return a mail with CRLF line ends dot-stuffed and ended (RFC 5321 section 4.5.2)."""
    stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def send(samples: Sequence[Sample], port: int, connections: int, gap: float = 0.0) -> Sent:
    """Send mails from a process of its own and return what it saw, when all are accepted.

    Raises RuntimeError with the answer of the desk if one was not.
    """
    with tempfile.NamedTemporaryFile(suffix=".load") as file:
        posted = [(s.sender, DESK, ready_for_the_wire(s.raw)) for s in samples]
        pickle.dump(posted, file)
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.load", str(port), str(connections), file.name, str(gap)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if process.stdout is not None:
            process.stdout.readline()  # it has read the file and begins at our line
        said, trouble = process.communicate("go\n", timeout=900)
    if process.returncode:
        raise RuntimeError(f"the load failed: {trouble.strip().splitlines()[-1]}")
    seen = json.loads(said)
    ends = tuple((float(at), str(who)) for at, who in seen["ends"])
    return Sent(seen["begun"], seen["ended"], ends, tuple(seen["waited"]))


class _Connection:
    def __init__(self, mails: "deque[Posted]", gap: float) -> None:
        self.mails, self.gap = mails, gap
        self.ends: list[tuple[float, str]] = []
        self.waited: list[float] = []

    async def work(self, port: int) -> None:
        """Send what is left of the mails, the next one whenever the last is accepted."""
        reader, writer = await asyncio.open_connection(HOST, port)
        await _answer(reader)
        await self._say(reader, writer, b"EHLO load.example\r\n")
        while self.mails:
            sender, recipient, wire = self.mails.popleft()
            await self._say(reader, writer, f"MAIL FROM:<{sender}>\r\n".encode())
            await self._say(reader, writer, f"RCPT TO:<{recipient}>\r\n".encode())
            await self._say(reader, writer, b"DATA\r\n")
            writer.write(wire)
            await writer.drain()
            end = time.monotonic()
            await _answer(reader)
            self.ends.append((end, sender))
            self.waited.append(time.monotonic() - end)
            if self.gap:
                await asyncio.sleep(self.gap)
        await self._say(reader, writer, b"QUIT\r\n")
        writer.close()

    async def _say(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes
    ) -> None:
        writer.write(line)
        await _answer(reader)


async def _answer(reader: asyncio.StreamReader) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if line[:1] not in (b"2", b"3"):
        raise RuntimeError(f"the desk answered {line!r}")


async def _send_all(port: int, connections: int, mails: list[Posted], gap: float) -> None:
    left = deque(mails)
    workers = [_Connection(left, gap) for _ in range(connections)]
    begun = time.monotonic()
    await asyncio.gather(*(worker.work(port) for worker in workers))
    ended = time.monotonic()
    seen = {
        "begun": begun,
        "ended": ended,
        "ends": sorted(end for worker in workers for end in worker.ends),
        "waited": sorted(seconds for worker in workers for seconds in worker.waited),
    }
    print(json.dumps(seen))


def main(port: str, connections: str, file: str, gap: str) -> None:
    """Do what the module says."""
    mails: list[Posted] = pickle.loads(Path(file).read_bytes())
    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(_send_all(int(port), int(connections), mails, float(gap)))


if __name__ == "__main__":
    main(*sys.argv[1:])
