"""P14: without exactly one plain author a mail is nobody's: no command and no automatic answer."""

from maildesk.rules.number import tag
from tests.desk.office import ANNA, LENA, MURAT, SUPPORT, mail
from tests.promises.mails import load, names

SINGLE = {"p14_shown", "p14_folded"}  # one plain author behind a name that lies: Mallory himself


def test_p14_nobody_acts_and_nobody_is_answered(desk):
    ticket = desk.receive(mail(ANNA, "Shop is empty")).ticket_id
    _, notice = desk.new_letters()
    before = desk.ticket(ticket).state
    for number, name in enumerate(names("p14")):
        places = {"tag": tag("DD", ticket), "number": f"{number}a"}
        row = desk.receive(load(name, to=notice.reply_to, **places), notice.reply_to)
        assert row.state in ("filed", "held"), name
        assert {each.rcpt_to for each in desk.new_letters()} <= {LENA, MURAT}, name
        assert (desk.ticket(ticket).state, desk.minutes(ticket)) == (before, 0), name
        fresh = load(name, to=SUPPORT, **places | {"number": f"{number}b"})
        desk.receive(fresh.replace(b"#zu +25m AW: [" + tag("DD", ticket).encode() + b"]", b"New"))
        outside = {each.rcpt_to for each in desk.new_letters()} - {LENA, MURAT}
        assert outside <= ({"mallory@evil.example"} if name in SINGLE else set()), name
