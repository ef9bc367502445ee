"""The work meter: how much charged work a ticket took, and when people have to be asked.

PROCESS.md section 2.4. Minutes are real ones, not rounded and without a factor; work of two
people at the same time counts twice; free work does not count. Like the promise clock the meter
is computed from what happened and never counted up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

NOTHING = timedelta(0)
_MINUTE = timedelta(minutes=1)
_SMALLEST = timedelta.resolution


class Word(StrEnum):
    """What was said about the work."""

    ESTIMATE = "estimate"  # an agent: so many minutes in total
    APPROVE = "approve"  # the customer: up to so many in total, or open
    DECLINE = "decline"  # the customer: no more than the limit


@dataclass(frozen=True, slots=True)
class Span:
    """The work of one person, half-open; `free` work is not charged.

    Times are aware in UTC, or naive in all of what is measured together. Raises ValueError if it
    ends before it begins.
    """

    start: datetime
    end: datetime
    free: bool = False

    def __post_init__(self) -> None:
        _of_one_sort((self.start, self.end))
        if self.end < self.start:
            raise ValueError(f"work that ends before it begins: {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Event:
    """A word and its total in minutes; None is "open" for an approval, nothing for a refusal.

    Raises ValueError for an estimate without minutes, a refusal with them, and for less than 0.
    """

    at: datetime
    word: Word
    minutes: int | None = None

    def __post_init__(self) -> None:
        if (self.minutes or 0) < 0 or {
            Word.ESTIMATE: self.minutes is None,
            Word.DECLINE: self.minutes is not None,
        }.get(self.word, False):
            raise ValueError(f"{self.word} does not go with {self.minutes} minutes")


@dataclass(frozen=True, slots=True)
class Meter:
    """What is agreed: the `limit` in minutes (None: open), the agent warned so much before it.

    `hold_on_request`: the ticket waits as soon as a request is out; else work may go on up to
    the limit. Raises ValueError for less than 0.
    """

    limit: int | None = 60
    warn_before: int = 15
    hold_on_request: bool = True

    def __post_init__(self) -> None:
        if (self.limit or 0) < 0 or self.warn_before < 0:
            raise ValueError(f"minutes below 0: {self}")


@dataclass(frozen=True, slots=True)
class Measured:
    """What the meter shows. `limit` is the one at the end, in minutes, None where it is open.

    `warned`, `held` and `requested` are the moments at which the agent was warned, the ticket
    began to wait, and the customer was asked. `worked` is charged work and the sum of `billable`
    and `unapproved`, what lies above the limit; `free` work comes besides. `waits` and `is_asked`
    say whether the ticket waits and a request is out at the end.
    """

    warned: tuple[datetime, ...]
    held: tuple[datetime, ...]
    requested: tuple[datetime, ...]
    worked: timedelta
    free: timedelta
    limit: int | None
    billable: timedelta
    unapproved: timedelta
    waits: bool
    is_asked: bool


def measure(
    work: Iterable[Span],
    events: Iterable[Event],
    settings: Meter,
    until: datetime | None = None,
) -> Measured:
    """Return what the meter shows at `until`, or after all that happened.

    A timer that runs is a span up to `until`; what lies behind it is cut off. Words of one
    instant: approvals first, the others in the order given, then the thresholds (rule 8).

    An approval sets a new total and everything begins anew for it: a total that is used up
    already holds and asks at once, one that is nearly so warns at once. An estimate above the
    limit asks, but not twice for the same total. Who refused is not asked again by itself: the
    work is held at the limit, and only another estimate asks. A limit of 0, and a warning due
    before any work, are reached as charged work begins.

    Raises ValueError where naive and aware times are mixed.
    """
    work, events = list(work), list(events)
    moments = [each.at for each in events] + [t for span in work for t in (span.start, span.end)]
    _of_one_sort(moments if until is None else [*moments, until])
    if until is not None:
        work = [_cut(span, until) for span in work if span.start < until]
        events = [event for event in events if event.at <= until]
    course = _Course(settings)
    words = sorted(events, key=lambda event: (event.at, event.word is not Word.APPROVE))
    told = {at: list(said) for at, said in groupby(words, key=lambda event: event.at)}
    charged = [(span.start, span.end) for span in work if not span.free]
    for begin, end, people in _stretches(charged, told):
        course.hear(told.get(begin, ()))
        course.work(begin, end, people)
    limit, worked = course.limit, course.worked
    billable = worked if limit is None else min(worked, limit * _MINUTE)
    return Measured(
        warned=tuple(course.warned),
        held=tuple(course.held),
        requested=tuple(course.requested),
        worked=worked,
        free=sum((span.end - span.start for span in work if span.free), NOTHING),
        limit=limit,
        billable=billable,
        unapproved=worked - billable,
        waits=course.waits,
        is_asked=course.is_asked,
    )


def when_reached(
    work: Iterable[Span], running: Sequence[datetime], minutes: int
) -> datetime | None:
    """Return the moment at which charged work reaches so many minutes, None if it never does.

    `running` are the starts of charged timers that nobody has stopped; they are taken to run on.
    Raises ValueError where naive and aware times are mixed.
    """
    charged: list[tuple[datetime, datetime | None]] = [
        (span.start, span.end) for span in work if not span.free
    ]
    charged += [(start, None) for start in running]
    _of_one_sort([moment for span in charged for moment in span if moment is not None])
    left = minutes * _MINUTE
    for begin, end, people in _stretches(charged):
        moment = _after(begin, left, people) if people else None
        if moment is not None and (end is None or moment <= end):
            return moment
        left -= (end - begin) * people if end is not None else NOTHING
    return None


def used_minutes(work: Iterable[Span], until: datetime | None = None) -> int:
    """Return how many whole minutes of charged work were done until then; begun ones are not."""
    return measure(work, (), Meter(None), until).worked // _MINUTE


class _Course:
    """How things went so far: who was told what, up to a moment and the work done until then."""

    def __init__(self, settings: Meter) -> None:
        self.settings, self.limit = settings, settings.limit
        self.worked = NOTHING
        self.warned: list[datetime] = []
        self.held: list[datetime] = []
        self.requested: list[datetime] = []
        self._begin()

    def _begin(self) -> None:
        self.is_warned = self.waits = self.is_asked = self.is_refused = False
        self.asked_for: int | None = None

    def hear(self, said: Iterable[Event]) -> None:
        """Take the words of one instant."""
        for event in said:
            if event.word is Word.APPROVE:
                self.limit = event.minutes
                self._begin()
            elif event.word is Word.ESTIMATE:
                self._estimate(event.at, event.minutes or 0)
            elif self.limit is not None:
                self.is_refused, self.is_asked, self.asked_for = True, False, None
                self.waits = self.waits and self.worked >= self.limit * _MINUTE

    def _estimate(self, at: datetime, minutes: int) -> None:
        if self.limit is None or minutes <= self.limit or minutes == self.asked_for:
            return
        self.requested.append(at)
        self.is_asked, self.is_refused, self.asked_for = True, False, minutes
        if self.settings.hold_on_request:
            self._hold(at)

    def _hold(self, at: datetime) -> None:
        if not self.waits:
            self.held.append(at)
        self.waits = True

    def work(self, begin: datetime, end: datetime | None, people: int) -> None:
        """Let so many people work from `begin` until just before `end`, None: the last moment.

        A threshold that is reached at `end` itself comes after the words of that instant.
        """
        self._check(begin, people)
        if end is None:
            return
        after = self.worked + (end - begin) * people
        while people and (threshold := self._next()) is not None and threshold <= after:
            at = _after(begin, threshold - self.worked, people)
            if at >= end:
                break
            self.worked += (at - begin) * people
            begin = at
            self._check(begin, people)
        self.worked = after

    def _check(self, at: datetime, people: int) -> None:
        if self.limit is None or not (self.worked or people):
            return
        limit = self.limit * _MINUTE
        if self.worked >= limit:
            if not (self.is_asked or self.is_refused):
                self.requested.append(at)
                self.is_asked = True
            self._hold(at)
        elif self._may_warn() and self.worked >= limit - self.settings.warn_before * _MINUTE:
            self.warned.append(at)
            self.is_warned = True

    def _may_warn(self) -> bool:
        return not (self.is_warned or self.is_asked)

    def _next(self) -> timedelta | None:
        """Return the threshold that comes next, None if there is none."""
        if self.limit is None:
            return None
        limit = self.limit * _MINUTE
        warning = limit - self.settings.warn_before * _MINUTE
        ahead = [each for each in (warning, limit) if each > self.worked]
        return min(ahead, default=None)


def _stretches(
    work: Iterable[tuple[datetime, datetime | None]], cuts: Iterable[datetime] = ()
) -> Iterator[tuple[datetime, datetime | None, int]]:
    """Yield stretches in which equally many people work, in order, cut at `cuts` too.

    The last has no end; who has none works in it on and on.
    """
    steps: dict[datetime, int] = dict.fromkeys(cuts, 0)
    for start, end in work:
        if start != end:
            steps[start] = steps.get(start, 0) + 1
            if end is not None:
                steps[end] = steps.get(end, 0) - 1
    people = 0
    for begin, end in pairwise([*sorted(steps), None]):
        if begin is not None:
            people += steps[begin]
            yield begin, end, people


def _after(begin: datetime, amount: timedelta, people: int) -> datetime:
    """Return the first moment at which so many people have done an amount of work together."""
    return begin + -(-amount // (people * _SMALLEST)) * _SMALLEST


def _cut(span: Span, until: datetime) -> Span:
    return Span(span.start, min(span.end, until), span.free)


def _of_one_sort(moments: Sequence[datetime]) -> None:
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise ValueError(f"times with and without a time zone: {moments[0]} and others")
