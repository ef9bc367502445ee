"""Every transition of a ticket from its own trigger: state, journal, letters and promise clock.

Each row gets to where it begins by what people write and the time that passes; no state is set.
What the promise clock has to do is said in the words of /shared/vectors/transitions.csv.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from maildesk.rules.hours import add_working_time, working_time
from maildesk.rules.promise import due
from maildesk.rules.requests import Verdict
from maildesk.rules.ticket import TRANSITIONS, Elsewhere, State
from maildesk.store.tables import EventRow, OutboundRow, TicketRow
from tests.desk.office import ANNA, EMILY, LENA, MURAT, Office, mail
from tests.desk.ways import (
    ACCEPTS,
    HIGH,
    MORE,
    NORMAL,
    TEST,
    WAYS,
    Play,
    Step,
    blocks,
    lena,
    manual,
    merges,
    one_more,
    opens,
    page,
    passes,
    replies,
    restores,
    splits,
)

S = State
DESK = "maildesk"  # the actor where nobody did it but the desk itself
# Told elsewhere: a ticket from a page (tests/web/test_new_ticket.py), and what invoices move.
LATER = ("T03", "T39", "T40", "T41", "T42", "T49")


@dataclass(frozen=True, slots=True)
class Case:
    """One way through one row. `told` are the letters to customers, `clock` what the promise does.

    `step` is the trigger; it starts from `before`, which `way` leads to if not the usual one.
    `told` are letters to Anna, or (who, letter). `noted` is how the journal names it where it
    names no row: tickets are opened, kinds changed and reminders sent by lines of their own.
    """

    row: str
    before: State | None
    step: Step
    after: State
    by: str
    told: Sequence[str | tuple[str, str]] = ()
    clock: str = "runs"
    way: tuple[Step, ...] | None = None
    noted: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        if self.way is not None:
            return self.way
        return WAYS[self.before] if self.before else ()


Check = Callable[[TicketRow | None, TicketRow, Office], bool]


def _due(start: datetime, row: TicketRow, desk: Office) -> datetime | None:
    promise = next(kind.promise for kind in desk.desk.policy.kinds if kind.name == row.kind)
    return due(start, promise, desk.desk.policy.calendar) if promise else None


def _as_before(was: TicketRow, row: TicketRow) -> bool:
    """The promise is the one that it was, and not touched."""
    return (was.clock_started_at, was.due_at, was.cycle) == (row.clock_started_at, row.due_at, row.cycle)  # fmt: skip


def _starts(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    begun = (row.clock_started_at, row.due_at) == (desk.now, _due(desk.now, row, desk))
    return begun and row.met_at is None and row.paused_at is None


def _new_cycle(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    assert was
    begun = (row.clock_started_at, row.due_at) == (desk.now, _due(desk.now, row, desk))
    paused = row.paused_at == (desk.now if was.paused_at else None)
    return begun and paused and row.cycle == was.cycle + 1 and row.met_at is None


def _resumed(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    assert was
    assert was.paused_at
    assert was.due_at
    calendar = desk.desk.policy.calendar
    waited = working_time(was.paused_at, desk.now, calendar)
    moved = add_working_time(was.due_at, waited, calendar)
    return row.paused_at is None and row.due_at == moved and row.cycle == was.cycle


def _stopped(was: TicketRow | None, row: TicketRow, desk: Office) -> bool:
    """It runs no more, and was not kept by that. A wait that ends with it has moved it."""
    assert was
    moved = _resumed(was, row, desk) if was.paused_at and was.due_at else _as_before(was, row)
    return moved and row.met_at == was.met_at and row.alert_at is None and row.paused_at is None


CLOCKS: dict[str, Check] = {
    "starts": _starts,
    "taken back": lambda was, row, desk: bool(was) and row.met_at is not None,
    "starts at the receipt": lambda was, row, desk: (
        row.clock_started_at == row.opened_at and row.due_at == _due(row.opened_at, row, desk)
    ),
    "none": lambda was, row, desk: row.due_at is None or row.alert_at is None,
    "not started": lambda was, row, desk: (row.due_at, row.paused_at) == (None, desk.now),
    "runs": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.met_at is None and row.paused_at is None
    ),
    "met": lambda was, row, desk: bool(was and _as_before(was, row)) and row.met_at == desk.now,
    "paused": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.paused_at == desk.now and row.alert_at is None
    ),
    "waits for an answer": lambda was, row, desk: (
        bool(was and _as_before(was, row)) and row.paused_at == desk.now
    ),
    "unchanged": lambda was, row, desk: bool(was and _as_before(was, row)) and bool(
        was and (was.met_at, was.paused_at) == (row.met_at, row.paused_at)
    ),
    "resumed": _resumed,
    "stopped": _stopped,
    "new cycle": _new_cycle,
}  # fmt: skip

SPAM = (
    "X-Spam-Flag: YES\r\nReceived: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
)
KARL = "karl@elsewhere.example"
OFFERED = (opens(HIGH, EMILY),)
USED_UP = (opens(), lena("+60m"))
DECLINES = replies("ABLEHNEN")
ORDERS = replies("ORDER", who=EMILY)
STOPS = replies("STOP")
DEFECTS = lena("#mangel", "The tax is wrong.")
AGAIN = replies("It is broken again.")
RAISE = lena("#art hoch", "Then we can do it today.")
ON_PHONE = "Anna Berger said so."
CHANGEABLE = (S.NEW, S.PLANNED, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_THIRD)
UNFINISHED = (*CHANGEABLE, S.WAITING_APPROVAL, S.ACCEPTANCE, S.REWORK, S.ACCEPTED)
WAITS = (S.WAITING_CUSTOMER, S.WAITING_APPROVAL)


def high(state: State) -> tuple[Step, ...]:
    """Return the way of a dearer ticket into a state."""
    return (opens(HIGH), *WAYS[state][1:])


def calls(play: Play) -> None:
    """Lena writes down what Anna said on the phone."""
    raw = mail(LENA, f"#anruf 12m {ANNA} Colours", "Which blue?", Date=play.date())
    play.receive(raw, who=LENA, login="lena")
    play.ticket = play.desk.tickets()[-1].id


CASES: tuple[Case, ...] = (
    # row  from  trigger  to  who  letters to the customer  clock
    Case("T01", None, opens(), S.NEW, ANNA, ["confirm_quick"], "starts", noted="T01"),
    Case("T01", None, opens(NORMAL, KARL), S.NEW, KARL, [(KARL, "confirm_stranger")], "starts", noted="T01"),
    Case("T02", None, calls, S.NEW, LENA, ["confirm_normal"], "starts", noted="T02"),
    Case("T04", None, opens(NORMAL, KARL, SPAM), S.SPAM, KARL, [], "none", noted="T04"),
    Case("T04", None, opens(), S.SPAM, ANNA, [], "none", (blocks,), "T04"),
    Case("T05", None, opens(HIGH, EMILY), S.WAITING_APPROVAL, EMILY, [(EMILY, "quick_offer")], "not started"),
    Case("T06", S.NEW, lena("#an murat"), S.PLANNED, LENA),
    Case("T06", S.NEW, lena("#plan fr 14:00"), S.PLANNED, LENA, ["planned"]),
    Case("T07", S.NEW, lena("#start"), S.IN_PROGRESS, LENA),
    Case("T07", S.NEW, lena("#antwort", "I am on it."), S.IN_PROGRESS, LENA, ["answer"]),
    Case("T08", S.PLANNED, lena("#start"), S.IN_PROGRESS, LENA),
    Case("T08", S.PLANNED, lena("#antwort", "I am on it."), S.IN_PROGRESS, LENA, ["answer"]),
    Case("T09", S.IN_PROGRESS, lena("#plan fr 14:00"), S.PLANNED, LENA, ["planned"]),
    Case("T09", S.IN_PROGRESS, lena("#an murat"), S.PLANNED, LENA),
    Case("T10", S.NEW, lena("#zu", "It was the cache."), S.RESOLVED, LENA, ["closing"], "met"),
    *(Case("T11", each, replies("BESTELLEN"), each, ANNA, ["confirm_quick_high"], "new cycle",
           (*WAYS[each], RAISE), "T11") for each in CHANGEABLE),
    Case("T11", S.WAITING_APPROVAL, replies("Faster, please.", "[QT hoch]", purpose="confirm_quick"),
         S.WAITING_APPROVAL, ANNA, ["confirm_quick_high"], "new cycle",
         (opens(), lena("+30m"), MORE, DECLINES, lena("+30m")), "T11"),
    *(Case("T12", each, lena("#art quick", "There is time."), each, LENA, ["confirm_quick"],
           "new cycle", high(each), "T12") for each in (*CHANGEABLE, S.WAITING_APPROVAL)),
    Case("T13", S.IN_PROGRESS, lena("#warte antwort #antwort", "Which browser?"), S.WAITING_CUSTOMER,
         LENA, ["question"], "waits for an answer"),
    Case("T14", S.WAITING_CUSTOMER, AGAIN, S.IN_PROGRESS, ANNA, [(LENA, "staff_reply")], "resumed"),
    Case("T14", S.WAITING_CUSTOMER, lena(f"#anruf 5m {ANNA}", "Firefox.", minutes=90), S.IN_PROGRESS,
         LENA, [], "resumed"),
    Case("T14", S.WAITING_CUSTOMER, lena("#auf", minutes=90), S.IN_PROGRESS, LENA, [], "resumed"),
    Case("T15", S.WAITING_CUSTOMER, lena("#zu"), S.RESOLVED, LENA, ["closed_unfinished"], "stopped",
         (*WAYS[S.WAITING_CUSTOMER], *[passes(days=7)] * 3)),
    *(Case("T16", each, MORE, S.WAITING_APPROVAL, LENA, ["approval_request"], "paused")
      for each in (S.NEW, S.PLANNED, S.IN_PROGRESS, S.REWORK)),
    Case("T17", S.IN_PROGRESS, lena("+70m"), S.WAITING_APPROVAL, LENA, ["approval_request_auto"], "paused"),
    Case("T17", S.IN_PROGRESS, passes(hours=1), S.WAITING_APPROVAL, DESK, ["approval_request_auto"],
         "paused", (opens(), lena("#start"))),
    Case("T18", S.WAITING_APPROVAL, replies("FREIGABE"), S.IN_PROGRESS, ANNA, ["approval_receipt"], "resumed"),
    Case("T18", S.WAITING_APPROVAL, page(Verdict.YES), S.IN_PROGRESS, ANNA, ["approval_receipt"], "resumed"),
    Case("T18", S.WAITING_APPROVAL, lena("#telefon freigabe", ON_PHONE, minutes=90), S.IN_PROGRESS,
         LENA, ["approval_receipt"], "resumed"),
    Case("T18", S.WAITING_APPROVAL, ORDERS, S.IN_PROGRESS, EMILY, [(EMILY, "confirm_quick_high")],
         "starts", (manual, *OFFERED)),
    Case("T19", S.WAITING_APPROVAL, DECLINES, S.RESOLVED, ANNA, ["decline_receipt"], "stopped", USED_UP),
    Case("T19", S.WAITING_APPROVAL, lena("#telefon ablehnen", ON_PHONE, minutes=90), S.RESOLVED, LENA,
         ["decline_receipt"], "stopped", USED_UP),
    Case("T20", S.WAITING_APPROVAL, DECLINES, S.IN_PROGRESS, ANNA, ["decline_receipt"], "resumed"),
    Case("T20", S.WAITING_APPROVAL, lena("#telefon ablehnen", ON_PHONE, minutes=90), S.IN_PROGRESS, LENA,
         ["decline_receipt"], "resumed"),
    Case("T21", S.WAITING_APPROVAL, replies("NORMAL", who=EMILY), S.PLANNED, EMILY,
         [(EMILY, "confirm_normal")], "starts", OFFERED),
    Case("T22", S.WAITING_APPROVAL, replies("DECLINE", who=EMILY), S.CANCELLED, EMILY,
         [(EMILY, "closed_unfinished")], "none", OFFERED),
    Case("T22", S.WAITING_APPROVAL, lena("#storno", "Nobody answered."), S.CANCELLED, LENA,
         [(EMILY, "closed_unfinished")], "none", (*OFFERED, *[passes(days=7)] * 3)),
    Case("T23", S.IN_PROGRESS, lena("#dritte"), S.WAITING_THIRD, LENA),
    Case("T24", S.WAITING_THIRD, lena("#auf"), S.IN_PROGRESS, LENA),
    Case("T25", S.IN_PROGRESS, TEST, S.ACCEPTANCE, LENA, ["acceptance_request"], "met"),
    Case("T25", S.REWORK, TEST, S.ACCEPTANCE, LENA, ["acceptance_request"], "met"),
    Case("T26", S.ACCEPTANCE, ACCEPTS, S.ACCEPTED, ANNA, ["acceptance_receipt"], "unchanged"),
    Case("T26", S.ACCEPTANCE, page(Verdict.YES), S.ACCEPTED, ANNA, ["acceptance_receipt"], "unchanged"),
    Case("T26", S.ACCEPTANCE, lena("#telefon abnahme", ON_PHONE), S.ACCEPTED, LENA,
         ["acceptance_receipt"], "unchanged"),
    Case("T27", S.ACCEPTANCE, lena("#fiktiv"), S.ACCEPTED, LENA, ["acceptance_receipt"], "unchanged",
         (*WAYS[S.ACCEPTANCE], passes(days=8))),
    Case("T28", S.ACCEPTANCE, page(Verdict.DEFECTS, "The tax is wrong."), S.REWORK, ANNA,
         [(LENA, "staff_decided")], "new cycle"),
    Case("T28", S.ACCEPTANCE, DEFECTS, S.REWORK, LENA, [], "new cycle"),
    Case("T29", S.ACCEPTANCE, lena("#auf"), S.IN_PROGRESS, LENA, [], "new cycle"),
    # A defect that was found after closing was never delivered for acceptance again.
    Case("T30", S.REWORK, lena("#zu", "It is mended."), S.RESOLVED, LENA, ["closing"], "met",
         (*WAYS[S.RESOLVED], DEFECTS)),
    Case("T31", S.ACCEPTED, lena("#live"), S.RESOLVED, LENA, ["closing"], "unchanged"),
    Case("T31", S.ACCEPTED, lena("#zu", "It is live."), S.RESOLVED, LENA, ["closing"], "unchanged"),
    Case("T32", S.ACCEPTED, DEFECTS, S.REWORK, LENA, [], "new cycle"),
    Case("T33", S.IN_PROGRESS, lena("#zu", "Done."), S.RESOLVED, LENA, ["closing"], "met"),
    Case("T34", S.RESOLVED, AGAIN, S.IN_PROGRESS, ANNA, [(LENA, "staff_reply")], "new cycle"),
    Case("T34", S.RESOLVED, lena(f"#anruf 5m {ANNA}", "Again."), S.IN_PROGRESS, LENA, [], "new cycle"),
    Case("T35", S.RESOLVED, DEFECTS, S.REWORK, LENA, [], "new cycle"),
    Case("T36", S.RESOLVED, lena("#rechnung +20m"), S.BILLING, LENA, [], "unchanged"),
    Case("T36", S.RESOLVED, passes(days=15), S.BILLING, DESK, [], "unchanged",
         (*WAYS[S.RESOLVED], lena("+20m"))),
    Case("T37", S.RESOLVED, lena("#rechnung"), S.CLOSED, LENA, [], "unchanged"),
    Case("T37", S.RESOLVED, passes(days=15), S.CLOSED, DESK, [], "unchanged"),
    Case("T38", S.BILLING, AGAIN, S.IN_PROGRESS, ANNA, [(LENA, "staff_reply")], "new cycle"),
    Case("T38", S.BILLING, lena("#auf"), S.IN_PROGRESS, LENA, [], "new cycle"),
    *(Case("T43", each, AGAIN, S.NEW, ANNA, ["followup_ticket", (LENA, "staff_new")], "starts", noted="T01")
      for each in (S.CLOSED, S.CANCELLED)),
    *(Case("T44", each, merges, S.MERGED, LENA, [], "stopped",
           (*WAYS[each], one_more)) for each in UNFINISHED),
    Case("T45", S.MERGED, splits, S.NEW, LENA, [], "new cycle"),
    *(Case("T46", each, lena("#spam", signed_in=True), S.SPAM, LENA, [], "stopped") for each in UNFINISHED),
    Case("T47", S.SPAM, restores, S.NEW, DESK, [(KARL, "confirm_stranger"), (LENA, "staff_new")],
         "starts at the receipt", (opens(NORMAL, KARL, SPAM),)),
    Case("T47", S.SPAM, lena("#auf", signed_in=True), S.NEW, LENA, [], "starts at the receipt"),
    *(Case("T48", each, lena("#storno", "You need it no more."), S.CANCELLED, LENA,
           ["closed_unfinished"], "stopped") for each in UNFINISHED),
    *(Case("T48", each, replies("STORNO", purpose="confirm_quick"), S.CANCELLED, ANNA,
           ["closed_unfinished", (LENA, "staff_decided")], "stopped") for each in UNFINISHED),
    *(Case("T50", each, passes(days=7), each, DESK, ["waiting_reminder"], "unchanged", noted="reminder")
      for each in (*WAITS, S.ACCEPTANCE)),
    Case("T51", S.WAITING_APPROVAL, ORDERS, S.PLANNED, EMILY, [(EMILY, "confirm_quick_high")], "starts", OFFERED),
    Case("T51", S.WAITING_APPROVAL, lena("#telefon bestellen", "Emily Clarke said so."), S.PLANNED, LENA,
         [(EMILY, "approval_receipt")], "starts", OFFERED),
    Case("T52", S.WAITING_CUSTOMER, passes(days=3), S.IN_PROGRESS, DESK, [(LENA, "staff_wake")],
         "resumed", (opens(), lena("#warte 3t #antwort", "We wait until Thursday."))),
    Case("T53", S.PLANNED, replies("STOP", who=EMILY), S.WAITING_APPROVAL, EMILY,
         [(EMILY, "decision_taken_back")], "not started", (*OFFERED, ORDERS)),
    Case("T53", S.IN_PROGRESS, STOPS, S.WAITING_APPROVAL, ANNA, ["decision_taken_back"], "paused",
         (*WAYS[S.WAITING_APPROVAL], replies("FREIGABE"))),
    Case("T53", S.RESOLVED, STOPS, S.WAITING_APPROVAL, ANNA, ["decision_taken_back"], "paused",
         (*USED_UP, DECLINES)),
    Case("T53", S.CANCELLED, STOPS, S.WAITING_APPROVAL, ANNA, ["decision_taken_back"], "paused",
         (*WAYS[S.WAITING_APPROVAL], replies("STORNO"))),
    Case("T54", S.ACCEPTED, STOPS, S.ACCEPTANCE, ANNA, ["decision_taken_back"], "unchanged"),
    Case("T54", S.REWORK, replies("STOP", purpose="acceptance_request"), S.ACCEPTANCE, ANNA,
         ["decision_taken_back"], "met"),
    Case("T54", S.RESOLVED, replies("STOP", purpose="acceptance_receipt"), S.ACCEPTANCE, ANNA,
         ["decision_taken_back"], "unchanged", (*WAYS[S.ACCEPTED], lena("#live"))),
    *(Case("T55", each, lena("+70m"), S.WAITING_APPROVAL, LENA, ["approval_request_auto"],
           "unchanged" if each in WAITS else "paused") for each in (*CHANGEABLE[:2], *CHANGEABLE[3:], S.ACCEPTED)),
    Case("T56", S.WAITING_APPROVAL, lena("#auf", minutes=90), S.IN_PROGRESS, LENA, [], "resumed"),
    Case("T57", S.IN_PROGRESS, DEFECTS, S.REWORK, LENA, [], "runs", (*WAYS[S.RESOLVED], AGAIN)),
    Case("T58", S.ACCEPTED, lena("#auf"), S.IN_PROGRESS, LENA, [], "new cycle"),
    *(Case("T59", each, lena("#undo", signed_in=True), S.NEW, LENA)
      for each in (*CHANGEABLE[1:], S.WAITING_APPROVAL, S.ACCEPTANCE, S.RESOLVED, S.CANCELLED, S.SPAM)),
    Case("T59", S.REWORK, lena("#undo"), S.RESOLVED, LENA, [], "taken back", (*WAYS[S.RESOLVED], DEFECTS)),
    Case("T59", S.BILLING, lena("#undo"), S.RESOLVED, LENA, [], "unchanged"),
    Case("T60", S.REWORK, lena("#warte antwort #antwort", "Which rate?"), S.WAITING_CUSTOMER,
         LENA, ["question"], "waits for an answer"),
    Case("T61", S.REWORK, lena("#dritte"), S.WAITING_THIRD, LENA),
)  # fmt: skip
SOME = [case for case in CASES if case.row in ("T05", "T17", "T18", "T28", "T52")]
# From a state where a row is written but nothing leads along it today.
NOWHERE = {
    ("T17", S.REWORK): "work in rework is free, whatever else is said, so it reaches no limit",
    ("T30", S.ACCEPTANCE): "a request is always open there, which #close and #live wait for",
    ("T55", S.ACCEPTANCE): "a request is always open there, and the customer is not asked besides",
    ("T43", S.INVOICED): "invoices are later work",
}


def play(desk: Office, case: Case) -> None:
    """Play a case, and look at all that has to be true after it."""
    row = next(each for each in TRANSITIONS if each.id == case.row)
    scene = Play(desk)
    for step in case.steps:
        step(scene)
    was = desk.ticket(scene.ticket) if scene.ticket else None
    assert (was.state if was else None) == case.before
    seen = (len(desk.rows(EventRow)), len(desk.rows(OutboundRow)))
    case.step(scene)

    ticket = desk.tickets()[-1] if row.after is Elsewhere.NEW_TICKET else desk.ticket(scene.ticket)
    assert ticket.state == case.after
    lines = [each for each in desk.rows(EventRow)[seen[0] :] if each.ticket_id == ticket.id]
    (line,) = [each for each in lines if (each.row, each.trigger) == (case.row, each.trigger)
               or each.trigger == case.noted]  # fmt: skip
    cause = scene.did.id if scene.did else None
    assert (line.actor, line.at, line.inbound_id) == (case.by, desk.now, cause)
    if not case.noted:
        assert line.from_state in row.before
        assert row.after in (line.to_state, Elsewhere.AS_IT_WAS)

    letters = desk.rows(OutboundRow)[seen[1] :]
    assert {(each.inbound_id, each.queued_at) for each in letters} <= {(cause, desk.now)}
    assert all(each.once_key for each in letters)
    wanted = [(ANNA, each) if isinstance(each, str) else each for each in case.told]
    told = [(each.rcpt_to, each.purpose) for each in letters]
    outside = [each for each in told if each[0] not in (LENA, MURAT)]
    assert outside == [each for each in wanted if each[0] != LENA]
    assert {each for each in wanted if each[0] == LENA} <= set(told)
    started = was if row.after is not Elsewhere.NEW_TICKET else None
    assert CLOCKS[case.clock](started, ticket, desk), (case.clock, was, ticket)


def _row(case: Case) -> object:
    return pytest.param(case, id=f"{case.row}-{case.before or 'nothing'}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", [_row(case) for case in CASES])
def test_from_its_trigger(desk: Office, case: Case) -> None:
    play(desk, case)


@pytest.mark.parametrize(
    "database_url",
    [pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))],
    indirect=True,
)
@pytest.mark.parametrize("case", [_row(case) for case in SOME])
def test_some_on_the_other_database(desk: Office, case: Case) -> None:
    play(desk, case)


def test_no_row_is_without_a_test() -> None:
    """Whoever adds a transition adds its test, from every state where it begins."""
    assert {case.row for case in CASES} == {row.id for row in TRANSITIONS} - set(LATER)
    played = {(case.row, case.before) for case in CASES}
    wanted = {(row.id, each) for row in TRANSITIONS for each in row.before
              if row.id not in (*LATER, "T05", "T59")}  # fmt: skip
    assert wanted - played == set(NOWHERE)
