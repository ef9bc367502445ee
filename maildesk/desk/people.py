"""What customers and staff have in common: names, languages, and addresses that are one person's."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session, col

from maildesk.mail import limits
from maildesk.mail.address import author
from maildesk.mail.header import split
from maildesk.store.tables import AgentAddressRow, AgentRow, ContactRow, CustomerRow

LANGUAGES = ("de", "en")
NAME_MAX = 200  # characters


class Refused(Exception):
    """What was asked for is not done; the text says why and what to do instead."""


def plain_address(given: str) -> str:
    """Return an address as authors are compared: all in lower case, the domain as A-labels.

    Raises Refused for one whose mail would have no certain author (see mail.address.author).
    """
    text = given.strip()
    if text.isprintable() and not {" ", "<", ">", '"'} & set(text):
        head, _ = split(f"From: {text}\r\n\r\n".encode(), limits.HEADER_BLOCK, [])
        found = author(head)
        if found is not None:
            return found.lower()
    raise Refused(f"{given!r} is not a plain address; say one such as anna@kunde.example")


def refuse_taken(
    session: Session,
    address: str,
    own: Collection[str],
    customer_id: int | None = None,
    agent_id: int | None = None,
) -> None:
    """Raise Refused if an address belongs to the desk, or to anybody but the one who is named."""
    local, _, domain = address.rpartition("@")
    # What the desk signs stands behind a plus: support+c.1000...@ is an address of its own too.
    if address in own or f"{local.partition('+')[0]}@{domain}" in own:
        raise Refused(f"{address} is an address of the desk itself; say the person's own")
    agent = session.scalars(
        select(AgentRow)
        .join(AgentAddressRow, col(AgentAddressRow.agent_id) == col(AgentRow.id))
        .where(col(AgentAddressRow.address) == address)
    ).first()
    if agent is not None and agent.id != agent_id:
        raise Refused(
            f"{address} belongs to {agent.login} of the staff; if that is wrong, say"
            f" `maildesk staff remove {agent.login} {address}` first"
        )
    row = session.scalars(select(ContactRow).where(col(ContactRow.address) == address)).first()
    if row is not None and row.customer_id != customer_id:
        raise belongs(session, address, row.customer_id)


def one_line(what: str, given: str) -> str:
    """Return a text without blanks around it. Raises Refused if it is not one line of text."""
    text = given.strip()
    if not text.isprintable() or len(text) > NAME_MAX:
        raise Refused(f"the {what} must be one line of at most {NAME_MAX} characters")
    return text


def language_of(given: str) -> str:
    """Return a language that letters are written in, or "". Raises Refused for any other."""
    language = given.strip().lower()
    if language and language not in LANGUAGES:
        raise Refused(f"there are no letters in {given!r}; choose one of {', '.join(LANGUAGES)}")
    return language


def belongs(session: Session, what: str, customer_id: int) -> Refused:
    """Return the refusal for an address or a domain that another customer has."""
    name = session.get_one(CustomerRow, customer_id).name
    return Refused(
        f"{what} belongs to the customer {name}; if that is wrong, say"
        f" `maildesk customer remove {customer_id} {what}` first"
    )
