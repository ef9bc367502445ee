"""Work timers that run on a ticket: how long they ran, and what stopping them books."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from maildesk.rules.entries import EntryType
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Book, Step, Timer
from maildesk.rules.policy import Policy
from maildesk.rules.process.booking import entry

MINUTE = timedelta(minutes=1)


def running(
    ticket: TicketFacts, facts: Facts, extra: Sequence[Book] = ()
) -> tuple[tuple[int, datetime], ...]:
    """Return (agent id, start) of the timers that run on a ticket.

    One that `extra` ends, booked in the same plan by the same agent since the same start, runs
    no more.
    """
    ended = {(book.agent_id, book.began_at) for book in extra}
    timers = facts.process.timers.get(ticket.id, ())
    return tuple(timer for timer in timers if timer not in ended)


def stopped(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime, extra: Sequence[Book] = ()
) -> tuple[Step, ...]:
    """Return the steps that stop all timers of a ticket and book what they ran until `now`.

    `extra` was booked in the same plan and has used up what it took of a contract.
    """
    steps: list[Step] = []
    books = list(extra)
    for agent_id, began in running(ticket, facts, extra):
        minutes = timer_minutes(began, now)
        booked = entry(
            ticket, facts, policy, agent_id, minutes, EntryType.WORK, "timer", now, began, books
        )
        books += booked
        steps += (Timer(agent_id, None), *booked)
    return tuple(steps)


def timer_minutes(began: datetime, ended: datetime) -> int:
    """Return what a timer books: the nearest whole minute, at least one (section 3.1)."""
    return max(1, round((ended - began) / MINUTE))
