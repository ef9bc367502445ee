"""A kind that was ordered by a button on a page: who may, what is kept of it, and what is not believed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maildesk.mail.smtp import PAGE
from maildesk.rules.decide import decide
from maildesk.rules.facts import Facts
from maildesk.rules.kinds import DEFAULT_KINDS
from maildesk.rules.money import Money
from maildesk.rules.plan import Note, OpenTicket, Tell
from maildesk.rules.process.may_order import missing, missing_to
from maildesk.rules.process.offers import Missing
from maildesk.rules.subject import read_subject, with_order
from tests.rules.scene import (
    ANNA,
    APPROVED,
    BERT,
    CONTACTS,
    LENA,
    MURAT,
    NOW,
    POLICY,
    WITH_TERMS,
    received,
)

NORMAL, QUICK, HIGH = DEFAULT_KINDS


def on_page(subject: str = "Shop", author: str = ANNA, ordered: str = "quick", price: str = ""):
    """A message from a page, as the desk reads it; `price` is what that said, if not the right one."""
    price = price or {"quick": "€142.50", "quick-high": "€190.00"}.get(ordered, "")
    made = received(author, subject, via=PAGE)
    read = read_subject(subject, POLICY.code, POLICY.kinds)
    return replace(
        made,
        envelope=replace(made.envelope, ordered=f"{ordered}@{price}" if ordered else ""),
        subject=with_order(read, ordered) if ordered else read,
    )


def facts_of(author: str = ANNA, customer=WITH_TERMS) -> Facts:
    return Facts(
        ticket_id=1042, message_id=1, contact=CONTACTS[author], customer=customer,
        agents=(LENA, MURAT), process=APPROVED,
    )  # fmt: skip


def plan_of(message, facts: Facts):
    """Return the ticket, the lines of the journal and the letters of a plan."""
    plan = decide(message, facts, POLICY, NOW)
    ticket = next(step for step in plan if isinstance(step, OpenTicket))
    lines = [(each.trigger, each.detail) for each in plan if isinstance(each, Note)]
    return ticket, lines, [each.letter for each in plan if isinstance(each, Tell)]


def test_the_button_orders_at_once_and_the_price_is_kept():
    ticket, lines, letters = plan_of(on_page(), facts_of())
    assert (ticket.kind, ticket.wish, ticket.waits_for) == ("quick", "", "")
    assert ticket.due_at is not None
    assert lines == [("ordered", f"quick ordered by {ANNA} on a page, €142.50 an hour")]
    assert letters == ["confirm_quick", "staff_new"]
    own_rate = replace(WITH_TERMS, rate=Money(8995, "EUR"))
    own = plan_of(on_page(price="€134.925"), facts_of(customer=own_rate))
    assert "€134.925 an hour" in own[1][0][1]


def test_at_another_price_than_the_page_told_it_is_offered():
    dearer = replace(WITH_TERMS, rate=Money(9600, "EUR"))
    ticket, lines, letters = plan_of(on_page(), facts_of(customer=dearer))
    assert (ticket.kind, ticket.wish, lines) == ("normal", "quick", [])
    assert letters[0] == "quick_offer"


LACKS = [
    # ordered       subject      may    terms  missing           why
    ("quick",       "Shop",      True,  True,  None,             "the button says so"),
    ("quick-high",  "Shop",      True,  True,  None,             "any kind"),
    ("",            "[QT] Shop", True,  True,  Missing.BUTTON,   "a tag on a page is a wish"),
    ("",            "Shop",      True,  True,  None,             "a normal one needs no button"),
    ("quick",       "Shop",      False, True,  Missing.APPROVER, "the button gives no right"),
    ("quick",       "Shop",      True,  False, Missing.TERMS,    "nor does it accept terms"),
    ("",            "[QT] Shop", False, True,  Missing.APPROVER, "told why he may not"),
]  # fmt: skip


@pytest.mark.parametrize(("ordered", "subject", "may", "terms", "lacks", "why"), LACKS)
def test_what_is_missing(ordered, subject, may, terms, lacks, why):
    author = ANNA if may else BERT
    customer = replace(WITH_TERMS, has_accepted_terms=terms)
    message, facts = on_page(subject, author, ordered), facts_of(author, customer)
    wanted = next(each for each in DEFAULT_KINDS if each.name == (message.subject.kind or "normal"))
    assert missing(wanted, NORMAL, 7, message, facts, POLICY) is lacks, why
    ticket, lines, letters = plan_of(message, facts)
    if lacks is None:
        assert ticket.kind == wanted.name, why
    else:
        assert (ticket.kind, ticket.wish, lines) == ("normal", wanted.name, []), why
        assert letters[0] == "quick_offer", why


def test_a_mail_orders_by_its_subject_as_before():
    message = received(ANNA, "[QT] Shop")
    assert missing(QUICK, NORMAL, 7, message, facts_of(), POLICY) is None
    ticket, lines, letters = plan_of(message, facts_of())
    assert (ticket.kind, lines, letters) == ("quick", [], ["confirm_quick", "staff_new"])
    # What only a page may say is kept by none that says it of a mail.
    forged = replace(message, envelope=replace(message.envelope, ordered="quick@€142.50"))
    assert plan_of(forged, facts_of())[1] == []


def test_the_order_stands_above_what_the_subject_says():
    read = read_subject("[QT] [QT hoch] [DD-10429] Shop ABC-123", POLICY.code, POLICY.kinds)
    assert read.contradiction
    told = with_order(read, "quick")
    assert (told.kind, told.wishes, told.contradiction) == ("quick", ("quick",), False)
    assert (told.numbers, told.foreign, told.title) == ((), (), read.title)


def test_a_quota_and_a_stranger_are_seen_before_anything_is_sent():
    may, limited = CONTACTS[ANNA], replace(HIGH, quota_day=1, factor=Decimal(2))
    used = {HIGH.name: (1, 1)}
    assert missing_to(limited, NORMAL, may, WITH_TERMS, used, POLICY) is Missing.QUOTA
    assert missing_to(limited, NORMAL, may, WITH_TERMS, {}, POLICY) is None
    assert missing_to(HIGH, NORMAL, None, None, {}, POLICY) is Missing.STRANGER
    assert missing_to(NORMAL, NORMAL, None, None, {}, POLICY) is None
