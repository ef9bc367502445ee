"""P5: no automatic mail in reply to what no person wrote, whoever sent it."""

import pytest

from tests.desk.office import ANNA, mail
from tests.promises.mails import load, names

KARL = "karl@elsewhere.example"
HOPS = b"Received: from a.example by b.example; Mon, 23 Nov 2026 09:59:00 +0100\r\n" * 51
STAFF = {"lena@agency.example", "murat@agency.example"}


def test_p05_no_machine_hears_from_us(desk):
    desk.receive(mail("emily@tea.example", "Shop is empty"))
    own = next(each.mid for each in desk.new_letters() if each.rcpt_to not in STAFF)
    answered = []
    for name in names("p05"):
        for sender in (KARL, ANNA):
            places = {"from": sender, "id": f"{name}.{sender}", "own": own, "hops": HOPS}
            via = "imap" if name == "p05_return_path" else "smtp"
            row = desk.receive(load(name, **places), via=via)
            assert row.state in ("filed", "automatic", "duplicate", "held"), name
            answered += [
                (name, each.rcpt_to) for each in desk.new_letters() if each.rcpt_to not in STAFF
            ]
        desk.later(hours=25)  # no budget is what stops it
    # The one that says "no" is a person, and the control of all the others.
    assert answered == [("p05_person", KARL), ("p05_person", ANNA)]


@pytest.mark.parametrize("via", ["smtp", "lmtp"])
def test_p05_the_null_return_path_is_never_answered(desk, via):
    raw = load("p05_person", **{"from": KARL, "id": "null@elsewhere.example"})
    desk.receive(raw, return_path="", via=via)
    assert {each.rcpt_to for each in desk.new_letters()} <= STAFF
