"""What one mail of an agent does to one ticket, gathered command by command."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from maildesk.rules import letters as words
from maildesk.rules.commands.words import Name
from maildesk.rules.facts import TicketFacts
from maildesk.rules.plan import Ask, Book, Change, Judge, Note, SetState, Step, Tell
from maildesk.rules.process import cycle
from maildesk.rules.process.asking import open_request
from maildesk.rules.requests import How, Request, Verdict
from maildesk.rules.signed import Purpose
from maildesk.rules.staff import chains
from maildesk.rules.staff.scene import Refused, Scene
from maildesk.rules.ticket import State

NAMES = frozenset(each.name for each in fields(TicketFacts))
_OUTWARD = (Purpose.CUSTOMER, Purpose.REQUEST)


class Work:
    """What has been decided so far. `state` and `fields` are the ticket as it will be.

    `facts` are what was known, with the requests as they are by now. `title` is what
    his subject says besides commands, `text` the agent's own,
    and `said` tells whether a command took it along (as a reason, a list of defects). `asked` is
    the request that goes out, in place of `replaced`; `judged` are those that were decided.
    """

    def __init__(self, scene: Scene, ticket: TicketFacts, text: str = "", title: str = "") -> None:
        self.scene, self.ticket, self.state = scene, ticket, ticket.state
        self.facts, self.text, self.said = scene.facts, text, False
        self.title = title
        self.steps: list[Step] = []
        self.fields: dict[str, Any] = {}
        self.done: list[str] = []
        self.assignee: int | None = None  # if it changes
        self.books: list[Book] = []
        self.stopped: set[int] = set()  # agents whose timers stop
        self.joined = dict(ticket.participants)
        self.undone = False
        self.asked: Request | None = None
        self.replaced: Request | None = None
        self.judged: list[tuple[Request, Verdict]] = []
        self.more: dict[str, Any] = {}  # values for the receipt
        self.unanswered = False  # it is closed, as no reminder was answered
        self.let_in = ""  # to whom the service area is opened
        self.hurries = False  # there is something that the agent has to be told

    def move(self, name: Name) -> None:
        """Lead the ticket through the states of a command's chain."""
        for after in chains.must(name, self.state):
            self.go(after, f"#{name.value}", chains.row_of(name, self.state, after))

    def go(self, after: State, trigger: str, row: str = "") -> None:
        """Lead the ticket to a state; its promise goes with it."""
        scene, ticket = self.scene, self.as_it_will_be()
        self.steps.append(SetState(self.ticket.id, self.state, after, trigger, row))
        self.fields |= cycle.after_move(ticket, self.state, after, scene.now, scene.policy)
        self.state = after

    def take(self, steps: Iterable[Step]) -> None:
        """Take over steps that other rules return; letters to customers wait for an undo.

        Fields are changed once, at the end, and in their order; what the journal says of them
        stays.
        """
        for step in steps:
            match step:
                case SetState() if step.ticket_id == self.ticket.id:
                    self.state = step.to
                    self.steps.append(step)
                case Change() if step.ticket_id == self.ticket.id:
                    self.fields |= step.fields
                    if step.detail:
                        self.steps.append(Note(step.ticket_id, step.trigger, step.detail))
                case Tell() if step.purpose in _OUTWARD and not step.delay:
                    self.steps.append(replace(step, delay=self.scene.policy.undo_seconds))
                case _:
                    self._remember(step)
                    self.steps.append(step)

    def _remember(self, step: Step) -> None:
        match step:
            case Book():
                self.books.append(step)
            case Ask():
                self.asked, self.replaced = step.request, open_request(self.facts, self.ticket.id)
            case Judge():
                known = self.facts.process.requests.get(self.ticket.id, ())
                self.judged += [(r, step.verdict) for r in known if r.number == step.number]
                now = tuple(
                    replace(r, verdict=step.verdict) if r.number == step.number else r
                    for r in known
                )
                requests = {**self.facts.process.requests, self.ticket.id: now}
                process = replace(self.facts.process, requests=requests)
                self.facts = replace(self.facts, process=process)

    def judge(self, request: Request, verdict: Verdict, *, deemed: bool = False) -> None:
        """Note what the agent himself makes of an open request."""
        login = self.scene.agent.login
        step = Judge(self.ticket.id, request.number, verdict, login, How.AGENT, deemed=deemed)
        self.take((step,))

    def as_it_will_be(self) -> TicketFacts:
        """Return the ticket as it is after this mail."""
        changed = {name: value for name, value in self.fields.items() if name in NAMES}
        return replace(self.ticket, state=self.state, **changed)

    def say(self, line: str) -> None:
        """Add a line to the receipt."""
        self.done.append(line)

    def need_text(self, problem: str, name: Name) -> str:
        """Return the agent's text, which belongs to a command. Raises Refused without one."""
        if not self.text:
            raise Refused(problem, name.value)
        self.said = True
        return self.text

    @property
    def minutes(self) -> int:
        """What this mail books, in minutes; below zero it takes off."""
        return sum(book.minutes for book in self.books)

    @property
    def booked(self) -> int:
        """All that is booked on the ticket then, in minutes."""
        return self.scene.facts.staff.minutes.get(self.ticket.id, 0) + self.minutes

    @property
    def language(self) -> str:
        return self.scene.language

    def moment(self, at: datetime) -> str:
        """Return a moment in the words of the agent."""
        return words.moment_words(at, self.scene.policy.calendar.timezone, self.language)
