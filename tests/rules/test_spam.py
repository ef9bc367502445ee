"""What is hidden, from whom it is not, and the way back: whole plans."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maildesk.mail.message import Mark, Origin
from maildesk.rules.decide import decide
from maildesk.rules.facts import Candidate, Match
from maildesk.rules.kinds import kind_named
from maildesk.rules.ticket import State
from maildesk.rules.verdict import Filter, verdict
from tests.rules.scene import (
    ANNA,
    BY_ADDRESS,
    BY_TAG,
    KARL,
    LENA,
    NOW,
    POLICY,
    known,
    received,
    ticket,
    words,
)

YES = Filter((("x-spam-flag", "yes"), ("x-spam-status", "yes"), ("x-spam-level", "*****"),
              ("x-scl", "9")))  # fmt: skip
ANYWHERE = replace(YES, anywhere=True)

VERDICTS = [
    # mark                                      filter     is spam   why
    (Mark("x-spam-flag", "YES"), YES, True, "case is free"),
    (Mark("x-spam-flag", "NO"), YES, False, "no spam"),
    (Mark("x-spam-status", "Yes, score=7.1 required=5"), YES, True, "more may follow"),
    (Mark("x-spam-status", "yesterday"), YES, False, "the word has to end"),
    (Mark("x-spam-level", "*******"), YES, True, "two stars more than asked"),
    (Mark("x-spam-level", "****"), YES, False, "one less"),
    (Mark("x-scl", "9"), YES, True, "a number"),
    (Mark("x-scl", "95"), YES, False, "another number"),
    (Mark("x-spam-flag", ""), YES, False, "nothing"),
    (Mark("x-other", "yes"), YES, False, "not named"),
    (Mark("x-spam-flag", "yes", is_above=False), YES, False, "anybody may have written it (P15)"),
    (Mark("x-spam-flag", "yes", is_above=False), ANYWHERE, True, "the site says that it is hers"),
    (Mark("x-spam-flag", "yes"), Filter(), False, "no mark counts"),
]


@pytest.mark.parametrize(("mark", "wanted", "is_spam", "why"), VERDICTS)
def test_the_verdict(mark, wanted, is_spam, why):
    assert bool(verdict((mark,), wanted)) is is_spam, why


MARK = "x-spam-flag: YES"
BLOCK = {"blocked": "@elsewhere.example"}
WHY = "blocked: @elsewhere.example"
SEEN = [f"file 1042 participant ({MARK})", "tell Lena staff_reply"]
KARLS = (Candidate(ticket(participants=((KARL, 1),), customer_id=None), Match.TAG),)
AUTO = Origin.AUTO_GENERATED


def marked(*args, **more):
    return replace(received(*args, **more), mark=MARK)


def hid(why, more=""):
    return [f"open 2000 normal{more} spam: {why}", f"file 2000 spam ({why})"]


CASES = [
    # received                        facts                              plan, why
    (marked(KARL), known(KARL), hid(MARK), "a stranger's: hidden, nobody told, nothing answered"),
    (marked(KARL), known(KARL, candidates=BY_ADDRESS), hid(MARK, " mentions (1042,)"),
     "a stranger's spam is not put into somebody's ticket"),
    (marked(None), known(None), hid(MARK), "of two authors"),
    (marked(), known(), ["open 2000 normal of 7 for 1", f"file 2000 participant ({MARK})",
     "tell Lena staff_new"], "a contact's is not hidden, only not answered"),
    (marked(), known(candidates=BY_TAG), SEEN, "nor is a contact's reply"),
    (marked(KARL), known(KARL, candidates=KARLS), SEEN, "nor that of somebody who takes part"),
    (marked(origin=AUTO), known(), ["open 2000 normal of 7 for 1",
     f"file 2000 participant ({MARK})", "tell Lena staff_new"], "nor a contact's alarm"),
    (received(KARL), known(KARL, **BLOCK), hid(WHY), "blocked"),
    (received(KARL), known(KARL, candidates=KARLS, **BLOCK), [f"file 1042 spam ({WHY})"],
     "a blocked participant: filed, nobody told, nothing woken"),
    (received(), known(blocked=ANNA), hid(f"blocked: {ANNA}", " of 7"), "a contact by his address"),
    (received(origin=AUTO), known(blocked=ANNA),
     [f"leave automatic: no person wrote it: auto-generated; blocked: {ANNA}"], "his alarms too"),
    (received(KARL, origin=Origin.LIST), known(KARL, candidates=KARLS, **BLOCK),
     [f"file 1042 automatic ({WHY})"], "what he wrote to a list"),
    (marked(LENA.address), known(LENA.address, candidates=BY_ADDRESS),
     ["file 1042 unverified", "tell Lena staff_held"], "an agent's is never hidden"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), CASES, ids=[row[3] for row in CASES])
def test_what_is_hidden(mail, facts, plan, why):
    assert words(decide(mail, facts, POLICY, NOW)) == plan, why


def test_hidden_mail_has_no_promise_and_nobody_has_it():
    opened = decide(marked(KARL, "[QT] x"), known(KARL), POLICY, NOW)[0]
    assert (opened.state, opened.due_at, opened.assignee_id) == (State.SPAM, None, None)


def restored(mail, state=State.SPAM, **more):
    hidden = ticket(state, customer_id=None, assignee_id=None, clock_started_at=NOW,
                    requester=mail.reading.mail.sender, participants=((KARL, 1),), **more)  # fmt: skip
    facts = known(mail.reading.mail.author, known=True, known_in=1042, blocked=KARL,
                  candidates=(Candidate(hidden, Match.REFERENCE),))  # fmt: skip
    return decide(replace(mail, cleared=True), facts, POLICY, NOW + timedelta(days=3))


def test_what_was_hidden_comes_back_as_new_from_its_receipt():
    plan = restored(marked(KARL), kind="quick")
    assert words(plan) == [
        "file 1042 participant",
        "state 1042 spam > new",
        "set 1042 alert_at assignee_id clock_started_at due_at resolved_at",
        f"tell {KARL} confirm_stranger counted",
        "tell Lena staff_new",
    ]
    promise = kind_named(POLICY.kinds, "quick").promise
    assert promise
    assert plan[2].fields["clock_started_at"] == NOW
    assert plan[2].fields["due_at"] == NOW + timedelta(days=1), "late already, and seen to be"
    assert plan[2].fields["assignee_id"] == LENA.id


def test_a_hidden_reply_comes_back_as_a_reply():
    waits = restored(received(KARL), State.WAITING_CUSTOMER)
    assert words(waits)[:2] == [
        "file 1042 participant",
        "state 1042 waiting_customer > in_progress",
    ]
    assert words(waits)[-1].endswith("staff_reply")
    again = known(KARL, known=True, known_in=1042, candidates=BY_TAG)
    assert words(decide(received(KARL), again, POLICY, NOW)) == [
        "leave duplicate at 1042: the same mail came before"
    ]
