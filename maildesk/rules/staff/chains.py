"""What each command does to a ticket's state: the table command -> chain of transitions.

Every step of every chain is a transition of PROCESS.md section 1.2 that an agent may cause; a
state that is missing in a row is one from which the command makes no sense.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from maildesk.rules.commands.words import Name
from maildesk.rules.plan import SetState, Step
from maildesk.rules.staff.scene import Refused
from maildesk.rules.ticket import FACTS, Logging, State, allowed

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
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS, _S.RESOLVED),    # T14 T33; T15 where nobody answers
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
        _S.WAITING_APPROVAL: (_S.IN_PROGRESS,),                # T56
        _S.ACCEPTED:         (_S.IN_PROGRESS,),                # T58
        _S.SPAM:             (_S.NEW,),                        # T47
    },
    Name.WAIT: {
        _S.NEW:              (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T07 T13
        _S.PLANNED:          (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T08 T13
        _S.IN_PROGRESS:      (_S.WAITING_CUSTOMER,),                 # T13
        _S.WAITING_CUSTOMER: (),
        _S.WAITING_THIRD:    (_S.IN_PROGRESS, _S.WAITING_CUSTOMER),  # T24 T13
        _S.REWORK:           (_S.WAITING_CUSTOMER,),                 # T60
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
    Name.ASK: {
        _S.NEW:              (_S.WAITING_APPROVAL,),                    # T16
        _S.PLANNED:          (_S.WAITING_APPROVAL,),                    # T16
        _S.IN_PROGRESS:      (_S.WAITING_APPROVAL,),                    # T16
        _S.REWORK:           (_S.WAITING_APPROVAL,),                    # T16
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS, _S.WAITING_APPROVAL),     # T14 T16
        _S.WAITING_THIRD:    (_S.IN_PROGRESS, _S.WAITING_APPROVAL),     # T24 T16
        _S.ACCEPTANCE:       (_S.IN_PROGRESS, _S.WAITING_APPROVAL),     # T29 T16
        _S.ACCEPTED:         (_S.IN_PROGRESS, _S.WAITING_APPROVAL),     # T58 T16
        _S.WAITING_APPROVAL: (),
    },
    Name.TEST: {
        _S.NEW:              (_S.IN_PROGRESS, _S.ACCEPTANCE),  # T07 T25
        _S.PLANNED:          (_S.IN_PROGRESS, _S.ACCEPTANCE),  # T08 T25
        _S.IN_PROGRESS:      (_S.ACCEPTANCE,),                 # T25
        _S.REWORK:           (_S.ACCEPTANCE,),                 # T25
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS, _S.ACCEPTANCE),  # T14 T25
        _S.WAITING_THIRD:    (_S.IN_PROGRESS, _S.ACCEPTANCE),  # T24 T25
        _S.ACCEPTANCE:       (),
    },
    # What was decided on the phone, or has become of it, moves the ticket in rules.process.deciding.
    Name.PHONE:  dict.fromkeys(_OPEN_STATES, ()),
    Name.DEEMED: {_S.ACCEPTANCE: ()},                          # T27
    Name.DEFECT: {
        _S.ACCEPTANCE:       (_S.REWORK,),                     # T28
        _S.ACCEPTED:         (_S.REWORK,),                     # T32
        _S.RESOLVED:         (_S.REWORK,),                     # T35
        _S.IN_PROGRESS:      (_S.REWORK,),                     # T57
        _S.BILLING:          (_S.IN_PROGRESS, _S.REWORK),      # T38 T57
    },
    # Before acceptance only where the site lets go live without it.
    Name.LIVE: {
        _S.ACCEPTED:         (_S.RESOLVED,),                   # T31
        _S.ACCEPTANCE:       (_S.RESOLVED,),                   # T30
        _S.IN_PROGRESS:      (_S.RESOLVED,),                   # T33
        _S.REWORK:           (_S.ACCEPTANCE, _S.RESOLVED),     # T25 T30
    },
    Name.THIRD: {
        _S.NEW:              (_S.IN_PROGRESS, _S.WAITING_THIRD),  # T07 T23
        _S.PLANNED:          (_S.IN_PROGRESS, _S.WAITING_THIRD),  # T08 T23
        _S.IN_PROGRESS:      (_S.WAITING_THIRD,),                 # T23
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS, _S.WAITING_THIRD),  # T14 T23
        _S.REWORK:           (_S.WAITING_THIRD,),                 # T61
    },
    Name.CANCEL: dict.fromkeys(_OPEN_STATES, (_S.CANCELLED,)),  # T48 T22
    # T36 T49; CLOSED instead (T37) where there is nothing to bill.
    Name.BILL:   {_S.RESOLVED: (_S.BILLING,), _S.CANCELLED: (_S.BILLING,)},
    Name.FREE:   _STAY | {_S.CANCELLED: ()},
    # A call is an answer to what was asked, and brings a ticket back like a reply.
    Name.CALL: _STAY | {
        _S.WAITING_CUSTOMER: (_S.IN_PROGRESS,),                # T14
        _S.RESOLVED:         (_S.IN_PROGRESS,),                # T34
        _S.BILLING:          (_S.IN_PROGRESS,),                # T38
    },
    Name.ADD:    _STAY,
    Name.REMOVE: _STAY,
    # About a person, not about work: everywhere but where nobody is a customer.
    Name.PORTAL: dict.fromkeys(set(State) - {_S.MERGED, _S.SPAM}, ()),
    Name.PRESALES: _STAY,
    Name.CONTRACT: _STAY,
    Name.REWORK:   _STAY,
})  # fmt: skip

GOALS: Mapping[Name, frozenset[State]] = MappingProxyType(
    {
        Name.CLOSE: frozenset({_S.RESOLVED, _S.BILLING, _S.INVOICED, _S.CLOSED}),
        Name.OPEN: frozenset({_S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.REWORK}),
        Name.DEFECT: frozenset({_S.REWORK}),
        Name.LIVE: frozenset({_S.RESOLVED, _S.BILLING, _S.INVOICED, _S.CLOSED}),
        Name.THIRD: frozenset({_S.WAITING_THIRD}),
        Name.CANCEL: frozenset({_S.CANCELLED}),
        Name.BILL: frozenset({_S.BILLING, _S.INVOICED, _S.CLOSED}),
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


def must(name: Name, state: State) -> tuple[State, ...]:
    """Return the states of a command's chain. Raises Refused where there is no way."""
    way = chain(name, state)
    if way is None:
        problem = "already_so" if is_there(name, state) else "not_from_this_state"
        raise Refused(problem, name.value)
    return way


def must_lead(steps: Iterable[Step]) -> None:
    """Raise Refused if a change of state among the steps is no transition of `rules.ticket`."""
    for step in steps:
        if isinstance(step, SetState) and not allowed(step.before, step.to, step.row):
            raise Refused("not_from_this_state")


# The transition that is meant where several lead from one state to the other.
_ROWS: Mapping[tuple[Name, State, State], str] = MappingProxyType({
    (Name.OPEN, _S.WAITING_APPROVAL, _S.IN_PROGRESS): "T56",
    (Name.ASK, _S.ACCEPTANCE, _S.IN_PROGRESS): "T29",
    (Name.ASK, _S.NEW, _S.WAITING_APPROVAL): "T16",
})  # fmt: skip


def row_of(name: Name, before: State, after: State) -> str:
    """Return the id of the transition that a step of a command's chain is, "" for the only one."""
    return _ROWS.get((name, before, after), "")


def is_there(name: Name, state: State) -> bool:
    """Tell whether a ticket is already where the command would bring it."""
    return state in GOALS.get(name, ())


def may_work(state: State) -> bool:
    """Tell whether new work may be done in a state."""
    return FACTS[state].logging in (Logging.YES, Logging.FREE, Logging.UNAPPROVED)


def may_book(state: State) -> bool:
    """Tell whether time may be booked in a state: of new work, or to make up for forgotten time."""
    return may_work(state) or FACTS[state].logging is Logging.CORRECTION
