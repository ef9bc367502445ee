"""Customers and staff: an address is one person's, and is kept as authors are compared."""

from datetime import UTC, datetime, timedelta

import pytest

from maildesk.desk import customers, staff
from maildesk.desk.customer_rows import Contact, Customer
from maildesk.desk.customers import Acceptance, Particulars, Person
from maildesk.desk.people import Refused, plain_address
from maildesk.rules.money import Money
from maildesk.store import migrate
from maildesk.store.db import Database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OWN = ("support@desk.example", "help@kontor.example")


@pytest.fixture
def db(database_url):
    db = Database(database_url)
    migrate.upgrade(db)
    yield db
    db.close()


def add(db, name, **said):
    return customers.add(db, Particulars(name, **said), "EUR", NOW)


ADDRESSES = [
    # typed                       kept                              why
    ("Anna@Kunde.EXAMPLE", "anna@kunde.example", "one form for all spellings"),
    (" anna@kunde.example ", "anna@kunde.example", "blanks around it"),
    ("a@Büro.example", "a@xn--bro-hoa.example", "the domain as it goes over the wire"),
    ("<a@kunde.example>", None, "not the address alone"),
    ("Anna <a@kunde.example>", None, "a name in front"),
    ("a@b@kunde.example", None, "two at signs"),
    ("a@kunde", None, "no domain of DNS"),
    ("a@kunde.example\nTo: b@kunde.example", None, "a second header field"),
    ("a,b@kunde.example", None, "two addresses"),
    ("\ud800@kunde.example", None, "no text at all"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(("typed", "kept", "why"), ADDRESSES, ids=[row[2] for row in ADDRESSES])
def test_addresses_are_kept_as_authors_are_compared(typed, kept, why):
    if kept:
        assert plain_address(typed) == kept, why
    else:
        with pytest.raises(Refused, match="is not a plain address"):
            plain_address(typed)


def test_a_customer_from_his_name_to_accepted_terms(db):
    made = add(db, " Blumen Berger ", rate="95,50", limit="30", contract="Wartung", language="DE")
    assert made == Customer(
        made.id, "Blumen Berger", "de", Money(9550), "Wartung", limit_minutes=30
    )
    changed = customers.change(db, "BLUMEN berger", Particulars(rate="", limit=""), "EUR")
    assert (changed.rate, changed.limit_minutes, changed.contract) == (None, None, "Wartung")

    anna = Person("Anna@Berger.example", "Anna", may_approve=True)
    customers.contact(db, "Blumen Berger", anna, OWN)
    # Said again, what is not named stays.
    both = customers.contact(db, str(made.id), Person("anna@berger.example", language="en"), OWN)
    assert both.contacts == (Contact("anna@berger.example", "Anna", "en", True),)
    assert customers.domain(db, "blumen berger", "@Berger.Example", OWN).domains == (
        "berger.example",
    )

    said = Acceptance("2026-1", NOW, "Anna", "Paper", "P-7")
    accepted = customers.accept_terms(db, "blumen berger", said, NOW)
    assert (accepted.terms_version, accepted.terms_accepted_at) == ("2026-1", NOW)
    assert (accepted.terms_accepted_how, accepted.price_list) == ("paper", "P-7")
    assert customers.listed(db) == [customers.one(db, "Blumen Berger")] == [accepted]

    assert customers.remove(db, "blumen berger", "ANNA@berger.example").contacts == ()
    assert customers.remove(db, "blumen berger", "berger.example").domains == ()


def test_an_address_has_one_owner_and_the_sentence_says_who_and_what_to_do(db):
    berger, weber = add(db, "Berger"), add(db, "Weber")
    customers.contact(db, "Berger", Person("anna@berger.example"), OWN)
    customers.domain(db, "Berger", "berger.example", OWN)
    staff.add(db, "jan", "Jan Weber", "Jan@agentur.example", OWN)

    refused = [
        # what is tried                                                  what the sentence holds
        (lambda: contact(db, "SUPPORT@desk.example"), "an address of the desk itself"),
        (lambda: contact(db, "help+c.1@kontor.example"), "an address of the desk itself"),
        (lambda: contact(db, "jan@agentur.example"), "`maildesk staff remove jan jan@"),
        (lambda: contact(db, "Anna@Berger.example"), f"`maildesk customer remove {berger.id} anna"),
        (lambda: customers.domain(db, "Weber", "berger.example", OWN), "belongs to the customer B"),
        (lambda: customers.domain(db, "Weber", "desk.example", OWN), "the desk's own domain"),
        (lambda: customers.domain(db, "Weber", "weber", OWN), "is not a mail domain"),
        (lambda: customers.remove(db, "Weber", "anna@berger.example"), "has neither"),
        (lambda: staff.add(db, "eva", "Eva", "anna@berger.example", OWN), "the customer Berger"),
        (lambda: staff.add(db, "eva", "Eva", "JAN@agentur.example", OWN), "belongs to jan"),
        (lambda: staff.add(db, "eva", "Eva", "support@desk.example", OWN), "the desk itself"),
        (lambda: staff.add(db, "jan", "Jan", "jan2@agentur.example", OWN), "there is jan already"),
        (lambda: staff.add(db, "Jan W", "Jan", "j@agentur.example", OWN), "is no login"),
        (lambda: staff.remove_address(db, "jan", "jan@agentur.example"), "the only address"),
        (lambda: staff.enable(db, "jann", False), "did you mean jan?"),
        (lambda: add(db, "WEBER"), f"there is a customer Weber (id {weber.id})"),
        (lambda: add(db, "42"), "more than digits"),
        (lambda: add(db, "A\x1b[31m"), "one line"),
        (lambda: add(db, "C", rate="95.001"), "fractions of a minor unit"),
        (lambda: add(db, "C", rate="-1"), "out of bounds"),
        (lambda: add(db, "C", rate="1e99"), "the rate"),
        (lambda: add(db, "C", language="fr"), "choose one of de, en"),
        (lambda: add(db, "C", limit="-5"), "not a number of minutes"),
        (lambda: customers.one(db, "Bergr"), "did you mean Berger?"),
        (
            lambda: accept(db, Acceptance("1", NOW + timedelta(days=1))),
            "has not come yet",
        ),
        (lambda: accept(db, Acceptance(" ", NOW)), "which version"),
        (lambda: accept(db, Acceptance("1", NOW, how="nod")), "one of mail, paper, phone, page"),
        (lambda: approve(db, "anna@berger.example", False, "500"), "say --may-approve too"),
        (lambda: approve(db, "anna@berger.example", True, "much"), "the sum he may approve"),
        (lambda: approve(db, "anna@berger.example", True, "-1"), "out of bounds"),
    ]
    before = customers.listed(db), staff.listed(db)
    for attempt, said in refused:
        with pytest.raises(Refused) as sentence:
            attempt()
        assert said in str(sentence.value)
        assert "\n" not in str(sentence.value)
    assert (customers.listed(db), staff.listed(db)) == before


def accept(db, said):
    return customers.accept_terms(db, "Weber", said, NOW)


def approve(db, address, may=None, up_to=None):
    """Say what a contact of Berger may approve; return his contacts' (may approve, up to)."""
    person = Person(address, may_approve=may, up_to=up_to)
    found = customers.contact(db, "Berger", person, OWN)
    return [(each.may_approve, each.approve_up_to) for each in found.contacts]


APPROVALS = [
    # may    up to     what stands then        why
    (None, None, (True, None), "the first contact may approve: somebody has to"),
    (None, "500,00", (True, Money(50000)), "up to a sum"),
    (None, None, (True, Money(50000)), "not named, it stays"),
    (None, "0", (True, Money(0)), "nothing that costs anything"),
    (None, "", (True, None), "any sum"),
    (True, "99.95", (True, Money(9995)), "both at once"),
    (False, None, (False, None), "no approver, no sum"),
    (True, None, (True, None), "and the old sum does not come back"),
]


def test_who_may_approve_and_up_to_which_sum(db):
    add(db, "Berger")
    assert customers.one(db, "Berger").approvers == ()
    for may, up_to, stands, why in APPROVALS:
        assert approve(db, "anna@berger.example", may, up_to) == [stands], why
    both = approve(db, "bernd@berger.example")
    assert both == [(True, None), (False, None)], "only the first one by himself"
    assert [each.address for each in customers.one(db, "Berger").approvers] == [
        "anna@berger.example"
    ]
    customers.remove(db, "Berger", "anna@berger.example")
    assert customers.one(db, "Berger").approvers == ()
    add(db, "Weber")
    alone = customers.contact(db, "Weber", Person("w@weber.example", may_approve=False), OWN)
    assert alone.approvers == ()


def contact(db, address):
    return customers.contact(db, "Weber", Person(address), OWN)


def test_staff_change_their_addresses_and_leave(db):
    jan = staff.add(db, "jan", "Jan Weber", "jan@agentur.example", OWN, "de")
    assert (jan.enabled, jan.open_tickets) == (True, 0)
    for _ in range(2):
        both = staff.add_address(db, "jan", "j.weber@home.example", OWN)
        assert both.addresses == ("jan@agentur.example", "j.weber@home.example")
    moved = staff.remove_address(db, "jan", "JAN@agentur.example")
    assert moved.addresses == ("j.weber@home.example",)
    assert not staff.enable(db, "jan", enabled=False).enabled
    assert staff.listed(db) == [staff.one(db, "jan")]
