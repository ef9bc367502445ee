"""The numbers that other desks gave to what is one of our tickets."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Text,
    bindparam,
    func,
    select,
    text,
    tuple_,
)
from sqlmodel import Field, Session, SQLModel, col

from maildesk.store.tables import TicketRow

NEWEST = 5  # tickets of one number that are looked at: a sender may write the same on every mail


class ForeignNumberRow(SQLModel, table=True):
    """A number that mails from a domain (lower case, A-labels) carry about a ticket."""

    __tablename__ = "foreign_number"
    domain: str = Field(sa_column=Column(Text, primary_key=True))
    number: str = Field(sa_column=Column(Text, primary_key=True))
    ticket_id: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey(f"{TicketRow.__tablename__}.id"),
            primary_key=True,
            autoincrement=False,
            index=True,
        )
    )


_REMEMBER = text(
    "INSERT INTO foreign_number (domain, number, ticket_id)"
    " VALUES (:domain, :number, :ticket_id) ON CONFLICT DO NOTHING"
)
_TABLE = SQLModel.metadata.tables[str(ForeignNumberRow.__tablename__)]
_KEY = (_TABLE.c.domain, _TABLE.c.number)
_RANK = func.row_number().over(partition_by=_KEY, order_by=_TABLE.c.ticket_id.desc())
_RANKED = (
    select(_TABLE, _RANK.label("rank"))
    .where(tuple_(*_KEY).in_(bindparam("keys", expanding=True)))
    .subquery()
)
_OF_KEYS = select(_RANKED).where(_RANKED.c.rank <= NEWEST).order_by(_RANKED.c.rank)


def tickets_numbered(
    session: Session, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[int]]:
    """Return the tickets of each (domain, number), the newest first, at most NEWEST.

    Nothing is asked where there are no keys.
    """
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    if keys:
        for row in session.connection().execute(_OF_KEYS, {"keys": sorted(keys)}):
            found[row.domain, row.number].append(row.ticket_id)
    return found


def remember(session: Session, ticket_id: int, domain: str, numbers: Collection[str]) -> None:
    """Keep the numbers that a domain's desk has for a ticket; what is known stays as it is."""
    values = [{"domain": domain, "number": n, "ticket_id": ticket_id} for n in numbers]
    session.connection().execute(_REMEMBER, values)


def numbers_of(session: Session, ticket_id: int) -> list[tuple[str, str]]:
    """Return the (domain, number) of other desks that a ticket is known by."""
    query = select(col(ForeignNumberRow.domain), col(ForeignNumberRow.number))
    rows = session.execute(query.where(col(ForeignNumberRow.ticket_id) == ticket_id))
    return sorted((row.domain, row.number) for row in rows)
