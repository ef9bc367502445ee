"""One mail that needs a look: what it says, why it is where it is, and what can be done with it.

It may be here because reading it killed a reader, or because handling it failed. So it is read in
a process of its own with limits, whatever goes wrong with it is a note, and what is known without
reading is always shown.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk import explain_past, held, lists, spam
from maildesk.desk.attached import Attached
from maildesk.desk.context import Desk
from maildesk.desk.explain import Explanation, without_desk
from maildesk.desk.explain_desk import explained
from maildesk.desk.explain_lines import Line, lines_of
from maildesk.desk.explain_past import Given, Past
from maildesk.desk.people import Refused
from maildesk.desk.reader import ReaderLimits
from maildesk.desk.within_limits import WarmReader, bounds_of
from maildesk.mail.attachments import octets_of
from maildesk.mail.message import Address, Attachment, Reading
from maildesk.rules.people import AgentFacts
from maildesk.store.tables import AgentAddressRow, AgentRow, InboundRow, MessageRow

TEXT_SHOWN = 50_000  # characters
FILES_SHOWN = 50
PATIENCE = 10  # seconds that a page has for a reader; the site's limits where they are lower


@dataclass(frozen=True, slots=True)
class MailRead:
    """What a mail says. `text` is cut at TEXT_SHOWN characters: `is_cut`."""

    sender: Address
    author: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    date: datetime | None
    message_id: str
    text: str
    is_cut: bool
    files: tuple[Attached, ...]


@dataclass(frozen=True, slots=True)
class Doable:
    """What may be done with a mail. `owner` is the agent in whose name a held one is.

    `may_release`: the one who looks is that agent, and is enabled.
    """

    may_release: bool = False
    owner: str = ""
    may_replay: bool = False
    may_restore: bool = False
    may_dismiss: bool = False


@dataclass(frozen=True, slots=True)
class MailPage:
    """A mail with all that is known. `read` is None where it cannot be read: `trouble` says why.

    `because` explains what the desk would do with it now and why, below one title.
    """

    id: int
    state: str
    reason: str
    subject: str
    sender: str
    received_at: datetime
    via: str
    return_path: str
    rcpt_to: tuple[str, ...]
    size: int
    is_held: bool
    is_hidden: bool
    past: Past
    read: MailRead | None
    trouble: str
    because: Line
    doable: Doable


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says of a mail."""

    given: Given
    line: lists.MailLine
    past: Past
    is_held: bool
    is_hidden: bool
    owner: str
    is_mine: bool


def page(
    desk: Desk, inbound_id: int, agent: AgentFacts, reader: WarmReader, now: datetime
) -> MailPage | None:
    """Return a mail as an agent sees it, None if there is none of that number.

    It may be slow: the reader has at most PATIENCE seconds, twice.
    """
    known = _known(desk, inbound_id, agent)
    if known is None:
        return None
    given, line = known.given, known.line
    reading, trouble = reader.read(given.raw, given.envelope, bounds(desk))
    return MailPage(
        id=inbound_id, state=line.state, reason=line.reason, subject=line.subject,
        sender=line.sender, received_at=line.received_at, via=line.via,
        return_path=given.envelope.return_path, rcpt_to=given.envelope.rcpt_to, size=line.size,
        is_held=known.is_held, is_hidden=known.is_hidden, past=known.past,
        read=_read(reading) if reading else None, trouble=trouble,
        because=_because(desk, known, reading, trouble, now), doable=_doable(known),
    )  # fmt: skip


def raw_of(desk: Desk, inbound_id: int) -> bytes | None:
    """Return the octets of a mail as they came, None if there is none of that number."""
    try:
        with desk.db.read() as session:
            return lists.stored_mail(session, inbound_id).raw
    except Refused:
        return None


def file_of(
    desk: Desk, inbound_id: int, number: int, reader: WarmReader
) -> tuple[Attached, bytes] | None:
    """Return an attachment of a mail with its octets, None if there is none of that number.

    It is taken out only of a mail that a reader could read within its limits.
    """
    try:
        with desk.db.read() as session:
            mail = lists.stored_mail(session, inbound_id)
    except Refused:
        return None
    reading, trouble = reader.read(mail.raw, mail.envelope, bounds(desk))
    if reading is None or trouble or not 1 <= number <= len(reading.mail.attachments):
        return None
    part = reading.mail.attachments[number - 1]
    octets = octets_of(mail.raw, part.path)
    return None if octets is None else (_file(number, part), octets)


def bounds(desk: Desk) -> ReaderLimits:
    """Return what a reader may spend on a mail while somebody waits for a page."""
    most = bounds_of(desk.site.limits)
    return replace(most, cpu=min(most.cpu, PATIENCE), wall=min(most.wall, PATIENCE))


def _known(desk: Desk, inbound_id: int, agent: AgentFacts) -> _Known | None:
    with desk.db.read() as session:
        try:
            given = explain_past.stored(session, inbound_id)
        except Refused:
            return None
        owner = _owner(session, inbound_id)
        return _Known(
            given=given,
            line=lists.stored_mail(session, inbound_id).line,
            past=explain_past.past(session, desk.policy.code, inbound_id),
            is_held=owner is not None,
            is_hidden=spam.is_hidden(session, inbound_id),
            owner=owner.name if owner else "",
            is_mine=owner is not None and owner.id == agent.id and owner.enabled,
        )


def _owner(session: Session, inbound_id: int) -> AgentRow | None:
    """Return the agent in whose name a held mail is; a row of nobody's where it is held."""
    query = (
        select(InboundRow, MessageRow)
        .outerjoin(MessageRow, col(MessageRow.inbound_id) == col(InboundRow.id))
        .where(col(InboundRow.id) == inbound_id, held.still_held())
    )
    found = session.execute(query).first()
    if found is None:
        return None
    author = (found[1].author if found[1] else found[0].sender).lower()
    his = (
        select(AgentRow)
        .join(AgentAddressRow, col(AgentAddressRow.agent_id) == col(AgentRow.id))
        .where(col(AgentAddressRow.address) == author)
    )
    return session.scalars(his).first() or AgentRow(login="", name="", enabled=False)


def _doable(known: _Known) -> Doable:
    listed = known.line.state in ("held", "set_aside", "automatic")
    return Doable(
        may_release=known.is_mine,
        owner=known.owner,
        may_replay=listed or known.line.state == "dismissed",
        may_restore=known.is_hidden,
        may_dismiss=listed,
    )


def _because(
    desk: Desk, known: _Known, reading: Reading | None, trouble: str, now: datetime
) -> Line:
    """Return the explanation. The mail may be here because this fails: then a note says so."""
    given, title = known.given, f"mail {known.given.inbound_id}"
    try:
        found = explained(desk.site, desk.db, given, reading, trouble, now)
    except Exception as error:  # noqa: BLE001 - its page is shown all the same
        log.not_explained(given.inbound_id, error)
        note = f"what the desk would do is not known: {type(error).__name__}: {error}"
        found = _without(desk, known, reading, tuple(filter(None, (note, trouble))))
    return lines_of(title, found)


def _without(
    desk: Desk, known: _Known, reading: Reading | None, notes: tuple[str, ...]
) -> Explanation:
    found = without_desk(known.given, reading, notes)
    return replace(found, timezone=desk.site.hours.timezone, past=known.past)


def _read(reading: Reading) -> MailRead:
    mail = reading.mail
    return MailRead(
        sender=mail.sender, author=mail.author or "", to=mail.to, cc=mail.cc,
        reply_to=mail.reply_to, subject=mail.subject, date=mail.date,
        message_id=mail.message_id, text=mail.text[:TEXT_SHOWN],
        is_cut=len(mail.text) > TEXT_SHOWN,
        files=tuple(_file(n, part) for n, part in enumerate(mail.attachments[:FILES_SHOWN], 1)),
    )  # fmt: skip


def _file(number: int, part: Attachment) -> Attached:
    return Attached(number, part.name, part.type, part.size)
