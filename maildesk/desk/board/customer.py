"""One customer as the staff see him: who he is, what was agreed, what is open. Read only."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, true, union_all
from sqlmodel import Session, col

from maildesk.desk import billing_profiles, contracts, customers, items
from maildesk.desk.billing_profiles import BillingProfile
from maildesk.desk.context import Desk
from maildesk.desk.contracts import Standing
from maildesk.desk.customer_rows import Customer
from maildesk.desk.invoices import listing
from maildesk.desk.invoices.listing import Listed, Wanted
from maildesk.desk.items import FlatItem
from maildesk.desk.people import Refused
from maildesk.rules.billing.values import Vat
from maildesk.rules.billing.vat import case_of
from maildesk.rules.calendars import region_of
from maildesk.rules.contract import ContractKind
from maildesk.rules.facts import TicketLine
from maildesk.rules.money import Money
from maildesk.rules.number import tag
from maildesk.rules.requests import Request
from maildesk.rules.ticket import State
from maildesk.store import callers, process
from maildesk.store.tables import TicketRow
from maildesk.store.work_tables import RequestRow, TimeRow

OPEN_MAX = 50
CLOSED_MAX = 10
INVOICES_MAX = 20
ITEMS_MAX = 50
RECENT = 200  # tickets among which the last closed and the last calls are looked for
_HIDDEN = (State.SPAM.value, State.MERGED.value)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for an answer, with the tag and the title of its ticket."""

    tag: str
    title: str
    request: Request


@dataclass(frozen=True, slots=True)
class Call:
    """A logged call."""

    tag: str
    title: str
    at: datetime
    minutes: int
    words: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with its tag."""

    tag: str
    line: TicketLine


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A customer with all that is known of him.

    `rate` and `limit` are what holds for him, of his own where `has_rate`, `has_limit`. `credit`
    are the prepaid minutes left, None without a block. `month` is the work booked since the first
    of this month, and `charged` what of it is charged. `open_total` counts the open tickets.
    """

    customer: Customer
    rate: Money
    has_rate: bool
    limit: int
    has_limit: bool
    contracts: tuple[Standing, ...]
    credit: int | None
    open_tickets: tuple[Ticket, ...]
    open_total: int
    closed: tuple[Ticket, ...]
    asked: tuple[Asked, ...]
    calls: tuple[Call, ...]
    month: int
    charged: int
    invoices: tuple[Listed, ...]
    invoices_total: int
    items: tuple[FlatItem, ...]
    billing: BillingProfile
    vat: Vat


def page(desk: Desk, customer_id: int, now: datetime) -> CustomerPage | None:
    """Return a customer with all that is known of him, None if there is none of that id."""
    named, zone = str(customer_id), desk.policy.calendar.timezone
    today, code = now.astimezone(zone).date(), desk.policy.code
    try:
        customer = customers.one(desk.db, named)
    except Refused:
        return None
    standing = tuple(contracts.listed(desk.db, named, now, zone))
    billing = billing_profiles.shown(desk.db, named)
    waiting = items.listed(desk.db, named, code)[:ITEMS_MAX]
    region = region_of(desk.site.hours.holidays)
    with desk.db.read() as session:
        opened, total = _open(session, customer_id, code)
        month, charged = _month(session, customer_id, now, zone)
        wanted = Wanted(open=True, customer_id=customer_id)
        owed, owed_total = listing.listed(session, wanted, region, today, INVOICES_MAX)
        closed, calls = _closed(session, customer_id, code), _calls(session, customer_id, code)
        asked = _asked(session, customer_id, code)
    own, agency = customer.limit_minutes, desk.site.agency
    return CustomerPage(
        customer=customer,
        rate=customer.rate or desk.policy.rate, has_rate=customer.rate is not None,
        limit=desk.policy.limit_minutes if own is None else own, has_limit=own is not None,
        contracts=standing, credit=_credit(standing), open_tickets=opened, open_total=total,
        closed=closed, asked=asked, calls=calls, month=month, charged=charged,
        invoices=tuple(owed), invoices_total=owed_total, items=tuple(waiting), billing=billing,
        vat=case_of(
            billing.country, billing.vat_id, billing.is_business, agency.country,
            agency.small_business,
        ),
    )  # fmt: skip


def _credit(standing: tuple[Standing, ...]) -> int | None:
    left = [
        each.balance.minutes_left or 0
        for each in standing
        if each.contract.kind is ContractKind.BLOCK and each.contract.runs(each.on)
    ]
    return sum(left) if left else None


def _lines(session: Session, query: Any, code: str) -> tuple[Ticket, ...]:
    return tuple(
        Ticket(tag(code, line.id), line)
        for line in callers.lines(session, query, by_requester=True)
    )


def _open(session: Session, customer_id: int, code: str) -> tuple[tuple[Ticket, ...], int]:
    here = (col(TicketRow.customer_id) == customer_id, ~col(TicketRow.closed))
    total = session.execute(select(func.count()).select_from(TicketRow).where(*here)).scalar_one()
    due = col(TicketRow.due_at)
    query = select(TicketRow).where(*here).order_by(due.is_(None), due, col(TicketRow.id))
    return _lines(session, query.limit(OPEN_MAX), code), total


def _recent(customer_id: int) -> ColumnElement[bool]:
    """Return the condition of his newest tickets, closed ones and those that are open."""
    of_his = [
        select(col(TicketRow.id))
        .where(col(TicketRow.customer_id) == customer_id, is_so)
        .order_by(col(TicketRow.id).desc()).limit(RECENT).subquery()
        for is_so in (col(TicketRow.closed) == true(), ~col(TicketRow.closed))
    ]  # fmt: skip
    return col(TicketRow.id).in_(union_all(*(select(each.c.id) for each in of_his)))


def _closed(session: Session, customer_id: int, code: str) -> tuple[Ticket, ...]:
    ended = func.coalesce(col(TicketRow.resolved_at), col(TicketRow.opened_at))
    query = select(TicketRow).where(
        _recent(customer_id), col(TicketRow.closed), col(TicketRow.state).not_in(_HIDDEN)
    )
    newest = query.order_by(ended.desc(), col(TicketRow.id).desc()).limit(CLOSED_MAX)
    return _lines(session, newest, code)


def _asked(session: Session, customer_id: int, code: str) -> tuple[Asked, ...]:
    query = (
        select(col(TicketRow.id), col(TicketRow.title))
        .join(RequestRow, col(RequestRow.ticket_id) == col(TicketRow.id))
        .where(
            col(TicketRow.customer_id) == customer_id,
            ~col(TicketRow.closed),
            col(RequestRow.verdict) == "open",
        )
        .limit(OPEN_MAX)
    )
    titles: dict[int, str] = dict(session.execute(query).all())
    found = process.requests(session, titles)
    return tuple(
        Asked(tag(code, id_), titles[id_], each)
        for id_ in sorted(found)
        for each in found[id_]
        if each.is_open
    )


def _calls(session: Session, customer_id: int, code: str) -> tuple[Call, ...]:
    return tuple(
        Call(tag(code, past.ticket_id), past.title, past.entry.began_at or past.entry.ended_at,
             past.entry.minutes, past.entry.words)
        for past in callers.calls(session, _recent(customer_id))
    )  # fmt: skip


def _month(session: Session, customer_id: int, now: datetime, zone: tzinfo) -> tuple[int, int]:
    """Return the minutes booked this month on tickets of a customer, all and the charged ones."""
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    charged = case((col(TimeRow.free) == "", col(TimeRow.minutes)), else_=0)
    # Of each entry of the month its ticket: the other way all that he ever had would be read.
    whose = select(col(TicketRow.customer_id)).where(col(TicketRow.id) == col(TimeRow.ticket_id))
    query = select(func.sum(col(TimeRow.minutes)), func.sum(charged)).where(
        col(TimeRow.booked_at) >= first, whose.scalar_subquery() == customer_id
    )
    booked, of_it = session.execute(query).one()
    return int(booked or 0), int(of_it or 0)
