"""Backup and restore on both databases: whole, verified, silent, and past the numbers given out."""

import json
import os
import pwd
import stat
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlmodel import select

from maildesk.config import ConfigError
from maildesk.desk import applier, archive, intake, lock, numbers, restore
from maildesk.desk.archive import BackupError
from maildesk.desk.backup import back_up
from maildesk.desk.keys import load_keyring
from maildesk.desk.lock import hold_alone
from maildesk.desk.outbox import MAY_SEND, Outbox
from maildesk.mail.smtp import Envelope
from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.tables import (
    CounterRow,
    EventRow,
    InboundRow,
    OutboundRow,
    RawRow,
    SettingRow,
    TicketRow,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EVERY_OCTET = bytes(range(256)) * 300
WORDS = 'Größe \\N "x"\t|\n'  # what a text form of a table could stumble over


def arrived(db: Database, number: int) -> None:
    envelope = Envelope("maria@customer.example", ("support@desk.example",), "smtp", NOW)
    intake.accept(db, envelope, EVERY_OCTET + str(number).encode())


def filled(url: str, tickets: int = 3) -> Database:
    """A desk with mails, tickets that refer to each other, a journal, and a letter that waits."""
    db = Database(url)
    migrate.upgrade(db)
    for number in range(tickets):
        arrived(db, number)

    def write(session):
        for number in numbers.take(session, "ticket", tickets):
            session.add(TicketRow(id=number, title=WORDS, state="new", kind="normal",
                                  requester="maria@customer.example", opened_at=NOW,
                                  clock_started_at=NOW, follows=number - 1 or None))  # fmt: skip
            session.flush()
            session.add(EventRow(ticket_id=number, at=NOW, actor="desk", trigger="opened"))
        session.add(
            OutboundRow(handle="h", purpose="confirmation", return_path="", rcpt_to="m@c.example",
                        message_id="<1@desk.example>", raw=EVERY_OCTET, queued_at=NOW,
                        next_attempt_at=NOW)
        )  # fmt: skip

    db.change(write)
    return db


def everything(db: Database) -> dict[str, list[tuple]]:
    """All rows of all tables, but for what a restore changes."""
    tables = RawRow.metadata.sorted_tables
    with db.read() as session:
        return {
            table.name: sorted(map(tuple, session.execute(sqlalchemy.select(table))), key=repr)
            for table in tables
            if table.name not in ("counter", "setting")
        }


@pytest.fixture
def elsewhere(request, tmp_path):
    """A second empty database of the same kind as `database_url`."""
    kind = request.node.callspec.params["database_url"]
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/elsewhere.db"
    return request.getfixturevalue("postgres").database()


@pytest.mark.parametrize("name", ["desk.tar", "desk.tar.gz"])
def test_a_desk_comes_back_whole_silent_and_past_its_numbers(
    database_url, elsewhere, tmp_path, name
):
    keys, new_keys, file = tmp_path / "keys.json", tmp_path / "new" / "keys.json", tmp_path / name
    new_keys.parent.mkdir()
    ring = load_keyring(keys)
    with closing(filled(database_url)) as db, closing(Database(elsewhere)) as other:
        made = back_up(db, keys, file, NOW)
        assert (made.counts["ticket"], made.counts["outbound"], made.revision) == (
            3,
            1,
            migrate.newest(),
        )
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not list(tmp_path.glob(".*"))
        with tarfile.open(file) as tar:
            assert tar.getnames()[-1] == "manifest.json"

        done = restore.restore(other, new_keys, file)
        assert (done.keys, done.queued, done.next_ticket) == ("written", 1, 1_004)
        assert done.revision == migrate.newest()
        assert load_keyring(new_keys) == ring
        assert everything(other) == everything(db)
        assert Outbox(other).claim(NOW + timedelta(days=1), 10) == []
        with other.read() as session:
            assert session.get_one(SettingRow, MAY_SEND).value == "no"
            counters = {row.name: row.value for row in session.scalars(select(CounterRow))}
        assert counters == {"ticket": 1_003, "message": 1_000, "invoice_event": 0}
        # The desk goes on: numbers of new rows follow, the journal is guarded, letters leave.
        arrived(other, 99)
        with other.read() as session:
            assert [row.id for row in session.scalars(select(InboundRow))] == [1, 2, 3, 4]
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="never changed"):
            other.change(lambda session: session.execute(text("DELETE FROM event")))
        other.change(lambda session: session.merge(SettingRow(name=MAY_SEND, value="yes")))
        (parcel,) = Outbox(other).claim(NOW + timedelta(days=1), 10)
        assert parcel.raw == EVERY_OCTET


def test_what_is_there_is_replaced_only_by_force(database_url, elsewhere, tmp_path):
    keys, other_keys, file = tmp_path / "keys.json", tmp_path / "o.json", tmp_path / "desk.tar"
    ring, other_ring = load_keyring(keys), load_keyring(other_keys)
    with closing(filled(database_url)) as db, closing(filled(elsewhere, 5)) as other:
        back_up(db, keys, file, NOW)
        with pytest.raises(BackupError, match="is not empty"):
            restore.restore(other, other_keys, file)
        # A desk that was migrated and nothing else is empty; but its keys are not ours.
        other.close()
        migrate.downgrade(other, "base")
        migrate.upgrade(other)
        with pytest.raises(BackupError, match="other keys"):
            restore.restore(other, other_keys, file)
        assert load_keyring(other_keys) == other_ring
        arrived(other, 50)
        done = restore.restore(other, other_keys, file, force=True)
        assert done.keys == "replaced"
        assert load_keyring(other_keys) == ring
        (aside,) = tmp_path.glob("o.json.before-*")
        assert load_keyring(aside) == other_ring
        assert everything(other) == everything(db)
        assert restore.restore(other, other_keys, file, force=True).keys == "kept"


def test_a_backup_under_fire_is_of_one_moment(database_url, elsewhere, tmp_path):
    keys, file, stop = tmp_path / "keys.json", tmp_path / "desk.tar", threading.Event()
    load_keyring(keys)
    with closing(filled(database_url)) as db, closing(Database(elsewhere)) as other:

        def write() -> None:
            number = 1_000
            while not stop.is_set():
                arrived(db, number := number + 1)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            counts = [back_up(db, keys, file, NOW).counts for _ in range(3)]
        finally:
            stop.set()
            writer.join()
        assert counts[0]["raw"] < counts[2]["raw"]
        assert all(each["raw"] == each["inbound"] for each in counts)
        restore.restore(other, keys, file)
        assert len(everything(other)["raw"]) == counts[2]["raw"]


def test_a_database_that_is_served_is_left_alone(database_url, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.2)  # nobody here is about to leave
    keys, file = tmp_path / "keys.json", tmp_path / "desk.tar"
    load_keyring(keys)
    assert restore.APPLIER_LOCK == applier._LOCK
    with closing(filled(database_url)) as db, closing(Database(elsewhere)) as other:
        back_up(db, keys, file, NOW)
        if other.is_sqlite:
            with hold_alone(elsewhere), pytest.raises(ConfigError, match="another maildesk"):
                restore.restore(other, keys, file, force=True)
        else:
            served = text(f"SELECT pg_advisory_lock({applier._LOCK})")
            with other.engine.connect() as serving:
                serving.execute(served)
                with pytest.raises(BackupError, match="stop it first"):
                    restore.restore(other, keys, file, force=True)
                serving.invalidate()
        restore.restore(other, keys, file)


@pytest.fixture
def backup(tmp_path):
    """A backup of an SQLite desk."""
    load_keyring(tmp_path / "keys.json")
    with closing(filled(f"sqlite:///{tmp_path}/first.db")) as db:
        back_up(db, tmp_path / "keys.json", tmp_path / "desk.tar", NOW)
    return tmp_path / "desk.tar"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")
def test_what_root_restores_belongs_to_the_service(backup, tmp_path):
    folder, nobody = tmp_path / "service", pwd.getpwnam("nobody").pw_uid
    folder.mkdir()
    os.chown(folder, nobody, -1)
    with closing(Database(f"sqlite:///{folder}/desk.db")) as db:
        restore.restore(db, folder / "keys.json", backup)
    assert {each.name: each.stat().st_uid for each in folder.iterdir()} == {
        "desk.db": nobody, "desk.db.lock": nobody, "keys.json": nobody
    }  # fmt: skip


def repacked(file, change) -> None:
    """Write a backup again with `change` made to its members by name."""
    found = {name: opened.read() for name, opened in archive.members(file)}
    change(found)
    with tarfile.open(file, "w") as tar:
        for name, octets in found.items():
            (file.parent / "member").write_bytes(octets)
            tar.add(file.parent / "member", name)


def flip(found) -> None:
    octets = bytearray(found["maildesk.db"])
    octets[5_000] ^= 1
    found["maildesk.db"] = bytes(octets)


def of_manifest(**changes):
    def change(found) -> None:
        found["manifest.json"] = json.dumps(json.loads(found["manifest.json"]) | changes).encode()

    return change


BROKEN = [
    # what is done to the members                       what is said              why
    (flip, "maildesk.db is not what was written", "one bit"),
    (lambda found: found.pop("keys.json"), "keys.json is not", "a member is missing"),
    (lambda found: found.pop("manifest.json"), "manifest is missing", "cut off"),
    (lambda found: found.update({"more": b""}), "does not belong", "something was added"),
    (of_manifest(format=9), "a backup of format 9", "from a later time"),
    (of_manifest(revision="9999"), "does not know", "a newer schema"),
    (of_manifest(kind="postgresql"), "goes back into the kind", "another database"),
    (lambda found: found.update({"manifest.json": b"{"}), "cannot be read", "no manifest"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said", "why"), BROKEN, ids=[row[2] for row in BROKEN])
def test_no_backup_that_is_not_whole_is_restored(backup, tmp_path, change, said, why):
    repacked(backup, change)
    with (
        closing(Database(f"sqlite:///{tmp_path}/new.db")) as db,
        pytest.raises(BackupError, match=said),
    ):
        restore.restore(db, tmp_path / "new.json", backup)
    assert not (tmp_path / "new.json").exists(), why
    assert not (tmp_path / "new.db").exists()


def test_every_truncation_is_noticed(backup, tmp_path):
    whole = backup.read_bytes()
    for length in (0, 100, 512, len(whole) // 2, len(whole) - 10_240 - 1):
        backup.write_bytes(whole[:length])
        with pytest.raises(BackupError):
            archive.verify(backup)
    backup.write_bytes(whole)
    with tarfile.open(tmp_path / "desk.tar.gz", "w:gz") as tar:
        tar.add(backup, "x")
    packed = (tmp_path / "desk.tar.gz").read_bytes()
    (tmp_path / "desk.tar.gz").write_bytes(packed[:-200])
    with pytest.raises(BackupError):
        archive.verify(tmp_path / "desk.tar.gz")


def test_a_backup_that_fails_leaves_the_last_one(backup, tmp_path):
    before = backup.read_bytes()
    damaged = tmp_path / "first.db"
    octets = bytearray(damaged.read_bytes())
    octets[8_192 : len(octets) - 8_192] = b"\xff" * (len(octets) - 16_384)
    damaged.write_bytes(octets)
    with closing(Database(f"sqlite:///{damaged}")) as db, pytest.raises(BackupError):
        back_up(db, tmp_path / "keys.json", backup, NOW)
    with closing(Database(f"sqlite:///{tmp_path}/none.db")) as db:
        with pytest.raises(BackupError, match="there is no database"):
            back_up(db, tmp_path / "keys.json", backup, NOW)
        with pytest.raises(BackupError, match="no keys file"):
            back_up(db, tmp_path / "none.json", backup, NOW)
    assert backup.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_the_commands_say_what_was_done_and_what_is_next(tmp_path):
    load_keyring(tmp_path / "keys.json")
    filled(f"sqlite:///{tmp_path}/desk.db").close()

    def run(database: str, *arguments: str) -> tuple[int, str, str]:
        config = tmp_path / "maildesk.toml"
        config.write_text(
            f'[desk]\naddress = "support@desk.example"\n[keys]\nfile = "{tmp_path}/keys.json"\n'
            f'[database]\nurl = "sqlite:///{tmp_path}/{database}"\n'
        )
        done = subprocess.run(
            [sys.executable, "-c", "from maildesk.cli.main import run; run()",
             "--config", str(config), *arguments],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    file = str(tmp_path / "desk.tar.gz")
    code, said, errors = run("desk.db", "backup", file)
    assert (code, errors) == (0, "")
    assert "3 tickets, 3 mails, 1 letters and the signing keys" in said
    code, said, errors = run("new.db", "restore", file)
    assert (code, errors) == (0, "")
    for words in ("as it was on", "1,000 numbers later", "Nothing is sent", "outbox release"):
        assert words in said
    code, said, errors = run("new.db", "restore", file)
    assert (code, said) == (2, "")
    assert "is not empty" in errors
    assert errors.count("\n") == 1
    code, said, _ = run("new.db", "restore", "--force", "--json", file)
    assert code == 0
    assert json.loads(said)["keys"] == "kept"
    code, said, errors = run("new.db", "restore", str(tmp_path / "none.tar"))
    assert (code, said) == (2, "")
    assert "none.tar: No such file" in errors
