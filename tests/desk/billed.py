"""What tests of invoices begin with: an office, work in billing, drafts of it, a quick maker."""

import sqlite3
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, text
from sqlmodel import col

from maildesk.desk.invoices.cancel import cancel
from maildesk.desk.invoices.issue import Issued, issue, save_draft
from maildesk.desk.invoices.verify import Fault, verify
from maildesk.paper.einvoice import to_xml
from maildesk.paper.look import Look
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice import canonical
from maildesk.rules.invoice.content import DocumentKind, InvoiceContent
from maildesk.rules.number import tag
from maildesk.store import invoices, queries
from maildesk.store.invoice_tables import InvoiceEventRow, InvoiceLineRow, InvoiceRow, ItemRow
from maildesk.store.invoices import InvoiceFacts
from maildesk.store.work_tables import TimeRow
from tests.desk.office import ANNA, Office, mail
from tests.paper.made import invoice, line

TODAY = date(2026, 11, 23)
BY = "lena@agency.example"
LOOK = Look()


@dataclass(frozen=True)
class Made:
    """Documents, as maildesk.paper.document has them."""

    pdf: bytes
    xml: bytes


class QuickMaker:
    """Makes the true XML, and of the PDF only its first octets: pages are tested elsewhere."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = ""

    def make(self, octets: bytes, look: Look) -> "Future[Any]":
        self.asked += 1
        future: Future[Any] = Future()
        if self.fails:
            future.set_exception(RuntimeError(self.fails))
        else:
            pdf = b"%PDF-1.7 of " + canonical.sha256(octets).encode()
            content = canonical.content_of(octets)
            is_sheet = content.kind is DocumentKind.TIMESHEET
            future.set_result(Made(pdf, b"" if is_sheet else to_xml(content)))
        return future


@dataclass(frozen=True)
class Drafted:
    """A draft, as maildesk.desk.invoices.drafts has it."""

    content: InvoiceContent | None
    tickets: tuple[TicketFacts, ...]
    entry_ids: tuple[int, ...]
    item_ids: tuple[int, ...] = ()


class Books:
    """An office that bills. `worked` makes work, `drafted` and `issued` make invoices of it."""

    def __init__(self, office: Office) -> None:
        self.office, self.desk, self.maker = office, office.desk, QuickMaker()
        self._mails = 0

    def worked(self, minutes: int = 30) -> int:
        """Return a ticket of the firm in billing with a time entry of so many minutes."""
        self._mails += 1
        subject = f"Order {self._mails}"
        raw = mail(ANNA, subject, message_id=f"{self._mails}@firm.example")
        ticket_id = self.office.receive(raw).ticket_id
        assert ticket_id is not None
        self.office.set_state(ticket_id, "billing", closed=True)
        values = {"ticket_id": ticket_id, "agent_id": 1, "minutes": minutes,
                  "booked_at": self.office.now, "words": subject}  # fmt: skip
        with self.desk.db.engine.begin() as connection:
            connection.execute(insert(TimeRow), values)
        return ticket_id

    def item(self, price: str = "49") -> int:
        """Return a licence that is to be billed to the firm."""
        values = {"customer_id": 1, "words": "Licence", "price": price, "day": TODAY,
                  "added_at": self.office.now}  # fmt: skip
        with self.desk.db.engine.begin() as connection:
            found = connection.execute(insert(ItemRow).returning(col(ItemRow.id)), values)
            return int(found.scalar_one())

    def draft_of(self, *ticket_ids: int, items: tuple[int, ...] = (), **more: Any) -> Drafted:
        """Return a draft of tickets and items as they are now."""
        with self.desk.db.read() as session:
            found = queries.tickets(session, ticket_ids)
            query = select(col(TimeRow.id), col(TimeRow.ticket_id), col(TimeRow.minutes))
            entries = session.execute(query.where(col(TimeRow.ticket_id).in_(ticket_ids))).all()
        lines = []
        for ticket_id in ticket_ids:
            minutes = sum(each.minutes for each in entries if each.ticket_id == ticket_id)
            name = tag("DD", ticket_id)
            lines.append(line(f"Ticket {name}: done", str(minutes), "95", ticket=name))
        lines += [line("Licence", "1", "49", piece=True) for _ in items]
        content = replace(invoice(lines, **more), number="", issued_on=TODAY)
        content = replace(content, due_on=TODAY + timedelta(days=14))
        tickets = tuple(found[each] for each in ticket_ids)
        return Drafted(content, tickets, tuple(each.id for each in entries), items)

    def drafted(self, *ticket_ids: int, items: tuple[int, ...] = (), key: str = "") -> int:
        """Save a draft and return its id; it has a run key of its own if none is given."""
        drafted = self.draft_of(*ticket_ids, items=items)
        key = key or f"2026-11:1:t{'-'.join(map(str, (*ticket_ids, *items)))}"
        return save_draft(self.desk, key, "2026-11", 1, drafted, BY, self.office.now)

    def issue(self, invoice_id: int, today: date = TODAY) -> Issued:
        return issue(self.desk, invoice_id, self.maker, LOOK, BY, self.office.now, today)

    def issued(self, *ticket_ids: int, items: tuple[int, ...] = ()) -> str:
        """Issue an invoice of tickets and items and return its number."""
        done = self.issue(self.drafted(*ticket_ids, items=items))
        assert done.outcome == "issued", done
        return done.number

    def cancel(self, number: str, reason: str = "Wrong address.", today: date = TODAY) -> Issued:
        now = self.office.now
        return cancel(self.desk, number, reason, self.maker, LOOK, BY, now, today)

    def invoice(self, number: str) -> InvoiceFacts:
        with self.desk.db.read() as session:
            found = invoices.numbered(session, number)
        assert found, number
        return found

    def content(self, number: str) -> InvoiceContent:
        return canonical.content_of(self.invoice(number).content)

    def numbers(self) -> list[str]:
        """Return the numbers of all documents that are issued, sorted."""
        rows = self.office.rows(InvoiceRow)
        return sorted(row.number for row in rows if row.state not in ("draft", "issuing"))

    def states(self) -> list[tuple[str | None, str]]:
        return [(row.number, row.state) for row in self.office.rows(InvoiceRow)]

    def lines(self, number: str) -> list[InvoiceLineRow]:
        wanted = self.invoice(number).id
        rows = self.office.rows(InvoiceLineRow, col(InvoiceLineRow.position))
        return [row for row in rows if row.invoice_id == wanted]

    def journal(self) -> list[str]:
        """Return what each line of the journal says was done."""
        return [
            row.what for row in self.office.rows(InvoiceEventRow, col(InvoiceEventRow.position))
        ]

    def faults(self, head: str = "") -> list[Fault]:
        return verify(self.desk.db, head)

    def tamper(self, *statements: str) -> None:
        """Change rows as a careful owner of the tables would: the triggers are back afterwards."""
        if self.desk.db.is_sqlite:
            with closing(sqlite3.connect(str(self.desk.db.url.database))) as file:
                found = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                triggers = found.fetchall()
                for name, _ in triggers:
                    file.execute(f"DROP TRIGGER {name}")
                for statement in statements:
                    assert file.execute(statement).rowcount, statement
                for _, made in triggers:
                    file.execute(made)
                file.commit()
            return
        with self.desk.db.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                assert connection.execute(text(statement)).rowcount, statement
