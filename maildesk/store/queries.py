"""Questions to the database whose answers are values of the rules.

`facts` asks for a whole batch of messages at once: a dozen queries, however many messages.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from maildesk.mail.message import Address
from maildesk.rules.enquiry import invoice_of, is_recipient
from maildesk.rules.facts import Budget, Candidate, Facts, Match, Received, SentLetter, TicketFacts
from maildesk.rules.invoice_facts import NamedInvoice
from maildesk.rules.money import Money
from maildesk.rules.people import AgentFacts, ContactFacts, CustomerFacts
from maildesk.rules.requests import named as request_named
from maildesk.rules.signed import HANDLE, Keyring, Purpose, read_message_id
from maildesk.rules.ticket import State
from maildesk.store import budgets
from maildesk.store.address_marks import address_marks, block_of
from maildesk.store.foreign_numbers import tickets_numbered
from maildesk.store.invoice_facts import invoices_named
from maildesk.store.rows import chunks, rows_where
from maildesk.store.tables import (
    AgentAddressRow,
    AgentRow,
    ContactRow,
    CustomerRow,
    DomainRow,
    MessageRow,
    OutboundRow,
    ParticipantRow,
    ThreadRow,
    TicketRow,
)

ABOUT_TICKETS = frozenset({Purpose.CUSTOMER, Purpose.AGENT_REPLY, Purpose.AGENT_NOTE})


def facts(
    session: Session,
    batch: Sequence[Received],
    numbers: Sequence[tuple[int, int]],
    keyring: Keyring,
    now: datetime,
    balance: bool = False,
) -> list[Facts]:
    """Return what the store knows about each message of a batch, in its order.

    `numbers` are the (ticket, message) numbers reserved for each. `balance` asks for the number
    of open tickets of each agent too.
    """
    asked = [_Asked(received, keyring) for received in batch]
    ids = {mid for each in asked for mid in each.ids}
    threads = _threads(session, ids)
    known = _known(session, {each.content_key for each in asked})
    foreign = tickets_numbered(session, {key for each in asked for key in each.foreign})
    letters = _letters(session, {handle for each in asked for handle in each.handles})
    found = tickets(session, _named(asked, threads, foreign, letters, known))
    authors = {each.author for each in asked if each.author}
    agents, by_address = _agents(session)
    contacts, customers = _people(session, authors)
    strangers = authors - contacts.keys() - by_address.keys()
    spent = budgets.of_strangers(session, strangers, now) | budgets.of_contacts(
        session, contacts.keys(), now
    )
    written_to = {letter.rcpt_to.lower() for letter in letters.values()}
    written_to |= {address for ticket in found.values() for address, _ in ticket.participants}
    written_to |= {agent.address for agent in agents} | authors
    blocks, unreachable = address_marks(session, written_to, {each.sender for each in asked}, now)
    loads = _loads(session) if balance else {}
    named = [next((letters[h] for h in each.handles if h in letters), None) for each in asked]
    invoices = _invoices(session, batch, named)
    payers = {each.customer_id for each in invoices if each} - customers["#"].keys()
    customers["#"] |= _customers(session, payers)
    result = []
    for received, each, (ticket_id, message_id), letter, invoice in zip(
        batch, asked, numbers, named, invoices, strict=True
    ):
        person = contacts.get(each.author)
        customer_id = (
            person.customer_id if person else customers["@"].get(each.author.rpartition("@")[2])
        )
        if customer_id is None and invoice is not None and is_recipient(received, invoice):
            customer_id = invoice.customer_id
        agent = by_address.get(each.author)
        theirs = {} if agent else foreign  # no number of another desk leads an agent anywhere
        result.append(
            Facts(
                ticket_id=ticket_id,
                message_id=message_id,
                known=each.content_key in known,
                known_in=known.get(each.content_key),
                agent=agent,
                contact=person,
                customer=customers["#"].get(customer_id),
                candidates=tuple(_candidates(each, letters, threads, found, known, theirs)),
                letter=letter,
                agents=agents,
                open_tickets=loads,
                budget=spent.get(each.author, Budget()),
                blocked=block_of(each.sender, person, blocks) if blocks else "",
                unreachable=unreachable,
                invoice=invoice,
            )
        )
    return result


def _invoices(
    session: Session, batch: Sequence[Received], letters: Sequence[SentLetter | None]
) -> list[NamedInvoice | None]:
    """Return the invoice that each message answers, if any; nothing is asked where none does."""
    about = [invoice_of(*each) for each in zip(batch, letters, strict=True)]
    found = invoices_named(session, {id_ for id_ in about if id_ is not None})
    return [None if id_ is None else found.get(id_) for id_ in about]


def _named(
    asked: Sequence["_Asked"],
    threads: Mapping[str, list[int]],
    foreign: Mapping[tuple[str, str], list[int]],
    letters: Mapping[str, SentLetter],
    known: Mapping[str, int],
) -> set[int]:
    """Return the tickets that the messages name in any way."""
    wanted = {n for each in asked for n in each.tickets}
    wanted |= {n for numbers in (*threads.values(), *foreign.values()) for n in numbers}
    wanted |= {letter.ticket_id for letter in letters.values() if letter.ticket_id is not None}
    return wanted | {known[each.content_key] for each in asked if each.is_cleared(known)}


class _Asked:
    """The keys under which one message's facts are found."""

    def __init__(self, received: Received, keyring: Keyring) -> None:
        reading = received.reading
        mail = reading.mail
        self.author = mail.author or ""
        self.sender = self.author or mail.sender.address.lower()  # of whom a block may know
        self._cleared = received.cleared
        self.content_key = mail.content_key
        references = (*mail.in_reply_to, *reversed(mail.references))
        named = reading.report.message_ids if reading.report else ()
        self.signed_tickets = [
            int(address.subject)
            for address in received.proofs.addresses
            if address.purpose in ABOUT_TICKETS and address.subject.isdigit()
        ]
        asked = [
            name
            for address in received.proofs.addresses
            if address.purpose is Purpose.REQUEST and (name := request_named(address.subject))
        ]
        self.request = asked[0] if asked else None
        self.signed_tickets += [ticket_id for ticket_id, _ in asked]
        bounced = [a.subject for a in received.proofs.addresses if a.purpose is Purpose.BOUNCE]
        signed = [read_message_id(keyring, mid) for mid in (*named, *references)]
        self.handles = list(dict.fromkeys(bounced + [token[:HANDLE] for token in signed if token]))
        own = (mail.message_id,) if mail.message_id else ()
        # Its own id too: a parent that comes late is already referred to.
        self.ids = list(dict.fromkeys((*references, *own)))
        self.tagged = list(received.subject.numbers)
        domain = self.author.rpartition("@")[2]
        self.foreign = [(domain, number) for number in received.subject.foreign if domain]
        self.tickets = {*self.signed_tickets, *self.tagged}

    def is_cleared(self, known: Mapping[str, int]) -> bool:
        """Tell whether the message is in a ticket already and was said to be no spam."""
        return self._cleared and self.content_key in known


def _candidates(
    each: _Asked,
    letters: dict[str, SentLetter],
    threads: dict[str, list[int]],
    found: dict[int, TicketFacts],
    known: Mapping[str, int],
    foreign: Mapping[tuple[str, str], list[int]],
) -> Iterator[Candidate]:
    named = [(n, Match.SIGNED_ADDRESS) for n in each.signed_tickets]
    if each.is_cleared(known):
        named.insert(0, (known[each.content_key], Match.REFERENCE))
    for handle in each.handles:
        letter = letters.get(handle)
        if letter is not None and letter.ticket_id is not None:
            named.append((letter.ticket_id, Match.SIGNED_ID))
    named += [(n, Match.REFERENCE) for mid in each.ids for n in threads.get(mid, ())]
    named += [(n, Match.TAG) for n in each.tagged]
    seen: set[int] = set()
    for number, match in named:
        ticket = found.get(number)
        if ticket is not None and ticket.id not in seen:
            seen.add(ticket.id)
            yield Candidate(ticket, match, number)
    if seen:  # something of ours is named: another desk's number says nothing beside that
        return
    for key in each.foreign:
        for number in foreign.get(key, ()):
            ticket = found.get(number)
            if ticket is not None and ticket.id not in seen:
                seen.add(ticket.id)
                yield Candidate(ticket, Match.FOREIGN, number, key[1])


def tickets(session: Session, ids: Collection[int]) -> dict[int, TicketFacts]:
    """Return tickets by the id that was asked for; a merged one is replaced by its target."""
    rows = {row.id: row for row in rows_where(session, TicketRow, "id", ids)}
    merged = {row.merged_into for row in rows.values() if row.merged_into} - rows.keys()
    rows |= {row.id: row for row in rows_where(session, TicketRow, "id", merged)}
    values = as_they_are(session, rows)
    return {id_: values.get(rows[id_].merged_into or id_, value) for id_, value in values.items()}


def as_they_are(session: Session, rows: Mapping[int, Any]) -> dict[int, TicketFacts]:
    """Return rows of `ticket` by id as values with those who take part, merged ones too."""
    taking_part: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for person in rows_where(session, ParticipantRow, "ticket_id", rows):
        taking_part[person.ticket_id].append((person.address, person.number))
    return {
        id_: TicketFacts(
            id=row.id,
            version=row.version,
            title=row.title,
            state=State(row.state),
            kind=row.kind,
            customer_id=row.customer_id,
            requester=Address(row.requester_name, row.requester),
            participants=tuple(sorted(taking_part[id_], key=lambda pair: pair[1])),
            language=row.language,
            assignee_id=row.assignee_id,
            due_at=row.due_at,
            resolved_at=row.resolved_at,
            clock_started_at=row.clock_started_at,
            paused_at=row.paused_at,
            wake_at=row.wake_at,
            planned_at=row.planned_at,
            category=row.category or ("presales" if row.presales else ""),
            merged_into=row.merged_into,
            urgent=row.urgent,
            opened_at=row.opened_at,
            cycle=row.cycle,
            alert_at=row.alert_at,
            met_at=row.met_at,
            breached_at=row.breached_at,
            responded_at=row.responded_at,
            waits_for=row.waits_for,
            limit_minutes=row.limit_minutes,
            limit_open=row.limit_open,
            free=row.free,
        )
        for id_, row in rows.items()
    }


def customer(row: Any) -> CustomerFacts:
    """Return a row of `customer` as a value."""
    return CustomerFacts(
        id=row.id or 0,
        name=row.name,
        language=row.language,
        rate=None if row.rate_minor is None else Money(row.rate_minor, row.currency),
        contract=row.contract,
        has_accepted_terms=row.terms_accepted_at is not None,
        limit_minutes=row.limit_minutes,
    )


def contact(row: Any) -> ContactFacts:
    """Return a row of `contact` as a value."""
    return ContactFacts(
        row.customer_id, row.address, row.name, row.language, row.id or 0, row.may_approve,
        row.approve_up_to, row.portal_at is not None,
    )  # fmt: skip


def agents(session: Session) -> list[AgentFacts]:
    """Return all agents, by id; the first address of each is where he gets his mail."""
    return sorted({a.id: a for a in _agents(session)[1].values()}.values(), key=lambda a: a.id)


_AGENTS = select(SQLModel.metadata.tables["agent"]).order_by(col(AgentRow.id))


def _agents(session: Session) -> tuple[tuple[AgentFacts, ...], dict[str, AgentFacts]]:
    addresses: dict[int, list[str]] = defaultdict(list)
    rows = session.execute(select(col(AgentAddressRow.agent_id), col(AgentAddressRow.address))
                           .order_by(col(AgentAddressRow.id)))  # fmt: skip
    for agent_id, address in rows:
        addresses[agent_id].append(address)
    by_address: dict[str, AgentFacts] = {}
    enabled = []
    for row in session.execute(_AGENTS):
        if not addresses[row.id]:
            continue
        agent = AgentFacts(
            row.id, row.login, row.name, addresses[row.id][0], row.language, row.enabled,
            row.told_of_new,
        )  # fmt: skip
        by_address.update(dict.fromkeys(addresses[row.id], agent))
        if row.enabled:
            enabled.append(agent)
    return tuple(enabled), by_address


def _people(
    session: Session, authors: Collection[str]
) -> tuple[dict[str, ContactFacts], dict[str, dict[Any, Any]]]:
    contacts = {
        row.address: contact(row) for row in rows_where(session, ContactRow, "address", authors)
    }
    domains = {author.rpartition("@")[2] for author in set(authors) - contacts.keys()}
    by_domain = {
        row.domain: row.customer_id for row in rows_where(session, DomainRow, "domain", domains)
    }
    ids = {contact.customer_id for contact in contacts.values()} | set(by_domain.values())
    return contacts, {"@": by_domain, "#": _customers(session, ids)}


def _customers(session: Session, ids: Collection[int]) -> dict[Any, CustomerFacts]:
    return {row.id: customer(row) for row in rows_where(session, CustomerRow, "id", ids)}


def _known(session: Session, keys: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(keys):
        query = select(col(MessageRow.content_key), col(MessageRow.ticket_id))
        found.update(session.execute(query.where(col(MessageRow.content_key).in_(chunk))).all())
    return found


def _threads(session: Session, ids: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for chunk in chunks(ids):
        query = select(col(ThreadRow.message_id), col(ThreadRow.ticket_id))
        for mid, ticket_id in session.execute(query.where(col(ThreadRow.message_id).in_(chunk))):
            found[mid].append(ticket_id)
    return found


def _letters(session: Session, handles: Collection[str]) -> dict[str, SentLetter]:
    found: dict[str, SentLetter] = {}
    for chunk in chunks(handles):
        query = select(col(OutboundRow.handle), col(OutboundRow.id), col(OutboundRow.rcpt_to),
                       col(OutboundRow.ticket_id), col(OutboundRow.purpose),
                       func.coalesce(col(OutboundRow.once_key), ""))  # fmt: skip
        for handle, *rest in session.execute(query.where(col(OutboundRow.handle).in_(chunk))):
            found[handle] = SentLetter(*rest)
    return found


LETTER_OCTETS = 256 * 1024  # of a letter: its words stand before its files


def letters_sent(session: Session, ids: Collection[int]) -> dict[int, bytes]:
    """Return the beginnings of letters of ours by id: as much as holds their words."""
    found: dict[int, bytes] = {}
    for chunk in chunks(ids):
        query = select(col(OutboundRow.id), func.substr(col(OutboundRow.raw), 1, LETTER_OCTETS))
        for id_, raw in session.execute(query.where(col(OutboundRow.id).in_(chunk))):
            found[id_] = bytes(raw)
    return found


def _loads(session: Session) -> dict[int, int]:
    query = (
        select(col(TicketRow.assignee_id), func.count())
        .where(~col(TicketRow.closed), col(TicketRow.assignee_id).is_not(None))
        .group_by(col(TicketRow.assignee_id))
    )
    return dict(session.execute(query).all())
