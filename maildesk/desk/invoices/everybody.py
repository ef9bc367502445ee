"""Everybody's invoices in one run: numbers in order, documents by all makers at once.

Of each customer: draft -> reserve -> build and freeze (`issue`). One that fails stops no other.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from maildesk.desk.context import Desk
from maildesk.desk.invoices import covered, runs
from maildesk.desk.invoices.drafts import customers_to_bill, draft_of, drafts_of, of_nobody
from maildesk.desk.invoices.freeze import Maker
from maildesk.desk.invoices.issue import Issued, drop_draft, issue, save_draft
from maildesk.desk.invoices.reserve import Taken, reserve
from maildesk.desk.invoices.summary import Billed, Covered, LeftOut, Summary
from maildesk.desk.people import Refused
from maildesk.desk.rows import Changed
from maildesk.rules.invoice import months
from maildesk.rules.invoice.reasons import Reason, because, reason_of
from maildesk.rules.invoice.why import Why
from maildesk.rules.number import tag
from maildesk.store import invoices
from maildesk.store.tables import CustomerRow

if TYPE_CHECKING:
    from maildesk.desk.invoices.drafts import Drafted
    from maildesk.paper.look import Look

TRIES = 3
DRAFTED = 25  # customers whose drafts are read at once where nothing is made of them
AHEAD = 4  # invoices with a number that wait for each maker: no more are held in memory

Progress = Callable[[int, int, str], None]
Rest = Callable[[], tuple[Reason, ...]]  # what is left to do; it returns what went wrong


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a run: a month ("2026-10"), and customers by id, () for all.

    A `dry_run` makes nothing. With `again` customers who have their invoice for the month get a
    further one for what came since. `tells` whoever bills by mail.
    """

    month: str
    customers: tuple[int, ...] = ()
    dry_run: bool = False
    again: bool = False
    tells: bool = True


@dataclass(slots=True)
class Everybody:
    """One run under way: what it has done so far, and what its makers are at."""

    desk: Desk
    order: Order
    makers: Maker
    look: "Look"
    actor: str
    clock: Callable[[], datetime]
    on_progress: Progress
    _names: dict[int, str] = field(default_factory=dict)
    _billed: list[Billed] = field(default_factory=list)
    _left: list[LeftOut] = field(default_factory=list)
    _covered: list[Covered] = field(default_factory=list)
    _drafts: dict[int, "Drafted"] = field(default_factory=dict)
    _building: dict[Future[tuple[Reason, ...]], int] = field(default_factory=dict)
    _done: int = 0
    _total: int = 0

    def today(self) -> date:
        """Return the day that the desk has."""
        return self.clock().astimezone(self.desk.policy.calendar.timezone).date()

    def summary(self) -> Summary:
        """Return what this process did; `billed` only in a dry run."""
        head = runs.head(self.desk)
        return Summary(
            self.order.month, tuple(self._billed), tuple(self._left),
            tuple(sorted(self._covered, key=lambda each: each.customer_id)),
            head.sha256, head.position,
        )  # fmt: skip

    def heard(self, done: list[Issued]) -> None:
        """Note what could not be finished of what an earlier run began."""
        for each in done:
            self._leave(runs.customer_of(self.desk, each.invoice_id), *each.reasons)

    def everybody(self) -> None:
        """Bill each customer who has something to bill."""
        ids = customers_to_bill(self.desk, months.last_day(self.order.month))
        wanted = [id_ for id_ in ids if not self.order.customers or id_ in self.order.customers]
        if not self.order.customers:
            for named in of_nobody(self.desk):
                self._left.append(LeftOut(0, named, because(Why.OF_NOBODY)))
        self._total = len(wanted)
        self.on_progress(0, self._total, "")
        with self._pool() as pool:
            for number, customer_id in enumerate(wanted):
                if self.order.dry_run and number % DRAFTED == 0:
                    self._look_ahead(wanted[number : number + DRAFTED])
                self._one(pool, customer_id)
            self._harvest(0)

    def _look_ahead(self, ids: Sequence[int]) -> None:
        """Draft several customers at once; where that fails each is drafted alone, and it tells why."""
        with suppress(ValueError, LookupError, ArithmeticError):
            last_day = months.last_day(self.order.month)
            self._drafts = drafts_of(self.desk, ids, last_day, self.today())

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """Yield the threads that wait for makers; on the way out nothing new is begun."""
        # One more than makers: while it freezes a document, every maker has another.
        pool = ThreadPoolExecutor(self.desk.site.billing.makers + 1, "invoice")
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, pool: ThreadPoolExecutor, customer_id: int) -> None:
        try:
            begun = self._reserved(customer_id)
        except OperationalError:
            raise  # the database is the trouble, and would be with the next one too
        except Exception as error:  # noqa: BLE001 - whatever it is, the other customers are billed
            self._leave(customer_id, because(Why.FAILED, error=_said(error)))
            begun = None
        if begun is None:
            self._tick(customer_id)
            return
        self._building[pool.submit(begun)] = customer_id
        self._harvest(AHEAD * self.desk.site.billing.makers)

    def _finish(self, invoice_id: int) -> tuple[Reason, ...]:
        """Make the documents of an invoice with a number; return what went wrong."""
        done = issue(
            self.desk, invoice_id, self.makers, self.look, self.actor, self.clock(), self.today()
        )
        return done.reasons

    def _harvest(self, most: int) -> None:
        """Hear of documents that are done, until at most so many are under way."""
        while self._building:
            ready, _ = wait(self._building, 0 if len(self._building) <= most else None,
                            FIRST_COMPLETED)  # fmt: skip
            if not ready:
                return
            for future in ready:
                customer_id = self._building.pop(future)
                try:
                    reasons = future.result()
                except OperationalError:
                    raise
                except Exception as error:  # noqa: BLE001 - it keeps its number, the next run goes on
                    reasons = (because(Why.UNFINISHED, error=_said(error)),)
                self._leave(customer_id, *reasons)
                self._tick(customer_id)

    def _reserved(self, customer_id: int) -> Rest | None:
        """Return what is still to be done of a customer's invoice, which has its number now.

        None where there is nothing to do; what it returns is what went wrong.
        """
        for _ in range(TRIES):
            key, state = self._key(customer_id)  # before the draft: it may be older, never newer
            drafted = self._drafts.pop(customer_id, None) or draft_of(
                self.desk, customer_id, months.last_day(self.order.month), self.today()
            )
            if not self._is_billable(customer_id, drafted, state):
                if state == "draft" and not self.order.dry_run:
                    drop_draft(self.desk, key)  # of a run that was killed; nothing is left of it
                return self._cover(customer_id, drafted)
            if self.order.dry_run:
                self._would(customer_id, drafted)
                return None
            try:
                return partial(self._finish, self._numbered(key, customer_id, drafted))
            except (Changed, Taken):
                drop_draft(self.desk, key)
            except Refused as refused:
                drop_draft(self.desk, key)
                self._leave(customer_id, reason_of(refused))
                return None
        self._leave(customer_id, because(Why.TICKETS_CHANGE))
        return None

    def _key(self, customer_id: int) -> tuple[str, str]:
        """Return the run key for a customer, and the state of what it has made ("": nothing)."""
        with self.desk.db.read() as session:
            if self.order.again:
                return runs.further_key(session, self.order.month, customer_id)
            return invoices.run_of(session, self.order.month, customer_id)

    def _is_billable(self, customer_id: int, drafted: "Drafted", state: str) -> bool:
        """Tell whether an invoice is to be made, and note what is not billed."""
        self._leave(customer_id, *(because(Why.MISSING, what=each) for each in drafted.missing))
        self._leave(customer_id, *drafted.left_out)
        if drafted.missing:
            return False
        if drafted.content is None:
            return False
        if state not in ("", "draft"):
            self._leave(customer_id, because(Why.HAS_INVOICE, month=self.order.month))
            return False
        return True

    def _numbered(self, key: str, customer_id: int, drafted: "Drafted") -> int:
        now = self.clock()
        invoice_id = save_draft(
            self.desk, key, self.order.month, customer_id, drafted, self.actor, now
        )
        with self.desk.db.read() as session:
            draft = invoices.invoice(session, invoice_id)
        if draft.state == "draft":
            reserve(self.desk, draft, self.actor, now, self.today())
        return invoice_id

    def _would(self, customer_id: int, drafted: "Drafted") -> None:
        content = drafted.content
        if content is not None:
            self._billed.append(runs.billed(customer_id, self._name(customer_id), content))

    def _cover(self, customer_id: int, drafted: "Drafted") -> Rest | None:
        """Return what closes the tickets of somebody who has nothing to pay (T40), if he has any."""
        if drafted.missing or not drafted.nothing:
            return None
        tags = tuple(tag(self.desk.policy.code, ticket.id) for ticket in drafted.tickets)
        done = Covered(customer_id, self._name(customer_id), tags)
        if self.order.dry_run:
            self._covered.append(done)
            return None

        def close() -> tuple[Reason, ...]:
            undone = covered.close(
                self.desk, self.order.month, customer_id, drafted, self.makers, self.look,
                self.actor, self.clock(),
            )  # fmt: skip
            if undone:
                return (undone,)
            self._covered.append(done)
            return ()

        return close

    def _leave(self, customer_id: int, *reasons: Reason) -> None:
        for reason in reasons:
            left = LeftOut(customer_id, self._name(customer_id), reason)
            if left not in self._left:
                self._left.append(left)

    def _tick(self, customer_id: int) -> None:
        self._done += 1
        self.on_progress(self._done, self._total, self._name(customer_id))

    def _name(self, customer_id: int) -> str:
        if not self._names:
            with self.desk.db.read() as session:
                rows = session.execute(select(col(CustomerRow.id), col(CustomerRow.name)))
                self._names = {row.id: row.name for row in rows}
        return self._names.get(customer_id, "")


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
