"""When staff are told how much of a promise is used up, when it broke, and what comes first.

PROCESS.md section 2.2. All is counted in working time outside waits, so no moment here falls
into a night: a share that is reached exactly at closing is reached at that closing instant.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from maildesk.rules.hours import Calendar, aware_utc, working_time
from maildesk.rules.promise import Pause, Promise, budget, reached

SHARES = (50, 75, 100)  # per cent of the budget; at 100 the promise is due
GRACE = timedelta(minutes=15)
# "Within" includes the due moment, and resolution is whole seconds.
_TOO_LATE = timedelta(seconds=1)

QueueKey = tuple[int, datetime]


def next_alert(
    start: datetime,
    promise: Promise,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    after_share: int = 0,
) -> tuple[int, datetime] | None:
    """Return the next share in per cent and when it is reached (UTC).

    `after_share` is the one that staff were told of last, 0 for none. None where all were told,
    and while an open wait holds the clock before it. The moment of 100 is the due moment itself.
    Raises as `rules.promise.due`.
    """
    share = next((each for each in SHARES if each > after_share), None)
    if share is None:
        return None
    amount = budget(start, promise, calendar) * share / 100
    moment = reached(start, amount, calendar, pauses)
    return None if moment is None else (share, moment)


def may_go(moment: datetime, now: datetime, calendar: Calendar) -> bool:
    """Return whether an alert that came due at `moment` may go out at `now`.

    It goes within working time, and up to GRACE after its own moment: so one that is reached at
    closing goes then, not the next morning. One that is found later in the night waits for the
    next opening. Raises ValueError if a time has no time zone.
    """
    moment, now = aware_utc(moment), aware_utc(now)
    is_open = working_time(now, now + _TOO_LATE, calendar) > timedelta(0)
    return moment <= now and (is_open or now - moment <= GRACE)


def breached_at(
    start: datetime, promise: Promise, calendar: Calendar, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """Return the moment (UTC) at which the promise became broken: its first second too many.

    That is the second after the due moment or, where the desk closes or waits then, the first
    second of the clock's running on. None while an open wait holds it. Raises as
    `rules.promise.due`.
    """
    return reached(start, budget(start, promise, calendar) + _TOO_LATE, calendar, pauses)


def queue_key(
    received_at: datetime,
    due_at: datetime | None = None,
    is_breached: bool = False,
    is_urgent: bool = False,
) -> QueueKey:
    """Return what a queue is sorted by: `sorted(tickets, key=lambda t: queue_key(...))`.

    Broken promises come first and then what is due, each by the due moment; then what promises
    nothing: the urgent, then the others, each by receipt. Times are aware.
    """
    if due_at is not None:
        return (0 if is_breached else 1), due_at.astimezone(UTC)
    return (2 if is_urgent else 3), received_at.astimezone(UTC)
