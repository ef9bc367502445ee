"""Other desks' numbers: remembered with the ticket, no key to it, and no fuel for a loop."""

import re

import pytest

from maildesk.desk import ticket_page
from maildesk.desk.explain import explain
from maildesk.desk.explain_past import from_file
from maildesk.mail.reading import read
from maildesk.rules.number import tag
from maildesk.store.foreign_numbers import NEWEST, ForeignNumberRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, mail

KARL = "karl@elsewhere.example"
THEIRS = "[Ticket#2026112310000012] Shop is empty"
SAME = "Re: [Ticket#2026112310000012] something else"
NUMBER = "2026112310000012"


def known(desk):
    rows = desk.rows(ForeignNumberRow, ForeignNumberRow.number)
    return [(row.domain, row.number, row.ticket_id) for row in rows]


def page(desk, ticket_id):
    with desk.desk.db.read() as session:
        return ticket_page.ticket(session, "DD", tag("DD", ticket_id), desk.now)


def told(desk, raw):
    given = from_file(raw, "r@x.example", (), "smtp", desk.now)
    return explain(desk.desk, given, read(raw, given.envelope), desk.now).decision


def test_their_number_leads_back_and_our_answers_carry_it(desk):
    first = desk.receive(mail(f"Anna Berger <{ANNA}>", THEIRS)).ticket_id
    confirmation, notice = desk.new_letters()
    assert known(desk) == [("firm.example", NUMBER, first)]
    assert page(desk, first).foreign == (("firm.example", NUMBER),)
    assert confirmation.message["Subject"] == f"[{tag('DD', first)}] {THEIRS}"

    desk.later(minutes=5)
    again = desk.receive(mail(ANNA, SAME, "Any news?"))
    assert again.ticket_id == first
    assert desk.told() == [(LENA, "staff_reply")], "no second confirmation"
    colleague = desk.receive(mail(BERT, SAME, "And from me?"))
    assert colleague.ticket_id == first, "a contact of the same customer"
    desk.told()

    answer = mail(LENA, "AW: Shop", "It is repaired.", to=notice.reply_to)
    desk.receive(answer, notice.reply_to)
    (letter,) = [each for each in desk.new_letters() if each.rcpt_to == ANNA]
    assert letter.message["Subject"] == f"[{tag('DD', first)}] {THEIRS}"
    assert known(desk) == [("firm.example", NUMBER, first)], "once"


STRANGERS = [
    # who writes, what                                                 why
    (KARL, SAME, "another domain"),
    ("mallory@firm.example", SAME, "the same domain, but nobody whom we know"),
    (EMILY, SAME, "another customer"),
    (ANNA, "Re: Ticket 2026112310000012", "a number without its mark"),
    (ANNA, "Re: [Ticket#2026112310000013] Shop is empty", "another number"),
]


@pytest.mark.parametrize(("sender", "subject", "why"), STRANGERS)
def test_p10_their_number_is_no_key_either(desk, sender, subject, why):
    first = desk.receive(mail(ANNA, THEIRS)).ticket_id
    other = desk.receive(mail(sender, subject, "Let me in."))
    assert other.ticket_id != first, why
    assert desk.messages(first) == [(ANNA, "participant")]


def test_what_names_a_ticket_of_ours_is_stronger(desk):
    first = desk.receive(mail(ANNA, THEIRS)).ticket_id
    second = desk.receive(mail(ANNA, "Basket is broken", message_id="2@firm.example")).ticket_id
    confirmation = next(each for each in desk.new_letters() if each.ticket_id == second)
    tagged = mail(ANNA, f"[Ticket#{NUMBER}] [{tag('DD', second)}] Shop")
    assert desk.receive(tagged).ticket_id == second
    referring = mail(ANNA, SAME, "And this.", reply_to=["2@firm.example"])
    assert desk.receive(referring).ticket_id == second
    signed = mail(ANNA, SAME, "And that.", to=confirmation.reply_to)
    assert desk.receive(signed, confirmation.reply_to).ticket_id == second
    # From now on the number is that of both, and the newer one is meant.
    assert known(desk) == [("firm.example", NUMBER, first), ("firm.example", NUMBER, second)]
    assert desk.receive(mail(ANNA, SAME, "Now?")).ticket_id == second


def test_their_acknowledgement_tells_their_number_first(desk):
    first = desk.receive(mail(ANNA, "Shop is empty", message_id="1@firm.example")).ticket_id
    (confirmation, _) = desk.new_letters()
    subject = f"[INC0012345] Re: {confirmation.message['Subject']}"
    robot = mail(ANNA, subject, "Received.", Auto_Submitted="auto-replied")
    assert desk.receive(robot).ticket_id == first
    assert desk.messages(first)[-1] == (ANNA, "automatic")
    assert known(desk) == [("firm.example", "INC0012345", first)]
    assert desk.told() == []
    assert desk.receive(mail(ANNA, "INC0012345: Shop", "Well?")).ticket_id == first


def test_a_strangers_words_and_an_agents_teach_nothing(desk):
    first = desk.receive(mail(ANNA, "Shop is empty")).ticket_id
    confirmation, notice = desk.new_letters()
    desk.receive(mail(KARL, THEIRS, "I too.", to=confirmation.reply_to), confirmation.reply_to)
    assert desk.messages(first)[-1] == (KARL, "third_party")
    desk.receive(mail(LENA, THEIRS, "Repaired.", to=notice.reply_to), notice.reply_to)
    assert known(desk) == []


def test_what_is_over_is_over(desk):
    first = desk.receive(mail(ANNA, THEIRS)).ticket_id
    desk.set_state(first, "resolved", resolved_at=desk.now)
    desk.later(days=1)
    assert desk.receive(mail(ANNA, SAME, "It is empty again.")).ticket_id == first
    assert desk.ticket(first).state == "in_progress", "reopened"

    desk.set_state(first, "closed", closed=True)
    robot = mail(ANNA, SAME, "Closed here.", Auto_Submitted="auto-generated")
    machine = desk.receive(robot)
    assert machine.ticket_id != first, "a machine's number alone leads into nothing that is over"
    desk.set_state(machine.ticket_id, "closed", closed=True)
    follow = desk.receive(mail(ANNA, SAME, "It is empty once more.")).ticket_id
    assert desk.ticket(follow).follows == machine.ticket_id
    assert desk.receive(mail(ANNA, SAME, "Please!")).ticket_id == follow


def test_a_merged_ticket_leads_to_its_target(desk):
    first = desk.receive(mail(ANNA, THEIRS)).ticket_id
    target = desk.receive(mail(ANNA, "Basket is broken")).ticket_id
    desk.set_state(first, "cancelled", closed=True, merged_into=target)
    assert desk.receive(mail(ANNA, SAME, "Well?")).ticket_id == target


def test_spam_teaches_nothing_until_it_is_none(desk):
    raw = b"X-Spam-Flag: YES\r\nReceived: from x by mx.desk.example; Mon, 23 Nov 2026 10:00:00 +0100\r\n"
    desk.receive(raw + mail(KARL, THEIRS))
    assert desk.tickets()[0].state == "spam"
    assert known(desk) == []


def test_one_number_on_every_mail_stays_bounded(desk):
    for n in range(NEWEST + 3):
        desk.receive(mail(f"k{n}@elsewhere.example", THEIRS, f"Mail {n}."))
    assert len(desk.tickets()) == len(known(desk)) == NEWEST + 3
    said = told(desk, mail(KARL, THEIRS, "One more."))
    assert len(said.tickets) == NEWEST
    newest = desk.receive(mail(f"k{NEWEST + 2}@elsewhere.example", THEIRS, "Again."))
    assert newest.ticket_id == desk.tickets()[-1].id


def test_explain_names_the_number(desk):
    first = desk.receive(mail(ANNA, THEIRS)).ticket_id
    (choice,) = told(desk, mail(ANNA, SAME, "Any news?")).tickets
    assert (choice.ticket, choice.match, choice.taken) == (tag("DD", first), "foreign", True)
    assert choice.named == f"the message carries the number {NUMBER} of firm.example's own desk"
    (other,) = told(desk, mail("mallory@firm.example", SAME, "Let me in.")).tickets
    assert not other.taken
    assert other.why.endswith("and a number is no key: anybody may write one")
    nowhere = told(desk, mail(ANNA, "[#4711] x")).no_ticket
    assert "4711 of another desk stands in the subject, and no ticket is known by that" in nowhere


def test_two_desks_that_answer_each_other_grow_nothing(desk):
    """A3: a desk without any marks that answers every mail of ours, a number more each time."""
    desk.receive(mail(KARL, "[#4711] Shop is empty", message_id="1@elsewhere.example"))
    first = desk.tickets()[0].id
    subjects, number = [], 4711
    for turn in range(12):
        desk.later(minutes=1)
        mine = [each for each in desk.new_letters() if each.rcpt_to == KARL]
        subjects += [str(each.message["Subject"]) for each in mine]
        number += turn % 2  # a new number every other time
        growing = f"[#{number}] Re: " * (turn + 1) + subjects[0]
        if turn % 3 == 2:  # and now and then without ours
            growing = "[#4711] Re: " + growing.replace(f"[{tag('DD', first)}]", "")
        desk.receive(mail(KARL, growing, f"Thank you, turn {turn}."))
    assert [row.id for row in desk.tickets()] == [first]
    assert subjects == [f"[{tag('DD', first)}] [#4711] Shop is empty"], "one confirmation"
    for letter in desk.letters():
        assert len(re.findall(r"\[DD-\d+\]", str(letter.message["Subject"]))) == 1, letter.purpose
