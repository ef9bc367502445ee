"""Who has ordered a kind, who is asked for it, and what becomes of the ticket until then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maildesk.mail.message import Address, Origin
from maildesk.rules.calendars import calendar_of
from maildesk.rules.decide import decide
from maildesk.rules.facts import Candidate, Match, Proofs
from maildesk.rules.hours import next_opening
from maildesk.rules.kinds import Kind
from maildesk.rules.people import ContactFacts
from maildesk.rules.plan import Ask, Change, OpenTicket, Tell
from maildesk.rules.process import ordering
from maildesk.rules.process.asking import NobodyToAskError, deciders
from maildesk.rules.process.quota import began, is_used_up
from maildesk.rules.process_facts import ProcessFacts
from maildesk.rules.requests import About, Request
from maildesk.rules.signed import Purpose
from maildesk.rules.ticket import State
from tests.rules.scene import (
    ANNA,
    BERT,
    CONTACTS,
    FIRM,
    KARL,
    LENA,
    NOW,
    POLICY,
    WITH_TERMS,
    known,
    received,
    ticket,
    words,
)

HANNA = ContactFacts(7, "hanna@firm.example", "Hanna", "en", 13, may_approve=True)
NOBODY = ProcessFacts()
TWO = ProcessFacts(approvers=(CONTACTS[ANNA], HANNA))
UNTIL = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
FORGED = Proofs(dmarc_failed=True)
LIMITED = replace(POLICY, kinds=tuple(
    replace(kind, quota_day=2, quota_week=5) if kind.name == "quick-high" else kind
    for kind in POLICY.kinds
))  # fmt: skip
ALWAYS, NEVER = replace(POLICY, terms="always"), replace(POLICY, terms="never")


def used(day: int, week: int) -> ProcessFacts:
    return ProcessFacts(approvers=(CONTACTS[ANNA],), used={"quick-high": (day, week)})


def new(author=ANNA, subject="[QT hoch] Shop", customer=WITH_TERMS, policy=POLICY, **more):
    """Return the plan of a new mail."""
    facts = {name: more.pop(name) for name in ("process", "contact") if name in more}
    return decide(received(author, subject, **more), known(author, customer, **facts), policy, NOW)


def outcome(plan):
    """Return (state, kind, due, wish) of the ticket that a plan opens, and its letters outside."""
    opened = plan[0]
    assert isinstance(opened, OpenTicket)
    state = "waits" if any(isinstance(step, Ask) for step in plan) else str(opened.state)
    letters = [
        f"{step.to.address.partition('@')[0]} {step.letter}{' counted' if step.counted else ''}"
        for step in plan
        if isinstance(step, Tell) and not step.letter.startswith("staff_")
    ]
    return state, opened.kind, opened.due_at, opened.wish, letters


HIGH = ("new", "quick-high", UNTIL, "")
WAITS = ("waits", "normal", None, "quick-high")
NOTED = ("new", "normal", None, "quick-high")
PLAIN = ("new", "normal", None, "")

NEW = [
    # mail                                         outcome   letters             why
    (new(), HIGH, ["anna confirm_quick_high"], "terms, an approver, no quota"),
    (new(customer=FIRM), WAITS, ["anna quick_offer"], "no terms"),
    (new(customer=FIRM, policy=NEVER), HIGH, ["anna confirm_quick_high"], "none are needed"),
    (new(policy=ALWAYS), HIGH, ["anna confirm_quick_high"], "needed, and accepted"),
    (new(BERT), WAITS, ["anna quick_offer", "bert offer_sent"], "he may not order"),
    (new(BERT, policy=NEVER), WAITS, ["anna quick_offer", "bert offer_sent"],
     "whatever is said of terms: only an approver orders (1.3)"),
    (new(BERT, process=TWO), WAITS,
     ["anna quick_offer", "hanna quick_offer", "bert offer_sent"], "all who may are asked"),
    (new(BERT, process=NOBODY), NOTED, ["bert confirm_normal"], "nobody may approve"),
    (new(policy=LIMITED, process=used(1, 4)), HIGH, ["anna confirm_quick_high"], "one is left"),
    (new(policy=LIMITED, process=used(2, 2)), WAITS, ["anna quick_offer"], "none today"),
    (new(policy=LIMITED, process=used(0, 5)), WAITS, ["anna quick_offer"], "none this week"),
    (new(subject="[Quick] x", policy=LIMITED, process=used(2, 5)),
     ("new", "quick", datetime(2026, 11, 24, 9, 0, tzinfo=UTC), ""), ["anna confirm_quick"],
     "another kind has its own quota"),
    (new(KARL), WAITS, ["karl quick_offer counted"], "a stranger is offered it himself"),
    (new("new@firm.example", contact=None, process=NOBODY), WAITS,
     ["new quick_offer counted"], "of a domain that no customer has"),
    (new(origin=Origin.AUTO_GENERATED), HIGH, [], "the machine of one who may order"),
    (new(BERT, origin=Origin.AUTO_GENERATED), NOTED, [], "a machine is never answered"),
    (new("nagios@machines.example", origin=Origin.AUTO_GENERATED), NOTED, [],
     "nor one that the site named"),
    (new(BERT, no_answer="X-Auto-Response-Suppress"), NOTED, [], "asked not to be answered"),
    (new(KARL, return_path=""), NOTED, [], "nobody to answer"),
    (new(proofs=FORGED), NOTED, [], "our own mail server says that it is forged"),
    (new(quiet=True), HIGH, [], "imported: as it was"),
    (new(BERT, quiet=True), NOTED, [], "imported: nobody is asked about the past"),
    (new(subject="[QT hoch][Quick] x"), PLAIN, ["anna confirm_normal"], "two kinds are none"),
    (new(subject="Shop", customer=FIRM), PLAIN, ["anna confirm_normal"], "normal needs no terms"),
    (new(subject="Shop", customer=FIRM, policy=ALWAYS), ("waits", "normal", None, ""),
     ["anna quick_offer"], "but where terms are always needed"),
    (new(BERT, "Shop", FIRM, ALWAYS), ("waits", "normal", None, ""),
     ["anna quick_offer", "bert offer_sent"], "who may approve accepts them"),
    (new(BERT, "Shop", policy=ALWAYS), PLAIN, ["bert confirm_normal"], "accepted: anybody's"),
    (new(subject="[Anfrage] Shop", customer=FIRM, policy=ALWAYS), PLAIN,
     ["anna confirm_normal"], "an enquiry costs nothing"),
    (new(subject="Shop", customer=replace(FIRM, contract="Care"), policy=ALWAYS), PLAIN,
     ["anna confirm_contract"], "agreed by contract"),
    (new(KARL, "Shop", policy=ALWAYS), ("waits", "normal", None, ""),
     ["karl quick_offer counted"], "a stranger agreed to nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "becomes", "letters", "why"), NEW)
def test_new_tickets(plan, becomes, letters, why):
    *found, told = outcome(plan)
    assert (tuple(found), told) == (becomes, letters), why


def test_who_only_has_a_customers_domain_makes_us_write_to_nobody_else():
    facts = known("new@firm.example", contact=None, customer=WITH_TERMS)
    facts = replace(facts, customer=WITH_TERMS)
    plan = decide(received("new@firm.example", "[QT hoch] x"), facts, POLICY, NOW)
    *found, told = outcome(plan)
    assert (tuple(found), told) == (NOTED, ["new confirm_stranger counted"])
    assert plan[-1].more["order"].not_asked == "stranger"


def test_a_waiting_ticket_is_whole():
    plan = new(BERT)
    assert words(plan) == [
        "open 2000 normal of 7 for 1 wish quick-high waits for order",
        "file 2000 participant",
        "state 2000 new > waiting_approval",
        "ask 2000v1 order quick-high",
        f"tell {ANNA} quick_offer",
        f"tell {BERT} offer_sent",
        "tell Lena staff_new",
    ]
    assert plan[0].paused_at == NOW
    request = plan[3].request
    assert (request.before, request.number, request.asked_by) == ("new", 1, None)
    assert request.remind_at == datetime(2026, 11, 30, 8, 0, tzinfo=UTC), "five working days"
    offer, sent = plan[4:6]
    assert (offer.purpose, offer.person, offer.request) == (Purpose.REQUEST, 11, "2000v1")
    assert (offer.auto, offer.threaded, offer.link) == ("auto-generated", False, True)
    assert (sent.once, sent.auto, sent.threaded) == ("confirmation:2000", "auto-replied", True)
    mine = new(customer=FIRM)[4]
    assert (mine.auto, mine.threaded) == ("auto-replied", True)


def test_a_stranger_reads_nothing_that_he_wrote():
    offer = new(KARL, "[QT hoch] Win at evil.example")[4]
    assert offer.to == Address("", KARL)
    assert offer.more["stranger"]
    assert (offer.person, offer.counted) == (0, True)


def reply(author=BERT, subject="[QT hoch] Shop", customer=WITH_TERMS, policy=POLICY,
          process=None, at=None, **more):  # fmt: skip
    """Return the plan of a reply in a normal ticket in progress, without what is always there."""
    asked = ticket(**{"state": State.IN_PROGRESS, **(at or {})})
    facts = known(author, customer, candidates=(Candidate(asked, Match.SIGNED_ADDRESS),))
    if process is not None:
        facts = replace(facts, process=process)
    plan = words(decide(received(author, subject, **more), facts, policy, NOW))
    assert plan[0] == "file 1042 participant"
    return [line for line in plan[1:] if not line.startswith("tell Lena")]


RENEWED = "set 1042 alert_at breached_at clock_started_at cycle due_at kind met_at wish"
RAISED = [f"note 1042 T11 quick-high ordered by {ANNA}", RENEWED]
MINE = [*RAISED, f"tell {ANNA} confirm_quick_high"]
WISH = "set 1042 wish"
ASKED = [WISH, "ask 1042v1 order quick-high", f"tell {ANNA} quick_offer"]
SENT = f"tell {BERT} offer_sent"


def open_order(kind: str, about: About = About.ORDER) -> ProcessFacts:
    request = Request(1042, 1, about, NOW, kind=kind, before="new")
    return ProcessFacts(requests={1042: (request,)}, approvers=(CONTACTS[ANNA],))


REPLIES = [
    # reply                                             steps             why
    (reply(ANNA), MINE, "an approver, with terms: at once"),
    (reply(), [*ASKED, SENT], "not he: asked, while it goes on"),
    (reply(ANNA, customer=FIRM), ASKED, "no terms"),
    (reply(ANNA, policy=LIMITED, process=used(2, 2)), ASKED, "no quota"),
    (reply(process=NOBODY), [], "nobody to ask: staff see it"),
    (reply(ANNA, proofs=FORGED), [], "called forged by our own server, so not believed"),
    (reply(no_answer="X-Auto-Response-Suppress"), [], "nobody is written to because of it"),
    (reply(ANNA, no_answer="X-Auto-Response-Suppress"), RAISED, "ordered, but not answered"),
    (reply(ANNA, quiet=True), [], "imported"),
    (reply(ANNA, subject="Re: [QT hoch] Shop"), [], "the parent had it"),
    (reply(ANNA, subject="[Quick][QT hoch] Shop"), [], "two kinds are none"),
    (reply(ANNA, subject="[Quick] x", at={"kind": "quick-high"}), [], "cheaper: an agent's"),
    (reply(ANNA, subject="[Quick] x", at={"kind": "quick"}), [], "the same"),
    (reply(ANNA, at={"kind": "quick"}), MINE, "from one Quickticket to the other"),
    (reply(ANNA, process=open_order("quick-high")), [], "asked already: the word decides"),
    (reply(ANNA, process=open_order("quick")),
     [WISH, "ask 1042v2 order quick-high", f"tell {ANNA} quick_offer"], "another one: asked anew"),
    (reply(ANNA, process=open_order("", About.OVERRUN)), [], "another question is open"),
    (reply(ANNA, at={"state": State.ACCEPTANCE}), [], "T11 leads from no such state"),
    (reply(ANNA, at={"state": State.REWORK}), [], "nor from this"),
    (reply(ANNA, at={"state": State.WAITING_THIRD}), MINE, "but from this"),
    (reply(ANNA, at={"requester": Address("Bert", BERT)}),
     [*MINE, f"tell {BERT} confirm_quick_high"], "the requester hears of it too"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "steps", "why"), REPLIES)
def test_replies(plan, steps, why):
    assert plan == steps, why


@pytest.mark.parametrize("state", State)
def test_a_raised_kind_in_each_state(state):
    asked = ticket(state, resolved_at=NOW)
    facts = known(customer=WITH_TERMS, candidates=(Candidate(asked, Match.SIGNED_ADDRESS),))
    plan = decide(received(subject="[QT hoch] Shop"), facts, POLICY, NOW)
    if state in (State.INVOICED, State.CLOSED, State.CANCELLED):
        assert (plan[0].kind, plan[0].follows) == ("quick-high", 1042), "the new ticket has it"
        return
    raised = [s for s in plan if isinstance(s, Change) and s.fields.get("kind") == "quick-high"]
    goes_on = state in ordering.CHANGEABLE or state in (State.RESOLVED, State.BILLING)
    assert len(raised) == goes_on, "only where the process has a way (T11), or reopens first"


AGENT_RAISES = [
    # the ticket's request     outcome                         why
    (ProcessFacts(approvers=(CONTACTS[ANNA],)), "ask 1042v1 order quick-high", "the first one"),
    (open_order("quick"), "ask 1042v2 order quick-high", "in place of another order"),
    (open_order("", About.OVERRUN), ordering.OtherRequestError, "it would be lost"),
    (NOBODY, NobodyToAskError, "nobody may approve"),
]


@pytest.mark.parametrize(("process", "outcome", "why"), AGENT_RAISES)
def test_an_agent_offers_a_dearer_kind(process, outcome, why):
    facts = known(LENA.address, customer=WITH_TERMS, process=process)
    given = (ticket(), "quick-high", facts, POLICY, NOW, LENA, "It is urgent.")
    if not isinstance(outcome, str):
        with pytest.raises(outcome):
            ordering.raise_by_agent(*given)
        return
    wish, asked, offer = ordering.raise_by_agent(*given)
    assert words((wish, asked, offer)) == [WISH, outcome, f"tell {ANNA} quick_offer"], why
    assert (asked.request.words, asked.request.asked_by) == ("It is urgent.", LENA.id)
    assert (offer.sender, offer.delay) == ("Lena", POLICY.undo_seconds)
    assert offer.more["request"].reason == "It is urgent."


def test_an_agent_lowers_a_kind_at_once():
    dear = ticket(kind="quick-high", cycle=2, due_at=NOW, clock_started_at=NOW)
    later = NOW + timedelta(hours=1)
    note, change, told = ordering.lower(dear, "quick", known(), POLICY, later, LENA, "No fault.")
    assert (note.trigger, note.detail) == ("T12", "quick: No fault.")
    assert isinstance(change, Change)
    assert (change.fields["kind"], change.fields["cycle"]) == ("quick", 3)
    assert (change.fields["clock_started_at"], change.fields["due_at"]) == (
        later, datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    )  # fmt: skip
    assert (told.letter, told.to, told.delay) == ("confirm_quick", Address("Anna", ANNA), 60)
    assert told.more == {"changed": True, "reason": "No fault."}
    normal = ordering.lower(dear, "normal", known(), POLICY, later, LENA)
    assert normal[1].fields["due_at"] is None
    waiting = ticket(State.WAITING_CUSTOMER, kind="quick-high", paused_at=NOW, due_at=UNTIL)
    fields = ordering.change_kind(waiting, "quick", POLICY, later)
    assert fields["paused_at"] == later, "it waits from its first moment"


def test_nobody_is_asked_about_another_customers_ticket():
    """Facts may hold the approvers of several customers, as of tickets that are merged."""
    other = ContactFacts(8, "chef@other.example", id=21, may_approve=True)
    facts = known(process=ProcessFacts(approvers=(other, CONTACTS[ANNA])))
    request = Request(1042, 1, About.ORDER, NOW, kind="quick")
    assert [to.address for to, _, _ in deciders(ticket(requester=Address("", BERT)), facts, request)
            ] == [ANNA]  # fmt: skip


OFFICE = calendar_of("Europe/Berlin", {"1-5": ["09:00-17:00"]}, "NW")
PERIODS = [
    # now (UTC)            day since               week since              why
    ("2026-11-25 09:00", "2026-11-24 16:00", "2026-11-20 16:00", "a Wednesday"),
    ("2026-11-25 15:59", "2026-11-24 16:00", "2026-11-20 16:00", "to its last minute"),
    ("2026-11-25 16:00", "2026-11-25 16:00", "2026-11-20 16:00", "closed: Thursday's"),
    ("2026-11-28 12:00", "2026-11-27 16:00", "2026-11-27 16:00", "Saturday: Monday's, next week"),
    ("2026-12-25 12:00", "2026-12-24 16:00", "2026-12-24 16:00", "Christmas: the Monday after"),
    ("2026-12-31 12:00", "2026-12-30 16:00", "2026-12-24 16:00", "ISO week 53"),
    ("2027-01-01 12:00", "2026-12-31 16:00", "2026-12-31 16:00", "New Year: Monday, week 1"),
    ("2026-10-26 07:00", "2026-10-23 15:00", "2026-10-23 15:00", "after the clocks changed"),
]


@pytest.mark.parametrize(("now", "day", "week", "why"), PERIODS)
def test_since_when_a_quota_counts(now, day, week, why):
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, day, week)]
    assert began(moments[0], OFFICE) == tuple(moments[1:]), why


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_a_day_begins_where_the_one_before_ends(now):
    day, week = began(now, OFFICE)
    assert week <= day <= now
    opening = next_opening(now, OFFICE)
    assert next_opening(day, OFFICE).astimezone(OFFICE.timezone).date() == (
        opening.astimezone(OFFICE.timezone).date()
    )
    before = day - timedelta(seconds=1)
    assert next_opening(before, OFFICE) < next_opening(day, OFFICE)
    assert (opening - week) < timedelta(days=14), "a week, and a holiday or two before it"


USED = [
    # day, week, used   is used up  why
    (0, 0, (99, 99), False, "no quota"),
    (2, 0, (1, 9), False, "one left today"),
    (2, 0, (2, 2), True, "none today"),
    (0, 3, (0, 3), True, "none this week"),
    (5, 3, (1, 2), False, "one left of both"),
]


@pytest.mark.parametrize(("day", "week", "used", "is_up", "why"), USED)
def test_quotas(day, week, used, is_up, why):
    kind = Kind("prio", factor=Decimal(2), quota_day=day, quota_week=week)
    assert is_used_up(kind, {"prio": used}) is is_up, why
    assert is_used_up(kind, {}) is False
