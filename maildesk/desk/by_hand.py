"""What an operator does by hand to mail and letters. One transaction for each function."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from maildesk.desk import held, staff
from maildesk.desk.outbox import MAY_SEND
from maildesk.desk.people import Refused
from maildesk.rules.staff.mail import TOO_OLD
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    SettingRow,
)


def dismiss(db: Database, inbound_id: int, now: datetime) -> bool:
    """Take a mail off the lists for good: it stays stored and may still be replayed.

    Returns False if there is none of that number that is held, set aside or automatic.
    """
    rows = update(InboundRow).where(
        col(InboundRow.id) == inbound_id,
        col(InboundRow.state).in_(("held", "set_aside", "automatic")),
    )
    gone = rows.values(state="dismissed", handled_at=now)
    return db.change(lambda session: rows_met(session, gone) == 1)


def vouch(db: Database, inbound_id: int, login: str, author: str, sent_at: datetime | None) -> None:
    """Have a held mail handled once more, as proven by the agent of this login.

    `author` is the plain address that wrote it, or "", and `sent_at` its own date. Raises
    Refused if it is not that agent's, he is disabled, the mail is not held or was released
    before, or if it came so late that nothing in it would run.
    """

    def work(session: Session) -> None:
        agent = staff.find(session, login)
        query = select(InboundRow).outerjoin(
            MessageRow, col(MessageRow.inbound_id) == col(InboundRow.id)
        )
        this = query.where(col(InboundRow.id) == inbound_id)
        row = session.scalars(this.where(held.still_held())).first()
        if row is None:
            raise _not_held(session, inbound_id)
        wrote = select(AgentAddressRow).where(
            col(AgentAddressRow.agent_id) == agent.id,
            col(AgentAddressRow.address) == author.lower(),
        )
        if session.scalars(wrote).first() is None:
            raise Refused(
                f"mail {inbound_id} is by {author or 'nobody certain'}, and that is no address"
                f" of {login}; see `maildesk held list`"
            )
        if not agent.enabled:
            raise Refused(
                f"{login} is disabled, and nothing runs in his name; `maildesk staff enable"
                f" {login}` first"
            )
        if sent_at is not None and row.received_at - sent_at > TOO_OLD:
            raise Refused(
                f"mail {inbound_id} was written on {sent_at:%Y-%m-%d}, more than"
                f" {TOO_OLD // timedelta(hours=1)} hours before it came: it would be refused;"
                f" let {login} write again"
            )
        again = update(InboundRow).where(
            col(InboundRow.id) == inbound_id,
            col(InboundRow.state) == row.state,
            col(InboundRow.released_by).is_(None),
        )
        values = {"released_by": agent.id, "state": "waiting", "attempts": 0, "reason": "",
                  "handled_at": None}  # fmt: skip
        if rows_met(session, again.values(**values)) != 1:
            raise _not_held(session, inbound_id)

    db.change(work)


def _not_held(session: Session, inbound_id: int) -> Refused:
    row = session.get(InboundRow, inbound_id)
    if row is not None and row.released_by is not None:
        agent = session.get(AgentRow, row.released_by)
        return Refused(
            f"mail {inbound_id} was released before, as {agent.login if agent else ''}'s"
        )
    return Refused(f"mail {inbound_id} is not held; see `maildesk held list`")


def retry_failed(db: Database, now: datetime) -> int:
    """Make every failed letter due at once and return how many there were."""
    rows = update(OutboundRow).where(col(OutboundRow.state) == "failed")
    again = rows.values(state="queued", queued_at=now, next_attempt_at=now, settled_at=None)
    return db.change(lambda session: rows_met(session, again))


def release(db: Database) -> int:
    """Let letters leave again after a restore; return how many are queued."""

    def work(session: Session) -> int:
        session.merge(SettingRow(name=MAY_SEND, value="yes"))
        queued = select(func.count()).where(col(OutboundRow.state) == "queued")
        return int(session.execute(queued).scalar_one())

    return db.change(work)
