"""Staff who log in (SMTP AUTH, RFC 4954): what they type, and how often they may be wrong."""

import asyncio
import base64
import binascii
import hashlib
import ipaddress
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from maildesk import log
from maildesk.desk.login import Attempt
from maildesk.doors import smtp_wire as wire
from maildesk.mail.smtp import Reply

MECHANISMS = ("PLAIN", "LOGIN")
NAME_MAX = 320  # characters of a login or an address
WINDOW = 600.0  # seconds in which failures are counted
FAILURES = 5  # of one address or one login in that time, and nothing is checked any more
REPEATS = 10  # the same wrong guess so often counts as one failure more
KEYS = 4096  # addresses and logins whose failures are remembered; the oldest are forgotten
AT_ONCE = 2  # hashes that are made at the same time; each takes 32 MiB
QUEUE = 20  # logins that wait for that


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed; the password never stands in a log or a traceback."""

    login: str
    password: str = field(repr=False)


class Unfit(Exception):
    """An AUTH exchange ends here with `reply`; nothing was checked."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


async def exchange(arg: str, ask: Callable[[str], Awaitable[bytes]]) -> Credentials:
    """Return what the peer gives by PLAIN (RFC 4616) or LOGIN after `AUTH arg`. Raises Unfit.

    `ask` sends a challenge, in base64, and returns the line that answers it.
    """
    mechanism, _, first = arg.strip().partition(" ")
    if mechanism.upper() not in MECHANISMS:
        raise Unfit(wire.NO_MECHANISM)
    # An initial response of no octets is written "=" (RFC 4954 section 4).
    given = (
        None if not first else b"" if first == "=" else _octets(first.encode("utf-8", "replace"))
    )
    if mechanism.upper() == "LOGIN":
        name = _octets(await ask("VXNlcm5hbWU6")) if given is None else given  # Username:
        password = _octets(await ask("UGFzc3dvcmQ6"))  # Password:
    else:
        parts = (_octets(await ask("")) if given is None else given).split(b"\0")
        if len(parts) != 3:
            raise Unfit(wire.BAD_LOGIN)
        acts_as, name, password = parts
        if acts_as not in (b"", name):  # nobody acts as somebody else
            raise Unfit(wire.WRONG_LOGIN)
    return _credentials(name, password)


def _octets(line: bytes) -> bytes:
    text = line.strip()
    if text == b"*":
        raise Unfit(wire.GIVEN_UP)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Unfit(wire.BAD_LOGIN) from None


def _credentials(name: bytes, password: bytes) -> Credentials:
    try:
        found = Credentials(name.decode().strip(), password.decode())
    except UnicodeDecodeError:
        raise Unfit(wire.BAD_LOGIN) from None
    if not found.login or len(found.login) > NAME_MAX or not found.login.isprintable():
        raise Unfit(wire.WRONG_LOGIN)
    return found


@dataclass(frozen=True, slots=True)
class _Guess:
    keys: tuple[bytes, ...]
    pair: bytes
    print: bytes
    """Of login and password; the same guess twice tells a guesser nothing."""


class Throttle:
    """Counts failed logins of each address and of each login; holds no names and no passwords.

    A program that goes on trying an old password locks out nobody else of its office: the same
    guess again hardly counts. Whoever got in is let in from where he did whatever strangers try
    with his name elsewhere. Times are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._failed: OrderedDict[bytes, list[tuple[float, bytes]]] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def begin(self, peer: str, given: Credentials, now: float) -> _Guess | None:
        """Count a try as failed before it is checked; None if there were too many.

        So a hundred that are made at once are no more than five.
        """
        login = given.login.lower()
        place, name = self._print("peer", _network(peer)), self._print("login", login)
        pair = self._print("pair", _network(peer), login)
        # By a unix socket everybody comes, through a proxy: no place tells one from another there.
        known = bool(peer) and pair in self._known
        keys = ((place,) if peer else ()) + (() if known else (name,))
        guess = _Guess(keys, pair, self._print("guess", login, given.password))
        if any(self._is_full(key, now) for key in keys):
            return None
        for key in keys:
            self._failed.setdefault(key, []).append((now, guess.print))
            self._failed.move_to_end(key)
        while len(self._failed) > KEYS:
            self._failed.popitem(last=False)
        return guess

    def forget(self, guess: _Guess) -> None:
        """Take back what `begin` counted: it was right, or could not be checked."""
        for key in guess.keys:
            left = [each for each in self._failed.pop(key, ()) if each[1] != guess.print]
            if left:
                self._failed[key] = left

    def succeeded(self, guess: _Guess) -> None:
        """Remember who got in from where."""
        self.forget(guess)
        self._known[guess.pair] = None
        self._known.move_to_end(guess.pair)
        while len(self._known) > KEYS:
            self._known.popitem(last=False)

    def _is_full(self, key: bytes, now: float) -> bool:
        recent = [each for each in self._failed.get(key, ()) if each[0] > now - WINDOW]
        if not recent:
            self._failed.pop(key, None)
            return False
        self._failed[key] = recent
        different = len({guess for _, guess in recent})
        return different + (len(recent) - different) // REPEATS >= FAILURES

    def _print(self, *words: str) -> bytes:
        return hashlib.blake2b(
            "\0".join(words).encode("utf-8", "replace"), key=self._secret, digest_size=16
        ).digest()


def _network(peer: str) -> str:
    """Return what one stranger has at hand of addresses: one of IPv4, a /64 of IPv6."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)


class Logins:
    """Checks logins for all listeners of a process, on threads of its own, never on the loop.

    `authenticate` may take long and is called with login and password; `close` at the end.
    """

    def __init__(
        self,
        authenticate: Callable[[str, str], Attempt],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._authenticate, self._clock = authenticate, clock
        self._throttle = Throttle()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="login")
        self._waiting = 0

    async def check(self, peer: str, given: Credentials) -> Attempt | Reply:
        """Return who may come in, or the reply for who may not; both are logged."""
        if self._waiting >= QUEUE:
            log.login_refused("", peer, "too many at once")
            return wire.LOGIN_LATER
        guess = self._throttle.begin(peer, given, self._clock())
        if guess is None:
            log.login_refused("", peer, "too many failures")
            return wire.TOO_MANY_LOGINS
        self._waiting += 1
        try:
            attempt = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._authenticate, given.login, given.password
            )
        except Exception:
            self._throttle.forget(guess)
            raise
        finally:
            self._waiting -= 1
        if attempt.why:
            log.login_refused(attempt.login, peer, attempt.why)
            return wire.WRONG_LOGIN
        self._throttle.succeeded(guess)
        log.logged_in(attempt.login, peer)
        return attempt

    def close(self) -> None:
        """Check nothing more; what runs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
