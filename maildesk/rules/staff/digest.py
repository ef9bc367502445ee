"""What an agent is told by the clock: his tickets in the morning, forgotten time in the evening.

Short lines, numbered over all sections, so that an answer can name them (COMMANDS.md, rule 9).
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from maildesk.rules.letters import NO_BREAK, is_german
from maildesk.rules.number import tag
from maildesk.rules.people import AgentFacts
from maildesk.rules.policy import Policy
from maildesk.rules.process.alerts import queue_key
from maildesk.rules.ticket import FACTS, PromiseClock, State

LINES_MAX = 99  # tickets in one mail; whoever has more of them asks for #list


class Kind(StrEnum):
    """Which mail of the day it is. Its letter stands in the reply address."""

    MORNING = "m"
    EVENING = "e"
    RECONCILIATION = "r"


class Section(StrEnum):
    """Under which heading a ticket stands, in the order of the mail."""

    BROKEN = "broken"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITS = "waits"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket that a digest may list. `customer` is a name or an address.

    `is_met`: what was promised by `due_at` is done. `since` is when it came into its state. `charged` is the charged work in minutes, `limit` the
    approved total, None for none. `timer_at` is when the reader's timer was started on it.
    """

    id: int
    title: str
    state: State
    urgent: bool
    customer: str
    assignee_id: int | None
    opened_at: datetime
    due_at: datetime | None = None
    is_met: bool = False
    since: datetime | None = None
    wake_at: datetime | None = None
    charged: int = 0
    limit: int | None = None
    timer_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One numbered ticket in words; every "" is something that there is nothing to say about.

    `assignee` is given where that is not the reader. `time` is what is used of the limit.
    """

    tag: str
    title: str
    section: Section
    state: str
    customer: str = ""
    due: str = ""
    time: str = ""
    assignee: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest for one agent: its lines, the ids of their tickets, and how many are left out."""

    lines: tuple[DigestLine, ...]
    tickets: tuple[int, ...]
    more: int = 0


_NAME = re.compile(r"([0-9]{8})([mer])")


def name_of(kind: Kind, day: date) -> str:
    """Return the name of a digest of an agent, as it stands in its reply address: "20261123m"."""
    return f"{day:%Y%m%d}{kind}"


def named(name: str) -> tuple[Kind, date] | None:
    """Return what digest a name is of, or None for anything else."""
    found = _NAME.fullmatch(name)
    try:
        return (Kind(found[2]), date.fromisoformat(found[1])) if found else None
    except ValueError:
        return None


def morning(
    tickets: Iterable[Listed],
    reader: AgentFacts,
    agents: Collection[AgentFacts],
    policy: Policy,
    now: datetime,
) -> Digest:
    """Return what an agent finds in the morning, of all the open `tickets` of the desk.

    Broken promises of the whole desk, his own first; then his own in the order of the queue
    (PROCESS.md section 2.2), those of nobody, and those of his that wait, the longest first.
    `agents` are the enabled ones: what is another's is as good as nobody's.
    """
    enabled = {agent.id for agent in agents}
    found: list[tuple[Section, Listed]] = []
    for ticket in tickets:
        section = _section(ticket, reader, enabled, policy, now)
        if section is not None:
            found.append((section, ticket))
    order = list(Section)
    found.sort(key=lambda pair: (order.index(pair[0]), _place(pair[0], pair[1], reader)))
    return _digest(found, reader, agents, policy, now)


def evening(
    tickets: Iterable[Listed],
    reader: AgentFacts,
    agents: Collection[AgentFacts],
    policy: Policy,
    now: datetime,
) -> Digest:
    """Return the tickets on which an agent worked today and booked nothing, by number."""
    found = [(Section.FORGOTTEN, each) for each in sorted(tickets, key=lambda one: one.id)]
    return _digest(found, reader, agents, policy, now)


# Where the promise clock runs, so that a due time means something.
RUNS = (PromiseClock.RUNS, PromiseClock.NEW_CYCLE, PromiseClock.BY_SETTING)
_WAITS = frozenset(
    {State.WAITING_CUSTOMER, State.WAITING_APPROVAL, State.WAITING_THIRD, State.ACCEPTANCE}
)


def _section(
    ticket: Listed, reader: AgentFacts, enabled: Collection[int], policy: Policy, now: datetime
) -> Section | None:
    if _is_broken(ticket, policy, now):
        return Section.BROKEN
    owner = ticket.assignee_id if ticket.assignee_id in enabled else None
    if owner not in (None, reader.id):
        return None
    if ticket.state in _WAITS:
        return Section.WAITS
    return Section.MINE if owner == reader.id else Section.UNASSIGNED


def _is_broken(ticket: Listed, policy: Policy, now: datetime) -> bool:
    counts = FACTS[ticket.state].clock in RUNS and not (
        ticket.state is State.WAITING_THIRD and policy.third_party_pauses
    )
    return counts and _is_due(ticket) and ticket.due_at is not None and ticket.due_at < now


def _is_due(ticket: Listed) -> bool:
    """Tell whether its due time still means something."""
    return ticket.due_at is not None and not ticket.is_met


def _place(section: Section, ticket: Listed, reader: AgentFacts) -> tuple[bool, int, datetime, int]:
    """Return where a ticket stands within its section."""
    if section is Section.WAITS:
        return False, 0, (ticket.since or ticket.opened_at).astimezone(UTC), ticket.id
    others = section is Section.BROKEN and ticket.assignee_id != reader.id
    broken = section is Section.BROKEN
    due_at = ticket.due_at if _is_due(ticket) else None
    rank, moment = queue_key(ticket.opened_at, due_at, broken, ticket.urgent)
    return others, rank, moment, ticket.id


def _digest(
    found: list[tuple[Section, Listed]],
    reader: AgentFacts,
    agents: Collection[AgentFacts],
    policy: Policy,
    now: datetime,
) -> Digest:
    shown = found[:LINES_MAX]
    names = {agent.id: agent.name for agent in agents}
    locale = reader.language or policy.language
    lines = tuple(
        _line(section, each, reader, names, policy, now, locale) for section, each in shown
    )
    return Digest(lines, tuple(each.id for _, each in shown), len(found) - len(shown))


def _line(
    section: Section,
    ticket: Listed,
    reader: AgentFacts,
    names: dict[int, str],
    policy: Policy,
    now: datetime,
    locale: str,
) -> DigestLine:
    zone = policy.calendar.timezone
    german = is_german(locale)
    other = "" if ticket.assignee_id == reader.id else names.get(ticket.assignee_id or 0, "")
    return DigestLine(
        tag=tag(policy.code, ticket.id),
        title=ticket.title,
        section=section,
        state=_state(ticket, section, now, zone, locale),
        customer=ticket.customer,
        due=_due(ticket, section, now, zone, locale),
        time=used_words(ticket.charged, ticket.limit, locale),
        assignee=(f"zuständig {other}" if german else f"in charge {other}") if other else "",
    )


def _state(ticket: Listed, section: Section, now: datetime, zone: tzinfo, locale: str) -> str:
    said, german = ticket.state.words(locale), is_german(locale)
    if section is Section.FORGOTTEN and ticket.timer_at is not None:
        at = short_moment(ticket.timer_at, now, zone, locale)
        said += f", Zeiterfassung läuft seit {at}" if german else f", timer runs since {at}"
    return said


def _due(ticket: Listed, section: Section, now: datetime, zone: tzinfo, locale: str) -> str:
    """Return when a ticket is due, or since when and until when it waits."""
    german = is_german(locale)
    if section is Section.WAITS and ticket.since is not None:
        said = f"{'seit' if german else 'since'} {short_moment(ticket.since, now, zone, locale)}"
        if ticket.state is State.WAITING_CUSTOMER and ticket.wake_at is not None:
            until = short_moment(ticket.wake_at, now, zone, locale)
            said += f", {'bis' if german else 'until'} {until}"
        return said
    runs = FACTS[ticket.state].clock in RUNS
    if ticket.due_at is None or ticket.is_met or not runs or section is Section.FORGOTTEN:
        return ""
    moment = short_moment(ticket.due_at, now, zone, locale)
    if section is Section.BROKEN:
        return f"überfällig seit {moment}" if german else f"overdue since {moment}"
    return f"fällig {moment}" if german else f"due {moment}"


def used_words(minutes: int, limit: int | None, locale: str) -> str:
    """Return work as "25 von 60 Min.": what is used of the limit; without one just the work."""
    german = is_german(locale)
    unit = "Min." if german else "min"
    if limit is None:
        return f"{minutes}{NO_BREAK}{unit}" if minutes else ""
    return f"{minutes}{NO_BREAK}{'von' if german else 'of'}{NO_BREAK}{limit}{NO_BREAK}{unit}"


def short_moment(moment: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    """Return a moment as short as it is clear: "heute 16:00", "morgen 11:30", "Mi 18.11. 09:00".

    In English "today 16:00", "tomorrow 11:30", "Wed 18 Nov 09:00". The year is said where it is
    another one than now.
    """
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    german = is_german(locale)
    clock = f"{local:%H:%M}"
    near = _NEAR.get((local.date() - today) // timedelta(days=1))
    if near is not None:
        return f"{near[0 if german else 1]} {clock}"
    year = f"{local:%Y}" if local.year != today.year else ""
    if german:
        return f"{_DAYS_DE[local.weekday()]} {local:%d.%m.}{year} {clock}"
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
    return " ".join(filter(None, (day, year, clock)))


_NEAR = {0: ("heute", "today"), 1: ("morgen", "tomorrow"), -1: ("gestern", "yesterday")}
_DAYS_DE = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
