"""P4: every mail is settled in bounded time and memory, and the doors answer meanwhile."""

from tests.peers.relay import RelayPeer
from tests.promises.mails import load, names
from tests.stories.daemon import RunningDesk, opened, until
from tests.stories.knock import PATIENCE, knocking
from tests.stories.mta import Mta, mail

TABLE = b"<table>" + b"<tr><td>a b c d</td></tr>\r\n" * 4000 + b"\r\n"
BOMBS = {
    "semicolons": b";" * 100_000,
    "encoded_words": b"=?utf-8?q?a?=\r\n " * 20_000,
    "addresses": b"a@b.example, " * 20_000,
    "nested": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(3_000)
    ),
    "parts": b"--x\r\n\r\nabc\r\n" * 50_000,
    "tags": b"<div><blockquote>" * 30_000,
    "quotes": b"> " * 100_000 + b"\r\n" + b"On Monday 1 Bob\r\n> \r\n" * 20_000,
    "tables": (b"--b\r\nContent-Type: text/html\r\n\r\n" + TABLE) * 8,
}


def test_p04_bombs_are_settled_and_the_door_answers_meanwhile(tmp_path):
    bombs = []
    for name in names("p04"):
        kind = "tables" if name == "p04_slow" else name.removeprefix("p04_")
        bombs.append(load(name, **{"name": kind, kind: BOMBS[kind]}))
    anna = "anna@customer1.example"
    queue = [("bomb@elsewhere.example", raw) for raw in bombs]
    queue.append((anna, mail(anna, "Behind them", "<1@customer1.example>")))
    url = f"sqlite:///{tmp_path}/desk.db"
    with (
        opened(url) as books,
        RelayPeer() as relay,
        RunningDesk(tmp_path / "desk", url, relay.port) as desk,
        knocking(desk.smtp) as waits,
    ):
        peer = Mta(queue)
        peer.deliver(desk.smtp)
        assert not peer.queue, "all were taken"
        until(lambda: not books.ledger().waiting, f"all are settled\n{desk.log}", 40)
        used = max(each.memory_info().rss for each in desk.readers())
        assert used < 512 * 2**20
        assert books.ledger().unaccounted == ()
        assert "Behind them" in {subject for _, subject, _ in books.messages()}
        assert {row.state for row in books.inbound()} <= {"filed", "set_aside"}
    assert len(waits) > 10
    assert max(waits) < PATIENCE
