"""The whole decision about one message, in words for operators; nothing is written.

It is the way that any mail takes (`handle.consider`), up to where the transaction would begin.
Numbers of new tickets are the next free ones, and are not reserved.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk import explain_past
from maildesk.desk.context import Desk
from maildesk.desk.explain_past import Given, Past
from maildesk.desk.explain_proofs import proofs_said
from maildesk.desk.explain_reading import (
    EnvelopeSaid,
    OriginSaid,
    ReadSaid,
    envelope_said,
    origin_said,
    read_said,
)
from maildesk.desk.handle import Read, consider
from maildesk.desk.intake import Claimed
from maildesk.desk.rows import Decided
from maildesk.mail import limits
from maildesk.mail.header import decode_words, split
from maildesk.mail.message import Reading
from maildesk.rules import why, why_plan
from maildesk.rules.facts import Facts
from maildesk.rules.gate import checks
from maildesk.rules.number import tag
from maildesk.rules.plan import OpenTicket, Tell
from maildesk.rules.ticket import State
from maildesk.rules.why import Choice, Finding, Writer
from maildesk.store.tables import CounterRow, OutboundRow


@dataclass(frozen=True, slots=True)
class LetterSaid:
    """A letter that would leave after `delay` seconds. `gone`: it left before, and does not again."""

    template: str
    to: str
    language: str
    subject: str
    delay: int
    counted: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would be done: in a few words, step by step, and the letters."""

    summary: str
    steps: tuple[str, ...]
    letters: tuple[LetterSaid, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """May a machine answer? `why_not` is the first check that holds; `asked` if it mattered."""

    answered: bool
    why_not: str
    asked: bool
    checks: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the desk makes of a message now. `if_new` is that without the mail being `known`.

    `known` says where the same mail already is, "" where it is not. `came_as` are the numbers
    under which the same octets came in. Where there is an `if_new`, all that stands between is
    about that. `opens` is the ticket that would be opened, or "".
    """

    known: str
    came_as: tuple[int, ...]
    proofs: tuple[Finding, ...]
    writer: Writer
    spam: tuple[Finding, ...]
    tickets: tuple[Choice, ...]
    no_ticket: tuple[str, ...]
    opens: str
    gate: Gate
    plan: Outcome
    if_new: Outcome | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about one message; `notes` say what could not be looked at.

    People here read a clock in `timezone`; all moments are in UTC.
    """

    timezone: str
    notes: tuple[str, ...]
    past: Past | None
    envelope: EnvelopeSaid
    read: ReadSaid | None
    origin: OriginSaid | None
    decision: Decision | None


def without_desk(given: Given, reading: Reading | None, notes: tuple[str, ...]) -> Explanation:
    """Return what there is to say about a message where no desk can be asked."""
    return Explanation(
        timezone="UTC",
        notes=notes,
        past=None,
        envelope=envelope_said(given.envelope),
        read=read_said(reading) if reading else None,
        origin=origin_said(reading) if reading else None,
        decision=None,
    )


def explain(
    desk: Desk, given: Given, reading: Reading | None, now: datetime, notes: Sequence[str] = ()
) -> Explanation:
    """Return what a desk would do with a message now, and why; `reading` None: it is unreadable.

    `notes` may grow while this looks: templates that fail are noted by the desk's renderer.
    """
    if not given.envelope.rcpt_to:
        envelope = replace(given.envelope, rcpt_to=(desk.site.desk.address,))
        given = replace(given, envelope=envelope)
    found = replace(without_desk(given, reading, ()), timezone=desk.site.hours.timezone)
    if given.inbound_id:
        with desk.db.read() as session:
            became = explain_past.past(session, desk.policy.code, given.inbound_id)
        found = replace(found, past=became)
    decision = None if reading is None else _decision(desk, given, reading, now)
    return replace(found, decision=decision, notes=tuple(dict.fromkeys(notes)))


def _decision(desk: Desk, given: Given, reading: Reading, now: datetime) -> Decision:
    policy = desk.policy
    with desk.db.read() as session:
        ticket, message = _next(session, "ticket"), _next(session, "message")
        begun = explain_past.opened_by(session, reading.mail.content_key)
        came_as = explain_past.came_as(session, hashlib.sha256(given.raw).hexdigest())
    read = Read(_claimed(given, ticket, message), reading)
    decided = consider(desk, read, now)
    known, fresh = decided.facts.known, decided
    if known:
        fresh = consider(desk, read, now, lambda facts: _as_new(facts, begun))
    received, facts, plan = fresh.received, fresh.facts, fresh.plan
    opened = next((step for step in plan if isinstance(step, OpenTicket)), None)
    return Decision(
        known=_known(decided.facts, desk) if known else "",
        came_as=tuple(number for number in came_as if number != given.inbound_id),
        proofs=proofs_said(received, facts, policy, desk.keyring),
        writer=why.writer(received, facts, policy, plan),
        spam=why.spam(received, facts, plan),
        tickets=why.choices(received, facts, policy, plan),
        no_ticket=why.no_choice(received, facts, policy),
        opens=tag(policy.code, opened.ticket_id) if opened else "",
        gate=_gate(desk, fresh, opened),
        plan=_outcome(desk, decided, now),
        if_new=_outcome(desk, fresh, now) if fresh is not decided else None,
    )


def _gate(desk: Desk, decided: Decided, opened: OpenTicket | None) -> Gate:
    policy = desk.policy
    found = checks(decided.received, decided.facts, policy)
    stopped = next((check.reason for check in found if check.holds), "")
    return Gate(
        answered=not stopped,
        why_not=stopped,
        asked=opened is not None and opened.state is State.NEW,
        checks=tuple(
            Finding(check.words, check.holds, check.reason if check.holds else "")
            for check in found
        ),
    )


def _claimed(given: Given, ticket: int, message: int) -> Claimed:
    return Claimed(
        inbound_id=given.inbound_id,
        attempt=1,
        envelope=given.envelope,
        raw=given.raw,
        ticket_id=ticket,
        message_id=message,
        oversize=given.oversize,
        quiet=given.quiet,
        released_by=given.released_by,
        cleared=given.cleared,
    )


def _as_new(facts: Facts, begun: int | None) -> Facts:
    """Return the facts as they were if this mail were not here yet, nor the ticket it opened."""
    return replace(
        facts,
        known=False,
        known_in=None,
        staff=replace(facts.staff, replayed=False, came_before=False),
        candidates=tuple(c for c in facts.candidates if c.number != begun),
    )


def _known(facts: Facts, desk: Desk) -> str:
    if facts.known_in is None:
        return "the same mail is here already"
    return f"the same mail is in {tag(desk.policy.code, facts.known_in)} already"


def _next(session: Session, counter: str) -> int:
    row = session.get(CounterRow, counter)
    return (row.value if row else 0) + 1


def _outcome(desk: Desk, decided: Decided, now: datetime) -> Outcome:
    told = [step for step in decided.plan if isinstance(step, Tell)]
    gone = _gone(desk, [row["once_key"] for row in decided.letters.rows])
    return Outcome(
        summary=why_plan.summary(decided.plan, desk.policy),
        steps=(
            *why_plan.steps(decided.plan, decided.facts, desk.policy),
            *why_plan.not_told(decided.plan, decided.facts, desk.policy, now),
        ),
        letters=tuple(
            LetterSaid(
                template=tell.letter,
                to=tell.to.address,
                language=tell.language,
                subject=_subject(row),
                delay=max(0, round((row["next_attempt_at"] - now).total_seconds())),
                counted=tell.counted,
                gone=row["once_key"] in gone,
            )
            for tell, row in zip(told, decided.letters.rows, strict=True)
        ),
    )


def _gone(desk: Desk, keys: list[str | None]) -> frozenset[str]:
    """Return those effects that have happened: their letters are not written a second time."""
    wanted = [key for key in keys if key]
    query = select(col(OutboundRow.once_key)).where(col(OutboundRow.once_key).in_(wanted))
    with desk.db.read() as session:
        return frozenset(key for key in session.scalars(query) if key)


def _subject(row: dict[str, Any]) -> str:
    head, _ = split(row["raw"], limits.HEADER_BLOCK, [])
    return decode_words(head.text("subject"), [])
