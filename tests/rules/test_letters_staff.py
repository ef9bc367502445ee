"""What a command did, and why it was not run: said exactly, and in both languages."""

import pytest

from maildesk.rules.commands.arguments import Problem
from maildesk.rules.commands.words import TABLE, row_of
from maildesk.rules.staff import receipts as say
from maildesk.rules.staff import refusals
from maildesk.rules.staff.help_rows import help_rows
from maildesk.rules.staff.refusals import refusal

NOON = "Dienstag, 24.11.2026, 11:30 Uhr"
SAID = [
    # what is said, in German, in English
    (lambda at: say.time_words(85, at), "1 Std. 25 Min.", "1 h 25 min"),
    (lambda at: say.time_words(60, at), "1 Std.", "1 h"),
    (lambda at: say.time_words(0, at), "0 Min.", "0 min"),
    (lambda at: say.time_words(-90, at), "−1 Std. 30 Min.", "−1 h 30 min"),
    (lambda at: say.booked(25, at), "25 Min. gebucht", "25 min booked"),
    (lambda at: say.booked(-25, at), "25 Min. abgezogen", "25 min taken off"),
    (lambda at: say.closed(at), "Ticket abgeschlossen", "Ticket closed"),
    (lambda at: say.opened(at), "Ticket wieder geöffnet", "Ticket opened again"),
    (lambda at: say.created("DD-10437", at), "Neues Ticket DD-10437 angelegt", "New ticket DD-10437 opened"),
    (lambda at: say.assigned("Lena Vogt", at), "Zuständig ist jetzt Lena Vogt", "Now in charge: Lena Vogt"),
    (lambda at: say.assigned("", at), "Sie sind jetzt zuständig", "You are now in charge"),
    (lambda at: say.waits_until(NOON, at), f"Wartet auf den Kunden bis {NOON}", f"Waits for the customer until {NOON}"),
    (lambda at: say.planned(NOON, at), f"Eingeplant für {NOON}", f"Scheduled for {NOON}"),
    (lambda at: say.kind_changed("Quick", at), "Art geändert: Quick", "Kind changed: Quick"),
    (lambda at: say.category("presales", at), "Zählt als Anfrage vor einem Auftrag", "Counts as an enquiry before an order"),
    (lambda at: say.category("x", at), "Zählt als x", "Counts as x"),
    (lambda at: say.timer_started(at), "Zeiterfassung gestartet", "Timer started"),
    (lambda at: say.timer_stopped(12, at), "Zeiterfassung gestoppt, 12 Min. gebucht", "Timer stopped, 12 min booked"),
    (lambda at: say.participant_added("a@b", at), "Neu beteiligt: a@b", "Takes part now: a@b"),
    (lambda at: say.participant_removed("a@b", at), "Nicht mehr beteiligt: a@b", "Takes part no more: a@b"),
    (lambda at: say.merged("DD-10417", at), "Mit DD-10417 zusammengeführt", "Merged into DD-10417"),
    (lambda at: say.split("DD-10437", at), "DD-10437 ist wieder ein eigenes Ticket",
     "DD-10437 is a ticket of its own again"),
    (lambda at: say.spam(at), "Als Spam abgelegt", "Filed as spam"),
    (lambda at: say.note_filed(at), "Interne Notiz abgelegt", "Internal note filed"),
    (lambda at: say.answered(("a@b", "c@d"), at), "Ihr Text geht an a@b, c@d", "Your text goes to a@b, c@d"),
    (lambda at: say.closing_sent(at), "Der Kunde wird vom Abschluss benachrichtigt", "The customer is told of the closing"),
    (lambda at: say.planned_sent(at), "Der Kunde erfährt den Termin", "The customer is told the date"),
    (lambda at: say.undone("25 Min. gebucht", at), "Zurückgenommen: 25 Min. gebucht", "Taken back: 25 Min. gebucht"),
    (lambda at: say.withdrawn("a@b", at), "Nicht gesendet: E-Mail an a@b", "Not sent: e-mail to a@b"),
    (lambda at: say.could_not_undo("a@b", "left", at),
     "Nicht zurückgenommen: E-Mail an a@b; sie ist schon hinausgegangen",
     "Not taken back: e-mail to a@b; it has left already"),
    (lambda at: say.could_not_undo("a@b", "moon", at), "Nicht zurückgenommen: E-Mail an a@b",
     "Not taken back: e-mail to a@b"),
    (lambda at: say.would_merge("A", "B", at), "A mit B zusammenführen; Antworten gehen danach dorthin",
     "merge A into B; replies go there from then on"),
    (lambda at: say.would_split("A", at), "das zuletzt mit A zusammengeführte Ticket wieder abtrennen",
     "part the ticket again that was merged into A last"),
    (lambda at: say.would_spam("A", at), "A als Spam ablegen; der Absender hört nichts mehr von uns",
     "file A as spam; its sender hears no more from us"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "german", "english"), SAID)
def test_a_line_says_what_was_done(line, german, english):
    said = [line(at).replace("\u00a0", " ") for at in ("de_AT", "de", "en", "fr")]
    assert said == [german, german, english, english]


REFUSED = [
    # problem, word, nearest                        sentence
    ("unknown_name", "#zuu", "#zu", "Den Befehl #zuu gibt es nicht; gemeint ist vielleicht #zu."),
    ("unknown_name", "", "", "Einen der Befehle gibt es nicht."),
    ("wrong_argument", "#warte 3x", "#warte 3t", "#warte 3x ist so nicht zu verstehen; richtig ist etwa #warte 3t."),
    ("left_over", "bitte", "", "„bitte“ gehört weder zum Titel noch zu einem Befehl."),
    ("word_left_over", "bitte", "", "„bitte“ gehört weder zum Titel noch zu einem Befehl."),
    ("not_from_this_state", "#zu", "Abgerechnet", "#zu geht im jetzigen Stand des Tickets nicht: „Abgerechnet“."),
    ("timer_runs", "#start", "DD-10417",
     "#start ist nicht möglich, weil Ihre Zeiterfassung schon läuft, für „DD-10417“."),
    ("already_so", "close", "", "#zu ändert nichts; das Ticket ist schon so."),
    ("other_customer", "merge", "", "Das Ticket gehört einem anderen Kunden."),
    ("left_over", "close", "", "„close“ gehört weder zum Titel noch zu einem Befehl."),
    ("moon", "#zu", "", "#zu ließ sich nicht ausführen."),
    ("moon", "", "", "Die Befehle ließen sich nicht ausführen."),
    ("unknown_agent", "a\r\nBcc: {} " + "x" * 100, "", "Einen Mitarbeiter „a Bcc: {} " + "x" * 69 + "…“ gibt es nicht."),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "word", "nearest", "sentence"), REFUSED)
def test_a_refusal_says_what_was_wrong(problem, word, nearest, sentence):
    assert refusal(problem, word, nearest, "de") == sentence


PROBLEMS = (
    "unknown_name", "wrong_argument", "word_left_over", "contradiction", "name_twice",
    "not_from_this_state", "already_so", "time_not_allowed", "too_old",
    "unknown_agent", "unknown_ticket", "other_customer", "no_timer", "nothing_to_undo", "no_ticket",
    "nobody_to_answer", "not_a_participant", "timer_runs", "reason_missing",
    "kind_reason_missing", "changed_missing", "defects_missing", "who_missing", "phone_who",
    "phone_other", "nothing_asked", "not_above", "not_above_worked", "limit_open", "order_open",
    "limit_used", "approval_open", "acceptance_open", "acceptance_first", "golive_first",
    "no_acceptance", "acceptance_bounced", "deemed_early", "nobody_to_ask", "other_request",
    "unapproved_left", "nothing_to_bill", "closed_for_good", "open_first", "timer_of_other",
    "start_waits", "portal_no_contact", "portal_open",
)  # fmt: skip


@pytest.mark.parametrize("locale", ["de", "en"])
@pytest.mark.parametrize("problem", sorted({*PROBLEMS, *Problem}))
def test_every_problem_has_a_sentence_of_its_own(problem, locale):
    other = refusal("", "#zu", "", locale)
    for word, nearest in (("#zu", ""), ("", ""), ("#zu", "#auf"), ("", "#auf")):
        sentence = refusal(problem, word, nearest, locale)
        assert sentence != other
        assert sentence.endswith(".")
        assert sentence.count(".") == 1, "one sentence"
        assert "{" not in sentence
        assert "  " not in sentence
        assert word in sentence
        assert len(sentence) <= 200
    assert not refusals._SAME.keys() & refusals.SENTENCES.keys()


@pytest.mark.parametrize("locale", ["de", "en"])
def test_the_help_names_every_command_that_works(locale):
    rows = help_rows(locale)
    forms = [word for row in rows for word in f"{row.own} {row.other}".split() if word[0] == "#"]
    shown = [row_of(word.rstrip(",")) for word in forms]
    assert None not in shown, "a command that nobody understands"
    assert {row.name for row in shown} == {row.name for row in TABLE}
    assert len({row.does for row in rows}) == len(rows)
    assert rows[0].own == {"de": "#antwort", "en": "#reply"}[locale]


def test_the_queue_is_grouped_and_keeps_its_order():
    def line(tag, **more):
        return say.QueueLine(tag, "x", "Normales Ticket", "Neu", **more)

    queue = (
        line("waits", waits=True, today=True),
        line("open"),
        line("today", today=True),
        line("late", overdue=True),
        line("late too", overdue=True, waits=True),
        line("open too"),
    )
    assert [(item.tag, str(item.group)) for item in say.in_groups(queue)] == [
        ("late", "overdue"),
        ("late too", "overdue"),
        ("today", "today"),
        ("open", "open"),
        ("open too", "open"),
        ("waits", "waits"),
    ]
