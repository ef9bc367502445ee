"""One ticket as the staff work on it: what it is, what was said and done, what can be done now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from maildesk.desk.act import facts_of
from maildesk.desk.board import live
from maildesk.desk.board import ticket_rows as rows
from maildesk.desk.context import Desk
from maildesk.desk.lists import COUNTING, LetterLine
from maildesk.desk.ticket_page import Event, Timer
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.invoice.cost import Cost, cost_of
from maildesk.rules.invoice.jobs import terms_of as bill_terms
from maildesk.rules.kinds import Kind
from maildesk.rules.letters import factor_words, kind_words
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.process.answers import Word, verdict_of
from maildesk.rules.process.asking import deciders
from maildesk.rules.process.request_words import (
    RequestFigures,
    charged_minutes,
    figures_of,
    limit_of,
    rate_of,
)
from maildesk.rules.requests import Request
from maildesk.rules.staff.possible import Situation, possible
from maildesk.rules.ticket import State
from maildesk.store import queries
from maildesk.store.billing import terms_of
from maildesk.store.callers import minutes
from maildesk.store.foreign_numbers import numbers_of
from maildesk.store.rows import rows_where
from maildesk.store.tables import CustomerRow, ParticipantRow, TicketRow

_WORDS = (Word.APPROVE, Word.ORDER, Word.ACCEPT, Word.NORMAL, Word.DECLINE, Word.WITHDRAW)


@dataclass(frozen=True, slots=True)
class KindLine:
    """A kind by its name and label; `factor` in words, "" for one."""

    name: str
    label: str
    factor: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part; number 1 is the requester."""

    number: int
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its words. `said` are the words of a decision on the phone that answer it.

    `deciders` are the names of those who may.
    """

    request: Request
    figures: RequestFigures
    said: tuple[str, ...] = ()
    deciders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """What is left of a contract, in minutes; None: no limit."""

    name: str
    left: int | None
    granted: int


@dataclass(frozen=True, slots=True)
class Money:
    """Work and what it costs so far. `limit` None: none. `cost` None where it cannot be known."""

    booked: int
    charged: int
    limit: int | None
    cost: Cost | None
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class TicketBoard:
    """All of a page. Tags are without brackets; `older` is the id before which there are more messages.

    `seen` is the newest line of the journal, for what is told live.

    `may` are the commands to offer, none on a merged ticket: there they are the target's.
    """

    id: int
    tag: str
    title: str
    state: State
    urgent: bool
    category: str
    free: str
    kind: KindLine
    kinds: tuple[KindLine, ...]
    customer_id: int | None
    customer: str
    requester: str
    requester_name: str
    language: str
    assignee: AgentFacts | None
    agents: tuple[AgentFacts, ...]
    opened_at: datetime
    due_at: datetime | None
    breached: bool
    planned_at: datetime | None
    wake_at: datetime | None
    waits_for: str
    follows: str
    merged_into: str
    merged_from: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...]
    money: Money
    people: tuple[Person, ...]
    asked: tuple[Asked, ...]
    messages: tuple[rows.Message, ...]
    older: int | None
    newest: bool
    seen: int
    entries: tuple[rows.Booked, ...]
    letters: tuple[LetterLine, ...]
    journal: tuple[Event, ...]
    timers: tuple[Timer, ...]
    my_timer: str
    my_start: datetime | None
    deed: rows.Deed | None
    may: frozenset[Name]

    @property
    def open_request(self) -> Asked | None:
        """The request that waits for its answer."""
        return next((each for each in self.asked if each.request.is_open), None)


def look(
    desk: Desk, ticket_id: int, agent: AgentFacts, language: str, before: int | None, now: datetime
) -> TicketBoard | None:
    """Return the page of a ticket for an agent, None for one that is not there.

    `before` is the id of a message: the page then shows those before it.
    """
    with desk.db.read() as session:
        row = session.get(TicketRow, ticket_id)
        if row is None:
            return None
        return _Reading(desk, session, row, agent, language, now).page(before)


def kind_line(kind: Kind, language: str) -> KindLine:
    """Return a kind with its label and factor in words."""
    return KindLine(kind.name, kind_words(kind, language), factor_words(kind.factor, language))


@dataclass(frozen=True, slots=True)
class _Reading:
    desk: Desk
    session: Session
    row: TicketRow
    agent: AgentFacts
    language: str
    now: datetime

    def page(self, before: int | None) -> TicketBoard:
        """Return all of it."""
        row, session, policy = self.row, self.session, self.desk.policy
        facts = facts_of(session, row.id, self.now, policy.calendar.timezone)
        ticket = queries.as_they_are(session, {row.id: row})[row.id]
        timer = rows.timer_of(session, self.agent.id)
        deed = rows.deed(session, self.agent.id, row.id, self.now)
        booked = minutes(session, [row.id]).get(row.id, 0)
        merged = rows.merged_from(session, row.id)
        situation = Situation(
            ticket, facts, policy, timer[0] if timer else None, booked, bool(merged),
            deed is not None,
        )  # fmt: skip
        messages, older = rows.messages(session, row.id, before)
        customer = session.get(CustomerRow, row.customer_id) if row.customer_id else None
        state = State(row.state)
        return TicketBoard(
            id=row.id,
            tag=self._tag(row.id),
            title=row.title,
            state=state,
            urgent=row.urgent,
            category=ticket.category,
            free=row.free,
            kind=self._kind(row.kind),
            kinds=tuple(self._kind(each.name) for each in policy.kinds),
            customer_id=row.customer_id,
            customer=customer.name if customer else "",
            requester=row.requester,
            requester_name=row.requester_name,
            language=row.language,
            assignee=self._assignee(facts),
            agents=facts.agents,
            opened_at=row.opened_at,
            due_at=row.due_at,
            breached=state in COUNTING and row.due_at is not None and row.due_at < self.now,
            planned_at=row.planned_at,
            wake_at=row.wake_at,
            waits_for=row.waits_for,
            follows=self._tag(row.follows),
            merged_into=self._tag(row.merged_into),
            merged_from=tuple(self._tag(each) for each in merged),
            foreign=tuple(numbers_of(session, row.id)),
            money=self._money(ticket, facts, booked),
            people=self._people(),
            asked=self._asked(ticket, facts),
            messages=messages,
            older=older,
            newest=before is None,
            seen=live.newest(session),
            entries=rows.booked(session, row.id),
            letters=rows.letters(session, row.id, policy.code),
            journal=rows.journal(session, row.id),
            timers=rows.timers(session, row.id),
            my_timer=self._tag(timer[0]) if timer else "",
            my_start=timer[1] if timer else None,
            deed=deed if state is not State.MERGED else None,
            may=possible(situation),
        )

    def _tag(self, ticket_id: int | None) -> str:
        return tag(self.desk.policy.code, ticket_id) if ticket_id else ""

    def _kind(self, name: str) -> KindLine:
        known = (each for each in self.desk.policy.kinds if each.name == name)
        kind = next(known, None)  # the configuration may have lost it
        return kind_line(kind, self.language) if kind else KindLine(name, name, "")

    def _assignee(self, facts: Facts) -> AgentFacts | None:
        if self.row.assignee_id is None:
            return None
        known = (*facts.agents, *queries.agents(self.session))  # he may be disabled by now
        return next((each for each in known if each.id == self.row.assignee_id), None)

    def _people(self) -> tuple[Person, ...]:
        found = rows_where(self.session, ParticipantRow, "ticket_id", [self.row.id])
        people = (Person(each.number, each.address, each.name) for each in found)
        return tuple(sorted(people, key=lambda each: each.number))

    def _asked(self, ticket: TicketFacts, facts: Facts) -> tuple[Asked, ...]:
        """Return the requests of the ticket, the newest first."""
        policy, entries = self.desk.policy, facts.process.entries.get(ticket.id, ())
        found = []
        for request in reversed(facts.process.requests.get(ticket.id, ())):
            figures = figures_of(request, ticket, entries, facts.customer, policy, self.language)
            if not request.is_open:
                found.append(Asked(request, figures))
                continue
            said = tuple(w.value for w in _WORDS if verdict_of(w, request.about) is not None)
            able = deciders(ticket, facts, request)
            names = dict.fromkeys(to.name or to.address for to, _, _ in able)
            found.append(Asked(request, figures, said, tuple(names)))
        return tuple(found)

    def _money(self, ticket: TicketFacts, facts: Facts, booked: int) -> Money:
        policy = self.desk.policy
        entries = facts.process.entries.get(ticket.id, ())
        limit = limit_of(ticket, facts.customer, policy)
        known = terms_of(self.session, ticket.customer_id)
        terms = bill_terms(rate_of(facts.customer, policy), known, policy)
        contracts: dict[int, Any] = {agreed.id: agreed for agreed, _ in facts.process.contracts}
        cost = cost_of(
            ticket, entries, terms, contracts, limit, policy.calendar.timezone,
            policy.rate.currency,
        )  # fmt: skip
        credits = tuple(
            Credit(agreed.name, balance.minutes_left, balance.minutes_granted)
            for agreed, balance in facts.process.contracts
        )
        return Money(booked, charged_minutes(entries), limit, cost, credits)
