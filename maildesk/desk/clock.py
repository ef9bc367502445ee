"""The time passes: alerts, timers, reminders, waits that are over, windows that end.

Each ticket on its own, as every other thing that happens to one: facts -> plan -> act, in one
transaction with the letters. What has to happen once has a once-key, so a tick that is killed
and repeated does nothing twice; what came due while nobody looked is found by the next tick.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from maildesk import log
from maildesk.desk import alarms
from maildesk.desk.act import act
from maildesk.desk.context import Desk
from maildesk.desk.handle import step_names
from maildesk.rules import letters as say
from maildesk.rules.backoff import retry_delay
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import Plan, Tell, Touch
from maildesk.rules.process import passing
from maildesk.rules.process.asking import deciders
from maildesk.rules.process.reminding import remind
from maildesk.store import clock as due

MANY = 50  # tickets of each sort in one tick; the others have their turn a few seconds later

Decide = Callable[[Facts, TicketFacts], Plan]


@dataclass(slots=True)
class Troubles:
    """Tickets with which something went wrong: how often, and when they are tried again.

    `reminded_at` is when unpaid invoices were looked for last, `swept_at` when links, sessions
    and forms that ended were deleted.
    """

    tries: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    reminded_at: datetime | None = None
    swept_at: datetime | None = None

    def rests(self, ticket_id: int, now: datetime) -> bool:
        """Tell whether a ticket is left alone for now."""
        return ticket_id in self.tries and now < self.tries[ticket_id][1]

    def add(self, ticket_id: int, now: datetime) -> timedelta:
        """Note one more failure and return how long the ticket is left alone."""
        number = self.tries.get(ticket_id, (0, now))[0] + 1
        delay = retry_delay(number)
        self.tries[ticket_id] = (number, now + delay)
        return delay


def tick(desk: Desk, now: datetime, troubles: Troubles | None = None) -> int:
    """Do what the time asks for by `now`, for a bounded number of tickets.

    Returns how many tickets something was done for. A ticket that cannot be looked at is logged
    and told to staff once a day, left alone for a while (`troubles` remembers, from tick to
    tick), and holds up no other. Raises sqlalchemy.exc.SQLAlchemyError where the database is the
    trouble.
    """
    troubles = troubles if troubles is not None else Troubles()
    done = 0
    for ticket_id, decide in _jobs(desk, now, troubles):
        if troubles.rests(ticket_id, now):
            continue
        try:
            plan = act(desk, ticket_id, partial(_once, desk, decide), now)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other tickets go on
            _failed(desk, ticket_id, error, now, troubles)
            continue
        troubles.tries.pop(ticket_id, None)
        if plan:
            done += 1
            log.passed(ticket_id, step_names(plan))
    return done


def _jobs(desk: Desk, now: datetime, troubles: Troubles) -> Iterator[tuple[int, Decide]]:
    """Yield (ticket, what to decide about it), what promises a minute first."""
    policy = desk.policy
    many = MANY + len(troubles.tries)
    looks, requests = [], []
    with desk.db.read() as session:
        running = due.timed(session)
        wakes = due.to_wake(session, now, many)
        if passing.may_look(now, policy):
            looks = due.to_look_at(session, now, many)
            over = now - timedelta(days=policy.reopen_days)
            looks += due.past_window(session, over, many)
            requests = due.to_remind(session, now, many)
    for ticket_id in running:
        yield ticket_id, lambda facts, ticket: passing.timed(ticket, facts, policy, now)
    for ticket_id in wakes:
        yield ticket_id, lambda facts, ticket: passing.woken(ticket, facts, policy, now)
    for ticket_id in looks:
        yield ticket_id, partial(_look, desk, now)
    for ticket_id, number in requests:
        yield ticket_id, partial(_remind, desk, now, number)


def _look(desk: Desk, now: datetime, facts: Facts, ticket: TicketFacts) -> Plan:
    with desk.db.read() as session:
        past = due.past(session, ticket, now)
    return passing.look(ticket, facts, desk.policy, past, now)


def _remind(desk: Desk, now: datetime, number: int, facts: Facts, ticket: TicketFacts) -> Plan:
    asked = facts.process.requests.get(ticket.id, ())
    request = next((each for each in asked if each.number == number), None)
    if request is None:
        return ()
    people = [to.address for to, _, _ in deciders(ticket, facts, request)]
    with desk.db.read() as session:
        gone = due.unreachable(session, people, now)
    return remind(request, ticket, facts, desk.policy, now, gone)


def _once(desk: Desk, decide: Decide, facts: Facts, ticket: TicketFacts) -> Plan:
    """Return a plan without the letters that were written already; () where it was only those."""
    plan = decide(facts, ticket)
    keys = {step.once for step in plan if isinstance(step, Tell)}
    if not keys:
        return plan
    with desk.db.read() as session:
        said = due.said(session, keys)
    left = tuple(step for step in plan if not (isinstance(step, Tell) and step.once in said))
    return () if all(isinstance(step, Touch) for step in left) else left


def _failed(
    desk: Desk, ticket_id: int, error: Exception, now: datetime, troubles: Troubles
) -> None:
    """Say in the log, and to staff once a day, that the time could do nothing for a ticket."""
    delay = troubles.add(ticket_id, now)
    log.passing_failed(ticket_id, error, int(delay.total_seconds()))
    figures = say.AlarmFigures(
        "clock_stuck",
        about=tag(desk.policy.code, ticket_id),
        reason=f"{type(error).__name__}: {error}"[:200],
    )
    try:
        alarms.raise_alarm(desk, alarms.Alarm(f"clock:{ticket_id}:{now:%Y%m%d}", figures), now)
    except SQLAlchemyError as trouble:
        log.database_trouble(str(trouble).splitlines()[0])
