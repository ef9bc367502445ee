"""Stories: mail in, letters out, on both databases, with everything real but the network."""

import pytest

from maildesk.store import ledger
from maildesk.store.tables import MessageRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, SUPPORT, mail

KARL = "karl@elsewhere.example"


def test_a_ticket_and_its_conversation(desk):
    desk.receive(mail(f"Anna Berger <{ANNA}>", "Shop is empty", message_id="1@firm.example"))
    confirmation, notice = desk.new_letters()
    (opened,) = desk.tickets()
    assert (opened.id, opened.title, opened.state, opened.due_at) == (
        1000,
        "Shop is empty",
        "new",
        None,
    )

    assert (confirmation.rcpt_to, confirmation.purpose) == (ANNA, "confirm_normal")
    assert confirmation.message["To"] == f"Anna Berger <{ANNA}>"
    assert confirmation.message["Subject"] == "[DD-10008] Shop is empty"
    assert confirmation.message["Auto-Submitted"] == "auto-replied"
    assert confirmation.message["In-Reply-To"] == "<1@firm.example>"
    assert confirmation.message["Content-Language"] == "de"
    assert confirmation.text.startswith(
        "Guten Tag, vielen Dank, Ihr Anliegen ist bei uns angekommen. Ihre Ticketnummer ist "
        "DD-10008; zuständig ist Lena. Art: Normales Ticket."
    )
    assert "95,00 €" in confirmation.text
    assert "Frist" not in confirmation.text, "a normal ticket promises no time"

    assert (notice.rcpt_to, notice.purpose) == (LENA, "staff_new")
    assert notice.message["Auto-Submitted"] == "auto-generated"
    assert notice.message["References"] == "<ticket.1000@mail.desk.example>"
    assert "Neues Ticket DD-10008." in notice.text
    assert "> The shop is empty." in notice.text

    # The customer answers: by the reply address, by References alone, by the number alone.
    answers = [
        (mail(ANNA, "More", "One.", to=confirmation.reply_to), confirmation.reply_to),
        (mail(ANNA, "More", "Two.", reply_to=("1@firm.example", confirmation.mid)), SUPPORT),
        (mail(ANNA, "Re: [DD-10008] Shop is empty", "Three."), SUPPORT),
        (mail(BERT, "Re: [DD-10008] Shop is empty", "Four."), SUPPORT),
    ]
    for raw, rcpt_to in answers:
        assert desk.receive(raw, rcpt_to).ticket_id == 1000
        (told,) = desk.new_letters()
        assert (told.rcpt_to, told.purpose) == (LENA, "staff_reply")
        assert "Der Kunde hat im Ticket DD-10008 geantwortet." in told.text
    assert desk.messages(1000) == [(ANNA, "participant")] * 4 + [(BERT, "participant")]

    # A stranger got hold of a letter: his words are flagged, and he is told nothing.
    desk.receive(mail(KARL, "Re: Shop", "Let me in.", reply_to=(confirmation.mid,)))
    desk.receive(
        mail(KARL, "Re: Shop", "And now?", to=confirmation.reply_to), confirmation.reply_to
    )
    assert desk.told() == [(LENA, "staff_third_party")] * 2
    assert desk.messages(1000)[5:] == [(KARL, "third_party")] * 2
    assert len(desk.tickets()) == 1

    # A number without more is no key: his own ticket, and staff see what he named.
    assert desk.receive(mail(KARL, "Re: [DD-10008] Shop", "Tell me.")).ticket_id != 1000
    confirmed, told = desk.new_letters()
    assert (confirmed.rcpt_to, confirmed.purpose, confirmed.counted) == (
        KARL,
        "confirm_stranger",
        True,
    )
    assert confirmed.message["To"] == KARL
    assert "DD-10008" not in confirmed.raw.decode()
    assert "Tell me" not in confirmed.text
    assert "nennt DD-10008" in told.text


def test_the_same_mail_and_its_relatives(desk):
    first = mail(ANNA, "Shop is empty", message_id="1@firm.example")
    desk.receive(first)
    assert desk.told() == [(ANNA, "confirm_normal"), (LENA, "staff_new")]

    # By another intake, as another server handed it on.
    trace = b"Delivered-To: support@desk.example\r\nReceived: from a by b; Mon, 23 Nov 2026 10:00:09 +0100\r\n"
    again = desk.receive(trace + first, via="imap")
    assert (again.state, again.ticket_id) == ("duplicate", 1000)
    assert desk.receive(first).state == "filed", "the same bytes are the same row"
    assert desk.told() == []

    # Its Message-ID on other content: kept, in the same ticket, confirmed no second time.
    other = desk.receive(
        mail(ANNA, "Shop is empty", "No, it is full.", message_id="1@firm.example")
    )
    assert other.ticket_id == 1000
    assert desk.told() == [(LENA, "staff_reply")]
    # On a stranger's mail it means nothing.
    assert desk.receive(mail(KARL, "Hello", message_id="1@firm.example")).ticket_id != 1000
    assert desk.told() == [(KARL, "confirm_stranger"), (LENA, "staff_new")]

    # Bert's answer overtakes the mail of Anna's that it answers.
    reply = desk.receive(
        mail(BERT, "Re: Font", "Yes.", message_id="3@firm.example", reply_to=("2@firm.example",))
    )
    parent = desk.receive(mail(ANNA, "Font", "Bigger?", message_id="2@firm.example"))
    assert parent.ticket_id == reply.ticket_id
    assert desk.told() == [(BERT, "confirm_normal"), (LENA, "staff_new"), (LENA, "staff_reply")]
    # Both at once, in the right order, are one ticket too.
    together = desk.receive_all([
        mail(ANNA, "Colour", "Red?", message_id="4@firm.example"),
        mail(BERT, "Re: Colour", "Blue.", message_id="5@firm.example", reply_to=("4@firm.example",)),
    ])  # fmt: skip
    assert together[0].ticket_id == together[1].ticket_id


def test_our_own_mail_comes_back(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    for letter in desk.new_letters():
        back = desk.receive(
            b"Received: from a by b; Mon, 23 Nov 2026 10:00:09 +0100\r\n" + letter.raw
        )
        assert (back.state, back.reason) == ("duplicate", "a mail of our own came back")
    # The agent's mailbox forwards: what comes back is still no ticket and no answer.
    desk.receive(mail(ANNA, "Stolen id", message_id=letter.mid))
    assert desk.told() == [(LENA, "staff_new")], "taken, but not answered"
    assert [each.title for each in desk.tickets()] == ["Shop is empty", "Stolen id"]


def test_a_quick_ticket_is_priced_and_timed(desk):
    desk.receive(mail(ANNA, "[Quickticket hoch] Shop is down"))
    confirmation, notice = desk.new_letters()
    (opened,) = desk.tickets()
    assert (opened.kind, opened.title, opened.wish) == ("quick-high", "Shop is down", "")
    assert opened.due_at.isoformat() == "2026-11-23T11:00:00+00:00"
    assert confirmation.purpose == "confirm_quick_high"
    assert "190,00 €" in confirmation.text
    assert "doppelter Stundensatz" in confirmation.text
    assert (
        "innerhalb von 2 Arbeitsstunden, spätestens Montag, 23.11.2026, 12:00 Uhr"
        in confirmation.text
    )
    assert "Frist: Montag, 23.11.2026, 12:00 Uhr" in notice.text

    # Friday 16:30 in Berlin: half an hour is left, the rest counts from Monday nine o'clock.
    desk.later(days=4, hours=6, minutes=30)
    desk.receive(mail(ANNA, "[QT hoch] Again"))
    assert "spätestens Montag, 30.11.2026, 10:30 Uhr" in desk.new_letters()[0].text

    # Emily's company accepted no terms: she gets an offer, and the ticket waits for her order.
    desk.receive(mail(EMILY, "[Quick hoch] Slow", "The site is slow, please hurry up."))
    offer, notice = desk.new_letters()
    opened = desk.tickets()[-1]
    assert (opened.kind, opened.wish, opened.due_at) == ("normal", "quick-high", None)
    assert opened.state == "waiting_approval"
    assert (offer.purpose, offer.message["Content-Language"]) == ("quick_offer", "en")
    assert "Quick ticket high" in offer.text
    assert "€190.00" in offer.text
    assert (
        "NORMAL: We handle the request as a normal ticket, in order of arrival and at €95.00"
        in offer.text
    )
    assert "Wunsch: Quickticket hoch, noch nicht bestellt" in notice.text


def test_replies_move_states(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    confirmation, _ = desk.new_letters()
    reply = confirmation.reply_to
    desk.set_state(1000, "waiting_customer")
    desk.receive(mail(ANNA, "Re: x", "Here.", to=reply), reply)
    assert desk.tickets()[0].state == "in_progress"
    desk.set_state(1000, "resolved", closed=True, resolved_at=desk.now)
    desk.later(days=13)
    desk.receive(mail(ANNA, "Re: x", "Still broken.", to=reply), reply)
    (again,) = desk.tickets()
    assert (again.state, again.closed, again.resolved_at) == ("in_progress", False, None)
    assert desk.told() == [(LENA, "staff_reply")] * 2

    # Two answer at once, and nothing in their mails but the address says that they belong together.
    desk.set_state(1000, "waiting_customer")
    answers = [mail(who, "Well", f"I am {who}.", to=reply) for who in (ANNA, BERT)]
    assert [row.ticket_id for row in desk.receive_all(answers, reply)] == [1000, 1000]
    assert desk.tickets()[0].state == "in_progress"
    assert desk.told() == [(LENA, "staff_reply")] * 2

    desk.set_state(1000, "closed", closed=True)
    desk.receive(mail(ANNA, "Re: x", "One more thing.", to=reply), reply)
    old, new = desk.tickets()
    assert (old.state, new.follows) == ("closed", 1000)
    confirmation, notice = desk.new_letters()
    assert confirmation.purpose == "followup_ticket"
    assert "das Ticket DD-10008 ist bereits abgeschlossen" in confirmation.text
    assert "Folgt auf: DD-10008" in notice.text


def test_machines_are_never_answered(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    confirmation, notice = desk.new_letters()
    desk.set_state(1000, "waiting_customer")
    vacation = {"Auto_Submitted": "auto-replied", "reply_to": (confirmation.mid,)}
    filed = desk.receive(mail(ANNA, "Abwesenheit", "Until Friday.", to=confirmation.reply_to, **vacation),
                         confirmation.reply_to, return_path="")  # fmt: skip
    assert (filed.state, filed.ticket_id) == ("filed", 1000)
    # The assignee is on holiday, too: that is no note and certainly no answer.
    desk.receive(mail(LENA, "Out of office", "Until May.", to=notice.reply_to, Auto_Submitted="auto-replied"),
                 notice.reply_to, return_path="")  # fmt: skip
    left = desk.receive(mail(KARL, "Newsletter", List_Id="<news.elsewhere.example>"))
    assert (left.state, left.ticket_id) == ("automatic", None)
    assert desk.messages(1000)[1:] == [(ANNA, "automatic"), (LENA, "automatic")]
    assert desk.tickets()[0].state == "waiting_customer"
    assert desk.told() == []


def test_bounces_belong_to_letters(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    confirmation, notice = desk.new_letters()
    desk.receive(mail(EMILY, "Other"))
    desk.new_letters()

    # Forged: at the plain address, about a letter that we never wrote, in a real ticket's name.
    forged = desk.bounce_of(confirmation, "0").replace(
        confirmation.mid.encode(), b"mid.a.x.y@mail.desk.example"
    )
    forged = forged.replace(confirmation.return_path.encode(), SUPPORT.encode())
    assert desk.receive(forged, return_path="").state == "automatic"
    # With a real Message-ID, but about somebody whom that letter never went to.
    desk.receive(desk.bounce_of(confirmation, "1", recipient=EMILY), return_path="")
    assert [letter.undeliverable for letter in desk.letters()] == [""] * 4
    assert desk.told() == []

    bounced = desk.receive(
        desk.bounce_of(confirmation, "2"), confirmation.return_path, return_path=""
    )
    assert (bounced.state, bounced.ticket_id) == ("filed", 1000)
    assert [letter.undeliverable for letter in desk.letters()] == [
        "5.1.1 550 5.1.1 no such user",
        "",
        "",
        "",
        "",
    ]
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.purpose) == (LENA, "staff_bounce")
    assert f"Empfänger: {ANNA}" in told.text
    assert "no such user" in told.text

    # Lena's own mailbox is dead: noted, and told to the others.
    desk.receive(desk.bounce_of(notice, "3"), notice.return_path, return_path="")
    assert desk.letters()[1].undeliverable
    assert desk.told() == [(MURAT, "staff_bounce")]
    assert [each.title for each in desk.tickets()] == ["Shop is empty", "Other"]


def test_two_desks_without_marks_fall_silent(desk):
    """The other one answers everything, forgets what it answered, and counts up."""
    number = 0

    def answer_each_other():
        nonlocal number
        while True:
            number += 1
            assert number < 30
            desk.receive(
                mail("help@other.example", f"Case {number} received", f"Thank you for {number}.")
            )
            letters = [
                letter for letter in desk.new_letters() if letter.rcpt_to == "help@other.example"
            ]
            if not letters:
                return

    answer_each_other()
    confirmed = [letter for letter in desk.letters() if letter.counted]
    assert [letter.purpose for letter in confirmed] == ["confirm_stranger"] * 3
    assert (desk.look_around(), desk.look_around()) == (1, 0), "and staff are told, once"
    silence = desk.new_letters()
    assert [letter.rcpt_to for letter in silence] == [LENA, MURAT]
    assert "Von help@other.example kamen so viele E-Mails" in silence[0].text
    for _ in range(4):
        desk.later(minutes=61)
        answer_each_other()
    assert sum(letter.counted for letter in desk.letters()) == 10, "ten in a day"
    assert len(desk.tickets()) == number, "nothing of it is lost"

    # Many of them at once do not slip through together.
    desk.later(days=2)
    desk.receive_all([mail(KARL, f"Mail {n}", f"Number {n}.") for n in range(6)])
    assert [letter.rcpt_to for letter in desk.new_letters() if letter.counted] == [KARL] * 3


def test_the_case_of_an_address_is_free(desk):
    desk.receive(mail("Anna@Firm.Example", "Shop is empty"))
    confirmation, _ = desk.new_letters()
    assert confirmation.purpose == "confirm_normal", "the contact, however she writes herself"
    desk.receive(mail("ANNA@firm.example", "Re: [DD-10008] Shop", "More."))
    assert desk.told() == [(LENA, "staff_reply")]
    assert desk.receive(mail("Lena@agency.example", "Hello")).state == "held"
    desk.new_letters()
    for sender in ("karl", "Karl", "kArl", "kaRl", "karL"):
        desk.receive(mail(f"{sender}@elsewhere.example", f"I am {sender}"))
    assert sum(letter.counted for letter in desk.new_letters()) == 3, "one person, one budget"


def test_mail_in_an_agents_name(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    _, notice = desk.new_letters()
    desk.receive(mail(LENA, "Re: [DD-10008] Shop", "Dear Anna, pay at once."))
    (told,) = desk.new_letters()
    assert (told.rcpt_to, told.purpose) == (LENA, "staff_held")
    assert "unbewiesene" not in told.text
    assert "Die E-Mail liegt als ungeprüfte interne Notiz am Ticket DD-10008." in told.text
    held = desk.receive(mail(LENA, "#close everything", "Now."))
    assert (held.state, held.ticket_id) == ("held", None)
    (told,) = desk.new_letters()
    assert "Die E-Mail steht auf der Liste der zurückgehaltenen." in told.text
    for number in range(9):
        desk.receive(mail(LENA, f"Hello again {number}", "Now?"))
    assert len(desk.told()) == 3, "five in an hour, whoever forges how many"
    desk.later(hours=1)

    # By the address of a notice to him he is believed; by that of a notice to her he is not.
    assert (
        desk.receive(mail(LENA, "Re: x", "Cache?", to=notice.reply_to), notice.reply_to).state
        == "filed"
    )
    assert desk.told() == [(ANNA, "answer")]
    desk.receive(mail(MURAT, "Re: x", "Mine.", to=notice.reply_to), notice.reply_to)
    assert desk.told() == [(MURAT, "staff_held")]
    assert desk.messages(1000)[1:] == [
        (LENA, "unverified"), (LENA, "answer"), (MURAT, "unverified"),
    ]  # fmt: skip
    assert [letter.rcpt_to for letter in desk.letters()].count(ANNA) == 2, "no forged word went out"


@pytest.mark.parametrize("also", [(), ("staff_alarm",)], ids=["one", "the alarm's own, too"])
def test_a_sites_broken_template_holds_up_nothing(desk, also):
    folder = desk.templates / "de"
    folder.mkdir(parents=True)
    for name in ("confirm_normal", *also):
        folder.joinpath(f"{name}.j2").write_text(
            "{% block subject %}x{% endblock %}{% block text %}{{ ticket.price.hour }}{% endblock %}"
        )
    for subject in ("Shop is empty", "Still empty"):
        assert desk.receive(mail(ANNA, subject)).state == "filed"
    letters = desk.new_letters()
    confirmed = [letter for letter in letters if letter.rcpt_to == ANNA]
    assert [letter.text[:25] for letter in confirmed] == ["Guten Tag, vielen Dank, I"] * 2
    alarms = [letter for letter in letters if "de/confirm_normal.j2" in letter.text]
    assert [letter.rcpt_to for letter in alarms] == [LENA, MURAT], "once for each, not once a mail"
    assert "Es ist keine E-Mail ausgefallen." in alarms[0].text


def test_a_poisoned_ticket_costs_only_its_own_mail(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    desk.set_state(1000, "no such state")
    desk.new_letters()
    before, poisoned, after = desk.receive_all([
        mail(EMILY, "Before", "Hello."),
        mail(ANNA, "Re: [DD-10008] Shop", "Still there?"),
        mail(KARL, "After", "Hello."),
    ])  # fmt: skip
    assert (before.state, after.state) == ("filed", "filed")
    assert (poisoned.state, poisoned.attempts, poisoned.ticket_id) == ("set_aside", 3, None)
    assert poisoned.reason.startswith("ValueError: 'no such state'")
    assert {letter.rcpt_to for letter in desk.new_letters()} == {EMILY, KARL, LENA}

    assert (desk.look_around(), desk.look_around()) == (1, 0)
    alarm, other = desk.new_letters()
    assert [alarm.rcpt_to, other.rcpt_to] == [LENA, MURAT]
    assert alarm.message["Subject"] == "Eine E-Mail wurde beiseitegelegt"
    assert f"maildesk quarantine replay {poisoned.id}" in alarm.text

    desk.set_state(1000, "new")
    replayed = desk.replay(poisoned.id)
    assert (replayed.state, replayed.ticket_id) == ("filed", 1000)
    assert desk.told() == [(LENA, "staff_reply")]
    with desk.desk.db.read() as session:
        assert ledger.count(session).unaccounted == ()
    assert len(desk.rows(MessageRow)) == 4
