"""Search over all texts: tickets with what is looked for, newest first, with the words around it.

The index runs behind the mail, never beside it: `catch_up` is called by the clock, and before each
search for what came in a moment ago. What a ticket is (open, merged, spam) is looked at when it is
shown, so that it is right however old the index is.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from maildesk import log
from maildesk.desk.context import Desk
from maildesk.rules.folding import words
from maildesk.rules.looking import Piece, Term, Wanted, excerpt, marked, wanted
from maildesk.rules.number import tag
from maildesk.rules.ticket import State
from maildesk.store import search as found_in
from maildesk.store import search_index
from maildesk.store.columns import Moment
from maildesk.store.merged import STEPS_MAX
from maildesk.store.rows import rows_where
from maildesk.store.search import Hit
from maildesk.store.search_index import READ_MAX
from maildesk.store.tables import CustomerRow, TicketRow

PAGE = 25  # tickets
_MAIL_WAITS = text("SELECT 1 FROM inbound WHERE state = 'waiting' LIMIT 1")
AT_ONCE = 200  # messages that are indexed in one transaction
_BATCHES = (75, 500, 4_000)  # hits that are looked at for one page
_FILES_SHOWN = 3
_NAME_MAX = 120  # characters of the name of a file
CUSTOMERS_MAX = 20  # of one part of a name


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket with its newest message that was looked for; all texts in pieces, hits apart.

    `at` is when the message was filed. `files` are attachments by whose name it was found.
    `named`: it was found by its number; then the message is its first.
    """

    tag: str
    state: State
    title: tuple[Piece, ...]
    customer: str
    author: tuple[Piece, ...]
    text: tuple[Piece, ...]
    files: tuple[tuple[Piece, ...], ...]
    at: datetime
    named: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results. `older` is what to ask `before` for the next one, 0 where there is none.

    `terms` are what was looked for, as it was folded; `catching_up`: older texts are still being
    indexed; `no_customer`: there is none of the name that was asked for.
    """

    found: tuple[Found, ...]
    older: int
    terms: tuple[str, ...]
    catching_up: bool
    no_customer: bool = False


def catch_up(desk: Desk, limit: int = AT_ONCE, sweep: bool = False) -> int:
    """Index at most `limit` messages that are new or changed; return how many that were.

    With `sweep` also older ones that the index lacks. One short transaction; none where there is
    nothing to do.
    """
    with desk.db.read() as session:
        batch = search_index.waiting(session, limit, sweep)
    if not batch.is_news:
        return 0
    written = desk.db.change(lambda session: search_index.write(session, batch))
    return len(batch.documents) if written else 0


def pass_time(desk: Desk, seconds: float = 2.0) -> int:
    """Index what is lacking, the newest first, for about so long; return how many messages.

    While mail waits to be handled it does no more than one step: mail goes first.
    """
    begun, done = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        step = catch_up(desk, AT_ONCE, sweep=True)
        done += step
        with desk.db.read() as session:
            if session.execute(_MAIL_WAITS).first() or (
                step == 0 and search_index.is_complete(session)
            ):
                break
    return done


def look_for(
    desk: Desk, typed: str, before: int = 0, is_open: bool | None = None, of: str = ""
) -> Results:
    """Return the tickets with what somebody typed (`rules.looking`), at most PAGE, newest first.

    A ticket whose number was typed comes first. `before` is `Results.older` of the page before.
    `is_open` leaves out closed tickets (True) or open ones (False); `of` is a part of the
    customer's name and leaves out all others'.
    """
    sought = wanted(typed, desk.policy.code)
    if sought.terms:
        _keep_up(desk)
    with desk.db.read() as session:
        customers = _customers(session, of) if of.strip() else None
        asked = _Asked(sought, before, is_open, customers)
        lines, older = _page(session, asked)
        named = [] if before else _named(session, sought)
        first = {row.id for row in named}
        lines = [line for line in lines if line.ticket.id not in first]
        opened = [_Line(_first_message(session, row.id), row, True) for row in named]
        found = _shown(session, desk, sought, [*opened, *lines])
        complete = search_index.is_complete(session)
    terms = tuple(" ".join(term.words) for term in sought.terms)
    return Results(found, older, terms, not complete, customers == ())


def _keep_up(desk: Desk) -> None:
    try:
        catch_up(desk)
    except (
        OperationalError
    ) as error:  # a busy database: what was there before is found all the same
        log.database_trouble(str(error).splitlines()[0])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page that is asked for. `customers` is None where all may be."""

    wanted: Wanted
    before: int
    is_open: bool | None
    customers: tuple[int, ...] | None

    def meant(self, ticket: Any) -> bool:
        if ticket.state == State.SPAM.value:
            return False
        return self.is_open is None or bool(ticket.closed) is not self.is_open


@dataclass(frozen=True, slots=True)
class _Line:
    message_id: int
    ticket: Any  # a row of TicketRow
    named: bool = False


def _page(session: Session, asked: _Asked) -> tuple[list[_Line], int]:
    """Return a line for each ticket of a page, and where the next page begins (0: nowhere)."""
    lines: dict[int, _Line] = {}
    if asked.customers == ():
        return [], 0
    query = found_in.query(session, asked.wanted, asked.customers or ())
    before = asked.before
    for limit in _BATCHES:
        hits = found_in.search(session, query, before, limit)
        tickets = _tickets(session, hits)
        if asked.before:  # those that stood on a page before this one, with a newer message
            gone = found_in.newer(session, query, asked.before, tickets)
            tickets = {id_: row for id_, row in tickets.items() if id_ not in gone}
        for hit in hits:
            ticket = tickets.get(hit.ticket_id)
            if ticket is not None and ticket.id not in lines and asked.meant(ticket):
                if len(lines) == PAGE:
                    return list(lines.values()), before
                lines[ticket.id] = _Line(hit.message_id, ticket)
            before = hit.message_id
        if len(hits) < limit:
            return list(lines.values()), 0
    return list(lines.values()), before


def _tickets(session: Session, hits: Iterable[Hit]) -> dict[int, Any]:
    """Return the tickets of hits; for one that was merged the one into which it was."""
    ids = {hit.ticket_id for hit in hits}
    found = {row.id: row for row in rows_where(session, TicketRow, "id", ids)}
    for _ in range(STEPS_MAX):
        wanted_ids = {row.merged_into for row in found.values() if row.merged_into}
        if not wanted_ids:
            break
        more = {row.id: row for row in rows_where(session, TicketRow, "id", wanted_ids)}
        found = {id_: more.get(row.merged_into, row) for id_, row in found.items()}
    return found


def _named(session: Session, sought: Wanted) -> list[Any]:
    rows = {row.id: row for row in rows_where(session, TicketRow, "id", sought.numbers)}
    return [rows[each] for each in sought.numbers if each in rows]


def _first_message(session: Session, ticket_id: int) -> int:
    first = text("SELECT min(id) FROM message WHERE ticket_id = :id AND standing <> 'spam'")
    return int(session.execute(first, {"id": ticket_id}).scalar() or 0)


def _customers(session: Session, name: str) -> tuple[int, ...]:
    """Return the customers whose names hold all of these words or parts of them, () for none."""
    sought = words(name)
    rows = session.execute(
        select(col(CustomerRow.id), col(CustomerRow.name)).order_by(col(CustomerRow.id))
    )
    found = []
    for id_, full in rows:
        theirs = words(full)
        if sought and all(any(part in word for word in theirs) for part in sought):
            found.append(id_)
    return tuple(found[:CUSTOMERS_MAX])


_MESSAGES = (
    text(
        "SELECT id, author, author_name, reply, substr(text, 1, :most) AS body, filed_at"
        " FROM message WHERE id IN :ids"
    )
    .bindparams(
        bindparam("ids", expanding=True),
    )
    .columns(filed_at=Moment)
)
_FILES = text("SELECT message_id, name FROM attachment WHERE message_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


def _shown(
    session: Session, desk: Desk, sought: Wanted, lines: Sequence[_Line]
) -> tuple[Found, ...]:
    ids: dict[str, Any] = {"ids": [line.message_id for line in lines]}
    messages = {row.id: row for row in session.execute(_MESSAGES, ids | {"most": READ_MAX})}
    files: dict[int, list[str]] = {}
    for message_id, name in session.execute(_FILES, ids):
        files.setdefault(message_id, []).append(name)
    paying = {line.ticket.customer_id for line in lines if line.ticket.customer_id}
    names = {row.id: row.name for row in rows_where(session, CustomerRow, "id", paying)}
    return tuple(
        _found(
            desk, sought.terms, line, messages.get(line.message_id),
            files.get(line.message_id, ()), names.get(line.ticket.customer_id, ""),
        )
        for line in lines
    )  # fmt: skip


def _found(
    desk: Desk, terms: tuple[Term, ...], line: _Line, message: Any, files: Iterable[str],
    customer: str,
) -> Found:  # fmt: skip
    ticket = line.ticket
    author = ticket.requester_name or ticket.requester
    said: tuple[Piece, ...] = ()
    if message is not None:
        author = " ".join(filter(None, (message.author_name, message.author)))
        said = excerpt(message.reply, terms, READ_MAX)
        if not any(piece.is_hit for piece in said):
            said = excerpt(message.body, terms, READ_MAX)
    met = (marked(name[:_NAME_MAX], terms) for name in files)
    return Found(
        tag=tag(desk.policy.code, ticket.id),
        state=State(ticket.state),
        title=marked(ticket.title, terms),
        customer=customer,
        author=marked(author, terms),
        text=said,
        files=tuple(n for n in met if any(piece.is_hit for piece in n))[:_FILES_SHOWN],
        at=ticket.opened_at if message is None else message.filed_at,
        named=line.named,
    )
