"""Time by command: booked, taken by a timer, and looked at by the work meter afterwards."""

from datetime import datetime

from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.entries import EntryType
from maildesk.rules.number import tag
from maildesk.rules.plan import Tell, Timer
from maildesk.rules.process import holding, meter, timers
from maildesk.rules.process.booking import charged, entry
from maildesk.rules.process.request_words import limit_of
from maildesk.rules.staff import chains
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import Work
from maildesk.rules.ticket import State

TYPES = {
    Name.TIME: EntryType.WORK,
    Name.REMOTE: EntryType.REMOTE,
    Name.TRAVEL: EntryType.TRAVEL,
    Name.ESTIMATE: EntryType.ESTIMATE,
}


def time(work: Work, command: Command) -> None:
    """Book time of a type. In a resolved ticket it is a correction: forgotten, and made up for."""
    if not chains.may_book(work.state):
        raise Refused("time_not_allowed", command.name.value)
    book(work, work.scene.agent.id, command.minutes, TYPES[command.name])
    work.say(say.booked(command.minutes, work.language))


def book(
    work: Work,
    agent_id: int,
    minutes: int,
    type: EntryType,
    words: str = "",
    began_at: datetime | None = None,
) -> None:
    """Add the entries of some time, by what the ticket is at this point of the mail."""
    scene = work.scene
    work.take(
        entry(
            work.as_it_will_be(), work.facts, scene.policy, agent_id, minutes, type, words,
            scene.now, began_at, work.books,
        )
    )  # fmt: skip


def start(work: Work, command: Command) -> None:
    """Let the agent's timer run on the ticket."""
    timer = work.scene.facts.staff.timer
    if timer is not None:
        raise Refused("timer_runs", tag(work.scene.policy.code, timer.ticket_id))
    if not chains.may_work(work.state):
        raise Refused("time_not_allowed", command.name.value)
    work.steps.append(Timer(work.scene.agent.id, work.ticket.id))
    work.say(say.timer_started(work.language))


def stop(work: Work, command: Command) -> None:
    """Stop the agent's timer and book what it ran, until his mail came."""
    timer, agent = work.scene.facts.staff.timer, work.scene.agent
    if timer is None or timer.ticket_id != work.ticket.id:
        raise Refused("no_timer", command.name.value)
    sent = work.scene.received.envelope.received_at
    _stop(work, agent.id, timer.started_at, max(sent, timer.started_at))


def stop_mine(work: Work) -> None:
    """Stop the agent's own timer if it runs on this ticket."""
    timer = work.scene.facts.staff.timer
    mine = work.scene.agent.id
    if timer is not None and timer.ticket_id == work.ticket.id and mine not in work.stopped:
        sent = work.scene.received.envelope.received_at
        _stop(work, mine, timer.started_at, max(sent, timer.started_at))


def stop_all(work: Work) -> None:
    """Stop every timer that runs on this ticket: nobody works on it now."""
    stop_mine(work)
    for agent_id, began in work.facts.process.timers.get(work.ticket.id, ()):
        if agent_id not in work.stopped:
            _stop(work, agent_id, began, work.scene.now)


def starts(work: Work) -> bool:
    """Tell whether this mail starts a timer on this ticket."""
    return any(isinstance(s, Timer) and s.ticket_id == work.ticket.id for s in work.steps)


def running_besides_mine(work: Work) -> tuple[str, ...]:
    """Return the names of the colleagues whose timers run on this ticket."""
    running = {id_ for id_, _ in work.facts.process.timers.get(work.ticket.id, ())}
    others = running - work.stopped - {work.scene.agent.id}
    return tuple(each.name for each in work.facts.agents if each.id in others)


def _stop(work: Work, agent_id: int, began: datetime, ended: datetime) -> None:
    minutes = timers.timer_minutes(began, ended)
    work.stopped.add(agent_id)
    work.steps.append(Timer(agent_id, None))
    book(work, agent_id, minutes, EntryType.WORK, "timer", began)
    if agent_id == work.scene.agent.id:
        work.say(say.timer_stopped(minutes, work.language))
        return
    name = next((each.name for each in work.facts.agents if each.id == agent_id), "")
    work.say(tell.timer_of(name, minutes, work.language))


def measure(work: Work) -> None:
    """Look at the work meter after all that was booked: hold the ticket, or warn (section 2.4).

    A mail that asks the customer something itself, or delivers, is not held besides.
    """
    if charged(work.books) <= 0 or work.asked is not None or work.state is State.MERGED:
        return  # of a merged one the meter is looked at where its work counts (joining)
    scene, ticket = work.scene, work.as_it_will_be()
    checked = meter.check(ticket, work.facts, scene.policy, scene.now, work.books)
    if checked.hold:
        work.take(
            holding.hold(
                ticket, work.state, work.facts, scene.policy, scene.now, work.books, scene.agent,
                scene.policy.undo_seconds,
            )
        )  # fmt: skip
        work.stopped |= {step.agent_id for step in work.steps if isinstance(step, Timer)}
        if work.state is State.WAITING_APPROVAL:
            work.say(tell.held(work.state.words(work.language), work.language))
    elif checked.warn:
        work.steps += meter.warning(ticket, work.facts, scene.policy, checked, scene.agent)
    over = 0 if checked.limit is None else checked.worked - checked.limit
    if over > 0 and (checked.hold or ticket.state is State.WAITING_APPROVAL):
        work.say(tell.over_limit(over, work.language))
    elif over > 0 and limit_of(ticket, work.facts.customer, scene.policy) is not None:
        work.say(tell.not_billed(over, work.language))
        work.hurries = True


def is_told(work: Work) -> bool:
    """Tell whether the meter has written to the agent by itself."""
    return any(isinstance(step, Tell) and step.letter == "staff_limit" for step in work.steps)
