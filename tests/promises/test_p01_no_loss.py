"""P1: a mail is acknowledged only once it is on stable storage; what cannot be kept gets 4xx."""

import errno
import smtplib
import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import text

from maildesk.store.tables import RawRow
from tests.doors.opened import OpenDoor
from tests.peers.relay import RelayPeer
from tests.promises.mails import load
from tests.stories.daemon import RunningDesk, opened, until
from tests.stories.mta import Mta

MAILS = 60


def test_p01_what_was_acknowledged_is_there_after_a_kill(database_url, tmp_path):
    mails = [load("p01_order", number=str(number)) for number in range(MAILS)]
    peer = Mta([("anna@customer1.example", raw) for raw in mails])
    with opened(database_url) as books, RelayPeer() as relay, ExitStack() as end:
        again = RunningDesk(tmp_path / "two", database_url, relay.port)
        end.callback(again.kill)
        with RunningDesk(tmp_path / "one", database_url, relay.port) as desk:
            sending = threading.Thread(target=peer.deliver, args=(desk.smtp,))
            sending.start()
            until(lambda: len(peer.queue) < MAILS * 2 / 3, "a third is acknowledged")
            worker = desk.worker()
            desk.kill()
            until(lambda: not worker.is_running(), "what the process had begun has ended")
            sending.join()
        acknowledged = mails[: MAILS - len(peer.queue)]
        assert 0 < len(acknowledged) < MAILS, "it was killed in the middle"
        kept = {bytes(content) for (content,) in books.rows(RawRow.content)}
        assert kept >= set(acknowledged), "every one, byte for byte"

        again.start()
        peer.deliver(again.smtp)
        until(lambda: len(books.tickets()) == MAILS, "all became tickets", 30)
        assert sorted(s for _, s, _ in books.messages()) == sorted(
            f"Order {number}" for number in range(MAILS)
        )
        assert books.ledger().unaccounted == ()


def test_p01_what_cannot_be_kept_stays_with_its_sender():
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with OpenDoor(full) as door, smtplib.SMTP("127.0.0.1", door.port, timeout=10) as peer:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                peer.sendmail(
                    "a@b.example", ["support@desk.example"], load("p01_order", number="1")
                )
            assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (452, b"4.3.1")


def test_p01_a_commit_is_on_disk_before_it_is_one(database_url):
    with opened(database_url) as books:
        if books.db.is_sqlite:
            assert books.db.change(lambda s: s.execute(text("PRAGMA synchronous")).scalar()) == 2
        else:
            asked = text("SHOW synchronous_commit")
            assert books.db.change(lambda s: s.execute(asked).scalar()) == "on"
