"""Contracts of customers: added, changed, ended, and how they stand.

One transaction for each function. What work a contract covered stays covered: whatever would
take that away is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.desk.contract_words import Agreed, agreed
from maildesk.desk.customer_rows import find
from maildesk.desk.people import Refused
from maildesk.rules.contract import (
    Balance,
    Contract,
    ContractKind,
    Use,
    alerts,
    balance,
    order,
    uncovered,
)
from maildesk.rules.number import tag
from maildesk.store.contracts import (
    ContractRow,
    columns_of,
    contract_value,
    day_of,
    rows_of,
    uses_of,
)
from maildesk.store.db import Database
from maildesk.store.tables import AgentRow, CustomerRow
from maildesk.store.work_tables import TimeRow

ENTRIES_SHOWN = 200  # the newest


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract with its balance on the day `on`: today, or the nearest of its days.

    `alerts` are the percentages of its credit that were passed. `shown` is the name of a contract
    that letters to the customer show, "" for none.
    """

    contract: Contract
    customer: str
    on: date
    balance: Balance
    alerts: tuple[int, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Covered:
    """A time entry that is booked on a contract; below zero it took time back."""

    ticket: str
    day: date
    agent: str
    minutes: int
    factor: str
    words: str


@dataclass(frozen=True, slots=True)
class ContractPage:
    """A contract as it stands, and what it covered: the newest entries first, of `total`."""

    standing: Standing
    entries: tuple[Covered, ...]
    total: int


def add(db: Database, named: str, said: Agreed, now: datetime, zone: tzinfo) -> Standing:
    """Add a contract to a customer; without `starts` it begins today.

    If it is his first, runs already, and letters show none yet, they show its name from now on.
    Raises Refused for what is no contract of its kind, and for a name that another one has on
    the same days.
    """
    today = now.astimezone(zone).date()

    def work(session: Session) -> Standing:
        customer = find(session, named)
        others = _of(session, customer)
        contract = agreed(None, said, customer.id or 0, today)
        _refuse_same_name(contract, others)
        row = ContractRow(**columns_of(contract), created_at=now)
        session.add(row)
        if not others and not customer.contract and contract.runs(today):
            customer.contract = contract.name
        session.flush()
        return _standing(session, [row], today, zone)[0]

    return db.change(work)


def change(db: Database, contract_id: int, said: Agreed, now: datetime, zone: tzinfo) -> Standing:
    """Change what is said of a contract. Its kind stays, and so does one that was ended.

    A new name takes the old one's place in letters. Raises Refused as `add` does; where work that
    was covered would not be so any more; and for the minutes of months that are over.
    """
    today = now.astimezone(zone).date()

    def work(session: Session) -> Standing:
        row, customer = _find(session, contract_id)
        before = contract_value(row)
        if before.ended:
            raise Refused(f"{before.name} was ended on {before.ends_on}; add a new contract")
        if said.kind not in (None, str(before.kind)):
            raise Refused(f"{before.name} stays {before.kind}; end it and add a new contract")
        after = agreed(before, said, before.customer_id, today)
        _refuse_same_name(after, [each for each in _of(session, customer) if each.id != row.id])
        _refuse_past_months(before, after, today)
        _refuse_uncovered(before, after, uses_of(session, [after.id], zone)[after.id])
        row.sqlmodel_update(columns_of(after))
        if customer.contract == before.name:
            customer.contract = after.name
        session.flush()
        return _standing(session, [row], today, zone)[0]

    return db.change(work)


def end(db: Database, contract_id: int, last: date | None, now: datetime, zone: tzinfo) -> Standing:
    """End a contract; `last` is its last day, else today. It takes no change any more.

    If that day has come and letters show its name, they show another contract that runs on, or
    none. Raises Refused for a contract that is over by then, and where work was covered later.
    """
    today = now.astimezone(zone).date()

    def work(session: Session) -> Standing:
        row, customer = _find(session, contract_id)
        before = contract_value(row)
        after = replace(before, ends_on=last or today, ended=True)
        if before.ends_on and before.ends_on < (last or today):
            raise Refused(f"{before.name} ends on {before.ends_on} already; nothing was changed")
        _refuse_uncovered(before, after, uses_of(session, [after.id], zone)[after.id])
        row.sqlmodel_update(columns_of(after))
        if (last or today) <= today and customer.contract == before.name:
            others = [each for each in _of(session, customer) if each.id != row.id]
            customer.contract = _name_on(others, today + timedelta(days=1))
        session.flush()
        return _standing(session, [row], today, zone)[0]

    return db.change(work)


def listed(db: Database, named: str | None, now: datetime, zone: tzinfo) -> list[Standing]:
    """Return the contracts of a customer, or of all, by customer; ended ones last."""
    today = now.astimezone(zone).date()
    with db.read() as session:
        chosen = None if named is None else [find(session, named).id or 0]
        found = _standing(session, rows_of(session, chosen), today, zone)
    return sorted(found, key=lambda each: (
        each.customer.casefold(), _is_over(each.contract, today), order(each.contract)
    ))  # fmt: skip


def one(db: Database, contract_id: int, code: str, now: datetime, zone: tzinfo) -> ContractPage:
    """Return a contract with what it covered; `code` is the desk's. Raises Refused if none."""
    today = now.astimezone(zone).date()
    with db.read() as session:
        row, _ = _find(session, contract_id)
        here = col(TimeRow.contract_id) == contract_id
        query = select(TimeRow, col(AgentRow.login)).join(
            AgentRow, col(AgentRow.id) == col(TimeRow.agent_id)
        )
        newest = query.where(here).order_by(col(TimeRow.id).desc()).limit(ENTRIES_SHOWN)
        entries = tuple(
            Covered(tag(code, time.ticket_id), day_of(time.began_at, time.booked_at, zone),
                    login, time.minutes, time.factor, time.words)
            for time, login in session.execute(newest)
        )  # fmt: skip
        total = session.scalar(select(func.count()).select_from(TimeRow).where(here)) or 0
        return ContractPage(_standing(session, [row], today, zone)[0], entries, total)


def _refuse_same_name(contract: Contract, others: Sequence[Contract]) -> None:
    for other in others:
        first = max(contract.starts_on, other.starts_on)
        is_meant = other.name.casefold() == contract.name.casefold()
        if is_meant and contract.runs(first) and other.runs(first):
            raise Refused(
                f"the customer has a contract {other.name} (id {other.id}) on the same days;"
                " change or end that one, or give this one another name"
            )


def _refuse_past_months(before: Contract, after: Contract, today: date) -> None:
    """Refuse other minutes for months that are over: what was carried over would change."""
    this_month = today.replace(day=1)
    is_same = (before.minutes, before.carry, before.starts_on) == (
        after.minutes, after.carry, after.starts_on
    )  # fmt: skip
    if before.kind is ContractKind.INCLUDED and not is_same and before.starts_on < this_month:
        next_month = (this_month + timedelta(days=31)).replace(day=1)
        raise Refused(
            "its minutes count for months that are over;"
            f" `maildesk contract end {before.id} --on {next_month - timedelta(days=1)}`"
            f" and add a new one --from {next_month}"
        )


def _refuse_uncovered(before: Contract, after: Contract, uses: Sequence[Use]) -> None:
    lost = uncovered(after, uses) - uncovered(before, uses)
    if lost > 0:
        last = max(use.day for use in uses)
        raise Refused(
            f"{lost} minutes that {before.name} covered (the last on {last}) would not be covered"
            f" any more; nothing was changed; see `maildesk contract show {before.id}`"
        )


def _find(session: Session, contract_id: int) -> tuple[ContractRow, CustomerRow]:
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise Refused(f"there is no contract {contract_id}; see `maildesk contract list`")
    return row, session.get_one(CustomerRow, row.customer_id)


def _of(session: Session, customer: CustomerRow) -> list[Contract]:
    return [contract_value(row) for row in rows_of(session, [customer.id or 0])]


def _name_on(contracts: Sequence[Contract], day: date) -> str:
    running = sorted((each for each in contracts if each.runs(day)), key=order)
    return running[0].name if running else ""


def _is_over(contract: Contract, today: date) -> bool:
    return contract.ends_on is not None and contract.ends_on < today


def _standing(
    session: Session, rows: Sequence[ContractRow], today: date, zone: tzinfo
) -> list[Standing]:
    uses = uses_of(session, [row.id or 0 for row in rows], zone)
    named = select(col(CustomerRow.id), col(CustomerRow.name), col(CustomerRow.contract))
    if len(rows) == 1:
        named = named.where(col(CustomerRow.id) == rows[0].customer_id)
    customers = {id_: (name, shown) for id_, name, shown in session.execute(named)}
    found: list[Standing] = []
    for row in rows:
        contract = contract_value(row)
        name, shown = customers[row.customer_id]
        on = max(contract.starts_on, min(today, contract.ends_on or today))
        stands = balance(contract, uses[contract.id], on)
        found.append(Standing(contract, name, on, stands, alerts(0, stands.share), shown))
    return found
