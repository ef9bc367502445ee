"""Whom the desk of the day knows: its agents, its customers and their contacts."""

from datetime import date, datetime

from sqlmodel import Session

from maildesk.cli.day.people import CONTACTS, FIRMS, STAFF
from maildesk.rules.money import Money
from maildesk.store.contracts import ContractRow
from maildesk.store.tables import AgentAddressRow, AgentRow, ContactRow, CustomerRow

PRICES = "2026-01"


def settle_in(session: Session, now: datetime) -> None:
    """Add everybody whom the desk knows in the morning."""
    for number, (login, person) in enumerate(STAFF.items(), 1):
        session.add(AgentRow(id=number, login=login, name=person.name, language="de"))
        session.flush()
        session.add(AgentAddressRow(agent_id=number, address=person.address))
    ids = {}
    for number, (key, firm) in enumerate(FIRMS.items(), 1):
        ids[key] = number
        row = CustomerRow(
            id=number, name=firm.name, language=firm.language, limit_minutes=firm.limit,
            contract=firm.contract, created_at=now,
            rate_minor=Money.of(firm.rate).minor if firm.rate else None,
        )  # fmt: skip
        if firm.has_accepted_terms:
            row.terms_version, row.terms_accepted_at, row.price_list = "2026", now, PRICES
        session.add(row)
        session.flush()
        if firm.contract:
            session.add(
                ContractRow(
                    customer_id=number, name=firm.contract, kind="included",
                    minutes=firm.contract_minutes, starts_on=date(2026, 1, 1), created_at=now,
                )
            )  # fmt: skip
    session.add_all(
        ContactRow(
            customer_id=ids[person.firm], name=person.name, address=person.address,
            may_approve=person.may_approve,
        )
        for person in CONTACTS
    )  # fmt: skip
