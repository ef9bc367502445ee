"""The outbox: an attempt counts before the socket opens, and is settled once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from maildesk.desk import outbox
from maildesk.desk.apply import POST
from maildesk.desk.outbox import MAY_SEND, Outbox
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import GIVE_UP_AFTER, LONGEST_SEND, Verdict
from maildesk.store import migrate
from maildesk.store.db import Database
from maildesk.store.tables import OutboundRow, SettingRow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TAKEN = Reply(250, "2.0.0", "queued")
BUSY = Reply(451, "4.3.0", "busy")
SECOND = timedelta(seconds=1)


@pytest.fixture
def db(database_url):
    db = Database(database_url)
    migrate.upgrade(db)
    yield db
    db.close()


def post(db, number, once=None):
    row = {
        "handle": f"handle{number}", "once_key": once, "purpose": "confirm_normal",
        "ticket_id": None, "inbound_id": None, "return_path": "b@desk.example",
        "rcpt_to": f"k{number}@x.example", "message_id": f"m{number}@desk.example",
        "raw": b"Subject: hello\r\n\r\n", "counted": False, "queued_at": NOW,
        "next_attempt_at": NOW,
    }  # fmt: skip
    db.change(lambda session: session.execute(POST, row))


def rows(db):
    with db.read() as session:
        return list(session.scalars(select(OutboundRow).order_by(col(OutboundRow.id))))


def test_a_sender_that_dies_leaves_the_letter_due_again_later(db):
    post(db, 1)
    box = Outbox(db)
    (first,) = box.claim(NOW, 10)

    assert box.claim(NOW + SECOND, 10) == []
    assert box.next_due(NOW) == NOW + LONGEST_SEND
    (again,) = box.claim(NOW + LONGEST_SEND, 10)
    assert (again.raw, again.attempt) == (first.raw, 2)


def test_a_late_answer_to_an_earlier_attempt_changes_nothing(db):
    post(db, 1)
    box = Outbox(db)
    (late,) = box.claim(NOW, 10)
    (current,) = box.claim(NOW + LONGEST_SEND, 10)
    box.settle([(late, BUSY, Verdict.AGAIN)], NOW + LONGEST_SEND)
    box.settle([(current, TAKEN, Verdict.SENT)], NOW + LONGEST_SEND)
    box.settle([(current, BUSY, Verdict.FAILED)], NOW + LONGEST_SEND)

    (row,) = rows(db)
    assert (row.state, row.attempts, row.last_reply) == ("sent", 2, str(TAKEN))


def test_the_backoff_is_1_5_15_60_minutes_then_4_hours_up_to_5_days(db):
    post(db, 1)
    box, moment, waits = Outbox(db), NOW, []
    while rows(db)[0].state == "queued":
        (parcel,) = box.claim(moment, 1)
        box.settle([(parcel, BUSY, Verdict.AGAIN)], moment)
        due = box.next_due(moment)
        if due is not None:
            waits.append(int((due - moment).total_seconds() / 60))
            moment = due

    assert waits[:6] == [1, 5, 15, 60, 240, 240]
    assert rows(db)[0].state == "failed"
    assert timedelta(0) < moment - NOW - GIVE_UP_AFTER <= timedelta(hours=4)


def test_a_letter_given_back_is_due_at_once_and_its_attempt_does_not_count(db):
    post(db, 1)
    box = Outbox(db)
    box.give_back(box.claim(NOW, 10), NOW, BUSY)
    assert [parcel.attempt for parcel in box.claim(NOW, 10)] == [1]


def test_an_effect_with_a_key_is_posted_once(db):
    post(db, 1, once="confirmation:1")
    post(db, 2, once="confirmation:1")
    assert [row.handle for row in rows(db)] == ["handle1"]


def test_a_restored_desk_sends_nothing_until_it_is_released(db):
    post(db, 1)
    db.change(lambda session: session.add(SettingRow(name=MAY_SEND, value="no")))
    assert Outbox(db).claim(NOW, 10) == []
    db.change(lambda session: session.merge(SettingRow(name=MAY_SEND, value="yes")))
    assert len(Outbox(db).claim(NOW, 10)) == 1


def test_a_failed_letter_can_be_sent_again_by_hand_and_a_sent_one_cannot(db):
    post(db, 1)
    box = Outbox(db)
    (parcel,) = box.claim(NOW, 1)
    box.settle([(parcel, Reply(550, "5.1.1", "unknown"), Verdict.FAILED)], NOW)
    assert box.claim(NOW + timedelta(days=1), 1) == []
    assert outbox.retry(db, parcel.id, NOW)
    (parcel,) = box.claim(NOW, 1)
    box.settle([(parcel, TAKEN, Verdict.SENT)], NOW)
    assert not outbox.retry(db, parcel.id, NOW)
