"""Each command in each state: where it leads, or why it does not (PROCESS.md section 1.2)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maildesk.rules.commands.words import TABLE, Name, folded
from maildesk.rules.decide import decide
from maildesk.rules.entries import Entry
from maildesk.rules.facts import Candidate, DoneDeed, Match, Person, RunningTimer, StaffFacts
from maildesk.rules.number import tag
from maildesk.rules.plan import SetState, Tell
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import About, Request
from maildesk.rules.signed import Purpose
from maildesk.rules.staff.chains import CHAINS
from maildesk.rules.staff.refusals import refusal
from maildesk.rules.ticket import State, allowed
from tests.rules.scene import (
    ANNA,
    BERT,
    CONTACTS,
    FIRM,
    LENA,
    NOW,
    POLICY,
    TAG,
    known,
    received,
    signed,
    ticket,
)

# States in the order of the columns below.
SHORT = {
    "n": State.NEW, "p": State.PLANNED, "i": State.IN_PROGRESS, "wc": State.WAITING_CUSTOMER,
    "wa": State.WAITING_APPROVAL, "wt": State.WAITING_THIRD, "ac": State.ACCEPTANCE,
    "rw": State.REWORK, "ad": State.ACCEPTED, "re": State.RESOLVED, "bi": State.BILLING,
    "in": State.INVOICED, "cl": State.CLOSED, "ca": State.CANCELLED, "me": State.MERGED,
    "sp": State.SPAM,
}  # fmt: skip
TARGET, SOURCE = 1050, 1060

# "." works and the state stays; "i>re" is the way it goes; "x" not from this state; "=" is there
# already; "t" no time is booked in this state; "r" is refused for a reason of its own.
#                      n    p     i    wc    wa   wt    ac   rw     ad   re   bi   in   cl   ca   me   sp
GRID = {
    "#zu":            "re   i>re  re   i>re  x    i>re  re   ac>re  re   =    =    =    =    x    x    x",
    "#auf":           "=    =     =    i     i    i     i    =      i    i    i    x    x    x    x    n",
    "#an murat":      "p    .     p    .     .    .     .    .      .    .    x    x    x    x    x    x",
    "+25m":           ".    .     .    .     .    .     .    .      .    .    .    t    t    .    t    t",
    "#fernwartung 20m": ".  .     .    .     .    .     .    .      .    .    .    t    t    .    t    t",
    "#fahrt 30m":     ".    .     .    .     .    .     .    .      .    .    .    t    t    .    t    t",
    "#schätzung 15m": ".    .     .    .     .    .     .    .      .    .    .    t    t    .    t    t",
    "#start":         "i    i     .    .     r    .     .    .      .    t    x    x    x    x    x    x",
    "#stopp":         ".    .     .    .     .    .     .    .      .    .    .    .    .    .    .    .",
    "#warte 3t":      "i>wc i>wc  wc   .     x    i>wc  x    wc     x    x    x    x    x    x    x    x",
    "#notiz":         ".    .     .    .     .    .     .    .      .    .    .    .    .    .    .    .",
    "#antwort":       "i    i     .    .     .    .     .    .      .    .    .    .    .    .    x    x",
    "#art normal":    ".    .     .    .     .    .     x    x      x    x    x    x    x    x    x    x",
    "#plan fr 14:00": "p    .     p    .     .    .     .    .      .    r    x    x    x    x    x    x",
    "#dazu k@b.example": ". .     .    .     .    .     .    .      .    .    x    x    x    x    x    x",
    f"#weg {BERT}":   ".    .     .    .     .    .     .    .      .    .    x    x    x    x    x    x",
    "#anfrage":       ".    .     .    .     .    .     .    .      .    .    x    x    x    x    x    x",
    "#vertrag":       ".    .     .    .     .    .     .    .      .    .    x    x    x    x    x    x",
    "#nachbesserung": ".    .     .    .     .    .     .    .      .    .    x    x    x    x    x    x",
    f"#zusammen {tag('DD', TARGET)}":
                      "me   me    me   me    me   me    me   me     me   x    x    x    x    x    =    x",
    "#trennen":       ".    .     .    .     .    .     .    .      .    .    .    .    .    .    .    .",
    "#spam":          "sp   sp    sp   sp    sp   sp    sp   sp     sp   x    x    x    x    x    x    =",
    "#freigabe 3h":   "wa   wa    wa   i>wa  .    i>wa  i>wa wa     i>wa x    x    x    x    x    x    x",
    "#telefon freigabe": ". .     .    .     i    .     .    .      .    x    x    x    x    x    x    x",
    "#abnahme https://t.example/":
                      "i>ac i>ac  ac   i>ac  x    i>ac  .    ac     x    x    x    x    x    x    x    x",
    "#fiktiv":        "x    x     x    x     x    x     ad   x      x    x    x    x    x    x    x    x",
    "#mangel":        "x    x     rw   x     x    x     rw   =      rw   rw   i>rw x    x    x    x    x",
    "#live":          "x    x     r    x     x    x     r    r      re   =    =    =    =    x    x    x",
    "#dritte":        "i>wt i>wt  wt   i>wt  x    =     x    wt     x    x    x    x    x    x    x    x",
    "#storno":        "ca   ca    ca   ca    ca   ca    ca   ca     ca   x    x    x    x    =    x    x",
    "#rechnung":      "x    x     x    x     x    x     x    x      x    bi   =    =    =    bi   x    x",
    "#kulanz":        ".    .     .    .     .    .     .    .      .    .    x    x    x    .    x    x",
    "#portal anna@firm.example":
                      ".    .     .    .     .    .     .    .      .    .    .    .    .    .    x    x",
    "#undo":          ".    .     .    .     .    .     .    .      .    .    .    .    .    .    .    .",
}  # fmt: skip
NAMES = {folded(row.split()[0].lstrip("#")): row for row in GRID}
PROBLEMS = {"x": "not_from_this_state", "=": "already_so", "t": "time_not_allowed"}
NOT_ABOUT_A_STATE = {  # open another ticket, only ask, or are not possible yet
    Name.CALL, Name.FOR, Name.LIST, Name.HELP,
}  # fmt: skip


def test_every_step_is_a_transition():
    for name, row in CHAINS.items():
        for before, way in row.items():
            for after in way:
                assert allowed(before, after), f"#{name.value}: {before} > {after}"
                before = after


def test_every_command_that_does_something_to_a_ticket_has_a_row():
    spelled = {word: row.name for row in TABLE for word in row.words}
    named = {spelled.get(word, Name.TIME) for word in NAMES}
    assert named == set(Name) - NOT_ABOUT_A_STATE
    assert all(len(cells.split()) == len(SHORT) for cells in GRID.values())


@pytest.mark.parametrize("order", GRID)
def test_command_in_each_state(order):
    for (short, state), cell in zip(SHORT.items(), GRID[order].split(), strict=True):
        plan = _plan(order, state)
        way = [
            (step.before, step.to)
            for step in plan
            if isinstance(step, SetState) and step.ticket_id == 1042
        ]
        refused = [
            step.more["reason"]
            for step in plan
            if isinstance(step, Tell) and step.letter == "staff_refused"
        ]
        if problem := PROBLEMS.get(cell):
            name = next(row.name for row in TABLE if row.name in _names_of(order))
            said = refusal(problem, name.value, "", "de").rstrip(".")
            assert [reason[: len(said)] for reason in refused] == [said], f"{order} in {state}"
            assert way == [], f"{order} in {state}: nothing happens"
            assert len(plan) == 2, f"{order} in {state}: kept and told, and no more"
            continue
        if cell == "r":
            assert (len(refused), way, len(plan)) == (1, [], 2), f"{order} in {state}"
            continue
        expected, before = [], state
        for after in () if cell == "." else cell.split(">"):
            expected.append((before, SHORT[after]))
            before = SHORT[after]
        assert refused == [], f"{order} in {short}"
        assert way == expected, f"{order} in {state}"


def test_undo_takes_no_ticket_out_of_an_invoice():
    """What others did meanwhile is not taken back, least of all what is on an invoice."""
    for state in (State.INVOICED, State.CLOSED, State.MERGED):
        plan = _plan("#undo", state, before={"state": "in_progress"}, after={"state": "resolved"})
        assert [step for step in plan if isinstance(step, SetState)] == [], state


def test_an_answer_needs_no_command():
    """Text alone moves a ticket as #reply does."""
    for order, purpose in (("", Purpose.AGENT_REPLY), ("#antwort", Purpose.AGENT_NOTE)):
        ways = []
        for state in SHORT.values():
            plan = _plan(order, state, purpose)
            ways.append([step.to for step in plan if isinstance(step, SetState)])
        assert ways == [[State.IN_PROGRESS]] * 2 + [[]] * 14, order


def _names_of(order):
    word = folded(order.split()[0].lstrip("#"))
    return {row.name for row in TABLE if word in row.words} or {Name.TIME}


def _process(order):
    """What the customer was asked, where an order needs it: by phone Anna herself says so."""
    about = {"#telefon": About.OVERRUN, "#fiktiv": About.ACCEPTANCE}.get(order.partition(" ")[0])
    asked = NOW - timedelta(days=30)
    request = Request(1042, 1, about, asked, minutes=120, before="in_progress") if about else None
    return ProcessFacts(
        requests={1042: (request,)} if request else {},
        entries={1042: (Entry(1, 5, NOW),)},
        approvers=(replace(CONTACTS[ANNA], id=5, may_approve=True),),
    )


def _plan(order, state, purpose=Purpose.AGENT_NOTE, before=None, after=None):
    """What a proven mail of Lena's with one order does to a ticket in a state.

    All that the order needs besides is there: a timer, a deed, a ticket to merge with.
    """
    waits = "overrun" if state is State.WAITING_APPROVAL else ""
    about = ticket(state, kind="quick", participants=((ANNA, 1), (BERT, 2)), waits_for=waits)
    other = ticket(State.IN_PROGRESS, TARGET)
    staff = StaffFacts(
        deeds={1042: DoneDeed(9, 4, "+5m", before or {}, 5, after or {})},
        merged={1042: (replace(ticket(State.MERGED, SOURCE), merged_into=1042),)},
        timer=RunningTimer(1042, NOW - timedelta(minutes=5)) if order == "#stopp" else None,
        people={ANNA: Person(ANNA, CONTACTS[ANNA], FIRM)},
    )
    facts = known(
        LENA.address,
        customer=FIRM,
        candidates=(Candidate(about, Match.SIGNED_ADDRESS), Candidate(other, Match.TAG)),
        staff=staff,
        process=_process(order),
    )
    mail = received(LENA.address, f"{order} AW: {TAG} Shop", proofs=signed(purpose, LENA.id))
    if order.startswith("#telefon"):
        spoke = replace(mail.reading.mail, text="Anna am Telefon", reply="Anna am Telefon")
        mail = replace(mail, reading=replace(mail.reading, mail=spoke))
    return decide(replace(mail, released_by=LENA.id), facts, POLICY, NOW)
