"""Customers and staff: an address is one person's, and is kept as authors are compared."""

from datetime import UTC, datetime, timedelta

import pytest

from maildesk.desk import customers, staff
from maildesk.desk.customers import Particulars, Person
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
    assert made == customers.Customer(
        made.id, "Blumen Berger", "de", Money(9550), "Wartung", limit_minutes=30
    )
    changed = customers.change(db, "BLUMEN berger", Particulars(rate="", limit=""), "EUR")
    assert (changed.rate, changed.limit_minutes, changed.contract) == (None, None, "Wartung")

    anna = Person("Anna@Berger.example", "Anna", may_approve=True)
    customers.contact(db, "Blumen Berger", anna, OWN)
    # Said again, what is not named stays.
    both = customers.contact(db, str(made.id), Person("anna@berger.example", language="en"), OWN)
    assert both.contacts == (customers.Contact("anna@berger.example", "Anna", "en", True),)
    assert customers.domain(db, "blumen berger", "@Berger.Example", OWN).domains == (
        "berger.example",
    )

    accepted = customers.accept_terms(db, "blumen berger", "2026-1", "Anna", NOW, NOW)
    assert (accepted.terms_version, accepted.terms_accepted_at) == ("2026-1", NOW)
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
        (lambda: add(db, "C", rate="-1"), "no price of an hour"),
        (lambda: add(db, "C", rate="1e99"), "the rate"),
        (lambda: add(db, "C", language="fr"), "choose one of de, en"),
        (lambda: add(db, "C", limit="-5"), "not a number of minutes"),
        (lambda: customers.one(db, "Bergr"), "did you mean Berger?"),
        (
            lambda: customers.accept_terms(db, "Weber", "1", "", NOW + timedelta(days=1), NOW),
            "has not come yet",
        ),
    ]
    before = customers.listed(db), staff.listed(db)
    for attempt, said in refused:
        with pytest.raises(Refused) as sentence:
            attempt()
        assert said in str(sentence.value)
        assert "\n" not in str(sentence.value)
    assert (customers.listed(db), staff.listed(db)) == before


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
