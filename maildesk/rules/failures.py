"""What a failed delivery says about an address, and for how long.

Hard and soft failures are told apart by RFC 3463. A hard one (there is no such mailbox) marks
the address for 14 days: as long as a ticket can be reopened, and short enough that a mark
that was wrong heals by itself. Soft ones (a full mailbox, a server that gave up) say nothing the
first time; two of them within a week, at least twelve hours apart, mark it for two days, which is
how long mailboxes tend to stay full. What was refused for its content or by a policy (5.6.z,
5.7.z) says nothing about the address. A mark ends at once when the person writes to us.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from maildesk.mail.message import Report
from maildesk.mail.smtp import Reply

HARD_FOR = timedelta(days=14)
SOFT_FOR = timedelta(days=2)
SOFT_WITHIN = timedelta(days=7)
SOFT_APART = timedelta(hours=12)
SOFT_TIMES = 2


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An address that letters of ours came back from.

    `hard`: its server said that it will never take any. `until` is the end of it; None while
    there were too few soft failures (`times`, counted by day) to conclude anything.
    """

    hard: bool
    since: datetime
    until: datetime | None
    last: datetime
    times: int = 1
    reason: str = ""

    def holds(self, now: datetime) -> bool:
        """Tell whether the address is taken for unreachable at a moment."""
        return self.until is not None and now < self.until


class Failure(StrEnum):
    """What a failed delivery says about the address that it went to."""

    HARD = "hard"
    SOFT = "soft"
    NOTHING = "nothing"


_MAILBOX = {  # subject.detail of a permanent failure (RFC 3463 section 3), where the subject lies
    "0.0": Failure.HARD, "1.7": Failure.NOTHING, "1.8": Failure.NOTHING, "2.1": Failure.HARD,
    "2.3": Failure.NOTHING, "3.4": Failure.NOTHING, "4.4": Failure.HARD, "5.0": Failure.HARD,
}  # fmt: skip
_SUBJECT = {"0": Failure.HARD, "1": Failure.HARD, "2": Failure.SOFT, "3": Failure.SOFT,
            "4": Failure.SOFT}  # fmt: skip


def of_report(report: Report) -> Failure:
    """Return what a bounce says about the address; a report that is no failure says nothing."""
    if not report.failed:
        return Failure.NOTHING
    return _of_status(report.status, report.permanent)


def of_reply(reply: Reply) -> Failure:
    """Return what a relay's final refusal of a letter says about its recipient.

    Without an enhanced code the three digits have to do (RFC 5321 section 4.2.3): 550, 551 and
    553 are about a mailbox, 552 about its room, all others about the letter.
    """
    if reply.enhanced:
        return _of_status(reply.enhanced, reply.is_permanent)
    if reply.code in (550, 551, 553):
        return Failure.HARD
    return Failure.SOFT if reply.code == 552 else Failure.NOTHING


def _of_status(status: str, permanent: bool) -> Failure:
    kind, _, detail = status.partition(".")
    if kind == "4" or not permanent:
        return Failure.SOFT
    if not status:
        return Failure.HARD  # a server that said "never", in prose
    return _MAILBOX.get(detail, _SUBJECT.get(detail.partition(".")[0], Failure.NOTHING))


def after_failure(
    before: Unreachable | None, failure: Failure, reason: str, now: datetime
) -> Unreachable | None:
    """Return what is known of an address after one more failure; None: nothing new."""
    if failure is Failure.NOTHING:
        return None
    held = before if before is not None and before.holds(now) else None
    if failure is Failure.HARD:
        since = held.since if held is not None and held.hard else now
        times = held.times + 1 if held is not None and held.hard else 1
        return Unreachable(True, since, now + HARD_FOR, now, times, reason)
    if held is not None and held.hard:
        return None
    if before is None or before.hard or now - before.last > SOFT_WITHIN:
        return Unreachable(False, now, None, now, 1, reason)
    if now - before.last < SOFT_APART:
        return None
    times = before.times + 1
    until = now + SOFT_FOR if times >= SOFT_TIMES else None
    return Unreachable(False, before.since, until, now, times, reason)
