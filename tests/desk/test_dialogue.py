"""One customer, two agents, and everything that happens between the first mail and the second problem."""

from pathlib import Path

from tests.desk.office import ANNA, LENA, MURAT, SUPPORT, mail

LETTERS = Path(__file__).with_name("dialogue.txt")


def test_a_dialogue(desk):
    # 1 The customer asks; 2 she is confirmed, and Lena, whose it is by the site's rule, is told.
    desk.receive(mail(f"Anna Berger <{ANNA}>", "Shop is empty", message_id="1@firm.example"))
    confirmation, notice = desk.new_letters()
    assert (confirmation.rcpt_to, notice.rcpt_to) == (ANNA, LENA)
    assert f"geht an den Kunden ({ANNA})" in notice.text
    assert "[DD-10008] Shop is empty #zu +15m" in notice.text

    # 3 Lena hands it over: Murat hears of it, nobody else does.
    desk.receive(mail(LENA, "Re: [DD-10008] Shop is empty #an murat", "", to=notice.reply_to,
                      reply_to=[notice.mid]), notice.reply_to)  # fmt: skip
    (assigned,) = desk.new_letters()
    assert (assigned.rcpt_to, assigned.purpose) == (MURAT, "staff_assigned")
    assert "Lena hat Ihnen das Ticket DD-10008 zugewiesen." in assigned.text
    assert "Zuständig: Murat" in assigned.text
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.assignee_id) == ("planned", 2)

    # 4 Murat answers: in his name, in her thread, a minute later.
    answer_of_murat = mail(
        MURAT, "Re: [DD-10008] Shop is empty",
        "Hello Anna,\n\nplease clear the cache.\n\nMurat\n\n> The shop is empty.",
        to=assigned.reply_to, reply_to=[assigned.mid],
    )  # fmt: skip
    desk.receive(answer_of_murat, assigned.reply_to)
    (answer,) = desk.new_letters()
    assert (answer.rcpt_to, answer.purpose) == (ANNA, "answer")
    assert answer.message["From"] == f"Murat <{SUPPORT}>"
    assert answer.message["Subject"] == "[DD-10008] Shop is empty"
    assert answer.message["In-Reply-To"] == "<1@firm.example>"
    assert confirmation.mid in answer.message["References"]
    assert answer.message["Auto-Submitted"] is None
    assert answer.text == "Hello Anna, please clear the cache. Murat Support"
    assert desk.waits(answer) == 60
    assert desk.ticket(1000).state == "in_progress"

    # 5 She answers, 6 he notes something for the house and books his time.
    desk.receive(mail(ANNA, "Re: [DD-10008] Shop is empty", "Done, still empty.",
                      to=answer.reply_to, reply_to=[answer.mid]), answer.reply_to)  # fmt: skip
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.purpose) == (MURAT, "staff_reply")
    desk.receive(mail(MURAT, "Re: [DD-10008] Shop is empty #notiz +25m",
                      "The index was broken.", to=told.reply_to, reply_to=[told.mid]),
                 told.reply_to)  # fmt: skip
    assert desk.told() == [], "his own doing mails him nothing, and the note stays inside"
    assert desk.minutes(1000) == 25
    assert desk.messages(1000)[-1] == (MURAT, "note")

    # 7 A question to her, and the ticket waits three working days.
    desk.receive(mail(MURAT, "Re: [DD-10008] Shop is empty #warte 3t +5m",
                      "Is it empty on your phone too?", to=told.reply_to, reply_to=[told.mid]),
                 told.reply_to)  # fmt: skip
    (question,) = desk.new_letters()
    assert (question.rcpt_to, question.purpose) == (ANNA, "question")
    ticket = desk.ticket(1000)
    assert (ticket.state, f"{ticket.wake_at:%a %H:%M}") == ("waiting_customer", "Thu 08:00")

    # 8 She does not answer; on Thursday it is back by itself.
    desk.send_all()
    desk.later(days=2)
    assert desk.look_around() == 0
    desk.later(days=1)
    assert desk.look_around() == 1
    (wake,) = desk.new_letters()
    assert (wake.rcpt_to, wake.purpose) == (MURAT, "staff_wake")
    assert desk.ticket(1000).state == "in_progress"

    # 9 He closes it: she reads what was done, how long it took and how it comes back.
    desk.receive(mail(MURAT, "[DD-10008] Shop is empty #zu +15m", "The index is new.\nMurat",
                      to=wake.reply_to, reply_to=[wake.mid], Date="Thu, 26 Nov 2026 10:00:00 +0100"),
                 wake.reply_to)  # fmt: skip
    (closing,) = desk.new_letters()
    assert (closing.rcpt_to, closing.purpose) == (ANNA, "closing")
    assert closing.text.startswith("The index is new. Murat")
    assert "Erfasste Zeit: 45 Min." in closing.text
    assert "innerhalb von 14 Tagen" in closing.text
    assert desk.ticket(1000).state == "resolved"

    # 10 A thank-you is told and wakes nothing.
    desk.later(hours=1)
    desk.receive(mail(ANNA, "Re: [DD-10008] Shop is empty", "Vielen Dank!\nAnna",
                      to=closing.reply_to, reply_to=[closing.mid]), closing.reply_to)  # fmt: skip
    assert desk.told() == [(MURAT, "staff_reply")]
    assert desk.ticket(1000).state == "resolved"

    # 11 A new problem in the old thread opens it again, with a new promise.
    desk.later(days=1)
    desk.receive(mail(ANNA, "Re: [DD-10008] Shop is empty", "Now the prices are wrong.",
                      to=closing.reply_to, reply_to=[closing.mid]), closing.reply_to)  # fmt: skip
    (again,) = desk.new_letters()
    assert (again.rcpt_to, again.purpose) == (MURAT, "staff_reply")
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.resolved_at) == ("in_progress", None)

    # 12 Murat closes it by mistake and takes that back before it leaves.
    desk.receive(mail(MURAT, "[DD-10008] Shop is empty #zu +10m", "", to=again.reply_to,
                      reply_to=[again.mid], Date="Fri, 27 Nov 2026 11:00:00 +0100"),
                 again.reply_to)  # fmt: skip
    (mistake,) = desk.new_letters()
    assert desk.ticket(1000).state == "resolved"
    desk.later(seconds=30)
    desk.receive(mail(MURAT, "[DD-10008] Shop is empty #undo", "", to=again.reply_to,
                      reply_to=[again.mid], Date="Fri, 27 Nov 2026 11:00:30 +0100"),
                 again.reply_to)  # fmt: skip
    (receipt,) = desk.new_letters()
    assert (receipt.rcpt_to, receipt.purpose) == (MURAT, "staff_receipt")
    assert "Zurückgenommen: " in receipt.text
    assert f"Nicht gesendet: E-Mail an {ANNA}" in receipt.text
    assert desk.ticket(1000).state == "in_progress"
    assert desk.minutes(1000) == 45
    assert desk.state_of(mistake) == "withdrawn"
    assert in_full(desk.letters()) == LETTERS.read_text(encoding="utf-8"), "every letter, in full"


def in_full(letters):
    """Return letters as their readers see them: who writes to whom, about what, all the words."""
    shown = []
    for letter in letters:
        message = letter.message
        head = [f"{name}: {message[name]}" for name in ("From", "To", "Subject")]
        head += [f"Auto-Submitted: {message['Auto-Submitted'] or 'no'}"]
        text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        shown.append("\n".join([*head, "", text.replace("\u00a0", " ")]))
    return f"{'=' * 76}\n".join(shown)
