"""Mails to staff by the clock: the morning digest, the evening mail, the day's reconciliation.

On working days only, each once a day for each agent. What an outage missed goes out late, on the
same day; nothing is sent for a day that is over, and where there is nothing to say nothing is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from maildesk import log
from maildesk.desk import figures
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.letters import sign
from maildesk.desk.reconciliation import reconciled
from maildesk.mail.letter import Letter
from maildesk.mail.message import Address
from maildesk.rules.people import AgentFacts
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.digest import Digest, Kind, Listed, evening, morning, name_of
from maildesk.store import digest as store
from maildesk.store import queries


def send_due(desk: Desk, now: datetime) -> int:
    """Send every mail to staff whose time has come; return how many were sent.

    One that cannot be made is logged, holds up no other, and is tried again the next time. Raises
    sqlalchemy.exc.OperationalError where the database is the trouble.
    """
    zone = desk.policy.calendar.timezone
    day = now.astimezone(zone).date()
    kinds = _due(desk, now)
    if not kinds:
        return 0
    with desk.db.read() as session:
        made = store.made_on(session, day)
        agents = tuple(agent for agent in queries.agents(session) if agent.enabled)
    seen = _Day(desk, now, day, agents)
    return sum(
        _try(seen, kind, agent)
        for kind in kinds
        for agent in agents
        if (agent.id, kind) not in made
    )


def _try(seen: "_Day", kind: Kind, agent: AgentFacts) -> int:
    try:
        return _send(seen, kind, agent)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other mails go out
        log.staff_mail_failed(kind.name.lower(), agent.login, error)
        return 0


def _due(desk: Desk, now: datetime) -> list[Kind]:
    """Return which mails of this day have had their time; none on a day without work."""
    local = now.astimezone(desk.policy.calendar.timezone)
    set_at = desk.site.digest
    wanted = {
        Kind.MORNING: set_at.morning,
        Kind.EVENING: set_at.evening,
        Kind.RECONCILIATION: set_at.reconciliation,
    }
    # Before the first of them nothing is asked of the calendar: this runs every few seconds.
    due = [kind for kind, at in wanted.items() if at and local.time() >= time.fromisoformat(at)]
    return due if due and desk.policy.calendar.spans_on(local.date()) else []


@dataclass(slots=True)
class _Day:
    """What the mails of a day are made of; asked for once, and only if some mail needs it."""

    desk: Desk
    now: datetime
    day: date
    agents: tuple[AgentFacts, ...]
    _open: list[Listed] | None = field(default=None)
    _books: dict[str, Any] = field(default_factory=dict)

    @property
    def midnight(self) -> datetime:
        """When the day began, in UTC."""
        zone = self.desk.policy.calendar.timezone
        return datetime.combine(self.day, time(0), zone).astimezone(UTC)

    def morning(self, agent: AgentFacts) -> Digest:
        """Return an agent's tickets in the morning."""
        policy = self.desk.policy
        if self._open is None:
            with self.desk.db.read() as session:
                self._open = store.open_tickets(session, policy.limit_minutes)
        return morning(self._open, agent, self.agents, policy, self.now)

    def evening(self, agent: AgentFacts) -> Digest:
        """Return the tickets on which an agent has yet to book time."""
        policy = self.desk.policy
        with self.desk.db.read() as session:
            found = store.unbooked(session, agent.id, self.midnight, policy.limit_minutes)
        return evening(found, agent, self.agents, policy, self.now)

    def books(self, locale: str) -> Any:
        """Return what the reconciliation says, in the words of a locale."""
        if locale not in self._books:
            with self.desk.db.read() as session:
                last = store.last_made(session, Kind.RECONCILIATION, self.day)
                begin = last or self.midnight
                self._books[locale] = reconciled(session, self.desk, begin, self.now, locale)
        return self._books[locale]


def _send(seen: _Day, kind: Kind, agent: AgentFacts) -> int:
    """Make an agent's mail of the day, if there is anything to say, and note that it is made."""
    desk = seen.desk
    locale = agent.language or desk.policy.language
    letter, values, tickets = _MADE[kind](seen, agent, locale)
    rows = []
    if letter and agent.address not in desk.policy.own:
        rows.append(_letter(seen, kind, agent, letter, values))

    def work(session: Session) -> int:
        if not store.note(session, seen.day, agent.id, kind, tickets, seen.now):
            return 0  # another process was quicker
        if rows:
            session.execute(POST, rows)
        return len(rows)

    return desk.db.change(work)


_Made = tuple[str, dict[str, Any], tuple[int, ...]]


def _morning(seen: _Day, agent: AgentFacts, locale: str) -> _Made:
    digest = seen.morning(agent)
    values = {"numbered": digest.lines, "more": digest.more}
    return ("staff_digest" if digest.lines else "", values, digest.tickets)


def _evening(seen: _Day, agent: AgentFacts, locale: str) -> _Made:
    digest = seen.evening(agent)
    values = {"numbered": digest.lines, "more": digest.more}
    return ("staff_evening" if digest.lines else "", values, digest.tickets)


def _reconciliation(seen: _Day, agent: AgentFacts, locale: str) -> _Made:
    if not agent.told_of_new:
        return "", {}, ()
    return "staff_reconciliation", {"books": seen.books(locale)}, ()


_MADE: dict[Kind, Callable[[_Day, AgentFacts, str], _Made]] = {
    Kind.MORNING: _morning,
    Kind.EVENING: _evening,
    Kind.RECONCILIATION: _reconciliation,
}


def _letter(
    seen: _Day, kind: Kind, agent: AgentFacts, letter: str, values: dict[str, Any]
) -> dict[str, Any]:
    desk, now = seen.desk, seen.now
    locale = agent.language or desk.policy.language
    answers = kind is not Kind.RECONCILIATION
    shown = {
        "ticket": None,
        "desk": figures.desk_figures(desk.site),
        "reply_to": "digest" if answers else "nothing",
        "customer_address": "",
        "agent": agent.name,
    }
    words = desk.renderer.words(letter, locale, **shown, **values)
    sender = Address(desk.site.desk.name, desk.site.desk.address)
    made = Letter(sender, Address(agent.name, agent.address), words, "", now, locale)
    name = name_of(kind, seen.day) if answers else None
    row = sign(desk, made, Purpose.DIGEST, None, agent.id, now, name)
    return row | {"purpose": letter, "once_key": f"{letter}:{seen.day:%Y%m%d}:{agent.id}"}
