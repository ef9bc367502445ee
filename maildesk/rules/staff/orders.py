"""What an agent's proven mail does: his commands in their order, then his words.

All of it or nothing: a command that cannot be carried out leaves the ticket as it was, and the
agent is told why.
"""

import re
from collections.abc import Set
from dataclasses import replace
from typing import Any

from maildesk.mail.message import Address
from maildesk.rules import letters as words
from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Orders
from maildesk.rules.commands.words import Care, Name, row_named
from maildesk.rules.facts import TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import AddMessage, Book, Change, Deed, Plan, Step, Tell, Timer
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.lists import answers, history
from maildesk.rules.staff.opening import opened
from maildesk.rules.staff.scene import Refused, Scene
from maildesk.rules.staff.work import Work

# The order in which the commands of one mail are carried out.
_RANK = {
    name: rank
    for rank, name in enumerate((
        Name.UNDO, Name.OPEN, Name.TO, Name.KIND, Name.PRESALES, Name.CONTRACT, Name.REWORK,
        Name.ADD, Name.REMOVE, Name.START, Name.STOP, Name.TIME, Name.PLAN, Name.SPLIT, Name.WAIT,
        Name.CLOSE, Name.MERGE, Name.SPAM,
    ))
}  # fmt: skip
_LATER = frozenset({Name.ASK, Name.TEST, Name.BILL, Name.FREE, Name.PORTAL})
_ASKING = frozenset({Name.LIST, Name.HELP})
# The first line of every letter to staff: it stands in no answer to a customer, unless a mail
# program quotes in a way that we do not know.
_NOTICE = re.compile(
    r"Eine Antwort auf diese E-Mail (?:geht an den Kunden|wird als interne|mit OK gilt|bewirkt)"
    r"|A reply to this e-mail (?:goes to the customer|is filed as an internal|with OK counts|does no)"
)
_SENT = {"closing": say.closing_sent, "planned": say.planned_sent}
_OPENING = frozenset({Name.FOR, Name.CALL})
# Besides what is marked as needing care: results that nobody can guess.
_RECEIPTED = frozenset({Name.STOP, Name.UNDO})


def carry_out(scene: Scene, ticket: TicketFacts | None, read: Orders, purpose: Purpose) -> Plan:
    """Return the steps of an agent's understood mail; `ticket` is the one that it answers."""
    names = frozenset(command.name for command in read.commands)
    if names & _LATER:
        return scene.refused(ticket, "not_possible_yet", _shown(names & _LATER))
    if names & _ASKING:
        return (*scene.file(ticket, "a question"), *answers(scene, names, ticket))
    if names & _OPENING:
        return _new_ticket(scene, ticket, read)
    if ticket is not None:
        return _on_ticket(scene, ticket, read, purpose)
    if names:
        return scene.refused(None, "no_ticket", _shown(names))
    return _internal(scene)


def holds_notice(text: str) -> bool:
    """Whether the first line of a letter to staff stands in a text, broken in whatever way."""
    return bool(_NOTICE.search(" ".join(text.split())))


def _on_ticket(scene: Scene, ticket: TicketFacts, read: Orders, purpose: Purpose) -> Plan:
    names = frozenset(command.name for command in read.commands)
    text = read.text.strip()
    outward = bool(text) and Name.NOTE not in names and (
        purpose is Purpose.AGENT_REPLY or Name.REPLY in names
    )  # fmt: skip
    work = Work(scene, ticket)
    try:
        for command in sorted(read.commands, key=lambda each: _RANK.get(each.name, len(_RANK))):
            work.do(command)
        if Name.REPLY in names and not text:
            raise Refused("wrong_argument", "#" + Name.REPLY.value)
        if outward and Name.CLOSE not in names:
            work.move(Name.REPLY)
        if outward and holds_notice(text):
            raise Refused("our_notice")
        outgoing = _to_customer(work, names, text if outward else "")
    except Refused as refusal:
        return scene.refused(ticket, refusal.problem, refusal.word)
    if outward:
        work.say(say.answered(tuple(tell.to.address for tell in outgoing), work.language))
    elif outgoing:
        work.say(_SENT[outgoing[0].letter](work.language))
    filed = AddMessage(ticket.id, "answer" if outward else "note")
    steps: list[Step] = [filed, *work.steps]
    if work.fields:
        steps.append(Change(ticket.id, work.fields, "commands", _shown(names)))
    if (names or outward) and not work.undone:
        steps.append(_deed(work, names))
    return (
        *steps,
        *outgoing,
        *_colleagues(work, outward, text),
        *_receipt(work, names, read, outgoing),
    )


def _to_customer(work: Work, names: Set[Name], text: str) -> tuple[Tell, ...]:
    """Return what goes to those who take part: the closing, the plan, or just the words."""
    scene, ticket = work.scene, work.ticket
    more: dict[str, Any] = {"words": text, "agent": scene.agent.name}
    if Name.CLOSE in names:
        letter = "closing"
        booked = scene.facts.staff.minutes.get(ticket.id, 0) + work.minutes
        more |= {
            "time": say.time_words(booked, ticket.language) if booked else "",
            "days": scene.policy.reopen_days,
        }
    elif Name.PLAN in names:
        letter, at = "planned", work.fields["planned_at"]
        zone = scene.policy.calendar.timezone
        more["planned"] = words.moment_words(at, zone, ticket.language)
    elif text:
        letter = "answer"
    else:
        return ()
    if not work.joined:
        if text:
            raise Refused("nobody_to_answer")
        return ()
    return tuple(
        Tell(
            letter=letter,
            to=Address("", address),
            language=ticket.language,
            purpose=Purpose.CUSTOMER,
            ticket_id=ticket.id,
            person=number,
            once=f"{letter}:{scene.received.inbound_id}:{number}",
            auto="" if text else "auto-generated",
            thread=scene.facts.staff.threads.get(ticket.id, ()),
            sender=scene.agent.name,
            delay=scene.policy.undo_seconds,
            files=bool(text),
            more=more,
        )
        for address, number in sorted(work.joined.items(), key=lambda pair: pair[1])
    )


def _deed(work: Work, names: Set[Name]) -> Deed:
    """Remember the ticket as it was; a state that only came along goes back with it."""
    fields = {name: getattr(work.ticket, name) for name in work.fields}
    if work.state is not work.ticket.state:
        fields["state"] = work.ticket.state.value
    if work.joined != dict(work.ticket.participants):
        fields["participants"] = list(work.ticket.participants)
    timers = [step for step in work.steps if isinstance(step, Timer)]
    if timers:
        fields["timer"] = "started" if timers[0].ticket_id else "stopped"
    after = dict(work.fields)
    if work.state is not work.ticket.state:
        after["state"] = work.state.value
    done = "; ".join(work.done) or _shown(names)
    return Deed(work.scene.agent.id, work.ticket.id, done[:300], fields, after)


def _colleagues(work: Work, outward: bool, text: str) -> tuple[Tell, ...]:
    """Return the letters to other agents: to whom the ticket is handed, or whose it is.

    What one person does never mails that person.
    """
    scene, ticket = work.scene, work.ticket
    by = {"by": scene.agent.name, "words": text}
    if work.assignee is not None:
        mine = work.as_it_will_be()
        told = letters_to.staff(
            "staff_assigned", scene.received, scene.facts, scene.policy, mine,
            without=scene.agent, more=by,
        )  # fmt: skip
        return tuple(replace(tell, ticket=mine) for tell in told)
    if not text or (outward and ticket.assignee_id is None):
        return ()
    told = letters_to.staff(
        "staff_answer" if outward else "staff_note", scene.received, scene.facts, scene.policy,
        ticket, without=scene.agent, more=by,
    )  # fmt: skip
    return tuple(replace(tell, own=text) for tell in told)


def _receipt(
    work: Work, names: Set[Name], read: Orders, outgoing: tuple[Tell, ...]
) -> tuple[Tell, ...]:
    scene, ticket = work.scene, work.ticket
    careful = any(row_named(name).care is not Care.EVERYDAY for name in names)
    wanted = names & _RECEIPTED or careful or read.inherited or scene.received.released_by
    if not wanted or not (names or read.inherited):
        return ()
    booked = scene.facts.staff.minutes.get(ticket.id, 0) + work.minutes
    more: dict[str, Any] = {
        "done": tuple(work.done),
        "inherited": read.inherited,
        "time": say.time_words(booked, scene.language) if booked else "",
        "undo": None if work.undone else scene.policy.undo_seconds if outgoing else 0,
    }
    return (scene.to_agent("staff_receipt", ticket.id, more),)


def _new_ticket(scene: Scene, ticket: TicketFacts | None, read: Orders) -> Plan:
    """Open a ticket for somebody: he called, or his mail was forwarded (T02)."""
    given = {command.name: command for command in read.commands}
    first = given.get(Name.CALL) or given[Name.FOR]
    inside = scene.policy.own | {agent.address.lower() for agent in scene.facts.agents}
    if first.address.lower() in inside:
        return scene.refused(ticket, "wrong_argument", first.address)
    person = scene.facts.staff.people.get(first.address)
    assignee = given[Name.TO].agent_id if Name.TO in given else scene.agent.id
    made = opened(scene, read.title, first.address, person, assignee)
    code, language = scene.policy.code, scene.language
    done = [say.created(tag(code, made.ticket_id), language)]
    steps: list[Step] = [made, AddMessage(made.ticket_id, "note")]
    minutes = sum(command.minutes for command in read.commands)
    if minutes:
        steps.append(Book(made.ticket_id, scene.agent.id, minutes, "#" + first.name.value))
        done.append(say.booked(minutes, language))
    known = replace(
        scene.facts,
        contact=person.contact if person else None,
        customer=person.customer if person else None,
    )
    confirmation = letters_to.confirmation(scene.received, known, made)
    steps.append(replace(confirmation, threaded=False, delay=scene.policy.undo_seconds))
    more: dict[str, Any] = {
        "done": tuple(done),
        "inherited": read.inherited,
        "time": say.time_words(minutes, language) if minutes else "",
        "undo": None,
    }
    letter = "staff_receipt"
    if first.name is Name.CALL:
        letter, more["history"] = "staff_call", history(scene, person.history if person else ())
    steps.append(scene.to_agent(letter, made.ticket_id, more, Purpose.AGENT_REPLY))
    return (*steps, *letters_to.staff(
        "staff_assigned", scene.received, known, scene.policy, made, without=scene.agent,
        more={"by": scene.agent.name, "words": read.text.strip()},
    ))  # fmt: skip


def _internal(scene: Scene) -> Plan:
    """Make a ticket of what an agent wrote to the desk himself; nobody is confirmed anything."""
    made = opened(scene, "", scene.agent.address, None, None)
    told = letters_to.staff(
        "staff_new", scene.received, scene.facts, scene.policy, made, without=scene.agent
    )
    return (made, AddMessage(made.ticket_id, "note"), *told)


def _shown(names: Set[Name]) -> str:
    return " ".join(sorted(f"#{name.value}" for name in names))
