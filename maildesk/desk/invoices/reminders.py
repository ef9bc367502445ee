"""The friendly reminder of an invoice that is due: once, and only where the agency wants it.

On working days, from nine in the morning. Only of invoices whose mail arrived as far as we know:
whoever never got the invoice is not to be reminded of it.
"""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.invoices import journal
from maildesk.desk.invoices.letters import reminder_for, reminder_key
from maildesk.desk.rows import DESK
from maildesk.mail.message import Address
from maildesk.rules.calendars import Region
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.journal import What
from maildesk.rules.payment import last_day_to_pay
from maildesk.store import invoices
from maildesk.store.invoice_facts import Unpaid, unpaid
from maildesk.store.invoice_tables import DocumentRow, InvoiceRow
from maildesk.store.invoices import InvoiceFacts
from maildesk.store.tables import OutboundRow

EVERY = timedelta(minutes=5)
FROM = time(9)
MANY = 50  # in one look; the others have their turn minutes later
MORE_DAYS = 7  # to pay from the reminder on


def is_time(desk: Desk, now: datetime, last: datetime | None) -> bool:
    """Tell whether to look for unpaid invoices now; `last` is when that was done, None: never."""
    if not desk.site.billing.reminder_days or (last is not None and now < last + EVERY):
        return False
    local = now.astimezone(desk.policy.calendar.timezone)
    return local.time() >= FROM and bool(desk.policy.calendar.spans_on(local.date()))


def send_due(desk: Desk, now: datetime) -> int:
    """Remind of every invoice that is to be reminded of by now; return of how many.

    One that cannot be written is logged, holds up no other, and is tried again the next time.
    Raises sqlalchemy.exc.OperationalError where the database is the trouble.
    """
    days = desk.site.billing.reminder_days
    if not days:
        return 0
    today = now.astimezone(desk.policy.calendar.timezone).date()
    with desk.db.read() as session:
        found = unpaid(session, today - timedelta(days=days), MANY)
    # The law moves the day of payment; the one that is printed stays (§ 193 BGB).
    late = [each for each in found if _moved(desk, each.due_on) + timedelta(days=days) <= today]
    return sum(_try(desk, each, today, now) for each in late)


def _moved(desk: Desk, day: date) -> date:
    region = desk.policy.calendar.holidays
    return last_day_to_pay(day, region if isinstance(region, Region) else None)


def _try(desk: Desk, late: Unpaid, today: date, now: datetime) -> int:
    try:
        return _remind(desk, late, today, now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other invoices go on
        log.reminding_failed(late.id, error)
        return 0


def _remind(desk: Desk, late: Unpaid, today: date, now: datetime) -> int:
    documents = select(col(DocumentRow.pdf), col(DocumentRow.xml)).where(
        col(DocumentRow.invoice_id) == late.id
    )
    with desk.db.read() as session:
        invoice, paid = invoices.invoice(session, late.id), invoices.paid(session, late.id)
        pdf, xml = session.execute(documents).one()
    content = canonical.content_of(invoice.content)
    to, until = Address(content.buyer.name, late.sent_to), _moved(desk, _later(today))
    row = reminder_for(desk, late.id, content, pdf, xml, to, paid, until, now)
    return desk.db.change(lambda session: _queued(session, invoice, paid, row, until, now))


def _later(today: date) -> date:
    return today + timedelta(days=MORE_DAYS)


def _queued(
    session: Session,
    invoice: InvoiceFacts,
    paid: int,
    row: dict[str, object],
    until: date,
    now: datetime,
) -> int:
    """Queue the reminder if it is still wanted, and note it; return 1, or 0 if it is not."""
    lock = select(col(InvoiceRow.state)).where(col(InvoiceRow.id) == invoice.id).with_for_update()
    state = session.scalar(lock)
    if state != invoice.state or invoices.paid(session, invoice.id) != paid:
        return 0  # paid or cancelled this very moment; if only in part, the next look sees it
    told = select(col(OutboundRow.id)).where(col(OutboundRow.once_key) == reminder_key(invoice.id))
    if session.scalar(told) is not None:
        return 0  # another process was quicker
    session.connection().execute(POST, [row])
    detail = {"until": until.isoformat(), "paid": paid, "to": str(row["rcpt_to"])}
    journal.append(session, now, DESK, What.REMINDED, invoice.id, detail)
    return 1
