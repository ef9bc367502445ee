"""What a message leads to: one row for each case, and the whole plan in it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from maildesk.mail.message import Address, Origin
from maildesk.rules.decide import decide
from maildesk.rules.facts import Budget, Candidate, Match, Proofs
from maildesk.rules.kinds import Kind
from maildesk.rules.people import CustomerFacts
from maildesk.rules.plan import AddMessage, OpenTicket, Tell
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State
from tests.rules.scene import (
    ANNA,
    BERT,
    BY_ADDRESS,
    BY_ID,
    BY_REFERENCE,
    BY_TAG,
    FIRM,
    KARL,
    LENA,
    LETTER,
    MURAT,
    NOW,
    POLICY,
    SUPPORT,
    TAG,
    TICKET,
    WITH_TERMS,
    failure,
    known,
    received,
    signed,
    ticket,
    words,
)


def said(mail, facts, policy=POLICY):
    return words(decide(mail, facts, policy, NOW))


def test_a_new_ticket_with_everything_in_it():
    plan = decide(received(subject="[dringend] Shop is empty"), known(), POLICY, NOW)
    opened, *rest = plan
    assert opened == OpenTicket(
        ticket_id=2000, title="Shop is empty", kind="normal", requester=Address("Anna", ANNA),
        language="de", clock_started_at=NOW, customer_id=7, assignee_id=LENA.id, urgent=True,
    )  # fmt: skip
    assert rest == [
        AddMessage(2000),
        Tell("confirm_normal", Address("Anna", ANNA), "de", Purpose.CUSTOMER, 2000, 1,
             "confirmation:2000", auto="auto-replied", threaded=True),
        Tell("staff_new", Address("Lena", LENA.address), "de", Purpose.AGENT_REPLY, 2000, LENA.id,
             "staff_new:5:1", files=True),
    ]  # fmt: skip


def test_a_stranger_is_confirmed_without_a_word_of_his():
    plan = decide(received(KARL, "Hello"), known(KARL), POLICY, NOW)
    assert plan[2] == Tell(
        "confirm_stranger", Address("", KARL), "de", Purpose.CUSTOMER, 2000, 1,
        "confirmation:2000", auto="auto-replied", counted=True, threaded=True,
    )  # fmt: skip


def test_a_contact_is_written_to_as_we_keep_him():
    opened = decide(received("ANNA@firm.example"), known("ANNA@firm.example"), POLICY, NOW)[0]
    assert opened.requester == Address("Anna", ANNA)


MADE = ["file 2000 participant"]
TOLD = ["tell Lena staff_new"]
CONFIRMED = [*MADE, f"tell {ANNA} confirm_normal", *TOLD]
STRANGER = [*MADE, f"tell {KARL} confirm_stranger counted", *TOLD]
SILENT = [*MADE, *TOLD]
CONTRACT = replace(WITH_TERMS, contract="Care 24")


def offered(wish, opened, *tells):
    """The plan of a ticket that waits for an order of `wish` (T05)."""
    return [f"open 2000 normal {opened} wish {wish} waits for order", *MADE,
            "state 2000 new > waiting_approval", f"ask 2000v1 order {wish}", *tells, *TOLD]  # fmt: skip


TO_ANNA = f"tell {ANNA} quick_offer"

NEW = [
    # received                                 facts                         plan, why
    (received(), known(), ["open 2000 normal of 7 for 1", *CONFIRMED], "a known contact"),
    (received(KARL), known(KARL), ["open 2000 normal for 1", *STRANGER], "a stranger"),
    (received("new@firm.example"), known(customer=FIRM, contact=None),
     ["open 2000 normal of 7 for 1", *MADE, "tell new@firm.example confirm_stranger counted",
      *TOLD], "known by his domain only: the customer's, but nobody's contact"),
    (received(subject=""), known(), ["open 2000 normal of 7 for 1", *CONFIRMED], "no subject"),
    (received(oversize=30_000_000), known(), ["open 2000 normal of 7 for 1", *CONFIRMED],
     "too big to be kept whole: its header block is a ticket like any other"),
    (received(subject="[dringend] x"), known(), ["open 2000 normal of 7 for 1 urgent", *CONFIRMED],
     "urgent is no dearer kind"),
    (received(subject="[Anfrage] x"), known(), ["open 2000 normal of 7 for 1 presales",
     *CONFIRMED], "before an order"),
    (received(subject="[Quick] x"), known(customer=WITH_TERMS),
     ["open 2000 quick of 7 for 1 due 24. 09:00", *MADE, f"tell {ANNA} confirm_quick", *TOLD],
     "eight working hours: until ten the next morning"),
    (received(subject="[Quickticket hoch] x"), known(customer=WITH_TERMS),
     ["open 2000 quick-high of 7 for 1 due 23. 11:00", *MADE, f"tell {ANNA} confirm_quick_high",
      *TOLD], "two working hours"),
    (received(subject="[Quick] x"), known(), offered("quick", "of 7 for 1", TO_ANNA),
     "dearer, and terms not accepted"),
    (received(subject="[QT hoch] x"), known(), offered("quick-high", "of 7 for 1", TO_ANNA),
     "the same for the dearest"),
    (received(KARL, "[Quick] x"), known(KARL),
     offered("quick", "for 1", f"tell {KARL} quick_offer counted"),
     "a stranger orders nothing by a tag"),
    (received("new@firm.example", "[Quick] x"), known(customer=WITH_TERMS, contact=None),
     ["open 2000 normal of 7 for 1 wish quick", *MADE,
      "tell new@firm.example confirm_stranger counted", *TOLD],
     "a domain accepts nothing in the name of a customer"),
    (received(subject="[Quick][Quick hoch] x"), known(customer=WITH_TERMS),
     ["open 2000 normal of 7 for 1 contradiction", *CONFIRMED], "two kinds are none"),
    (received(), known(customer=CONTRACT), ["open 2000 normal of 7 for 1", *MADE,
     f"tell {ANNA} confirm_contract", *TOLD], "under a contract"),
    (received(subject="[Quick] x"), known(customer=CONTRACT),
     ["open 2000 quick of 7 for 1 due 24. 09:00", *MADE, f"tell {ANNA} confirm_quick", *TOLD],
     "a Quickticket says what it is, with a contract too"),
    (received(KARL, f"Re: {TAG} x"), known(KARL, candidates=BY_TAG),
     ["open 2000 normal for 1 mentions (1042,)", *STRANGER], "a number is not a key"),
    (received(KARL), known(KARL, candidates=BY_REFERENCE),
     ["open 2000 normal for 1 mentions (1042,)", *STRANGER], "nor is a reference"),
    (received("new@firm.example"), known(customer=FIRM, contact=None, candidates=BY_TAG),
     ["open 2000 normal of 7 for 1 mentions (1042,)", *MADE,
      "tell new@firm.example confirm_stranger counted", *TOLD], "a matching domain is no key"),
    (received(None), known(None), ["open 2000 normal for 1", *SILENT],
     "two From fields: a ticket, but nobody to answer"),
    (received(SUPPORT), known(SUPPORT), ["open 2000 normal for 1", *SILENT],
     "in our own name without our signature: looked at, never answered"),
    (received(no_answer="X-Auto-Response-Suppress"), known(),
     ["open 2000 normal of 7 for 1", *SILENT], "asked not to be answered"),
    (received(KARL), known(KARL, budget=Budget(3, 3, 3, 3)), ["open 2000 normal for 1", *SILENT],
     "the budget of a stranger is spent"),
    (received(), known(budget=Budget(3, 10, 50, 200)), ["open 2000 normal of 7 for 1", *CONFIRMED],
     "a contact has no budget"),
    (received(quiet=True, via="import"), known(), ["open 2000 normal of 7 for 1", *MADE],
     "imported: nobody is told"),
    (received(BERT, proofs=Proofs(is_ours=True)), known(BERT), ["open 2000 normal of 7 for 1",
     *SILENT], "our Message-ID under another's name: not lost, not answered"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), NEW)
def test_new_tickets(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


ORDERS = [
    # terms     accepted  factor  ordered  why
    ("dearer", False, "1", True, "costs no more than normal"),
    ("dearer", False, "1.5", False, "costs more"),
    ("dearer", True, "1.5", True, "costs more, and that is agreed"),
    ("always", False, "1", False, "whatever it costs"),
    ("always", True, "1", True, "agreed"),
    ("never", False, "1.5", True, "nobody is asked"),
]


@pytest.mark.parametrize(("terms", "accepted", "factor", "ordered", "why"), ORDERS)
def test_who_may_order_a_kind(terms, accepted, factor, ordered, why):
    # "normal" need not be the first kind of a configuration.
    kinds = (Kind("wish", ("Quick",), Decimal(factor)), Kind("normal"))
    policy = replace(POLICY, terms=terms, kinds=kinds)
    mail = received(subject="[Quick] x")
    mail = replace(mail, subject=replace(mail.subject, kind="wish", wishes=("wish",)))
    customer = replace(FIRM, has_accepted_terms=accepted)
    opened = decide(mail, known(customer=customer), policy, NOW)[0]
    assert (opened.kind, opened.wish) == (("wish", "") if ordered else ("normal", "wish")), why
    stranger = decide(replace(mail, reading=received(KARL).reading), known(KARL), policy, NOW)[0]
    assert (stranger.kind, stranger.wish) == ("normal", "wish"), "a stranger never orders"
    untagged = decide(received(), known(customer=customer), policy, NOW)[0]
    assert (untagged.kind, untagged.wish) == ("normal", ""), "whichever kind stands first"


REPLY = ["file 1042 participant", "tell Lena staff_reply"]
RESUMES = ["file 1042 participant", "state 1042 {} > in_progress", "set 1042 alert_at paused_at wake_at",
           "tell Lena staff_reply"]  # fmt: skip
WAKES = ["file 1042 participant", "state 1042 {} > in_progress",
         "set 1042 alert_at breached_at clock_started_at cycle due_at met_at resolved_at",
         "tell Lena staff_reply"]  # fmt: skip
FOLLOWS = ["open 2000 normal of 7 for 1 follows 1042", "file 2000 participant",
           f"tell {ANNA} followup_ticket", "tell Lena staff_new"]  # fmt: skip
IN_STATE = {
    State.NEW: REPLY,
    State.PLANNED: REPLY,
    State.IN_PROGRESS: REPLY,
    State.WAITING_CUSTOMER: RESUMES,
    State.WAITING_APPROVAL: REPLY,  # a mail alone approves nothing
    State.WAITING_THIRD: REPLY,
    State.ACCEPTANCE: REPLY,  # nor does it accept anything
    State.REWORK: REPLY,
    State.ACCEPTED: REPLY,
    State.RESOLVED: WAKES,
    State.BILLING: WAKES,
    State.INVOICED: FOLLOWS,
    State.CLOSED: FOLLOWS,
    State.CANCELLED: FOLLOWS,
    State.MERGED: REPLY,  # never seen: its target stands in its place
    State.SPAM: ["file 1042 participant"],  # no mail is ever sent
}


@pytest.mark.parametrize("state", State)
def test_a_reply_in_each_state(state):
    candidate = Candidate(ticket(state, resolved_at=NOW - timedelta(days=3)), Match.SIGNED_ADDRESS)
    plan = said(received(), known(candidates=(candidate,)))
    assert plan == [line.format(state) for line in IN_STATE[state]]


REOPEN = [
    # resolved before           plan     why
    (timedelta(days=14), WAKES, "to the very end of the fourteenth day"),
    (timedelta(days=14, seconds=1), FOLLOWS, "after it a ticket of its own"),
    (None, WAKES, "nobody knows when"),
]


@pytest.mark.parametrize(("before", "plan", "why"), REOPEN)
def test_the_reopen_window(before, plan, why):
    solved = ticket(State.RESOLVED, resolved_at=None if before is None else NOW - before)
    seen = said(received(), known(candidates=(Candidate(solved, Match.TAG),)))
    assert seen == [line.format("resolved") for line in plan], why


RENEWED = "alert_at breached_at clock_started_at cycle due_at kind met_at wish"
OTHERS = ticket(id=999, customer_id=8, participants=(("x@other.example", 1),))
THIRD = ["file 1042 third_party", "tell Lena staff_third_party"]

REPLIES = [
    # received                        facts                                plan, why
    (received(), known(candidates=BY_TAG), REPLY, "a participant by number alone"),
    (received("Anna@firm.example"),
     known(contact=None, customer=None, candidates=BY_TAG), REPLY,
     "a participant who writes his address in capitals today"),
    (received(BERT), known(BERT, candidates=BY_TAG), REPLY, "a known contact of the customer"),
    (received(BERT), known(BERT, candidates=BY_REFERENCE), REPLY, "the same by reference"),
    (received(KARL), known(KARL, candidates=BY_ID), THIRD, "a stranger with a signed id"),
    (received(KARL), known(KARL, candidates=BY_ADDRESS), THIRD, "or with a reply address"),
    (received(None), known(None, candidates=BY_ADDRESS), THIRD, "or with two From fields"),
    (received(KARL), known(KARL, candidates=(Candidate(ticket(State.RESOLVED), Match.SIGNED_ID),)),
     THIRD, "a stranger reopens nothing"),
    (received(), known(candidates=(Candidate(OTHERS, Match.SIGNED_ID), *BY_TAG)), REPLY,
     "of several tickets the one in which he takes part"),
    (received(), known(candidates=(Candidate(OTHERS, Match.TAG),)),
     ["open 2000 normal of 7 for 1 mentions (999,)", *CONFIRMED], "another customer's number"),
    (received(quiet=True), known(candidates=(Candidate(ticket(State.RESOLVED), Match.TAG),)),
     ["file 1042 participant"], "an imported reply wakes and tells nobody"),
    (received(quiet=True, author=KARL), known(KARL, candidates=BY_ID), ["file 1042 third_party"],
     "nor does an imported stranger's"),
    (received(subject="[QT hoch] x"), known(customer=WITH_TERMS, candidates=BY_ADDRESS),
     ["file 1042 participant", f"note 1042 T11 quick-high ordered by {ANNA}",
      f"set 1042 {RENEWED}", f"tell {ANNA} confirm_quick_high",
      "tell Lena staff_reply"], "one who may approve raises the kind"),
    (received(subject="Re: [QT hoch] x"), known(customer=WITH_TERMS, candidates=BY_ADDRESS), REPLY,
     "but not by what the mail before his had in its subject"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), REPLIES)
def test_replies(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


def test_where_nobody_is_assigned_everybody_is_told():
    loose = Candidate(replace(TICKET, assignee_id=None), Match.TAG)
    assert said(received(), known(candidates=(loose,))) == [
        "file 1042 participant", "tell Lena staff_reply", "tell Murat staff_reply",
    ]  # fmt: skip


def test_who_does_not_want_to_hear_of_new_tickets_is_told_of_answers_only():
    quiet = replace(LENA, told_of_new=False)
    assert said(received(), known(agents=(quiet, MURAT)))[2:] == [f"tell {ANNA} confirm_normal"]
    assert said(received(), known(agents=(quiet, MURAT), candidates=BY_TAG))[1:] == [
        "tell Lena staff_reply"
    ]


def test_an_assignee_who_left_does_not_swallow_the_reply():
    left = Candidate(replace(TICKET, assignee_id=3), Match.TAG)
    assert said(received(), known(candidates=(left,)))[1:] == [
        "tell Lena staff_reply", "tell Murat staff_reply",
    ]  # fmt: skip


NOTE_OF_LENA = signed(Purpose.AGENT_NOTE, LENA.id)
NOTE_OF_MURAT = signed(Purpose.AGENT_NOTE, MURAT.id)
UNPROVEN = ["file 1042 unverified", "tell Lena staff_held"]
GONE = "gone@desk.example"

STAFF = [
    # received                                    facts                      plan, why
    (received(LENA.address, proofs=NOTE_OF_LENA), known(LENA.address, candidates=BY_ADDRESS),
     ["file 1042 note"], "the assignee's own note is told to nobody"),
    (received(MURAT.address, proofs=NOTE_OF_MURAT), known(MURAT.address, candidates=BY_ADDRESS),
     ["file 1042 note", "tell Lena staff_note"], "a colleague's note is told to the assignee"),
    (received("Lena@desk.example", proofs=NOTE_OF_LENA),
     known(LENA.address, candidates=BY_ADDRESS), ["file 1042 note"], "in capitals today"),
    (received(LENA.address, proofs=NOTE_OF_MURAT), known(LENA.address, candidates=BY_ADDRESS),
     UNPROVEN, "another agent's address proves nothing"),
    (received(LENA.address, proofs=signed(Purpose.CUSTOMER, 1)),
     known(LENA.address, candidates=BY_ADDRESS), UNPROVEN, "nor does a customer's"),
    (received(LENA.address, proofs=signed(Purpose.AGENT_NOTE, LENA.id, "999")),
     known(LENA.address, candidates=(Candidate(TICKET, Match.TAG),)), UNPROVEN,
     "nor does his own of another ticket"),
    (received(LENA.address), known(LENA.address, candidates=BY_ID), UNPROVEN,
     "a reference goes on to every later recipient"),
    (received(LENA.address), known(LENA.address),
     ["leave held: in the name of lena, without proof, about no ticket", "tell Lena staff_held"],
     "no proof and no ticket"),
    (received(GONE, proofs=signed(Purpose.AGENT_NOTE, 3)), known(GONE, candidates=BY_ADDRESS),
     ["file 1042 unverified", "tell Lena staff_held", "tell Murat staff_held"],
     "who left has no rights; all others are told"),
    (received(LENA.address, origin=Origin.AUTO_REPLIED, proofs=NOTE_OF_LENA),
     known(LENA.address, candidates=BY_ADDRESS), ["file 1042 automatic"],
     "a vacation notice is no note, whatever it answers"),
    (received(LENA.address, origin=Origin.AUTO_GENERATED), known(LENA.address),
     ["leave automatic: no person wrote it: auto-generated"], "and opens nothing"),
    (received(LENA.address, quiet=True), known(LENA.address),
     ["leave held: in the name of lena, without proof, about no ticket"], "imported"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), STAFF)
def test_agents(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


def test_a_forger_cannot_fill_a_mailbox():
    keys = [
        decide(received(LENA.address), known(LENA.address), POLICY, NOW + later)[1].once
        for later in (timedelta(0), timedelta(minutes=59), timedelta(minutes=60))
    ]
    assert keys[0] == keys[1] != keys[2]


DAEMON = "MAILER-DAEMON@firm.example"
AT_BOUNCE = signed(Purpose.BOUNCE, 0, "abcdefghijklmnop")
FILED = ["file 1042 bounce"]
MARKED = [*FILED, "undeliverable 77: 5.1.1 no such user"]
DEAD = f"unreachable {ANNA} hard until 07. 09:00"  # fourteen days
NOTICED = [*MARKED, DEAD, "tell Lena staff_bounce"]
TO_LENA = replace(LETTER, rcpt_to=LENA.address)
NO_TICKET = replace(LETTER, ticket_id=None)


def bounce(report, proofs=AT_BOUNCE, **more):
    return received(DAEMON, origin=Origin.BOUNCE, report=report, proofs=proofs, **more)


BOUNCES = [
    # report, proofs                          facts                                plan, why
    (bounce(failure(ANNA)), known(DAEMON, candidates=BY_ID, letter=LETTER), NOTICED, "ours"),
    (bounce(failure(ANNA.upper())), known(DAEMON, candidates=BY_ID, letter=LETTER), NOTICED,
     "case is free"),
    (bounce(failure()), known(DAEMON, candidates=BY_ID, letter=LETTER), NOTICED,
     "names nobody, but came to the address we signed for this letter"),
    (bounce(failure(), Proofs()), known(DAEMON, candidates=BY_ID, letter=LETTER), FILED,
     "a Message-ID alone is known to many"),
    (bounce(failure(KARL)), known(DAEMON, candidates=BY_ID, letter=LETTER), FILED,
     "another recipient than that letter's"),
    (bounce(failure(ANNA, failed=False)), known(DAEMON, candidates=BY_ID, letter=LETTER), FILED,
     "delayed is not failed"),
    (bounce(None), known(DAEMON, candidates=BY_ID, letter=LETTER), FILED,
     "a report that nobody could read"),
    (bounce(failure(ANNA)), known(DAEMON), ["leave automatic: a report about no letter of ours"],
     "a stranger's: opens nothing"),
    (bounce(failure(ANNA)), known(DAEMON, candidates=BY_TAG),
     ["leave automatic: a report about no letter of ours"], "a number in it changes nothing"),
    (bounce(failure(ANNA)), known(DAEMON, letter=NO_TICKET),
     [f"leave automatic: a report about a letter to {ANNA}",
      "undeliverable 77: 5.1.1 no such user", DEAD], "a letter about no ticket"),
    (bounce(failure(LENA.address)), known(DAEMON, candidates=BY_ID, letter=TO_LENA),
     [*MARKED, f"unreachable {LENA.address} hard until 07. 09:00", "tell Murat staff_bounce"],
     "no notice to the mailbox that is dead: the others are told"),
    (bounce(failure(ANNA), Proofs()), known(DAEMON, candidates=BY_ID, letter=LETTER),
     [*MARKED, "tell Lena staff_bounce"],
     "names letter and recipient, which many know: told, but nobody is taken for dead"),
    (bounce(failure(ANNA)), known(DAEMON, letter=LETTER, candidates=(
        Candidate(ticket(id=1050), Match.SIGNED_ID),)),
     ["file 1050 bounce", "undeliverable 77: 5.1.1 no such user", DEAD, "tell Lena staff_bounce"],
     "the letter's ticket was merged into another"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), BOUNCES)
def test_bounces(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


NAGIOS = "nagios@machines.example"
AUTO, GENERATED = Origin.AUTO_REPLIED, Origin.AUTO_GENERATED
WAITING = (Candidate(ticket(State.WAITING_CUSTOMER), Match.SIGNED_ADDRESS),)
MACHINES = [
    # received                              facts                          plan, why
    (received(origin=AUTO), known(candidates=BY_ADDRESS), ["file 1042 automatic"],
     "a vacation notice is filed, told to nobody"),
    (received(origin=AUTO), known(candidates=WAITING), ["file 1042 automatic"],
     "and wakes no ticket"),
    (received(origin=AUTO), known(), ["leave automatic: no person wrote it: auto-replied"],
     "a contact's vacation notice about nothing"),
    (received(KARL, origin=AUTO), known(KARL, candidates=BY_TAG),
     ["leave automatic: no person wrote it: auto-replied"], "a stranger's"),
    (received(origin=GENERATED), known(), ["open 2000 normal of 7 for 1", *SILENT],
     "the alarm of a customer's machine"),
    (received(NAGIOS, origin=GENERATED), known(NAGIOS), ["open 2000 normal for 1", *SILENT],
     "of a machine that the site named"),
    (received(NAGIOS.title(), origin=GENERATED), known(NAGIOS), ["open 2000 normal for 1", *SILENT],
     "in capitals today"),
    (received(KARL, origin=GENERATED), known(KARL),
     ["leave automatic: no person wrote it: auto-generated"], "of a stranger's machine"),
    (received(origin=GENERATED), known(candidates=WAITING),
     ["file 1042 automatic", "tell Lena staff_reply"],
     "an alarm in a thread is told, but no machine wakes a ticket"),
    (received(origin=Origin.LIST), known(), ["leave automatic: no person wrote it: list"],
     "a list mail about nothing"),
    (received(origin=Origin.LIST), known(candidates=WAITING),
     ["file 1042 automatic", "tell Lena staff_reply"],
     "by way of a list, but in a thread: somebody should read it"),
    (received(KARL, origin=Origin.LIST), known(KARL, candidates=BY_ID),
     ["file 1042 automatic", "tell Lena staff_third_party"], "a stranger's, by way of a list"),
    (received(origin=Origin.RECEIPT), known(candidates=WAITING), ["file 1042 automatic"],
     "a receipt wakes nothing"),
    (received(KARL, origin=Origin.RECEIPT), known(KARL),
     ["leave automatic: no person wrote it: receipt"], "a receipt about nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), MACHINES)
def test_machines(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


OWN = ["leave duplicate at 1042: a mail of our own came back"]
AGAIN = [
    # received                                   facts                        plan, why
    (received(), known(known=True, known_in=1042),
     ["leave duplicate at 1042: the same mail came before"], "by another intake"),
    (received(SUPPORT, proofs=Proofs(is_ours=True)), known(SUPPORT, candidates=BY_REFERENCE), OWN,
     "our own letter came back"),
    (received("support+ca.1042.b.x@desk.example", proofs=Proofs(is_ours=True)),
     known(candidates=BY_REFERENCE), OWN, "under a reply address of ours"),
    (received(None, proofs=Proofs(is_ours=True)), known(None, candidates=BY_REFERENCE), OWN,
     "with a second From on it"),
    (received(SUPPORT, origin=AUTO, proofs=Proofs(is_ours=True)), known(SUPPORT),
     ["leave duplicate: a mail of our own came back"], "it is marked as automatic, too"),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "facts", "plan", "why"), AGAIN)
def test_what_came_before(mail, facts, plan, why):
    assert said(mail, facts) == plan, why


LANGUAGES = [
    # contact, customer, mail  language  why
    ("en", "de", "de", "en", "the person's own comes first"),
    ("", "en", "de", "en", "then his company's"),
    ("", "", "en", "en", "then that of the mail"),
    ("", "", "fr", "de", "then the desk's, where we have no words in it"),
]


@pytest.mark.parametrize(("contact", "customer", "mail", "language", "why"), LANGUAGES)
def test_languages(contact, customer, mail, language, why):
    facts = known(customer=CustomerFacts(7, "Firm", customer))
    facts = replace(facts, contact=replace(facts.contact, language=contact))
    opened, _, confirmation, notice = decide(
        received(subject="", language=mail), facts, POLICY, NOW
    )
    assert (opened.language, confirmation.language) == (language, language), why
    assert opened.title == {"de": "(kein Betreff)", "en": "(no subject)"}[language]
    assert notice.language == "de", "the agent's own, else the desk's"


def test_a_clock_that_runs_ahead_starts_no_promise_in_the_future():
    mail = received()
    ahead = replace(mail.envelope, received_at=NOW + timedelta(hours=5))
    opened = decide(replace(mail, envelope=ahead), known(), POLICY, NOW)[0]
    assert opened.clock_started_at == NOW
