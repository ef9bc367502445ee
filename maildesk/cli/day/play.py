"""The day's course: a desk whose clock goes from minute to minute, and mail in and out of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from maildesk.cli.day.people import DESK, STAFF, Person
from maildesk.cli.day.plain import PLAIN, Plain
from maildesk.cli.day.rows import settle_in
from maildesk.cli.day.stories import STORIES, Mail
from maildesk.config import DatabaseSection, Desk, Keys, Site
from maildesk.config.work import Assign
from maildesk.daemon.start import prepare
from maildesk.desk import intake, passing
from maildesk.desk.applier import Applier
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.outbox import Outbox
from maildesk.desk.reader import Readers
from maildesk.mail.smtp import Envelope, Reply
from maildesk.render import Renderer
from maildesk.rules.backoff import Verdict
from maildesk.store import ledger
from maildesk.store.ledger import Ledger
from maildesk.store.tables import InboundRow, OutboundRow

ZONE = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 11, 24, tzinfo=ZONE)  # a Tuesday like any other
BEGINS, ENDS = time(6, 30), time(18, 15)
MINUTES = (ENDS.hour - BEGINS.hour) * 60 + ENDS.minute - BEGINS.minute + 1
MANY = 1000


@dataclass(frozen=True, slots=True)
class Got:
    """A letter in somebody's mailbox. `key` is the story it belongs to, if it is one's."""

    at: datetime
    purpose: str
    ticket_id: int | None
    message: EmailMessage

    @property
    def text(self) -> str:
        """Return the plain text."""
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""


class DayPlay:
    """A desk on a folder of its own, and its day. `mailboxes` fill as it goes."""

    def __init__(self, folder: Path, readers: Readers) -> None:
        site = Site(
            desk=Desk(address=DESK, name="Agentur", automatic_from=("monitor@agentur-server.example",)),
            database=DatabaseSection(url=f"sqlite:///{folder}/maildesk.db"),
            keys=Keys(file=folder / "keys.json"),
            assign=Assign(rule="least_loaded"),
        )  # fmt: skip
        self.now = _at(BEGINS)
        self.desk = open_desk(site, load_keyring(site.keys.file), Renderer())
        prepare(self.desk)
        self.desk.db.change(lambda session: settle_in(session, self.now))
        self._applier = Applier(self.desk, readers, lambda: self.now)
        self._outbox = Outbox(self.desk.db)
        self.mailboxes: dict[str, list[Got]] = defaultdict(list)
        self._opened: dict[str, int] = {}  # by a story's key the mail that opened its ticket
        self._number = 0

    def play(self) -> Iterator[datetime]:
        """Let the day pass; yields each minute, so that somebody may show how far it is.

        Raises LookupError where a mail should answer a letter that nobody got.
        """
        todo = sorted(_script(), key=lambda mail: mail.at)
        while self.now <= _at(ENDS):
            while todo and _moment(todo[0].at) <= self.now:
                self._deliver(todo.pop(0))
            passing.look_around(self.desk, self.now)
            self._send()
            yield self.now
            self.now += timedelta(minutes=1)

    def ledger(self) -> Ledger:
        """Return the day's numbers."""
        with self.desk.db.read() as session:
            return ledger.count(session)

    def close(self) -> None:
        """Close the database."""
        self.desk.db.close()

    def _deliver(self, mail: Mail) -> None:
        message, rcpt = self._message(mail)
        path = "" if mail.auto and not mail.key else mail.who.address
        envelope = Envelope(path, (rcpt,), "smtp", self.now)
        inbound_id = intake.accept(self.desk.db, envelope, message.as_bytes())
        if mail.subject and mail.key:
            self._opened[mail.key] = inbound_id
        self._applier.run_until_idle()

    def _message(self, mail: Mail) -> tuple[EmailMessage, str]:
        message = EmailMessage(policy=SMTP)
        got = None if mail.subject else self._letter_to(mail)
        who = self._writer(mail, got)
        self._number += 1
        message["From"] = f"{who.name} <{who.address}>"
        message["Date"] = format_datetime(self.now)
        message["Message-ID"] = f"<{self._number}.day@{who.address.rpartition('@')[2]}>"
        text = f"{mail.text}\n\n{who.signature}\n" if mail.text and not mail.auto else mail.text
        if mail.auto:
            message["Auto-Submitted"] = "auto-replied" if got else "auto-generated"
        if got is None:
            message["To"], message["Subject"] = DESK, mail.subject
            message.set_content(text or "\n")
            return message, DESK
        rcpt = str(got.message["Reply-To"])
        message["To"] = rcpt
        message["Subject"] = f"AW: {got.message['Subject']} {mail.orders}".rstrip()
        message["In-Reply-To"] = message["References"] = got.message["Message-ID"]
        quoted = "".join(f"> {line}\n" for line in got.text.splitlines())
        message.set_content(f"{text}\nAm 24.11.2026 schrieb Agentur:\n{quoted}")
        return message, rcpt

    def _writer(self, mail: Mail, got: Got | None) -> Person:
        """Return who writes: of two agents the one whose ticket it has become."""
        if got is None or mail.who not in STAFF.values():
            return mail.who
        return next(agent for agent in STAFF.values() if got in self.mailboxes[agent.address])

    def _letter_to(self, mail: Mail) -> Got:
        with self.desk.db.read() as session:
            opened = session.get(InboundRow, self._opened.get(mail.key, 0))
            ticket = opened.ticket_id if opened else None
        agents = tuple(STAFF.values()) if mail.who in STAFF.values() else ()
        for person in (mail.who, *agents):
            for got in reversed(self.mailboxes[person.address]):
                if got.ticket_id == ticket and mail.to in ("", got.purpose):
                    return got
        raise LookupError(
            f"{mail.at}: {mail.who.name} got no letter about {mail.key!r} {mail.to}".rstrip()
        )

    def _send(self) -> None:
        for parcel in self._outbox.claim(self.now, MANY):
            with self.desk.db.read() as session:
                row = session.get_one(OutboundRow, parcel.id)
                purpose, ticket_id = row.purpose, row.ticket_id
            message = message_from_bytes(parcel.raw, policy=SMTP)
            got = Got(self.now.astimezone(ZONE), purpose, ticket_id, message)
            self.mailboxes[parcel.rcpt_to].append(got)
            self._outbox.settle([(parcel, Reply(250, "2.0.0", "kept"), Verdict.SENT)], self.now)


def _script() -> Iterator[Mail]:
    """Yield every mail of the day: the stories, and the ordinary work."""
    yield from STORIES
    for number, plain in enumerate(PLAIN):
        key = f"plain{number}"
        yield Mail(plain.at, plain.who, key, plain.text, plain.subject)
        if plain.answered:
            yield _answer(plain, key)


def _answer(plain: Plain, key: str) -> Mail:
    return Mail(plain.answered, STAFF[plain.agent], key, plain.answer, orders=plain.orders)


def _moment(at: str) -> datetime:
    return _at(time.fromisoformat(at))


def _at(clock: time) -> datetime:
    return datetime.combine(DAY.date(), clock, ZONE)
