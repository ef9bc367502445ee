"""Taking back an agent's last mail that did something (COMMANDS.md, rule 9; T59)."""

from collections.abc import Sequence
from typing import Any

from maildesk.rules.commands.grammar import Command
from maildesk.rules.commands.words import Name
from maildesk.rules.entries import Entry
from maildesk.rules.facts import DoneDeed
from maildesk.rules.plan import (
    Book,
    Deed,
    Judge,
    Note,
    Participate,
    Remind,
    SetState,
    TakeBack,
    Timer,
)
from maildesk.rules.process.asking import first_reminder
from maildesk.rules.requests import How, Request, Verdict
from maildesk.rules.staff import portal
from maildesk.rules.staff import process_receipts as tell
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.scene import Refused
from maildesk.rules.staff.work import NAMES, Work
from maildesk.rules.ticket import TAKE_BACK, State, allowed

# The time looks at a ticket meanwhile; that is nothing that anybody changed.
_LOOKED = frozenset({"alert_at", "breached_at"})
# What a deed remembers besides the fields of the ticket.
_BESIDES = ("state", "participants", "timer", "asked", "replaced", "judged", "let_in")


def deed(work: Work, done: str) -> Deed:
    """Remember the ticket as it was; a state that only came along goes back with it."""
    agent = work.scene.agent
    before: dict[str, Any] = {name: getattr(work.ticket, name, "") for name in work.fields}
    # When the time looks next it moves on by itself, and nothing has changed by that.
    named = NAMES - {"alert_at"}
    after = {name: value for name, value in work.fields.items() if name in named}
    if work.state is not work.ticket.state:
        before["state"], after["state"] = work.ticket.state.value, work.state.value
    if work.joined != dict(work.ticket.participants):
        before["participants"] = list(work.ticket.participants)
    if work.let_in:
        before["let_in"] = work.let_in
    timers = [s for s in work.steps if isinstance(s, Timer) and s.agent_id == agent.id]
    if timers:
        before["timer"] = "started" if timers[0].ticket_id else "stopped"
    if work.asked is not None:
        before["asked"] = work.asked.number
        before["replaced"] = work.replaced.number if work.replaced else 0
    if work.judged:
        before["judged"] = [[request.number, verdict.value] for request, verdict in work.judged]
    return Deed(agent.id, work.ticket.id, done[:300], before, after)


def undo(work: Work, command: Command) -> None:
    """Take back what the agent's last mail did here, if nothing has changed since."""
    known = work.scene.facts.staff.deeds.get(work.ticket.id)
    if known is None:
        raise Refused("nothing_to_undo", command.name.value)
    now = {name: getattr(work.ticket, name, None) for name in known.after}
    if any(value != known.after[name] for name, value in now.items()):
        raise Refused("changed_since", command.name.value)
    state = known.before.get("state")
    if state is not None and not _leads_back(work.state, State(state)):
        raise Refused("closed_for_good", command.name.value)
    work.undone = True
    work.steps += (
        TakeBack(known.id, known.inbound_id, len(known.waiting)),
        Note(work.ticket.id, "took back", known.words),
    )
    fields = {name: value for name, value in known.before.items() if name not in _BESIDES}
    if known.after.get("kind", work.ticket.kind) != known.before.get("kind", work.ticket.kind):
        # Before the way back, so that it means the last kind that was given (rules.process.history).
        work.steps.append(Note(work.ticket.id, TAKE_BACK, f"kind={fields['kind']}"))
    if state is not None and State(state) is not work.state:
        work.steps.append(SetState(work.ticket.id, work.state, State(state), "#undo", TAKE_BACK))
        work.state = State(state)
    _requests(work, known)
    _restore(work, known.before.get("participants"), known.before.get("timer", ""))
    if let_in := known.before.get("let_in"):
        portal.close_again(work, str(let_in))
    work.fields |= fields
    _entries(work, known)
    work.say(say.undone(known.words, work.language))
    for address in known.waiting:
        work.say(say.withdrawn(address, work.language))
    for address in known.gone:
        work.say(say.could_not_undo(address, "left", work.language))


def _leads_back(now: State, before: State) -> bool:
    return now is before or allowed(now, before, TAKE_BACK)


def _entries(work: Work, known: DoneDeed) -> None:
    """Book the counter-entries. What ran on others' timers was work all the same."""
    mine = work.scene.agent.id
    booked = [e for e in known.booked if e.agent_id == mine or e.began_at is None]
    for entry in booked:
        work.take((counter(work.ticket.id, entry),))
    if known.minutes and not known.booked:
        work.take((Book(work.ticket.id, mine, -known.minutes, "#undo"),))


def counter(ticket_id: int, entry: Entry) -> Book:
    """Return the entry that takes another one off again."""
    return Book(
        ticket_id=ticket_id,
        agent_id=entry.agent_id,
        minutes=-entry.minutes,
        words="#undo",
        type=entry.type,
        kind=entry.kind,
        factor=entry.factor,
        rate_minor=entry.rate_minor,
        free=entry.free,
        contract_id=entry.contract_id,
    )


def _requests(work: Work, known: DoneDeed) -> None:
    """Take back what was asked, and open again what was asked or decided before."""
    past = {r.number: r for r in work.facts.process.requests.get(work.ticket.id, ())}
    asked = known.before.get("asked")
    if asked is not None:
        request = past.get(int(asked))
        if request is None or not request.is_open:
            raise Refused("changed_since", Name.UNDO.value)
        work.judge(request, Verdict.REPLACED)
        work.say(tell.request_taken_back(work.language))
    again = [(int(number), Verdict(was)) for number, was in known.before.get("judged", ())]
    if known.before.get("replaced"):
        again.append((int(known.before["replaced"]), Verdict.REPLACED))
    for number, was in again:
        request = past.get(number)
        if request is None or request.verdict is not was:
            raise Refused("changed_since", Name.UNDO.value)
        _open_again(work, request)


def _open_again(work: Work, request: Request) -> None:
    scene, id_ = work.scene, work.ticket.id
    by = scene.agent.login
    due = first_reminder(scene.now, scene.policy)
    work.take(
        (
            Judge(id_, request.number, Verdict.OPEN, by, How.AGENT, request.verdict),
            Remind(id_, request.number, request.reminders, due),
        )
    )


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
