"""Everything that a batch of messages asks for, all of it or nothing.

    read the facts -> prove -> decide -> write the letters -> one short transaction

Looking, deciding and writing hold no lock. The transaction at the end checks that what we
looked at still holds; if not, we look again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from maildesk import log
from maildesk.desk import letters, post
from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.intake import Claimed
from maildesk.desk.parents import without_parents
from maildesk.desk.proofs import prove, prove_agent
from maildesk.desk.rows import Changed, Decided
from maildesk.desk.tokens import without_quoted
from maildesk.mail.message import Reading
from maildesk.mail.smtp import PAGE, Envelope
from maildesk.rules.assign import How
from maildesk.rules.decide import decide
from maildesk.rules.facts import Budget, Facts, Received
from maildesk.rules.plan import (
    AddMessage,
    Book,
    Change,
    Judge,
    Leave,
    OpenTicket,
    Participate,
    Plan,
    SetState,
    Tell,
    Touch,
)
from maildesk.rules.process.asking import LETTERS
from maildesk.rules.process.may_order import kind_ordered
from maildesk.rules.requests import About
from maildesk.rules.subject import Subject, read_subject, with_order
from maildesk.rules.verdict import verdict
from maildesk.store import queries
from maildesk.store.ordering import with_order_facts
from maildesk.store.staff_facts import with_staff_facts

TRIES = 5
_MOVES = SetState | Change | Judge | Book | Participate  # steps that change a ticket


@dataclass(frozen=True, slots=True)
class Read:
    """A claimed message with what its reader found."""

    claimed: Claimed
    reading: Reading


def handle(desk: Desk, batch: Sequence[Read], now: datetime) -> None:
    """Handle messages that have nothing to do with each other, in one transaction.

    Raises whatever went wrong; then nothing of the batch was kept, and the caller tries each
    alone. That is rows.Changed where two of them have to do with each other after all.
    """
    received = [_receive(desk, read, now) for read in batch]
    for attempt in range(1, TRIES + 1):
        decided = _decide(desk, batch, received, now)
        if len(decided) > 1 and _meet(decided):
            raise Changed
        try:
            apply(desk.db, decided, now)
            break
        except (Changed, IntegrityError):
            if attempt == TRIES:
                raise
    for each in decided:
        _log(each)


def _receive(desk: Desk, read: Read, now: datetime) -> Received:
    claimed = read.claimed
    reading = replace(read.reading, mail=without_quoted(read.reading.mail))
    return Received(
        inbound_id=claimed.inbound_id,
        envelope=claimed.envelope,
        reading=reading,
        subject=_subject(desk, reading, claimed.envelope),
        proofs=prove(reading, claimed.envelope, desk.keyring, now.date(), desk.trust),
        oversize=claimed.oversize,
        quiet=claimed.quiet,
        released_by=claimed.released_by,
        mark="" if claimed.cleared else verdict(reading.evidence.marks, desk.policy.spam),
        cleared=claimed.cleared,
    )


def _subject(desk: Desk, reading: Reading, envelope: Envelope) -> Subject:
    """Return what a subject says. An order is believed only of a page, and of no agent."""
    found = read_subject(reading.mail.subject, desk.policy.code, desk.policy.kinds)
    by_page = envelope.ordered and envelope.via == PAGE and not envelope.login
    ordered = kind_ordered(envelope.ordered)
    if by_page and any(kind.name == ordered for kind in desk.policy.kinds):
        return with_order(found, ordered)
    return found


def _decide(
    desk: Desk, batch: Sequence[Read], received: Sequence[Received], now: datetime
) -> list[Decided]:
    received, found = _look(desk, batch, received, now)
    assigned: Counter[int] = Counter()
    counted: Counter[str] = Counter()
    ordered: Counter[str] = Counter()
    offered: Counter[str] = Counter()
    decided = []
    for read, each, known in zip(batch, received, found, strict=True):
        facts = _with_neighbours(known, each, assigned, counted, ordered, offered)
        made = _decided(desk, read, each, facts, now)
        for step in made.plan:
            if isinstance(step, OpenTicket):
                assigned.update([step.assignee_id] if step.assignee_id is not None else ())
                ordered[step.kind] += 1
            elif isinstance(step, Change) and "kind" in step.fields:
                ordered[step.fields["kind"]] += 1
            elif isinstance(step, Tell):
                counted[step.to.address] += step.counted
                offered[step.to.address.lower()] += step.letter == LETTERS[About.ORDER]
        decided.append(made)
    return decided


def _meet(decided: Sequence[Decided]) -> bool:
    """Tell whether one message of a batch changes what another one is about.

    An answer to a digest names no ticket that could be seen before it was read, and people write
    new subjects over old threads. Decided side by side, the later one would not know of the
    earlier. Words that are only filed hurt each other in no way. Nor may two of them use up what
    is left of one contract.
    """
    about: Counter[int] = Counter()
    contracts: Counter[int | None] = Counter()
    changed: set[int] = set()
    for each in decided:
        contracts.update({s.contract_id for s in each.plan if isinstance(s, Book)} - {None})
        about.update({s.ticket_id for s in each.plan if isinstance(s, AddMessage | Touch | _MOVES)})
        changed |= {step.ticket_id for step in each.plan if isinstance(step, _MOVES)}
    return any(about[id_] > 1 for id_ in changed) or any(n > 1 for n in contracts.values())


def _look(
    desk: Desk, batch: Sequence[Read], received: Sequence[Received], now: datetime
) -> tuple[list[Received], list[Facts]]:
    """Return the messages, without what was seen only now to be a copy of ours, and their facts."""
    numbers = [(read.claimed.ticket_id, read.claimed.message_id) for read in batch]
    balance = desk.policy.assign.how is How.LEAST_LOADED
    with desk.db.read() as session:
        found = queries.facts(session, received, numbers, desk.keyring, now, balance)
        cut = without_parents(session, received, found, desk.policy.code)
        return cut, [
            with_order_facts(
                session, each,
                with_staff_facts(session, each, facts, desk.policy.code, desk.policy.calendar.timezone),
                desk.policy, now,
            )
            for each, facts in zip(cut, found, strict=True)
        ]  # fmt: skip


def _decided(desk: Desk, read: Read, received: Received, facts: Facts, now: datetime) -> Decided:
    if facts.agent is not None:
        raw, own = read.claimed.raw, desk.policy.own
        received = prove_agent(received, facts, raw, desk.trust, own, desk.lookup)
    plan = decide(received, facts, desk.policy, now)
    written = letters.write(desk, facts, plan, now, received, read.claimed.raw)
    if received.envelope.via == PAGE and facts.agent is not None:
        mine = facts.agent.address
        written, also = post.answered(written, plan, read.claimed.inbound_id, mine)
        return Decided(read.claimed, received, facts, plan, written, also)
    return Decided(read.claimed, received, facts, plan, written)


def consider(
    desk: Desk, read: Read, now: datetime, change: Callable[[Facts], Facts] | None = None
) -> Decided:
    """Return what one message would lead to now; nothing is written, and no letter is kept.

    `change` gives other facts in place of those found, to ask what would be if they were so.
    """
    cut, found = _look(desk, [read], [_receive(desk, read, now)], now)
    facts = change(found[0]) if change else found[0]
    return _decided(desk, read, cut[0], facts, now)


def _with_neighbours(
    facts: Facts,
    received: Received,
    assigned: Counter[int],
    counted: Counter[str],
    ordered: Counter[str],
    offered: Counter[str],
) -> Facts:
    """Add what the messages before it in the same batch have spent, taken on and ordered."""
    if offers := {to: number for to, number in offered.items() if number}:
        before = facts.process.offered
        known = {
            to: (before.get(to, (0, 0))[0] + number, before.get(to, (0, 0))[1] + number)
            for to, number in offers.items()
        }
        process = replace(facts.process, offered={**before, **known})
        facts = replace(facts, process=process)
    if facts.process.used:
        used = {
            kind: (day + ordered[kind], week + ordered[kind])
            for kind, (day, week) in facts.process.used.items()
        }
        facts = replace(facts, process=replace(facts.process, used=used))
    if assigned and facts.open_tickets:
        facts = replace(facts, open_tickets=dict(assigned + Counter(facts.open_tickets)))
    if +counted:
        author = received.reading.mail.author or ""
        domain = "@" + author.rpartition("@")[2]
        spent = facts.budget
        budget = Budget(
            spent.address_hour + counted[author],
            spent.address_day + counted[author],
            spent.domain_hour + sum(n for to, n in counted.items() if to.endswith(domain)),
            spent.all_hour + counted.total(),
        )
        facts = replace(facts, budget=budget)
    return facts


def _log(decided: Decided) -> None:
    first = decided.plan[0]
    if isinstance(first, Leave):
        log.left(decided.claimed.inbound_id, first.state, first.reason)
    else:
        log.handled(decided.claimed.inbound_id, _ticket_of(decided.plan), step_names(decided.plan))


def step_names(plan: Plan) -> str:
    """Return the steps of a plan as one word for the log: "OpenTicket,AddMessage,Tell"."""
    return ",".join(type(step).__name__ for step in plan)


def _ticket_of(plan: Plan) -> int | None:
    return next((step.ticket_id for step in plan if isinstance(step, AddMessage)), None)
