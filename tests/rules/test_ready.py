"""The ready-made subjects of a notice: each is a command that works in the state of its ticket."""

import pytest

from maildesk.rules.commands.words import TABLE
from maildesk.rules.letters import TITLE_MAX
from maildesk.rules.staff import chains
from maildesk.rules.staff.ready import ready_subjects
from maildesk.rules.ticket import State

S = State
TAG, TITLE = "DD-10429", "Warenkorb leer"

OFFERED = [
    # state              waits for  mine   commands, in order                                    why
    (S.NEW,              "",        True,  ["#start", "#zu +15m", "#warte 3t"],                  "the ordinary way"),
    (S.NEW,              "",        False, ["#mir", "#zu +15m", "#warte 3t"],                    "nobody has it yet"),
    (S.WAITING_CUSTOMER, "",        True,  ["#auf", "#zu +15m"],                                 "he may have called"),
    (S.WAITING_APPROVAL, "order",   True,  ["#telefon bestellen", "#storno"],                    "no work before it is ordered"),
    (S.WAITING_APPROVAL, "overrun", True,  ["#telefon freigabe", "#telefon ablehnen", "#storno"], "no more time either"),
    (S.ACCEPTANCE,       "",        True,  ["#mangel", "#telefon abnahme"],                      "it is the customer's turn"),
    (S.ACCEPTED,         "",        True,  ["#live", "#mangel"],                                 "what is left to do"),
    (S.RESOLVED,         "",        True,  ["#auf", "#rechnung"],                                "it is done"),
    (S.CLOSED,           "",        True,  [],                                                   "nothing is likely"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "waits_for", "mine", "orders", "why"), OFFERED)
def test_what_is_offered_fits_the_state(state, waits_for, mine, orders, why):
    found = ready_subjects(TAG, TITLE, mine, "de", state, waits_for)
    assert [subject for subject, _ in found] == [f"[{TAG}] {TITLE} {each}" for each in orders], why


@pytest.mark.parametrize("locale", ["de", "en"])
@pytest.mark.parametrize("state", list(State))
def test_every_offer_is_a_command_that_the_state_knows(state, locale):
    for waits_for in ("", "order", "overrun"):
        offers = ready_subjects(TAG, TITLE, True, locale, state, waits_for)
        assert len(offers) <= 3
        for subject, does in offers:
            word = subject.partition("#")[2].split()[0]
            (row,) = [row for row in TABLE if word in row.words]
            assert chains.chain(row.name, state) is not None, f"#{word} in {state}"
            assert does


def test_a_title_too_long_for_a_command_offers_none():
    assert ready_subjects(TAG, "x" * (TITLE_MAX + 1), True, "de") == ()
