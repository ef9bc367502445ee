"""Dialogues with the real listener: who is let in, what is kept, and what the peer hears."""

import errno
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from maildesk.doors import smtp_wire as wire
from maildesk.mail.smtp import BAD_LINE_ENDS, LINE_TOO_LONG, Envelope
from tests.doors.opened import NOW, Accept, Kept, OpenDoor

HELLO = """
    S: 220 mx.desk.example ESMTP
    C: EHLO kunde.example
    S: 250-mx.desk.example
"""
MAIL = (
    HELLO
    + """
    C: MAIL FROM:<anna@kunde.example>
    S: 250 2.1.0
"""
)
DATA = (
    MAIL
    + """
    C: RCPT TO:<support@desk.example>
    S: 250 2.1.5
    C: DATA
    S: 354
"""
)
TRY_LATER = "451 4.3.0 Local problem, please try again later"


class Peer:
    """The other end: sends lines, reads replies."""

    def __init__(self, door: OpenDoor, window: int = 0) -> None:
        address = door.listener.address
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(10)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.lines = self.socket.makefile("rb")

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def line(self) -> str:
        """Return the next line without its end; "" when the listener closed."""
        try:
            found = self.lines.readline()
        except ConnectionResetError:
            return ""
        assert found.endswith(b"\r\n") or not found
        return found[:-2].decode()

    def reply(self) -> list[str]:
        """Return the lines of the next reply."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def play(self, script: str) -> None:
        """C: send a line. R: send octets, with \\r and \\n as typed. S: a reply begins so."""
        for step in filter(None, map(str.strip, script.splitlines())):
            verb, _, text = step.partition(":")
            text = text.strip()
            if verb == "C":
                self.send(text.encode() + b"\r\n")
            elif verb == "R":
                self.send(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
            elif text == "closed":
                assert self.line() == "", step
            else:
                heard = self.reply()
                assert heard[0].startswith(text), f"{step!r}, but the listener said {heard}"

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


def play(door: OpenDoor, script: str) -> None:
    with closing(Peer(door)) as peer:
        peer.play(script)


@pytest.fixture
def talk() -> Callable[..., None]:
    def talk(accept: Accept, script: str, **options: Any) -> None:
        with OpenDoor(accept, **options) as door:
            play(door, script)

    return talk


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_message_is_kept_as_it_came_and_then_acknowledged(talk, kept):
    talk(
        kept,
        MAIL
        + r"""
        C: RCPT TO:<Support@Desk.example>
        S: 250 2.1.5 Recipient OK
        C: RCPT TO:<support@desk.example>
        S: 250
        C: RCPT TO:<billing@desk.example>
        S: 250
        C: DATA
        S: 354
        R: Subject: Gr\xfc\xdfe\r\n\r\nHallo\x00\r\n..\r\n.\r\n
        S: 250 2.0.0 Message accepted
        C: MAIL FROM:<>
        S: 250
        C: RCPT TO:<postmaster>
        S: 250
        C: QUIT
        S: 221 2.0.0
        S: closed
        """,
    )
    assert kept.messages == [
        (
            Envelope(
                return_path="anna@kunde.example",
                rcpt_to=("support@desk.example", "billing@desk.example"),
                via="smtp",
                received_at=NOW,
                peer="127.0.0.1",
            ),
            b"Subject: Gr\xfc\xdfe\r\n\r\nHallo\x00\r\n.\r\n",
        )
    ]


def test_what_the_listener_offers(kept):
    with OpenDoor(kept) as door, closing(Peer(door)) as peer:
        peer.reply()
        peer.send(b"EHLO a\r\nHELO a\r\n")
        assert peer.reply() == [
            "250-mx.desk.example",
            f"250-SIZE {25 * 1024 * 1024}",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250-PIPELINING",
            "250 ENHANCEDSTATUSCODES",
        ]
        assert peer.reply() == ["250 mx.desk.example"]


@pytest.mark.parametrize(
    ("line", "answer", "why"),
    [
        ("RCPT TO:<nobody@desk.example>", "550 5.1.1 No such mailbox here", "our domain"),
        ("RCPT TO:<nobody@KONTOR.example>", "550 5.1.1 ", "the domain of an alias"),
        ("RCPT TO:<anna@other.example>", "550 5.7.1 Mail for other domains", "no relay"),
        ("RCPT TO:<>", "553 5.1.3 That is not an address", "null is no recipient"),
        ("RCPT TO:<@a.example:support@desk.example>", "553 5.1.3", "source route"),
        ("RCPT TO:<support@desk.example@x.example>", "553 5.1.3", "two at signs"),
        ("RCPT TO:<support%x@desk.example>", "550 5.1.1", "the percent hack is a mailbox name"),
        ("RCPT TO:<a b@desk.example>", "553 5.1.3", "a space outside quotes"),
        ('RCPT TO:<"a b"@desk.example>', "550 5.1.1", "a quoted name is readable"),
        ("RCPT TO:<jörg@desk.example>", "250 2.1.5", "SMTPUTF8"),
        ("RCPT TO: support@desk.example", "250 2.1.5", "devices that forget the brackets"),
        ("RCPT TO:<support@desk.example> NOTIFY=NEVER", "555 5.5.4", "DSN was not offered"),
        ("RCPT", "501 5.5.4", "nothing to read"),
        ("MAIL FROM:<b@c.example>", "503 5.5.1", "a transaction is open"),
        ("DATA", "503 5.5.1 No recipient yet", "nobody to keep it for"),
        ("VRFY support@desk.example", "252 2.5.0", "we do not say who is here"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1", "there is no login"),
        ("EXPN all", "502 5.5.1", "there are no lists"),
        ("STARTTLS", "454 4.7.0", "no certificate is configured"),
        ("LHLO a", "500 5.5.2", "this is not LMTP"),
        ("GET / HTTP/1.1", "500 5.5.2", "a browser"),
        ("NOOP " + "x" * 5000, "500 5.5.2 Line too long", "a command has 4096 octets"),
        ("NOOP " + "x" * 400_000, "500 5.5.2 Line too long", "more than is read ahead"),
    ],
    ids=lambda value: value[:40] if " " in value else None,
)
def test_commands(talk, kept, line, answer, why):
    talk(kept, f"{MAIL}\nC: {line}\nS: {answer}\nC: NOOP\nS: 250 2.0.0")
    assert not kept.messages, why


def test_a_reply_never_carries_back_what_steers_a_terminal(kept):
    with OpenDoor(kept) as door, closing(Peer(door)) as peer:
        peer.play(HELLO)
        peer.send(b"X\x1b[31m\r250 \xffOK\r\nHELP X\x00\r\nMAIL FROM:<\xff@x>\r\n")
        assert peer.line() == '500 5.5.2 Error: command "X?[31M?250" not recognized'
        assert peer.line().startswith("501 5.5.4")
        assert peer.line().startswith("553 5.1.3")


def test_size_is_refused_before_the_message_is_sent(talk, kept):
    talk(
        kept,
        HELLO
        + """
        C: MAIL FROM:<anna@kunde.example> SIZE=70001
        S: 552 5.3.4 Message too big
        C: MAIL FROM:<anna@kunde.example> SIZE=70000 BODY=8BITMIME SMTPUTF8
        S: 250 2.1.0
        """,
        message=70_000,
    )


# Our own faults


def full(envelope: Envelope, raw: bytes) -> None:
    raise OSError("disk full at /var/lib/maildesk")


def no_space(envelope: Envelope, raw: bytes) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def broken(envelope: Envelope, raw: bytes) -> None:
    raise RuntimeError("a secret of ours")


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (full, TRY_LATER),
        (broken, TRY_LATER),
        (no_space, "452 4.3.1 No room left at the moment, please try again later"),
    ],
)
def test_a_message_we_cannot_store_stays_with_the_peer(talk, accept, answer):
    talk(accept, DATA + f"C: .\nS: {answer}\nC: MAIL FROM:<b@c.example>\nS: 250")


def cancelled(envelope: Envelope, raw: bytes) -> Future[int]:
    future: Future[int] = Future()
    future.cancel()
    return future


def broken_at_once(envelope: Envelope, raw: bytes) -> Future[int]:
    raise RuntimeError("the writer is not running")


@pytest.mark.parametrize("begin", [cancelled, broken_at_once])
def test_a_commit_that_never_begins_is_451(talk, kept, begin):
    talk(kept, DATA + f"C: .\nS: {TRY_LATER}\nC: NOOP\nS: 250", now_or_never=begin)


def test_a_commit_that_takes_too_long_is_451_and_goes_on(kept):
    gate = threading.Event()

    def slow(envelope: Envelope, raw: bytes) -> None:
        gate.wait(10)
        kept(envelope, raw)

    with OpenDoor(slow, data=0.3) as door:
        play(door, DATA + f"C: .\nS: {TRY_LATER}")
        assert not kept.messages
        gate.set()
        wait_until(lambda: kept.messages)


def test_a_rule_that_fails_is_451(talk, kept):
    talk(
        kept,
        MAIL + f"C: RCPT TO:<support@desk.example>\nS: {TRY_LATER}\nC: NOOP\nS: 250",
        is_ours=lambda address: bool(1 // 0),
    )


def test_no_room_is_said_at_mail_and_again_at_data(kept):
    room = [False]
    with OpenDoor(kept, room=lambda: room[-1]) as door, closing(Peer(door)) as peer:
        peer.play(HELLO + "C: MAIL FROM:<a@b.example>\nS: 452 4.3.1")
        room.append(True)
        peer.play("C: MAIL FROM:<a@b.example>\nS: 250\nC: RCPT TO:<support@desk.example>\nS: 250")
        room.append(False)
        peer.play("C: DATA\nS: 452 4.3.1")
        room.append(True)
        peer.play("C: DATA\nS: 354\nC: .\nS: 250")
    assert kept.raws == [b""]


def wait_until(met: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def test_250_comes_after_the_commit_and_a_peer_that_hangs_up_cancels_nothing(kept):
    gate, begun = threading.Event(), threading.Semaphore(0)

    def slow(envelope: Envelope, raw: bytes) -> None:
        begun.release()
        gate.wait(10)
        kept(envelope, raw)

    with OpenDoor(slow) as door, closing(Peer(door)) as patient:
        for way in ("half closed", "reset"):
            hasty = Peer(door)
            hasty.play(DATA + "C: hasty\nC: .")
            assert begun.acquire(timeout=5)
            if way == "reset":
                hasty.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                hasty.close()
            else:
                hasty.socket.shutdown(socket.SHUT_WR)
                hasty.close()
        patient.play(DATA + "C: patient\nC: .")
        assert begun.acquire(timeout=5)
        patient.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            patient.socket.recv(1)
        assert not kept.messages
        gate.set()
        wait_until(lambda: len(kept.messages) == 3)
        patient.socket.settimeout(5)
        assert patient.socket.recv(100).startswith(b"250 2.0.0")
    assert sorted(kept.raws) == [b"hasty\r\n", b"hasty\r\n", b"patient\r\n"]


# What ends a message, and what is in it


@pytest.mark.parametrize(
    ("sent", "expected", "why"),
    [
        (b".\r\n", b"", "the CR LF before the dot is that of DATA"),
        (b"\r\n.\r\n", b"\r\n", "one empty line"),
        (b"a\r\n.\r\n", b"a\r\n", "one line"),
        (b"..\r\n.\r\n", b".\r\n", "a doubled dot at once"),
        (b"..a\r\n...\r\n\r\n..\r\n.\r\n", b".a\r\n..\r\n\r\n.\r\n", "each dot undoubled once"),
        (b".a\r\n.\r\n", b"a\r\n", "RFC 5321 section 4.5.2: any first dot goes"),
        (b"a.\r\nb .\r\n.\r\n", b"a.\r\nb .\r\n", "dots elsewhere stay"),
        (b"\x00\xff\r\n.\r\n", b"\x00\xff\r\n", "any octet"),
    ],
)
def test_the_message_arrives_however_the_network_cuts_it(kept, sent, expected, why):
    with OpenDoor(kept, errors=1000) as door, closing(Peer(door)) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.play(DATA)
        rest = b"MAIL FROM:<b@c.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
        for cut in range(1, len(sent) + 1):
            peer.send(sent[:cut])
            time.sleep(0.002)
            peer.send(sent[cut:] + rest)
            peer.play("S: 250 2.0.0\nS: 250\nS: 250\nS: 354")
    assert kept.raws == [expected] * len(sent), why


SMUGGLED = rb"MAIL FROM:<boss@desk.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n2\r\n"


@pytest.mark.parametrize(
    "end",
    [
        r"\n.\n",
        r"\r.\r",
        r"\n.\r\n",
        r"\r\n.\n",
        r"\r\n.\r",
        r"\r.\r\n",
        r"\r.\n",
        r"\r\r\n.\r\r\n",
        r"\r\n.\x00\r\n..\n",
        r"\n.\n\r\n",
        r"\r\n\x00.\r\n\n",
    ],
)
def test_only_crlf_dot_crlf_ends_a_message(talk, kept, end):
    talk(
        kept,
        DATA
        + rf"""
        R: 1{end}{SMUGGLED.decode()}
        R: .\r\n
        S: 550 5.5.2 Lines must end with CR LF
        C: NOOP
        S: 250 2.0.0
        C: DATA
        S: 503
        """,
    )
    assert not kept.messages


@pytest.mark.parametrize(
    ("raw", "longest", "expected", "why"),
    [
        (b"", 10, None, "nothing"),
        (b"12345678\r\n" * 3, 10, None, "just fits"),
        (b"12345678\r\n123456789\r\n", 10, LINE_TOO_LONG, "one octet more"),
        (b"12345678\r\n1\r\n123456789\r\n1\r\n", 10, LINE_TOO_LONG, "not the first, nor the last"),
        (b"1\r\n" * 50, 10, None, "many short ones"),
        (b"1\n\r\n", 10, BAD_LINE_ENDS, "LF alone"),
        (b"1\r\r\n", 10, BAD_LINE_ENDS, "CR alone"),
        (b"1\n\r2\r\n", 10, BAD_LINE_ENDS, "the wrong way round"),
    ],
)
def test_lines(raw, longest, expected, why):
    assert wire.line_fault(raw, longest) == expected, why


def test_a_long_line_is_refused_and_a_megabyte_is_not_long(talk, kept):
    for length, answer in ((1024 * 1024 - 2, "250"), (1024 * 1024 - 1, "500 5.5.2 Line too long")):
        talk(kept, DATA + f"C: {'x' * length}\nC: .\nS: {answer}\nC: NOOP\nS: 250")
    assert [len(raw) for raw in kept.raws] == [1024 * 1024]


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_a_message_over_the_limit_is_read_to_its_end_and_not_kept(kept, protocol):
    limit = 100_000
    chunk = b"..............\r\n" * 6_250
    recipients = "C: RCPT TO:<support@desk.example>\nS: 250\n" * 2
    begin = f"C: MAIL FROM:<a@b.example>\nS: 250\n{recipients}C: DATA\nS: 354"
    answers = 2 if protocol == "lmtp" else 1
    with OpenDoor(kept, protocol, message=limit) as door, closing(Peer(door)) as peer:
        peer.reply()
        peer.play(f"C: {'LHLO' if protocol == 'lmtp' else 'EHLO'} a\nS: 250-\n{begin}")
        tracemalloc.start()
        for _ in range(200):
            peer.send(chunk)
        peer.play("C: .\n" + "S: 552 5.3.4 Message too big\n" * answers)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
        tracemalloc.stop()
        # Doubled dots do not count (RFC 1870 section 3): 106,666 octets sent, 100,000 meant.
        line = b"." + b"." * 13 + b"\r\n"
        octets = line * (limit // 15) + b"x" * (limit % 15 - 2) + b"\r\n"
        peer.play(begin)
        peer.send(octets + b".\r\n")
        peer.play("S: 250\n" * answers)
        peer.play(begin)
        peer.send(octets[:-2] + b"y\r\n.\r\n")
        peer.play("S: 552\n" * answers + "C: NOOP\nS: 250")
    assert [len(raw) for raw in kept.raws] == [limit]


# Limits


def test_too_many_recipients_are_told_to_come_separately(talk, kept):
    talk(
        kept,
        MAIL
        + """
        C: RCPT TO:<support@desk.example>
        S: 250
        C: RCPT TO:<billing@desk.example>
        S: 250
        C: RCPT TO:<jörg@desk.example>
        S: 452 4.5.3 Too many recipients, send the rest separately
        C: DATA
        S: 354
        C: .
        S: 250
        """,
        recipients=2,
    )
    assert kept.messages[0][0].rcpt_to == ("support@desk.example", "billing@desk.example")


@pytest.mark.parametrize("limit", ["connections", "connections_per_peer"])
def test_too_many_connections_are_refused_at_the_greeting(kept, limit):
    with OpenDoor(kept, **{limit: 2}) as door:
        first, second = Peer(door), Peer(door)
        first.play(HELLO)
        second.play(HELLO)
        play(door, "S: 421 4.7.0 Too many connections\nS: closed")
        second.play("C: QUIT\nS: 221\nS: closed")
        second.close()
        wait_until(lambda: len(door.listener._visitors.here) == 1)
        play(door, DATA + "C: .\nS: 250")
        first.close()


@pytest.mark.parametrize(
    ("line", "answer", "allowed", "why"),
    [
        ("RCPT TO:<nobody@desk.example>", "S: 550", 20, "guesses addresses"),
        ("DATA", "S: 503", 20, "does not listen"),
        ("AUTH LOGIN", "S: 502", 20, "guesses passwords"),
        ("X", "S: 500", 5, "aiosmtpd has less patience with words that it does not know"),
    ],
)
def test_who_only_makes_mistakes_is_shown_out(talk, kept, line, answer, allowed, why):
    once = f"C: {line}\n{answer}\n"
    last = f"C: {line}\n" + (f"{answer}\n" if allowed == 20 else "")
    talk(kept, MAIL + once * (allowed - 1) + last + "S: 421 4.7.0 Too many errors\nS: closed")


@pytest.mark.parametrize(
    ("limit", "script", "why"),
    [
        ("idle", HELLO, "says nothing"),
        ("idle", DATA + "C: and then", "says nothing more of a message"),
        ("session", "S: 220\n" + "C: NOOP\nS: 250\n" * 3, "is busy, but for too long"),
        ("data", DATA, "sends a message too slowly"),
    ],
)
def test_time_runs_out(kept, limit, script, why):
    with OpenDoor(kept, **{limit: 0.5}) as door, closing(Peer(door)) as peer:
        begun = time.monotonic()
        peer.play(script)
        if limit == "data":
            for _ in range(4):
                time.sleep(0.1)
                peer.send(b"drip\r\n")
        peer.play("S: 421 4.4.2 Waited too long\nS: closed")
        assert 0.4 < time.monotonic() - begun < 3, why
        assert not kept.messages


def test_time_does_not_run_out_during_a_commit(kept):
    def slow(envelope: Envelope, raw: bytes) -> None:
        time.sleep(0.6)
        kept(envelope, raw)

    with OpenDoor(slow, idle=0.3, session=0.5) as door:
        play(door, DATA + "C: .\nS: 250\nS: 421 4.4.2")


def test_a_peer_that_never_reads_is_cut_off_and_holds_up_nobody(kept, monkeypatch):
    monkeypatch.setattr("maildesk.doors.smtp_visit.LINGER", 0.1)
    with OpenDoor(kept, idle=0.5) as door, closing(Peer(door, window=4096)) as deaf:
        deaf.play(HELLO)
        deaf.socket.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                deaf.socket.send(b"HELP\r\n" * 10_000)
        begun = time.monotonic()
        play(door, DATA + "C: .\nS: 250")
        assert time.monotonic() - begun < 0.4
        wait_until(lambda: not door.listener._visitors.here, seconds=20)


def test_stop_lets_a_transaction_in_hand_finish(kept):
    with OpenDoor(kept) as door:
        idle, busy, slow = Peer(door), Peer(door), Peer(door)
        idle.play(HELLO)
        busy.play(DATA + "C: first half")
        slow.play(MAIL)
        stopping = threading.Thread(target=lambda: door.run(door.listener.stop(1.5)))
        stopping.start()
        idle.play("S: 421 4.3.2 Shutting down\nS: closed")
        with pytest.raises(ConnectionRefusedError):
            Peer(door)
        busy.play("C: second half\nC: .\nS: 250 2.0.0\nS: 421 4.3.2\nS: closed")
        slow.play("S: 421 4.3.2\nS: closed")
        stopping.join(5)
        assert not stopping.is_alive()
        for peer in (idle, busy, slow):
            peer.close()
    assert kept.raws == [b"first half\r\nsecond half\r\n"]


# STARTTLS


def certificate(folder: Path) -> tuple[trustme.CA, tuple[Path, Path]]:
    authority, files = trustme.CA(), (folder / "mx.pem", folder / "mx.key")
    issued = authority.issue_cert("mx.desk.example")
    issued.cert_chain_pems[0].write_to_path(files[0])
    issued.private_key_pem.write_to_path(files[1])
    return authority, files


def test_starttls_and_nothing_smuggled_in_before_it(kept, tmp_path):
    authority, files = certificate(tmp_path)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with OpenDoor(kept, certificate=files) as door, closing(Peer(door)) as peer:
        peer.reply()
        peer.send(b"EHLO a\r\n")
        assert "250-STARTTLS" in peer.reply()
        # CVE-2011-0411 and its kin: what is sent in clear with STARTTLS must not count.
        peer.send(b"STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\n")
        peer.play("S: 220")
        peer.socket = trust.wrap_socket(peer.socket, server_hostname="mx.desk.example")
        peer.lines = peer.socket.makefile("rb")
        peer.play("C: MAIL FROM:<a@b.example>\nS: 503")
        peer.send(b"EHLO a\r\n")
        heard = peer.reply()
        assert "250-STARTTLS" not in heard
        assert not any("AUTH" in line for line in heard)
        peer.play(DATA.partition("S: 250-mx.desk.example")[2] + "C: hidden\nC: .\nS: 250")
        peer.play("C: QUIT\nS: 221")
    assert [(e.return_path, raw) for e, raw in kept.messages] == [
        ("anna@kunde.example", b"hidden\r\n")
    ]


def test_a_failed_handshake_ends_only_that_connection(kept, tmp_path):
    _, files = certificate(tmp_path)
    with OpenDoor(kept, certificate=files) as door:
        play(door, HELLO + "C: STARTTLS\nS: 220\nC: this is no handshake\nS: closed")
        play(door, DATA + "C: .\nS: 250")


# LMTP

LMTP = """
    S: 220 mx.desk.example LMTP
    C: EHLO a
    S: 500 5.5.1 This is LMTP
    C: LHLO mta.desk.example
    S: 250-mx.desk.example
    C: MAIL FROM:<anna@kunde.example>
    S: 250
    C: RCPT TO:<support@desk.example>
    S: 250
    C: RCPT TO:<nobody@desk.example>
    S: 550 5.1.1
    C: RCPT TO:<support@desk.example>
    S: 250
    C: RCPT TO:<billing@desk.example>
    S: 250
    C: DATA
    S: 354
"""


@pytest.mark.parametrize(
    ("accept", "body", "answer"),
    [
        (None, r"a\r\n.\r\n", "250 2.0.0 Message accepted"),
        (full, r"a\r\n.\r\n", TRY_LATER),
        (no_space, r"a\r\n.\r\n", "452 4.3.1"),
        (None, r"a\n\r\n.\r\n", "550 5.5.2"),
        (None, "x" * 3000 + r"\r\n.\r\n", "500 5.5.2 Line too long"),
    ],
)
def test_lmtp_answers_once_for_each_recipient_it_took(talk, kept, accept, body, answer):
    answers = f"S: {answer}\n" * 3  # a recipient given twice was accepted twice
    talk(
        accept or kept,
        f"{LMTP}R: {body}\n{answers}C: NOOP\nS: 250\nC: QUIT\nS: 221\nS: closed",
        protocol="lmtp",
        line=2000,
    )
    for envelope, _ in kept.messages:
        assert (envelope.via, envelope.rcpt_to) == (
            "lmtp",
            ("support@desk.example", "billing@desk.example"),
        )


def test_a_whole_transaction_may_come_in_one_piece(talk, kept):
    talk(
        kept,
        r"""
        R: LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n
        S: 220
        S: 250-
        S: 250
        S: 550
        S: 503 5.5.1 No recipient yet
        R: RCPT TO:<support@desk.example>\r\nDATA\r\nbounce\r\n.\r\nNOOP\r\nQUIT\r\n
        S: 250
        S: 354
        S: 250
        S: 250
        S: 221
        S: closed
        """,
        protocol="lmtp",
    )
    assert [(e.return_path, raw) for e, raw in kept.messages] == [("", b"bounce\r\n")]
