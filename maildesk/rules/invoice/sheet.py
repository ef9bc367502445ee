"""The time sheet: every entry of the tickets on an invoice, and of the free ones why they are."""

from collections.abc import Sequence
from dataclasses import replace

from maildesk.rules.entries import Free
from maildesk.rules.invoice import line_words as say
from maildesk.rules.invoice.content import SheetRow
from maildesk.rules.invoice.sources import (
    Billable,
    Booked,
    Source,
    costs,
    covers_surcharge,
    is_covered,
    is_free,
)


def rows(billable: Billable, entries: Sequence[Booked], source: Source) -> tuple[SheetRow, ...]:
    """Return the rows of one ticket; `entries` are in the order worked, none below zero.

    An entry on both sides of the approved limit stands in two rows.
    """
    room, found = billable.limit, []
    for booked in entries:
        if not costs(booked, billable.ticket, source.contracts) or is_covered(booked):
            found.append(_row(billable, booked, _why(billable, booked, source), source))
            continue
        minutes = booked.entry.minutes
        charged = minutes if room is None else min(minutes, room)
        if room is not None:
            room -= charged
        for part, why in (
            (charged, ""),
            (minutes - charged, say.unapproved_words(source.language)),
        ):
            if part:
                entry = replace(booked.entry, minutes=part)
                found.append(_row(billable, replace(booked, entry=entry), why, source))
    return tuple(found)


def rounding(found: Sequence[SheetRow], charged: int, source: Source) -> tuple[SheetRow, ...]:
    """Return the row of the minutes that rounding added to a ticket, () for none.

    `found` are its rows, `charged` the minutes of work that its lines charge: with this row they
    are as many.
    """
    work = [row for row in found if not row.free]
    extra = charged - sum(row.minutes for row in work)
    if extra <= 0 or not work:
        return ()
    terms, last = source.terms, max(work, key=lambda row: row.day)
    words = say.rounding_words(terms.increment, terms.minimum, source.language)
    return (SheetRow(last.ticket, last.title, last.day, extra, words=words),)


def _row(billable: Billable, booked: Booked, why: str, source: Source) -> SheetRow:
    return SheetRow(
        ticket=billable.tag,
        title=say.work(billable.ticket.title, source.language),
        day=booked.day,
        minutes=booked.entry.minutes,
        factor=booked.entry.factor,
        words=say.sheet_words(booked.entry, source.language),
        agent=say.plain(booked.agent),
        free=why,
    )


def _why(billable: Billable, booked: Booked, source: Source) -> str:
    """Return in words why the time of an entry costs nothing."""
    if billable.ticket.free:
        return say.free_words(Free.GOODWILL, source.language)
    if is_free(booked, billable.ticket):
        return say.free_words(booked.entry.free, source.language)
    agreed = source.contracts.get(booked.entry.contract_id or 0)
    is_surcharged = booked.entry.factor > 1 and not covers_surcharge(booked, source.contracts)
    return say.covered_words(
        say.plain(agreed.name) if agreed else "", is_surcharged, source.language
    )
