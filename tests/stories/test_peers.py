"""Real mail servers on every side of the real daemon: Postfix in front, a relay behind, Dovecot."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import psycopg
import pytest
import sqlalchemy

from maildesk.store.tables import TicketRow
from tests.peers.dovecot import Dovecot
from tests.peers.postfix import Postfix
from tests.peers.relay import RelayPeer
from tests.peers.sink import Sink
from tests.stories.daemon import AGENT, SUPPORT, RunningDesk, opened, until
from tests.stories.mta import Mta, mail
from tests.stories.test_burst import imap

ANNA = "anna@customer1.example"


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Keep everybody else from writing, as a backup or an operator's forgotten session does."""
    where = sqlalchemy.make_url(url)
    if where.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(where.database), isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            connection.close()
        return
    with psycopg.connect(url) as held:
        held.execute("LOCK TABLE raw IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.peer("postfix")
def test_postfix_waits_for_a_locked_database_and_then_delivers_once(database_url, tmp_path):
    raw = mail(ANNA, "Printer", "<1@customer1.example>")
    patience = "[limits]\ndata = 1.5"  # how long a peer waits for our commit
    with (
        opened(database_url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "one", database_url, relay.port, patience) as desk,
        Postfix(f"lmtp:inet:127.0.0.1:{desk.lmtp}") as postfix,
    ):
        with locked(database_url):
            postfix.send(ANNA, [SUPPORT], raw)
            postfix.wait_for(SUPPORT, "deferred")
            assert not books.inbound()
        postfix.wait_for(SUPPORT, "sent", seconds=30)
        postfix.wait_until_empty()
        until(books.all_is_done, f"everything is done\n{desk.log}")
        assert {outcome for _, outcome in postfix.outcomes()} == {"deferred", "sent"}
        assert [row.state for row in books.inbound()] == ["filed"]
        assert len(books.messages()) == 1
        assert len(relay.taken) == 2  # the confirmation, and the notice to the agent
        assert books.ledger().unaccounted == ()


@pytest.mark.peer("postgresql")
def test_a_database_that_goes_and_comes_back_costs_nothing_but_time(postgres, tmp_path):
    url = postgres.database()
    first = Mta([(ANNA, mail(ANNA, "Printer", "<1@customer1.example>"))])
    second = Mta([(ANNA, mail(ANNA, "Scanner", "<2@customer1.example>"))])
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "one", url, relay.port) as desk,
    ):
        first.deliver(desk.smtp)
        until(books.all_is_done, "the first is handled")
        postgres.stop("immediate")
        try:
            second.deliver(desk.smtp)
            assert second.queue, "it was not stored, so it must not be acknowledged"
        finally:
            postgres.start()
        books.db.engine.dispose()
        second.deliver(desk.smtp)
        assert not second.queue, desk.log
        until(books.all_is_done, f"the second is handled, too\n{desk.log}")
        assert [row.state for row in books.inbound()] == ["filed", "filed"]
        assert len({letter.message_id for letter in books.letters()}) == 4
        assert books.ledger().unaccounted == ()
        desk.stop()


@pytest.mark.peer("postfix")
def test_the_answer_to_our_confirmation_joins_its_ticket(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with (
        opened(url) as books,
        Sink() as relay,
        RunningDesk(tmp_path / "one", url, relay.port) as desk,
        Postfix(f"lmtp:inet:127.0.0.1:{desk.lmtp}") as postfix,
    ):
        postfix.send(ANNA, [SUPPORT], mail(ANNA, "Printer", "<1@customer1.example>"))
        (raw,) = until(lambda: relay.letters(ANNA), f"the confirmation is out\n{desk.log}")
        confirmation = message_from_bytes(raw, policy=policy.default)
        (ticket,) = books.tickets()
        assert confirmation["In-Reply-To"] == "<1@customer1.example>"
        assert str(confirmation["From"].addresses[0].addr_spec) == SUPPORT

        # Her program keeps neither the subject nor our References, only what a reply must have.
        reply_to = confirmation["Reply-To"].addresses[0].addr_spec
        answer = mail(ANNA, "One more thing", "<2@customer1.example>", "It smells.",
                      [str(confirmation["Message-ID"])])  # fmt: skip
        postfix.send(ANNA, [reply_to], answer)
        # A second one comes back to the signed address alone, with no reference at all.
        postfix.send(ANNA, [reply_to], mail(ANNA, "And", "<3@customer1.example>", "It burns."))
        # And one by the Message-ID alone, sent to the plain address.
        by_id = mail(ANNA, "Last", "<4@customer1.example>", "It burnt.",
                     [str(confirmation["Message-ID"])])  # fmt: skip
        postfix.send(ANNA, [SUPPORT], by_id)

        until(lambda: len(books.messages()) == 4, f"the answers are filed\n{desk.log}")
        assert books.tickets() == [ticket]
        assert {text.strip() for _, _, text in books.messages()} == {
            "It does not print.", "It smells.", "It burns.", "It burnt.",
        }  # fmt: skip
        until(books.all_is_done, "all letters are out")
        assert len(relay.letters(ANNA)) == 1
        assert len(relay.letters(AGENT)) == 4


@pytest.mark.peer("dovecot")
def test_a_mail_in_the_mailbox_is_a_ticket_within_two_seconds(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db"
    with opened(url) as books, RelayPeer() as relay, Dovecot() as dovecot:
        dovecot.add("desk")
        with RunningDesk(tmp_path / "one", url, relay.port, imap(dovecot)) as desk:
            until(lambda: "connected" in desk.log, "the mailbox is open")
            waits = []
            for number in range(1, 4):
                raw = mail(ANNA, f"Printer {number}", f"<{number}@customer1.example>")
                dovecot.deliver("desk", raw)
                begun = time.monotonic()
                until(lambda n=number: len(books.rows(TicketRow.id)) == n, f"ticket\n{desk.log}")
                waits.append(time.monotonic() - begun)
                time.sleep(0.5)
            print("\nfrom the mailbox to a ticket:", *(f"{wait:.2f} s" for wait in waits))
            assert max(waits) < 5
            assert min(waits) < 2
