"""The poller against a real Dovecot; what it hands over is recorded, not faked away."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from imapclient import SEEN
from imapclient.exceptions import IMAPClientError
from pydantic import SecretStr

from maildesk.config import Imap
from maildesk.doors.imap import Box, Head, connected, envelope
from maildesk.doors.imap_login import Lost, Refused
from maildesk.doors.poller import Poller
from maildesk.mail.place import Place
from maildesk.mail.smtp import Envelope
from tests.peers.dovecot import Dovecot

DAY = 86_400.0
LIMIT = 100_000
pytestmark = pytest.mark.peer("dovecot")


def mail(subject: str, octets: int = 0) -> bytes:
    head = (
        f"Return-Path: <anna@kunde.example>\r\nDelivered-To: Support+X@desk.example\r\n"
        f"Received: from mx\r\nDelivered-To: forged@desk.example\r\n"
        f"From: anna@kunde.example\r\nSubject: {subject}\r\n\r\n"
    )
    return head.encode() + b"Hallo\r\n" * (octets // 7 + 1)


class Recording:
    """Places in memory: what came, in order, and what became of it. `on_*` run before."""

    def __init__(self) -> None:
        self.mails: list[tuple[Envelope, bytes, int, bool]] = []
        self.last: dict[tuple[str, str, int], int] = {}
        self.unfinished: dict[tuple[str, str, int], set[int]] = {}
        self.skipped: list[int] = []
        self.batches: list[int] = []
        self.on_accept: Callable[[Envelope], None] = lambda _: None
        self.on_finished: Callable[[], None] = lambda: None

    def known(self, account: str, folder: str, uidvalidity: int) -> Place:
        key = (account, folder, uidvalidity)
        first = all(k[:2] != key[:2] for k in self.last)
        return Place(self.last.get(key, 0), tuple(sorted(self.unfinished.get(key, ()))), first)

    def accept(
        self, envelope: Envelope, raw: bytes, oversize: int = 0, quiet: bool = False
    ) -> None:
        self.on_accept(envelope)
        key = (envelope.account, envelope.folder, envelope.uidvalidity)
        assert envelope.uid > self.last.get(key, 0), "taken twice, or out of order"
        self.last[key] = envelope.uid
        self.unfinished.setdefault(key, set()).add(envelope.uid)
        self.mails.append((envelope, raw, oversize, quiet))

    def skip(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        key = (account, folder, uidvalidity)
        self.last[key] = max(self.last.get(key, 0), uid)
        self.skipped.append(uid)

    def finished(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        self.on_finished()
        self.unfinished[account, folder, uidvalidity] -= set(uids)
        self.batches.append(len(uids))

    @property
    def subjects(self) -> list[str]:
        return [
            raw.partition(b"Subject: ")[2].split(b"\r\n")[0].decode() for _, raw, _, _ in self.mails
        ]


class Desk:
    """One account of one Dovecot, and pollers that come and go."""

    def __init__(self, dovecot: Dovecot, name: str) -> None:
        self.dovecot, self.name, self.places = dovecot, name, Recording()
        self.said: list[str] = []
        dovecot.add(name)

    def account(self, **changes: Any) -> Imap:
        values = {"name": self.name, "host": "127.0.0.1", "port": self.dovecot.port, "tls": "none",
                  "user": self.name, "password": "secret", **changes}  # fmt: skip
        return Imap(**values)

    def poller(self, **changes: Any) -> Poller:
        account = self.account(**changes)
        say = lambda _, words: self.said.append(words)  # noqa: E731
        return Poller(account, LIMIT, self.places, lambda: datetime.now(UTC), say)

    @contextmanager
    def polling(self, **changes: Any) -> Iterator[Poller]:
        poller = self.poller(**changes)
        poller.start()
        try:
            yield poller
        finally:
            poller.stop()
            assert not poller._thread.is_alive()

    def deliver(self, *subjects: str, age: float = 0, octets: int = 0) -> None:
        for subject in subjects:
            self.dovecot.deliver(self.name, mail(subject, octets), age)

    def count(self, folder: str) -> int:
        with self.dovecot.connect(self.name) as peer:
            return int(peer.select_folder(folder)[b"EXISTS"]) if peer.folder_exists(folder) else 0


def wait_until(is_so: Callable[[], bool], seconds: float = 8) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with Dovecot() as peer:
        yield peer


@pytest.fixture
def desk(dovecot: Dovecot, request: pytest.FixtureRequest) -> Desk:
    name = "".join(c for c in request.node.name if c.isalnum())[:60].lower()
    return Desk(dovecot, name)


def contacted(poller: Poller) -> Callable[[], bool]:
    return lambda: poller.last_contact is not None


def test_mail_that_comes_while_it_idles_is_stored_and_moved_within_two_seconds(desk: Desk) -> None:
    with desk.polling() as poller:
        wait_until(contacted(poller))
        for n in range(1, 4):
            desk.deliver(f"Drucker {n}")
            wait_until(lambda n=n: len(desk.places.mails) == n, 2)  # type: ignore[misc]
        wait_until(lambda: desk.count("maildesk") == 3)
        began = time.monotonic()
        poller.stop()
        assert time.monotonic() - began < 2
    got, raw, oversize, quiet = desk.places.mails[0]
    assert (got.return_path, got.rcpt_to) == ("anna@kunde.example", ("support+x@desk.example",))
    assert (got.via, got.folder, oversize, quiet) == ("imap", "INBOX", 0, False)
    assert raw == mail("Drucker 1")
    assert abs((datetime.now(UTC) - got.received_at).total_seconds()) < 30
    assert desk.count("INBOX") == 0
    assert desk.said == ["connected", "stopped"]


def test_a_burst_while_it_reads_is_taken_whole_in_order_and_moved_in_batches(desk: Desk) -> None:
    def slow_and_busy(taken: Envelope) -> None:
        if taken.uid in (5, 20, 30):  # comes between FETCH and IDLE
            desk.deliver(f"spät {taken.uid}")

    desk.places.on_accept = slow_and_busy
    desk.deliver(*(f"n {n:02}" for n in range(30)))
    with desk.polling(batch=10, import_old=True) as poller:
        wait_until(lambda: len(desk.places.mails) == 33)
        wait_until(lambda: desk.count("maildesk") == 33)
        wait_until(contacted(poller))
    assert desk.places.subjects[:30] == [f"n {n:02}" for n in range(30)]
    assert desk.places.batches[:3] == [10, 10, 10]
    assert not any(desk.places.unfinished.values())


def test_a_killed_connection_and_a_restarted_server_lose_and_double_nothing(desk: Desk) -> None:
    with desk.polling() as poller:
        wait_until(contacted(poller))
        desk.deliver("eins")
        wait_until(lambda: desk.places.batches == [1])
        assert desk.dovecot.kill_connections() == 1
        desk.deliver("zwei")
        wait_until(lambda: len(desk.places.mails) == 2)
        assert any(words.startswith("lost: ") for words in desk.said)
        wait_until(lambda: poller.state == "connected")
        desk.dovecot.stop()
        desk.deliver("drei")
        desk.dovecot.start()
        wait_until(lambda: len(desk.places.mails) == 3, 12)
        wait_until(lambda: desk.count("maildesk") == 3)
    assert desk.places.subjects == ["eins", "zwei", "drei"]


def test_under_a_new_uidvalidity_everything_is_read_again(desk: Desk) -> None:
    with desk.polling(done="leave") as poller:
        wait_until(contacted(poller))
        desk.deliver("eins")
        wait_until(lambda: len(desk.places.mails) == 1)
    desk.dovecot.renew_uidvalidity(desk.name)
    desk.deliver("zwei")
    desk.deliver("uralt", age=90 * DAY)
    with desk.polling(done="leave"):
        wait_until(lambda: len(desk.places.mails) == 4)
    validities = [got.uidvalidity for got, *_ in desk.places.mails]
    assert validities[0] not in validities[1:]
    assert sorted(desk.places.subjects[1:]) == ["eins", "uralt", "zwei"]
    quiet = {
        s for s, (*_, quiet) in zip(desk.places.subjects, desk.places.mails, strict=True) if quiet
    }
    assert quiet == {"uralt"}


@pytest.mark.parametrize("batch", [1, 5])
def test_mail_expunged_between_search_and_fetch_is_passed_over(desk: Desk, batch: int) -> None:
    def expunge(taken: Envelope) -> None:
        if taken.uid == 1:
            with desk.dovecot.connect(desk.name) as peer:
                peer.select_folder("INBOX")
                peer.delete_messages([2, 8])
                peer.uid_expunge([2, 8])

    desk.places.on_accept = expunge
    desk.deliver(*(f"n{n}" for n in range(1, 11)), octets=2000)
    with desk.polling(batch=batch, import_old=True):
        wait_until(lambda: desk.count("maildesk") + desk.count("INBOX") == 8)
        wait_until(lambda: desk.places.subjects[-1:] == ["n10"])
    taken = [s for s in desk.places.subjects if s not in ("n2", "n8")]
    assert taken == ["n1", "n3", "n4", "n5", "n6", "n7", "n9", "n10"]
    assert "n8" not in desk.places.subjects
    assert not any(words.startswith("lost") for words in desk.said)


def test_a_fetch_of_a_gone_message_returns_the_others(desk: Desk) -> None:
    desk.deliver("a", "b", "c")
    with connected(desk.account()) as mailbox, desk.dovecot.connect(desk.name) as peer:
        box = mailbox.select()
        uids = mailbox.search(1, box)
        assert sorted(mailbox.heads(uids)) == [1, 2, 3]
        peer.select_folder("INBOX")
        peer.delete_messages([2])
        peer.expunge([2])
        assert sorted(mailbox.bodies(uids)) == [1, 3]
        assert (mailbox.exists(2), mailbox.exists(3)) == (False, True)
        assert mailbox.search(9, box) == []  # "9:*" would hold the last one


def test_a_mail_over_the_limit_is_kept_as_headers(desk: Desk) -> None:
    desk.deliver("klein")
    desk.deliver("groß", octets=LIMIT + 5000)
    desk.deliver("danach")
    with desk.polling(import_old=True):
        wait_until(lambda: desk.count("maildesk") == 3)
    assert desk.places.subjects == ["klein", "groß", "danach"]
    _, raw, oversize, _ = desk.places.mails[1]
    assert oversize == len(mail("groß", LIMIT + 5000))
    assert raw == mail("groß").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_a_message_that_cannot_be_read_does_not_hold_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maildesk.doors.poller._AGAIN", lambda _: 0.05)
    desk.deliver("a", "kaputt", "c")
    with desk.dovecot.connect(desk.name) as peer:  # sizes and dates are cached, then it breaks
        peer.select_folder("INBOX")
        peer.fetch([1, 2, 3], ["RFC822.SIZE", "INTERNALDATE"])
    for file in (desk.dovecot.folder / "mail" / desk.name / "Maildir" / "cur").iterdir():
        if b"kaputt" in file.read_bytes():
            file.chmod(0)
    with desk.polling(import_old=True, done="leave"):
        wait_until(lambda: len(desk.places.mails) == 3, 15)
    assert desk.places.subjects == ["a", "", "c"]
    assert desk.places.mails[1][2] > 0


FIRST = [
    # options                                     taken                    quiet    why
    ({},                                          ["neu"],                 [],      "only what comes from now on"),
    ({"import_old": True},                        ["alt", "neuer", "neu"], ["alt", "neuer"], "all, but old mail unanswered"),
    ({"since": "DAYS-AGO-2"},                     ["neuer", "neu"],        ["neuer"], "a day to begin with"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "taken", "quiet", "why"), FIRST)
def test_first_contact(
    desk: Desk, options: dict[str, Any], taken: list[str], quiet: list[str], why: str
) -> None:
    if "since" in options:
        options = {"since": f"{datetime.fromtimestamp(time.time() - 2 * DAY):%Y-%m-%d}"}
    desk.deliver("alt", age=40 * DAY)
    desk.deliver("neuer", age=DAY)
    with desk.polling(done="leave", **options) as poller:
        wait_until(contacted(poller))
        desk.deliver("neu")
        wait_until(lambda: "neu" in desk.places.subjects)
    assert desk.places.subjects == taken, why
    rows = zip(desk.places.subjects, desk.places.mails, strict=True)
    assert [subject for subject, (got, *_, q) in rows if q and got.via == "import"] == quiet, why


def test_an_empty_mailbox_is_contacted_only_once(desk: Desk) -> None:
    with desk.polling() as poller:
        wait_until(contacted(poller))
    desk.deliver("kam, als niemand da war")
    with desk.polling():
        wait_until(lambda: len(desk.places.mails) == 1)


def test_seen_mail_is_taken_and_unseen_mail_stays_unseen(desk: Desk) -> None:
    desk.deliver("gelesen", "ungelesen")
    with desk.dovecot.connect(desk.name) as peer:
        peer.select_folder("INBOX")
        peer.add_flags([1], [SEEN])
    with desk.polling(import_old=True, done="flag"):
        wait_until(lambda: desk.places.batches == [2])
    assert desk.places.subjects == ["gelesen", "ungelesen"]
    with desk.dovecot.connect(desk.name) as peer:
        peer.select_folder("INBOX")
        flags = peer.get_flags([1, 2])
    assert [(SEEN in flags[uid], b"$maildesk" in flags[uid]) for uid in (1, 2)] == [
        (True, True),
        (False, True),
    ]


def test_a_crash_between_storing_and_moving_stores_nothing_twice(desk: Desk) -> None:
    crashes = iter([RuntimeError("disk full of anna@kunde.example"), None])

    def crash() -> None:
        if error := next(crashes, None):
            raise error

    desk.places.on_finished = crash
    desk.deliver("eins", "zwei")
    with desk.polling(import_old=True):
        wait_until(lambda: sum(desk.places.batches) == 2)
    assert desk.places.subjects == ["eins", "zwei"]
    assert any("RuntimeError" in words for words in desk.said)
    assert not any("anna" in words for words in desk.said)

    # Stopped in that gap: the next process only moves.
    (key,) = desk.places.last
    with desk.dovecot.connect(desk.name) as peer:
        peer.append("INBOX", mail("drei"))
    desk.places.last[key] = 3
    desk.places.unfinished[key] = {3}
    with desk.polling():
        wait_until(lambda: desk.count("maildesk") == 3)
    assert len(desk.places.mails) == 2


def test_a_wrong_password_is_said_with_a_remedy_and_stops_nobody_else(desk: Desk) -> None:
    other = Desk(desk.dovecot, "neighbour")
    other.deliver("eins")
    with desk.polling(password=SecretStr("geheim-1")) as poller, other.polling(import_old=True):
        wait_until(lambda: poller.state.startswith("refused"))
        wait_until(lambda: len(other.places.mails) == 1)
        began = time.monotonic()
        poller.stop()
        assert time.monotonic() - began < 2
    assert "set user and password" in desk.said[0]
    assert "geheim-1" not in desk.said[0]


WAYS = [
    # tls         trusts   says          why
    ("tls",       True,    "connected",  "implicit TLS"),
    ("starttls",  True,    "connected",  "STARTTLS, and what the server can is asked again after it"),
    ("tls",       False,   "refused",    "nobody vouches for the certificate"),
    ("starttls",  False,   "refused",    "the same after STARTTLS"),
]  # fmt: skip


@pytest.mark.parametrize(("tls", "trusts", "says", "why"), WAYS)
def test_tls(desk: Desk, tls: str, trusts: bool, says: str, why: str) -> None:
    port = desk.dovecot.tls_port if tls == "tls" else desk.dovecot.port
    ca_file = desk.dovecot.ca_file if trusts else None
    desk.deliver("eins")
    with desk.polling(
        tls=tls, port=port, ca_file=ca_file, host="localhost", import_old=True
    ) as poller:
        wait_until(lambda: poller.state.startswith(says))
        if says == "connected":
            wait_until(lambda: desk.count("maildesk") == 1)
            wait_until(contacted(poller))
            desk.deliver("zwei")
            wait_until(lambda: len(desk.places.mails) == 2, 2)
        else:
            assert "set ca_file" in poller.state, why
        began = time.monotonic()
        poller.stop()
        assert time.monotonic() - began < 2, why


def test_a_server_without_idle_and_move_is_polled_and_copied_from() -> None:
    with Dovecot("imap_capability = IMAP4rev1 UIDPLUS") as dovecot:
        desk = Desk(dovecot, "plain")
        with desk.polling(poll_seconds=0.2) as poller:
            wait_until(contacted(poller))
            desk.deliver("eins", "zwei")
            wait_until(lambda: sum(desk.places.batches) == 2)
        assert (desk.count("INBOX"), desk.count("maildesk")) == (0, 2)


def test_a_done_folder_that_is_refused_is_said_and_reading_goes_on(desk: Desk) -> None:
    with desk.polling(done_folder="a/../b") as poller:
        wait_until(contacted(poller))
        desk.deliver("eins")
        wait_until(lambda: poller.state.startswith("stuck"))
        desk.deliver("zwei")
        wait_until(lambda: len(desk.places.mails) == 2)
    assert "done_folder" in desk.said[1]


def test_a_missing_folder_is_refused_with_a_remedy(desk: Desk) -> None:
    with desk.polling(folder="Fehlt") as poller:
        wait_until(lambda: poller.state.startswith("refused"))
    assert "set folder" in desk.said[0]


def test_a_connection_that_dies_while_idling_is_noticed_at_once(desk: Desk) -> None:
    """A closed connection answers idle_check with nothing, at once and for ever."""
    began = time.process_time()
    with connected(desk.account()) as mailbox:
        mailbox.select()
        killer = threading.Timer(0.3, desk.dovecot.kill_connections)
        killer.start()
        with pytest.raises((Lost, IMAPClientError)):
            mailbox.idle(30)
        killer.join()
        mailbox.wake()
        with pytest.raises((OSError, IMAPClientError)):
            mailbox.select()
    assert time.process_time() - began < 1


def test_a_password_with_line_ends_is_neither_sent_nor_shown(desk: Desk) -> None:
    account = desk.account(password=SecretStr("geheim\r\nX LOGOUT"))
    with pytest.raises(Refused, match="control characters") as refused, connected(account):
        pass
    assert "geheim" not in str(refused.value)


WRONG = [
    # options                                 says                  why
    ({"since": "1.3.2026"},                   "not a day",          "a date in another form"),
    ({"done_folder": "INBOX"},                "never leave",        "moved onto itself for ever"),
    ({"folder": "A\r\nX LOGOUT"},             "control characters", "CR LF would be a command"),
    ({"done_folder": "A\r\nX LOGOUT"},        "control characters", "CR LF would be a command"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "says", "why"), WRONG)
def test_what_can_never_work_is_refused_before_it_starts(
    options: dict[str, str], says: str, why: str
) -> None:
    account = Imap(name="a", host="localhost", user="a").model_copy(update=options)
    with pytest.raises(ValueError, match=says):
        Poller(account, LIMIT, Recording(), lambda: datetime.now(UTC), lambda *_: None)


ENVELOPES = [
    # headers                                                return path        recipients          why
    ("Return-Path: <>\nX-Original-To: A@d.example\nReceived: x", "",            ("a@d.example",),   "null, and Postfix"),
    ("Return-path: <b@c.example>\nEnvelope-to: x@d.example",  "b@c.example",    ("x@d.example",),   "Exim"),
    ("Received: x\nDelivered-To: f@d.example\nFrom: b@c.example", "",           ("me",),            "forged below Received"),
    ("Delivered-To: \udcff\udcfe\nFrom broken",               "",               ("me",),            "no fields at all"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "return_path", "rcpt_to", "why"), ENVELOPES)
def test_the_envelope_is_what_the_delivery_agent_wrote(
    headers: str, return_path: str, rcpt_to: tuple[str, ...], why: str
) -> None:
    raw = headers.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n\r\nText"
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    account = Imap(name="a", host="localhost", user="me")
    head = Head(7, len(raw), datetime(2031, 1, 1, tzinfo=UTC))
    got = envelope(account, Box(1, 8, 1, True), head, raw, "imap", now)
    assert (got.return_path, got.rcpt_to) == (return_path, rcpt_to), why
    assert got.received_at == now
