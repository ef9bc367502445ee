"""The everyday commands: who does it, when, for whom, and which tickets belong together."""

from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.number import tag
from maildesk.rules.plan import Change, Participate, SetState, Touch
from maildesk.rules.process import cycle
from maildesk.rules.staff import chains, joining, times
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State

CATEGORIES = {Name.PRESALES: "presales", Name.CONTRACT: "contract", Name.REWORK: "rework"}


def wait(work: Work, command: Command) -> None:
    """Let the ticket wait until a moment, or until the customer answers."""
    work.fields["wake_at"] = command.moment
    if command.moment is None:
        work.say(tell.waits_for_answer(work.language))
    else:
        work.say(say.waits_until(work.moment(command.moment), work.language))


def plan(work: Work, command: Command) -> None:
    """Set the date that the customer is told."""
    work.fields["planned_at"] = command.moment
    if command.moment is not None:
        work.say(say.planned(work.moment(command.moment), work.language))


def to(work: Work, command: Command) -> None:
    """Give the ticket to an agent."""
    agent = next((a for a in work.scene.facts.agents if a.id == command.agent_id), None)
    if agent is None:
        raise Refused("unknown_agent", command.name.value)
    if agent.id == work.ticket.assignee_id:
        raise Refused("already_so", command.name.value)
    work.assignee = work.fields["assignee_id"] = agent.id
    work.say(say.assigned(agent.name, work.language))


def put_back(work: Work) -> None:
    """Let a ticket in progress that was handed over be planned, if nobody's timer runs (T09)."""
    handed_over = work.assignee is not None and work.assignee != work.scene.agent.id
    if not handed_over or (work.state, work.ticket.state) != (State.IN_PROGRESS,) * 2:
        return
    running = {agent_id for agent_id, _ in work.facts.process.timers.get(work.ticket.id, ())}
    if not running - work.stopped and not times.starts(work):
        work.go(State.PLANNED, f"#{Name.TO}", "T09")


def category(work: Work, command: Command) -> None:
    """Say what the work counts as; it decides what is free from now on."""
    work.fields["category"] = CATEGORIES[command.name]
    work.say(say.category(CATEGORIES[command.name], work.language))


def add(work: Work, command: Command) -> None:
    """Let an address take part."""
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


def remove(work: Work, command: Command) -> None:
    """Let an address take part no more."""
    if command.address not in work.joined:
        raise Refused("not_a_participant", command.address)
    del work.joined[command.address]
    work.steps.append(Participate(work.ticket.id, command.address, 0))
    work.say(say.participant_removed(command.address, work.language))


def merge(work: Work, command: Command) -> None:
    """Merge the ticket into another one of the same customer (T44)."""
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
    joining.join_work(work, target)


def split(work: Work, command: Command) -> None:
    """Give the ticket that was merged into this one last its own life again (T45).

    What is promised of it is promised from now.
    """
    merged = work.scene.facts.staff.merged.get(work.ticket.id, ())
    source = next((each for each in reversed(merged) if each.state is State.MERGED), None)
    if source is None:
        raise Refused("not_from_this_state", command.name.value)
    policy, now = work.scene.policy, work.scene.now
    begun = cycle.after_move(source, State.MERGED, State.NEW, now, policy)
    work.steps += (
        Touch(source.id),
        SetState(source.id, State.MERGED, State.NEW, "#split"),
        Change(source.id, {"merged_into": None, **begun}, "#split"),
    )
    work.say(say.split(tag(policy.code, source.id), work.language))
    joining.keeps_limit(work)


def spam(work: Work, command: Command) -> None:
    """File the ticket as spam, if nobody worked on it (T46)."""
    at_work = work.facts.process.timers.get(work.ticket.id)
    if at_work or work.scene.facts.staff.minutes.get(work.ticket.id, 0) > 0:
        raise Refused("not_from_this_state", command.name.value)
    work.say(say.spam(work.language))
