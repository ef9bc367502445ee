"""Mail that comes by IMAP: one thread for each account, which reads, stores and moves it.

A round selects the folder, stores what is new in the order of its uids, and moves it away once
it is stored. Between rounds the thread idles (RFC 2177) or sleeps. What was read is known by
(account, folder, UIDVALIDITY, uid) in the desk's `Places`, never by \\Seen.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter

from maildesk.config import Imap
from maildesk.doors.imap import Box, Head, Mailbox, Places, connected, envelope
from maildesk.doors.imap_login import Lost, Refused, plain, words
from maildesk.mail.place import Place

BATCH_OCTETS = 8 * 1024 * 1024
SKEW = timedelta(minutes=10)
"""How far the server's clock may be from ours before its mail counts as old."""
STALE = timedelta(days=1)
"""Mail of this age is not answered when a new UIDVALIDITY has everything read again."""
SETTLE = 1.0
"""Seconds of the first IDLE after mail came."""
_AGAIN = wait_exponential_jitter(multiplier=1, max=300, jitter=1)
_REFUSED_AGAIN = wait_exponential_jitter(multiplier=30, max=300, jitter=10)
# A message that the server announces but does not hand over must not hold the others for ever.
_ALONE_AFTER, _HEADERS_AFTER, _NOTHING_AFTER = 2, 4, 6


class Poller:
    """Reads one mailbox into the desk until it is stopped; a fault of any kind is tried again.

    `limit` is the size of the biggest mail that is taken whole, in octets. `on_state` is told
    the account's name and words for the log, on the poller's thread: "connected", "lost: ...",
    "refused: ..." (with the remedy), "stuck: ..." (mail is read but cannot be moved away),
    "stopped". Raises ValueError for a configuration that can never work.
    """

    def __init__(
        self,
        account: Imap,
        limit: int,
        places: Places,
        now: Callable[[], datetime],
        on_state: Callable[[str, str], None],
    ) -> None:
        self._account = account
        self._since = _day(account)
        self._limit = limit
        self._places = places
        self._now = now
        self._on_state = on_state
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"imap-{account.name}", daemon=True)
        self._mailbox: Mailbox | None = None
        self._healthy = False
        self._state = "new"
        self._last_contact: datetime | None = None
        self._started = now()
        self._seen: dict[int, int] = {}  # UIDVALIDITY: every uid up to this one was looked at
        self._old: dict[int, datetime] = {}  # UIDVALIDITY: older mail is not answered
        self._tries: Counter[int] = Counter()  # how often a body was asked for, by uid

    @property
    def state(self) -> str:
        """What `on_state` was told last; "new" before that."""
        return self._state

    @property
    def last_contact(self) -> datetime | None:
        """When the folder was last read to its end, aware; None before."""
        return self._last_contact

    def start(self) -> None:
        """Begin. May be called once."""
        self._thread.start()

    def stop(self, timeout: float = 10) -> None:
        """End the thread, also one that idles; returns after `timeout` seconds at the latest.

        A message that is being stored is stored to its end.
        """
        self._stopping.set()
        if mailbox := self._mailbox:
            mailbox.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),  # one of ours that fails is tried again, too
            wait=self._pause,
            stop=stop_when_event_set(self._stopping),
            sleep=sleep_using_event(self._stopping),
            before_sleep=self._say_why,
            retry_error_callback=lambda _: None,
        )
        while not self._stopping.is_set():
            retrying(self._session)
        self._say("stopped")

    def _pause(self, attempt: RetryCallState) -> float:
        if self._healthy:
            attempt.attempt_number = 1
        self._healthy = False
        refused = attempt.outcome and isinstance(attempt.outcome.exception(), Refused)
        return (_REFUSED_AGAIN if refused else _AGAIN)(attempt)

    def _say_why(self, attempt: RetryCallState) -> None:
        error = attempt.outcome.exception() if attempt.outcome else None
        if self._stopping.is_set() or error is None:
            return
        wait = f"trying again in {attempt.upcoming_sleep:.0f} s"
        if isinstance(error, Refused):
            self._say(f"refused: {words(error)}; {wait}")
        elif isinstance(error, (OSError, Lost, IMAPClientError)):
            self._say(f"lost: {words(error)}; {wait}")
        else:  # ours: a locked database, a bug; its text may hold what is in a mail
            self._say(f"lost: {type(error).__name__} while a mail was stored; {wait}")

    def _say(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self._on_state(self._account.name, state)

    def _session(self) -> None:
        if self._stopping.is_set():  # woken from the sleep between two attempts
            return
        with connected(self._account) as mailbox:
            self._mailbox = mailbox
            try:
                fresh = True
                while not self._stopping.is_set():
                    while self._round(mailbox):
                        fresh = True
                    self._healthy = True
                    self._last_contact = self._now()
                    self._wait(mailbox, fresh)
                    fresh = False
            finally:
                self._mailbox = None

    def _wait(self, mailbox: Mailbox, fresh: bool) -> None:
        """Return when mail may have come; right after other mail has, look again soon.

        Dovecot tells an idler nothing of what came between its last look and IDLE, and mail
        comes in bursts. So a lost hint costs a second, and a poll at the most.
        """
        if self._stopping.is_set():
            return
        if mailbox.idles:
            longest = min(self._account.idle_minutes * 60, self._account.poll_seconds)
            mailbox.idle(min(SETTLE, longest) if fresh else longest)
        else:
            self._stopping.wait(self._account.poll_seconds)

    def _round(self, mailbox: Mailbox) -> bool:
        """Take what is new; returns whether to look again before idling.

        IDLE tells only what no command told before it, and imaplib swallows what comes with the
        answer to a FETCH. So the last word before IDLE is a SELECT whose UIDNEXT promises nothing
        new.
        """
        box = mailbox.select()
        place = self._places.known(self._account.name, self._account.folder, box.uidvalidity)
        if self._state.startswith(("new", "lost", "refused")):
            self._say("connected")
        if place.first and not self._old:
            place = self._first_contact(mailbox, box)
        elif place.last_uid == 0:
            self._old.setdefault(box.uidvalidity, self._now() - STALE)
        if place.unfinished:
            self._finish(mailbox, box, place.unfinished)
        seen = max(place.last_uid, self._seen.get(box.uidvalidity, 0))
        if self._stopping.is_set() or (box.uidnext and seen >= box.uidnext - 1):
            return False
        uids = mailbox.search(seen + 1, box, self._since)
        for n in range(0, len(uids), self._account.batch):
            self._take(mailbox, box, uids[n : n + self._account.batch])
            if self._stopping.is_set():
                return False
        self._seen[box.uidvalidity] = max(seen, box.uidnext - 1, *uids[-1:])
        return bool(uids)

    def _first_contact(self, mailbox: Mailbox, box: Box) -> Place:
        """Record the first contact; without since or import only later mail is ours to answer."""
        self._old[box.uidvalidity] = self._now() - SKEW
        last = 0
        if not self._since and not self._account.import_old:
            last = box.uidnext - 1 if box.uidnext else max(mailbox.search(1, box), default=0)
        self._places.skip(self._account.name, self._account.folder, box.uidvalidity, last)
        place = self._places.known(self._account.name, self._account.folder, box.uidvalidity)
        return place if place.last_uid >= last else Place(last, place.unfinished)

    def _take(self, mailbox: Mailbox, box: Box, uids: Sequence[int]) -> None:
        """Store one batch, strictly in the order of its uids, and then move it away."""
        heads = mailbox.heads(uids)
        stored: list[int] = []
        for group in self._groups(uids, heads):
            bodies = self._read(mailbox, group, heads)
            for uid in group:
                if self._stopping.is_set():
                    return
                via = self._via(heads[uid], box) if uid in bodies else ""
                if via:
                    raw, oversize = bodies[uid]
                    taken = envelope(self._account, box, heads[uid], raw, via, self._now())
                    self._places.accept(taken, raw, oversize, quiet=via == "import")
                    stored.append(uid)
                else:
                    name, folder = self._account.name, self._account.folder
                    self._places.skip(name, folder, box.uidvalidity, uid)
        if stored:
            self._finish(mailbox, box, stored)

    def _groups(self, uids: Sequence[int], heads: dict[int, Head]) -> Iterator[list[int]]:
        """Yield the uids in turn, in groups of at most 8 MiB; a difficult one stands alone."""
        group: list[int] = []
        octets = 0
        for uid in uids:
            size = heads[uid].size if uid in heads else 0
            alone = size > self._limit or self._tries[uid] >= _ALONE_AFTER
            if group and (alone or octets + size > BATCH_OCTETS):
                yield group
                group, octets = [], 0
            group.append(uid)
            octets += size
            if alone:
                yield group
                group, octets = [], 0
        if group:
            yield group

    def _read(
        self, mailbox: Mailbox, group: list[int], heads: dict[int, Head]
    ) -> dict[int, tuple[bytes, int]]:
        """Return (bytes, oversize) of each message of a group that is still there."""
        there = [uid for uid in group if uid in heads]
        self._tries.update(there)  # registered before trying: a FETCH may kill the connection
        whole = [uid for uid in there if self._is_wanted_whole(heads[uid])]
        read = {uid: (raw, 0) for uid, raw in (mailbox.bodies(whole) if whole else {}).items()}
        for uid in there:
            raw, size = read.get(uid, (None, 0))[0], heads[uid].size
            if raw is not None and len(raw) > self._limit:  # RFC822.SIZE may be wrong
                read[uid] = (raw[: raw.find(b"\r\n\r\n") + 4], len(raw))
            elif raw is None and mailbox.exists(uid):
                read[uid] = (self._headers(mailbox, heads[uid]), max(size, 1))
            del self._tries[uid]
        return read

    def _is_wanted_whole(self, head: Head) -> bool:
        return head.size <= self._limit and self._tries[head.uid] <= _HEADERS_AFTER

    def _headers(self, mailbox: Mailbox, head: Head) -> bytes:
        if self._is_wanted_whole(head):
            raise Lost(f"the server does not hand over message {head.uid}")
        if self._tries[head.uid] > _NOTHING_AFTER:
            return b""
        raw = mailbox.headers(head.uid)
        if raw is None:
            raise Lost(f"the server does not hand over the headers of message {head.uid}")
        return raw

    def _via(self, head: Head, box: Box) -> str:
        """Return by which way a mail counts as come: imap, import (answer nothing), "" for not.

        Old is what lay there before the first contact. While import_old is set it is what came
        before this start, so that an import that was broken off goes on as one.
        """
        if head.internal_date is None:
            return "imap"
        if self._since and head.internal_date.date() < self._since:
            return ""
        old = self._started - SKEW if self._account.import_old else self._old.get(box.uidvalidity)
        return "import" if old and head.internal_date < old else "imap"

    def _finish(self, mailbox: Mailbox, box: Box, uids: Sequence[int]) -> None:
        """Move messages away, in batches. What is refused is tried again in the next round."""
        for n in range(0, len(uids), self._account.batch):
            batch = uids[n : n + self._account.batch]
            try:
                mailbox.finish(batch, box)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                self._say(
                    f"stuck: mail is read, but cannot be put away ({words(error)}); "
                    "set done or done_folder, or mend the folder"
                )
                return
            self._places.finished(self._account.name, self._account.folder, box.uidvalidity, batch)
        if self._state.startswith("stuck"):
            self._say("connected")


def _day(account: Imap) -> date | None:
    """Return `since` as a day, and check the rest of an account that only fails later on."""
    plain(account.folder)
    if plain(account.done_folder) == account.folder and account.done == "move":
        raise ValueError(f"{account.name}: done_folder must not be folder: mail would never leave")
    if not account.since:
        return None
    try:
        return datetime.strptime(account.since, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(
            f"{account.name}: since = {account.since!r} is not a day such as 2026-03-01"
        ) from None
