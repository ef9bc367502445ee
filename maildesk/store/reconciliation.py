"""The books of a day: what came in and what became of it, what went out, how far mailboxes are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from maildesk.rules.ticket import State
from maildesk.store.tables import (
    EventRow,
    InboundRow,
    MessageRow,
    OutboundRow,
    PlaceMailRow,
    PlaceRow,
)

NAMED_MAX = 20  # mails that are named one by one

# What a message is to a reader of the books, by its standing in a ticket.
_AGENTS = ("note", "answer", "unverified")
_MACHINES = ("automatic", "bounce")


@dataclass(frozen=True, slots=True)
class Aside:
    """A mail that nobody was told of as one in a ticket: `state` is held or set_aside."""

    id: int
    state: str
    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What is known of an IMAP account without asking its server.

    `stored` mails of the period came from it, and `unfinished` mails of whatever day are stored
    here but neither moved nor flagged there. `was_read` is False until it is read for the first
    time.
    """

    account: str
    stored: int
    unfinished: int
    was_read: bool = True


@dataclass(frozen=True, slots=True)
class Books:
    """The mails received in a period, each counted once, and the letters written in it.

    `tickets` are mails that opened one, `replies` those of customers and others in a ticket,
    `agents` those of staff there, `hidden` what was taken for spam. `dismissed` had nothing to
    do with a ticket, as an answer to a digest. `lost` are marked as filed and stand in no ticket.
    """

    received: int
    tickets: int
    replies: int
    agents: int
    automatic: int
    hidden: int
    duplicates: int
    held: int
    set_aside: int
    dismissed: int
    waiting: int
    lost: int
    sent: int
    queued: int
    failed: int
    withdrawn: int
    named: tuple[Aside, ...] = ()

    @property
    def counted(self) -> int:
        """All the parts together; this is `received` where nothing is missing."""
        return (
            self.tickets + self.replies + self.agents + self.automatic + self.hidden
            + self.duplicates + self.held + self.set_aside + self.dismissed + self.waiting
        )  # fmt: skip


def books(session: Session, begin: datetime, end: datetime) -> Books:
    """Return the books of the mails received, and the letters written, from `begin` to `end`."""
    inside = (col(InboundRow.received_at) >= begin, col(InboundRow.received_at) < end)
    states = dict(
        session.execute(
            select(col(InboundRow.state), func.count())
            .where(*inside)
            .group_by(col(InboundRow.state))
        ).all()
    )
    received = session.execute(
        select(func.count()).select_from(InboundRow).where(*inside)
    ).scalar_one()
    filed = _filed(session, begin, end)
    letters = _letters(session, begin, end)
    return Books(
        received=received,
        tickets=filed.get("ticket", 0),
        replies=filed.get("reply", 0),
        agents=filed.get("agent", 0),
        automatic=states.get("automatic", 0) + filed.get("machine", 0),
        hidden=filed.get("hidden", 0),
        duplicates=states.get("duplicate", 0),
        held=states.get("held", 0),
        set_aside=states.get("set_aside", 0),
        dismissed=states.get("dismissed", 0),
        waiting=states.get("waiting", 0),
        lost=states.get("filed", 0) - sum(filed.values()),
        sent=letters.get("sent", 0),
        queued=letters.get("queued", 0) + letters.get("held", 0),
        failed=letters.get("failed", 0),
        withdrawn=letters.get("withdrawn", 0),
        named=_named(session, begin, end),
    )


def _filed(session: Session, begin: datetime, end: datetime) -> dict[str, int]:
    """Return how many of the filed mails opened a ticket, answered in one, and so on."""
    opening = select(col(EventRow.inbound_id)).where(
        col(EventRow.from_state) == "",
        col(EventRow.to_state) != "",
        col(EventRow.at) >= begin,
        col(EventRow.inbound_id).is_not(None),
    )
    spam = opening.where(col(EventRow.to_state) == State.SPAM.value)
    sort = case(
        (col(MessageRow.standing) == "spam", "hidden"),
        (col(InboundRow.id).in_(spam), "hidden"),
        (col(InboundRow.id).in_(opening), "ticket"),
        (col(MessageRow.standing).in_(_AGENTS), "agent"),
        (col(MessageRow.standing).in_(_MACHINES), "machine"),
        else_="reply",
    ).label("sort")
    query = (
        select(sort, func.count())
        .select_from(InboundRow)
        .join(MessageRow, col(MessageRow.inbound_id) == col(InboundRow.id))
        .where(
            col(InboundRow.received_at) >= begin,
            col(InboundRow.received_at) < end,
            col(InboundRow.state) == "filed",
        )
        .group_by(sort)
    )
    return {name: int(number) for name, number in session.execute(query)}


def _letters(session: Session, begin: datetime, end: datetime) -> dict[str, int]:
    query = (
        select(col(OutboundRow.state), func.count())
        .where(col(OutboundRow.queued_at) >= begin, col(OutboundRow.queued_at) < end)
        .group_by(col(OutboundRow.state))
    )
    return dict(session.execute(query).all())


def _named(session: Session, begin: datetime, end: datetime) -> tuple[Aside, ...]:
    query = (
        select(InboundRow)
        .where(
            col(InboundRow.received_at) >= begin,
            col(InboundRow.received_at) < end,
            col(InboundRow.state).in_(("held", "set_aside")),
        )
        .order_by(col(InboundRow.id))
        .limit(NAMED_MAX)
    )
    return tuple(
        Aside(row.id or 0, row.state, row.sender or row.return_path, row.subject)
        for row in session.scalars(query)
    )


def mailbox(session: Session, account: str, folder: str, begin: datetime, end: datetime) -> Mailbox:
    """Return how far a mailbox is. Only its place under the last UIDVALIDITY counts: under a new
    one everything is read again, and the old numbers mean nothing any more.
    """
    newest = select(func.max(col(PlaceRow.id))).where(
        col(PlaceRow.account) == account, col(PlaceRow.folder) == folder
    )
    place = session.execute(newest).scalar()
    left = select(func.count()).select_from(PlaceMailRow).where(
        col(PlaceMailRow.place_id) == place
    )  # fmt: skip
    stored = select(func.count()).select_from(InboundRow).where(
        col(InboundRow.account) == account,
        col(InboundRow.received_at) >= begin,
        col(InboundRow.received_at) < end,
    )  # fmt: skip
    return Mailbox(
        account=account,
        stored=int(session.execute(stored).scalar_one()),
        unfinished=int(session.execute(left).scalar_one()),
        was_read=place is not None,
    )
