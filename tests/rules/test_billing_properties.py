"""What holds for every bill, and a clerk who counts minute by minute.

The clerk shares no line with the rules.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.billing.compute import negated, totals
from maildesk.rules.billing.values import Bill, Item, Job, Scope, Vat, Work

DAY = date(2026, 11, 10)
MON, TUE = date(2026, 11, 9), date(2026, 11, 10)
RATE = Decimal("95.00")

# Prices of which no two are equal, so that no tie depends on the order of entries of one day.
charged = st.builds(
    Work,
    st.integers(0, 100),
    st.sampled_from([RATE, Decimal("120.50"), Decimal("89.95")]),
    st.sampled_from([Decimal(1), Decimal("1.5"), Decimal(2)]),
    st.none() | st.sampled_from([date(2020, 6, 30), date(2020, 7, 1), MON, TUE]),
    is_free=st.sampled_from([False, False, True]),
)
surcharged = charged.map(
    lambda entry: replace(
        entry, factor=Decimal("1.25"), is_covered=True, covers_surcharge=entry.minutes % 3 == 0
    )
)
entries = st.one_of(charged, charged, surcharged)
percents = st.sampled_from(
    [Decimal(0), Decimal(0), Decimal("7.5"), Decimal("33.333"), Decimal(100)]
)


limits = st.none() | st.integers(0, 200)


def jobs_of(limits, work=entries):
    return st.builds(
        Job,
        st.uuids().map(str),
        st.lists(work, max_size=6).map(tuple),
        st.sampled_from([1, 5, 6, 15, 30, 60]),
        st.sampled_from(Scope),
        st.sampled_from([0, 0, 15, 37]),
        limits,
        percents,
    )


flat = st.builds(
    Item,
    st.decimals(-50, 50, places=2),
    st.decimals(0, 999, places=3),
    percents,
    st.none() | st.just(date(2020, 12, 31)),
)


def bills_of(jobs):
    return st.builds(
        Bill,
        st.lists(jobs, max_size=3).map(tuple),
        st.lists(flat, max_size=3).map(tuple),
        st.just(DAY),
        st.sampled_from(Vat),
        percents,
        st.none() | st.decimals(0, 300, places=1),
        st.integers(0, 10000),
        is_weighted=st.booleans(),
    )


bills = bills_of(jobs_of(limits))


def nearest(amount):
    """Round a fraction half away from zero."""
    whole = int(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


@given(bills)
def test_lines_add_up_to_the_cent(bill):
    found = totals(bill)
    for line in found.lines:
        exact = Fraction(line.quantity) * Fraction(line.price) * 100
        assert line.before_discount == nearest(exact if line.job == "" else exact / 60)
        assert line.net == line.before_discount - line.discount
        assert line.minutes > 0 or line.job == ""
    for share in found.shares:
        of_rate = [line.net for line in found.lines if line.vat_rate == share.rate]
        assert share.net + share.discount == sum(of_rate)
        assert share.vat == nearest(Fraction(share.rate) * share.net / 100)
    assert found.net == sum(share.net for share in found.shares)
    assert found.net == sum(line.net for line in found.lines) - sum(
        s.discount for s in found.shares
    )
    assert found.vat == sum(share.vat for share in found.shares)
    assert found.gross == found.net + found.vat
    assert found.payable == found.gross - bill.down_payment


@given(bills)
def test_a_cancellation_is_the_exact_negative(bill):
    found, back = totals(bill), negated(totals(bill))
    for name in ("net", "vat", "gross", "payable"):
        assert getattr(found, name) + getattr(back, name) == 0
    for line, other in zip(found.lines, back.lines, strict=True):
        for name in ("quantity", "minutes", "before_discount", "discount", "net"):
            assert getattr(line, name) + getattr(other, name) == 0
        assert line.price == other.price >= 0
    for share, other in zip(found.shares, back.shares, strict=True):
        assert (share.net + other.net, share.vat + other.vat) == (0, 0)
        assert (share.discount + other.discount, share.rate) == (0, other.rate)
    assert negated(back) == found


corrected = st.one_of(entries, entries, entries.map(lambda e: replace(e, minutes=-e.minutes)))


@given(bills_of(jobs_of(st.none(), corrected)), st.randoms())
def test_the_order_in_which_entries_were_logged_does_not_change_the_sum(bill, dice):
    """Of entries of one day it may where a limit or a credit ends among them.

    Days come in the order worked: that the desk brings them in it is shown in test_drafting.py.
    """
    bill = replace(bill, credit=None)
    found, other = totals(_shuffled(bill)), totals(_shuffled(bill, dice))
    assert (found.shares, found.minutes) == (other.shares, other.minutes)


def _shuffled(bill, dice=None):
    """Return a bill whose entries come by day, those of one day as the dice fall."""
    jobs = (
        replace(
            job,
            work=tuple(
                sorted(
                    dice.sample(job.work, len(job.work)) if dice else job.work,
                    key=lambda entry: entry.day or DAY,
                )
            ),
        )
        for job in bill.jobs
    )
    return replace(bill, jobs=tuple(jobs))


@given(bills)
def test_nothing_lifts_a_bill_above_what_was_approved(bill):
    found = totals(bill)
    for job in bill.jobs:
        if job.limit is None:
            continue
        assert found.minutes[job.id] <= job.limit
        lines = [line for line in found.lines if line.job == job.id and not line.is_surcharge]
        dearest = max((line.price for line in lines), default=Decimal(0))
        exact = sum(Fraction(line.price) * line.minutes for line in lines)
        assert exact <= Fraction(dearest) * job.limit


@given(jobs_of(st.none(), charged.filter(lambda entry: not entry.is_free)))
def test_rounding_takes_nothing_away_and_adds_less_than_a_step(job):
    minutes = totals(Bill((job,), (), DAY)).minutes[job.id]
    worked = sum(entry.minutes for entry in job.work)
    assert worked <= minutes
    if job.scope is Scope.TICKET and worked >= job.minimum:
        assert minutes < worked + job.increment
        assert minutes % job.increment == 0


class Clerk:
    """Who writes each minute on a slip of its own: (price, factor, VAT, surcharge, day, entry)."""

    def __init__(self, bill):
        self.bill, self.left, self.lines = bill, bill.credit, []
        for job in bill.jobs:
            self._ticket(job)
        for item in bill.items:
            gross = nearest(Fraction(item.quantity) * Fraction(item.price) * 100)
            self.lines.append((self._vat(item.day), self._less(gross, item.discount)))

    def _ticket(self, job):
        slips, used = [], 0
        for n, entry in enumerate(job.work):
            slip = self._slip(n, entry)
            for _ in range(entry.minutes if slip else 0):
                if slip[3] or job.limit is None or used < job.limit:
                    slips.append(slip)
                    used += not slip[3]
        for group in self._groups(slips, job.scope):
            cheapest = min(group, key=lambda slip: slip[0])
            for _ in range(-len(group) % job.increment):
                if cheapest[3] or job.limit is None or used < job.limit:
                    slips.append(cheapest)
                    used += not cheapest[3]
        work = [slip for slip in slips if not slip[3]]
        while work and used < job.minimum and (job.limit is None or used < job.limit):
            slips.append(min(work, key=lambda slip: slip[0]))
            used += 1
        self._charge(slips, job)

    def _slip(self, n, entry):
        if entry.is_free or (entry.is_covered and entry.covers_surcharge):
            return None
        factor, day = Fraction(entry.factor), entry.day or DAY
        price = Fraction(entry.rate) * (factor - 1 if entry.is_covered else factor)
        return price, factor, self._vat(day), entry.is_covered, day, n

    def _groups(self, slips, scope):
        kind = {
            Scope.TICKET: lambda _: 0,
            Scope.TICKET_DAY: lambda s: s[4],
            Scope.ENTRY: lambda s: s[5],
        }
        found = {}
        for slip in slips:
            found.setdefault(kind[scope](slip), []).append(slip)
        return list(found.values())

    def _charge(self, slips, job):
        piles = {}
        for slip in slips:
            piles.setdefault(slip[:4], []).append(slip)
        for (price, factor, vat, is_surcharge), pile in piles.items():
            weight = factor if self.bill.is_weighted else 1
            while pile and not is_surcharge and self.left is not None and self.left >= weight:
                pile.pop()
                self.left -= (
                    weight
                    if isinstance(weight, int)
                    else Decimal(weight.numerator) / weight.denominator
                )
            if pile:
                net = nearest(price * len(pile) * 100 / 60)
                self.lines.append((vat, self._less(net, job.discount)))

    def _vat(self, day):
        if self.bill.vat is not Vat.DOMESTIC:
            return 0
        return 16 if date(2020, 7, 1) <= (day or DAY) < date(2021, 1, 1) else 19

    def _less(self, net, percent):
        return net - nearest(net * Fraction(percent) / 100)

    def gross(self):
        total = 0
        for rate in {vat for vat, _ in self.lines}:
            net = self._less(sum(net for vat, net in self.lines if vat == rate), self.bill.discount)
            total += net + nearest(Fraction(net) * rate / 100)
        return total


@given(bills)
def test_bills_are_what_a_clerk_would_count(bill):
    found, clerk = totals(bill), Clerk(bill)
    assert [line.net for line in found.lines] == [net for _, net in clerk.lines]
    assert (found.gross, found.credit_left) == (clerk.gross(), clerk.left)
