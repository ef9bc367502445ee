"""Addresses that letters come back from: what a failure says, how long it holds, what is kept back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from maildesk.mail.message import Address, Origin, Report
from maildesk.mail.smtp import Reply
from maildesk.rules.failures import Failure, Unreachable, after_failure, of_reply, of_report
from maildesk.rules.plan import AddMessage, Tell
from maildesk.rules.reachable import gated
from maildesk.rules.signed import Purpose
from tests.rules.scene import (
    ANNA,
    BERT,
    BY_ID,
    LENA,
    LETTER,
    MURAT,
    NOW,
    POLICY,
    known,
    received,
)
from tests.rules.test_decide import DAEMON, bounce, said

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HARD, SOFT, NOTHING = Failure

STATUSES = [
    # status  permanent  says       why
    ("5.1.1", True, HARD, "no such mailbox"),
    ("5.1.2", True, HARD, "no such domain"),
    ("5.1.10", True, HARD, "a domain that takes no mail (RFC 7505)"),
    ("5.1.8", True, NOTHING, "our own address is what it does not like"),
    ("5.2.1", True, HARD, "switched off"),
    ("5.2.2", True, SOFT, "full: not for ever, whatever the server calls it"),
    ("5.2.3", True, NOTHING, "too big for this mailbox"),
    ("5.3.4", True, NOTHING, "too big for the server"),
    ("5.4.4", True, HARD, "no way there"),
    ("5.4.7", True, SOFT, "given up after days"),
    ("4.4.7", False, SOFT, "the same, honestly"),
    ("5.5.0", True, HARD, "what some big providers say of unknown mailboxes"),
    ("5.6.0", True, NOTHING, "its content"),
    ("5.7.1", True, NOTHING, "a policy: this letter only"),
    ("5.0.0", True, HARD, "for ever, for no reason"),
    ("", True, HARD, "for ever, in prose"),
    ("", False, SOFT, "nobody knows"),
]


@pytest.mark.parametrize(("status", "permanent", "says", "why"), STATUSES)
def test_what_a_failure_says_of_the_address(status, permanent, says, why):
    assert of_report(Report((ANNA,), status, permanent, failed=True)) is says, why
    assert of_report(Report((ANNA,), status, permanent)) is NOTHING, "delayed is not failed"


REPLIES = [
    (Reply(550, "5.1.1", "no"), HARD), (Reply(550, "5.7.1", "no"), NOTHING),
    (Reply(550, "", "no"), HARD), (Reply(551, "", "no"), HARD), (Reply(552, "", "full"), SOFT),
    (Reply(554, "", "spam"), NOTHING), (Reply(554, "5.2.1", "off"), HARD),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "says"), REPLIES)
def test_what_a_refusal_of_the_relay_says(reply, says):
    assert of_reply(reply) is says


def after(*failures):
    """Return what is known after failures, each with its distance from the first in hours."""
    found = None
    for hours, failure in failures:
        found = after_failure(found, failure, "", NOW + hours * HOUR) or found
    return found


COURSES = [
    # failures                                      hard   times  holds from the last on, why
    ([(0, HARD)], True, 1, 14 * DAY, "fourteen days"),
    ([(0, HARD), (24, HARD)], True, 2, 14 * DAY, "counted anew from the last"),
    ([(0, SOFT)], False, 1, None, "once says nothing"),
    ([(0, SOFT), (1, SOFT), (2, SOFT)], False, 1, None, "three letters of one hour are once"),
    ([(0, SOFT), (24, SOFT)], False, 2, 2 * DAY, "on two days"),
    ([(0, SOFT), (24, SOFT), (48, SOFT)], False, 3, 2 * DAY, "still full"),
    ([(0, SOFT), (24 * 8, SOFT)], False, 1, None, "more than a week apart: it was fine between"),
    ([(0, SOFT), (24, HARD)], True, 1, 14 * DAY, "full, then gone"),
    ([(0, HARD), (24, SOFT)], True, 1, 14 * DAY, "gone is not mended by full"),
    ([(0, HARD), (24 * 15, SOFT)], False, 1, None, "after its end it begins anew"),
    ([(0, NOTHING)], None, 0, None, "nothing"),
]


@pytest.mark.parametrize(("failures", "hard", "times", "span", "why"), COURSES)
def test_how_long_it_holds(failures, hard, times, span, why):
    found = after(*failures)
    if hard is None:
        assert found is None, why
        return
    assert (found.hard, found.times) == (hard, times), why
    assert found.until == (None if span is None else found.last + span), why
    assert found.holds(NOW + 1000 * DAY) is False, "it always ends"


GONE = Unreachable(True, NOW - DAY, NOW + DAY, NOW - DAY, 1, "5.1.1 no such user")
OVER = replace(GONE, until=NOW)
DEAD = {"unreachable": {ANNA: GONE}}


def tell(to, letter, auto="auto-generated", purpose=Purpose.CUSTOMER, person=1, **more):
    return Tell(letter, Address("", to), "de", purpose, 1042, person, f"{letter}:5:{person}",
                auto=auto, **more)  # fmt: skip


ANSWER = (AddMessage(1042, "answer"), tell(ANNA, "answer", auto="", delay=60))
PLANNED = (AddMessage(1042, "note"), tell(ANNA, "planned"), tell(BERT, "planned"))
RECEIPT = tell(LENA.address, "staff_receipt", purpose=Purpose.AGENT_NOTE,
               more={"done": ("x",), "inherited": (), "time": "", "undo": 0})  # fmt: skip


def test_an_agents_words_go_out_all_the_same_and_he_is_told():
    mail, facts = received(LENA.address), known(LENA.address, **DEAD)
    filed, answer, receipt = gated(ANSWER, mail, facts, POLICY, NOW)
    assert (filed, answer) == ANSWER
    assert receipt.letter == "staff_receipt"
    assert receipt.to.address == LENA.address
    assert receipt.more["done"] == (
        f"{ANNA} ist wohl nicht erreichbar: die letzte E-Mail dorthin kam am Sonntag, 22.11.2026,"
        " 10:00\u00a0Uhr zurück. Ihr Text geht trotzdem hinaus; rufen Sie besser auch an",
    )
    assert receipt.more["undo"] == 60
    assert gated(ANSWER, mail, known(LENA.address), POLICY, NOW) == ANSWER
    over = known(LENA.address, unreachable={ANNA: OVER})
    assert gated(ANSWER, mail, over, POLICY, NOW) == ANSWER, "it has ended"


def test_what_is_automatic_is_kept_back_and_the_receipt_says_so():
    mail, facts = received(LENA.address), known(LENA.address, **DEAD)
    plan = gated((*PLANNED, RECEIPT), mail, facts, POLICY, NOW)
    assert [step.to.address for step in plan[1:]] == [BERT, LENA.address]
    assert plan[-1].more["done"][0] == "x"
    assert plan[-1].more["done"][1].startswith(f"Nicht gesendet: Nachricht an {ANNA}; ")


LIFE = [
    # received                            facts            last line of the plan, why
    (received(), known(**DEAD), "reachable " + ANNA, "he writes: it is over"),
    (received(origin=Origin.AUTO_REPLIED), known(candidates=BY_ID, **DEAD), "reachable " + ANNA,
     "his vacation notice shows that his mailbox lives"),
    (received(origin=Origin.LIST), known(candidates=BY_ID, **DEAD), "tell Lena staff_reply",
     "by way of a list: no sign of life"),
    (received(), known(known=True, **DEAD), "leave duplicate: the same mail came before", "again"),
    (received(), known(blocked=ANNA, **DEAD), f"file 2000 spam (blocked: {ANNA})", "hidden"),
    (received(LENA.address), known(LENA.address, unreachable={LENA.address: GONE}),
     "tell Lena staff_held", "in an agent's name, unproven"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "last", "why"), LIFE)
def test_a_sign_of_life_ends_it(mail, facts, last, why):
    plan = said(mail, facts)
    assert plan[-1] == last, why


def test_who_writes_is_confirmed_again():
    assert f"tell {ANNA} confirm_normal" in said(received(), known(**DEAD))


def test_what_an_agent_with_a_dead_mailbox_should_hear_is_told_to_the_others():
    facts = known(unreachable={LENA.address: GONE})
    assert said(received(), facts)[-1] == "tell Murat staff_new"
    both = known(unreachable={LENA.address: GONE, MURAT.address: GONE})
    assert said(received(), both)[-1] == "tell Lena staff_new", "better than nobody"


def test_staff_hear_of_a_dead_address_once_and_of_lost_words_always():
    report = Report((ANNA,), "5.1.1", True, True, diagnostic="no such user")
    marked = ["file 1042 bounce", "undeliverable 77: 5.1.1 no such user",
              f"unreachable {ANNA} hard until 07. 09:00"]  # fmt: skip
    notice, answer = LETTER, replace(LETTER, purpose="answer")
    for letter, told in ((notice, []), (answer, ["tell Lena staff_bounce"])):
        facts = known(DAEMON, candidates=BY_ID, letter=letter, **DEAD)
        assert said(bounce(report), facts) == marked + told
    policy = replace(report, status="5.7.1")
    facts = known(DAEMON, candidates=BY_ID, letter=LETTER)
    assert said(bounce(policy), facts) == [
        "file 1042 bounce", "undeliverable 77: 5.7.1 no such user", "tell Lena staff_bounce",
    ]  # fmt: skip
