"""Mail in an agent's name that is not his, or cannot be known to be: none of it does anything.

Every shape stands beside a real mail that differs only in what makes the other one doubtful, and
is believed: so each check can fail.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from maildesk.desk import intake
from maildesk.desk.reader import Readers
from maildesk.desk.trust import Source, Trust
from maildesk.mail.auth_results import Server
from maildesk.mail.smtp import Envelope
from maildesk.rules.number import tag
from maildesk.rules.signed import Purpose, SignedAddress, address
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    TicketRow,
)
from maildesk.store.work_tables import DeedRow, TimeRow, TimerRow
from tests.desk.dkim_keys import FIELDS, rsa_key, signed
from tests.desk.office import ANNA, LENA, MURAT, SUPPORT, Office, mail
from tests.peers.postgresql import Postgres

GONE, MALLORY = "gone@agency.example", "mallory@evil.example"
STAFF = {LENA, MURAT, GONE}
ORDERS = "#zu +25m #an murat"
WORDS = "Please pay to our new account."


EACH = 8  # rows that share a desk: what went before costs more than a new one


class Offices:
    """Desks for the table. Each row has a ticket and an hour of its own."""

    def __init__(self, database: Callable[[], str], readers: Readers, folder: Path) -> None:
        self._database, self._readers, self._folder = database, readers, folder
        self._open: Office | None = None
        self._used = 0

    def next(self) -> Office:
        if self._open is None or self._used % EACH == 0:
            self.close()
            self._open = self._new()
        self._used += 1
        return self._open

    def _new(self) -> Office:
        folder = self._folder / str(self._used)
        folder.mkdir()
        office = Office(self._database() or f"sqlite:///{folder}/desk.db", folder, self._readers)
        with office.desk.db.engine.begin() as connection:
            gone = {"id": 3, "login": "gone", "name": "Gone", "language": "de", "enabled": False}
            connection.execute(insert(AgentRow), gone)
            connection.execute(insert(AgentAddressRow), {"agent_id": 3, "address": GONE})
        return office

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))],
)
def offices(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, readers: Readers
) -> Iterator[Offices]:
    def database() -> str:
        if request.param == "sqlite":
            return ""
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.database()

    running = Offices(database, readers, tmp_path_factory.mktemp("forgeries"))
    yield running
    running.close()


@pytest.fixture
def office(offices: Offices) -> Office:
    running = offices.next()
    running.new_letters()
    return running


@dataclass(frozen=True)
class Post:
    """A mail on its way: its bytes and its envelope."""

    raw: bytes
    rcpt_to: str = SUPPORT
    return_path: str = "sender@somewhere.example"


class Case:
    """A new ticket of Anna's, Lena's notice about it, and ways to write in Lena's name."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        desk.later(hours=1)
        number = len(desk.tickets())
        row = desk.receive(mail(ANNA, f"Shop {number} is empty", "Help.", Date=self.date()))
        assert row.ticket_id
        self.ticket_id: int = row.ticket_id
        self.tag = tag("DD", self.ticket_id)
        confirmation, notice = desk.new_letters()
        assert (confirmation.rcpt_to, notice.rcpt_to) == (ANNA, LENA)
        self.confirmation, self.notice = confirmation, notice
        self.customers, self.mine = confirmation.reply_to, notice.reply_to
        self._mails = 0

    def date(self, **before: float) -> str:
        return format_datetime(self.desk.now - timedelta(**before))

    def post(
        self,
        sender: str = f"Lena <{LENA}>",
        to: str = "",
        text: str = WORDS,
        subject: str = "",
        orders: str = ORDERS,
        **more: str,
    ) -> Post:
        """Commands in the subject and words in the text: what a real mail of hers would do."""
        self._mails += 1
        fields = {"Date": self.date()} | more
        raw = mail(
            sender,
            subject or f"{orders} AW: {self.notice.message['Subject']}",
            text,
            to=to or SUPPORT,
            message_id=f"{self._mails}.{self.ticket_id}@agency.example",
            **fields,
        )
        return Post(raw, to or SUPPORT)

    def real(self, **more: str) -> Post:
        return self.post(to=self.mine, **more)

    def address(
        self, purpose: Purpose, person: int, ticket_id: int = 0, days: int = 30, key: bytes = b""
    ) -> str:
        """Return an address that says so, signed by the desk, or with another key."""
        ring, expires = self.desk.desk.keyring, self.desk.now.date() + timedelta(days=days)
        if key:
            ring = type(ring)({ring.current: key}, ring.current)
        subject = str(ticket_id or self.ticket_id)
        return address(ring, SUPPORT, SignedAddress(purpose, subject, person, expires))

    def challenge(self) -> str:
        """Let somebody write in Lena's name; return where her OK would have to go."""
        row = self.receive(self.post())
        assert row.state == "filed"
        (asked,) = self.desk.new_letters()
        assert (asked.rcpt_to, asked.purpose) == (LENA, "staff_held")
        return asked.reply_to

    def ok(self, to: str, text: str = "OK", sender: str = f"Lena <{LENA}>", **more: str) -> Post:
        return self.post(sender, to, text, f"AW: {self.notice.message['Subject']}", **more)

    def receive(self, post: Post) -> InboundRow:
        return self.desk.receive(post.raw, post.rcpt_to, post.return_path)

    def work(self) -> dict[str, Any]:
        """Return all rows that a command could change; new tickets are no change."""
        kept = {each.id: each for each in self.desk.tickets() if each.id <= self.ticket_id}
        fields = [name for name in TicketRow.model_fields if name != "version"]
        return {
            "tickets": {
                id_: {name: getattr(row, name) for name in fields} for id_, row in kept.items()
            },
            "participants": [
                (row.ticket_id, row.address)
                for row in self.desk.rows(ParticipantRow)
                if row.ticket_id in kept
            ],
            "time": [row.id for row in self.desk.rows(TimeRow)],
            "deeds": [(row.id, row.undone_at) for row in self.desk.rows(DeedRow)],
            "timers": _timers(self.desk),
            "letters": [
                (row.id, row.state)
                for row in self.desk.rows(OutboundRow)
                if row.rcpt_to not in STAFF and row.purpose != "confirm_stranger"
            ],
        }

    def fate(self, row: InboundRow) -> str:
        """Return what became of a mail: its standing in the ticket, or its state elsewhere."""
        if row.state != "filed":
            return row.state
        (found,) = [each for each in self.desk.rows(MessageRow) if each.inbound_id == row.id]
        return str(found.standing) if found.ticket_id == self.ticket_id else "own ticket"


def _timers(desk: Office) -> list[tuple[int, int]]:
    with desk.desk.db.read() as session:
        return [tuple(row) for row in session.execute(TimerRow.__table__.select())]  # type: ignore[attr-defined,misc]  # a table


def swap(address: str, at: int, instead: str) -> str:
    """Return a reply address with one part (ticket 1, person 2, expiry 3) written over."""
    local, _, domain = address.partition("@")
    parts = local.split(".")
    parts[at] = instead
    return ".".join(parts) + "@" + domain


def letter(address: str, instead: str) -> str:
    """Return a reply address whose purpose is written over."""
    local, _, signed = address.partition("+")
    return f"{local}+{instead}{signed[1:]}"


def mac(address: str) -> str:
    return address.partition("@")[0].split(".")[-1]


def other(char: str) -> str:
    return "b" if char == "a" else "a"


def two_froms(post: Post, second: str) -> Post:
    return Post(
        post.raw.replace(b"\r\nTo:", f"\r\nFrom: {second}\r\nTo:".encode(), 1), post.rcpt_to
    )


def report(post: Post, kind: str, part: str) -> Post:
    """The same mail as a report of a mail system or program (RFC 3464, RFC 8098)."""
    head, _, text = post.raw.decode().partition("\r\n\r\n")
    body = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\n"
        f"Content-Type: message/{kind}\r\n\r\n{part}\r\n--b--\r\n"
    )
    fields = (
        f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type={kind}; boundary="b"'
    )
    return Post(f"{head}\r\n{fields}\r\n\r\n{body}".encode(), post.rcpt_to)


def changed_mac(c: Case) -> str:
    right = mac(c.mine)
    return c.mine.replace(right, right[:-1] + other(right[-1]))


def late(c: Case, days: int) -> Post:
    c.desk.later(days=days)
    return c.real()


def after(c: Case, first: Post, then: Callable[[], Post]) -> Post:
    """The one mail after another that was handled."""
    c.receive(first)
    c.desk.new_letters()
    return then()


def ok_later(c: Case, **span: float) -> Post:
    challenge = c.challenge()
    c.desk.later(**span)
    return c.ok(challenge)


def ok_twice(c: Case) -> Post:
    challenge = c.challenge()
    return after(c, c.ok(challenge), lambda: c.ok(challenge, "Ok."))


def replayed(c: Case) -> Post:
    real = c.real()
    return after(c, real, lambda: real)


def relayed(c: Case) -> Post:
    real = c.real()
    trace = b"Received: from a by b; Mon, 23 Nov 2026 10:00:09 +0100\r\n"
    return after(c, real, lambda: Post(trace + real.raw, real.rcpt_to))


def renamed(c: Case) -> Post:
    real = c.real(orders="+25m")
    mid = f"1.{c.ticket_id}@".encode()
    return after(c, real, lambda: Post(real.raw.replace(mid, b"x" + mid), real.rcpt_to))


HELD = {(LENA, "staff_held")}
FLAGGED = {(LENA, "staff_third_party")}
REPLY = {(LENA, "staff_reply")}
NEW = {(LENA, "staff_new"), (MALLORY, "confirm_stranger")}
NOBODYS = {(LENA, "staff_new")}  # no single author: nobody is confirmed anything
SILENT: set[tuple[str, str]] = set()

Row = tuple[str, set[tuple[str, str]], Callable[[Case], Post], str]
FORGED: list[Row] = [
    # fate          told     mail, why
    # Who wrote it?
    ("unverified",  HELD,    lambda c: c.post(), "From alone proves nothing"),
    ("unverified",  {(MURAT, "staff_held")}, lambda c: c.post(MURAT, c.mine), "a colleague's reply address"),
    ("third_party", FLAGGED, lambda c: c.post(MALLORY, c.mine), "a stranger has got hold of it"),
    ("third_party", FLAGGED, lambda c: c.post(MALLORY, c.mine, Reply_To=LENA), "Reply-To is no author"),
    ("third_party", FLAGGED, lambda c: c.post(MALLORY, c.mine, Sender=LENA), "Sender is none"),
    ("own ticket",  NEW,     lambda c: c.post(MALLORY, Reply_To=LENA), "and not by itself"),
    ("third_party", FLAGGED, lambda c: c.post(MALLORY, c.mine, Resent_From=LENA, X_Sender=LENA), "nor are these"),
    ("third_party", FLAGGED, lambda c: two_froms(c.post(LENA, c.mine), MALLORY), "two From fields, hers first"),
    ("third_party", FLAGGED, lambda c: two_froms(c.post(MALLORY, c.mine), LENA), "hers second"),
    ("own ticket",  NOBODYS, lambda c: two_froms(c.post(LENA), LENA), "both hers, without proof"),
    ("third_party", FLAGGED, lambda c: c.post(f"{LENA}, {MALLORY}", c.mine), "two mailboxes in one field"),
    ("third_party", FLAGGED, lambda c: c.post(f"Staff: {LENA};", c.mine), "a group"),
    ("third_party", FLAGGED, lambda c: c.post(f"{LENA} <{MALLORY}>", c.mine), "hers is only shown"),
    ("third_party", FLAGGED, lambda c: c.post(f'"{LENA}" <{MALLORY}>', c.mine), "shown in quotes"),
    ("third_party", FLAGGED, lambda c: c.post(f"{LENA}(<{MALLORY}>)", c.mine), "hers by the grammar, with a comment"),
    ("third_party", FLAGGED, lambda c: c.post(f"{MALLORY} ({LENA})", c.mine), "hers in a comment"),
    ("third_party", FLAGGED, lambda c: c.post(f"<@evil.example:{LENA}>", c.mine), "a route"),
    ("third_party", FLAGGED, lambda c: c.post("lena@\u0430gency.example", c.mine), "a Cyrillic letter"),
    ("third_party", FLAGGED, lambda c: c.post("len\u0430@agency.example", c.mine), "in the local part"),
    ("third_party", FLAGGED, lambda c: c.post("l.ena@agency.example", c.mine), "a dot more"),
    ("third_party", FLAGGED, lambda c: c.post("lena@agency.example.", c.mine), "a dot at the end"),
    ("third_party", FLAGGED, lambda c: c.post("lena+desk@agency.example", c.mine), "a plus address is another one"),
    ("third_party", FLAGGED, lambda c: c.post("lena@agency.example.evil.example", c.mine), "hers in front"),
    # What proves it?
    ("unverified",  HELD,    lambda c: c.post(subject=f"{c.notice.message['Subject']} #zu +15m"), "the notice's own subject"),
    ("unverified",  HELD,    lambda c: c.post(In_Reply_To=f"<{c.notice.mid}>", References=f"<{c.notice.mid}>"), "its Message-ID leads, and proves nothing"),
    ("unverified",  HELD,    lambda c: c.post(Message_ID=f"<x.{c.notice.mid}>"), "nor does one like it"),
    ("unverified",  HELD,    lambda c: c.post(Reply_To=c.mine, X_Original=c.mine), "the address in other fields"),
    ("unverified",  HELD,    lambda c: c.post(text=f"{WORDS}\n{c.mine}"), "or in the text"),
    ("unverified",  HELD,    lambda c: c.post(to=c.mine.replace(mac(c.mine), "a" * 26)), "a guessed mac"),
    ("unverified",  HELD,    lambda c: c.post(to=c.mine.replace("." + mac(c.mine), "")), "none at all"),
    ("unverified",  HELD,    lambda c: c.post(to=changed_mac(c)), "one character of it changed"),
    ("unverified",  HELD,    lambda c: c.post(to=c.address(Purpose.AGENT_REPLY, 1, key=b"k" * 32)), "another key"),
    ("unverified",  HELD,    lambda c: c.post(to=swap(c.address(Purpose.AGENT_REPLY, 2), 2, "b")), "another agent's number written over"),
    ("unverified",  HELD,    lambda c: c.post(to=swap(c.address(Purpose.AGENT_REPLY, 1, 999), 1, str(c.ticket_id))), "another ticket's"),
    ("unverified",  HELD,    lambda c: c.post(to=c.address(Purpose.AGENT_REPLY, 1, 999)), "that of a ticket that is not there"),
    ("unverified",  HELD,    lambda c: c.post(to=letter(c.address(Purpose.AGENT_NOTE, 1), "a")), "a note's made an answer's"),
    ("unverified",  HELD,    lambda c: c.post(to=letter(c.customers, "a")), "the customer's made an agent's: both are number 1"),
    ("unverified",  HELD,    lambda c: c.post(to=swap(c.mine, 3, "7777")), "one that never ends"),
    ("unverified",  HELD,    lambda c: c.post(to=c.customers), "the customer's own"),
    ("unverified",  HELD,    lambda c: c.post(to=c.notice.return_path), "that for bounces"),
    ("unverified",  HELD,    lambda c: late(c, 31), "31 days later"),
    ("participant", REPLY,   lambda c: c.post(ANNA, c.mine), "a customer with an agent's: her words, no orders"),
    ("unverified",  {(LENA, "staff_held"), (MURAT, "staff_held")},
     lambda c: c.post(GONE, c.address(Purpose.AGENT_REPLY, 3)), "who left has no rights, and all are told"),
    # Once, and in time
    ("answer",      SILENT,  replayed, "the very same mail again"),
    ("duplicate",   SILENT,  relayed, "by another way"),
    ("note",        {(LENA, "staff_refused")}, lambda c: c.real(Date=c.date(hours=73)), "written 73 hours ago"),
    # Not by a person
    ("automatic",   SILENT,  lambda c: c.real(Auto_Submitted="auto-replied"), "a vacation notice"),
    ("automatic",   SILENT,  lambda c: c.real(subject="Automatische Antwort: Shop"), "one that says so only in its subject"),
    ("automatic",   SILENT,  lambda c: c.real(X_Autoreply="yes"), "one with another mark"),
    ("automatic",   SILENT,  lambda c: Post(c.real().raw, c.mine, ""), "the null return path"),
    ("automatic",   SILENT,  lambda c: report(c.real(), "disposition-notification", f"Final-Recipient: rfc822; {LENA}\r\nDisposition: manual-action/MDN-sent-manually; displayed"), "she has read it"),
    ("automatic",   SILENT,  lambda c: report(c.real(), "delivery-status", f"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {LENA}\r\nAction: failed\r\nStatus: 5.1.1"), "it did not arrive"),
    ("automatic",   SILENT,  lambda c: c.real(List_Id="<staff.agency.example>"), "by way of a list"),
    # An OK
    ("unverified",  {(MURAT, "staff_held")}, lambda c: c.ok(c.challenge(), sender=MURAT), "of a colleague"),
    ("participant", REPLY,   lambda c: c.ok(c.challenge(), sender=ANNA), "of the customer"),
    ("own ticket",  NEW,     lambda c: c.ok(c.challenge(), sender=MALLORY), "of a stranger"),
    ("unverified",  HELD,    lambda c: (c.challenge(), c.ok(SUPPORT))[1], "to the plain address"),
    ("unverified",  HELD,    lambda c: (c.challenge(), c.ok(c.address(Purpose.CHALLENGE, 1, 1, key=b"k" * 32)))[1], "with another key"),
    ("unverified",  HELD,    ok_twice, "a second one"),
    ("unverified",  HELD,    lambda c: ok_later(c, hours=25), "after 25 hours"),
    ("unverified",  HELD,    lambda c: ok_later(c, hours=49), "after two days"),
    ("automatic",   SILENT,  lambda c: c.ok(c.challenge(), Auto_Submitted="auto-replied"), "of her vacation program"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), "OK?"), "a question"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), "Nicht OK"), "a no"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), "Das war ich nicht.\n\nOK"), "below other words"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), "OK danke, aber nicht ausführen"), "before other words"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), "> OK\n\nDas war ich nicht."), "quoted"),
    ("unverified",  HELD,    lambda c: c.ok(c.challenge(), ""), "an empty one"),
]  # fmt: skip

CASES = [pytest.param(*row, id=row[3]) for row in FORGED]


@pytest.mark.parametrize(("fate", "told", "shape", "why"), CASES)
def test_it_does_nothing(
    office: Office,
    fate: str,
    told: set[tuple[str, str]],
    shape: Callable[[Case], Post],
    why: str,
) -> None:
    case = Case(office)
    post = shape(case)
    before = case.work()
    row = case.receive(post)
    letters = office.new_letters()
    assert case.work() == before, f"{why}: nothing of the ticket changes, nothing goes out"
    assert {(each.rcpt_to, each.purpose) for each in letters} == told, why
    assert case.fate(row) == fate, why
    for each in letters:
        if each.purpose == "confirm_stranger":
            assert WORDS not in each.text
            assert case.tag not in each.raw.decode(), "a stranger is told nothing of it"


def test_a_replay_under_another_message_id(office: Office) -> None:
    case = Case(office)
    post = renamed(case)
    before = case.work()
    case.receive(post)
    office.new_letters()
    assert case.work() == before


def test_an_imported_mail_of_hers_does_nothing_again(office: Office) -> None:
    """It was answered to long ago, by whatever was used then."""
    case = Case(office)
    challenge = case.challenge()
    for post in (case.real(), case.real(Date=case.date(hours=200)), case.ok(challenge)):
        before = case.work()
        envelope = Envelope(post.return_path, (post.rcpt_to,), "import", office.now)
        kept = intake.accept_soon(office.desk.db, envelope, post.raw, quiet=True).result()
        (row,) = office.handle([kept])
        assert case.work() == before
        assert case.fate(row) in ("note", "unverified")
        assert office.told() == []


REAL: list[tuple[Callable[[Case], Post], str]] = [
    (lambda c: c.real(), "From and the address signed for her"),
    (lambda c: Post(c.post().raw, c.mine), "the address in the envelope alone"),
    (lambda c: c.post(to=f"Support <{c.mine}>"), "with a name"),
    (lambda c: Post(c.post(to=c.mine).raw, SUPPORT), "in To alone, as by a mailbox"),
    (lambda c: c.post(Cc=c.mine), "in Cc"),
    (lambda c: c.post(to=c.mine.upper()), "in capitals: gateways change them"),
    (lambda c: c.real(sender=LENA), "without her name"),
    (lambda c: c.real(sender="Lena@Agency.EXAMPLE"), "case is free"),
    (lambda c: c.real(sender=f'"{LENA}" <{LENA}>'), "the name is the very address"),
    (lambda c: c.real(sender=f"=?utf-8?q?L=C3=A9na?= <{LENA}>"), "a name with an accent"),
    (lambda c: c.real(Reply_To="lena@home.example", Sender="mx@agency.example"), "her own Reply-To"),
    (lambda c: c.real(Date=c.date(hours=71)), "written 71 hours ago"),
    (lambda c: c.real(Auto_Submitted="no", X_Auto_Response_Suppress="All"), "Outlook's marks"),
    (lambda c: late(c, 29), "29 days later"),
    (lambda c: c.real(In_Reply_To=f"<{c.notice.mid}>"), "with what it answers"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "why"), REAL, ids=[why for _, why in REAL])
def test_the_real_one_is_believed(office: Office, shape: Callable[[Case], Post], why: str) -> None:
    case = Case(office)
    row = case.receive(shape(case))
    assert case.fate(row) == "answer", why
    assert _done(case) == ("resolved", 2, 25), why
    sent = {each.rcpt_to: each for each in office.new_letters()}
    assert sent[ANNA].purpose == "closing", why
    assert WORDS in sent[ANNA].text, why
    assert set(sent) == {ANNA, MURAT}, "she is told nothing of what she did herself"


def _done(case: Case) -> tuple[str, int | None, int]:
    ticket = case.desk.ticket(case.ticket_id)
    return ticket.state, ticket.assignee_id, case.desk.minutes(case.ticket_id)


YES: list[tuple[Callable[[Case, str], Post], str]] = [
    (lambda c, to: c.ok(to), "OK"),
    (lambda c, to: c.ok(to, "\n Ok.\n\n-- \nLena\nAgency"), "with a signature"),
    (lambda c, to: c.ok(to, "ja!\n\nAm 23.11.2026 um 10:00 schrieb Support:\n> OK?"), "above the quote"),
    (lambda c, to: c.ok(to.upper(), "yes", sender="LENA@agency.example"), "in other words and case"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "why"), YES, ids=[why for _, why in YES])
def test_her_own_ok_releases_it(
    office: Office, shape: Callable[[Case, str], Post], why: str
) -> None:
    case = Case(office)
    challenge = case.challenge()
    office.later(hours=22)
    assert case.receive(shape(case, challenge)).state == "dismissed", why
    assert _done(case) == ("resolved", 2, 25), why
    letters = office.new_letters()
    assert [each.purpose for each in letters if each.rcpt_to == ANNA] == ["closing"]
    (closing,) = [each for each in letters if each.rcpt_to == ANNA]
    assert WORDS not in closing.text, "without the address of a notice her words stay inside"


def parts(post: Post, *more: str, html: str = "") -> Post:
    """The same mail with more parts beside its text, or with HTML in place of it."""
    head, _, text = post.raw.decode().partition("\r\n\r\n")
    first = f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}" if html else (
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}")  # fmt: skip
    body = "".join(f"--b\r\n{part}\r\n" for part in (first, *more))
    fields = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"'
    return Post(f"{head}\r\n{fields}\r\n\r\n{body}--b--\r\n".encode(), post.rcpt_to)


PLAIN = "Content-Type: text/plain; charset=utf-8\r\n"
INNER = (
    "Content-Type: message/rfc822\r\n\r\nFrom: {}\r\nTo: {}\r\nSubject: #zu +25m\r\n\r\n#zu +25m"
)
HIDDEN: list[tuple[Callable[[Case], Post], str]] = [
    # each is her real answer, and the commands in it are not hers to give in that place
    (lambda c: answer(c, text=f"> #zu +25m\n{WORDS}"), "in a quote above"),
    (lambda c: answer(c, text=f"{WORDS}\n\nAm 23.11.2026 um 10:00 schrieb {ANNA}:\n> #zu\n> +25m"), "in a quote below"),
    (lambda c: answer(c, text=f"Am 23.11.2026 um 10:00 schrieb {ANNA}:\n> #zu +25m\n\n{WORDS}"), "in a quote that she answers below"),
    (lambda c: answer(c, text=f"{WORDS}\n\n-- \n#zu\n+25m"), "in her signature"),
    (lambda c: answer(c, sender=f'"#zu +25m" <{LENA}>'), "in her name"),
    (lambda c: answer(c, X_Command="#zu +25m", Comments="#zu", Keywords="#zu"), "in other fields"),
    (lambda c: parts(answer(c), PLAIN + "Content-Disposition: attachment\r\n\r\n#zu +25m"), "in a file"),
    (lambda c: parts(answer(c), PLAIN + 'Content-Disposition: inline; filename="a.txt"\r\n\r\n#zu +25m'), "in a file that is shown"),
    (lambda c: parts(answer(c), 'Content-Type: text/plain; name="a.txt"\r\n\r\n#zu +25m'), "in a file by its old name"),
    (lambda c: parts(answer(c), INNER.format(LENA, c.mine)), "in a mail inside"),
    (lambda c: parts(answer(c), "Content-Type: text/calendar\r\n\r\n#zu +25m"), "in an invitation"),
    (lambda c: parts(answer(c), html=f"<!-- <p>#zu +25m</p> --><p>{WORDS}</p>"), "in a comment"),
    (lambda c: parts(answer(c), html=f'<div style="display:none">#zu +25m</div><p>{WORDS}</p>'), "not displayed"),
    (lambda c: parts(answer(c), html=f'<div style="DISPLAY : none !important">#zu +25m</div><p>{WORDS}</p>'), "in capitals"),
    (lambda c: parts(answer(c), html=f"<title>#zu +25m</title><p>{WORDS}</p>"), "in a title"),
    (lambda c: parts(answer(c), html=f"<style>#zu +25m</style><script>#zu</script><p>{WORDS}</p>"), "in a style"),
    (lambda c: parts(answer(c), html=f"<template>#zu +25m</template><p>{WORDS}</p>"), "in a template"),
    (lambda c: parts(answer(c), html=f"<div hidden>#zu +25m</div><p>{WORDS}</p>"), "hidden"),
    (lambda c: parts(answer(c), html=f'<div style="visibility:hidden">#zu +25m</div><p>{WORDS}</p>'), "not visible"),
    (lambda c: parts(answer(c), html=f'<img alt="#zu +25m"><p title="#zu">{WORDS}</p>'), "in attributes"),
]  # fmt: skip


def answer(c: Case, **more: str) -> Post:
    return c.post(**{"to": c.mine, "orders": "", "In_Reply_To": f"<{c.notice.mid}>"} | more)


@pytest.mark.parametrize("offices", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("shape", "why"),
    [pytest.param(*row, id=row[1]) for row in HIDDEN],
)
def test_a_hidden_command_is_none(office: Office, shape: Callable[[Case], Post], why: str) -> None:
    case = Case(office)
    row = case.receive(shape(case))
    assert case.fate(row) == "answer", why
    assert _done(case) == ("in_progress", 1, 0), why
    (sent,) = office.new_letters()
    assert (sent.rcpt_to, sent.purpose) == (ANNA, "answer"), why
    assert sent.text == f"{WORDS} Lena Support", f"{why}: her words alone"


SEEN: list[tuple[Callable[[Case], Post], str]] = [
    (lambda c: answer(c, text=f"#zu +25m #an murat\n{WORDS}"), "the first line of a text"),
    (lambda c: answer(c, text=f"\n#ZU\n+25m\n#an murat\n\n{WORDS}\n\n-- \nLena"), "more of them"),
    (lambda c: parts(answer(c), html=f"<p>#zu +25m #an murat</p><p>{WORDS}</p>"), "of HTML"),
]  # fmt: skip


@pytest.mark.parametrize("offices", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("shape", "why"), SEEN, ids=[why for _, why in SEEN])
def test_a_visible_one_runs(office: Office, shape: Callable[[Case], Post], why: str) -> None:
    case = Case(office)
    case.receive(shape(case))
    assert _done(case) == ("resolved", 2, 25), why
    (closing, _) = office.new_letters()
    assert closing.text.startswith(WORDS), why
    assert "#zu" not in closing.raw.decode(), why


def test_a_notice_that_is_attached_does_not_go_out(office: Office) -> None:
    """Outlook can be told to attach what it answers. The notice is internal, and signed for her."""
    case = Case(office)
    case.receive(
        parts(answer(case), f"Content-Type: message/rfc822\r\n\r\n{case.notice.raw.decode()}")
    )
    (sent,) = office.new_letters()
    assert (sent.rcpt_to, sent.purpose) == (ANNA, "answer")
    leaves = [part.get_payload(decode=True) or b"" for part in sent.message.walk()]
    assert not any(case.mine.encode() in each for each in (sent.raw, *leaves))


MX = "mx.desk.example"
DNS = {"s1._domainkey.agency.example": rsa_key()[1]}


@pytest.fixture
def proving(office: Office) -> Iterator[Office]:
    """The same desk, with a mail server whose word counts and a DNS with her domain's key."""
    before = office.desk
    server = Source(Server(MX, MX), {LENA: "lena"})
    trust = Trust(peers={"unix": server})
    office.use(replace(before, trust=trust, lookup=lambda name, seconds: DNS.get(name)))
    yield office
    office.use(before)


def results(post: Post, result: str, where: str = "above") -> Post:
    """The mail as our server hands it over, with its result or somebody else's."""
    by_us = f"Received: from out.agency.example by {MX} (Postfix); x"
    said = f"Authentication-Results: {MX}; {result}"
    top = [said, by_us] if where == "above" else [by_us, said]
    return Post("\r\n".join([*top, ""]).encode() + post.raw, post.rcpt_to)


def passed(post: Post, domain: str = "agency.example") -> Post:
    return results(post, f"dmarc=pass (p=reject) header.from={domain}")


def failed(post: Post) -> Post:
    return results(post, "dmarc=fail (p=reject) header.from=agency.example")


def dkim(post: Post, fields: tuple[str, ...] = FIELDS, **more: str) -> Post:
    return Post(signed(post.raw, fields=fields, **more), post.rcpt_to)


def tagged(c: Case, **more: str) -> Post:
    return c.post(subject=f"{ORDERS} Re: {c.tag} Shop", **more)


PROVEN: list[tuple[Callable[[Case], Post], str]] = [
    (lambda c: passed(tagged(c)), "our server says that DMARC passed"),
    (lambda c: results(tagged(c), f"auth=pass smtp.auth={LENA}"), "or that she logged in there"),
    (lambda c: dkim(tagged(c)), "her domain signed it"),
    (lambda c: dkim(tagged(c, Cc=ANNA), (*FIELDS, "cc")), "with a copy to the customer"),
    (lambda c: passed(dkim(tagged(c))), "both"),
]


@pytest.mark.parametrize(("shape", "why"), PROVEN, ids=[row[1] for row in PROVEN])
def test_another_proof_needs_no_notice(
    proving: Office, shape: Callable[[Case], Post], why: str
) -> None:
    case = Case(proving)
    row = case.receive(shape(case))
    assert case.fate(row) == "note", (why, row.reason)
    assert _done(case) == ("resolved", 2, 25), why
    sent = {each.rcpt_to: each for each in proving.new_letters()}
    assert sent[ANNA].purpose == "closing", why
    assert WORDS not in sent[ANNA].text, "by number alone her words stay inside"


ANSWERED: list[tuple[Callable[[Case], Post], str]] = [
    (lambda c: passed(c.post(subject=f"#reply Re: {c.tag} Shop")), "she says so"),
    (lambda c: passed(c.post(subject="Re: Shop", to=c.customers)), "in the customer's thread"),
    (lambda c: dkim(c.post(subject="Re: Shop", to=c.customers)), "signed, there"),
]


@pytest.mark.parametrize(("shape", "why"), ANSWERED, ids=[row[1] for row in ANSWERED])
def test_words_go_out_where_they_are_meant_to(
    proving: Office, shape: Callable[[Case], Post], why: str
) -> None:
    case = Case(proving)
    assert case.fate(case.receive(shape(case))) == "answer", why
    sent = {each.rcpt_to: each for each in proving.new_letters()}
    assert sent[ANNA].purpose == "answer", why
    assert WORDS in sent[ANNA].text, why


def replayed_with(c: Case, field: str) -> Post:
    post = dkim(tagged(c))
    return after(c, post, lambda: Post(field.encode() + b"\r\n" + post.raw, post.rcpt_to))


FORGED_PROOFS: list[tuple[Callable[[Case], Post], str]] = [
    (lambda c: results(tagged(c), "dmarc=pass header.from=agency.example", "below"), "a result of the sender's own"),
    (lambda c: passed(tagged(c), "evil.example"), "of another domain"),
    (lambda c: passed(tagged(c), "mail.agency.example"), "of one below hers"),
    (lambda c: results(tagged(c), "auth=pass smtp.auth=anna@firm.example"), "of another's login"),
    (lambda c: results(tagged(c), f"auth=pass smtp.auth={LENA}; dmarc=fail"), "with a failure beside it"),
    (lambda c: failed(c.real()), "her notice's address, and a failure"),
    (lambda c: failed(dkim(tagged(c))), "a good signature, and a failure"),
    (lambda c: failed(c.ok(c.challenge())), "an OK, and a failure"),
    (lambda c: dkim(tagged(c), domain="evil.example"), "another domain's signature"),
    (lambda c: dkim(tagged(c), l="5"), "of its beginning"),
    (lambda c: dkim(tagged(c), tuple(f for f in FIELDS if f != "subject")), "without the subject"),
    (lambda c: dkim(tagged(c, to="lena@agency.example")), "of a mail to somebody else"),
    (lambda c: dkim(tagged(c), selector="s2"), "with a key that DNS does not know"),
    (lambda c: replayed_with(c, "Cc: x@y.example"), "a mail that came before, with a copy to somebody"),
    (lambda c: dkim(tagged(c, Date=c.date(days=4))), "written 4 days ago"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "why"), FORGED_PROOFS, ids=[row[1] for row in FORGED_PROOFS])
def test_p12_a_proof_that_is_none(proving: Office, shape: Callable[[Case], Post], why: str) -> None:
    case = Case(proving)
    post = shape(case)
    before = case.work()
    proving.new_letters()
    row = case.receive(post)
    assert case.work() == before, why
    assert case.fate(row) == "unverified", why
    assert set(proving.told()) <= HELD, why


def test_a_login_here_is_believed_whatever_else_is_said(proving: Office) -> None:
    case = Case(proving)
    post = failed(tagged(case))
    envelope = Envelope(LENA, (SUPPORT,), "smtp", proving.now, login="lena")
    (row,) = proving.handle([intake.accept(proving.desk.db, envelope, post.raw)])
    assert case.fate(row) == "note"
    assert _done(case) == ("resolved", 2, 25)


def test_nobody_is_believed_where_nobody_is_named(office: Office) -> None:
    case = Case(office)
    assert case.fate(case.receive(passed(tagged(case)))) == "unverified"
    assert _done(case)[2] == 0


def test_a_customer_whose_domain_disowns_the_mail(proving: Office) -> None:
    case = Case(proving)
    before = case.work()
    row = case.receive(failed(case.post(ANNA, case.customers, subject=f"Re: {case.tag}")))
    assert case.fate(row) == "third_party"
    assert case.work() == before
    (told,) = proving.new_letters()
    assert (told.rcpt_to, told.purpose) == (LENA, "staff_third_party")
    assert "dmarc=fail" in told.text
    new = failed(case.post(ANNA, subject="Another shop", orders=""))
    case.receive(new)
    assert {each.rcpt_to for each in proving.new_letters()} == {LENA}, "and gets no confirmation"
