"""The daemon: every part of the desk started in order, watched, and stopped in order.

One asyncio loop runs the listeners and the sender; threads run the database's writer and each
mailbox; a process handles mail, others read it. Wake-ups between them are hints.
"""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from maildesk import __version__, log
from maildesk.config import Site
from maildesk.daemon import start
from maildesk.desk import alarms, clock, intake, login, passing, rotation
from maildesk.desk.context import open_desk
from maildesk.desk.days_off import DaysOff, days_off, use
from maildesk.desk.keys import load_keyring
from maildesk.desk.letters import check_addresses
from maildesk.desk.lock import hold_alone
from maildesk.desk.mailboxes import Places
from maildesk.desk.outbox import Outbox
from maildesk.desk.worker import Worker, WorkerProcess, Works, utc_now
from maildesk.doors.listener import Listener
from maildesk.doors.login import Logins
from maildesk.doors.poller import Poller
from maildesk.doors.sender import Sender
from maildesk.doors.sockets import open_sockets
from maildesk.doors.systemd import notify, watchdog_interval
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.rules import letters as say
from maildesk.store.db import probe

if TYPE_CHECKING:
    from maildesk.web.server import Pages

TICK_SECONDS = 20.0
ROOM_SECONDS = 1.0  # how long an answer about free space holds


class Daemon:
    """A running desk. `start`, then `stop`; or `serve`, which waits for a signal in between.

    `desk` is there after `start`; `ready` is set when mail is taken. Mail is handled in this
    process by the clock `now`, or `apart`, in a process of its own, by the system's. Without
    `pages` these are served by another program (`daemon.pages`).
    """

    def __init__(
        self,
        site: Site,
        now: Callable[[], datetime] = utc_now,
        apart: bool = False,
        pages: bool = True,
    ) -> None:
        self.site, self._now, self._apart, self._with_pages = site, now, apart, pages
        self.ready = threading.Event()
        self._listeners: list[Listener] = []
        self._logins = Logins(self._authenticate)
        self._pollers: list[Poller] = []
        self._pages: Pages | None = None
        self._troubles = clock.Troubles()
        self._room, self._room_asked = True, float("-inf")

    @property
    def addresses(self) -> list[tuple[str, int] | str]:
        """The real addresses of the listeners, in the order of the configuration."""
        return [listener.address for listener in self._listeners]

    async def start(self) -> None:
        """Open the database, start every part, take mail. Raises ConfigError or Unreachable."""
        site = self.site
        # At once, in a thread: what follows holds the loop.
        days = asyncio.get_running_loop().run_in_executor(None, self._days_off)
        broken = alarms.TemplateAlarm(self._now)
        renderer = Renderer(site.templates.folder, broken)
        self._keys = rotation.KeyWatch(site.keys.file)
        self.desk = broken.desk = open_desk(site, load_keyring(site.keys.file), renderer)
        check_addresses(site, self.desk.keyring, self._now())
        self._alone = hold_alone(site.database.url) if self.desk.db.is_sqlite else None
        probe(self.desk.db)
        start.prepare(self.desk)
        self._sender = Sender(
            site.relay, site.desk.host, Outbox(self.desk.db), self._now, self._queue_held
        )
        self._worker = self._make_worker(await days)
        self._worker.start()
        self._sending = asyncio.create_task(self._sender.run(), name="sender")
        for listen in site.listen:
            listener = Listener(
                listen, site, self._accept, self._is_ours, self._has_room, self._now,
                self._logins if listen.auth else None,
            )  # fmt: skip
            await listener.start()
            self._listeners.append(listener)
            log.listening(str(listener.address), listen.protocol)
        places = Places(self.desk.db, self._worker.wake)
        for account in site.imap:
            poller = Poller(account, site.limits.message, places, self._now, self._mailbox_says)
            poller.start()
            self._pollers.append(poller)
        await self._serve_pages()
        self._ticking = asyncio.create_task(self._tick(), name="tick")
        self.ready.set()
        log.started(__version__, self.desk.db.url.render_as_string(hide_password=True))

    async def stop(self) -> None:
        """Take no more mail, finish what is in hand, close everything."""
        self._ticking.cancel()
        with suppress(asyncio.CancelledError):
            await self._ticking
        await asyncio.gather(
            *(listener.stop() for listener in self._listeners),
            *(asyncio.to_thread(poller.stop) for poller in self._pollers),
            *([self._pages.stop()] if self._pages else []),
        )
        self._logins.close()
        await asyncio.to_thread(self._worker.stop)
        await self._sender.stop()
        await self._sending
        await asyncio.to_thread(self.desk.db.close)
        if self._alone is not None:
            self._alone.close()
        log.stopped()

    async def _serve_pages(self) -> None:
        if not self.site.web.base_url or not self._with_pages:
            return
        from maildesk.web.server import Pages  # a desk without pages spares its memory

        sockets = open_sockets(self.site.web.listen)
        self._pages = Pages(lambda: self.desk, self._now, self._sender.wake, self._worker.wake)
        await self._pages.start(sockets)
        log.listening(self.site.web.listen, "http")

    def _days_off(self) -> DaysOff | None:
        return days_off(self.site, self._now()) if self._apart else None

    def _make_worker(self, days: DaysOff | None) -> Works:
        if self._apart:
            use(days)
            return WorkerProcess(self.site, self._alone, self._sender.wake, days)
        return Worker(self.desk, self._now, self._sender.wake)

    def _accept(self, envelope: Envelope, raw: bytes) -> "Future[int]":
        stored = intake.accept_soon(self.desk.db, envelope, raw)
        size = len(raw)

        def told(done: "Future[int]") -> None:
            if done.exception() is None:
                log.accepted(done.result(), envelope, size)
                self._worker.wake()

        stored.add_done_callback(told)
        return stored

    def _is_ours(self, recipient: str) -> bool:
        local, _, domain = recipient.lower().rpartition("@")
        if local == "postmaster" and domain == self.site.desk.domain:
            return True  # RFC 5321 section 4.5.1
        return f"{local.partition('+')[0]}@{domain}" in self.desk.policy.own

    def _authenticate(self, name: str, password: str) -> login.Attempt:
        return login.authenticate(self.desk.db, name, password)

    def _has_room(self) -> bool:
        """Tell whether the disk of an SQLite file has its reserve left."""
        if not self.desk.db.is_sqlite or not self.desk.db.url.database:
            return True
        asked = time.monotonic()
        if asked - self._room_asked > ROOM_SECONDS:
            folder = Path(self.desk.db.url.database).parent
            self._room = shutil.disk_usage(folder).free > self.site.limits.free_space
            self._room_asked = asked
        return self._room

    async def _tick(self) -> None:
        """Time passes: alarms are found, new keys are used, the watchdog is told that we live."""
        watchdog = watchdog_interval()
        pause = min(TICK_SECONDS, watchdog) if watchdog else TICK_SECONDS
        while True:
            notify("WATCHDOG=1")
            await asyncio.to_thread(self._look_around)
            await asyncio.sleep(pause)

    def _look_around(self) -> None:
        try:
            self._use_new_keys()
            if passing.look_around(self.desk, self._now(), self._troubles):
                self._sender.wake()
        except SQLAlchemyError as error:
            log.database_trouble(str(error).splitlines()[0])

    def _use_new_keys(self) -> None:
        """Sign with the key that was added to the file while we run; a bad file changes nothing."""
        renewed = start.with_new_keys(self.desk, self._keys)
        if renewed is not self.desk:
            self.desk = renewed
            self._worker.use(renewed)

    def _alarm(self, once: str, figures: say.AlarmFigures) -> None:
        try:
            alarms.raise_alarm(self.desk, alarms.Alarm(once, figures), self._now())
        except SQLAlchemyError as error:
            log.database_trouble(str(error).splitlines()[0])

    def _queue_held(self, words: str) -> None:
        log.held("outbox", words)

    def _mailbox_says(self, account: str, words: str) -> None:
        if words.startswith(("lost", "refused", "stuck")):
            log.mailbox_trouble(account, words)
        else:
            log.mailbox(account, words)
        if words.startswith("refused"):
            figures = say.AlarmFigures("mailbox_dead", about=account, reason=words)
            self._alarm(f"mailbox:{account}:{self._now():%Y%m%d}", figures)
