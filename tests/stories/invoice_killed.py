"""Bills all work that waits and cancels the first invoice; may end by SIGKILL at a named step.

Run by test_invoice_killed. Nothing in the product knows of this: one function of it is wrapped
from outside, and ends the process when it is called for the n-th time.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from maildesk.config import Site
from maildesk.config.models import DatabaseSection, Desk, Keys
from maildesk.desk.context import open_desk
from maildesk.desk.invoices import makers
from maildesk.desk.invoices.issue import resume, save_draft
from maildesk.desk.keys import load_keyring
from maildesk.desk.people import Refused
from maildesk.render import Renderer
from maildesk.store import invoices
from tests.desk.billed import BY, LOOK, TODAY, Books, QuickMaker
from tests.desk.office import SUPPORT

STEPS = {
    # step                                    function                                       when
    "in the reservation, before its commit":  ("maildesk.desk.invoices.reserve:reserved_detail", "after"),
    "reserved":                               ("maildesk.desk.invoices.issue:reserve",       "after"),
    "while building":                         ("maildesk.desk.invoices.issue:build",         "at work"),
    "built, before the freeze":               ("maildesk.desk.invoices.issue:freeze",        "before"),
    "in the freeze, before its commit":       ("maildesk.desk.invoices.freeze:issued_detail", "after"),
    "frozen":                                 ("maildesk.desk.invoices.issue:freeze",        "after"),
}  # fmt: skip
FIRST = "RE-2026-00001"  # the number of the invoice that is cancelled
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(step: str, times: int) -> None:
    """Let a call of the function of a step end this process."""
    target, when = STEPS[step]
    module, _, name = target.partition(":")
    owner: Any = importlib.import_module(module)
    function: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def dying(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == times and when == "at work":
            _, maker, look = args
            maker.make(args[0].content, look)  # it is at it now, in a process of its own
            _die()
        if calls == times and when == "before":
            _die()
        result = function(*args, **kwargs)
        if calls == times:
            _die()
        return result

    setattr(owner, name, dying)


def bill(books: Books, tickets: list[int]) -> None:
    """Issue an invoice for each ticket, whatever another process does meanwhile."""
    desk = books.desk
    resume(desk, books.maker, LOOK, BY, NOW, TODAY)
    for ticket_id in tickets:
        key = f"2026-11:1:{ticket_id}"
        while True:
            with desk.db.read() as session:
                made = invoices.of_run(session, key)
            if made is None or made.state == "draft":
                drafted = books.draft_of(ticket_id)
                if drafted.tickets[0].state != "billing":
                    continue  # it has its number by now
                invoice_id = save_draft(desk, key, "2026-11", 1, drafted, BY, NOW)
            else:
                invoice_id = made.id
            if books.issue(invoice_id).is_done:
                break
    try:
        books.cancel(FIRST)
    except Refused as refused:
        if "cancelled already" not in str(refused):
            raise


def main() -> None:
    """Arguments: the step or "", which call of it, "real" or "quick" makers, URL, folder, ids."""
    step, times, kind, url, folder, *ids = sys.argv[1:]
    if step:
        wrap(step, int(times))
    site = Site(
        desk=Desk(address=SUPPORT, hostname="mail.desk.example"),
        database=DatabaseSection(url=url),
        keys=Keys(file=Path(folder) / "keys.json"),
    )
    desk = open_desk(site, load_keyring(site.keys.file), Renderer(site.templates.folder))
    books = Books(SimpleNamespace(desk=desk, now=NOW))  # type: ignore[arg-type]
    with makers.Makers(1) if kind == "real" else nullcontext(QuickMaker()) as maker:
        books.maker = maker  # type: ignore[assignment]
        bill(books, [int(each) for each in ids])
    desk.db.close()
