"""Mail that needs a look: held, set aside, written by a machine, or hidden as spam. Read only.

The lists that the command line has (`held`, `quarantine`, `spam`), as one kind of row.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from maildesk.desk import held, lists, spam
from maildesk.desk.context import Desk

PAGE = 50


class Tab(StrEnum):
    """The lists; the words are those of the address of the page."""

    HELD = "held"
    SET_ASIDE = "set_aside"
    AUTOMATIC = "automatic"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail on a list. `sender` may be "", `ticket` is a tag or "".

    `login` is the agent's in whose name a held mail is. `why` says why it is here, in English.
    """

    id: int
    received_at: datetime
    sender: str
    subject: str
    why: str
    ticket: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True)
class MailList:
    """A page of a list, the newest first; `older` is the number to go on before, None at the end.

    `counts` are of all lists.
    """

    tab: Tab
    rows: tuple[MailRow, ...]
    counts: dict[Tab, int]
    older: int | None


def listed(desk: Desk, tab: Tab, before: int | None = None) -> MailList:
    """Return a page of a list; only mails below the number `before`, if one is named."""
    with desk.db.read() as session:
        counts = {each: _rows(session, desk, each, 0, None)[1] for each in Tab if each is not tab}
        rows, counts[tab] = _rows(session, desk, tab, PAGE + 1, before)
    older = rows[PAGE - 1].id if len(rows) > PAGE else None
    return MailList(tab, tuple(rows[:PAGE]), counts, older)


def _rows(
    session: Session, desk: Desk, tab: Tab, limit: int, before: int | None
) -> tuple[list[MailRow], int]:
    code = desk.policy.code
    if tab is Tab.HELD:
        lines, total = held.listed(session, code, limit, before)
        return [
            MailRow(
                line.id, line.received_at, line.address, line.subject, line.why, line.ticket,
                line.login,
            )
            for line in lines
        ], total  # fmt: skip
    if tab is Tab.SPAM:
        hidden, total = spam.listed(session, code, limit, before)
        return [
            MailRow(
                line.id, line.received_at, line.sender, line.subject,
                line.why or "an agent said so", line.ticket,
            )
            for line in hidden
        ], total  # fmt: skip
    found, total = lists.quarantine(session, (tab.value,), limit, before)
    return [
        MailRow(line.id, line.received_at, line.sender, line.subject, line.reason) for line in found
    ], total
