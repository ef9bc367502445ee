"""What would be billed of a month, as staff look at it before the run: nothing is written.

It is the dry run of `maildesk invoice run` for the customers of one page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maildesk.desk.context import Desk
from maildesk.desk.customer_rows import find
from maildesk.desk.invoices import agency
from maildesk.desk.invoices.drafts import Drafted, customers_to_bill, draft_of, of_nobody
from maildesk.desk.invoices.summary import Billed, Covered
from maildesk.desk.people import Refused
from maildesk.rules.invoice import months
from maildesk.rules.invoice.reasons import Reason
from maildesk.rules.number import tag
from maildesk.store.tables import CustomerRow

SHOWN = 7  # customers on a page
NOBODY_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer with something to bill: an invoice that `would` be, or nothing to pay, or why not."""

    customer_id: int
    customer: str
    would: Billed | None
    covered: Covered | None
    left_out: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A page of the customers with something to bill for a month, by id; there are `total`.

    `missing` is what the law still wants of the agency: until then nothing is issued.
    `has_begun`: the month has. `older` is the id behind which the next page begins, 0 for none.
    `of_nobody` are tags of tickets that belong to no customer.
    """

    month: str
    missing: tuple[Reason, ...]
    has_begun: bool
    candidates: tuple[Candidate, ...]
    total: int
    older: int
    of_nobody: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkLine:
    """A ticket on a draft; it may be closed without an invoice."""

    tag: str
    title: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """The draft of one customer. `row` is None where the month's run would do nothing for him."""

    customer_id: int
    customer: str
    month: str
    drafted: Drafted
    row: Candidate | None
    tickets: tuple[WorkLine, ...]
    missing: tuple[Reason, ...]


def candidates(desk: Desk, month: str, named: str, after: int, now: datetime) -> Candidates:
    """Return who would be billed for a month ("2026-10"), only the customer `named` if given.

    Raises Refused for what is no month, and for an unknown customer.
    """
    last = _last_day(month)
    today = now.astimezone(desk.policy.calendar.timezone).date()
    only = 0
    if named:
        with desk.db.read() as session:
            only = find(session, named).id or 0
    ids = [id_ for id_ in customers_to_bill(desk, last) if not only or id_ == only]
    page = [id_ for id_ in ids if id_ > after][:SHOWN]
    nobody = () if only or after else of_nobody(desk)[:NOBODY_SHOWN]
    return Candidates(
        month=month,
        missing=agency.missing(desk.site),
        has_begun=months.first_day(month) <= today,
        candidates=_would(desk, month, page, now),
        total=len(ids),
        older=page[-1] if page and page[-1] != ids[-1] else 0,
        of_nobody=nobody,
    )


def draft(desk: Desk, customer_id: int, month: str, now: datetime) -> DraftView | None:
    """Return the draft of a customer for a month, None for an unknown one. Raises Refused."""
    last = _last_day(month)
    with desk.db.read() as session:
        row = session.get(CustomerRow, customer_id)
        name = row.name if row else ""
    if not name:
        return None
    drafted = draft_of(
        desk, customer_id, last, now.astimezone(desk.policy.calendar.timezone).date()
    )
    found = _would(desk, month, [customer_id], now)
    return DraftView(
        customer_id, name, month, drafted, found[0] if found else None,
        tuple(WorkLine(tag(desk.policy.code, each.id), each.title) for each in drafted.tickets),
        agency.missing(desk.site),
    )  # fmt: skip


def _last_day(month: str) -> Any:
    try:
        return months.last_day(month)
    except ValueError as error:
        raise Refused(str(error)) from None


class _NoMaker:
    """A dry run makes no documents."""

    def make(self, octets: bytes, look: object) -> Any:
        raise LookupError("a dry run makes no documents")


def _would(desk: Desk, month: str, ids: list[int], now: datetime) -> tuple[Candidate, ...]:
    """Return what the run would do for some customers."""
    from maildesk.desk.invoices.everybody import Everybody, Order
    from maildesk.paper.look import Look

    if not ids:
        return ()
    order = Order(month, tuple(ids), dry_run=True, tells=False)
    going = Everybody(desk, order, _NoMaker(), Look(), "", lambda: now, lambda *_: None)
    going.everybody()
    done = going.summary()
    would = {each.customer_id: each for each in done.billed}
    covered = {each.customer_id: each for each in done.covered}
    names = {each.customer_id: each.customer for each in done.billed}
    names |= {each.customer_id: each.customer for each in done.left_out}
    names |= {each.customer_id: each.customer for each in done.covered}
    return tuple(
        Candidate(
            id_, names[id_], would.get(id_), covered.get(id_),
            tuple(each.why for each in done.left_out if each.customer_id == id_),
        )
        for id_ in ids
        if id_ in names
    )  # fmt: skip
