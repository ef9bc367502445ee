"""What is to be billed of a customer, drafted: read from the database, nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from maildesk.config import Site
from maildesk.desk.context import Desk
from maildesk.desk.invoices import agency
from maildesk.mail.message import Address
from maildesk.rules.billing.values import GERMAN_RATES, Vat
from maildesk.rules.billing.vat import case_of
from maildesk.rules.facts import TicketFacts
from maildesk.rules.invoice import drafting, required, timesheet
from maildesk.rules.invoice.content import Format, InvoiceContent, Party
from maildesk.rules.invoice.jobs import terms_of
from maildesk.rules.invoice.reasons import Reason, because
from maildesk.rules.invoice.sources import Billable, Booked, Flat, Source, Terms
from maildesk.rules.invoice.why import Why
from maildesk.rules.letters import is_german
from maildesk.rules.number import tag
from maildesk.rules.people import CustomerFacts
from maildesk.rules.process.request_words import limit_of, rate_of
from maildesk.store import billing
from maildesk.store.billing import ItemFacts, ToBill
from maildesk.store.invoice_tables import BillingRow


@dataclass(frozen=True, slots=True)
class Drafted:
    """An invoice as it would be. It may only be issued where `missing` is empty.

    `content` has the number "", and is None where there is nothing to bill; with `nothing` the
    `tickets` are to be closed without an invoice, as all on them is free or covered. `tickets`,
    `entry_ids` and `item_ids` are what it takes along. `left_out` says what is not billed
    and why, `missing` what the law still wants. `to` is who gets the mail, in `language`;
    None where nobody is known. `sheet` is the time sheet where there is `nothing` to pay, None
    without time.
    """

    content: InvoiceContent | None = None
    tickets: tuple[TicketFacts, ...] = ()
    entry_ids: tuple[int, ...] = ()
    item_ids: tuple[int, ...] = ()
    left_out: tuple[Reason, ...] = ()
    missing: tuple[Reason, ...] = ()
    nothing: bool = False
    to: Address | None = None
    language: str = ""
    sheet: InvoiceContent | None = None


def customers_to_bill(desk: Desk, last_day: date) -> tuple[int, ...]:
    """Return the ids of the customers who have anything to bill up to a day, those on hold too."""
    with desk.db.read() as session:
        return billing.customers(session, last_day)


def of_nobody(desk: Desk) -> tuple[str, ...]:
    """Return the tags of tickets that are to be billed and belong to no customer."""
    with desk.db.read() as session:
        found = billing.of_nobody(session)
    return tuple(tag(desk.policy.code, each) for each in found)


def draft_of(desk: Desk, customer_id: int, last_day: date, today: date) -> Drafted:
    """Return what a customer is to pay for work up to `last_day`, issued on `today`.

    Both are days of the desk's zone. Raises LookupError where there is no such customer.
    """
    with desk.db.read() as session:
        found = billing.to_bill(session, customer_id, last_day, desk.policy.calendar.timezone)
    return _drafted(desk, customer_id, found, last_day, today)


def drafts_of(
    desk: Desk, customers: Sequence[int], last_day: date, today: date
) -> dict[int, Drafted]:
    """Return what `draft_of` says of each of some customers, by id."""
    with desk.db.read() as session:
        found = billing.all_to_bill(session, customers, last_day, desk.policy.calendar.timezone)
    return {id_: _drafted(desk, id_, each, last_day, today) for id_, each in found.items()}


def _drafted(desk: Desk, customer_id: int, found: ToBill, last_day: date, today: date) -> Drafted:
    said, mine = found.billing or BillingRow(customer_id=customer_id), found.customer
    if said.on_hold:
        return Drafted(left_out=(
            because(Why.ON_HOLD, customer=customer_id),
        ))  # fmt: skip
    to = _recipient(found, said.email)
    language = mine.language or _reads(found, to) or desk.policy.language
    source = _source(desk, found, said, language, to)
    made = drafting.draft(source, last_day, today)
    if made.content is None:
        closes = tuple(each.ticket for each in made.tickets)
        return Drafted(
            tickets=closes, left_out=made.left_out, nothing=bool(closes), to=to, language=language,
            sheet=timesheet.of(source, made.tickets, last_day, today),
        )  # fmt: skip
    return Drafted(
        content=made.content,
        tickets=tuple(each.ticket for each in made.tickets),
        entry_ids=tuple(sorted(each.id for one in made.tickets for each in one.entries)),
        item_ids=tuple(sorted(made.items)),
        left_out=made.left_out,
        missing=agency.missing(desk.site) + required.missing_of_buyer(
            source.buyer, source.seller, source.vat, source.format, str(customer_id),
            said.vat_id_checked_at is not None,
        ),
        to=to,
        language=language,
    )  # fmt: skip


def _source(desk: Desk, found: ToBill, said: Any, language: str, to: Address | None) -> Source:
    site, mine = desk.site, found.customer
    vat = case_of(
        said.country, said.vat_id, said.is_business, site.agency.country, site.agency.small_business
    )
    german = is_german(language)
    return Source(
        seller=agency.seller_of(site),
        bank=agency.bank_of(site),
        buyer=_buyer(said, mine, vat, to),
        vat=vat,
        terms=_terms(desk, said, mine),
        kinds=desk.policy.kinds,
        format=Format.XRECHNUNG if said.leitweg_id else Format.ZUGFERD,
        language=language,
        currency=site.money.currency,
        tickets=tuple(_billable(desk, found, each) for each in found.tickets),
        items=tuple(_flat(desk, each) for each in found.loose),
        contracts=found.contracts,
        credits=found.credits,
        intro=_own_words(site, "intro", german),
        outro=_own_words(site, "outro", german),
        girocode=site.billing.girocode,
    )


def _own_words(site: Site, which: str, german: bool) -> str:
    return str(getattr(site.billing, f"{which}_{'de' if german else 'en'}")).strip()


def _terms(desk: Desk, said: Any, mine: CustomerFacts) -> Terms:
    own, days = billing.terms_in(said), said.payment_days
    return replace(
        terms_of(rate_of(mine, desk.policy), own, desk.policy),
        payment_days=desk.site.billing.payment_days if days is None else days,
        rates=agency.rates_of(desk.site) or GERMAN_RATES,
    )


def _buyer(said: Any, mine: CustomerFacts, vat: Vat, to: Address | None) -> Party:
    return Party(
        name=said.name or mine.name,
        line2=said.line2,
        street=said.street,
        postcode=said.postcode,
        city=said.city,
        country=said.country,
        # Outside the VAT no id of either may stand in the XML (BR-O-03).
        vat_id="" if vat is Vat.OUTSIDE else said.vat_id,
        email=to.address if to else "",
        number=said.number,
        buyer_reference=said.leitweg_id or said.buyer_reference,
        order_number=said.order_number,
    )


def _recipient(found: ToBill, email: str) -> Address | None:
    """Return who gets the mail: who is named for it, else the first who may approve, else anybody."""
    if email:
        return Address(found.billing.name or found.customer.name, email)
    ranked = sorted(found.contacts, key=lambda each: not each.may_approve)
    return Address(ranked[0].name, ranked[0].address) if ranked else None


def _reads(found: ToBill, to: Address | None) -> str:
    """Return the language of the contact who gets the mail, "" where nothing is known."""
    at = to.address.lower() if to else ""
    return next((each.language for each in found.contacts if each.address.lower() == at), "")


def _billable(desk: Desk, found: ToBill, ticket: TicketFacts) -> Billable:
    names = found.agents if desk.site.billing.show_agents else {}
    return Billable(
        ticket=ticket,
        tag=tag(desk.policy.code, ticket.id),
        entries=tuple(
            Booked(each.id, each.day, each.entry, names.get(each.entry.agent_id, ""))
            for each in found.entries.get(ticket.id, ())
        ),
        items=_flats(desk, found.items.get(ticket.id, ())),
        limit=limit_of(ticket, found.customer, desk.policy),
    )


def _flats(desk: Desk, items: Sequence[ItemFacts]) -> tuple[Flat, ...]:
    return tuple(_flat(desk, each) for each in items)


def _flat(desk: Desk, item: ItemFacts) -> Flat:
    return Flat(
        id=item.id,
        words=item.words,
        price=Decimal(item.price),
        day=item.day,
        quantity=Decimal(item.quantity),
        discount=Decimal(item.discount),
        ticket_id=item.ticket_id,
        ticket=tag(desk.policy.code, item.ticket_id) if item.ticket_id else "",
        is_paid_before=item.is_paid_before,
    )
