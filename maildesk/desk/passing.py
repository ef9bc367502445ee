"""Everything that happens because time has passed: alarms, promises, reminders, mails to staff.

Invoices are not issued by the time alone: that is a run's (PROCESS.md section 1.3).
"""

from datetime import datetime

from maildesk.desk import alarms, clock, digest, search
from maildesk.desk.context import Desk
from maildesk.desk.invoices import reminders
from maildesk.desk.portal import sweep


def look_around(desk: Desk, now: datetime, troubles: clock.Troubles | None = None) -> int:
    """Do what is due by `now`; return how much that was, so that letters are sent at once.

    `troubles` remembers, from one call to the next, tickets that could not be moved, and when
    unpaid invoices were looked for and what the pages need no more was swept out.
    """
    alarms.expire(desk, now)
    troubles = troubles if troubles is not None else clock.Troubles()
    found = alarms.look(desk, now) + clock.tick(desk, now, troubles)
    found += digest.send_due(desk, now)
    if troubles.swept_at is None or now - troubles.swept_at >= sweep.EVERY:
        troubles.swept_at = now
        sweep.sweep(desk, now)
    if reminders.is_time(desk, now, troubles.reminded_at):
        troubles.reminded_at = now
        found += reminders.send_due(desk, now)
    search.pass_time(desk)
    return found
