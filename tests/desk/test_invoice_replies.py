"""What becomes of answers to an invoice mail, and of its bounces (PROCESS.md 1.4 and 1.5)."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from maildesk.desk.invoices.payments import pay
from maildesk.rules.money import Money
from tests.desk.billed import TODAY
from tests.desk.invoicing import Post
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, START, SUPPORT, mail

TAX_ADVISER = "tax@adviser.example"


@pytest.fixture
def books(desk):
    return Post(desk)


def _answer(books, letter, sender=ANNA, subject="", message_id="q1@firm.example", **more):
    """Let somebody answer an invoice mail, and return the ticket that it is in."""
    raw = mail(sender, subject or f"Re: {letter.message['Subject']}", "Why two hours?",
               to=more.pop("to", letter.reply_to), message_id=message_id,
               reply_to=more.pop("refers_to", (letter.mid,)), **more)  # fmt: skip
    books.office.new_letters()
    return books.office.receive(raw, more.pop("rcpt_to", letter.reply_to))


def test_an_answer_is_a_free_enquiry_that_whoever_bills_gets(books):
    books.set(agent="murat")
    number = books.billed()
    row = _answer(books, books.letter(number))
    ticket = books.office.ticket(row.ticket_id)
    assert (ticket.category, ticket.free, ticket.kind) == ("billing", "goodwill", "normal")
    assert (ticket.due_at, ticket.wish, ticket.customer_id) == (None, "", 1)
    assert ticket.title == f"Rechnung {number} vom 23.11.2026"
    assert ticket.assignee_id == 2
    assert ("T01", "kind=normal category=billing") in books.office.journal(ticket.id)
    confirmed, told = books.office.new_letters()
    assert (confirmed.rcpt_to, confirmed.purpose) == (ANNA, "confirm_billing")
    assert "Kosten: keine" in confirmed.text
    assert "pro Stunde" not in confirmed.text
    assert confirmed.message["In-Reply-To"] == "<q1@firm.example>"
    assert (told.rcpt_to, told.purpose) == (MURAT, "staff_new")
    for said in (f"Rechnung: {number} über 56,53 €, offen", "Rechnungskunde: Firm",
                 "Zahlbar bis: 07.12.2026", "Preis: kostenlos"):  # fmt: skip
        assert said in told.text, said
    assert "95,00" not in told.text


@pytest.mark.parametrize(("how", "why"), [
    ({"refers_to": ()}, "by its address alone"),
    ({"to": SUPPORT, "rcpt_to": SUPPORT}, "by what it refers to alone"),
])  # fmt: skip
def test_either_the_address_or_the_reference_names_the_invoice(books, how, why):
    letter = books.letter(books.billed())
    reply = {"to": letter.reply_to, "refers_to": (letter.mid,)} | how
    raw = mail(ANNA, "A question", to=reply["to"], reply_to=reply["refers_to"])
    row = books.office.receive(raw, how.get("rcpt_to", letter.reply_to))
    assert books.office.ticket(row.ticket_id).category == "billing", why


def test_a_wish_for_a_quick_ticket_changes_nothing(books):
    letter = books.letter(books.billed())
    row = _answer(books, letter, subject="[Quickticket hoch] Re: Rechnung")
    ticket = books.office.ticket(row.ticket_id)
    assert (ticket.kind, ticket.wish, ticket.state, ticket.due_at) == ("normal", "", "new", None)
    assert [each.purpose for each in books.office.new_letters()] == [
        "confirm_billing", "staff_new",
    ]  # fmt: skip


def test_a_second_answer_joins_the_first_and_one_after_the_end_follows_it(books):
    letter = books.letter(books.billed())
    first = _answer(books, letter).ticket_id
    again = _answer(books, letter, BERT, message_id="q2@firm.example")
    assert again.ticket_id == first
    assert [each.purpose for each in books.office.new_letters()] == ["staff_reply"]
    books.office.set_state(first, "closed", closed=True)
    third = _answer(books, letter, message_id="q3@firm.example").ticket_id
    ticket = books.office.ticket(third)
    assert (ticket.follows, ticket.category, ticket.free) == (first, "billing", "goodwill")
    assert books.office.new_letters()[0].purpose == "confirm_billing"


def test_a_stranger_gets_no_word_of_the_invoice(books):
    number = books.billed()
    row = _answer(books, books.letter(number), TAX_ADVISER, subject="Re: see www.evil.example")
    ticket = books.office.ticket(row.ticket_id)
    assert (ticket.category, ticket.customer_id) == ("billing", None), "the address proves nothing"
    confirmed, told = books.office.new_letters()
    assert (confirmed.rcpt_to, confirmed.purpose, confirmed.counted) == (
        TAX_ADVISER, "confirm_billing", True,
    )  # fmt: skip
    for his in (number, "56,53", "Firm", "evil"):
        assert his not in confirmed.text + str(confirmed.message["Subject"])
    assert "Sie haben uns gar nicht geschrieben?" in confirmed.text
    assert number in told.text


ACCOUNTS = "buchhaltung@berger.example"
AN_ANSWER = [
    # who it comes from, what else is in it, whose it is, why
    (ACCOUNTS, {}, 1, "from where the invoice was mailed to, to its signed address"),
    (ACCOUNTS.title(), {"refers_to": ()}, 1, "whatever its case, and what it refers to"),
    (ACCOUNTS, {"to": SUPPORT, "rcpt_to": SUPPORT}, None, "not without the signed address"),
    (TAX_ADVISER, {}, None, "nor from elsewhere"),
    ("max@berger.example", {}, None, "nor from its domain"),
]


@pytest.mark.parametrize(("sender", "more", "customer", "why"), AN_ANSWER)
def test_who_got_the_invoice_asks_for_its_customer(books, sender, more, customer, why):
    row = _answer(books, books.letter(books.billed(to=ACCOUNTS)), sender, **more)
    ticket = books.office.ticket(row.ticket_id)
    assert (ticket.category, ticket.customer_id) == ("billing", customer), why
    confirmed, told = books.office.new_letters()
    assert (confirmed.purpose, confirmed.counted) == ("confirm_billing", True), "as a stranger"
    assert ("Sie haben uns gar nicht geschrieben?" in confirmed.text) is (customer is None)
    assert ("Kunde: Firm" in told.text.replace("Rechnungskunde: Firm", "")) is (customer == 1)


def test_the_next_mail_from_there_is_a_strangers_again(books):
    letter = books.letter(books.billed(to=ACCOUNTS))
    _answer(books, letter, ACCOUNTS)
    row = books.office.receive(mail(ACCOUNTS, "[Quickticket hoch] A new shop", message_id="n1@x"))
    ticket = books.office.ticket(row.ticket_id)
    assert (ticket.customer_id, ticket.category, ticket.kind) == (None, "", "normal")


def test_what_another_customer_sends_there_is_his_own(books):
    row = _answer(books, books.letter(books.billed()), EMILY)
    assert books.office.ticket(row.ticket_id).customer_id == 2


@pytest.mark.parametrize(("mark", "why"), [
    ({"Auto_Submitted": "auto-replied"}, "a vacation notice"),
    ({"Auto_Submitted": "auto-generated"}, "a ticket system of a contact"),
])  # fmt: skip
def test_a_machines_answer_opens_nothing(books, mark, why):
    letter = books.letter(books.billed())
    before = len(books.office.tickets())
    row = _answer(books, letter, **mark)
    assert (row.state, row.ticket_id) == ("automatic", None), why
    assert len(books.office.tickets()) == before
    assert books.office.new_letters() == []


def test_a_mail_with_a_ticket_number_still_joins_its_ticket(books):
    letter = books.letter(books.billed())
    order = books.office.receive(mail(ANNA, "An order", message_id="o@firm.example")).ticket_id
    asked = mail(ANNA, "Re: An order", to=letter.reply_to, reply_to=("o@firm.example",))
    row = books.office.receive(asked, letter.reply_to)
    assert row.ticket_id == order
    assert books.office.ticket(order).category == ""


def test_staff_read_how_the_invoice_stands_now(books):
    number = books.billed()
    pay(books.desk, number, Money(5653), TODAY, "", "lena", books.office.now)
    _answer(books, books.letter(number))
    told = books.office.new_letters()[-1]
    assert f"{number} über 56,53 €, bezahlt" in told.text


def test_a_bounce_is_told_to_whoever_bills_with_number_and_customer(books):
    number = books.billed(to="gone@firm.example")
    letter = books.letter(number)
    books.office.send_all()
    books.office.new_letters()
    row = books.office.receive(books.office.bounce_of(letter, "b1"), letter.return_path, "")
    assert (row.state, row.ticket_id) == ("automatic", None)
    told = books.office.new_letters()
    assert [(each.rcpt_to, each.purpose) for each in told] == [
        (LENA, "staff_invoice_bounce"), (MURAT, "staff_invoice_bounce"),
    ]  # fmt: skip
    for said in (number, "Rechnungskunde: Firm", "gone@firm.example", "5.1.1"):
        assert said in told[0].text, said
    assert "5.1.1" in books.letter(number).undeliverable
    again = books.office.bounce_of(letter, "b2")
    books.office.receive(again, letter.return_path, "")
    assert books.office.new_letters() == [], "once for a letter"


def test_a_bounce_goes_to_the_agent_who_bills_alone(books):
    books.set(agent="murat")
    letter = books.letter(books.billed(to="gone@firm.example"))
    books.office.new_letters()
    books.office.receive(books.office.bounce_of(letter, "b1"), letter.return_path, "")
    assert books.office.told() == [(MURAT, "staff_invoice_bounce")]


def test_somebody_elses_report_changes_nothing(books):
    letter = books.letter(books.billed())
    forged = books.office.bounce_of(letter, "b1", "other@firm.example")
    books.office.new_letters()
    books.office.receive(forged, SUPPORT, "")
    assert books.office.new_letters() == []
    assert books.office.letters()[-1].undeliverable == ""


def test_an_address_that_has_expired_names_no_invoice(books):
    letter = books.letter(books.billed())
    books.office.later(days=401)
    raw = mail(ANNA, "An old invoice", to=letter.reply_to)
    row = books.office.receive(raw, letter.reply_to)
    assert books.office.ticket(row.ticket_id).category == ""
    books.office.now = START  # every letter's own address is looked at in the end


def test_an_ordinary_mail_asks_nothing_about_invoices(books):
    books.billed()
    asked = []

    def seen(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    engine = books.desk.db.engine
    event.listen(engine, "before_cursor_execute", seen)
    try:
        books.office.receive(mail(ANNA, "The shop is empty"))
    finally:
        event.remove(engine, "before_cursor_execute", seen)
    assert asked
    assert not [each for each in asked if " invoice" in each.lower()]


def test_a_site_whose_normal_tickets_promise_something_promises_nothing_here(books):
    policy = books.desk.policy
    quick = next(kind for kind in policy.kinds if kind.promise)
    normal = replace(policy.kinds[0], promise=quick.promise)
    desk = replace(books.desk, policy=replace(policy, kinds=(normal, *policy.kinds[1:])))
    letter = books.letter(books.billed())
    books.office.use(desk)
    assert books.office.now == START
    assert books.office.ticket(_answer(books, letter).ticket_id).due_at is None
