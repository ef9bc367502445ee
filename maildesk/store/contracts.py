"""The contracts of customers, and the time that was booked on them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, Date, Index, bindparam, select, text
from sqlmodel import Field, Session, SQLModel, col

from maildesk.rules.contract import Balance, Contract, ContractKind, Use, balance, order
from maildesk.store.columns import key, link, long_text, moment
from maildesk.store.work_tables import TimeRow


class ContractRow(SQLModel, table=True):
    """What a customer agreed to: see rules.contract. `categories` stand with blanks between them.

    The balance is not kept: it is computed from the time entries that name the contract.
    """

    __tablename__ = "contract"
    __table_args__ = (
        CheckConstraint("kind IN ('flat', 'included', 'block')"),
        CheckConstraint("minutes >= 0 AND carry >= 0"),
    )
    id: int | None = key()
    customer_id: int = link("customer.id", index=True)
    name: str
    kind: str
    categories: str = long_text()
    minutes: int = 0
    carry: int = 0
    starts_on: date = Field(sa_column=Column(Date, nullable=False))
    ends_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    covers_surcharge: bool = False
    ended: bool = False
    created_at: datetime = moment()


_TIME = SQLModel.metadata.tables[str(TimeRow.__tablename__)]
_SAME = (
    "customer_id",
    "name",
    "minutes",
    "carry",
    "starts_on",
    "ends_on",
    "covers_surcharge",
    "ended",
)
_ON_CONTRACTS = text("contract_id IS NOT NULL")
# The index stands here, with the questions that need it; most entries are on no contract.
Index("time_entry_contract", _TIME.c.contract_id,
      sqlite_where=_ON_CONTRACTS, postgresql_where=_ON_CONTRACTS)  # fmt: skip

_USES = (
    select(_TIME.c.contract_id, _TIME.c.minutes, _TIME.c.factor, _TIME.c.began_at,
           _TIME.c.booked_at)
    .where(_TIME.c.contract_id.in_(bindparam("contracts", expanding=True)))
    .order_by(_TIME.c.id)
)  # fmt: skip


def contracts_of(
    session: Session, customer_id: int, on: date, zone: tzinfo = UTC
) -> tuple[tuple[Contract, Balance], ...]:
    """Return a customer's contracts that run on a day, each with its balance of that day.

    `on` is a day of `zone`, the desk's; the days of time entries are counted there. Flat ones
    come first, then included, then block; of each kind those that end soonest.
    """
    query = select(ContractRow).where(col(ContractRow.customer_id) == customer_id)
    running = [one for row in session.scalars(query) if (one := contract_value(row)).runs(on)]
    uses = uses_of(session, [contract.id for contract in running], zone)
    return tuple(
        (contract, balance(contract, uses[contract.id], on))
        for contract in sorted(running, key=order)
    )


def uses_of(
    session: Session, contract_ids: Collection[int], zone: tzinfo = UTC
) -> dict[int, list[Use]]:
    """Return what was booked on each contract, in the order booked, on the days of `zone`.

    The day is that on which the work began, or was booked where that is not known. Nothing is
    asked where there are no contracts.
    """
    found: dict[int, list[Use]] = defaultdict(list)
    if contract_ids:
        for row in session.connection().execute(_USES, {"contracts": sorted(contract_ids)}):
            day = day_of(row.began_at, row.booked_at, zone)
            found[row.contract_id].append(Use(day, row.minutes, Decimal(row.factor)))
    return found


def day_of(began_at: datetime | None, booked_at: datetime, zone: tzinfo) -> date:
    """Return the day that a time entry counts for."""
    return (began_at or booked_at).astimezone(zone).date()


def contract_value(row: ContractRow) -> Contract:
    """Return a row as the rules know it."""
    return Contract(
        id=row.id or 0,
        customer_id=row.customer_id,
        name=row.name,
        kind=ContractKind(row.kind),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        categories=tuple(row.categories.split()),
        minutes=row.minutes,
        carry=row.carry,
        covers_surcharge=row.covers_surcharge,
        ended=row.ended,
    )


def columns_of(contract: Contract) -> dict[str, Any]:
    """Return what a contract says as the columns of its row, without the id."""
    values = {name: getattr(contract, name) for name in _SAME}
    return values | {"kind": str(contract.kind), "categories": " ".join(contract.categories)}


def rows_of(session: Session, customer_ids: Iterable[int] | None = None) -> list[ContractRow]:
    """Return the rows of some customers' contracts, or of all, by customer and first day."""
    query = select(ContractRow)
    if customer_ids is not None:
        query = query.where(col(ContractRow.customer_id).in_(sorted(customer_ids)))
    by = (col(ContractRow.customer_id), col(ContractRow.starts_on), col(ContractRow.id))
    return list(session.scalars(query.order_by(*by)))
