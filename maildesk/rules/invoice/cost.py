"""What the work on a ticket will cost, as the invoice will have it, told before there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from maildesk.rules.billing.compute import totals
from maildesk.rules.billing.values import Bill, Vat
from maildesk.rules.contract import Contract
from maildesk.rules.entries import Entry
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice.jobs import job_of
from maildesk.rules.invoice.netting import netted
from maildesk.rules.invoice.sources import (
    Billable,
    Booked,
    Terms,
    is_covered,
    is_free,
)
from maildesk.rules.money import Money


@dataclass(frozen=True, slots=True)
class Cost:
    """What a ticket costs. Sums are net, after a discount off the line.

    `covered` are minutes that a contract takes, `charged` those that are charged for `work`,
    rounded; `surcharge` is what covered time costs nevertheless. `total` is what is left of both
    after the customer's discount off the whole invoice.
    """

    covered: int
    charged: int
    work: Money
    surcharge: Money
    total: Money


def cost_of(
    ticket: TicketFacts,
    entries: Sequence[Entry],
    terms: Terms,
    contracts: Mapping[int, Contract],
    limit: int | None,
    zone: tzinfo,
    currency: str,
) -> Cost | None:
    """Return what the work on a ticket costs; None where it cannot be known.

    `limit` is the approved total in minutes. Nobody knows the surcharge of time on a contract
    that is not among `contracts`. Flat items are no work and come besides.
    """
    booked = netted(Booked(n, _day(each, zone), each) for n, each in enumerate(entries))
    paying = [each for each in booked if not is_free(each, ticket)]
    covered = [each for each in paying if is_covered(each)]
    if any(each.entry.factor > 1 and each.entry.contract_id not in contracts for each in covered):
        return None
    job = job_of(Billable(ticket, "ticket", limit=limit), booked, terms, contracts, currency)
    # Net sums alone: no VAT, so the day of the bill and the rates do not count.
    bill = Bill((job,), (), date.max, Vat.SMALL, discount=terms.total_discount)
    try:
        found = totals(bill)
    except ValueError:
        return None  # the run leaves such a ticket out and says so to whoever bills
    work, surcharge = (
        Money(sum(line.net for line in found.lines if line.is_surcharge is which), currency)
        for which in (False, True)
    )
    return Cost(
        covered=sum(each.entry.minutes for each in covered),
        charged=found.minutes.get(job.id, 0),
        work=work,
        surcharge=surcharge,
        total=Money(found.net, currency),
    )


def _day(entry: Entry, zone: tzinfo) -> date:
    """Return the day that an entry counts for: on which the work began, else was booked."""
    moment: datetime = entry.began_at or entry.ended_at
    return moment.astimezone(zone).date()
