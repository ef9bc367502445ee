"""Questions about what is to be billed: whose work waits, and all that a draft is made of.

Asked for a whole customer at once, never ticket by ticket.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlmodel import Session, SQLModel, col

from maildesk.rules.contract import Balance, Contract, ContractKind, balance
from maildesk.rules.entries import Entry
from maildesk.rules.facts import TicketFacts
from maildesk.rules.people import BillingTerms, ContactFacts, CustomerFacts
from maildesk.rules.ticket import State
from maildesk.store import queries
from maildesk.store.contracts import contract_value, day_of, rows_of, uses_of
from maildesk.store.invoice_tables import BillingRow, ClaimRow, ItemRow
from maildesk.store.merged import counting
from maildesk.store.process import entry_of
from maildesk.store.rows import chunks, rows_where
from maildesk.store.tables import AgentRow, ContactRow, CustomerRow, TicketRow
from maildesk.store.work_tables import TimeRow

# An item of such a ticket is billed by itself: the ticket has gone its way, or has no work to bill.
PAST = (State.INVOICED, State.CLOSED, State.CANCELLED)
_CUSTOMERS, _BILLING, _ITEMS, _TICKETS = (
    SQLModel.metadata.tables[str(table.__tablename__)]
    for table in (CustomerRow, BillingRow, ItemRow, TicketRow)
)


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """A time entry by its id, and the day of the desk's zone that it counts for."""

    id: int
    day: date
    entry: Entry


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A flat item as its row has it; `ticket_id` is the one that it counts for, merged ones too."""

    id: int
    customer_id: int
    ticket_id: int | None
    words: str
    quantity: str
    price: str
    discount: str
    day: date
    is_paid_before: bool


@dataclass(frozen=True, slots=True)
class ToBill:
    """What there is to bill of a customer, and how he is billed.

    `billing` is the row of `customer_billing`, None where nothing is said. `tickets` are those in
    state billing that are on no invoice; `entries` and `items` by their ids, with what was merged
    into them. `loose` are the flat items of no ticket, or of one in a state of PAST.
    `contacts` are by id, `contracts` all that he ever had, `credits` those with minutes that run
    on the last day. `agents` are names by id.
    """

    customer: CustomerFacts
    billing: Any = None
    tickets: tuple[TicketFacts, ...] = ()
    entries: Mapping[int, tuple[TimeFacts, ...]] = field(default_factory=dict)
    items: Mapping[int, tuple[ItemFacts, ...]] = field(default_factory=dict)
    loose: tuple[ItemFacts, ...] = ()
    contacts: tuple[ContactFacts, ...] = ()
    contracts: Mapping[int, Contract] = field(default_factory=dict)
    credits: tuple[tuple[Contract, Balance], ...] = ()
    agents: Mapping[int, str] = field(default_factory=dict)


def customers(session: Session, last_day: date) -> tuple[int, ...]:
    """Return the ids of the customers with tickets to bill, or flat items up to a day."""
    tickets = select(col(TicketRow.customer_id)).where(
        _is_to_bill(), col(TicketRow.customer_id).is_not(None)
    )
    items = select(col(ItemRow.customer_id)).outerjoin(
        TicketRow, col(TicketRow.id) == col(ItemRow.ticket_id)
    )
    items = items.where(
        _is_open_item(),
        ~col(ItemRow.is_paid_before),  # a down payment alone is nothing to bill
        col(ItemRow.day) <= last_day,
        or_(col(ItemRow.ticket_id).is_(None), col(TicketRow.state).in_(PAST)),
    )
    return tuple(sorted({*session.scalars(tickets.distinct()), *session.scalars(items.distinct())}))


def of_nobody(session: Session) -> tuple[int, ...]:
    """Return the ids of tickets that are to be billed, of which nobody knows to whom."""
    query = select(col(TicketRow.id)).where(_is_to_bill(), col(TicketRow.customer_id).is_(None))
    return tuple(session.scalars(query.order_by(col(TicketRow.id))))


def to_bill(session: Session, customer_id: int, last_day: date, zone: tzinfo) -> ToBill:
    """Return what there is to bill of a customer; `zone` is the desk's.

    Raises LookupError where there is no such customer.
    """
    found = all_to_bill(session, [customer_id], last_day, zone)
    if not found:
        raise LookupError(f"there is no customer with the id {customer_id}")
    return found[customer_id]


def all_to_bill(
    session: Session, ids: Collection[int], last_day: date, zone: tzinfo
) -> dict[int, ToBill]:
    """Return what there is to bill of some customers, by id; each table is asked once for all.

    At most as many as one question may name.
    """
    here = session.connection()
    customers = here.execute(select(_CUSTOMERS).where(_CUSTOMERS.c.id.in_(ids))).all()
    profiles = here.execute(select(_BILLING).where(_BILLING.c.customer_id.in_(ids))).all()
    billings = {each.customer_id: each for each in profiles}
    mine = select(_TICKETS).where(_TICKETS.c.customer_id.in_(ids), _is_to_bill())
    rows = {each.id: each for each in here.execute(mine)}
    facts = sorted(queries.as_they_are(session, rows).values(), key=_order)
    counts = counting(session, rows) if rows else {}
    whose = {each.id: each.customer_id for each in rows.values()}
    items, loose = _items(session, ids, counts, whose)
    entries, agreed = _entries(session, counts, zone), rows_of(session, ids)
    contracts = {each.id or 0: contract_value(each) for each in agreed}
    holder = {each.id or 0: each.customer_id for each in agreed}
    credits = _credits(session, contracts, last_day, zone)
    contacts, agents = _contacts(session, ids), _names(session)
    return {
        row.id: ToBill(
            customer=queries.customer(row),
            billing=billings.get(row.id),
            tickets=tuple(each for each in facts if whose[each.id] == row.id),
            entries={at: of for at, of in entries.items() if whose[at] == row.id},
            items={at: of for at, of in items.items() if whose[at] == row.id},
            loose=tuple(each for each in loose if each.customer_id == row.id),
            contacts=contacts.get(row.id, ()),
            contracts={at: of for at, of in contracts.items() if holder[at] == row.id},
            credits=tuple(each for each in credits if holder[each[0].id] == row.id),
            agents=agents,
        )
        for row in customers
    }


def billing_row(session: Session, customer_id: int) -> Any:
    """Return how a customer is billed, None where nothing is said."""
    mine = select(_BILLING).where(_BILLING.c.customer_id == customer_id)
    return session.connection().execute(mine).one_or_none()


def terms_of(session: Session, customer_id: int | None) -> BillingTerms:
    """Return what is agreed with a customer about his bills; nothing is asked for nobody."""
    row = billing_row(session, customer_id) if customer_id else None
    return BillingTerms() if row is None else terms_in(row)


def terms_in(row: Any) -> BillingTerms:
    """Return the terms in a row of `customer_billing`."""
    return BillingTerms(
        increment=row.increment,
        round_scope=row.round_scope,
        minimum=row.minimum,
        discount=Decimal(row.discount),
        total_discount=Decimal(row.total_discount),
    )


def _order(ticket: TicketFacts) -> tuple[float, int]:
    """Return what tickets are sorted by: when they were done."""
    return ticket.resolved_at.timestamp() if ticket.resolved_at else float("inf"), ticket.id


def _is_to_bill() -> ColumnElement[bool]:
    # In the question itself, so that it is seen to fit its index.
    billing = literal(State.BILLING.value, literal_execute=True)
    return and_(col(TicketRow.state) == billing, ~_is_claimed("ticket", TicketRow.id))


def _is_open_item() -> ColumnElement[bool]:
    return and_(col(ItemRow.removed_at).is_(None), ~_is_claimed("item", ItemRow.id))


def _is_claimed(what: str, ref: Any) -> ColumnElement[bool]:
    return exists().where(
        col(ClaimRow.what) == what, col(ClaimRow.ref) == ref, col(ClaimRow.released_at).is_(None)
    )


def _entries(
    session: Session, counts: Mapping[int, Collection[int]], zone: tzinfo
) -> dict[int, tuple[TimeFacts, ...]]:
    """Return the time on tickets and those merged into them that is on no invoice."""
    booked = list(rows_where(session, TimeRow, "ticket_id", counts))
    claimed = _claimed_entries(session, [row.id for row in booked])
    found: dict[int, list[TimeFacts]] = defaultdict(list)
    for row in sorted(booked, key=lambda row: row.id):
        if row.id not in claimed:
            facts = TimeFacts(row.id, day_of(row.began_at, row.booked_at, zone), entry_of(row))
            for ticket_id in counts[row.ticket_id]:
                found[ticket_id].append(facts)
    return {ticket_id: tuple(each) for ticket_id, each in found.items()}


def _claimed_entries(session: Session, ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(ids):
        query = select(col(ClaimRow.ref)).where(
            col(ClaimRow.what) == "entry",
            col(ClaimRow.ref).in_(chunk),
            col(ClaimRow.released_at).is_(None),
        )
        found.update(session.scalars(query))
    return found


def _items(
    session: Session,
    customers: Collection[int],
    counts: Mapping[int, Collection[int]],
    whose: Mapping[int, int],
) -> tuple[dict[int, tuple[ItemFacts, ...]], tuple[ItemFacts, ...]]:
    """Return customers' flat items that are on no invoice: by ticket, and those by themselves."""
    query = select(_ITEMS, _TICKETS.c.state).outerjoin(
        _TICKETS, _TICKETS.c.id == _ITEMS.c.ticket_id
    )
    query = query.where(_ITEMS.c.customer_id.in_(customers), _is_open_item())
    by_ticket: dict[int, list[ItemFacts]] = defaultdict(list)
    loose = []
    for row in session.connection().execute(query.order_by(_ITEMS.c.day, _ITEMS.c.id)):
        if row.ticket_id is None or (row.ticket_id not in counts and row.state in PAST):
            loose.append(item_facts(row))
        for ticket_id in counts.get(row.ticket_id, ()):
            if whose[ticket_id] == row.customer_id:
                by_ticket[ticket_id].append(item_facts(row, ticket_id))
    return {ticket_id: tuple(each) for ticket_id, each in by_ticket.items()}, tuple(loose)


def item_facts(row: Any, ticket_id: int | None = None) -> ItemFacts:
    """Return a row of `flat_item` as a value, counted for another ticket if one is named."""
    return ItemFacts(
        row.id, row.customer_id, ticket_id or row.ticket_id, row.words, row.quantity, row.price,
        row.discount, row.day, row.is_paid_before,
    )  # fmt: skip


def _names(session: Session) -> dict[int, str]:
    named = select(col(AgentRow.id), col(AgentRow.name))
    return {id_: name for id_, name in session.execute(named) if id_ is not None}


def _contacts(session: Session, customers: Collection[int]) -> dict[int, tuple[ContactFacts, ...]]:
    found: dict[int, list[ContactFacts]] = defaultdict(list)
    for row in sorted(rows_where(session, ContactRow, "customer_id", customers), key=_by_id):
        found[row.customer_id].append(queries.contact(row))
    return {customer_id: tuple(each) for customer_id, each in found.items()}


def _by_id(row: Any) -> int:
    return int(row.id)


def _credits(
    session: Session, agreed: Mapping[int, Contract], on: date, zone: tzinfo
) -> tuple[tuple[Contract, Balance], ...]:
    running: Sequence[Contract] = [
        each for each in agreed.values() if each.runs(on) and each.kind is not ContractKind.FLAT
    ]
    uses = uses_of(session, [each.id for each in running], zone)
    return tuple((each, balance(each, uses[each.id], on)) for each in running)
