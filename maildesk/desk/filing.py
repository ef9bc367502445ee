"""A mail becomes rows: the ticket that it opens, and the message that it is."""

from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.effects import meet_one
from maildesk.desk.rows import Decided, Rows, looked_at
from maildesk.mail.message import Mail
from maildesk.mail.smtp import PAGE
from maildesk.rules.join import taught_numbers
from maildesk.rules.plan import AddMessage, OpenTicket
from maildesk.rules.ticket import State, is_closed
from maildesk.store.foreign_numbers import remember
from maildesk.store.tables import AttachmentRow, MessageRow, ParticipantRow, TicketRow


def open_ticket(rows: Rows, step: OpenTicket, decided: Decided) -> None:
    """Gather the rows of a new ticket: itself, who takes part, and its first journal line."""
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
            "category": step.category,
            "free": step.free,
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
            (f"category={step.category}", step.category),
            ("two kinds that contradict each other", step.contradiction),
            (f"follows={step.follows}", step.follows),
            ("mentions=" + ",".join(map(str, step.mentions)), step.mentions),
            (step.why, step.why),
        )
        if said
    )
    rows.journal(decided, step.ticket_id, _trigger(step, decided), to=step.state, detail=detail)


def _trigger(step: OpenTicket, decided: Decided) -> str:
    """Return the id of the transition that made a new ticket."""
    envelope = decided.claimed.envelope
    if step.state is State.SPAM:
        return "T04"
    if step.by_phone:
        return "T02"
    return "T03" if envelope.via == PAGE and not envelope.login else "T01"


def file(rows: Rows, step: AddMessage, decided: Decided) -> None:
    """Gather the rows of a message: its words, its files, its thread, and numbers it teaches."""
    _remember(rows, step, decided)
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
    ticket = looked_at(decided.facts, step.ticket_id)
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
    if rows.touch(step.ticket_id, decided):
        rows.journal(decided, step.ticket_id, "message", detail=step.standing)


def _ids(mail: Mail) -> list[str]:
    ids = (mail.message_id, *mail.in_reply_to, *mail.references)
    return [mid for mid in dict.fromkeys(ids) if mid]
