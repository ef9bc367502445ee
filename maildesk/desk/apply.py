"""A decision becomes rows: TX 2b, short, for a whole batch of messages.

Rows of one table are written together. Every id was reserved before, so no statement waits for
another's answer. If anything has changed since we looked (`Changed`), nothing is written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, TextClause, bindparam, insert, text, update
from sqlmodel import Session, SQLModel, col

from maildesk.desk import process_rows, unreachable
from maildesk.desk.effects import gather, meet_one
from maildesk.desk.rows import Cause, Changed, Decided, Rows
from maildesk.mail.message import Mail
from maildesk.rules.facts import Facts
from maildesk.rules.join import taught_numbers
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
from maildesk.rules.ticket import State, allowed, is_closed, row_between
from maildesk.store.columns import Moment
from maildesk.store.db import Database, rows_met
from maildesk.store.foreign_numbers import remember
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
                _open(rows, step, decided)
            case AddMessage():
                ticket_id, reason = step.ticket_id, step.why
                _file(rows, step, decided)
                _remember(rows, step, decided)
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
            _touched(rows, step.ticket_id, cause)
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


def _open(rows: Rows, step: OpenTicket, decided: Decided) -> None:
    rows.new[TicketRow].append(
        {
            "id": step.ticket_id,
            "version": 1,
            "title": step.title,
            "state": step.state.value,
            "closed": is_closed(step.state),
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
            "paused_at": step.paused_at,
            "follows": step.follows,
            "waits_for": step.waits_for,
            "alert_at": step.clock_started_at if step.due_at else None,
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
            (step.why, step.why),
        )
        if said
    )
    trigger = "T04" if step.state is State.SPAM else "T02" if step.by_phone else "T01"
    rows.journal(decided, step.ticket_id, trigger, to=step.state, detail=detail)


def _file(rows: Rows, step: AddMessage, decided: Decided) -> None:
    received = decided.received
    if (received.released_by is not None or received.cleared) and decided.facts.known:
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


def _remember(rows: Rows, step: AddMessage, decided: Decided) -> None:
    ticket = _looked_at(decided.facts, step.ticket_id)
    if numbers := taught_numbers(decided.received, decided.facts, step.standing, ticket):
        domain = (decided.received.reading.mail.author or "").rpartition("@")[2]
        rows.others.append(lambda session: remember(session, step.ticket_id, domain, numbers))


def _file_again(rows: Rows, step: AddMessage, decided: Decided) -> None:
    """A mail that was released or restored is in the books: it only stands differently now."""
    message = update(MessageRow).where(col(MessageRow.inbound_id) == decided.claimed.inbound_id)
    again = message.values(standing=step.standing, ticket_id=step.ticket_id)
    rows.others.append(lambda session: meet_one(session, again))
    _touch(rows, step, decided)


def _touch(rows: Rows, step: AddMessage, decided: Decided) -> None:
    if _touched(rows, step.ticket_id, decided):
        rows.journal(decided, step.ticket_id, "message", detail=step.standing)


def _touched(rows: Rows, ticket_id: int, cause: Cause) -> bool:
    """Compare and count up the version of a ticket that was there when it was looked at."""
    ticket = _looked_at(cause.facts, ticket_id)
    if ticket is not None:
        rows.touched.setdefault(
            ticket_id,
            {"id": ticket_id, "version": ticket.version, "state": ticket.state.value,
             "closed": is_closed(ticket.state), "reopened": False},
        )  # fmt: skip
    return ticket is not None


def _set_state(rows: Rows, step: SetState, cause: Cause) -> None:
    row = step.row or row_between(step.before, step.to)
    if not row or not allowed(step.before, step.to, row):
        # The rules refuse in words before this; here is the last fence.
        raise ValueError(f"no transition {row} leads from {step.before} to {step.to}")
    rows.journal(cause, step.ticket_id, step.trigger, step.before, step.to, row=row)
    touched = rows.touched.get(step.ticket_id)
    opened = next((new for new in rows.new[TicketRow] if new["id"] == step.ticket_id), None)
    if opened is not None:  # in this very plan: there is no version to compare yet
        opened["state"], opened["closed"] = step.to.value, is_closed(step.to)
        return
    if touched is None:  # another ticket than the one that the mail is filed in
        rows.changes.append(
            Change(step.ticket_id, {"state": step.to.value, "closed": is_closed(step.to)}, "")
        )
        return
    touched["state"], touched["closed"] = step.to.value, is_closed(step.to)
    touched["reopened"] = not is_closed(step.to)


def _ids(mail: Mail) -> list[str]:
    ids = (mail.message_id, *mail.in_reply_to, *mail.references)
    return [mid for mid in dict.fromkeys(ids) if mid]


def _looked_at(facts: Facts, ticket_id: int) -> Any:
    merged = (each for some in facts.staff.merged.values() for each in some)
    known = (*(candidate.ticket for candidate in facts.candidates), *merged)
    return next((ticket for ticket in known if ticket.id == ticket_id), None)
