"""The reconciliation of a day in words: every mail accounted for, and each mailbox compared."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from maildesk.desk.context import Desk
from maildesk.rules.letters import is_german
from maildesk.rules.staff.digest import short_moment
from maildesk.store import ledger
from maildesk.store.reconciliation import Aside, Books, Mailbox, books, mailbox


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a reconciliation says. `begin` and `end` are moments in words.

    `unaccounted` are what does not add up in the whole of the books, in sentences: empty in a desk that lost nothing. `more` is how many held or set-aside mails are not named.
    """

    begin: str
    end: str
    books: Books
    mailboxes: tuple[Mailbox, ...]
    unaccounted: tuple[str, ...]
    more: int = 0

    @property
    def adds_up(self) -> bool:
        """Tell whether every mail received is in exactly one part of the books."""
        return self.books.received == self.books.counted and not self.unaccounted

    @property
    def named(self) -> tuple[Aside, ...]:
        """The mails that somebody should look at."""
        return self.books.named


def reconciled(
    session: Session, desk: Desk, begin: datetime, end: datetime, locale: str
) -> Reconciliation:
    """Return the reconciliation of a period for readers of a locale."""
    found = books(session, begin, end)
    zone = desk.policy.calendar.timezone
    return Reconciliation(
        begin=short_moment(begin, end, zone, locale),
        end=short_moment(end, end, zone, locale),
        books=found,
        mailboxes=tuple(
            mailbox(session, account.name, account.folder, begin, end) for account in desk.site.imap
        ),
        unaccounted=tuple(each.words(is_german(locale)) for each in ledger.count(session).lost),
        more=found.held + found.set_aside - len(found.named),
    )
