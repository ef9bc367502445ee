"""What a bill comes to, in the order of operations of PROCESS.md section 3.1."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from maildesk.rules.billing.parts import Charge, Part, cut, parts_of, vat_on, worked
from maildesk.rules.billing.possible import check
from maildesk.rules.billing.rounding import rounded
from maildesk.rules.billing.values import ONE, ZERO, Bill, Item, Job, Line, Share, Totals
from maildesk.rules.money import MINOR, half_up, product

HOUR = 60  # minutes


def totals(bill: Bill) -> Totals:
    """Return the lines and sums of a bill, exact to the minor unit.

    Lines come by ticket in the order given, in it by the first entry at each charge; then the
    flat items. Lines without minutes are left out; no lines at all is nothing to invoice. A down
    payment above the gross leaves a payable sum below zero: it is owed to the customer.

    Raises ValueError, in a sentence, for values that cannot be billed.
    """
    check(bill)
    lines: list[Line] = []
    minutes, unapproved = {}, {}
    credit = bill.credit
    for job in bill.jobs:
        kept, unapproved[job.id] = cut(parts_of(job, bill), job.limit)
        parts = rounded(kept, job)
        minutes[job.id] = worked(parts)
        charged, credit = _less_prepaid(_joined(parts), credit, bill.is_weighted)
        lines += _work_lines(job, charged)
    lines += (_item_line(n, item, bill) for n, item in enumerate(bill.items))
    shares = _shares(lines, bill.discount)
    net, vat = sum(share.net for share in shares), sum(share.vat for share in shares)
    payable = net + vat - bill.down_payment
    return Totals(
        tuple(lines), shares, net, vat, net + vat, payable, minutes, unapproved, credit
    )  # fmt: skip


def negated(found: Totals) -> Totals:
    """Return the exact negative of a bill, for its cancellation: every sum and quantity.

    Prices and discounts in percent stay (a price below zero is against BR-27 of EN 16931), and
    so does what is said about tickets and the credit: it tells of the bill that is cancelled.
    """
    return replace(
        found,
        lines=tuple(_negated(line) for line in found.lines),
        shares=tuple(
            replace(share, net=-share.net, vat=-share.vat, discount=-share.discount)
            for share in found.shares
        ),
        net=-found.net,
        vat=-found.vat,
        gross=-found.gross,
        payable=-found.payable,
    )


def _negated(line: Line) -> Line:
    return replace(
        line,
        minutes=-line.minutes,
        quantity=-line.quantity,
        before_discount=-line.before_discount,
        discount=-line.discount,
        net=-line.net,
    )


_Pile = tuple[Charge, int, date, date]  # minutes at a charge, with their first and last day


def _joined(parts: Iterable[Part]) -> list[_Pile]:
    """Return the minutes of each charge, in order of its first entry."""
    found: dict[Charge, _Pile] = {}
    for part in parts:
        _, minutes, first, last = found.get(part.charge, (None, 0, part.day, part.day))
        days = min(first, part.day), max(last, part.day)
        found[part.charge] = part.charge, minutes + part.minutes, *days
    return list(found.values())


def _less_prepaid(
    piles: Iterable[_Pile], credit: Decimal | None, is_weighted: bool
) -> tuple[list[_Pile], Decimal | None]:
    """Return what prepaid minutes leave to be charged, and what is left of them.

    Whole minutes as long as the credit suffices for one; a dear line for which it does not leaves
    the rest to a cheaper one after it. A surcharge has no minutes of its own (the contract has
    them), so it is money and never taken from the credit.
    """
    left: list[_Pile] = []
    for charge, minutes, first, last in piles:
        if credit is not None and not charge.is_surcharge:
            weight = charge.factor if is_weighted else ONE
            taken = min(minutes, int(credit // weight)) if weight else minutes
            credit -= product(Decimal(taken), weight)
            minutes -= taken
        if minutes:
            left.append((charge, minutes, first, last))
    return left, credit


def _work_lines(job: Job, piles: Iterable[_Pile]) -> Iterable[Line]:
    for charge, minutes, first, last in piles:
        before = half_up(product(Decimal(minutes * MINOR), charge.price), HOUR)
        discount = _share_of(before, job.discount)
        yield Line(
            job=job.id,
            item=None,
            minutes=minutes,
            rate=charge.rate,
            factor=charge.factor,
            is_surcharge=charge.is_surcharge,
            quantity=Decimal(minutes),
            price=charge.price,
            before_discount=before,
            discount=discount,
            net=before - discount,
            vat_rate=charge.vat_rate,
            first_day=first,
            last_day=last,
        )


def _item_line(index: int, item: Item, bill: Bill) -> Line:
    before = half_up(product(item.quantity, item.price, Decimal(MINOR)))
    discount = _share_of(before, item.discount)
    day = item.day or bill.on
    return Line(
        job="",
        item=index,
        minutes=0,
        rate=ZERO,
        factor=ONE,
        is_surcharge=False,
        quantity=item.quantity,
        price=item.price,
        before_discount=before,
        discount=discount,
        net=before - discount,
        vat_rate=vat_on(day, bill),
        first_day=day,
        last_day=day,
    )


def _shares(lines: Sequence[Line], discount: Decimal) -> tuple[Share, ...]:
    """Return the sums by VAT rate upwards; VAT is taken of the sum, never of a line."""
    nets: dict[Decimal, int] = {}
    for line in lines:
        nets[line.vat_rate] = nets.get(line.vat_rate, 0) + line.net
    found = []
    for rate, total in sorted(nets.items()):
        less = _share_of(total, discount)
        net = total - less
        found.append(Share(rate, net, _share_of(net, rate), less))
    return tuple(found)


def _share_of(amount: int, percent: Decimal) -> int:
    return half_up(product(Decimal(amount), percent), 100)
