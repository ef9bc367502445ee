"""What is the matter with addresses: who is blocked, and what letters came back from."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import Session, SQLModel

from maildesk.rules.failures import Unreachable
from maildesk.rules.people import ContactFacts
from maildesk.store.rows import chunks
from maildesk.store.tables import AddressMarkRow

_MARK = SQLModel.metadata.tables[str(AddressMarkRow.__tablename__)]
_OF = select(_MARK).where(_MARK.c.address.in_(bindparam("values", expanding=True)))


def address_marks(
    session: Session, written_to: Collection[str], senders: Collection[str], now: datetime
) -> tuple[set[str], dict[str, Unreachable]]:
    """Return the blocks that may concern `senders`, and what is known of unreachable addresses.

    All addresses are in lower case; a block is an address or "@domain". One query, as a rule.
    """
    blocks: set[str] = set()
    unreachable: dict[str, Unreachable] = {}
    domains = {"@" + sender.rpartition("@")[2] for sender in senders}
    for chunk in chunks({*written_to, *senders, *domains} - {"", "@"}):
        for row in session.connection().execute(_OF, {"values": chunk}):
            if row.kind == "unreachable":
                unreachable[row.address] = Unreachable(
                    row.hard, row.since, row.until, row.last, row.times, row.reason
                )
            elif row.until is None or now < row.until:
                blocks.add(row.address)
    return blocks, unreachable


def block_of(sender: str, contact: ContactFacts | None, blocks: Collection[str]) -> str:
    """Return what blocks a sender, "" for nothing: his address, or his domain.

    Whom the desk knows as a contact only his own address blocks: the nearer word counts.
    """
    if sender in blocks:
        return sender
    domain = "@" + sender.rpartition("@")[2]
    return domain if contact is None and domain in blocks else ""
