"""What became of something that an agent sent from a page, and files of messages. Read only."""

import email
from dataclasses import dataclass
from datetime import datetime
from email import policy as email_policy

from sqlalchemy import select
from sqlmodel import col

from maildesk.desk.context import Desk
from maildesk.desk.post import posted
from maildesk.mail.attachments import octets_of
from maildesk.rules.people import AgentFacts
from maildesk.store import queries
from maildesk.store.tables import AttachmentRow, InboundRow, MessageRow, OutboundRow, RawRow
from maildesk.store.web_tables import PostRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the desk made of something that was sent from a page. `words` are its answer, by lines.

    `state` is InboundRow's, "waiting" while it is busy. Of what was refused, or could not be read,
    `subject` and `text` are what had been typed.
    """

    state: str
    refused: bool
    words: tuple[str, ...]
    leaves_at: datetime | None
    subject: str = ""
    text: str = ""

    @property
    def is_done(self) -> bool:
        return not self.refused and self.state in ("filed", "dismissed")


def outcome(desk: Desk, inbound_id: int, by: str, now: datetime) -> Outcome | None:
    """Return what became of a posting; None unless `by` (a login) sent it himself."""
    found = posted(desk, inbound_id)
    if found is None:
        return None
    with desk.db.read() as session:
        row = session.scalars(
            select(PostRow).where(col(PostRow.inbound_id) == inbound_id, col(PostRow.by) == by)
        ).first()
        mail = session.get(InboundRow, inbound_id)
        if row is None or mail is None:
            return None
        waits = select(col(OutboundRow.next_attempt_at)).where(
            col(OutboundRow.ticket_id) == mail.ticket_id,  # there is an index of it
            col(OutboundRow.inbound_id) == inbound_id,
            col(OutboundRow.state) == "queued",
            col(OutboundRow.next_attempt_at) > now,
            ~col(OutboundRow.purpose).startswith("staff_"),
        )
        leaves = max(session.scalars(waits), default=None)
        words = tuple(filter(None, found.words.split("\n")))
        known = Outcome(found.state, found.refused, words, leaves)
        if known.is_done or found.state == "waiting":
            return known
        raw = session.get(RawRow, mail.raw_sha256)
    typed = _typed(raw.content) if raw else ("", "")
    return Outcome(found.state, found.refused, words, leaves, *typed)


def _typed(raw: bytes) -> tuple[str, str]:
    """Return subject and text of a mail that we made of a form ourselves."""
    message = email.message_from_bytes(raw, policy=email_policy.default)
    body = message.get_body(("plain",))
    text = str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
    return str(message["Subject"] or ""), text.removesuffix("\n")


def agents(desk: Desk) -> tuple[AgentFacts, ...]:
    """Return the agents who work here now."""
    with desk.db.read() as session:
        return tuple(agent for agent in queries.agents(session) if agent.enabled)


def file_of(
    desk: Desk, ticket_id: int, message_id: int, number: int
) -> tuple[bytes, str, str] | None:
    """Return octets, name and type of an attachment, None if the ticket has no such one.

    `number` counts within its message, the first is 1.
    """
    with desk.db.read() as session:
        message = session.get(MessageRow, message_id)
        if message is None or message.ticket_id != ticket_id or number < 1:
            return None
        if message.inbound_id is None:
            return None
        parts = select(AttachmentRow).where(col(AttachmentRow.message_id) == message_id)
        rows = session.scalars(
            parts.order_by(col(AttachmentRow.id)).offset(number - 1).limit(1)
        ).all()
        mail = session.get_one(InboundRow, message.inbound_id)
        raw = session.get_one(RawRow, mail.raw_sha256).content
        found = [(row.path, row.name, row.type) for row in rows]
    if not found:
        return None
    path, name, kind = found[0]
    octets = octets_of(raw, path)
    return None if octets is None else (octets, name, kind)
