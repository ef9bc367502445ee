"""How many automatic mails people got: what the budgets of answers count (SECURITY.md, P6)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session, col

from maildesk.rules.facts import Budget
from maildesk.store.rows import chunks
from maildesk.store.tables import OutboundRow


def of_strangers(session: Session, strangers: Collection[str], now: datetime) -> dict[str, Budget]:
    """Return what has been spent on each stranger; nothing is asked where there is none."""
    if not strangers:
        return {}
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    query = select(col(OutboundRow.rcpt_to), col(OutboundRow.queued_at)).where(
        col(OutboundRow.counted), col(OutboundRow.queued_at) > day
    )
    spent = session.execute(query).all()
    recent = [rcpt for rcpt, at in spent if at > hour]
    domains = [rcpt.rpartition("@")[2] for rcpt in recent]
    return {
        stranger: Budget(
            recent.count(stranger),
            sum(rcpt == stranger for rcpt, _ in spent),
            domains.count(stranger.rpartition("@")[2]),
            len(recent),
        )
        for stranger in strangers
    }


def of_contacts(session: Session, contacts: Collection[str], now: datetime) -> dict[str, Budget]:
    """Return how many confirmations known people got."""
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    spent: dict[str, Budget] = {}
    for chunk in chunks(contacts):
        rows = session.connection().execute(_CONFIRMED, {"contacts": chunk, "day": day})
        for rcpt_to, at in rows:
            so_far = spent.get(rcpt_to, Budget())
            spent[rcpt_to] = Budget(so_far.address_hour + (at > hour), so_far.address_day + 1)
    return spent


def of_offers(
    session: Session, addresses: Collection[str], now: datetime
) -> dict[str, tuple[int, int]]:
    """Return how many offers of a kind some addresses (lower case) got in an hour and a day."""
    spent: dict[str, tuple[int, int]] = {}
    for chunk in chunks(addresses):
        values = {"addresses": chunk, "day": now - timedelta(days=1)}
        for rcpt_to, at in session.connection().execute(_OFFERED, values):
            hour, day = spent.get(rcpt_to.lower(), (0, 0))
            spent[rcpt_to.lower()] = (hour + (at > now - timedelta(hours=1)), day + 1)
    return spent


_OFFERED = select(col(OutboundRow.rcpt_to), col(OutboundRow.queued_at)).where(
    col(OutboundRow.rcpt_to).in_(bindparam("addresses", expanding=True)),
    col(OutboundRow.queued_at) > bindparam("day"),
    col(OutboundRow.purpose) == "quick_offer",
)
_CONFIRMED = select(col(OutboundRow.rcpt_to), col(OutboundRow.queued_at)).where(
    col(OutboundRow.rcpt_to).in_(bindparam("contacts", expanding=True)),
    col(OutboundRow.queued_at) > bindparam("day"),
    or_(
        col(OutboundRow.purpose).startswith("confirm_"),
        col(OutboundRow.purpose).in_(("quick_offer", "offer_sent")),
    ),
)
