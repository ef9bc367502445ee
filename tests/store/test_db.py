"""The Writer: many changes in one commit, and one that fails costs only itself."""

import threading
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from maildesk.store import migrate
from maildesk.store.db import Database, Unreachable, probe
from maildesk.store.tables import CounterRow, RawRow, SettingRow


@pytest.fixture
def db(database_url):
    db = Database(database_url)
    migrate.upgrade(db)
    yield db
    db.close()


def put(name):
    return lambda session: session.add(SettingRow(name=name, value="x"))


def names(db):
    with db.read() as session:
        return set(session.scalars(select(col(SettingRow.name))))


def held(db):
    """Keep the Writer busy until the returned event is set, so that what follows is one batch."""
    go = threading.Event()
    db.submit(lambda session: go.wait(10))
    return go


def test_a_change_that_fails_takes_none_of_its_neighbours_with_it(db):
    db.change(put("taken"))
    go = held(db)
    futures = [db.submit(put(name)) for name in ("one", "taken", "two")]
    go.set()

    assert [type(future.exception()) for future in futures] == [
        type(None),
        IntegrityError,
        type(None),
    ]
    assert names(db) == {"taken", "one", "two"}


def test_what_waits_is_committed_together_and_only_then_promised(db):
    go = held(db)
    seen: list[set[str]] = []
    futures: list[Future[None]] = []
    for number in range(20):
        future = db.submit(put(f"n{number}"))
        future.add_done_callback(lambda _: seen.append(names(db)))
        futures.append(future)
    go.set()
    for future in futures:
        future.result(10)

    assert len(seen[0]) == 20, "the first promise was given after the commit of all"


def test_a_change_that_was_called_off_while_it_waited_is_not_made(db):
    go = held(db)
    called_off = db.submit(put("never"))
    assert called_off.cancel()
    go.set()
    db.change(put("after"))
    assert names(db) == {"after"}


def test_close_finishes_what_waits(db):
    go = held(db)
    last = db.submit(put("last"))
    closing = threading.Thread(target=db.close)
    closing.start()
    go.set()
    closing.join(10)
    assert last.result(0) is None


def test_moments_come_back_aware_and_in_utc(db):
    there = timezone(timedelta(hours=2))
    moment = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=there)
    row = RawRow(sha256="a" * 64, size=1, content=b"\x00\xff", stored_at=moment)
    db.change(lambda session: session.add(row))
    with db.read() as session:
        kept = session.get_one(RawRow, "a" * 64)
        assert kept.stored_at == moment
        assert kept.stored_at.tzinfo is UTC
        assert kept.content == b"\x00\xff"


def test_a_moment_without_a_time_zone_is_refused(db):
    naive = RawRow(sha256="b" * 64, size=1, content=b"", stored_at=datetime(2026, 6, 1))
    with pytest.raises(Exception, match="without a time zone"):
        db.change(lambda session: session.add(naive))


def test_sqlite_is_as_durable_as_a_promise_needs(tmp_path):
    db = Database(f"sqlite:///{tmp_path}/desk.db")
    with db.read() as session:
        pragma = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    db.close()


def test_a_deadlock_between_two_writers_passes(postgres):
    db, other = Database(url := postgres.database()), Database(url)
    migrate.upgrade(db)
    both = threading.Barrier(2, timeout=10)
    tries: list[str] = []

    def crossing(first, second):
        def work(session: Session) -> None:
            tries.append(first)
            session.execute(
                text("UPDATE counter SET value = value + 1 WHERE name = :n"), {"n": first}
            )
            if len(tries) <= 2:
                both.wait()
            session.execute(
                text("UPDATE counter SET value = value + 1 WHERE name = :n"), {"n": second}
            )

        return work

    futures = [
        db.submit(crossing("ticket", "message")),
        other.submit(crossing("message", "ticket")),
    ]
    for future in futures:
        future.result(30)

    assert len(tries) == 3, "one of the two was the victim and tried again"
    with db.read() as session:
        counted = select(col(CounterRow.value)).where(
            col(CounterRow.name).in_(["ticket", "message"])
        )
        assert set(session.scalars(counted)) == {2}
    db.close()
    other.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////nowhere/at/all/desk.db", "unable to open database file"),
        ("postgresql://desk:secret@127.0.0.1:1/desk", "refused"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url, why):
    with pytest.raises(Unreachable) as error:
        probe(Database(url))
    assert why in str(error.value)
    assert "secret" not in str(error.value)
