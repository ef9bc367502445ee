"""The tables. Rows end in Row, live with a session and never leave `desk`.

Ids of tickets and messages are taken from counters before anything is written (`desk.numbers`),
so that a letter can name its ticket before the transaction begins. SQLModel validates nothing
on a table's construction: NOT NULL, UNIQUE and CHECK here are the last fence.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlmodel import Field, SQLModel

from maildesk.store.columns import given_key, key, link, long_text, moment


class RawRow(SQLModel, table=True):
    """The bytes of a message as they came, once, under their SHA-256."""

    __tablename__ = "raw"
    sha256: str = Field(sa_column=Column(Text, primary_key=True))
    size: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stored_at: datetime = moment()


class InboundRow(SQLModel, table=True):
    """One message that was handed to us, and what became of it."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("raw_sha256", "rcpt_key"),
        CheckConstraint(
            "state IN ('waiting', 'filed', 'duplicate', 'automatic', 'held', 'set_aside',"
            " 'dismissed')"
        ),
        Index("inbound_waiting", "id", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index("inbound_listed", "state", "id", sqlite_where=text("state <> 'filed'"),
              postgresql_where=text("state <> 'filed'")),
    )  # fmt: skip
    id: int | None = key()
    raw_sha256: str = Field(sa_column=Column(Text, ForeignKey("raw.sha256"), nullable=False))
    rcpt_key: str
    return_path: str
    rcpt_to: str
    via: str
    login: str = ""
    peer: str = ""
    account: str = ""
    received_at: datetime = moment()
    oversize: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    quiet: bool = False
    state: str = "waiting"
    attempts: int = 0
    handled_at: datetime | None = moment(nullable=True)
    reason: str = long_text()
    sender: str = long_text()
    subject: str = long_text()
    ticket_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    released_by: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    cleared: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    ordered: str = long_text()


class PlaceRow(SQLModel, table=True):
    """How far a mailbox has been read: (account, folder, UIDVALIDITY), and its highest UID."""

    __tablename__ = "mailbox_place"
    __table_args__ = (UniqueConstraint("account", "folder", "uidvalidity"),)
    id: int | None = key()
    account: str
    folder: str
    uidvalidity: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_uid: int = Field(sa_column=Column(BigInteger, nullable=False))


class PlaceMailRow(SQLModel, table=True):
    """A mail of a mailbox that is stored here but not yet moved there."""

    __tablename__ = "mailbox_mail"
    __table_args__ = (UniqueConstraint("place_id", "uid"),)
    id: int | None = key()
    place_id: int = link("mailbox_place.id")
    uid: int = Field(sa_column=Column(BigInteger, nullable=False))


class CustomerRow(SQLModel, table=True):
    """The organisation that pays. `rate_minor` is net, for an hour; empty means the desk's."""

    __tablename__ = "customer"
    id: int | None = key()
    name: str = Field(unique=True)
    language: str = ""
    rate_minor: int | None = None
    currency: str = "EUR"
    contract: str = ""
    terms_version: str = ""
    terms_accepted_at: datetime | None = moment(nullable=True)
    terms_accepted_by: str = ""
    terms_accepted_how: str = long_text()
    price_list: str = long_text()
    limit_minutes: int | None = None
    created_at: datetime = moment()


class ContactRow(SQLModel, table=True):
    """A person of a customer. `address` is compared in lower case.

    He may sign in to the service area since `portal_at`, by the word of `portal_by`; there he
    sees all tickets of the customer where `sees_company` says so.
    """

    __tablename__ = "contact"
    id: int | None = key()
    customer_id: int = link("customer.id", index=True)
    name: str = ""
    address: str = Field(unique=True)
    language: str = ""
    may_approve: bool = False
    approve_up_to: int | None = None
    portal_at: datetime | None = moment(nullable=True)
    portal_by: str = long_text()
    sees_company: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class DomainRow(SQLModel, table=True):
    """A mail domain whose people belong to a customer; proves nothing, only attributes."""

    __tablename__ = "customer_domain"
    domain: str = Field(sa_column=Column(Text, primary_key=True))
    customer_id: int = link("customer.id", index=True)


class AgentRow(SQLModel, table=True):
    """A person of the agency. `password` is a hash (see desk.login), or "": no login."""

    __tablename__ = "agent"
    id: int | None = key()
    login: str = Field(unique=True)
    name: str
    language: str = ""
    enabled: bool = True
    told_of_new: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    password: str = long_text()


class AgentAddressRow(SQLModel, table=True):
    """An address that an agent writes from; the lowest id is where he gets his mail."""

    __tablename__ = "agent_address"
    id: int | None = key()
    agent_id: int = link("agent.id", index=True)
    address: str = Field(unique=True)


class TicketRow(SQLModel, table=True):
    """A ticket as it stands; how it came to that stands in the journal (EventRow).

    `version` counts every change and is compared before one. The id is the number without its
    check digit.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ticket_open", "state", "due_at", sqlite_where=text("closed = 0"),
              postgresql_where=text("NOT closed")),
        Index("ticket_wake", "wake_at", sqlite_where=text("wake_at IS NOT NULL"),
              postgresql_where=text("wake_at IS NOT NULL")),
        Index("ticket_alert", "alert_at", sqlite_where=text("alert_at IS NOT NULL"),
              postgresql_where=text("alert_at IS NOT NULL")),
        Index("ticket_resolved", "resolved_at", sqlite_where=text("state = 'resolved'"),
              postgresql_where=text("state = 'resolved'")),
        Index("ticket_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL"),
              postgresql_where=text("merged_into IS NOT NULL")),
        Index("ticket_spam", "id", sqlite_where=text("state = 'spam'"),
              postgresql_where=text("state = 'spam'")),
        Index("ticket_billing", "id", sqlite_where=text("state = 'billing'"),
              postgresql_where=text("state = 'billing'")),
        Index("ticket_to_bill", "customer_id", sqlite_where=text("state = 'billing'"),
              postgresql_where=text("state = 'billing'")),
        Index("ticket_done_by", "assignee_id", "id", sqlite_where=text("closed = 1"),
              postgresql_where=text("closed")),
        Index("ticket_done_kind", "kind", "id", sqlite_where=text("closed = 1"),
              postgresql_where=text("closed")),
        Index("ticket_load", "assignee_id", sqlite_where=text("closed = 0"),
              postgresql_where=text("NOT closed")),
        Index("ticket_of_customer", "customer_id", "closed", "id"),
    )  # fmt: skip
    id: int = given_key()
    version: int = 1
    title: str
    state: str
    closed: bool = False
    kind: str
    urgent: bool = False
    presales: bool = False
    wish: str = ""
    customer_id: int | None = link("customer.id", nullable=True)
    requester: str
    requester_name: str = ""
    language: str = ""
    assignee_id: int | None = link("agent.id", nullable=True)
    opened_at: datetime = moment()
    clock_started_at: datetime = moment()
    due_at: datetime | None = moment(nullable=True)
    resolved_at: datetime | None = moment(nullable=True)
    planned_at: datetime | None = moment(nullable=True)
    wake_at: datetime | None = moment(nullable=True)
    paused_at: datetime | None = moment(nullable=True)
    category: str = long_text()
    cycle: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    alert_at: datetime | None = moment(nullable=True)
    met_at: datetime | None = moment(nullable=True)
    breached_at: datetime | None = moment(nullable=True)
    responded_at: datetime | None = moment(nullable=True)
    waits_for: str = long_text()
    limit_minutes: int | None = None
    limit_open: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    free: str = long_text()
    merged_into: int | None = link("ticket.id", nullable=True)
    follows: int | None = link("ticket.id", nullable=True)


class ParticipantRow(SQLModel, table=True):
    """Who takes part in a ticket. `number` counts within the ticket; the requester is 1."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("ticket_id", "number"),
                      UniqueConstraint("ticket_id", "address"),
                      Index("participant_of", text("lower(address)"), "ticket_id"),)  # fmt: skip
    id: int | None = key()
    ticket_id: int = link("ticket.id")
    number: int
    address: str
    name: str = ""


class MessageRow(SQLModel, table=True):
    """A message in a ticket: what somebody wrote, or what we wrote to him.

    `standing` says how it is to be taken: participant, third_party (a stranger's, flagged),
    unverified (in an agent's name, without proof), note, answer (an agent's, to the customer),
    automatic, bounce, spam (hidden: nobody was told).
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("message_of_mail", "inbound_id"),
        Index("message_apart", "standing", "ticket_id", "inbound_id",
              sqlite_where=text("standing IN ('unverified', 'spam')"),
              postgresql_where=text("standing IN ('unverified', 'spam')")),
    )  # fmt: skip
    id: int = given_key()
    ticket_id: int = link("ticket.id", index=True)
    inbound_id: int | None = link("inbound.id", nullable=True)
    standing: str
    author: str = ""
    author_name: str = ""
    subject: str = ""
    text: str = long_text()
    reply: str = long_text()
    html: bool = False
    message_id: str = ""
    content_key: str | None = Field(default=None, unique=True)
    sent_at: datetime | None = moment(nullable=True)
    filed_at: datetime = moment()


class AttachmentRow(SQLModel, table=True):
    """Where an attachment stands inside the raw message; its bytes are not kept again."""

    __tablename__ = "attachment"
    id: int | None = key()
    message_id: int = link("message.id", index=True)
    path: str
    name: str
    type: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    inline: bool = False
    content_id: str = ""


class ThreadRow(SQLModel, table=True):
    """Every Message-ID that a ticket's messages have or refer to, known to us or not yet."""

    __tablename__ = "thread"
    __table_args__ = (UniqueConstraint("message_id", "ticket_id"),)
    id: int | None = key()
    message_id: str
    ticket_id: int = link("ticket.id")


class EventRow(SQLModel, table=True):
    """The journal: one line for each change, never changed and never deleted (triggers).

    `row` is the id of the transition in rules.ticket that changed the state.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("event_at", "at", "id"),
        Index("event_by", "actor", "id"),
        Index("event_of_mail", "inbound_id", sqlite_where=text("inbound_id IS NOT NULL"),
              postgresql_where=text("inbound_id IS NOT NULL")),
    )  # fmt: skip
    id: int | None = key()
    ticket_id: int = link("ticket.id", index=True)
    at: datetime = moment()
    actor: str
    trigger: str
    from_state: str = ""
    to_state: str = ""
    detail: str = long_text()
    row: str = long_text()
    inbound_id: int | None = link("inbound.id", nullable=True)


class OutboundRow(SQLModel, table=True):
    """A letter: finished bytes with their Message-ID, and how far it has come.

    `handle` names it in its bounce address, `once_key` the effect that must happen once.
    `counted` letters go to people we cannot be sure of, and spend the budgets of answering.
    """

    __tablename__ = "outbound"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'failed', 'held', 'withdrawn')"),
        Index("outbound_due", "next_attempt_at", sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
        Index("outbound_counted", "queued_at", sqlite_where=text("counted = 1"),
              postgresql_where=text("counted")),
        Index("outbound_to", "rcpt_to", "queued_at"),
        Index("outbound_failed", "id", sqlite_where=text("state = 'failed'"),
              postgresql_where=text("state = 'failed'")),
        Index("outbound_held", "id", sqlite_where=text("state = 'held'"),
              postgresql_where=text("state = 'held'")),
        Index("outbound_of_mail", "inbound_id", sqlite_where=text("inbound_id IS NOT NULL"),
              postgresql_where=text("inbound_id IS NOT NULL")),
    )  # fmt: skip
    id: int | None = key()
    handle: str = Field(unique=True)
    once_key: str | None = Field(default=None, unique=True)
    purpose: str
    ticket_id: int | None = link("ticket.id", nullable=True, index=True)
    inbound_id: int | None = link("inbound.id", nullable=True)
    return_path: str
    rcpt_to: str
    message_id: str = Field(unique=True)
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    counted: bool = False
    state: str = "queued"
    attempts: int = 0
    queued_at: datetime = moment()
    next_attempt_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)
    last_reply: str = long_text()
    undeliverable: str = ""


class AddressMarkRow(SQLModel, table=True):
    """An address with which something is the matter, in lower case, the domain as A-labels.

    kind "blocked": its mail is hidden; "@domain" stands for all of a domain. `said_by` is who said
    so, `until` its end, if any. kind "unreachable": letters to it came back (rules.failures); it
    is taken for unreachable until `until`, which is empty while that is not certain.
    """

    __tablename__ = "address_mark"
    __table_args__ = (CheckConstraint("kind IN ('blocked', 'unreachable')"),)
    address: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    since: datetime = moment()
    until: datetime | None = moment(nullable=True)
    last: datetime = moment()
    times: int = 1
    hard: bool = False
    reason: str = long_text()
    said_by: str = ""


class CounterRow(SQLModel, table=True):
    """The highest number given out so far; gaps are harmless."""

    __tablename__ = "counter"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: int = Field(sa_column=Column(BigInteger, nullable=False))


class SettingRow(SQLModel, table=True):
    """What the desk knows about itself: the fingerprint of its keys, whether it may send."""

    __tablename__ = "setting"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    value: str
