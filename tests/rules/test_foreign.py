"""Numbers of other desks: the marks that systems write, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.rules.foreign import MOST, foreign_numbers
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.number import tag
from maildesk.rules.subject import LONGEST, read_subject

MARKED = [
    # subject                                        numbers              why
    ("[#12345] Shop is empty", ["12345"], "a hash in brackets"),
    ("Re: [#12345] Shop is empty", ["12345"], "behind a reply prefix"),
    ("Shop is empty [#12345]", ["12345"], "at the end"),
    ("Shop is empty (#12345)", ["12345"], "round brackets"),
    ("[Ticket#2026112310000012] Shop", ["2026112310000012"], "a word and a hash"),
    ("[Ticket #12] Shop", ["12"], "a blank between"),
    ("Ticket#2026112310000012 - Shop", ["2026112310000012"], "without brackets"),
    ("AW: Shop, Ticket #4711", ["4711"], "in the middle"),
    ("[rt.example.org #12] Shop", ["12"], "a host and a hash"),
    ("[Acme Support #1234] (New) Shop", ["1234"], "a project's name and a hash"),
    ("[JIRA] (ABC-123) Shop", ["ABC-123"], "a system and a key"),
    ("[JIRA] Commented: (ABC-7) Shop", ["ABC-7"], "with what happened between"),
    ("[~ABC-12] Shop", ["ABC-12"], "a tilde"),
    ("[!ABC-123-45678]: Shop", ["ABC-123-45678"], "an exclamation mark"),
    ("[#XYZ-ABC-12AB] Shop", ["XYZ-ABC-12AB"], "letters and digits"),
    ("[Request ID :##12##] : Shop", ["12"], "many signs"),
    ("##RE-1234## Shop", ["RE-1234"], "two hashes around it"),
    ("##12345## Shop", ["12345"], "the same, plain"),
    ("(Case 0012345) Shop", ["0012345"], "a word in brackets; zeros belong to it"),
    ("[Bug 1234] New: Shop", ["1234"], "another word"),
    ("[issue123] Shop", ["ISSUE123"], "glued together"),
    ("Ticket-ID: 123 Shop", ["123"], "a label"),
    ("Shop, Vorgangsnummer: 12345", ["12345"], "a German label"),
    ("Ihre Anfrage Nr. 20261", ["20261"], "with a full stop"),
    ("TrackingID#2611230030001234", ["2611230030001234"], "a label and a hash"),
    ("Ticket ID: T20261123.0012", ["T20261123.0012"], "a full stop between digits"),
    ("Ticket No: 4711. Thanks", ["4711"], "the full stop behind is none of it"),
    ("Incident INC0012345 was opened", ["INC0012345"], "the letters are its mark"),
    ("[SR-001234] Shop", ["SR-001234"], "a record of a service desk"),
    ("[Shop] #12: empty", ["12"], "a hash in front and a colon"),
    ("Shop CRM:0001234", ["0001234"], "a CRM's token"),
    ("Shop [ ref:_00D30abcD._5003xyz:ref ]", ["_00D30abcD._5003xyz"], "a token, its case kept"),
    ("Shop [ thread::aBc_12-x9AAAA:: ]", ["aBc_12-x9AAAA"], "a newer token"),
    ("［＃１２３４５］ Shop", ["12345"], "full-width"),
    ("[ticket: abc-123] x", ["ABC-123"], "in capitals"),
    (f"[{tag('KD', 1042)}] Shop", [tag("KD", 1042)], "a desk of our own kind"),
    ("[#11] [Ticket#22] [#11] (Case 33) [#44]", ["11", "22", "33"], "each once, at most three"),
]  # fmt: skip

PLAIN = [
    ("", "nothing"),
    ("Shop is empty since 14:30", "a time"),
    ("12345 Shop", "a number alone"),
    ("[12345] Shop", "a customer's number, a post code: brackets alone are no mark"),
    ("Invoice 12345", "an invoice"),
    ("[Order #12345] Shop", "an order"),
    ("New order (#123456)", "an order, its word before the bracket"),
    ("[Filiale #1234] Kasse", "a shop"),
    ("[Kunden-Nr. #12345] Shop", "a customer"),
    ("[Kunden-ID: 12345] Shop", "a customer with an id"),
    ("Error (#1045) in the shop", "an error"),
    ("[HP-2026] Contact form", "a project of a year"),
    ("[Shop] (HP-2026) Contact form", "the same behind another"),
    ("Katalog [Anfrage 2026]", "a year"),
    ("Back in (Fall 2026)", "a season"),
    ("Anfrage: 12 neue Seiten", "a colon makes no number of what follows"),
    ("Bug: 404 on the first page", "neither here"),
    ("We have 12 issues, no 13 please", "prose"),
    ("Background (#336699) please", "a colour"),
    ("[#ff0000] is too red", "a colour"),
    ("[#WM2026] and (#COVID19)", "topics"),
    ("We are #1, he is #22", "a hash alone"),
    ("[Sprint #3] [#7] part", "one digit tells nothing apart"),
    ("Price (12,50 EUR) [2x]", "prices"),
    ("[EXTERN] [Quick] Re[12]: Shop", "marks and counters of programs"),
    ("[DD-10429] Shop", "ours"),
    ("[DD-10428] Ticket-ID: DD-10428", "ours, mistyped"),
    ("Ticket [DD-10429] (Ticket #DD-10429)", "ours in words"),
    (f"[KD-{int(tag('KD', 1042)[3:]) + 1}] Shop", "a check digit that does not hold"),
    ("[#12345678901234567890123456789012345678901] x", "longer than any"),
    ("[Ticket#] [Case ] Ticket-ID: Shop", "a mark without a number"),
]  # fmt: skip


def numbers(subject):
    return list(read_subject(subject, "DD", DEFAULT_KINDS).foreign)


@pytest.mark.parametrize(("subject", "expected", "why"), MARKED)
def test_a_mark_makes_it_a_number_of_another_desk(subject, expected, why):
    assert numbers(subject) == expected, why
    ours = f"AW: [{tag('DD', 1042)}] {subject}"
    assert numbers(ours) == expected, "our own tag changes nothing"


@pytest.mark.parametrize(("subject", "why"), PLAIN)
def test_without_a_mark_it_is_none(subject, why):
    assert numbers(subject) == [], why


@pytest.mark.parametrize("subject", [subject for subject, _, _ in MARKED])
def test_the_mark_stays_in_the_title(subject):
    title = read_subject(subject, "DD", DEFAULT_KINDS).title
    assert list(read_subject(f"Re: [DD-10429] {title}", "DD", DEFAULT_KINDS).foreign) == numbers(
        subject
    )


@given(st.text(st.sampled_from("[](){}#:~!-_.0129aZ refticketcasnoid DD"), max_size=300))
def test_whatever_stands_there_it_is_bounded(text):
    found = foreign_numbers(text, "DD")
    assert len(found) == len(set(found)) <= MOST
    assert all(2 <= len(number) <= 80 for number in found)


@pytest.mark.parametrize(
    "piece",
    ["[", "[#", "1", "[a 1", "ticket ", "ticket-id:#", "#1", "ref:", "[x] ", "[x](A-", "1-"],
)
def test_a_hostile_subject_costs_no_time(piece):
    text = (piece * LONGEST)[:LONGEST]
    begun = time.perf_counter()
    foreign_numbers(text + "1", "DD")
    assert time.perf_counter() - begun < 0.1
