"""P21: only our own recipients are taken, at RCPT; only CR LF . CR LF ends a message."""

import socket

from tests.peers.relay import RelayPeer
from tests.promises.mails import load
from tests.stories.daemon import RunningDesk, opened, until

FOREIGN = [
    # recipient                                     why
    ("victim@elsewhere.example", "a foreign domain"),
    ("@desk.example:victim@elsewhere.example", "a route"),
    ("victim%elsewhere.example@desk.example", "the percent hack"),
    ("elsewhere.example!victim@desk.example", "a bang path"),
    ("", "nobody"),
    ('"support@desk.example"@elsewhere.example', "ours, quoted"),
    ("support@desk.example@elsewhere.example", "two signs"),
    ("support@desk.example,victim@elsewhere.example", "a second one behind"),
    ("support@desk.example.elsewhere.example", "ours in front"),
    ("root@desk.example", "nobody of ours"),
    ("support+z9.1.2.aaaaaaaaaaaaaaaaaaaaaaaaaa@elsewhere.example", "signed, elsewhere"),
]
ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\0\r\n.\n"]


class Wire:
    """A peer that says exactly what it is told to."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._lines = self._socket.makefile("rb")
        self.reply()
        self.say(b"EHLO evil.example\r\n")

    def say(self, octets: bytes) -> str:
        self._socket.sendall(octets)
        return self.reply()

    def reply(self) -> str:
        while (line := self._lines.readline().decode())[3:4] == "-":
            pass
        return line

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def test_p21_it_relays_for_nobody_and_nothing_is_smuggled_in(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "d", url, relay.port) as desk,
    ):
        wire = Wire(desk.smtp)
        assert wire.say(b"MAIL FROM:<anna@customer1.example>\r\n").startswith("250")
        for recipient, why in FOREIGN:
            assert wire.say(f"RCPT TO:<{recipient}>\r\n".encode()).startswith("5"), why
        assert wire.say(b"DATA\r\n").startswith("503"), "there is nobody to take it for"
        wire.close()

        for end in ENDS:
            wire = Wire(desk.smtp)
            wire.say(b"MAIL FROM:<anna@customer1.example>\r\n")
            wire.say(b"RCPT TO:<support@desk.example>\r\n")
            wire.say(b"DATA\r\n")
            lines = b"\n" if end.endswith(b"\n") else b"\r"
            raw = load("p21_smuggling", end=end, line=lines)
            assert wire.say(raw + b"\r\n.\r\n").startswith("550 5.5.2"), end
            assert wire.say(b"NOOP\r\n").startswith("250"), "one message, one reply"
            wire.close()
        assert books.inbound() == []

        # The control: the same mail with nothing hidden in it is taken, as one.
        wire = Wire(desk.smtp)
        wire.say(b"MAIL FROM:<anna@customer1.example>\r\n")
        wire.say(b"RCPT TO:<support@desk.example>\r\n")
        wire.say(b"DATA\r\n")
        whole = load("p21_smuggling", end=b"\r\n..\r\n", line=b"\r\n")
        assert wire.say(whole + b".\r\n").startswith("250")
        wire.close()
        until(books.messages, "it is filed")
        ((_, subject, words),) = books.messages()
        assert subject == "The outer mail"
        assert "\n.\nMAIL FROM:<lena@agency.example>\n" in words
