"""A ticket's states, and how it gets from one to another: the process as one table."""

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
    AS_IT_WAS = "(as it was)"


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from state to state. `before` is empty where there was no ticket yet.

    `mail` is the letter to the customer that goes out with it, "" for none. `guard` says under
    which condition it is open; where that is decided stands in `rules.staff` and `rules.process.answers`.
    """

    id: str
    before: frozenset[State]
    after: State | Elsewhere
    trigger: str
    actor: str
    mail: str = ""
    guard: str = ""


_NONE = frozenset[State]()
_CHANGEABLE = frozenset(
    {_S.NEW, _S.PLANNED, _S.IN_PROGRESS, _S.WAITING_CUSTOMER, _S.WAITING_APPROVAL, _S.WAITING_THIRD}
)
_UNFINISHED = _CHANGEABLE | {_S.ACCEPTANCE, _S.REWORK, _S.ACCEPTED}
_AT_WORK = frozenset({_S.IN_PROGRESS, _S.REWORK})


def _row(
    id: str, before: State | frozenset[State], after: State | Elsewhere, trigger: str, actor: str,
    mail: str = "", guard: str = "",
) -> Transition:  # fmt: skip
    sources = frozenset({before}) if isinstance(before, State) else before
    return Transition(id, sources, after, trigger, actor, mail, guard)


_LOGGED = _UNFINISHED - {_S.WAITING_APPROVAL}

# Ids, triggers, actors, mails and guards are those of the process description, PROCESS.md
# section 1.2. From T51 on stand the ways that everyday work needs besides.
TRANSITIONS: tuple[Transition, ...] = (
    _row("T01", _NONE, _S.NEW, "mail to the desk", "customer", "confirm_<kind> or confirm_contract", "not a reply to a known ticket; not auto-generated; not spam"),
    _row("T02", _NONE, _S.NEW, "phone call or walk-in logged", "agent", "confirm_<kind> (states that it was a phone call)", "caller matched or customer created"),
    _row("T03", _NONE, _S.NEW, "form in the service area", "customer", "confirm_<kind>", "logged in"),
    _row("T04", _NONE, _S.SPAM, "filter hit", "system", "", "score above limit or blocked sender"),
    _row("T05", _S.NEW, _S.WAITING_APPROVAL, "order missing (same step as the creation: quick_offer replaces the confirmation)", "system", "quick_offer", "no accepted terms/price list, or Quickticket not covered by a standing order, or Quickticket quota used up"),
    _row("T06", _S.NEW, _S.PLANNED, "assign and put in order", "agent or rule"),
    _row("T07", _S.NEW, _S.IN_PROGRESS, "start timer or first reply", "agent"),
    _row("T08", _S.PLANNED, _S.IN_PROGRESS, "start timer or reply", "agent"),
    _row("T09", _S.IN_PROGRESS, _S.PLANNED, "put back or hand over", "agent", "", "no running timer"),
    _row("T10", _S.NEW, _S.RESOLVED, "answered at once", "agent", "closing"),
    _row("T11", _CHANGEABLE, Elsewhere.SAME, "kind raised to Quickticket", "customer orders; agent enters", "confirm_<new kind>", "order recorded (who, when, how)"),
    _row("T12", _CHANGEABLE, Elsewhere.SAME, "kind lowered", "agent", "confirm_<new kind>", "reason noted; entries already logged keep their factor unless reduced by hand"),
    _row("T13", _S.IN_PROGRESS, _S.WAITING_CUSTOMER, "question sent", "agent", "question"),
    _row("T14", _S.WAITING_CUSTOMER, _S.IN_PROGRESS, "reply arrives", "customer", "", "any non-automatic mail, form entry or call"),
    _row("T15", _S.WAITING_CUSTOMER, _S.RESOLVED, "no answer after the last reminder", "system proposes, agent confirms", "closed_unfinished", "2 reminders sent (5 and 10 working days)"),
    _row("T16", _AT_WORK | {_S.PLANNED, _S.NEW}, _S.WAITING_APPROVAL, "estimate above the approved limit entered", "agent", "approval_request", "estimate in minutes and a reason"),
    _row("T17", _AT_WORK, _S.WAITING_APPROVAL, "logged charged time reaches the limit", "system", "approval_request_auto", "no open limit; work is not free"),
    _row("T18", _S.WAITING_APPROVAL, _S.IN_PROGRESS, "approval", "approver by link or mail; agent for a phone approval", "approval_receipt", "person may approve; limit and text of the request stored"),
    _row("T19", _S.WAITING_APPROVAL, _S.RESOLVED, "overrun refused", "approver; agent for a phone call", "decline_receipt", "reason overrun; customer wants no more work"),
    _row("T20", _S.WAITING_APPROVAL, _S.IN_PROGRESS, "overrun refused, rest inside the limit can be finished", "approver; agent", "decline_receipt", "reason overrun and worked < limit"),
    _row("T21", _S.WAITING_APPROVAL, _S.PLANNED, "customer takes the Normal ticket instead", "customer", "confirm_normal", "reason order"),
    _row("T22", _S.WAITING_APPROVAL, _S.CANCELLED, "order refused, or no answer", "customer; system after N days proposes", "closed_unfinished", "reason order or quote"),
    _row("T23", _S.IN_PROGRESS, _S.WAITING_THIRD, "waiting for a supplier", "agent"),
    _row("T24", _S.WAITING_THIRD, _S.IN_PROGRESS, "supplier answered", "agent or system"),
    _row("T25", _AT_WORK, _S.ACCEPTANCE, "delivered on the test system", "agent", "acceptance_request", "what was changed and where to test is filled in"),
    _row("T26", _S.ACCEPTANCE, _S.ACCEPTED, "customer accepts", "customer by link or mail; agent for a phone call", "acceptance_receipt (optional)", "person may accept"),
    _row("T27", _S.ACCEPTANCE, _S.ACCEPTED, "deadline passed without a named defect", "agent only, never automatic", "acceptance_receipt", "statutory conditions checked; flag deemed=true"),
    _row("T28", _S.ACCEPTANCE, _S.REWORK, "defect named", "customer; agent", "", "at least one defect in text"),
    _row("T29", _S.ACCEPTANCE, _S.IN_PROGRESS, "customer wants something more", "customer; agent", "", "new wish, not a defect: normal cost rules apply"),
    _row("T30", _S.ACCEPTANCE, _S.RESOLVED, "accepted and no separate go-live", "customer; agent", "closing", "change is already live or needs none"),
    _row("T31", _S.ACCEPTED, _S.RESOLVED, "go-live done", "agent", "closing"),
    _row("T32", _S.ACCEPTED, _S.REWORK, "go-live failed or rolled back", "agent"),
    _row("T33", _S.IN_PROGRESS, _S.RESOLVED, "done, no test stage", "agent", "closing", "no open approval"),
    _row("T34", _S.RESOLVED, _S.IN_PROGRESS, "reply inside the reopen window (14 days)", "customer", "", "not automatic; agent may dismiss a mere thank-you"),
    _row("T35", _S.RESOLVED, _S.REWORK, "reply reports a defect", "customer, classified by agent"),
    _row("T36", _S.RESOLVED, _S.BILLING, "handed to billing", "agent, or system when the window ends", "", "something to bill; no unapproved minutes undecided"),
    _row("T37", _S.RESOLVED, _S.CLOSED, "nothing to bill", "agent, or system when the window ends", "", "all time free, covered or prepaid; no flat item"),
    _row("T38", _S.BILLING, _S.IN_PROGRESS, "reply or agent takes it back", "customer; agent", "", "not on an issued invoice; leaves the draft"),
    _row("T39", _S.BILLING, _S.INVOICED, "invoice issued", "billing user", "invoice", "number, PDF and XML made exactly once"),
    _row("T40", _S.BILLING, _S.CLOSED, "waived", "billing user", "", "reason noted"),
    _row("T41", frozenset({_S.INVOICED, _S.CLOSED}), _S.BILLING, "invoice cancelled", "billing user", "invoice_cancelled", "cancellation document issued; entries unlocked as new versions"),
    _row("T42", _S.INVOICED, _S.CLOSED, "paid", "system or billing user", "", "payment recorded"),
    _row("T43", frozenset({_S.INVOICED, _S.CLOSED, _S.CANCELLED}), Elsewhere.NEW_TICKET, "mail to the old thread", "customer", "followup_ticket", "not automatic"),
    _row("T44", _UNFINISHED, _S.MERGED, "merge into another ticket", "agent", "", "same customer; target open"),
    _row("T45", _S.MERGED, _S.NEW, "split off again", "agent", "", "entries not invoiced"),
    _row("T46", _UNFINISHED, _S.SPAM, "marked as spam", "agent", "", "no billable time"),
    _row("T47", _S.SPAM, _S.NEW, "restored", "agent", "confirm_<kind>"),
    _row("T48", _UNFINISHED, _S.CANCELLED, "withdrawn", "customer; agent", "closed_unfinished"),
    _row("T49", _S.CANCELLED, _S.BILLING, "work done so far is charged", "agent", "", "billable minutes > 0"),
    _row("T50", frozenset({_S.WAITING_CUSTOMER, _S.WAITING_APPROVAL, _S.ACCEPTANCE}), Elsewhere.SAME, "reminder due", "system", "waiting_reminder", "working-day rhythm; at most 2"),
    _row("T51", _S.WAITING_APPROVAL, _S.PLANNED, "order", "approver by link or mail; agent for a phone order", "confirm_<kind>", "nobody was at work yet"),
    _row("T52", _S.WAITING_CUSTOMER, _S.IN_PROGRESS, "the wait is over", "system"),
    _row("T53", frozenset({_S.PLANNED, _S.IN_PROGRESS, _S.RESOLVED, _S.CANCELLED}), _S.WAITING_APPROVAL, "decision taken back", "approver", "", "the receipt of that very decision is answered with STOP"),
    _row("T54", frozenset({_S.ACCEPTED, _S.REWORK, _S.RESOLVED}), _S.ACCEPTANCE, "acceptance taken back", "approver", "", "as T53"),
    _row("T55", _LOGGED - _AT_WORK, _S.WAITING_APPROVAL, "logged charged time reaches the limit", "system", "approval_request_auto", "as T17: time may be logged in these states too"),
    _row("T56", _S.WAITING_APPROVAL, _S.IN_PROGRESS, "request withdrawn", "agent", "", "reason overrun or quote and worked < limit"),
    _row("T57", _S.IN_PROGRESS, _S.REWORK, "defect found in a reply that reopened it", "agent"),
    _row("T58", _S.ACCEPTED, _S.IN_PROGRESS, "customer wants something more", "customer; agent", "", "new wish, not a defect: normal cost rules apply"),
    _row("T59", frozenset(State), Elsewhere.AS_IT_WAS, "#undo", "agent", "", "nothing changed since, and an agent's own steps led there"),
    _row("T60", _S.REWORK, _S.WAITING_CUSTOMER, "question about a defect sent", "agent", "question", "its work stays free"),
    _row("T61", _S.REWORK, _S.WAITING_THIRD, "waiting for a supplier because of a defect", "agent", "", "as T60"),
)  # fmt: skip


def allowed(before: State | None, after: State, row: str = "") -> bool:
    """Return whether a transition leads from `before` (None: no ticket yet) to `after`.

    `row` names the one that is meant, "" any of them. Staying in a state is none: a change of
    kind or a reminder moves no ticket. T59 leads back along ways that an agent may go.
    """
    if row == TAKE_BACK:
        return before is not None and (after, before) in _FORTH
    ways = _WAYS.get((before, after), ())
    return row in ways if row else bool(ways)


def row_between(before: State, after: State) -> str:
    """Return the id of the first transition from one state to another, "" if there is none."""
    return next(iter(_WAYS.get((before, after), ())), "")


TAKE_BACK = "T59"
_WAYS: dict[tuple[State | None, State], tuple[str, ...]] = {}
for _each in TRANSITIONS:
    for _before in _each.before or {None}:
        if isinstance(_each.after, State):
            _WAYS[_before, _each.after] = (*_WAYS.get((_before, _each.after), ()), _each.id)


def _forth() -> frozenset[tuple[State, State]]:
    """Return the pairs that some steps of an agent connect; what is on an invoice stays there."""
    fixed = {State.INVOICED, State.CLOSED}
    found = {
        (before, row.after)
        for row in TRANSITIONS
        for before in row.before - fixed
        if isinstance(row.after, State) and row.after not in fixed and "agent" in row.actor
    }
    while more := {(a, d) for a, b in found for c, d in found if b is c and a is not d} - found:
        found |= more
    return frozenset(found)


_FORTH = _forth()


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
