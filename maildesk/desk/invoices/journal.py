"""Lines are added to the journal of invoices, and nothing else is ever done to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session, col

from maildesk.desk import numbers
from maildesk.desk.people import Refused
from maildesk.rules.invoice.canonical import encoded
from maildesk.rules.invoice.journal import NOTHING_BEFORE, line_hash
from maildesk.store.invoice_tables import InvoiceEventRow

COUNTER = "invoice_event"


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of the journal: its position (0: there is none yet) and its hash."""

    position: int
    sha256: str


def append(
    session: Session,
    at: datetime,
    actor: str,
    what: str,
    invoice_id: int | None,
    detail: Mapping[str, Any],
) -> Head:
    """Add a line within the caller's transaction, and return it as the new head.

    Say it last in a transaction: from here to the commit nobody else adds a line. `detail` holds
    texts, whole numbers, lists and mappings. Raises Refused where the line before is gone: the
    chain would be broken for good.
    """
    position = numbers.take(session, COUNTER, 1)[0]  # its row lock makes writers wait in line
    before = NOTHING_BEFORE if position == 1 else _hash_at(session, position - 1)
    text = encoded(dict(detail)).decode("utf-8")
    sha256 = line_hash(position, at, actor, what, invoice_id, text, before)
    session.execute(
        insert(InvoiceEventRow).values(
            position=position,
            at=at,
            actor=actor,
            what=what,
            invoice_id=invoice_id,
            detail=text,
            before_sha256=before,
            sha256=sha256,
        )
    )
    return Head(position, sha256)


def head(session: Session) -> Head:
    """Return the last line of the journal."""
    last = select(col(InvoiceEventRow.position), col(InvoiceEventRow.sha256)).order_by(
        col(InvoiceEventRow.position).desc()
    )
    found = session.execute(last.limit(1)).one_or_none()
    return Head(found.position, found.sha256) if found else Head(0, NOTHING_BEFORE)


def _hash_at(session: Session, position: int) -> str:
    line = select(col(InvoiceEventRow.sha256)).where(col(InvoiceEventRow.position) == position)
    found = session.execute(line).scalar_one_or_none()
    if found is None:
        raise Refused(
            f"line {position} of the invoices' journal is missing, so nothing was written; run"
            " `maildesk invoice verify` and restore a backup"
        )
    return str(found)
