"""From tickets, time and flat items to the content of an invoice, which has no number yet.

What it comes to is computed by `rules.billing`; here it is said what goes on it and in which
words (PROCESS.md sections 3.1 to 3.5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maildesk.rules import payment
from maildesk.rules.billing.compute import totals
from maildesk.rules.billing.values import Bill, Item, Line, Totals
from maildesk.rules.billing.vat import note
from maildesk.rules.invoice import line_words as say
from maildesk.rules.invoice import sheet
from maildesk.rules.invoice.content import (
    DocumentKind,
    InvoiceContent,
    InvoiceLine,
    SheetRow,
    Unit,
    VatLine,
)
from maildesk.rules.invoice.jobs import job_of, price_of
from maildesk.rules.invoice.netting import netted
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.sources import (
    Billable,
    Booked,
    Flat,
    Source,
    costs,
    is_covered,
)
from maildesk.rules.invoice.why import Why
from maildesk.rules.kinds import Kind, kind_named
from maildesk.rules.money import MINOR, Money, half_up, product

HOUR = 60  # minutes


@dataclass(frozen=True, slots=True)
class Draft:
    """What a customer is to pay. `content` is None where there is nothing, or nothing can be billed.

    `tickets` are those that go along, and `items` the ids of the flat items; `waiting` are the
    tickets that stay for a later invoice. `left_out` says what is not billed, and why.
    """

    content: InvoiceContent | None
    tickets: tuple[Billable, ...] = ()
    items: tuple[int, ...] = ()
    waiting: tuple[Billable, ...] = ()
    left_out: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Job:
    """A ticket with its time in the order worked, corrections taken out."""

    billable: Billable
    entries: tuple[Booked, ...]


def draft(source: Source, last_day: date, today: date) -> Draft:
    """Return what is billed up to a day, as it would be issued on `today`.

    A ticket with charged work or a flat item after `last_day` waits as a whole: it is on one
    invoice. A sum below zero is left to a person, and so is what cannot be computed.
    """
    jobs = [_Job(each, netted(each.entries)) for each in source.tickets]
    ready = [job for job in jobs if _last_day(job, source) <= last_day]
    waiting = tuple(job.billable for job in jobs if job not in ready)
    left = [because(Why.LATER, ticket=each.tag, day=last_day) for each in waiting]
    flat = tuple(item for job in ready for item in job.billable.items)
    flat += tuple(item for item in source.items if item.day <= last_day)
    tickets = tuple(job.billable for job in ready)
    try:
        found = totals(_bill(source, ready, flat, last_day))
    except ValueError as error:
        left.append(because(Why.UNCOUNTABLE, error=str(error)))
        return Draft(None, (), (), waiting, tuple(left))
    if not found.lines:
        return Draft(None, tickets, (), waiting, tuple(left))
    if min(found.net, found.gross, found.payable) < 0:
        left.append(_below_zero(found, source.currency))
        return Draft(None, (), (), waiting, tuple(left))
    left += _beyond(ready, found)
    content = _content(source, ready, flat, found, last_day, today)
    return Draft(content, tickets, tuple(item.id for item in flat), waiting, tuple(left))


def _below_zero(found: Totals, currency: str) -> Reason:
    """Return what a person has to do where more is taken off than there is to pay."""
    gross = Money(found.gross, currency)
    if min(found.net, found.gross) < 0:
        return because(Why.BELOW_ZERO, gross=gross)
    before = Money(found.gross - found.payable, currency)
    return because(Why.PAID_MORE, before=before, gross=gross)


def _last_day(job: _Job, source: Source) -> date:
    ticket = job.billable.ticket
    days = [each.day for each in job.entries if costs(each, ticket, source.contracts)]
    return max([*days, *(item.day for item in job.billable.items)], default=date.min)


def _beyond(ready: Sequence[_Job], found: Totals) -> list[Reason]:
    return [
        because(Why.BEYOND, ticket=job.billable.tag, minutes=minutes, limit=job.billable.limit or 0)
        for job in ready
        if (minutes := found.unapproved.get(job.billable.tag, 0))
    ]


def _bill(source: Source, ready: Sequence[_Job], flat: Sequence[Flat], on: date) -> Bill:
    terms = source.terms
    before = (half_up(product(item.quantity, item.price, Decimal(MINOR))) for item in flat
              if item.is_paid_before)  # fmt: skip
    return Bill(
        jobs=tuple(
            job_of(job.billable, job.entries, terms, source.contracts, source.currency)
            for job in ready
        ),
        items=tuple(
            Item(item.quantity, item.price, item.discount, item.day, item.words)
            for item in _sold(flat)
        ),
        on=on,
        vat=source.vat,
        discount=terms.total_discount,
        down_payment=sum(before),
        rates=terms.rates,
    )


def _sold(flat: Iterable[Flat]) -> list[Flat]:
    return [item for item in flat if not item.is_paid_before]


def _content(
    source: Source,
    ready: Sequence[_Job],
    flat: Sequence[Flat],
    found: Totals,
    last_day: date,
    today: date,
) -> InvoiceContent:
    lines = _lines(source, ready, _sold(flat), found)
    days = [day for line in found.lines for day in (line.first_day, line.last_day)]
    law = note(source.vat, source.language)
    return InvoiceContent(
        kind=DocumentKind.INVOICE,
        format=source.format,
        language=source.language,
        currency=source.currency,
        number="",
        issued_on=today,
        due_on=payment.due_on(today, source.terms.payment_days),
        first_day=min(days),
        last_day=max(days),
        seller=source.seller,
        buyer=source.buyer,
        bank=source.bank,
        vat_case=source.vat,
        lines=lines,
        vat_lines=tuple(
            VatLine(share.rate, share.net, share.vat, share.discount) for share in found.shares
        ),
        net=found.net,
        vat=found.vat,
        gross=found.gross,
        payable=found.payable,
        down_payment=found.gross - found.payable,
        discount_percent=source.terms.total_discount,
        notes=(law,) if law else (),
        intro=source.intro,
        outro=source.outro,
        credits=tuple(
            say.credit_words(agreed, stands, last_day, source.language)
            for agreed, stands in source.credits
        ),
        tickets=_tags(ready, lines),
        sheet=tuple(row for job in ready for row in _sheet(job, source, found)),
        girocode=source.girocode and source.currency == "EUR" and found.payable > 0,
    )


def _sheet(job: _Job, source: Source, found: Totals) -> tuple[SheetRow, ...]:
    rows = sheet.rows(job.billable, job.entries, source)
    return rows + sheet.rounding(rows, found.minutes.get(job.billable.tag, 0), source)


def _tags(ready: Sequence[_Job], lines: Sequence[InvoiceLine]) -> tuple[str, ...]:
    """Return the tags in the order of the lines; after them those that cost nothing."""
    named = [line.ticket for line in lines if line.ticket]
    return tuple(dict.fromkeys([*named, *(job.billable.tag for job in ready)]))


def _lines(
    source: Source, ready: Sequence[_Job], sold: Sequence[Flat], found: Totals
) -> tuple[InvoiceLine, ...]:
    jobs = {job.billable.tag: job for job in ready}
    return tuple(
        _work_line(n, line, jobs[line.job], source)
        if line.item is None
        else _item_line(n, line, sold[line.item], source)
        for n, line in enumerate(found.lines, 1)
    )


def _work_line(position: int, line: Line, job: _Job, source: Source) -> InvoiceLine:
    locale, title = source.language, job.billable.ticket.title
    mine = [each for each in job.entries if _is_on(each, line, job, source)]
    kinds = [kind for each in mine if (kind := _kind(each.entry.kind, source.kinds))]
    if line.is_surcharge:
        named = dict.fromkeys(
            say.plain(agreed.name)
            for each in mine
            if (agreed := source.contracts.get(each.entry.contract_id or 0))
        )
        words = say.surcharge(title, locale)
        detail = say.surcharge_detail(kinds, line.factor, tuple(named), locale)
    else:
        words = say.work(title, locale)
        detail = say.detail(kinds, line.factor, (each.entry.type for each in mine), locale)
    return InvoiceLine(
        position=position,
        words=words,
        quantity=line.quantity,
        unit=Unit.MINUTE,
        price=line.price,
        price_base=HOUR,
        net=line.net,
        vat_rate=line.vat_rate,
        detail=detail,
        ticket=line.job,
        discount=line.discount,
        discount_percent=source.terms.discount,
        first_day=line.first_day,
        last_day=line.last_day,
    )


def _is_on(booked: Booked, line: Line, job: _Job, source: Source) -> bool:
    """Tell whether an entry is one of those that a line charges."""
    return (
        costs(booked, job.billable.ticket, source.contracts)
        and is_covered(booked) is line.is_surcharge
        and booked.entry.factor == line.factor
        and price_of(booked, source.terms, source.currency) == line.rate
        and line.first_day <= booked.day <= line.last_day
    )


def _item_line(position: int, line: Line, item: Flat, source: Source) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        words=say.plain(item.words),
        quantity=line.quantity,
        unit=Unit.PIECE,
        price=line.price,
        price_base=1,
        net=line.net,
        vat_rate=line.vat_rate,
        ticket=item.ticket,
        discount=line.discount,
        discount_percent=item.discount,
        first_day=line.first_day,
        last_day=line.last_day,
    )


def _kind(name: str, kinds: Sequence[Kind]) -> Kind | None:
    try:
        return kind_named(kinds, name)
    except ValueError:
        return None  # the configuration has lost it, or nobody said one
