"""The steps of one agent's mail for one ticket, gathered command by command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from maildesk.rules import cycle, kinds
from maildesk.rules import letters as words
from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import TicketFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import (
    Book,
    Change,
    Participate,
    SetState,
    Step,
    TakeBack,
    Timer,
)
from maildesk.rules.staff import chains
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused, Scene
from maildesk.rules.ticket import TAKE_BACK, State

CATEGORIES = {Name.PRESALES: "presales", Name.CONTRACT: "contract", Name.REWORK: "rework"}


class Work:
    """What has been decided so far. `state` and `fields` are the ticket as it will be."""

    def __init__(self, scene: Scene, ticket: TicketFacts) -> None:
        self.scene, self.ticket, self.state = scene, ticket, ticket.state
        self.steps: list[Step] = []
        self.fields: dict[str, Any] = {}
        self.done: list[str] = []
        self.assignee: int | None = None  # if it changes
        self.minutes = 0
        self.joined = dict(ticket.participants)
        self.undone = False

    def do(self, command: Command) -> None:
        """Carry out one command. Raises Refused where that is impossible."""
        carry_out = _EFFECTS.get(command.name)
        if carry_out is not None:
            self.move(command.name)
            carry_out(self, command)

    def move(self, name: Name) -> None:
        """Lead the ticket through the states of a command's chain."""
        way = chains.chain(name, self.state)
        if way is None:
            problem = "already_so" if chains.is_there(name, self.state) else "not_from_this_state"
            raise Refused(problem, name.value)
        for after in way:
            scene = self.scene
            self.steps.append(SetState(self.ticket.id, self.state, after, f"#{name.value}"))
            self.fields |= cycle.after_move(self.ticket, self.state, after, scene.now, scene.policy)
            self.state = after

    def as_it_will_be(self) -> TicketFacts:
        """Return the ticket as it is after this mail."""
        names = {each.name for each in fields(TicketFacts)}
        changed = {name: value for name, value in self.fields.items() if name in names}
        return replace(self.ticket, state=self.state, **changed)

    def say(self, line: str) -> None:
        """Add a line to the receipt."""
        self.done.append(line)

    @property
    def language(self) -> str:
        return self.scene.language

    def moment(self, at: datetime) -> str:
        """Return a moment in the words of the agent."""
        return words.moment_words(at, self.scene.policy.calendar.timezone, self.language)


def _close(work: Work, command: Command) -> None:
    timer = work.scene.facts.staff.timer
    if timer is not None and timer.ticket_id == work.ticket.id:
        _stop(work, command)
    work.say(say.closed(work.language))


def _open(work: Work, command: Command) -> None:
    work.say(say.opened(work.language))


def _wait(work: Work, command: Command) -> None:
    work.fields["wake_at"] = command.moment
    if command.moment is not None:
        work.say(say.waits_until(work.moment(command.moment), work.language))


def _plan(work: Work, command: Command) -> None:
    work.fields["planned_at"] = command.moment
    if command.moment is not None:
        work.say(say.planned(work.moment(command.moment), work.language))


def _to(work: Work, command: Command) -> None:
    agent = next((a for a in work.scene.facts.agents if a.id == command.agent_id), None)
    if agent is None:
        raise Refused("unknown_agent", command.name.value)
    if agent.id == work.ticket.assignee_id:
        raise Refused("already_so", command.name.value)
    work.assignee = work.fields["assignee_id"] = agent.id
    work.say(say.assigned(agent.name, work.language))


def _time(work: Work, command: Command) -> None:
    if not chains.may_book(work.state):
        raise Refused("time_not_allowed", command.name.value)
    _book(work, command.minutes)


def _book(work: Work, minutes: int, why: str = "") -> None:
    work.steps.append(Book(work.ticket.id, work.scene.agent.id, minutes, why))
    work.minutes += minutes
    work.say(say.booked(minutes, work.language))


def _start(work: Work, command: Command) -> None:
    if work.scene.facts.staff.timer is not None:
        raise Refused(
            "timer_runs", tag(work.scene.policy.code, work.scene.facts.staff.timer.ticket_id)
        )
    if not chains.may_book(work.state):
        raise Refused("time_not_allowed", command.name.value)
    work.steps.append(Timer(work.scene.agent.id, work.ticket.id))
    work.say(say.timer_started(work.language))


def _stop(work: Work, command: Command) -> None:
    timer = work.scene.facts.staff.timer
    if timer is None or timer.ticket_id != work.ticket.id:
        raise Refused("no_timer", command.name.value)
    sent = work.scene.received.envelope.received_at
    minutes = max(1, round((sent - timer.started_at) / timedelta(minutes=1)))
    work.steps += (
        Timer(work.scene.agent.id, None),
        Book(work.ticket.id, work.scene.agent.id, minutes, "timer"),
    )
    work.minutes += minutes
    work.say(say.timer_stopped(minutes, work.language))


def _kind(work: Work, command: Command) -> None:
    """Change the kind. A dearer one is the customer's to order, and he cannot be asked yet."""
    policy = work.scene.policy
    known = {kind.name: kind for kind in policy.kinds}
    wanted, now = known[command.kind], known.get(work.ticket.kind, policy.kinds[0])
    if wanted.name == now.name:
        raise Refused("already_so", command.name.value)
    if kinds.is_dearer(wanted, now):
        raise Refused("dearer_kind", command.name.value)
    work.fields |= {"kind": wanted.name, **cycle.new_cycle(wanted.name, work.scene.now, policy)}
    work.say(say.kind_changed(words.kind_words(wanted, work.language), work.language))


def _category(work: Work, command: Command) -> None:
    work.fields["category"] = CATEGORIES[command.name]
    work.say(say.category(CATEGORIES[command.name], work.language))


def _add(work: Work, command: Command) -> None:
    if command.address in work.joined:
        raise Refused("already_so", command.address)
    _refuse_inside(work, command.address)
    person = work.scene.facts.staff.people.get(command.address)
    name = person.contact.name if person and person.contact else ""
    _join(work, command.address, name)
    work.say(say.participant_added(command.address, work.language))


def _join(work: Work, address: str, name: str = "") -> None:
    number = max(work.joined.values(), default=0) + 1
    work.joined[address] = number
    work.steps.append(Participate(work.ticket.id, address, number, name))


def _refuse_inside(work: Work, address: str) -> None:
    """No address of ours or of staff takes part as a customer: mail would run in circles."""
    inside = work.scene.policy.own | {agent.address.lower() for agent in work.scene.facts.agents}
    if address.lower() in inside:
        raise Refused("wrong_argument", address)


def _remove(work: Work, command: Command) -> None:
    if command.address not in work.joined:
        raise Refused("not_a_participant", command.address)
    del work.joined[command.address]
    work.steps.append(Participate(work.ticket.id, command.address, 0))
    work.say(say.participant_removed(command.address, work.language))


def _merge(work: Work, command: Command) -> None:
    target = next(
        (c.ticket for c in work.scene.facts.candidates if c.ticket.id == command.ticket_id), None
    )
    if target is None or target.id == work.ticket.id:
        raise Refused("unknown_ticket", command.name.value)
    if target.customer_id != work.ticket.customer_id:
        raise Refused("other_customer", command.name.value)
    if chains.chain(Name.MERGE, target.state) is None:
        raise Refused("not_from_this_state", tag(work.scene.policy.code, target.id))
    work.fields["merged_into"] = target.id
    number = max((n for _, n in target.participants), default=0)
    there = {address for address, _ in target.participants}
    for address in work.joined:
        if address not in there:
            number += 1
            work.steps.append(Participate(target.id, address, number))
    work.say(say.merged(tag(work.scene.policy.code, target.id), work.language))


def _split(work: Work, command: Command) -> None:
    """Give the ticket that was merged into this one last its own life again (T45)."""
    source = work.scene.facts.staff.merged.get(work.ticket.id)
    if source is None:
        raise Refused("not_from_this_state", command.name.value)
    policy, now = work.scene.policy, work.scene.now
    work.steps += (
        SetState(source, State.MERGED, State.NEW, "#split"),
        Change(source, {"merged_into": None, "clock_started_at": now}, "#split"),
    )
    work.say(say.split(tag(policy.code, source), work.language))


def _spam(work: Work, command: Command) -> None:
    if work.scene.facts.staff.minutes.get(work.ticket.id, 0) > 0:
        raise Refused("not_from_this_state", command.name.value)
    work.say(say.spam(work.language))


def _undo(work: Work, command: Command) -> None:
    """Take back the agent's last mail that did something here (rule 9)."""
    deed = work.scene.facts.staff.deeds.get(work.ticket.id)
    if deed is None:
        raise Refused("nothing_to_undo", command.name.value)
    now = {name: getattr(work.ticket, name, None) for name in deed.after}
    if any(value != deed.after[name] for name, value in now.items()):
        raise Refused("changed_since", command.name.value)
    work.undone = True
    work.steps.append(TakeBack(deed.id, deed.inbound_id, len(deed.waiting)))
    fields = dict(deed.before)
    state = fields.pop("state", None)
    if state is not None and State(state) is not work.state:
        work.steps.append(SetState(work.ticket.id, work.state, State(state), "#undo", TAKE_BACK))
        work.state = State(state)
    _restore(work, fields.pop("participants", None), fields.pop("timer", ""))
    work.fields |= fields
    if deed.minutes:
        work.steps.append(Book(work.ticket.id, work.scene.agent.id, -deed.minutes, "#undo"))
        work.minutes -= deed.minutes
    work.say(say.undone(deed.words, work.language))
    for address in deed.waiting:
        work.say(say.withdrawn(address, work.language))
    for address in deed.gone:
        work.say(say.could_not_undo(address, "left", work.language))


def _restore(work: Work, participants: Sequence[Sequence[Any]] | None, timer: str) -> None:
    """Let take part who did before, and stop a timer that was started."""
    if participants is not None:
        before = {str(address): int(number) for address, number in participants}
        for address in work.joined.keys() - before.keys():
            work.steps.append(Participate(work.ticket.id, address, 0))
        for address in before.keys() - work.joined.keys():
            work.steps.append(Participate(work.ticket.id, address, before[address]))
        work.joined = before
    running = work.scene.facts.staff.timer
    if timer == "started" and running is not None and running.ticket_id == work.ticket.id:
        work.steps.append(Timer(work.scene.agent.id, None))
    elif timer:
        work.say(say.could_not_undo(say.timer_started(work.language), "", work.language))


_EFFECTS: Mapping[Name, Callable[[Work, Command], None]] = MappingProxyType({
    Name.CLOSE: _close, Name.OPEN: _open, Name.WAIT: _wait, Name.PLAN: _plan, Name.TO: _to,
    Name.TIME: _time, Name.START: _start, Name.STOP: _stop, Name.KIND: _kind,
    Name.PRESALES: _category, Name.CONTRACT: _category, Name.REWORK: _category, Name.ADD: _add,
    Name.REMOVE: _remove, Name.MERGE: _merge, Name.SPLIT: _split, Name.SPAM: _spam,
    Name.UNDO: _undo,
})  # fmt: skip
