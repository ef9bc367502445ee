"""Senders whose mail is hidden because somebody said so. One transaction for each function."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlmodel import Session, col

from maildesk.desk.people import Refused, plain_address
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import AddressMarkRow, AgentAddressRow, AgentRow

KIND = "blocked"


@dataclass(frozen=True, slots=True)
class BlockedLine:
    """A sender on the list, an address or "@domain". `until` is None where there is no end."""

    sender: str
    since: datetime
    until: datetime | None
    reason: str


def sender_of(given: str) -> str:
    """Return an address, or "@domain", as authors are compared. Raises Refused for all else."""
    text = given.strip()
    if not text.startswith("@"):
        return plain_address(text)
    try:
        return plain_address(f"anybody{text}").removeprefix("anybody")
    except Refused:
        raise Refused(f"{given!r} is not a domain; say one such as @spam.example") from None


def listed(session: Session, now: datetime, limit: int) -> tuple[list[BlockedLine], int]:
    """Return at most `limit` senders, in the order of the alphabet, and how many there are."""
    until = col(AddressMarkRow.until)
    asked = (col(AddressMarkRow.kind) == KIND, or_(until > now, until.is_(None)))
    total = session.execute(select(func.count()).select_from(AddressMarkRow).where(*asked))
    query = select(AddressMarkRow).where(*asked).order_by(col(AddressMarkRow.address)).limit(limit)
    lines = [
        BlockedLine(row.address, row.since, row.until, row.reason) for row in session.scalars(query)
    ]
    return lines, total.scalar_one()


def add(
    db: Database, own: tuple[str, ...], sender: str, reason: str, days: int, now: datetime
) -> BlockedLine:
    """Block a sender for so many days, 0 for good; what was said of him before is replaced.

    Raises Refused for what is no address, and for addresses of the desk and of agents.
    """
    wanted = sender_of(sender)
    until = now + timedelta(days=days) if days else None

    def work(session: Session) -> None:
        _refuse_inside(session, own, wanted)
        row = session.get(AddressMarkRow, (wanted, KIND))
        if row is None:
            row = AddressMarkRow(address=wanted, kind=KIND)
        row.since, row.last, row.until, row.reason = now, now, until, reason.strip()[:300]
        session.add(row)

    db.change(work)
    return BlockedLine(wanted, now, until, reason.strip()[:300])


def remove(db: Database, sender: str) -> str:
    """Let a sender through again and return him as he stood on the list.

    Raises Refused if he is not on it.
    """
    wanted = sender_of(sender)
    gone = delete(AddressMarkRow).where(
        col(AddressMarkRow.address) == wanted, col(AddressMarkRow.kind) == KIND
    )
    if not db.change(lambda session: rows_met(session, gone)):
        raise Refused(f"{wanted} is not blocked; see `maildesk blocked list`")
    return wanted


def _refuse_inside(session: Session, own: tuple[str, ...], wanted: str) -> None:
    if wanted in own:
        raise Refused(f"{wanted} is an address of the desk itself, and is not blocked")
    if wanted.startswith("@"):
        return  # what agents write is not hidden, and nobody loses by it
    agent = session.scalars(
        select(AgentRow)
        .join(AgentAddressRow, col(AgentAddressRow.agent_id) == col(AgentRow.id))
        .where(col(AgentAddressRow.address) == wanted)
    ).first()
    if agent is not None:
        raise Refused(
            f"{wanted} belongs to {agent.login} of the staff, whose mail is not hidden;"
            f" `maildesk staff disable {agent.login}` takes his authority"
        )
