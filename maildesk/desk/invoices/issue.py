"""The way of an invoice from its draft to its letter, from wherever it stands.

    draft -> reserve (its number; no way back) -> build -> freeze (documents, journal, letter)

It may be started again at any time, and by two at once: each step asks what stands in the
database, and whoever comes second does nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, bindparam, delete, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from maildesk.desk.context import Desk
from maildesk.desk.invoices.freeze import Maker, build, freeze, letters_of
from maildesk.desk.invoices.reserve import Taken, reserve
from maildesk.desk.invoices.written import content_values
from maildesk.desk.people import Refused
from maildesk.desk.rows import Changed
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.basis import Basis
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.invoice.reasons import Reason, because, reason_of, told
from maildesk.rules.invoice.why import Why
from maildesk.rules.number import tag
from maildesk.rules.ticket import State
from maildesk.store import invoices
from maildesk.store.columns import Moment
from maildesk.store.db import rows_met
from maildesk.store.invoice_tables import InvoiceRow
from maildesk.store.invoices import InvoiceFacts

if TYPE_CHECKING:
    from maildesk.desk.invoices.drafts import Drafted
    from maildesk.paper.look import Look

# A newer draft takes the place of an older one; what has a number is left alone.
_DRAFT = text(
    "INSERT INTO invoice (kind, state, run_key, customer_id, month, currency, gross_minor,"
    " payable_minor, cancels_id, content, basis, made_at, made_by) VALUES (:kind, 'draft',"
    " :run_key, :customer_id, :month, :currency, :gross_minor, :payable_minor, :cancels_id,"
    " :content, :basis, :made_at, :made_by) ON CONFLICT (run_key) DO UPDATE SET"
    " currency = excluded.currency, gross_minor = excluded.gross_minor,"
    " payable_minor = excluded.payable_minor, content = excluded.content,"
    " basis = excluded.basis, made_at = excluded.made_at, made_by = excluded.made_by"
    " WHERE invoice.state = 'draft'"
).bindparams(bindparam("content", type_=LargeBinary), bindparam("made_at", type_=Moment))


class Outcome(StrEnum):
    """How far a call of `issue` or `cancel` came."""

    ISSUED = "issued"  # by this call
    BEFORE = "issued before"  # by an earlier one, or another process meanwhile
    CHANGED = "changed"  # its work is not as drafted; draft anew, no number was used
    TAKEN = "taken"  # something of it is on another invoice; no number was used
    REFUSED = "refused"  # it may not be issued; no number was used
    WAITING = "waiting"  # it has its number, but no documents yet; the next run tries again


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of an invoice. `number` is "" as long as it has none.

    `reasons` are what the operator should know: why it went no further; or of a cancellation,
    what is to be paid back and which tickets (tags in `elsewhere`) are not to be billed anew.
    """

    invoice_id: int
    number: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    elsewhere: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Return the reasons as commands say them, "" without any."""
        return "; ".join(map(str, self.reasons))

    @property
    def is_done(self) -> bool:
        """Tell whether it is issued, whoever did it."""
        return self.outcome in (Outcome.ISSUED, Outcome.BEFORE)

    def in_json(self) -> dict[str, object]:
        """Return what stands for it in JSON: the reasons as `words`."""
        return {
            "invoice_id": self.invoice_id, "number": self.number, "outcome": self.outcome,
            "words": self.words, "elsewhere": self.elsewhere,
        }  # fmt: skip


def save_draft(
    desk: Desk,
    run_key: str,
    month: str,
    customer_id: int,
    drafted: "Drafted",
    actor: str,
    now: datetime,
) -> int:
    """Keep a draft in place of the one with its run key, and return its id.

    What already has a number is left as it is. Raises ValueError for a draft without content.
    """
    if drafted.content is None:
        raise ValueError(f"there is nothing to bill for {run_key}")
    for ticket in drafted.tickets:
        if ticket.state is not State.BILLING:
            raise ValueError(f"ticket {ticket.id} is not to be billed: {ticket.state}")
    basis = Basis(
        tuple(sorted((ticket.id, ticket.version) for ticket in drafted.tickets)),
        tuple(sorted(drafted.entry_ids)),
        tuple(sorted(drafted.item_ids)),
    )
    content = drafted.content
    return desk.db.change(
        lambda session: keep(session, run_key, month, customer_id, content, basis, actor, now)
    )


def keep(
    session: Session,
    run_key: str,
    month: str,
    customer_id: int,
    content: InvoiceContent,
    basis: Basis,
    actor: str,
    now: datetime,
    cancels_id: int | None = None,
) -> int:
    """Write a draft within the caller's transaction, as `save_draft` does, and return its id."""
    values = content_values(content) | {
        "run_key": run_key,
        "month": month,
        "customer_id": customer_id,
        "cancels_id": cancels_id,
        "content": canonical.octets(content),
        "basis": basis.text(),
        "made_at": now,
        "made_by": actor,
    }
    session.execute(_DRAFT, values)
    return invoices.id_of_run(session, run_key)


def drop_draft(desk: Desk, run_key: str) -> bool:
    """Remove a draft that nothing is left of; False where there is none (or it has a number)."""
    gone = delete(InvoiceRow).where(
        col(InvoiceRow.run_key) == run_key, col(InvoiceRow.state) == "draft"
    )
    return desk.db.change(lambda session: rows_met(session, gone) == 1)


def issue(
    desk: Desk,
    invoice_id: int,
    makers: Maker,
    look: "Look",
    actor: str,
    now: datetime,
    today: date,
) -> Issued:
    """Bring an invoice or a cancellation to its end from wherever it stands.

    `today` is a day of the desk's zone and becomes its issue date. Raises LookupError for an
    unknown id. May be called by several threads and processes at once.
    """
    invoice = _standing(desk, invoice_id)
    elsewhere: tuple[str, ...] = ()
    if invoice.state == "draft":
        try:
            took = reserve(desk, invoice, actor, now, today)
            elsewhere = tuple(tag(desk.policy.code, ticket.id) for ticket in took.elsewhere)
        except Taken as taken:
            return Issued(invoice_id, "", Outcome.TAKEN, (reason_of(taken),))
        except Refused as refused:
            return Issued(invoice_id, "", Outcome.REFUSED, (reason_of(refused),))
        except Changed:
            pass  # by another process that issues it too, or by a customer: see how it stands
        invoice = _standing(desk, invoice_id)
    if invoice.state == "draft":
        return Issued(invoice_id, "", Outcome.CHANGED, (because(Why.REDRAFT),))
    number = invoice.number or ""
    if invoice.state != "issuing":
        return Issued(invoice_id, number, Outcome.BEFORE, elsewhere=elsewhere)
    try:
        document = build(invoice, makers, look)
        letters = letters_of(desk, invoice, document, now)
    except SQLAlchemyError:
        raise  # the database is the trouble, not this invoice
    except Exception as error:  # noqa: BLE001 - whatever it was: the row stays as it is
        waits = because(Why.WAITING, number=number, error=told(error))
        return Issued(invoice_id, number, Outcome.WAITING, (waits,), elsewhere)
    mine = freeze(desk, invoice, document, letters, actor, now)
    outcome = Outcome.ISSUED if mine else Outcome.BEFORE
    reasons = () if letters else (because(Why.NOT_MAILED, number=number),)
    return Issued(invoice_id, number, outcome, reasons, elsewhere)


def resume(
    desk: Desk, makers: Maker, look: "Look", actor: str, now: datetime, today: date
) -> list[Issued]:
    """Finish whatever has a number and no documents yet, the oldest number first."""
    with desk.db.read() as session:
        ids = invoices.unfinished(session)
    return [issue(desk, each, makers, look, actor, now, today) for each in ids]


def _standing(desk: Desk, invoice_id: int) -> InvoiceFacts:
    with desk.db.read() as session:
        return invoices.invoice(session, invoice_id)
