"""What an agent asks for and changes nothing by: his queue, and the commands."""

from collections.abc import Set

from maildesk.rules import letters as words
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import TicketFacts, TicketLine
from maildesk.rules.kinds import kind_named
from maildesk.rules.number import tag
from maildesk.rules.plan import Tell
from maildesk.rules.process.alerts import QueueKey, queue_key
from maildesk.rules.process.cycle import runs
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff.help_rows import help_rows
from maildesk.rules.staff.scene import Scene
from maildesk.rules.ticket import FACTS, PromiseClock


def answers(scene: Scene, names: Set[Name], ticket: TicketFacts | None) -> tuple[Tell, ...]:
    """Return the list and the help that an agent asked for."""
    tells = []
    if Name.LIST in names:
        queue = sorted(scene.facts.staff.queue, key=lambda line: _place(scene, line))
        lines = say.in_groups([_queue_line(scene, line) for line in queue])
        tells.append(scene.to_agent("staff_list", None, {"lines": lines}))
    if Name.HELP in names:
        rows = help_rows(scene.language)
        about = ticket.id if ticket else None
        tells.append(scene.to_agent("staff_help", about, {"rows": rows}))
    return tuple(tells)


def _place(scene: Scene, line: TicketLine) -> QueueKey:
    """Return what a queue is sorted by (PROCESS.md section 2.2)."""
    overdue = _is_overdue(scene, line)
    return queue_key(line.opened_at, line.due_at, overdue, line.urgent)


def _is_overdue(scene: Scene, line: TicketLine) -> bool:
    """Tell whether a promise is broken, or its due time over; in a wait no time is due."""
    late = line.due_at is not None and line.due_at < scene.now
    return line.is_breached or (late and runs(line.state, scene.policy))


def _queue_line(scene: Scene, line: TicketLine) -> say.QueueLine:
    policy, language = scene.policy, scene.language
    zone = policy.calendar.timezone
    known = {kind.name for kind in policy.kinds}
    kind = kind_named(policy.kinds, line.kind) if line.kind in known else None
    return say.QueueLine(
        tag=tag(policy.code, line.id),
        title=line.title,
        kind=words.kind_words(kind, language) if kind else line.kind,
        state=line.state.words(language),
        due=words.moment_words(line.due_at, zone, language) if line.due_at else "",
        customer=line.customer,
        time=say.time_words(line.minutes, language) if line.minutes else "",
        overdue=_is_overdue(scene, line),
        today=line.due_at is not None
        and line.due_at.astimezone(zone).date() <= scene.now.astimezone(zone).date(),
        waits=FACTS[line.state].clock in (PromiseClock.PAUSED, PromiseClock.MET),
    )
