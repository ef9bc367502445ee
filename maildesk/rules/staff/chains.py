"""What each command does to a ticket's state: the table command -> chain of transitions.

Every step of every chain is a transition of PROCESS.md section 1.2 that an agent may cause; a
state that is missing in a row is one from which the command makes no sense.
"""

from collections.abc import Mapping
from types import MappingProxyType

from maildesk.rules.commands.words import Name
from maildesk.rules.ticket import FACTS, Logging, State

_S = State
_OPEN_STATES = (
    _S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING_CUSTOMER, _S.WAITING_APPROVAL,
    _S.WAITING_THIRD, _S.ACCEPTANCE, _S.REWORK, _S.ACCEPTED,
)  # fmt: skip
_STAY: dict[State, tuple[State, ...]] = dict.fromkeys((*_OPEN_STATES, _S.RESOLVED), ())
_TO_WORK: dict[State, tuple[State, ...]] = _STAY | {
    _S.NEW:     (_S.IN_PROGRESS,),
    _S.PLANNED: (_S.IN_PROGRESS,),
}  # fmt: skip

CHAINS: Mapping[Name, Mapping[State, tuple[State, ...]]] = MappingProxyType({
    Name.CLOSE: {
        _S.NEW:              (_S.RESOLVED,),                   # T10
        _S.PLANNED:          (_S.IN_PROGRESS, _S.RESOLVED),    # T08 T33
        _S.IN_PROGRESS:      (_S.RESOLVED,),                   # T33
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS, _S.RESOLVED),    # T14 T33
        _S.WAITING_THIRD:    (_S.IN_PROGRESS, _S.RESOLVED),    # T24 T33
        _S.ACCEPTANCE:       (_S.RESOLVED,),                   # T30
        _S.REWORK:           (_S.ACCEPTANCE, _S.RESOLVED),     # T25 T30
        _S.ACCEPTED:         (_S.RESOLVED,),                   # T31
    },
    Name.OPEN: {
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS,),                # T14
        _S.WAITING_THIRD:    (_S.IN_PROGRESS,),                # T24
        _S.ACCEPTANCE:       (_S.IN_PROGRESS,),                # T29
        _S.RESOLVED:         (_S.IN_PROGRESS,),                # T34
        _S.BILLING:          (_S.IN_PROGRESS,),                # T38
        _S.SPAM:             (_S.NEW,),                        # T47
    },
    Name.WAIT: {
        _S.NEW:              (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T07 T13
        _S.PLANNED:          (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T08 T13
        _S.IN_PROGRESS:      (_S.WAITING_CUSTOMER,),                 # T13
        _S.WAITING_CUSTOMER: (),
        _S.WAITING_THIRD:    (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T24 T13
    },
    Name.PLAN: _STAY | {
        _S.NEW:              (_S.PLANNED,),                    # T06
        _S.IN_PROGRESS:      (_S.PLANNED,),                    # T09
    },
    Name.TO:     _STAY | {_S.NEW: (_S.PLANNED,)},              # T06
    Name.START:  _TO_WORK,
    Name.REPLY:  _TO_WORK | {_S.BILLING: (), _S.INVOICED: (), _S.CLOSED: (), _S.CANCELLED: ()},
    Name.KIND:   dict.fromkeys(_OPEN_STATES[:6], ()),    # T11 T12
    Name.SPAM:   dict.fromkeys(_OPEN_STATES, (_S.SPAM,)),    # T46
    Name.MERGE:  dict.fromkeys(_OPEN_STATES, (_S.MERGED,)),  # T44
    Name.ADD:    _STAY,
    Name.REMOVE: _STAY,
    Name.PRESALES: _STAY,
    Name.CONTRACT: _STAY,
    Name.REWORK:   _STAY,
})  # fmt: skip

GOALS: Mapping[Name, frozenset[State]] = MappingProxyType(
    {
        Name.CLOSE: frozenset({_S.RESOLVED, _S.BILLING, _S.INVOICED, _S.CLOSED}),
        Name.OPEN: frozenset({_S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.REWORK}),
        Name.SPAM: frozenset({_S.SPAM}),
        Name.MERGE: frozenset({_S.MERGED}),
    }
)


def chain(name: Name, state: State) -> tuple[State, ...] | None:
    """Return the states that a command leads through from `state`, or None if it cannot.

    () leaves the state as it is. A command that is in no row of the table never moves a ticket.
    """
    row = CHAINS.get(name)
    return () if row is None else row.get(state)


def is_there(name: Name, state: State) -> bool:
    """Tell whether a ticket is already where the command would bring it."""
    return state in GOALS.get(name, ())


def may_book(state: State) -> bool:
    """Tell whether new work may be booked in a state; corrections are another matter."""
    return FACTS[state].logging in (Logging.YES, Logging.FREE, Logging.UNAPPROVED)
