"""An agent opens tickets, asks for lists, and says OK: with nothing but his mail program."""

from email.message import EmailMessage

from maildesk.config.models import Desk as DeskSection
from maildesk.store.tables import ParticipantRow
from maildesk.store.work_tables import TimeRow, TimerRow
from tests.desk.office import ANNA, BERT, LENA, MURAT, SUPPORT, mail

FORWARD = (
    "Bitte übernehmen.\n\n-------- Weitergeleitete Nachricht --------\nBetreff: Shop offline!!\n"
    f"Datum: Mon, 23 Nov 2026 09:30:00 +0100\nVon: Anna Berger <{ANNA}>\nAn: Lena\n\n"
    "Seit heute ist der Shop weg. #zu #spam +90m"
)


def allow(desk):
    """Answer the newest letter with OK, as its first line asks for, and return what followed."""
    asked = desk.new_letters()[-1]
    assert asked.purpose in ("staff_held", "staff_confirm"), asked.purpose
    desk.receive(
        mail(asked.rcpt_to, "Re: " + str(asked.message["Subject"]), "OK\n", to=asked.reply_to,
             reply_to=[asked.mid], Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"),
        asked.reply_to,
    )  # fmt: skip
    return desk.new_letters()


def test_a_call_is_logged_and_answered_with_the_history(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    desk.new_letters()
    held = desk.receive(
        mail(LENA, f"#anruf 12m {ANNA} Rückfrage Zahlungsart", "PayPal geht nicht.")
    )
    assert held.state == "held"
    assert len(desk.tickets()) == 1, "nothing runs before the OK"
    confirmation, receipt = allow(desk)
    ticket = desk.tickets()[-1]
    assert (ticket.title, ticket.requester, ticket.assignee_id) == (
        "Rückfrage Zahlungsart",
        ANNA,
        1,
    )
    assert (confirmation.rcpt_to, confirmation.purpose) == (ANNA, "confirm_normal")
    assert confirmation.message["In-Reply-To"] is None
    assert (receipt.rcpt_to, receipt.purpose) == (LENA, "staff_call")
    assert "12 Min." in receipt.text
    assert "DD-10008" in receipt.text, "what she wrote before"
    assert "Cart is broken" in receipt.text
    assert [(row.ticket_id, row.minutes) for row in desk.rows(TimeRow)] == [(ticket.id, 12)]


def test_a_customers_mail_is_forwarded_into_a_ticket(desk):
    desk.receive(mail(LENA, f"WG: Shop offline!! #für {ANNA} #an murat", FORWARD))
    letters = allow(desk)
    (ticket,) = desk.tickets()
    assert (ticket.title, ticket.requester, ticket.assignee_id) == ("Shop offline!!", ANNA, 2)
    assert ticket.state == "new", "the customer's #zu commands nobody"
    assert desk.minutes(ticket.id) == 0
    assert [(letter.rcpt_to, letter.purpose) for letter in letters] == [
        (ANNA, "confirm_normal"), (LENA, "staff_receipt"), (MURAT, "staff_assigned"),
    ]  # fmt: skip
    assert "Seit heute ist der Shop weg." in letters[-1].text


def test_the_list_and_the_help(desk):
    desk.receive(mail(ANNA, "[Quickticket] Cart is broken"))
    desk.receive(mail(BERT, "Invoice address"))
    desk.new_letters()
    desk.receive(mail(LENA, "#liste", ""))
    (listed,) = allow(desk)
    assert listed.message["Subject"] == "Ihre Tickets: 2 offen"
    assert "1." in listed.text
    assert listed.text.index("Cart is broken") < listed.text.index("Invoice address"), "due first"
    desk.receive(mail(LENA, "#hilfe", ""))
    (helped,) = allow(desk)
    assert "#warte 3t" in helped.text


def test_what_can_hardly_be_taken_back_is_asked_once_more(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    desk.receive(mail(ANNA, "Cart is empty"))
    _, first, _, second = desk.new_letters()
    desk.receive(mail(LENA, "Re: [DD-10019] Cart is empty #zusammen DD-10008", "",
                      to=second.reply_to, reply_to=[second.mid]), second.reply_to)  # fmt: skip
    assert desk.ticket(1001).state == "new"
    (receipt,) = allow(desk)
    assert receipt.purpose == "staff_receipt"
    assert (desk.ticket(1001).state, desk.ticket(1001).merged_into) == ("merged", 1000)
    desk.receive(mail(ANNA, "Re: [DD-10019] Cart is empty", "Hello?"))
    assert desk.messages(1000)[-1] == (ANNA, "participant"), "replies go to the target"
    desk.new_letters()

    desk.receive(mail(LENA, "Re: [DD-10008] Cart is broken #trennen", "", to=first.reply_to,
                      reply_to=[first.mid]), first.reply_to)  # fmt: skip
    allow(desk)
    assert (desk.ticket(1001).state, desk.ticket(1001).merged_into) == ("new", None)


def test_files_go_along(desk):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANNA, SUPPORT, "Broken invoice"
    message["Message-ID"], message["Date"] = "<f1@firm.example>", "Mon, 23 Nov 2026 09:59:00 +0100"
    message.set_content("See the file.")
    message.add_attachment(
        b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="Rechnung März.pdf"
    )
    desk.receive(message.as_bytes())
    _, notice = desk.new_letters()
    (file,) = notice.message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Rechnung März.pdf", b"%PDF-1.7 x")

    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = (
        LENA,
        notice.reply_to,
        notice.message["Subject"],
    )
    answer["Message-ID"], answer["Date"] = "<f2@agency.example>", "Mon, 23 Nov 2026 10:00:00 +0100"
    answer["In-Reply-To"] = f"<{notice.mid}>"
    answer.set_content("Here is the right one.")
    answer.add_attachment(b"%PDF-1.7 y", maintype="application", subtype="pdf", filename="neu.pdf")
    desk.receive(answer.as_bytes(), notice.reply_to)
    (sent,) = desk.new_letters()
    assert sent.rcpt_to == ANNA
    assert [part.get_content() for part in sent.message.iter_attachments()] == [b"%PDF-1.7 y"]


def test_a_notice_of_ours_never_reaches_a_customer(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    _, notice = desk.new_letters()
    leak = "Look:\n" + "\n".join("    | " + line for line in notice.text.split(". "))
    desk.receive(mail(LENA, "Re: [DD-10008] Shop is empty", leak, to=notice.reply_to,
                      reply_to=[notice.mid]), notice.reply_to)  # fmt: skip
    (refused,) = desk.new_letters()
    assert (refused.rcpt_to, refused.purpose) == (LENA, "staff_refused")
    assert "Zitat" in refused.text


def test_a_mistake_is_told_with_a_subject_that_works(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    _, notice = desk.new_letters()
    desk.receive(mail(LENA, "Re: [DD-10008] Shop is empty #zuu +25m", "Done.", to=notice.reply_to,
                      reply_to=[notice.mid]), notice.reply_to)  # fmt: skip
    (refused,) = desk.new_letters()
    assert (refused.rcpt_to, refused.purpose) == (LENA, "staff_refused")
    assert "#zuu" in refused.text
    corrected = next(line.strip() for line in refused.message.get_body(("plain",)).get_content().splitlines()
                     if line.startswith("  "))  # fmt: skip
    assert (desk.ticket(1000).state, desk.minutes(1000)) == ("new", 0)
    desk.receive(mail(LENA, corrected, "Done.", to=notice.reply_to, reply_to=[notice.mid]),
                 notice.reply_to)  # fmt: skip
    assert (desk.ticket(1000).state, desk.minutes(1000)) == ("resolved", 25)


def test_undo_takes_back_people_and_timers_and_says_what_has_left(desk):
    desk.receive(mail(ANNA, "Shop is empty"))
    _, notice = desk.new_letters()

    def order(commands, text=""):
        desk.later(seconds=10)
        date = f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"
        raw = mail(LENA, f"Re: [DD-10008] Shop is empty {commands}", text, to=notice.reply_to,
                   reply_to=[notice.mid], Date=date)  # fmt: skip
        desk.receive(raw, notice.reply_to)
        return desk.new_letters()

    order("#dazu karl@elsewhere.example #start")
    assert len(desk.rows(ParticipantRow)) == 2
    assert len(desk.rows(TimerRow, TimerRow.agent_id)) == 1
    order("#undo")
    assert [row.address for row in desk.rows(ParticipantRow)] == [ANNA]
    assert desk.rows(TimerRow, TimerRow.agent_id) == []
    assert desk.ticket(1000).state == "new"

    order("#start")
    desk.later(minutes=25)
    (receipt,) = order("#stopp")
    assert "25 Min." in receipt.text
    assert desk.minutes(1000) == 25

    order("#zu", "Done.")
    desk.send_all()
    (receipt,) = order("#undo")
    assert "ist schon hinausgegangen" in receipt.text
    assert desk.ticket(1000).state == "in_progress", "as it was after the timer"
    (refused,) = order("#undo #zu")
    assert refused.purpose == "staff_refused", "undo stands alone"


def test_a_reply_to_a_notice_about_a_merged_ticket_goes_to_its_target(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    desk.receive(mail(ANNA, "Cart is empty"))
    *_, second = desk.new_letters()
    desk.receive(mail(LENA, "Re: [DD-10019] Cart is empty #zusammen DD-10008", "",
                      to=second.reply_to, reply_to=[second.mid]), second.reply_to)  # fmt: skip
    allow(desk)
    desk.receive(mail(LENA, "Re: [DD-10019] Cart is empty", "Both are the same.",
                      to=second.reply_to, reply_to=[second.mid]), second.reply_to)  # fmt: skip
    (answer,) = desk.new_letters()
    assert (answer.rcpt_to, answer.purpose, answer.ticket_id) == (ANNA, "answer", 1000)


def test_the_name_of_an_answer_is_configured():
    desk = DeskSection(address=SUPPORT, name="Agentur Nord", answers_from="{agent} ({desk})")
    assert desk.name_of("Lena Vogt") == "Lena Vogt (Agentur Nord)"
