"""P13: an approval is bound to person, request and amount, counts once, and is receipted."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from maildesk.desk.answer import Outcome, answer
from maildesk.rules.requests import About, Verdict
from maildesk.store.tables import ContactRow
from maildesk.store.work_tables import RequestRow
from tests.desk.asking import answered, ask_for, reply, ticket_at_work
from tests.desk.office import ANNA, BERT, EMILY, LENA, mail


@pytest.fixture
def desk(either_desk):
    return either_desk


def _verdicts(desk):
    rows = sorted(desk.rows(RequestRow, col(RequestRow.number)), key=lambda row: row.number)
    return [row.verdict for row in rows]


def test_p13_a_plain_yes_of_the_right_person_counts_once_and_is_receipted(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, minutes=180)
    for number in range(3):
        answered(desk, letter, "FREIGABE", message_id=f"{number}")
    assert _verdicts(desk) == ["yes"]
    assert desk.ticket(ticket).limit_minutes == 180
    assert desk.told().count((ANNA, "approval_receipt")) == 1


@pytest.mark.parametrize("author", [BERT, EMILY, "mallory@evil.example", LENA])
def test_p13_nobody_else_approves_with_the_same_letter_in_hand(desk, author):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    answered(desk, letter, "FREIGABE", author)
    assert _verdicts(desk) == ["open"]
    assert desk.ticket(ticket).state == "waiting_approval"


def test_p13_an_address_without_our_signature_approves_nothing(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    local, _, domain = letter.reply_to.partition("@")
    for number, to in enumerate((f"{local[:-1]}a@{domain}", f"support@{domain}")):
        raw = mail(ANNA, "Re: Shop is empty", "FREIGABE", to=to, message_id=f"f{number}@x.example",
                   reply_to=[letter.mid])  # fmt: skip
        desk.receive(raw, rcpt_to=to)
    assert _verdicts(desk) == ["open"]


def test_p13_an_old_request_does_not_approve_the_amount_of_the_new_one(desk):
    ticket = ticket_at_work(desk)
    old = ask_for(desk, ticket, minutes=90)
    ask_for(desk, ticket, minutes=900)
    answered(desk, old, "FREIGABE")
    assert _verdicts(desk) == ["replaced", "open"]
    assert desk.ticket(ticket).limit_minutes is None


def test_p13_the_address_for_one_ticket_approves_nothing_in_another(desk):
    first = ticket_at_work(desk)
    letter = ask_for(desk, first)
    raw = mail(ANNA, "Other", "Another thing.", message_id="second@firm.example")
    second = desk.receive(raw).ticket_id
    desk.set_state(second, "in_progress")
    other = ask_for(desk, second, minutes=600)
    mixed = mail(ANNA, f"Re: {other.message['Subject']}", "FREIGABE", to=letter.reply_to,
                 message_id="mixed@firm.example", reply_to=[other.mid])  # fmt: skip
    desk.receive(mixed, rcpt_to=letter.reply_to)
    assert desk.ticket(second).state == "waiting_approval"
    assert desk.ticket(second).limit_minutes is None


MACHINES = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated"},
    {"Precedence": "bulk"},
    {"X_Autoreply": "yes"},
    {"List_Id": "<all.firm.example>"},
]


@pytest.mark.parametrize("fields", MACHINES, ids=[next(iter(each)) for each in MACHINES])
def test_p13_what_no_person_wrote_decides_nothing(desk, fields):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, About.ACCEPTANCE)
    answered(desk, letter, "ABNAHME", **fields)
    assert _verdicts(desk) == ["open"]
    assert desk.ticket(ticket).state == "acceptance"


def test_p13_yes_and_no_that_come_together_decide_once(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    words = ("FREIGABE", "ABLEHNEN", "FREIGABE")
    raws = [reply(letter, word, message_id=f"{number}") for number, word in enumerate(words)]
    desk.receive_all(raws, rcpt_to=letter.reply_to)
    assert len([verdict for verdict in _verdicts(desk) if verdict in ("yes", "no")]) == 1
    receipts = [purpose for _, purpose in desk.told() if purpose.endswith("_receipt")]
    assert len(receipts) == 1


def test_p13_work_without_an_upper_limit_is_above_every_sum(desk):
    ticket = ticket_at_work(desk)
    his = update(ContactRow).where(col(ContactRow.address) == BERT)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(his.values(may_approve=True, approve_up_to=10_000))
    letter = ask_for(desk, ticket, minutes=None)
    assert letter.rcpt_to == ANNA, "Bert may approve 100 euros"
    assert "FREIGABE" not in letter.text
    answered(desk, letter, "FREIGABE")
    assert _verdicts(desk) == ["open"], "a word by mail is good for a bounded sum"
    page = (desk.desk, ticket, 1, Verdict.YES)
    assert answer(*page, BERT, "", desk.now) is Outcome.NOT_ALLOWED
    assert answer(*page, ANNA, "", desk.now) is Outcome.DONE
    assert desk.ticket(ticket).limit_open


@pytest.mark.parametrize("state", ["billing", "invoiced", "closed", "cancelled"])
def test_p13_stop_changes_no_ticket_that_is_over(desk, state):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket, About.ORDER)
    answered(desk, letter, "BESTELLEN", message_id="yes")
    desk.set_state(ticket, state)
    desk.new_letters()
    answered(desk, letter, "STOP", message_id="stop")
    assert _verdicts(desk) == ["yes"]
    assert (desk.ticket(ticket).kind, desk.ticket(ticket).state) == ("quick-high", state)
    assert (ANNA, "decision_taken_back") not in desk.told()


def test_p13_stop_brings_back_a_ticket_that_did_not_wait_for_the_answer(desk):
    ticket = ticket_at_work(desk)
    letter = ask_for(desk, ticket)
    desk.set_state(ticket, "in_progress", waits_for="")  # hold_on_request = false
    answered(desk, letter, "STORNO", message_id="storno")
    assert desk.ticket(ticket).state == "cancelled"
    answered(desk, letter, "STOP", message_id="stop")
    assert desk.ticket(ticket).state == "waiting_approval"
    assert _verdicts(desk) == ["undone", "open"]
