"""The flow is killed at each of its steps, started again, and nothing is lost or doubled."""

import re
from collections import Counter
from contextlib import ExitStack, suppress

import psutil
import pytest

from tests.peers.relay import RelayPeer
from tests.stories.daemon import AGENT, Books, RunningDesk, opened, until
from tests.stories.killed import STEPS
from tests.stories.mta import Mta, mail

ANNA, BERT = "anna@customer1.example", "bert@customer2.example"
MAY_ARRIVE_TWICE = {"the relay's 250, before TX 3b", "in TX 3b, before its commit"}  # RFC 1047


def queue() -> Mta:
    return Mta(
        [
            (ANNA, mail(ANNA, "Printer", "<1@customer1.example>", "It does not print.")),
            (BERT, mail(BERT, "Scanner", "<1@customer2.example>", "It does not scan.")),
            (ANNA, mail(ANNA, "Re: Printer", "<2@customer1.example>", "Still not.",
                        ["<1@customer1.example>"])),
        ]
    )  # fmt: skip


def message_id(raw: bytes) -> str:
    found = re.search(rb"^Message-ID:\s*<([^>]+)>", raw, re.MULTILINE | re.IGNORECASE)
    assert found
    return found[1].decode()


@pytest.mark.parametrize("step", STEPS)
def test_killed_and_started_again(step, database_url, tmp_path):
    peer = queue()
    with opened(database_url) as books, RelayPeer() as relay, ExitStack() as end:
        desk = RunningDesk(tmp_path / "two", database_url, relay.port)
        end.callback(desk.kill)
        with RunningDesk(tmp_path / "one", database_url, relay.port, killed_at=step) as dying:
            peer.deliver(dying.smtp)
            assert dying.wait_for_death() == -9, dying.log
        books.let_time_pass()
        desk.start()
        peer.deliver(desk.smtp)
        assert not peer.queue, desk.log
        until(books.all_is_done, f"everything is done\n{desk.log}")
        desk.stop()
        nothing_is_lost_or_doubled(books, relay, twice=step in MAY_ARRIVE_TWICE)


@pytest.fixture
def claimed(database_url, tmp_path):
    """A desk that has handled one mail, claimed three more and is stuck reading them."""
    peer, carl = queue(), "carl@customer3.example"
    early = Mta([(carl, mail(carl, "Lamp", "<1@customer3.example>", "It is dark."))])
    with (
        opened(database_url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "one", database_url, relay.port) as desk,
    ):
        early.deliver(desk.smtp)
        until(books.all_is_done, "the first is handled")
        readers = desk.readers()
        for reader in readers:
            reader.suspend()
        peer.deliver(desk.smtp)
        until(lambda: any(row.attempts for row in books.inbound()[1:]), "they are claimed")
        yield books, desk, readers
        for reader in readers:  # stopped ones would never see that nobody needs them
            with suppress(psutil.NoSuchProcess):
                reader.kill()


def everything_is_there(books: Books, desk: RunningDesk) -> None:
    until(books.all_is_done, f"everything is done\n{desk.log}")
    subjects = sorted(subject for _, subject, _ in books.messages())
    assert subjects == ["Lamp", "Printer", "Re: Printer", "Scanner"]
    assert len(books.tickets()) == 3
    assert books.ledger().unaccounted == ()


def test_readers_that_are_killed_cost_nobody_a_ticket(claimed):
    books, desk, readers = claimed
    assert readers
    for reader in readers:
        reader.kill()
    everything_is_there(books, desk)


def test_a_worker_that_is_killed_is_started_again(claimed):
    books, desk, _ = claimed
    desk.worker().kill()
    everything_is_there(books, desk)
    assert "worker-ended" in desk.log
    desk.stop()


def nothing_is_lost_or_doubled(books: Books, relay: RelayPeer, twice: bool) -> None:
    found = {subject: (ticket, text.strip()) for ticket, subject, text in books.messages()}
    assert len(books.messages()) == 3
    printer, scanner = found["Printer"][0], found["Scanner"][0]
    assert sorted(books.tickets()) == sorted([printer, scanner])
    assert found == {
        "Printer": (printer, "It does not print."),
        "Re: Printer": (printer, "Still not."),
        "Scanner": (scanner, "It does not scan."),
    }
    letters = books.letters()
    assert Counter((each.purpose, each.ticket_id, each.rcpt_to) for each in letters) == Counter(
        [
            ("confirm_normal", printer, ANNA),
            ("staff_new", printer, AGENT),
            ("staff_reply", printer, AGENT),
            ("confirm_normal", scanner, BERT),
            ("staff_new", scanner, AGENT),
        ]
    )
    assert {each.state for each in letters} == {"sent"}
    arrived = Counter((message_id(taken.raw), taken.raw) for taken in relay.taken)
    # Whatever arrives twice is the same letter, to the octet, under the same Message-ID.
    assert {mid for mid, _ in arrived} == {each.message_id for each in letters}
    assert len(arrived) == len(letters)
    assert max(arrived.values()) == (2 if twice else 1)
    ledger = books.ledger()
    assert ledger.unaccounted == ()
    assert (ledger.received, ledger.filed, ledger.waiting) == (3, 3, 0)
