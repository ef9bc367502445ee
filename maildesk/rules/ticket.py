"""A ticket: its number, its states, and how it gets from one to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a ticket stands. What each means for clock, time and replies is in FACTS."""

    NEW = "new"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_APPROVAL = "waiting_approval"
    WAITING_THIRD = "waiting_third"
    ACCEPTANCE = "acceptance"
    REWORK = "rework"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    BILLING = "billing"
    INVOICED = "invoiced"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"
    SPAM = "spam"

    def words(self, locale: str) -> str:
        """Return the name of the state for people: German for de, English for others."""
        facts = FACTS[self]
        return facts.de if locale[:2].lower() == "de" else facts.en


class PromiseClock(StrEnum):
    """What the promise clock does in a state."""

    RUNS = "runs"
    NEW_CYCLE = "runs, new cycle"
    BY_SETTING = "runs (setting)"
    PAUSED = "paused"
    MET = "met, stopped"
    STOPPED = "stopped"
    NONE = "none"


class Logging(StrEnum):
    """Whether work may be logged in a state."""

    YES = "yes"
    FREE = "yes, default free"
    UNAPPROVED = 'only as "not approved"'
    CORRECTION = "correction only"
    LOCKED = "no, entries locked"
    NO = "no"


class CustomerReply(StrEnum):
    """What becomes of a customer's reply in a state."""

    FILED = "yes"
    REOPENS = "yes, reply reopens"
    TAKES_BACK = "reply takes it back"
    FOLLOW_UP = "reply makes a follow-up ticket"
    TO_TARGET = "replies go to the target"
    SILENT = "no"


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A state's names for people, and what it means."""

    de: str
    en: str
    clock: PromiseClock
    logging: Logging
    reply: CustomerReply


_S, _C, _L, _R = State, PromiseClock, Logging, CustomerReply
FACTS: Mapping[State, StateFacts] = MappingProxyType({
    _S.NEW:              StateFacts("Neu", "New", _C.RUNS, _L.YES, _R.FILED),
    _S.PLANNED:          StateFacts("Eingeplant", "Scheduled", _C.RUNS, _L.YES, _R.FILED),
    _S.IN_PROGRESS:      StateFacts("In Bearbeitung", "In progress", _C.RUNS, _L.YES, _R.FILED),
    _S.WAITING_CUSTOMER: StateFacts("Wartet auf Kunde", "Waiting for customer", _C.PAUSED, _L.YES, _R.FILED),
    _S.WAITING_APPROVAL: StateFacts("Wartet auf Freigabe", "Waiting for approval", _C.PAUSED, _L.UNAPPROVED, _R.FILED),
    _S.WAITING_THIRD:    StateFacts("Wartet auf Dritte", "Waiting for third party", _C.BY_SETTING, _L.YES, _R.FILED),
    _S.ACCEPTANCE:       StateFacts("Zur Abnahme", "Awaiting acceptance", _C.MET, _L.YES, _R.FILED),
    _S.REWORK:           StateFacts("Nachbesserung", "Rework", _C.NEW_CYCLE, _L.FREE, _R.FILED),
    _S.ACCEPTED:         StateFacts("Abgenommen", "Accepted", _C.STOPPED, _L.YES, _R.FILED),
    _S.RESOLVED:         StateFacts("Erledigt", "Resolved", _C.STOPPED, _L.CORRECTION, _R.REOPENS),
    _S.BILLING:          StateFacts("In Verrechnung", "To be billed", _C.STOPPED, _L.CORRECTION, _R.TAKES_BACK),
    _S.INVOICED:         StateFacts("Abgerechnet", "Invoiced", _C.STOPPED, _L.LOCKED, _R.FOLLOW_UP),
    _S.CLOSED:           StateFacts("Geschlossen", "Closed", _C.STOPPED, _L.NO, _R.FOLLOW_UP),
    _S.CANCELLED:        StateFacts("Storniert", "Cancelled", _C.STOPPED, _L.CORRECTION, _R.FOLLOW_UP),
    _S.MERGED:           StateFacts("Zusammengeführt", "Merged", _C.STOPPED, _L.NO, _R.TO_TARGET),
    _S.SPAM:             StateFacts("Spam", "Spam", _C.NONE, _L.NO, _R.SILENT),
})  # fmt: skip


_DONE = frozenset(
    {_S.RESOLVED, _S.BILLING, _S.INVOICED, _S.CLOSED, _S.CANCELLED, _S.MERGED, _S.SPAM}
)


def is_closed(state: State) -> bool:
    """Return whether nobody has anything to do on a ticket any more, but for its invoice."""
    return state in _DONE


class Elsewhere(StrEnum):
    """Ends of a transition that are no state of the same ticket."""

    SAME = "(same)"
    NEW_TICKET = "(new ticket)"


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from state to state. `before` is empty where there was no ticket yet."""

    id: str
    before: frozenset[State]
    after: State | Elsewhere
    trigger: str
    actor: str


_NONE = frozenset[State]()
_CHANGEABLE = frozenset(
    {_S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING_CUSTOMER, _S.WAITING_APPROVAL, _S.WAITING_THIRD}
)
_UNFINISHED = _CHANGEABLE | {_S.ACCEPTANCE, _S.REWORK, _S.ACCEPTED}
_AT_WORK = frozenset({_S.IN_PROGRESS, _S.REWORK})


def _row(
    id: str, before: State | frozenset[State], after: State | Elsewhere, trigger: str, actor: str
) -> Transition:
    sources = frozenset({before}) if isinstance(before, State) else before
    return Transition(id, sources, after, trigger, actor)


# Ids, triggers and actors are those of the process description, PROCESS.md section 1.2.
TRANSITIONS: tuple[Transition, ...] = (
    _row("T01", _NONE, _S.NEW, "mail to the desk", "customer"),
    _row("T02", _NONE, _S.NEW, "phone call or walk-in logged", "agent"),
    _row("T03", _NONE, _S.NEW, "form in the service area", "customer"),
    _row("T04", _NONE, _S.SPAM, "filter hit", "system"),
    _row("T05", _S.NEW, _S.WAITING_APPROVAL, "order missing (same step as the creation: quick_offer replaces the confirmation)", "system"),
    _row("T06", _S.NEW, _S.PLANNED, "assign and put in order", "agent or rule"),
    _row("T07", _S.NEW, _S.IN_PROGRESS, "start timer or first reply", "agent"),
    _row("T08", _S.PLANNED, _S.IN_PROGRESS, "start timer or reply", "agent"),
    _row("T09", _S.IN_PROGRESS, _S.PLANNED, "put back or hand over", "agent"),
    _row("T10", _S.NEW, _S.RESOLVED, "answered at once", "agent"),
    _row("T11", _CHANGEABLE, Elsewhere.SAME, "kind raised to Quickticket", "customer orders; agent enters"),
    _row("T12", _CHANGEABLE, Elsewhere.SAME, "kind lowered", "agent"),
    _row("T13", _S.IN_PROGRESS, _S.WAITING_CUSTOMER, "question sent", "agent"),
    _row("T14", _S.WAITING_CUSTOMER, _S.IN_PROGRESS, "reply arrives", "customer"),
    _row("T15", _S.WAITING_CUSTOMER, _S.RESOLVED, "no answer after the last reminder", "system proposes, agent confirms"),
    _row("T16", _AT_WORK | {_S.PLANNED, _S.NEW}, _S.WAITING_APPROVAL, "estimate above the approved limit entered", "agent"),
    _row("T17", _AT_WORK, _S.WAITING_APPROVAL, "logged charged time reaches the limit", "system"),
    _row("T18", _S.WAITING_APPROVAL, _S.IN_PROGRESS, "approval", "approver by link or mail; agent for a phone approval"),
    _row("T19", _S.WAITING_APPROVAL, _S.RESOLVED, "overrun refused", "approver; agent for a phone call"),
    _row("T20", _S.WAITING_APPROVAL, _S.IN_PROGRESS, "overrun refused, rest inside the limit can be finished", "approver; agent"),
    _row("T21", _S.WAITING_APPROVAL, _S.PLANNED, "customer takes the Normal ticket instead", "customer"),
    _row("T22", _S.WAITING_APPROVAL, _S.CANCELLED, "order refused, or no answer", "customer; system after N days proposes"),
    _row("T23", _S.IN_PROGRESS, _S.WAITING_THIRD, "waiting for a supplier", "agent"),
    _row("T24", _S.WAITING_THIRD, _S.IN_PROGRESS, "supplier answered", "agent or system"),
    _row("T25", _AT_WORK, _S.ACCEPTANCE, "delivered on the test system", "agent"),
    _row("T26", _S.ACCEPTANCE, _S.ACCEPTED, "customer accepts", "customer by link or mail; agent for a phone call"),
    _row("T27", _S.ACCEPTANCE, _S.ACCEPTED, "deadline passed without a named defect", "agent only, never automatic"),
    _row("T28", _S.ACCEPTANCE, _S.REWORK, "defect named", "customer; agent"),
    _row("T29", _S.ACCEPTANCE, _S.IN_PROGRESS, "customer wants something more", "customer; agent"),
    _row("T30", _S.ACCEPTANCE, _S.RESOLVED, "accepted and no separate go-live", "customer; agent"),
    _row("T31", _S.ACCEPTED, _S.RESOLVED, "go-live done", "agent"),
    _row("T32", _S.ACCEPTED, _S.REWORK, "go-live failed or rolled back", "agent"),
    _row("T33", _S.IN_PROGRESS, _S.RESOLVED, "done, no test stage", "agent"),
    _row("T34", _S.RESOLVED, _S.IN_PROGRESS, "reply inside the reopen window (14 days)", "customer"),
    _row("T35", _S.RESOLVED, _S.REWORK, "reply reports a defect", "customer, classified by agent"),
    _row("T36", _S.RESOLVED, _S.BILLING, "handed to billing", "agent, or system when the window ends"),
    _row("T37", _S.RESOLVED, _S.CLOSED, "nothing to bill", "agent, or system when the window ends"),
    _row("T38", _S.BILLING, _S.IN_PROGRESS, "reply or agent takes it back", "customer; agent"),
    _row("T39", _S.BILLING, _S.INVOICED, "invoice issued", "billing user"),
    _row("T40", _S.BILLING, _S.CLOSED, "waived", "billing user"),
    _row("T41", frozenset({_S.INVOICED, _S.CLOSED}), _S.BILLING, "invoice cancelled", "billing user"),
    _row("T42", _S.INVOICED, _S.CLOSED, "paid", "system or billing user"),
    _row("T43", frozenset({_S.INVOICED, _S.CLOSED, _S.CANCELLED}), Elsewhere.NEW_TICKET, "mail to the old thread", "customer"),
    _row("T44", _UNFINISHED, _S.MERGED, "merge into another ticket", "agent"),
    _row("T45", _S.MERGED, _S.NEW, "split off again", "agent"),
    _row("T46", _UNFINISHED, _S.SPAM, "marked as spam", "agent"),
    _row("T47", _S.SPAM, _S.NEW, "restored", "agent"),
    _row("T48", _UNFINISHED, _S.CANCELLED, "withdrawn", "customer; agent"),
    _row("T49", _S.CANCELLED, _S.BILLING, "work done so far is charged", "agent"),
    _row("T50", frozenset({_S.WAITING_CUSTOMER, _S.WAITING_APPROVAL, _S.ACCEPTANCE}), Elsewhere.SAME, "reminder due", "system"),
)  # fmt: skip


def allowed(before: State | None, after: State) -> bool:
    """Return whether some transition leads from `before` (None: no ticket yet) to `after`.

    Staying in a state is none: a change of kind or a reminder moves no ticket.
    """
    return (before, after) in _ALLOWED


_ALLOWED = frozenset(
    (before, row.after)
    for row in TRANSITIONS
    for before in (row.before or {None})
    if isinstance(row.after, State)
)


class ReplyEffect(StrEnum):
    """What a customer's reply does to the ticket it answers."""

    STAY = "stay"
    IN_PROGRESS = "in_progress"
    FOLLOW_UP = "follow_up"  # a new ticket, linked to the old one
    MERGED = "merged"  # the reply belongs to the ticket that this one was merged into


# Every state that is not named here only files the reply: an approval, an acceptance and a
# defect are decided by their own words or by an agent, never by the mere arrival of a mail.
_REPLY_EFFECTS: Mapping[State, ReplyEffect] = MappingProxyType({
    State.WAITING_CUSTOMER: ReplyEffect.IN_PROGRESS,  # T14
    State.RESOLVED:         ReplyEffect.IN_PROGRESS,  # T34, inside the reopen window
    State.BILLING:          ReplyEffect.IN_PROGRESS,  # T38
    State.INVOICED:         ReplyEffect.FOLLOW_UP,    # T43
    State.CLOSED:           ReplyEffect.FOLLOW_UP,    # T43
    State.CANCELLED:        ReplyEffect.FOLLOW_UP,    # T43
    State.MERGED:           ReplyEffect.MERGED,
})  # fmt: skip


def after_customer_reply(
    state: State, resolved_at: datetime | None, now: datetime, reopen_days: int
) -> ReplyEffect:
    """Return what a reply of a customer, written by a person, does to a ticket in `state`.

    A resolved ticket reopens up to and including `reopen_days` times 24 hours after
    `resolved_at`, and where that moment is not known; later, a follow-up ticket is made.
    """
    over = resolved_at is not None and now - resolved_at > timedelta(days=reopen_days)
    if state is State.RESOLVED and over:
        return ReplyEffect.FOLLOW_UP
    return _REPLY_EFFECTS.get(state, ReplyEffect.STAY)


def is_over(state: State) -> bool:
    """Tell whether a ticket is done with, so that only new work would wake it."""
    return state in _OVER


_OVER = frozenset({State.RESOLVED, State.BILLING, State.INVOICED, State.CLOSED, State.CANCELLED})


# Damm's quasigroup of order 10. It is totally anti-symmetric, so every wrong digit and every
# swap of neighbours is found (H. M. Damm, Total anti-symmetrische Quasigruppen, Marburg 2004).
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
NUMBER_DIGITS = 18  # more than any sequence gives; fits a 64-bit integer


def tag(code: str, ticket_id: int) -> str:
    """Return the tag of a ticket without brackets: code, hyphen, id and its check digit.

    Raises ValueError for an id below 1.
    """
    if ticket_id < 1:
        raise ValueError(f"{ticket_id} is not the id of a ticket")
    return f"{code}-{ticket_id}{_damm(str(ticket_id))}"


def parse_number(digits: str) -> int | None:
    """Return the ticket id of a number with its check digit, or None if that does not hold."""
    if not (digits.isascii() and digits.isdigit() and 2 <= len(digits) <= NUMBER_DIGITS):
        return None
    # Zeros in front leave the check digit as it is, so they have to be refused by themselves.
    return int(digits[:-1]) if digits[0] != "0" and _damm(digits) == 0 else None


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
