"""The rows of what only agents' mails do: time, timers, participants, undo, releases."""

import json
from datetime import datetime

from sqlalchemy import Executable, ScalarSelect, delete, or_, select, update
from sqlmodel import Session, col

from maildesk.desk.rows import Cause, Changed, Rows
from maildesk.rules.plan import (
    Book,
    Change,
    Deed,
    LetIn,
    Participate,
    Release,
    Step,
    TakeBack,
    Timer,
)
from maildesk.rules.staff.portal import LETTER as INVITED
from maildesk.store.db import rows_met
from maildesk.store.tables import ContactRow, InboundRow, OutboundRow, ParticipantRow
from maildesk.store.web_tables import SessionRow
from maildesk.store.work_tables import DeedRow, TimeRow, TimerRow


def gather(rows: Rows, step: Step, cause: Cause) -> None:
    """Add what agents' mails, pages and the time ask for."""
    inbound_id, now = cause.inbound_id, rows.now
    match step:
        case Change():
            rows.changes.append(step)
            if step.trigger:
                rows.journal(cause, step.ticket_id, step.trigger, detail=_shown(step))
        case Book():
            rows.new[TimeRow].append(
                {"ticket_id": step.ticket_id, "agent_id": step.agent_id, "minutes": step.minutes,
                 "booked_at": now, "inbound_id": inbound_id, "words": step.words,
                 "type": step.type.value, "kind": step.kind, "factor": str(step.factor),
                 "rate_minor": step.rate_minor, "free": step.free,
                 "contract_id": step.contract_id, "began_at": step.began_at}
            )  # fmt: skip
            rows.journal(cause, step.ticket_id, "time", detail=f"{step.minutes:+d} min")
        case Timer(ticket_id=None):
            rows.firsts.append(  # before another one of the same agent begins
                lambda session: meet_one(
                    session, delete(TimerRow).where(col(TimerRow.agent_id) == step.agent_id)
                )
            )
        case Timer(ticket_id=int() as ticket_id):
            rows.new[TimerRow].append(
                {"agent_id": step.agent_id, "ticket_id": ticket_id, "started_at": now}
            )
            rows.journal(cause, ticket_id, "timer")
        case Participate(number=0):
            gone = delete(ParticipantRow).where(
                col(ParticipantRow.ticket_id) == step.ticket_id,
                col(ParticipantRow.address) == step.address,
            )
            rows.others.append(lambda session: meet_one(session, gone))
            rows.journal(cause, step.ticket_id, "#remove", detail=step.address)
        case Participate():
            rows.new[ParticipantRow].append(
                {"ticket_id": step.ticket_id, "number": step.number, "address": step.address,
                 "name": step.name}
            )  # fmt: skip
            rows.journal(cause, step.ticket_id, "#add", detail=step.address)
        case LetIn():
            rows.others.append(lambda session: _let_in(session, step, now))
            rows.journal(
                cause, step.ticket_id, "#portal" if step.by else "#undo", detail=step.address
            )
        case Deed():
            rows.new[DeedRow].append(
                {"inbound_id": inbound_id, "agent_id": step.agent_id, "ticket_id": step.ticket_id,
                 "done_at": now, "words": step.words, "before": json.dumps([dict(step.before), dict(step.after)], default=_plain)}
            )  # fmt: skip
        case TakeBack():
            rows.others.append(lambda session: _take_back(session, step, now))
        case Release():
            again = update(InboundRow).where(
                col(InboundRow.id) == step.inbound_id, col(InboundRow.released_by).is_(None)
            )
            released = again.values(
                released_by=step.agent_id, state="waiting", attempts=0, reason="", handled_at=None
            )
            rows.others.append(lambda session: meet_one(session, released))


def _let_in(session: Session, step: LetIn, now: datetime) -> None:
    person = update(ContactRow).where(col(ContactRow.address) == step.address)
    if step.by:
        shut = person.where(col(ContactRow.portal_at).is_(None))
        meet_one(session, shut.values(portal_at=now, portal_by=step.by))
        return
    session.execute(person.values(portal_at=None, portal_by=""))
    session.execute(delete(SessionRow).where(col(SessionRow.address) == step.address))


def _take_back(session: Session, step: TakeBack, now: datetime) -> None:
    waiting = update(OutboundRow).where(
        col(OutboundRow.inbound_id) == step.inbound_id,
        or_(
            col(OutboundRow.ticket_id) == _ticket_of(step.deed_id),
            col(OutboundRow.purpose) == INVITED,
        ),
        col(OutboundRow.state) == "queued",
        col(OutboundRow.attempts) == 0,
        ~col(OutboundRow.purpose).startswith("staff_"),
    )
    if rows_met(session, waiting.values(state="withdrawn", settled_at=now)) != step.letters:
        raise Changed  # one has left meanwhile: the receipt has to say so
    deed = update(DeedRow).where(col(DeedRow.id) == step.deed_id, col(DeedRow.undone_at).is_(None))
    meet_one(session, deed.values(undone_at=now))


def _ticket_of(deed_id: int) -> ScalarSelect[int]:
    query = select(col(DeedRow.ticket_id)).where(col(DeedRow.id) == deed_id)
    return query.scalar_subquery()


def meet_one(session: Session, statement: Executable) -> None:
    """Execute a statement that has to meet one row."""
    if rows_met(session, statement) != 1:
        raise Changed


def _shown(step: Change) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in step.fields.items())


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
