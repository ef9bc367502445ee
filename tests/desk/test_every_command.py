"""Every command of an agent from every state: what it does there, or that it is refused in words.

The tickets got to their states by what people write; each command is one mail about each of them.
"""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from maildesk.rules.commands.words import TABLE
from maildesk.rules.number import tag
from maildesk.rules.staff.chains import may_work
from maildesk.rules.ticket import State
from maildesk.store.tables import ContactRow, InboundRow, TicketRow
from maildesk.store.work_tables import RequestRow, TimeRow, TimerRow
from tests.desk.office import ANNA, BERT, LENA, START, Office, Sent, mail
from tests.desk.ways import NORMAL, WAYS, Play, lena, opens

S = State
# What each command is written as, with the text that belongs to it.
ORDERS = {
    "close": ("#zu", "It was the cache."), "open": ("#auf", ""), "to": ("#an murat", ""),
    "time": ("+25m", ""), "remote": ("#fernwartung 20m", ""), "travel": ("#fahrt 30m", ""),
    "estimate": ("#schätzung 15m", ""), "start": ("#start", ""), "stop": ("#stopp", ""),
    "wait": ("#warte 3t", ""), "note": ("#notiz", "Ask Murat."), "reply": ("#antwort", "Soon."),
    "kind": ("#art hoch", "Then we can do it today."), "ask": ("#freigabe 4h", "It is more work."),
    "phone": ("#telefon freigabe", "Anna Berger said so."),
    "test": ("#abnahme https://test.example/", "The discount is right."), "deemed": ("#fiktiv", ""),
    "defect": ("#mangel", "The tax is wrong."), "live": ("#live", ""), "third": ("#dritte", ""),
    "cancel": ("#storno", "You need it no more."), "bill": ("#rechnung", ""), "free": ("#kulanz", ""),
    "call": (f"#anruf 5m {ANNA}", "Which blue?"), "for": (f"#für {ANNA}", "Another thing."),
    "plan": ("#plan fr 14:00", ""), "add": ("#dazu karl@elsewhere.example", ""),
    "remove": (f"#weg {BERT}", ""), "presales": ("#anfrage", ""), "contract": ("#vertrag", ""),
    "rework": ("#nachbesserung", ""), "portal": (f"#portal {ANNA}", ""), "merge": ("#zusammen {}", ""),
    "split": ("#trennen", ""), "spam": ("#spam", ""), "list": ("#liste", ""), "help": ("#hilfe", ""),
    "undo": ("#undo", ""),
}  # fmt: skip
STATES = (
    S.NEW, S.PLANNED, S.IN_PROGRESS, S.WAITING_CUSTOMER, S.WAITING_APPROVAL, S.WAITING_THIRD,
    S.ACCEPTANCE, S.REWORK, S.ACCEPTED, S.RESOLVED, S.BILLING, S.INVOICED, S.CLOSED, S.CANCELLED,
    S.MERGED, S.SPAM,
)  # fmt: skip
SHORT = dict(zip(["new", "pla", "pro", "cus", "app", "thi", "tes", "rew", "acc", "res", "bil", "inv", "clo", "can", "mer", "spa"], STATES,
                 strict=True))  # fmt: skip
# Where it leads to from each state: = as it was, + as it was and another ticket was opened,
# - refused. On a merged ticket whatever is said of it happens to the one that it is in.
EXPECTED = """
          new pla pro cus app thi tes rew acc res bil inv clo can mer spa
close     res res res res  -  res  -   -  res  -   -   -   -   -  res  -
open       -   -   -  pro pro pro pro  -  pro pro pro  -   -   -   -  new
to        pla  =  pla  =   =   =   =   =   =   =   -   -   -   -  pla  -
time       =   =   =   =   =   =   =   =   =   =   =   -   -   =   =   -
remote     =   =   =   =   =   =   =   =   =   =   =   -   -   =   =   -
travel     =   =   =   =   =   =   =   =   =   =   =   -   -   =   =   -
estimate   =   =   =   =   =   =   =   =   =   =   =   -   -   =   =   -
start     pro pro  =   =   -   =   =   =   =   -   -   -   -   -  pro  -
stop       =   =   =   =   =   =   =   =   =   -   -   -   -   -   =   -
wait      cus cus cus  =   -  cus  -  cus  -   -   -   -   -   -  cus  -
note       =   =   =   =   =   =   =   =   =   =   =   =   =   =   =   =
reply     pro pro  =   =   =   =   =   =   =   =   =   =   =   =  pro  -
kind       =   =   =   =   -   =   -   -   -   -   -   -   -   -   =   -
ask       app app app app  =  app app app app  -   -   -   -   -  app  -
phone      -   -   -   -  pro  -   -   -   -   -   -   -   -   -   -   -
test      tes tes tes tes  -  tes  =  tes  -   -   -   -   -   -  tes  -
deemed     -   -   -   -   -   -  acc  -   -   -   -   -   -   -   -   -
defect     -   -  rew  -   -   -  rew  -  rew rew rew  -   -   -   -   -
live       -   -   -   -   -   -   -   -  res  -   -   -   -   -   -   -
third     thi thi thi thi  -   -   -  thi  -   -   -   -   -   -  thi  -
cancel    can can can can can can can can can  -   -   -   -   -  can  -
bill       -   -   -   -   -   -   -   -   -  clo  -   -   -   -   -   -
free       =   =   =   =   =   =   =   =   =   =   -   -   -   =   =   -
call       =   =   =  pro  =   =   =   =   =  pro pro  +   +   +   =   +
for        +   +   +   +   +   +   +   +   +   +   +   +   +   +   +   +
plan      pla  =  pla  =   =   =   =   =   =   -   -   -   -   -  pla  -
add        =   =   =   =   =   =   =   =   =   =   -   -   -   -   =   -
remove     =   =   =   =   =   =   =   =   =   =   -   -   -   -   =   -
presales   =   =   =   =   =   =   =   =   =   =   -   -   -   -   =   -
contract   =   =   =   =   =   =   =   =   =   =   -   -   -   -   =   -
rework     =   =   =   =   =   =   =   =   =   =   -   -   -   -   =   -
portal     =   =   =   =   =   =   =   =   =   =   =   =   =   =   =   -
merge     mer mer mer mer mer mer mer mer mer  -   -   -   -   -  mer  -
split      -   -   -   -   -   -   -   -   -   -   -   -   -   -   =   -
spam      spa spa spa spa spa spa spa spa spa  -   -   -   -   -  spa  -
list       =   =   =   =   =   =   =   =   =   =   =   =   =   =   =   =
help       =   =   =   =   =   =   =   =   =   =   =   =   =   =   =   =
undo       -  new new new new new new  -   -  new res  -   -  new  -  new
"""
WANTED = {
    line.split()[0]: dict(zip(STATES, line.split()[1:], strict=True))
    for line in EXPECTED.strip().splitlines()[1:]
}


class Desk:
    """A desk with a ticket in each state; `looked` is the ticket to which a command happens."""

    def __init__(self, office: Office, plays: dict[State, Play], spare: Sent) -> None:
        self.office, self.plays, self.spare = office, plays, spare

    def looked(self, state: State) -> int:
        play = self.plays[state]
        other = play.other.ticket_id if state is S.MERGED and play.other else None
        return other or play.ticket

    def order(self, state: State, orders: str, text: str) -> InboundRow:
        """Send one mail of Lena's about a ticket, as one who has signed in."""
        office, play = self.office, self.plays[state]
        assert play.notice
        office.later(minutes=1)
        subject = f"Re: {play.notice.message['Subject']} {orders}"
        raw = mail(LENA, subject, text, to=play.notice.reply_to, reply_to=[play.notice.mid],
                   Date=f"{office.now:%a, %d %b %Y %H:%M:%S +0000}")  # fmt: skip
        return office.receive(raw, play.notice.reply_to, return_path=LENA, login="lena")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, readers: Any) -> Iterator[Desk]:
    """A desk where people have worked, to be copied."""
    folder = tmp_path_factory.mktemp("model")
    office = Office(f"sqlite:///{folder}/desk.db", folder, readers)
    plays = {}
    for number, state in enumerate(STATES):
        office.now = START + timedelta(seconds=number)
        plays[state] = play = Play(office)
        for step in WAYS[S.BILLING if state is S.INVOICED else state]:
            step(play)
        assert state is S.INVOICED or office.ticket(play.ticket).state == state
    office.set_state(plays[S.INVOICED].ticket, "invoiced")  # invoices are later work
    office.now = START + timedelta(days=1)
    spare = Play(office)
    opens(NORMAL)(spare)
    assert spare.notice
    yield Desk(office, plays, spare.notice)
    office.close()


@pytest.fixture
def worked(model: Desk, tmp_path: Path, readers: Any) -> Iterator[Desk]:
    """A copy of that desk."""
    folder = tmp_path / "copy"
    model.office.desk.db.close()
    shutil.copytree(Path(str(model.office.templates)).parents[1], folder)
    office = Office(f"sqlite:///{folder}/desk.db", folder, readers)
    office.now, office.by_hand = model.office.now, set(model.office.by_hand)
    office.new_letters()
    try:
        yield Desk(office, model.plays, model.spare)
        office.check_letters()
        office.check_journals()
    finally:
        office.close()


def known(office: Office) -> dict[type, list[Any]]:
    """Return all that a refused command must leave as it was; versions count the mail itself."""
    return {
        TicketRow: [row.model_dump(exclude={"version"}) for row in office.tickets()],
        TimeRow: [row.model_dump() for row in office.rows(TimeRow)],
        RequestRow: [row.model_dump() for row in office.rows(RequestRow)],
    }


def prepare(desk: Desk, name: str, state: State) -> None:
    """Let happen what a command is about: a timer, somebody else who takes part."""
    timer, ticket = TimerRow.__table__, desk.looked(state)  # type: ignore[attr-defined]  # SQLModel says so nowhere
    with desk.office.desk.db.engine.begin() as connection:
        connection.execute(delete(timer))
        if name == "stop" and may_work(State(desk.office.ticket(ticket).state)):
            row = {"agent_id": 1, "ticket_id": ticket, "started_at": desk.office.now}
            connection.execute(insert(timer), row)
    if name == "remove":
        desk.order(state, f"#dazu {BERT}", "")
    if name == "portal":  # it was opened to her in another ticket
        with desk.office.desk.db.engine.begin() as connection:
            connection.execute(update(ContactRow).values(portal_at=None))
    if name == "deemed":
        desk.office.now = max(desk.office.now, START + timedelta(days=9))


def does(desk: Desk, name: str, state: State) -> str:
    """Send the command, and return what it did in the words of the table."""
    office, ticket = desk.office, desk.looked(state)
    prepare(desk, name, state)
    office.new_letters()
    before, was = known(office), office.ticket(ticket).state
    orders, text = ORDERS[name]
    assert desk.spare.ticket_id
    done = desk.order(state, orders.format(tag("DD", desk.spare.ticket_id)), text)
    assert done.state == "filed", (done.state, done.reason)
    letters = office.new_letters()
    told = [(each.rcpt_to, each.purpose) for each in letters]
    if any(purpose == "staff_refused" for _, purpose in told):
        assert told == [(LENA, "staff_refused")], "nothing goes to anybody else"
        assert known(office) == before
        assert "Grund: " in letters[-1].text
        return "-"
    after = known(office)
    if len(after[TicketRow]) > len(before[TicketRow]):
        assert office.ticket(ticket).state == was
        return "+"
    now = State(office.ticket(ticket).state)
    if now == was:
        return "="
    return next(short for short, each in SHORT.items() if each is now)


@pytest.mark.parametrize("name", ORDERS)
def test_from_every_state(worked: Desk, name: str) -> None:
    found = {}
    for state in STATES:
        try:
            found[state] = does(worked, name, state)
        except AssertionError as error:
            found[state] = f"! {error}"
    wanted = WANTED[name]
    assert {s.value: (did, wanted[s]) for s, did in found.items() if did != wanted[s]} == {}


def test_the_subject_of_an_answer_about_a_merged_ticket_commands_too(worked: Desk) -> None:
    """Her words go to the customer, and her #close does not run: rule 4 is all or nothing."""
    play, office = worked.plays[S.MERGED], worked.office
    play.desk, before = office, play.desk
    try:
        lena("#zu", "It was the cache.", signed_in=True)(play)
    finally:
        play.desk = before
    assert office.ticket(worked.looked(S.MERGED)).state == S.RESOLVED


def test_the_journal_knows_that_another_kind_was_taken_back(worked: Desk) -> None:
    office = worked.office
    worked.order(S.NEW, "#art normal", "There is time.")
    worked.order(S.NEW, "#undo", "")
    office.check_journals()


def test_no_command_is_without_a_row() -> None:
    assert set(WANTED) == set(ORDERS) == {row.name.value for row in TABLE}
    assert set(STATES) == set(State)
