"""Everything that happens because time has passed: alarms, promises, reminders, mails to staff."""

from datetime import datetime

from maildesk.desk import alarms, clock, digest
from maildesk.desk.context import Desk


def look_around(desk: Desk, now: datetime, troubles: clock.Troubles | None = None) -> int:
    """Do what is due by `now`; return how much that was, so that letters are sent at once.

    `troubles` remembers tickets that could not be moved, from one call to the next.
    """
    alarms.expire(desk, now)
    found = alarms.look(desk, now) + clock.tick(desk, now, troubles or clock.Troubles())
    return found + digest.send_due(desk, now)
