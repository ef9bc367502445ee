"""Every transition of a ticket from its own trigger: state, journal, letters and promise clock.

Each row gets to where it begins by what people write and the time that passes; no state is set.
What the promise clock has to do is said in the words of /shared/vectors/transitions.csv.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from maildesk.rules.hours import add_working_time, working_time
from maildesk.rules.promise import due
from maildesk.rules.requests import Verdict
from maildesk.rules.ticket import TRANSITIONS, Elsewhere, State
from maildesk.store.tables import EventRow, OutboundRow, TicketRow
from tests.desk.office import ANNA, EMILY, LENA, MURAT, Office
from tests.desk.ways import (
    ACCEPTS,
    HIGH,
    MORE,
    NORMAL,
    TEST,
    WAYS,
    Play,
    Step,
    blocks,
    lena,
    manual,
    one_more,
    opens,
    page,
    passes,
    replies,
    restores,
)

S = State
DESK = "maildesk"  # the actor where nobody did it but the desk itself
# What later work brings: the web form, invoices, and charging what was cancelled.
LATER = ("T03", "T39", "T40", "T41", "T42", "T49")


@dataclass(frozen=True, slots=True)
class Case:
    """One way through one row. `told` are the letters to customers, `clock` what the promise does.

    `way` leads to the start, `steps` are the trigger, the last one is what makes the journal's
    line. `trigger` is how it is noted where its row is not: tickets are opened, kinds changed and
    reminders sent by lines that carry no row.
    """

    row: str
    way: tuple[Step, ...] | State
    step: Step
    after: State
    by: str
    told: Sequence[str | tuple[str, str]] = ()
    clock: str = "runs"
    trigger: str = ""
    why: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        return WAYS[self.way] if isinstance(self.way, State) else self.way


Check = Callable[[TicketRow | None, TicketRow, Office], bool]


def _due(start: datetime, row: TicketRow, desk: Office) -> datetime | None:
    promise = next(kind.promise for kind in desk.desk.policy.kinds if kind.name == row.kind)
    return due(start, promise, desk.desk.policy.calendar) if promise else None


def _as_before(was: TicketRow, row: TicketRow) -> bool:
    """The promise is the one that it was, and not touched."""
    return (was.clock_started_at, was.due_at, was.cycle) == (row.clock_started_at, row.due_at, row.cycle)  # fmt: skip


def _starts(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    begun = (row.clock_started_at, row.due_at) == (desk.now, _due(desk.now, row, desk))
    return begun and row.met_at is None and row.paused_at is None


def _new_cycle(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    assert was
    begun = (row.clock_started_at, row.due_at) == (desk.now, _due(desk.now, row, desk))
    paused = row.paused_at == (desk.now if was.paused_at else None)
    return begun and paused and row.cycle == was.cycle + 1 and row.met_at is None


def _resumed(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    assert was
    assert was.paused_at
    assert was.due_at
    calendar = desk.desk.policy.calendar
    waited = working_time(was.paused_at, desk.now, calendar)
    moved = add_working_time(was.due_at, waited, calendar)
    return row.paused_at is None and row.due_at == moved and row.cycle == was.cycle


def _stopped(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    """It runs no more, and was not kept by that. A wait that ends with it has moved it."""
    assert was
    moved = _resumed(was, row, desk) if was.paused_at and was.due_at else _as_before(was, row)
    return moved and row.met_at == was.met_at and row.alert_at is None and row.paused_at is None


CLOCKS: dict[str, Check] = {
    "starts": _starts,
    "starts at the receipt": lambda was, row, desk: (
        row.clock_started_at == row.opened_at and row.due_at == _due(row.opened_at, row, desk)
    ),
    "none": lambda was, row, desk: row.due_at is None or row.alert_at is None,
    "not started": lambda was, row, desk: (row.due_at, row.paused_at) == (None, desk.now),
    "runs": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.met_at is None and row.paused_at is None
    ),
    "met": lambda was, row, desk: bool(was and _as_before(was, row)) and row.met_at == desk.now,
    "paused": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.paused_at == desk.now and row.alert_at is None
    ),
    "waits for an answer": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.paused_at == desk.now
    ),
    "unchanged": lambda was, row, desk: bool(was and _as_before(was, row)) and bool(
        was and (was.met_at, was.paused_at) == (row.met_at, row.paused_at)
    ),
    "resumed": _resumed,
    "stopped": _stopped,
    "new cycle": _new_cycle,
}  # fmt: skip

SPAM = "X-Spam-Flag: YES\r\nReceived: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
KARL = "karl@elsewhere.example"
OFFERED = (opens(HIGH, EMILY),)
HELD = (opens(), lena("+60m"))  # the limit is used up
ORDER = replies("BESTELLEN")
DEFECTS = lena("#mangel", "The tax is wrong.")
UNPAID = (*WAYS[S.RESOLVED], passes(minutes=1))


def _each(row: str, states: Sequence[State], step: Step, *more: object, **named: object) -> list[Case]:
    """Return a case for each state from which a row leads; after None stays there."""
    after, *rest = more
    return [Case(row, each, step, after or each, *rest, **named) for each in states]  # type: ignore[arg-type]  # a table's short form


CHANGEABLE = (S.NEW, S.PLANNED, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_THIRD)
UNFINISHED = (*CHANGEABLE, S.WAITING_APPROVAL, S.ACCEPTANCE, S.REWORK, S.ACCEPTED)
