"""How a ticket stands, in the words that its customer reads: in letters and on his pages.

The names are those of PROCESS.md section 1.1. Where one of them speaks about the customer, he is
spoken to instead.
"""

from maildesk.rules.facts import TicketFacts
from maildesk.rules.letters import is_german
from maildesk.rules.ticket import FACTS, PromiseClock, State

_RUNS = frozenset({PromiseClock.RUNS, PromiseClock.NEW_CYCLE, PromiseClock.BY_SETTING})
_SPOKEN = {State.WAITING_CUSTOMER: ("Wartet auf Sie", "Waiting for you")}
_FOR_HIM = frozenset({State.WAITING_CUSTOMER, State.WAITING_APPROVAL, State.ACCEPTANCE})


def state_words(state: State, locale: str) -> str:
    """Return the name of a state for the customer."""
    spoken = _SPOKEN.get(state)
    return spoken[0 if is_german(locale) else 1] if spoken else state.words(locale)


def waits_for(state: State, about: str) -> str:
    """Return what we wait for: a word of requests.About, "answer", "third", or "".

    `about` is why a ticket waits for an approval (TicketFacts.waits_for).
    """
    if state is State.WAITING_THIRD:
        return "third"
    if state not in _FOR_HIM:
        return ""
    if state is State.WAITING_CUSTOMER:
        return "answer"
    return "acceptance" if state is State.ACCEPTANCE else about or "overrun"


def is_counting(ticket: TicketFacts) -> bool:
    """Tell whether a due time is promised and its clock runs: only then it is told."""
    running = FACTS[ticket.state].clock in _RUNS
    return ticket.due_at is not None and running and ticket.paused_at is None
