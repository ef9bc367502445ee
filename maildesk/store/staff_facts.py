"""What the rules have to know besides when an agent writes: threads, time, deeds, his queue.

Asked for one mail at a time: agents write far less than customers.
"""

import json
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import Session, col

from maildesk.mail.message import Mail
from maildesk.mail.quote import without_quotes
from maildesk.rules.facts import (
    Candidate,
    DoneDeed,
    Facts,
    Match,
    Received,
    RunningTimer,
    Said,
    StaffFacts,
    TicketFacts,
)
from maildesk.rules.join import join
from maildesk.rules.people import AgentFacts
from maildesk.rules.process.worded import has_to_be_known
from maildesk.rules.requests import named
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.portal import LETTER as INVITED
from maildesk.rules.subject import read_subject
from maildesk.rules.ticket import State, is_over
from maildesk.store import digest_facts, queries
from maildesk.store.billing import terms_of
from maildesk.store.callers import lines, minutes, person
from maildesk.store.process import entry_of, process_facts
from maildesk.store.tables import (
    CustomerRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    ThreadRow,
    TicketRow,
)
from maildesk.store.work_tables import DeedRow, TimeRow, TimerRow

QUEUE_MAX = 100
MERGED_MAX = 100
LATEST_MAX = 3
ANSWER_WITHIN = timedelta(hours=24)  # an OK to a held mail (SECURITY.md section 5.2 E)
_SAID = ("participant", "third_party", "answer", "note")
THREAD_MAX = 12  # Message-IDs of a ticket that an answer refers to
COMMAND_LINES = 20  # of a mail's own text: where addresses and numbers of commands may stand

LATEST_CHARACTERS = 8_000  # of a message: far more than a notice shows of it
# Prepared once, and rows instead of objects: every reply of a customer asks this.
_LATEST = (
    select(
        col(MessageRow.author), col(MessageRow.author_name), col(MessageRow.standing),
        col(MessageRow.filed_at),
        func.substr(
            func.coalesce(func.nullif(col(MessageRow.reply), ""), col(MessageRow.text)),
            1, LATEST_CHARACTERS,
        ).label("words"),
    )
    .where(
        col(MessageRow.ticket_id) == bindparam("ticket_id"), col(MessageRow.standing).in_(_SAID)
    )
    .order_by(col(MessageRow.id).desc())
    .limit(LATEST_MAX)
)  # fmt: skip

_ADDRESS = re.compile(r"[^\s<>\"',;:()]{1,64}@[^\s<>\"',;:()]{1,253}")


def named_addresses(mail: Mail) -> set[str]:
    """Return the addresses in a mail's subject and its first own lines, lower case."""
    return {found.lower().rstrip(".") for found in _ADDRESS.findall(_head(mail))}


def with_staff_facts(
    session: Session, received: Received, facts: Facts, code: str, zone: tzinfo = UTC
) -> Facts:
    """Return the facts of a mail with those for an agent, if an agent seems to have written it.

    Of a customer's reply the last messages before it, of which the notice reminds. Tickets that
    an agent's commands name in the text become candidates too, the last ones; the customer is
    that of the ticket, with the contracts that run on the day, in the desk's `zone`, of the mail.
    """
    agent = facts.agent
    if agent is None:
        if not facts.candidates:
            return facts
        ticket_id = facts.candidates[0].ticket.id
        facts = replace(facts, staff=StaffFacts(latest={ticket_id: latest(session, ticket_id)}))
        return with_request_facts(session, received, facts, zone)
    known = {candidate.ticket.id for candidate in facts.candidates}
    tagged = read_subject(_head(received.reading.mail), code, ()).numbers
    digest = digest_facts.answered(session, received)
    wanted = set(tagged) | digest_facts.named(received, digest)
    named = queries.tickets(session, wanted - known)
    candidates = (
        *facts.candidates,
        *(Candidate(each, Match.TAG, number) for number, each in named.items()),
    )
    first = candidates[0].ticket if candidates else None
    customer = session.get(CustomerRow, first.customer_id) if first and first.customer_id else None
    tickets = [each.ticket for each in candidates]
    on = received.envelope.received_at.astimezone(zone).date()
    people = named_addresses(received.reading.mail)
    return replace(
        facts,
        candidates=candidates,
        customer=queries.customer(customer) if customer else None,
        staff=replace(
            _staff_facts(session, received, agent, [each.id for each in tickets]),
            people={each: person(session, each, on, zone) for each in people},
            digest=digest_facts.with_tickets(session, digest, tickets, on, zone),
        ),
        process=replace(
            process_facts(session, tickets, on, zone),
            terms=terms_of(session, first.customer_id if first else None),
        ),
    )


def with_request_facts(
    session: Session, received: Received, facts: Facts, zone: tzinfo = UTC
) -> Facts:
    """Return the facts of a customer's mail with requests and work, where they may matter.

    In a reply to a ticket that goes on the customer is that of the ticket: his limit and his money.
    """
    if not has_to_be_known(received, facts):
        return facts
    tickets = [candidate.ticket for candidate in facts.candidates]
    on = received.envelope.received_at.astimezone(zone).date()
    process = process_facts(session, tickets, on, zone)
    for address in received.proofs.addresses:
        name = named(address.subject) if address.purpose is Purpose.REQUEST else None
        known = process.requests.get(name[0], ()) if name else ()
        asked = next((each for each in known if name and each.number == name[1]), None)
        if asked is not None:
            process = replace(process, asked=asked)
            break
    facts = replace(facts, process=process)
    joined = join(received, facts)
    if joined is None or joined[1] != "participant" or is_over(joined[0].ticket.state):
        return facts
    customer_id = joined[0].ticket.customer_id
    if (facts.customer.id if facts.customer else None) == customer_id:
        return facts
    row = session.get(CustomerRow, customer_id) if customer_id else None
    return replace(facts, customer=queries.customer(row) if row else None)


def _head(mail: Mail) -> str:
    """Return where commands may stand: the subject and the first own lines."""
    return " ".join((mail.subject, *mail.reply.splitlines()[:COMMAND_LINES]))[:2000]


def _staff_facts(
    session: Session, received: Received, agent: AgentFacts, tickets: Collection[int]
) -> StaffFacts:
    timer = session.get(TimerRow, agent.id)
    return StaffFacts(
        threads={each: thread(session, each) for each in tickets},
        minutes=minutes(session, tickets),
        deeds={each: deed for each in tickets if (deed := _deed(session, agent.id, each))},
        merged=_merged(session, tickets),
        latest={each: latest(session, each) for each in tickets},
        timer=RunningTimer(timer.ticket_id, timer.started_at) if timer else None,
        queue=lines(
            session,
            select(TicketRow)
            .where(col(TicketRow.assignee_id) == agent.id, ~col(TicketRow.closed),
                   col(TicketRow.state) != State.RESOLVED.value)
            .order_by(col(TicketRow.due_at).is_(None), col(TicketRow.due_at),
                      col(TicketRow.urgent).desc(), col(TicketRow.id))
            .limit(QUEUE_MAX),
        ),
        asked=_asked(session, received, agent),
        replayed=_replayed(session, received, tickets if digest_facts.is_answer(received) else ()),
        came_before=_came_before(session, received),
    )  # fmt: skip


def thread(session: Session, ticket_id: int) -> tuple[str, ...]:
    """Return Message-IDs an answer follows: what we sent the customers, then what they wrote last."""
    written = select(col(MessageRow.message_id)).where(
        col(MessageRow.ticket_id) == ticket_id,
        col(MessageRow.standing) == "participant",
        col(MessageRow.message_id) != "",
    )
    theirs = list(session.scalars(written.order_by(col(MessageRow.id).desc()).limit(THREAD_MAX)))
    sent = select(col(OutboundRow.message_id)).where(
        col(OutboundRow.ticket_id) == ticket_id, ~col(OutboundRow.purpose).startswith("staff_")
    )
    ours = list(session.scalars(sent.order_by(col(OutboundRow.id).desc()).limit(THREAD_MAX)))
    return tuple(reversed((*theirs, *ours))) if not theirs else (*reversed(ours), *reversed(theirs))


def _deed(session: Session, agent_id: int, ticket_id: int) -> DoneDeed | None:
    query = select(DeedRow).where(
        col(DeedRow.agent_id) == agent_id,
        col(DeedRow.ticket_id) == ticket_id,
        col(DeedRow.undone_at).is_(None),
    )
    row = session.scalars(query.order_by(col(DeedRow.id).desc()).limit(1)).first()
    if row is None or row.id is None:
        return None
    times = select(TimeRow).where(
        col(TimeRow.inbound_id) == row.inbound_id, col(TimeRow.ticket_id) == ticket_id
    )
    booked = tuple(map(entry_of, session.scalars(times.order_by(col(TimeRow.id)))))
    letters = select(
        col(OutboundRow.rcpt_to), col(OutboundRow.state), col(OutboundRow.attempts)
    ).where(
        col(OutboundRow.inbound_id) == row.inbound_id,
        or_(col(OutboundRow.ticket_id) == ticket_id, col(OutboundRow.purpose) == INVITED),
        ~col(OutboundRow.purpose).startswith("staff_"),
    )
    before, after = map(_fields, json.loads(row.before))
    waiting: list[str] = []
    gone: list[str] = []
    for rcpt_to, state, attempts in session.execute(letters.order_by(col(OutboundRow.id))):
        (waiting if state == "queued" and not attempts else gone).append(rcpt_to)
    return DoneDeed(
        id=row.id,
        inbound_id=row.inbound_id,
        words=row.words,
        before=before,
        after=after,
        minutes=sum(entry.minutes for entry in booked),
        booked=booked,
        waiting=tuple(waiting),
        gone=tuple(gone),
    )


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value else value
        for name, value in fields.items()
    }


def _merged(session: Session, tickets: Collection[int]) -> dict[int, tuple[TicketFacts, ...]]:
    """Return the tickets that were merged into some, by those, the newest last."""
    query = select(TicketRow).where(col(TicketRow.merged_into).in_(tickets))
    newest = session.scalars(query.order_by(col(TicketRow.id).desc()).limit(MERGED_MAX)).all()
    rows = {row.id: row for row in reversed(newest)}
    found: dict[int, tuple[TicketFacts, ...]] = {}
    for each in queries.as_they_are(session, rows).values() if rows else ():
        if each.merged_into is not None:
            found[each.merged_into] = (*found.get(each.merged_into, ()), each)
    return found


def latest(session: Session, ticket_id: int) -> tuple[Said, ...]:
    """Return the last messages that people wrote in a ticket, the newest last."""
    rows = session.connection().execute(_LATEST, {"ticket_id": ticket_id}).all()
    return tuple(
        Said(row.author_name or row.author, row.standing, row.filed_at, words)
        for row in reversed(rows)
        # A mail of commands alone says nothing, and a quoted notice need not be told again.
        if (words := without_quotes(row.words)).strip()
    )


def _asked(session: Session, received: Received, agent: AgentFacts) -> int | None:
    """Return the held mail that this one answers, if it still waits for the agent's word."""
    named = [
        int(address.subject)
        for address in received.proofs.addresses
        if address.purpose is Purpose.CHALLENGE
        and address.person == agent.id
        and address.subject.isdigit()
    ]
    row = session.get(InboundRow, named[0]) if named else None
    if row is None or row.released_by is not None or row.state not in ("held", "filed"):
        return None
    since = row.handled_at or row.received_at
    return None if received.envelope.received_at - since > ANSWER_WITHIN else named[0]


def _replayed(session: Session, received: Received, digested: Collection[int]) -> bool:
    """Tell whether the same words of the same second are known under another Message-ID."""
    mail = received.reading.mail
    query = select(col(MessageRow.id)).where(
        col(MessageRow.author) == (mail.author or ""),
        col(MessageRow.sent_at) == mail.date,
        col(MessageRow.subject) == mail.subject,
        col(MessageRow.text) == mail.text,
        col(MessageRow.inbound_id) != received.inbound_id,
        col(MessageRow.ticket_id).in_({*_ticket_ids(received), *digested}),
    )
    return mail.date is not None and session.execute(query.limit(1)).first() is not None


def _came_before(session: Session, received: Received) -> bool:
    """Tell whether another mail of the same author carried the same Message-ID."""
    mail = received.reading.mail
    query = (
        select(col(MessageRow.id))
        .join(ThreadRow, col(ThreadRow.ticket_id) == col(MessageRow.ticket_id))
        .where(
            col(ThreadRow.message_id) == mail.message_id,
            col(MessageRow.message_id) == mail.message_id,
            col(MessageRow.author) == (mail.author or ""),
            col(MessageRow.inbound_id) != received.inbound_id,
        )
    )
    return mail.message_id != "" and session.execute(query.limit(1)).first() is not None


def _ticket_ids(received: Received) -> list[int]:
    return [
        int(address.subject)
        for address in received.proofs.addresses
        if address.purpose in queries.ABOUT_TICKETS and address.subject.isdigit()
    ]
