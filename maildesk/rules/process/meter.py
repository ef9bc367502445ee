"""The work meter on a ticket: how much of the approved work is used, and what is due for it.

PROCESS.md section 2.4. Charged work counts, booked or on a running timer, of all agents
together; free work does not, and with an open limit nothing is ever held. `rules.process.effort`
says when a running timer reaches a limit; what is done then is in `holding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maildesk.rules.entries import EntryType
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Book, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process import timers
from maildesk.rules.process.asking import open_request
from maildesk.rules.process.booking import charged, entry, why_free
from maildesk.rules.process.limit_letters import at_work, to_staff
from maildesk.rules.process.request_words import charged_minutes, limit_of
from maildesk.rules.requests import About
from maildesk.rules.ticket import State, allowed

COSTS = (About.OVERRUN, About.QUOTE)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the meter shows: charged work and the approved total (None: open), in minutes.

    `warn` and `hold` say what is to be done now; never both. Who was warned of this limit before
    is not told again: the letter's once key sees to it.
    """

    worked: int
    limit: int | None
    warn: bool
    hold: bool


def check(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book] = ()
) -> Checked:
    """Return what the meter of a ticket shows at `now`.

    `extra` is booked in the same plan; a timer that it ends (same agent, same start) runs no
    more. Running work counts in whole minutes of all timers together.
    """
    limit = limit_of(ticket, facts.customer, policy)
    running, is_charged = _running(ticket, facts, policy, now, extra)
    worked = charged_minutes(facts.process.entries.get(ticket.id, ())) + charged(extra) + running
    begun = is_charged or (worked > 0 and _counts(ticket, facts, extra))
    if limit is None or not begun or not _can_wait(ticket.state):
        return Checked(worked, limit, False, False)
    if worked >= limit:
        return Checked(worked, limit, False, True)
    asked = open_request(facts, ticket.id)
    is_asked = asked is not None and asked.about in COSTS
    warn = worked >= limit - policy.warn_minutes and not is_asked
    return Checked(worked, limit, warn, False)


def warning(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    checked: Checked,
    agent: AgentFacts | None = None,
) -> tuple[Tell, ...]:
    """Return the warning that the limit is near, with a request ready to be sent.

    It goes to `agent`, else to those whose timers run, else to whom the ticket belongs, else to
    all; to each once for a ticket and limit.
    """
    if not checked.warn or checked.limit is None:
        return ()
    once = f"{ticket.id}:{checked.limit}"
    return tuple(
        to_staff("staff_warning", told, ticket, policy, checked.worked, checked.limit, once)
        for told in at_work(ticket, facts, agent)
    )


def _counts(ticket: TicketFacts, facts: Facts, extra: Sequence[Book]) -> bool:
    """Tell whether work is looked at at all: free work does not hold what was charged before."""
    if extra or facts.process.timers.get(ticket.id):
        return charged(extra) > 0
    return not why_free(ticket)


def _can_wait(state: State) -> bool:
    return any(allowed(state, State.WAITING_APPROVAL, row) for row in ("T17", "T55"))


def _running(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book]
) -> tuple[int, bool]:
    """Return the charged minutes of running timers, and whether their work is charged."""
    found = timers.running(ticket, facts, extra)
    minutes = max(0, sum((now - began for _, began in found), timedelta()) // timers.MINUTE)
    if not found:
        return 0, False
    books = entry(ticket, facts, policy, 0, max(1, minutes), EntryType.WORK, "", now, earlier=extra)
    counts = charged(books)
    return (counts if minutes else 0), counts > 0
