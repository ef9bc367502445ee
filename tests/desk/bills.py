"""What tests of the run and of the pages about money begin with: an office that bills."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, update

from maildesk.config.billing import Agency, Billing
from maildesk.store.invoice_tables import BillingRow, DocumentRow, InvoiceRow
from maildesk.store.tables import ContactRow
from maildesk.store.work_tables import TimeRow
from tests.desk.billed import Books
from tests.desk.office import ANNA, Office, mail

NOVEMBER = "2026-11"
FIRST = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
AGENCY = Agency(
    name="Lindenhof Digital GmbH", street="Lindenstraße 12", postcode="50674", city="Köln",
    vat_id="DE136695976", register_number="HRB 86421, Amtsgericht Köln", contact="Lena Hartmann",
    phone="+49 221 5550123", email="rechnung@lindenhof.example",
    account_holder="Lindenhof Digital GmbH", iban="DE02120300000000202051",
)  # fmt: skip
FIRM = {"customer_id": 1, "name": "Firm GmbH", "street": "Gartenweg 1", "postcode": "50667",
        "city": "Köln", "email": "buchhaltung@firm.example"}  # fmt: skip
TEA = {"customer_id": 2, "name": "Tea Ltd", "street": "Hafenweg 2", "postcode": "20457",
       "city": "Hamburg", "email": "accounts@tea.example"}  # fmt: skip


class Bills(Books):
    """Books with an agency that may issue; `work` makes what the run bills."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.set(AGENCY, Billing(agent="lena"))

    def set(self, agency: Agency, billing: Billing) -> None:
        site = self.office.desk.site.model_copy(update={"agency": agency, "billing": billing})
        self.office.use(replace(self.office.desk, site=site))
        self.desk = self.office.desk

    def knows(self, *profiles: dict[str, Any]) -> None:
        """Note how customers are billed."""
        with self.desk.db.engine.begin() as connection:
            for profile in profiles:
                connection.execute(insert(BillingRow), profile)

    def work(self, who: str = ANNA, minutes: int = 30, **more: Any) -> int:
        """Return a ticket of somebody in billing, worked on now."""
        self._mails += 1
        domain = who.partition("@")[2]
        raw = mail(who, f"Wish {self._mails}", message_id=f"{self._mails}@{domain}")
        ticket_id = self.office.receive(raw).ticket_id
        assert ticket_id
        values = {"ticket_id": ticket_id, "agent_id": 1, "minutes": minutes,
                  "booked_at": self.office.now, "words": "Done."} | more  # fmt: skip
        with self.desk.db.engine.begin() as connection:
            connection.execute(insert(TimeRow), values)
        self.office.set_state(ticket_id, "billing", closed=True)
        self.office.new_letters()
        return ticket_id

    def contact(self, address: str, **values: Any) -> None:
        """Say something else of a contact."""
        with self.desk.db.engine.begin() as connection:
            mine = update(ContactRow).where(ContactRow.address == address)
            connection.execute(mine.values(**values))

    def stored(self, number: str) -> DocumentRow:
        """Return the documents of an invoice as they lie in the database."""
        wanted = next(row.id for row in self.office.rows(InvoiceRow) if row.number == number)
        return next(
            row for row in self.office.rows(DocumentRow, DocumentRow.invoice_id)
            if row.invoice_id == wanted
        )  # fmt: skip

    def serials(self) -> list[str]:
        """Return all numbers that were given out, sorted."""
        return sorted(row.number for row in self.office.rows(InvoiceRow) if row.number)
