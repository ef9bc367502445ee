"""The pages alone: a program of its own, beside the one that takes and sends mail.

It needs the database and the keys, and neither mailbox nor relay: on PostgreSQL it may run as
another system user, whose configuration holds no passwords of mail servers (SECURITY.md, P24).
What is sent from a page is mail that waits; the other program finds it within half a second.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from maildesk import __version__, log
from maildesk.config import ConfigError, Site
from maildesk.daemon import start
from maildesk.desk import alarms, rotation
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.worker import utc_now
from maildesk.doors.sockets import open_sockets
from maildesk.doors.systemd import notify, watchdog_interval
from maildesk.render import Renderer
from maildesk.store.db import probe
from maildesk.web.server import Pages

TICK_SECONDS = 20.0


class PagesAlone:
    """The running pages of a desk: `start`, then `stop`. `desk` is there after `start`."""

    def __init__(self, site: Site, now: Callable[[], datetime] = utc_now) -> None:
        self.site, self._now = site, now

    async def start(self) -> None:
        """Open the database and serve. Raises ConfigError or Unreachable."""
        site = self.site
        if not site.web.base_url:
            raise ConfigError(
                "[web] base_url: say where the pages are reached, such as"
                ' "https://support.agentur.example"; without it there are none'
            )
        broken = alarms.TemplateAlarm(self._now)
        renderer = Renderer(site.templates.folder, broken)
        self._keys = rotation.KeyWatch(site.keys.file)
        self.desk = broken.desk = open_desk(site, load_keyring(site.keys.file), renderer)
        probe(self.desk.db)
        start.prepare(self.desk)
        self._pages = Pages(lambda: self.desk, self._now, _nobody, _nobody)
        await self._pages.start(open_sockets(site.web.listen))
        self._ticking = asyncio.create_task(self._tick(), name="tick")
        log.listening(site.web.listen, "http")
        log.started(__version__, self.desk.db.url.render_as_string(hide_password=True))

    async def stop(self) -> None:
        """Finish what is in hand, and end."""
        self._ticking.cancel()
        with suppress(asyncio.CancelledError):
            await self._ticking
        await self._pages.stop()
        await asyncio.to_thread(self.desk.db.close)
        log.stopped()

    async def _tick(self) -> None:
        watchdog = watchdog_interval()
        pause = min(TICK_SECONDS, watchdog) if watchdog else TICK_SECONDS
        while True:
            notify("WATCHDOG=1")
            try:
                self.desk = await asyncio.to_thread(start.with_new_keys, self.desk, self._keys)
            except SQLAlchemyError as error:
                log.database_trouble(str(error).splitlines()[0])
            await asyncio.sleep(pause)


def _nobody() -> None:
    """Whoever takes and sends mail is another program, and looks for it by itself."""
