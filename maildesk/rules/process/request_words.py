"""What a request says to the customer, in finished words for templates and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from maildesk.rules.entries import Entry
from maildesk.rules.facts import TicketFacts
from maildesk.rules.hours import Calendar, next_opening
from maildesk.rules.kinds import Kind, kind_named
from maildesk.rules.letters import is_german, kind_words, moment_words, span_words, within_words
from maildesk.rules.money import Money, hourly_words
from maildesk.rules.people import CustomerFacts
from maildesk.rules.plan import OpenTicket
from maildesk.rules.policy import Policy
from maildesk.rules.requests import About, Request


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """A request in words; every "" is something that there is nothing to say about.

    `about` is a word of requests.About. `kind`, `hour` and `within` are those of the kind that is
    ordered, `normal_hour` the price of an hour of a normal ticket. `worked` is charged work so
    far, `limit` what is approved, `total` what is asked for ("" at cost), `extra` how much more
    that is, `amount` what the total costs at most, net. `by` is the day to test by. `link` is the
    address of its page; `by_mail` tells whether a word by mail decides.
    """

    about: str
    reason: str = ""
    kind: str = ""
    hour: str = ""
    within: str = ""
    normal_hour: str = ""
    worked: str = ""
    limit: str = ""
    total: str = ""
    extra: str = ""
    amount: str = ""
    url: str = ""
    by: str = ""
    by_mail: bool = True
    link: str = ""


def rate_of(customer: CustomerFacts | None, policy: Policy) -> Money:
    """Return the price of an hour, net: the customer's own, or the desk's."""
    return customer.rate if customer and customer.rate else policy.rate


def limit_of(ticket: TicketFacts, customer: CustomerFacts | None, policy: Policy) -> int | None:
    """Return the approved total of charged work in minutes; None for no limit (section 2.4)."""
    if ticket.limit_open:
        return None
    if ticket.limit_minutes is not None:
        return ticket.limit_minutes
    if customer is not None and customer.limit_minutes is not None:
        return customer.limit_minutes
    return policy.limit_minutes


def amount_of(minutes: int, kind: Kind, customer: CustomerFacts | None, policy: Policy) -> Money:
    """Return what so many minutes of a kind cost, net, rounded half up."""
    hours = Decimal(minutes) * kind.factor / 60
    return rate_of(customer, policy).times(hours.quantize(Decimal("1e-12")), rounded=True)


def charged_minutes(entries: Sequence[Entry]) -> int:
    """Return the charged work of a ticket in minutes."""
    return sum(entry.charged for entry in entries)


def working_day_after(start: datetime, days: int, calendar: Calendar) -> datetime:
    """Return the opening of the working day that is so many working days after `start`'s."""
    moment = start
    for _ in range(days):
        local = moment.astimezone(calendar.timezone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        moment = next_opening(midnight, calendar)
    return moment


def figures_of(
    request: Request,
    ticket: TicketFacts | OpenTicket,
    entries: Sequence[Entry],
    customer: CustomerFacts | None,
    policy: Policy,
    locale: str,
) -> RequestFigures:
    """Return a request in words, without its link."""
    rate, now_kind = rate_of(customer, policy), _kind(policy, ticket.kind)
    kind = _kind(policy, request.kind) if request.about is About.ORDER else now_kind
    worked = charged_minutes(entries)
    limit = limit_of(ticket, customer, policy) if isinstance(ticket, TicketFacts) else None
    more = request.minutes - limit if request.minutes is not None and limit is not None else 0
    by = working_day_after(request.asked_at, policy.acceptance_days, policy.calendar)
    return RequestFigures(
        about=request.about.value,
        reason=request.words,
        kind=kind_words(kind, locale),
        hour=hourly_words(rate, kind.factor, locale),
        within=within_words(kind, locale),
        normal_hour=hourly_words(rate, Decimal(1), locale),
        worked=span_words(worked, locale) if worked > 0 else "",
        limit=span_words(limit, locale) if limit else "",
        total=span_words(request.minutes, locale) if request.minutes else "",
        extra=span_words(more, locale) if more > 0 else "",
        amount=request.amount.words(locale) if request.amount else "",
        url=request.url,
        by=day_words(by, policy.calendar, locale) if request.about is About.ACCEPTANCE else "",
        by_mail=not request.is_above(policy.mail_limit.minor),
    )


def day_words(moment: datetime, calendar: Calendar, locale: str) -> str:
    """Return the day of a moment as people say it: "Freitag, 27.11.2026"."""
    words = moment_words(moment, calendar.timezone, locale)
    return words.rpartition(",")[0]


def defects_words(defects: str, fine: str, locale: str) -> str:
    """Return what is not right, and what is: a partial acceptance names both."""
    if not fine:
        return defects
    mark = "Das ist in Ordnung:" if is_german(locale) else "This is fine:"
    return f"{defects}\n\n{mark}\n{fine}"


def _kind(policy: Policy, name: str) -> Kind:
    try:
        return kind_named(policy.kinds, name)
    except ValueError:
        return policy.kinds[0]  # the configuration has lost it
