"""A decision becomes rows: TX 2b, short, for a whole batch of messages.

Rows of one table are written together. Every id was reserved before, so no statement waits for
another's answer. If anything has changed since we looked (`Changed`), nothing is written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, TextClause, bindparam, insert, text, update
from sqlmodel import Session, SQLModel, col

from maildesk.desk import filing, process_rows, unreachable
from maildesk.desk.effects import gather
from maildesk.desk.rows import Cause, Changed, Decided, Rows
from maildesk.rules.plan import (
    AddMessage,
    Ask,
    Bounced,
    Change,
    Judge,
    Leave,
    MarkUndeliverable,
    MarkUnreachable,
    Note,
    OpenTicket,
    Remind,
    SetState,
    Step,
    Tell,
    Touch,
)
from maildesk.rules.ticket import allowed, is_closed, row_between
from maildesk.store.columns import Moment
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import (
    AttachmentRow,
    EventRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    TicketRow,
)
from maildesk.store.work_tables import DeedRow, LinkRow, RequestRow, TimeRow, TimerRow

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
        LinkRow, RequestRow,
    )
}  # fmt: skip


def apply(db: Database, batch: Sequence[Cause], now: datetime) -> None:
    """Write everything that a batch of decisions asks for; all of it or nothing.

    Raises Changed if a ticket is no longer at the version that was looked at, or a message no
    longer waits; sqlalchemy.exc.IntegrityError if a unique key was taken meanwhile.
    """
    rows = Rows(now)
    for cause in batch:
        if isinstance(cause, Decided):
            _collect(rows, cause)
        else:
            for step in cause.plan:
                _step(rows, step, cause)
        rows.others += cause.also
        rows.letters += cause.letters.rows
        rows.new[LinkRow] += cause.letters.links
    db.change(lambda session: _write(session, rows))


def _write(session: Session, rows: Rows) -> None:
    if rows.handled:
        _all_of(session, _HANDLED, rows.handled)
    if rows.touched:
        _all_of(session, _TOUCHED, list(rows.touched.values()))
    for first in rows.firsts:
        first(session)
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
    for known in rows.addresses:
        unreachable.note(session, known.address, known.found)


def _all_of(session: Session, statement: TextClause, values: list[dict[str, Any]]) -> None:
    """Execute an UPDATE for each of `values`; every one must have met its row."""
    if rows_met(session, statement, values) != len(values):
        raise Changed


def _collect(rows: Rows, decided: Decided) -> None:
    claimed, plan, mail = decided.claimed, decided.plan, decided.received.reading.mail
    state, reason, ticket_id = "filed", "", None
    for step in plan:
        match step:
            case Leave():
                state, reason, ticket_id = step.state, step.reason, step.ticket_id
            case OpenTicket():
                filing.open_ticket(rows, step, decided)
            case AddMessage():
                ticket_id, reason = step.ticket_id, step.why
                filing.file(rows, step, decided)
            case _:
                _step(rows, step, decided)
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


def _step(rows: Rows, step: Step, cause: Cause) -> None:
    """Gather what does not depend on a mail."""
    match step:
        case SetState():
            _set_state(rows, step, cause)
        case Touch():
            rows.touch(step.ticket_id, cause)
        case MarkUndeliverable():
            rows.marks.append(step)
        case MarkUnreachable():
            rows.addresses.append(step)
        case Ask() | Judge() | Bounced() | Remind() | Note():
            process_rows.gather(rows, step, cause)
        case Tell():
            pass  # it is among the letters by now
        case _:
            gather(rows, step, cause)


def _set_state(rows: Rows, step: SetState, cause: Cause) -> None:
    row = step.row or row_between(step.before, step.to)
    if not row or not allowed(step.before, step.to, row):
        # The rules refuse in words before this; here is the last fence.
        raise ValueError(f"no transition {row} leads from {step.before} to {step.to}")
    rows.journal(cause, step.ticket_id, step.trigger, step.before, step.to, row=row)
    touched = rows.touched.get(step.ticket_id)
    if touched is not None:
        touched["state"], touched["closed"] = step.to.value, is_closed(step.to)
        touched["reopened"] = not is_closed(step.to)
        return
    fields = {"state": step.to.value, "closed": is_closed(step.to)}
    opened = next((new for new in rows.new[TicketRow] if new["id"] == step.ticket_id), None)
    if opened is not None:  # in this very plan: there is no version to compare yet
        opened |= fields
    else:  # another ticket than the one that the mail is filed in
        rows.changes.append(Change(step.ticket_id, fields, ""))
