"""What is stored about somebody, for himself (Article 15 GDPR), and what he may change of it.

Only what is about his own address: never a colleague's, never a note of the staff. Letters are
named, not repeated: they may hold links that count as his word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, delete, func, or_, select, update
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.people import language_of
from maildesk.desk.portal.sessions import SignedIn
from maildesk.mail.header import decode_words
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.store.db import rows_met
from maildesk.store.tables import (
    AddressMarkRow,
    ContactRow,
    CustomerRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
)
from maildesk.store.web_tables import SessionRow

COUNTED = 1_000  # messages: to count more takes longer than a page may
LETTERS_SHOWN = 10
SESSIONS_SHOWN = 20
_HEAD = 4096  # octets in which the subject of a letter stands: we write it near the top
_SUBJECT = re.compile(rb"^subject:[ \t]*(.*(?:\r?\n[ \t].*)*)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a contact may do, and what his company agreed to. `up_to` is net; None: any sum."""

    company: str
    may_approve: bool
    up_to: Money | None
    sees_company: bool
    let_in_at: datetime | None
    terms_version: str
    terms_at: datetime | None
    terms_by: str


@dataclass(frozen=True, slots=True)
class Here:
    """A browser that is signed in; `is_this`: the one that asks."""

    made_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """That letters to the address came back (`kind` "unreachable"), or its mail is "blocked"."""

    kind: str
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class LetterToMe:
    """A letter that we wrote to him; `ticket` is a tag or ""."""

    at: datetime
    subject: str
    ticket: str
    state: str


@dataclass(frozen=True, slots=True)
class AboutMe:
    """What is stored about an address. `rights` is None for whoever is no contact of a customer.

    Of tickets, messages (up to COUNTED) and letters it says how many there are; `letters` are the newest.
    """

    address: str
    name: str
    language: str
    rights: Rights | None
    tickets: int
    messages: int
    letters_total: int
    letters: tuple[LetterToMe, ...]
    sessions: tuple[Here, ...]
    marks: tuple[Mark, ...]


def about(desk: Desk, person: SignedIn, now: datetime) -> AboutMe:
    """Return what is stored about the person who is signed in."""
    address = person.address.lower()
    with desk.db.read() as session:
        names = _written_as(session, address)
        mailed = col(OutboundRow.rcpt_to).in_(names)
        total = session.execute(select(func.count()).select_from(OutboundRow).where(mailed))
        contact = _contact(session, address)
        return AboutMe(
            address=address,
            name=contact[0].name if contact else "",
            language=contact[0].language or contact[1].language if contact else "",
            rights=_rights(*contact) if contact else None,
            tickets=count(session, tickets_of(address)),
            messages=count(session, messages_of(address).limit(COUNTED)),
            letters_total=total.scalar_one(),
            letters=letters_to(session, desk, names, LETTERS_SHOWN),
            sessions=_sessions(session, person, now),
            marks=_marks(session, address, now),
        )


def tickets_of(address: str) -> Any:
    """Return the question for the ids of the tickets that an address (lower case) takes part in."""
    lower = func.lower(col(ParticipantRow.address))
    return select(col(ParticipantRow.ticket_id)).where(lower == address).distinct()


def messages_of(address: str) -> Any:
    """Return the question for the ids of the messages that an address wrote in those tickets."""
    return select(col(MessageRow.id)).where(
        col(MessageRow.ticket_id).in_(tickets_of(address)),
        func.lower(col(MessageRow.author)) == address,
    )


def letters_to(
    session: Session, desk: Desk, names: Sequence[str], limit: int
) -> tuple[LetterToMe, ...]:
    """Return the newest letters to an address, which may be written in several ways."""
    head = func.substr(col(OutboundRow.raw), 1, _HEAD, type_=LargeBinary)
    query = (
        select(col(OutboundRow.queued_at), head, col(OutboundRow.ticket_id), col(OutboundRow.state))
        .where(col(OutboundRow.rcpt_to).in_(names))
        .order_by(col(OutboundRow.queued_at).desc(), col(OutboundRow.id).desc())
        .limit(limit)
    )
    code = desk.policy.code
    return tuple(
        LetterToMe(at, _subject(bytes(raw)), tag(code, ticket) if ticket else "", state)
        for at, raw, ticket, state in session.execute(query)
    )


def names_of(session: Session, address: str) -> tuple[str, ...]:
    """Return the ways in which an address (lower case) is written in tickets."""
    return tuple(sorted(_written_as(session, address)))


def speak(desk: Desk, person: SignedIn, given: str) -> bool:
    """Keep the language, de or en, of a contact's letters and pages; False where he is none.

    Raises Refused for another language.
    """
    language = language_of(given)
    row = update(ContactRow).where(col(ContactRow.address) == person.address.lower())
    return desk.db.change(lambda session: rows_met(session, row.values(language=language)) == 1)


def sign_out_elsewhere(desk: Desk, person: SignedIn) -> int:
    """End all sessions of an address but the one that asks; return how many there were."""
    others = delete(SessionRow).where(
        col(SessionRow.address) == person.address.lower(),
        col(SessionRow.id_sha256) != person.session,
    )
    return desk.db.change(lambda session: rows_met(session, others))


def count(session: Session, query: Any) -> int:
    """Return how many rows a question finds."""
    return int(session.execute(select(func.count()).select_from(query.subquery())).scalar_one())


def _written_as(session: Session, address: str) -> list[str]:
    lower = func.lower(col(ParticipantRow.address))
    query = select(col(ParticipantRow.address)).where(lower == address).distinct()
    return list({address, *session.scalars(query)})


def _contact(session: Session, address: str) -> tuple[ContactRow, CustomerRow] | None:
    query = (
        select(ContactRow, CustomerRow)
        .join(CustomerRow, col(CustomerRow.id) == col(ContactRow.customer_id))
        .where(col(ContactRow.address) == address)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def _rights(contact: ContactRow, customer: CustomerRow) -> Rights:
    bound = contact.approve_up_to
    return Rights(
        company=customer.name,
        may_approve=contact.may_approve,
        up_to=None if bound is None else Money(bound, customer.currency),
        sees_company=contact.sees_company,
        let_in_at=contact.portal_at,
        terms_version=customer.terms_version,
        terms_at=customer.terms_accepted_at,
        terms_by=customer.terms_accepted_by,
    )


def _sessions(session: Session, person: SignedIn, now: datetime) -> tuple[Here, ...]:
    query = (
        select(SessionRow)
        .where(col(SessionRow.address) == person.address.lower(), col(SessionRow.expires_at) > now)
        .order_by(col(SessionRow.seen_at).desc())
        .limit(SESSIONS_SHOWN)
    )
    return tuple(
        Here(row.made_at, row.seen_at, row.expires_at, row.id_sha256 == person.session)
        for row in session.scalars(query)
    )


def _marks(session: Session, address: str, now: datetime) -> tuple[Mark, ...]:
    until = col(AddressMarkRow.until)
    query = select(AddressMarkRow).where(
        col(AddressMarkRow.address).in_((address, f"@{address.rpartition('@')[2]}")),
        or_(until > now, until.is_(None)),
    )
    return tuple(Mark(row.kind, row.since, row.until, row.reason) for row in session.scalars(query))


def _subject(raw: bytes) -> str:
    found = _SUBJECT.search(raw)
    text = found[1].decode("utf-8", "replace") if found else ""
    return decode_words(" ".join(text.split()), [])
