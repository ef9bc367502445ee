"""What a ticket's journal says: where it stands, when its promise waited, and its cycles.

PROCESS.md sections 1.2 and 2.2: the promise clock is computed from the history. What an agent
took back (`#undo`) is as if it had never been, so its lines count for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maildesk.rules.promise import Pause
from maildesk.rules.ticket import FACTS, TAKE_BACK, TRANSITIONS, PromiseClock, State, allowed

_UNDO = next(row.trigger for row in TRANSITIONS if row.id == TAKE_BACK)
_RUNNING = frozenset({PromiseClock.RUNS, PromiseClock.NEW_CYCLE, PromiseClock.BY_SETTING})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal. Times are aware, UTC.

    `after` is None, or the same as `before`, where no state changed; the first change of a ticket
    has no `before`. `renews`: the promise was given anew, as with another kind (T11, T12).
    """

    at: datetime
    before: State | None
    after: State | None
    trigger: str
    renews: bool = False


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of the promise clock, from its start to what ended it; `number` from 1.

    `ended_at` is None while it runs or waits. `ended_as` is the state that ended it, None while
    it lasts and where another promise took its place. `pauses` are its waits.
    """

    number: int
    start: datetime
    ended_at: datetime | None
    ended_as: State | None
    pauses: tuple[Pause, ...]


def state_of(lines: Iterable[Line]) -> State:
    """Return the state to which the changes of a journal, oldest first, lead.

    Raises ValueError, naming the line (from 1), for a change that no transition allows, one that
    does not begin where the last ended or comes before it, and for a journal without any change.
    """
    return _followed(lines)[-1].state


def pauses(lines: Iterable[Line], since: datetime, third_pauses: bool = False) -> tuple[Pause, ...]:
    """Return the waits of a promise given at `since`, in order; the last one may be open.

    A wait that had begun before counts from `since`. Waiting for a third party is one only if
    `third_pauses`, the site's setting. Raises as `state_of`.
    """
    return _waits(_followed(lines), since, third_pauses)


def cycles(lines: Iterable[Line], third_pauses: bool = False) -> tuple[Cycle, ...]:
    """Return every run of the promise clock, in order; reports keep all of them.

    Work that begins again after the end is a new cycle, as is another promise. A ticket that
    was spam by mistake, and a decision that is taken back, go on with the old one (T47, T53).
    Raises as `state_of`.
    """
    followed = _followed(lines)
    begun: list[tuple[datetime, datetime | None, State | None]] = []
    was = PromiseClock.NONE
    for index, each in enumerate(followed):
        clock = FACTS[each.state].clock
        goes, went = (one in _RUNNING or one is PromiseClock.PAUSED for one in (clock, was))
        old = begun[-1] if begun else None
        if each.renews and goes and went and old:
            begun[-1:] = [(old[0], each.at, None), (each.at, None, None)]
        elif goes and not went:
            from_spam = was is PromiseClock.NONE and index > 0
            if old and (from_spam or clock is PromiseClock.PAUSED):
                begun[-1] = (old[0], None, None)
            else:
                begun.append((followed[0].at if from_spam else each.at, None, None))
        elif went and not goes and old:
            begun[-1] = (old[0], each.at, each.state)
        was = clock
    return tuple(
        Cycle(number, start, end, state, _within(_waits(followed, start, third_pauses), end))
        for number, (start, end, state) in enumerate(begun, 1)
    )


@dataclass(frozen=True, slots=True)
class _Stand:
    """A state from a moment on."""

    at: datetime
    state: State
    renews: bool


def _followed(lines: Iterable[Line]) -> list[_Stand]:
    """Return where the ticket stood from when on, without what was taken back."""
    stands: list[_Stand] = []
    before: State | None = None
    latest: datetime | None = None
    for number, line in enumerate(lines, 1):
        if latest is not None and line.at < latest:
            raise ValueError(f"{_named(number, line)}: it comes before the line above it")
        latest = line.at
        if line.before is not before and (line.before or line.after):
            raise ValueError(f"{_named(number, line)}: the ticket was {before or 'not there'}")
        if line.after is None or line.after is before:
            if line.trigger == TAKE_BACK:
                _renew_less(stands)
            elif before is not None:
                stands.append(_Stand(line.at, before, line.renews))
            continue
        if line.trigger == _UNDO and line.before and allowed(line.before, line.after, TAKE_BACK):
            _take_back(stands, number, line)
        elif allowed(line.before, line.after):
            stands.append(_Stand(line.at, line.after, line.renews))
        else:
            raise ValueError(f"{_named(number, line)}: no transition leads there")
        before = line.after
    if not stands:
        raise ValueError("the journal has no change of state")
    return stands


def _take_back(stands: list[_Stand], number: int, line: Line) -> None:
    """Drop what happened since the ticket last stood where the line leads back to."""
    while stands and stands[-1].state is not line.after:
        stands.pop()
    if not stands:
        raise ValueError(f"{_named(number, line)}: the ticket never was {line.after}")


def _renew_less(stands: list[_Stand]) -> None:
    """Let a promise that was given last, and taken back since, be none; one mail is one moment."""
    given = max((stand.at for stand in stands if stand.renews), default=None)
    stands[:] = [replace(each, renews=each.renews and each.at != given) for each in stands]


def _named(number: int, line: Line) -> str:
    way = f"{line.before or 'nothing'} to {line.after or 'nothing'}"
    return f"line {number} of the journal, {line.at:%Y-%m-%d %H:%M:%S} {line.trigger!r}, {way}"


def _waits(stands: Sequence[_Stand], since: datetime, third_pauses: bool) -> tuple[Pause, ...]:
    waits: list[Pause] = []
    begun: datetime | None = None
    for stand in stands:
        clock = FACTS[stand.state].clock
        waits_here = clock is PromiseClock.PAUSED or (
            third_pauses and clock is PromiseClock.BY_SETTING
        )
        if waits_here and begun is None:
            begun = stand.at
        elif begun is not None and not waits_here:
            if stand.at > max(begun, since):
                waits.append(Pause(max(begun, since), stand.at))
            begun = None
    if begun is not None:
        waits.append(Pause(max(begun, since)))
    return tuple(waits)


def _within(waits: Iterable[Pause], end: datetime | None) -> tuple[Pause, ...]:
    """Return the waits until the end of a cycle, the last one cut to stop there."""
    if end is None:
        return tuple(waits)
    return tuple(
        Pause(wait.start, end if wait.end is None else min(wait.end, end))
        for wait in waits
        if wait.start < end
    )
