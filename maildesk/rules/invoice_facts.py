"""What is known of an invoice that a mail is about."""

from dataclasses import dataclass
from datetime import date

from maildesk.rules.money import Money


@dataclass(frozen=True, slots=True)
class NamedInvoice:
    """An invoice or a cancellation with a number; `state` as in the store.

    `customer` is the name of who pays it, `sent_to` the address that its mail went to, "" if
    none went yet. A cancellation has no day on which it is due.
    """

    id: int
    number: str
    state: str
    payable: Money
    customer: str
    due_on: date | None = None
    customer_id: int = 0
    sent_to: str = ""
