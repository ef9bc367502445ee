"""What agents do in the process by mail: book, ask, note a call, deliver, charge."""

from dataclasses import replace

import pytest

from maildesk.desk.handle import Read, handle
from maildesk.desk.intake import accept, claim
from maildesk.desk.rows import Changed
from maildesk.mail.reading import read
from maildesk.mail.smtp import Envelope
from maildesk.store.work_tables import RequestRow, TimeRow, TimerRow
from tests.desk.office import ANNA, BERT, LENA, MURAT, Office, Sent, mail

HEAD = "Re: [DD-10008] Cart is broken"


class Agent:
    """Lena, who answers one notice of her ticket again and again."""

    def __init__(self, desk: Office) -> None:
        self.desk = desk
        desk.receive(mail(ANNA, "Cart is broken"))
        _, self.notice = desk.new_letters()

    def __call__(self, orders: str, text: str = "", who: str = LENA) -> list[Sent]:
        """Send commands with a text, and return the letters that they cause."""
        desk, to = self.desk, self.notice
        desk.later(minutes=1)
        reply_to = to.reply_to
        if who != LENA:
            note = next(each for each in desk.letters() if each.rcpt_to == who)
            reply_to, to = note.reply_to, note
        desk.receive(
            mail(who, f"{HEAD} {orders}", text, to=reply_to, reply_to=[to.mid],
                 Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}"),
            reply_to,
        )  # fmt: skip
        return desk.new_letters()

    @property
    def state(self) -> str:
        return self.desk.ticket(1000).state


@pytest.fixture
def lena(desk: Office) -> Agent:
    return Agent(desk)


def told(letters: list[Sent]) -> list[tuple[str, str]]:
    return [(each.rcpt_to, each.purpose) for each in letters]


def requests(desk: Office) -> list[tuple[int, str, str]]:
    return [(row.number, row.about, row.verdict) for row in desk.rows(RequestRow)]


def entries(desk: Office) -> list[tuple[int, int, str, str]]:
    return [(row.agent_id, row.minutes, row.type, row.free) for row in desk.rows(TimeRow)]


def test_warned_at_45_held_and_asked_at_60(desk, lena):
    """O02: the hold, the request and the notes are one step with the booking."""
    assert told(lena("+44m")) == [], "nothing happens yet"
    (warning,) = lena("+1m")
    assert (warning.rcpt_to, warning.purpose) == (LENA, "staff_warning")
    assert "45 Minuten von 1 Stunde" in warning.text
    assert "[DD-10008] Cart is broken #freigabe 2h" in warning.text
    assert lena("+5m") == [], "once for a limit"
    letters = lena("+10m")
    assert told(letters) == [
        (ANNA, "approval_request_auto"), (LENA, "staff_limit"), (LENA, "staff_receipt"),
    ]  # fmt: skip
    asked, limit, _ = letters
    assert "insgesamt 2 Stunden" in asked.text
    assert "190,00 €" in asked.text
    assert "FREIGABE" in asked.text
    assert "Um Freigabe gebeten: anna@firm.example" in limit.text
    assert lena.state == "waiting_approval"
    assert desk.ticket(1000).waits_for == "overrun"
    assert desk.ticket(1000).paused_at == desk.now
    assert requests(desk) == [(1, "overrun", "open")]


def test_minutes_beyond_the_limit_are_kept_and_not_billed(desk, lena):
    """O03: the customer may approve them later; he may also decline."""
    lena("+70m")
    assert lena.state == "waiting_approval"
    assert told(lena("+30m")) == [], "held already: nobody is asked twice"
    assert desk.minutes(1000) == 100
    (row,) = desk.rows(RequestRow)
    assert row.minutes == 120
    assert "wer es gesagt hat" in lena("#telefon ablehnen")[0].text
    letters = lena("#telefon ablehnen", "Anna Berger sagt, es reicht.")
    assert (ANNA, "decline_receipt") in told(letters)
    assert lena.state == "resolved"
    (receipt,) = [each for each in letters if each.purpose == "staff_receipt"]
    assert "Ablehnung (anna@firm.example)" in receipt.text
    lena("#rechnung")
    assert lena.state == "billing", "what was refused is decided"


def test_an_estimate_asks_at_once(desk, lena):
    """O04: held from the estimate to the approval; no second warning up to the new limit."""
    lena("#start")
    desk.later(minutes=19)
    assert "der Grund, den der Kunde liest" in lena("#freigabe 2h30")[0].text
    letters = lena("#freigabe 2h30", "Das Modul ist defekt.")
    assert told(letters) == [(ANNA, "approval_request"), (LENA, "staff_receipt")]
    asked, receipt = letters
    assert "Das Modul ist defekt." in asked.text
    assert "Bisher: 21 Minuten gearbeitet" in asked.text
    assert "150 Minuten, also 90 Minuten mehr" in asked.text
    assert "237,50 €" in asked.text
    assert asked.message["From"].addresses[0].display_name.startswith("Lena")
    assert desk.waits(asked) == 60, "it can be taken back"
    assert "insgesamt 150 Minuten erbeten, höchstens 237,50 € (bisher gearbeitet: 21 Minuten)" in receipt.text  # fmt: skip
    assert desk.rows(TimerRow, TimerRow.agent_id) == [], "nobody works on it now"
    assert lena.state == "waiting_approval"
    letters = lena("#telefon freigabe", "Frau Berger ist einverstanden.")
    assert (ANNA, "approval_receipt") in told(letters)
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.limit_minutes, ticket.waits_for) == ("in_progress", 150, "")
    assert lena("+90m") == []
    assert told(lena("+25m")) == [(LENA, "staff_warning")], "135 of 150"
    refused = lena("#freigabe 2h30", "Grund")[0]
    assert "gearbeitet werden darf bis 150 Minuten" in refused.text


def test_at_cost_there_is_no_limit(desk, lena):
    (asked, _) = lena("#freigabe offen", "Es lässt sich nicht absehen.")
    assert "nach Aufwand, ohne Obergrenze" in asked.text
    lena("#telefon freigabe", "Anna")
    assert desk.ticket(1000).limit_open
    assert lena("+500m") == []
    assert lena.state == "in_progress"
    assert "keine Grenze" in lena("#freigabe 3h", "Grund")[0].text


def test_two_people_share_a_limit(desk, lena):
    """O07: what a colleague's timer has run counts as soon as one of them books."""
    lena("#an murat")
    lena("#start", who=MURAT)
    desk.later(minutes=29)
    letters = lena("+30m")
    assert (ANNA, "approval_request_auto") in told(letters)
    assert {to for to, purpose in told(letters) if purpose == "staff_limit"} == {LENA, MURAT}
    assert entries(desk) == [(1, 30, "work", ""), (2, 30, "work", "")]
    assert desk.rows(TimerRow, TimerRow.agent_id) == []
    assert lena.state == "waiting_approval"


def test_work_goes_on_where_the_site_wants_it(desk, lena):
    """O09: with hold_on_request off a request is out and the ticket is not held before its limit."""
    desk.use(replace(desk.desk, policy=replace(desk.desk.policy, hold_on_request=False)))
    lena("#start")
    desk.later(minutes=29)
    letters = lena("#freigabe 90m", "Mehr Arbeit.")
    assert told(letters) == [(ANNA, "approval_request"), (LENA, "staff_receipt")]
    assert "im vereinbarten Rahmen weiter" in letters[0].text
    assert lena.state == "in_progress"
    assert len(desk.rows(TimerRow, TimerRow.agent_id)) == 1
    assert told(lena("#stopp +15m")) == [(LENA, "staff_receipt")], "asked: no warning"
    assert "solange der Kunde über die Zeit noch entscheidet" in lena("#zu")[0].text
    assert told(lena("+15m")) == [(LENA, "staff_limit"), (LENA, "staff_receipt")]
    assert lena.state == "waiting_approval", "at the limit it is, without another request"
    assert requests(desk) == [(1, "overrun", "open")]


def test_by_phone_only_who_may(desk, lena):
    lena("#freigabe 3h", "Grund")
    (refused,) = lena("#telefon freigabe", "Bert Meier war dran.")
    assert "entscheiden darf: Anna Berger" in refused.text
    (refused,) = lena("#telefon abnahme", "Anna Berger")
    assert "möglich ist: freigabe, ablehnen, storno" in refused.text
    assert requests(desk) == [(1, "overrun", "open")]
    (refused,) = lena("#auf #freigabe 2h", "Grund")[:1]
    assert lena.state == "waiting_approval"


def test_a_request_is_withdrawn_replaced_and_taken_back(desk, lena):
    lena("#freigabe 3h", "Zuerst gedacht.")
    lena("#freigabe 4h", "Doch mehr.")
    assert requests(desk) == [(1, "overrun", "replaced"), (2, "overrun", "open")]
    letters = lena("#rückgängig")
    assert told(letters) == [(LENA, "staff_receipt")]
    assert "Nicht gesendet: E-Mail an anna@firm.example" in letters[0].text
    assert requests(desk) == [(1, "overrun", "open"), (2, "overrun", "replaced")]
    assert lena.state == "waiting_approval"
    lena("#auf")
    assert (lena.state, desk.ticket(1000).waits_for) == ("in_progress", "")
    assert requests(desk) == [(1, "overrun", "replaced"), (2, "overrun", "replaced")]
    lena("#freigabe 3h", "Nun doch.")
    lena("#undo")
    assert (lena.state, requests(desk)[-1][2]) == ("in_progress", "replaced")
    assert desk.ticket(1000).paused_at is None


def test_what_held_a_ticket_can_be_taken_back(desk, lena):
    lena("+70m")
    letters = lena("#undo")
    assert lena.state == "new"
    assert desk.minutes(1000) == 0
    assert requests(desk) == [(1, "overrun", "replaced")]
    assert "Nicht gesendet" in letters[0].text


def test_acceptance_with_defects_and_rework_that_is_free(desk, lena):
    assert "was geändert wurde" in lena("#abnahme https://test.example/")[0].text
    letters = lena("#abnahme https://test.example/ +40m", "Der Warenkorb rechnet richtig.")
    assert told(letters) == [(ANNA, "acceptance_request"), (LENA, "staff_receipt")]
    assert "https://test.example/" in letters[0].text
    assert "Montag, 30.11.2026" in letters[0].text, "five working days"
    assert lena.state == "acceptance"
    assert "#mangel" in lena("#zu")[0].text, "not before he accepted"
    assert "erst nach der Abnahme" in lena("#live")[0].text
    lena("#mangel", "1. Rabatt fehlt\n2. Steuer falsch")
    assert (lena.state, requests(desk)) == ("rework", [(1, "acceptance", "defects")])
    lena("+25m")
    assert entries(desk)[-1] == (1, 25, "work", "rework")
    assert "Mängel genannt" in lena("#zu")[0].text
    lena("#abnahme https://test.example/ +10m", "Rabatt und Steuer stimmen.")
    letters = lena("#telefon abnahme", "Frau Berger hat abgenommen.")
    assert (ANNA, "acceptance_receipt") in told(letters)
    assert lena.state == "accepted"
    letters = lena("#live +5m")
    closing = next(each for each in letters if each.purpose == "closing")
    assert "ist im Livesystem" in closing.text
    assert "Erfasste Zeit: 1 Std. 20 Min." in closing.text
    assert "Davon zu berechnen: 45 Min., das sind 71,25 €" in closing.text
    assert lena.state == "resolved"
    lena("#rechnung")
    assert lena.state == "billing"


def test_deemed_acceptance_only_by_an_agent_and_late(desk, lena):
    lena("#abnahme https://test.example/", "Fertig.")
    (refused,) = lena("#fiktiv")
    assert "bis Montag, 30.11.2026" in refused.text
    desk.later(days=8)
    letters = lena("#fiktiv")
    (receipt,) = [each for each in letters if each.purpose == "acceptance_receipt"]
    assert "keinen Mangel genannt" in receipt.text
    (row,) = desk.rows(RequestRow)
    assert (row.verdict, row.deemed, row.how) == ("yes", True, "agent")
    assert lena.state == "accepted"


def test_closing_without_time_asks_for_it(desk, lena):
    letters = lena("#zu", "Erledigt.")
    assert told(letters) == [(ANNA, "closing"), (LENA, "staff_receipt")]
    assert "[DD-10008] Cart is broken +15m" in letters[1].text
    assert lena.state == "resolved"
    assert lena("+15m") == []
    assert desk.minutes(1000) == 15, "what was forgotten is made up for"


def test_nothing_to_bill_is_closed(desk, lena):
    lena("+20m")
    assert "nichts berechnet" in lena("#kulanz")[0].text
    assert entries(desk) == [(1, 20, "work", ""), (1, -20, "work", ""), (1, 20, "work", "goodwill")]
    lena("+50m #fahrt 30m")
    assert [free for *_, free in entries(desk)[3:]] == ["goodwill", "goodwill"]
    closing, _ = lena("#zu #rechnung")
    assert "Es entstehen Ihnen keine Kosten." in closing.text
    assert lena.state == "closed"


def test_a_job_is_cancelled_with_its_reason(desk, lena):
    lena("#freigabe 3h", "Grund")
    letters = lena("#storno", "Das Modul wird eingestellt.")
    assert told(letters)[0] == (ANNA, "closed_unfinished")
    assert "Das Modul wird eingestellt." in letters[0].text
    assert (lena.state, requests(desk)) == ("cancelled", [(1, "overrun", "replaced")])


def test_a_question_is_a_letter_of_its_own(desk, lena):
    letters = lena("#warte antwort #antwort", "Welcher Browser?")
    assert told(letters) == [(ANNA, "question"), (LENA, "staff_receipt")]
    assert "Bitte antworten Sie auf diese E-Mail." in letters[0].text
    ticket = desk.ticket(1000)
    assert (ticket.state, ticket.wake_at) == ("waiting_customer", None)
    assert ticket.responded_at == desk.now
    lena("#dritte")
    assert lena.state == "waiting_third"
    lena("#auf")
    assert lena.state == "in_progress"


def test_nobody_answered_for_long(desk, lena):
    """T15: after the last reminder the closing says that it ends unfinished."""
    lena("#warte antwort #antwort", "Welcher Browser?")
    desk.set_state(1000, "waiting_customer", alert_at=None)  # what the proposal leaves
    letters = lena("#zu")
    assert told(letters)[0] == (ANNA, "closed_unfinished")
    assert lena.state == "resolved"


def test_a_cheaper_kind_needs_a_reason_and_a_dearer_one_an_order(desk, lena):
    letters = lena("#art hoch", "So schaffen wir es heute.")
    assert told(letters) == [(ANNA, "quick_offer"), (LENA, "staff_receipt")]
    assert "So schaffen wir es heute." in letters[0].text
    assert desk.ticket(1000).kind == "normal", "it is the customer's to order"
    letters = lena("#telefon bestellen", "Anna Berger")
    assert desk.ticket(1000).kind == "quick-high"
    assert letters[0].rcpt_to == ANNA, "the receipt"
    lena("+10m")
    assert "eine günstigere Art" in lena("#art normal")[0].text
    letters = lena("#art normal", "War gar nicht eilig.")
    assert told(letters)[0] == (ANNA, "confirm_normal")
    assert desk.ticket(1000).kind == "normal"
    lena("+10m")
    rows = desk.rows(TimeRow)
    assert [(row.kind, row.factor) for row in rows] == [("quick-high", "2"), ("normal", "1")]
    assert BERT not in {letter.rcpt_to for letter in desk.letters()}


def test_no_timer_runs_on_in_a_ticket_that_nobody_finds(desk, lena):
    desk.receive(mail(ANNA, "Cart is empty", message_id="two@firm.example"))
    desk.new_letters()
    lena("#start")
    desk.later(minutes=19)
    (question,) = lena("#merge DD-10019")
    desk.receive(mail(LENA, f"Re: {question.message['Subject']}", "OK", to=question.reply_to),
                 question.reply_to)  # fmt: skip
    (receipt,) = desk.new_letters()
    assert "20 Min. gebucht" in receipt.text
    assert lena.state == "merged"
    assert desk.rows(TimerRow, TimerRow.agent_id) == []
    assert desk.minutes(1000) == 20


def test_what_somebody_works_on_is_no_spam(desk, lena):
    lena("#start")
    (question,) = lena("#spam")
    desk.receive(mail(LENA, f"Re: {question.message['Subject']}", "OK", to=question.reply_to),
                 question.reply_to)  # fmt: skip
    assert [each.purpose for each in desk.new_letters()] == ["staff_refused"]
    assert (lena.state, len(desk.rows(TimerRow, TimerRow.agent_id))) == ("in_progress", 1)


def test_what_is_left_of_a_contract_is_used_up_once(desk, lena):
    desk.agree(customer_id=1, name="Wartung", minutes=30)
    desk.receive(mail(ANNA, "Cart is empty", message_id="two@firm.example"))
    mine = next(each for each in desk.new_letters() if each.rcpt_to == LENA)
    desk.receive(mail(LENA, f"Re: {mine.message['Subject']} #an murat", "", to=mine.reply_to,
                      reply_to=[mine.mid]), mine.reply_to)  # fmt: skip
    his = next(each for each in desk.new_letters() if each.rcpt_to == MURAT)
    desk.later(minutes=1)
    for who, notice in ((LENA, lena.notice), (MURAT, his)):
        raw = mail(who, f"Re: {notice.message['Subject']} #vertrag +30m", "", to=notice.reply_to,
                   reply_to=[notice.mid], message_id=f"{who}.30",
                   Date=f"{desk.now:%a, %d %b %Y %H:%M:%S +0000}")  # fmt: skip
        accept(desk.desk.db, Envelope(who, (notice.reply_to,), "smtp", desk.now), raw)
    claimed = claim(desk.desk.db, desk.now, 32)
    batch = [Read(each, read(each.raw, each.envelope)) for each in claimed]
    with pytest.raises(Changed):
        handle(desk.desk, batch, desk.now)
    for each in batch:
        handle(desk.desk, [each], desk.now)
    assert entries(desk) == [(1, 30, "work", "contract"), (2, 30, "work", "")]


def test_work_above_the_limit_leaves_the_acceptance_open(desk, lena):
    """He tests: he is asked for the time when he has accepted, and not before."""
    lena("+50m")
    lena("#test https://test.firm.example", "Der Warenkorb geht wieder.")
    letters = lena("+30m")
    assert told(letters) == [(LENA, "staff_limit"), (LENA, "staff_receipt")]
    assert "um die Abnahme gebeten" in letters[0].text
    assert "Das Ticket ruht" not in letters[0].text
    assert (lena.state, requests(desk)) == ("acceptance", [(1, "acceptance", "open")])
    assert "staff_limit" not in [each.purpose for each in lena("+5m")], "once for a limit"
    letters = lena("#telefon abnahme", "Anna Berger hat es geprüft.")
    asked = next(each for each in letters if each.purpose == "approval_request_auto")
    assert asked.rcpt_to == ANNA
    assert "Ihre Abnahme gilt." in asked.text
    assert "angehalten" not in asked.text
    assert lena.state == "accepted", "what is accepted stays accepted"
    assert requests(desk) == [(1, "acceptance", "yes"), (2, "overrun", "open")]
    lena("#telefon freigabe", "Anna Berger")
    assert (lena.state, desk.ticket(1000).limit_minutes) == ("accepted", 120)


def test_accepted_within_the_limit_asks_nothing(desk, lena):
    lena("+60m")
    lena("#telefon freigabe", "Anna Berger")
    lena("#test https://test.firm.example", "Der Warenkorb geht wieder.")
    letters = lena("#telefon abnahme", "Anna Berger hat es geprüft.")
    assert "approval_request_auto" not in [each.purpose for each in letters]
