"""A relay that behaves as badly as it is told to: an SMTP server of our own on a real socket."""

import socket
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import BinaryIO, Self


@dataclass(frozen=True)
class Act:
    """One thing the relay does at a step: wait, then say `reply` (raw, or nothing), then hang up."""

    reply: str | bytes = ""
    after: float = 0.0
    hang_up: bool = False


DROP = Act(hang_up=True)

OBEDIENT = {
    "CONNECT": "220 relay.example ESMTP",
    "EHLO": "250-relay.example\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES",
    "HELO": "250 relay.example",
    "STARTTLS": "220 2.0.0 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 queued",
    "RSET": "250 2.0.0 forgotten",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(frozen=True)
class Taken:
    """A letter that the relay took. `wire` is the message with its dots still doubled."""

    connection: int
    mail: str
    rcpt: str
    wire: bytes

    @property
    def raw(self) -> bytes:
        lines = self.wire.split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@dataclass
class RelayPeer:
    """Listens on 127.0.0.1:`port` while the `with` block lasts; one thread for each connection.

    `once` says what it does the next times at a step, then `always`, then what a good relay does.
    """

    context: ssl.SSLContext | None = None
    implicit_tls: bool = False
    port: int = 0
    always: dict[str, str | Act] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # all command lines, in order
    connections: int = 0

    def __post_init__(self) -> None:
        self._once: dict[str, deque[str | Act]] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None

    def once(self, step: str, *acts: str | Act) -> None:
        self._once.setdefault(step, deque()).extend(acts)

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._listening
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()

    def hang_up(self, farewell: bytes = b"") -> None:
        """Close all connections from this side."""
        with self._lock:
            for peer in self._open:
                try:
                    peer.sendall(farewell)
                    peer.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._serve, args=(peer, number), daemon=True).start()

    def _serve(self, peer: socket.socket, number: int) -> None:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.implicit_tls and self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            with self._lock:
                self._open.add(peer)
            _Conversation(self, peer, number).hold()
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(peer)
            peer.close()

    def act(self, step: str) -> Act:
        with self._lock:
            planned = self._once.get(step)
            act = (
                planned.popleft() if planned else self.always.get(step, OBEDIENT.get(step, "500 ?"))
            )
        return act if isinstance(act, Act) else Act(act)

    def note(self, line: str) -> None:
        with self._lock:
            self.said.append(line)

    def take(self, taken: Taken) -> None:
        with self._lock:
            self.taken.append(taken)


class _Conversation:
    def __init__(self, relay: RelayPeer, peer: socket.socket, number: int) -> None:
        self._relay, self._peer, self._number = relay, peer, number
        self._lines: BinaryIO = peer.makefile("rb")

    def hold(self) -> None:
        mail = rcpt = ""
        self._do("CONNECT")
        while line := self._lines.readline():
            command = line.decode("utf-8", "replace").rstrip("\r\n")
            self._relay.note(command)
            step = command.partition(" ")[0].upper()
            if step == "MAIL" and mail:
                self._say("503 5.5.1 nested MAIL command")  # as real servers do
                continue
            said = self._do(step)
            if step == "STARTTLS" and said.startswith("220") and self._relay.context:
                self._lines.detach()
                self._peer = self._relay.context.wrap_socket(self._peer, server_side=True)
                self._lines = self._peer.makefile("rb")
            elif step == "MAIL" and said.startswith("2"):
                mail = command
            elif step == "RCPT" and said.startswith("2"):
                rcpt = command
            elif step == "DATA" and said.startswith("354"):
                taken = Taken(self._number, mail, rcpt, self._message())
                mail = rcpt = ""
                if self._do("DOT", taken).startswith("221"):
                    return
            elif step in ("RSET", "EHLO"):
                mail = rcpt = ""
            elif step == "QUIT":
                return

    def _message(self) -> bytes:
        lines = []
        while (line := self._lines.readline()) != b".\r\n":
            if not line:
                raise ConnectionResetError
            lines.append(line)
        return b"".join(lines)

    def _do(self, step: str, letter: Taken | None = None) -> str:
        act = self._relay.act(step)
        time.sleep(act.after)
        reply = act.reply if isinstance(act.reply, bytes) else act.reply.encode()
        if letter and (reply.startswith(b"2") or act.hang_up):
            self._relay.take(letter)  # one that hangs up after the dot has taken it all the same
        if reply:
            self._peer.sendall(reply + b"\r\n")
        if act.hang_up:
            self._peer.shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        return reply.decode("utf-8", "replace")

    def _say(self, reply: str) -> None:
        self._peer.sendall(reply.encode() + b"\r\n")
