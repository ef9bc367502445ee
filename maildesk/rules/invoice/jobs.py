"""The work on a ticket as it is billed: one way for the invoice and for what is told before it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from maildesk.rules.billing.values import Job, Scope, Work
from maildesk.rules.contract import Contract
from maildesk.rules.invoice.sources import (
    Billable,
    Booked,
    Terms,
    covers_surcharge,
    is_covered,
    is_free,
)
from maildesk.rules.money import Money
from maildesk.rules.people import BillingTerms
from maildesk.rules.policy import Policy


def terms_of(rate: Money, own: BillingTerms, policy: Policy) -> Terms:
    """Return how a customer's time is billed: as agreed with him, else as for everybody.

    `rate` is his price of an hour, net.
    """
    return Terms(
        rate=rate.amount,
        increment=policy.increment if own.increment is None else own.increment,
        scope=Scope(own.round_scope or policy.round_scope),
        minimum=policy.minimum if own.minimum is None else own.minimum,
        discount=own.discount,
        total_discount=own.total_discount,
    )


def job_of(
    billable: Billable,
    entries: Iterable[Booked],
    terms: Terms,
    contracts: Mapping[int, Contract],
    currency: str,
) -> Job:
    """Return a ticket's work for `rules.billing`, under its tag; `entries` are in the order worked.

    `contracts` are all that the customer ever had, by id.
    """
    return Job(
        id=billable.tag,
        work=tuple(
            Work(
                minutes=each.entry.minutes,
                rate=price_of(each, terms, currency),
                factor=each.entry.factor,
                day=each.day,
                is_covered=is_covered(each),
                is_free=is_free(each, billable.ticket),
                covers_surcharge=covers_surcharge(each, contracts),
            )
            for each in entries
        ),
        increment=terms.increment,
        scope=terms.scope,
        minimum=terms.minimum,
        limit=billable.limit,
        discount=terms.discount,
    )


def price_of(booked: Booked, terms: Terms, currency: str) -> Decimal:
    """Return the net price of an hour of an entry: the one it was booked at, else the present."""
    minor = booked.entry.rate_minor
    return terms.rate if minor is None else Money(minor, currency).amount
