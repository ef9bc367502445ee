"""A desk with its people, whose clock stands still until a test moves it: mail in, letters out."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from maildesk.config import Site
from maildesk.config.models import Assign, DatabaseSection, Desk, Keys, Templates
from maildesk.daemon.start import prepare
from maildesk.desk import alarms, clock, context, digest, intake
from maildesk.desk.applier import Applier
from maildesk.desk.context import open_desk
from maildesk.desk.keys import load_keyring
from maildesk.desk.reader import Readers
from maildesk.mail.smtp import Envelope
from maildesk.render import Renderer
from maildesk.rules.number import tag
from maildesk.rules.process import cycle, history
from maildesk.rules.promise import due
from maildesk.rules.requests import named
from maildesk.rules.signed import HANDLE, Purpose, SignedAddress, read_address, read_message_id
from maildesk.rules.ticket import State
from maildesk.store.contracts import ContractRow
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    ContactRow,
    CustomerRow,
    DomainRow,
    EventRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    TicketRow,
)
from maildesk.store.work_tables import TimeRow
from tests.peers.tables import with_tables

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, 10:00 in Berlin
SUPPORT = "support@desk.example"
LENA, MURAT = "lena@agency.example", "murat@agency.example"  # Lena gets the new tickets
ANNA, BERT = "anna@firm.example", "bert@firm.example"  # of the firm that accepted the terms
EMILY = "emily@tea.example"  # of one that did not, and writes English
ORDERED = ("ordered", "a normal ticket instead")  # the promise is given with the order
DIGESTS = ("staff_digest", "staff_evening", "staff_digest_done", "staff_digest_refused")


def mail(
    sender: str,
    subject: str,
    text: str = "The shop is empty.",
    to: str = SUPPORT,
    message_id: str = "",
    reply_to: Sequence[str] = (),
    **more: str,
) -> bytes:
    """Return a message. `reply_to` are the Message-IDs it refers to, the parent last."""
    fields = {
        "Message-ID": f"<{message_id}>" if message_id else "",
        "In-Reply-To": f"<{reply_to[-1]}>" if reply_to else "",
        "References": " ".join(f"<{mid}>" for mid in reply_to),
    } | {name.replace("_", "-"): value for name, value in more.items()}
    fields.setdefault("Date", "Mon, 23 Nov 2026 09:59:00 +0100")
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    head += [f"{name}: {value}" for name, value in fields.items() if value]
    return ("\r\n".join([*head, "", *text.split("\n")]) + "\r\n").encode()


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter as it left: its envelope, and the message as the standard library reads it."""

    id: int
    purpose: str
    ticket_id: int | None
    return_path: str
    rcpt_to: str
    counted: bool
    undeliverable: str
    raw: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part
        # Words that belong together are held by no-break spaces; prose is wrapped.
        return " ".join(str(part.get_content()).replace("\u00a0", " ").split())

    @property
    def mid(self) -> str:
        return str(self.message["Message-ID"]).strip("<>")

    @property
    def reply_to(self) -> str:
        return str(self.message["Reply-To"] or "")


@lru_cache(maxsize=1000)  # the same letters are looked at again and again
def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=SMTP)
    parsed = message.items()
    for name, _ in parsed:
        del message[name]
    for name, value in parsed:  # kept as it was read: else it is read at each look
        message[name] = value
    return message


class Office:
    """A desk, and what goes on in it. `now` is what its clock shows."""

    def __init__(self, url: str, folder: Path, readers: Readers, address: str = SUPPORT) -> None:
        self.now = START
        self.templates = folder / "templates" / "mail"
        site = Site(
            desk=Desk(address=address, hostname=f"mail.{address.partition('@')[2]}"),
            database=DatabaseSection(url=with_tables(url)),
            keys=Keys(file=folder / "keys.json"),
            assign=Assign(rule="fixed", agent="lena"),
            templates=Templates(folder=folder / "templates"),
        )
        broken = alarms.TemplateAlarm(lambda: self.now)
        renderer = Renderer(site.templates.folder, broken)
        self.desk = broken.desk = open_desk(site, load_keyring(site.keys.file), renderer)
        prepare(self.desk)
        self._applier = Applier(self.desk, readers, lambda: self.now)
        self._seen = 0
        self._turn = threading.Lock()
        self.by_hand: set[int] = set()  # tickets that a test put somewhere: no journal tells how
        if not self.rows(AgentRow):  # it may be a copy of another's database
            self._people()

    def _people(self) -> None:
        firms = [
            {"id": 1, "name": "Firm", "created_at": START, "terms_accepted_at": START},
            {"id": 2, "name": "Tea", "created_at": START, "terms_accepted_at": None},
        ]
        people = [
            {"customer_id": 1, "address": ANNA, "name": "Anna Berger", "language": "de",
             "may_approve": True},
            {"customer_id": 1, "address": BERT, "name": "Bert Berger", "language": "de",
             "may_approve": False},
            {"customer_id": 2, "address": EMILY, "name": "Emily Clarke", "language": "en",
             "may_approve": True},
        ]  # fmt: skip
        with self.desk.db.engine.begin() as connection:
            for number, address in ((1, LENA), (2, MURAT)):
                login = address.partition("@")[0]
                agent = {"id": number, "login": login, "name": login.title(), "language": "de"}
                connection.execute(insert(AgentRow), agent)
                connection.execute(
                    insert(AgentAddressRow), {"agent_id": number, "address": address}
                )
            connection.execute(insert(CustomerRow), firms)
            connection.execute(insert(ContactRow), people)
            connection.execute(insert(DomainRow), {"domain": "firm.example", "customer_id": 1})

    def close(self) -> None:
        self.desk.db.close()

    def use(self, desk: "context.Desk") -> None:
        """Go on with a desk that has other keys, proofs or rules, on the same database."""
        self.desk = desk
        self._applier.use(desk)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def receive(
        self,
        raw: bytes,
        rcpt_to: str = SUPPORT,
        return_path: str | None = None,
        via: str = "smtp",
        login: str = "",
    ) -> InboundRow:
        """Take a message in, have it handled, and return what became of it."""
        return self.receive_all([raw], rcpt_to, return_path, via, login)[0]

    def receive_all(
        self,
        raws: Sequence[bytes],
        rcpt_to: str = SUPPORT,
        return_path: str | None = None,
        via: str = "smtp",
        login: str = "",
    ) -> list[InboundRow]:
        """Take messages in before any is handled, then have all of them handled."""
        path = "sender@somewhere.example" if return_path is None else return_path
        envelope = Envelope(path, (rcpt_to,), via, self.now, login=login)
        ids = [intake.accept(self.desk.db, envelope, raw) for raw in raws]
        return self.handle(ids)

    def replay(self, inbound_id: int) -> InboundRow:
        assert intake.replay(self.desk.db, inbound_id)
        return self.handle([inbound_id])[0]

    def handle(self, ids: Sequence[int]) -> list[InboundRow]:
        self.handle_waiting()
        found = {row.id: row for row in self.rows(InboundRow)}
        return [found[each] for each in ids]

    def handle_waiting(self) -> None:
        """Have whatever waits handled, from any thread."""
        with self._turn:
            self._applier.run_until_idle()

    def look_around(self) -> int:
        """What the daemon does every few seconds: find what staff have to be told."""
        return alarms.look(self.desk, self.now) + clock.tick(self.desk, self.now)

    def by_the_clock(self) -> int:
        """Send the mails to staff whose time has come, as the daemon does."""
        return digest.send_due(self.desk, self.now)

    def rows(self, table: type[Any], order: Any = None, after: int = 0) -> list[Any]:
        """Return all rows of a table by id, or as told, on their own; or those `after` an id."""
        query = select(table).order_by(order or col(table.id))
        if after:
            query = query.where(col(table.id) > after)
        with self.desk.db.read() as session:
            found = list(session.scalars(query))
            session.expunge_all()
        return found

    def tickets(self) -> list[TicketRow]:
        return self.rows(TicketRow)

    def ticket(self, ticket_id: int) -> TicketRow:
        with self.desk.db.read() as session:
            found = session.get(TicketRow, ticket_id)
            assert found, ticket_id
            session.expunge(found)
        return found

    def minutes(self, ticket_id: int) -> int:
        """Return the work booked on a ticket."""
        return sum(row.minutes for row in self.rows(TimeRow) if row.ticket_id == ticket_id)

    def charged(self, ticket_id: int) -> int:
        """Return the work on a ticket that is charged."""
        rows = self.rows(TimeRow)
        return sum(row.minutes for row in rows if row.ticket_id == ticket_id and not row.free)

    def agree(self, customer_id: int, name: str, minutes: int) -> None:
        """Let a customer have a contract with so many minutes a month."""
        row = ContractRow(
            customer_id=customer_id, name=name, kind="included", minutes=minutes,
            starts_on=START.date().replace(day=1), created_at=START,
        )  # fmt: skip
        named = update(CustomerRow).where(col(CustomerRow.id) == customer_id)

        def work(session: Any) -> None:
            session.add(row)
            session.execute(named.values(contract=name))

        self.desk.db.change(work)

    def state_of(self, letter: Sent) -> str:
        return next(row.state for row in self.rows(OutboundRow) if row.id == letter.id)

    def send_all(self) -> None:
        """Let everything that is queued leave, as a relay that takes it would."""
        queued = update(OutboundRow).where(col(OutboundRow.state) == "queued")
        with self.desk.db.engine.begin() as connection:
            connection.execute(queued.values(state="sent", attempts=1, settled_at=self.now))

    def waits(self, letter: Sent) -> float:
        """Return the seconds until a letter leaves."""
        row = next(row for row in self.rows(OutboundRow) if row.id == letter.id)
        return (row.next_attempt_at - self.now).total_seconds()

    def messages(self, ticket_id: int) -> list[tuple[str, str]]:
        """Return (author, standing) of every message in a ticket."""
        return [
            (row.author, row.standing)
            for row in self.rows(MessageRow)
            if row.ticket_id == ticket_id
        ]

    def journal(self, ticket_id: int) -> list[tuple[str, str]]:
        """Return (trigger, detail) of every event of a ticket."""
        return [
            (row.trigger, row.detail) for row in self.rows(EventRow) if row.ticket_id == ticket_id
        ]

    def set_state(self, ticket_id: int, state: str, **more: Any) -> None:
        """Put a ticket into a state, as the actions of agents will."""
        self.by_hand.add(ticket_id)
        row = update(TicketRow).where(col(TicketRow.id) == ticket_id)
        with self.desk.db.engine.begin() as connection:
            connection.execute(row.values(state=state, **more))

    def letters(self, after: int = 0) -> list[Sent]:
        return [
            Sent(row.id, row.purpose, row.ticket_id, row.return_path, row.rcpt_to, row.counted,
                 row.undeliverable, row.raw, _parsed(row.raw))
            for row in self.rows(OutboundRow, after=after)
        ]  # fmt: skip

    def new_letters(self) -> list[Sent]:
        """Return the letters that left since this was asked last."""
        found = self.letters(after=self._seen)
        self._seen = max([self._seen, *(letter.id for letter in found)])
        return found

    def told(self) -> list[tuple[str, str]]:
        """Return (recipient, purpose) of the letters that left since this was asked last."""
        return [(letter.rcpt_to, letter.purpose) for letter in self.new_letters()]

    def signed(self, address: str) -> SignedAddress | None:
        return read_address(self.desk.keyring, address, self.now.date())

    def bounce_of(self, letter: Sent, message_id: str, recipient: str = "") -> bytes:
        """Return the report of a mail server that could not deliver a letter (RFC 3464)."""
        whole = letter.raw.decode().partition("\r\n\r\n")[0]
        status = (
            "Reporting-MTA: dns; mx.firm.example\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient or letter.rcpt_to}\r\nAction: failed\r\n"
            "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        )
        return (
            f"From: MAILER-DAEMON@mx.firm.example\r\nTo: {letter.return_path or SUPPORT}\r\n"
            "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
            f"Message-ID: <{message_id}@mx.firm.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\r\n"
            f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{whole}\r\n\r\n--b--\r\n"
        ).encode()

    def check_letters(self) -> None:
        """Every letter that left, whatever it was about, is what all letters have to be."""
        ids = []
        for letter in self.letters():
            message, ring = letter.message, self.desk.keyring
            for name in ("From", "To", "Subject", "Date", "Message-ID"):
                assert len(message.get_all(name, [])) == 1, (name, letter.purpose)
            assert message["To"].addresses[0].addr_spec == letter.rcpt_to
            assert message["From"].addresses[0].addr_spec == SUPPORT
            if letter.purpose in ("answer", "closing", "planned", "question"):
                name = message["From"].addresses[0].display_name
                assert name.partition(" ")[0] in ("Lena", "Murat")
            else:
                assert message["Auto-Submitted"] in ("auto-replied", "auto-generated")
                assert message["X-Auto-Response-Suppress"] == "All"
            token = read_message_id(ring, letter.mid)
            assert token, letter.mid
            ids.append(letter.mid)
            if letter.counted:
                assert letter.return_path == "", "nobody bounces what went to a stranger"
            else:
                back = self.signed(letter.return_path)
                assert back
                assert (back.purpose, back.subject) == (Purpose.BOUNCE, token[:HANDLE])
            self._check_reply_to(letter)
        assert len(set(ids)) == len(ids)

    def check_journals(self) -> None:
        """Every ticket is where its journal leads, and its promise is due when that says.

        Not those that were put somewhere by hand, or that a test wrote into the database itself.
        """
        policy, journals = self.desk.policy, self.lines()
        promises = {kind.name: kind.promise for kind in policy.kinds}
        for ticket in self.tickets():
            journal = journals.get(ticket.id, [])
            if ticket.id in self.by_hand or not any(line.after for line in journal):
                continue
            assert history.state_of(journal) == ticket.state, ticket.id
            state, promise = State(ticket.state), promises.get(ticket.kind)
            if ticket.due_at is None or not (cycle.runs(state, policy) or ticket.paused_at):
                continue
            assert promise, f"{ticket.id}: {ticket.kind} promises nothing"
            start, third = ticket.clock_started_at, policy.third_party_pauses
            # The wait that is open moves the due time when it ends.
            waits = [wait for wait in history.pauses(journal, start, third) if wait.end]
            assert ticket.due_at == due(start, promise, policy.calendar, waits), ticket.id
            assert history.cycles(journal, third)[-1].start == start, ticket.id

    def lines(self) -> dict[int, list[history.Line]]:
        """Return the journal of each ticket as the rules read it, oldest first."""
        found: dict[int, list[history.Line]] = {}
        for row in self.rows(EventRow):
            before, after = (
                State(word) if word else None for word in (row.from_state, row.to_state)
            )
            renews = row.trigger in ("T11", "T12") or row.trigger in ORDERED
            line = history.Line(row.at, before, after, row.trigger, renews)
            found.setdefault(row.ticket_id, []).append(line)
        return found

    def _check_reply_to(self, letter: Sent) -> None:
        """What an answer does is signed into its address, and said in the first line."""
        answer = self.signed(letter.reply_to) if letter.reply_to else None
        agent = {LENA: 1, MURAT: 2}.get(letter.rcpt_to)
        if answer is None:
            assert letter.ticket_id is None, letter.purpose
            return
        if answer.purpose is Purpose.CHALLENGE:
            assert letter.purpose in ("staff_held", "staff_confirm")
            assert letter.text.startswith("Eine Antwort auf diese E-Mail mit OK gilt als Ihr Ja")
            assert answer.person == agent
            return
        subject = str(letter.message["Subject"])
        if answer.purpose is Purpose.REQUEST:
            assert named(answer.subject)[0] == letter.ticket_id
            assert subject.startswith(f"[{tag('DD', letter.ticket_id)}]")
            return
        if answer.purpose is Purpose.DIGEST:
            assert letter.purpose in DIGESTS
            assert letter.text.startswith("Eine Antwort auf diese E-Mail führt Befehle")
            assert answer.person == agent
            return
        if answer.purpose is Purpose.INVOICE:
            assert letter.purpose in ("invoice", "invoice_cancelled", "payment_reminder")
            assert letter.ticket_id is None, "it opens its own"
            return
        assert answer.subject == str(letter.ticket_id)
        assert subject.startswith(f"[{tag('DD', letter.ticket_id)}] ")
        if not agent:
            assert answer.purpose is Purpose.CUSTOMER
            return
        assert letter.message["In-Reply-To"] is None, "a notice stands in a thread of ours"
        first = {
            Purpose.AGENT_NOTE: "Eine Antwort auf diese E-Mail wird als interne Notiz",
            Purpose.AGENT_REPLY: "Eine Antwort auf diese E-Mail geht an den Kunden",
        }
        assert answer.person == agent
        assert letter.text.startswith(first[answer.purpose])
