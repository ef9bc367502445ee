"""What every program that keeps running does: at the start, until a signal, and when keys change."""

import asyncio
import signal
from dataclasses import replace
from typing import Protocol

from sqlalchemy import update
from sqlmodel import Session, col

from maildesk import log
from maildesk.config import ConfigError
from maildesk.desk import rotation
from maildesk.desk.context import Desk
from maildesk.doors.systemd import notify
from maildesk.store import migrate
from maildesk.store.tables import CounterRow


class Program(Protocol):
    """What is started and stopped."""

    async def start(self) -> None:
        """Begin; returns when it is ready."""

    async def stop(self) -> None:
        """Finish what is in hand, and end."""


async def until_signal(program: Program) -> None:
    """Run a program until SIGTERM or SIGINT, and tell systemd how far it is."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    await program.start()
    notify("READY=1")
    await asked.wait()
    notify("STOPPING=1")
    log.stopping("asked to")
    await program.stop()


def with_new_keys(desk: Desk, keys: rotation.KeyWatch) -> Desk:
    """Return the desk with the keys of the file if that has changed; a bad file changes nothing."""
    try:
        keyring = keys.look(desk.db, desk.keyring)
    except (ConfigError, OSError) as error:
        log.keys_trouble(str(error))
        return desk
    if keyring == desk.keyring:
        return desk
    log.keys_changed(keyring.current)
    return replace(desk, keyring=keyring)


def prepare(desk: Desk) -> None:
    """Bring the schema up to date, check the keys, start the ticket numbers where they should.

    Raises ConfigError where the schema is old and may not be changed, or the keys are others.
    """
    if migrate.current(desk.db) != migrate.newest():
        if not desk.site.database.migrate_at_start:
            raise ConfigError("the database has an older schema: run `maildesk migrate`")
        migrate.upgrade(desk.db)

    def work(session: Session) -> None:
        rotation.check(session, desk.keyring, desk.site.keys.file)
        session.execute(
            update(CounterRow)
            .where(
                col(CounterRow.name) == "ticket",
                col(CounterRow.value) < desk.site.desk.first_ticket - 1,
            )
            .values(value=desk.site.desk.first_ticket - 1)
        )

    desk.db.change(work)
