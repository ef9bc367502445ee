"""Keys change while letters are under way: nothing that was signed stops being ours."""

import asyncio
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog.testing

from maildesk.config import ConfigError, Site
from maildesk.config.models import DatabaseSection, Keys
from maildesk.config.models import Desk as DeskSection
from maildesk.daemon.serve import Daemon
from maildesk.desk import letters, rotation
from maildesk.desk.backup import back_up
from maildesk.desk.keys import (
    KEEP,
    KeyFile,
    fingerprint,
    load_keyring,
    read_key_file,
    replace_key_file,
    with_new_key,
)
from maildesk.desk.people import Refused
from maildesk.desk.restore import restore
from maildesk.rules import signed
from maildesk.rules.signed import Keyring, Purpose, SignedAddress
from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.tables import SettingRow
from tests.desk.office import ANNA, LENA, mail

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def db(database_url):
    with closing(Database(database_url)) as made:
        migrate.upgrade(made)
        yield made


@pytest.fixture
def file(db, tmp_path):
    """The keys file of a desk that was begun."""
    path = tmp_path / "keys.json"
    begin(db, path)
    return path


def begin(db: Database, file: Path) -> None:
    keyring = load_keyring(file)
    db.change(lambda session: rotation.check(session, keyring, file))


def marks(db: Database) -> list[str]:
    with db.read() as session:
        return [
            mark.partition(":")[0] for mark in session.get_one(SettingRow, "keys").value.split()
        ]


def sign(keyring: Keyring) -> str:
    says = SignedAddress(Purpose.CUSTOMER, "1000", 1, date(2027, 12, 1))
    return signed.address(keyring, "support@desk.example", says)


def reads(keyring: Keyring, address: str) -> bool:
    return signed.read_address(keyring, address, date(2026, 11, 24)) is not None


def test_a_new_key_signs_and_the_old_one_reads(db, file, tmp_path):
    before = load_keyring(file)
    file.chmod(0o600)
    done = rotation.rotate(db, file, NOW)
    assert done == rotation.Rotated("b", ())
    after = load_keyring(file)
    assert (after.current, after.keys["a"]) == ("b", before.keys["a"])
    assert after.keys["b"] != before.keys["a"]
    assert reads(after, sign(before))
    assert reads(after, sign(after))
    assert not reads(before, sign(after))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("*keys*")] == ["keys.json"]
    assert read_key_file(file).since["b"] == NOW
    assert read_key_file(file).until("a") == NOW
    assert marks(db) == ["a", "b"]
    begin(db, file)  # the next start finds all in order


def test_what_nothing_may_answer_any_more_is_left_out(db, file):
    assert max(letters.EXPIRES.values()) < KEEP, "no signature outlives its key"
    begun = read_key_file(file).since["a"]
    rotation.rotate(db, file, begun + DAY)  # b; a ceased to sign
    rotation.rotate(db, file, begun + DAY + KEEP)  # c
    assert read_key_file(file).ids() == ["a", "b", "c"]
    done = rotation.rotate(db, file, begun + 2 * DAY + KEEP)
    assert done == rotation.Rotated("d", ("a",))
    assert read_key_file(file).ids() == ["b", "c", "d"] == marks(db)
    begin(db, file)


def test_a_key_of_unknown_age_stays_until_it_is_known_when_it_ceased():
    held = KeyFile(Keyring({"a": bytes(32), "b": bytes(32)}, "b"), {})
    first = with_new_key(held, NOW)
    assert first.ids() == ["a", "b", "c"]
    later = with_new_key(first, NOW + KEEP + DAY)
    assert later.ids() == ["a", "c", "d"], "b ceased when c began; when a did nobody knows"


def test_ids_go_round_and_are_never_given_twice_at_a_time():
    held = KeyFile(Keyring({"7": bytes(32)}, "7"), {"7": NOW})
    assert with_new_key(held, NOW).keyring.current == "a"
    for _ in range(31):
        held = with_new_key(held, NOW)
    assert len(set(held.keyring.keys)) == 32
    with pytest.raises(ValueError, match="32 keys"):
        with_new_key(held, NOW)


def test_a_crash_on_the_way_leaves_the_old_file_and_a_desk_that_starts(
    db, file, tmp_path, monkeypatch
):
    octets = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for owner, name in (("os", "fsync"), ("pathlib.Path", "replace")):
        with monkeypatch.context() as broken:
            broken.setattr(f"{owner}.{name}", full)
            with pytest.raises(Refused, match="No space left"):
                rotation.rotate(db, file, NOW)
        assert file.read_bytes() == octets
        assert [each.name for each in tmp_path.glob("*keys*")] == ["keys.json"]
        begin(db, file)

    # The other moment: the file is there, and the database was not told any more.
    replace_key_file(file, with_new_key(read_key_file(file), NOW))
    assert marks(db) == ["a"]
    begin(db, file)
    assert marks(db) == ["a", "b"]


def test_a_file_that_lacks_a_key_that_is_needed_is_refused(db, file, tmp_path):
    old = tmp_path / "old.json"
    old.write_bytes(file.read_bytes())
    old.chmod(0o600)
    rotation.rotate(db, file, NOW)
    with pytest.raises(ConfigError, match="it lacks b; put the right file back"):
        begin(db, old)
    with pytest.raises(ConfigError, match="other keys"):
        begin(db, tmp_path / "new.json")
    octets = old.read_bytes()
    with pytest.raises(ConfigError, match="it lacks b"):
        rotation.rotate(db, old, NOW)
    assert old.read_bytes() == octets
    with pytest.raises(Refused, match="the first start makes them"):
        rotation.rotate(db, tmp_path / "none.json", NOW)


def test_the_mark_of_a_desk_that_never_rotated_is_understood(db, file):
    whole = fingerprint(load_keyring(file))
    db.change(lambda session: session.merge(SettingRow(name="keys", value=whole)))
    rotation.rotate(db, file, NOW)
    assert marks(db) == ["a", "b"]
    db.change(lambda session: session.merge(SettingRow(name="keys", value="0" * 16)))
    with pytest.raises(ConfigError, match="other keys"):
        begin(db, file)


def test_two_who_rotate_at_once_lose_no_key(db, file):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: rotation.rotate(db, file, NOW).signs, range(4)))
    assert sorted(done) == ["b", "c", "d", "e"]
    assert sorted(load_keyring(file).keys) == ["a", *sorted(done)]
    begin(db, file)


def test_a_link_stays_a_link_and_the_owner_the_owner(db, file, tmp_path):
    target = file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(target)
    begin(db, file)
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    os.chown(target, owner, -1)  # the user of the service; an operator rotates as root
    rotation.rotate(db, file, NOW)
    assert file.is_symlink()
    assert target.stat().st_uid == owner
    assert json.loads(target.read_text())["current"] == "b"


def test_a_backup_from_before_goes_back_beside_newer_keys(db, file, tmp_path):
    back_up(db, file, tmp_path / "desk.tar", NOW)
    rotation.rotate(db, file, NOW)
    new = load_keyring(file)
    assert restore(db, file, tmp_path / "desk.tar", force=True).keys == "kept"
    assert load_keyring(file) == new
    begin(db, file)


def test_a_desk_that_runs_takes_the_new_key_and_goes_on_with_the_old_one_if_it_is_bad(desk):
    """The letters of both keys are answered; a file that is broken changes nothing."""
    file = desk.desk.site.keys.file
    watch = rotation.KeyWatch(file)
    desk.receive(mail(f"Anna Berger <{ANNA}>", "Shop is empty", message_id="1@firm.example"))
    old = desk.new_letters()[0]
    assert watch.look(desk.desk.db, desk.desk.keyring) is desk.desk.keyring

    rotation.rotate(desk.desk.db, file, NOW)
    desk.desk = replace(desk.desk, keyring=watch.look(desk.desk.db, desk.desk.keyring))
    desk._applier.use(desk.desk)
    desk.receive(mail(ANNA, "Re: Shop", "Still.", to=old.reply_to, message_id="2@firm.example"),
                 old.reply_to)  # fmt: skip
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.ticket_id) == (LENA, 1000)
    assert "+ab." in told.reply_to, "signed with b"
    assert "+ca." in old.reply_to
    desk.receive(mail(LENA, "Re: [DD-10008] Shop is empty", "Clear it.", to=told.reply_to),
                 told.reply_to)  # fmt: skip
    assert desk.messages(1000)[-1] == (LENA, "answer")

    good = file.read_bytes()
    file.write_text("{}")
    with pytest.raises(ConfigError, match="put it back"):
        watch.look(desk.desk.db, desk.desk.keyring)
    assert watch.look(desk.desk.db, desk.desk.keyring) is desk.desk.keyring, "said once"
    file.write_bytes(good)
    assert watch.look(desk.desk.db, desk.desk.keyring) == desk.desk.keyring


def test_the_daemon_signs_with_the_new_key_without_a_restart(database_url, tmp_path):
    site = Site(
        desk=DeskSection(address="support@desk.example"),
        database=DatabaseSection(url=database_url),
        keys=Keys(file=tmp_path / "keys.json"),
    )

    async def run() -> None:
        daemon = Daemon(site)
        await daemon.start()
        try:
            file, old = site.keys.file, daemon.desk.keyring
            await asyncio.to_thread(daemon._look_around)
            assert daemon.desk.keyring == old
            rotation.rotate(daemon.desk.db, file, NOW)
            await asyncio.to_thread(daemon._look_around)
            assert daemon.desk.keyring.current == "b"
            assert daemon._worker._applier._desk is daemon.desk
            file.unlink()
            await asyncio.to_thread(daemon._look_around)
            file.write_text("{}")
            file.chmod(0o600)
            await asyncio.to_thread(daemon._look_around)
            assert daemon.desk.keyring.current == "b", "what is in use stays"
        finally:
            await daemon.stop()

    with structlog.testing.capture_logs() as said:
        asyncio.run(run())
    assert [line["event"] for line in said].count("keys-trouble") == 2, "once for each change"
