"""What customers answer to requests, from the first mail to the last: words in, letters out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.desk.answer import Outcome, answer
from maildesk.desk.trust import Source, Trust
from maildesk.mail.auth_results import Server
from maildesk.rules.money import Money
from maildesk.rules.requests import About, Verdict
from maildesk.rules.signed import Purpose
from maildesk.store.tables import ContactRow
from maildesk.store.work_tables import RequestRow, TimeRow
from tests.desk.asking import answered, ask_for, reply, ticket_at_work
from tests.desk.office import ANNA, BERT, LENA, SUPPORT, mail

KARL, MX = "karl@elsewhere.example", "mx.desk.example"


def verdicts(desk, ticket):
    """Return what became of each request of a ticket, in the order asked."""
    rows = sorted(desk.rows(RequestRow, col(RequestRow.number)), key=lambda row: row.number)
    return [row.verdict for row in rows if row.ticket_id == ticket]


def book(desk, ticket, minutes):
    with desk.desk.db.engine.begin() as connection:
        connection.execute(
            insert(TimeRow),
            {"ticket_id": ticket, "agent_id": 1, "minutes": minutes, "booked_at": desk.now},
        )


def may_approve(desk, address, up_to=None):
    row = update(ContactRow).where(col(ContactRow.address) == address)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(row.values(may_approve=True, approve_up_to=up_to))


def test_an_overrun_is_approved_by_one_word(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, minutes=180)
    assert desk.ticket(ticket).state == "waiting_approval"
    assert desk.signed(letter.reply_to).purpose is Purpose.REQUEST
    desk.later(hours=2)
    answered(desk, letter, "FREIGABE\n\nViele Grüße\nAnna")
    row = desk.ticket(ticket)
    assert (row.state, row.limit_minutes, row.waits_for) == ("in_progress", 180, "")
    assert verdicts(desk, ticket) == ["yes"]
    letters = {each.purpose: each for each in desk.new_letters()}
    assert {(each.rcpt_to, name) for name, each in letters.items()} == {
        (ANNA, "approval_receipt"), (LENA, "staff_decided"),
    }  # fmt: skip
    receipt = letters["approval_receipt"]
    assert "bis zu 3 Stunden" in receipt.text
    assert "285,00 €" in receipt.text
    assert "STOP" in receipt.text
    assert receipt.reply_to.partition("@")[0] != letter.reply_to  # its own, for the same request
    assert desk.signed(receipt.reply_to).subject == f"{ticket}v1"
    assert receipt.message["In-Reply-To"] == "<answer@firm.example>"
    assert "Der Kunde hat freigegeben." in letters["staff_decided"].text
    assert ("request: yes", f"{ticket}v1 by {ANNA} (mail)") in desk.journal(ticket)


def test_an_overrun_is_refused_with_time_left_and_without(desk):
    ticket = ticket_at_work(desk)
    book(desk, ticket, 30)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "Ablehnen")
    assert desk.ticket(ticket).state == "in_progress"
    assert desk.told() == [(ANNA, "decline_receipt"), (LENA, "staff_decided")]
    book(desk, ticket, 30)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "ABLEHNEN", message_id="second")
    row = desk.ticket(ticket)
    assert (row.state, row.limit_minutes) == ("resolved", None)
    (receipt,) = [each for each in desk.new_letters() if each.purpose == "decline_receipt"]
    assert "höchstens: 1 Stunde" in receipt.text
    assert verdicts(desk, ticket) == ["no", "no"]


def test_a_total_that_is_used_up_holds_and_asks_again(desk):
    ticket = ticket_at_work(desk)
    book(desk, ticket, 130)
    letter = ask_for(desk, ticket, minutes=120)
    answered(desk, letter, "FREIGABE")
    row = desk.ticket(ticket)
    assert (row.state, row.limit_minutes, row.waits_for) == ("waiting_approval", 120, "overrun")
    assert verdicts(desk, ticket) == ["yes", "open"]
    told = desk.told()
    assert (ANNA, "approval_receipt") in told
    assert (ANNA, "approval_request_auto") in told


# What does not count: the mail, who writes it, and the reason that staff read.
LEFT_OPEN = [
    ("FREIGABE", KARL, "nicht beteiligt", "a stranger who was forwarded the request"),
    ("FREIGABE", BERT, "an jemand anderen", "a colleague who was forwarded it"),
    ("ja, gerne", ANNA, "nicht das eine Wort", "another word"),
    ("FREIGABE\nAber nur bis 90 Minuten.", ANNA, "noch etwas", "a condition"),
    ("OK danke", ANNA, "nicht das eine Wort", "no word of ours"),
    ("BESTELLEN", ANNA, "passt nicht", "a word for another question"),
    ("Bitte rufen Sie an.\n\nAm 23.11.2026 schrieb Agentur:\n> FREIGABE\n", ANNA,
     "nicht das eine Wort", "a quoted yes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "author", "reason", "why"), LEFT_OPEN)
def test_whatever_is_not_the_plain_word_leaves_it_open(desk, text, author, reason, why):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, text, author)
    row = desk.ticket(ticket)
    assert (row.state, row.limit_minutes) == ("waiting_approval", None), why
    assert verdicts(desk, ticket) == ["open"], why
    told = desk.new_letters()
    notice = next(each for each in told if each.rcpt_to == LENA)
    assert notice.purpose == "staff_decided"
    assert reason in notice.text
    if author == KARL:
        assert [each.rcpt_to for each in told] == [LENA], "a stranger hears nothing"


def test_a_contact_without_the_right_is_told_once_that_he_has_none(desk):
    ticket = ticket_at_work(desk, BERT)
    letter = ask_for(desk, ticket)
    assert letter.rcpt_to == ANNA, "who asks and who approves are two people"
    answered(desk, letter, "FREIGABE", BERT)
    answered(desk, letter, "FREIGABE!", BERT, "again")
    assert verdicts(desk, ticket) == ["open"]
    told = desk.told()
    assert told.count((BERT, "word_not_counted")) == 1
    assert told.count((LENA, "staff_decided")) == 2
    answered(desk, letter, "FREIGABE", message_id="right")
    assert desk.ticket(ticket).state == "in_progress"


def test_who_lost_the_right_meanwhile_decides_nothing(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    row = update(ContactRow).where(col(ContactRow.address) == ANNA)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(row.values(may_approve=False))
    answered(desk, letter, "FREIGABE")
    assert verdicts(desk, ticket) == ["open"]
    assert (ANNA, "word_not_counted") in desk.told()


def test_twice_is_once(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    raws = [reply(letter, "FREIGABE", message_id=f"{n}") for n in (1, 2)]
    desk.receive_all(raws, rcpt_to=letter.reply_to)
    assert verdicts(desk, ticket) == ["yes"]
    told = desk.told()
    assert told.count((ANNA, "approval_receipt")) == 1
    assert told.count((LENA, "staff_decided")) == 2, "and staff hear of the second"
    answered(desk, letter, "ABLEHNEN", message_id="late")
    assert (verdicts(desk, ticket), desk.ticket(ticket).state) == (["yes"], "in_progress")


def test_an_older_request_is_not_approved_in_place_of_the_newer(desk):
    ticket = ticket_at_work(desk)
    old = ask_for(desk, ticket, minutes=120)
    new = ask_for(desk, ticket, minutes=600)
    answered(desk, old, "FREIGABE")
    assert verdicts(desk, ticket) == ["replaced", "open"]
    letters = desk.new_letters()
    assert {(each.rcpt_to, each.purpose) for each in letters} == {
        (ANNA, "word_not_counted"), (LENA, "staff_decided"),
    }  # fmt: skip
    assert "neuere Anfrage" in letters[0].text
    answered(desk, new, "FREIGABE", message_id="second")
    assert desk.ticket(ticket).limit_minutes == 600


def test_a_machine_never_approves(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "FREIGABE", Auto_Submitted="auto-replied")
    answered(desk, letter, "FREIGABE", message_id="b", X_Autoreply="yes")
    assert verdicts(desk, ticket) == ["open"]
    assert desk.ticket(ticket).state == "waiting_approval"
    assert desk.told() == []


def test_a_forged_word_decides_nothing(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    desk.use(replace(desk.desk, trust=Trust(peers={"unix": Source(Server(MX, MX))})))
    said = "Authentication-Results: mx.desk.example; dmarc=fail (p=none) header.from=firm.example"
    top = f"{said}\r\nReceived: from somewhere by mx.desk.example (Postfix); x\r\n"
    desk.receive(top.encode() + reply(letter, "FREIGABE"), letter.reply_to)
    assert verdicts(desk, ticket) == ["open"]
    (notice,) = desk.new_letters()
    assert "dmarc=fail" in notice.text


def test_a_high_amount_needs_the_page_or_a_call(desk):
    ticket = ticket_at_work(desk)
    policy = replace(desk.desk.policy, mail_limit=Money(30_000))
    desk.use(replace(desk.desk, policy=policy))
    letter = ask_for(desk, ticket, minutes=600)
    answered(desk, letter, "FREIGABE")
    assert verdicts(desk, ticket) == ["open"]
    (told,) = [each for each in desk.new_letters() if each.rcpt_to == ANNA]
    assert "Betrag ist zu hoch" in told.text
    found = answer(desk.desk, ticket, 1, Verdict.YES, ANNA, "", desk.now)
    assert found is Outcome.DONE
    assert desk.ticket(ticket).limit_minutes == 600
    assert (ANNA, "approval_receipt") in desk.told()


def test_who_may_approve_a_sum_only_is_not_asked_for_more(desk):
    may_approve(desk, BERT, 50_000)
    ticket = ticket_at_work(desk, BERT)
    assert ask_for(desk, ticket, minutes=120).rcpt_to == BERT
    assert ask_for(desk, ticket, minutes=600).rcpt_to == ANNA


def test_stop_takes_an_approval_back(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, minutes=180)
    answered(desk, letter, "FREIGABE")
    receipt = next(each for each in desk.new_letters() if each.purpose == "approval_receipt")
    desk.later(minutes=5)
    answered(desk, receipt, "STOP", message_id="stop")
    row = desk.ticket(ticket)
    assert (row.state, row.limit_minutes, row.waits_for) == ("waiting_approval", None, "overrun")
    assert verdicts(desk, ticket) == ["undone", "open"]
    letters = {each.purpose: each for each in desk.new_letters()}
    assert set(letters) == {"decision_taken_back", "staff_decided"}
    assert "Achtung, der Kunde" in letters["staff_decided"].text
    back = letters["decision_taken_back"]
    assert desk.signed(back.reply_to).subject == f"{ticket}v2"
    answered(desk, back, "FREIGABE", message_id="again")
    assert desk.ticket(ticket).limit_minutes == 180
    assert verdicts(desk, ticket) == ["undone", "yes"]


def test_stop_of_a_second_approval_leaves_the_first_in_force(desk):
    ticket = ticket_at_work(desk)
    answered(desk, ask_for(desk, ticket, minutes=120), "FREIGABE")
    letter = ask_for(desk, ticket, minutes=300)
    answered(desk, letter, "FREIGABE", message_id="b")
    answered(desk, letter, "STOP", message_id="c")
    assert desk.ticket(ticket).limit_minutes == 120
    assert verdicts(desk, ticket) == ["yes", "undone", "open"]


def test_stop_comes_too_late_once_it_is_on_the_way_to_an_invoice(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "FREIGABE")
    desk.set_state(ticket, "billing")
    desk.new_letters()
    answered(desk, letter, "STOP", message_id="stop")
    assert desk.ticket(ticket).state == "billing"
    assert verdicts(desk, ticket) == ["yes"]
    assert desk.told() == [(ANNA, "word_not_counted"), (LENA, "staff_decided")]


def test_nobody_else_takes_a_decision_back(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "FREIGABE")
    desk.new_letters()
    for number, author in enumerate((BERT, KARL)):
        answered(desk, letter, "STOP", author, f"stop{number}")
    assert verdicts(desk, ticket) == ["yes"]
    assert desk.ticket(ticket).state == "in_progress"


def test_acceptance_and_what_is_not_one(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, About.ACCEPTANCE)
    answered(desk, letter, "Der Rabatt fehlt noch.")
    assert desk.ticket(ticket).state == "acceptance", "a text is for an agent to judge"
    (notice,) = desk.new_letters()
    assert "#mangel" in notice.text
    assert "Der Rabatt fehlt noch." in notice.text
    answered(desk, letter, "ABNAHME", message_id="b")
    assert desk.ticket(ticket).state == "accepted"
    told = desk.new_letters()
    assert [(each.rcpt_to, each.purpose) for each in told] == [
        (ANNA, "acceptance_receipt"), (LENA, "staff_decided"),
    ]  # fmt: skip
    answered(desk, told[0], "STOP", message_id="c")
    assert (desk.ticket(ticket).state, verdicts(desk, ticket)) == ("acceptance", ["undone", "open"])


def test_defects_on_the_page_lead_to_rework(desk):
    ticket = ticket_at_work(desk)
    ask_for(desk, ticket, About.ACCEPTANCE)
    page = (desk.desk, ticket, 1)
    assert answer(*page, Verdict.DEFECTS, ANNA, "  ", desk.now) is Outcome.NO_WORDS
    assert answer(*page, Verdict.NORMAL, ANNA, "", desk.now) is Outcome.UNKNOWN
    assert answer(*page, Verdict.DEFECTS, KARL, "All wrong", desk.now) is Outcome.NOT_ALLOWED
    assert answer(desk.desk, 77, 1, Verdict.YES, ANNA, "", desk.now) is Outcome.UNKNOWN
    assert answer(desk.desk, ticket, 9, Verdict.YES, ANNA, "", desk.now) is Outcome.UNKNOWN
    said = "The discount is missing."
    assert answer(*page, Verdict.DEFECTS, ANNA, said, desk.now) is Outcome.DONE
    assert answer(*page, Verdict.YES, ANNA, "", desk.now) is Outcome.ALREADY_DECIDED
    assert desk.ticket(ticket).state == "rework"
    (notice,) = desk.new_letters()
    assert said in notice.text
    assert ("defects", said) in desk.journal(ticket)


def test_the_page_of_an_older_request_changes_nothing(desk):
    ticket = ticket_at_work(desk)
    ask_for(desk, ticket)
    ask_for(desk, ticket, minutes=240)
    found = answer(desk.desk, ticket, 1, Verdict.YES, ANNA, "", desk.now)
    assert found is Outcome.REPLACED
    assert verdicts(desk, ticket) == ["replaced", "open"]


def test_an_order_raises_the_kind_and_its_promise_begins_then(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, About.ORDER)
    desk.later(hours=3)
    answered(desk, letter, "BESTELLEN")
    row = desk.ticket(ticket)
    assert (row.kind, row.state, row.cycle) == ("quick-high", "in_progress", 2)
    assert row.clock_started_at == desk.now
    assert row.due_at == desk.now + timedelta(hours=2)
    letters = {each.purpose: each for each in desk.new_letters()}
    assert set(letters) == {"confirm_quick_high", "staff_decided"}
    assert "STOP" in letters["confirm_quick_high"].text
    answered(desk, letters["confirm_quick_high"], "STOP", message_id="stop")
    assert (desk.ticket(ticket).kind, desk.ticket(ticket).state) == ("normal", "in_progress")


def test_an_order_that_is_declined_leaves_the_ticket_as_it_is(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, About.ORDER)
    answered(desk, letter, "ABLEHNEN")
    assert (desk.ticket(ticket).kind, desk.ticket(ticket).state) == ("normal", "in_progress")
    assert desk.told() == [(ANNA, "decline_receipt"), (LENA, "staff_decided")]


def test_storno_withdraws_the_ticket_of_whom_our_letter_went_to(desk):
    first = desk.receive(mail(ANNA, "Shop is empty", message_id="first@firm.example"))
    ticket = first.ticket_id
    confirmation = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    answered(desk, confirmation, "STORNO", BERT, "b")
    assert desk.ticket(ticket).state != "cancelled", "Anna's address proves nothing of Bert"
    assert (LENA, "staff_decided") in desk.told()
    answered(desk, confirmation, "Storno bitte nicht", message_id="c")
    assert desk.ticket(ticket).state != "cancelled"
    desk.new_letters()
    answered(desk, confirmation, "STORNO", message_id="d")
    assert desk.ticket(ticket).state == "cancelled"
    letters = desk.new_letters()
    assert [(each.rcpt_to, each.purpose) for each in letters] == [
        (ANNA, "closed_unfinished"), (LENA, "staff_decided"),
    ]  # fmt: skip
    assert "keine Kosten" in letters[0].text


def test_storno_in_answer_to_a_request_ends_the_ticket(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "STORNO")
    assert (desk.ticket(ticket).state, verdicts(desk, ticket)) == ("cancelled", ["withdrawn"])


def test_stand_is_answered_and_wakes_nothing(desk):
    ticket = ticket_at_work(desk)
    book(desk, ticket, 25)
    desk.set_state(ticket, "waiting_customer")
    raw = mail(ANNA, "Re: Shop is empty", "STAND", message_id="s@firm.example",
               reply_to=["first@firm.example"])  # fmt: skip
    desk.receive(raw)
    assert desk.ticket(ticket).state == "waiting_customer"
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.purpose) == (ANNA, "ticket_standing")
    assert "Stand: Wartet auf Sie" in told.text
    assert "25 Minuten, vereinbart sind bis zu 1 Stunde" in told.text
    raw = mail(ANNA, "Re: Shop is empty", "Status?\n\nUnd der Rabatt fehlt auch noch.",
               message_id="t@firm.example", reply_to=["first@firm.example"])  # fmt: skip
    desk.receive(raw)
    assert desk.ticket(ticket).state == "in_progress", "what else he wrote is an answer"
    assert desk.told() == [(ANNA, "ticket_standing"), (LENA, "staff_reply")]


def test_stand_of_a_ticket_that_is_over_opens_none(desk):
    ticket = ticket_at_work(desk)
    desk.set_state(ticket, "closed", closed=True)
    raw = mail(ANNA, "Re: Shop is empty", "STAND", message_id="s@firm.example",
               reply_to=["first@firm.example"])  # fmt: skip
    desk.receive(raw)
    assert len(desk.tickets()) == 1
    assert desk.told() == [(ANNA, "ticket_standing")]


def test_a_stranger_learns_nothing_by_asking_for_the_stand(desk):
    ticket = ticket_at_work(desk)
    raw = mail(KARL, "Re: [DD-1000] Shop", "STAND", message_id="s@elsewhere.example",
               reply_to=["first@firm.example"])  # fmt: skip
    desk.receive(raw)
    assert "ticket_standing" not in {each.purpose for each in desk.new_letters()}
    assert desk.messages(ticket) == [(ANNA, "participant")]


def test_a_word_that_came_to_the_desk_itself_is_not_bound_to_a_request(desk):
    ticket = ticket_at_work(desk)
    ask_for(desk, ticket)
    raw = mail(ANNA, "Re: Shop is empty", "FREIGABE", to=SUPPORT, message_id="s@firm.example",
               reply_to=["first@firm.example"])  # fmt: skip
    desk.receive(raw)
    assert verdicts(desk, ticket) == ["open"]
    assert desk.told() == [(ANNA, "word_not_counted"), (LENA, "staff_decided")]


def test_a_request_that_came_back_was_not_asked(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    desk.receive(desk.bounce_of(letter, "b"), letter.return_path, return_path="")
    (row,) = desk.rows(RequestRow, col(RequestRow.number))
    assert (row.bounced, row.verdict) == (True, "open")
    assert desk.ticket(ticket).state == "waiting_approval", "the hold stays"
    assert (LENA, "staff_bounce") in desk.told()
