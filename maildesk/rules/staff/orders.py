"""What an agent's proven mail does: his commands in their order, then his words.

All of it or nothing: a command that cannot be carried out leaves the ticket as it was, and the
agent is told why.
"""

import re
from collections.abc import Callable, Mapping, Set
from types import MappingProxyType

from maildesk.rules import letters_to
from maildesk.rules.commands.grammar import Command, Orders
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import TicketFacts
from maildesk.rules.plan import AddMessage, Change, Plan, Step
from maildesk.rules.process import cycle
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import calls, chains, everyday, portal, process, requests, times, undo
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.lists import answers
from maildesk.rules.staff.opening import opened
from maildesk.rules.staff.outgoing import SENT, colleagues, receipt, to_customer
from maildesk.rules.staff.scene import Refused, Scene
from maildesk.rules.staff.work import Work

_Effect = Callable[[Work, Command], None]
# What each command does, in the order in which the commands of one mail are carried out: what was
# decided first, then time by what the ticket is, then where the ticket goes.
_EFFECTS: Mapping[Name, _Effect] = MappingProxyType({
    Name.UNDO: undo.undo, Name.PHONE: requests.phone, Name.DEEMED: requests.deemed,
    Name.OPEN: process.reopen, Name.TO: everyday.to, Name.KIND: process.kind,
    Name.PRESALES: everyday.category, Name.CONTRACT: everyday.category,
    Name.REWORK: everyday.category, Name.FREE: process.free, Name.DEFECT: process.defect,
    Name.ADD: everyday.add, Name.REMOVE: everyday.remove, Name.START: times.start,
    Name.STOP: times.stop, Name.TIME: times.time, Name.REMOTE: times.time,
    Name.TRAVEL: times.time, Name.ESTIMATE: times.time, Name.CALL: calls.log, Name.PLAN: everyday.plan,
    Name.SPLIT: everyday.split, Name.WAIT: everyday.wait, Name.THIRD: process.third,
    Name.ASK: requests.ask_more, Name.TEST: requests.test, Name.LIVE: process.live,
    Name.CLOSE: process.close, Name.CANCEL: process.cancel, Name.BILL: process.bill,
    Name.MERGE: everyday.merge, Name.SPAM: everyday.spam, Name.PORTAL: portal.portal,
})  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_EFFECTS)}
# They move the ticket themselves: which way depends on more than its state.
_OWN_WAY = frozenset(
    {Name.ASK, Name.TEST, Name.PHONE, Name.DEEMED, Name.CANCEL, Name.BILL, Name.CLOSE}
)
_ASKING = frozenset({Name.LIST, Name.HELP})
# The first line of every letter to staff: it stands in no answer to a customer, unless a mail
# program quotes in a way that we do not know.
_NOTICE = re.compile(
    r"Eine Antwort auf diese E-Mail (?:geht an den Kunden|wird als interne|mit OK gilt|bewirkt|führt Befehle)"
    r"|A reply to this e-mail (?:goes to the customer|is filed as an internal|with OK counts|does no|runs commands)"
)
_OPENING = frozenset({Name.FOR, Name.CALL})


def carry_out(scene: Scene, ticket: TicketFacts | None, read: Orders, purpose: Purpose) -> Plan:
    """Return the steps of an agent's understood mail; `ticket` is the one that it answers."""
    names = frozenset(command.name for command in read.commands)
    if names & _ASKING:
        return (*scene.file(ticket, "a question"), *answers(scene, names, ticket))
    if Name.CALL in names and ticket is not None and calls.joins(ticket, scene):
        # What was said on the phone is no letter: without #reply it stays inside.
        return _on_ticket(scene, ticket, read, Purpose.AGENT_NOTE)
    if names & _OPENING:
        return calls.new_ticket(scene, ticket, read)
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
    work = Work(scene, ticket, text, read.title)
    try:
        for command in sorted(read.commands, key=lambda each: _RANK.get(each.name, len(_RANK))):
            _do(work, command)
        if Name.REPLY in names and not text:
            raise Refused("wrong_argument", "#" + Name.REPLY.value)
        outward = _goes_out(work, names, purpose)
        if outward and not names & _STILL:
            work.move(Name.REPLY)
        if (outward or work.said) and holds_notice(text):
            raise Refused("our_notice")
        times.measure(work)
        everyday.put_back(work)
        process.settle(work)
        chains.must_lead(work.steps)
        outgoing = to_customer(work, names, text if outward else "")
    except Refused as refusal:
        return scene.refused(ticket, refusal.problem, refusal.word, refusal.nearest)
    if outward:
        work.say(say.answered(tuple(tell.to.address for tell in outgoing), work.language))
    elif outgoing:
        work.say(SENT[outgoing[0].letter](work.language))
    if text and not outward and names & _HEARD and not names & _MEANT_INSIDE and not work.said:
        work.say(say.kept_inside(work.language))
        work.hurries = True
    if (outward and outgoing) or work.asked is not None:
        _responded(work)
    filed = AddMessage(ticket.id, "answer" if outward else "note")
    steps: list[Step] = [filed, *work.steps]
    if work.fields:
        steps.append(Change(ticket.id, work.fields, "commands", _shown(names)))
    if (names or outward) and not work.undone:
        steps.append(undo.deed(work, "; ".join(work.done) or _shown(names)))
    return (
        *steps,
        *outgoing,
        *colleagues(work, outward, "" if work.said and not outward else text),
        *receipt(work, names, read, outgoing),
    )


# Commands whose text is meant for the customer, unless the agent says otherwise.
_HEARD = frozenset({Name.CLOSE, Name.LIVE, Name.WAIT, Name.PLAN})
_MEANT_INSIDE = frozenset({Name.NOTE, Name.CALL, Name.PHONE, Name.UNDO})
# With these an answer to the customer does not mean that the work goes on.
_STILL = frozenset(
    {Name.CLOSE, Name.LIVE, Name.CANCEL, Name.BILL, Name.MERGE, Name.SPAM, Name.PLAN}
)


def _do(work: Work, command: Command) -> None:
    """Carry out one command. Raises Refused where that is impossible."""
    name = command.name
    effect = _EFFECTS.get(name)
    if effect is None:
        return
    if chains.is_there(name, work.state) and not chains.is_there(name, work.ticket.state):
        return  # a command before it has brought the ticket there
    guard = process.GUARDS.get(name)
    if guard is not None and chains.chain(name, work.state) is not None:
        guard(work, command)
    if name not in _OWN_WAY:
        work.move(name)
    effect(work, command)


def _goes_out(work: Work, names: Set[Name], purpose: Purpose) -> bool:
    """Tell whether the agent's text goes to the customer as his words (COMMANDS.md, rule 9)."""
    if not work.text or Name.NOTE in names:
        return False
    return Name.REPLY in names or (purpose is Purpose.AGENT_REPLY and not work.said)


def _responded(work: Work) -> None:
    """Note that a person of the desk answered the customer."""
    scene = work.scene
    work.fields |= cycle.after_response(work.as_it_will_be(), scene.now, scene.policy)


def _internal(scene: Scene) -> Plan:
    """Make a ticket of what an agent wrote to the desk himself; nobody is confirmed anything."""
    made = opened(scene, "", scene.agent.address, None, None)
    told = letters_to.staff(
        "staff_new", scene.received, scene.facts, scene.policy, made, without=scene.agent
    )
    return (made, AddMessage(made.ticket_id, "note"), *told)


def _shown(names: Set[Name]) -> str:
    return " ".join(sorted(f"#{name.value}" for name in names))
