"""What an agent changes of a customer: his people, his domains, who may sign in. Raises Refused."""

from datetime import datetime

from maildesk.desk import customers
from maildesk.desk.context import Desk
from maildesk.desk.customers import Person
from maildesk.desk.portal import activation
from maildesk.desk.portal.activation import Access


def contact(desk: Desk, customer_id: int, person: Person) -> None:
    """Add a person to a customer, or change him who has that address there."""
    customers.contact(desk.db, str(customer_id), person, desk.site.desk.addresses)


def domain(desk: Desk, customer_id: int, given: str) -> None:
    """Count everybody at a domain to a customer."""
    customers.domain(desk.db, str(customer_id), given, desk.site.desk.addresses)


def access(
    desk: Desk, customer_id: int, address: str, said: Access, login: str, now: datetime
) -> None:
    """Open the service area to a contact, who is told by mail, or close it; or what he sees there."""
    activation.change(desk.db, str(customer_id), address, said, login, now, desk)
