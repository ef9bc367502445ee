"""Receiving and committing alone: the listener and the database of a desk, and nothing else.

python -m bench.receive SITE
"""

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from maildesk.config import Listen, load
from maildesk.desk import intake
from maildesk.doors.listener import Listener
from maildesk.doors.systemd import notify
from maildesk.store.db import Database


async def receive(site_file: Path) -> None:
    """Take mail into the database until SIGTERM."""
    site = load(site_file)
    db = Database(site.database.url)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    listen: Listen = site.listen[0]
    listener = Listener(
        listen,
        site,
        lambda envelope, raw: intake.accept_soon(db, envelope, raw),
        lambda recipient: recipient in site.desk.addresses,
        lambda: True,
        lambda: datetime.now(UTC),
    )
    await listener.start()
    notify("READY=1")
    await stopped.wait()
    await listener.stop()
    db.close()


if __name__ == "__main__":
    asyncio.run(receive(Path(sys.argv[1])))
