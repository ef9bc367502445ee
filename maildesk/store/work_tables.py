"""The tables of the process: work, what can be taken back, requests to customers and their pages."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from maildesk.store.columns import key, link, long_text, moment


class TimeRow(SQLModel, table=True):
    """Work that was booked, in minutes. It is never changed: a correction is an entry below zero.

    `type` and `free` are words of rules.entries; `kind`, `factor` (decimal) and `rate_minor` are
    the ticket's when it was booked. `began_at` is known of a timer only.
    """

    __tablename__ = "time_entry"
    __table_args__ = (Index("time_booked", "booked_at"),)
    id: int | None = key()
    ticket_id: int = link("ticket.id", index=True)
    agent_id: int = link("agent.id")
    minutes: int
    booked_at: datetime = moment()
    inbound_id: int | None = link("inbound.id", nullable=True)
    words: str = long_text()
    type: str = Field(default="work", sa_column_kwargs={"server_default": "work"})
    kind: str = long_text()
    factor: str = Field(default="1", sa_column_kwargs={"server_default": "1"})
    rate_minor: int | None = None
    free: str = long_text()
    contract_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    began_at: datetime | None = moment(nullable=True)


class TimerRow(SQLModel, table=True):
    """The work timer that runs for an agent; one each."""

    __tablename__ = "timer"
    agent_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("agent.id"), primary_key=True, autoincrement=False)
    )
    ticket_id: int = link("ticket.id")
    started_at: datetime = moment()


class DeedRow(SQLModel, table=True):
    """What one mail of an agent did to one ticket, so that it can be taken back.

    `before` holds the ticket's fields as they were and as they became (JSON, a list of two, only
    those that changed); its time entries and letters carry the same `inbound_id`.
    """

    __tablename__ = "deed"
    __table_args__ = (UniqueConstraint("inbound_id", "ticket_id"),)
    id: int | None = key()
    inbound_id: int = link("inbound.id")
    agent_id: int = link("agent.id", index=True)
    ticket_id: int = link("ticket.id", index=True)
    done_at: datetime = moment()
    words: str = long_text()
    before: str = long_text()
    undone_at: datetime | None = moment(nullable=True)


class RequestRow(SQLModel, table=True):
    """What a customer was asked: to order, to approve, to accept. The words are rules.requests'."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("ticket_id", "number"),
        CheckConstraint("about IN ('order', 'overrun', 'quote', 'acceptance')"),
        CheckConstraint("(verdict = 'open') = (decided_at IS NULL)"),
        # Never two open ones of a ticket: nobody could say which of them was meant.
        Index("request_open", "ticket_id", unique=True, sqlite_where=text("verdict = 'open'"),
              postgresql_where=text("verdict = 'open'")),
        Index("request_remind", "remind_at", sqlite_where=text("remind_at IS NOT NULL"),
              postgresql_where=text("remind_at IS NOT NULL")),
    )  # fmt: skip
    id: int | None = key()
    ticket_id: int = link("ticket.id")
    number: int
    about: str
    asked_at: datetime = moment()
    asked_by: int | None = link("agent.id", nullable=True)
    kind: str = ""
    minutes: int | None = None
    limit_open: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    amount_minor: int | None = None
    currency: str = "EUR"
    words: str = long_text()
    url: str = long_text()
    before: str = ""
    verdict: str = "open"
    decided_at: datetime | None = moment(nullable=True)
    decided_by: str = ""
    how: str = ""
    deemed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    inbound_id: int | None = link("inbound.id", nullable=True)
    reminders: int = 0
    remind_at: datetime | None = moment(nullable=True)
    bounced: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class LinkRow(SQLModel, table=True):
    """The page of a request for one person. Of its token only the SHA-256 is kept.

    `address` is whom it was mailed to. It is used once: `used_at`.
    """

    __tablename__ = "link"
    token_sha256: str = Field(sa_column=Column(Text, primary_key=True))
    ticket_id: int = link("ticket.id", index=True)
    number: int
    address: str
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
