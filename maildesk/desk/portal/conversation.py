"""One ticket as its customer sees it: what was said, what is asked of him, how it stands.

Nothing of what is inside is here: no notes, no journal, no mail of strangers. Who takes no part
himself is named, but his address is not told.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from maildesk.desk.context import Desk
from maildesk.desk.portal import rights
from maildesk.desk.portal.said import files_of, is_outward, place_of
from maildesk.desk.portal.sessions import SignedIn
from maildesk.desk.portal.ticket_view import Conversation, Reading
from maildesk.mail.attachments import octets_of
from maildesk.rules.number import tag
from maildesk.rules.ticket import State, is_over
from maildesk.store.tables import InboundRow, MessageRow, RawRow, TicketRow


@dataclass(frozen=True, slots=True)
class Moved:
    """The ticket was merged into another one, whose tag this is."""

    tag: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a message goes: the ticket, and the number of its writer there (0: he takes no part).

    `named` is the ticket whose page it was, with its `title`: it may be merged into the other.
    """

    ticket_id: int
    number: int
    named: int
    title: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class Download:
    """A file with its octets."""

    name: str
    type: str
    octets: bytes


def look(
    desk: Desk, person: SignedIn, given: str, before: str, language: str, now: datetime
) -> Conversation | Moved | None:
    """Return the page of a ticket named by its tag, None where there is none for this person.

    `before` is a place that a page of ours named as `older`; anything else shows the newest.
    """
    with desk.db.read() as session:
        row = _row(session, desk, person, given)
        if row is None:
            return None
        target = rights.target_of(session, row)
        if target.id != row.id:
            seen = rights.may_see(session, person, target)
            return Moved(tag(desk.policy.code, target.id)) if seen else None
        return Reading(desk, session, row, person, language, now).page(place_of(before))


def file(
    desk: Desk, person: SignedIn, given: str, message_id: int, number: int, now: datetime
) -> Download | None:
    """Return a file of a message of a ticket, None where there is none for this person."""
    if message_id.bit_length() > 63:  # no number of ours
        return None
    with desk.db.read() as session:
        row = _row(session, desk, person, given)
        message = session.get(MessageRow, message_id)
        if row is None or message is None or message.inbound_id is None:
            return None
        if message.ticket_id != row.id and message.ticket_id not in rights.read_with(
            session, person, row
        ):
            return None
        files = files_of(session, message, now)
        if not 1 <= number <= len(files):
            return None
        wanted = files[number - 1]
        if message.standing == "answer" and not is_outward(wanted):
            return None
        mail = session.get_one(InboundRow, message.inbound_id)
        name, kind, path = wanted.name, wanted.type, wanted.path
        raw = session.get_one(RawRow, mail.raw_sha256).content
    octets = octets_of(raw, path)
    return None if octets is None else Download(name, kind, octets)


def writes_to(desk: Desk, person: SignedIn, given: str) -> Addressed | None:
    """Return where somebody's message goes that is written on the page of a ticket, or None."""
    with desk.db.read() as session:
        row = _row(session, desk, person, given)
        if row is None:
            return None
        target = rights.target_of(session, row)
        number = rights.number_in(session, person, target.id)
        return Addressed(target.id, number, row.id, row.title, is_over(State(target.state)))


def is_over_now(desk: Desk, ticket_id: int) -> bool:
    """Tell whether a ticket is done with."""
    with desk.db.read() as session:
        return is_over(State(session.get_one(TicketRow, ticket_id).state))


def _row(session: Session, desk: Desk, person: SignedIn, given: str) -> TicketRow | None:
    ticket_id = rights.ticket_id_of(desk.policy.code, given)
    row = session.get(TicketRow, ticket_id) if ticket_id is not None else None
    return row if row is not None and rights.may_see(session, person, row) else None
