"""One invoice against what the journal says of it: see `verify`."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from maildesk.desk.invoices.settled import is_settled
from maildesk.desk.invoices.verify_letter import letter_faults
from maildesk.desk.invoices.written import (
    content_values,
    issued_detail,
    line_values,
    payment_detail,
    reserved_detail,
)
from maildesk.rules.invoice import canonical, exact
from maildesk.rules.invoice.cancelling import cancellation
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.invoice.journal import What
from maildesk.store import invoices
from maildesk.store.invoice_tables import ClaimRow, DocumentRow, InvoiceLineRow, PaymentRow
from maildesk.store.invoices import InvoiceFacts, claims_of
from maildesk.store.rows import rows_where

_NAMES = {"content": "content", "basis": "basis", "claims": "claims", "pdf": "PDF", "xml": "XML"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written: where it is, and what is wrong, for people."""

    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal; `detail` as it was handed in."""

    position: int
    at: datetime
    actor: str
    what: str
    detail: Mapping[str, Any]


class Stored:
    """The rows of some invoices beside their own: lines, claims and payments, by invoice."""

    def __init__(self, session: Session, ids: Sequence[int]) -> None:
        self.lines = _by_invoice(session, InvoiceLineRow, ids)
        self.claims = _by_invoice(session, ClaimRow, ids)
        self.payments = _by_invoice(session, PaymentRow, ids)


def _by_invoice(
    session: Session, kind: type[SQLModel], ids: Sequence[int]
) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows_where(session, kind, "invoice_id", ids):
        found[row.invoice_id].append(row)
    return found


def line_of(row: Any) -> Line | Fault:
    """Return a row of the journal as a value; a fault where its detail is no JSON object."""
    try:
        detail = json.loads(row.detail)
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return Fault(f"journal line {row.position}", "its detail cannot be read")
    return Line(row.position, row.at, row.actor, row.what, detail)


def faults_of(
    session: Session, invoice: InvoiceFacts, told: Sequence[Line], stored: Stored
) -> Iterator[Fault]:
    """Give what is wrong with an invoice, given the lines of the journal about it."""
    where = f"{invoice.kind} {invoice.number or f'with the id {invoice.id}'}"
    if invoice.number is None:
        if any(line.what == What.RESERVED for line in told):
            yield Fault(where, "it has lost the number that the journal says it has")
        return
    for words in (
        *_reserved(invoice, told, stored),
        *_state(invoice, told, stored),
        *_documents(session, invoice, told),
        *_claims(invoice, told, stored),
        *_payments(invoice, told, stored),
        *_content(session, invoice, stored),
    ):
        yield Fault(where, words)


def _only(told: Sequence[Line], what: What) -> Line | None:
    return next((line for line in told if line.what == what), None)


def _reserved(invoice: InvoiceFacts, told: Sequence[Line], stored: Stored) -> Iterator[str]:
    line = _only(told, What.RESERVED)
    if line is None:
        yield "the journal does not know it"
        return
    held = claims_of((row.what, row.ref) for row in stored.claims[invoice.id])
    yield from _other(reserved_detail(invoice, held), line)


def _other(found: Mapping[str, Any], line: Line) -> Iterator[str]:
    """Give what is not as a line of the journal says."""
    for name, value in found.items():
        said = line.detail.get(name)
        if value == said:
            continue
        if name in _NAMES:
            yield f"its {_NAMES[name]} {'were' if name == 'claims' else 'was'} changed since journal line {line.position}"
        else:
            yield f"its {name} is {value!r}; journal line {line.position} says {said!r}"


def _state(invoice: InvoiceFacts, told: Sequence[Line], stored: Stored) -> Iterator[str]:
    paid = sum(row.amount_minor for row in stored.payments[invoice.id])
    if _only(told, What.CANCELLED):
        right = "cancelled"
    elif not _only(told, What.ISSUED):
        right = "issuing"
    else:
        right = "paid" if is_settled(invoice.kind, invoice.payable_minor, paid) else "issued"
    if invoice.state != right:
        yield f"it is {invoice.state}; by the journal it is {right}"


def _documents(session: Session, invoice: InvoiceFacts, told: Sequence[Line]) -> Iterator[str]:
    query = select(col(DocumentRow.pdf), col(DocumentRow.xml), col(DocumentRow.frozen_at))
    found = session.execute(query.where(col(DocumentRow.invoice_id) == invoice.id)).one_or_none()
    line = _only(told, What.ISSUED)
    if line is None:
        if found is not None:
            yield "it has documents that the journal does not know"
    elif found is None:
        yield f"its documents are gone; journal line {line.position} has them"
    else:
        detail = issued_detail(invoice.number or "", invoice.content, found.pdf, found.xml)
        yield from _other(detail, line)
        if found.frozen_at != line.at:
            yield f"its documents are of {found.frozen_at}; the journal says {line.at}"
        yield from letter_faults(session, invoice.id, found.pdf, found.xml)


def _claims(invoice: InvoiceFacts, told: Sequence[Line], stored: Stored) -> Iterator[str]:
    cancelled = _only(told, What.CANCELLED)
    right = cancelled.at if cancelled else None
    for row in stored.claims[invoice.id]:
        if row.released_at != right:
            words = "let go" if row.released_at else "held"
            yield f"{row.what} {row.ref} is {words}, which is not what the journal says"


def _payments(invoice: InvoiceFacts, told: Sequence[Line], stored: Stored) -> Iterator[str]:
    said = Counter(
        (line.at, line.actor, canonical.encoded(dict(line.detail)))
        for line in told
        if line.what == What.PAYMENT
    )
    found: Counter[tuple[datetime, str, bytes]] = Counter()
    for row in stored.payments[invoice.id]:
        detail = payment_detail(row.amount_minor, row.paid_on, row.words, row.once_key)
        key = (row.booked_at, row.booked_by, canonical.encoded(detail))
        found[key] += 1
        if found[key] > said[key]:
            yield f"payment {row.id} of {row.paid_on} is not as the journal says"
    for (at, actor, _), number in (said - found).items():
        yield f"{number} payment booked by {actor} at {at} is gone or was changed"


def _content(session: Session, invoice: InvoiceFacts, stored: Stored) -> Iterator[str]:
    try:
        content = canonical.content_of(invoice.content)
    except ValueError as error:
        yield str(error)
        return
    if wrong := exact.wrong(content):
        yield f"its sums are not right: {wrong}"
    for name, value in content_values(content).items():
        if getattr(invoice, name) != value:
            yield f"its {name} is {getattr(invoice, name)!r}; its content says {value!r}"
    right = {line.position: line_values(line) for line in content.lines}
    for row in stored.lines[invoice.id]:
        values = {name: getattr(row, name) for name in line_values(content.lines[0])}
        if right.pop(row.position, None) != values:
            yield f"line {row.position} is not that of its content"
    for position in right:
        yield f"line {position} is gone"
    if content.cancels is not None:
        yield from _negative(session, invoice, content)


def _negative(session: Session, invoice: InvoiceFacts, content: InvoiceContent) -> Iterator[str]:
    """Check a cancellation: the exact negative of what it names."""
    reason = content.cancels.reason if content.cancels else ""
    try:
        was = invoices.invoice(session, invoice.cancels_id or 0)
        right = cancellation(
            canonical.content_of(was.content), reason, content.issued_on, content.number
        )
    except (LookupError, ValueError) as error:
        yield f"what it cancels cannot be read: {error}"
        return
    if right != content:
        yield f"it is not the exact negative of {was.number}"
