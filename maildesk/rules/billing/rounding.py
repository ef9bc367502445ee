"""Minutes rounded up, and the minimum of a ticket: steps 5 and 6 of PROCESS.md section 3.1."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from maildesk.rules.billing.parts import Part, worked
from maildesk.rules.billing.values import Job, Scope


def rounded(parts: Sequence[Part], job: Job) -> tuple[Part, ...]:
    """Return the time of a ticket rounded up to its increment, and lifted to its minimum.

    Rounding minutes go to the cheapest line, the first on a tie, surcharge lines included; those
    of work stop at the approved limit, and what does not fit below it is nobody's.
    """
    found = list(parts)
    room = None if job.limit is None else max(0, job.limit - worked(found))
    for group in _groups(found, job.scope):
        chosen = _cheapest(found, group)
        extra = -sum(found[n].minutes for n in group) % job.increment
        if room is not None and not found[chosen].charge.is_surcharge:
            extra = min(extra, room)
            room -= extra
        found[chosen] = _longer(found[chosen], extra)
    return _at_least(found, job)


def _at_least(found: list[Part], job: Job) -> tuple[Part, ...]:
    """Lift the work to the minimum, if any is charged: a surcharge alone is no work of ours.

    More than was approved is not charged for the minimum's sake either.
    """
    minimum = job.minimum if job.limit is None else min(job.minimum, job.limit)
    work = [n for n, part in enumerate(found) if not part.charge.is_surcharge]
    if work and worked(found) < minimum:
        chosen = _cheapest(found, work)
        found[chosen] = _longer(found[chosen], minimum - worked(found))
    return tuple(found)


def _groups(parts: Sequence[Part], scope: Scope) -> Iterable[Sequence[int]]:
    """Return which parts are rounded together, by index."""
    if scope is Scope.ENTRY:
        return [[n] for n in range(len(parts))]
    if scope is Scope.TICKET:
        return [range(len(parts))] if parts else []
    days: dict[date, list[int]] = {}
    for n, part in enumerate(parts):
        days.setdefault(part.day, []).append(n)
    return days.values()


def _cheapest(parts: Sequence[Part], among: Iterable[int]) -> int:
    return min(among, key=lambda n: parts[n].charge.price)  # the first on a tie


def _longer(part: Part, minutes: int) -> Part:
    return replace(part, minutes=part.minutes + minutes) if minutes else part
