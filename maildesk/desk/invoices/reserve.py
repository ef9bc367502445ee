"""A draft gets its number: one short transaction, after which there is no way back.

The number, the tickets' way, the claims and the journal's line are written together or not at
all; a rollback gives the number back, so that no range has a gap (PROCESS.md section 3.5).
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from maildesk.desk import numbers
from maildesk.desk.apply import apply
from maildesk.desk.context import Desk
from maildesk.desk.invoices import continuing, journal, taking
from maildesk.desk.invoices.makable import refuse_unmakable
from maildesk.desk.invoices.taking import Taking
from maildesk.desk.invoices.written import content_values, line_values, reserved_detail
from maildesk.desk.people import Refused
from maildesk.desk.rows import Acted, Changed, Written
from maildesk.rules.facts import Candidate, Facts, Match
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.basis import basis_of
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent
from maildesk.rules.invoice.journal import What
from maildesk.rules.invoice.numbering import counter_of, number_text, series_of
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.why import Why
from maildesk.rules.number import tag
from maildesk.rules.plan import SetState, Touch
from maildesk.store import invoices
from maildesk.store.db import rows_met
from maildesk.store.invoice_tables import InvoiceLineRow, InvoiceRow
from maildesk.store.invoices import InvoiceFacts
from maildesk.store.tables import EventRow


class Taken(Exception):
    """Something of it is on another invoice; it carries the Reason, which says what and on which."""


def reserve(desk: Desk, draft: InvoiceFacts, actor: str, now: datetime, today: date) -> Taking:
    """Give a draft its number, `today` as its issue date, and return what it took along.

    Raises Changed if the draft is another by now or its tickets have changed (draft anew), Taken
    if another invoice has something of it, Refused (in words) if it may not be issued. Then no
    number was used.
    """
    content = _dated(canonical.content_of(draft.content), today)
    form = _form(desk, content)
    refuse_unmakable(desk, replace(content, number=number_text(form, today, 1)))
    with desk.db.read() as session:
        if content.kind is DocumentKind.CANCELLATION:
            takes = taking.for_cancellation(session, draft, actor, now)
        else:
            takes = taking.for_invoice(session, draft)

    def write(session: Session) -> None:
        number = _number(session, desk, draft, content, form)
        takes.write(session, number)
        events = [
            {"ticket_id": ticket.id, "at": now, "actor": actor, "trigger": "invoice",
             "from_state": "", "to_state": "", "detail": number, "row": "", "inbound_id": None}
            for ticket in takes.tickets
        ]  # fmt: skip
        if events:
            session.connection().execute(insert(EventRow), events)
        written, claims = (
            invoices.invoice(session, draft.id),
            invoices.claims(session, draft.id),
        )
        detail = reserved_detail(written, claims)
        journal.append(session, now, actor, What.RESERVED, draft.id, detail)

    steps = tuple(
        step
        for ticket in takes.tickets
        for step in (
            Touch(ticket.id),
            SetState(ticket.id, ticket.state, takes.to, takes.trigger, takes.row),
        )
    )
    candidates = tuple(Candidate(ticket, Match.SIGNED_ADDRESS) for ticket in takes.tickets)
    facts = Facts(ticket_id=0, message_id=0, candidates=candidates)
    try:
        apply(desk.db, [Acted(actor, facts, steps, Written(), also=(write,))], now)
    except IntegrityError as error:
        raise _why(desk, draft) from error
    return takes


def _dated(content: InvoiceContent, today: date) -> InvoiceContent:
    """Return a draft's content as issued today, to be paid in as many days as drafted."""
    return replace(content, issued_on=today, due_on=today + (content.due_on - content.issued_on))


def _form(desk: Desk, content: InvoiceContent) -> str:
    billing = desk.site.billing
    is_cancellation = content.kind is DocumentKind.CANCELLATION
    return billing.cancellation if is_cancellation else billing.number


def _number(
    session: Session, desk: Desk, draft: InvoiceFacts, content: InvoiceContent, form: str
) -> str:
    """Take the next number of the range, write it and all that is fixed with it; return it."""
    today = content.issued_on
    series = series_of(form, today)
    continuing.refuse_unsaid(session, desk, series)
    session.execute(continuing.COUNTER, {"name": counter_of(series)})
    serial = numbers.take(session, counter_of(series), 1)[0]
    # Only now, when others wait for the counter, is the last date certain.
    last = invoices.last_issued_on(session, draft.kind)
    if last is not None and today < last:
        raise Refused(because(Why.DAY_BEFORE, day=today, kind=DocumentKind(draft.kind), last=last))
    number = number_text(form, today, serial)
    final = replace(content, number=number)
    values: dict[str, Any] = content_values(final)
    mine = update(InvoiceRow).where(
        col(InvoiceRow.id) == draft.id,
        col(InvoiceRow.state) == "draft",
        col(InvoiceRow.content) == draft.content,
        col(InvoiceRow.basis) == draft.basis,
    )
    values |= {"state": "issuing", "series": series, "serial": serial,
               "content": canonical.octets(final)}  # fmt: skip
    if rows_met(session, mine.values(**values)) != 1:
        raise Changed  # another process was quicker, or drafted anew
    lines = [{"invoice_id": draft.id} | line_values(line) for line in final.lines]
    if lines:
        session.connection().execute(insert(InvoiceLineRow), lines)
    return number


def _why(desk: Desk, draft: InvoiceFacts) -> Exception:
    """Return what a unique key that was taken means."""
    basis = basis_of(draft.basis)
    named = {
        "ticket": [ticket_id for ticket_id, _ in basis.tickets],
        "entry": basis.entries,
        "item": basis.items,
    }
    with desk.db.read() as session:
        if invoices.invoice(session, draft.id).state != "draft":
            return Changed()
        for what, refs in named.items():
            for ref, number in sorted(invoices.holders(session, what, refs).items()):
                return Taken(_taken(desk, what, ref, number))
    return Refused(because(Why.NUMBER_TAKEN))


def _taken(desk: Desk, what: str, ref: int, number: str) -> Reason:
    if what == "ticket":
        return because(Why.TAKEN, ticket=tag(desk.policy.code, ref), number=number)
    return because(Why.TAKEN_ENTRY if what == "entry" else Why.TAKEN_ITEM, id=ref, number=number)
