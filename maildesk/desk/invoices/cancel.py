"""An invoice is cancelled by another document, once: nothing that was issued is ever changed.

PROCESS.md section 3.5: correction only by cancellation and a new invoice. The work on it can be
billed anew; the cancellation goes the same way to its number and its letter as an invoice.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from maildesk.desk.context import Desk
from maildesk.desk.invoices.freeze import Maker
from maildesk.desk.invoices.issue import Issued, Outcome, issue, keep
from maildesk.desk.people import Refused
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.basis import Basis
from maildesk.rules.invoice.cancelling import cancellation
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.why import Why
from maildesk.rules.money import Money
from maildesk.store import invoices
from maildesk.store.invoices import InvoiceFacts

if TYPE_CHECKING:
    from maildesk.paper.look import Look

_TRIES = 5


def cancel(
    desk: Desk,
    number: str,
    reason: str,
    makers: Maker,
    look: "Look",
    actor: str,
    now: datetime,
    today: date,
) -> Issued:
    """Cancel an issued or paid invoice, and return what became of the cancellation.

    `reason` stands on the document. The invoice is cancelled from the moment the cancellation has
    its number; its tickets go back to billing (T41). A cancellation that was begun before is
    finished. Raises Refused, in words, where there is no such invoice, it cannot be cancelled, or
    nobody says why.
    """
    if not reason.strip():
        raise Refused(f"say why {number} is cancelled: the customer reads it; nothing was done")
    for _ in range(_TRIES):
        draft_id = desk.db.change(
            lambda session: _draft(session, number, reason, actor, now, today)
        )
        done = issue(desk, draft_id, makers, look, actor, now, today)
        if done.outcome is not Outcome.CHANGED:
            return replace(done, reasons=_reasons(desk, number, done))
    return done


def _draft(
    session: Session, number: str, reason: str, actor: str, now: datetime, today: date
) -> int:
    """Keep the draft of the cancellation and return its id; or that of the one that was begun."""
    found = invoices.numbered(session, number)
    if found is None:
        raise Refused(f"there is no invoice {number}; nothing was cancelled")
    begun = invoices.cancellation_of(session, found.id)
    if begun is not None and begun.state == "issuing":
        return begun.id
    _check(found, begun)
    content = cancellation(canonical.content_of(found.content), reason, today)
    return keep(
        session, f"cancel:{found.id}", found.month, found.customer_id, content, Basis(), actor,
        now, found.id,
    )  # fmt: skip


def _check(found: InvoiceFacts, begun: InvoiceFacts | None) -> None:
    """Raise Refused unless an invoice can be cancelled."""
    number = found.number
    if found.kind != "invoice":
        raise Refused(f"{number} is a cancellation itself; bill the work anew instead")
    if found.state == "cancelled":
        by = f" by {begun.number}" if begun and begun.number else ""
        raise Refused(f"{number} is cancelled already{by}; nothing was done")
    if found.state not in ("issued", "paid"):
        raise Refused(
            f"{number} has no documents yet; finish it with `maildesk invoice run`, then cancel it"
        )


def _reasons(desk: Desk, number: str, done: Issued) -> tuple[Reason, ...]:
    """Return what the operator should know of a cancellation."""
    said = list(done.reasons)
    with desk.db.read() as session:
        found = invoices.numbered(session, number)
        paid = invoices.paid(session, found.id) if found else 0
    if found and done.number and paid > 0:
        said.append(because(Why.PAY_BACK, paid=Money(paid, found.currency), number=number))
    if done.elsewhere:
        said.append(because(Why.ELSEWHERE, tickets=", ".join(done.elsewhere)))
    return tuple(said)
