"""What the passing of time asks for on one ticket: a plan, or () for nothing.

PROCESS.md sections 1.2 (T36, T37, T52), 2.2 (alerts, breach) and 2.4 (4, 9). Reminders and what
is proposed when nobody answers (T50, T15, T22) are in `rules.process.reminding`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maildesk.rules import letters as words
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.hours import add_working_time, next_opening, working_time
from maildesk.rules.kinds import kind_named
from maildesk.rules.people import AgentFacts
from maildesk.rules.plan import Change, Note, Plan, SetState, Step, Tell, Touch
from maildesk.rules.policy import Policy
from maildesk.rules.process import alerts, holding, meter
from maildesk.rules.process.billable import is_to_bill, is_undecided
from maildesk.rules.process.cycle import after_move, breaks_at, runs
from maildesk.rules.process.reminding import give_up, ready, remind_of_wait, tell_staff
from maildesk.rules.process.request_words import working_day_after
from maildesk.rules.promise import Promise, budget
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State

IDLE = timedelta(minutes=60)  # working time without an entry (section 2.4, 9)
BROKEN = "broken"  # beside the shares of `alerts.SHARES`
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Past:
    """What a ticket's journal and letters say of where it stands now.

    It came to its state at `since`, by an agent's own command if `by_agent`, and belongs to its
    assignee since `assigned_at` (None: from the start). Of its present wait `reminders` went out,
    the last at `reminded_at`. Letters to the addresses in `unreachable` (lower case) come back.
    """

    since: datetime | None = None
    by_agent: bool = False
    assigned_at: datetime | None = None
    reminders: int = 0
    reminded_at: datetime | None = None
    unreachable: frozenset[str] = frozenset()


def may_look(now: datetime, policy: Policy) -> bool:
    """Tell whether tickets are looked at: in working time, and shortly after it ended.

    Nothing comes due in closed hours, and nobody wants a letter then.
    """
    return working_time(now - alerts.GRACE, now + _SECOND, policy.calendar) > timedelta(0)


def look(ticket: TicketFacts, facts: Facts, policy: Policy, past: Past, now: datetime) -> Plan:
    """Return what the time asks for when a ticket's `alert_at` has come, or its reopen window ended."""
    if ticket.state is State.WAITING_CUSTOMER:
        return remind_of_wait(
            ticket, facts, policy, now, past.since or ticket.paused_at, past.reminders,
            past.reminded_at, past.unreachable,
        )  # fmt: skip
    if ticket.state is State.RESOLVED:
        return _window(ticket, facts, policy, now)
    steps: list[Step] = []
    coming: list[datetime] = []
    if runs(ticket.state, policy):
        for found, at in (
            _promise(ticket, facts, policy, now),
            _idle(ticket, facts, policy, past, now),
        ):
            steps += found
            coming += [at] if at else []
    looked_next = min(coming, default=None)
    if looked_next is not None and looked_next <= now:
        return ()  # closed by now: it is told when the desk opens
    if not steps and looked_next == ticket.alert_at:
        return ()
    return (Touch(ticket.id), *steps, Change(ticket.id, {"alert_at": looked_next}, ""))


def woken(ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return a ticket's way back to work when the time that it was to wait is over (T52)."""
    if ticket.wake_at is None or ticket.wake_at > now:
        return ()
    if ticket.state is not State.WAITING_CUSTOMER:
        return (Touch(ticket.id), Change(ticket.id, {"wake_at": None}, ""))
    over = "the wait is over"
    moved = after_move(ticket, ticket.state, State.IN_PROGRESS, now, policy)
    once = f"staff_wake:{ticket.id}:{ticket.wake_at:%Y%m%d%H%M%S}"
    will = replace(ticket, **{"state": State.IN_PROGRESS, **moved})
    return (
        Touch(ticket.id),
        SetState(ticket.id, ticket.state, State.IN_PROGRESS, over, "T52"),
        Change(ticket.id, moved, over),
        *tell_staff("staff_wake", will, facts, policy, once, purpose=Purpose.AGENT_REPLY),
    )


def timed(ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return what running timers ask for: a warning, the hold at the limit, a question at day end."""
    checked = meter.check(ticket, facts, policy, now)
    if checked.hold:
        return (Touch(ticket.id), *holding.hold(ticket, ticket.state, facts, policy, now))
    asked = tuple(
        tell
        for agent_id, began in facts.process.timers.get(ticket.id, ())
        if _is_forgotten(began, now, policy)
        for tell in _ask_timer(ticket, facts, policy, now, agent_id, began)
    )
    return (*meter.warning(ticket, facts, policy, checked), *asked)


def _promise(
    ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime
) -> tuple[list[Step], datetime | None]:
    """Return what of the promise is to be told now, and when to look next."""
    promise, due_at = _promise_of(ticket, policy), ticket.due_at
    if promise is None or due_at is None or ticket.met_at or ticket.breached_at:
        return [], None
    marks = _marks(ticket, promise, due_at, policy)
    due = [(moment, share) for moment, share in marks if moment <= now]
    coming = min((moment for moment, _ in marks if moment > now), default=None)
    if not due:
        return [], coming
    moment, share = due[-1]
    if not alerts.may_go(moment, now, policy.calendar):
        return [], now
    left = max(timedelta(0), working_time(now, due_at, policy.calendar))
    steps: list[Step] = (
        [Change(ticket.id, {"breached_at": moment}, "promise broken")]
        if share == BROKEN
        else [Note(ticket.id, "promise", f"{share} % of the time are used")]
    )

    def more(language: str) -> dict[str, Any]:
        zone = policy.calendar.timezone
        return {
            "share": share,
            "left": words.span_words(left // _MINUTE, language) if left >= _MINUTE else "",
            "moment": words.moment_words(moment, zone, language),
        }

    if share == BROKEN and now - due_at <= alerts.GRACE and all(each != 100 for _, each in due):
        return steps, coming  # a minute ago they were told that it is due
    once = f"promise:{ticket.id}:{ticket.cycle}:{share}"
    return [*steps, *tell_staff("staff_promise", ticket, facts, policy, once, more)], coming


def _marks(
    ticket: TicketFacts, promise: Promise, due_at: datetime, policy: Policy
) -> list[tuple[datetime, int | str]]:
    """Return the moments from the ticket's `alert_at` on at which staff are told, in order.

    Since then the clock ran on without a wait, and whatever came before was told.
    """
    calendar = policy.calendar
    start = ticket.clock_started_at or due_at
    since = ticket.alert_at or start
    amount = budget(start, promise, calendar)
    used = amount - working_time(since, due_at, calendar) if since < due_at else amount
    found: list[tuple[datetime, int | str]] = []
    for share in alerts.SHARES:
        left = amount * share / 100 - used
        if left > timedelta(0):
            found.append((add_working_time(since, left, calendar), share))
        elif left == timedelta(0) and since <= due_at:
            found.append((since, share))
    breaks = breaks_at(ticket, policy)
    return [*found, (breaks, BROKEN)] if breaks else found


def _idle(
    ticket: TicketFacts, facts: Facts, policy: Policy, past: Past, now: datetime
) -> tuple[list[Step], datetime | None]:
    """Return the question about work that nobody logs, and when to look for it next.

    Once for a stretch of work that the agent himself began, and once a day.
    """
    begun = max((at for at in (past.since, past.assigned_at) if at), default=None)
    at_work = ticket.state is State.IN_PROGRESS and past.by_agent and past.since is not None
    if begun is None or not at_work or ticket.assignee_id is None:
        return [], None
    logged = any(each.ended_at > begun for each in facts.process.entries.get(ticket.id, ()))
    if logged or facts.process.timers.get(ticket.id):
        return [], None
    moment = add_working_time(begun, IDLE, policy.calendar)
    if moment > now:
        return [], moment
    if ticket.alert_at is not None and moment < ticket.alert_at:
        return [], None  # asked
    if not alerts.may_go(moment, now, policy.calendar):
        return [], now

    def more(language: str) -> dict[str, Any]:
        since = words.moment_words(begun, policy.calendar.timezone, language)
        book, start = (
            ("30 Minuten buchen", "Zeiterfassung starten")
            if words.is_german(language)
            else ("Book 30 minutes", "Start the timer")
        )
        shown = ready(ticket, policy, (("+30m", book), ("#start", start)))
        return {"runs": False, "since": since, "subjects": shown}

    day = begun.astimezone(policy.calendar.timezone).date()
    once = f"idle:{ticket.id}:{day:%Y%m%d}"
    return list(tell_staff("staff_timer", ticket, facts, policy, once, more)), None


def _is_forgotten(began: datetime, now: datetime, policy: Policy) -> bool:
    """Tell whether a timer runs on though the working day in which it ran has ended."""
    calendar = policy.calendar
    ran = [closes for _, closes in calendar.windows(began, now)]
    if not ran or may_look(now, policy):
        return False
    opens = next_opening(now, calendar).astimezone(calendar.timezone)
    return opens.date() > ran[-1].astimezone(calendar.timezone).date()


def _ask_timer(
    ticket: TicketFacts,
    facts: Facts,
    policy: Policy,
    now: datetime,
    agent_id: int,
    began: datetime,
) -> tuple[Tell, ...]:
    def more(language: str) -> dict[str, Any]:
        since = words.moment_words(began, policy.calendar.timezone, language)
        order = "#stopp" if words.is_german(language) else "#stop"
        does = "Zeiterfassung stoppen" if words.is_german(language) else "Stop the timer"
        shown = ready(ticket, policy, ((order, does),))
        return {"runs": True, "since": since, "subjects": shown}

    his: tuple[AgentFacts, ...] = tuple(each for each in facts.agents if each.id == agent_id)
    once = f"timer:{ticket.id}:{began:%Y%m%d%H%M%S}"
    return tell_staff("staff_timer", ticket, facts, policy, once, more, agents=his)


def _window(ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime) -> Plan:
    """Return what becomes of a resolved ticket when a reply no longer reopens it (T36, T37)."""
    days, resolved = timedelta(days=policy.reopen_days), ticket.resolved_at
    if resolved is None or now - resolved <= days:
        return () if ticket.alert_at is None else _silently(ticket, None)
    if is_undecided(ticket, facts, policy):
        again = working_day_after(now, 1, policy.calendar)
        once = f"undecided:{ticket.id}:{ticket.cycle}"
        told = give_up(ticket, facts, policy, once, "undecided", resolved)
        return (*_silently(ticket, again), *told)
    over = "the time to reopen is over"
    to, row = (State.BILLING, "T36") if is_to_bill(ticket, facts) else (State.CLOSED, "T37")
    return (
        Touch(ticket.id),
        SetState(ticket.id, ticket.state, to, over, row),
        Change(ticket.id, {"alert_at": None}, ""),
    )


def _silently(ticket: TicketFacts, again: datetime | None) -> Plan:
    return (Touch(ticket.id), Change(ticket.id, {"alert_at": again}, ""))


def _promise_of(ticket: TicketFacts, policy: Policy) -> Promise | None:
    try:
        return kind_named(policy.kinds, ticket.kind).promise
    except ValueError:
        return None  # the configuration has lost it
