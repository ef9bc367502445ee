"""Mails to staff by the clock, and what an answer to them does: line by line, all or nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, update
from sqlmodel import col

from maildesk.config.models import Imap
from maildesk.config.process import Digest
from maildesk.desk.handle import Read, handle
from maildesk.desk.intake import accept, claim
from maildesk.desk.mailboxes import Places
from maildesk.desk.rows import Changed
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.store.digest import DigestRow
from maildesk.store.tables import AgentRow, EventRow, OutboundRow, TicketRow
from maildesk.store.work_tables import DeedRow, TimerRow
from tests.desk.office import ANNA, BERT, EMILY, LENA, MURAT, SUPPORT, mail

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(desk, day, clock):
    """Let the desk's clock show a time of Berlin in November 2026."""
    hours, minutes = map(int, clock.split(":"))
    desk.now = MONDAY.replace(day=day, hour=hours - 1, minute=minutes)


def three_tickets(desk):
    desk.receive(mail(ANNA, "[Quickticket] Cart is broken"))
    desk.receive(mail(BERT, "Invoice address"))
    desk.receive(mail(EMILY, "Tea is cold"))
    desk.new_letters()


def digest_of(desk, agent=LENA, day=24):
    """Return an agent's digest of the morning."""
    at(desk, day, "08:30")
    desk.by_the_clock()
    return next(letter for letter in desk.new_letters() if letter.rcpt_to == agent)


def answer(desk, digest, text, sender=LENA, subject="", **more):
    """Answer a digest, and return what followed."""
    desk.later(minutes=1)
    date = f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"
    quoted = digest.message.get_body(("plain",)).get_content().replace("\n", "\n> ")
    body = f"{text}\n\nAm Dienstag schrieb Support:\n> {quoted}"
    fields = {"Date": date} | more
    desk.receive(
        mail(sender, subject or f"AW: {digest.message['Subject']}", body, to=digest.reply_to,
             reply_to=[digest.mid], **fields),
        digest.reply_to,
    )  # fmt: skip
    return desk.new_letters()


def test_the_morning_digest_goes_out_once_on_working_days(desk):
    three_tickets(desk)
    at(desk, 24, "08:29")
    assert desk.by_the_clock() == 0
    at(desk, 24, "08:30")
    assert desk.by_the_clock() == 1
    assert desk.by_the_clock() == 0
    (digest,) = desk.new_letters()
    assert (digest.rcpt_to, digest.purpose) == (LENA, "staff_digest")
    assert digest.message["Subject"] == "Heute: 3 Tickets"
    assert (
        digest.text.index(
            "1. [DD-10008] Cart is broken Neu · Firm · 0 von 60 Min. fällig heute 10:00"
        )
        > 0
    )
    assert "3. [DD-10024] Tea is cold" in digest.text
    at(desk, 25, "14:00")
    assert desk.by_the_clock() == 2, "missed by an outage: late, on the same day"
    lena, murat = desk.new_letters()
    assert lena.message["Subject"] == "Heute: 3 Tickets, 1 über der Frist"
    assert murat.message["Subject"] == "Heute: 1 Ticket, 1 über der Frist"
    assert "zuständig Lena überfällig seit gestern 10:00" in murat.text, "the whole desk's matter"
    at(desk, 28, "12:00")
    assert desk.by_the_clock() == 0, "Saturday"
    at(desk, 27, "23:59")
    assert desk.by_the_clock() == 4, "Friday's: the morning's and the books, of both"
    assert len({(row.day, row.agent_id, row.kind) for row in desk.rows(DigestRow)}) == 10


def test_nothing_to_do_is_silence_but_for_what_nobody_does(desk):
    at(desk, 24, "08:30")
    assert desk.by_the_clock() == 0
    assert len(desk.rows(DigestRow)) == 2, "it was thought of"
    three_tickets(desk)
    assert desk.by_the_clock() == 0, "what came later is for tomorrow"
    lost = update(TicketRow).where(col(TicketRow.id) == 1002).values(assignee_id=None)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(lost)
    at(desk, 25, "08:30")
    assert desk.by_the_clock() == 2
    letters = {letter.rcpt_to: letter for letter in desk.new_letters()}
    assert "Noch niemand zuständig: 2. [DD-10024] Tea is cold" in letters[MURAT].text
    assert letters[MURAT].message["Subject"] == "Heute: 2 Tickets, 1 über der Frist"
    assert "Noch niemand zuständig: 3. [DD-10024] Tea is cold" in letters[LENA].text


def test_a_holiday_and_a_switched_off_mail(desk):
    three_tickets(desk)
    desk.now = datetime(2026, 12, 25, 12, 0, tzinfo=UTC)  # Friday
    assert desk.by_the_clock() == 0
    site = desk.desk.site.model_copy(update={"digest": Digest(morning="", reconciliation="")})
    desk.use(replace(desk.desk, site=site))
    at(desk, 24, "18:00")
    assert desk.by_the_clock() == 0
    assert {row.kind for row in desk.rows(DigestRow)} == {"e"}


def test_a_digest_in_english(desk):
    three_tickets(desk)
    with desk.desk.db.engine.begin() as connection:
        connection.execute(update(AgentRow).values(language="en"))
    at(desk, 24, "08:30")
    desk.by_the_clock()
    (digest,) = desk.new_letters()
    assert digest.message["Subject"] == "Today: 3 tickets"
    assert digest.text.startswith("A reply to this e-mail runs commands for the numbers")
    assert "1. [DD-10008] Cart is broken New · Firm · 0 of 60 min due today 10:00" in digest.text
    with desk.desk.db.engine.begin() as connection:  # for the check of every letter
        connection.execute(update(AgentRow).values(language="de"))
        connection.execute(delete(OutboundRow).where(col(OutboundRow.id) == digest.id))


def test_lines_are_carried_out_and_told_in_one_letter(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    letters = answer(desk, digest, "1 #zu +10m\n2 #warte 3t\n3. #an murat +5m")
    assert [(each.rcpt_to, each.purpose) for each in letters] == [
        (ANNA, "closing"), (MURAT, "staff_assigned"), (LENA, "staff_digest_done"),
    ]  # fmt: skip
    assert [desk.ticket(id_).state for id_ in (1000, 1001, 1002)] == [
        "resolved", "waiting_customer", "planned",
    ]  # fmt: skip
    assert [desk.minutes(id_) for id_ in (1000, 1001, 1002)] == [10, 0, 5]
    assert "Kunde: Tea" in letters[1].text, "each letter is about its own ticket's customer"
    done = letters[2]
    assert done.message["Subject"] == "Ausgeführt: 3 Zeilen"
    assert "1. [DD-10008] Cart is broken - 10 Min. gebucht - Ticket abgeschlossen" in done.text
    assert "2. [DD-10019] Invoice address - Wartet auf den Kunden bis" in done.text
    assert desk.messages(1000)[-1] == (LENA, "note")
    assert len(desk.rows(DeedRow)) == 3
    assert desk.ticket(1001).version == 2, "each ticket was compared with what was looked at"


def test_each_line_can_be_taken_back_by_itself(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    letters = answer(desk, digest, "1 #zu +10m\n2 #zu +20m")
    assert [each.rcpt_to for each in letters] == [ANNA, BERT, LENA]
    (undone,) = answer(desk, letters[-1], "2 #rückgängig")
    assert undone.purpose == "staff_digest_done"
    assert f"Nicht gesendet: E-Mail an {BERT}" in undone.text
    assert [desk.ticket(id_).state for id_ in (1000, 1001)] == ["resolved", "new"]
    assert [desk.minutes(id_) for id_ in (1000, 1001)] == [10, 0]
    assert [desk.state_of(each) for each in letters] == ["queued", "withdrawn", "queued"]


def test_one_bad_line_and_nothing_runs(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    (refused,) = answer(desk, digest, "1 #zu +10m\n2 #wart 3t\n9 #zu\nbis gleich")
    assert (refused.rcpt_to, refused.purpose) == (LENA, "staff_digest_refused")
    text = refused.text
    assert "Zeile: 2 #wart 3t Grund: Den Befehl #wart gibt es nicht" in text
    assert "Richtig wäre: 2 #warte 3t" in text
    assert "Zeile: 9 #zu Grund: Die Nummer „9“ gibt es in der Übersicht nicht." in text
    assert "Zeile: bis gleich Grund: Hier steht kein Befehl zu einer Nummer" in text
    assert "1 #zu" not in text.partition("Zeile:")[2].partition("Bitte senden")[0].replace(
        "„1 #zu +10m“", ""
    )
    assert [desk.ticket(id_).state for id_ in (1000, 1001, 1002)] == ["new"] * 3
    assert desk.minutes(1000) == 0
    assert desk.messages(1000) == [(ANNA, "participant")]


def test_what_no_line_can_mean(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    for text, why in (
        ("Danke, mache ich!", "Hier steht kein Befehl"),
        ("1 rufe ich an", "Hinter der Nummer steht kein Befehl"),
        ("1 #zu\n1 +5m", "steht schon eine Zeile"),
        ("1 #liste", "nur in einer eigenen E-Mail"),
        ("1 #anruf 5m a@b.example", "nur in einer eigenen E-Mail"),
        ("2 #spam", "nur in einer eigenen E-Mail"),
        ("1 #start\n2 #start", "Zeiterfassung schon läuft"),
        ("1 #auf", "#auf ändert nichts"),
        ("", "enthält keine Zeile"),
    ):
        (refused,) = answer(desk, digest, text)
        assert refused.purpose == "staff_digest_refused", text
        assert why in refused.text, text
    (refused,) = answer(desk, digest, "1 #zu", subject="AW: Heute #zu")
    assert "#zu steht im Betreff" in refused.text
    assert [desk.ticket(id_).state for id_ in (1000, 1001, 1002)] == ["new"] * 3
    assert desk.rows(TimerRow, TimerRow.agent_id) == []


def test_one_timer_stops_and_another_starts(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    answer(desk, digest, "1 #start")
    desk.later(minutes=20)
    answer(desk, digest, "1 #stopp\n2 #start")
    assert [row.ticket_id for row in desk.rows(TimerRow, TimerRow.agent_id)] == [1001]
    assert desk.minutes(1000) == 21


def test_who_may_answer(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    (told,) = answer(desk, digest, "1 #zu", sender=MURAT)
    assert (told.rcpt_to, told.purpose) == (MURAT, "staff_held"), "it is Lena's digest"
    assert desk.ticket(1000).state == "new"
    assert desk.messages(1000) == [(ANNA, "participant")], "it is filed in nobody's ticket"
    letters = answer(desk, digest, "1 #zu", sender=ANNA)
    assert desk.ticket(1000).state == "new", "a customer who got hold of the address"
    assert not any(each.purpose == "staff_digest_done" for each in letters)
    desk.now = desk.now.replace(month=12)
    answer(desk, digest, "1 #zu")
    assert desk.ticket(1000).state == "resolved", "for thirty days"
    desk.now = desk.now.replace(year=2027)
    answer(desk, digest, "2 #zu")
    assert desk.ticket(1001).state == "new", "then the address proves nothing"
    desk.now = MONDAY.replace(day=24)


def test_the_same_answer_counts_once(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    raw = mail(LENA, "AW: Heute", "1 +10m", to=digest.reply_to, message_id="x@agency.example",
               Date="Tue, 24 Nov 2026 08:31:00 +0100")  # fmt: skip
    assert desk.receive(raw, digest.reply_to).state == "filed"
    again = raw.replace(b"Subject:", b"X-Copy: 1\r\nSubject:")
    assert desk.receive(again, digest.reply_to).state == "duplicate"
    other = raw.replace(b"x@agency.example", b"y@agency.example")
    assert desk.receive(other, digest.reply_to).state == "duplicate", "resent under another id"
    assert desk.minutes(1000) == 10


def test_the_evening_asks_for_time_and_an_answer_books_it(desk):
    three_tickets(desk)
    digest = digest_of(desk)
    answer(desk, digest, "1 #zu\n2 #warte 3t +5m\n3 #start")
    at(desk, 24, "17:00")
    assert desk.by_the_clock() == 1
    (evening,) = desk.new_letters()
    assert (evening.rcpt_to, evening.purpose) == (LENA, "staff_evening")
    assert evening.message["Subject"] == "Noch keine Zeit gebucht: 2 Tickets"
    assert "1. [DD-10008] Cart is broken Erledigt" in evening.text
    assert (
        "2. [DD-10024] Tea is cold In Bearbeitung, Zeiterfassung läuft seit heute 08:31"
        in evening.text
    )
    assert "Invoice address" not in evening.text, "time is booked there"
    letters = answer(desk, evening, "1 +25m\n2 #stopp")
    assert letters[-1].purpose == "staff_digest_done"
    assert desk.minutes(1000) == 25
    assert desk.minutes(1002) == 8 * 60 + 30
    at(desk, 24, "19:00")
    assert desk.by_the_clock() == 2, "only the books"
    desk.new_letters()
    at(desk, 25, "17:00")
    desk.by_the_clock()
    assert [each.purpose for each in desk.new_letters()] == ["staff_digest"], "another day"


def books_of(desk):
    """Return the first reconciliation among the new letters."""
    letters = desk.new_letters()
    return next(each.text for each in letters if each.purpose == "staff_reconciliation")


def test_the_reconciliation_counts_every_mail_once(desk, tmp_path):
    at(desk, 23, "12:00")
    desk.receive(mail(ANNA, "Cart is broken", message_id="1@firm.example"))
    desk.receive(mail(ANNA, "Cart is broken", message_id="1@firm.example", X_Copy="2"))
    notice = desk.new_letters()[-1]
    desk.receive(mail(ANNA, "Re: [DD-10008] Cart is broken", "Still.", reply_to=["1@firm.example"]))
    desk.receive(mail(LENA, "Re: [DD-10008] Cart is broken #notiz", "Hm.", to=notice.reply_to,
                      reply_to=[notice.mid]), notice.reply_to)  # fmt: skip
    desk.receive(mail(ANNA, "Abwesend", "Bin im Urlaub.", Auto_Submitted="auto-replied"))
    held = desk.receive(mail(MURAT, "#liste", ""))
    assert held.state == "held"
    desk.new_letters()
    at(desk, 23, "17:29")
    assert all(each.purpose != "staff_reconciliation" for each in desk.letters())
    at(desk, 23, "17:30")
    desk.by_the_clock()
    letters = [each for each in desk.new_letters() if each.purpose == "staff_reconciliation"]
    assert [each.rcpt_to for each in letters] == [LENA, MURAT]
    text = letters[0].text
    assert letters[0].message["Subject"] == "Abgleich: 6 E-Mails, alles geht auf"
    assert "von heute 00:00 bis heute 17:30 Uhr: 6 E-Mails." in text
    for row in ("Neue Tickets: 1", "Antworten: 1", "Von Mitarbeitern: 1", "Automatisch: 1",
                "Doppelt: 1", "Zurückgehalten: 1", "Summe: 6"):  # fmt: skip
        assert row in text
    assert "Beiseitegelegt" not in text, "what there was none of takes no row"
    assert f"- zurückgehalten, von {MURAT}: #liste (maildesk held show {held.id})" in text
    assert "Postfächer" not in text, "there is none"
    at(desk, 24, "17:30")
    desk.receive(mail(ANNA, "Another one"))
    desk.by_the_clock()
    text = books_of(desk)
    assert "von gestern 17:30 bis heute 17:30 Uhr: 0 E-Mails." in text, "that very second is next"
    at(desk, 25, "17:30")
    desk.by_the_clock()
    text = books_of(desk)
    assert "von gestern 17:30 bis heute 17:30 Uhr: 1 E-Mail." in text


def test_mailboxes_are_compared_with_what_is_stored(desk):
    accounts = (Imap(name="info", host="imap.desk.example", user="info"),
                Imap(name="sales", host="imap.desk.example", user="sales"))  # fmt: skip
    desk.use(replace(desk.desk, site=desk.desk.site.model_copy(update={"imap": accounts})))
    places = Places(desk.desk.db)
    for uid in (1, 2):
        envelope = Envelope("a@b.example", (SUPPORT,), "imap", desk.now, account="info",
                            folder="INBOX", uidvalidity=7, uid=uid)  # fmt: skip
        places.accept(envelope, mail(ANNA, f"Mail {uid}"))
    desk.handle([])
    places.finished("info", "INBOX", 7, [1])
    at(desk, 23, "17:30")
    desk.by_the_clock()
    letters = [each for each in desk.new_letters() if each.purpose == "staff_reconciliation"]
    assert "- info: 2 gespeichert; 1 davon oder von früher" in letters[0].text
    assert "- sales: noch nie abgerufen" in letters[0].text
    places.finished("info", "INBOX", 7, [2])
    at(desk, 24, "17:30")
    desk.by_the_clock()
    letters = [each for each in desk.new_letters() if each.purpose == "staff_reconciliation"]
    assert "- info: 0 gespeichert, keine im Postfach offen" in letters[0].text


def test_forty_tickets_stay_readable(desk):
    desk.receive(mail(ANNA, "First"))
    desk.new_letters()
    rows = [
        {"id": 2000 + n, "version": 1, "title": f"Ticket number {n}", "state": "in_progress",
         "closed": False, "kind": "normal", "urgent": False, "presales": False, "wish": "",
         "requester": ANNA, "requester_name": "", "language": "de", "assignee_id": 1,
         "opened_at": desk.now, "clock_started_at": desk.now, "customer_id": 1}
        for n in range(39)
    ]  # fmt: skip
    with desk.desk.db.engine.begin() as connection:
        connection.execute(insert(TicketRow), rows)
    digest = digest_of(desk)
    text = digest.message.get_body(("plain",)).get_content()
    assert digest.message["Subject"] == "Heute: 40 Tickets"
    assert "40. [DD-" in text
    assert max(map(len, text.splitlines())) <= 78
    letters = answer(desk, digest, "\n".join(f"{n} +{n}m" for n in range(2, 41)))
    assert [each.purpose for each in letters] == ["staff_digest_done"]
    assert sum(desk.minutes(2000 + n) for n in range(39)) == sum(range(2, 41))


def test_an_answering_machine_without_marks_is_answered_once_a_day(desk):
    three_tickets(desk)
    letter = digest_of(desk)
    for number in range(5):
        said = answer(desk, letter, "Ich bin diese Woche nicht im Haus.")
        expected = ["staff_digest_refused"] if number == 0 else []
        assert [each.purpose for each in said] == expected
        letter = next(iter(said), letter)
    assert [each.purpose for each in answer(desk, letter, "Ich bin wieder da.")] == [
        "staff_digest_refused"
    ], "other words are another mail"


def test_a_ticket_of_an_answer_is_not_changed_by_somebody_else_meanwhile(desk):
    desk.receive(mail(ANNA, "Cart is broken"))
    confirmation = next(each for each in desk.new_letters() if each.rcpt_to == ANNA)
    letter = digest_of(desk)
    desk.set_state(1000, "waiting_customer", paused_at=desk.now)
    pairs = [
        (LENA, "AW: Heute", "1 #storno", letter.reply_to),
        (ANNA, "Something else", "Here is what you asked for.", confirmation.reply_to),
    ]
    for sender, subject, text, to in pairs:
        date = f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"
        raw = mail(sender, subject, text, to=to, message_id=f"{sender}.1", Date=date)
        accept(desk.desk.db, Envelope(sender, (to,), "smtp", desk.now), raw)
    claimed = claim(desk.desk.db, desk.now, 32)
    batch = [Read(each, read(each.raw, each.envelope)) for each in claimed]
    with pytest.raises(Changed):
        handle(desk.desk, batch, desk.now)  # and the applier handles each alone
    for each in batch:
        handle(desk.desk, [each], desk.now)
    moves = [(row.from_state, row.to_state) for row in desk.rows(EventRow) if row.to_state]
    assert ("waiting_customer", "cancelled") in moves
    assert ("waiting_customer", "in_progress") not in moves, "nobody is told what is not so"
    assert desk.ticket(1000).state == "cancelled"
    assert len(desk.tickets()) == 2, "what Anna writes is a new ticket by then"
