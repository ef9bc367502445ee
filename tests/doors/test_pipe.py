"""`maildesk deliver` as an MTA and as an operator call it: a real process, a real database."""

import fcntl
import io
import mailbox
import os
import pty
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maildesk.doors import pipe
from maildesk.store import migrate
from maildesk.store.db import Database
from tests.peers.tables import with_tables
from tests.stories import loaded

MAIL = b"From: maria@customer.example\nSubject: Printer\nMessage-ID: <1@customer.example>\n\nHelp\n"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COMMAND = [sys.executable, "-c", "from maildesk.cli.main import run; run()"]
LIMIT = 65_536


class Place:
    """A folder with a configuration and an SQLite file, and the command run on them."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.file = folder, folder / "desk.db"
        self.config = folder / "maildesk.toml"
        self.config.write_text(
            f'[desk]\naddress = "support@desk.example"\n[limits]\nmessage = {LIMIT}\n'
            f'[keys]\nfile = "{folder}/keys.json"\n'
            f'[database]\nurl = "{url or f"sqlite:///{self.file}"}"\n'
        )

    def migrated(self) -> "Place":
        with_tables(f"sqlite:///{self.file}")
        return self

    def run(self, *arguments: object, given: bytes = b"", before: tuple[str, ...] = (), **more):
        environment = {name: value for name, value in os.environ.items() if "MAILDESK" not in name}
        arguments = ("--config", str(self.config), "deliver", *map(str, arguments))
        if before or more:
            done = subprocess.run(
                [*before, *COMMAND, *arguments],
                input=given, capture_output=True, env=environment, timeout=60, check=False, **more,
            )  # fmt: skip
        else:
            done = loaded.run(arguments, given, environment)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def rows(self, columns: str, table: str = "inbound") -> list[tuple]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path).migrated()


def test_a_pipe_stores_once_what_an_mta_hands_over_twice(place):
    envelope = ("--from=maria@customer.example", "--to=support@desk.example", "--to=x@desk.example")
    for _ in range(2):
        with_from_line = b"From maria@customer.example Mon Nov 23 10:00:00 2026\n" + MAIL
        assert place.run(*envelope, given=with_from_line) == (0, "", "")
    assert place.rows("return_path, rcpt_to, via, quiet, state") == [
        ("maria@customer.example", '["support@desk.example", "x@desk.example"]', "pipe", 0,
         "waiting")
    ]  # fmt: skip
    assert place.rows("content", "raw") == [(b"Return-Path: <maria@customer.example>\n" + MAIL,)]


SENDERS = [
    # arguments                     return path  first line kept                why
    ((), "", b"From: maria", "nobody said it: the message is left as it came"),
    (("--from=",), "", b"Return-Path: <>", "the null path must be seen, or we answer a bounce"),
    (("--from=<>",), "", b"Return-Path: <>", "as Exim writes it"),
    (("--from=MAILER-DAEMON",), "", b"Return-Path: <>", "as Postfix writes it"),
]


@pytest.mark.parametrize(("arguments", "path", "line", "why"), SENDERS, ids=[r[3] for r in SENDERS])
def test_return_paths(place, arguments, path, line, why):
    assert place.run(*arguments, given=MAIL)[0] == 0
    assert place.rows("return_path, rcpt_to") == [(path, '["support@desk.example"]')], why
    assert place.rows("content", "raw")[0][0].startswith(line), why


CODES = [
    # arguments                 stdin             code  said              why
    (("--bogus",), MAIL, 64, "No such option", "a wrong option"),
    (("--to=nobody",), MAIL, 64, "is not an address", "a recipient without a domain"),
    (("--to=a@b\nRCPT",), MAIL, 64, "is not an address", "a line end in an address"),
    ((), b"", 65, "it is empty", "no mail at all"),
    ((), MAIL + b"x" * LIMIT, 65, "limits.message is 65,536", "over the limit: read to its end"),
    (("none.eml",), b"", 66, "none.eml: No such file", "a file that is not there"),
]


@pytest.mark.parametrize(("arguments", "given", "code", "said", "why"), CODES, ids=[r[4] for r in CODES])  # fmt: skip
def test_what_is_not_our_fault(place, arguments, given, code, said, why):
    found, out, line = place.run(*arguments, given=given)
    assert (found, out) == (code, ""), why
    assert line.startswith("maildesk: ")
    assert said in line
    assert line.count("\n") == 1
    assert place.rows("id") == []


def assert_tempfail(result, said: str) -> None:
    code, out, line = result
    assert (code, out) == (75, ""), line
    assert line.startswith("maildesk: not stored, try again later: ")
    assert said in line
    assert line.count("\n") == 1


def test_our_faults_are_75(tmp_path):
    place = Place(tmp_path)
    assert_tempfail(place.run(given=MAIL), "there is no database")
    assert not place.file.exists()
    place.file.touch()
    assert_tempfail(place.run(given=MAIL), "`maildesk migrate`")
    place.file.write_bytes(b"not a database" * 1000)
    assert_tempfail(place.run(given=MAIL), "file is not a database")
    place.config.write_text("[desk]\naddres = 1\n")
    assert_tempfail(place.run(given=MAIL), "address")
    place.config.unlink()
    assert_tempfail(place.run(given=MAIL), "maildesk.toml")
    elsewhere = Place(tmp_path, url="postgresql://maildesk@127.0.0.1:1/desk")
    assert_tempfail(elsewhere.run(given=MAIL), "refused")


def test_a_locked_database_is_75_and_the_next_try_stores_once(place):
    with closing(sqlite3.connect(place.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert_tempfail(place.run("--wait=0.5", given=MAIL), "busy")
        assert time.monotonic() - began < 10
        other.execute("ROLLBACK")
    assert place.run(given=MAIL)[0] == 0
    assert place.run(given=MAIL)[0] == 0
    assert len(place.rows("id")) == 1


def test_a_full_disk_is_75(place):
    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    assert_tempfail(place.run(given=MAIL, preexec_fn=full), "")
    assert place.run(given=MAIL) == (0, "", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_database_of_somebody_else_is_75():
    folder = Path(tempfile.mkdtemp(prefix="maildesk-pipe-"))
    try:
        folder.chmod(0o755)
        place = Place(folder).migrated()
        as_nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        assert_tempfail(place.run(given=MAIL, before=as_nobody), "database")
    finally:
        shutil.rmtree(folder)


def mail(number: int, body: str = "Help", day: str = "Mon, 02 Mar 2020 09:00:00 +0100") -> bytes:
    return (
        f"Received: from mx by desk.example; {day}\nFrom: maria@customer.example\n"
        f"Subject: {number}\nMessage-ID: <{number}@customer.example>\n\n{body}\n"
    ).encode()


def test_an_import_of_all_kinds_of_files(place, tmp_path):
    box = tmp_path / "old.mbox"
    box.write_bytes(
        b"".join(b"From x@y Mon Mar  2 09:00:00 2020\n" + mail(n, ">From here\n>>From there") + b"\n"
                 for n in range(3))
        + b"From x@y Mon Mar  2 09:00:00 2020\n" + mail(9, "x" * LIMIT)
    )  # fmt: skip
    maildir = mailbox.Maildir(str(tmp_path / "Maildir"))
    for n in (10, 11):
        maildir.add(mail(n))
    (tmp_path / "one.eml").write_bytes(mail(20))
    (tmp_path / "same.eml").write_bytes(mail(20))
    files = [box, tmp_path / "Maildir", tmp_path / "one.eml", tmp_path / "same.eml"]
    code, said, errors = place.run("--import", *files)
    assert (code, errors) == (65, "")
    lines = said.splitlines()
    assert lines[0] == "6 stored, 1 known before, 1 refused"
    assert lines[1].startswith(f"refused: {box}, message 4: it is too big: ")
    assert set(place.rows("via, quiet, received_at")) == {("file", 1, "2020-03-02 08:00:00.000000")}
    bodies = [content for (content,) in place.rows("content", "raw")]
    assert bodies[0] == mail(0, "From here\n>From there")
    code, said, _ = place.run("--import", "--json", *files[1:])
    assert (code, said) == (0, '{"stored": 0, "known": 4, "refused": []}\n')


def test_a_large_import_is_quick_and_goes_on_after_it_was_killed(place, tmp_path):
    box = tmp_path / "large.mbox"
    with box.open("wb") as opened:
        for n in range(10_000):
            opened.write(b"From x@y Mon Mar  2 09:00:00 2020\n" + mail(n) + b"\n")
    command = [*COMMAND, "--config", str(place.config), "deliver", "--import", str(box)]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (before := place.rows("count(*)")[0][0]):
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    before = place.rows("count(*)")[0][0]
    assert 0 < before < 10_000
    leader, follower = pty.openpty()
    # 24 lines of 80 columns: Rich asks the terminal.
    fcntl.ioctl(follower, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")
    began = time.monotonic()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=follower, timeout=90, check=True,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    seconds = time.monotonic() - began
    os.close(follower)
    assert done.stdout.decode() == f"{10_000 - before} stored, {before} known before, 0 refused\n"
    assert b"reading" in os.read(leader, 4096)
    os.close(leader)
    assert place.rows("count(*)")[0][0] == 10_000
    assert seconds < 40


@pytest.mark.peer("postgresql")
def test_a_pipe_into_postgresql(postgres, tmp_path):
    url = postgres.database()
    place = Place(tmp_path, url)
    assert_tempfail(place.run(given=MAIL), "`maildesk migrate`")
    with closing(Database(url)) as db:
        migrate.upgrade(db)
    for _ in range(2):
        assert place.run("--from=maria@customer.example", given=MAIL) == (0, "", "")
    rows = postgres.execute("SELECT via, return_path FROM inbound", url.rpartition("/")[2])
    assert rows == [("pipe", "maria@customer.example")]


MBOXES = [
    # content                                                messages                    why
    (b"", [], "an empty file"),
    (b"From a Mon Mar  2 09:00:00 2020\nA: 1\n\nx\n\n", [b"A: 1\n\nx\n"], "the blank line is the mbox's"),
    (b"From a Mon Mar  2 09:00:00 2020\r\nA: 1\r\n\r\nx\r\n\r\nFrom b Mon Mar  2 09:00:00 2020\r\nB: 1\r\n\r\n",
     [b"A: 1\r\n\r\nx\r\n", b"B: 1\r\n"], "CR LF"),
    (b"From a Mon Mar  2 09:00:00 2020\nA: 1\n\n\nFrom here on\n\nFrom now on\n",
     [b"A: 1\n\n\nFrom here on\n\nFrom now on\n"], "an unescaped sentence is no beginning"),
    (b"From a Mon Mar  2 09:00:00 2020\nA: 1\n\nx\nFrom - Tue Mar  3 09:00:00 2020\nB: 1\n\ny\n",
     [b"A: 1\n\nx\n", b"B: 1\n\ny\n"], "a writer that forgets the blank line"),
    (b"From a 2020-03-02T09:00:00\nA: 1\n\n\n>From x\n>>From y\n> From z\n",
     [b"A: 1\n\n\nFrom x\n>From y\n> From z\n"], "mboxrd takes one > away"),
    (b"From a Mon Mar  2 09:00:00 2020\nA: 1\n\n\n\n\n", [b"A: 1\n\n\n\n"], "blank lines of the mail stay"),
    (b"From a Mon Mar  2 09:00:00 2020\nA: 1\n\n" + b"x" * 70_000 + b"From b Mon Mar  2 09:00:00 2020\n",
     [b"A: 1\n\n" + b"x" * 70_000 + b"From b Mon Mar  2 09:00:00 2020\n"], "a line longer than we read at once"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "messages", "why"), MBOXES, ids=[row[2] for row in MBOXES])
def test_mboxes(content, messages, why):
    found = list(pipe.read_mbox(io.BytesIO(content), 1_000_000, "box"))
    assert [piece.raw for piece in found] == messages, why
    assert [piece.octets for piece in found] == [len(raw) for raw in messages]


def test_an_oversize_message_of_an_mbox_is_counted_and_not_kept():
    content = b"From a Mon Mar  2 09:00:00 2020\nA: 1\n" + b"\n" * 9_000 + b"x\n" * 9_000
    (piece,) = pipe.read_mbox(io.BytesIO(content), 1_000)
    assert piece.octets == len(content) - 32
    assert len(piece.raw) <= 1_000


DATES = [
    # header                                                                  received             why
    (b"Received: a; Mon, 02 Mar 2020 09:00:00 +0100\nReceived: b; Sun, 01 Mar 2020 09:00:00 +0000",
     datetime(2020, 3, 2, 8, tzinfo=UTC), "the topmost hop is the last"),
    (b"Received: from a\n\tby b;\n\tMon, 02 Mar 2020 09:00:00 +0100 (CET)",
     datetime(2020, 3, 2, 8, tzinfo=UTC), "folded, with a comment"),
    (b"Received: a; never\nDate: Mon, 02 Mar 2020 09:00:00 -0000",
     datetime(2020, 3, 2, 9, tzinfo=UTC), "unreadable: the Date"),
    (b"Received: a; Mon, 02 Mar 2099 09:00:00 +0000\nDate: Mon, 02 Mar 2020 09:00:00 +0000",
     datetime(2020, 3, 2, 9, tzinfo=UTC), "from the future: the Date"),
    (b"Date: Thu, 01 Jan 1970 00:00:00 +0000", NOW, "older than mail"),
    (b"Date: Mon, 02 Mar 2020 09:00:00 +9999", NOW, "no such zone"),
    (b"Subject: none\n\nDate: Mon, 02 Mar 2020 09:00:00 +0000", NOW, "in the body"),
    (b"", NOW, "nothing at all"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "received", "why"), DATES, ids=[row[2] for row in DATES])
def test_when_an_old_mail_was_received(header, received, why):
    assert pipe.received_at(header, NOW) == received, why


def test_folders(tmp_path):
    with pytest.raises(pipe.NotMail, match="no Maildir"):
        pipe.files_of(tmp_path)
    for name in ("b.eml", "a.eml", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in pipe.files_of(tmp_path)] == ["a.eml", "b.eml"]
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    for name in ("cur/200.x:2,S", "new/1000.x", "new/.hidden", "tmp/5.x"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in pipe.files_of(tmp_path)] == ["200.x:2,S", "1000.x"]
