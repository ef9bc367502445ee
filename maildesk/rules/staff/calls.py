"""Phone calls by mail: logged on a ticket, or on a new one, and answered with the history.

    Re: [DD-10429] Warenkorb leer #anruf 12m a@b     the call is logged on that ticket
    #anruf 12m a@b Rückfrage Zahlungsart             a new ticket (T02)

A mail that an agent forwards for its writer (#for) opens a ticket the same way.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Command, Orders
from maildesk.rules.commands.words import Name
from maildesk.rules.entries import EntryType
from maildesk.rules.facts import Facts, Person, TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import AddMessage, Book, OpenTicket, Plan, Step
from maildesk.rules.process import holding, meter
from maildesk.rules.process.booking import entry
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff import times
from maildesk.rules.staff.history import caller
from maildesk.rules.staff.opening import opened
from maildesk.rules.staff.scene import Refused, Scene
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import ReplyEffect, State, after_customer_reply

ABOUT_MAX = 120  # characters of what a call was about that stay with its time
# What an agent may say of a ticket that he is opening; anything else needs one that is there.
_FOR_NEW = frozenset({
    Name.CALL, Name.FOR, Name.TO, Name.TIME, Name.REMOTE, Name.TRAVEL, Name.ESTIMATE, Name.NOTE,
})  # fmt: skip
_TYPES = {**times.TYPES, Name.CALL: EntryType.CALL}


def joins(ticket: TicketFacts | None, scene: Scene) -> bool:
    """Tell whether a call is logged on the ticket that the mail is about.

    A call about one that is over for good opens a ticket that follows it, as a reply does.
    """
    if ticket is None or ticket.state is State.SPAM:
        return False
    effect = after_customer_reply(
        ticket.state, ticket.resolved_at, scene.now, scene.policy.reopen_days
    )
    return effect is not ReplyEffect.FOLLOW_UP


def log(work: Work, command: Command) -> None:
    """Log a call on a ticket that is there. Raises Refused for a caller who is one of us."""
    _refuse_inside(work.scene, command.address)
    about = about_of(work.title, work.ticket.title, work.text)
    words = f"{command.address}: {about}" if about else command.address
    times.book(work, work.scene.agent.id, command.minutes, EntryType.CALL, words)
    work.say(say.call_logged(command.address, command.minutes, work.language))
    work.more["caller"] = caller(work.scene, command.address)


def about_of(subject: str, title: str, text: str) -> str:
    """Return what a call was about: what the subject adds to the title, else the first line."""
    added = subject.strip()
    if added.startswith(title):
        added = added.removeprefix(title)
    elif added.endswith(title):
        added = added.removesuffix(title)
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return (added.strip() or first)[:ABOUT_MAX]


def new_ticket(scene: Scene, ticket: TicketFacts | None, read: Orders) -> Plan:
    """Return a ticket for somebody who called (T02), or whose mail was forwarded.

    `ticket` is an old one that it follows, or None.
    """
    given = {command.name: command for command in read.commands}
    first = given.get(Name.CALL) or given[Name.FOR]
    if extra := given.keys() - _FOR_NEW:
        both = f"#{first.name} #{min(extra)}"
        return scene.refused(ticket, "contradiction", both)
    try:
        _refuse_inside(scene, first.address)
    except Refused as refusal:
        return scene.refused(ticket, refusal.problem, refusal.word)
    person = scene.facts.staff.people.get(first.address) or Person(first.address)
    made = _opened(scene, ticket, read, first, person)
    known = _known(scene, person)
    books = _books(scene, made, known, read, first)
    by_phone = first.name is Name.CALL
    confirmation = letters_to.confirmation(scene.received, known, made, {"by_phone": by_phone})
    return (
        made,
        AddMessage(made.ticket_id, "note"),
        *books,
        replace(confirmation, threaded=False, delay=scene.policy.undo_seconds),
        *_measured(scene, made, known, books),
        _receipt(scene, made, read, first, sum(book.minutes for book in books)),
        *letters_to.staff(
            "staff_assigned", scene.received, known, scene.policy, made, without=scene.agent,
            more={"by": scene.agent.name, "words": read.text.strip()},
        ),
    )  # fmt: skip


def _opened(
    scene: Scene, ticket: TicketFacts | None, read: Orders, first: Command, person: Person
) -> OpenTicket:
    to = next((command for command in read.commands if command.name is Name.TO), None)
    assignee = to.agent_id if to else scene.agent.id
    known = person if person.contact or person.customer else None
    made = opened(scene, read.title, first.address, known, assignee)
    over = ticket is not None and first.name is Name.CALL
    return replace(
        made,
        by_phone=first.name is Name.CALL,
        follows=ticket.id if ticket is not None and over else None,
    )


def _known(scene: Scene, person: Person) -> Facts:
    """Return the facts with those of the person for whom the ticket is."""
    process = replace(scene.facts.process, contracts=person.contracts, approvers=person.approvers)
    return replace(scene.facts, contact=person.contact, customer=person.customer, process=process)


def _books(
    scene: Scene, made: OpenTicket, known: Facts, read: Orders, first: Command
) -> tuple[Book, ...]:
    """Return the time of the call and whatever else was booked with it."""
    found: tuple[Book, ...] = ()
    for command in read.commands:
        if not command.minutes:
            continue
        words = ""
        if command.name is Name.CALL:
            about = about_of(read.title, "", read.text)
            words = f"{first.address}: {about}" if about else first.address
        found += entry(
            made, known, scene.policy, scene.agent.id, command.minutes, _TYPES[command.name],
            words, scene.now, earlier=found,
        )  # fmt: skip
    return found


def _measured(
    scene: Scene, made: OpenTicket, known: Facts, books: tuple[Book, ...]
) -> tuple[Step, ...]:
    """Return what the work meter makes of the first time on a ticket (section 2.4)."""
    fresh, policy = _fresh(made, scene.now), scene.policy
    checked = meter.check(fresh, known, policy, scene.now, books)
    if checked.hold:
        return holding.hold(
            fresh, fresh.state, known, policy, scene.now, books, scene.agent, policy.undo_seconds
        )
    return meter.warning(fresh, known, policy, checked, scene.agent)


def _fresh(made: OpenTicket, now: datetime) -> TicketFacts:
    """Return a new ticket as it will be known: the meter looks at tickets that are there."""
    return TicketFacts(
        id=made.ticket_id,
        version=1,
        title=made.title,
        state=made.state,
        kind=made.kind,
        customer_id=made.customer_id,
        requester=made.requester,
        participants=((made.requester.address, 1),),
        language=made.language,
        assignee_id=made.assignee_id,
        due_at=made.due_at,
        clock_started_at=made.clock_started_at,
        opened_at=now,
    )


def _receipt(scene: Scene, made: OpenTicket, read: Orders, first: Command, minutes: int) -> Step:
    language = scene.language
    done = [say.created(tag(scene.policy.code, made.ticket_id), language)]
    if first.name is Name.CALL:
        done.append(say.call_logged(first.address, first.minutes, language))
    elif minutes:
        done.append(say.booked(minutes, language))
    more: dict[str, Any] = {
        "done": tuple(done),
        "inherited": read.inherited,
        "time": say.time_words(minutes, language) if minutes else "",
        "undo": None,
    }
    letter = "staff_receipt"
    if first.name is Name.CALL:
        letter, more["caller"] = "staff_call", caller(scene, first.address)
    return scene.to_agent(letter, made.ticket_id, more, Purpose.AGENT_REPLY)


def _refuse_inside(scene: Scene, address: str) -> None:
    """No address of ours or of staff is a caller: mail would run in circles."""
    inside = scene.policy.own | {agent.address.lower() for agent in scene.facts.agents}
    if address.lower() in inside:
        raise Refused("wrong_argument", address)
