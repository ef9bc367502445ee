"""How far each mailbox has been read: kept in the transaction that keeps its mail."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, delete, select, text
from sqlmodel import Session, col

from maildesk.desk import intake
from maildesk.mail.place import Place
from maildesk.mail.smtp import Envelope
from maildesk.store.db import Database
from maildesk.store.tables import PlaceMailRow, PlaceRow

# The place never moves back, whatever order things come in.
_MOVE_ON = text(
    "INSERT INTO mailbox_place (account, folder, uidvalidity, last_uid)"
    " VALUES (:account, :folder, :uidvalidity, :uid)"
    " ON CONFLICT (account, folder, uidvalidity) DO UPDATE SET last_uid ="
    " CASE WHEN excluded.last_uid > mailbox_place.last_uid THEN excluded.last_uid"
    " ELSE mailbox_place.last_uid END RETURNING id"
)
_NOTE = text(
    "INSERT INTO mailbox_mail (place_id, uid) VALUES (:place_id, :uid)"
    " ON CONFLICT (place_id, uid) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Places:
    """The places of all mailboxes of one desk, as the polling door sees them.

    `on_stored` hears of each mail that was stored, after the commit.
    """

    db: Database
    on_stored: Callable[[], None] = lambda: None

    def known(self, account: str, folder: str, uidvalidity: int) -> Place:
        """Return how far a mailbox has been read, and what is stored but not yet moved there.

        `first` only while nothing was ever recorded for this account and folder: under a new
        UIDVALIDITY everything is read again, and what is known is dropped by its content.
        """
        with self.db.read() as session:
            row = session.scalars(_place(account, folder, uidvalidity)).first()
            if row is None:
                met = select(col(PlaceRow.id)).where(
                    col(PlaceRow.account) == account, col(PlaceRow.folder) == folder
                )
                return Place(last_uid=0, first=session.execute(met).first() is None)
            left = select(col(PlaceMailRow.uid)).where(col(PlaceMailRow.place_id) == row.id)
            uids = session.scalars(left.order_by(col(PlaceMailRow.uid))).all()
            return Place(last_uid=row.last_uid, unfinished=tuple(uids), first=False)

    def accept(
        self, envelope: Envelope, raw: bytes, oversize: int = 0, quiet: bool = False
    ) -> None:
        """Store a mail and its place in one transaction; returns after the commit.

        A server that cannot even give the headers leaves `raw` empty: then a line of ours stands
        for the mail, so that staff see it.
        """
        if not raw:
            where = f"{envelope.account} {envelope.folder} {envelope.uidvalidity} {envelope.uid}"
            raw = f"Subject: (unreadable on the server: {where})\r\n\r\n".encode("ascii", "replace")
        sha256 = hashlib.sha256(raw).hexdigest()

        def work(session: Session) -> None:
            place_id = _move_on(session, envelope.account, envelope.folder,
                                envelope.uidvalidity, envelope.uid)  # fmt: skip
            session.execute(_NOTE, {"place_id": place_id, "uid": envelope.uid})
            intake.keep(session, envelope, raw, sha256, oversize, quiet)

        self.db.submit(work, weight=len(raw)).result()
        self.on_stored()

    def skip(self, account: str, folder: str, uidvalidity: int, uid: int) -> None:
        """Move the place on without a mail: it is gone, or older than what is wanted."""
        self.db.change(lambda session: _move_on(session, account, folder, uidvalidity, uid))

    def finished(self, account: str, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """Note that mails have been moved or flagged on the server."""

        def work(session: Session) -> None:
            row = session.scalars(_place(account, folder, uidvalidity)).first()
            if row is not None:
                session.execute(
                    delete(PlaceMailRow).where(
                        col(PlaceMailRow.place_id) == row.id, col(PlaceMailRow.uid).in_(uids)
                    )
                )

        self.db.change(work)


def _place(account: str, folder: str, uidvalidity: int) -> Select[PlaceRow]:
    return select(PlaceRow).where(
        col(PlaceRow.account) == account,
        col(PlaceRow.folder) == folder,
        col(PlaceRow.uidvalidity) == uidvalidity,
    )


def _move_on(session: Session, account: str, folder: str, uidvalidity: int, uid: int) -> int:
    values = {"account": account, "folder": folder, "uidvalidity": uidvalidity, "uid": uid}
    return int(session.execute(_MOVE_ON, values).scalar_one())
