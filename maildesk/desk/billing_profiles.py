"""How customers are billed: address, tax and terms. One transaction for each function."""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlmodel import Session
from stdnum.de import leitweg
from stdnum.exceptions import ValidationError

from maildesk.desk.customer_rows import find
from maildesk.desk.people import Refused, one_line, plain_address
from maildesk.paper.countries import is_country
from maildesk.rules.billing.values import Scope
from maildesk.rules.billing.vat import EU, compact_vat_id, is_vat_id
from maildesk.rules.invoice.canonical import plain
from maildesk.store.db import Database
from maildesk.store.invoice_tables import BillingRow

INCREMENTS = (1, 5, 6, 15, 30, 60)
MINIMUM_MAX = 480  # minutes
DAYS_MAX = 365
_PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,2})?")
_LINES = ("name", "line2", "street", "postcode", "city", "number", "reference", "order")
_COLUMNS = {
    "vat_id": "vat_id", "reference": "buyer_reference", "order": "order_number",
    "business": "is_business", "scope": "round_scope", "hold": "on_hold", "leitweg": "leitweg_id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BillingSaid:
    """What is said about how a customer is billed, as typed. None leaves it, "" is: none, or the desk's.

    `vat_checked` is what VIES or the BZSt answered about the VAT id, in the operator's words.
    """

    name: str | None = None
    line2: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    number: str | None = None
    vat_id: str | None = None
    business: bool | None = None
    leitweg: str | None = None
    reference: str | None = None
    order: str | None = None
    payment_days: str | None = None
    increment: str | None = None
    scope: str | None = None
    minimum: str | None = None
    discount: str | None = None
    total_discount: str | None = None
    xml_apart: bool | None = None
    hold: bool | None = None
    vat_checked: str | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is said."""
        return all(getattr(self, each.name) is None for each in fields(self))


@dataclass(frozen=True, slots=True)
class BillingProfile:
    """How a customer is billed: the columns of BillingRow, and his name as `customer`.

    Empty and None mean: what the desk has for everybody. Discounts are percent.
    """

    customer_id: int
    customer: str
    name: str = ""
    line2: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    email: str = ""
    number: str = ""
    is_business: bool = True
    vat_id: str = ""
    vat_id_checked_at: datetime | None = None
    vat_id_answer: str = ""
    leitweg_id: str = ""
    buyer_reference: str = ""
    order_number: str = ""
    xml_apart: bool = False
    payment_days: int | None = None
    increment: int | None = None
    round_scope: str = ""
    minimum: int | None = None
    discount: str = "0"
    total_discount: str = "0"
    on_hold: bool = False


def shown(db: Database, named: str) -> BillingProfile:
    """Return how a customer is billed. Raises Refused if there is none of that name or id."""
    with db.read() as session:
        customer = find(session, named)
        row = session.get(BillingRow, customer.id) or BillingRow(customer_id=customer.id or 0)
        return _value(row, customer.name)


def change(
    db: Database, named: str, said: BillingSaid, actor: str, now: datetime
) -> BillingProfile:
    """Change what is said of how a customer is billed; what is None stays.

    Of a look at the VAT id it is kept when it was and by whom; another VAT id has to be looked at
    anew. Raises Refused, in a sentence, for what cannot be.
    """
    values = _values(said)

    def work(session: Session) -> BillingProfile:
        customer = find(session, named)
        row = session.get(BillingRow, customer.id)
        if row is None:
            row = BillingRow(customer_id=customer.id or 0)
            session.add(row)
        if values.get("vat_id", row.vat_id) != row.vat_id:
            row.vat_id_checked_at, row.vat_id_answer = None, ""
        for name, value in values.items():
            setattr(row, name, value)
        _refuse_foreign_id(row)
        if said.vat_checked is not None:
            _check(row, said.vat_checked, actor, now)
        session.flush()
        return _value(row, customer.name)

    return db.change(work)


def _check(row: BillingRow, answer: str, actor: str, now: datetime) -> None:
    words = one_line("answer", answer)
    if not words:
        row.vat_id_checked_at, row.vat_id_answer = None, ""
        return
    if not row.vat_id:
        raise Refused("there is no VAT id that could have been checked; say --vat-id too")
    row.vat_id_checked_at, row.vat_id_answer = now.astimezone(UTC), f"{words} ({actor})"


def _refuse_foreign_id(row: BillingRow) -> None:
    """Refuse a VAT id of another country than the address: both stand on the invoice."""
    country = {"GR": "EL"}.get(row.country, row.country)
    if row.vat_id and row.country in EU and not row.vat_id.startswith(country):
        raise Refused(
            f"the VAT id {row.vat_id} is not one of {row.country}, where the customer is;"
            " say --country too, or mend it"
        )


def _values(said: BillingSaid) -> dict[str, Any]:
    """Return what is said, checked, by the columns of its row."""
    found: dict[str, Any] = {
        _COLUMNS.get(name, name): one_line(name, given)
        for name in _LINES
        if (given := getattr(said, name)) is not None
    }
    found |= {
        _COLUMNS.get(name, name): given
        for name in ("business", "xml_apart", "hold")
        if (given := getattr(said, name)) is not None
    }
    for name, read in (
        ("country", _country), ("email", _email), ("vat_id", _vat_id), ("leitweg", _leitweg),
        ("scope", _scope), ("increment", _increment), ("payment_days", _days),
        ("minimum", _minimum), ("discount", percent), ("total_discount", percent),
    ):  # fmt: skip
        if (given := getattr(said, name)) is not None:
            found[_COLUMNS.get(name, name)] = read(given.strip())
    return found


def percent(given: str) -> str:
    """Return a discount in its plain form, "0" for "". Raises Refused for anything but 0 to 100."""
    text = given.strip().removesuffix("%").strip()
    if not text:
        return "0"
    try:
        value = Decimal(text.replace(",", ".")) if _PERCENT.fullmatch(text) else Decimal(-1)
    except InvalidOperation:
        value = Decimal(-1)
    if not 0 <= value <= 100:
        raise Refused(f"{given!r} is no discount; say percent such as 10 or 2.5")
    return plain(value)


def _country(given: str) -> str:
    code = given.upper()
    if not is_country(code):
        raise Refused(f"{given!r} is no country; say its code of two letters, such as DE or AT")
    return code


def _email(given: str) -> str:
    return plain_address(given) if given else ""


def _vat_id(given: str) -> str:
    if given and not is_vat_id(given):
        raise Refused(
            f"{given!r} is no VAT id of a country of the EU: form or check digits are wrong; say"
            " one such as ATU13585627"
        )
    return compact_vat_id(given) if given else ""


def _leitweg(given: str) -> str:
    try:
        return str(leitweg.validate(given)).upper() if given else ""
    except ValidationError:
        raise Refused(
            f"{given!r} is no Leitweg-ID: form or check digits are wrong; say one such as"
            " 04011000-1234512345-06"
        ) from None


def _scope(given: str) -> str:
    words = given.lower().replace("-", "_")
    if words and words not in {each.value for each in Scope}:
        raise Refused(
            f"{given!r} is no scope; say one of {', '.join(each.value for each in Scope)}"
        )
    return words


def _increment(given: str) -> int | None:
    found = _whole(given, "minutes that work is rounded up to", 60)
    if found is not None and found not in INCREMENTS:
        raise Refused(f"work is rounded up to {', '.join(map(str, INCREMENTS))} minutes; say one")
    return found


def _days(given: str) -> int | None:
    found = _whole(given, "days to pay", DAYS_MAX)
    if found == 0:
        raise Refused("an invoice needs a day at least to be paid; say --payment-days 1 or more")
    return found


def _minimum(given: str) -> int | None:
    return _whole(given, "minutes at least", MINIMUM_MAX)


def _whole(given: str, what: str, most: int) -> int | None:
    if not given:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", given) or int(given) > most:
        raise Refused(f"{given!r} is no number of {what}: say one up to {most}")
    return int(given)


def _value(row: BillingRow, customer: str) -> BillingProfile:
    names = (each.name for each in fields(BillingProfile) if each.name != "customer")
    return BillingProfile(customer=customer, **{name: getattr(row, name) for name in names})
