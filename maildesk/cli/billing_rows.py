"""The rows of `maildesk billing compute`: what is given in them and what is answered.

The keys are those of PROCESS.md section 7.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from maildesk.cli.filled import Row
from maildesk.cli.written import (
    Written,
    as_object,
    day,
    decimal,
    flag,
    listed,
    members,
    minor,
    number_words,
    sum_words,
    whole,
    word,
)  # fmt: skip
from maildesk.rules.billing.compute import negated, totals
from maildesk.rules.billing.values import Bill, Item, Job, Scope, Totals, Vat, Work
from maildesk.rules.calendars import region_of
from maildesk.rules.entries import EntryType
from maildesk.rules.payment import CONSUMER_POINTS, POINTS, due_on, form, interest, last_day_to_pay

DAY = date(2026, 11, 10)  # where the input names none
Word = TypeVar("Word", bound=StrEnum)
_WORDS = ("text", "title", "note", "agent")  # may be there, and change nothing
# Of an invoice or of a ticket of it, whose own comes first.
_BOTH = ("rate", "increment", "round_scope", "day", "minimum", "factor", "covers_surcharge")
_INVOICE = (
    "vat", "tickets", "flat", "budget", "doc_discount_pct", "prepaid", "credit", *_BOTH, *_WORDS,
)  # fmt: skip
_TICKET = ("id", "entries", "approved", "discount_pct", *_BOTH, *_WORDS)
_FREE = ("free", "rework", "own_mistake")  # what is dropped besides: section 3.1 step 2
_ENTRY = ("min", "covered", "billable", *_FREE, "factor", "rate", "day", "type", *_WORDS)
_FLAT = ("qty", "price", "discount_pct", "day", *_WORDS)
_CUSTOMER = ("country", "business", "leitweg", "name", "vat_id", "id", "postcode", "city", "mail")
_UNPAID = (EntryType.ESTIMATE, EntryType.PRESALES)  # unless said to be billable: section 3.1


def answered(row: Row) -> Row:
    """Return the answer columns of a row; why it cannot be computed stands in expect."""
    try:
        answer = _OPERATIONS.get(row["op"].strip(), _unknown)
        return answer(row)
    except ValueError as problem:
        return refused(str(problem))
    except ArithmeticError:
        return refused("a number has too many digits to stay exact")


def refused(sentence: str) -> Row:
    """Return the answer of a row that cannot be read or computed."""
    return {"expect": _json({"error": sentence})}


def _unknown(row: Row) -> Row:
    raise ValueError(f"op is {row['op']!r}, none of {', '.join(_OPERATIONS)}")


def _invoice(row: Row) -> Row:
    given = as_object(row["input"], "input", _INVOICE)
    found = totals(_bill(given))
    if _flag(given, "credit", False):
        found = negated(found)
    sums = {"net": found.net, "vat": found.vat, "gross": found.gross, "payable": found.payable}
    return {name: sum_words(each) for name, each in sums.items()} | {
        "expect": _json(_expected(found))
    }


def _expected(found: Totals) -> dict[str, Any]:
    left = found.credit_left
    return {
        "lines": [sum_words(line.net) for line in found.lines],
        "breakdown": {
            number_words(share.rate): [sum_words(share.net), sum_words(share.vat)]
            for share in found.shares
        },
        "minutes": dict(found.minutes),
        "unapproved": dict(found.unapproved),
        "budget_left": None if left is None else number_words(left),
    }


def _bill(given: Written) -> Bill:
    budget = given.get("budget")
    prepaid = None if budget is None else members(budget, "budget", ("minutes", "weighted"))
    return Bill(
        jobs=tuple(
            _job(each, n, given) for n, each in enumerate(listed(given.get("tickets"), "tickets"))
        ),
        items=tuple(_item(each) for each in listed(given.get("flat"), "flat")),
        on=_day(given) or DAY,
        vat=_one_of(Vat, given, "vat", Vat.DOMESTIC),
        discount=_decimal(given, "doc_discount_pct", Decimal(0)),
        credit=None if prepaid is None else decimal(prepaid.get("minutes"), "budget minutes"),
        is_weighted=prepaid is None or _flag(prepaid, "weighted", True),
        down_payment=minor(given.get("prepaid") or 0, "prepaid"),
    )


def _job(value: object, index: int, invoice: Written) -> Job:
    own = members(value, "a ticket", _TICKET)
    given = {name: each for name, each in invoice.items() if name in _BOTH}
    given |= {name: each for name, each in own.items() if each is not None}
    limit = given.get("approved")
    return Job(
        id=word(given.get("id", f"T{index + 1}"), "id"),
        work=tuple(_work(each, given) for each in listed(given.get("entries"), "entries")),
        increment=_whole(given, "increment", 1),
        scope=_one_of(Scope, given, "round_scope", Scope.TICKET),
        minimum=_whole(given, "minimum", 0),
        limit=None if limit in (None, "open") else whole(limit, "approved"),
        discount=_decimal(given, "discount_pct", Decimal(0)),
    )


def _work(value: object, ticket: Written) -> Work:
    given = members(value, "an entry", _ENTRY)
    rate = ticket.get("rate") if given.get("rate") is None else given["rate"]
    if rate is None:
        raise ValueError("an entry has no rate, and neither has the invoice")
    kind = _one_of(EntryType, given, "type", EntryType.WORK)
    return Work(
        minutes=whole(given.get("min"), "min"),
        rate=decimal(rate, "rate"),
        factor=_decimal(given, "factor", _decimal(ticket, "factor", Decimal(1))),
        day=_day(given) or _day(ticket),
        is_covered=_flag(given, "covered", False),
        is_free=not _flag(given, "billable", kind not in _UNPAID)
        or any(_flag(given, name, False) for name in _FREE),
        covers_surcharge=_flag(ticket, "covers_surcharge", True),
    )


def _item(value: object) -> Item:
    given = members(value, "a flat item", _FLAT)
    quantity, price = _decimal(given, "qty", Decimal(1)), decimal(given.get("price"), "price")
    if price < 0:  # what is given back: the same sum, written as invoices must have it
        quantity, price = -quantity, -price
    return Item(quantity, price, _decimal(given, "discount_pct", Decimal(0)), _day(given))


def _interest(row: Row) -> Row:
    names = ("principal", "base_rate", "days", "business")
    given = as_object(row["input"], "input", names)
    amount = interest(
        minor(given.get("principal"), "principal"),
        decimal(given.get("base_rate"), "base_rate"),
        whole(given.get("days"), "days"),
        POINTS if _flag(given, "business", True) else CONSUMER_POINTS,
    )
    return {"expect": _json({"amount": sum_words(amount)})}


def _due_date(row: Row) -> Row:
    given = as_object(row["input"], "input", ("issue", "days", "shift193"))
    due = due_on(day(given.get("issue"), "issue"), whole(given.get("days"), "days"))
    shift = given.get("shift193")
    if shift not in (None, "", False):
        # true: the holidays that all of Germany has.
        region = region_of("DE" if shift is True else word(shift, "shift193"))
        due = last_day_to_pay(due, region)
    return {"expect": _json({"due": due.isoformat()})}


def _format(row: Row) -> Row:
    names = ("customer", "gross", "issue", "prev_turnover", "kleinunternehmer")
    given = as_object(row["input"], "input", names)
    customer = members(given.get("customer"), "customer", _CUSTOMER)
    turnover = given.get("prev_turnover")
    leitweg = customer.get("leitweg") or ""
    required, recommended = form(
        word(customer.get("country", "DE"), "country").strip(),
        _flag(customer, "business", True),
        minor(given.get("gross"), "gross"),
        day(given.get("issue"), "issue"),
        None if turnover is None else minor(turnover, "prev_turnover"),
        is_small_seller=_flag(given, "kleinunternehmer", False),
        leitweg=word(leitweg, "leitweg").strip() if leitweg else "",
    )
    return {"expect": _json({"required": required, "recommended": recommended})}


_OPERATIONS: dict[str, Callable[[Row], Row]] = {
    "invoice": _invoice, "interest": _interest, "due_date": _due_date, "format": _format,
}  # fmt: skip


def _decimal(given: Written, name: str, usual: Decimal) -> Decimal:
    return usual if given.get(name) is None else decimal(given[name], name)


def _whole(given: Written, name: str, usual: int) -> int:
    return usual if given.get(name) is None else whole(given[name], name)


def _flag(given: Written, name: str, usual: bool) -> bool:
    return usual if given.get(name) is None else flag(given[name], name)


def _day(given: Written) -> date | None:
    return None if given.get("day") is None else day(given["day"], "day")


def _one_of(words: type[Word], given: Written, name: str, usual: Word) -> Word:
    value = given.get(name)
    if value is None:
        return usual
    try:
        return words(value)
    except ValueError:
        raise ValueError(f"{name}: {value!r} is none of {', '.join(words)}") from None


def _json(answer: dict[str, Any]) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    return text.encode(errors="backslashreplace").decode()  # half a character stays an escape
