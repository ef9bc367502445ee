"""How far a mailbox has been read (RFC 3501 section 2.3.1.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox's place under one UIDVALIDITY.

    `last_uid` is the highest UID dealt with so far; `unfinished` are UIDs of mails that are
    stored with us but not yet moved or flagged there; `first` says that we never read this
    folder, under any UIDVALIDITY.
    """

    last_uid: int
    unfinished: tuple[int, ...] = ()
    first: bool = False
