"""Time entries: what kind of work was done on a ticket, and why it may be free."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class EntryType(StrEnum):
    """What somebody did in the time (PROCESS.md section 3.1)."""

    WORK = "work"
    CALL = "call"
    REMOTE = "remote"
    TRAVEL = "travel"
    ESTIMATE = "estimate"
    PRESALES = "presales"


class Free(StrEnum):
    """Why time is not charged; CHARGED if it is."""

    CHARGED = ""
    CONTRACT = "contract"
    PRESALES = "presales"
    REWORK = "rework"
    ESTIMATE = "estimate"  # estimating is not paid, § 632 (3) BGB
    GOODWILL = "goodwill"


@dataclass(frozen=True, slots=True)
class Entry:
    """Booked time, in whole minutes; below zero it corrects what was booked before.

    `ended_at` is when it was booked, `began_at` known of a timer only. `rate_minor` is the price
    of an hour, net; None: the desk's.
    """

    agent_id: int
    minutes: int
    ended_at: datetime
    type: EntryType = EntryType.WORK
    free: Free = Free.CHARGED
    kind: str = ""
    factor: Decimal = Decimal(1)
    began_at: datetime | None = None
    contract_id: int | None = None
    words: str = ""
    rate_minor: int | None = None

    @property
    def charged(self) -> int:
        """The minutes that count towards the approved limit."""
        return 0 if self.free else self.minutes
