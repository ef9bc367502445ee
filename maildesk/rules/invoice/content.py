"""Everything that stands on an invoice, as values: what is frozen, printed and written as XML.

The documents are made of nothing else. Amounts are minor units with their sign (a cancellation
is below zero); unit prices and rates are exact decimals. Texts are in the invoice's language.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from maildesk.rules.billing.values import Vat


class DocumentKind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CANCELLATION = "cancellation"
    TIMESHEET = "timesheet"  # nothing is to be paid: no number, no lines, never kept


class Format(StrEnum):
    """In what form a customer gets his invoice (PROCESS.md section 3.6)."""

    ZUGFERD = "zugferd"  # a PDF with the XML inside
    XRECHNUNG = "xrechnung"  # the XML is the invoice; a PDF to read goes along


class Unit(StrEnum):
    """What a quantity counts: codes of UN/ECE Recommendation 20."""

    MINUTE = "MIN"
    PIECE = "C62"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys. `country` is a code of ISO 3166-1 such as "DE"; "" is: not known.

    `email` is the electronic address (BT-34, BT-49); contact and phone are the seller's (BG-6).
    `number` is the customer's number with us. `buyer_reference` is BT-10: the Leitweg-ID, or what
    the customer wants to read there; `order_number` is BT-13.
    """

    name: str
    line2: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    vat_id: str = ""
    tax_number: str = ""
    register: str = ""
    email: str = ""
    contact: str = ""
    phone: str = ""
    number: str = ""
    buyer_reference: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """Where to pay; the IBAN without blanks."""

    holder: str
    iban: str
    bic: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line (BG-25). `words` describe the work itself; `detail` says kind, factor and the like.

    `quantity` times `price` / `price_base`, rounded half up, is `net` + `discount`. Of work the
    quantity is in minutes and the price that of an hour: `price_base` 60. `ticket` is its tag.
    """

    position: int
    words: str
    quantity: Decimal
    unit: Unit
    price: Decimal
    price_base: int
    net: int
    vat_rate: Decimal
    detail: str = ""
    ticket: str = ""
    discount: int = 0
    discount_percent: Decimal = Decimal(0)
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class VatLine:
    """A row of the VAT breakdown (BG-23): `net` is taxed at `rate` percent with `vat`.

    `discount` is what the invoice's discount took of this rate; `net` is without it.
    """

    rate: Decimal
    net: int
    vat: int
    discount: int = 0


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A time entry on the time sheet. `free` says in words why it costs nothing, "" if it does.

    `words` say what was done; `agent` is a name, or "" where the agency does not show it.
    """

    ticket: str
    title: str
    day: date
    minutes: int
    factor: Decimal = Decimal(1)
    words: str = ""
    agent: str = ""
    free: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The invoice that a cancellation cancels (BG-3), and why."""

    number: str
    issued_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """A whole invoice. A draft has the number "", and so has a time sheet by itself.

    `first_day` and `last_day` are the time of service (BG-14). `down_payment` was paid before
    (BT-113); payable = gross - down_payment. `intro` and `outro` are the agency's own sentences,
    `notes` those that the law wants (PROCESS.md section 3.4). `credits` say what is left of
    prepaid work. `tickets` are tags, in the order of the lines.
    """

    kind: DocumentKind
    format: Format
    language: str
    currency: str
    number: str
    issued_on: date
    due_on: date
    first_day: date
    last_day: date
    seller: Party
    buyer: Party
    bank: Bank
    vat_case: Vat
    lines: tuple[InvoiceLine, ...]
    vat_lines: tuple[VatLine, ...]
    net: int
    vat: int
    gross: int
    payable: int
    down_payment: int = 0
    discount_percent: Decimal = Decimal(0)
    cancels: Reference | None = None
    notes: tuple[str, ...] = ()
    intro: str = ""
    outro: str = ""
    credits: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    sheet: tuple[SheetRow, ...] = ()
    girocode: bool = True
