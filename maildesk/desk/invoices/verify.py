"""Everything about invoices is looked at once more: whatever was changed is found and named.

The journal's chain of hashes first; then each invoice against what the journal says of it; then
the ranges of numbers. That lines at the end are gone shows in the counter; that all of it was
made anew, counter and all, shows in a hash that the owner was mailed before (`head`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, col

from maildesk.desk.invoices.journal import COUNTER
from maildesk.desk.invoices.verify_one import Fault, Line, Stored, faults_of, line_of
from maildesk.rules.invoice.journal import NOTHING_BEFORE, What, line_hash
from maildesk.rules.invoice.numbering import COUNTERS
from maildesk.store import guards
from maildesk.store.db import Database
from maildesk.store.invoice_tables import (
    ClaimRow,
    DocumentRow,
    InvoiceEventRow,
    InvoiceLineRow,
    InvoiceRow,
    PaymentRow,
)
from maildesk.store.invoices import INVOICE, facts_of
from maildesk.store.tables import CounterRow

AT_ONCE = 50  # invoices in memory; their documents are read one at a time
_PARTS: dict[str, type[SQLModel]] = {
    "lines": InvoiceLineRow,
    "documents": DocumentRow,
    "claims": ClaimRow,
    "payments": PaymentRow,
}
Told = dict[int, list[Line]]  # the lines of the journal by invoice; those about none are at 0


def verify(db: Database, head: str = "") -> list[Fault]:
    """Return what is wrong with the invoices of a desk; an empty list where all is as issued.

    `head` is the hash of a line that was written down elsewhere, "" where there is none. All is
    read as it was at one moment; nothing is changed.
    """
    with db.read() as session:
        if not db.is_sqlite:  # there one transaction sees one moment anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        told: Told = defaultdict(list)
        return [
            *_readable("journal", _chain(session, told, head.strip().lower())),
            *_readable("invoices", _each(session, told)),
            *_readable("numbers", _ranges(session, told[0])),
            *_readable("parts of invoices", _loose(session)),
            *_readable("database", _guards(session)),
        ]


def _readable(where: str, faults: Iterator[Fault]) -> Iterator[Fault]:
    """Give faults; what the database cannot even give back is one too."""
    try:
        yield from faults
    except (ValueError, TypeError, SQLAlchemyError) as error:
        yield Fault(where, f"the rest of them cannot be read: {error}")


def _guards(session: Session) -> Iterator[Fault]:
    """Check that the database still refuses to change what was issued."""
    for name in guards.asleep(session):
        yield Fault(
            "database",
            f"its trigger {name} is gone or switched off: something may have been changed unseen",
        )


def _chain(session: Session, told: Told, head: str) -> Iterator[Fault]:
    """Check each line's hash and place, and fill `told`."""
    position, before, seen = 0, NOTHING_BEFORE, not head
    for row in session.execute(_streamed(_all_of(InvoiceEventRow).order_by("position"))):
        where = f"journal line {row.position}"
        for gone in range(position + 1, row.position):
            yield Fault(f"journal line {gone}", "it is missing")
        if row.position == position + 1 and row.before_sha256 != before:
            yield Fault(where, f"it does not follow line {position}: one of the two was changed")
        right = line_hash(
            row.position, row.at, row.actor, row.what, row.invoice_id, row.detail,
            row.before_sha256,
        )  # fmt: skip
        if row.sha256 != right:
            yield Fault(where, f"it was changed: its hash is {row.sha256}, not {right}")
        position, before, seen = row.position, row.sha256, seen or row.sha256 == head
        line = line_of(row)
        if isinstance(line, Fault):
            yield line
        else:
            told[row.invoice_id or 0].append(line)
    counted = session.scalar(select(col(CounterRow.value)).where(col(CounterRow.name) == COUNTER))
    if counted != position:
        yield Fault(
            "journal",
            f"{counted or 0} lines were written and the last one is {position}: lines at its end"
            " are missing, or its counter was changed",
        )
    if not seen:
        yield Fault(
            "journal",
            f"no line has the hash {head}: lines are missing, or all of it was made anew",
        )


def _each(session: Session, told: Told) -> Iterator[Fault]:
    """Check each invoice against what the journal told of it."""
    known: set[int] = set()
    query = INVOICE.order_by(col(InvoiceRow.id))
    for rows in session.execute(_streamed(query)).partitions(AT_ONCE):
        group = [facts_of(row) for row in rows]
        known |= {invoice.id for invoice in group}
        stored = Stored(session, [invoice.id for invoice in group])
        for invoice in group:
            faults = faults_of(session, invoice, told.get(invoice.id, []), stored)
            yield from _readable(f"{invoice.kind} {invoice.number}", faults)
    for invoice_id in sorted(told.keys() - known - {0}):
        for line in told[invoice_id]:
            if line.what == What.RESERVED:
                number = line.detail.get("number")
                yield Fault(f"invoice {number}", f"it is gone; journal line {line.position} has it")


def _ranges(session: Session, told: Sequence[Line]) -> Iterator[Fault]:
    """Check that the numbers of each range count from 1 without a gap up to the counter.

    Only what the journal says was lost with an older desk may be missing, and must be.
    """
    lost = _lost(told)
    serials: dict[str, set[int]] = defaultdict(set)
    query = select(col(InvoiceRow.series), col(InvoiceRow.serial))
    for series, serial in session.execute(query.where(col(InvoiceRow.number).is_not(None))):
        serials[series or ""].add(serial or 0)
    counters = select(col(CounterRow.name), col(CounterRow.value))
    found = session.execute(counters.where(col(CounterRow.name).startswith(COUNTERS)))
    last = {name.removeprefix(COUNTERS): value for name, value in found}
    for series in sorted(serials.keys() | last.keys()):
        where, counted = f"numbers of {series}", last.get(series, 0)
        highest = max(serials[series], default=0)
        gone = lost.get(series, {})
        for missing in sorted(set(range(1, max(counted, highest) + 1)) - serials[series]):
            if missing not in gone:
                yield Fault(where, f"number {missing} is missing")
        for there in sorted(serials[series] & gone.keys()):
            yield Fault(
                where, f"number {there} is there; journal line {gone[there]} says that it was lost"
            )
        if highest > counted:
            yield Fault(where, f"the counter says {counted}, but the last number is {highest}")


def _lost(told: Sequence[Line]) -> dict[str, dict[int, int]]:
    """Return the numbers that a restore lost, by range, each with the line that says so."""
    lost: dict[str, dict[int, int]] = defaultdict(dict)
    for line in told:
        if line.what == What.CONTINUED:
            said = line.detail
            numbers = range(int(said.get("from", 0)) + 1, int(said.get("to", 0)) + 1)
            lost[str(said.get("series"))].update(dict.fromkeys(numbers, line.position))
    return lost


def _loose(session: Session) -> Iterator[Fault]:
    """Find parts of invoices that are not there, or have no number."""
    numbered = select(col(InvoiceRow.id)).where(col(InvoiceRow.number).is_not(None))
    for name, kind in _PARTS.items():
        of = SQLModel.metadata.tables[str(kind.__tablename__)].c.invoice_id
        for invoice_id in session.scalars(select(of).where(of.not_in(numbered)).distinct()):
            where = f"invoice with the id {invoice_id}"
            yield Fault(where, f"there are {name} of it, but it has no number")


def _all_of(kind: type[SQLModel]) -> Select[tuple[object, ...]]:
    return select(SQLModel.metadata.tables[str(kind.__tablename__)])


def _streamed(query: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    return query.execution_options(yield_per=AT_ONCE)
