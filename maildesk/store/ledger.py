"""Every mail accounted for, in numbers that add up."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from maildesk.store.tables import InboundRow, MessageRow, OutboundRow, RawRow, TicketRow


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many messages came in and where each of them is; how many letters and where they are.

    `unaccounted` lists what does not add up, in sentences; it is empty in a desk that lost
    nothing.
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
    unaccounted: tuple[str, ...]


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
        unaccounted=tuple(_unaccounted(session)),
    )


def _unaccounted(session: Session):  # type: ignore[no-untyped-def]
    in_tickets = select(col(MessageRow.inbound_id)).where(col(MessageRow.inbound_id).is_not(None))
    filed = select(func.count()).select_from(InboundRow).where(col(InboundRow.state) == "filed")
    lost = _one(session, filed.where(col(InboundRow.id).not_in(in_tickets)))
    if lost:
        yield f"{lost} messages are marked as filed but stand in no ticket"
    orphans = select(func.count()).select_from(RawRow)
    known = select(col(InboundRow.raw_sha256))
    lost = _one(session, orphans.where(col(RawRow.sha256).not_in(known)))
    if lost:
        yield f"{lost} stored mails belong to no message that was received"


def _one(session: Session, query) -> int:  # type: ignore[no-untyped-def]
    return int(session.execute(query).scalar_one())
