"""A copy of what is stored about somebody as one file (Article 15 (3) GDPR): JSON, bounded."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.portal import about_me
from maildesk.desk.portal.sessions import SignedIn
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.rules.ticket import State
from maildesk.store.tables import MessageRow, TicketRow

TICKETS_MAX = 5_000
MESSAGES_MAX = 5_000
LETTERS_MAX = 2_000
OCTETS_MAX = 20 * 1024 * 1024  # of the texts of messages; the newest are taken
_CHUNK = 200


def copy(desk: Desk, person: SignedIn, now: datetime) -> bytes:
    """Return all that is stored about the person who is signed in, and his own messages, as JSON.

    The newest where there is too much; `left_out` says how much of it is not there.
    """
    found = about_me.about(desk, person, now)
    address = found.address
    with desk.db.read() as session:
        tickets = _tickets(session, desk, address)
        messages = _messages(session, desk, address)
        written = about_me.count(session, about_me.messages_of(address))
        names = about_me.names_of(session, address)
        letters = about_me.letters_to(session, desk, names, LETTERS_MAX)
    whole = asdict(found) | {
        "made_at": now, "desk": desk.site.desk.address,
        "letters": [asdict(each) for each in letters],
        "messages": written, "ticket_list": tickets, "message_list": messages,
        "left_out": {
            "tickets": found.tickets - len(tickets),
            "messages": written - len(messages),
            "letters": found.letters_total - len(letters),
        },
    }  # fmt: skip
    if found.rights is not None:
        whole["rights"]["up_to"] = _sum(found.rights.up_to)
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain).encode("utf-8")


def _tickets(session: Session, desk: Desk, address: str) -> list[dict[str, Any]]:
    query = (
        select(col(TicketRow.id), col(TicketRow.title), col(TicketRow.state),
               col(TicketRow.opened_at), func.lower(col(TicketRow.requester)))
        .where(col(TicketRow.id).in_(about_me.tickets_of(address)))
        .order_by(col(TicketRow.id).desc())
        .limit(TICKETS_MAX)
    )  # fmt: skip
    locale = desk.policy.language
    return [
        {"ticket": tag(desk.policy.code, id_), "title": title,
         "state": State(state).words(locale), "opened_at": at, "is_requester": by == address}
        for id_, title, state, at, by in session.execute(query)
    ]  # fmt: skip


def _messages(session: Session, desk: Desk, address: str) -> list[dict[str, Any]]:
    ids = about_me.messages_of(address).order_by(col(MessageRow.id).desc()).limit(MESSAGES_MAX)
    wanted = list(session.scalars(ids))
    found: list[dict[str, Any]] = []
    octets = 0
    for start in range(0, len(wanted), _CHUNK):
        query = select(MessageRow).where(col(MessageRow.id).in_(wanted[start : start + _CHUNK]))
        for row in session.scalars(query.order_by(col(MessageRow.id).desc())):
            octets += len(row.text.encode("utf-8", "replace"))
            if octets > OCTETS_MAX:
                return found
            found.append({
                "ticket": tag(desk.policy.code, row.ticket_id), "at": row.filed_at,
                "subject": row.subject, "text": row.text,
            })  # fmt: skip
        session.expunge_all()
    return found


def _sum(sum_: Money | None) -> str | None:
    return None if sum_ is None else f"{sum_.amount} {sum_.currency}"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
