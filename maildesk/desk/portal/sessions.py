"""Who is signed in: kept in rows under the SHA-256 of what the browser carries (SECURITY.md, P19).

What somebody may do is looked up at each page, so that a right that is taken away is gone at once.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.rules.people import AgentFacts, ContactFacts
from maildesk.store import queries
from maildesk.store.tables import AgentAddressRow, ContactRow, CustomerRow, ParticipantRow
from maildesk.store.web_tables import SessionRow

CUSTOMER_LASTS = timedelta(days=30)
AGENT_LASTS = timedelta(days=14)
IDLE = timedelta(days=7)  # nobody looked at a page for so long: signed out
_SEEN_EVERY = timedelta(minutes=10)  # so that a page is a read, and seldom a change
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who is signed in. `agent` is there for staff; `contact` for a known one only.

    `session` names the session and is no secret of the browser's (its SHA-256). `name` is his
    name or else his address. `sees_company`: he sees all tickets of `contact.customer_id`.
    """

    session: str
    address: str
    name: str
    language: str
    agent: AgentFacts | None = None
    contact: ContactFacts | None = None
    sees_company: bool = False
    stale: bool = False  # `seen` is to be told


def begin(session: Session, address: str, agent_id: int | None, now: datetime) -> str:
    """Sign somebody in, within a transaction of the caller's; return what his browser carries.

    256 random bits. Sessions that ended are swept out on the way.
    """
    session.execute(delete(SessionRow).where(col(SessionRow.expires_at) < now))
    secret = secrets.token_urlsafe(32)
    lasts = CUSTOMER_LASTS if agent_id is None else AGENT_LASTS
    session.add(
        SessionRow(
            id_sha256=_hash(secret),
            address=address.lower(),
            agent_id=agent_id,
            made_at=now,
            seen_at=now,
            expires_at=now + lasts,
        )
    )
    return secret


def who(desk: Desk, secret: str, now: datetime) -> SignedIn | None:
    """Return who carries a session's secret, or None: unknown, ended, or not let in any more."""
    if not _SECRET.fullmatch(secret):
        return None
    with desk.db.read() as session:
        row = session.get(SessionRow, _hash(secret))
        if row is None or now >= row.expires_at or now - row.seen_at > IDLE:
            return None
        stale = now - row.seen_at > _SEEN_EVERY
        if row.agent_id is not None:
            return _agent(session, row, stale)
        return _customer(session, desk, row, stale)


def seen(desk: Desk, session_id: str, now: datetime) -> None:
    """Note that somebody still looks at pages."""
    row = update(SessionRow).where(col(SessionRow.id_sha256) == session_id)
    desk.db.change(lambda session: session.execute(row.values(seen_at=now)))


def end(desk: Desk, session_id: str) -> None:
    """Sign somebody out."""
    row = delete(SessionRow).where(col(SessionRow.id_sha256) == session_id)
    desk.db.change(lambda session: session.execute(row))


def end_all(session: Session, address: str) -> None:
    """Sign somebody out everywhere, within a transaction of the caller's."""
    session.execute(delete(SessionRow).where(col(SessionRow.address) == address.lower()))


def end_all_of_agent(session: Session, agent_id: int) -> None:
    """Sign an agent out everywhere, within a transaction of the caller's."""
    session.execute(delete(SessionRow).where(col(SessionRow.agent_id) == agent_id))


def contact_of(session: Session, address: str) -> tuple[ContactRow, CustomerRow] | None:
    """Return the contact who has an address, with his customer, or None."""
    query = (
        select(ContactRow, CustomerRow)
        .join(CustomerRow, col(CustomerRow.id) == col(ContactRow.customer_id))
        .where(col(ContactRow.address) == address.lower())
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def is_let_in(session: Session, desk: Desk, address: str) -> bool:
    """Tell whether somebody who is no agent may sign in: `[web] activation`."""
    found = contact_of(session, address)
    if found is not None and found[0].portal_at is not None:
        return True
    if desk.site.web.activation != "everyone":
        return False
    if found is not None:
        return True
    theirs = select(col(ParticipantRow.id)).where(
        func.lower(col(ParticipantRow.address)) == address.lower()
    )
    return session.execute(theirs.limit(1)).first() is not None


def _agent(session: Session, row: SessionRow, stale: bool) -> SignedIn | None:
    agent = next((each for each in queries.agents(session) if each.id == row.agent_id), None)
    if agent is None or not agent.enabled:
        return None
    his = select(col(AgentAddressRow.id)).where(
        col(AgentAddressRow.agent_id) == agent.id, col(AgentAddressRow.address) == row.address
    )
    if session.execute(his).first() is None:  # the address was taken from him
        return None
    return SignedIn(row.id_sha256, row.address, agent.name, agent.language, agent, stale=stale)


def _customer(session: Session, desk: Desk, row: SessionRow, stale: bool) -> SignedIn | None:
    if not is_let_in(session, desk, row.address):
        return None
    found = contact_of(session, row.address)
    if found is None:
        return SignedIn(row.id_sha256, row.address, row.address, "", stale=stale)
    contact, customer = found
    facts = queries.contact(contact)
    return SignedIn(
        row.id_sha256, row.address, contact.name or row.address,
        contact.language or customer.language, contact=facts,
        sees_company=contact.sees_company, stale=stale,
    )  # fmt: skip


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
