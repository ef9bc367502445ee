"""P11: nobody gets ticket mail because an inbound mail named him."""

from maildesk.rules.number import tag
from maildesk.store.tables import ParticipantRow
from tests.desk.office import ANNA, LENA, MURAT, SUPPORT, mail
from tests.promises.mails import load


def test_p11_whom_a_mail_names_gets_nothing(desk):
    first = load("p11_cc", to=SUPPORT, subject="Shop is empty", number="1")
    ticket = desk.receive(first).ticket_id
    confirmation, notice = desk.new_letters()
    again = load(
        "p11_cc",
        to=confirmation.reply_to,
        subject=f"Re: [{tag('DD', ticket)}] Shop is empty",
        number="2",
    )
    assert desk.receive(again, confirmation.reply_to).ticket_id == ticket
    for number, orders in enumerate(("", "#zu ")):
        desk.receive(
            mail(LENA, f"{orders}AW: Shop", f"Answer {number}.", to=notice.reply_to),
            notice.reply_to,
        )
    letters = desk.letters()
    assert {each.rcpt_to for each in letters} <= {ANNA, LENA, MURAT}
    assert [
        each.rcpt_to
        for each in letters
        if "Answer" in each.text and each.purpose != "staff_receipt"
    ].count(ANNA) == 2
    for letter in letters:
        assert not letter.message.get_all("Cc")
        assert "spy@" not in str(letter.message["To"])
    assert {row.address for row in desk.rows(ParticipantRow, ParticipantRow.address)} == {ANNA}
