"""Signing in by a mailed link (SECURITY.md, P19 and 4.5).

    ask_for_link   mails a link to whom we know, at the address that we stored
    look           what the link's page shows; it changes nothing
    redeem         the link becomes a session, once

A link lasts fifteen minutes. It is good in the browser that asked for it, or with the address
typed again. Of its token and of the browser only the SHA-256 is kept.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from maildesk.desk import figures
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.people import Refused, plain_address
from maildesk.desk.portal import letters, sessions
from maildesk.mail.message import Address
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import TOKEN_BYTES, new_token
from maildesk.store import queries
from maildesk.store.db import rows_met
from maildesk.store.tables import AgentAddressRow, ParticipantRow
from maildesk.store.web_tables import SignInRow

LASTS = timedelta(minutes=15)
MAILS = 3  # to one address within an hour
_WITHIN = timedelta(hours=1)
_TOKEN = re.compile(r"[a-z2-7]{26}")
_PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,499}")  # visible ASCII without a backslash


class Asked(StrEnum):
    """What became of a wish for a link; the page never says it."""

    MAILED = "mailed"
    NOT_LET_IN = "not_let_in"
    UNKNOWN = "unknown"
    TOO_OFTEN = "too_often"


class Standing(StrEnum):
    """How it stands with a link. GONE: there is none of that token, or it is over or was used."""

    HERE = "here"  # in the browser that asked
    ELSEWHERE = "elsewhere"  # the address has to be typed
    GONE = "gone"


class Outcome(StrEnum):
    """What became of a link that somebody used."""

    DONE = "done"
    WRONG_ADDRESS = "wrong_address"  # it is still good
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What came of a link: who is signed in, what his browser carries and for how long.

    `leads_to` is the page of ours that he wanted to see, "" for none.
    """

    outcome: Outcome
    address: str = ""
    secret: str = ""
    lasts: timedelta = timedelta(0)
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody whom we know by his stored address."""

    address: str
    name: str
    language: str
    is_let_in: bool
    contact_id: int = 0
    agent_id: int | None = None

    @property
    def mailbox(self) -> Address:
        return Address(self.name, self.address)


def own_path(given: str) -> str:
    """Return a path of ours to go to after signing in, "" for anything that may lead elsewhere."""
    return given if _PATH.fullmatch(given) else ""


def ask_for_link(
    desk: Desk,
    address: str,
    browser: str,
    now: datetime,
    leads_to: str = "",
    language: str = "",
) -> Asked:
    """Mail a link to an agent, or to somebody who may use the service area.

    It goes to the stored address only, at most three times an hour. A contact who is not let in
    is told so instead, once a day; nobody else gets anything. `language` is taken for whoever
    has none of his own.
    """
    try:
        wanted = plain_address(address)
    except Refused:
        return Asked.UNKNOWN
    if wanted in desk.policy.own:
        return Asked.UNKNOWN
    with desk.db.read() as session:
        person = _known(session, desk, wanted)
        if person is None:
            return Asked.UNKNOWN
        if person.is_let_in and _is_often(session, person.address, now):
            return Asked.TOO_OFTEN
    locale = person.language or language or desk.policy.language
    if not person.is_let_in:
        row = letters.letter(desk, person.mailbox, letters.NOT_YET, locale, now)
        row["once_key"] = f"{letters.NOT_YET}:{person.contact_id}:{now:%Y%m%d}"
        desk.db.change(lambda session: session.execute(POST, [row]))
        return Asked.NOT_LET_IN
    token = new_token(secrets.token_bytes(TOKEN_BYTES))
    link = f"{figures.area(desk.site)}/{token}"
    row = letters.letter(desk, person.mailbox, letters.SIGN_IN, locale, now, link=link)
    made = SignInRow(
        token_sha256=_hash(token), address=person.address, browser_sha256=_hash(browser),
        leads_to=own_path(leads_to), made_at=now, expires_at=now + LASTS,
    )  # fmt: skip

    def work(session: Session) -> Asked:
        if _is_often(session, person.address, now):  # somebody asked for it in the meantime
            return Asked.TOO_OFTEN
        session.add(made)
        session.execute(POST, [row])
        return Asked.MAILED

    return desk.db.change(work)


def look(desk: Desk, token: str, browser: str, now: datetime) -> Standing:
    """Return what the page of a link shows to a browser."""
    with desk.db.read() as session:
        row = _open(session, token, now)
        if row is None:
            return Standing.GONE
        return Standing.HERE if _asked_here(row, browser) else Standing.ELSEWHERE


def redeem(desk: Desk, token: str, browser: str, typed: str, now: datetime) -> Redeemed:
    """Sign in whoever has the link and the browser that asked for it, or types its address.

    In one transaction, so of two who use a link at once one is signed in. A right that was taken
    away meanwhile is gone: nobody signs in then.
    """

    def work(session: Session) -> Redeemed:
        row = _open(session, token, now)
        if row is None:
            return Redeemed(Outcome.GONE)
        if not _asked_here(row, browser) and not _is_address(typed, row.address):
            return Redeemed(Outcome.WRONG_ADDRESS)
        unused = update(SignInRow).where(
            col(SignInRow.token_sha256) == row.token_sha256,
            col(SignInRow.used_at).is_(None),
            col(SignInRow.expires_at) > now,
        )
        if rows_met(session, unused.values(used_at=now)) != 1:
            return Redeemed(Outcome.GONE)  # somebody was faster
        person = _known(session, desk, row.address)
        if person is None or not person.is_let_in:
            return Redeemed(Outcome.GONE)
        secret = sessions.begin(session, person.address, person.agent_id, now)
        lasts = sessions.CUSTOMER_LASTS if person.agent_id is None else sessions.AGENT_LASTS
        return Redeemed(Outcome.DONE, person.address, secret, lasts, row.leads_to)

    return desk.db.change(work)


def _open(session: Session, token: str, now: datetime) -> SignInRow | None:
    """Return the row of a link that is still good."""
    if not _TOKEN.fullmatch(token):
        return None
    row = session.get(SignInRow, _hash(token))
    if row is None or row.used_at is not None or now >= row.expires_at:
        return None
    return row


def _asked_here(row: SignInRow, browser: str) -> bool:
    return bool(browser) and secrets.compare_digest(row.browser_sha256, _hash(browser))


def _is_address(typed: str, address: str) -> bool:
    try:
        return plain_address(typed) == address
    except Refused:
        return False


def _is_often(session: Session, address: str, now: datetime) -> bool:
    mailed = select(func.count()).where(
        col(SignInRow.address) == address, col(SignInRow.made_at) > now - _WITHIN
    )
    return int(session.execute(mailed).scalar_one()) >= MAILS


def _known(session: Session, desk: Desk, address: str) -> _Person | None:
    """Return whom we know by an address (lower case), with the address that we stored."""
    agent = _agent(session, address)
    if agent is not None:
        if not agent.enabled:
            return None
        return _Person(address, agent.name, agent.language, is_let_in=True, agent_id=agent.id)
    is_let_in = sessions.is_let_in(session, desk, address)
    found = sessions.contact_of(session, address)
    if found is not None:
        contact, customer = found
        language = contact.language or customer.language
        return _Person(contact.address, contact.name, language, is_let_in, contact.id or 0)
    if not is_let_in:
        return None
    theirs = select(col(ParticipantRow.address)).where(
        func.lower(col(ParticipantRow.address)) == address
    )
    stored = session.execute(theirs.limit(1)).scalar_one()
    return _Person(stored.lower(), "", "", is_let_in=True)


def _agent(session: Session, address: str) -> AgentFacts | None:
    his = select(col(AgentAddressRow.agent_id)).where(col(AgentAddressRow.address) == address)
    agent_id = session.execute(his).scalar()
    return next((each for each in queries.agents(session) if each.id == agent_id), None)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
