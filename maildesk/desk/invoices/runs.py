"""What is kept of a run beside its invoices: when it began, and what its summary says."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, text, update
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk.apply import POST
from maildesk.desk.context import Desk
from maildesk.desk.invoices import agency, journal, summary
from maildesk.desk.invoices.issue import Issued
from maildesk.desk.invoices.journal import Head
from maildesk.desk.invoices.summary import Billed, Summary
from maildesk.desk.people import Refused
from maildesk.rules.invoice.canonical import content_of
from maildesk.rules.invoice.content import InvoiceContent
from maildesk.rules.invoice.journal import What
from maildesk.rules.money import Money
from maildesk.store.columns import Moment
from maildesk.store.invoice_tables import InvoiceEventRow, InvoiceRow, RunRow
from maildesk.store.tables import CustomerRow, OutboundRow

# A run that did not come to its end is gone on with: its summary tells of all of it.
_BEGIN = text(
    "INSERT INTO invoice_run (key, month, began_at, began_after, left_out) VALUES (:key, :month,"
    " :now, :after, '') ON CONFLICT (key) DO UPDATE SET ended_at = NULL,"
    " began_at = CASE WHEN invoice_run.ended_at IS NULL THEN invoice_run.began_at"
    " ELSE excluded.began_at END,"
    " began_after = CASE WHEN invoice_run.ended_at IS NULL THEN invoice_run.began_after"
    " ELSE excluded.began_after END"
).bindparams(bindparam("now", type_=Moment))


def refuse_incomplete(desk: Desk) -> None:
    """Return if the agency may issue invoices. Raises Refused with all that the law still wants."""
    missing = agency.missing(desk.site)
    if missing:
        listed = "; ".join(f"({number}) {words}" for number, words in enumerate(missing, 1))
        raise Refused(f"nothing was made, because the law wants more of the agency: {listed}")


def key_of(month: str, customers: Sequence[int]) -> str:
    """Return the key of a run: its month, and the customers if it is not for all."""
    return ":".join(filter(None, (month, ",".join(map(str, sorted(customers))))))


def begin(desk: Desk, key: str, month: str, now: datetime) -> int:
    """Note that a run begins, or goes on; return the line of the journal after which it began."""

    def work(session: Session) -> int:
        after = journal.head(session).position
        session.execute(_BEGIN, {"key": key, "month": month, "now": now, "after": after})
        row = select(col(RunRow.began_after)).where(col(RunRow.key) == key)
        began: int = session.execute(row).scalar_one()
        return began

    return desk.db.change(work)


def end(desk: Desk, key: str, done: Summary, now: datetime) -> tuple[str, str]:
    """Note that a run is over and queue its summary, if it has anything to say.

    The first one of a month always has: where the journal stands (PROCESS.md section 3.5). Returns
    the address that it goes to, or "" and why to nobody. A summary that cannot be written
    is told with the next run's.
    """
    told = untold = ""
    rows = []
    with desk.db.read() as session:
        says = not done.is_empty or _is_first(session, key, done)
        agent = summary.reader(session, desk)
    if says:
        if agent is None:
            untold = (
                "the summary was mailed to nobody: set `agent` in [billing] to the login of an"
                " agent who is enabled"
            )
        else:
            try:
                rows.append(summary.letter(desk, agent, done, key, now))
            except Exception as error:  # noqa: BLE001 - the invoices are out, whatever it is
                log.staff_mail_failed(summary.TEMPLATE, agent.login, error)
                return "", f"the summary could not be written: {error}"
            told = agent.address

    def work(session: Session) -> None:
        over = update(RunRow).where(col(RunRow.key) == key)
        left = "\n".join(f"{each.customer}: {each.why}" for each in done.left_out)
        session.execute(over.values(ended_at=now, left_out=left))
        if rows:
            session.execute(POST, rows)

    desk.db.change(work)
    return told, untold


def _is_first(session: Session, key: str, done: Summary) -> bool:
    """Tell whether a month's journal is still to be told to whoever bills."""
    begins, column = summary.once_of(key), col(OutboundRow.once_key)
    told = select(column).where(column > begins, column < f"{begins}~").limit(1)
    return key == done.month and done.position > 0 and session.scalar(told) is None


def head(desk: Desk) -> Head:
    """Return where the journal of invoices stands."""
    with desk.db.read() as session:
        return journal.head(session)


def customer_of(desk: Desk, invoice_id: int) -> int:
    """Return the id of the customer whom an invoice is for."""
    with desk.db.read() as session:
        return session.get_one(InvoiceRow, invoice_id).customer_id


def further_key(session: Session, month: str, customer_id: int) -> tuple[str, str]:
    """Return the run key of a further invoice for a month, and the state of its draft or "".

    It has a form of its own, so that no run takes it for the month's invoice.
    """
    base = f"{month}:{customer_id}:further"
    query = select(col(InvoiceRow.run_key), col(InvoiceRow.state)).where(
        col(InvoiceRow.customer_id) == customer_id, col(InvoiceRow.run_key).startswith(base)
    )
    states = {row.run_key: row.state for row in session.execute(query)}
    number = 1
    while states.get(f"{base}:{number}", "draft") != "draft":
        number += 1
    key = f"{base}:{number}"
    return key, states.get(key, "")


def billed_since(
    desk: Desk,
    after: int,
    month: str,
    customers: Sequence[int],
    finished: Sequence[Issued],
) -> tuple[Billed, ...]:
    """Return the invoices for a month issued after a line of the journal, in order of their numbers.

    Those that were `finished` are among them, whatever month they are for.
    """
    mine = col(InvoiceRow.month) == month
    if customers:
        mine &= col(InvoiceRow.customer_id).in_(customers)
    query = (
        select(col(InvoiceRow.customer_id), col(CustomerRow.name), col(InvoiceRow.content))
        .join(CustomerRow, col(CustomerRow.id) == col(InvoiceRow.customer_id))
        .join(InvoiceEventRow, col(InvoiceEventRow.invoice_id) == col(InvoiceRow.id))
        .where(col(InvoiceRow.kind) == "invoice", col(InvoiceEventRow.position) > after)
        .where(col(InvoiceEventRow.what) == What.ISSUED)
        .where(or_(mine, col(InvoiceRow.id).in_([each.invoice_id for each in finished])))
        .order_by(col(InvoiceRow.issued_on), col(InvoiceRow.series), col(InvoiceRow.serial))
    )
    with desk.db.read() as session:
        return tuple(
            billed(customer_id, name, content_of(content))
            for customer_id, name, content in session.execute(query)
        )


def billed(customer_id: int, customer: str, content: InvoiceContent) -> Billed:
    """Return an invoice as a row of a summary."""
    return Billed(
        customer_id, customer, content.number, Money(content.net, content.currency),
        Money(content.gross, content.currency), content.due_on, content.tickets,
    )  # fmt: skip
