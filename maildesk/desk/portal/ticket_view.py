"""How a ticket looks to its customer: what is read for its page, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from maildesk.desk.act import facts_of
from maildesk.desk.context import Desk
from maildesk.desk.pages import Page, Standing, choices_of
from maildesk.desk.portal import rights
from maildesk.desk.portal.said import ASKED, Place, Said, cut, place_words, said
from maildesk.desk.portal.sessions import SignedIn
from maildesk.desk.portal.tickets import kind_label, tone_of
from maildesk.desk.portal.work import Work, work_of
from maildesk.rules.customer_words import is_counting, state_words, waits_for
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.letters import moment_words, starts
from maildesk.rules.number import tag
from maildesk.rules.process import answerable, asking
from maildesk.rules.process.request_words import (
    RequestFigures,
    figures_of,
)
from maildesk.rules.requests import Request, Verdict
from maildesk.rules.ticket import ReplyEffect, after_customer_reply, is_closed, is_over
from maildesk.store import queries
from maildesk.store.rows import rows_where
from maildesk.store.tables import ContactRow, ParticipantRow, TicketRow

SHOWN = 20  # of what was said and asked, on a page


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part. `is_he`: he who looks at the page."""

    name: str
    address: str
    is_he: bool


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a conversation: `said`, or `page`, a request as its own page shows it.

    `by` is who wrote it, "" for a colleague without a name; `rest` is what is folded of a text.
    """

    at: datetime
    by: str = ""
    is_his: bool = False
    said: Said | None = None
    text: str = ""
    rest: str = ""
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of a page. Tags are without brackets; `state` and `kind` are in words.

    `asks` is the request that is open, by its `number`. `waits` is what we wait for
    (`customer_words.waits_for`). `reply` says what writing does: "" for nothing but that,
    "reopens" or "follows". `older` is the place before which there is more; `is_newest`: there
    is nothing after this.
    """

    id: int
    tag: str
    title: str
    state: str
    tone: str
    is_closed: bool
    kind: str
    language: str
    number: int
    opened_at: datetime
    planned_at: datetime | None
    due_at: datetime | None
    due_starts: bool
    assignee: str
    follows: str
    waits: str
    reply: str
    work: Work
    people: tuple[Person, ...]
    asks: Page | None
    asks_number: int
    items: tuple[Item, ...]
    older: str
    is_newest: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the page of a ticket that somebody may see."""

    desk: Desk
    session: Session
    row: TicketRow
    person: SignedIn
    language: str
    now: datetime

    def page(self, before: Place | None) -> Conversation:
        """Return the page: the newest of it, or what is older than a place."""
        row, session, policy = self.row, self.session, self.desk.policy
        facts = facts_of(session, row.id, self.now, policy.calendar.timezone)
        ticket = facts.candidates[0].ticket
        names = self._names(facts)
        people = {address.lower() for address, _ in ticket.participants}
        items, older = self._items(ticket, facts, names, people, before)
        open_ = next((r for r in self._requests(facts) if r.is_open), None)
        asks = self._asks(open_, ticket, facts, names, people) if open_ else None
        shows = asks is not None and asks.standing in (Standing.OPEN, Standing.TOLD)
        kind = next((each for each in policy.kinds if each.name == row.kind), None)
        over = is_closed(ticket.state)
        return Conversation(
            id=row.id,
            tag=tag(policy.code, row.id),
            title=row.title,
            state=state_words(ticket.state, self.language),
            tone=tone_of(ticket.state),
            is_closed=over,
            kind=kind_label(self.desk, row.kind, self.language),
            language=row.language,
            number=rights.number_in(session, self.person, row.id),
            opened_at=row.opened_at,
            planned_at=row.planned_at if not over else None,
            due_at=row.due_at if is_counting(ticket) else None,
            due_starts=kind is not None and starts(kind),
            assignee=self._assignee(),
            follows=self._followed(),
            waits=waits_for(ticket.state, ticket.waits_for),
            reply=self._reply(ticket),
            work=work_of(session, policy, ticket, facts, self._is_inside(ticket)),
            people=tuple(self._people()),
            asks=asks if shows else None,
            asks_number=open_.number if open_ and shows else 0,
            items=items,
            older=older,
            is_newest=before is None,
        )

    def _requests(self, facts: Facts) -> Sequence[Request]:
        return facts.process.requests.get(self.row.id, ())

    def _items(
        self,
        ticket: TicketFacts,
        facts: Facts,
        names: dict[str, str],
        people: set[str],
        before: Place | None,
    ) -> tuple[tuple[Item, ...], str]:
        """Return what is shown, the oldest first, and the place before which there is more."""
        tickets = rights.read_with(self.session, self.person, self.row)
        found: list[tuple[Place, Said | Request]] = [
            (each.place, each) for each in said(self.session, tickets, before, SHOWN + 1, self.now)
        ]
        for request in self._requests(facts):
            place = Place(request.asked_at, ASKED, request.number)
            if not request.is_open and (before is None or place < before):
                found.append((place, request))
        found.sort(key=lambda each: each[0], reverse=True)
        shown = found[:SHOWN]
        items = [
            self._said(each, names, people)
            if isinstance(each, Said)
            else Item(at=each.asked_at, page=self._asks(each, ticket, facts, names, people))
            for _, each in reversed(shown)
        ]
        return tuple(items), place_words(shown[-1][0]) if len(found) > SHOWN else ""

    def _said(self, each: Said, names: dict[str, str], people: set[str]) -> Item:
        shown, rest = cut(each.text)
        by = each.name
        if not each.ours:
            by = self._shown(each.address, each.name, names, people)
        his = each.address.lower() == self.person.address.lower()
        return Item(at=each.at, by=by, is_his=his, said=each, text=shown, rest=rest)

    def _shown(self, address: str, name: str, names: dict[str, str], people: set[str]) -> str:
        """Return how somebody is called: his address only where he takes part, or is he."""
        known = name.strip() or names.get(address.lower(), "")
        told = address.lower() in people or address.lower() == self.person.address.lower()
        if known and (told or "@" not in known):
            return known
        return address if told else ""

    def _names(self, facts: Facts) -> dict[str, str]:
        """Return the names of those who take part and of the customer's people, by address."""
        found = {}
        if self.row.customer_id is not None:
            known = rows_where(self.session, ContactRow, "customer_id", [self.row.customer_id])
            found = {each.address.lower(): each.name for each in known}
        for each in rows_where(self.session, ParticipantRow, "ticket_id", [self.row.id]):
            if each.name:
                found.setdefault(each.address.lower(), each.name)
        return found | {agent.login: agent.name for agent in facts.agents}

    def _people(self) -> list[Person]:
        found = rows_where(self.session, ParticipantRow, "ticket_id", [self.row.id])
        his = self.person.address.lower()
        return [
            Person(each.name, each.address, each.address.lower() == his)
            for each in sorted(found, key=lambda each: each.number)
        ]

    def _asks(
        self,
        request: Request,
        ticket: TicketFacts,
        facts: Facts,
        names: dict[str, str],
        people: set[str],
    ) -> Page:
        """Return a request as its page shows it, with the decisions that this person can take.

        Whoever takes part and is neither the requester nor of the customer reads no price.
        """
        desk, policy, his = self.desk, self.desk.policy, self.person.address
        entries = facts.process.entries.get(ticket.id, ())
        asked = figures_of(request, ticket, entries, facts.customer, policy, self.language)
        if not self._is_inside(ticket):
            asked = RequestFigures(about=asked.about, reason=asked.reason, url=asked.url)
        choices = choices_of(request, ticket, facts, policy, his)
        able = [
            self._shown(to.address, to.name, names, people)
            for to, _, _ in asking.deciders(ticket, facts, request)
            if asking.may_decide(to.address, ticket, facts, request)
        ]
        at, by = request.decided_at, request.decided_by
        return Page(
            name=request.name,
            address=his,
            language=self.language,
            desk=desk.site.desk.name,
            tag=tag(policy.code, self.row.id),
            standing=_standing(request, ticket, choices),
            about=request.about,
            verdict=request.verdict,
            asked=asked,
            choices=choices,
            deciders=tuple(able) if Verdict.YES not in choices else (),
            waits=answerable.waits_for(request, ticket),
            by=names.get(by.lower()) or (self._shown(by, "", names, people) if "@" in by else ""),
            how=request.how,
            at=moment_words(at, policy.calendar.timezone, self.language) if at else "",
        )

    def _is_inside(self, ticket: TicketFacts) -> bool:
        contact, his = self.person.contact, self.person.address.lower()
        if ticket.requester.address.lower() == his:
            return True
        return contact is not None and contact.customer_id == ticket.customer_id

    def _assignee(self) -> str:
        if self.row.assignee_id is None:
            return ""
        agents = queries.agents(self.session)
        return next((each.name for each in agents if each.id == self.row.assignee_id), "")

    def _followed(self) -> str:
        """Return the tag of the ticket that this one follows, if he may see that too."""
        row = self.session.get(TicketRow, self.row.follows) if self.row.follows else None
        if row is None or not rights.may_see(self.session, self.person, row):
            return ""
        return tag(self.desk.policy.code, row.id)

    def _reply(self, ticket: TicketFacts) -> str:
        """Return what a message does beside being one; a mere thank-you does nothing."""
        days = self.desk.policy.reopen_days
        effect = after_customer_reply(ticket.state, ticket.resolved_at, self.now, days)
        if effect is ReplyEffect.FOLLOW_UP:
            return "follows"
        return "reopens" if is_over(ticket.state) else ""


def _standing(request: Request, ticket: TicketFacts, choices: Sequence[Verdict]) -> Standing:
    if request.verdict is Verdict.UNDONE:
        return Standing.UNDONE
    if request.verdict is Verdict.REPLACED:
        return Standing.REPLACED
    if not request.is_open:
        return Standing.DECIDED
    if not answerable.still_asked(request, ticket):
        return Standing.REPLACED
    return Standing.OPEN if choices else Standing.TOLD
