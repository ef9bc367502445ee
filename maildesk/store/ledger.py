"""Every mail accounted for, in numbers that add up."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.store.tables import InboundRow, MessageRow, OutboundRow, RawRow, TicketRow


class Gap(StrEnum):
    """What does not add up."""

    IN_NO_TICKET = "in_no_ticket"  # marked as filed
    OF_NO_MESSAGE = "of_no_message"  # a stored mail that nobody received


@dataclass(frozen=True, slots=True)
class Lost:
    """So many mails that do not add up."""

    gap: Gap
    count: int

    def words(self, german: bool = False) -> str:
        """Return it in one sentence, in English or German."""
        return _WORDS[self.gap][2 * german + (self.count != 1)].format(self.count)


_WORDS = {
    Gap.IN_NO_TICKET: (
        "{} message is marked as filed but stands in no ticket",
        "{} messages are marked as filed but stand in no ticket",
        "{} Nachricht gilt als abgelegt, steht aber in keinem Ticket",
        "{} Nachrichten gelten als abgelegt, stehen aber in keinem Ticket",
    ),
    Gap.OF_NO_MESSAGE: (
        "{} stored mail belongs to no message that was received",
        "{} stored mails belong to no message that was received",
        "{} gespeicherte E-Mail gehört zu keiner eingegangenen Nachricht",
        "{} gespeicherte E-Mails gehören zu keiner eingegangenen Nachricht",
    ),
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many messages came in and where each of them is; how many letters and where they are.

    `lost` lists what does not add up; it is empty in a desk that lost nothing.
    """

    received: int
    waiting: int
    filed: int
    duplicate: int
    automatic: int
    held: int
    set_aside: int
    dismissed: int
    tickets: int
    messages: int
    letters: dict[str, int]
    lost: tuple[Lost, ...]

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """What does not add up, in English sentences."""
        return tuple(lost.words() for lost in self.lost)


def count(session: Session) -> Ledger:
    """Return the ledger of a desk, read in one transaction."""
    states: dict[str, int] = dict(
        session.execute(
            select(col(InboundRow.state), func.count()).group_by(col(InboundRow.state))
        ).all()
    )
    letters: dict[str, int] = dict(
        session.execute(
            select(col(OutboundRow.state), func.count()).group_by(col(OutboundRow.state))
        ).all()
    )
    received = _one(session, select(func.count()).select_from(InboundRow))
    return Ledger(
        received=received,
        waiting=states.get("waiting", 0),
        filed=states.get("filed", 0),
        duplicate=states.get("duplicate", 0),
        automatic=states.get("automatic", 0),
        held=states.get("held", 0),
        set_aside=states.get("set_aside", 0),
        dismissed=states.get("dismissed", 0),
        tickets=_one(session, select(func.count()).select_from(TicketRow)),
        messages=_one(session, select(func.count()).select_from(MessageRow)),
        letters=letters,
        lost=tuple(_lost(session)),
    )


def _lost(session: Session) -> Iterator[Lost]:
    in_tickets = select(col(MessageRow.inbound_id)).where(col(MessageRow.inbound_id).is_not(None))
    filed = select(func.count()).select_from(InboundRow).where(col(InboundRow.state) == "filed")
    lost = _one(session, filed.where(col(InboundRow.id).not_in(in_tickets)))
    if lost:
        yield Lost(Gap.IN_NO_TICKET, lost)
    orphans = select(func.count()).select_from(RawRow)
    known = select(col(InboundRow.raw_sha256))
    lost = _one(session, orphans.where(col(RawRow.sha256).not_in(known)))
    if lost:
        yield Lost(Gap.OF_NO_MESSAGE, lost)


def _one(session: Session, query) -> int:  # type: ignore[no-untyped-def]
    return int(session.execute(query).scalar_one())
