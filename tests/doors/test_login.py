"""Staff log in at the real listener: who is let in, what he may send, and how often he may err."""

import asyncio
import base64
import hashlib
import io
import smtplib
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import aiosmtplib
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from maildesk import log
from maildesk.desk import login, staff
from maildesk.desk.people import Refused
from maildesk.doors.login import (
    FAILURES,
    KEYS,
    REPEATS,
    WINDOW,
    Credentials,
    Logins,
    Throttle,
    Unfit,
    exchange,
)
from maildesk.store import migrate
from maildesk.store.db import Database
from tests.doors.opened import Kept, OpenDoor
from tests.doors.test_listener import Peer, certificate, play, wait_until

JAN, LENA, OWN = "jan@agency.example", "lena@agency.example", ("support@desk.example",)
SECRET, UMLAUTS = "geheim genug fuer Jan", "heiß genüg für Uwe"
MAIL = b"Subject: #close\r\n\r\nDone.\r\n"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    """A desk with Jan, who has two addresses and a password, Lena, who has none, Max, who left, and Uwe."""
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('login')}/desk.db")
    migrate.upgrade(opened)
    for name, address in (
        ("jan", JAN), ("lena", LENA), ("max", "max@agency.example"), ("uwe", "uwe@agency.example")
    ):  # fmt: skip
        staff.add(opened, name, name.title(), address, OWN)
        if name != "lena":
            staff.set_password(opened, name, UMLAUTS if name == "uwe" else SECRET)
    staff.add_address(opened, "jan", "jan.weber@weber.example", OWN)
    staff.enable(opened, "max", False)
    yield opened
    opened.close()


class Door:
    """An open door with a certificate at which the staff of `db` log in."""

    def __init__(self, db: Database, folder: Path, **options) -> None:
        self.kept, self.clock = Kept(), Clock()
        self.asked: list[str] = []

        def authenticate(name: str, password: str) -> login.Attempt:
            self.asked.append(name)
            return login.authenticate(db, name, password)

        self.logins = Logins(options.pop("authenticate", authenticate), self.clock)
        authority, files = certificate(folder)
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        self.open = OpenDoor(self.kept, certificate=files, logins=self.logins, **options)

    def __enter__(self) -> "Door":
        self.open.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.__exit__()
        self.logins.close()

    def smtp(self, host: str = "127.0.0.1") -> smtplib.SMTP:
        """A connection of Python's own, under TLS, from an address of this machine."""
        peer = smtplib.SMTP(local_hostname="a", source_address=(host, 0), timeout=20)
        peer._host = "mx.desk.example"  # the name in the certificate, which is no name here
        peer.connect("127.0.0.1", self.open.port)
        peer._host = "mx.desk.example"
        peer.starttls(context=self.trust)
        peer.ehlo()
        return peer

    def peer(self) -> Peer:
        """A connection that says what it likes, under TLS and after EHLO."""
        peer = Peer(self.open)
        peer.play("S: 220\nC: EHLO a\nS: 250-\nC: STARTTLS\nS: 220")
        peer.socket = self.trust.wrap_socket(peer.socket, server_hostname="mx.desk.example")
        peer.lines = peer.socket.makefile("rb")
        peer.play("C: EHLO a\nS: 250-")
        return peer

    def sign_in(self, name: str, password: str, host: str = "127.0.0.1") -> int:
        """Return the code that answers a login on a connection of its own."""
        peer = self.smtp(host)
        try:
            return int(peer.docmd("AUTH", f"PLAIN {plain(name, password)}")[0])
        finally:
            peer.close()


@pytest.fixture
def door(db, tmp_path):
    with Door(db, tmp_path) as opened:
        yield opened


def plain(name: str, password: str, acts_as: str = "") -> str:
    return base64.b64encode(f"{acts_as}\0{name}\0{password}".encode()).decode()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_programs_log_in_and_the_envelope_says_who(door):
    for name, sender, mechanism in (
        ("jan", JAN, "plain"),
        (JAN.upper(), "Jan.Weber@WEBER.example", "login"),
    ):
        peer = door.smtp()
        assert peer.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        peer.user, peer.password = name, SECRET
        assert peer.auth(mechanism, getattr(peer, f"auth_{mechanism}"))[0] == 235
        peer.sendmail(sender, ["support@desk.example"], MAIL)
        peer.quit()
    stranger = door.smtp()
    stranger.sendmail(JAN, ["support@desk.example"], MAIL)
    stranger.quit()
    assert [(e.login, e.return_path, e.via) for e, _ in door.kept.messages] == [
        ("jan", JAN, "smtp"),
        ("jan", "Jan.Weber@WEBER.example", "smtp"),
        ("", JAN, "smtp"),
    ]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_another_program_logs_in_with_either_kind_of_tls(db, tmp_path, tls):
    async def send(mechanism: str) -> None:
        peer = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=door.open.port, use_tls=tls == "tls", start_tls=False,
            tls_context=door.trust,
        )  # fmt: skip
        await peer.connect()
        if tls == "starttls":
            assert not peer.supports_extension("auth")
            await peer.starttls(server_hostname="mx.desk.example", tls_context=door.trust)
        await peer.ehlo()
        await getattr(peer, f"auth_{mechanism}")("jan", SECRET)
        await peer.sendmail(JAN, ["support@desk.example"], MAIL)
        await peer.quit()

    with Door(db, tmp_path, tls=tls) as door:
        door.trust.check_hostname = False  # it connects to an address, not to a name
        for mechanism in ("plain", "login"):
            asyncio.run(send(mechanism))
    assert [envelope.login for envelope, _ in door.kept.messages] == ["jan", "jan"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (f"C: auth plain {plain('jan', SECRET)}\nS: 235", "mechanisms in small letters"),
        (f"C: AUTH PLAIN {plain('jan', SECRET, 'jan')}\nS: 235", "acts as himself"),
        (f"C: AUTH PLAIN\nS: 334\nC: {plain('jan', SECRET)}\nS: 235", "asked for"),
        (f"C: AUTH PLAIN {plain('uwe', UMLAUTS)}\nS: 235", "UTF-8 (RFC 4616)"),
        (f"C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {b64('jan')}\nS: 334 UGFzc3dvcmQ6\n"
         f"C: {b64(SECRET)}\nS: 235", "name and password apart"),
        (f"C: AUTH LOGIN {b64('jan')}\nS: 334 UGFzc3dvcmQ6\nC: {b64(SECRET)}\nS: 235",
         "the name at once, as Outlook has it"),
        (f"C: AUTH PLAIN {plain('jan', SECRET)}\nS: 235\nC: EHLO b\nS: 250-\n"
         f"C: MAIL FROM:<{JAN}> AUTH=<> SIZE=9\nS: 250\nC: RSET\nS: 250\n"
         f"C: MAIL FROM:<{LENA}>\nS: 553", "RSET and EHLO end no login"),
    ],
)  # fmt: skip
def test_a_login_as_programs_write_it(door, script, why):
    with closing(door.peer()) as peer:
        peer.play(script)


@pytest.mark.parametrize(
    ("script", "asks", "why"),
    [
        (f"C: AUTH PLAIN {plain('jan', 'wrong')}\nS: 535 5.7.8 Wrong", 1, "wrong password"),
        (f"C: AUTH PLAIN {plain('nobody', SECRET)}\nS: 535 5.7.8 Wrong", 1, "wrong login"),
        (f"C: AUTH PLAIN {plain('max', SECRET)}\nS: 535 5.7.8 Wrong", 1, "disabled"),
        (f"C: AUTH PLAIN {plain('lena', SECRET)}\nS: 535 5.7.8 Wrong", 1, "has no password"),
        (f"C: AUTH PLAIN {plain('lena', '')}\nS: 535 5.7.8 Wrong", 1, "no password is not the empty one"),
        (f"C: AUTH PLAIN {plain('jan', SECRET, 'lena')}\nS: 535", 0, "acts as somebody else"),
        ("C: AUTH PLAIN\nS: 334\nC: *\nS: 501 5.7.0 Login given up", 0, "given up"),
        ("C: AUTH LOGIN\nS: 334\nC: !!\nS: 501 5.5.2", 0, "no base64"),
        ("C: AUTH PLAIN =\nS: 501 5.5.2", 0, "nothing at all"),
        (f"C: AUTH PLAIN {b64('jan')}\nS: 501 5.5.2", 0, "no NUL"),
        (f"C: AUTH PLAIN {b64('a')} b\nS: 501 5.5.2", 0, "too much"),
        ("C: AUTH PLAIN AP8A/w==\nS: 501 5.5.2", 0, "not UTF-8"),
        (f"C: AUTH LOGIN {b64('ja' + chr(0))}\nS: 334\nC: {b64('x')}\nS: 535", 0, "a NUL in the name"),
        (f"C: AUTH LOGIN {b64('j' * 400)}\nS: 334\nC: {b64('x')}\nS: 535", 0, "a long name"),
        (f"C: AUTH PLAIN\nS: 334\nC: {'A' * 20_000}\nS: 500 5.5.2 Line too long", 0, "a long line"),
        (f"C: AUTH PLAIN\nS: 334\nC: {'A' * 300_000}\nS: 500\nS: 500", 0, "a far too long line"),
        ("C: AUTH CRAM-MD5\nS: 504 5.5.4", 0, "it would need the password itself"),
        ("C: AUTH\nS: 504 5.5.4", 0, "no mechanism"),
        (f"C: MAIL FROM:<{JAN}>\nS: 250\nC: AUTH PLAIN {plain('jan', SECRET)}\nS: 503\nC: RSET\nS: 250",
         0, "in the middle of a mail"),
        ("C: XCLIENT LOGIN=jan\nS: 500", 0, "no peer says who somebody else is"),
        (f"C: MAIL FROM:<{JAN}> AUTH=jan\nS: 250\nC: RCPT TO:<support@desk.example> AUTH=jan\nS: 555"
         "\nC: RSET\nS: 250", 0, "a claim, no login"),
        ("C: STARTTLS\nS: 503 5.5.1 TLS is on", 0, "TLS within TLS"),
    ],
)  # fmt: skip
def test_who_is_not_let_in(door, script, asks, why):
    with closing(door.peer()) as peer:
        peer.play(
            f"{script}\nC: MAIL FROM:<{LENA}> AUTH=<>\nS: 250\nC: RCPT TO:<support@desk.example>"
            "\nS: 250\nC: DATA\nS: 354\nC: Login: jan\nC: .\nS: 250"
        )
    assert [envelope.login for envelope, _ in door.kept.messages] == [""], why
    assert len(door.asked) == asks, why


def test_who_is_logged_in_sends_from_his_own_addresses_to_ours(door):
    with closing(door.peer()) as peer:
        peer.play(
            f"""
            C: AUTH PLAIN {plain("jan", SECRET)}
            S: 235
            C: AUTH PLAIN {plain("jan", SECRET)}
            S: 503 5.5.1 Logged in already
            C: MAIL FROM:<{LENA}>
            S: 553 5.7.1 Not an address of the login
            C: MAIL FROM:<jan+x@agency.example>
            S: 553 5.7.1
            C: MAIL FROM:<>
            S: 553 5.7.1
            C: MAIL FROM:<{JAN.upper()}>
            S: 250
            C: RCPT TO:<anna@other.example>
            S: 550 5.7.1 Mail for other domains
            C: RCPT TO:<nobody@desk.example>
            S: 550 5.1.1
            C: DATA
            S: 503
            """
        )
    assert not door.kept.messages


def test_nobody_logs_in_without_tls(door):
    with closing(Peer(door.open)) as peer:
        peer.reply()
        peer.send(b"EHLO a\r\n")
        assert not any("AUTH" in line for line in peer.reply())
        peer.play(f"C: AUTH PLAIN {plain('jan', SECRET)}\nS: 538 5.7.11 Say STARTTLS first")
        # A login said in clear, in one piece with STARTTLS, is thrown away.
        peer.send(f"STARTTLS\r\nEHLO a\r\nAUTH PLAIN {plain('jan', SECRET)}\r\n".encode())
        peer.play("S: 220")
        peer.socket = door.trust.wrap_socket(peer.socket, server_hostname="mx.desk.example")
        peer.lines = peer.socket.makefile("rb")
        peer.play(
            f"C: AUTH PLAIN {plain('jan', SECRET)}\nS: 503 5.5.1 Say EHLO first\nC: HELO a\nS: 250"
        )
        peer.play(f"C: AUTH PLAIN {plain('jan', SECRET)}\nS: 503 5.5.1 Say EHLO first")
    assert not door.asked


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_other_doors_know_no_login(tmp_path, protocol):
    kept, (_, files) = Kept(), certificate(tmp_path)
    hello = "LHLO" if protocol == "lmtp" else "EHLO"
    with OpenDoor(kept, protocol, certificate=files) as door:
        play(door, f"""
            S: 220
            C: {hello} a
            S: 250-
            C: AUTH PLAIN {plain("jan", SECRET)}
            S: 502 5.5.1 No login here
            C: XCLIENT LOGIN=jan
            S: 500
            C: MAIL FROM:<{JAN}> AUTH=jan
            S: 555
            C: MAIL FROM:<{JAN}>
            S: 250
            C: RCPT TO:<support@desk.example>
            S: 250
            C: DATA
            S: 354
            C: .
            S: 250
            """)  # fmt: skip
    assert [envelope.login for envelope, _ in kept.messages] == [""]


@given(
    st.text(max_size=80) | st.sampled_from(("PLAIN", "LOGIN", "PLAIN =", "LOGIN AGEAYg==")),
    st.lists(st.binary(max_size=60) | st.binary(max_size=60).map(base64.b64encode), min_size=2),
)
def test_whatever_is_said_is_a_login_or_a_refusal(arg, answers):
    said = iter(answers)

    async def ask(challenge: str) -> bytes:
        return next(said) + b"\r\n"

    with suppress(Unfit):  # and nothing else is raised
        found = asyncio.run(exchange(arg, ask))
        assert found.login.isprintable()
        assert "password" not in repr(found).replace(repr(found.login), "")


# How often one may be wrong


def test_guesses_are_throttled_for_each_address_and_each_login(door):
    for number in range(FAILURES):
        assert door.sign_in("jan", f"guess {number}", "127.0.0.2") == 535
    asked = len(door.asked)
    assert door.sign_in("jan", SECRET, "127.0.0.2") == 421, "the address has had its guesses"
    assert door.sign_in("lena", "other", "127.0.0.2") == 421, "for every login"
    assert door.sign_in("jan", SECRET, "127.0.0.3") == 421, "the login too, from anywhere"
    assert len(door.asked) == asked, "nothing was checked any more"
    assert door.sign_in("nobody", "x", "127.0.0.3") == 535, "others are let try"
    door.clock.now += WINDOW + 1
    assert door.sign_in("jan", SECRET, "127.0.0.2") == 235


def test_who_was_here_before_is_not_locked_out_by_strangers(door):
    assert door.sign_in("jan", SECRET, "127.0.0.4") == 235
    for number in range(FAILURES + 1):
        door.sign_in("jan", f"guess {number}", "127.0.0.5")
    assert door.sign_in("jan", SECRET, "127.0.0.6") == 421
    assert door.sign_in("jan", SECRET, "127.0.0.4") == 235


def test_an_old_password_in_one_program_locks_out_nobody_beside_it():
    throttle = Throttle()
    old, right = Credentials("jan", "old"), Credentials("lena", "right")
    for _ in range(REPEATS * 2):
        assert throttle.begin("203.0.113.7", old, 0)
    guess = throttle.begin("203.0.113.7", right, 0)
    assert guess
    throttle.succeeded(guess)
    tries = [throttle.begin("203.0.113.7", old, 1) for _ in range(REPEATS * FAILURES)]
    assert not tries[-1], "it is not endless either"


def test_behind_a_proxy_on_a_unix_socket_each_login_has_its_limit():
    throttle = Throttle()
    guess = throttle.begin("", Credentials("jan", "right"), 0)
    assert guess
    throttle.succeeded(guess)
    tries = [throttle.begin("", Credentials("jan", str(n)), 0) for n in range(FAILURES + 1)]
    assert not tries[-1]


@pytest.mark.parametrize(
    ("first", "second", "shared", "why"),
    [
        ("203.0.113.7", "203.0.113.8", False, "two of IPv4"),
        ("203.0.113.7", "::ffff:203.0.113.7", True, "IPv4 written as IPv6"),
        ("2001:db8::1", "2001:db8::ffff:1", True, "one /64"),
        ("2001:db8::1", "2001:db8:0:1::1", False, "two of them"),
        ("fe80::1%eth0", "fe80::2%eth0", True, "a scope is no difference"),
        ("", "", False, "a unix socket: everybody comes by it"),
    ],
)
def test_what_counts_as_one_address(first, second, shared, why):
    throttle = Throttle()
    for number in range(FAILURES):
        assert throttle.begin(first, Credentials(f"login{number}", "x"), 0), why
    assert (throttle.begin(second, Credentials("other", "x"), 0) is None) == shared, why


def test_what_is_remembered_is_bounded():
    throttle = Throttle()
    for number in range(3 * KEYS):
        guess = throttle.begin(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
                               Credentials(f"login{number}", "x" * 9000), 0)  # fmt: skip
        assert guess
        if number % 2:
            throttle.succeeded(guess)
    assert len(throttle._failed) <= KEYS
    assert len(throttle._known) <= KEYS


def test_many_at_once_are_no_more_guesses_and_the_loop_goes_on(db, tmp_path):
    gate, asked = threading.Event(), []

    def slow(name: str, password: str) -> login.Attempt:
        asked.append(password)
        gate.wait(10)
        return login.Attempt("jan", "wrong password")

    with Door(db, tmp_path, authenticate=slow) as door:
        peers = [door.peer() for _ in range(FAILURES + 3)]
        for number, peer in enumerate(peers):
            peer.send(f"AUTH PLAIN {plain('jan', str(number))}\r\n".encode())
        for peer in peers[FAILURES:]:
            peer.play("S: 421 4.7.0 Too many failed logins\nS: closed")
        assert len(asked) <= 2
        play(door.open, "S: 220\nC: EHLO b\nS: 250-\nC: NOOP\nS: 250")
        peers[0].close()  # who hangs up meanwhile has guessed as well
        gate.set()
        for peer in peers[1:FAILURES]:
            peer.play("S: 535")
        for peer in peers:
            peer.close()
    wait_until(lambda: not door.logins._waiting)


def test_a_database_that_fails_is_no_wrong_password(db, tmp_path):
    def broken(name: str, password: str) -> login.Attempt:
        raise OSError("the database is gone")

    with Door(db, tmp_path, authenticate=broken) as door, closing(door.peer()) as peer:
        for _ in range(FAILURES + 2):
            peer.play(f"C: AUTH PLAIN {plain('jan', SECRET)}\nS: 451 4.3.0")


# Passwords


def test_every_login_takes_one_hash_whoever_it_is(db, monkeypatch):
    real, calls = hashlib.scrypt, []

    def counted(*arguments, **options):
        calls.append(options["n"])
        return real(*arguments, **options)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    found = [
        login.authenticate(db, name, password)
        for name, password in (
            ("jan", SECRET), ("jan", "wrong"), ("lena", ""), ("max", SECRET), ("nobody", SECRET),
        )
    ]  # fmt: skip
    assert calls == [login.COST] * 5
    assert [(each.login, each.why) for each in found] == [
        ("jan", ""), ("jan", "wrong password"), ("lena", "has no password"),
        ("max", "is disabled"), ("", "nobody is called so"),
    ]  # fmt: skip
    assert found[0].addresses == {JAN, "jan.weber@weber.example"}
    assert not any(each.addresses for each in found[1:])


def test_a_password_is_kept_as_a_salted_hash_only():
    first, second = login.hashed(UMLAUTS), login.hashed(UMLAUTS)
    assert first != second
    assert UMLAUTS not in first
    for stored in (first, second):
        assert login.is_password(stored, "heiß genu\u0308g fu\u0308r Uwe"), "NFC or not"
        assert not login.is_password(stored, UMLAUTS + "x")
    assert not login.is_password("", "")
    assert login.is_password(login.hashed("x" * login.LONGEST), "x" * login.LONGEST)
    for bad in ("", "short", "x" * (login.LONGEST + 1), "a line\nand another"):
        with pytest.raises(Refused, match="--generate"):
            login.hashed(bad)
    assert len({login.generated() for _ in range(100)}) == 100
    assert login.hashed(login.generated())


def test_the_log_names_who_came_in_and_never_a_password(door):
    stream = io.StringIO()
    kept = structlog.get_config()
    log.setup("console", "debug", stream)
    try:
        assert door.sign_in("jan", SECRET) == 235
        assert door.sign_in("jan", "wrong password") == 535
        assert door.sign_in("my password as login", "x") == 535
        with closing(Peer(door.open)) as peer:  # refused, and the rest comes as commands
            peer.play(
                f"S: 220\nC: EHLO a\nS: 250-\nC: AUTH LOGIN\nS: 538\nC: {b64(SECRET)}\nS: 500"
            )
    finally:
        log.setup("console", "warning")
        structlog.configure(**kept)
    said = stream.getvalue()
    assert "login=jan logged-in peer=127.0.0.1\n" in said
    assert 'login=jan login-refused peer=127.0.0.1 why="wrong password"\n' in said
    assert 'login=? login-refused peer=127.0.0.1 why="nobody is called so"\n' in said
    for secret in (SECRET, "my password", b64(SECRET), b64(SECRET).upper(), plain("jan", SECRET)):
        assert secret not in said


# TLS from the first octet


def test_a_handshake_counts_as_a_connection_and_ends(db, tmp_path):
    with Door(db, tmp_path, tls="tls", connections=2, idle=1) as door:
        idle, silent = (socket.create_connection(("127.0.0.1", door.open.port)) for _ in range(2))
        wait_until(lambda: len(door.open.listener._visitors.here) == 2)
        with closing(Peer(door.open)) as third:
            assert third.line() == "", "one too many"
        idle.sendall(b"EHLO in clear\r\n")
        silent.settimeout(5)
        assert silent.recv(10) == b"", "after a second"
        wait_until(lambda: not door.open.listener._visitors.here)
        with door.trust.wrap_socket(
            socket.create_connection(("127.0.0.1", door.open.port)),
            server_hostname="mx.desk.example",
        ) as peer:
            assert peer.recv(100).startswith(b"220 mx.desk.example ESMTP")
            peer.sendall(b"EHLO a\r\n")
            heard = peer.recv(1000)
            assert b"AUTH PLAIN LOGIN" in heard
            assert b"STARTTLS" not in heard
        for each in (idle, silent):
            each.close()


def test_stop_does_not_wait_for_a_handshake(db, tmp_path):
    with Door(db, tmp_path, tls="tls") as door, closing(Peer(door.open)) as peer:
        wait_until(lambda: door.open.listener._visitors.here)
        begun = time.monotonic()
        door.open.run(door.open.listener.stop(10))
        assert time.monotonic() - begun < 3
        assert peer.line() == ""
