"""P9: a bounce counts only if it names a letter that we sent to that very recipient."""

import pytest

from tests.desk.office import ANNA, BERT, Office, mail
from tests.promises.mails import load


def undeliverable(desk: Office) -> list[str]:
    return [each.rcpt_to for each in desk.letters() if each.undeliverable]


@pytest.fixture
def desk(either_desk):
    return either_desk


def test_p09_only_a_bounce_of_our_own_letter_counts(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    letter = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    desk.send_all()
    before, version = desk.tickets()[0].state, desk.tickets()[0].version
    genuine = {"about": letter.mid, "recipient": ANNA, "action": "failed", "code": "5.1.1"}
    forged = [
        # changed                                          why
        ({"about": "mid.a.b.c@desk.example"}, "an id that nobody sent"),
        ({"about": "x" + letter.mid}, "one like it"),
        ({"recipient": BERT}, "a recipient that the letter did not have"),
        ({"recipient": "postmaster@firm.example"}, "the server itself"),
        ({"action": "delayed", "code": "4.4.1"}, "it is still on its way"),
        ({"action": "delivered", "code": "2.0.0"}, "it arrived"),
    ]
    reports = [
        load("p09_report", number=f"forged.{n}", **genuine | changed)
        for n, (changed, _) in enumerate(forged)
    ]
    for raw, why in [
        *zip(reports, (why for _, why in forged), strict=True),
        (load("p09_prose", about=letter.mid), "prose, not to the address signed for its bounces"),
    ]:
        desk.receive(raw, return_path="")
        assert undeliverable(desk) == [], why
        assert [row.state for row in desk.tickets()] == [before], why
        assert desk.new_letters() == [], why

    desk.receive(load("p09_report", number="genuine", **genuine), return_path="")
    assert undeliverable(desk) == [ANNA]
    assert {each.rcpt_to for each in desk.new_letters()} == {"lena@agency.example"}
    assert [row.state for row in desk.tickets()] == [before]
    assert desk.tickets()[0].version > version, "filed where it belongs"
