"""The rows of invoices for `bench.web`: three years of them, some open, some late, some cancelled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from bench.web_rows import CUSTOMERS, NOW, Made, Row
from maildesk.rules.invoice import canonical
from tests.paper.made import invoice, line

EACH = 5  # tickets for each invoice
_DUE = timedelta(days=14)
_PDF = b"%PDF-1.7 " + b"0" * 2_000
_GROSS = 16_958


class Invoices:
    """The rows of all tables of invoices, each asked for once."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self.number = made.tickets // EACH

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Give (table, rows)."""
        yield "customer_billing", self._profiles()
        yield "invoice", self._invoices()
        yield "invoice_document", ({"invoice_id": n, "pdf": _PDF, "xml": b"<x/>" * 500,
                                    "frozen_at": NOW} for n in self._all())  # fmt: skip
        yield "invoice_event", self._events()
        yield "payment", self._payments()
        yield "outbound", self._letters()

    def _all(self) -> range:
        return range(1, self.number + 1)

    def _day(self, number: int) -> date:
        return self._made.at(number * EACH).date()

    def _state(self, number: int) -> str:
        """One in fifty is open, however old; the newest are; one in a hundred was cancelled."""
        if number % 100 == 7:
            return "cancelled"
        return "issued" if number % 50 == 3 or number > self.number * 49 // 50 else "paid"

    def _profiles(self) -> Iterator[Row]:
        for number in range(1, CUSTOMERS + 1):
            yield {"customer_id": number, "name": f"Kunde {number:04} GmbH", "country": "DE",
                   "street": f"Gartenweg {number}", "postcode": "50667", "city": "Köln",
                   "email": self._made.address(number, 1), "is_business": True,
                   "discount": "0", "total_discount": "0"}  # fmt: skip

    def _invoices(self) -> Iterator[Row]:
        content = invoice([line(f"Arbeit {n}", "45", "95") for n in range(6)])
        for number in self._all():
            on, said = self._day(number), f"RE-{number:06}"
            theirs = replace(content, number=said, issued_on=on, due_on=on + _DUE)
            yield {"id": number, "kind": "invoice", "state": self._state(number),
                   "run_key": f"{number}", "customer_id": self._made.whose(number)[0],
                   "month": f"{on:%Y-%m}", "number": said, "series": "RE", "serial": number,
                   "issued_on": on, "due_on": on + _DUE, "currency": "EUR",
                   "gross_minor": _GROSS, "payable_minor": _GROSS,
                   "content": canonical.octets(theirs), "basis": "{}",
                   "made_at": NOW, "made_by": "lena"}  # fmt: skip

    def _events(self) -> Iterator[Row]:
        for number in self._all():
            yield {"position": number, "at": NOW, "actor": "lena", "what": "issued",
                   "invoice_id": number, "detail": '{"pdf":"00","xml":"00"}',
                   "before_sha256": f"{number - 1:064x}", "sha256": f"{number:064x}"}  # fmt: skip

    def _payments(self) -> Iterator[Row]:
        paid = (number for number in self._all() if self._state(number) == "paid")
        for nth, number in enumerate(paid, 1):
            yield {"id": nth, "invoice_id": number, "amount_minor": _GROSS,
                   "paid_on": self._day(number) + _DUE, "booked_at": NOW,
                   "booked_by": "lena", "once_key": f"bank{number}"}  # fmt: skip

    def _letters(self) -> Iterator[Row]:
        first = self._made.letters()
        for number in self._all():
            at = self._made.at(number * EACH)
            yield {"id": first + number, "handle": f"i{number}", "once_key": f"invoice:{number}",
                   "purpose": "invoice", "return_path": "support@desk.example",
                   "rcpt_to": self._made.address(1, 1), "raw": _PDF, "state": "sent",
                   "message_id": f"{number}.invoice@desk.example", "attempts": 1,
                   "queued_at": at, "next_attempt_at": at, "settled_at": at}  # fmt: skip
