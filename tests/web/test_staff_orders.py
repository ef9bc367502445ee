"""Each form of a ticket's page does what the command does that stands for it, and refuses in words."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from maildesk import log
from maildesk.rules.commands.grammar import Grammar
from maildesk.rules.commands.words import TABLE, Name
from maildesk.rules.number import tag
from maildesk.rules.ticket import State
from maildesk.store import queries
from maildesk.store.tables import EventRow
from maildesk.store.work_tables import RequestRow, TimeRow, TimerRow
from maildesk.web.form import Form
from maildesk.web.staff import orders
from maildesk.web.staff.orders import ACTIONS, Written, Wrong
from maildesk.web.staff.typed import typed
from tests.desk.office import ANNA, LENA, Office
from tests.desk.ways import NORMAL, WAYS, Play, lena, opens
from tests.web.browser import Browser

S = State
KARL = "karl@elsewhere.example"
SURE = {"sure": "yes"}
# The command, the state that it is given in, how it is written in a mail with its text, and what
# is filled in on the page for the same: the form, its fields, its text.
SAME: tuple[tuple[str, State, str, str, str, Mapping[str, str]], ...] = (
    ("close", S.IN_PROGRESS, "#zu", "", "close", {}),
    ("close, with words and time", S.IN_PROGRESS, "#zu +25m #antwort", "It was the cache.", "reply", {"after": "close", "minutes": "25"}),
    ("open", S.RESOLVED, "#auf", "", "open", {}),
    ("to", S.NEW, "#an murat", "", "assign", {"agent": "murat"}),
    ("to, with a word", S.NEW, "#an murat #notiz", "You know the cart.", "assign", {"agent": "murat"}),
    ("time", S.IN_PROGRESS, "+25m", "", "time", {"minutes": "25"}),
    ("time, written", S.IN_PROGRESS, "+1h30 #notiz", "Cache.", "time", {"minutes": "1:30"}),
    ("remote", S.IN_PROGRESS, "#fernwartung 20m", "", "time", {"minutes": "20", "type": "remote"}),
    ("travel", S.IN_PROGRESS, "#fahrt 30m", "", "time", {"minutes": "30", "type": "travel"}),
    ("estimate", S.IN_PROGRESS, "#schätzung 15m", "", "time", {"minutes": "15", "type": "estimate"}),
    ("start", S.PLANNED, "#start", "", "start", {}),
    ("stop", S.IN_PROGRESS, "#stopp", "", "stop", {}),
    ("wait", S.IN_PROGRESS, "#warte 3t", "", "wait", {"wait": "3d"}),
    ("wait, with a question", S.NEW, "#warte antwort #antwort", "Which browser?", "reply", {"after": "wait", "wait": "answer"}),
    ("wait, until a day", S.IN_PROGRESS, "#warte 4.12.", "", "wait", {"wait": "3d", "wait_until": "2026-12-04"}),
    ("note", S.NEW, "#notiz", "Ask Murat.", "note", {}),
    ("note, with time", S.NEW, "#notiz +5m", "Asked Murat.", "note", {"minutes": "5"}),
    ("reply", S.NEW, "#antwort", "I am on it.", "reply", {}),
    ("kind, dearer", S.NEW, "#art hoch", "Then today.", "kind", {"kind": "quick-high"}),
    ("kind, cheaper", S.NEW, "#art normal", "There is time.", "kind", {"kind": "normal"}),
    ("ask", S.IN_PROGRESS, "#freigabe 4h", "It is more work.", "ask", {"total": "4h"}),
    ("ask, at cost", S.IN_PROGRESS, "#freigabe offen", "Nobody knows.", "ask", {"at_cost": "yes"}),
    ("phone", S.WAITING_APPROVAL, "#telefon freigabe", "Anna Berger said so.", "phone", {"said": "approve"}),
    ("phone, accepted", S.ACCEPTANCE, "#telefon abnahme", "Anna Berger.", "phone", {"said": "accept"}),
    ("test", S.IN_PROGRESS, "#abnahme https://test.example/a?b=1#c", "The discount.", "test", {"url": "https://test.example/a?b=1#c"}),
    ("deemed", S.ACCEPTANCE, "#fiktiv", "", "deemed", SURE),
    ("defect", S.ACCEPTANCE, "#mangel", "The tax is wrong.", "defect", {}),
    ("live", S.ACCEPTED, "#live", "", "live", {}),
    ("live, with words", S.ACCEPTED, "#live #antwort", "It is there.", "reply", {"after": "live"}),
    ("third", S.IN_PROGRESS, "#dritte", "", "third", {}),
    ("third, with words", S.IN_PROGRESS, "#dritte #antwort", "The bank.", "reply", {"after": "third"}),
    ("cancel", S.IN_PROGRESS, "#storno", "You need it no more.", "cancel", SURE),
    ("bill", S.RESOLVED, "#rechnung", "", "bill", {}),
    ("free", S.IN_PROGRESS, "#kulanz", "", "free", SURE),
    ("call", S.IN_PROGRESS, f"#anruf 5m {ANNA}", "Which blue?", "call", {"minutes": "5", "address": ANNA}),
    ("plan", S.NEW, "#plan 27.11. 14:00", "", "plan", {"plan": "2026-11-27T14:00"}),
    ("plan, with words", S.NEW, "#plan 27.11. 14:00 #antwort", "On Friday.", "reply", {"after": "plan", "plan": "2026-11-27T14:00"}),
    ("add", S.IN_PROGRESS, f"#dazu {KARL}", "", "add", {"address": KARL}),
    ("remove", S.IN_PROGRESS, f"#weg {ANNA}", "", "remove", {"address": ANNA}),
    ("presales", S.IN_PROGRESS, "#anfrage", "", "presales", {}),
    ("contract", S.IN_PROGRESS, "#vertrag", "", "contract", {}),
    ("rework", S.IN_PROGRESS, "#nachbesserung", "", "rework", {}),
    ("merge", S.IN_PROGRESS, "#zusammen {}", "", "merge", SURE),
    ("split", S.IN_PROGRESS, "#trennen", "", "split", SURE),
    ("spam", S.NEW, "#spam", "", "spam", SURE),
    ("undo", S.IN_PROGRESS, "#undo", "", "undo", {}),
    ("me", S.NEW, "#mir", "", "take", {}),
)  # fmt: skip
# Lists stand on the board, the service area on a customer's page; #for is a page of its own.
ELSEWHERE = {Name.LIST, Name.HELP, Name.PORTAL, Name.FOR}


def prepared(desk: Office, name: str, state: State) -> Play:
    """Lead a new ticket to where the command makes sense."""
    play = Play(desk)
    for step in WAYS[state]:
        step(play)
    desk.later(minutes=1)
    if name == "deemed":
        desk.later(days=12)
    elif name == "stop":
        lena("#start", signed_in=True)(play)
        desk.later(minutes=7)
    elif name == "undo":
        lena("+20m #dritte", signed_in=True)(play)
    elif name == "me":
        lena("#an murat", signed_in=True)(play)
    elif name == "split":
        into = play.ticket
        other = Play(desk)
        opens(NORMAL)(other)
        lena(f"#zusammen {tag('DD', into)}", signed_in=True)(other)
    desk.new_letters()
    return play


def another(desk: Office) -> int:
    """Have a second ticket of the same customer, into which one can be merged."""
    other = Play(desk)
    opens(NORMAL)(other)
    desk.later(minutes=1)
    desk.new_letters()
    return other.ticket


def found(desk: Office, ticket: int, since: int, steps: list[str]) -> dict[str, Any]:
    """Return all that came of it, without what two tickets cannot have in common."""

    def same(text: str) -> str:
        text = text.replace(tag("DD", ticket), "THIS").replace(str(ticket), "THIS")
        text = re.sub(r"/r/[a-z2-7]{26}", "/r/LINK", text)
        return re.sub(r"(T|since )(\d\d:\d\d):\d\d", r"\1\2", text)  # they began a second apart

    row = desk.ticket(ticket)
    return {
        "steps": steps,
        "state": row.state,
        "ticket": (row.category, row.free, row.assignee_id, row.planned_at, row.wake_at, row.kind),
        "letters": [
            (letter.purpose, letter.rcpt_to, same(letter.text) if letter.rcpt_to != LENA else "")
            for letter in desk.letters(after=since)
            if letter.purpose != "staff_receipt"  # on a page it is said there
        ],
        "journal": [
            (e.trigger, e.from_state, e.to_state, same(e.detail))
            for e in desk.rows(EventRow)
            if e.ticket_id == ticket
        ],
        "time": [
            (r.minutes, r.type, r.free, r.words) for r in desk.rows(TimeRow) if r.ticket_id == ticket
        ],
        "asked": [
            (r.about, r.minutes, r.words, r.url, r.verdict, r.decided_by, r.how)
            for r in desk.rows(RequestRow) if r.ticket_id == ticket
        ],
        "timer": [r.agent_id for r in desk.rows(TimerRow, TimerRow.agent_id) if r.ticket_id == ticket],
        "messages": desk.messages(ticket),
    }  # fmt: skip


def last(desk: Office) -> int:
    return max((letter.id for letter in desk.letters()), default=0)


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What stands in the mail log."""
    stream = StringIO()
    log.setup(stream=stream)
    yield stream
    log.setup("console", "warning")


def steps_of(logged: StringIO) -> list[str]:
    """Return the steps that the last mail led to, without letters: those are looked at apart."""
    names = re.findall(r"handled .*steps=(\S+)", logged.getvalue())[-1].split(",")
    return [name for name in names if name != "Tell"]


@pytest.mark.parametrize(("name", "state", "orders_", "text", "form", "fields"), SAME,
                         ids=[row[0] for row in SAME])  # fmt: skip
def test_a_form_is_the_command(
    desk: Office, browser: Browser, name: str, state: State, orders_: str, text: str, form: str,
    fields: Mapping[str, str], logged: StringIO,
) -> None:  # fmt: skip
    command = name.partition(",")[0]
    browser.sign_in(desk, LENA)
    target = tag("DD", another(desk)) if command == "merge" else ""
    outcomes, begun = [], desk.now
    for on_page in (False, True):
        desk.now = begun + timedelta(seconds=on_page)
        play = prepared(desk, command, state)
        since = last(desk)
        if on_page:
            more = {"ticket": target} if target else {}
            path = f"/desk/tickets/{tag('DD', play.ticket)}"
            browser.sign_in(desk, LENA)  # the time flew
            answer = browser.send(path, do=form, text=text, **(dict(fields) | more))
            assert answer.code == 303, answer.words
            shown = browser.get(answer.headers["location"])
            assert 'class="notice wrong"' not in shown.body, shown.words
        else:
            lena(orders_.format(target), text, signed_in=True, minutes=0)(play)
        outcomes.append(found(desk, play.ticket, since, steps_of(logged)))
        if command in ("start", "stop", "undo"):
            lena(
                "#undo" if command == "start" else "#notiz",
                "" if command == "start" else "x",
                signed_in=True,
            )(play)
    mailed, posted = outcomes
    assert posted == mailed


def test_each_command_has_a_form() -> None:
    """So that a new row of the table is not forgotten here."""
    tried = {row[0].partition(",")[0] for row in SAME} - {"me"}
    assert {row.name.value for row in TABLE} - {each.value for each in ELSEWHERE} == tried
    assert {row[4] for row in SAME} == set(ACTIONS)


def desk_of(office: Office) -> orders.Desk:
    """What forms are read with by Lena."""
    policy = office.desk.policy
    with office.desk.db.read() as session:
        agents = tuple(queries.agents(session))
    return orders.Desk(
        Grammar(policy.code, policy.kinds, agents, policy.calendar, office.now, "en"), agents[0]
    )


def form(**values: str) -> Form:
    return Form(values, {name: (value,) for name, value in values.items()})


WRONG: tuple[tuple[str, dict[str, str], str, str, str], ...] = (
    ("note", {}, "text", "no_text", "nothing was written"),
    ("time", {"minutes": ""}, "minutes", "no_minutes", "no time"),
    ("time", {"minutes": "soon"}, "minutes", "cannot be understood", "no duration"),
    ("time", {"minutes": "25 #close"}, "minutes", "cannot be understood", "a command in a field"),
    ("time", {"minutes": "25", "type": "bribe"}, "type", "unknown", "no such type"),
    ("assign", {"agent": "nobody"}, "agent", "cannot be understood", "no such agent"),
    ("plan", {"plan": "2020-01-01T10:00"}, "plan", "is over already", "a day that is past"),
    ("plan", {"plan": "2026-11-27T14:00 #close"}, "plan", "cannot be understood", "words left over"),
    ("wait", {}, "wait", "no_wait", "no choice"),
    ("test", {"url": "javascript:alert(1)", "text": "x"}, "url", "cannot be understood", "no address of a page"),
    ("test", {"url": "https://a.example/" + "a" * 300, "text": "x"}, "url", "too_long", "longer than a subject"),
    ("test", {"url": "https://a.example/"}, "text", "no_changed", "nothing that was changed"),
    ("phone", {"said": "stop", "text": "Anna"}, "said", "cannot be understood", "no decision"),
    ("add", {"address": "Anna <a@b.example>"}, "address", "cannot be understood", "no plain address"),
    ("merge", {"ticket": "DD-10429"}, "sure", "not_sure", "not confirmed"),
    ("merge", {"ticket": "10429", "sure": "yes"}, "ticket", "cannot be understood", "no tag"),
    ("merge", {"ticket": "DD-10428", "sure": "yes"}, "ticket", "cannot be understood", "a wrong check digit"),
    ("spam", {}, "sure", "not_sure", "not confirmed"),
    ("reply", {"text": "x", "after": "spam"}, "after", "unknown", "not of this form"),
    ("reply", {"text": "x", "minutes": "#spam"}, "minutes", "cannot be understood", "a command instead of time"),
)  # fmt: skip


@pytest.mark.parametrize(("action", "fields", "field", "said", "why"), WRONG)
def test_what_the_grammar_cannot_say_is_refused(
    desk: Office, action: str, fields: dict[str, str], field: str, said: str, why: str
) -> None:
    wrong = orders.written(action, form(**fields), "DD-10008", desk_of(desk))
    assert isinstance(wrong, Wrong), why
    assert wrong.field == field, why
    assert said in (wrong.key or wrong.words), (why, wrong)


OPENINGS: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"address": ANNA, "title": "Cart"}, f"#for {ANNA} Cart", "the least"),
    ({"address": ANNA, "title": "Cart", "minutes": "25"}, f"#for {ANNA} #time 25 Cart", "with time"),
    ({"address": ANNA, "title": "Cart", "minutes": "12", "how": "call", "agent": "murat"}, f"#call 12 {ANNA} #to murat Cart", "a call, for somebody else"),
    ({"address": ANNA, "title": "C# and #1 at +49 30 123"}, f"#for {ANNA} C# and #1 at +49 30 123", "nothing of it is a command"),
    ({"address": ANNA, "title": ""}, "no_title", "no title"),
    ({"address": "", "title": "Cart"}, "no_address", "nobody"),
    ({"address": ANNA, "title": "Cart", "how": "call"}, "no_minutes", "a call without time"),
    ({"address": ANNA, "title": "Please #close it"}, "twice|contradict|read as", "a command in the title"),
    ({"address": ANNA, "title": "Discount +25"}, "read as", "a time in the title"),
    ({"address": ANNA, "title": "x" * 230}, "too_long", "longer than a subject"),
)  # fmt: skip


@pytest.mark.parametrize(("fields", "wanted", "why"), OPENINGS)
def test_a_new_ticket(desk: Office, fields: dict[str, str], wanted: str, why: str) -> None:
    found = orders.opening(form(**fields), desk_of(desk))
    if isinstance(found, Written):
        assert found.subject == wanted, why
        again = typed("new", found.subject, "")
        assert again["title"] == fields["title"], why
        assert again["address"] == fields["address"], why
        return
    said = {"title_commands": "read as"}.get(found.key, found.key) or found.words
    assert re.search(wanted, said), (why, found)


@pytest.mark.parametrize("row", SAME, ids=[row[0] for row in SAME])
def test_what_was_typed_is_given_back(desk: Office, row: tuple[Any, ...]) -> None:
    """All fields of a form are found again in the mail that was made of it."""
    action, fields = row[4], dict(row[5])
    if action == "merge":
        fields["ticket"] = "DD-10008"
    sent = orders.written(action, form(**fields, text=row[3] or "x"), "DD-10008", desk_of(desk))
    assert isinstance(sent, Written)
    fields.pop("sure", None)
    if until := fields.pop("wait_until", ""):
        fields["wait"] = until
    again = typed(action, sent.subject, sent.text)
    assert again.items() >= (fields | {"text": row[3] or "x"}).items()
