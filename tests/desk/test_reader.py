"""Mails that kill their reader: they cost themselves attempts, and nobody else anything."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import psutil
import pytest

from maildesk.config import DatabaseSection, Keys, Site
from maildesk.config import Desk as DeskSection
from maildesk.desk import alarms, intake
from maildesk.desk.applier import Applier
from maildesk.desk.context import Desk, open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.reader import ReaderDied, ReaderLimits, Readers
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from tests.stories.daemon import AGENT, SUPPORT, Books, opened
from tests.stories.mta import mail

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANNA, BERT, CARL = (f"{name}@customer1.example" for name in ("anna", "bert", "carl"))
SMALL = ReaderLimits(cpu=20, wall=1.0, memory=100 * 2**20)
LARGE = ReaderLimits()
SHORT = ReaderLimits(wall=0.3)
HEAD = "From: {}\r\nTo: support@desk.example\r\nSubject: {}\r\nMessage-ID: <killer@customer1.example>\r\n"
ROWS = b"<tr><td>a b c d</td></tr>\r\n" * 4000
# All parts together may cost no more than one; it takes many to be slow.
SLOW = b"--b\r\nContent-Type: text/html\r\n\r\n<table>" + ROWS + b"\r\n"


def slow() -> bytes:
    """Return a mail whose body takes about a second to read."""
    head = HEAD.format(ANNA, "Slow") + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head.encode() + SLOW * 160


def huge() -> bytes:
    """Return a mail that does not even fit into a reader with little memory."""
    return HEAD.format(ANNA, "Huge").encode() + b"\r\n" + b"hello world\r\n" * 3_300_000


def envelope(sender: str) -> Envelope:
    return Envelope(sender, (SUPPORT,), "smtp", NOW)


@pytest.fixture
def books(database_url: str) -> Iterator[Books]:
    with opened(database_url) as found:
        yield found


@pytest.fixture
def desk(books: Books, tmp_path) -> Iterator[Desk]:
    site = Site(
        desk=DeskSection(address=SUPPORT),
        database=DatabaseSection(url=books.url),
        keys=Keys(file=tmp_path / "keys.json"),
    )
    renderer = Renderer(None, lambda *said: pytest.fail(str(said)))
    found = open_desk(site, load_keyring(site.keys.file), renderer)
    yield found
    found.db.close()


def handle_all(desk: Desk, limits: ReaderLimits) -> None:
    with reading(limits) as readers:
        Applier(desk, readers, lambda: NOW).run_until_idle()


@contextmanager
def reading(limits: ReaderLimits, count: int = 2) -> Iterator[Readers]:
    readers = Readers(count, limits)
    yield readers
    readers.close()


def test_a_slow_mail_is_filed_by_its_headers_and_its_neighbours_whole(desk, books):
    for sender, raw in (
        (BERT, mail(BERT, "Before", "<1@customer1.example>", "Hello.")),
        (ANNA, slow()),
        (CARL, mail(CARL, "After", "<2@customer1.example>", "Hello.")),
        (ANNA, mail(ANNA, "Same author", "<3@customer1.example>", "Hello.")),
    ):
        intake.accept(desk.db, envelope(sender), raw)
    handle_all(desk, SHORT)
    texts = {subject: text.strip() for _, subject, text in books.messages()}
    assert texts == {"Before": "Hello.", "After": "Hello.", "Same author": "Hello.", "Slow": ""}
    assert {row.subject: row.attempts for row in books.inbound()} == {
        "Before": 1, "Slow": 2, "After": 1, "Same author": 1,
    }  # fmt: skip


def test_a_killing_mail_is_set_aside_after_three_told_once_and_replayed(desk, books):
    killer = intake.accept(desk.db, envelope(ANNA), huge())
    intake.accept(desk.db, envelope(BERT), mail(BERT, "Beside", "<1@customer1.example>"))
    handle_all(desk, SMALL)
    (row,) = [row for row in books.inbound() if row.id == killer]
    assert (row.state, row.attempts) == ("set_aside", 3)
    assert row.reason == "the message alone needs more than 100 MiB"
    assert [subject for _, subject, _ in books.messages()] == ["Beside"]

    assert alarms.look(desk, NOW) == 1
    assert alarms.look(desk, NOW) == 0
    (alarm,) = [letter for letter in books.letters() if letter.purpose == "staff_alarm"]
    assert alarm.rcpt_to == AGENT
    assert b"needs more than 100 MiB" in alarm.raw.replace(b"=\r\n", b"")

    assert intake.replay(desk.db, killer)
    handle_all(desk, LARGE)
    (text,) = [text for _, subject, text in books.messages() if subject == "Huge"]
    assert text.startswith("hello world")
    assert not intake.replay(desk.db, killer), "it is filed, and stays so"
    assert books.ledger().set_aside == 0
    assert books.ledger().unaccounted == ()


def test_a_crash_of_the_desk_costs_a_mail_one_attempt_and_none_of_its_text(desk, books):
    intake.accept(desk.db, envelope(ANNA), mail(ANNA, "Printer", "<1@customer1.example>", "Hello."))
    intake.accept(desk.db, envelope(BERT), mail(BERT, "Scanner", "<2@customer1.example>", "Hello."))
    assert len(intake.claim(desk.db, NOW, 10)) == 2  # and then the process dies
    (suspect,) = intake.claim(desk.db, NOW, 10)  # alone: only itself can be to blame
    assert (suspect.attempt, suspect.headers_only) == (2, False)
    (again,) = intake.claim(desk.db, NOW, 10)
    assert (again.attempt, again.headers_only) == (3, True)
    intake.give_back(desk.db, [again.inbound_id])
    intake.give_back(desk.db, [again.inbound_id])
    handle_all(desk, LARGE)
    assert {text.strip() for _, _, text in books.messages()} == {"Hello."}


KILLS = [
    # signal         what is said          why
    (signal.SIGKILL, "SIGKILL", "the kernel does this where memory is short"),
    (signal.SIGSTOP, "took more than 1 s", "whatever it is that hangs"),
    (signal.SIGXCPU, "over its CPU limit", "its own limit"),
]


@pytest.mark.parametrize(("number", "words", "why"), KILLS)
def test_a_reader_that_dies_says_how_and_the_next_mail_gets_a_new_one(number, words, why):
    before = living()
    with reading(SMALL, count=1) as readers:
        raw = mail(ANNA, "Printer", "<1@customer1.example>")
        readers.read(raw, envelope(ANNA)).result(10)
        (process,) = living() - before
        process.suspend()
        read = readers.read(raw, envelope(ANNA))
        while not read.running():
            time.sleep(0.01)
        time.sleep(0.2)  # it is in the pipe by now
        os.kill(process.pid, number)
        if number != signal.SIGSTOP:
            with suppress(psutil.NoSuchProcess):  # it is gone already
                process.resume()
        with pytest.raises(ReaderDied, match=words):
            read.result(10)
        assert readers.read(raw, envelope(ANNA)).result(10).mail.subject == "Printer"


def test_a_reader_knows_none_of_our_settings(monkeypatch):
    monkeypatch.setenv("MAILDESK_RELAY__PASSWORD", "secret")
    monkeypatch.setenv("PGPASSWORD", "secret")
    before = living()
    with reading(SMALL, count=1) as readers:
        readers.read(mail(ANNA, "Printer", "<1@customer1.example>"), envelope(ANNA)).result(10)
        (process,) = living() - before
        known = process.environ()
    assert "secret" not in known.values()
    assert "PATH" in known


def living() -> set[psutil.Process]:
    """Return the reader processes below this one, whoever started them."""
    below = psutil.Process().children(recursive=True)
    return {
        each
        for each in below
        if "maildesk.desk.reader" in _told(each.cmdline, [])
        and _told(each.status, "gone") not in ("zombie", "gone")
    }


def _told(ask, otherwise):
    try:
        return ask() or otherwise
    except psutil.Error:
        return otherwise
