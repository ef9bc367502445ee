"""A phone call by mail: it makes a ticket or joins one, and is answered with the history."""

from dataclasses import replace
from datetime import date

from sqlalchemy import insert, update
from sqlmodel import col

from maildesk.config.process import Process
from maildesk.store.contracts import ContractRow
from maildesk.store.tables import EventRow, MessageRow, TicketRow
from maildesk.store.work_tables import RequestRow, TimeRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, START, mail
from tests.desk.test_agents_open import allow


def reply(desk, notice, commands, text="", **more):
    """Answer a notice as its agent, and return what followed."""
    desk.later(seconds=30)
    date_ = f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"
    raw = mail(notice.rcpt_to, f"AW: {notice.message['Subject']} {commands}", text,
               to=notice.reply_to, reply_to=[notice.mid], Date=date_, **more)  # fmt: skip
    desk.receive(raw, notice.reply_to)
    return desk.new_letters()


def call(desk, subject, text=""):
    """Log a call of nobody's ticket, with the OK that a mail without proof needs."""
    desk.later(seconds=30)
    date_ = f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"
    desk.receive(mail(LENA, subject, text, Date=date_))
    return allow(desk)


def entries(desk):
    return [(row.ticket_id, row.minutes, row.type, row.words) for row in desk.rows(TimeRow)]


def test_a_call_makes_a_ticket_and_the_customer_reads_that_it_was_one(desk):
    confirmation, receipt = call(desk, f"#anruf 12m {ANNA} Rückfrage Zahlungsart", "PayPal?")
    (ticket,) = desk.tickets()
    assert (ticket.title, ticket.state, ticket.assignee_id) == ("Rückfrage Zahlungsart", "new", 1)
    assert entries(desk) == [(ticket.id, 12, "call", f"{ANNA}: Rückfrage Zahlungsart")]
    assert [row.trigger for row in desk.rows(EventRow) if row.to_state == "new"] == ["T02"]
    assert (confirmation.rcpt_to, confirmation.purpose) == (ANNA, "confirm_normal")
    assert "vielen Dank für Ihren Anruf; wir haben Ihr Anliegen aufgenommen" in confirmation.text
    assert (receipt.rcpt_to, receipt.purpose) == (LENA, "staff_call")
    assert f"Anruf festgehalten: {ANNA}, 12 Min. gebucht" in receipt.text
    assert f"Anrufer: Anna Berger <{ANNA}> Kunde: Firm Vertrag: keiner" in receipt.text
    assert "gibt es noch kein anderes Ticket" in receipt.text


def test_a_caller_whom_nobody_knows(desk):
    confirmation, receipt = call(desk, "#anruf 3m karl@elsewhere.example Neuer Shop")
    assert "Diesen Anrufer kennen wir noch nicht" in receipt.text
    assert confirmation.purpose == "confirm_stranger"
    assert "Ihren Anruf haben wir aufgenommen." in confirmation.text
    _, receipt = call(desk, "#anruf 3m neu@firm.example Frage")
    assert (
        "neu@firm.example, kein eingetragener Kontakt Kunde: Firm, nach der Domain" in receipt.text
    )


def test_an_answer_to_a_notice_logs_the_call_on_its_ticket(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    _, notice = desk.new_letters()
    letters = reply(
        desk, notice, f"#anruf 12m {ANNA} Rückfrage", "Sie meint den Warenkorb im Shop."
    )
    assert [(each.rcpt_to, each.purpose) for each in letters] == [(LENA, "staff_call")]
    assert len(desk.tickets()) == 1
    assert entries(desk) == [(1000, 12, "call", f"{ANNA}: Rückfrage")]
    assert desk.rows(MessageRow)[-1].standing == "note", "what she said is no letter to her"
    assert "[DD-10008] Cart is broken (Neu)" in letters[0].text
    (undone,) = reply(desk, notice, "#undo")
    assert undone.purpose == "staff_receipt"
    assert desk.minutes(1000) == 0
    letters = reply(desk, notice, f"#anruf 1m {ANNA}")
    assert "Letzte Anrufe" not in letters[0].text, "one that was taken back was none"


def test_a_tag_in_the_subject_joins_too(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    desk.new_letters()
    letters = call(desk, f"[DD-10008] #anruf 4m {ANNA}", "Farbe ist egal.\nMehr nicht.")
    assert [each.purpose for each in letters] == ["staff_call"]
    assert entries(desk) == [(1000, 4, "call", f"{ANNA}: Farbe ist egal.")]


def test_a_call_ends_the_wait_for_the_customer(desk):
    desk.receive(mail(ANNA, "[Quickticket] Cart is broken"))
    _, notice = desk.new_letters()
    reply(desk, notice, "#warte 3t")
    assert desk.ticket(1000).state == "waiting_customer"
    desk.later(hours=2)
    reply(desk, notice, f"#anruf 5m {ANNA} Firefox")
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.wake_at, ticket.paused_at) == ("in_progress", None, None)
    assert [row.row for row in desk.rows(EventRow) if row.to_state == "in_progress"][-1] == "T14"


def test_a_call_brings_a_resolved_ticket_back_and_follows_one_that_is_over(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    _, notice = desk.new_letters()
    reply(desk, notice, "#zu +5m")
    reply(desk, notice, f"#anruf 5m {ANNA} Geht wieder nicht")
    assert desk.ticket(1000).state == "in_progress"
    assert desk.minutes(1000) == 10
    desk.set_state(1000, "closed", closed=True)
    letters = reply(desk, notice, f"#anruf 6m {ANNA} Noch etwas")
    assert [each.purpose for each in letters] == ["followup_ticket", "staff_call"]
    _, follower = desk.tickets()
    assert follower.follows == 1000
    assert (desk.minutes(1000), desk.minutes(follower.id)) == (10, 6)
    assert "Sie haben uns angerufen" in letters[0].text


def test_a_call_is_work_and_the_meter_counts_it(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    _, notice = desk.new_letters()
    letters = reply(desk, notice, f"#anruf 50m {ANNA}")
    assert "staff_warning" in [each.purpose for each in letters]
    letters = reply(desk, notice, f"#anruf 10m {ANNA}")
    assert desk.ticket(1000).state == "waiting_approval"
    assert "approval_request_auto" in [each.purpose for each in letters]
    letters = call(desk, f"#anruf 75m {ANNA} Lange Beratung")
    _, ticket = desk.tickets()
    assert ticket.state == "waiting_approval", "a new ticket is measured at once"
    assert [each.purpose for each in letters][:2] == ["confirm_normal", "approval_request_auto"]
    (request,) = [row for row in desk.rows(RequestRow) if row.ticket_id == ticket.id]
    assert request.minutes == 120


def test_the_history_of_a_caller(desk):
    for n in range(12):
        desk.receive(mail(BERT if n == 11 else ANNA, f"Old {n}", message_id=f"{n}@firm.example"))
    desk.receive(mail(ANNA, "[Quickticket] Cart is broken"))
    desk.receive(mail(EMILY, "Tea is cold"))
    notices = [each for each in desk.new_letters() if each.purpose == "staff_new"]
    closed = update(TicketRow).where(col(TicketRow.id) < 1012)
    desk.by_hand.update(range(1000, 1012))
    with desk.desk.db.engine.begin() as connection:
        connection.execute(closed.values(state="closed", closed=True))
        connection.execute(insert(ContractRow), {
            "customer_id": 1, "name": "Wartung", "kind": "included", "minutes": 120, "carry": 0,
            "categories": "hosting", "starts_on": date(2026, 1, 1), "covers_surcharge": False,
            "ended": False, "created_at": START,
        })  # fmt: skip
        connection.execute(insert(RequestRow), {
            "ticket_id": 1012, "number": 1, "about": "quote", "asked_at": desk.now,
            "minutes": 180, "limit_open": False, "kind": "", "before": "", "verdict": "open",
            "currency": "EUR", "words": "", "url": "", "decided_by": "", "how": "",
            "deemed": False, "reminders": 0, "bounced": False,
        })  # fmt: skip
    reply(desk, notices[12], f"#anruf 7m {ANNA} Gutschein")
    desk.later(hours=3)
    (receipt,) = reply(desk, notices[12], f"#anruf 5m {ANNA} Rückfrage")
    text = receipt.text
    assert "Vertrag: Wartung: noch 2 Std. von 2 Std. in diesem Monat" in text
    assert "- [DD-10121] Cart is broken (Neu, fällig morgen 10:00)" in text
    assert "- [DD-10121] Cart is broken: Angebot (3 Stunden), gefragt heute 10:00" in text
    assert text.count("(Geschlossen") == 10, "the last ten"
    assert f"Old 11 (Geschlossen, von {BERT})" in text
    assert "Old 1 (" not in text
    assert f"- heute 10:00, 7 Min., Lena: {ANNA}: Gutschein [DD-10121]" in text
    assert "Tea is cold" not in text, "another customer's"


def test_what_is_refused(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    _, notice = desk.new_letters()
    for commands, why in (
        (f"#anruf 5m {MURAT}", "ist so nicht zu verstehen"),
        (f"#anruf 5m {ANNA} +5m", "widersprechen sich"),
        ("#anruf 5m", "fehlt eine Angabe"),
    ):
        (refused,) = reply(desk, notice, commands)
        assert refused.purpose == "staff_refused", commands
        assert why in refused.text, commands
    letters = call(desk, f"#anruf 5m {ANNA} Frage #zu")
    assert [each.purpose for each in letters] == ["staff_refused"]
    assert "widersprechen sich" in letters[0].text
    assert len(desk.tickets()) == 1
    assert entries(desk) == []


def test_the_way_to_remote_support_stands_under_letters_to_customers(desk):
    process = Process(remote_support="https://get.example/agentur")
    site = desk.desk.site.model_copy(update={"process": process})
    desk.receive(mail(ANNA, "Cart is broken"))
    confirmation, _ = desk.new_letters()
    assert "Fernwartung" not in confirmation.text
    desk.use(replace(desk.desk, site=site))
    desk.receive(mail(EMILY, "Tea is cold"))
    confirmation, notice = desk.new_letters()
    assert confirmation.text.endswith("-- Remote support: https://get.example/agentur")
    assert "get.example" not in notice.text
    (answer,) = reply(desk, notice, "", "Please try again.")
    assert answer.text.endswith("Remote support: https://get.example/agentur")
