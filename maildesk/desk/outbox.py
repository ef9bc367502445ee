"""Letters on their way out: claimed before any socket opens, settled by what the relay said.

States: queued, sent, failed, held, withdrawn; none is "sending", so nothing needs sweeping.
After a crash between the relay's 250 and `settle` the same bytes may arrive twice with the same
Message-ID (RFC 1047: no order of steps avoids both loss and duplicates).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select, text, update
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk import tokens, unreachable
from maildesk.mail.parcel import Parcel
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import GIVE_UP_AFTER, LONGEST_SEND, Verdict, retry_delay
from maildesk.store.columns import Moment
from maildesk.store.db import Database, rows_met
from maildesk.store.tables import OutboundRow, SettingRow

MAY_SEND = "may_send"


@dataclass(frozen=True, slots=True)
class Outbox:
    """The queue of letters of one desk, as the sending door sees it."""

    db: Database

    def claim(self, now: datetime, limit: int) -> list[Parcel]:
        """Take the letters that are due, at most `limit`, the oldest first.

        The attempt is registered, and the next one scheduled, before any socket opens. So a
        crash while sending leaves a letter that is simply due again later. A desk restored from
        a backup gives out nothing until it is released.
        """
        with self.db.read() as session:
            if not session.execute(_due(now).limit(1)).first() or not may_send(session):
                return []
        return self.db.change(lambda session: _claim(session, now, limit))

    def settle(self, outcomes: Sequence[tuple[Parcel, Reply, Verdict]], now: datetime) -> None:
        """Record what the relay answered for each letter.

        Counts only for the attempt it belongs to: a late answer to an earlier one changes
        nothing. Expiry is by age, never by count. Of a letter that was sent no usable token of a
        page remains in the database (SECURITY.md, P19); letters not yet sent still hold theirs.
        """
        states = self.db.change(lambda session: _settle(session, outcomes, now))
        for (parcel, reply, _), state in zip(outcomes, states, strict=True):
            log.settled(parcel.id, state, parcel.rcpt_to, parcel.attempt, reply)

    def give_back(self, parcels: Sequence[Parcel], now: datetime, reply: Reply) -> None:
        """Put letters back that were never offered to the relay: their attempt does not count."""

        def work(session: Session) -> None:
            for parcel in parcels:
                row = update(OutboundRow).where(
                    col(OutboundRow.id) == parcel.id,
                    col(OutboundRow.attempts) == parcel.attempt,
                    col(OutboundRow.state) == "queued",
                )
                session.execute(
                    row.values(attempts=parcel.attempt - 1, next_attempt_at=now,
                               last_reply=str(reply))
                )  # fmt: skip

        self.db.change(work)

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next letter is due, or None if none is queued."""
        query = select(func.min(col(OutboundRow.next_attempt_at)))
        with self.db.read() as session:
            due: datetime | None = session.execute(
                query.where(col(OutboundRow.state) == "queued")
            ).scalar()
        return due


def may_send(session: Session) -> bool:
    """Tell whether letters may leave; False after a restore, until somebody releases them."""
    row = session.get(SettingRow, MAY_SEND)
    return row is None or row.value == "yes"


def retry(db: Database, outbound_id: int, now: datetime) -> bool:
    """Make a letter due at once, also one that failed or is held. False if there is none."""
    row = update(OutboundRow).where(
        col(OutboundRow.id) == outbound_id, col(OutboundRow.state).in_(("queued", "failed", "held"))
    )
    again = row.values(state="queued", queued_at=now, next_attempt_at=now, settled_at=None)
    return db.change(lambda session: rows_met(session, again) == 1)


def _due(now: datetime) -> Select[int | None]:
    return select(col(OutboundRow.id)).where(
        col(OutboundRow.state) == "queued", col(OutboundRow.next_attempt_at) <= now
    )


def _claim(session: Session, now: datetime, limit: int) -> list[Parcel]:
    oldest = _due(now).order_by(col(OutboundRow.next_attempt_at), col(OutboundRow.id)).limit(limit)
    ids = session.scalars(oldest.with_for_update(skip_locked=True)).all()
    if not ids:
        return []
    taken = update(OutboundRow).where(col(OutboundRow.id).in_(ids))
    session.execute(
        # longer than any send: nobody sends it beside us
        taken.values(attempts=col(OutboundRow.attempts) + 1, next_attempt_at=now + LONGEST_SEND)
    )
    columns = select(col(OutboundRow.id), col(OutboundRow.attempts), col(OutboundRow.return_path),
                     col(OutboundRow.rcpt_to), col(OutboundRow.raw), col(OutboundRow.queued_at))  # fmt: skip
    rows = session.execute(
        columns.where(col(OutboundRow.id).in_(ids)).order_by(col(OutboundRow.id))
    )
    return [Parcel(*row) for row in rows]


def _settle(
    session: Session, outcomes: Sequence[tuple[Parcel, Reply, Verdict]], now: datetime
) -> list[str]:
    return [_settle_one(session, *outcome, now) for outcome in outcomes]


_SETTLED = text(
    "UPDATE outbound SET state = :state, last_reply = :reply, next_attempt_at = :next,"
    " settled_at = :settled WHERE id = :id AND attempts = :attempt AND state = 'queued'"
).bindparams(bindparam("next", type_=Moment), bindparam("settled", type_=Moment))


def _settle_one(
    session: Session, parcel: Parcel, reply: Reply, verdict: Verdict, now: datetime
) -> str:
    state, again = "queued", now
    if verdict is Verdict.SENT:
        state = "sent"
    elif verdict is Verdict.FAILED or now - parcel.queued_at > GIVE_UP_AFTER:
        state = "failed"
    else:
        again = now + retry_delay(parcel.attempt)
    met = session.connection().execute(
        _SETTLED,
        {
            "state": state,
            "reply": str(reply),
            "next": again,
            "settled": None if state == "queued" else now,
            "id": parcel.id,
            "attempt": parcel.attempt,
        },
    )
    if met.rowcount and state == "sent" and (found := tokens.tokens_in(parcel.raw)):
        tokens.forget(session, parcel.id, parcel.raw, found)
    if met.rowcount and verdict is Verdict.FAILED:
        unreachable.refused(session, parcel.rcpt_to, reply, now)
    return state if met.rowcount else "late"
