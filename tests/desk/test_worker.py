"""The process that handles mail beside the daemon: hints, new keys, its end."""

import threading
from datetime import UTC, datetime

import psutil
import pytest

from maildesk.config import DatabaseSection, Keys, Site
from maildesk.config import Desk as DeskSection
from maildesk.daemon.start import prepare
from maildesk.desk import intake, rotation
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.lock import hold_alone, is_held
from maildesk.desk.worker import WorkerProcess
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from tests.stories.daemon import SUPPORT, Books, opened, until
from tests.stories.mta import mail

ANNA = "anna@customer1.example"


@pytest.fixture
def books(database_url):
    with opened(database_url) as found:
        yield found


def hand_in(desk, worker: WorkerProcess, number: int) -> None:
    raw = mail(ANNA, f"Printer {number}", f"<{number}@customer1.example>")
    intake.accept(desk.db, Envelope(ANNA, (SUPPORT,), "smtp", datetime.now(UTC)), raw)
    worker.wake()


def workers() -> list[psutil.Process]:
    below = psutil.Process().children()
    return [each for each in below if "maildesk.desk.worker" in each.cmdline()]


def test_it_handles_mail_takes_new_keys_and_keeps_the_lock_until_it_ends(books: Books, tmp_path):
    site = Site(
        desk=DeskSection(address=SUPPORT),
        database=DatabaseSection(url=books.url),
        keys=Keys(file=tmp_path / "keys.json"),
    )
    desk = open_desk(site, load_keyring(site.keys.file), Renderer())
    prepare(desk)
    alone = hold_alone(books.url) if desk.db.is_sqlite else None
    letters = threading.Event()
    worker = WorkerProcess(site, alone, letters.set)
    worker.start()
    try:
        hand_in(desk, worker, 1)
        assert letters.wait(20)
        until(lambda: len(books.messages()) == 1, "it is filed")
        (first,) = workers()

        rotation.rotate(desk.db, site.keys.file, datetime.now(UTC))
        worker.use(desk)
        until(lambda: not first.is_running() and workers(), "another one has taken over")
        hand_in(desk, worker, 2)
        until(lambda: len(books.messages()) == 2, "it handles mail too")
        keys = [each.message_id.split(".")[1] for each in books.letters()]
        assert keys[0] != keys[-1] == load_keyring(site.keys.file).current
        if alone is not None:
            alone.close()
            assert is_held(desk.db.url.database or ""), "by the worker"
    finally:
        worker.stop()
    assert not workers()
    assert alone is None or not is_held(desk.db.url.database or "")
    desk.db.close()
