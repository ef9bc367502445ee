"""Corrections taken out of what they correct, so that a time sheet shows what was worked.

An entry below zero does not say which one it means: an undone mail, or time that was given away
and is booked over (PROCESS.md section 3.1). We look for the one that is most like it.
"""

from collections.abc import Iterable
from dataclasses import replace

from maildesk.rules.invoice.sources import Booked


def netted(entries: Iterable[Booked]) -> tuple[Booked, ...]:
    """Return the entries in the order worked, without any that is below zero or was taken back.

    A correction takes from entries that are free for the same reason: first of those at its
    price, of the same person, type, minutes and day, and the latest of them. What finds nothing
    is no credit. In which order the entries are handed in does not count.
    """
    ordered = sorted(entries, key=lambda each: (each.day, each.entry.ended_at, each.id))
    kept = [each for each in ordered if each.entry.minutes > 0]
    wrong = [each for each in ordered if each.entry.minutes < 0]
    for correction in sorted(wrong, key=lambda each: (each.entry.ended_at, each.id)):
        left = -correction.entry.minutes
        found = [n for n, each in enumerate(kept) if _is_of_its_sort(each, correction)]
        for n in sorted(found, key=lambda n: (*_differences(kept[n], correction), -n)):
            taken = min(left, kept[n].entry.minutes)
            left -= taken
            kept[n] = _shorter(kept[n], taken)
    return tuple(each for each in kept if each.entry.minutes)


def _is_of_its_sort(one: Booked, correction: Booked) -> bool:
    mine, other = one.entry, correction.entry
    return (mine.free, mine.contract_id) == (other.free, other.contract_id)


def _differences(one: Booked, correction: Booked) -> tuple[bool, ...]:
    mine, other = one.entry, correction.entry
    return (
        (mine.factor, mine.rate_minor) != (other.factor, other.rate_minor),
        mine.agent_id != other.agent_id,
        mine.type != other.type,
        mine.ended_at > other.ended_at,
        mine.minutes != -other.minutes,
        one.day != correction.day,
    )


def _shorter(one: Booked, minutes: int) -> Booked:
    return replace(one, entry=replace(one.entry, minutes=one.entry.minutes - minutes))
