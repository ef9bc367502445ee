"""The way that a decision leads a ticket: its states, its fields, and what else is done on it."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.plan import Change, Note, SetState, Step, Tell
from maildesk.rules.policy import Policy
from maildesk.rules.process.cycle import after_move
from maildesk.rules.process.timers import stopped
from maildesk.rules.requests import How, Request, Verdict
from maildesk.rules.ticket import State

_NAMES = frozenset(each.name for each in fields(TicketFacts))


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision and what is known where it is made; the fields are those of `decided`."""

    request: Request
    verdict: Verdict
    facts: Facts
    ticket: TicketFacts
    policy: Policy
    now: datetime
    by: str
    how: How
    words: str = ""


class Course:
    """What is done on one ticket. `after` is the ticket as it will be then."""

    def __init__(self, ticket: TicketFacts, facts: Facts, policy: Policy, now: datetime) -> None:
        self.ticket, self.facts, self.policy, self.now = ticket, facts, policy, now
        self.state = ticket.state
        self.fields: dict[str, Any] = {}
        self._steps: list[Step] = []
        self._tells: list[Tell] = []
        self._at_last: tuple[Step, ...] = ()
        self._why = ""

    @property
    def after(self) -> TicketFacts:
        """The ticket after all that was decided so far."""
        known = {name: value for name, value in self.fields.items() if name in _NAMES}
        return replace(self.ticket, state=self.state, **known)

    def add(self, *steps: Step) -> None:
        """Add steps that move nothing."""
        for step in steps:
            if isinstance(step, Tell):
                self._tells.append(step)
            else:
                self._steps.append(step)

    def go(self, to: State, row: str, trigger: str) -> None:
        """Lead the ticket to a state along a row of `rules.ticket`; its promise goes with it."""
        self._steps.append(SetState(self.ticket.id, self.state, to, trigger, row))
        self.fields |= after_move(self.after, self.state, to, self.now, self.policy)
        self.state, self._why = to, trigger

    def set(self, **changed: Any) -> None:
        """Change fields of the ticket."""
        self.fields |= changed

    def note(self, trigger: str, words: str) -> None:
        """Write a line into the ticket's journal."""
        self._steps.append(Note(self.ticket.id, trigger, words))

    def stop_timers(self) -> None:
        """Stop the work timers that run on the ticket, and book what they ran."""
        self._steps += stopped(self.after, self.facts, self.policy, self.now)

    def at_last(self, steps: tuple[Step, ...]) -> None:
        """Let steps follow all others: they begin where this course ends."""
        self._at_last = steps

    def done(self) -> tuple[Step, ...]:
        """Return the steps in the order in which they have to be taken."""
        changes = (Change(self.ticket.id, self.fields, self._why or "decided"),)
        return (*self._steps, *(changes if self.fields else ()), *self._tells, *self._at_last)
