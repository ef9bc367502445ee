"""Invoices as staff see them: lists by how far they have come, one with all of it, the last run."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.customer_rows import find
from maildesk.desk.invoices import listing
from maildesk.desk.invoices.listing import Listed, Total, Wanted
from maildesk.desk.invoices.page import InvoicePage, page
from maildesk.desk.people import Refused
from maildesk.rules.calendars import Region, region_of
from maildesk.store.invoice_tables import DocumentRow, InvoiceRow, RunRow

SHOWN = 40
SUMMED = 1_000  # of a longer list no sums are shown: that of a month is what people ask for


class Tab(StrEnum):
    """Which invoices are listed."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CANCELLED = "cancelled"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Register:
    """A page of invoices, the newest first, and the sums of all of them by currency; none of many.

    `older` is the place behind which the next page begins, "" on the last one. `unfinished` are
    numbers whose documents are not made yet: the next run makes them.
    """

    invoices: tuple[Listed, ...]
    totals: tuple[Total, ...]
    older: str
    unfinished: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as it is kept: `key` is its month, or names customers too."""

    month: str
    began_at: datetime
    ended_at: datetime | None
    is_for_all: bool


def register(desk: Desk, tab: Tab, month: str, named: str, after: str, now: datetime) -> Register:
    """Return invoices behind the place `after`, of a month and a customer if they are given.

    Raises Refused for an unknown customer.
    """
    region, today = days(desk, now)
    with desk.db.read() as session:
        customer_id = find(session, named).id if named else None
        wanted, place = _wanted(tab, month, customer_id, None), listing.place_in(after)
        if wanted.overdue:
            late = listing.overdue(session, wanted, region, today)
            totals = listing.sums_of(late)
            found = [each for each in late if place is None or _day_and_id(each) < place]
        else:
            is_long = listing.is_more_than(session, wanted, today, SUMMED)
            totals = () if is_long else listing.totals(session, wanted, today)
            here = replace(wanted, after=place)
            found = listing.page(session, here, region, today, SHOWN + 1)
        waiting = _unfinished(session)
    older = listing.place_of(found[SHOWN - 1]) if len(found) > SHOWN else ""
    return Register(tuple(found[:SHOWN]), totals, older, waiting)


def _day_and_id(listed: Listed) -> tuple[date, int]:
    return listed.issued_on or date.max, listed.id


def last_run(desk: Desk) -> RunLine | None:
    """Return the run that began last, of this process or another, None if there was none."""
    with desk.db.read() as session:
        newest = select(RunRow).order_by(col(RunRow.began_at).desc()).limit(1)
        row = session.scalars(newest).first()
        if row is None:
            return None
        return RunLine(row.month, row.began_at, row.ended_at, row.key == row.month)


def pages_of(desk: Desk, number: str) -> tuple[str, bytes, bytes] | None:
    """Return an invoice's number as it is written, its PDF and its XML, None if there are none."""
    if not number.isprintable():
        return None
    query = select(col(InvoiceRow.number), col(DocumentRow.pdf), col(DocumentRow.xml))
    query = query.join(DocumentRow, col(DocumentRow.invoice_id) == col(InvoiceRow.id))
    with desk.db.read() as session:
        row = session.execute(query.where(col(InvoiceRow.number) == number)).one_or_none()
        return (row[0] or "", row[1], row[2]) if row else None


def days(desk: Desk, now: datetime) -> tuple[Region | None, date]:
    """Return whose public holidays the desk has, and the day that it has."""
    region = region_of(desk.site.hours.holidays)
    return region, now.astimezone(desk.policy.calendar.timezone).date()


def _wanted(
    tab: Tab, month: str, customer_id: int | None, after: tuple[date, int] | None
) -> Wanted:
    states = tuple(sorted(listing.NUMBERED))
    kind = ""
    if tab in (Tab.PAID, Tab.CANCELLED):
        states, kind = (tab.value,), "invoice"
    return Wanted(
        open=tab is Tab.OPEN, overdue=tab is Tab.OVERDUE, customer_id=customer_id, month=month,
        states=states, kind=kind, after=after,
    )  # fmt: skip


def _unfinished(session: Session) -> tuple[str, ...]:
    query = select(col(InvoiceRow.number)).where(
        col(InvoiceRow.state) == "issuing", listing.NOT_PAID
    )
    found = session.scalars(query.order_by(col(InvoiceRow.id)).limit(SHOWN))
    return tuple(number or "" for number in found)


def one(desk: Desk, number: str, now: datetime) -> InvoicePage | None:
    """Return everything about an invoice, None for an unknown one."""
    if not number.isprintable():
        return None
    region, today = days(desk, now)
    with desk.db.read() as session:
        try:
            return page(session, desk.policy.code, number, region, today)
        except Refused:
            return None
