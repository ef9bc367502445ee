"""States and transitions as the process describes them, numbers, and replies of customers."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.number import parse_number, tag
from maildesk.rules.ticket import (
    FACTS,
    TRANSITIONS,
    ReplyEffect,
    State,
    after_customer_reply,
    allowed,
    is_closed,
)

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the process description is absent")


def _rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@needs_vectors
def test_states_are_those_of_the_process():
    ours = [
        (state.value, facts.de, facts.en, facts.clock.value, facts.logging.value, facts.reply.value)
        for state, facts in FACTS.items()
    ]
    columns = ("state", "de", "en", "sla_clock", "time_logging", "customer_reply")
    assert ours == [tuple(row[column] for column in columns) for row in _rows("states.csv")]


@needs_vectors
def test_transitions_are_those_of_the_process():
    ours = [
        (row.id, set(row.before) or {"(none)"}, row.after.value, row.trigger, row.actor, row.guard)
        for row in TRANSITIONS
    ]
    theirs = _rows("transitions.csv")
    assert ours[: len(theirs)] == [
        (
            row["id"], set(row["from"].split("|")), row["to"], row["trigger"], row["actor"],
            row["guard"],
        )
        for row in theirs
    ]  # fmt: skip
    mails = ["" if row["mail"].startswith("none") else row["mail"] for row in theirs]
    assert [row.mail for row in TRANSITIONS[: len(theirs)]] == mails
    assert [row.id for row in TRANSITIONS] == [f"T{n + 1:02}" for n in range(len(TRANSITIONS))]


def test_every_pair_without_a_row_is_refused():
    pairs = {(before, row.after) for row in TRANSITIONS for before in (row.before or {None})}
    for before in (None, *State):
        for after in State:
            assert allowed(before, after) is ((before, after) in pairs), (before, after)


def test_every_state_has_names_and_facts():
    assert list(FACTS) == list(State)
    assert State.WAITING_CUSTOMER.words("de_AT") == "Wartet auf Kunde"
    assert State.WAITING_CUSTOMER.words("en") == "Waiting for customer"


ALLOWED = [
    # before                    after                 allowed  why
    (None, State.NEW, True, "a mail opens a ticket"),
    (None, State.SPAM, True, "the filter's hit"),
    (None, State.CLOSED, False, "nothing begins closed"),
    (State.NEW, State.IN_PROGRESS, True, "a first reply"),
    (State.NEW, State.CLOSED, False, "closed only by way of resolved"),
    (State.RESOLVED, State.IN_PROGRESS, True, "reopened"),
    (State.CLOSED, State.IN_PROGRESS, False, "never reopened: entries are locked"),
    (State.INVOICED, State.BILLING, True, "the invoice was cancelled"),
    (State.MERGED, State.NEW, True, "split off again"),
    (State.NEW, State.NEW, False, "a change of kind moves no ticket"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected", "why"), ALLOWED)
def test_allowed(before, after, expected, why):
    assert allowed(before, after) is expected, why


def test_every_state_can_be_reached():
    reached: set[State | None] = {None}
    while more := {b for a in reached for b in State if allowed(a, b)} - reached:
        reached |= more
    assert reached == {None, *State}


def test_closed_is_what_needs_no_more_work():
    assert [state for state in State if is_closed(state)] == [
        State.RESOLVED, State.BILLING, State.INVOICED, State.CLOSED, State.CANCELLED,
        State.MERGED, State.SPAM,
    ]  # fmt: skip


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSIDE, LAST, OVER = (
    NOW - timedelta(days=days, seconds=seconds) for days, seconds in ((3, 0), (14, 0), (14, 1))
)

REPLIES = [
    # state                  resolved  effect                 why
    (State.NEW, None, ReplyEffect.STAY, "one more mail"),
    (State.PLANNED, None, ReplyEffect.STAY, "one more mail"),
    (State.IN_PROGRESS, None, ReplyEffect.STAY, "one more mail"),
    (State.WAITING_CUSTOMER, None, ReplyEffect.IN_PROGRESS, "T14: the answer is here"),
    (State.WAITING_APPROVAL, None, ReplyEffect.STAY, "only a word of approval decides"),
    (State.WAITING_THIRD, None, ReplyEffect.STAY, "it is not the customer we wait for"),
    (State.ACCEPTANCE, None, ReplyEffect.STAY, "defect, wish or praise: an agent decides"),
    (State.REWORK, None, ReplyEffect.STAY, "one more mail"),
    (State.ACCEPTED, None, ReplyEffect.STAY, "one more mail"),
    (State.RESOLVED, INSIDE, ReplyEffect.IN_PROGRESS, "T34: inside the window"),
    (State.RESOLVED, LAST, ReplyEffect.IN_PROGRESS, "its last moment counts"),
    (State.RESOLVED, OVER, ReplyEffect.FOLLOW_UP, "a second too late"),
    (State.RESOLVED, None, ReplyEffect.IN_PROGRESS, "not known when: in the customer's favour"),
    (State.WAITING_CUSTOMER, OVER, ReplyEffect.IN_PROGRESS, "resolved once, but open again"),
    (State.BILLING, OVER, ReplyEffect.IN_PROGRESS, "T38: taken back before the invoice"),
    (State.INVOICED, INSIDE, ReplyEffect.FOLLOW_UP, "T43: entries are locked"),
    (State.CLOSED, INSIDE, ReplyEffect.FOLLOW_UP, "T43"),
    (State.CANCELLED, INSIDE, ReplyEffect.FOLLOW_UP, "T43"),
    (State.MERGED, None, ReplyEffect.MERGED, "goes to the target"),
    (State.SPAM, None, ReplyEffect.STAY, "filed, and nobody is told"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "resolved_at", "effect", "why"), REPLIES)
def test_after_customer_reply(state, resolved_at, effect, why):
    assert after_customer_reply(state, resolved_at, NOW, 14) is effect, why


def test_a_reply_never_does_what_no_transition_allows():
    resumed = {state for state, _, effect, _ in REPLIES if effect is ReplyEffect.IN_PROGRESS}
    assert all(allowed(state, State.IN_PROGRESS) for state in resumed)
    assert {state for state, *_ in REPLIES} == set(State)


NUMBERS = [
    # digits      id     why
    ("10429", 1042, "the check digit of 1042 is 9"),
    ("10428", None, "a wrong check digit"),
    ("01", None, "there is no ticket 0"),
    ("00", None, "there is no ticket 0"),
    ("010429", None, "zeros in front would go unnoticed"),
    ("9", None, "a check digit of nothing"),
    ("", None, "nothing"),
    ("1042x", None, "not digits"),
    ("\u0661\u0660", None, "digits of another script"),
    ("1" * 5000, None, "longer than any number of ours"),
]  # fmt: skip


@pytest.mark.parametrize(("digits", "ticket_id", "why"), NUMBERS)
def test_parse_number(digits, ticket_id, why):
    assert parse_number(digits) == ticket_id, why


def test_tag():
    assert tag("DD", 1042) == "DD-10429"
    with pytest.raises(ValueError, match="not the id"):
        tag("DD", 0)


@given(st.integers(1, 10**16))
def test_every_wrong_digit_and_every_swap_of_neighbours_is_found(ticket_id):
    digits = tag("DD", ticket_id).removeprefix("DD-")
    assert parse_number(digits) == ticket_id
    for place, digit in enumerate(digits):
        for other in set("0123456789") - {digit}:
            assert parse_number(digits[:place] + other + digits[place + 1 :]) is None
        pair = digits[place : place + 2]
        if pair[::-1] != pair:
            assert parse_number(digits[:place] + pair[::-1] + digits[place + 2 :]) is None
