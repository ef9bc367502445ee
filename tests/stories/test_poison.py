"""Poison of every kind that was ever measured, in the middle of 200 good mails."""

import re
import smtplib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from maildesk.store.tables import RawRow
from tests.peers.relay import RelayPeer
from tests.promises.mails import load, names
from tests.promises.test_p04_bounded_work import BOMBS
from tests.stories.daemon import SUPPORT, RunningDesk, opened, until
from tests.stories.knock import PATIENCE, knocking
from tests.stories.mta import Mta, mail

GOOD, CUSTOMERS, LINES = 200, 20, 4
HEAD = b"From: Poison <p@elsewhere.example>\r\nTo: support@desk.example\r\nMessage-ID: <%s@e.example>\r\n"
PLACES = {"to": SUPPORT, "tag": "DD-10008", "words": "x"}


def of(beginning: str) -> Iterator[bytes]:
    """Yield the attacks on a promise whose mails begin so."""
    for number, name in enumerate(names(beginning)):
        kind = {"p04_slow": "tables"}.get(name, name.removeprefix("p04_"))
        places = PLACES | {"name": name, "number": str(number), kind: BOMBS.get(kind, b"")}
        raw = load(name, **places)
        if not re.search(rb"\r(?!\n)|(?<!\r)\n", raw):  # these are refused, see below
            yield raw


def libraries() -> Iterator[bytes]:
    """Yield what other readers of mail stumble over: twice a field, odd names, nesting, NUL."""
    head = HEAD % b"twice" + b"Subject: one\r\nSubject: two\r\n =?utf-8?q?=0D=0A?=\r\nSubject:\r\n"
    yield head + b"\r\nTwo subjects.\r\n"
    kinds = b'Content-Type: text/plain; charset="utf-8\0"; name="../../../etc/passwd"\r\n'
    yield (
        HEAD % b"names" + kinds + b'Content-Disposition: attachment; filename="../.."\r\n\r\nx\r\n'
    )
    parts = (b"text/rfc822-headers", b"text/calendar", b"message/rfc822", b"message/partial")
    yield (
        HEAD % b"parts"
        + b"Content-Type: multipart/report; boundary=b\r\n\r\n"
        + b"".join(b"--b\r\nContent-Type: %b\r\n\r\nMessage-ID: <\r\n" % part for part in parts)
    )


def wires() -> Iterator[bytes]:
    """Yield what a listener passes through as it came: NUL, lines of a megabyte, 8-bit fields."""
    yield HEAD % b"nul" + b"Subject: a\0b\r\n\r\n" + b"\0" * 5_000 + b"\r\n"
    yield HEAD % b"line" + b"Subject: " + b"x" * 900 + b"\r\n\r\n" + b"y" * 900 + b"\r\n"
    yield HEAD % b"raw" + b"Subject: \xff\xfe\xe4\r\nX-\xe4: \xe4\r\n\r\n\xff\xfe\x80\r\n"
    yield b"\r\n\r\n\r\n"
    yield b"no field at all\r\n"


POISON = {
    "1 injected fields": lambda: list(of("p16")),
    "2 headers that raise": lambda: list(of("p03")),
    "3 quadratic headers": lambda: list(of("p04")),
    "4 an author in disguise": lambda: list(of("p14")),
    "5 what libraries overlook": lambda: list(libraries()),
    "6 what a listener lets through": lambda: list(wires()),
}


def test_200_good_mails_do_not_notice_the_poison_between_them(tmp_path):
    poison = [raw for kind in POISON for raw in POISON[kind]()]
    good = [
        (sender := f"anna@customer{number % CUSTOMERS + 1}.example",
         mail(sender, f"Good {number}", f"<{number}@customer.example>", "Help.", number=number))
        for number in range(GOOD)
    ]  # fmt: skip
    queue: list[tuple[str, bytes]] = []
    every = GOOD // len(poison)
    for number, one in enumerate(good):
        queue.append(one)
        if number % every == 0 and number // every < len(poison):
            queue.append(("p@elsewhere.example", poison[number // every]))
    assert len(queue) == GOOD + len(poison)

    url = f"sqlite:///{tmp_path}/desk.db"
    with (
        opened(url, CUSTOMERS) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "desk", url, relay.port) as desk,
    ):
        with knocking(desk.smtp) as waits:
            began = time.monotonic()
            lines = [Mta(queue[line::LINES]) for line in range(LINES)]
            with ThreadPoolExecutor(LINES) as pool:
                for number, line in enumerate(lines):
                    pool.submit(
                        line.deliver, desk.lmtp if number % 2 else desk.smtp, number % 2 == 1
                    )
            assert not any(line.queue for line in lines), "all were taken"
            subjects = {f"Good {number}" for number in range(GOOD)}
            until(lambda: subjects <= {s for _, s, _ in books.messages()}, "the good are filed", 40)
            until(lambda: not books.ledger().waiting, f"all are settled\n{desk.log[-2000:]}", 30)
        print(f"\n{len(poison)} among {GOOD}: settled in {time.monotonic() - began:.1f} s")

        # A bare line end is the one thing that is refused, before anything is kept.
        with (
            smtplib.SMTP("127.0.0.1", desk.smtp, timeout=10) as peer,
            pytest.raises(smtplib.SMTPDataError, match=r"5\.5\.2"),
        ):
            peer.sendmail("p@e.example", [SUPPORT], b"Subject: x\n\nbare\n")
        desk.stop()
        assert "Traceback" not in desk.log
        assert books.ledger().unaccounted == ()
        assert len(books.inbound()) == len(queue)
        assert {row.state for row in books.inbound()} <= {"filed", "automatic", "set_aside"}
        kept = {bytes(content) for (content,) in books.rows(RawRow.content)}
        assert kept == {raw for _, raw in queue}, "all of it, byte for byte"
        # The good ones have a ticket each, and are answered.
        confirmed = [each for each in books.letters() if each.purpose == "confirm_normal"]
        assert len(confirmed) == GOOD
    assert max(waits) < PATIENCE, "the doors answered meanwhile"
