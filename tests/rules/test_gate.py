"""May an automatic mail be sent? One row for each rule, in their order, and what is no reason."""

from dataclasses import replace

import pytest

from maildesk.mail.message import Origin
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.rules.facts import Budget, Proofs
from maildesk.rules.gate import bare, why_not_answer
from tests.rules.scene import ANNA, KARL, NOW, POLICY, SUPPORT, known, received


def why_not(mail, facts=None):
    return why_not_answer(mail, facts or known(mail.reading.mail.author), POLICY)


REFUSED = [
    # received                                    reason
    (received(quiet=True), "it was imported"),
    (received(return_path=""), "its return path is empty"),
    (received(return_path="", via="lmtp"), "its return path is empty"),
    (received(None), "its author is not certain"),
    (received(SUPPORT), "it claims to come from ourselves"),
    (received("Support@desk.example"), "it claims to come from ourselves"),
    (received("help+x@desk.example"), "it claims to come from ourselves"),
    (received(origin=Origin.LIST), "no person wrote it (list)"),
    (received(origin=Origin.AUTO_REPLIED), "no person wrote it (auto-replied)"),
    (received(no_answer="X-Auto-Response-Suppress"), "X-Auto-Response-Suppress"),
    (received(proofs=Proofs(is_ours=True)), "it carries a Message-ID of ours"),
    (received(hops=51), "it came over more than 50 hops"),
    *(
        (received(f"{local}@firm.example"), "nobody reads answers at its author's address")
        for local in (
            "mailer-daemon", "MAILER-DAEMON", "postmaster", "noreply", "no-reply", "no_reply",
            "do-not-reply", "DoNotReply", "no-reply+x", "bounce", "bounces+1042", "owner-list",
            "list-owner", "list-request", "list-bounces", "MicrosoftExchange329e71ec88ae",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "reason"), REFUSED)
def test_no_answer(mail, reason):
    assert why_not(mail) == reason


ANSWERED = [
    # received                           why
    (received(), "a person"),
    (received(return_path="", via="imap"), "mailboxes do not tell the return path"),
    (received(hops=50), "a long way, but no loop"),
    (received("norbert@firm.example"), "begins like a machine"),
    (received("bouncer@firm.example"), "so does he"),
    (received("owner@firm.example"), "a shop's owner reads his mail"),
    (received("request.line@firm.example"), "a word in it is no reason"),
    (received(subject="Automatic reply is broken"), "nor is a word in the subject"),
    (received(oversize=30_000_000), "nor is its size"),
]


@pytest.mark.parametrize(("mail", "why"), ANSWERED)
def test_answer(mail, why):
    assert why_not(mail) == "", why


LIMITS = [
    # spent                  author  answered  why
    (Budget(2, 9, 49, 199),  KARL,   True,  "one more is left of each"),
    (Budget(3, 3, 3, 3),     KARL,   False, "three an hour for one address"),
    (Budget(0, 10, 0, 0),    KARL,   False, "ten a day"),
    (Budget(0, 0, 50, 50),   KARL,   False, "fifty an hour for its domain"),
    (Budget(0, 0, 0, 200),   KARL,   False, "two hundred an hour in all"),
    (Budget(99, 299),         ANNA,   True,  "a known contact writes more"),
    (Budget(100, 100),        ANNA,   False, "a hundred an hour: perhaps it is his program"),
    (Budget(0, 300),         ANNA,   False, "three hundred a day"),
]  # fmt: skip


@pytest.mark.parametrize(("spent", "author", "answered", "why"), LIMITS)
def test_budgets(spent, author, answered, why):
    facts = known(author, budget=spent)
    assert (facts.contact is not None) is (author == ANNA)
    refused = why_not(received(author), facts)
    assert refused == ("" if answered else "the budget of answers is spent"), why


ENVELOPE = Envelope(ANNA, (SUPPORT,), "smtp", NOW)
PLAIN = b"Content-Type: text/plain"
HEADERS = [
    # header                                          answered  why
    (b"Auto-Submitted: no", True, "that is what people's mail says"),
    (b"Auto-Submitted: No (a person)", True, "case and comments are free"),
    (b"Auto-Submitted: auto-replied", False, "RFC 3834"),
    (b"Auto-Submitted: auto-generated; x=y", False, "with a parameter"),
    (b"Auto-Submitted: (vacation) auto-notified", False, "any keyword but no"),
    (b"Content-Type: multipart/report; boundary=x", False, "a report"),
    (b"Content-Type: text/calendar; method=REPLY", False, "an answer to an invitation"),
    (b"List-Id: <x.firm.example>", False, "a list"),
    (b"List-Unsubscribe: <mailto:x@firm.example>", False, "bulk mail"),
    (b"Precedence: bulk", False, "bulk"),
    (b"Precedence: JUNK", False, "junk"),
    (b"Precedence: auto_reply", False, "a responder"),
    (b"X-Precedence: list", False, "by another name"),
    (b"Precedence: first-class", True, "an ordinary letter"),
    (b"X-Autoreply: yes", False, "a responder"),
    (b"X-Autorespond: x", False, "a responder"),
    (b"X-Mail-Autoreply: 1", False, "a responder"),
    (b"X-FC-MachineGenerated: true", False, "FirstClass"),
    (b"X-MS-Exchange-Inbox-Rules-Loop: anna@firm.example", False, "a rule in a mailbox"),
    (b"Delivered-By-The-Graces-Of: vacation", False, "a responder"),
    (b"X-Failed-Recipients: x@firm.example", False, "Exim's bounces"),
    (b"X-Auto-Response-Suppress: All", False, "asks for silence"),
    (b"X-Auto-Response-Suppress: DR, OOF", False, "the same"),
    (b"X-Auto-Response-Suppress: DR, RN, NRN", True, "is about receipts only"),
    (b"X-Mailer: phpBB", True, "the program is no reason"),
    (b"X-MS-Has-Attach: yes", True, "nor is an attachment"),
    (b"Return-Path: <>", False, "written by the last hop"),
    (b"From: other@firm.example", False, "a second author"),
    (b"Received: by x\r\n" * 51, False, "a loop"),
]


@pytest.mark.parametrize(("header", "answered", "why"), HEADERS)
def test_headers_as_they_are_read(header, answered, why):
    # One that the row brings must come first: the first of two is what counts.
    raw = b"%s\r\nFrom: anna@firm.example\r\nTo: support@desk.example\r\nSubject: Shop\r\n%s\r\n\r\nEmpty.\r\n"
    more = b"X: y" if header.startswith(b"Content-Type") else PLAIN
    mail = replace(received(), reading=read(raw % (header.rstrip(), more), ENVELOPE))
    assert (why_not(mail, known()) == "") is answered, why


def test_bare_addresses():
    assert bare("Support+ca.1042.b.x@Desk.example") == SUPPORT
