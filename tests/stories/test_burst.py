"""Many mails of many threads at once, by SMTP, LMTP and IMAP: one ticket each, in order, once."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from maildesk.store.tables import EventRow, InboundRow
from tests.peers.dovecot import PASSWORD, Dovecot
from tests.peers.relay import RelayPeer
from tests.stories.daemon import Books, RunningDesk, opened, until
from tests.stories.mta import Mta, mail

THREADS, IN_EACH = 20, 10
LINES = 4  # connections for each listener
BY_IMAP = "carl"  # writes by way of the mailbox only
TWICE = "bert"  # some of his mails are in the mailbox, too


@dataclass(frozen=True)
class Sent:
    """One mail of the burst: the `place`th of its thread."""

    thread: int
    place: int
    name: str
    address: str
    raw: bytes


def burst() -> list[Sent]:
    """Return 200 mails of 20 threads in the order of writing; three people share each thread."""
    mails = []
    ids: dict[int, list[str]] = defaultdict(list)
    for place in range(IN_EACH):
        for thread in range(1, THREADS + 1):
            name = ("anna", "bert", "carl")[place % 3]
            address = f"{name}@customer{thread}.example"
            subject = f"Thread {thread}" if place == 0 else f"Re: Thread {thread}"
            own = f"<{thread}.{place}@customer{thread}.example>"
            raw = mail(address, subject, own, f"Mail {place}.", ids[thread], number=place)
            ids[thread].append(own)
            mails.append(Sent(thread, place, name, address, raw))
    return mails


def mtas(mails: list[Sent]) -> list[Mta]:
    """Return one sending host for each connection; a sender keeps to one of them."""
    lines = [Mta() for _ in range(2 * LINES)]
    for each in mails:
        if each.name != BY_IMAP:
            line = lines[(each.thread * 2 + (each.name == TWICE)) % len(lines)]
            line.queue.append((each.address, each.raw))
    return lines


def for_the_mailbox(mails: list[Sent]) -> Iterator[bytes]:
    """Yield what only the mailbox has, and copies that came there over one more hop."""
    for each in mails:
        if each.name == BY_IMAP:
            yield each.raw
        elif each.name == TWICE and each.thread % 2:
            yield b"Received: from a by b; Mon, 2 Mar 2026 08:00:00 +0000\r\n" + each.raw


def imap(dovecot: Dovecot) -> str:
    return f"""
[[imap]]
name = "main"
host = "127.0.0.1"
port = {dovecot.port}
tls = "none"
user = "desk"
password = "{PASSWORD}"
since = "2026-01-01"
"""


@pytest.mark.peer("dovecot")
def test_one_burst_through_two_listeners_and_a_mailbox(database_url, tmp_path):
    mails = burst()
    with opened(database_url, THREADS) as books, RelayPeer() as relay, Dovecot() as dovecot:
        dovecot.add("desk")
        with RunningDesk(tmp_path / "one", database_url, relay.port, imap(dovecot)) as desk:
            begun = time.monotonic()
            with ThreadPoolExecutor(2 * LINES) as pool:
                for number, line in enumerate(mtas(mails)):
                    is_lmtp = number % 2 == 1
                    pool.submit(line.deliver, desk.lmtp if is_lmtp else desk.smtp, is_lmtp)
                for raw in for_the_mailbox(mails):
                    dovecot.deliver("desk", raw)
            handled(books, mails, desk)
            until(books.all_is_done, "all letters are sent")
            print(f"\n{len(mails)} mails and their letters: {time.monotonic() - begun:.1f} s")
            desk.stop()
        one_ticket_each_in_order_once(books, mails)
        assert {each.state for each in books.letters()} == {"sent"}
        sent = Counter(taken.raw for taken in relay.taken)
        assert max(sent.values()) == 1
        assert len(sent) == len(books.letters())


@pytest.mark.peer("postgresql")
def test_two_desks_share_a_burst_and_the_applier_is_killed(postgres, tmp_path):
    mails, url = burst(), postgres.database()
    with (
        opened(url, THREADS) as books,
        RelayPeer() as relay,
        Dovecot() as dovecot,
        RunningDesk(tmp_path / "one", url, relay.port) as first,
    ):
        dovecot.add("desk")
        until(lambda: "applying" in first.log, "the first desk applies")
        with RunningDesk(tmp_path / "two", url, relay.port, imap(dovecot)) as second:
            assert "applying" not in second.log
            lines = mtas(mails)
            with ThreadPoolExecutor(2 * LINES) as pool:
                for number, line in enumerate(lines):
                    desk, is_lmtp = (first, second)[number // 2 % 2], number % 2 == 1
                    pool.submit(line.deliver, desk.lmtp if is_lmtp else desk.smtp, is_lmtp)
                for raw in for_the_mailbox(mails):
                    dovecot.deliver("desk", raw)
                until(lambda: len(books.messages()) > 30, "the first desk is in the middle")
                first.kill()
            assert len(books.messages()) < len(mails), "it was killed too late to prove anything"
            for number, line in enumerate(lines):
                line.deliver(second.lmtp if number % 2 else second.smtp, lmtp=number % 2 == 1)
            handled(books, mails, second)
            assert "applying" in second.log
            until(lambda: at_rest(books), "the second has sent what it could claim")
            books.let_time_pass()
            until(books.all_is_done, "what the first had claimed is sent")
            second.stop()
        one_ticket_each_in_order_once(books, mails)
        # A letter may arrive twice, of which the dead desk could not note that it was sent.
        arrived = {taken.raw for taken in relay.taken}
        assert {message_id(raw) for raw in arrived} == {e.message_id for e in books.letters()}
        assert len(arrived) == len(books.letters())


def message_id(raw: bytes) -> str:
    found = re.search(rb"^Message-ID:\s*<([^>]+)>", raw, re.MULTILINE)
    assert found
    return found[1].decode()


def at_rest(books: Books) -> bool:
    before = len(books.letters("queued"))
    time.sleep(0.7)
    return before == len(books.letters("queued"))


def handled(books: Books, mails: list[Sent], desk: RunningDesk) -> None:
    copies = sum(each.name == TWICE and each.thread % 2 for each in mails)
    until(lambda: len(books.inbound()) == len(mails) + copies, f"all came in\n{desk.log}")
    until(lambda: not books.ledger().waiting, f"all is handled\n{desk.log}", 40)


def one_ticket_each_in_order_once(books: Books, mails: list[Sent]) -> None:
    threads: dict[int, set[int]] = defaultdict(set)
    texts: dict[int, list[str]] = defaultdict(list)
    for ticket, subject, text in books.messages():
        threads[int(subject.split()[-1])].add(ticket)
        texts[ticket].append(text.strip())
    assert len(books.tickets()) == THREADS
    assert {len(tickets) for tickets in threads.values()} == {1}
    for (ticket,) in threads.values():
        assert sorted(texts[ticket]) == [f"Mail {place}." for place in range(IN_EACH)]
        for writer in (0, 2):  # the mails of those who had no copies on another way
            own = [f"Mail {place}." for place in range(writer, IN_EACH, 3)]
            assert [text for text in texts[ticket] if text in own] == own
    in_order_of_arrival(books)
    letters = Counter((each.purpose, each.ticket_id) for each in books.letters())
    for ticket in books.tickets():
        assert letters["confirm_normal", ticket] == 1
        assert letters["staff_new", ticket] == 1
        assert letters["staff_reply", ticket] == IN_EACH - 1
    ledger = books.ledger()
    assert ledger.unaccounted == ()
    assert ledger.filed == len(mails)
    assert ledger.duplicate == ledger.received - len(mails)


def in_order_of_arrival(books: Books) -> None:
    """Look into the journal: what came first was filed first, in every ticket."""
    came: dict[int, list[int]] = defaultdict(list)
    for ticket, inbound in books.rows(EventRow.ticket_id, EventRow.inbound_id, order=EventRow.id):
        came[ticket].append(inbound)
    assert all(ids == sorted(ids) for ids in came.values())
    ways = {way for (way,) in books.rows(InboundRow.via)}
    assert ways == {"smtp", "lmtp", "imap"}
