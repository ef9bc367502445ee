"""A decision becomes rows: TX 2b, short, for a whole batch of messages.

Rows of one table are written together. Every id was reserved before, so no statement waits for
another's answer. If anything has changed since we looked (`Changed`), nothing is written.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, LargeBinary, TextClause, bindparam, delete, insert, text, update
from sqlmodel import Session, SQLModel, col

from maildesk.desk.intake import Claimed
from maildesk.mail.message import Mail
from maildesk.rules.facts import Facts, Received
from maildesk.rules.plan import (
    AddMessage,
    Book,
    Change,
    Deed,
    Leave,
    MarkUndeliverable,
    OpenTicket,
    Participate,
    Plan,
    Release,
    SetState,
    Step,
    TakeBack,
    Tell,
    Timer,
)
from maildesk.rules.ticket import State, is_closed
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import (
    AttachmentRow,
    DeedRow,
    EventRow,
    InboundRow,
    MessageRow,
    Moment,
    OutboundRow,
    ParticipantRow,
    TicketRow,
    TimeRow,
    TimerRow,
)


class Changed(Exception):
    """What the decision was made on is no longer so; look again."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One message with its plan and the letters written for it (rows of OutboundRow)."""

    claimed: Claimed
    received: Received
    facts: Facts
    plan: Plan
    letters: tuple[dict[str, Any], ...]


_HANDLED = text(
    "UPDATE inbound SET state = :state, reason = :reason, sender = :sender, subject = :subject,"
    " ticket_id = :ticket_id, handled_at = :now"
    " WHERE id = :id AND attempts = :attempt AND state = 'waiting'"
).bindparams(bindparam("now", type_=Moment))
_TOUCHED = text(
    "UPDATE ticket SET version = version + 1, state = :state, closed = :closed,"
    " resolved_at = CASE WHEN :reopened THEN NULL ELSE resolved_at END"
    " WHERE id = :id AND version = :version"
)
_THREAD = text(
    "INSERT INTO thread (message_id, ticket_id) VALUES (:message_id, :ticket_id)"
    " ON CONFLICT (message_id, ticket_id) DO NOTHING"
)
# An effect that has happened already (its once_key is taken) is simply not caused again.
POST = text(
    "INSERT INTO outbound (handle, once_key, purpose, ticket_id, inbound_id, return_path, rcpt_to,"
    " message_id, raw, counted, queued_at, next_attempt_at, state, attempts, last_reply,"
    " undeliverable) VALUES (:handle, :once_key, :purpose, :ticket_id, :inbound_id, :return_path,"
    " :rcpt_to, :message_id, :raw, :counted, :queued_at, :next_attempt_at, 'queued', 0, '', '')"
    " ON CONFLICT (once_key) DO NOTHING"
).bindparams(
    bindparam("raw", type_=LargeBinary),
    bindparam("queued_at", type_=Moment),
    bindparam("next_attempt_at", type_=Moment),
)


_NEW = {
    row: insert(SQLModel.metadata.tables[str(row.__tablename__)])
    for row in (
        TicketRow, ParticipantRow, MessageRow, AttachmentRow, EventRow, TimeRow, TimerRow, DeedRow,
    )
}  # fmt: skip


class _Rows:
    """The rows of a batch, by table, in the order in which they have to be written."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        self.handled: list[dict[str, Any]] = []
        self.touched: dict[int, dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.others: list[Callable[[Session], None]] = []  # rare, each in its own words
        self.threads: list[dict[str, Any]] = []
        self.letters: list[dict[str, Any]] = []
        self.marks: list[MarkUndeliverable] = []


def apply(db: Database, batch: Sequence[Decided], now: datetime) -> None:
    """Write everything that a batch of decisions asks for; all of it or nothing.

    Raises Changed if a ticket is no longer at the version that was looked at, or a message no
    longer waits; sqlalchemy.exc.IntegrityError if a unique key was taken meanwhile.
    """
    rows = _Rows(now)
    for decided in batch:
        _collect(rows, decided)
    db.change(lambda session: _write(session, rows))


def _write(session: Session, rows: _Rows) -> None:
    _all_of(session, _HANDLED, rows.handled)
    if rows.touched:
        _all_of(session, _TOUCHED, list(rows.touched.values()))
    connection = session.connection()  # Core: the unit of work would cost more than the rows
    for table, prepared in _NEW.items():
        if rows.new[table]:
            connection.execute(prepared, rows.new[table])
    if rows.threads:
        connection.execute(_THREAD, rows.threads)
    if rows.letters:
        connection.execute(POST, rows.letters)
    for change in rows.changes:
        ticket = update(TicketRow).where(col(TicketRow.id) == change.ticket_id)
        session.execute(ticket.values(**change.fields))
    for other in rows.others:
        other(session)
    for mark in rows.marks:
        letter = update(OutboundRow).where(col(OutboundRow.id) == mark.letter_id)
        session.execute(letter.values(undeliverable=mark.reason))


def _all_of(session: Session, statement: TextClause, values: list[dict[str, Any]]) -> None:
    """Execute an UPDATE for each of `values`; every one must have met its row."""
    if rows_met(session, statement, values) != len(values):
        raise Changed


def _collect(rows: _Rows, decided: Decided) -> None:
    claimed, plan, mail = decided.claimed, decided.plan, decided.received.reading.mail
    state, reason, ticket_id = "filed", "", None
    for step in plan:
        match step:
            case Leave():
                state, reason, ticket_id = step.state, step.reason, step.ticket_id
            case OpenTicket():
                _open(rows, step, decided)
            case AddMessage():
                ticket_id = step.ticket_id
                _file(rows, step, decided)
            case SetState():
                _set_state(rows, step, decided)
            case MarkUndeliverable():
                rows.marks.append(step)
            case Tell():
                pass  # it is among the letters by now
            case _:
                _do(rows, step, decided)
    rows.letters += decided.letters
    rows.handled.append(
        {
            "id": claimed.inbound_id,
            "attempt": claimed.attempt,
            "state": state,
            "reason": reason,
            "sender": mail.sender.address or mail.sender.name,
            "subject": mail.subject[:150],
            "ticket_id": ticket_id,
            "now": rows.now,
        }
    )


def _open(rows: _Rows, step: OpenTicket, decided: Decided) -> None:
    rows.new[TicketRow].append(
        {
            "id": step.ticket_id,
            "version": 1,
            "title": step.title,
            "state": State.NEW.value,
            "closed": False,
            "kind": step.kind,
            "urgent": step.urgent,
            "presales": step.presales,
            "wish": step.wish,
            "customer_id": step.customer_id,
            "requester": step.requester.address,
            "requester_name": step.requester.name,
            "language": step.language,
            "assignee_id": step.assignee_id,
            "opened_at": decided.claimed.envelope.received_at,
            "clock_started_at": step.clock_started_at,
            "due_at": step.due_at,
            "follows": step.follows,
        }
    )
    if step.requester.address:
        rows.new[ParticipantRow].append(
            {
                "ticket_id": step.ticket_id,
                "number": 1,
                "address": step.requester.address,
                "name": step.requester.name,
            }
        )
    detail = " ".join(
        part
        for part, said in (
            (f"kind={step.kind}", True),
            (f"wish={step.wish}", step.wish),
            ("two kinds that contradict each other", step.contradiction),
            (f"follows={step.follows}", step.follows),
            ("mentions=" + ",".join(map(str, step.mentions)), step.mentions),
        )
        if said
    )
    _journal(rows, decided, step.ticket_id, "T01", to=State.NEW, detail=detail)


def _file(rows: _Rows, step: AddMessage, decided: Decided) -> None:
    if decided.received.released_by is not None and decided.facts.known:
        _file_again(rows, step, decided)
        return
    mail, message_id = decided.received.reading.mail, decided.facts.message_id
    rows.new[MessageRow].append(
        {
            "id": message_id,
            "ticket_id": step.ticket_id,
            "inbound_id": decided.claimed.inbound_id,
            "standing": step.standing,
            "author": mail.author or "",
            "author_name": mail.sender.name,
            "subject": mail.subject,
            "text": mail.text,
            "reply": "" if mail.reply == mail.text else mail.reply,
            "html": mail.html,
            "message_id": mail.message_id,
            "content_key": mail.content_key,
            "sent_at": mail.date,
            "filed_at": rows.now,
        }
    )
    rows.new[AttachmentRow] += [
        {
            "message_id": message_id,
            "path": part.path,
            "name": part.name,
            "type": part.type,
            "size": part.size,
            "inline": part.inline,
            "content_id": part.content_id,
        }
        for part in mail.attachments
    ]
    rows.threads += [{"message_id": mid, "ticket_id": step.ticket_id} for mid in _ids(mail)]
    _touch(rows, step, decided)


def _file_again(rows: _Rows, step: AddMessage, decided: Decided) -> None:
    """A held mail that was released is in the books already: it only stands differently now."""
    message = update(MessageRow).where(col(MessageRow.inbound_id) == decided.claimed.inbound_id)
    again = message.values(standing=step.standing, ticket_id=step.ticket_id)
    rows.others.append(lambda session: _one(session, again))
    _touch(rows, step, decided)


def _touch(rows: _Rows, step: AddMessage, decided: Decided) -> None:
    ticket = _looked_at(decided.facts, step.ticket_id)
    if ticket is not None:
        _journal(rows, decided, step.ticket_id, "message", detail=step.standing)
        rows.touched.setdefault(
            step.ticket_id,
            {"id": step.ticket_id, "version": ticket.version, "state": ticket.state.value,
             "closed": is_closed(ticket.state), "reopened": False},
        )  # fmt: skip


def _do(rows: _Rows, step: Step, decided: Decided) -> None:
    """Add what only agents' mails ask for."""
    inbound_id, now = decided.claimed.inbound_id, rows.now
    match step:
        case Change():
            rows.changes.append(step)
            _journal(rows, decided, step.ticket_id, step.trigger, detail=_shown(step))
        case Book():
            rows.new[TimeRow].append(
                {"ticket_id": step.ticket_id, "agent_id": step.agent_id, "minutes": step.minutes,
                 "booked_at": now, "inbound_id": inbound_id, "words": step.words}
            )  # fmt: skip
            _journal(rows, decided, step.ticket_id, "time", detail=f"{step.minutes:+d} min")
        case Timer(ticket_id=None):
            rows.others.append(
                lambda session: _one(
                    session, delete(TimerRow).where(col(TimerRow.agent_id) == step.agent_id)
                )
            )
        case Timer():
            rows.new[TimerRow].append(
                {"agent_id": step.agent_id, "ticket_id": step.ticket_id, "started_at": now}
            )
        case Participate(number=0):
            gone = delete(ParticipantRow).where(
                col(ParticipantRow.ticket_id) == step.ticket_id,
                col(ParticipantRow.address) == step.address,
            )
            rows.others.append(lambda session: _one(session, gone))
            _journal(rows, decided, step.ticket_id, "#remove", detail=step.address)
        case Participate():
            rows.new[ParticipantRow].append(
                {"ticket_id": step.ticket_id, "number": step.number, "address": step.address,
                 "name": step.name}
            )  # fmt: skip
            _journal(rows, decided, step.ticket_id, "#add", detail=step.address)
        case Deed():
            rows.new[DeedRow].append(
                {"inbound_id": inbound_id, "agent_id": step.agent_id, "ticket_id": step.ticket_id,
                 "done_at": now, "words": step.words, "before": json.dumps(dict(step.before), default=_plain)}
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
            rows.others.append(lambda session: _one(session, released))


def _take_back(session: Session, step: TakeBack, now: datetime) -> None:
    waiting = update(OutboundRow).where(
        col(OutboundRow.inbound_id) == step.inbound_id,
        col(OutboundRow.state) == "queued",
        col(OutboundRow.attempts) == 0,
        ~col(OutboundRow.purpose).startswith("staff_"),
    )
    if rows_met(session, waiting.values(state="withdrawn", settled_at=now)) != step.letters:
        raise Changed  # one has left meanwhile: the receipt has to say so
    deed = update(DeedRow).where(col(DeedRow.id) == step.deed_id, col(DeedRow.undone_at).is_(None))
    _one(session, deed.values(undone_at=now))


def _one(session: Session, statement: Executable) -> None:
    """Execute a statement that has to meet one row."""
    if rows_met(session, statement) != 1:
        raise Changed


def _shown(step: Change) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in step.fields.items())


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)


def _set_state(rows: _Rows, step: SetState, decided: Decided) -> None:
    touched = rows.touched.get(step.ticket_id)
    if touched is None:  # another ticket than the one that the mail is filed in
        rows.changes.append(
            Change(step.ticket_id, {"state": step.to.value, "closed": is_closed(step.to)}, "")
        )
        _journal(rows, decided, step.ticket_id, step.trigger, step.before, step.to)
        return
    touched["state"], touched["closed"] = step.to.value, is_closed(step.to)
    touched["reopened"] = not is_closed(step.to)
    _journal(rows, decided, step.ticket_id, step.trigger, step.before, step.to)


def _journal(
    rows: _Rows,
    decided: Decided,
    ticket_id: int,
    trigger: str,
    before: State | None = None,
    to: State | None = None,
    detail: str = "",
) -> None:
    rows.new[EventRow].append(
        {
            "ticket_id": ticket_id,
            "at": rows.now,
            "actor": decided.received.reading.mail.author or "unknown",
            "trigger": trigger,
            "from_state": before.value if before else "",
            "to_state": to.value if to else "",
            "detail": detail,
            "inbound_id": decided.claimed.inbound_id,
        }
    )


def _ids(mail: Mail) -> list[str]:
    ids = (mail.message_id, *mail.in_reply_to, *mail.references)
    return [mid for mid in dict.fromkeys(ids) if mid]


def _looked_at(facts: Facts, ticket_id: int) -> Any:
    return next((c.ticket for c in facts.candidates if c.ticket.id == ticket_id), None)
