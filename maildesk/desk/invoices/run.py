"""The monthly run: whoever has something to bill gets his invoice, once.

    finish what has a number -> draft -> reserve (in order of customers) -> build and freeze

Numbers are taken in order, one after the other; documents are built by all makers at once, and
one that fails stops no other. A run may be killed anywhere and started again, and two may go at
once: each step asks what stands in the database (`issue`). What it did is told at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from maildesk.desk.context import Desk
from maildesk.desk.invoices import continuing, runs
from maildesk.desk.invoices.everybody import Everybody, Order, Progress
from maildesk.desk.invoices.freeze import Maker
from maildesk.desk.invoices.issue import Outcome, resume
from maildesk.desk.invoices.summary import Summary
from maildesk.desk.people import Refused
from maildesk.rules.invoice import months

if TYPE_CHECKING:
    from maildesk.paper.look import Look


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did. `finished` are numbers that an earlier one had begun with.

    `told` is the address of whoever was mailed the summary; "" for nobody, and then `untold` says
    why, if somebody should have been.
    """

    summary: Summary
    finished: tuple[str, ...] = ()
    told: str = ""
    untold: str = ""


def month_named(given: str) -> str:
    """Return a month as people write it, checked. Raises Refused for anything else."""
    try:
        months.first_day(given.strip())
    except ValueError as error:
        raise Refused(str(error)) from None
    return given.strip()


def run(
    desk: Desk,
    order: Order,
    makers: Maker,
    look: "Look",
    actor: str,
    clock: Callable[[], datetime],
    on_progress: Progress = lambda done, total, words: None,
) -> Ran:
    """Bill what is to be billed up to the end of a month, and say what was done.

    `on_progress` hears how many customers are done, of how many, and a sentence. Raises Refused
    where the month has not begun, the agency's facts are not complete, or the last numbers are not
    said after a restore: then nothing is made.
    """
    running = Everybody(desk, order, makers, look, actor, clock, on_progress)
    if months.first_day(order.month) > running.today():
        raise Refused(f"{order.month} has not begun; nothing was made")
    runs.refuse_incomplete(desk)
    if order.dry_run:
        running.everybody()
        return Ran(running.summary())
    continuing.refuse_now(desk, running.today())
    key = runs.key_of(order.month, order.customers)
    after = runs.head(desk).position
    if order.tells:
        after = runs.begin(desk, key, order.month, clock())
    done = resume(desk, makers, look, actor, clock(), running.today())
    running.heard(done)
    running.everybody()
    billed = runs.billed_since(desk, after, order.month, order.customers, done)
    summary = replace(running.summary(), billed=billed)
    finished = tuple(each.number for each in done if each.outcome is Outcome.ISSUED)
    if not order.tells:
        return Ran(summary, finished)
    told, untold = runs.end(desk, key, summary, clock())
    return Ran(summary, finished, told, untold)
