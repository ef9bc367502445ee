"""A mailbox that takes no mail: marked, shown, told, kept from automatic mail, and forgotten again."""

from datetime import timedelta

from maildesk.desk import unreachable
from maildesk.desk.outbox import Outbox
from maildesk.mail.smtp import Reply
from maildesk.rules.backoff import Verdict
from tests.desk.office import ANNA, BERT, LENA, MURAT, mail


def marked(desk):
    with desk.desk.db.read() as session:
        return unreachable.listed(session, desk.now, 100)[0]


def opened(desk):
    """A ticket of Anna's; the confirmation and the notice of it."""
    desk.receive(mail(f"Anna <{ANNA}>", "Shop is empty", message_id="1@firm.example"))
    confirmation, notice = desk.new_letters()
    return confirmation, notice


def bounced(desk, letter, number, status="5.1.1"):
    raw = desk.bounce_of(letter, f"b{number}").replace(b"5.1.1", status.encode())
    return desk.receive(raw, rcpt_to=letter.return_path, return_path="")


def order(desk, notice, words, text="", number=1):
    """Lena answers a notice."""
    subject = f"{notice.message['Subject']} {words}"
    desk.receive(
        mail(LENA, subject, text, to=notice.reply_to, message_id=f"l{number}@agency.example",
             Date=f"{desk.now:%a, %d %b %Y %H:%M:%S} +0000"),
        rcpt_to=notice.reply_to,
    )  # fmt: skip


def test_a_dead_mailbox_gets_nothing_automatic_and_an_agent_knows(desk):
    confirmation, notice = opened(desk)
    bounced(desk, confirmation, 1)
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.purpose) == (LENA, "staff_bounce")
    assert "Bis Montag, 07.12.2026, 10:00 Uhr sendet maildesk an diese Adresse nichts" in told.text
    (line,) = marked(desk)
    assert (line.address, line.hard, line.until) == (ANNA, True, desk.now + timedelta(days=14))
    bounced(desk, confirmation, 2)
    assert desk.new_letters() == [], "told once"

    order(desk, notice, "#plan fri 14:00")
    (receipt,) = desk.new_letters()
    assert (receipt.rcpt_to, receipt.purpose) == (LENA, "staff_receipt"), "Anna gets no date"
    assert f"Nicht gesendet: Nachricht an {ANNA}" in receipt.text
    order(desk, notice, "", "Hallo Anna, es geht wieder.", 2)
    answer, receipt = desk.new_letters()
    assert (answer.rcpt_to, answer.purpose) == (ANNA, "answer"), "his words are tried"
    assert f"{ANNA} ist wohl nicht erreichbar" in receipt.text
    bounced(desk, answer, 3)
    (told,) = desk.new_letters()
    assert told.purpose == "staff_bounce", "that they did not arrive is always told"

    desk.receive(mail(ANNA, "Re: Shop", "I am back.", reply_to=["1@firm.example"]))
    assert marked(desk) == [], "she writes: it is over"
    desk.told()
    order(desk, notice, "#plan fri 15:00", number=3)
    assert (ANNA, "planned") in desk.told()


def test_a_mark_ends_by_itself_and_by_hand(desk):
    confirmation, notice = opened(desk)
    bounced(desk, confirmation, 1)
    assert unreachable.forget(desk.desk.db, ANNA)
    assert not unreachable.forget(desk.desk.db, ANNA)
    assert marked(desk) == []
    bounced(desk, confirmation, 2)
    assert len(marked(desk)) == 1
    desk.later(days=14)
    assert marked(desk) == []
    desk.told()
    order(desk, notice, "#plan fri 14:00")
    assert (ANNA, "planned") in desk.told()


def test_soft_failures_count_by_the_day(desk):
    confirmation, _ = opened(desk)
    for number in range(3):
        bounced(desk, confirmation, number, "5.2.2")
    (line,) = marked(desk)
    assert (line.hard, line.times, line.until) == (False, 1, None)
    assert "sendet maildesk an diese Adresse nichts" not in desk.new_letters()[0].text
    desk.later(days=1)
    bounced(desk, confirmation, 4, "4.4.7")
    (line,) = marked(desk)
    assert (line.times, line.until) == (2, desk.now + timedelta(days=2))


def test_a_forged_bounce_and_a_policy_make_nobody_unreachable(desk):
    confirmation, _ = opened(desk)
    raw = desk.bounce_of(confirmation, "f").replace(
        confirmation.return_path.encode(), b"x@y.example"
    )
    desk.receive(raw, return_path="")
    bounced(desk, confirmation, 1, "5.7.1")
    assert marked(desk) == []
    assert desk.letters()[0].undeliverable, "but the letter is noted"


def test_what_the_relay_refuses_counts_as_well(desk):
    opened(desk)
    box = Outbox(desk.desk.db)
    parcels = box.claim(desk.now, 10)
    refusals = {ANNA: Reply(550, "5.1.1", "no such user"), LENA: Reply(554, "5.7.1", "no")}
    box.settle([(p, refusals[p.rcpt_to], Verdict.FAILED) for p in parcels], desk.now)
    assert [line.address for line in marked(desk)] == [ANNA]


def test_an_agent_with_a_dead_mailbox_is_no_black_hole(desk):
    _, notice = opened(desk)
    bounced(desk, notice, 1)
    assert desk.told() == [(MURAT, "staff_bounce")]
    desk.receive(mail(BERT, "Another shop"))
    assert desk.told() == [(BERT, "confirm_normal"), (MURAT, "staff_new")]
