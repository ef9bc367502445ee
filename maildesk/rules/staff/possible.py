"""What an agent can do to a ticket now: asked of the same chains that carry it out.

A page offers these. What only the words or the moment of a command decide is refused there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maildesk.rules.commands.words import Name
from maildesk.rules.facts import Facts, TicketFacts
from maildesk.rules.policy import Policy
from maildesk.rules.process.asking import open_request
from maildesk.rules.requests import About, Request
from maildesk.rules.staff import chains
from maildesk.rules.staff.process import COSTS
from maildesk.rules.ticket import State

_TIMES = frozenset({Name.TIME, Name.REMOTE, Name.TRAVEL, Name.ESTIMATE})
# They are about no ticket that is there, or have a page of their own.
_ELSEWHERE = frozenset({Name.FOR, Name.LIST, Name.HELP, Name.PORTAL})


@dataclass(frozen=True, slots=True)
class Situation:
    """A ticket with what decides which commands make sense.

    `timer_on` is the ticket on which the agent's own timer runs, `booked` all minutes of this
    one. `has_merged`: another ticket was merged into it; `can_undo`: the agent did something
    here that was not taken back.
    """

    ticket: TicketFacts
    facts: Facts
    policy: Policy
    timer_on: int | None = None
    booked: int = 0
    has_merged: bool = False
    can_undo: bool = False

    @property
    def asked(self) -> Request | None:
        return open_request(self.facts, self.ticket.id)


def possible(now: Situation) -> frozenset[Name]:
    """Return the commands that are worth offering; no other one would lead anywhere."""
    return frozenset(name for name in Name if name not in _ELSEWHERE and _leads(name, now))


def _leads(name: Name, now: Situation) -> bool:
    ticket = now.ticket
    state = ticket.state
    if state is State.MERGED or chains.chain(name, state) is None:
        return False
    if name in _TIMES:
        return chains.may_book(state)
    fits = _FITS.get(name)
    return fits is None or fits(now)


def _costs_open(now: Situation) -> bool:
    return now.asked is not None and now.asked.about in COSTS


def _may_end(now: Situation) -> bool:
    """Nothing is asked that the end of the ticket would leave without an answer (T30, T33)."""
    asked = now.asked
    is_tested = asked is not None and asked.about is About.ACCEPTANCE
    return not _costs_open(now) and not (is_tested and now.ticket.state is State.ACCEPTANCE)


def _may_go_live(now: Situation) -> bool:
    is_accepted = now.ticket.state is State.ACCEPTED
    return _may_end(now) and (is_accepted or not now.policy.golive_needs_acceptance)


def _waits_for_order(now: Situation) -> bool:
    return now.ticket.state is State.WAITING_APPROVAL and now.ticket.waits_for == About.ORDER


def _runs(now: Situation) -> bool:
    return bool(now.facts.process.timers.get(now.ticket.id))


_FITS: Mapping[Name, Callable[[Situation], bool]] = MappingProxyType(
    {
        Name.START: lambda now: (
            now.timer_on is None
            and chains.may_work(now.ticket.state)
            and now.ticket.state is not State.WAITING_APPROVAL
        ),
        Name.STOP: lambda now: now.timer_on == now.ticket.id,
        Name.CLOSE: _may_end,
        Name.LIVE: _may_go_live,
        Name.OPEN: lambda now: not _waits_for_order(now),
        Name.ASK: lambda now: not _waits_for_order(now) and not now.ticket.limit_open,
        Name.TEST: lambda now: not _costs_open(now),
        Name.PHONE: lambda now: now.asked is not None,
        Name.DEEMED: lambda now: now.asked is not None and now.asked.about is About.ACCEPTANCE,
        Name.PLAN: lambda now: now.ticket.state is not State.RESOLVED,
        Name.FREE: lambda now: not now.ticket.free,
        Name.REPLY: lambda now: bool(now.ticket.participants),
        Name.CALL: lambda now: now.ticket.state is not State.SPAM,
        Name.SPLIT: lambda now: now.has_merged,
        Name.SPAM: lambda now: now.booked <= 0 and not _runs(now),
        Name.UNDO: lambda now: now.can_undo,
    }
)
