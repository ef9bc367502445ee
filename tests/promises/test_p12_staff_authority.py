"""P12: without proof no command runs and no answer goes out, and its sender hears nothing."""

import pytest

from maildesk.rules.number import tag
from tests.desk.office import ANNA, LENA, mail
from tests.promises.mails import load


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p12_a_forged_answer_stays_inside_and_a_real_one_goes_out(desk):
    ticket = desk.receive(mail(ANNA, "Shop is empty", message_id="1@firm.example")).ticket_id
    confirmation, notice = desk.new_letters()
    before = desk.ticket(ticket).state
    for number, reference in enumerate((notice.mid, confirmation.mid, "1@firm.example")):
        places = {"tag": tag("DD", ticket), "reference": reference, "number": str(number)}
        row = desk.receive(load("p12_forged_answer", **places))
        assert row.state in ("filed", "held")
        assert {each.rcpt_to for each in desk.new_letters()} <= {LENA}
    vacation = load("p12_vacation", to=notice.reply_to, tag=tag("DD", ticket))
    desk.receive(vacation, notice.reply_to)
    assert ANNA not in {each.rcpt_to for each in desk.new_letters()}, (
        "a machine never acts as staff"
    )
    assert desk.ticket(ticket).state == before
    assert desk.minutes(ticket) == 0
    forged = [standing for author, standing in desk.messages(ticket) if author == LENA]
    assert set(forged) <= {"unverified", "automatic"}
    assert forged
    assert not any(
        "Bank of Nowhere" in each.text for each in desk.letters() if each.rcpt_to != LENA
    )

    # The control: such words to the address that only she has, a minute later.
    real = load("p12_forged_answer", tag=tag("DD", ticket), reference=notice.mid, number="9")
    real = real.replace(b"support@desk.example", notice.reply_to.encode())
    desk.receive(real.replace(b"09:59:00", b"10:00:00"), notice.reply_to)
    answer = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    assert "Bank of Nowhere" in answer.text
    assert (desk.ticket(ticket).state, desk.minutes(ticket)) == ("resolved", 25)
