"""The trial's course: start relay and desk, send the mails, look what became of them."""

import asyncio
import re
import signal
import smtplib
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from maildesk.cli.trial_mails import (
    ANNA,
    DESK,
    JONAS,
    LENA,
    SCENES,
    Scene,
    confirmation_for,
    message_of,
    send,
)
from maildesk.cli.trial_relay import HOST, KeepingRelay
from maildesk.cli.trial_rows import Outcome, Ticket, settle_in, settled_after, tickets
from maildesk.cli.trial_screen import Screen
from maildesk.config import DatabaseSection, Desk, Keys, Limits, Listen, Relay, Site
from maildesk.config.process import Digest, Web
from maildesk.daemon.serve import Daemon
from maildesk.desk.portal.links import ask_for_link
from maildesk.store import ledger
from maildesk.store.ledger import Ledger

PAGES_PORT = 8025
_SIGN_IN = re.compile(r"http://\S+/sign-in/[a-z2-7]+")
PATIENCE = 20.0  # seconds until a mail must be settled
LOOK = 0.02  # seconds between two looks at a mail that we sent
WATCH = 0.25  # seconds between two looks for a mail of somebody else


async def run(folder: Path, port: int, once: bool) -> list[str]:
    """Play until the examples are through (`once`) or somebody ends it; everything is stopped.

    Returns what did not go as it should, in sentences. Raises ConfigError where the desk
    cannot start.
    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with KeepingRelay() as relay:
        daemon = Daemon(_site(folder, port, relay.port))
        await daemon.start()
        play = _Play(daemon, relay)
        try:
            playing = asyncio.create_task(play.all(folder, port, once))
            ending = asyncio.create_task(ended.wait())
            await asyncio.wait((playing, ending), return_when=asyncio.FIRST_COMPLETED)
            ending.cancel()
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
        finally:
            await daemon.stop()
    play.screen.farewell()
    return play.wrong


def _site(folder: Path, port: int, relay_port: int) -> Site:
    pages = f"{HOST}:{_free(PAGES_PORT)}"
    return Site(
        desk=Desk(address=DESK, undo_seconds=0),
        web=Web(base_url=f"http://{pages}", listen=pages, activation="everyone"),
        database=DatabaseSection(url=f"sqlite:///{folder}/maildesk.db"),
        keys=Keys(file=folder / "keys.json"),
        listen=(Listen(address=f"{HOST}:{port if _is_free(port) else 0}"),),
        relay=Relay(host=HOST, port=relay_port, tls="none"),
        limits=Limits(free_space=0),  # a small /tmp is enough
        digest=Digest(morning="", evening="", reconciliation=""),  # it is played at any hour
    )


def _free(port: int) -> int:
    """Return a port that nobody listens on: this one, or any other."""
    with socket.create_server((HOST, port if _is_free(port) else 0)) as found:
        return int(found.getsockname()[1])


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


class _Play:
    """The running trial. `wrong` is what did not go as it should so far."""

    def __init__(self, daemon: Daemon, relay: KeepingRelay) -> None:
        self.wrong = ["it was ended before the examples were through"]
        self._db, self._relay, self._desk = daemon.desk.db, relay, daemon.desk
        self._port = int(daemon.addresses[0][1])
        self._seen = self._shown = 0
        self.screen = Screen(daemon.desk.policy, daemon.site.hours.timezone)

    async def all(self, folder: Path, wanted_port: int, once: bool) -> None:
        """Play the scenes, show what they came to, and unless `once` watch for more."""
        self.screen.opening(self._port, wanted_port)
        now = datetime.now(UTC)
        await asyncio.to_thread(self._db.change, lambda session: settle_in(session, now))
        try:
            outcomes = [await self._scene(number) for number in range(len(SCENES))]
        except (OSError, smtplib.SMTPException, LookupError) as error:
            self.wrong = [f"{type(error).__name__}: {error}"]
            self.screen.verdict(self.wrong)
        else:
            await self._sum_up(outcomes)
        if once:
            return
        self._shown = len(self._relay.letters)
        self.screen.doors(self._desk.site.web.base_url)
        for person in (LENA, ANNA):
            await asyncio.to_thread(ask_for_link, self._desk, person.address, "", datetime.now(UTC))
        self.screen.invitation(self._port, str(folder / "maildesk.log"))
        while True:
            await self._watch()

    async def _scene(self, number: int) -> Outcome:
        """Send one mail and wait until it is settled. Raises TimeoutError after PATIENCE."""
        scene = SCENES[number]
        message = message_of(scene, self._relay.letters, datetime.now(UTC))
        began = time.monotonic()
        await asyncio.to_thread(send, message, scene, self._port)
        while (outcome := await self._next()) is None:
            if time.monotonic() - began > PATIENCE:
                raise TimeoutError(f"{scene.heading}: not settled after {PATIENCE:g} s")
            await asyncio.sleep(LOOK)
        self.screen.mail(scene.heading, outcome, time.monotonic() - began)
        self.screen.flush()
        return outcome

    async def _sum_up(self, outcomes: Sequence[Outcome]) -> None:
        found, book = await asyncio.to_thread(self._look)
        self.screen.tickets(found)
        self.screen.letters(self._relay.letters)
        self.screen.ledger(book)
        self.wrong = [
            *_wrong_scenes(outcomes),
            *_wrong_numbers(found, book, len(self._relay.letters)),
        ]
        if not self.wrong:
            self.screen.letter(confirmation_for(JONAS, self._relay.letters))
        self.screen.verdict(self.wrong)

    async def _watch(self) -> None:
        """Show the next mail that somebody sent, and the letters that it caused."""
        before = len(self._relay.letters)
        while (outcome := await self._next()) is None:
            self._show_links()
            await asyncio.sleep(WATCH)
        self.screen.mail("A mail of yours", outcome)
        if more := self._relay.letters[before:]:
            self.screen.letters(more)
        self._shown = len(self._relay.letters)
        self.screen.flush()

    def _show_links(self) -> None:
        """Show the links to sign in that were mailed: nobody here has a mailbox to find them in."""
        while self._shown < len(self._relay.letters):
            letter = self._relay.letters[self._shown]
            self._shown += 1
            if found := _SIGN_IN.search(letter.text):
                self.screen.link(letter.rcpt_to, found[0])

    async def _next(self) -> Outcome | None:
        def look() -> Outcome | None:
            with self._db.read() as session:
                return settled_after(session, self._seen)

        outcome = await asyncio.to_thread(look)
        if outcome is not None:
            self._seen = outcome.inbound_id
        return outcome

    def _look(self) -> tuple[list[Ticket], Ledger]:
        with self._db.read() as session:
            return tickets(session), ledger.count(session)


def _wrong_scenes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield each scene that did not come to what it should."""
    for scene, outcome in zip(SCENES, outcomes, strict=True):
        ticket = outcome.ticket
        expected: tuple[tuple[str, object, object], ...] = (
            ("the mail's state", outcome.state, "filed"),
            ("letters", len(outcome.told), scene.letters),
            ("opened a ticket", outcome.opened, scene.follows is None),
        )
        if scene.follows is None:
            expected += (
                ("kind", ticket and ticket.kind, scene.kind),
                ("confirmed to", outcome.confirmed, (scene.writer.address,)),
                ("has a due time", bool(ticket and ticket.due), scene.kind != "normal"),
            )
        else:
            first = outcomes[scene.follows].ticket
            expected += (
                ("ticket", ticket and ticket.id, first and first.id),
                ("read by", outcome.confirmed, (scene.reader.address,) if scene.reader else ()),
                ("stands as", outcome.standing, _standing(scene)),
            )
        for what, was, should in expected:
            if was != should:
                yield f"{scene.heading}: {what}: {was!r}, not {should!r}"


def _standing(scene: Scene) -> str:
    if scene.reader is not None:
        return "answer"
    return "automatic" if scene.automatic else "participant"


def _wrong_numbers(found: Sequence[Ticket], book: Ledger, kept: int) -> Iterator[str]:
    """Yield each number that is not what the scenes should come to."""
    letters = sum(scene.letters for scene in SCENES)
    for what, was, should in (
        ("tickets", len(found), sum(scene.follows is None for scene in SCENES)),
        ("mails received", book.received, len(SCENES)),
        ("mails filed", book.filed, len(SCENES)),
        ("messages in tickets", book.messages, len(SCENES)),
        ("letters sent", book.letters, {"sent": letters}),
        ("letters that the relay kept", kept, letters),
        ("unaccounted for", book.unaccounted, ()),
    ):
        if was != should:
            yield f"{what}: {was!r}, not {should!r}"
